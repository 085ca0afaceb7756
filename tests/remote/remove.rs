//! Cleaned by a service, put where they would have been put on this machine.

use super::{Reply, Server, UUID};
use crate::{
    build,
    cli::{Folder, signal},
    server::eventually,
};
use rustix::process::Signal;
use serde_json::json;
use std::{os::unix::fs::PermissionsExt, path::Path, process::Stdio, time::Duration};

/// A service whose answer has this `downloadUrl`, and whose downloads are `download`.
pub fn service(download_url: &str, download: Reply) -> Server {
    let url = download_url.to_owned();
    Server::new(move |_, seen| match seen.method.as_str() {
        "POST" => {
            let uuid = UUID;
            Reply::json(&format!(r#"{{"success":true,"status":"completed","uuid":"{uuid}","downloadUrl":"{url}"}}"#))
        }
        _ => download.clone(),
    })
}

fn cleaning() -> Server {
    service("/download-cleaned/x", Reply::new(200, build::clean()))
}

pub fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("image.jpg", &build::photo());
    folder
}

#[test]
fn where_local_mode_would_have_written() {
    let server = cleaning();
    let url = server.url();
    let folder = folder();
    folder.write("d/e/image.jpg", &build::photo());
    let answer = folder.run(["remove", "image.jpg", "--api-url", &url]).expect(0);
    let want =
        format!(r#"{{"success":true,"status":"completed","uuid":"{UUID}","downloadUrl":"/download-cleaned/x","verified":true}}"#);
    assert_eq!(answer.text(), format!("{want}\n"), "as it came, and what was done with it here");
    folder.run(["remove", "image.jpg", "--api-url", &url, "-o", "o.jpg"]).expect(0);
    let rows = folder.run(["remove", "d", "--api-url", &url, "-O", "out"]).expect(0).rows();
    assert_eq!(rows[0]["source"], "d/e/image.jpg");
    assert_eq!(folder.run(["remove", "image.jpg", "--api-url", &url, "-o", "-"]).expect(0).stdout, build::clean());
    folder.run_with_stdin(&["remove", "-", "-o", "s.jpg", "--api-url", &url], &build::photo()).expect(0);
    folder.run(["remove", "https://example.com/a%20b.jpg", "--api-url", &url]).expect(0);
    let names = ["a b_cleaned.jpg", "d/e/image.jpg", "image.jpg", "image_cleaned.jpg", "o.jpg", "out/d/e/image.jpg", "s.jpg"];
    assert_eq!(folder.files(), names);
    for name in ["a b_cleaned.jpg", "image_cleaned.jpg", "o.jpg", "out/d/e/image.jpg", "s.jpg"] {
        assert_eq!(folder.read(name), build::clean(), "{name}");
    }
    assert_eq!(folder.read("image.jpg"), build::photo());
    let csv = folder.run(["remove", "image.jpg", "--api-url", &url, "--force", "--format", "csv"]).expect(0).text();
    assert_eq!(csv, "source,status,target,removed,kept,error\nimage.jpg,completed,image_cleaned.jpg,,,\n");
}

/// What somebody else does to a file while it is away stays done.
#[test]
fn in_place_of_a_file_that_has_changed() {
    let edits: [fn(&Path); 3] = [
        |path| {
            // As editors save: another file, renamed.
            std::fs::write(path.with_extension("new"), b"edited").unwrap();
            std::fs::rename(path.with_extension("new"), path).unwrap();
        },
        |path| std::fs::write(path, b"written into").unwrap(),
        |path| std::fs::remove_file(path).unwrap(),
    ];
    for edit in edits {
        let folder = folder();
        let path = folder.path("image.jpg");
        let edited = path.clone();
        let server = Server::new(move |_, seen| match seen.method.as_str() {
            "POST" => {
                edit(&edited);
                Reply::json(&format!(r#"{{"success":true,"uuid":"{UUID}"}}"#))
            }
            _ => Reply::new(200, build::clean()),
        });
        let run = folder.run(["remove", "image.jpg", "--api-url", &server.url(), "-i", "--backup", ".orig"]).expect(3);
        assert!(run.stderr.contains("changed while it was cleaned"), "{}", run.stderr);
        let left = std::fs::read(&path).ok();
        assert!(left.is_none_or(|left| [&b"edited"[..], b"written into"].contains(&&*left)));
        assert_eq!(folder.files().iter().filter(|f| *f != "image.jpg").count(), 0);
    }
}

/// Whatever it waits for: it ends at once, and nothing is lost or left behind.
#[test]
fn an_interruption_at_any_moment() {
    let done = format!(r#"{{"success":true,"uuid":"{UUID}"}}"#);
    let hour = Duration::from_secs(3600);
    let cases = [
        ("POST", Reply::silent(hour), Reply::hang_up()),
        ("POST", Reply::new(503, "").header("Retry-After", "200"), Reply::hang_up()),
        ("GET", Reply::json(&done), Reply::silent(hour)),
    ];
    for (moment, post, get) in cases {
        let folder = folder();
        let server = Server::new(move |_, seen| if seen.method == "POST" { post.clone() } else { get.clone() });
        let mut command = folder.command(["remove", ".", "-i", "--backup", ".orig", "--api-url", &server.url()]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        eventually("it waits", || server.seen().iter().any(|seen| seen.method == moment));
        signal(child.id(), Signal::INT);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!((folder.files(), folder.read("image.jpg")), (vec!["image.jpg".to_owned()], build::photo()));
    }
}

#[test]
fn in_place_and_nothing_overwritten() {
    let server = cleaning();
    let url = server.url();
    let folder = folder();
    let path = folder.path("image.jpg");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
    folder.run(["remove", "image.jpg", "--api-url", &url, "-i", "--backup", ".orig"]).expect(0);
    assert_eq!((folder.read("image.jpg"), folder.read("image.jpg.orig")), (build::clean(), build::photo()));
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    // What comes back as it went is left untouched: no second backup is needed.
    let before = path.metadata().unwrap().modified().unwrap();
    folder.run(["remove", "image.jpg", "--api-url", &url, "-i"]).expect(0);
    assert_eq!(path.metadata().unwrap().modified().unwrap(), before);

    let requests = server.requests();
    folder.write("image_cleaned.jpg", b"mine");
    let row = folder.run(["remove", "image.jpg", "--api-url", &url]).expect(3).json();
    assert_eq!(row["code"], "target_exists");
    assert_eq!((folder.read("image_cleaned.jpg"), server.requests()), (b"mine".to_vec(), requests), "known before it is sent");
    let row = folder.run(["remove", "image.jpg", "--api-url", &url, "-o", "none/x.jpg"]).expect(3).json();
    assert_eq!(
        (row["error"].as_str(), server.requests()),
        (Some("none cannot be written: No such file or directory (os error 2)"), requests)
    );
}

#[test]
fn what_is_not_the_cleaned_file_is_not_written() {
    let cases = [
        (Reply::new(200, build::clean()).cut(50), 5, "network"),
        (Reply::new(200, ""), 5, "server_error"),
        (Reply::new(200, "<html>").header("Content-Type", "text/html; charset=utf-8"), 5, "server_error"),
        (Reply::new(200, "<html>").header("Content-Type", "image/jpeg"), 3, "verification_failed"),
        (Reply::new(404, r#"{"success":false}"#), 3, "not_found"),
        (Reply::new(500, "x"), 5, "server_error"),
        (Reply::new(503, "x"), 5, "server_error"),
    ];
    for (download, status, code) in cases {
        let (server, folder) = (service("/download-cleaned/x", download.clone()), folder());
        for more in [&[][..], &["-i"], &["-o", "x.jpg"]] {
            let args = ["remove", "image.jpg", "--retries", "0", "--api-url", &server.url()];
            let row = folder.run(args.iter().chain(more)).expect(status).json();
            assert_eq!(row["code"], code, "{download:?}");
            assert_eq!((folder.files(), folder.read("image.jpg")), (vec!["image.jpg".into()], build::photo()), "{download:?}");
        }
    }
}

#[test]
fn a_download_is_tried_again_from_its_beginning() {
    let server = Server::new(|n, seen| match (seen.method.as_str(), n) {
        ("POST", _) => Reply::json(&format!(r#"{{"success":true,"uuid":"{UUID}"}}"#)),
        (_, 1) => Reply::new(503, "busy").header("Retry-After", "0"),
        (_, 2) => Reply::new(200, build::clean()).cut(70),
        _ => Reply::new(200, build::clean()),
    });
    let folder = folder();
    folder.run(["remove", "image.jpg", "--api-url", &server.url()]).expect(0);
    assert_eq!(folder.read("image_cleaned.jpg"), build::clean());
    let paths: Vec<String> = server.seen().iter().map(|s| s.path.clone()).collect();
    let download = format!("/download-cleaned/{UUID}");
    assert_eq!(paths, ["/api/v1/remove", &download, &download, &download], "the documented place when none is given");
}

#[test]
fn the_download_may_be_anywhere_the_key_goes_nowhere() {
    let elsewhere = Server::always(Reply::new(200, build::clean()));
    let far = format!("{}/far", elsewhere.url());
    let redirecting = Reply::new(302, "").header("Location", &far);
    for (url, download) in [
        ("download-cleaned/x", Reply::new(200, build::clean())),
        ("/download-cleaned/x", Reply::new(200, build::clean())),
        (far.as_str(), Reply::new(200, "")),
        ("/download-cleaned/x", redirecting),
    ] {
        let (server, folder) = (service(url, download), folder());
        folder.run(["remove", "image.jpg", "--api-url", &server.url(), "--key", "s3cret-key"]).expect(0);
        assert_eq!(folder.read("image_cleaned.jpg"), build::clean(), "{url}");
        let seen = server.seen();
        assert_eq!(seen[0].header("x-api-key"), Some("s3cret-key"));
        assert!(seen[1..].iter().all(|s| s.header("x-api-key").is_none() && s.path == "/download-cleaned/x"));
    }
    let seen = elsewhere.seen();
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|s| s.path == "/far" && s.header("x-api-key").is_none()), "{seen:?}");
    for url in ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://"] {
        let folder = folder();
        folder.run(["remove", "image.jpg", "--api-url", &service(url, Reply::new(200, "")).url()]).expect(5);
        assert_eq!(folder.files(), ["image.jpg"]);
    }
}

/// A relative address begins where the service does; it may come with the last answer only.
#[test]
fn a_service_below_a_path() {
    for (given, asked) in
        [("download-cleaned/x", "/tools/exif/download-cleaned/x"), ("/download-cleaned/x", "/download-cleaned/x")]
    {
        let done = format!(r#"{{"success":true,"status":"completed","downloadUrl":"{given}"}}"#);
        let server = Server::new(move |_, seen| match (seen.method.as_str(), seen.path.contains("/extract/")) {
            ("POST", _) => Reply::json(&format!(r#"{{"success":true,"status":"queued","uuid":"{UUID}"}}"#)),
            (_, true) => Reply::json(&done),
            _ => Reply::new(200, build::clean()),
        });
        let folder = folder();
        folder.run(["remove", "image.jpg", "--api-url", &format!("{}/tools/exif", server.url())]).expect(0);
        let paths: Vec<String> = server.seen().iter().map(|seen| seen.path.clone()).collect();
        assert_eq!(paths, ["/tools/exif/api/v1/remove", &format!("/tools/exif/api/v1/extract/{UUID}"), asked]);
        assert_eq!(folder.read("image_cleaned.jpg"), build::clean());
    }
}

#[test]
fn options_that_the_service_does_not_name_are_a_failure() {
    let (server, folder) = (cleaning(), folder());
    for (more, named) in [(&["--keep", "copyright,dates"][..], "--keep"), (&["--preset", "strict"], "--preset")] {
        let run = folder.run(["remove", "image.jpg", "--api-url", &server.url()].iter().chain(more)).expect(3);
        assert!(run.stderr.contains(named), "{}", run.stderr);
        assert_eq!(folder.files(), ["image.jpg"], "the file would not be what was asked for");
    }
    let paths: Vec<String> = server.seen().iter().map(|s| s.path.clone()).collect();
    assert_eq!(paths, ["/api/v1/remove?keep=copyright%2Cdates", "/api/v1/remove?preset=strict"]);
    let knowing = Server::new(|_, seen| match seen.method.as_str() {
        "POST" => Reply::json(&format!(r#"{{"success":true,"uuid":"{UUID}","options":{{"keep":["dates"],"preset":"strict"}}}}"#)),
        _ => Reply::new(200, build::clean()),
    });
    folder.run(["remove", "image.jpg", "--api-url", &knowing.url(), "--keep", "dates", "--preset", "strict"]).expect(0);
}

#[test]
fn a_dry_run_fetches_nothing() {
    let (server, folder) = (cleaning(), folder());
    let answer = folder.run(["remove", "image.jpg", "--dry-run", "--api-url", &server.url()]).expect(0).json();
    assert_eq!((&answer["status"], answer.get("downloadUrl")), (&json!("dry-run"), None));
    assert_eq!((folder.files(), server.requests()), (vec!["image.jpg".to_owned()], 1));
}
