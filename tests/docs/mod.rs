//! README.md and fuzz/ against the code: what they list is what there is.

use exifkit::format::FORMATS;
use std::path::{Path, PathBuf};

fn root(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(root(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The support table, a row per container.
fn formats() -> String {
    let mut table = String::from("| container | extensions | read | clean |\n|---|---|---|---|\n");
    for format in FORMATS {
        let clean = if format.plan.is_some() { "yes" } else { "not yet" };
        table += &format!("| {} | {} | yes | {clean} |\n", format.name, format.extensions.join(" "));
    }
    table
}

#[test]
fn support_table_is_current() {
    let readme = text("README.md");
    let (begin, end) = ("<!-- formats -->\n", "<!-- /formats -->");
    let (before, rest) = readme.split_once(begin).expect("the mark before the table");
    let (found, after) = rest.split_once(end).expect("the mark behind the table");
    if std::env::var_os("EXIFKIT_BLESS").is_some() {
        return std::fs::write(root("README.md"), format!("{before}{begin}{}{end}{after}", formats())).unwrap();
    }
    assert!(found == formats(), "README's table is not FORMATS: EXIFKIT_BLESS=1 cargo test support_table writes it anew");
}

/// Names that a section of a manifest defines.
fn section(manifest: &str, heading: &str) -> Vec<String> {
    let lines = manifest.lines().skip_while(|l| *l != heading).skip(1).take_while(|l| !l.starts_with('['));
    lines.filter_map(|l| l.split_once(" = ")).map(|(name, _)| name.trim().to_owned()).collect()
}

#[test]
fn every_dependency_has_its_reason() {
    let (readme, manifest) = (text("README.md"), text("Cargo.toml"));
    let table: Vec<&str> = readme.lines().filter(|l| l.starts_with("| `")).collect();
    for heading in ["[dependencies]", "[dev-dependencies]"] {
        let names = section(&manifest, heading);
        assert!(!names.is_empty(), "{heading}");
        for name in names {
            let marked = format!("`{name}`");
            assert!(table.iter().any(|row| row.contains(&marked)), "README has no reason for {name}");
        }
    }
}

#[test]
fn every_container_and_standard_is_fuzzed() {
    let targets: Vec<String> = std::fs::read_dir(root("fuzz/fuzz_targets"))
        .unwrap()
        .map(|e| e.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let manifest = text("fuzz/Cargo.toml");
    for target in &targets {
        assert!(manifest.contains(&format!("\"{target}\"")), "fuzz/Cargo.toml lacks {target}");
    }
    // A container is a row of FORMATS; a standard is an arm of decode::decode.
    let modules = |source: &str, before: &str, after: &str| -> Vec<String> {
        let body = source.split_once(before).unwrap().1.split_once("\n}").map_or("", |b| b.0).to_owned();
        let body = body.split_once("\n];").map_or(body.clone(), |b| b.0.to_owned());
        let words = body.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
        words.filter_map(|w| w.strip_suffix(after).map(str::to_owned)).collect()
    };
    let containers = modules(&text("src/format/mod.rs"), "FORMATS: &[&Format] = &[", "::FORMAT");
    let standards = modules(&text("src/decode/mod.rs"), "pub fn decode(kind: Kind", "::decode");
    assert!(containers.len() == FORMATS.len() && standards.len() > 5, "{containers:?} {standards:?}");
    let names = containers.iter().map(|c| format!("format_{c}")).chain(standards.iter().map(|s| format!("decode_{s}")));
    for name in names {
        assert!(targets.contains(&name), "fuzz/fuzz_targets has no {name}.rs");
    }
}
