//! Nikon: what its tables cannot say. The cipher of its blocks is the one that dcraw and others published: a key stream
//! seeded by the camera's serial number and the count of its shutter's releases.

use super::super::{
    Sink,
    ifd::{Directory, Entry, Reader},
};
use crate::{
    metadata::{Group, Priority, Value},
    tags::{self, ByteOrder, Context, Format, Sub, Table},
};

/// How many entries of settings are read at most.
const MAX_SETTINGS: usize = 2048;

/// Remembers what the key is made of: enciphered blocks may stand before it.
pub(super) fn keys(reader: &Reader, at: u64, sink: &mut Sink) {
    let Ok(directory) = reader.entries(at, &mut Sink::default()) else { return };
    for entry in &directory.entries {
        match entry.tag {
            0x001d => {
                let text = reader.value(entry).map(|v| v.to_string()).unwrap_or_default();
                sink.facts.serial_number = Some(text.trim().into());
            }
            0x00a7 => sink.facts.shutter_count = reader.numbers(entry).first().and_then(|&n| u32::try_from(n).ok()),
            _ => {}
        }
    }
}

/// Deciphers a block and decodes it with its table.
pub(super) fn enciphered(reader: &Reader, entry: &Entry, sub: &Sub, table: &'static Table, sink: &mut Sink) {
    let Ok(bytes) = reader.bytes(entry) else { return };
    let mut block = bytes.into_owned();
    let start = match table.name {
        name if name.starts_with("Nikon::ColorBalance") && name != "Nikon::ColorBalance0205" => 284,
        _ => 4,
    };
    match (serial(sink), sink.facts.shutter_count) {
        (Some(serial), Some(count)) => decipher(block.get_mut(start..).unwrap_or_default(), serial, count),
        // Without its key a block tells its version alone.
        _ => block.truncate(4),
    }
    let order = sub.order.or(table.order).unwrap_or(reader.order);
    tags::packed(table, &block, order, sink);
    for (_, at, target) in POINTERS.iter().filter(|p| p.0 == table.name) {
        let Some(offset) = order.u32(&block, *at).and_then(|n| usize::try_from(n).ok()).filter(|&n| n > 0) else { continue };
        if let (Some(inner), Some(target)) = (block.get(offset..).filter(|b| !b.is_empty()), tags::table(target)) {
            tags::packed(target, inner, order, sink);
        }
    }
}

/// Blocks inside enciphered blocks: where the offset of each stands.
static POINTERS: &[(&str, usize, &str)] = &[
    ("Nikon::ShotInfoD850", 0x10, "Nikon::MenuSettingsD850"),
    ("Nikon::ShotInfoD850", 0x4c, "Nikon::MoreSettingsD850"),
    ("Nikon::ShotInfoD850", 0x58, "NikonCustom::SettingsD850"),
    ("Nikon::ShotInfoD850", 0xa0, "Nikon::OrientationInfo"),
];

/// The serial number as the cipher takes it: what is no number counts by the model.
fn serial(sink: &Sink) -> Option<u32> {
    let text = sink.facts.serial_number.as_ref()?;
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // The last eight bits count alone.
        return text.parse::<u64>().ok().map(|n| n as u32);
    }
    Some(if sink.facts.model.contains("D50") { 0x22 } else { 0x60 })
}

/// Deciphers in place.
fn decipher(block: &mut [u8], serial: u32, count: u32) {
    let [_, _, _, low] = serial.to_be_bytes();
    let step = SERIAL[usize::from(low)];
    let mut key = COUNT[usize::from(count.to_be_bytes().iter().fold(0, |k, b| k ^ b))];
    let mut factor = 0x60u8;
    for byte in block {
        key = key.wrapping_add(step.wrapping_mul(factor));
        factor = factor.wrapping_add(1);
        *byte ^= key;
    }
}

/// Settings of cameras since 2017: a header of 24 bytes whose last four say how many records of 8 bytes follow (an id, a
/// byte, a TIFF type, a value).
pub(super) fn settings(reader: &Reader, entry: &Entry, table: &'static Table, sink: &mut Sink) {
    let Ok(block) = reader.bytes(entry) else { return };
    let order = reader.order;
    let Some(count) = order.u32(&block, 20).and_then(|n| usize::try_from(n).ok()) else { return };
    let records = block.get(24..).unwrap_or_default().chunks_exact(8).take(count.min(MAX_SETTINGS));
    for record in records {
        let (Some(id), Some(format)) = (order.u16(record, 0), format_of(record, order)) else { continue };
        let Some(value) = format.read(record.get(4..).unwrap_or_default(), 1, order) else { continue };
        emit(table, id, value, format, order, sink);
    }
}

fn format_of(record: &[u8], order: ByteOrder) -> Option<Format> {
    let kind = if order == ByteOrder::Little { record.get(3) } else { record.get(2).filter(|&&b| b != 0).or(record.get(3)) };
    Format::of_tiff(u16::from(*kind?)).filter(|f| f.size() <= 4)
}

/// The directory of a preview: where the image stands counts from the note in the file, and from the file's begin in the tag.
pub(super) fn preview(reader: &mut Reader, entry: &Entry, table: &'static Table, sink: &mut Sink) {
    let Some(at) = reader.numbers(entry).first().and_then(|n| n.checked_add_signed(reader.base)) else { return };
    let Some(directory) = reader.enter(at, &table.group, sink) else { return };
    for entry in directory.entries.iter().filter(|e| !matches!(e.tag, 0x0201 | 0x0202)) {
        reader.emit(entry, table, &table.group, Priority::Normal, sink);
    }
    image(reader, &directory, [0x0201, 0x0202], &table.group, sink);
}

/// The preview of a Minolta note, whose place and length are entries of the note itself.
pub(super) fn minolta_preview(reader: &Reader, at: u64, table: &'static Table, sink: &mut Sink) {
    if let Ok(directory) = reader.entries(at, &mut Sink::default()) {
        image(reader, &directory, [0x0088, 0x0089], &table.group, sink);
    }
}

/// Adds a preview by the entries that say its place and its length.
fn image(reader: &Reader, directory: &Directory, tags: [u16; 2], group: &Group, sink: &mut Sink) {
    let number = |tag| directory.entries.iter().find(|e| e.tag == tag).and_then(|e| reader.numbers(e).first().copied());
    let [start, length] = tags.map(number);
    let (Some(start), Some(length)) = (start.and_then(|n| n.checked_add_signed(reader.base)), length) else { return };
    sink.tag(group, "PreviewImageStart", start.saturating_add(reader.block.start()));
    sink.tag(group, "PreviewImageLength", length);
    if length > 0 && start.checked_add(length).is_some_and(|end| end <= reader.block.len()) {
        sink.tag(group, "PreviewImage", Value::Binary(reader.span(start, length)));
    }
}

/// A directory in the value itself: places of other directories.
pub(super) fn offsets(reader: &Reader, entry: &Entry, table: &'static Table, sink: &mut Sink) {
    let Ok(block) = reader.bytes(entry) else { return };
    let Some(order) = ByteOrder::of_mark(&block) else { return };
    let Some(count) = order.u16(&block, 6) else { return };
    for record in block.get(8..).unwrap_or_default().chunks_exact(12).take(usize::from(count).min(64)) {
        let (Some(id), Some(value)) = (order.u16(record, 0), order.u32(record, 8)) else { continue };
        emit(table, id, value.into(), Format::Int32u, order, sink);
    }
}

fn emit(table: &'static Table, id: u16, value: Value, format: Format, order: ByteOrder, sink: &mut Sink) {
    let context = Context { format: Some(format), order, size: format.size() as u64, ..Context::new(&sink.facts) };
    let Some(row) = table.row(id, &value, &context) else { return };
    if let Some(tag) = tags::tag_of(table, row, value, &table.group, &context) {
        sink.push(tag);
    }
}

#[rustfmt::skip]
const SERIAL: [u8; 256] = [
    0xc1, 0xbf, 0x6d, 0x0d, 0x59, 0xc5, 0x13, 0x9d, 0x83, 0x61, 0x6b, 0x4f, 0xc7, 0x7f, 0x3d, 0x3d,
    0x53, 0x59, 0xe3, 0xc7, 0xe9, 0x2f, 0x95, 0xa7, 0x95, 0x1f, 0xdf, 0x7f, 0x2b, 0x29, 0xc7, 0x0d,
    0xdf, 0x07, 0xef, 0x71, 0x89, 0x3d, 0x13, 0x3d, 0x3b, 0x13, 0xfb, 0x0d, 0x89, 0xc1, 0x65, 0x1f,
    0xb3, 0x0d, 0x6b, 0x29, 0xe3, 0xfb, 0xef, 0xa3, 0x6b, 0x47, 0x7f, 0x95, 0x35, 0xa7, 0x47, 0x4f,
    0xc7, 0xf1, 0x59, 0x95, 0x35, 0x11, 0x29, 0x61, 0xf1, 0x3d, 0xb3, 0x2b, 0x0d, 0x43, 0x89, 0xc1,
    0x9d, 0x9d, 0x89, 0x65, 0xf1, 0xe9, 0xdf, 0xbf, 0x3d, 0x7f, 0x53, 0x97, 0xe5, 0xe9, 0x95, 0x17,
    0x1d, 0x3d, 0x8b, 0xfb, 0xc7, 0xe3, 0x67, 0xa7, 0x07, 0xf1, 0x71, 0xa7, 0x53, 0xb5, 0x29, 0x89,
    0xe5, 0x2b, 0xa7, 0x17, 0x29, 0xe9, 0x4f, 0xc5, 0x65, 0x6d, 0x6b, 0xef, 0x0d, 0x89, 0x49, 0x2f,
    0xb3, 0x43, 0x53, 0x65, 0x1d, 0x49, 0xa3, 0x13, 0x89, 0x59, 0xef, 0x6b, 0xef, 0x65, 0x1d, 0x0b,
    0x59, 0x13, 0xe3, 0x4f, 0x9d, 0xb3, 0x29, 0x43, 0x2b, 0x07, 0x1d, 0x95, 0x59, 0x59, 0x47, 0xfb,
    0xe5, 0xe9, 0x61, 0x47, 0x2f, 0x35, 0x7f, 0x17, 0x7f, 0xef, 0x7f, 0x95, 0x95, 0x71, 0xd3, 0xa3,
    0x0b, 0x71, 0xa3, 0xad, 0x0b, 0x3b, 0xb5, 0xfb, 0xa3, 0xbf, 0x4f, 0x83, 0x1d, 0xad, 0xe9, 0x2f,
    0x71, 0x65, 0xa3, 0xe5, 0x07, 0x35, 0x3d, 0x0d, 0xb5, 0xe9, 0xe5, 0x47, 0x3b, 0x9d, 0xef, 0x35,
    0xa3, 0xbf, 0xb3, 0xdf, 0x53, 0xd3, 0x97, 0x53, 0x49, 0x71, 0x07, 0x35, 0x61, 0x71, 0x2f, 0x43,
    0x2f, 0x11, 0xdf, 0x17, 0x97, 0xfb, 0x95, 0x3b, 0x7f, 0x6b, 0xd3, 0x25, 0xbf, 0xad, 0xc7, 0xc5,
    0xc5, 0xb5, 0x8b, 0xef, 0x2f, 0xd3, 0x07, 0x6b, 0x25, 0x49, 0x95, 0x25, 0x49, 0x6d, 0x71, 0xc7,
];

#[rustfmt::skip]
const COUNT: [u8; 256] = [
    0xa7, 0xbc, 0xc9, 0xad, 0x91, 0xdf, 0x85, 0xe5, 0xd4, 0x78, 0xd5, 0x17, 0x46, 0x7c, 0x29, 0x4c,
    0x4d, 0x03, 0xe9, 0x25, 0x68, 0x11, 0x86, 0xb3, 0xbd, 0xf7, 0x6f, 0x61, 0x22, 0xa2, 0x26, 0x34,
    0x2a, 0xbe, 0x1e, 0x46, 0x14, 0x68, 0x9d, 0x44, 0x18, 0xc2, 0x40, 0xf4, 0x7e, 0x5f, 0x1b, 0xad,
    0x0b, 0x94, 0xb6, 0x67, 0xb4, 0x0b, 0xe1, 0xea, 0x95, 0x9c, 0x66, 0xdc, 0xe7, 0x5d, 0x6c, 0x05,
    0xda, 0xd5, 0xdf, 0x7a, 0xef, 0xf6, 0xdb, 0x1f, 0x82, 0x4c, 0xc0, 0x68, 0x47, 0xa1, 0xbd, 0xee,
    0x39, 0x50, 0x56, 0x4a, 0xdd, 0xdf, 0xa5, 0xf8, 0xc6, 0xda, 0xca, 0x90, 0xca, 0x01, 0x42, 0x9d,
    0x8b, 0x0c, 0x73, 0x43, 0x75, 0x05, 0x94, 0xde, 0x24, 0xb3, 0x80, 0x34, 0xe5, 0x2c, 0xdc, 0x9b,
    0x3f, 0xca, 0x33, 0x45, 0xd0, 0xdb, 0x5f, 0xf5, 0x52, 0xc3, 0x21, 0xda, 0xe2, 0x22, 0x72, 0x6b,
    0x3e, 0xd0, 0x5b, 0xa8, 0x87, 0x8c, 0x06, 0x5d, 0x0f, 0xdd, 0x09, 0x19, 0x93, 0xd0, 0xb9, 0xfc,
    0x8b, 0x0f, 0x84, 0x60, 0x33, 0x1c, 0x9b, 0x45, 0xf1, 0xf0, 0xa3, 0x94, 0x3a, 0x12, 0x77, 0x33,
    0x4d, 0x44, 0x78, 0x28, 0x3c, 0x9e, 0xfd, 0x65, 0x57, 0x16, 0x94, 0x6b, 0xfb, 0x59, 0xd0, 0xc8,
    0x22, 0x36, 0xdb, 0xd2, 0x63, 0x98, 0x43, 0xa1, 0x04, 0x87, 0x86, 0xf7, 0xa6, 0x26, 0xbb, 0xd6,
    0x59, 0x4d, 0xbf, 0x6a, 0x2e, 0xaa, 0x2b, 0xef, 0xe6, 0x78, 0xb6, 0x4e, 0xe0, 0x2f, 0xdc, 0x7c,
    0xbe, 0x57, 0x19, 0x32, 0x7e, 0x2a, 0xd0, 0xb8, 0xba, 0x29, 0x00, 0x3c, 0x52, 0x7d, 0xa8, 0x49,
    0x3b, 0x2d, 0xeb, 0x25, 0x49, 0xfa, 0xa3, 0xaa, 0x39, 0xa7, 0xc5, 0xa7, 0x50, 0x11, 0x36, 0xfb,
    0xc6, 0x67, 0x4a, 0xf5, 0xa5, 0x12, 0x65, 0x7e, 0xb0, 0xdf, 0xaf, 0x4e, 0xb3, 0x61, 0x7f, 0x2f,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deciphering_twice_gives_the_block_again() {
        let mut block: Vec<u8> = (0..=255).collect();
        decipher(&mut block, 6_024_170, 5598);
        assert_ne!(block[..4], [0, 1, 2, 3]);
        decipher(&mut block, 6_024_170, 5598);
        assert_eq!(block, (0..=255).collect::<Vec<u8>>());
    }

    #[test]
    fn serial_numbers_without_digits_count_by_the_model() {
        let mut sink = Sink::default();
        assert_eq!(serial(&sink), None);
        for (text, model, want) in [("2567806", "NIKON D90", 2_567_806), ("NO= 1", "NIKON D50", 0x22), ("", "NIKON D70", 0x60)] {
            sink.facts.serial_number = Some(text.into());
            sink.facts.model = model.into();
            assert_eq!(serial(&sink), Some(want), "{text}");
        }
    }
}
