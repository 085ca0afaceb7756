//! The body of a request as it arrives: counted, with a limit on its size, on every pause and on the whole time.

use super::{answer::Refusal, settings::Limits};
use axum::body::{Body, HttpBody};
use bytes::Bytes;
use std::{
    future::poll_fn,
    pin::Pin,
    time::{Duration, Instant},
};

/// What multipart may add to the size of a file.
const FRAMING: u64 = 128 * 1024;
/// Of a body that is refused so much is still read: an answer is lost when the connection closes over unread bytes.
const DRAINED: u64 = 8 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(2);

pub struct Incoming {
    body: Body,
    limits: Limits,
    deadline: Instant,
    read: u64,
    ended: bool,
}

impl Incoming {
    pub fn new(body: Body, limits: &Limits) -> Self {
        Incoming { body, limits: limits.clone(), deadline: Instant::now() + limits.request_time, read: 0, ended: false }
    }

    /// Does the length that the other side announces fit?
    pub fn announced(&self) -> Result<(), Refusal> {
        match self.body.size_hint().lower() > self.limits.max_size + FRAMING {
            true => Err(self.too_large()),
            false => Ok(()),
        }
    }

    pub fn too_large(&self) -> Refusal {
        Refusal::too_large(self.limits.max_size, "--max-upload-size")
    }

    /// The next bytes, `None` at the end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Refusal> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let pause = self.limits.idle_time.min(left);
        loop {
            let next = tokio::time::timeout(pause, poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx))).await;
            let frame = match next {
                Err(_) if pause == left => {
                    return Err(Refusal::too_slow(self.limits.request_time.as_secs_f64(), "--request-timeout"));
                }
                Err(_) => return Err(Refusal::too_slow(self.limits.idle_time.as_secs_f64(), "--idle-timeout")),
                Ok(None) => {
                    self.ended = true;
                    return Ok(None);
                }
                Ok(Some(Err(_))) => return Err(Refusal::invalid("the body ends too early")),
                Ok(Some(Ok(frame))) => frame,
            };
            let Ok(bytes) = frame.into_data() else { continue };
            self.read += bytes.len() as u64;
            if self.read > self.limits.max_size + FRAMING {
                return Err(self.too_large());
            }
            return Ok(Some(bytes));
        }
    }

    /// The whole body, if it is no longer than `limit`.
    pub async fn all(&mut self, limit: usize) -> Result<Vec<u8>, Refusal> {
        let mut all = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if all.len() + chunk.len() > limit {
                return Err(Refusal::too_large(limit as u64, "a fixed limit of bodies without a file"));
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all)
    }

    pub fn bytes_read(&self) -> u64 {
        self.read
    }

    /// Reads a little of what is left, so that a refusal arrives.
    pub async fn drain(&mut self) {
        let end = Instant::now() + DRAIN_TIME;
        let mut left = DRAINED;
        while !self.ended && left > 0 {
            let pause = end.saturating_duration_since(Instant::now());
            match tokio::time::timeout(pause, poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx))).await {
                Ok(Some(Ok(frame))) => left = left.saturating_sub(frame.into_data().map_or(0, |b| b.len() as u64)),
                _ => return,
            }
        }
    }
}
