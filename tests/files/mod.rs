//! What the library makes of the project's own files.

mod canary;
pub mod corpus;
mod golden;
mod hostile;
mod keep;
mod readers;

use crate::build::{Slots, samples};
use exifkit::{
    engine::{
        local,
        removal::{self, Prepared},
    },
    error::Result,
    format::Selection,
    input::Input,
};

/// Name and bytes of every file of `tests/samples`.
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    samples::all(&mut Slots::default())
}

/// Those that can be cleaned.
pub fn cleanable() -> Vec<(&'static str, Vec<u8>)> {
    all().into_iter().filter(|(_, bytes)| prepare(bytes, &Selection::default()).is_ok()).collect()
}

pub fn prepare(bytes: &[u8], selection: &Selection) -> Result<Prepared> {
    removal::prepare(&Input::from_bytes(bytes.to_vec()), selection)
}

/// The cleaned file, written and proved as the program does it.
pub fn clean(bytes: &[u8], selection: &Selection) -> Result<Vec<u8>> {
    let prepared = prepare(bytes, selection)?;
    let mut file = tempfile::tempfile()?;
    prepared.write(&mut file)?;
    let output = Input::from_file(file)?;
    prepared.verify(&output)?;
    let bytes = output.bytes(0, output.len())?.into_owned();
    Ok(bytes)
}

/// All tags as `Group:Name=value`, in file order.
pub fn tags(bytes: &[u8]) -> Vec<String> {
    let found = local::extract(&Input::from_bytes(bytes.to_vec())).expect("memory can be read");
    found.metadata.tags.iter().map(|t| format!("{}:{}={}", t.group.place, t.name, t.printed())).collect()
}
