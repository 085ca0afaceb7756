//! The key goes to its own host, and nowhere else.

use super::{EXTRACTED, Reply, Server, UUID};
use crate::{
    build,
    cli::{Folder, Run},
};

const KEY: &str = "s3cret-of-the-user";

#[track_caller]
fn without_key(run: &Run) {
    for text in [run.text(), run.stderr.clone()] {
        assert!(!text.contains(KEY), "{text}");
    }
}

fn chattily(mut command: std::process::Command) -> Run {
    let output =
        command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full").env("SSLKEYLOGFILE", "/dev/stderr").output().unwrap();
    Run { status: output.status.code(), stdout: output.stdout, stderr: String::from_utf8_lossy(&output.stderr).into() }
}

#[test]
fn from_the_flag_the_file_or_the_environment() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::photo());
    folder.write("key", format!("{KEY}\nanother line\n").as_bytes());
    let server = Server::always(Reply::json(EXTRACTED));
    let url = server.url();
    let args = ["extract", "a.jpg", "--api-url", &url];
    folder.run(args.iter().chain(&["--key", KEY])).expect(0);
    folder.run(args.iter().chain(&["--key-file", "key"])).expect(0);
    let by_environment = folder.command(["extract", "a.jpg"]).env("EXIFKIT_API_URL", &url).env("EXIFKIT_KEY", KEY).output();
    assert!(by_environment.unwrap().status.success());
    let flag_first = folder.command(args.iter().chain(&["--key-file", "key"])).env("EXIFKIT_KEY", "other-key").output();
    assert!(flag_first.unwrap().status.success());
    folder.run(args).expect(0);
    let keys: Vec<_> = server.seen().iter().map(|s| s.header("x-api-key").map(str::to_owned)).collect();
    let key = Some(KEY.to_owned());
    assert_eq!(keys, [key.clone(), key.clone(), key.clone(), key, None]);
    assert!(server.seen().iter().all(|s| !s.path.contains(KEY)));
}

#[test]
fn in_no_output_whatever_the_service_says() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::photo());
    let json = format!(r#"{{"success":true,"fileName":"{KEY}","metadata":{{"exif":{{"Make":"{KEY}"}}}},"warnings":["{KEY}"]}}"#);
    let cases = [
        Reply::json(&json),
        Reply::new(401, format!(r#"{{"success":false,"error":"no such key: {KEY}"}}"#)),
        Reply::new(400, format!(r#"{{"success":false,"error":"x","detail":"{KEY}"}}"#)),
        Reply::new(503, format!("<html>{KEY}</html>")),
        Reply::new(200, format!("<html>{KEY}</html>")),
        Reply::new(302, "").header("Location", &format!("http://127.0.0.1:1/?key={KEY}")),
        Reply::hang_up(),
    ];
    for reply in cases {
        let url = Server::always(reply).url();
        for more in [&[][..], &["-v"], &["--format", "table"], &["--format", "csv"]] {
            without_key(&folder.run(["extract", "a.jpg", "--api-url", &url, "--key", KEY, "--retries", "0"].iter().chain(more)));
        }
        without_key(&folder.run(["remove", "a.jpg", "--api-url", &url, "--key", KEY, "--retries", "0"]));
        // Libraries that log at a word of the environment.
        let chatty = folder.command(["extract", "a.jpg", "-v", "--api-url", &url, "--key", KEY, "--retries", "0"]);
        without_key(&chattily(chatty));
        without_key(&folder.run(["get", UUID, "--api-url", &url, "--key", KEY, "--retries", "0"]));
    }
    // Wrong usage and help do not show it either.
    for args in [
        &["extract", "a.jpg", "--key", &format!("{KEY}\u{1}"), "--api-url", "http://127.0.0.1:1"][..],
        &["extract", "a.jpg", "--key", KEY, "--api-url", "nonsense"],
        &["extract", "a.jpg", "--api-url", &format!("http://u:{KEY}@127.0.0.1")],
        &["extract", "a.jpg", "--api-url", &format!("http://127.0.0.1/?key={KEY}")],
        &["extract", "a.jpg", "--key", KEY, "--key-file", "x"],
    ] {
        without_key(&folder.run(args).expect(2));
    }
    let help = folder.command(["extract", "--help"]).env("EXIFKIT_KEY", KEY).output().unwrap();
    assert!(!String::from_utf8_lossy(&help.stdout).contains(KEY));
}

/// The service may hand the key out again: it is acted on as it came, and printed without.
#[test]
fn acted_on_but_not_printed() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::photo());
    for (key, spelled) in [("s3cret+of/you", "s3cret%2Bof%2fyou"), ("s3cret+of/you", "s3cret+of/you"), ("hunter2", "hunter2")] {
        let server = Server::new(move |_, seen| match seen.method.as_str() {
            "POST" => Reply::json(&format!(r#"{{"success":true,"uuid":"{UUID}","downloadUrl":"/x?key={spelled}&y"}}"#)),
            _ if seen.path == format!("/x?key={spelled}&y") => Reply::new(200, build::clean()),
            _ => Reply::new(404, format!("no {spelled}")),
        });
        let run = folder.run(["remove", "a.jpg", "--force", "--api-url", &server.url(), "--key", key]).expect(0);
        assert_eq!(run.json()["downloadUrl"], "/x?key=[key]&y");
        assert_eq!(folder.read("a_cleaned.jpg"), build::clean());
    }
    // Cut in its middle, it would not be known any more.
    for status in [200, 404, 503] {
        for behind in 185..200 {
            let page = format!("{}{KEY}", "x".repeat(behind));
            let server = Server::new(move |_, seen| match seen.method.as_str() {
                "POST" if status != 200 => Reply::json(r#"{"success":true,"downloadUrl":"/x"}"#),
                _ => Reply::new(status, page.clone()),
            });
            let run = folder.run(["remove", "a.jpg", "--force", "--retries", "0", "--api-url", &server.url(), "--key", KEY]);
            assert!(!(run.text() + &run.stderr).contains("xs3"), "{}", run.stderr);
        }
    }
}

#[test]
fn kept_when_a_redirect_leads_to_tls_on_the_same_host() {
    let (safe, certificate) = Server::tls(|_, _| Reply::json(EXTRACTED));
    let target = format!("{}/safe", safe.url());
    let plain = Server::always(Reply::new(301, "").header("Location", &target));
    let folder = Folder::new();
    folder.write("ca.pem", certificate.as_bytes());
    folder.run(["get", UUID, "--api-url", &plain.url(), "--key", KEY, "--ca-cert", "ca.pem"]).expect(0);
    assert_eq!(safe.seen()[0].header("x-api-key"), Some(KEY));
    // Another name is another host, wherever it leads.
    let plain = Server::always(Reply::new(301, "").header("Location", &target));
    let named = plain.url().replace("127.0.0.1", "localhost");
    folder.run(["get", UUID, "--api-url", &named, "--key", KEY, "--ca-cert", "ca.pem"]).expect(0);
    assert_eq!(safe.seen()[1].header("x-api-key"), None);
}

#[test]
fn dropped_when_a_redirect_leads_elsewhere() {
    let elsewhere = Server::always(Reply::json(EXTRACTED));
    let target = format!("{}/moved", elsewhere.url());
    let home = Server::new(move |_, seen| match seen.path.as_str() {
        "/here" => Reply::new(307, "").header("Location", &target),
        _ => Reply::new(302, "").header("Location", "/here"),
    });
    Folder::new().run(["get", UUID, "--api-url", &home.url(), "--key", KEY]).expect(0);
    let keys: Vec<_> = home.seen().iter().map(|s| s.header("x-api-key").map(str::to_owned)).collect();
    assert_eq!(keys, [Some(KEY.to_owned()), Some(KEY.to_owned())], "its own host");
    let seen = elsewhere.seen();
    assert_eq!((seen[0].path.as_str(), seen[0].header("x-api-key")), ("/moved", None));
}

#[test]
fn redirects_end_and_uploads_follow_none() {
    let turning = Server::new(|_, _| Reply::new(302, "").header("Location", "/again"));
    Folder::new().run(["get", UUID, "--api-url", &turning.url(), "--retries", "0"]).expect(5);
    assert!(turning.requests() < 20);
    let elsewhere = Server::always(Reply::json(EXTRACTED));
    let target = elsewhere.url();
    for status in [301, 302, 303, 307, 308] {
        let home = Server::always(Reply::new(status, "").header("Location", &target));
        let folder = Folder::new();
        folder.write("a.jpg", &build::photo());
        let run = folder.run(["extract", "a.jpg", "--api-url", &home.url(), "--key", KEY]).expect(5);
        assert!(run.stderr.contains("redirects"), "{}", run.stderr);
        assert_eq!(home.requests(), 1);
    }
    assert_eq!(elsewhere.requests(), 0, "a photo goes nowhere but where the user sent it");
}
