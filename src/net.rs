//! Outgoing HTTP. Only files of this folder name reqwest.
//!
//! [`guard`] fetches what strangers name, for the server.

pub mod guard;

/// What every client of ours begins with: TLS by rustls with ring, redirects followed by hand, no referrer.
pub fn builder() -> reqwest::ClientBuilder {
    // It fails only when a provider is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let agent = concat!("exifkit/", env!("CARGO_PKG_VERSION"));
    reqwest::Client::builder().user_agent(agent).redirect(reqwest::redirect::Policy::none()).referer(false)
}
