//! What the server says of itself: OpenAPI, metrics, the page, TLS.

use super::Server;
use crate::build;
use std::{path::Path, process::Command};

#[test]
fn openapi_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/openapi.json");
    let text = exifkit::server::openapi::document();
    if std::env::var_os("EXIFKIT_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read(&path).unwrap_or_default();
    assert!(golden == text, "the API is not what tests/golden/openapi.json says: EXIFKIT_BLESS=1 cargo test openapi");
    let server = Server::start(&[]);
    assert_eq!(server.get("/openapi.json").expect(200).body, golden);
    // Every field of a real answer is described.
    let document: serde_json::Value = serde_json::from_slice(&golden).unwrap();
    for (path, name) in [("/api/v1/extract?n=1", "Extracted"), ("/api/v1/remove?preset=strict", "Removed")] {
        let answer = server.send(path, &build::photo()).expect(200).json();
        let known = &document["components"]["schemas"][name]["properties"];
        answer.as_object().unwrap().keys().for_each(|key| assert!(known.get(key).is_some(), "{name}.{key}"));
    }
}

#[test]
fn metrics_have_a_listener_of_their_own() {
    let server = Server::start(&["--metrics-listen", "127.0.0.1:0"]);
    server.send("/api/v1/extract", &build::photo()).expect(200);
    server.get("/metrics").expect(404);
    let log = server.log();
    let line = log.lines().find(|l| l.contains("\"event\":\"metrics\"")).unwrap();
    let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    std::io::Write::write_all(&mut stream, b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let text = super::Reply::read(stream).expect(200).text();
    assert!(text.contains("exifkit_requests_total{endpoint=\"extract\",status=\"200\"} 1\n"), "{text}");
}

#[test]
fn the_page_asks_nobody_else() {
    let server = Server::start(&[]);
    for (path, kind) in [
        ("/", "text/html"),
        ("/page.css", "text/css"),
        ("/page.js", "text/javascript"),
        ("/icon.svg", "image/svg+xml"),
        ("/world.svg", "image/svg+xml"),
    ] {
        let reply = server.get(path).expect(200);
        assert!(reply.header("content-type").unwrap().starts_with(kind));
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        let text = reply.text().replace("http://www.w3.org/2000/svg", "");
        assert!(!text.contains("http:") && !text.contains("https:") && !text.contains("innerHTML"), "{path}");
        assert!(!text.contains("style=") && !text.contains(" onclick"), "{path}");
        // Relative, so that it works below a path of a proxy.
        assert!(!text.contains("=\"/") && !text.contains("\"/api"), "{path}");
    }
}

#[test]
fn tls_by_itself() {
    let server = Server::start(&["--tls-self-signed", "--max-upload-size", "1000"]);
    let certificate = server.folder.path("data/self-signed.pem");
    let url = format!("https://localhost:{}/healthz", server.address.rsplit(':').next().unwrap());
    let run = Command::new("curl").args(["-sS", "--cacert"]).arg(&certificate).arg(&url).output();
    match run {
        Ok(run) => assert_eq!(String::from_utf8_lossy(&run.stdout), "ok\n", "{}", String::from_utf8_lossy(&run.stderr)),
        Err(e) => return eprintln!("not tested, since curl is not there: {e}"),
    }
    // A refusal arrives whatever the client would like to speak.
    let large = server.folder.write("large", &vec![0; 20_000_000]);
    let url = url.replace("healthz", "api/v1/extract");
    let (file, key) = (format!("file=@{}", large.display()), format!("X-API-Key: {}", server.key));
    let run = Command::new("curl").args(["-sS", "-F", &file, "-H", &key, &url, "--cacert"]).arg(&certificate).output().unwrap();
    assert!(String::from_utf8_lossy(&run.stdout).contains("--max-upload-size"), "{}", String::from_utf8_lossy(&run.stderr));
}
