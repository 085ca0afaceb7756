//! Keys, owners, origins, logs.

use super::{MULTIPART, Server, eventually, multipart};
use crate::{build, cli::Folder};

#[test]
fn owners_see_their_own() {
    let folder = Folder::new();
    let keys = folder.path("keys");
    let keys = keys.to_str().unwrap();
    let create = |owner| {
        let run = folder.run(["serve", "keys", "create", "--owner", owner, "--keys-file", keys]).expect(0);
        run.text().trim().to_string()
    };
    let (ann, ben) = (create("ann"), create("ben"));
    let listed = folder.run(["serve", "keys", "list", "--keys-file", keys]).expect(0).text();
    assert!(listed.contains("ann") && listed.contains("ben") && !listed.contains(&ann[8..]));
    let server = Server::start(&["--keys-file", keys]);
    let body = multipart(&[("name=\"file\"; filename=\"a.jpg\"", &build::photo())]);
    let post = |path: &str, headers: &[(&str, &str)]| {
        server.ask("POST", path, &[headers, &[("Content-Type", MULTIPART)]].concat(), &body)
    };
    let json = post("/api/v1/extract", &[("X-Api-Key", &ann)]).expect(200).json();
    post(&format!("/api/v1/extract?key={ben}"), &[]).expect(200);
    // The header counts.
    post(&format!("/api/v1/extract?key={ann}"), &[("X-API-Key", "wrong")]).expect(401);
    post("/api/v1/extract?key=wrong", &[("X-API-Key", &ann)]).expect(200);

    let path = format!("/api/v1/extract/{}", json["uuid"].as_str().unwrap());
    for (key, status) in [(None, 200), (Some(ann.as_str()), 200), (Some(ben.as_str()), 404), (Some("wrong"), 401)] {
        let headers: Vec<_> = key.map(|k| ("X-API-Key", k)).into_iter().collect();
        server.ask("GET", &path, &headers, b"").expect(status);
    }
    let id = listed.lines().find(|l| l.ends_with("ann")).unwrap().split(' ').next().unwrap();
    folder.run(["serve", "keys", "revoke", id, "--keys-file", keys]).expect(0);
    folder.run(["serve", "keys", "revoke", id, "--keys-file", keys]).expect(3);
    post("/api/v1/extract", &[("X-API-Key", &ann)]).expect(401);
    let log = server.log();
    assert!(!log.contains(&ann[8..]) && !log.contains(&ben[8..]) && !log.contains(&path), "{log}");
    assert!(log.contains(&path[..24]), "{log}");
}

#[test]
fn beyond_this_machine_nothing_is_open_by_accident() {
    let folder = Folder::new();
    let data = folder.path("data");
    let args = ["serve", "--listen", "0.0.0.0:0", "--data-dir", data.to_str().unwrap()];
    let run = folder.run(args).expect(2);
    assert!(run.stderr.contains("--allow-anonymous"), "{}", run.stderr);
    let server = Server::start(&["--allow-anonymous"]);
    assert!(server.key.is_empty());
    server.send("/api/v1/extract", &build::photo()).expect(200);
}

#[test]
fn origins_are_opt_in() {
    let origin = ("Origin", "https://page.example");
    let ask = [origin, ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "x-api-key")];
    let server = Server::start(&["--cors-origin", "https://page.example"]);
    let allowed = |reply: &super::Reply| reply.header("access-control-allow-origin").map(String::from);
    let preflight = server.ask("OPTIONS", "/api/v1/extract", &ask, b"").expect(200);
    assert_eq!(allowed(&preflight).as_deref(), Some(origin.1));
    let headers = preflight.header("access-control-allow-headers").unwrap().to_ascii_lowercase();
    assert!(headers.contains("x-api-key") && headers.contains("content-type"), "{headers}");
    for (method, path, status) in [("POST", "/api/v1/extract", 401), ("GET", "/nowhere", 404), ("PUT", "/api/v1/remove", 405)] {
        assert_eq!(allowed(&server.ask(method, path, &[origin], b"").expect(status)).as_deref(), Some(origin.1), "{path}");
    }
    let other = server.ask("POST", "/api/v1/extract", &[("Origin", "https://other.example")], b"").expect(401);
    assert_eq!(allowed(&other), None);
    for bad in ["page.example", "https://page.example/path", "https://u@page.example", "nonsense,*"] {
        let run = server.folder.run(["serve", "--listen", "127.0.0.1:0", "--cors-origin", bad]).expect(2);
        assert!(run.stderr.contains("--cors-origin"), "{}", run.stderr);
    }
    let closed = Server::start(&[]);
    assert_eq!(allowed(&closed.ask("POST", "/api/v1/extract", &[origin], b"").expect(401)), None);
    // Without any origin OPTIONS is a method like others.
    for (path, status, code) in [("/api/v1/extract", 405, "invalid_request"), ("/nowhere", 404, "not_found")] {
        let reply = closed.ask("OPTIONS", path, &ask, b"").expect(status);
        assert_eq!((allowed(&reply), reply.json()["code"].as_str()), (None, Some(code)), "{path}");
        assert_eq!(reply.header("allow"), (status == 405).then_some("POST"), "{path}");
    }
}

#[test]
fn origins_are_compared_as_browsers_write_them() {
    let server = Server::start(&["--cors-origin", "https://Page.Example:443,http://bl\u{e5}.example:8080/,http://[::1]:80"]);
    for origin in ["https://page.example", "http://xn--bl-zia.example:8080", "http://[::1]"] {
        let reply = server.ask("POST", "/api/v1/extract", &[("Origin", origin)], b"").expect(401);
        assert_eq!(reply.header("access-control-allow-origin"), Some(origin));
    }
}

#[test]
fn a_kill_forgets_nothing_and_leaves_nothing() {
    let mut server = Server::start(&[]);
    let said = server.send("/api/v1/extract", &build::photo()).expect(200).json();
    let removed = server.send("/api/v1/remove", &build::photo()).expect(200).json();
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let folder = std::mem::replace(&mut server.folder, Folder::new());
    folder.write("data/cleaned/11111111-1111-4111-8111-111111111111", b"half a file");
    let again = Server::start_in(folder, &[]);
    again.get(&format!("/api/v1/extract/{}", said["uuid"].as_str().unwrap())).expect(200);
    again.get(&format!("/download-cleaned/{}", removed["uuid"].as_str().unwrap())).expect(200);
    let cleaned = std::fs::read_dir(again.folder.path("data/cleaned")).unwrap().count();
    assert_eq!(cleaned, 1, "the orphan went at the start");
}

#[test]
fn it_stops_in_order() {
    let mut server = Server::start(&[]);
    server.get("/readyz").expect(200);
    let pid = server.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    eventually("the last line", || server.log().contains("\"stopped\""));
}
