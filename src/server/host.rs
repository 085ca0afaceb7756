//! What a request calls this server.

use super::Settings;
use axum::http::{HeaderMap, Uri, header};
use std::net::SocketAddr;
use url::{Host, Url};

/// What the address of a cleaned file begins with: `--public-url`, else what the request calls us, if that can be a host.
pub fn base(settings: &Settings, uri: &Uri, headers: &HeaderMap, address: SocketAddr) -> String {
    if let Some(url) = &settings.public_url {
        return url.as_str().trim_end_matches('/').to_string();
    }
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    let host = given(uri, headers).filter(|host| parsed(host).is_some()).map_or_else(|| address.to_string(), String::from);
    format!("{scheme}://{host}")
}

/// Does the request mean this server? A page whose name its owner has made to lead here (DNS rebinding) asks under that name,
/// and browsers let it read the answer. Who needs a key has none; without keys, on an address that only this machine
/// reaches, other names than this machine's are refused. Programs may leave the name out, browsers never do.
pub fn is_ours(settings: &Settings, uri: &Uri, headers: &HeaderMap) -> bool {
    if !settings.anonymous || !settings.listen.ip().is_loopback() {
        return true;
    }
    if uri.authority().is_none() && !headers.contains_key(header::HOST) {
        return true;
    }
    let public = settings.public_url.as_ref().and_then(Url::host);
    match given(uri, headers).and_then(parsed) {
        Some(host) if public == Some(as_ref(&host)) => true,
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn as_ref(host: &Host) -> Host<&str> {
    match host {
        Host::Domain(name) => Host::Domain(name),
        Host::Ipv4(ip) => Host::Ipv4(*ip),
        Host::Ipv6(ip) => Host::Ipv6(*ip),
    }
}

fn given<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    uri.authority().map(|a| a.as_str()).or_else(|| headers.get(header::HOST)?.to_str().ok())
}

/// A name or an address, and perhaps a port; nothing that could end the host of a URL.
fn parsed(host: &str) -> Option<Host> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']');
    if host.is_empty() || !host.bytes().all(allowed) {
        return None;
    }
    Url::parse(&format!("http://{host}/")).ok().filter(|url| url.path() == "/")?.host().map(|host| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_can_stand_in_a_url() {
        for (host, want) in [
            ("localhost:8080", true),
            ("a-b.example", true),
            ("[::1]:80", true),
            ("", false),
            ("a/b", false),
            ("a@b", false),
            ("a\"b", false),
            ("a b", false),
            ("a:b", false),
        ] {
            assert_eq!(parsed(host).is_some(), want, "{host}");
        }
    }
}
