//! Fetches what a stranger names, without becoming his hands inside the network.
//!
//! Every address, literal or resolved, must be globally routable (IANA's special-purpose registries, RFC 6890), the connection
//! goes to exactly the addresses that were checked, and redirects are followed by hand, each checked anew.

mod addresses;

use addresses::is_global;
use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};
use url::{Host, Url};

const MAX_REDIRECTS: usize = 3;

/// What the operator opens.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Ports beside 80 and 443.
    pub ports: Vec<u16>,
    /// For a connection.
    pub connect: Duration,
    /// For all of it, the body included.
    pub total: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Policy { ports: Vec::new(), connect: Duration::from_secs(5), total: Duration::from_secs(20) }
    }
}

/// Hosts that are fetched from elsewhere, for tests and closed networks: where the operator sends them is not checked.
#[derive(Clone, Debug, Default)]
pub struct UrlMap(Vec<Mapped>);

#[derive(Clone, Debug)]
struct Mapped {
    host: Host,
    /// `None`: all ports that may be fetched from.
    port: Option<u16>,
    to: Url,
}

impl UrlMap {
    /// Adds `HOST=http://HOST:PORT`, or `HOST:PORT=…`, which opens that port of the host, too.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        const EXPECTED: &str = "expected HOST=http://HOST:PORT";
        let (from, to) = text.split_once('=').ok_or(EXPECTED)?;
        let to = Url::parse(to).map_err(|e| format!("{to}: {e}"))?;
        if !matches!(to.scheme(), "http" | "https") || to.path() != "/" || to.query().is_some() {
            return Err(EXPECTED.into());
        }
        let (host, port) = match from.rsplit_once(':') {
            // The colon is within an address.
            Some((_, port)) if port.ends_with(']') => (from, None),
            Some((host, port)) => (host, Some(port.parse().map_err(|_| format!("{port} is no port"))?)),
            None => (from, None),
        };
        let host = Host::parse(host).map_err(|e| format!("{host:?} is no host: {e}"))?;
        self.0.push(Mapped { host: rootless(host), port, to });
        Ok(())
    }

    /// Who is meant by this url, if the operator has a place for it: an entry with its port counts more.
    fn find(&self, url: &Url) -> Option<&Mapped> {
        let (host, port) = (rootless(url.host()?.to_owned()), url.port_or_known_default());
        let mut entries = self.0.iter().filter(|m| m.host == host && (m.port.is_none() || m.port == port));
        let first = entries.clone().next()?;
        Some(entries.find(|m| m.port.is_some()).unwrap_or(first))
    }
}

impl Mapped {
    /// The same path at the place that the operator gave.
    fn place(&self, url: &Url) -> Url {
        let mut place = self.to.clone();
        place.set_path(url.path());
        place.set_query(url.query());
        place
    }
}

/// `example.com.` is `example.com`.
fn rootless(host: Host) -> Host {
    match host {
        Host::Domain(name) => Host::Domain(name.strip_suffix('.').unwrap_or(&name).into()),
        address => address,
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
    hop_by(url, policy, map, &System).await
}

/// The network as a hop sees it; tests have one of their own.
trait Network {
    async fn addresses(&self, name: &str, port: u16) -> std::io::Result<Vec<SocketAddr>>;
    fn is_open(&self, address: IpAddr) -> bool;
}

/// The system's resolver, the Internet's addresses.
struct System;

impl Network for System {
    async fn addresses(&self, name: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((name, port)).await?.collect())
    }

    fn is_open(&self, address: IpAddr) -> bool {
        is_global(address)
    }
}

async fn hop_by(url: &Url, policy: &Policy, map: &UrlMap, network: &impl Network) -> Result<reqwest::Response, Refused> {
    let mapped = map.find(url);
    check_url(url, policy, mapped)?;
    let target = mapped.map_or_else(|| url.clone(), |m| m.place(url));
    let addresses = addresses(&target, network).await?;
    // Of a host with several addresses one that is not open is enough: nobody knows which is connected to.
    if mapped.is_none() && !addresses.iter().all(|a| network.is_open(a.ip())) {
        return Err(Refused::Address);
    }
    let mut builder = super::builder().no_proxy().connect_timeout(policy.connect).timeout(policy.total).pool_max_idle_per_host(0);
    if let Some(Host::Domain(host)) = target.host() {
        // Asked again, a resolver may answer otherwise.
        builder = builder.resolve_to_addrs(host, &addresses);
    }
    let request = builder.build().map_err(|_| Refused::Network)?.get(target).header("accept-encoding", "identity");
    let response = request.send().await.map_err(|_| Refused::Network)?;
    // What was connected to, not what was meant to be.
    one_of(response.remote_addr(), &addresses)?;
    Ok(response)
}

fn one_of(connected: Option<SocketAddr>, checked: &[SocketAddr]) -> Result<(), Refused> {
    match connected {
        Some(address) if checked.iter().any(|c| c.ip() == address.ip()) => Ok(()),
        _ => Err(Refused::Address),
    }
}

/// A place that the operator gave opens the port that its entry names, and nothing else.
fn check_url(url: &Url, policy: &Policy, mapped: Option<&Mapped>) -> Result<(), Refused> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refused::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refused::UserInfo);
    }
    let named = mapped.is_some_and(|m| m.port.is_some());
    match url.port_or_known_default() {
        Some(port) if named || matches!(port, 80 | 443) || policy.ports.contains(&port) => Ok(()),
        _ => Err(Refused::Port),
    }
}

/// Every address of the host. The parser has made addresses of `2130706433` and `0x7f000001` already (WHATWG URL, 3.5).
async fn addresses(url: &Url, network: &impl Network) -> Result<Vec<SocketAddr>, Refused> {
    let port = url.port_or_known_default().ok_or(Refused::Port)?;
    let found = match url.host().ok_or(Refused::Url)? {
        Host::Ipv4(ip) => vec![SocketAddr::from((ip, port))],
        Host::Ipv6(ip) => vec![SocketAddr::from((ip, port))],
        Host::Domain(name) => network.addresses(name, port).await.map_err(|_| Refused::Network)?,
    };
    if found.is_empty() { Err(Refused::Network) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    /// A network whose resolver answers otherwise each time, and where these addresses are the Internet's.
    struct Fake {
        answers: std::sync::Mutex<Vec<Vec<SocketAddr>>>,
        open: Vec<IpAddr>,
    }

    impl Fake {
        fn new(answers: &[&[&str]], open: &[&str]) -> Self {
            let parse = |list: &&[&str]| list.iter().map(|t| t.parse().unwrap()).collect();
            Fake {
                answers: std::sync::Mutex::new(answers.iter().rev().map(parse).collect()),
                open: open.iter().map(|t| t.parse().unwrap()).collect(),
            }
        }

        fn hop(&self, url: &str, policy: &Policy) -> Result<reqwest::Response, Refused> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(hop_by(&Url::parse(url).unwrap(), policy, &UrlMap::default(), self))
        }

        fn asked_again(&self) -> bool {
            self.answers.lock().unwrap().is_empty()
        }
    }

    impl Network for Fake {
        async fn addresses(&self, _: &str, _: u16) -> std::io::Result<Vec<SocketAddr>> {
            Ok(self.answers.lock().unwrap().pop().unwrap_or_default())
        }

        fn is_open(&self, address: IpAddr) -> bool {
            self.open.contains(&address)
        }
    }

    /// Answers once, with 200 and an empty body.
    fn site() -> SocketAddr {
        use std::io::{Read, Write};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        });
        address
    }

    /// A resolver of an attacker: what it says first is open, what it says when it is asked again is not.
    #[test]
    fn the_connection_goes_to_what_was_checked() {
        let (good, bad) = (site(), site());
        let policy = Policy { ports: vec![good.port(), bad.port()], ..Policy::default() };
        let network = Fake::new(&[&[&good.to_string()], &["127.0.0.2:9"]], &["127.0.0.1"]);
        // Nobody else knows an address of this name.
        let url = format!("http://rebinding.invalid:{}/", good.port());
        let response = network.hop(&url, &policy).unwrap();
        assert_eq!((response.status().as_u16(), response.remote_addr()), (200, Some(good)));
        assert!(!network.asked_again());
        // The next hop asks anew, and is checked anew.
        assert_eq!(network.hop(&url, &policy).unwrap_err(), Refused::Address);
        assert!(network.asked_again());
    }

    #[test]
    fn every_address_of_a_host() {
        let open = ["8.8.8.8", "2606:4700::1111"];
        for answer in [
            &["8.8.8.8:80", "10.0.0.1:80"][..],
            &["127.0.0.1:80", "8.8.8.8:80"],
            &["8.8.8.8:80", "[2606:4700::1111]:80", "[fd00::1]:80"],
        ] {
            let refused = Fake::new(&[answer], &open).hop("http://a.example/", &Policy::default()).unwrap_err();
            assert_eq!(refused, Refused::Address, "{answer:?}");
        }
        let none = Fake::new(&[&[]], &open).hop("http://a.example/", &Policy::default()).unwrap_err();
        assert_eq!(none, Refused::Network);
        let checked: Vec<SocketAddr> = ["8.8.8.8:443", "[2606:4700::1111]:443"].map(|t| t.parse().unwrap()).into();
        for (connected, want) in
            [(Some("8.8.8.8:443"), true), (Some("[2606:4700::1111]:443"), true), (Some("10.0.0.1:443"), false), (None, false)]
        {
            assert_eq!(one_of(connected.map(|c| c.parse().unwrap()), &checked).is_ok(), want, "{connected:?}");
        }
    }

    /// A host that takes no connections: its queue is full.
    #[test]
    fn a_connection_has_its_time() {
        let Policy { connect, total, .. } = Policy::default();
        assert_eq!((connect, total), (Duration::from_secs(5), Duration::from_secs(20)));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
            socket.listen(1).unwrap()
        });
        let address = listener.local_addr().unwrap();
        let connect = || std::net::TcpStream::connect_timeout(&address, Duration::from_millis(50));
        let queue: Vec<_> = std::iter::from_fn(|| connect().ok()).take(100).collect();
        assert!(queue.len() < 100, "the queue is never full");
        let policy = Policy { ports: vec![address.port()], connect: Duration::from_millis(100), ..Policy::default() };
        let (network, start) = (Fake::new(&[&[&address.to_string()]], &["127.0.0.1"]), Instant::now());
        assert_eq!(network.hop(&format!("http://a.example:{}/", address.port()), &policy).unwrap_err(), Refused::Network);
        assert!(start.elapsed() < policy.total / 2, "{:?}", start.elapsed());
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
        let entries = [
            "Example.com=http://127.0.0.1:8000",
            "example.com:8443=http://127.0.0.1:8001",
            "bl\u{e5}.example=http://127.0.0.1:8002",
            "dot.example.=http://127.0.0.1:8003",
            "[::1]=http://127.0.0.1:8004",
            "[::1]:80=http://127.0.0.1:8005",
            "127.1:81=http://127.0.0.1:8006",
        ];
        entries.iter().for_each(|entry| map.add(entry).unwrap());
        for bad in ["example.com", "=http://a", ":80=http://a", "a:b=http://a", "a b=http://a", "a/=http://a", "a=ftp://b"] {
            assert!(map.add(bad).is_err(), "{bad}");
        }
        for bad in ["a=http://b/c", "a=b", "http://a=http://b", "a:99999=http://b", "[::1=http://b"] {
            assert!(map.add(bad).is_err(), "{bad}");
        }
        let place = |url: &str| {
            let url = Url::parse(url).unwrap();
            let mapped = map.find(&url);
            check_url(&url, &Policy::default(), mapped).map(|()| mapped.map(|m| m.place(&url).to_string()))
        };
        for (url, want) in [
            ("https://example.com/a%20b.jpg?x=1#y", Ok(Some("http://127.0.0.1:8000/a%20b.jpg?x=1"))),
            ("http://EXAMPLE.com./", Ok(Some("http://127.0.0.1:8000/"))),
            ("http://example.com:8443/", Ok(Some("http://127.0.0.1:8001/"))),
            ("http://bl\u{e5}.example/", Ok(Some("http://127.0.0.1:8002/"))),
            ("http://dot.example/", Ok(Some("http://127.0.0.1:8003/"))),
            ("https://[::1]/", Ok(Some("http://127.0.0.1:8004/"))),
            ("http://[::1]/", Ok(Some("http://127.0.0.1:8005/"))),
            ("http://127.0.0.1:81/", Ok(Some("http://127.0.0.1:8006/"))),
            ("http://127.0.0.1/", Ok(None)),
            ("https://example.org/", Ok(None)),
            // All other rules hold for what is mapped, too.
            ("http://example.com:22/", Err(Refused::Port)),
            ("ftp://example.com/", Err(Refused::Scheme)),
            ("gopher://example.com/", Err(Refused::Scheme)),
            ("http://u:p@example.com/", Err(Refused::UserInfo)),
            ("http://u@example.com:8443/", Err(Refused::UserInfo)),
        ] {
            assert_eq!(place(url).as_ref().map(Option::as_deref).map_err(|e| *e), want, "{url}");
        }
    }
}
