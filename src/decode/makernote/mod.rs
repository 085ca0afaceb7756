//! Maker notes: whose they are, and where their offsets count from.

use super::{
    Sink,
    ifd::{Entry, Reader},
};
use crate::tags::{Sub, Table};

/// Decodes the maker note in `entry` of a directory that `reader` reads.
pub fn decode(reader: &mut Reader, entry: &Entry, sink: &mut Sink) {
    let _ = (reader, entry, sink);
}

/// Runs the decoder that a table names with `proc=`.
pub fn procedure(name: &str, reader: &mut Reader, entry: &Entry, sub: &Sub, table: &'static Table, sink: &mut Sink) {
    if name == "makernote" {
        return decode(reader, entry, sink);
    }
    let _ = (sub, table);
}
