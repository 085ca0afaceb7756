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

/// Lines of `Camera body:  555ELD` (Kodak).
pub(super) fn kodak(block: &[u8], table: &'static Table, sink: &mut Sink) {
    let text = format::lossy(block);
    for line in text.split(['\0', '\r', '\n']).take(1024) {
        if let Some((name, value)) = line.split_once(':') {
            tags::emit(table, name.trim(), value.trim().into(), &table.group, sink);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Decode = fn(&[u8], &'static Table, &mut Sink);

    #[test]
    fn texts() {
        let cases: &[(Decode, &str, &[u8], &[(&str, &str)])] = &[
            (jvc, "JVC::Text", b"VER:0100QTY:FINE", &[("MakerNoteVersion", "0100"), ("Quality", "FINE")]),
            (jvc, "JVC::Text", b"VER:\xff::::x", &[]),
            (ricoh, "Ricoh::Text", b"Rv0207;Rg76;;Bg", &[("FirmwareVersion", "2.07"), ("RedGain", "76"), ("BlueGain", "")]),
            (olympus, "Olympus::TextInfo", b"[pictureInfo] Resolution=1 [x] =\0", &[("Resolution", "1")]),
            (kodak, "Kodak::TextualInfo", b"Camera body:  555ELD\nISO: 100\n:", &[("CameraBody", "555ELD"), ("ISO", "100")]),
        ];
        for (decode, table, block, want) in cases {
            let mut sink = Sink::default();
            decode(block, tags::table(table).unwrap(), &mut sink);
            for (name, value) in *want {
                let tag = sink.metadata.tags.iter().find(|t| t.name == *name);
                assert_eq!(tag.map(|t| t.value.to_string()).as_deref(), Some(*value), "{table} {name}");
            }
        }
    }
}
