//! What every target holds to: whatever the bytes are, nothing panics, nothing hangs, memory stays bounded; and what is cleaned is clean.

use exifkit::{
    decode::{Sink, decode},
    engine::{local, removal},
    format::{Depth, Format, Selection, Walk, detect},
    input::Input,
    part::Kind,
};
use std::io::Write;

/// Reads and cleans a file of that container; other containers are for their own targets.
pub fn container(format: &'static Format, bytes: &[u8]) {
    let input = Input::from_bytes(bytes.to_vec());
    let Some((found, file_type)) = detect(&input).filter(|(found, _)| found.name == format.name) else { return };
    let mut walk = Walk::new(Depth::Full, file_type);
    let _ = (found.walk)(&input, &mut walk);
    if let Ok(read) = local::extract(&input) {
        show(&read.metadata.tags);
    }
    let selection = Selection::default();
    let Ok(prepared) = removal::prepare(&input, &selection) else { return };
    let _ = prepared.findings();
    let mut file = tempfile::tempfile().expect("a temporary file");
    if prepared.write(&mut file).is_ok() && file.flush().is_ok() {
        let output = Input::from_file(file).expect("a temporary file");
        if prepared.verify(&output).is_ok() {
            let again = removal::prepare(&output, &selection).expect("what was proved can be read");
            assert!(again.is_clean(), "cleaning twice changes something");
        }
    }
}

/// Decodes a block of that standard, and prints what came of it.
pub fn standard(kind: Kind, bytes: &[u8]) {
    let mut sink = Sink::default();
    decode(kind, &Input::from_bytes(bytes.to_vec()), &mut sink);
    show(&sink.metadata.tags);
}

/// As [`standard`]; the first four bytes say which chunk (of a marker or label, the first).
pub fn chunk(kind: fn([u8; 4]) -> Kind, bytes: &[u8]) {
    if let Some((name, data)) = bytes.split_first_chunk() {
        standard(kind(*name), data);
    }
}

fn show(tags: &[exifkit::metadata::Tag]) {
    for tag in tags {
        let _ = (tag.printed().len(), tag.value.to_string());
    }
}
