//! `tests/samples`, and what the program says of them in `tests/golden`. `EXIFKIT_BLESS=1 cargo test samples` writes both anew: then read
//! the difference.

use crate::cli::Folder;
use std::path::Path;

#[test]
fn samples_are_what_the_builders_build() {
    for (name, built) in super::all() {
        hold(&Path::new("tests/samples").join(name), &built);
    }
}

#[test]
fn samples_are_read_as_they_were() {
    let folder = Folder::new();
    for (name, bytes) in super::all() {
        folder.write(name, &bytes);
        let args = ["extract", "--no-store", "--family", "1", "--format", "json", name];
        let answer = folder.run(args).expect(0).json();
        let mut text = serde_json::to_string_pretty(&answer).unwrap();
        text.push('\n');
        hold(&Path::new("tests/golden").join(name).with_added_extension("json"), text.as_bytes());
    }
}

/// The file of the repository is these bytes.
fn hold(name: &Path, bytes: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("EXIFKIT_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
    }
    let found = std::fs::read(&path).unwrap_or_default();
    let name = name.display();
    let line = found.split(|b| *b == b'\n').zip(bytes.split(|b| *b == b'\n')).position(|(a, b)| a != b).unwrap_or(0);
    assert!(found == bytes, "{name} differs from line {} on; EXIFKIT_BLESS=1 cargo test samples writes it anew", line + 1);
}
