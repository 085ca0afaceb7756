//! Lines of the contract that no other file here has: what values are, what clients send, who sees what.

use super::{MULTIPART, Reply, Server, multipart};
use crate::{
    build,
    cli::{Folder, keys},
    files,
};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};

#[test]
fn values_are_text_as_a_person_would_print_it() {
    let server = Server::start(&[]);
    for (name, bytes) in files::all() {
        for query in ["", "?family=1", "?n=1"] {
            let said = server.send(&format!("/api/v1/extract{query}"), &bytes).expect(200).json();
            let metadata = said["metadata"].as_object().unwrap();
            assert_eq!(metadata.keys().next().unwrap(), "File");
            assert_eq!(keys(&metadata["File"])[..3], ["Name", "Size", "Type"]);
            for (group, tags) in metadata {
                for (tag, value) in tags.as_object().unwrap() {
                    let text = value.is_string() || value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
                    let size = (group.as_str(), tag.as_str()) == ("File", "Size");
                    assert_eq!((text, value.is_u64()), (!size, size), "{name} {group} {tag} {value}");
                }
            }
        }
    }
    let photo = server.send("/api/v1/extract", &files::all()[0].1).expect(200).json();
    let iptc = &photo["metadata"]["iptc"];
    assert!(iptc["Creator"].is_string() && iptc["Copyright"].is_string() && iptc["Keywords"].is_array(), "{iptc}");
    assert!(iptc.get("By-line").is_none() && iptc.get("CopyrightNotice").is_none(), "{iptc}");
}

#[test]
fn what_cannot_be_cleaned_is_never_passed_off_as_cleaned() {
    let server = Server::start(&[]);
    let cleanable: Vec<&str> = files::cleanable().into_iter().map(|(name, _)| name).collect();
    let others = files::all().into_iter().filter(|(name, _)| !cleanable.contains(name));
    for (name, bytes) in others.chain([("notes.txt", b"just some text".to_vec()), ("empty", Vec::new())]) {
        let refused = server.send("/api/v1/remove", &bytes).expect(400).json();
        assert_eq!(keys(&refused), ["success", "error", "code", "detail"], "{name}");
        assert_eq!(
            (&refused["success"], &refused["error"], &refused["code"]),
            (&json!(false), &json!("Invalid request parameters"), &json!("unsupported_format")),
            "{name}"
        );
    }
    assert_eq!(server.folder.path("data/cleaned").read_dir().unwrap().count(), 0);
    // Nor is a damaged one.
    let photo = build::photo();
    let code = server.send("/api/v1/remove", &photo[..30]).expect(400).json()["code"].clone();
    assert_eq!(code, "damaged");
}

#[test]
fn the_bytes_count_and_not_the_declared_type() {
    let server = Server::start(&[]);
    let photo = build::photo();
    // curl, PHP and Node; Ruby; Python; and somebody who is wrong.
    for kind in ["Content-Type: image/jpeg\r\n", "Content-Type: application/octet-stream\r\n", "", "Content-Type: text/html\r\n"]
    {
        let head = format!("--b0undary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.html\"\r\n{kind}\r\n");
        let body = [head.as_bytes(), &photo, b"\r\n--b0undary--\r\n"].concat();
        let headers = [("X-Api-Key", server.key.as_str()), ("Content-Type", MULTIPART)];
        let said = server.ask("POST", "/api/v1/extract", &headers, &body).expect(200).json();
        assert_eq!(said["metadata"]["File"]["Type"], "image/jpeg", "{kind}");
        let removed = server.ask("POST", "/api/v1/remove", &headers, &body).expect(200).json();
        let path = removed["downloadUrl"].as_str().unwrap().split(&server.address).nth(1).unwrap();
        assert_eq!(server.get(path).expect(200).header("content-type"), Some("image/jpeg"), "{kind}");
    }
}

#[test]
fn fields_of_a_form() {
    let server = Server::start(&[]);
    let (photo, file) = (build::photo(), "name=\"file\"; filename=\"image.jpg\"");
    let headers = [("X-API-Key", server.key.as_str()), ("Content-Type", MULTIPART)];
    let ask = |parts: &[(&str, &[u8])]| server.ask("POST", "/api/v1/extract", &headers, &multipart(parts));
    // The first file counts; one that a browser left out is none, one of no bytes is one.
    let two = ask(&[(file, &photo), ("name=\"file\"; filename=\"b.txt\"", b"text")]).expect(200).json();
    assert_eq!((&two["fileName"], &two["metadata"]["File"]["Type"]), (&json!("image.jpg"), &json!("image/jpeg")));
    let empty = ask(&[("name=\"file\"; filename=\"e.jpg\"", b"")]).expect(200).json();
    assert_eq!((&empty["fileName"], &empty["metadata"]["File"]["Size"]), (&json!("e.jpg"), &json!(0)));
    let none = ask(&[("name=\"file\"; filename=\"\"", b"")]).expect(400).json();
    assert_eq!(none["code"], "invalid_request");
    let refused = ask(&[("name=\"file\"; filename=\"\"", b""), ("name=\"url\"", b"http://127.0.0.1/")]).expect(400).json();
    assert_eq!(refused["code"], "url_fetch_failed");
    // What is wrong with a url does not count beside a file.
    for (url, status) in [(&b"http://\xff/"[..], 400), (&[b'x'; 70_000], 413)] {
        ask(&[("name=\"url\"", url), (file, &photo)]).expect(200);
        ask(&[("name=\"url\"", url), ("name=\"file\"; filename=\"\"", b"")]).expect(status);
    }
}

#[test]
fn who_waits_for_a_go_ahead_gets_it() {
    let server = Server::start(&[]);
    let body = multipart(&[("name=\"file\"; filename=\"image.jpg\"", &build::photo())]);
    let mut stream = server.connect();
    let head = format!(
        "POST /api/v1/extract HTTP/1.1\r\nHost: x\r\nX-API-Key: {}\r\nExpect: 100-continue\r\nContent-Type: {MULTIPART}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        server.key,
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut lines = String::new();
    reader.read_line(&mut lines).unwrap();
    reader.read_line(&mut lines).unwrap();
    assert_eq!(lines, "HTTP/1.1 100 Continue\r\n\r\n");
    assert!(reader.buffer().is_empty());
    stream.write_all(&body).unwrap();
    Reply::read(stream).expect(200);
}

#[test]
fn one_answer_for_unknown_foreign_and_malformed() {
    let folder = Folder::new();
    let create = |owner| {
        let file = folder.path("data/keys");
        let run = folder.run(["serve", "keys", "create", "--owner", owner, "--keys-file", file.to_str().unwrap()]);
        run.expect(0).text().trim().to_owned()
    };
    let (ann, ben) = (create("ann"), create("ben"));
    let mut server = Server::start_in(folder, &[]);
    server.key = ann.clone();
    let uuid = server.send("/api/v1/extract", &build::photo()).expect(200).json()["uuid"].as_str().unwrap().to_owned();
    assert_eq!(uuid::Uuid::parse_str(&uuid).unwrap().get_version_num(), 4);
    let path = format!("/api/v1/extract/{uuid}");
    let by = |key: &str, path: &str| server.ask("GET", path, &[("X-API-Key", key)], b"");
    let unknown = by(&ben, "/api/v1/extract/123e4567-e89b-42d3-a456-426614174000").expect(404);
    for other in [by(&ben, &path), by(&ben, "/api/v1/extract/malformed"), by(&ann, "/api/v1/extract/00000000")] {
        let other = other.expect(404);
        assert_eq!(other.text(), unknown.text());
    }
    for spelling in [uuid.replace('-', ""), format!("{{{uuid}}}"), format!("urn:uuid:{uuid}")] {
        let other = by(&ann, &format!("/api/v1/extract/{spelling}")).expect(404);
        assert_eq!(other.text(), unknown.text(), "{spelling}");
    }
    // The key may stand in the query; an empty header is none; the case of the uuid does not count.
    by(&ann, &path).expect(200);
    server.get(&format!("{path}?key={ann}")).expect(200);
    server.get(&format!("{path}?key={ben}")).expect(404);
    server.get(&format!("{path}?key=")).expect(200);
    by("", &format!("{path}?key={ann}")).expect(200);
    server.get(&format!("/api/v1/extract/{}", uuid.to_uppercase())).expect(200);
    let body = multipart(&[("name=\"file\"; filename=\"image.jpg\"", &build::photo())]);
    let post = |path: &str, key: &str| server.ask("POST", path, &[("X-API-Key", key), ("Content-Type", MULTIPART)], &body);
    post(&format!("/api/v1/extract?key={ann}"), "").expect(200);
    post("/api/v1/extract?key=", "").expect(401);
}

#[test]
fn a_download_needs_no_key_and_is_no_redirect() {
    let server = Server::start(&[]);
    let removed = server.send("/api/v1/remove", &build::photo()).expect(200).json();
    let path = format!("/download-cleaned/{}", removed["uuid"].as_str().unwrap());
    let bytes = server.get(&path).expect(200).body;
    assert_eq!(server.ask("GET", &path, &[("X-API-Key", "of another service")], b"").expect(200).body, bytes);
    let head = server.ask("HEAD", &path, &[], b"").expect(200);
    assert_eq!(head.header("content-length"), Some(bytes.len().to_string().as_str()));
    assert!(head.body.is_empty());
    assert_eq!(server.get(&path).header("location"), None);
}

#[test]
fn the_other_listener_has_metrics_alone() {
    let server = Server::start(&["--metrics-listen", "127.0.0.1:0"]);
    let log = server.log();
    let line = log.lines().find(|l| l.contains("\"event\":\"metrics\"")).unwrap();
    let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap();
    for (method, path, status) in [
        ("GET", "/metrics", 200),
        ("POST", "/metrics", 405),
        ("GET", "/", 404),
        ("GET", "/api/v1/extract", 404),
        ("GET", "/readyz", 404),
        ("GET", "/openapi.json", 404),
    ] {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let reply = Reply::read(stream).expect(status);
        match status {
            200 => assert!(reply.text().contains("exifkit_requests_in_flight 0\n"), "{}", reply.text()),
            _ => assert_eq!(reply.json()["success"], false, "{method} {path}"),
        }
    }
}

/// A client that goes away within the head.
#[test]
fn a_request_that_never_ends_keeps_nothing() {
    let server = Server::start(&[]);
    let mut stream = server.connect();
    stream.write_all(b"POST /api/v1/extract HTTP/1.1\r\nHost: x\r\n").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut rest = Vec::new();
    assert!(stream.read_to_end(&mut rest).is_ok(), "closed in order");
    server.get("/healthz").expect(200);
}
