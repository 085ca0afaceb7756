//! Files that are named by a url.

use super::{Fixture, Server};
use crate::{build, cli::Folder};

fn ok(headers: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{headers}\r\n").as_bytes(), body].concat()
}

fn redirect(to: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").into_bytes()
}

fn site() -> Fixture {
    Fixture::start(|path| match path {
        "/image.jpg" | "/a%20b%C3%A6.jpg?x=1" | "/" => ok("", &build::photo()),
        "/named" => ok("Content-Disposition: inline; filename=\"../n.jpg\"\r\n", &build::photo()),
        "/extended" => ok("Content-Disposition: inline; filename=n.jpg; filename*=UTF-8''bl%C3%A5.jpg\r\n", &build::photo()),
        "/hop" => redirect("/image.jpg\r\nSet-Cookie: a=b"),
        "/thrice" => redirect("/twice"),
        "/twice" => redirect("/hop"),
        "/down" => redirect("http://example.com/image.jpg"),
        "/inside" => redirect("http://127.0.0.1/x"),
        "/inside-by-name" => redirect("http://localhost/x"),
        "/file" => redirect("file:///etc/passwd"),
        "/mapped-ftp" => redirect("ftp://example.com/image.jpg"),
        "/mapped-user" => redirect("http://u:p@example.com/image.jpg"),
        "/mapped-port" => redirect("http://example.com:22/image.jpg"),
        "/port" => redirect("http://192.0.2.1:22/"),
        "/nowhere" => b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(),
        "/round" => redirect("/round"),
        "/announced" => ok("Content-Length: 9000000\r\n", b""),
        "/broken" => ok("Content-Length: 2000\r\n", b"begun"),
        "/packed" => ok("Content-Encoding: gzip\r\n", b"xx"),
        "/large" => ok("", &[0; 5000]),
        _ => b"HTTP/1.1 500 Oops\r\nContent-Length: 9\r\nConnection: close\r\n\r\ninsideout".to_vec(),
    })
}

#[test]
fn a_mapped_host_is_fetched() {
    let site = site();
    let map = format!("example.com=http://{}", site.address);
    let server = Server::start(&["--url-map", &map, "--max-upload-size", "4000"]);
    for (url, name) in [
        ("https://example.com/image.jpg", "image.jpg"),
        ("http://example.com/hop", "image.jpg"),
        ("https://example.com/thrice", "image.jpg"),
        ("http://EXAMPLE.com:80/down", "image.jpg"),
        ("https://example.com/a%20bæ.jpg?x=1#y", "a bæ.jpg"),
        ("https://example.com/named", "n.jpg"),
        ("https://example.com/extended", "blå.jpg"),
        ("https://example.com/", "file"),
    ] {
        let json = server.send_json("/api/v1/extract", &format!("{{\"url\":\"{url}\"}}")).expect(200).json();
        assert_eq!((&json["fileName"], &json["metadata"]["exif"]["Make"]), (&name.into(), &"Makers & Co".into()), "{url}");
    }
    let seen = site.seen.lock().unwrap().join("\n").to_ascii_lowercase();
    assert!(seen.contains("accept-encoding: identity") && !seen.contains("cookie") && !seen.contains(&server.key), "{seen}");

    // The url in JSON, in what curl calls a form, in a form, in multipart, in the query; the body counts more.
    let url = "https://example.com/image.jpg";
    let json = format!("{{\"url\":\"{url}\"}}");
    let part = super::multipart(&[("name=\"url\"", url.as_bytes())]);
    for (path, kind, body) in [
        ("/api/v1/extract".to_string(), "application/json", json.as_bytes()),
        ("/api/v1/extract".to_string(), "application/x-www-form-urlencoded", json.as_bytes()),
        ("/api/v1/extract".to_string(), "application/x-www-form-urlencoded", b"url=https%3A%2F%2Fexample.com%2Fimage.jpg"),
        ("/api/v1/remove".to_string(), super::MULTIPART, &part),
        (format!("/api/v1/remove?url={url}"), "application/json", b""),
        (format!("/api/v1/extract?url={url}"), "text/plain", b"whatever"),
        ("/api/v1/extract?url=http://127.0.0.1/".to_string(), "application/json", json.as_bytes()),
        // What was left empty does not count.
        (format!("/api/v1/extract?url={url}"), "application/json", br#"{"url":" "}"#),
        (format!("/api/v1/extract?url={url}"), "application/x-www-form-urlencoded", b"url="),
        (format!("/api/v1/extract?url={url}"), super::MULTIPART, &super::multipart(&[("name=\"url\"", b"")])),
    ] {
        server.ask("POST", &path, &[("X-API-Key", &server.key), ("Content-Type", kind)], body).expect(200);
    }
    // While it comes, and by what is announced.
    for path in ["large", "announced"] {
        let large = server.send_json("/api/v1/extract", &format!(r#"{{"url":"https://example.com/{path}"}}"#)).expect(413);
        assert!(large.text().contains("--max-upload-size"), "{path}");
    }
}

#[test]
fn one_answer_for_every_refusal() {
    let site = site();
    let map = format!("example.com=http://{}", site.address);
    let server = Server::start(&["--url-map", &map]);
    let mut bodies = Vec::new();
    for url in [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://[::ffff:127.0.0.1]/",
        "http://localhost/",
        "http://169.254.169.254/latest/",
        "http://192.0.2.1:8080/",
        "http://u:p@192.0.2.1/",
        "file:///etc/passwd",
        "nonsense",
        "https://example.com/missing",
        "https://example.com/inside",
        "https://example.com/inside-by-name",
        "https://example.com/round",
        "https://example.com/down",
        "https://example.com/file",
        "https://example.com/port",
        "http://example.com/mapped-ftp",
        "http://example.com/mapped-user",
        "http://example.com/mapped-port",
        "ftp://example.com/image.jpg",
        "gopher://example.com/image.jpg",
        "http://u:p@example.com/image.jpg",
        "http://example.com:22/image.jpg",
        "https://example.com/nowhere",
        "https://example.com/broken",
        "https://example.com/packed",
        &format!("http://{}/image.jpg", site.address),
    ] {
        bodies.push(server.send_json("/api/v1/extract", &format!("{{\"url\":\"{url}\"}}")).expect(400).text());
    }
    let want = r#"{"success":false,"error":"Invalid request parameters","code":"url_fetch_failed","detail":"the url cannot be fetched"}"#;
    bodies.iter().for_each(|body| assert_eq!(body, want));
    let rounds = site.seen.lock().unwrap().iter().filter(|r| r.contains("/round")).count();
    assert_eq!(rounds, 4, "three redirects are followed");
}

#[test]
fn proxies_of_the_environment_are_not_asked() {
    let (site, proxy) = (site(), Fixture::start(|_| ok("", b"from the proxy")));
    let map = format!("example.com=http://{}", site.address);
    let address = format!("http://{}", proxy.address);
    let names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    let variables: Vec<(&str, &str)> = names.iter().map(|n| (*n, address.as_str())).chain([("NO_PROXY", "")]).collect();
    let server = Server::start_with(Folder::new(), &["--url-map", &map], &variables);
    let json = server.send_json("/api/v1/extract", r#"{"url":"http://example.com/image.jpg"}"#).expect(200).json();
    assert_eq!(json["metadata"]["exif"]["Make"], "Makers & Co");
    assert!(proxy.seen.lock().unwrap().is_empty());
}

#[test]
fn a_map_that_is_none_is_wrong_usage() {
    let folder = Folder::new();
    for map in ["example.com", "=http://127.0.0.1", "a=ftp://127.0.0.1", "a=http://127.0.0.1/path", "a:b=http://127.0.0.1"] {
        let run = folder.run(["serve", "--listen", "127.0.0.1:0", "--url-map", map]).expect(2);
        assert!(run.stderr.contains("--url-map") && run.stderr.contains(map), "{}", run.stderr);
    }
}
