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
    assert!(run.stderr.contains("--allow-anonymous") && !data.exists(), "{}", run.stderr);
    let server = Server::start(&["--allow-anonymous"]);
    assert!(server.key.is_empty());
    server.send("/api/v1/extract", &build::photo()).expect(200);
}

#[test]
fn origins_are_opt_in() {
    let origin = ("Origin", "https://page.example");
    let ask = [origin, ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "x-api-key")];
    let server = Server::start(&["--cors-origin", origin.1]);
    let allowed = |reply: &super::Reply| reply.header("access-control-allow-origin").map(String::from);
    let preflight = server.ask("OPTIONS", "/api/v1/extract", &ask, b"").expect(200);
    assert_eq!(allowed(&preflight).as_deref(), Some(origin.1));
    let headers = preflight.header("access-control-allow-headers").unwrap().to_ascii_lowercase();
    assert!(headers.contains("x-api-key") && headers.contains("content-type"), "{headers}");
    for (method, path, status) in [("POST", "/api/v1/extract", 401), ("GET", "/nowhere", 404), ("PUT", "/api/v1/remove", 405)] {
        assert_eq!(allowed(&server.ask(method, path, &[origin], b"").expect(status)).as_deref(), Some(origin.1), "{path}");
    }
    // Nor are refusals that come before any path unreadable.
    let long = "x".repeat(40_000);
    assert_eq!(allowed(&server.ask("GET", "/healthz", &[origin, ("X", &long)], b"").expect(431)).as_deref(), Some(origin.1));
    let open = Server::start(&["--allow-anonymous", "--cors-origin", origin.1]);
    let foreign = open.ask("GET", "/healthz", &[origin, ("Host", "rebinding.example")], b"").expect(421);
    assert!(allowed(&foreign).as_deref() == Some(origin.1) && foreign.header("x-request-id").is_some());
    // A page sees of a path that is not there that it is not; who asks no page's question does at once.
    server.ask("OPTIONS", "/nowhere", &ask, b"").expect(200);
    for (path, status) in [("/nowhere", 404), ("/api/v1/extract", 405)] {
        let reply = server.ask("OPTIONS", path, &[origin], b"").expect(status);
        assert_eq!(reply.header("allow"), (status == 405).then_some("POST"), "{path}");
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
    crate::cli::signal(server.child.id(), rustix::process::Signal::TERM);
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    eventually("the last line", || server.log().contains("\"stopped\""));
}

/// A page whose name leads to this machine asks under that name; without a key the name is all that gives it away.
#[test]
fn without_keys_only_this_machines_names_are_served() {
    let server = Server::start(&["--allow-anonymous", "--public-url", "https://Meta.example:8443/x"]);
    let port = server.address.rsplit(':').next().unwrap();
    let ask = |host: &str| server.ask("GET", "/openapi.json", &[("Host", host)], b"");
    for host in [&server.address, "localhost", &format!("LOCALHOST:{port}"), "127.9.9.9", "[::1]:1", "meta.example"] {
        ask(host).expect(200);
    }
    for host in ["rebinding.example", &format!("rebinding.example:{port}"), "192.0.2.1", "[::2]", "localhost.example", "", "a\"b"]
    {
        let json = ask(host).expect(421).json();
        assert_eq!((&json["error"], &json["code"]), (&"Misdirected request".into(), &"invalid_request".into()), "{host}");
        assert!(json["detail"].as_str().unwrap().contains("--public-url"), "{json}");
    }
    let foreign = [("Host", "rebinding.example"), ("Content-Type", MULTIPART)];
    let body = multipart(&[("name=\"file\"", &build::photo())]);
    server.ask("POST", "/api/v1/extract", &foreign, &body).expect(421);
    // Who needs a key has none there, and what listens to others has other names.
    Server::start(&[]).ask("GET", "/", &foreign[..1], b"").expect(200);
    let mut open = Server::start(&["--allow-anonymous", "--listen", "0.0.0.0:0"]);
    open.address = open.address.replace("0.0.0.0", "127.0.0.1");
    open.ask("GET", "/", &foreign[..1], b"").expect(200);
}

#[test]
fn keys_of_a_running_server() {
    let folder = Folder::new();
    let data = folder.path("data");
    let data = data.to_str().unwrap();
    let keys = |folder: &Folder, args: &[&str]| folder.run([&["serve", "--data-dir", data, "keys"], args].concat());
    let ann = keys(&folder, &["create", "--owner", "ann"]).expect(0).text().trim().to_owned();
    let server = Server::start_in(folder, &[]);
    let ask = |key: &str| server.ask("POST", "/api/v1/extract", &[("X-API-Key", key)], b"").status;
    // Its request is wrong, its key is not.
    assert_eq!(ask(&ann), 400);
    let ben = keys(&server.folder, &["create", "--owner", "ben"]).expect(0).text().trim().to_owned();
    assert_eq!((ask(&ann), ask(&ben)), (400, 400));

    let file = server.folder.path("data/keys");
    let good = std::fs::read(&file).unwrap();
    std::fs::write(&file, [&good, &b"half a line"[..]].concat()).unwrap();
    assert_eq!((ask(&ann), ask("wrong")), (400, 401), "the keys that were read last");
    server.get("/readyz").expect(503);
    std::fs::remove_file(&file).unwrap();
    assert_eq!((ask(&ann), ask(&ben)), (401, 401));
    server.get("/readyz").expect(503);
    std::fs::write(&file, &good).unwrap();
    assert_eq!((ask(&ann), ask(&ben)), (400, 400));
    server.get("/readyz").expect(200);
    let said = || server.log().lines().filter(|l| l.contains("\"keys_file\"")).map(String::from).collect::<Vec<_>>();
    eventually("it is logged", || said().len() >= 3);
    let said = said();
    assert!(said[0].contains("keys:3: expected") && said[1].contains("gone") && said[2].contains("read again"), "{said:?}");
    assert!(said[0].contains("\"error\"") && !said[0].contains("half a line"), "{said:?}");
}

#[test]
fn flags_of_the_server_are_none_of_keys() {
    let folder = Folder::new();
    for args in [&["serve", "--listen", "127.0.0.1:0", "keys", "list"][..], &["serve", "--allow-anonymous", "keys", "list"]] {
        let run = folder.run(args).expect(2);
        assert!(run.stderr.contains(args[1]) && run.stderr.contains("keys"), "{}", run.stderr);
    }
    let run = folder.run(["serve", "keys", "create", "--owner", " ", "--keys-file", "keys"]).expect(2);
    assert!(run.stderr.contains("--owner"), "{}", run.stderr);
    assert!(!folder.path("keys").exists());
}
