//! `exifkit check`.

use super::{Folder, keys};
use crate::build;
use serde_json::json;

#[test]
fn what_is_found_and_what_is_clean() {
    let folder = Folder::new();
    folder.write("found.jpg", &build::photo());
    folder.write("clean.jpg", &build::clean());
    let found = folder.run(["check", "found.jpg"]).expect(1).json();
    assert_eq!(keys(&found), ["success", "status", "fileName", "findings"]);
    assert_eq!(found["status"], "found");
    for finding in found["findings"].as_array().unwrap() {
        assert_eq!(keys(finding), ["class", "place", "name"], "no values unless they are asked for");
    }
    let clean = folder.run(["check", "clean.jpg"]).expect(0).json();
    assert_eq!((&clean["status"], &clean["findings"]), (&json!("clean"), &json!([])));
    let values = folder.run(["check", "found.jpg", "--show-values"]).expect(1).json();
    assert!(values["findings"][0].get("value").is_some());
    assert_eq!(folder.files(), ["clean.jpg", "found.jpg"], "nothing is written");
}

#[test]
fn a_source_tree_is_usable() {
    let folder = Folder::new();
    folder.write("src/main.rs", b"fn main() {}");
    folder.write("img/clean.jpg", &build::clean());
    let rows = folder.run(["check", "."]).expect(0).rows();
    let statuses: Vec<_> = rows.iter().map(|r| r["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["clean", "skipped"]);
    folder.run(["check", "src/main.rs"]).expect(3);
}

#[test]
fn annotations_and_classes() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::photo());
    folder.write("b.jpg", &build::clean());
    let run = folder.run(["check", "--format", "github", "a.jpg", "b.jpg"]).expect(1);
    assert!(run.text().starts_with("::error file=a.jpg,title=Metadata found::"), "{}", run.text());
    assert_eq!(run.text().lines().count(), 1);
    folder.run(["check", "a.jpg", "--fail-on", "gps"]).expect(0);
    folder.run(["check", "a.jpg", "--exit-zero"]).expect(0);
}
