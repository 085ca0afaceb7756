//! Canon: what its tables cannot say (ExifTool tag name documentation, Canon and CanonCustom tags).

use super::super::{
    Sink,
    ifd::{Entry, Reader},
};
use crate::{
    metadata::Value,
    tags::{self, ByteOrder, Context, Format, Table},
};

/// How far the values of a note have moved since the camera wrote it: added to their offsets.
///
/// Cameras put the values right behind the directory. Where they do not seem to be there, the note may have been moved;
/// Canon closes its notes with a TIFF header that says where the note stood.
pub(super) fn shift(reader: &Reader, entry: &Entry, order: ByteOrder) -> i64 {
    let Some((first, count)) = first_value(reader, entry, order) else { return 0 };
    let start = i64::try_from(entry.at).unwrap_or(i64::MAX).saturating_sub(reader.base);
    let behind = start.saturating_add(2 + 12 * count);
    // Some models leave a gap behind the directory.
    if matches!(first.saturating_sub(behind), 0 | 4 | 6 | 16 | 28) {
        return 0;
    }
    footer(reader, entry, order).map_or(0, |original| start.saturating_sub(original))
}

/// The offset of the note when the camera wrote it, as the note's last bytes say.
fn footer(reader: &Reader, entry: &Entry, order: ByteOrder) -> Option<i64> {
    let footer = reader.block.bytes(entry.at.checked_add(entry.size.checked_sub(8)?)?, 8).ok()?;
    let header = match order {
        ByteOrder::Little => b"II*\0",
        ByteOrder::Big => b"MM\0*",
    };
    order.u32(&footer, 4).filter(|&n| n > 0 && footer.starts_with(header)).map(i64::from)
}

/// Where the first value outside of the directory is, as stored, and the number of entries.
fn first_value(reader: &Reader, entry: &Entry, order: ByteOrder) -> Option<(i64, i64)> {
    let count = order.u16(&reader.block.bytes(entry.at, 2).ok()?, 0)?;
    let rows = reader.block.bytes(entry.at.checked_add(2)?, u64::from(count.min(512)) * 12).ok()?;
    let outside = rows.chunks_exact(12).filter(|row| {
        let unit = order.u16(row, 2).and_then(Format::of_tiff).map_or(0, Format::size) as u64;
        u64::from(order.u32(row, 4).unwrap_or_default()).saturating_mul(unit) > 4
    });
    let first = outside.filter_map(|row| order.u32(row, 8)).min()?;
    Some((i64::from(first), i64::from(count)))
}

/// The preview image, whose offset counts as the note's others do.
pub(super) fn preview(reader: &Reader, entry: &Entry, table: &'static Table, sink: &mut Sink) {
    let Ok(block) = reader.bytes(entry) else { return };
    tags::packed(table, &block, reader.order, sink);
    let number = |index: usize| reader.order.u32(&block, index * 4).map(u64::from);
    let (Some(length), Some(start)) = (number(2), number(5)) else { return };
    let start = start.saturating_add_signed(reader.base);
    sink.tag(&table.group, "PreviewImageStart", start.saturating_add(reader.block.start()));
    if length > 0 {
        sink.tag(&table.group, "PreviewImage", Value::Binary(reader.span(start, length)));
    }
}

/// Custom functions of the first cameras: 16-bit words, each a function's number and its value.
pub(super) fn functions(reader: &Reader, entry: &Entry, table: &'static Table, sink: &mut Sink) {
    let Ok(block) = reader.bytes(entry) else { return };
    let words = block.chunks_exact(2).filter_map(|w| reader.order.u16(w, 0));
    // The first word is the block's size; the D60 says two bytes less.
    let mut words = words.peekable();
    match words.next() {
        Some(size) if usize::from(size) == block.len() || usize::from(size) + 2 == block.len() => {}
        _ => return sink.warn("invalid custom functions"),
    }
    for word in words.take(256) {
        let (function, value) = (word >> 8, word & 0xff);
        tags::emit(table, function, Value::from(value), &table.group, sink);
    }
}

/// Custom functions since 2007, and creative filters: groups of records, each a number, a count and 32-bit values.
pub(super) fn functions2(reader: &Reader, entry: &Entry, table: &'static Table, sink: &mut Sink) {
    let Ok(block) = reader.bytes(entry) else { return };
    let order = reader.order;
    let long = |at: usize| order.u32(&block, at).and_then(|n| usize::try_from(n).ok());
    let (Some(size), Some(groups)) = (order.u16(&block, 0), long(4)) else { return };
    if usize::from(size) > block.len() {
        return sink.warn("invalid custom functions");
    }
    let mut at = 8usize;
    for _ in 0..groups.min(64) {
        let (Some(length), Some(records)) = (long(at + 4), long(at + 8)) else { return };
        let end = at.saturating_add(4).saturating_add(length).min(block.len());
        let mut record = at + 12;
        for _ in 0..records.min(1024) {
            let (Some(id), Some(count)) = (long(record), long(record + 4)) else { break };
            let Some(next) = count.checked_mul(4).and_then(|n| n.checked_add(record + 8)).filter(|&n| n <= end) else { break };
            emit(table, id, &block[record + 8..next], count, Format::Int32s, order, sink);
            record = next;
        }
        if end <= at {
            return;
        }
        at = end;
    }
}

fn emit(table: &'static Table, id: usize, bytes: &[u8], count: usize, format: Format, order: ByteOrder, sink: &mut Sink) {
    let (Ok(id), Some(value)) = (u32::try_from(id), format.read(bytes, count, order)) else { return };
    let context =
        Context { format: Some(format), count: count as u64, order, size: bytes.len() as u64, ..Context::new(&sink.facts) };
    let Some(row) = table.row(id, &value, &context) else { return };
    if let Some(tag) = tags::tag_of(table, row, value, &table.group, &context) {
        sink.push(tag);
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        decode::{
            Sink,
            ifd::{Entry, Reader},
            makernote,
        },
        input::Input,
        tags::{ByteOrder, Format},
    };
    use proptest::prelude::*;

    /// A little-endian directory at `at` whose values stand behind it.
    fn note(at: u32, entries: &[(u16, u16, Vec<u8>)]) -> Vec<u8> {
        let mut directory = (entries.len() as u16).to_le_bytes().to_vec();
        let mut values: Vec<u8> = Vec::new();
        let behind = at + 2 + 12 * entries.len() as u32 + 4;
        for (tag, format, bytes) in entries {
            let count = bytes.len() / Format::of_tiff(*format).unwrap().size();
            directory.extend(tag.to_le_bytes());
            directory.extend(format.to_le_bytes());
            directory.extend((count as u32).to_le_bytes());
            if bytes.len() > 4 {
                directory.extend((behind + values.len() as u32).to_le_bytes());
                values.extend(bytes);
            } else {
                directory.extend(bytes.iter().copied().chain(std::iter::repeat(0)).take(4));
            }
        }
        directory.extend([0; 4]);
        directory.extend(values);
        directory
    }

    /// Decodes `note`, which stands `at` bytes into a block.
    fn decode(model: &'static str, at: usize, note: &[u8]) -> Sink {
        let mut block = vec![0; at];
        block.extend(note);
        let size = note.len() as u64;
        let entry = Entry { tag: 0x927c, field_type: 7, format: Format::Undef, count: size, at: at as u64, size };
        let mut sink = Sink::default();
        sink.facts.make = "Canon".into();
        sink.facts.model = model.into();
        makernote::decode(&mut Reader::new(Input::from_bytes(block), ByteOrder::Little), &entry, &mut sink);
        sink
    }

    fn printed(sink: &Sink, name: &str) -> Option<String> {
        sink.metadata.get(name).map(|t| t.printed().into_owned())
    }

    fn shorts(values: &[u16]) -> Vec<u8> {
        values.iter().flat_map(|v| v.to_le_bytes()).collect()
    }

    fn longs(values: &[u32]) -> Vec<u8> {
        values.iter().flat_map(|v| v.to_le_bytes()).collect()
    }

    /// Camera settings of 30 words: lens 18–55 mm in units of 1/2 mm.
    fn settings() -> Vec<u8> {
        let mut words = [0u16; 30];
        (words[0], words[1], words[23], words[24], words[25]) = (60, 2, 110, 36, 2);
        (words[13], words[15]) = (0xffff, 0x7fff);
        shorts(&words)
    }

    #[test]
    fn blocks_are_decoded() {
        let custom = longs(&[48, 1, 1, 36, 2, 0x101, 1, 1, 0x70f, 2, 0, 5]);
        let entries = [(1, 3, settings()), (6, 2, b"Canon EOS 50D\0\0\0".to_vec()), (0x0c, 4, longs(&[42])), (0x99, 4, custom)];
        let sink = decode("Canon EOS 50D", 16, &note(16, &entries));
        for (name, want) in [
            ("MacroMode", Some("Normal")),
            ("MaxFocalLength", Some("55 mm")),
            ("MinFocalLength", Some("18 mm")),
            ("Contrast", Some("-1")),
            ("Sharpness", None),
            ("SerialNumber", Some("0000000042")),
            ("CanonImageType", Some("Canon EOS 50D")),
            ("ExposureLevelIncrements", Some("1/2 Stop")),
            ("MultiFunctionLock", Some("Off; Main dial, Multi-controller")),
        ] {
            assert_eq!(printed(&sink, name).as_deref(), want, "{name}");
        }
    }

    #[test]
    fn a_block_that_says_another_size_is_damaged() {
        let mut block = settings();
        block[0] = 7;
        let sink = decode("Canon EOS 50D", 0, &note(0, &[(1, 3, block)]));
        assert!(sink.metadata.tags.is_empty() && sink.metadata.warnings.len() == 1);
    }

    #[test]
    fn a_moved_note_tells_where_it_stood() {
        let mut bytes = note(1000, &[(1, 3, settings()), (6, 2, b"Canon EOS 50D\0\0\0".to_vec())]);
        bytes.extend(b"II*\0");
        bytes.extend(1000u32.to_le_bytes());
        let sink = decode("Canon EOS 50D", 24, &bytes);
        assert_eq!(printed(&sink, "CanonImageType").as_deref(), Some("Canon EOS 50D"));
    }

    #[test]
    fn firmwares_move_camera_blocks() {
        // An EOS 7D's block: with the version at 424 all behind the orientation stands four bytes before its place.
        for (version, size) in [(424usize, 487usize), (428, 491)] {
            let mut block = vec![0u8; 520];
            block[version..version + 6].copy_from_slice(b"1.0.4\0");
            block[size..size + 4].copy_from_slice(&99u32.to_le_bytes());
            let sink = decode("Canon EOS 7D", 0, &note(0, &[(0x0d, 7, block)]));
            assert_eq!(printed(&sink, "FirmwareVersion").as_deref(), Some("1.0.4"));
            assert_eq!(printed(&sink, "FileIndex").as_deref(), Some("100"), "{version}");
        }
        let sink = decode("Canon EOS 7D", 0, &note(0, &[(0x0d, 7, vec![0; 520])]));
        assert_eq!(printed(&sink, "FileIndex"), None);
    }

    proptest! {
        #[test]
        fn any_bytes(head in 0usize..64, tail in proptest::collection::vec(any::<u8>(), 0..600), model in 0usize..4) {
            let models = ["Canon EOS 7D", "Canon EOS-1D", "Canon EOS 20D", "Canon PowerShot G2"];
            decode(models[model], head, &tail);
        }

        #[test]
        fn any_blocks(blocks in proptest::collection::vec((0usize..60, proptest::collection::vec(any::<u8>(), 5..300)), 1..8)) {
            let tags = [1, 2, 4, 5, 0x0d, 0x0f, 0x11, 0x12, 0x24, 0x26, 0x35, 0x93, 0x99, 0x9a, 0xa0, 0xb6, 0x4001, 0x4013, 0x4015, 0x4024];
            let entries: Vec<_> = blocks
                .into_iter()
                .map(|(tag, mut bytes)| {
                    let size = bytes.len() as u16;
                    bytes[..2].copy_from_slice(&size.to_le_bytes());
                    (tags[tag % tags.len()], 7, bytes)
                })
                .collect();
            decode("Canon EOS 7D", 0, &note(0, &entries));
        }
    }
}
