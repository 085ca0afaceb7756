//! Maker notes that are text.

use super::super::Sink;
use crate::tags::{self, Table, format};

/// `VER:0100QTY:FINE`: names of three letters (JVC).
pub(super) fn jvc(block: &[u8], table: &'static Table, sink: &mut Sink) {
    let text = format::lossy(block);
    let mut rest = text.as_str();
    for _ in 0..64 {
        let Some((key, after)) = rest.split_once(':') else { return };
        let Some(name) = key.len().checked_sub(3).and_then(|at| key.get(at..)) else { return };
        let value = after.split_once(':').map_or(after, |(v, _)| v.len().checked_sub(3).and_then(|at| v.get(..at)).unwrap_or(v));
        tags::emit(table, name, value.trim_matches(['\0', ' ']).into(), &table.group, sink);
        rest = after.get(value.len()..).unwrap_or_default();
    }
}

/// `Rv0207;Sf6C84;Rg76;`: letters and a value (Ricoh).
pub(super) fn ricoh(block: &[u8], table: &'static Table, sink: &mut Sink) {
    let text = format::lossy(block);
    for word in text.split(';').take(256) {
        let at = word.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(word.len());
        let (name, value) = word.split_at(at);
        tags::emit(table, name, value.trim_end_matches('\0').into(), &table.group, sink);
    }
}

/// `[pictureInfo] Resolution=1 [Camera Info] Type=SR951` (Olympus).
pub(super) fn olympus(block: &[u8], table: &'static Table, sink: &mut Sink) {
    let text = format::lossy(block);
    for word in text.split(['\0', ' ', '\r', '\n']).take(1024) {
        if let Some((name, value)) = word.split_once('=') {
            tags::emit(table, name, value.into(), &table.group, sink);
        }
    }
}
