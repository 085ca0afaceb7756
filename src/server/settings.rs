//! What the operator decides.

use crate::net::guard::{Policy, UrlMap};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// Bounds of every request. Each has a flag, which refusals name.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of one file.
    pub max_size: u64,
    /// Bytes of the line and the headers of one request.
    pub head_size: usize,
    /// Parts of one body.
    pub parts: usize,
    /// Bytes of the headers of one part.
    pub part_headers: usize,
    /// Bytes of a body, or of its field, that names a url.
    pub form_size: usize,
    /// Patterns of one request, and bytes of each: all are compared with all tags.
    pub tags: usize,
    pub tag_length: usize,
    /// Bytes of an answer: a file may unpack to many times its size.
    pub answer_size: usize,
    /// Between two requests of a connection, two pieces of a body, two pieces of an answer.
    pub idle_time: Duration,
    /// For receiving one request, and for sending its answer.
    pub request_time: Duration,
    /// For reading or cleaning one file.
    pub work_time: Duration,
    /// Bytes of memory for a process that reads or cleans files.
    pub work_memory: u64,
    /// For what is under way when the server is told to stop.
    pub stop_time: Duration,
    /// Uploads that are worked on at once, and look-ups.
    pub requests: usize,
    /// Uploads that may wait for their turn, and look-ups.
    pub queue: usize,
    /// Connections at once.
    pub connections: usize,
    /// Files that are decoded at once.
    pub jobs: usize,
    /// Bytes of disk that must stay free.
    pub min_free: u64,
}

#[derive(Clone, Debug)]
pub enum Tls {
    Files { cert: PathBuf, key: PathBuf },
    SelfSigned,
}

#[derive(Clone, Debug)]
pub struct Settings {
    pub listen: SocketAddr,
    pub metrics: Option<SocketAddr>,
    pub tls: Option<Tls>,
    pub public_url: Option<url::Url>,
    pub keys_file: PathBuf,
    pub anonymous: bool,
    pub data_dir: PathBuf,
    pub retention: Duration,
    /// Between two sweeps.
    pub sweep: Duration,
    /// As browsers write them (RFC 6454, 6.2), or `*`.
    pub origins: Vec<String>,
    pub limits: Limits,
    pub fetch: Policy,
    pub url_map: UrlMap,
}

#[cfg(test)]
impl Limits {
    /// For tests: those that matter to one are set by it.
    pub fn of_test() -> Self {
        let (size, time) = (1 << 20, Duration::from_secs(60));
        Limits {
            max_size: size,
            head_size: 1 << 14,
            parts: 4,
            part_headers: 1024,
            form_size: 1024,
            tags: 4,
            tag_length: 16,
            answer_size: 1 << 20,
            idle_time: time,
            request_time: time,
            work_time: time,
            work_memory: 1 << 30,
            stop_time: time,
            requests: 4,
            queue: 4,
            connections: 4,
            jobs: 1,
            min_free: 0,
        }
    }
}
