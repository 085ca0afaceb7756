//! `exifkit extract`.

use super::{Folder, golden, keys};
use crate::build;
use serde_json::{Value, json};

/// Every value of the document's sample has a value of the same JSON type at the same place of ours, where ours has that place.
#[track_caller]
fn same_types(sample: &Value, ours: &Value, path: &str) {
    assert_eq!(std::mem::discriminant(sample), std::mem::discriminant(ours), "{path}: {sample} {ours}");
    for (key, value) in sample.as_object().into_iter().flatten() {
        if let Some(ours) = ours.get(key) {
            same_types(value, ours, &format!("{path}/{key}"));
        }
    }
}

#[test]
fn one_file_has_the_documented_shape() {
    let folder = Folder::new();
    let photo = build::photo();
    folder.write("image.jpg", &photo);
    let answer = folder.run(["extract", "image.jpg"]).expect(0).json();
    let sample = golden("extract.json");
    assert_eq!(keys(&answer), keys(&sample), "the documented fields in the documented order, and no others");
    same_types(&sample, &answer, "");
    assert_eq!(answer["status"], sample["status"]);
    assert_eq!(answer["fileName"], "image.jpg");
    let file = &answer["metadata"]["File"];
    assert_eq!(keys(file)[..3], keys(&sample["metadata"]["File"]));
    assert_eq!(file["Name"], "image.jpg");
    assert_eq!(file["Size"], json!(photo.len()));
    assert_eq!(file["Type"], "image/jpeg");
    let uuid: uuid::Uuid = answer["uuid"].as_str().unwrap().parse().unwrap();
    assert_eq!(uuid.get_version_num(), 4);
}

#[test]
fn the_command_line_decides_the_shape() {
    let folder = Folder::new();
    folder.write("dir/a.jpg", &build::photo());
    folder.write("list", b"dir/a.jpg\n");
    folder.write("empty", b"");
    let one = |args: &[&str]| folder.run(args.iter().chain(&["--no-store"])).expect(0);
    assert_eq!(keys(&one(&["extract", "dir/a.jpg"]).json()), ["success", "status", "fileName", "metadata"]);
    for args in [&["extract", "dir"][..], &["extract", "--files-from", "list"], &["extract", "dir/a.jpg", "--format", "jsonl"]] {
        let rows = one(args).rows();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0]["source"], "dir/a.jpg", "{args:?}");
    }
    assert_eq!(one(&["extract", "dir", "--format", "json"]).json().as_array().unwrap().len(), 1);
    assert_eq!(one(&["extract", "--files-from", "empty"]).text(), "", "an empty list is done");
    assert_eq!(one(&["extract", "--files-from", "empty", "--format", "json"]).json(), json!([]));
    let csv = one(&["extract", "dir", "--format", "csv"]).text();
    assert!(csv.starts_with("source,group,tag,value\ndir/a.jpg,File,Name,a.jpg\n"), "{csv}");
    assert!(one(&["extract", "dir", "--format", "table"]).text().starts_with("dir/a.jpg\n  File\n    Name "));
}

#[test]
fn failures_are_rows_and_statuses() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::photo());
    folder.write("dir/notes.txt", b"nothing of interest");
    let run = folder.run(["extract", "missing.jpg"]).expect(3);
    let row = run.json();
    assert_eq!(keys(&row), ["success", "error", "code", "fileName", "source"]);
    assert_eq!((&row["success"], &row["code"], &row["source"]), (&json!(false), &json!("not_found"), &json!("missing.jpg")));
    assert_eq!(run.stderr, "exifkit: missing.jpg: no such file\n");

    let rows = folder.run(["extract", "a.jpg", "missing.jpg", "dir", "a.jpg"]).expect(3).rows();
    assert_eq!(rows.iter().map(|r| r["success"].as_bool().unwrap()).collect::<Vec<_>>(), [true, false, true, true]);
    assert_eq!((&rows[2]["status"], &rows[2]["code"]), (&json!("skipped"), &json!("unknown_format")));

    folder.run(["extract", "a.jpg", "missing.jpg", "--exit-zero"]).expect(0);
    let unknown = folder.run(["extract", "dir/notes.txt"]).expect(0).json();
    assert_eq!(unknown["metadata"], json!({"File": {"Name": "notes.txt", "Size": 19, "Type": "application/octet-stream"}}));
    let large = folder.run(["extract", "a.jpg", "--max-size", "10"]).expect(3).json();
    assert_eq!(large["code"], "too_large");
}

#[test]
fn wrong_usage() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::photo());
    let cases: &[&[&str]] = &[
        &[],
        &["extract"],
        &["extract", "-", "-"],
        &["extract", "-", "--files-from", "-"],
        &["extract", "--files-from", "missing"],
        &["extract", "a.jpg", "--family", "2"],
        &["extract", "a.jpg", "--shard", "3/2"],
        &["extract", "a.jpg", "--glob", "["],
        &["extract", "a.jpg", "--api-url", "example.com"],
        &["extract", "a.jpg", "--api-url", "http://127.0.0.1:1", "--binary"],
        &["extract", "a.jpg", "--api-url", "http://127.0.0.1:1", "--key", ""],
        &["extract", "a.jpg", "--api-url", "http://127.0.0.1:1", "--key-file", "missing"],
        &["extract", "a.jpg", "--api-url", "http://127.0.0.1:1", "--ca-cert", "a.jpg"],
        &["remove", "https://example.com/image.jpg", "-i"],
        &["remove", "a.jpg", "a.jpg", "-o", "x"],
        &["remove", "a.jpg", "-i", "-O", "x"],
        &["remove", "a.jpg", "--keep", "everything"],
        &["remove", "-"],
        &["check", "a.jpg", "--fail-on", "nothing"],
    ];
    for args in cases {
        let run = folder.run(*args).expect(2);
        assert!(run.stdout.is_empty() && !run.stderr.is_empty(), "{args:?}");
    }
    assert_eq!(folder.files(), ["a.jpg"]);
}

#[test]
fn stdin_is_an_input_with_a_name() {
    let folder = Folder::new();
    let args = ["extract", "-", "--stdin-name", "image.jpg", "--no-store"];
    let answer = folder.run_with_stdin(&args, &build::photo()).expect(0).json();
    assert_eq!(answer["metadata"]["File"]["Name"], "image.jpg");
    assert_eq!(answer["metadata"]["File"]["Type"], "image/jpeg");
    let args = ["extract", "-", "--max-size", "100"];
    assert_eq!(folder.run_with_stdin(&args, &[0; 5000]).expect(3).json()["code"], "too_large");
}

#[test]
fn only_tags_that_match() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::photo());
    let answer = folder.run(["extract", "a.jpg", "--no-store", "-t", "file:type", "-t", "SIZE"]).expect(0).json();
    assert_eq!(keys(&answer["metadata"]["File"]), ["Size", "Type"]);
    assert_eq!(keys(&answer["metadata"]), ["File"]);
}
