//! Outgoing HTTP. Only files of this folder name reqwest.
//!
//! [`client`] speaks for the user: to a service that works for him, and to the places that URL operands name. Working
//! with files of this machine must cost nothing of it: no runtime is started and no certificate read before the first request.
//! [`guard`] fetches what strangers name, for the server.

pub mod client;
pub mod guard;
pub mod key;
pub mod name;
pub mod ranged;
pub mod retry;
pub mod upload;

pub use client::{Body, Client, Options, Reply, Request};
pub use key::Key;
pub use ranged::Ranged;
pub use retry::Trouble;
pub use upload::Upload;

/// What every client of ours begins with: TLS by rustls with ring, redirects followed by hand, no referrer.
pub fn builder() -> reqwest::ClientBuilder {
    // It fails only when a provider is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let agent = concat!("exifkit/", env!("CARGO_PKG_VERSION"));
    reqwest::Client::builder().user_agent(agent).redirect(reqwest::redirect::Policy::none()).referer(false)
}
