//! Damage: whatever a file holds, reading, checking and removing answer or fail; they never panic and never hang.

use exifkit::{engine::local, format::Selection, input::Input};
use std::time::{Duration, Instant};

/// Reads, plans, reports, writes and proves.
pub fn survive(bytes: &[u8], what: &str) {
    let began = Instant::now();
    let outcome = std::panic::catch_unwind(|| {
        if let Ok(found) = local::extract(&Input::from_bytes(bytes.to_vec())) {
            found.metadata.tags.iter().for_each(|tag| assert!(tag.printed().len().min(tag.value.to_string().len()) < 1 << 28));
        }
        let selection = Selection::default();
        let Ok(prepared) = super::prepare(bytes, &selection) else { return };
        drop((prepared.findings(), prepared.removed(), prepared.kept()));
        let Ok(once) = super::clean(bytes, &selection) else { return };
        assert_eq!(super::clean(&once, &selection).ok(), Some(once), "cleaning twice changes something");
    });
    assert!(outcome.is_ok(), "{what}");
    assert!(began.elapsed() < Duration::from_secs(20), "{what} took {:?}", began.elapsed());
}

#[test]
fn files_cut_short() {
    for (name, bytes) in super::all() {
        // Every length where headers are, and every few bytes behind.
        for length in (0..bytes.len()).filter(|n| *n < 64 || n % 23 == 0) {
            survive(&bytes[..length], &format!("{name} cut to {length} bytes"));
        }
    }
}

#[test]
fn files_with_flipped_bits() {
    for (name, bytes) in super::all() {
        for at in (0..bytes.len()).filter(|n| *n < 128 || n % 41 == 0) {
            for flip in [0x01, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] ^= flip;
                survive(&damaged, &format!("{name} with byte {at} flipped by {flip:#x}"));
            }
        }
    }
}

#[test]
fn numbers_of_the_largest_kind() {
    for (name, bytes) in super::all() {
        for at in (0..bytes.len().saturating_sub(4)).filter(|n| *n < 128 || n % 43 == 0) {
            for value in [0u32, 0x7fff_ffff, 0xffff_ffff] {
                let mut damaged = bytes.clone();
                damaged[at..at + 4].copy_from_slice(&value.to_be_bytes());
                survive(&damaged, &format!("{name} with {value:#x} at {at}"));
            }
        }
    }
}
