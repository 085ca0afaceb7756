//! Fetches what a stranger names, without becoming his hands inside the network.
//!
//! Every address, literal or resolved, must be globally routable (IANA's special-purpose registries, RFC 6890), the connection
//! goes to exactly the addresses that were checked, and redirects are followed by hand, each checked anew.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::{Duration, Instant},
};
use url::{Host, Url};

const MAX_REDIRECTS: usize = 3;
const CONNECT: Duration = Duration::from_secs(5);

/// What the operator opens.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Ports beside 80 and 443.
    pub ports: Vec<u16>,
    /// For all of it, the body included.
    pub total: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Policy { ports: Vec::new(), total: Duration::from_secs(20) }
    }
}

/// Hosts that are fetched from elsewhere, for tests and closed networks: what the operator maps is not checked.
#[derive(Clone, Debug, Default)]
pub struct UrlMap(Vec<(String, Url)>);

impl UrlMap {
    /// Adds `HOST=http://HOST:PORT`.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let (host, to) = text.split_once('=').ok_or("expected HOST=http://HOST:PORT")?;
        let to = Url::parse(to).map_err(|e| format!("{to}: {e}"))?;
        if host.is_empty() || !matches!(to.scheme(), "http" | "https") || to.path() != "/" || to.query().is_some() {
            return Err("expected HOST=http://HOST:PORT".into());
        }
        self.0.push((host.to_ascii_lowercase(), to));
        Ok(())
    }

    /// The same path at the place that the operator gave.
    fn place(&self, url: &Url) -> Option<Url> {
        let host = url.host_str()?;
        let (_, to) = self.0.iter().find(|(h, _)| h == host)?;
        let mut place = to.clone();
        place.set_path(url.path());
        place.set_query(url.query());
        Some(place)
    }
}

/// Why nothing was fetched; for the log of tests only: whoever asked learns nothing but that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    Url,
    Scheme,
    UserInfo,
    Port,
    Address,
    Redirects,
    Downgrade,
    Encoding,
    Status,
    Network,
    Time,
}

/// An answer whose body is still to come.
#[derive(Debug)]
pub struct Fetched {
    response: reqwest::Response,
    deadline: Instant,
    /// Where it came from at last.
    pub url: Url,
    pub disposition: Option<Vec<u8>>,
}

impl Fetched {
    /// The next bytes of the body.
    pub async fn chunk(&mut self) -> Result<Option<bytes::Bytes>, Refused> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        match tokio::time::timeout(left, self.response.chunk()).await {
            Ok(chunk) => chunk.map_err(|_| Refused::Network),
            Err(_) => Err(Refused::Time),
        }
    }

    /// The length that the other side announces.
    pub fn length(&self) -> Option<u64> {
        self.response.content_length()
    }
}

/// Asks for `url`.
pub async fn fetch(url: &str, policy: &Policy, map: &UrlMap) -> Result<Fetched, Refused> {
    let deadline = Instant::now() + policy.total;
    let mut url = Url::parse(url.trim()).map_err(|_| Refused::Url)?;
    for _ in 0..=MAX_REDIRECTS {
        let left = deadline.saturating_duration_since(Instant::now());
        let response = tokio::time::timeout(left, hop(&url, policy, map)).await.map_err(|_| Refused::Time)??;
        if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
            return accept(response, url, deadline);
        }
        let location = response.headers().get("location").and_then(|l| l.to_str().ok());
        url = redirected(&url, location)?;
    }
    Err(Refused::Redirects)
}

fn accept(response: reqwest::Response, url: Url, deadline: Instant) -> Result<Fetched, Refused> {
    if response.status().as_u16() != 200 {
        return Err(Refused::Status);
    }
    let header = |name: &str| response.headers().get(name).map(|v| v.as_bytes().to_vec());
    if header("content-encoding").is_some_and(|e| !e.is_empty() && !e.eq_ignore_ascii_case(b"identity")) {
        return Err(Refused::Encoding);
    }
    let disposition = header("content-disposition");
    Ok(Fetched { response, deadline, url, disposition })
}

fn redirected(from: &Url, location: Option<&str>) -> Result<Url, Refused> {
    let to = location.and_then(|l| from.join(l).ok()).ok_or(Refused::Url)?;
    if from.scheme() == "https" && to.scheme() != "https" {
        return Err(Refused::Downgrade);
    }
    Ok(to)
}

/// One request, to checked addresses only.
async fn hop(url: &Url, policy: &Policy, map: &UrlMap) -> Result<reqwest::Response, Refused> {
    let mapped = map.place(url);
    if mapped.is_none() {
        check_url(url, policy)?;
    }
    let target = mapped.as_ref().unwrap_or(url);
    let addresses = addresses(target).await?;
    if mapped.is_none() {
        all_global(&addresses)?;
    }
    let mut builder = super::builder().no_proxy().connect_timeout(CONNECT).timeout(policy.total).pool_max_idle_per_host(0);
    if let Some(Host::Domain(host)) = target.host() {
        builder = builder.resolve_to_addrs(host, &addresses);
    }
    let request = builder.build().map_err(|_| Refused::Network)?.get(target.clone()).header("accept-encoding", "identity");
    let response = request.send().await.map_err(|_| Refused::Network)?;
    // What was connected to, not what was meant to be.
    one_of(response.remote_addr(), &addresses)?;
    Ok(response)
}

/// Of a host with several addresses one that is not global is enough: nobody knows which is connected to.
fn all_global(addresses: &[SocketAddr]) -> Result<(), Refused> {
    match addresses.iter().all(|a| is_global(a.ip())) {
        true => Ok(()),
        false => Err(Refused::Address),
    }
}

fn one_of(connected: Option<SocketAddr>, checked: &[SocketAddr]) -> Result<(), Refused> {
    match connected {
        Some(address) if checked.iter().any(|c| c.ip() == address.ip()) => Ok(()),
        _ => Err(Refused::Address),
    }
}

fn check_url(url: &Url, policy: &Policy) -> Result<(), Refused> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refused::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refused::UserInfo);
    }
    match url.port_or_known_default() {
        Some(port) if matches!(port, 80 | 443) || policy.ports.contains(&port) => Ok(()),
        _ => Err(Refused::Port),
    }
}

/// Every address of the host. The parser has made addresses of `2130706433` and `0x7f000001` already (WHATWG URL, 3.5).
async fn addresses(url: &Url) -> Result<Vec<SocketAddr>, Refused> {
    let port = url.port_or_known_default().ok_or(Refused::Port)?;
    let found = match url.host().ok_or(Refused::Url)? {
        Host::Ipv4(ip) => vec![SocketAddr::from((ip, port))],
        Host::Ipv6(ip) => vec![SocketAddr::from((ip, port))],
        Host::Domain(name) => tokio::net::lookup_host((name, port)).await.map_err(|_| Refused::Network)?.collect(),
    };
    if found.is_empty() { Err(Refused::Network) } else { Ok(found) }
}

/// Networks of IPv4 that are not the Internet.
const LOCAL_V4: &[([u8; 4], u8)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    // Link-local, and the metadata services of clouds.
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// Networks of IPv6 that are not the Internet, or that lead to addresses of IPv4.
const LOCAL_V6: &[([u16; 8], u8)] = &[
    // Unspecified, loopback, IPv4-compatible.
    ([0, 0, 0, 0, 0, 0, 0, 0], 96),
    ([0, 0, 0, 0, 0, 0xffff, 0, 0], 96),
    ([0, 0, 0, 0, 0xffff, 0, 0, 0], 96),
    // NAT64.
    ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96),
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48),
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 64),
    // Teredo and other protocol assignments.
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    // 6to4.
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
    ([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),
];

/// Is it an address of the Internet at large?
pub fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => !LOCAL_V4.iter().any(|(net, bits)| (ip.to_bits() ^ Ipv4Addr::from(*net).to_bits()) >> (32 - bits) == 0),
        IpAddr::V6(ip) => {
            !LOCAL_V6.iter().any(|(net, bits)| (ip.to_bits() ^ Ipv6Addr::from(*net).to_bits()) >> (128 - bits) == 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_internet_is_global() {
        for local in [
            "0.0.0.0",
            "0.255.1.1",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_global(local.parse().unwrap()), "{local}");
        }
        for global in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "2001:4860::8888",
        ] {
            assert!(is_global(global.parse().unwrap()), "{global}");
        }
    }

    fn refused_by(url: &str, policy: &Policy, map: &UrlMap) -> Refused {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut fetched = match fetch(url, policy, map).await {
                Ok(fetched) => fetched,
                Err(refused) => return refused,
            };
            loop {
                match fetched.chunk().await {
                    Ok(chunk) => assert!(chunk.is_some(), "all of it came"),
                    Err(refused) => return refused,
                }
            }
        })
    }

    fn refused(url: &str) -> Refused {
        refused_by(url, &Policy::default(), &UrlMap::default())
    }

    #[test]
    fn ports_that_the_operator_opens() {
        let policy = Policy { ports: vec![8080], ..Policy::default() };
        for (url, why) in [
            ("http://127.0.0.1:8080/", Refused::Address),
            ("https://127.0.0.1:8080/", Refused::Address),
            ("http://127.0.0.1:80/", Refused::Address),
            ("http://127.0.0.1:443/", Refused::Address),
            ("http://127.0.0.1:8081/", Refused::Port),
        ] {
            assert_eq!(refused_by(url, &policy, &UrlMap::default()), why, "{url}");
        }
    }

    #[test]
    fn every_address_of_a_host() {
        let addresses = |texts: &[&str]| -> Vec<SocketAddr> { texts.iter().map(|t| t.parse().unwrap()).collect() };
        for (texts, want) in [
            (&["8.8.8.8:80", "[2606:4700::1111]:80"][..], true),
            (&["8.8.8.8:80", "10.0.0.1:80"], false),
            (&["127.0.0.1:80", "8.8.8.8:80"], false),
            (&["8.8.8.8:80", "[fd00::1]:80"], false),
        ] {
            assert_eq!(all_global(&addresses(texts)).is_ok(), want, "{texts:?}");
        }
        let checked = addresses(&["8.8.8.8:443", "[2606:4700::1111]:443"]);
        for (connected, want) in
            [(Some("8.8.8.8:443"), true), (Some("[2606:4700::1111]:443"), true), (Some("10.0.0.1:443"), false), (None, false)]
        {
            assert_eq!(one_of(connected.map(|c| c.parse().unwrap()), &checked).is_ok(), want, "{connected:?}");
        }
    }

    #[test]
    fn redirects() {
        for (from, location, want) in [
            ("http://a.example/x/y?z", Some("/b"), Ok("http://a.example/b")),
            ("https://a.example/", Some("https://b.example/"), Ok("https://b.example/")),
            ("http://a.example/", Some("https://a.example/"), Ok("https://a.example/")),
            ("https://a.example/", Some("//b.example/"), Ok("https://b.example/")),
            ("https://a.example/", Some("http://a.example/"), Err(Refused::Downgrade)),
            ("https://a.example/", Some("file:///etc/passwd"), Err(Refused::Downgrade)),
            ("http://a.example/", Some("http://"), Err(Refused::Url)),
            ("http://a.example/", None, Err(Refused::Url)),
        ] {
            let to = redirected(&Url::parse(from).unwrap(), location);
            assert_eq!(to.as_ref().map(Url::as_str).map_err(|e| *e), want, "{from} {location:?}");
        }
    }

    /// Who answers nothing, or a byte now and then.
    #[test]
    fn all_of_it_has_its_time() {
        use std::io::Write;
        let policy = Policy { total: Duration::from_millis(300), ..Policy::default() };
        for head in ["", "HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n"] {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let mut map = UrlMap::default();
            map.add(&format!("slow.example=http://{}", listener.local_addr().unwrap())).unwrap();
            std::thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                stream.write_all(head.as_bytes()).unwrap();
                // Until the other side has had enough.
                while head.is_empty() || stream.write_all(b"x").is_ok() {
                    std::thread::sleep(Duration::from_millis(20));
                }
            });
            let why = refused_by("http://slow.example/", &policy, &map);
            assert!(matches!(why, Refused::Time | Refused::Network), "{why:?}");
        }
    }

    #[test]
    fn a_test_per_rule() {
        for (url, why) in [
            ("no url", Refused::Url),
            ("file:///etc/passwd", Refused::Scheme),
            ("ftp://1.1.1.1/x", Refused::Scheme),
            ("gopher://1.1.1.1/x", Refused::Scheme),
            ("http://user@1.1.1.1/", Refused::UserInfo),
            ("http://:secret@1.1.1.1/", Refused::UserInfo),
            ("http://1.1.1.1:8080/", Refused::Port),
            ("https://1.1.1.1:22/", Refused::Port),
            ("http://127.0.0.1/", Refused::Address),
            ("http://2130706433/", Refused::Address),
            ("http://0x7f000001/", Refused::Address),
            ("http://0177.0.0.1/", Refused::Address),
            ("http://127.1/", Refused::Address),
            ("http://[::ffff:127.0.0.1]/", Refused::Address),
            ("http://[::1]/", Refused::Address),
            ("http://0.0.0.0/", Refused::Address),
            ("http://169.254.169.254/latest/meta-data/", Refused::Address),
            ("http://localhost/", Refused::Address),
            ("http://LOCALHOST/", Refused::Address),
        ] {
            assert_eq!(refused(url), why, "{url}");
        }
    }

    #[test]
    fn what_the_operator_maps() {
        let mut map = UrlMap::default();
        map.add("Example.com=http://127.0.0.1:8000").unwrap();
        for bad in ["example.com", "=http://a", "a=ftp://b", "a=http://b/c", "a=b"] {
            assert!(map.add(bad).is_err(), "{bad}");
        }
        let place = |url: &str| map.place(&Url::parse(url).unwrap()).map(|u| u.to_string());
        assert_eq!(place("https://example.com/a%20b.jpg?x=1#y").as_deref(), Some("http://127.0.0.1:8000/a%20b.jpg?x=1"));
        assert_eq!(place("https://example.org/"), None);
    }
}
