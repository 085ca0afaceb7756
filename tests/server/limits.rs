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
    let server = Server::start(&["--max-parts", "3"]);
    let headers = [("X-API-Key", server.key.as_str()), ("Content-Type", MULTIPART)];
    let ask = |body: &[u8]| server.ask("POST", "/api/v1/extract", &headers, body);
    let three: [(&str, &[u8]); 3] = [("name=\"x\"", b"y"), ("name=\"x\"", b"y"), ("name=\"file\"", b"z")];
    ask(&multipart(&three)).expect(200);
    let four = multipart(&[&three[..], &three[..1]].concat());
    let headers_of = |length: usize| multipart(&[(&format!("name=\"{}\"", "x".repeat(length)), b"")]);
    for (body, limit, flag) in [
        (four, "more than 3 parts", "(--max-parts)"),
        (headers_of(17_000), "16384 bytes", "(--max-part-headers)"),
        (headers_of(40_000), "16384 bytes", "(--max-part-headers)"),
        (multipart(&[("name=\"url\"", &[b'x'; 70_000])]), "65536 bytes", "(--max-form-size)"),
    ] {
        refused(ask(&body), 413, "too_large", limit, flag);
    }
    for (size, status) in [(32_000, 200), (33_000, 431), (60_000, 431)] {
        let reply = server.ask("GET", "/healthz", &[("X", &"x".repeat(size))], b"");
        match status {
            200 => drop(reply.expect(200)),
            _ => refused(reply, 431, "too_large", "32768 bytes", "(--max-head-size)"),
        }
    }
    let tight = Server::start(&["--max-head-size", "200"]);
    refused(tight.get(&format!("/healthz?{}", "x".repeat(200))), 431, "too_large", "200 bytes", "(--max-head-size)");
    let small = Server::start(&["--max-part-headers", "60"]);
    refused(small.send("/api/v1/extract", b"x"), 413, "too_large", "60 bytes", "(--max-part-headers)");
}

#[track_caller]
fn refused(reply: Reply, status: u16, code: &str, limit: &str, flag: &str) {
    let json = reply.expect(status).json();
    let detail = json["detail"].as_str().unwrap();
    assert!(json["code"] == code && detail.contains(limit) && detail.contains(flag), "{json}");
}

#[test]
fn bodies_without_a_file_tags_and_answers() {
    let photo = build::photo();
    let server =
        Server::start(&["--max-form-size", "40", "--max-tags", "2", "--max-tag-length", "5", "--max-answer-size", "400"]);
    let long = format!("{{\"url\":\"http://127.0.0.1/{}\"}}", "x".repeat(40));
    refused(server.send_json("/api/v1/extract", &long), 413, "too_large", "40 bytes", "(--max-form-size)");
    for (query, status) in [("tag=Make&tag=Model", 200), ("tag=Make&tag=Model&tag=x", 400), ("tag=GPS:*x", 400)] {
        let reply = server.send(&format!("/api/v1/extract?{query}"), &photo);
        match (status, query.contains('*')) {
            (200, _) => drop(reply.expect(200)),
            (_, false) => refused(reply, 400, "invalid_request", "more than 2 tags", "(--max-tags)"),
            (_, true) => refused(reply, 400, "invalid_request", "5 bytes", "(--max-tag-length)"),
        }
    }
    refused(server.send("/api/v1/extract", &photo), 413, "too_large", "400 bytes", "(--max-answer-size)");
}

/// Files of 50 MiB: refused by what is announced, before they come.
#[test]
fn the_documented_size_unless_set() {
    let server = Server::start(&[]);
    let announced = |length: usize| Reply::read(begin(&server, "/api/v1/extract", length));
    refused(announced((50 << 20) + 200_000), 413, "too_large", "52428800 bytes", "(--max-upload-size)");
    let mut within = begin(&server, "/api/v1/extract", 50 << 20);
    // It is taken: what follows is read, and is wrong.
    within.write_all(b"Content-Disposition: x\r\n\r\n").unwrap();
    within.shutdown(std::net::Shutdown::Write).unwrap();
    refused(Reply::read(within), 400, "invalid_request", "ends too early", "");
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
    let uuid = server.send("/api/v1/extract", &build::photo()).expect(200).json()["uuid"].as_str().unwrap().to_owned();
    let held = begin(&server, "/api/v1/extract", 5000);
    thread::sleep(Duration::from_millis(300));
    let reply = server.send("/api/v1/extract", &build::photo()).expect(429);
    assert_eq!(reply.header("retry-after"), Some("1"));
    let json = reply.json();
    assert_eq!(json["code"], "rate_limited");
    assert!(json["detail"].as_str().unwrap().contains("--max-requests"), "{json}");
    server.get("/healthz").expect(200);
    // Nor do uploads keep who asks for a result.
    server.get(&format!("/api/v1/extract/{uuid}")).expect(200);
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
