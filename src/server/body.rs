//! The body of a request as it arrives: counted, with a limit on its size, on every pause and on the whole time. The body of
//! an answer as it goes: in pieces, with a limit on the whole time; its pauses are limited by [`super::stream`].

use super::{answer::Refusal, settings::Limits};
use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};
use tokio::sync::OwnedSemaphorePermit;

/// What multipart may add to the size of a file.
const FRAMING: u64 = 128 * 1024;
/// Of a body that is refused so much is still read: an answer is lost when the connection closes over unread bytes.
const DRAINED: u64 = 8 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// So much of an answer is handed to the connection at once.
const PIECE: usize = 64 * 1024;

/// The body of an answer.
pub struct Outgoing {
    body: Body,
    /// What the connection has not taken yet.
    held: Bytes,
    deadline: Instant,
    /// The answer's place among those at once: what is not sent yet takes memory.
    _place: Option<OwnedSemaphorePermit>,
}

impl Outgoing {
    /// The same body within that time.
    pub fn within(time: Duration, body: Body, place: Option<OwnedSemaphorePermit>) -> Body {
        Body::new(Outgoing { body, held: Bytes::new(), deadline: Instant::now() + time, _place: place })
    }
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if Instant::now() > self.deadline {
            return Poll::Ready(Some(Err(axum::Error::new(std::io::Error::from(std::io::ErrorKind::TimedOut)))));
        }
        if self.held.is_empty() {
            match std::task::ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.held = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let length = self.held.len().min(PIECE);
        Poll::Ready(Some(Ok(Frame::data(self.held.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, held) = (self.body.size_hint(), self.held.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(held));
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(held));
        }
        hint
    }
}

pub struct Incoming {
    body: Body,
    limits: Limits,
    /// From the first byte on: waiting for a turn is not the fault of the other side.
    deadline: Option<Instant>,
    read: u64,
    /// Nothing more comes, or is waited for.
    ended: bool,
}

impl Incoming {
    pub fn new(body: Body, limits: &Limits) -> Self {
        Incoming { body, limits: limits.clone(), deadline: None, read: 0, ended: false }
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
        let deadline = *self.deadline.get_or_insert_with(|| Instant::now() + self.limits.request_time);
        let left = deadline.saturating_duration_since(Instant::now());
        let pause = self.limits.idle_time.min(left);
        loop {
            let next = tokio::time::timeout(pause, poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx))).await;
            let frame = match next {
                Err(_) => {
                    self.ended = true;
                    return Err(self.too_slow(pause == left));
                }
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

    fn too_slow(&self, as_a_whole: bool) -> Refusal {
        match as_a_whole {
            true => Refusal::too_slow(self.limits.request_time.as_secs_f64(), "--request-timeout"),
            false => Refusal::too_slow(self.limits.idle_time.as_secs_f64(), "--idle-timeout"),
        }
    }

    /// The whole of a body without a file.
    pub async fn form(&mut self) -> Result<Vec<u8>, Refusal> {
        let (mut all, limit) = (Vec::new(), self.limits.form_size);
        while let Some(chunk) = self.chunk().await? {
            if all.len() + chunk.len() > limit {
                return Err(Refusal::too_much(format!("a body without a file of more than {limit} bytes (--max-form-size)")));
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all)
    }

    /// Reads what stands behind the last part.
    pub async fn rest(&mut self) -> Result<(), Refusal> {
        while self.chunk().await?.is_some() {}
        Ok(())
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    pub fn bytes_read(&self) -> u64 {
        self.read
    }

    /// Reads a little of what is left, so that a refusal arrives. Who was too slow is not given more time.
    pub async fn drain(&mut self) {
        let end = Instant::now() + DRAIN_TIME;
        let mut left = DRAINED;
        while !self.ended && left > 0 {
            let pause = end.saturating_duration_since(Instant::now());
            match tokio::time::timeout(pause, poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx))).await {
                Ok(Some(Ok(frame))) => {
                    let length = frame.into_data().map_or(0, |b| b.len() as u64);
                    left = left.saturating_sub(length);
                    self.read += length;
                }
                _ => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A body of which nothing comes.
    struct Silent;

    impl HttpBody for Silent {
        type Data = Bytes;
        type Error = axum::Error;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
            Poll::Pending
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn who_was_too_slow_is_not_waited_for() {
        let limits = Limits { idle_time: Duration::from_millis(1), ..Limits::of_test() };
        let mut body = Incoming::new(Body::new(Silent), &limits);
        assert_eq!(body.chunk().await.unwrap_err().status, 408);
        // Time enough for what is there at once.
        assert!(tokio::time::timeout(Duration::ZERO, body.drain()).await.is_ok());
    }

    #[tokio::test(flavor = "current_thread")]
    async fn what_is_thrown_away_is_counted() {
        let mut body = Incoming::new(Body::from("refused"), &Limits::of_test());
        body.drain().await;
        assert_eq!(body.bytes_read(), 7);
    }
}
