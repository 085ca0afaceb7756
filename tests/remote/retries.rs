//! What is tried again, when, and what is not.

use super::{EXTRACTED, Reply, Server, UUID};
use crate::{
    build,
    cli::{Folder, Run},
};
use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

fn extract(url: &str, more: &[&str]) -> Run {
    let folder = Folder::new();
    folder.write("a.jpg", &build::photo());
    folder.run(["extract", "a.jpg", "--api-url", url].iter().chain(more))
}

#[test]
fn a_busy_server_is_asked_again() {
    for status in [429, 502, 503, 504] {
        let server = Server::new(move |n, _| match n {
            0 | 1 => Reply::new(status, "busy").header("Retry-After", "0"),
            _ => Reply::json(EXTRACTED),
        });
        extract(&server.url(), &[]).expect(0);
        assert_eq!(server.requests(), 3, "{status}");
        let uploads: Vec<Vec<u8>> = server.seen().iter().map(|s| s.part().1).collect();
        assert!(uploads.iter().all(|u| *u == build::photo()), "the whole file every time");
    }
    let busy = Server::always(Reply::new(503, "busy").header("Retry-After", "0"));
    extract(&busy.url(), &["--retries", "2"]).expect(5);
    assert_eq!(busy.requests(), 3);
    let broken = Server::always(Reply::new(500, r#"{"success":false,"error":"x"}"#));
    extract(&broken.url(), &[]).expect(5);
    assert_eq!(broken.requests(), 1, "what fails will fail again");
}

#[test]
fn retry_after_is_honoured() {
    let server = Server::new(|n, _| match n {
        0 => Reply::new(429, "").header("Retry-After", "2"),
        _ => Reply::json(EXTRACTED),
    });
    let start = Instant::now();
    extract(&server.url(), &[]).expect(0);
    assert!(start.elapsed() >= Duration::from_secs(2));
    for (after, said) in [("86400", "86400"), ("99999999999999999999999", "in ")] {
        let hours = Server::always(Reply::new(503, "").header("Retry-After", after));
        assert!(extract(&hours.url(), &[]).expect(5).stderr.contains(said));
        assert_eq!(hours.requests(), 1, "not before it is asked for, and nobody waits that long");
    }
}

#[test]
fn a_connection_that_fails_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let url = format!("http://{address}");
    let run = extract(&url, &["--retries", "0"]).expect(5);
    assert_eq!(run.json()["code"], "network");
    let late = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(400));
        Server::on(TcpListener::bind(address).unwrap(), Arc::new(|_, _: &_| Reply::json(EXTRACTED)))
    });
    extract(&url, &["--retries", "6"]).expect(0);
    assert_eq!(late.join().unwrap().requests(), 1);
}

/// A request that is still here was not answered, and not even read: it can be sent again. Who takes none is not waited for as long
/// for every file of a batch: he is tried once more for each.
#[test]
fn an_upload_that_nobody_takes_is_not_lost() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let tries = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&tries);
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            held.push(stream);
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let folder = Folder::new();
    let large = [build::photo(), vec![7; 40_000_000]].concat();
    ["a.jpg", "b.jpg", "c.jpg"].iter().for_each(|name| drop(folder.write(name, &large)));
    let run = folder.run(["extract", ".", "-j1", "--api-url", &url, "--timeout", "1", "--retries", "1"]).expect(5);
    assert!(run.stderr.contains("no answer") && !run.stderr.contains("--resend"), "{}", run.stderr);
    assert_eq!((run.rows().len(), tries.load(Ordering::SeqCst)), (3, 2 + 1 + 1));
}

/// One lost answer says nothing about the next file.
#[test]
fn what_was_lost_takes_no_try_from_the_next() {
    let folder = Folder::new();
    ["a.jpg", "b.jpg"].iter().for_each(|name| drop(folder.write(name, &build::photo())));
    let server = Server::new(|n, _| match n {
        0 => Reply::hang_up(),
        1 => Reply::new(503, "").header("Retry-After", "0"),
        _ => Reply::json(EXTRACTED),
    });
    let rows = folder.run(["extract", ".", "-j1", "--retries", "1", "--api-url", &server.url()]).expect(5).rows();
    assert_eq!((&rows[0]["code"], &rows[1]["success"], server.requests()), (&"network".into(), &true.into(), 3));
}

#[test]
fn an_upload_whose_answer_was_lost_is_not_sent_twice_unless_asked() {
    let lost: [fn() -> Reply; 2] = [Reply::hang_up, || Reply::json(EXTRACTED).cut(20)];
    for reply in lost {
        let server = Server::new(move |_, _| reply());
        let run = extract(&server.url(), &[]).expect(5);
        assert!(run.stderr.contains("--resend"), "{}", run.stderr);
        assert_eq!(server.requests(), 1);
        let server = Server::new(move |n, _| if n == 0 { reply() } else { Reply::json(EXTRACTED) });
        extract(&server.url(), &["--resend"]).expect(0);
        assert_eq!(server.requests(), 2);
        // Asking twice changes nothing.
        let server = Server::new(move |n, _| if n == 0 { reply() } else { Reply::json(EXTRACTED) });
        Folder::new().run(["get", UUID, "--api-url", &server.url()]).expect(0);
        assert_eq!(server.requests(), 2);
    }
}
