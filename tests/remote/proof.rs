//! What comes back as the cleaned file is believed only as far as it can be proved on this machine.

use super::{
    Reply, Server, UUID,
    remove::{folder, service},
};
use crate::{
    build::{
        self, standards,
        tiff::{self, Field},
    },
    cli::{Folder, Run},
    files,
};
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A clean JPEG of a picture that is another one.
fn another() -> Vec<u8> {
    let mut jpeg = build::clean();
    // The last byte of the scan.
    let at = jpeg.len() - 3;
    jpeg[at] = 0x1f;
    jpeg
}

fn remove(download: Reply, args: &[&str]) -> (Folder, Run) {
    let (server, folder) = (service("/download-cleaned/x", download), folder());
    let run = folder.run([&["remove", "--retries", "0", "--api-url", &server.url()], args].concat());
    (folder, run)
}

#[test]
fn nothing_but_the_cleaned_file_takes_the_place_of_the_original() {
    let clean = build::clean();
    let comment = build::jpeg(&[(0xfe, b"where it was taken")]);
    let oriented = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let room = build::jpeg(&[(0xe1, &[&oriented[..], &b"where it was taken".repeat(50)].concat())]);
    let cases: &[(&str, Vec<u8>)] = &[
        ("three bytes", vec![0xff, 0xd8, 0xff]),
        ("half a file", clean[..clean.len() / 2].to_vec()),
        ("all but its end", clean[..clean.len() - 2].to_vec()),
        ("the original", build::photo()),
        ("half of the original", build::photo()[..60].to_vec()),
        ("another picture", another()),
        ("other metadata", comment),
        ("something in a block that stays", room),
        ("something behind it", [clean.as_slice(), b"a place to hide"].concat()),
        ("another type", files::all().iter().find(|f| f.0.ends_with(".png")).unwrap().1.clone()),
        ("no type", b"what is this?".to_vec()),
        ("a flood", [clean.as_slice(), &[0; 200_000]].concat()),
    ];
    for (what, bytes) in cases {
        for place in [&["image.jpg"][..], &["image.jpg", "-i"], &["image.jpg", "-o", "x.jpg"], &["image.jpg", "-o", "-"]] {
            let (folder, run) = remove(Reply::new(200, bytes.clone()), place);
            let run = run.expect(3);
            match place.last() {
                Some(&"-") => assert!(run.stdout.is_empty(), "{what}"),
                _ => assert_eq!(run.json()["code"], "verification_failed", "{what}: {}", run.stderr),
            }
            assert_eq!((folder.files(), folder.read("image.jpg")), (vec!["image.jpg".to_owned()], build::photo()), "{what}");
        }
    }
}

#[test]
fn every_type_is_compared() {
    for (name, bytes) in files::cleanable() {
        let folder = Folder::new();
        folder.write(name, &bytes);
        folder.run(["remove", name, "-o", "reference"]).expect(0);
        let clean = folder.read("reference");
        for (download, status) in [(clean.clone(), 0), (bytes.clone(), 3), (clean[..clean.len() - 5].to_vec(), 3)] {
            let server = service("/x", Reply::new(200, download));
            let run = folder.run(["remove", name, "--force", "-o", "o", "--api-url", &server.url()]).expect(status);
            if status == 0 {
                assert_eq!((&run.json()["verified"], folder.read("o")), (&true.into(), clean.clone()), "{name}");
            }
        }
    }
}

/// Another service need not write our bytes: a colour profile or an orientation more or less is its own affair.
#[test]
fn another_layout_will_do() {
    let tables = build::jpeg(&[(0xe0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0")]);
    for bytes in [build::clean(), tables] {
        let (folder, run) = remove(Reply::new(200, bytes.clone()), &["image.jpg", "-i"]);
        assert_eq!(run.expect(0).json()["verified"], true);
        assert_eq!(folder.read("image.jpg"), bytes);
    }
}

/// What was to stay, may; what was not, may not.
#[test]
fn what_is_kept_counts() {
    let oriented = build::jpeg(&[(0xe1, &[b"Exif\0\0", build::exif("Makers & Co", 6).as_slice()].concat())]);
    for (keep, status) in [("Make", 0), ("dates", 3)] {
        let download = Reply::new(200, oriented.clone());
        let options = format!(r#""options":{{"keep":["{keep}"]}}"#);
        let done = format!(r#"{{"success":true,"uuid":"{UUID}",{options}}}"#);
        let waits = format!(r#"{{"success":true,"status":"processing","uuid":"{UUID}"}}"#);
        // Some say it only when they are done.
        for first in [done.clone(), waits] {
            let (first, done, download) = (first, done.clone(), download.clone());
            let server = Server::new(move |_, seen| match (seen.method.as_str(), seen.path.contains("/extract/")) {
                ("POST", _) => Reply::json(&first),
                (_, true) => Reply::json(&done),
                _ => download.clone(),
            });
            folder().run(["remove", "image.jpg", "--keep", keep, "--api-url", &server.url()]).expect(status);
        }
    }
}

/// A TIFF image with nothing in it but how it is stored, and these.
fn page(more: &[(u16, Field)]) -> Vec<u8> {
    let mut page = vec![
        (0x100, Field::Long(vec![1])),
        (0x101, Field::Long(vec![1])),
        (0x102, Field::Short(vec![8])),
        (0x103, Field::Short(vec![1])),
        (0x106, Field::Short(vec![1])),
        (0x111, Field::Elsewhere(vec![0x80])),
        (0x117, Field::Long(vec![1])),
    ];
    page.extend_from_slice(more);
    tiff::block(&[page])
}

#[test]
fn what_cannot_be_cleaned_here_is_of_the_same_type_and_tells_nothing() {
    let all = files::all();
    let file = |name: &str| all.iter().find(|f| f.0 == name).unwrap().1.clone();
    let (pages, png, paper) = (file("pages.tif"), file("picture.png"), file("paper.pdf"));
    let claims = format!(r#"{{"success":true,"verified":true,"uuid":"{UUID}","downloadUrl":"/x"}}"#);
    let plain = page(&[]);
    let note = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:o="urn:o" o:note="x"/></rdf:RDF></x:xmpmeta>"#;
    for (original, download, status) in [
        (&pages, plain.clone(), 0),
        (&pages, page(&[(0x8773, Field::Undefined(standards::icc()))]), 0),
        (&pages, page(&[(0x132, Field::Ascii("0000:00:00 00:00:00".into()))]), 0),
        (&plain, plain.clone(), 0),
        (&pages, page(&[(0x13b, Field::Ascii("Jane Doe".into()))]), 3),
        (&pages, page(&[(0x8825, Field::Directory(vec![(0, Field::Byte(vec![2, 3, 0, 0]))]))]), 3),
        // Of no known meaning, but nothing that a picture needs.
        (&pages, page(&[(0x2bc, Field::Byte(note.as_bytes().to_vec()))]), 3),
        (&pages, page(&[(0x8769, Field::Directory(vec![(0x829a, Field::Rational(vec![(1, 60)]))]))]), 3),
        (&pages, page(&[(0x8769, Field::Directory(vec![(0xa001, Field::Short(vec![1]))]))]), 0),
        (&pages, pages.clone(), 3),
        (&paper, paper.clone(), 3),
        (&pages, png, 3),
        (&pages, b"text".to_vec(), 3),
    ] {
        let (claims, download) = (claims.clone(), Reply::new(200, download));
        let server = Server::new(move |_, seen| if seen.method == "POST" { Reply::json(&claims) } else { download.clone() });
        let folder = Folder::new();
        folder.write("file", original);
        let run = folder.run(["remove", "file", "--api-url", &server.url()]).expect(status);
        let row = run.json();
        match status {
            0 => {
                assert_eq!(row["verified"], false, "nobody has compared it");
                assert!(run.stderr.contains("could not be compared"), "{}", run.stderr);
            }
            _ => assert_eq!((row["code"].as_str(), folder.files().len()), (Some("verification_failed"), 1)),
        }
    }
    // What was asked for may stay.
    let author = page(&[(0x13b, Field::Ascii("Jane Doe".into()))]);
    for (keep, status) in [("copyright", 0), ("Artist", 0), ("title", 3)] {
        let author = author.clone();
        let server = Server::new(move |_, seen| match seen.method.as_str() {
            "POST" => Reply::json(&format!(r#"{{"success":true,"uuid":"{UUID}","options":["keep"]}}"#)),
            _ => Reply::new(200, author.clone()),
        });
        let folder = Folder::new();
        folder.write("pages.tif", &pages);
        folder.run(["remove", "pages.tif", "--keep", keep, "--api-url", &server.url()]).expect(status);
    }
    // What is of no type that is known here cannot be judged at all.
    let (server, folder) = (service("/x", Reply::new(200, "text")), Folder::new());
    folder.write("notes.txt", b"text");
    let row = folder.run(["remove", "notes.txt", "--api-url", &server.url()]).expect(3).json();
    assert_eq!((row["code"].as_str(), folder.files()), (Some("verification_failed"), vec!["notes.txt".to_owned()]));
}

#[test]
fn of_a_url_the_result_alone_is_looked_at() {
    let json = r#"{"success":false,"error":"expired"}"#;
    let kind = |bytes: &[u8], kind: &str| Reply::new(200, bytes).header("Content-Type", kind);
    let gzip = |bytes: &[u8]| Reply::new(200, bytes).header("Content-Encoding", "gzip");
    let clean = build::clean();
    for (download, status, code) in [
        (Reply::new(200, clean.clone()), 0, ""),
        // Not every server knows what it sends.
        (kind(&clean, "text/plain"), 0, ""),
        (kind(&clean, "text/html; charset=utf-8"), 0, ""),
        (Reply::new(200, clean.clone()).header("Content-Encoding", "identity"), 0, ""),
        (Reply::new(200, "who knows"), 3, "verification_failed"),
        (Reply::new(200, build::photo()), 3, "verification_failed"),
        (Reply::new(200, another()), 0, ""),
        (kind(json.as_bytes(), "application/json"), 5, "server_error"),
        (kind(b"<html>expired", "text/html"), 5, "server_error"),
        (kind(b"expired", "Text/Plain"), 5, "server_error"),
        (gzip(&gzipped(&clean)), 5, "server_error"),
        (gzip(&clean), 5, "server_error"),
    ] {
        let server = service("/x", download.clone());
        let folder = Folder::new();
        let args = ["remove", "https://example.com/a.jpg", "--retries", "0", "--api-url", &server.url()];
        let run = folder.run(args).expect(status);
        match status {
            0 => assert_eq!(folder.files(), ["a_cleaned.jpg"]),
            _ => {
                assert_eq!((&run.json()["code"], folder.files().len()), (&code.into(), 0), "{download:?}");
                let shows = !run.stderr.contains("server") || ["expired", "gzip"].iter().any(|t| run.stderr.contains(t));
                assert!(shows, "{}", run.stderr);
            }
        }
        assert!(server.seen().iter().all(|s| s.header("accept-encoding") == Some("identity")));
    }
}

#[test]
fn a_size_that_was_not_wanted() {
    let server = service("/x", Reply::new(200, [build::clean(), vec![0; 3000]].concat()));
    let folder = Folder::new();
    let args = ["remove", "https://example.com/a.jpg", "--max-size", "2K", "--api-url", &server.url()];
    assert_eq!(folder.run(args).expect(3).json()["code"], "too_large");
    assert!(folder.files().is_empty());
    for (size, status) in [("3000", 3), ("\"3000\"", 3), ("2000", 0), ("null", 0)] {
        let json = format!(r#"{{"success":true,"metadata":{{"File":{{"Size":{size}}}}}}}"#);
        let server = Server::always(Reply::json(&json));
        let args = ["extract", "https://example.com/a.jpg", "--max-size", "2K", "--api-url", &server.url()];
        folder.run(args).expect(status);
    }
}
