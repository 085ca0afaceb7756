//! A server's life: how it starts, what it says, what it keeps and for how long, how it ends.

use super::{MULTIPART, Reply, Server, eventually, multipart};
use crate::{
    build,
    cli::{Folder, signal},
};
use rustix::process::Signal;
use serde_json::Value;
use std::{io::Write, net::TcpStream};

const UUID: &str = "123e4567-e89b-42d3-a456-426614174000";

fn terminate(server: &Server) {
    signal(server.child.id(), Signal::TERM);
}

#[test]
fn running_requests_end_and_new_ones_are_told() {
    let mut server = Server::start(&[]);
    let body = multipart(&[("name=\"file\"; filename=\"image.jpg\"", &build::photo())]);
    let mut slow = server.connect();
    let head = format!(
        "POST /api/v1/extract HTTP/1.1\r\nHost: x\r\nX-API-Key: {}\r\nContent-Type: {MULTIPART}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        server.key,
        body.len()
    );
    slow.write_all(head.as_bytes()).unwrap();
    slow.write_all(&body[..100]).unwrap();
    // It is under way when another, of the same kind, has been answered.
    server.send("/api/v1/extract", &build::photo()).expect(200);
    server.get("/readyz").expect(200);
    terminate(&server);
    eventually("it is about to stop", || server.log().contains("\"stopping\""));
    let not_ready = server.get("/readyz").expect(503);
    assert!(not_ready.header("retry-after").is_some());
    server.get("/healthz").expect(200);
    let refused = server.send("/api/v1/remove", &build::photo()).expect(503);
    assert!(refused.header("retry-after").is_some());
    assert_eq!(refused.json()["error"], "Service unavailable");
    slow.write_all(&body[100..]).unwrap();
    assert_eq!(Reply::read(slow).expect(200).json()["metadata"]["exif"]["Make"], "Makers & Co");
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    assert!(TcpStream::connect(&server.address).is_err());
}

#[test]
fn a_second_signal_is_enough() {
    let mut server = Server::start(&[]);
    let mut held = server.connect();
    let head = format!("POST /api/v1/extract HTTP/1.1\r\nHost: x\r\nX-API-Key: {}\r\nContent-Type: {MULTIPART}\r\n", server.key);
    held.write_all(format!("{head}Content-Length: 5000\r\n\r\n--b0undary").as_bytes()).unwrap();
    server.send("/api/v1/extract", &build::photo()).expect(200);
    terminate(&server);
    eventually("it is about to stop", || server.log().contains("\"stopping\""));
    server.get("/readyz").expect(503);
    terminate(&server);
    eventually("it takes no more", || TcpStream::connect(&server.address).is_err());
    drop(held);
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

/// All places taken, by whom nothing is heard of: it stops all the same, and not when they have had their time.
#[test]
fn silent_connections_do_not_keep_it() {
    let mut server = Server::start(&["--max-connections", "2"]);
    let _silent = [server.connect(), server.connect()];
    std::thread::sleep(std::time::Duration::from_millis(200));
    terminate(&server);
    eventually("it stops", || server.log().contains("\"stopped\""));
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_log_of_numbered_requests_without_secrets() {
    let server = Server::start(&["--max-upload-size", "100K"]);
    let made = server.send("/api/v1/extract", &build::photo()).expect(200);
    let uuid = made.json()["uuid"].as_str().unwrap().to_owned();
    let removed = server.send("/api/v1/remove", &build::photo()).expect(200);
    let cleaned = removed.json()["uuid"].as_str().unwrap().to_owned();
    let simple = uuid.replace('-', "");
    let key = server.key.clone();
    let mut replies = vec![made, removed];
    for path in [
        format!("/api/v1/extract/{uuid}"),
        format!("/api/v1/extract/{uuid}?key={key}"),
        format!("/api/v1/extract/{}", uuid.to_uppercase()),
        format!("/api/v1/extract/{simple}"),
        format!("/download-cleaned/{cleaned}"),
        format!("/{uuid}"),
        format!("/x/{key}"),
        format!("/api/v1/extract?key={key}"),
        "/readyz".into(),
    ] {
        replies.push(server.get(&path));
    }
    replies.push(server.ask("POST", "/api/v1/extract", &[("X-API-Key", "a-wrong-key-of-somebody")], b""));
    replies.push(server.send("/api/v1/extract", &[0; 200_000]));
    let numbers: Vec<String> = replies.iter().map(|r| r.header("x-request-id").unwrap().to_owned()).collect();
    eventually("all are logged", || numbers.iter().all(|n| server.log().contains(n.as_str())));

    // The key of the run is told before the log begins.
    let log = server.log();
    let lines: Vec<&str> = log.lines().filter(|l| !l.contains("the key of this run is")).collect();
    for line in &lines {
        let json: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        if json["event"] == "request" {
            assert_eq!(json["request"].as_str().map(str::len), Some(16), "{line}");
            assert!(json["status"].is_u64() && json["method"].is_string() && json["milliseconds"].is_u64(), "{line}");
        }
    }
    let mut unique = numbers.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), replies.len(), "{numbers:?}");
    let text = lines.join("\n").to_lowercase();
    for secret in [&key[8..], &uuid, &simple, &cleaned, "a-wrong-key", "makers & co", "image.jpg"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    assert!(text.contains("\"key_id\""), "whose key it was can be said");
}

#[test]
fn what_has_expired_is_not_found_before_it_is_swept() {
    let mut server = Server::start(&["--retention-hours", "1"]);
    let extracted = server.send("/api/v1/extract", &build::photo()).expect(200).json();
    let removed = server.send("/api/v1/remove", &build::photo()).expect(200).json();
    let paths = [
        format!("/api/v1/extract/{}", extracted["uuid"].as_str().unwrap()),
        format!("/download-cleaned/{}", removed["uuid"].as_str().unwrap()),
    ];
    let age = |seconds: u32| {
        let store = rusqlite::Connection::open(server.folder.path("data/results.sqlite3")).unwrap();
        store.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        for table in ["extractions", "removals"] {
            store.execute(&format!("UPDATE {table} SET created = created - {seconds}"), []).unwrap();
        }
    };
    age(3500);
    paths.iter().for_each(|path| drop(server.get(path).expect(200)));
    age(200);
    let unknown = server.get(&format!("/api/v1/extract/{UUID}")).expect(404).text();
    for path in &paths {
        assert_eq!(server.get(path).expect(404).text(), unknown, "{path}");
    }
    let cleaned = server.folder.path("data/cleaned");
    assert_eq!(cleaned.read_dir().unwrap().count(), 1, "not swept yet");
    terminate(&server);
    server.child.wait().unwrap();
    let again = Server::start_in(std::mem::replace(&mut server.folder, Folder::new()), &["--retention-hours", "1"]);
    assert_eq!(again.folder.path("data/cleaned").read_dir().unwrap().count(), 0, "swept at the start");
}

#[test]
fn one_key_for_one_run() {
    let (one, other) = (Server::start(&[]), Server::start(&[]));
    assert!(one.key.len() == 72 && one.key != other.key);
    one.ask("POST", "/api/v1/extract", &[("X-API-Key", &other.key)], b"").expect(401);
    // With keys of its own there is none for the run, and it may listen to others.
    let folder = Folder::new();
    let keys = folder.path("data/keys");
    let key = folder.run(["serve", "keys", "create", "--owner", "me", "--keys-file", keys.to_str().unwrap()]).expect(0).text();
    let mut server = Server::start_in(folder, &["--listen", "0.0.0.0:0"]);
    assert_eq!(server.key, "");
    server.address = server.address.replace("0.0.0.0", "127.0.0.1");
    server.key = key.trim().into();
    server.send("/api/v1/extract", &build::photo()).expect(200);
}

/// A folder that others may look into: keys made before the first start are none of somebody else's.
#[test]
fn folders_that_others_look_into() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let data = folder.path("data");
    let open = || std::fs::set_permissions(&data, PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::create_dir(&data).unwrap();
    open();
    let serve = |args: &[&str]| folder.run([&["serve", "--data-dir", "data"], args].concat());
    folder.write("data/photo.jpg", b"");
    let refused = serve(&["--listen", "127.0.0.1:0"]).expect(3).stderr;
    assert!(
        refused.contains("chmod 700") && refused.contains("--data-dir") && !refused.contains("the key of this run"),
        "{refused}"
    );
    std::fs::remove_file(folder.path("data/photo.jpg")).unwrap();
    let key = serve(&["keys", "create", "--owner", "ann"]).expect(0).text();
    std::fs::create_dir(folder.path("data/lost+found")).unwrap();
    open();
    let mut server = Server::start_in(folder, &[]);
    server.key = key.trim().into();
    server.send("/api/v1/extract", &build::photo()).expect(200);
    assert_eq!(std::fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
}

/// What a settings file for containers is full of: names without values.
#[test]
fn empty_variables_are_not_set() {
    use clap::CommandFactory;
    let command = exifkit::cli::Cli::command();
    let serve = command.find_subcommand("serve").unwrap();
    let names: Vec<&str> = serve.get_arguments().filter_map(|arg| arg.get_env()?.to_str()).collect();
    assert!(names.len() > 20 && names.contains(&"EXIFKIT_PUBLIC_URL") && names.contains(&"EXIFKIT_MAX_PARTS"), "{names:?}");
    // Its address and its folder are given by flags here.
    let folder = Folder::new();
    let data = folder.path("data");
    let variables: Vec<(&str, &str)> = names.into_iter().map(|name| (name, "")).collect();
    let server = Server::start_with(folder, &["--data-dir", data.to_str().unwrap()], &variables);
    server.send("/api/v1/extract", &build::photo()).expect(200);
}

/// An upload that does not end, and a download that nobody reads.
#[test]
fn stopping_has_its_time() {
    let mut server = Server::start(&["--stop-timeout", "0.5"]);
    let mut held = server.connect();
    let head = format!("POST /api/v1/extract HTTP/1.1\r\nHost: x\r\nX-API-Key: {}\r\nContent-Type: {MULTIPART}\r\n", server.key);
    held.write_all(format!("{head}Content-Length: 5000\r\n\r\n--b0undary").as_bytes()).unwrap();
    server.send("/api/v1/extract", &build::photo()).expect(200);
    terminate(&server);
    let start = std::time::Instant::now();
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    assert!(start.elapsed() < std::time::Duration::from_secs(8), "{:?}", start.elapsed());
    eventually("it is logged", || server.log().contains("\"cut\"") && server.log().contains("\"stopped\""));
    let log = server.log();
    assert!(log.contains("the server stopped") && !log.contains("went away"), "{log}");
    assert!(log.lines().last().unwrap().contains("\"stopped\""), "the last line: {log}");
}

#[test]
fn a_download_under_way_ends() {
    use std::io::Read;
    let mut server = Server::start(&["--stop-timeout", "60"]);
    let path = super::slow::large_file(&server);
    let mut stream = super::slow::request(&server, &path);
    let mut first = [0; 1];
    stream.read_exact(&mut first).unwrap();
    terminate(&server);
    eventually("it takes no more", || TcpStream::connect(&server.address).is_err());
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert!(rest.starts_with(b"TTP/1.1 200 ") && rest.len() > super::slow::LARGE, "{}", rest.len());
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    eventually("the last line", || server.log().contains("\"stopped\""));
    assert!(!server.log().contains("\"cut\""));
}

/// All that decode are busy: their results wait for a database that another program holds.
#[test]
fn it_answers_while_it_is_busy() {
    let server = Server::start(&["--jobs", "1"]);
    let store = rusqlite::Connection::open(server.folder.path("data/results.sqlite3")).unwrap();
    store.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::thread::scope(|scope| {
        let uploads = [(); 3].map(|()| scope.spawn(|| server.send("/api/v1/extract", &build::photo()).status));
        for _ in 0..10 {
            std::thread::sleep(std::time::Duration::from_millis(20));
            server.get("/healthz").expect(200);
        }
        assert!(uploads.iter().all(|upload| !upload.is_finished()), "they wait");
        store.execute_batch("ROLLBACK").unwrap();
        uploads.into_iter().for_each(|upload| assert_eq!(upload.join().unwrap(), 200));
    });
}

#[test]
fn what_has_expired_is_swept_now_and_then() {
    let server = Server::start(&["--sweep-interval", "0.1"]);
    let removed = server.send("/api/v1/remove", &build::photo()).expect(200).json();
    let kept = server.send("/api/v1/remove", &build::photo()).expect(200).json();
    let store = rusqlite::Connection::open(server.folder.path("data/results.sqlite3")).unwrap();
    store.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    let uuid = removed["uuid"].as_str().unwrap();
    store.execute("UPDATE removals SET created = created - 100000 WHERE uuid = ?1", [uuid]).unwrap();
    let folder = server.folder.path("data/cleaned");
    std::fs::write(folder.join("orphan"), b"x").unwrap();
    let files = || folder.read_dir().unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>();
    eventually("it is swept", || files() == [kept["uuid"].as_str().unwrap()]);
    let rows: u32 = store.query_row("SELECT count(*) FROM removals", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1);
}

#[test]
fn a_day_unless_set() {
    let server = Server::start(&[]);
    let uuid = |path: &str| server.send(path, &build::photo()).expect(200).json()["uuid"].as_str().unwrap().to_owned();
    let paths = [format!("/api/v1/extract/{}", uuid("/api/v1/extract")), format!("/download-cleaned/{}", uuid("/api/v1/remove"))];
    for (seconds, status) in [(24 * 3600 - 300, 200), (300, 404)] {
        let store = rusqlite::Connection::open(server.folder.path("data/results.sqlite3")).unwrap();
        store.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        for table in ["extractions", "removals"] {
            store.execute(&format!("UPDATE {table} SET created = created - {seconds}"), []).unwrap();
        }
        paths.iter().for_each(|path| drop(server.get(path).expect(status)));
    }
}

#[test]
fn variables_count_as_flags_do() {
    let photo = multipart(&[("name=\"file\"; filename=\"image.jpg\"", &build::photo())]);
    let two = multipart(&[("name=\"x\"", b""), ("name=\"file\"; filename=\"image.jpg\"", b"text")]);
    for (variable, value, method, path, body, status, says) in [
        ("EXIFKIT_MAX_UPLOAD_SIZE", "100", "POST", "/api/v1/extract", &photo, 413, "100 bytes (--max-upload-size)"),
        ("EXIFKIT_MAX_PARTS", "1", "POST", "/api/v1/extract", &two, 413, "more than 1 parts (--max-parts)"),
        ("EXIFKIT_MAX_ANSWER_SIZE", "300", "POST", "/api/v1/extract", &photo, 413, "300 bytes (--max-answer-size)"),
        ("EXIFKIT_MIN_FREE_DISK", "9999T", "POST", "/api/v1/remove", &photo, 503, "(--min-free-disk)"),
        ("EXIFKIT_RETENTION_HOURS", "7", "GET", "/", &Vec::new(), 200, "after 7 hours"),
        ("EXIFKIT_ALLOW_ANONYMOUS", "1", "GET", "/", &Vec::new(), 200, "data-key=\"none\""),
        ("EXIFKIT_CORS_ORIGIN", "https://b.example,https://a.example", "GET", "/", &Vec::new(), 200, "https://a.example"),
    ] {
        let server = Server::start_with(Folder::new(), &[], &[(variable, value)]);
        let headers = [("X-API-Key", server.key.as_str()), ("Content-Type", MULTIPART), ("Origin", "https://a.example")];
        let reply = server.ask(method, path, &headers, body).expect(status);
        let said = format!("{}{}", reply.header("access-control-allow-origin").unwrap_or_default(), reply.text());
        assert!(said.contains(says), "{variable}: {said}");
    }
}
