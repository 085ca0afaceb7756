//! The built program as a server, over real sockets.

mod access;
mod api;
mod bombs;
mod contract;
mod description;
mod fetch;
mod kill;
mod limits;
mod odd;
mod running;
mod same;
mod slow;
mod tls;
mod work;

use crate::cli::Folder;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// A server that goes with the test.
pub struct Server {
    pub folder: Folder,
    pub address: String,
    /// The key of its run.
    pub key: String,
    pub child: Child,
    log: Arc<Mutex<String>>,
}

impl Server {
    pub fn start(args: &[&str]) -> Self {
        Self::start_in(Folder::new(), args)
    }

    pub fn start_in(folder: Folder, args: &[&str]) -> Self {
        Self::start_with(folder, args, &[])
    }

    pub fn start_with(folder: Folder, args: &[&str], variables: &[(&str, &str)]) -> Self {
        let listen = if args.contains(&"--listen") { &["serve"][..] } else { &["serve", "--listen", "127.0.0.1:0"] };
        let all = [listen, args].concat();
        let mut command = folder.command(&all);
        command.env("EXIFKIT_DATA_DIR", folder.path("data")).envs(variables.iter().copied()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let (mut address, mut text) = (String::new(), String::new());
        while address.is_empty() {
            let before = text.len();
            assert!(lines.read_line(&mut text).unwrap() > 0, "it ended: {text}");
            if text[before..].contains("\"event\":\"listening\"") {
                let line: Value = serde_json::from_str(&text[before..]).unwrap();
                address = line["detail"].as_str().unwrap().rsplit('/').next().unwrap().into();
            }
        }
        let key = text.find("exifkit_").map(|at| text[at..at + 72].to_string()).unwrap_or_default();
        let log = Arc::new(Mutex::new(text));
        let more = Arc::clone(&log);
        thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let mut log = more.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        Server { folder, address, key, child, log }
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// Sends a request and reads the answer.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut stream = self.connect();
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|h| h.0 == "Host") {
            head += &format!("Host: {}\r\n", self.address);
        }
        headers.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
        if !headers.iter().any(|h| h.0 == "Content-Length") {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        // A refusal may come before the end.
        let _ = stream.write_all(body);
        Reply::read(stream)
    }

    pub fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, &[], b"")
    }

    /// Sends a file with the key of the run.
    pub fn send(&self, path: &str, bytes: &[u8]) -> Reply {
        let body = multipart(&[("name=\"file\"; filename=\"image.jpg\"", bytes)]);
        self.ask("POST", path, &[("X-API-Key", &self.key), ("Content-Type", MULTIPART)], &body)
    }

    pub fn send_json(&self, path: &str, json: &str) -> Reply {
        self.ask("POST", path, &[("X-API-Key", &self.key), ("Content-Type", "application/json")], json.as_bytes())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub const MULTIPART: &str = "multipart/form-data; boundary=b0undary";

/// A body of parts: what follows `form-data; ` in their disposition, and their bytes.
pub fn multipart(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (disposition, bytes) in parts {
        body.extend(format!("--b0undary\r\nContent-Disposition: form-data; {disposition}\r\n\r\n").bytes());
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--b0undary--\r\n");
    body
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn read(mut stream: TcpStream) -> Self {
        let mut bytes = Vec::new();
        let result = stream.read_to_end(&mut bytes);
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or_else(|| panic!("no answer: {result:?}"));
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Reply { status, head, body: bytes[end + 4..].to_vec() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let line = |l: &'_ str| l.split_once(": ").is_some_and(|(n, _)| n.eq_ignore_ascii_case(name));
        self.head.lines().find(|l| line(l)).and_then(|l| l.split_once(": ")).map(|(_, value)| value)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {} {}", self.head, self.text()))
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.head, self.text());
        self
    }
}

/// The other side of a `url`: answers by path, counts requests.
pub struct Fixture {
    pub address: String,
    pub seen: Arc<Mutex<Vec<String>>>,
}

impl Fixture {
    pub fn start(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (requests, answer) = (Arc::clone(&seen), Arc::new(answer));
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let (requests, answer) = (Arc::clone(&requests), Arc::clone(&answer));
                // Browsers open connections that they may not use: one must not hold up the next.
                thread::spawn(move || {
                    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
                    let head: Vec<String> = lines.by_ref().take_while(|l| !l.is_empty()).collect();
                    let Some(line) = head.first() else { return };
                    let path = line.split(' ').nth(1).unwrap_or_default().to_string();
                    requests.lock().unwrap().push(head.join("\n"));
                    let _ = stream.write_all(&answer(&path));
                });
            }
        });
        Fixture { address, seen }
    }
}

/// Waits until it holds.
#[track_caller]
pub fn eventually(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}
