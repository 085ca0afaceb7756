//! Whoever takes his time: for the next request, for reading an answer.

use super::{Fixture, Server, eventually};
use crate::build;
use std::{
    io::{Read, Write},
    thread,
    time::Duration,
};

/// More than the buffers of a connection hold.
pub const LARGE: usize = 24 << 20;

/// A cleaned file of that size; its path.
pub fn large_file(server: &Server) -> String {
    let mut photo = build::photo();
    let end = photo.windows(2).rposition(|w| w == b"\xff\xd9").unwrap();
    photo.splice(end..end, std::iter::repeat_n(0x55, LARGE));
    let json = server.send("/api/v1/remove", &photo).expect(200).json();
    format!("/download-cleaned/{}", json["uuid"].as_str().unwrap())
}

/// A PNG whose one text is that long.
fn large_text(length: usize) -> Vec<u8> {
    let text = [b"Comment\0".to_vec(), vec![b'x'; length]].concat();
    build::picture::png(&[build::picture::chunk(b"tEXt", &text)], b"")
}

pub fn request(server: &Server, path: &str) -> std::net::TcpStream {
    let mut stream = server.connect();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
    stream
}

#[test]
fn idle_connections_are_closed() {
    let server = Server::start(&["--idle-timeout", "0.3"]);
    let mut text = String::new();
    // Without a word, and between two requests.
    server.connect().read_to_string(&mut text).unwrap();
    request(&server, "/healthz").read_to_string(&mut text).unwrap();
    assert!(text.ends_with("\r\n\r\nok\n"), "{text}");
}

#[test]
fn a_connection_serves_one_upload_after_another() {
    let server = Server::start(&[]);
    let mut stream = server.connect();
    let body = super::multipart(&[("name=\"file\"; filename=\"a.jpg\"", &build::photo())]);
    for _ in 0..3 {
        // The end of the body comes in a piece of its own.
        let head = format!(
            "POST /api/v1/remove HTTP/1.1\r\nHost: x\r\nX-API-Key: {}\r\nContent-Type: {}\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n",
            server.key,
            super::MULTIPART,
            body.len()
        );
        stream.write_all(&[head.as_bytes(), &body, b"\r\n"].concat()).unwrap();
        thread::sleep(Duration::from_millis(200));
        stream.write_all(b"0\r\n\r\n").unwrap();
        let mut answer = vec![0; 4096];
        let n = stream.read(&mut answer).unwrap();
        assert!(answer[..n].starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer[..n]));
    }
}

#[test]
fn whoever_stops_reading_is_given_up() {
    let server = Server::start(&["--idle-timeout", "0.5"]);
    let path = large_file(&server);
    let open = || std::fs::read_dir(format!("/proc/{}/fd", server.child.id())).unwrap().count();
    // The socket of a process that decodes goes with it.
    eventually("it rests", || super::work::children(&server).is_empty());
    let before = open();
    let mut stream = request(&server, &path);
    let mut got = vec![0];
    stream.read_exact(&mut got).unwrap();
    eventually("it is given up", || open() <= before);
    let _ = stream.read_to_end(&mut got);
    assert!(got.starts_with(b"HTTP/1.1 200 ") && got.len() < LARGE, "{}", got.len());
}

#[test]
fn whoever_trickles_is_given_up() {
    let server = Server::start(&["--request-timeout", "2"]);
    let mut stream = request(&server, &large_file(&server));
    let (mut got, mut piece) = (0, [0; 64 * 1024]);
    while let Ok(n @ 1..) = stream.read(&mut piece) {
        got += n;
        thread::sleep(Duration::from_millis(40));
    }
    assert!(got > 0 && got < LARGE, "{got}");
}

#[test]
fn an_answer_keeps_its_place_until_it_is_sent() {
    let server = Server::start(&["--max-requests", "1", "--queue", "0"]);
    let json = server.send("/api/v1/extract", &large_text(15 << 20)).expect(200).json();
    let path = format!("/api/v1/extract/{}", json["uuid"].as_str().unwrap());
    let mut reader = request(&server, &path);
    let mut first = [0; 1];
    reader.read_exact(&mut first).unwrap();
    assert_eq!(server.get(&path).expect(429).header("retry-after"), Some("1"));
    drop(reader);
    eventually("its place is free", || server.get(&path).status == 200);
}

#[test]
fn answers_have_a_limit() {
    let server = Server::start(&[]);
    let json = server.send("/api/v1/extract", &large_text(LARGE)).expect(413).json();
    assert_eq!(json["code"], "too_large");
    assert!(json["detail"].as_str().unwrap().contains("(--max-answer-size)"), "{json}");
}

#[test]
fn whoever_goes_is_counted() {
    let site = Fixture::start(|_| {
        thread::sleep(Duration::from_secs(3));
        Vec::new()
    });
    let server = Server::start(&["--url-map", &format!("example.com=http://{}", site.address)]);
    let mut stream = server.connect();
    let (key, body) = (&server.key, r#"{"url":"https://example.com/x"}"#);
    let head = format!("POST /api/v1/extract HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice()).unwrap();
    eventually("it is fetched", || !site.seen.lock().unwrap().is_empty());
    drop(stream);
    eventually("it is logged", || server.log().contains("the other side went away"));
}
