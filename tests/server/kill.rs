//! A server that is killed in the middle of its work forgets nothing that it has acknowledged, and leaves nothing behind.

use super::{MULTIPART, Server, multipart};
use crate::{
    build,
    cli::{Folder, signal},
};
use rustix::process::Signal;
use serde_json::Value;
use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

const CLIENTS: usize = 8;

/// The sample with so much more of coded samples that a kill meets files half written.
fn large_photo() -> Vec<u8> {
    let mut photo = build::photo();
    let end = photo.windows(2).rposition(|w| w == b"\xff\xd9").unwrap();
    photo.splice(end..end, std::iter::repeat_n(0x55, 400_000));
    photo
}

/// The body of a 200 that arrived whole.
fn acknowledged(server: &Server, path: &str, body: &[u8]) -> Option<Value> {
    let mut stream = TcpStream::connect(&server.address).ok()?;
    let (key, length) = (&server.key, body.len());
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\nContent-Type: {MULTIPART}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let text = String::from_utf8(answer).ok()?;
    let (head, json) = text.split_once("\r\n\r\n")?;
    // JSON that was cut off does not parse.
    serde_json::from_str(json).ok().filter(|_| head.starts_with("HTTP/1.1 200 "))
}

/// Works until the server is killed, which happens after so many acknowledgements.
fn load_and_kill(server: &mut Server, after: usize, body: &[u8]) -> Vec<Value> {
    let (answers, count) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    let pid = server.child.id();
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (server, answers, count, pid) = (&*server, &answers, &count, pid);
            scope.spawn(move || {
                let path = if client % 2 == 0 { "/api/v1/remove" } else { "/api/v1/extract" };
                while let Some(answer) = acknowledged(server, path, body) {
                    answers.lock().unwrap().push(answer);
                    if count.fetch_add(1, Ordering::SeqCst) + 1 == after {
                        signal(pid, Signal::KILL);
                    }
                }
            });
        }
    });
    assert!(server.child.wait().unwrap().code().is_none(), "by the signal");
    answers.into_inner().unwrap()
}

#[test]
fn what_was_acknowledged_outlives_a_kill_under_load() {
    let photo = large_photo();
    let mut folder = Folder::new();
    folder.write("image.jpg", &photo);
    folder.run(["remove", "image.jpg"]).expect(0);
    let clean = folder.read("image_cleaned.jpg");
    let body = multipart(&[("name=\"file\"; filename=\"image.jpg\"", &photo)]);
    let mut answers = Vec::new();
    for after in [1, 9, 30] {
        let mut server = Server::start_in(folder, &[]);
        answers.extend(load_and_kill(&mut server, after, &body));
        folder = std::mem::replace(&mut server.folder, Folder::new());
    }
    assert!(answers.len() >= 40);
    folder.write("data/uploads/.tmpAbCdEf", b"half an upload, where files cannot be without a name");
    folder.write("data/cleaned/11111111-1111-4111-8111-111111111111", b"half a cleaned file");
    let again = Server::start_in(folder, &[]);
    for answer in &answers {
        let uuid = answer["uuid"].as_str().unwrap();
        match answer.get("metadata") {
            Some(metadata) => {
                assert_eq!(&again.get(&format!("/api/v1/extract/{uuid}")).expect(200).json()["metadata"], metadata)
            }
            None => assert!(again.get(&format!("/download-cleaned/{uuid}")).expect(200).body == clean, "{uuid}"),
        }
    }
    // No orphans: a file is there for its row, and whole. Some were never acknowledged.
    for entry in std::fs::read_dir(again.folder.path("data/cleaned")).unwrap() {
        let uuid = entry.unwrap().file_name().into_string().unwrap();
        assert!(again.get(&format!("/download-cleaned/{uuid}")).expect(200).body == clean, "{uuid}");
    }
    assert_eq!(std::fs::read_dir(again.folder.path("data/uploads")).unwrap().count(), 0);
    let known = ["cleaned", "lock.sqlite3", "results.sqlite3", "results.sqlite3-shm", "results.sqlite3-wal", "uploads"];
    for entry in std::fs::read_dir(again.folder.path("data")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&name.as_str()), "{name}");
    }
}
