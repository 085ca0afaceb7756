//! What is sent.

use super::{EXTRACTED, Reply, Server};
use crate::{build, cli::Folder};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

#[test]
fn a_file_goes_as_multipart() {
    let folder = Folder::new();
    let mut large = build::photo();
    large.resize(1_000_003, 7);
    folder.write("ø \"x\".jpg", &large);
    let server = Server::always(Reply::json(EXTRACTED));
    folder.run(["extract", "ø \"x\".jpg", "--api-url", &server.url()]).expect(0);
    folder.run_with_stdin(&["extract", "-", "--stdin-name", "s.jpg", "--api-url", &server.url()], &large).expect(0);
    let seen = server.seen();
    assert_eq!((seen[0].method.as_str(), seen[0].path.as_str()), ("POST", "/api/v1/extract"));
    assert_eq!(seen[0].part(), ("ø %22x%22.jpg".into(), large.clone()));
    assert_eq!(seen[1].part(), ("s.jpg".into(), large));
}

/// Every service makes of such names what it thinks right; the user's file has the one that it has.
#[test]
fn names_that_do_not_travel() {
    let folder = Folder::new();
    for name in ["a\\b.jpg", "a\"b.jpg", "a%22b.jpg", " sp.jpg", "sp.jpg ", "a\tb.jpg", "a\nb.jpg"] {
        folder.write(name, &build::photo());
        let server = Server::always(Reply::json(EXTRACTED));
        let run = folder.run(["extract", name, "--api-url", &server.url()]).expect(0);
        let named = EXTRACTED.replace("\"image.jpg\"", &json!(name).to_string());
        assert_eq!(run.text(), format!("{named}\n"));
    }
}

#[test]
fn a_url_goes_as_json() {
    let server = Server::always(Reply::json(EXTRACTED));
    Folder::new().run(["extract", "https://example.com/image.jpg", "--api-url", &server.url()]).expect(0);
    let seen = server.seen();
    assert_eq!(seen[0].header("content-type"), Some("application/json"));
    assert_eq!(serde_json::from_slice::<Value>(&seen[0].body).unwrap(), json!({"url": "https://example.com/image.jpg"}));
}

#[test]
fn a_service_below_a_path() {
    let server = Server::always(Reply::json(EXTRACTED));
    let folder = Folder::new();
    folder.write("a.jpg", &build::photo());
    for (base, want) in [("/tools", "/tools/api/v1/extract"), ("/api/v1/extract", "/api/v1/extract"), ("/", "/api/v1/extract")] {
        folder.run(["extract", "a.jpg", "--api-url", &format!("{}{base}", server.url())]).expect(0);
        assert_eq!(server.seen().last().unwrap().path, want);
    }
}

#[test]
fn many_at_once_and_one_row_each_in_input_order() {
    let folder = Folder::new();
    let names: Vec<String> = (0..12).map(|i| format!("d/{i:02}.jpg")).collect();
    names.iter().for_each(|name| drop(folder.write(name, &build::photo())));
    folder.write("d/notes.txt", b"of no interest");
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let peak = Arc::clone(&most);
    let server = Server::new(move |_, seen| {
        let (name, _) = seen.part();
        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let number: u64 = name[..2].parse().unwrap();
        std::thread::sleep(Duration::from_millis(150 - 10 * number));
        now.fetch_sub(1, Ordering::SeqCst);
        match number {
            3 => Reply::new(400, r#"{"success":false,"error":"no","code":"damaged"}"#),
            _ => Reply::json(&format!(r#"{{"success":true,"fileName":"{name}","metadata":{{}}}}"#)),
        }
    });
    let rows = folder.run(["extract", "d", "missing.jpg", "--api-url", &server.url()]).expect(3).rows();
    let sources: Vec<&str> = rows.iter().map(|r| r["source"].as_str().unwrap()).collect();
    let want: Vec<&str> = names.iter().map(String::as_str).chain(["d/notes.txt", "missing.jpg"]).collect();
    assert_eq!(sources, want);
    assert_eq!(
        (&rows[3]["code"], &rows[12]["status"], &rows[13]["code"]),
        (&json!("damaged"), &json!("skipped"), &json!("not_found"))
    );
    assert_eq!(rows[4]["fileName"], "04.jpg");
    assert_eq!(server.requests(), 12, "what is of no interest is not sent");
    assert!(peak.load(Ordering::SeqCst) >= 2, "one after the other");
}

#[test]
fn the_gravest_failure_counts() {
    let folder = Folder::new();
    ["0.jpg", "1.jpg", "2.jpg"].iter().for_each(|name| drop(folder.write(name, &build::photo())));
    let server = Server::new(|_, seen| match seen.part().0.as_str() {
        "0.jpg" => Reply::new(403, r#"{"success":false,"error":"Not this file"}"#),
        "1.jpg" => Reply::new(400, r#"{"success":false,"error":"x"}"#),
        _ => Reply::new(500, r#"{"success":false,"error":"x"}"#),
    });
    folder.run(["extract", "0.jpg", "1.jpg", "--api-url", &server.url()]).expect(4);
    folder.run(["extract", "0.jpg", "1.jpg", "2.jpg", "--api-url", &server.url()]).expect(5);
}

#[test]
fn a_refused_key_is_not_offered_for_each_file() {
    let folder = Folder::new();
    let names: Vec<String> = (0..20).map(|i| format!("{i:02}.jpg")).collect();
    names.iter().for_each(|name| drop(folder.write(name, &build::photo())));
    let server = Server::always(Reply::new(401, r#"{"success":false,"error":"Invalid API key"}"#));
    for (command, asked) in [(&["extract"][..], 1), (&["remove", "--in-place"], 2)] {
        let url = server.url();
        let rows = folder.run([command, &[".", "-j1", "--api-url", &url]].concat()).expect(4).rows();
        assert_eq!(rows.len(), 20);
        assert!(rows.iter().all(|row| row["code"] == "invalid_key"), "{rows:?}");
        assert_eq!(rows[19]["error"], "Invalid API key (not asked again)");
        assert_eq!(server.requests(), asked);
    }
}

/// Into a connection that is about to close an upload would vanish, and nobody could say whether the work was done.
#[test]
fn connections_that_servers_close_take_no_upload_with_them() {
    let folder = Folder::new();
    (0..60).for_each(|i| drop(folder.write(&format!("{i:02}.jpg"), &build::photo())));
    for after in [0, 2] {
        let server = Server::always(Reply::json(EXTRACTED).fickle(Duration::from_millis(after)));
        let rows = folder.run(["extract", ".", "--api-url", &server.url()]).expect(0).rows();
        assert_eq!((rows.len(), server.requests()), (60, 60));
    }
}

#[test]
fn a_check_is_always_local() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::photo());
    let server = Server::always(Reply::json(EXTRACTED));
    let output = folder.command(["check", "a.jpg"]).env("EXIFKIT_API_URL", server.url()).output().unwrap();
    assert_eq!((output.status.code(), server.requests()), (Some(1), 0));
}

#[test]
fn a_progress_bar_for_one_upload_when_it_is_wanted() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::photo());
    let server = Server::always(Reply::json(EXTRACTED));
    let quiet = folder.run(["extract", "a.jpg", "--api-url", &server.url()]).expect(0);
    assert_eq!(quiet.stderr, "", "stderr is no terminal");
}
