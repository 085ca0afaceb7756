//! The client: one request, its redirects, its answer. Trying again is [`super::retry`]'s concern.

use super::{
    key::Key,
    retry::{self, Trouble, Try, network, retrying},
    upload::{Multipart, Sending, Slow, Upload},
};
use crate::error::{Code, Error, Result};
use std::{
    future::Future,
    path::PathBuf,
    pin::pin,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::{runtime::Runtime, sync::oneshot};
use url::Url;

/// Redirects that are followed, of GET only.
const MAX_REDIRECTS: usize = 5;
/// Between two pieces of an upload that broke before.
const PAUSES: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(20)];
/// A connection waits so long for another request: not as long as servers wait, who would close it under the next upload.
const IDLE: Duration = Duration::from_secs(3);

/// How requests are made.
#[derive(Clone, Debug)]
pub struct Options {
    /// A request fails when nothing moves for so long.
    pub timeout: Duration,
    /// Tries after the first one.
    pub retries: u32,
    /// Certificates (PEM) that are trusted beside the system's.
    pub ca_cert: Option<PathBuf>,
    /// A connection takes more than one request. Not for uploads: one that the other side is about to close would take an upload
    /// with it, and nobody could say afterwards whether the work was done.
    pub reuses: bool,
}

/// One for all threads.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    runtime: Runtime,
    options: Options,
}

/// GET, or POST when there is a body.
#[derive(Debug)]
pub struct Request<'a> {
    pub url: &'a Url,
    /// Goes to the host of `url` and nowhere else, and into no message.
    pub key: Option<&'a Key>,
    /// The key is not even sent there.
    pub anonymous: bool,
    /// The first and the last byte that are wanted.
    pub range: Option<(u64, u64)>,
    pub body: Body<'a>,
}

#[derive(Debug)]
pub enum Body<'a> {
    None,
    Json(String),
    File(&'a Upload),
}

impl<'a> Request<'a> {
    pub fn get(url: &'a Url) -> Self {
        Request { url, key: None, anonymous: false, range: None, body: Body::None }
    }
}

/// Status and headers; the body is still to come.
#[derive(Debug)]
pub struct Reply<'a> {
    client: &'a Client,
    response: reqwest::Response,
    sending: Arc<Sending>,
    /// As long as it is there, the upload waits, too.
    _wanted: oneshot::Sender<()>,
}

/// An answer, all of it.
#[derive(Debug)]
pub struct Answered {
    pub status: u16,
    /// `404 Not Found`
    pub status_text: String,
    pub body: Vec<u8>,
}

impl Client {
    /// Starts the runtime and reads certificates. An error is wrong usage.
    pub fn new(options: Options) -> Result<Self> {
        let usage = |text: String| Error::new(Code::InvalidRequest, text);
        let mut extra = Vec::new();
        if let Some(path) = &options.ca_cert {
            let bad = |e: String| usage(format!("--ca-cert {}: {e}", path.display()));
            let pem = std::fs::read(path).map_err(|e| bad(e.to_string()))?;
            extra = reqwest::Certificate::from_pem_bundle(&pem).map_err(|e| bad(reason(&e)))?;
            if extra.is_empty() {
                return Err(bad("there is no certificate in it".into()));
            }
        }
        let idle = if options.reuses { usize::MAX } else { 0 };
        let builder = || super::builder().connect_timeout(options.timeout).pool_idle_timeout(IDLE).pool_max_idle_per_host(idle);
        let http = builder().tls_certs_merge(extra.clone()).build();
        // A system without certificates can still speak http, and to whom --ca-cert vouches for.
        let http = http.or_else(|_| builder().tls_certs_only(extra).build());
        let http = http.map_err(|e| usage(format!("--ca-cert cannot be used: {}", reason(&e))))?;
        // One task's turn, then a look at the sockets: a refusal is seen before all of an upload is through.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).event_interval(1).enable_all().build()?;
        Ok(Client { http, runtime, options })
    }

    /// Does `once` until it works, no trouble is worth another try, or it was tried often enough.
    pub fn retrying<T>(&self, lost_too: bool, once: impl FnMut() -> Try<T>) -> Result<T> {
        retrying(self.options.retries, lost_too, once)
    }

    /// Tries after the first one.
    pub fn retries(&self) -> u32 {
        self.options.retries
    }

    pub fn timeout(&self) -> Duration {
        self.options.timeout
    }

    /// Sends the request and reads the answer, which is no longer than `limit`.
    ///
    /// A server that refuses an upload may close over what it has not read; the system then resets the connection, and
    /// whoever writes into it loses the answer with it. Nothing was done with a part of a file: it is sent once more,
    /// slowly where that happened, so that the answer is read before the next piece is written; and still more slowly on a
    /// machine that is busy.
    pub fn answer(&self, request: &Request, limit: u64) -> Try<Answered> {
        let mut answer = self.sent(request, None).and_then(|reply| reply.whole(limit));
        for pause in PAUSES {
            let Err(Trouble::Cut { at, .. }) = answer else { break };
            answer = self.sent(request, Some(Slow::before(at, pause))).and_then(|reply| reply.whole(limit));
        }
        answer
    }

    /// Sends the request once, follows redirects of a GET, and waits for the head of the answer.
    pub fn send(&self, request: &Request) -> Try<Reply<'_>> {
        self.sent(request, None)
    }

    fn sent(&self, request: &Request, slow: Option<Slow>) -> Try<Reply<'_>> {
        let mut url = request.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let reply = self.once(request, &url, slow.clone())?;
            let Some(location) = redirect(&reply.response) else { return reply.weighed(request.key) };
            if !matches!(request.body, Body::None) {
                // What was uploaded goes nowhere but where the user sent it.
                let error = format!("{} redirects to another place; is the address right?", origin(&url));
                return Err(Error::new(Code::ServerError, error).into());
            }
            url = next(&url, &location)?;
        }
        Err(Error::new(Code::ServerError, format!("{} redirects too often", origin(request.url))).into())
    }

    fn once(&self, request: &Request, url: &Url, slow: Option<Slow>) -> Try<Reply<'_>> {
        let sending = Arc::new(Sending::default());
        let (_wanted, wanted) = oneshot::channel();
        let mut builder = match &request.body {
            Body::None => self.http.get(url.clone()),
            _ => self.http.post(url.clone()),
        };
        builder = match &request.body {
            Body::None => builder,
            Body::Json(json) => builder.header("content-type", "application/json").body(json.clone()),
            Body::File(upload) => {
                let (body, content_type) = Multipart::new(upload, &sending, wanted, slow);
                builder.header("content-type", content_type).body(reqwest::Body::wrap(body))
            }
        };
        // A file is wanted as it is stored, and ranges are of that, not of a compressed form of it.
        builder = builder.header("accept-encoding", "identity");
        if let Some((first, last)) = request.range {
            builder = builder.header("range", format!("bytes={first}-{last}"));
        }
        if let Some(key) = request.key.filter(|_| !request.anonymous && trusted(request.url, url)) {
            let mut value = reqwest::header::HeaderValue::from_str(key.secret())
                .map_err(|_| Error::new(Code::InvalidKey, "the key has characters that no key has"))?;
            value.set_sensitive(true);
            builder = builder.header("x-api-key", value);
        }
        match self.wait(&sending, builder.send()) {
            Some(Ok(response)) => {
                // Whom it is refused needs not hear the rest (RFC 9110, 15.5).
                sending.stopped.store(response.status().as_u16() >= 400, Relaxed);
                Ok(Reply { client: self, response, sending, _wanted })
            }
            Some(Err(e)) if e.is_connect() => {
                let error = network(format!("{} cannot be reached: {}", origin(url), reason(&e)));
                Err(Trouble::Refused { error, after: None })
            }
            Some(Err(e)) if e.is_builder() => Err(network(format!("the request cannot be made: {}", reason(&e))).into()),
            Some(Err(e)) => Err(broken(&sending, format!("no answer from {}: {}", origin(url), reason(&e)))),
            // Who has not taken all of it has no whole request, and cannot have done what it asks for.
            None if sending.unfinished() => Err(Trouble::Refused { error: self.silence(url), after: None }),
            None => Err(Trouble::Lost(self.silence(url))),
        }
    }

    /// Waits as long as something moves; `None` when nothing has for too long.
    fn wait<T>(&self, sending: &Sending, future: impl Future<Output = T>) -> Option<T> {
        self.runtime.block_on(async {
            let mut future = pin!(future);
            loop {
                let before = sending.moved.load(Relaxed);
                match tokio::time::timeout(self.options.timeout, future.as_mut()).await {
                    Ok(done) => return Some(done),
                    Err(_) if sending.moved.load(Relaxed) == before => return None,
                    Err(_) => {}
                }
            }
        })
    }

    fn silence(&self, url: &Url) -> Error {
        let seconds = self.options.timeout.as_secs_f64();
        network(format!("no answer from {} for {seconds} s (--timeout sets the limit)", origin(url)))
    }
}

impl<'a> Reply<'a> {
    /// An answer that asks to come again is trouble.
    fn weighed(self, key: Option<&Key>) -> Try<Reply<'a>> {
        if !matches!(self.status(), 429 | 502..=504) {
            return Ok(self);
        }
        let after = self.header("retry-after").and_then(retry::retry_after);
        let code = if self.status() == 429 { Code::RateLimited } else { Code::ServerError };
        let url = self.url().clone();
        let status = self.response.status();
        let said = self.body(64 * 1024).map(|body| excerpt(&body, key)).unwrap_or_default();
        let error = Error::new(code, format!("{} answered {status}{said}", origin(&url)));
        Err(Trouble::Refused { error, after })
    }

    fn whole(self, limit: u64) -> Try<Answered> {
        if let Some(encoding) = self.encoding() {
            let text = format!("{} answered in a compressed form ({encoding}), which was not asked for", origin(self.url()));
            return Err(Error::new(Code::ServerError, text).into());
        }
        let (url, status, status_text) = (self.url().clone(), self.status(), self.status_text());
        let body = self.body(limit).map_err(|trouble| match trouble {
            // Of the answer, not of what was asked about.
            Trouble::Final(e) if e.code == Code::TooLarge => {
                Error::new(Code::ServerError, format!("{} gave {e}", origin(&url))).into()
            }
            trouble => trouble,
        })?;
        Ok(Answered { status, status_text, body })
    }

    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// `404 Not Found`
    pub fn status_text(&self) -> String {
        self.response.status().to_string()
    }

    /// Where the answer came from, after redirects.
    pub fn url(&self) -> &Url {
        self.response.url()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// A header that may hold UTF-8.
    pub fn header_text(&self, name: &str) -> Option<String> {
        Some(String::from_utf8_lossy(self.response.headers().get(name)?.as_bytes()).into_owned())
    }

    /// The compressed form that the body came in, though none was asked for.
    pub fn encoding(&self) -> Option<String> {
        let headers = self.response.headers().get_all("content-encoding").iter();
        let mut encodings = headers.flat_map(|value| {
            String::from_utf8_lossy(value.as_bytes()).split(',').map(|e| e.trim().to_owned()).collect::<Vec<_>>()
        });
        encodings.find(|e| !e.is_empty() && !e.eq_ignore_ascii_case("identity"))
    }

    /// The whole body, if it is no longer than `limit`.
    pub fn body(self, limit: u64) -> Try<Vec<u8>> {
        let mut body = Vec::new();
        self.each(limit, |chunk| {
            body.extend_from_slice(chunk);
            Ok(())
        })?;
        Ok(body)
    }

    /// Hands the body to `take` as it comes. A body that ends early is lost.
    pub fn each(mut self, limit: u64, mut take: impl FnMut(&[u8]) -> Result<()>) -> Try<u64> {
        let url = self.url().clone();
        let mut len = 0u64;
        loop {
            match self.client.wait(&Sending::default(), self.response.chunk()) {
                Some(Ok(Some(chunk))) => {
                    len = len.saturating_add(chunk.len() as u64);
                    if len > limit {
                        return Err(Error::new(Code::TooLarge, format!("an answer larger than {limit} bytes")).into());
                    }
                    take(&chunk)?;
                }
                Some(Ok(None)) => return Ok(len),
                Some(Err(e)) => {
                    let text = format!("the answer of {} broke off: {}", origin(&url), reason(&e));
                    return Err(broken(&self.sending, text));
                }
                None => return Err(Trouble::Lost(self.client.silence(&url))),
            }
        }
    }
}

/// `https://example.com:8443`: an address as it stands in messages, without anything that could be secret.
pub fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// The first 200 bytes of what is no answer of the documented kind, to show who has spoken; without the key.
pub fn excerpt(body: &[u8], key: Option<&Key>) -> String {
    let text = String::from_utf8_lossy(body);
    // Before it is cut: half a key is half a secret.
    let text = key.map_or(text.as_ref().into(), |key| key.redact(&text));
    let text = String::from_utf8_lossy(&text.as_bytes()[..text.len().min(200)]);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

/// May the key for one address go to another? Only to the same host, where nobody can read it who could not before.
fn trusted(own: &Url, other: &Url) -> bool {
    let safer = own.scheme() == "http" && other.scheme() == "https";
    own.origin() == other.origin() || (safer && own.host_str() == other.host_str())
}

fn redirect(response: &reqwest::Response) -> Option<String> {
    let redirects = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.headers().get("location").filter(|_| redirects)?;
    Some(String::from_utf8_lossy(location.as_bytes()).into_owned())
}

/// The connection broke.
fn broken(sending: &Sending, text: String) -> Trouble {
    let error = network(text);
    match sending.unfinished() {
        true => Trouble::Cut { error, at: sending.moved.load(Relaxed) },
        false => Trouble::Lost(error),
    }
}

/// Where a redirect leads to.
fn next(url: &Url, location: &str) -> Result<Url> {
    let refused = |why: &str| Error::new(Code::ServerError, format!("{} redirects {why}", origin(url)));
    let next = url.join(location).map_err(|_| refused("to what is no address"))?;
    match (url.scheme(), next.scheme()) {
        ("https", "http") => Err(refused("from https to http")),
        (_, "http" | "https") => Ok(next),
        _ => Err(refused("to what is not http")),
    }
}

/// What lies at the bottom of an error, without addresses: they may hold what is secret.
fn reason(e: &reqwest::Error) -> String {
    let mut deepest: &dyn std::error::Error = e;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    match deepest.downcast_ref::<reqwest::Error>() {
        Some(_) if e.is_timeout() => "nothing came in time".into(),
        Some(_) => "the request failed".into(),
        None => deepest.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    #[test]
    fn an_answer_that_is_too_large_is_a_fault_of_the_server() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            assert!(stream.read(&mut [0; 4096]).unwrap() > 0, "the request");
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n0123456789").unwrap();
        });
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::new(Options { timeout: Duration::from_secs(20), retries: 0, ca_cert: None, reuses: false }).unwrap();
        let error = Error::from(client.answer(&Request::get(&url), 9).unwrap_err());
        assert_eq!(error.code, Code::ServerError);
        assert!(error.to_string().starts_with("http://127.0.0.1:"), "{error}");
    }
}
