//! The processes that decode for a server: what a file does to one of them, and when they go.
#![cfg(target_os = "linux")]

use super::{Server, eventually};
use crate::{
    build::{self, picture},
    cli::signal,
};
use rustix::process::Signal;
use std::{fs, io::Write};

/// The processes that this one has started.
pub fn children(server: &Server) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{}/task", server.child.id())).unwrap();
    let of = |task: fs::DirEntry| fs::read_to_string(task.path().join("children")).unwrap_or_default();
    tasks.flat_map(|task| of(task.unwrap()).split_whitespace().map(String::from).collect::<Vec<_>>()).collect()
}

/// A picture with a colour profile of 60 MB in 60 KB.
fn bomb() -> Vec<u8> {
    let mut deflated = flate2::write::ZlibEncoder::new(b"name\0\0".to_vec(), flate2::Compression::best());
    (0..60).for_each(|_| deflated.write_all(&vec![0; 1_000_000]).unwrap());
    picture::png(&[picture::chunk(b"iCCP", &deflated.finish().unwrap())], b"")
}

#[test]
fn memory_has_its_limit() {
    let bomb = bomb();
    let server = Server::start(&["--work-memory", "32M", "-j1"]);
    for path in ["/api/v1/extract", "/api/v1/remove"] {
        let json = server.send(path, &bomb).expect(500).json();
        assert_eq!(
            (&json["error"], &json["code"]),
            (&"An error occurred while processing your request".into(), &"server_error".into())
        );
        let detail = json["detail"].as_str().unwrap();
        assert!(detail.contains("33554432 bytes of memory (--work-memory)"), "{detail}");
        server.send(path, &build::photo()).expect(200);
    }
    assert_eq!(fs::read_dir(server.folder.path("data/cleaned")).unwrap().count(), 1, "half a cleaned file is not kept");
    assert!(server.log().contains("\"event\":\"ended\""), "{}", server.log());
    Server::start(&[]).send("/api/v1/extract", &bomb).expect(200);
}

#[test]
fn one_that_hangs_is_given_up() {
    let server = Server::start(&["--work-timeout", "2", "-j1"]);
    server.send("/api/v1/extract", &build::photo()).expect(200);
    let before = children(&server);
    assert_eq!(before.len(), 1);
    signal(before[0].parse().unwrap(), Signal::STOP);
    let json = server.send("/api/v1/extract", &build::photo()).expect(500).json();
    assert!(json["detail"].as_str().unwrap().contains("2 s (--work-timeout)"), "{json}");
    server.send("/api/v1/extract", &build::photo()).expect(200);
    assert_ne!(children(&server), before);
}

#[test]
fn one_that_is_gone_is_replaced() {
    let server = Server::start(&["-j1"]);
    server.send("/api/v1/extract", &build::photo()).expect(200);
    let before = children(&server);
    // Neither is it for a signal to all: the server itself ends work in order.
    for name in [Signal::INT, Signal::TERM] {
        signal(before[0].parse().unwrap(), name);
        server.send("/api/v1/extract", &build::photo()).expect(200);
        assert_eq!(children(&server), before, "{name:?}");
    }
    signal(before[0].parse().unwrap(), Signal::KILL);
    eventually("it is dead", || is_dead(&before[0]));
    server.send("/api/v1/remove", &build::photo()).expect(200);
    assert_ne!(children(&server), before);
}

#[test]
fn they_go_with_their_work_and_with_their_server() {
    let mut server = Server::start(&["--idle-timeout", "0.2", "-j1"]);
    assert!(children(&server).is_empty(), "none before there is work");
    server.send("/api/v1/extract", &build::photo()).expect(200);
    eventually("they go", || children(&server).is_empty());
    server.send("/api/v1/extract", &build::photo()).expect(200);
    let mut held = Server::start(&["-j2"]);
    held.send("/api/v1/extract", &build::photo()).expect(200);
    for server in [&mut server, &mut held] {
        let processes = children(server);
        server.child.kill().unwrap();
        server.child.wait().unwrap();
        eventually("no orphans", || processes.iter().all(|p| is_dead(p)));
    }
}

/// Gone, or waiting to be asked how it ended.
fn is_dead(process: &str) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat")).map_or(true, |stat| stat.contains(") Z "))
}

/// Whoever calls the command by hand is told so.
#[test]
fn the_command_is_for_servers_alone() {
    let folder = crate::cli::Folder::new();
    let run = folder.run(["worker", "1000000000"]);
    assert!(run.stderr.contains("the server's own"), "{}", run.stderr);
    folder.run(["worker", "many"]).expect(2);
    folder.run(["worker"]).expect(2);
}

/// The allocator's caches are what holds pages: the server has none, which it is told at its start; its processes go as a whole.
#[test]
#[cfg(target_env = "gnu")]
fn the_allocator_is_told_so_at_the_start() {
    let server = Server::start(&["-j1"]);
    server.send("/api/v1/extract", &build::photo()).expect(200);
    let has = |process: &str, name: &[u8]| {
        let variables = fs::read(format!("/proc/{process}/environ")).unwrap();
        variables.split(|&b| b == 0).any(|variable| variable.starts_with(name))
    };
    let names = [&b"GLIBC_TUNABLES="[..], b"EXIFKIT_TUNED="];
    assert!(names.iter().all(|name| has(&server.child.id().to_string(), name)));
    assert_eq!(children(&server).iter().filter(|process| names.iter().any(|name| has(process, name))).count(), 0);
    // Once is enough, also when the C library takes its variable away.
    let marked = Server::start_with(crate::cli::Folder::new(), &["-j1"], &[("EXIFKIT_TUNED", "1")]);
    assert!(!has(&marked.child.id().to_string(), names[0]));
}

#[test]
#[cfg(target_env = "gnu")]
fn memory_of_connections_goes_back() {
    /// Of a server in this test, in KB.
    const MARGIN: u64 = 2048;
    let server = Server::start(&["-j1"]);
    server.send("/api/v1/extract", &build::photo()).expect(200);
    let own = || {
        let status = fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let before = own();
    let uploads: Vec<_> = (0..200).map(|_| half_an_upload(&server)).collect();
    eventually("they take memory", || own() > before + 2 * MARGIN);
    drop(uploads);
    eventually("it goes back", || own() < before + MARGIN);
}

#[cfg(target_env = "gnu")]
fn half_an_upload(server: &Server) -> std::net::TcpStream {
    let mut stream = server.connect();
    let head = format!(
        "POST /api/v1/extract HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {}\r\nContent-Type: multipart/form-data; boundary=b\r\n\
         Content-Length: 200000\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n",
        server.key
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&[0; 100_000]).unwrap();
    stream
}
