//! `exifkit remove`.

use super::{Folder, golden, keys, signal};
use crate::build;
use rustix::process::Signal;
use serde_json::json;
use std::{
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    process::Stdio,
    time::{Duration, SystemTime},
};

#[test]
fn a_copy_beside_the_original() {
    let folder = Folder::new();
    let photo = build::photo();
    folder.write("image.jpg", &photo);
    let answer = folder.run(["remove", "image.jpg"]).expect(0).json();
    let sample = golden("remove.json");
    assert_eq!(keys(&answer)[..4], keys(&sample), "the documented fields first");
    let url = answer["downloadUrl"].as_str().unwrap();
    assert!(url.starts_with("file:///") && url.ends_with("/image_cleaned.jpg"), "{url}");
    assert_eq!((&answer["verified"], &answer["removed"][0]), (&json!(true), &json!("exif")));
    assert_eq!(folder.read("image.jpg"), photo);
    let cleaned = folder.read("image_cleaned.jpg");
    assert!(!contains(&cleaned, b"Makers & Co") && !contains(&cleaned, b"made by a test"));
    assert_eq!(folder.files(), ["image.jpg", "image_cleaned.jpg"]);

    let again = folder.run(["remove", "image.jpg"]).expect(3).json();
    assert_eq!(again["code"], "target_exists");
    folder.run(["remove", "image.jpg", "--force"]).expect(0);
    folder.run(["remove", "image_cleaned.jpg", "-o", "twice.jpg"]).expect(0);
    assert_eq!(folder.read("twice.jpg"), cleaned, "cleaning twice changes nothing");
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|w| w == needle)
}

#[test]
fn bytes_alone_on_stdout() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::photo());
    folder.run(["remove", "a.jpg", "-o", "b.jpg"]).expect(0);
    assert_eq!(folder.run(["remove", "a.jpg", "-o", "-"]).expect(0).stdout, folder.read("b.jpg"));
    assert_eq!(folder.run_with_stdin(&["remove", "-", "-o", "-"], &build::photo()).expect(0).stdout, folder.read("b.jpg"));
    let failed = folder.run(["remove", "missing.jpg", "-o", "-"]).expect(3);
    assert!(failed.stdout.is_empty() && failed.stderr.contains("missing.jpg"));
}

#[test]
fn a_tree_is_mirrored() {
    let folder = Folder::new();
    for name in ["p/a.jpg", "p/q/b.jpg", "../x/c.jpg"].map(|n| n.trim_start_matches("../")) {
        folder.write(name, &build::photo());
    }
    folder.write("p/notes.txt", b"text");
    let rows = folder.run(["remove", "p", "./x/c.jpg", "-O", "out"]).expect(0).rows();
    assert_eq!(rows.len(), 4);
    let absolute = folder.path("p/q");
    folder
        .run([absolute.as_os_str(), "-O".as_ref(), "out".as_ref()].iter().fold(vec!["remove".as_ref()], |mut v, a| {
            v.push(*a);
            v
        }))
        .expect(0);
    let files = folder.files();
    for name in ["out/p/a.jpg", "out/p/q/b.jpg", "out/x/c.jpg", "out/q/b.jpg"] {
        assert!(files.iter().any(|f| f == name), "{name}: {files:?}");
    }
    // The output directory inside the walked one is not walked.
    let before = folder.files().len();
    folder.run(["remove", ".", "-O", "out", "--force"]).expect(0);
    let inside: Vec<_> = folder.files().into_iter().filter(|f| f.starts_with("out/out")).collect();
    assert!(inside.is_empty() && folder.files().len() >= before, "{inside:?}");
    folder.run(["remove", "p"]).expect(2);
}

#[test]
fn two_inputs_with_one_target_write_nothing() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::photo());
    folder.write("d/a.jpg", &build::photo());
    symlink("a.jpg", folder.path("link.jpg")).unwrap();
    let absolute = folder.path("d/a.jpg").display().to_string();
    for args in [
        &["a.jpg", "./a.jpg"][..],
        &["a.jpg", "d/../a.jpg", "-O", "out"],
        &["a.jpg", &absolute, "-O", "out"],
        &["a.jpg", "link.jpg", "-i"],
    ] {
        let run = folder.run(["remove"].iter().chain(args)).expect(2);
        assert!(run.stderr.contains("would both be written to"), "{}", run.stderr);
    }
    assert_eq!(folder.files(), ["a.jpg", "d/a.jpg", "link.jpg"]);
}

#[test]
fn in_place() {
    let folder = Folder::new();
    let photo = build::photo();
    let path = folder.write("a.jpg", &photo);
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
    std::fs::hard_link(&path, folder.path("other.jpg")).unwrap();
    symlink("a.jpg", folder.path("link.jpg")).unwrap();
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();

    let run = folder.run(["remove", "-i", "--backup", ".orig", "--preserve-times", "link.jpg"]).expect(0);
    assert!(run.stderr.contains("hard links"), "{}", run.stderr);
    let meta = path.metadata().unwrap();
    assert_eq!((meta.mode() & 0o777, meta.modified().unwrap()), (0o640, old));
    assert!(folder.path("link.jpg").is_symlink(), "the link stays a link");
    assert_ne!(folder.read("a.jpg"), photo);
    assert_eq!((folder.read("a.jpg.orig"), folder.read("other.jpg")), (photo.clone(), photo));
    assert_eq!(folder.files(), ["a.jpg", "a.jpg.orig", "link.jpg", "other.jpg"]);

    // Nothing to remove: untouched.
    let inode = path.metadata().unwrap().ino();
    let again = folder.run(["remove", "-i", "a.jpg"]).expect(0).json();
    assert_eq!(again["removed"], json!([]));
    assert_eq!(path.metadata().unwrap().ino(), inode);
    // Once more: nothing to remove, so nothing to back up; and backups are no inputs.
    folder.run(["remove", "-i", "--backup", ".orig", "a.jpg"]).expect(0);
    let again = folder.run(["remove", "-i", "--backup", ".orig", ".", "-g", "a*"]).expect(0).rows();
    assert_eq!((again.len(), &again[0]["fileName"]), (1, &json!("a.jpg")));
    // The backup is not overwritten unasked.
    folder.write("a.jpg", &build::photo());
    let second = folder.run(["remove", "-i", "--backup", ".orig", "other.jpg", "a.jpg"]).expect(3).rows();
    assert_eq!(second[1]["code"], "target_exists");
}

#[test]
fn a_dry_run_writes_nothing() {
    let folder = Folder::new();
    folder.write("a.jpg", &build::photo());
    let answer = folder.run(["remove", "--dry-run", "a.jpg"]).expect(0).json();
    assert_eq!((&answer["status"], &answer["verified"]), (&json!("dry-run"), &json!(false)));
    assert!(answer.get("downloadUrl").is_none());
    assert_eq!(folder.files(), ["a.jpg"]);
}

#[test]
fn what_cannot_be_cleaned_is_no_copy() {
    let folder = Folder::new();
    folder.write("d/notes.txt", b"text");
    folder.write("d/cut.jpg", &build::photo()[..40]);
    assert_eq!(folder.run(["remove", "d/notes.txt"]).expect(3).json()["code"], "unknown_format");
    let rows = folder.run(["remove", "d", "-O", "out"]).rows();
    assert_eq!(rows[1]["status"], "skipped");
    assert!(!folder.path("out/d/notes.txt").exists());
    assert!(folder.files().iter().all(|f| !f.contains(".tmp")), "{:?}", folder.files());
}

/// Killed at any moment, a file is the old one or the new one.
#[test]
fn kill_leaves_the_old_file_or_the_new_one() {
    let folder = Folder::new();
    let mut photo = build::photo();
    // A trailer that goes: enough bytes for the process to be met at work.
    photo.resize(400_000, 0x55);
    folder.write("reference.jpg", &photo);
    folder.run(["remove", "reference.jpg", "-i"]).expect(0);
    let cleaned = folder.read("reference.jpg");
    for round in 0..25u64 {
        for i in 0..8 {
            folder.write(&format!("d/{i}.jpg"), &photo);
        }
        let mut child = folder.command(["remove", "-i", "d", "-j2"]).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(700 * round));
        let _ = child.kill();
        child.wait().unwrap();
        for i in 0..8 {
            let now = folder.read(&format!("d/{i}.jpg"));
            assert!(now == photo || now == cleaned, "round {round}: {} bytes", now.len());
        }
        std::fs::remove_dir_all(folder.path("d")).unwrap();
    }
}

/// Interrupted, it says so, and leaves no temporary file.
#[test]
fn an_interruption_leaves_nothing_behind() {
    let folder = Folder::new();
    for i in 0..300 {
        folder.write(&format!("d/{i}.jpg"), &build::photo());
    }
    let mut interrupted = false;
    for round in 1..8u64 {
        let child = folder.command(["remove", "d", "-O", "out", "--force"]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(15 * round));
        signal(child.id(), Signal::INT);
        let output = child.wait_with_output().unwrap();
        interrupted |= output.status.code() == Some(130);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'), "whole rows");
        assert!(folder.files().iter().all(|f| !f.contains(".tmp")));
    }
    assert!(interrupted, "no round met the process at work");
}
