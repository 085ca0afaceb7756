//! What the operator decides.

use crate::net::guard::{Policy, UrlMap};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// Bounds of every request. Each has a flag, which refusals name.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of one file.
    pub max_size: u64,
    /// Between two requests of a connection, two pieces of a body, two pieces of an answer.
    pub idle_time: Duration,
    /// For receiving one request, and for sending its answer.
    pub request_time: Duration,
    /// For reading or cleaning one file.
    pub work_time: Duration,
    /// Uploads that are worked on at once.
    pub requests: usize,
    /// Uploads that may wait for their turn.
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
    /// As browsers write them (RFC 6454, 6.2), or `*`.
    pub origins: Vec<String>,
    pub limits: Limits,
    pub fetch: Policy,
    pub url_map: UrlMap,
}
