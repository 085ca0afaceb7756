//! Limits: each refusal names the limit and its flag.

use super::{MULTIPART, Reply, Server, multipart};
use crate::build;
use std::{io::Write, thread, time::Duration};

/// The head of an upload that announces more than it sends.
fn begin(server: &Server, path: &str, length: usize) -> std::net::TcpStream {
    let mut stream = server.connect();
    let (host, key) = (&server.address, &server.key);
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {key}\r\nContent-Type: {MULTIPART}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(b"--b0undary\r\n").unwrap();
    stream
}

#[test]
fn sizes() {
    let server = Server::start(&["--max-upload-size", "1000"]);
    server.send("/api/v1/extract", &[b'x'; 1000]).expect(200);
    // The second is refused by its announced length, and the refusal arrives though megabytes were sent.
    for size in [1001, 3_000_000] {
        let json = server.send("/api/v1/extract", &vec![b'x'; size]).expect(413).json();
        assert_eq!((&json["success"], &json["code"]), (&false.into(), &"too_large".into()));
        let detail = json["detail"].as_str().unwrap();
        assert!(detail.contains("1000") && detail.contains("--max-upload-size"), "{detail}");
    }
    // Nor does one that announces nothing get through.
    let mut stream = server.connect();
    let (host, key) = (&server.address, &server.key);
    let head = format!(
        "POST /api/v1/extract HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {key}\r\nContent-Type: {MULTIPART}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let body = multipart(&[("name=\"file\"; filename=\"a.jpg\"", &[b'x'; 60_000])]);
    for piece in body.chunks(4096) {
        let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
        stream.write_all(&chunk).unwrap();
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    assert!(Reply::read(stream).expect(413).text().contains("--max-upload-size"));
    let huge = Server::start(&[]);
    huge.send("/api/v1/extract", &vec![b'x'; 3 << 20]).expect(200);
}

#[test]
fn parts_and_their_headers() {
    let server = Server::start(&[]);
    let headers = [("X-API-Key", server.key.as_str()), ("Content-Type", MULTIPART)];
    let many: Vec<(&str, &[u8])> = vec![("name=\"x\"", b"y"); 40];
    let long = format!("name=\"{}\"", "x".repeat(40_000));
    for body in [multipart(&many), multipart(&[(&long, b"")])] {
        let json = server.ask("POST", "/api/v1/extract", &headers, &body).expect(400).json();
        assert!(json["detail"].as_str().unwrap().contains("a fixed limit"), "{json}");
    }
    let big = "x".repeat(200_000);
    assert_eq!(server.ask("GET", "/healthz", &[("X", &big)], b"").status, 431);
}

#[test]
fn slow_uploads() {
    let server = Server::start(&["--idle-timeout", "0.3"]);
    let reply = Reply::read(begin(&server, "/api/v1/extract", 5000)).expect(408);
    assert!(reply.text().contains("--idle-timeout"), "{}", reply.text());
    let server = Server::start(&["--request-timeout", "0.6"]);
    let mut stream = begin(&server, "/api/v1/remove", 5000);
    for _ in 0..10 {
        let _ = stream.write_all(b"x");
        thread::sleep(Duration::from_millis(100));
    }
    let reply = Reply::read(stream).expect(408);
    assert!(reply.text().contains("--request-timeout"), "{}", reply.text());
    // One that is cut short leaves nothing.
    drop(begin(&server, "/api/v1/extract", 5000));
    server.send("/api/v1/extract", &build::photo()).expect(200);
}

#[test]
fn requests_at_once() {
    let server = Server::start(&["--max-requests", "1", "--queue", "0"]);
    let held = begin(&server, "/api/v1/extract", 5000);
    thread::sleep(Duration::from_millis(300));
    let reply = server.send("/api/v1/extract", &build::photo()).expect(429);
    assert_eq!(reply.header("retry-after"), Some("1"));
    let json = reply.json();
    assert_eq!(json["code"], "rate_limited");
    assert!(json["detail"].as_str().unwrap().contains("--max-requests"), "{json}");
    server.get("/healthz").expect(200);
    drop(held);
    super::eventually("the place is free again", || server.send("/api/v1/extract", &build::photo()).status == 200);
}

#[test]
fn connections_at_once() {
    let server = Server::start(&["--max-connections", "1"]);
    let held = server.connect();
    let mut waiting = server.connect();
    waiting.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    waiting.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let nothing = std::io::Read::read(&mut waiting, &mut [0; 1]).unwrap_err();
    assert!(matches!(nothing.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut), "{nothing}");
    drop(held);
    waiting.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    Reply::read(waiting).expect(200);
}

#[test]
fn a_full_disk() {
    let server = Server::start(&["--min-free-disk", "9999T"]);
    let reply = server.send("/api/v1/remove", &build::photo()).expect(503);
    assert!(reply.header("retry-after").is_some() && reply.text().contains("--min-free-disk"), "{}", reply.text());
    server.get("/readyz").expect(503);
    server.get("/healthz").expect(200);
}

#[test]
fn the_key_is_checked_before_the_body() {
    let server = Server::start(&[]);
    let mut stream = server.connect();
    let head = format!(
        "POST /api/v1/extract HTTP/1.1\r\nHost: {}\r\nExpect: 100-continue\r\nContent-Type: {MULTIPART}\r\nContent-Length: 9000000\r\nConnection: close\r\n\r\n",
        server.address
    );
    stream.write_all(head.as_bytes()).unwrap();
    Reply::read(stream).expect(401);
}

#[test]
fn work_has_its_time() {
    let server = Server::start(&["--work-timeout", "0.000001"]);
    let reply = server.send("/api/v1/extract", &build::photo()).expect(500);
    let json = reply.json();
    assert_eq!(
        (&json["error"], &json["code"]),
        (&"An error occurred while processing your request".into(), &"server_error".into())
    );
    assert!(json["detail"].as_str().unwrap().contains("--work-timeout"), "{json}");
    // What happens on the way is logged under the request's number.
    let number = reply.header("x-request-id").unwrap().to_owned();
    super::eventually("both lines", || server.log().matches(&number).count() == 2);
    assert!(server.log().lines().any(|l| l.contains(&number) && l.contains("\"too_long\"")), "{}", server.log());
}
