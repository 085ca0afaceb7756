//! Real files, when they are beside the repository: none makes the reader panic.

use exifkit::{engine::local, input::Input};
use std::path::{Path, PathBuf};

/// The files, in order; `EXIFKIT_CORPUS` names another folder than `../shared/corpus/files`.
pub fn corpus() -> Option<Vec<PathBuf>> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/files");
    let folder = std::env::var_os("EXIFKIT_CORPUS").map_or_else(beside, PathBuf::from);
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("not tested: there is no {}", folder.display());
        return None;
    };
    let mut paths: Vec<_> = files.map(|f| f.unwrap().path()).collect();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths.sort();
    Some(paths)
}

#[test]
fn no_file_of_the_corpus_panics() {
    let Some(paths) = corpus() else { return };
    for path in paths {
        let outcome = std::panic::catch_unwind(|| {
            let found = local::extract(&Input::open(&path)?)?;
            found.metadata.tags.iter().for_each(|tag| assert!(tag.printed().len() < 1 << 28));
            exifkit::error::Result::Ok(())
        });
        assert!(outcome.is_ok(), "{}", path.display());
    }
}

/// Bytes of real files changed here and there, which reaches what the samples have none of: maker notes, odd trailers. The number in
/// `EXIFKIT_SEED` begins another sequence.
#[test]
fn damaged_corpus_files_are_survived() {
    let Some(paths) = corpus() else { return };
    let mut state: u64 = std::env::var("EXIFKIT_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let mut random = move |below: usize| {
        // xorshift64*: any sequence does.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below.max(1)
    };
    let mut failed = Vec::new();
    for path in paths {
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let reach = bytes.len().min(64 * 1024);
        for round in 0..8 {
            let mut damaged = bytes.clone();
            let changes: Vec<_> =
                (0..1 + random(6)).map(|_| (random(reach), [0, 1, 0x7f, 0x80, 0xff, random(256) as u8][random(6)])).collect();
            changes.iter().filter(|(at, _)| *at < reach).for_each(|(at, byte)| damaged[*at] = *byte);
            let outcome = std::panic::catch_unwind(|| super::hostile::survive(&damaged, ""));
            if outcome.is_err() {
                failed.push(format!("{} round {round}: {changes:?}", path.display()));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}
