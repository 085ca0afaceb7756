//! Every row and every reading of the API's contract.

use super::{MULTIPART, Reply, Server, multipart};
use crate::{
    build,
    cli::{golden, keys},
};
use std::io::Write;

const FILE: &str = "name=\"file\"; filename=\"image.jpg\"";

#[test]
fn what_extract_says_is_what_get_says() {
    let server = Server::start(&[]);
    let said = server.send("/api/v1/extract", &build::photo()).expect(200).json();
    assert_eq!(keys(&said), keys(&golden("extract.json")));
    assert_eq!((&said["success"], &said["status"], &said["fileName"]), (&true.into(), &"completed".into(), &"image.jpg".into()));
    assert_eq!(said["metadata"]["exif"]["Make"], "Makers & Co");
    assert_eq!(said["metadata"]["File"]["Size"], build::photo().len());
    let path = format!("/api/v1/extract/{}", said["uuid"].as_str().unwrap());
    for headers in [&[][..], &[("x-api-key", server.key.as_str())]] {
        let got = server.ask("GET", &path, headers, b"").expect(200).json();
        assert_eq!(keys(&got), keys(&golden("get.json")));
        assert_eq!(got["metadata"], said["metadata"]);
    }
}

#[test]
fn the_server_says_what_the_command_line_says() {
    let server = Server::start(&[]);
    server.folder.write("image.jpg", &build::photo());
    for (flags, query) in [(&[][..], ""), (&["-G", "1", "-n"], "?family=1&n=1")] {
        let local = server.folder.run([&["extract", "image.jpg"], flags].concat()).expect(0).json();
        let remote = server.send(&format!("/api/v1/extract{query}"), &build::photo()).expect(200).json();
        assert_eq!(local["metadata"].to_string(), remote["metadata"].to_string(), "the order counts");
    }
    server.folder.run(["remove", "image.jpg"]).expect(0);
    let removed = server.send("/api/v1/remove", &build::photo()).expect(200).json();
    let path = removed["downloadUrl"].as_str().unwrap().split(&server.address).nth(1).unwrap();
    assert_eq!(server.get(path).expect(200).body, server.folder.read("image_cleaned.jpg"));
}

#[test]
fn remove_and_download() {
    let server = Server::start(&[]);
    let said = server.send("/api/v1/remove", &build::photo()).expect(200).json();
    let documented = golden("remove.json");
    assert_eq!(keys(&said)[..4], keys(&documented)[..]);
    assert_eq!(said["verified"], true);
    let uuid = said["uuid"].as_str().unwrap();
    assert_eq!(said["downloadUrl"], format!("http://{}/download-cleaned/{uuid}", server.address));
    let file = server.get(&format!("/download-cleaned/{uuid}")).expect(200);
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("content-disposition", "attachment; filename*=UTF-8''image_cleaned.jpg"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox"),
    ] {
        assert_eq!(file.header(name), Some(value), "{name}");
    }
    // Each uuid opens its own door only.
    let extracted = server.send("/api/v1/extract", &build::photo()).expect(200).json();
    server.get(&format!("/download-cleaned/{}", extracted["uuid"].as_str().unwrap())).expect(404);
    server.get(&format!("/api/v1/extract/{uuid}")).expect(404);
}

#[test]
fn error_bodies_are_the_documents() {
    let server = Server::start(&[]);
    let key = ("X-API-Key", server.key.as_str());
    let unknown = "123e4567-e89b-42d3-a456-426614174000";
    let not_found = r#"{"success":false,"error":"No extraction found with the given UUID.","code":"not_found"}"#;
    let no_key = r#"{"success":false,"error":"Invalid API key","code":"invalid_key"}"#;
    for (method, path, headers, status, body) in [
        ("POST", "/api/v1/extract".to_string(), vec![], 401, no_key),
        ("POST", "/api/v1/remove".to_string(), vec![("X-API-Key", "")], 401, no_key),
        ("POST", "/api/v1/remove?key=wrong".to_string(), vec![], 401, no_key),
        ("GET", format!("/api/v1/extract/{unknown}?key=wrong"), vec![], 401, no_key),
        ("GET", format!("/api/v1/extract/{unknown}"), vec![], 404, not_found),
        ("GET", "/api/v1/extract/no-uuid".to_string(), vec![key], 404, not_found),
        ("GET", format!("/download-cleaned/{unknown}"), vec![], 404, not_found),
        ("GET", "/download-cleaned/%ff".to_string(), vec![], 404, not_found),
    ] {
        let reply = server.ask(method, &path, &headers, b"").expect(status);
        assert_eq!(reply.text(), body, "{method} {path}");
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
    for (method, path, content, status, error, code) in [
        ("POST", "/api/v1/extract", "", 400, "Invalid request parameters", "invalid_request"),
        ("POST", "/api/v1/extract?family=7", "", 400, "Invalid request parameters", "invalid_request"),
        ("POST", "/api/v1/remove?keep=oreintation", "", 400, "Invalid request parameters", "invalid_request"),
        ("POST", "/api/v1/extract", "multipart/form-data", 400, "Invalid request parameters", "invalid_request"),
        ("POST", "/api/v1/extract", "image/jpeg", 415, "Unsupported media type", "invalid_request"),
        ("GET", "/api/v1/extract", "", 405, "Method not allowed", "invalid_request"),
        ("DELETE", "/api/v1/extract/x", "", 405, "Method not allowed", "invalid_request"),
        ("GET", "/api/v2", "", 404, "Not found", "not_found"),
    ] {
        let json = server.ask(method, path, &[key, ("Content-Type", content)], b"").expect(status).json();
        assert_eq!((&json["success"], &json["error"], &json["code"]), (&false.into(), &error.into(), &code.into()), "{path}");
    }
}

#[test]
fn what_a_body_may_be() {
    let server = Server::start(&[]);
    let photo = build::photo();
    let name = |disposition: &str| {
        let body = multipart(&[(disposition, &photo)]);
        let reply = server.ask("POST", "/api/v1/extract", &[("X-API-Key", &server.key), ("Content-Type", MULTIPART)], &body);
        reply.expect(200).json()["fileName"].clone()
    };
    for (disposition, want) in [
        (FILE, "image.jpg"),
        ("name=\"file\"; filename=\"a%22b.jpg\"", "a\"b.jpg"),
        ("name=\"file\"; filename=\"a\\\"b.jpg\"", "a\"b.jpg"),
        ("name=\"file\"; filename=\"C:\\temp\\blåbær.jpg\"", "blåbær.jpg"),
        ("name=\"file\"; filename=\"../../etc/passwd\"", "passwd"),
        ("name=\"file\"", "file"),
        ("x; name=\"file\"; filename=\"a.jpg\"", "a.jpg"),
        ("\r\n name=\"file\"; filename=\"a.jpg\"", "a.jpg"),
        ("name=\"file\"; filename*=utf-8''bl%C3%A5.jpg", "bl\u{e5}.jpg"),
    ] {
        assert_eq!(name(disposition), want, "{disposition}");
    }
    // Whatever stands behind the boundary.
    for behind in ["; charset=utf-8", ";"] {
        let kind = format!("{MULTIPART}{behind}");
        let headers = [("X-API-Key", server.key.as_str()), ("Content-Type", &kind)];
        server.ask("POST", "/api/v1/extract", &headers, &multipart(&[(FILE, &photo)])).expect(200);
    }
    // A file wins over a url; fields that nobody knows are passed over.
    let body = multipart(&[("name=\"url\"", b"http://127.0.0.1/"), ("name=\"x\"", b"y"), (FILE, &photo)]);
    let headers = [("X-API-Key", server.key.as_str()), ("Content-Type", MULTIPART)];
    server.ask("POST", "/api/v1/extract?url=http://127.0.0.1/", &headers, &body).expect(200);
    for body in [&b"--b0undary"[..], b"--b0undary\r\nContent-Disp", &body[..body.len() - 20], b"no boundary at all"] {
        let json = server.ask("POST", "/api/v1/extract", &headers, body).expect(400).json();
        assert_eq!(json["error"], "Invalid request parameters");
    }
}

#[test]
fn unknown_types() {
    let server = Server::start(&[]);
    let json = server.send("/api/v1/extract", b"just some text").expect(200).json();
    assert_eq!(keys(&json["metadata"]), ["File"]);
    let json = server.send("/api/v1/remove", b"just some text").expect(400).json();
    assert_eq!(json["code"], "unsupported_format");
    assert!(json.get("downloadUrl").is_none());
}

#[test]
fn options_are_named_when_they_are_honoured() {
    let server = Server::start(&[]);
    let photo = build::photo();
    let options = |path: &str| server.send(path, &photo).expect(200).json().get("options").map(|o| o.to_string());
    for (path, want) in [
        ("/api/v1/extract", None),
        ("/api/v1/extract?family=1", Some(r#"{"family":1}"#)),
        ("/api/v1/extract?n=1&keep=icc", Some(r#"{"numeric":true}"#)),
        ("/api/v1/remove?keep=icc,dates&preset=strict&n=1", Some(r#"{"keep":["icc","dates"],"preset":"strict"}"#)),
    ] {
        assert_eq!(options(path).as_deref(), want, "{path}");
    }
}

#[test]
fn the_host_of_a_download() {
    let server = Server::start(&[]);
    let url = |server: &Server, host: &str| {
        let headers = [("X-API-Key", server.key.as_str()), ("Content-Type", MULTIPART), ("Host", host)];
        let body = multipart(&[(FILE, &build::photo())]);
        let json = server.ask("POST", "/api/v1/remove", &headers, &body).expect(200).json();
        json["downloadUrl"].as_str().unwrap().split("/download-cleaned").next().unwrap().to_string()
    };
    assert_eq!(url(&server, "meta.example:81"), "http://meta.example:81");
    assert_eq!(url(&server, "[::1]:8080"), "http://[::1]:8080");
    assert_eq!(url(&server, "127.1:81"), "http://127.0.0.1:81");
    for host in ["evil\"<x>", "..", "-"] {
        assert_eq!(url(&server, host), format!("http://{}", server.address), "{host}");
    }
    // HTTP/1.0 need not say a host.
    let body = multipart(&[(FILE, &build::photo())]);
    let (key, length) = (&server.key, body.len());
    let head = format!(
        "POST /api/v1/remove HTTP/1.0\r\nX-API-Key: {key}\r\nContent-Type: {MULTIPART}\r\nContent-Length: {length}\r\n\r\n"
    );
    let mut stream = server.connect();
    stream.write_all(&[head.as_bytes(), &body].concat()).unwrap();
    let old = Reply::read(stream).expect(200).json();
    assert!(old["downloadUrl"].as_str().unwrap().starts_with(&format!("http://{}/download-cleaned/", server.address)), "{old}");
    let server = Server::start(&["--public-url", "https://meta.example/"]);
    assert_eq!(url(&server, "other.example"), "https://meta.example");
    let below = Server::start(&["--public-url", "https://meta.example:8443/tools/exif"]);
    assert_eq!(url(&below, "other.example"), "https://meta.example:8443/tools/exif");
    let no_base = ["nonsense", "ftp://a", "https://u:secret@a", "https://a?b=c", "https://a/#b"];
    for bad in no_base {
        let run = server.folder.run(["serve", "--listen", "127.0.0.1:0", "--public-url", bad]).expect(2);
        assert!(run.stderr.contains("--public-url"), "{bad}: {}", run.stderr);
    }
}
