//! The store behind `extract` and `get`.

use super::{Folder, golden, keys};
use crate::build;
use std::os::unix::fs::PermissionsExt;

#[test]
fn get_answers_what_extract_said() {
    let folder = Folder::new();
    folder.write("image.jpg", &build::photo());
    let extracted = folder.run(["extract", "image.jpg"]).expect(0).json();
    let uuid = extracted["uuid"].as_str().unwrap();
    let got = folder.run(["get", uuid]).expect(0).json();
    assert_eq!(keys(&got), keys(&golden("get.json")));
    assert_eq!(got["metadata"], extracted["metadata"]);
    assert_eq!(got["filename"], "image.jpg");
    assert_eq!(folder.path("store").metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn an_unknown_uuid_is_the_documented_404() {
    let folder = Folder::new();
    for uuid in ["123e4567-e89b-12d3-a456-426614174000", "no uuid"] {
        let answer = folder.run(["get", uuid]).expect(4).json();
        for (key, value) in golden("get_404.json").as_object().unwrap() {
            assert_eq!(&answer[key], value);
        }
    }
    assert!(!folder.path("store").exists(), "looking makes no store");
}

#[test]
fn what_is_stored_and_what_is_not() {
    let folder = Folder::new();
    folder.write("d/a.jpg", &build::photo());
    let uuids = |args: &[&str]| folder.run(args).expect(0).rows().iter().filter(|r| r.get("uuid").is_some()).count();
    assert_eq!(uuids(&["extract", "d"]), 0);
    assert_eq!(uuids(&["extract", "d/a.jpg", "--no-store"]), 0);
    assert!(!folder.path("store").exists());
    let output = folder.command(["extract", "d/a.jpg"]).env("EXIFKIT_NO_STORE", "1").output().unwrap();
    assert!(output.status.success() && !folder.path("store").exists());
    assert_eq!(uuids(&["extract", "d", "--store"]), 1);
    // What the command line says counts more than the variable.
    let output = folder.command(["extract", "d/a.jpg", "--store"]).env("EXIFKIT_NO_STORE", "1").output().unwrap();
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("\"uuid\""), "{output:?}");
    assert_eq!(uuids(&["extract", "d/a.jpg", "d/a.jpg"]), 2);
}

#[test]
fn a_store_that_cannot_be_written_only_warns() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::photo());
    folder.write("store", b"a file, not a folder");
    let run = folder.run(["extract", "a.jpg"]).expect(0);
    assert!(run.json().get("uuid").is_none());
    assert!(run.stderr.contains("not stored"), "{}", run.stderr);
}

#[test]
fn eight_processes_at_once_lose_nothing() {
    let folder = Folder::new();
    for i in 0..25 {
        folder.write(&format!("d/{i}.jpg"), &build::photo());
    }
    let children: Vec<_> = (0..8).map(|_| folder.command(["extract", "d", "--store", "-j2"]).spawn().unwrap()).collect();
    let mut uuids = Vec::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            uuids.push((row["uuid"].as_str().expect("a uuid").to_string(), row["metadata"].clone()));
        }
    }
    assert_eq!(uuids.len(), 200);
    for (uuid, metadata) in uuids.iter().step_by(9) {
        assert_eq!(&folder.run(["get", uuid]).expect(0).json()["metadata"], metadata);
    }
    let database = rusqlite::Connection::open(folder.path("store/results.sqlite3")).unwrap();
    let rows: i64 = database.query_row("SELECT count(*) FROM results", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 200);
}
