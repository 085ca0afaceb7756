//! The client against servers that misbehave, each in a way of its own, and against files behind URLs.

mod answers;
mod early;
mod key;
mod proof;
mod ranges;
mod remove;
mod retries;
mod terminal;
mod tls;
mod upload;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, MutexGuard},
    thread,
    time::Duration,
};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    /// With the query.
    pub path: String,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The bytes of the one part, and the name that they came under.
    pub fn part(&self) -> (String, Vec<u8>) {
        let boundary = self.header("content-type").unwrap().split_once("boundary=").unwrap().1;
        let text = self.body.strip_prefix(format!("--{boundary}\r\n").as_bytes()).expect("begins with the boundary");
        let text = text.strip_suffix(format!("\r\n--{boundary}--\r\n").as_bytes()).expect("ends with the boundary");
        let end = text.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(text[..end].to_vec()).unwrap();
        assert!(head.starts_with("Content-Disposition: form-data; name=\"file\"; filename=\""), "{head}");
        (head.split('"').nth(3).unwrap().to_owned(), text[end + 4..].to_vec())
    }
}

/// What the server does.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Only so many bytes of the body are sent, though all are promised.
    cut: Option<usize>,
    /// Nothing is said at all: closed, or kept waiting.
    silent: Option<Duration>,
    delay: Duration,
    /// Promises to take another request, and closes so much later without having said so.
    fickle: Option<Duration>,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Reply { status, headers: Vec::new(), body: body.into(), cut: None, silent: None, delay: Duration::ZERO, fickle: None }
    }

    pub fn json(body: &str) -> Self {
        Self::new(200, body).header("Content-Type", "application/json")
    }

    /// Closes without a word.
    pub fn hang_up() -> Self {
        Self::silent(Duration::ZERO)
    }

    pub fn silent(time: Duration) -> Self {
        Reply { silent: Some(time), ..Self::new(200, "") }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn fickle(mut self, after: Duration) -> Self {
        self.fickle = Some(after);
        self
    }

    pub fn cut(mut self, bytes: usize) -> Self {
        self.cut = Some(bytes);
        self
    }
}

type Handler = dyn Fn(usize, &Seen) -> Reply + Send + Sync;

/// A server on loopback that answers every request, counted from 0, as its handler says.
pub struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    scheme: &'static str,
}

impl Server {
    pub fn new(handler: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), Arc::new(handler))
    }

    fn on(listener: TcpListener, handler: Arc<Handler>) -> Self {
        let (address, seen) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let log = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (log, handler) = (Arc::clone(&log), Arc::clone(&handler));
                thread::spawn(move || drop(serve(stream, &log, &*handler)));
            }
        });
        Server { address, seen, scheme: "http" }
    }

    /// One that speaks TLS, and its certificate (PEM).
    pub fn tls(handler: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, seen) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let (config, certificate) = tls::config();
        let log = Arc::clone(&seen);
        let handler = Arc::new(handler);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (log, handler) = (Arc::clone(&log), Arc::clone(&handler));
                let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
                thread::spawn(move || drop(serve(rustls::StreamOwned::new(connection, stream), &log, &*handler)));
            }
        });
        (Server { address, seen, scheme: "https" }, certificate)
    }

    /// One answer to everything.
    pub fn always(reply: Reply) -> Self {
        Self::new(move |_, _| reply.clone())
    }

    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    pub fn seen(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap()
    }

    pub fn requests(&self) -> usize {
        self.seen().len()
    }
}

fn serve(stream: impl Read + Write, log: &Mutex<Vec<Seen>>, handler: &Handler) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let Some(seen) = request(&mut reader)? else { return Ok(()) };
    let number = {
        let mut log = log.lock().unwrap();
        log.push(seen.clone());
        log.len() - 1
    };
    let reply = handler(number, &seen);
    thread::sleep(reply.delay);
    answer(reader.get_mut(), &reply)?;
    thread::sleep(reply.fickle.unwrap_or_default());
    Ok(())
}

fn request(reader: &mut impl BufRead) -> std::io::Result<Option<Seen>> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(None) };
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.to_owned())),
            None => break,
        }
    }
    let mut seen = Seen { method, path, headers, body: Vec::new() };
    let len = seen.header("content-length").map_or(0, |l| l.parse().unwrap());
    seen.body = vec![0; len];
    reader.read_exact(&mut seen.body)?;
    Ok(Some(seen))
}

fn answer(stream: &mut impl Write, reply: &Reply) -> std::io::Result<()> {
    if let Some(time) = reply.silent {
        thread::sleep(time);
        return Ok(());
    }
    let connection = if reply.fickle.is_some() { "keep-alive" } else { "close" };
    let (status, len) = (reply.status, reply.body.len());
    let mut head = format!("HTTP/1.1 {status} Reason\r\nConnection: {connection}\r\nContent-Length: {len}\r\n");
    reply.headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(&reply.body[..reply.cut.unwrap_or(reply.body.len())])?;
    stream.flush()
}

/// The document's own answers.
pub const EXTRACTED: &str = r#"{"success":true,"status":"completed","fileName":"image.jpg","uuid":"123e4567-e89b-12d3-a456-426614174000","metadata":{"exif":{"Make":"Canon"},"File":{"Name":"image.jpg","Size":3}}}"#;
pub const UUID: &str = "123e4567-e89b-12d3-a456-426614174000";
