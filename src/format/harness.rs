//! For tests: cleaning in memory, and the properties that hold for every format.

use super::{Depth, Piece, Selection, Walk, detect};
use crate::{
    engine::{local, removal},
    error::Result,
    input::Input,
};

/// The clean form of a file, and the places of what went.
pub fn clean(bytes: &[u8], selection: &Selection) -> Result<(Vec<u8>, Vec<String>)> {
    let input = Input::from_bytes(bytes.to_vec());
    let (format, file_type) = detect(&input).ok_or_else(crate::error::Error::truncated)?;
    let mut walk = Walk::new(Depth::Full, file_type);
    (format.walk)(&input, &mut walk)?;
    let plan = format.plan.ok_or_else(crate::error::Error::truncated)?(&input, &walk.parts, selection)?;
    let mut out = Vec::new();
    for piece in &plan.pieces {
        match piece {
            Piece::Copy(range) => input.copy(range.clone(), &mut out)?,
            Piece::Bytes(fresh) => out.extend_from_slice(fresh),
        }
    }
    let removed = plan.removed.iter().map(|&id| walk.parts[id].place.to_string()).collect();
    Ok((out, removed))
}

/// What cleaning says that it cannot keep.
pub fn warnings(bytes: &[u8], selection: &Selection) -> Vec<String> {
    let prepared = removal::prepare(&Input::from_bytes(bytes.to_vec()), selection).expect("the file can be cleaned");
    prepared.lost().iter().map(|w| format!("{}: {}", w.place, w.text)).collect()
}

/// The proof of a removal holds for this file.
pub fn removal_holds(bytes: &[u8], selection: &Selection) {
    let (out, _) = clean(bytes, selection).expect("the file can be cleaned");
    let prepared = removal::prepare(&Input::from_bytes(bytes.to_vec()), selection).expect("the file can be cleaned");
    prepared.verify(&Input::from_bytes(out)).expect("the output is proved");
}

/// Whatever the bytes are: nothing panics, and what can be cleaned is clean at once, with the same payload.
pub fn holds_for(bytes: &[u8]) {
    let input = Input::from_bytes(bytes.to_vec());
    let _ = local::extract(&input);
    let selection = Selection::default();
    let Ok((once, _)) = clean(bytes, &selection) else { return };
    let (twice, _) = clean(&once, &selection).expect("a clean file can be cleaned");
    assert!(once == twice, "cleaning is not idempotent");
    let payload = |input: &Input| detect(input).and_then(|(f, _)| f.payload).and_then(|p| p(input).ok());
    if let Some(before) = payload(&input) {
        assert_eq!(payload(&Input::from_bytes(once)), Some(before), "the payload is not the same");
    }
}

/// Tags as `Group:Name=value`, in file order, without those that say what the file is.
pub fn tags(bytes: &[u8]) -> Vec<String> {
    let extraction = local::extract(&Input::from_bytes(bytes.to_vec())).expect("memory can be read");
    let own = |t: &&crate::metadata::Tag| t.group.kind != "Composite" && !t.name.starts_with("FileType") && t.name != "MIMEType";
    extraction.metadata.tags.iter().filter(own).map(|t| format!("{}:{}={}", t.group.place, t.name, t.printed())).collect()
}
