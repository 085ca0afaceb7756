//! Files behind URLs, read on this machine.

use super::{Reply, Seen, Server};
use crate::{build, cli::Folder};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// A file server that knows ranges, and counts the bytes that it sends.
struct Files {
    server: Server,
    sent: Arc<AtomicUsize>,
}

/// `dress` adds headers to the answer of a number.
fn files(bytes: Vec<u8>, dress: impl Fn(usize, Reply) -> Reply + Send + Sync + 'static) -> Files {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let server = Server::new(move |n, seen| {
        let reply = ranged(&bytes, seen);
        count.fetch_add(reply.body.len(), Ordering::SeqCst);
        dress(n, reply)
    });
    Files { server, sent }
}

fn ranged(bytes: &[u8], seen: &Seen) -> Reply {
    let Some(range) = seen.header("range").and_then(|r| r.strip_prefix("bytes=")?.split_once('-')) else {
        return Reply::new(200, bytes);
    };
    let first: usize = range.0.parse().unwrap();
    let last = range.1.parse::<usize>().unwrap().min(bytes.len().saturating_sub(1));
    if first >= bytes.len() {
        return Reply::new(416, "").header("Content-Range", &format!("bytes */{}", bytes.len()));
    }
    Reply::new(206, &bytes[first..=last]).header("Content-Range", &format!("bytes {first}-{last}/{}", bytes.len()))
}

/// A photo of some megabytes; with `deep`, its Exif block stands behind half a megabyte of other segments.
fn large(deep: bool) -> Vec<u8> {
    let filler = vec![b'x'; 65_000];
    let exif = [b"Exif\0\0", build::exif("Makers & Co", 6).as_slice()].concat();
    let mut segments: Vec<(u8, &[u8])> = if deep { vec![(0xef, &filler); 8] } else { Vec::new() };
    segments.push((0xe1, &exif));
    let mut photo = build::jpeg(&segments);
    photo.resize(photo.len() + 5_000_000, 0);
    photo
}

#[test]
fn a_photo_costs_its_headers() {
    for deep in [false, true] {
        let photo = large(deep);
        let folder = Folder::new();
        folder.write("image.jpg", &photo);
        let local = folder.run(["extract", "image.jpg", "--no-store"]).expect(0);
        let files = files(photo, |_, reply| reply.header("ETag", "\"1\""));
        let url = format!("{}/x/image.jpg?size=large", files.server.url());
        let run = folder.run(["extract", &url, "--no-store"]).expect(0);
        assert_eq!(run.json()["metadata"], local.json()["metadata"], "deep: {deep}");
        let sent = files.sent.load(Ordering::SeqCst);
        assert!(sent < 1_500_000, "{sent} bytes, deep: {deep}");
        assert!(files.server.seen().iter().all(|s| s.header("x-api-key").is_none()));
    }
}

#[test]
fn a_file_that_changes_meanwhile_is_an_error() {
    let tag: fn(usize, Reply) -> Reply = |n, reply| reply.header("ETag", if n == 0 { "\"1\"" } else { "\"2\"" });
    let date: fn(usize, Reply) -> Reply = |n, reply| {
        reply.header("Last-Modified", if n == 0 { "Wed, 21 Oct 2015 07:28:00 GMT" } else { "Thu, 22 Oct 2015 07:28:00 GMT" })
    };
    let whole: fn(usize, Reply) -> Reply = |n, reply| if n == 0 { reply } else { Reply::new(200, "another") };
    let gone: fn(usize, Reply) -> Reply = |n, reply| if n == 0 { reply } else { Reply::new(404, "") };
    let cut: fn(usize, Reply) -> Reply = |n, reply| if n == 0 { reply } else { reply.cut(9) };
    for dress in [tag, date, whole, gone, cut] {
        for command in ["extract", "check", "remove"] {
            let (files, folder) = (files(large(true), dress), Folder::new());
            let url = format!("{}/image.jpg", files.server.url());
            let run = folder.run([command, &url, "--retries", "0"]).expect(3);
            assert_eq!(run.json()["code"], "url_fetch_failed", "{command}");
            assert!(folder.files().is_empty());
        }
    }
}

#[test]
fn without_ranges_it_is_read_whole_and_bounded() {
    let folder = Folder::new();
    let mut photo = build::photo();
    photo.resize(300_000, 0);
    folder.write("image.jpg", &photo);
    let local = folder.run(["extract", "image.jpg", "--no-store"]).expect(0).json();
    let server = Server::always(Reply::new(200, photo));
    let url = format!("{}/image.jpg", server.url());
    assert_eq!(folder.run(["extract", &url, "--no-store"]).expect(0).json()["metadata"], local["metadata"]);
    assert_eq!(server.requests(), 1);
    let refused = folder.run(["extract", &url, "--max-size", "100K"]).expect(3).json();
    assert_eq!(refused["code"], "too_large");
    let ranged = files(large(false), |_, reply| reply);
    let refused = folder.run(["extract", &ranged.server.url(), "--max-size", "100K"]).expect(3).json();
    assert_eq!(refused["code"], "too_large");
    // An answer to a range that does not say which, of what, is no use; the whole file is asked for.
    let photo = build::photo();
    let odd = Server::new(move |_, seen| match seen.header("range") {
        Some(_) => Reply::new(206, "what?"),
        None => Reply::new(200, photo.clone()),
    });
    let answer = folder.run(["extract", &format!("{}/image.jpg", odd.url()), "--no-store"]).expect(0).json();
    assert_eq!(answer["metadata"]["exif"]["Make"], "Makers & Co");
    let empty = files(Vec::new(), |_, reply| reply);
    folder.run(["extract", &empty.server.url(), "--no-store"]).expect(0);
}

/// Other ranges than were asked for, honestly labelled, or none at all from those who take no range.
#[test]
fn other_ranges_than_were_asked_for() {
    let photo = large(true);
    let folder = Folder::new();
    folder.write("image.jpg", &photo);
    let local = folder.run(["extract", "image.jpg", "--no-store"]).expect(0).json();
    let bounds = |seen: &Seen| {
        let (first, last) = seen.header("range")?.strip_prefix("bytes=")?.split_once('-')?;
        Some((first.parse::<usize>().ok()?, last.parse::<usize>().ok()?))
    };
    let part = |bytes: &[u8], first: usize, last: usize| {
        let last = last.min(bytes.len() - 1);
        Reply::new(206, &bytes[first..=last]).header("Content-Range", &format!("bytes {first}-{last}/{}", bytes.len()))
    };
    type Manner = Box<dyn Fn(&[u8], Option<(usize, usize)>) -> Reply + Send + Sync>;
    let manners: [(&str, i32, Manner); 7] = [
        ("all of it", 0, Box::new(move |bytes, _| part(bytes, 0, usize::MAX))),
        ("less", 0, Box::new(move |bytes, range| range.map_or(Reply::new(500, ""), |(a, b)| part(bytes, a, b.min(a + 9_999))))),
        ("a byte", 3, Box::new(move |bytes, range| range.map_or(Reply::new(500, ""), |(a, _)| part(bytes, a, a)))),
        ("more", 0, Box::new(move |bytes, range| range.map_or(Reply::new(200, bytes), |(a, _)| part(bytes, a, a + 100_000)))),
        ("a bad request", 0, Box::new(move |bytes, range| Reply::new(if range.is_some() { 400 } else { 200 }, bytes))),
        ("not implemented", 0, Box::new(move |bytes, range| Reply::new(if range.is_some() { 501 } else { 200 }, bytes))),
        ("less than said", 3, Box::new(move |bytes, _| part(bytes, 0, usize::MAX).cut(99))),
    ];
    for (what, status, manner) in manners {
        let bytes = photo.clone();
        let server = Server::new(move |_, seen| manner(&bytes, bounds(seen)));
        let url = format!("{}/image.jpg", server.url());
        let run = folder.run(["extract", &url, "--no-store", "--retries", "0"]).expect(status);
        match status {
            0 => assert_eq!(run.json()["metadata"], local["metadata"], "{what}"),
            _ => assert_eq!(run.json()["code"], "url_fetch_failed", "{what}"),
        }
    }
}

/// What comes compressed though it was not asked for would be read as the file.
#[test]
fn a_compressed_form_is_not_the_file() {
    let (photo, folder) = (build::photo(), Folder::new());
    for status in [200, 206] {
        let server = Server::always(
            Reply::new(status, photo.clone())
                .header("Content-Encoding", "gzip")
                .header("Content-Range", &format!("bytes 0-{}/{}", photo.len() - 1, photo.len())),
        );
        let url = format!("{}/image.jpg", server.url());
        for command in ["extract", "check", "remove"] {
            let run = folder.run([command, &url, "--retries", "0"]).expect(3);
            assert_eq!(run.json()["code"], "url_fetch_failed");
            assert!(run.stderr.contains("gzip"), "{}", run.stderr);
        }
        assert!(server.seen().iter().all(|s| s.header("accept-encoding") == Some("identity")));
    }
    let identity = Server::always(Reply::new(200, photo.clone()).header("Content-Encoding", "Identity"));
    folder.run(["extract", &identity.url().replace("http", "HTTP"), "--no-store"]).expect(0);
    assert!(folder.files().is_empty());
}

#[test]
fn names_redirects_and_failures() {
    let folder = Folder::new();
    let photo = build::photo();
    let server = Server::new(move |_, seen| match seen.path.as_str() {
        "/a" => Reply::new(302, "").header("Location", "/b/c.jpg"),
        "/b/c.jpg" => Reply::new(200, photo.clone()),
        "/named" => Reply::new(200, photo.clone()).header("Content-Disposition", "attachment; filename=\"../given.jpg\""),
        "/file" => Reply::new(302, "").header("Location", "file:///etc/passwd"),
        _ => Reply::new(404, "a page that is not shown"),
    });
    let extract = |path: &str, status| folder.run(["extract", &format!("{}{path}", server.url())]).expect(status);
    let name = |path: &str| extract(path, 0).json()["fileName"].clone();
    assert_eq!((name("/a"), name("/b/c.jpg"), name("/named")), ("a".into(), "c.jpg".into(), "given.jpg".into()));
    for path in ["/file", "/missing"] {
        let run = extract(path, 3);
        assert_eq!(run.json()["code"], "url_fetch_failed");
        assert!(!run.stderr.contains("not shown"), "{}", run.stderr);
    }
    let rows = folder.run(["extract", &format!("{}/a", server.url()), &format!("{}/x", server.url())]).expect(3).rows();
    assert_eq!((rows[0]["success"].as_bool(), rows[1]["success"].as_bool()), (Some(true), Some(false)));
}

#[test]
fn removed_and_checked() {
    let folder = Folder::new();
    folder.write("image.jpg", &build::photo());
    folder.run(["remove", "image.jpg", "-o", "reference.jpg"]).expect(0);
    let server = Server::always(Reply::new(200, build::photo()));
    let url = format!("{}/x/far.jpg", server.url());
    folder.run(["remove", &url]).expect(0);
    assert_eq!(folder.read("far_cleaned.jpg"), folder.read("reference.jpg"));
    folder.run(["remove", &url, "-O", "out"]).expect(0);
    assert_eq!(folder.read("out/far.jpg"), folder.read("reference.jpg"));
    folder.run(["remove", &url]).expect(3);
    folder.run(["check", &url]).expect(1);
}
