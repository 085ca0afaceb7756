//! A marker in every text slot of every sample: none is left in a cleaned file, in whatever dress.

use crate::build::{Slots, samples};
use exifkit::format::Selection;
use flate2::read::ZlibDecoder;
use std::io::Read;

/// The file, its inflated streams, its GIF sub-blocks joined: all that a marker could hide in.
fn unfolded(bytes: &[u8]) -> Vec<u8> {
    let mut all = bytes.to_vec();
    for at in 0..bytes.len() {
        if bytes[at] == 0x78 && bytes.get(at + 1).is_some_and(|b| (0x7800 + u32::from(*b)) % 31 == 0) {
            let _ = ZlibDecoder::new(&bytes[at..]).take(1 << 20).read_to_end(&mut all);
        }
    }
    all
}

fn holds(haystack: &[u8], marker: &str) -> bool {
    let wide: Vec<u8> = marker.bytes().flat_map(|b| [b, 0]).collect();
    [marker.as_bytes(), &wide].iter().any(|m| memchr::memmem::find(haystack, m).is_some())
}

#[test]
fn no_marker_survives() {
    let mut slots = Slots::marked();
    let files = samples::all(&mut slots);
    let planted = slots.planted.unwrap();
    for (name, bytes) in files {
        let own: Vec<_> = planted.iter().filter(|(file, ..)| *file == name).collect();
        let before = unfolded(&bytes);
        for (_, slot, marker) in &own {
            assert!(holds(&before, marker), "{name}: {slot} was not planted");
        }
        for selection in [Selection::default(), Selection::strict(), Selection::none()] {
            // What cannot be cleaned yet is refused before anything is written.
            let Ok(cleaned) = super::clean(&bytes, &selection) else { continue };
            let after = unfolded(&cleaned);
            for (_, slot, marker) in &own {
                assert!(!holds(&after, marker), "{name}: {slot} is left with {:?}", selection.keep);
            }
        }
    }
}

#[test]
fn cleaned_formats() {
    let names: Vec<_> = super::cleanable().into_iter().map(|(name, _)| name).collect();
    for name in ["photo.jpg", "picture.png", "animation.gif", "picture.webp"] {
        assert!(names.contains(&name), "{name} is not cleaned: {names:?}");
    }
}
