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
    let url = given(uri, headers).and_then(|host| parsed(scheme, host));
    url.map_or_else(|| format!("{scheme}://{address}"), |url| url.as_str().trim_end_matches('/').to_string())
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
    let url = given(uri, headers).and_then(|host| parsed("http", host));
    match url.as_ref().and_then(Url::host) {
        Some(host) if public == Some(host.clone()) => true,
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn given<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    uri.authority().map(|a| a.as_str()).or_else(|| headers.get(header::HOST)?.to_str().ok())
}

/// The address of a name or an IP address, and perhaps a port; nothing that could end the host of a URL.
fn parsed(scheme: &str, host: &str) -> Option<Url> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']');
    if host.is_empty() || !host.bytes().all(allowed) {
        return None;
    }
    let url = Url::parse(&format!("{scheme}://{host}/")).ok()?;
    let named = url.host().is_some_and(|host| !matches!(host, Host::Domain(name) if !is_name(name)));
    (named && url.path() == "/").then_some(url)
}

/// Labels between dots (RFC 1123, 2.1); the root's, which is empty, may stand behind the last.
fn is_name(name: &str) -> bool {
    let labels = name.strip_suffix('.').unwrap_or(name).split('.');
    labels.into_iter().all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_can_stand_in_a_url() {
        for (host, want) in [
            ("localhost:8080", Some("http://localhost:8080/")),
            ("a-b.example", Some("http://a-b.example/")),
            ("A_b.Example.:81", Some("http://a_b.example.:81/")),
            ("[::1]:80", Some("http://[::1]/")),
            ("127.1", Some("http://127.0.0.1/")),
            ("a:", Some("http://a/")),
            ("", None),
            (".", None),
            ("..", None),
            ("a..b", None),
            (".a", None),
            ("a..", None),
            ("-", None),
            ("-a.b", None),
            ("a.b-", None),
            ("a/b", None),
            ("a@b", None),
            ("a\"b", None),
            ("a b", None),
            ("a:b", None),
        ] {
            assert_eq!(parsed("http", host).as_ref().map(Url::as_str), want, "{host}");
        }
    }
}
