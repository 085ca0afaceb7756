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

/// Custom functions since 2007: groups of records, each a number, a count and 32-bit values.
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

/// Creative filters: groups of records, like the custom functions, with values of any count.
pub(super) fn filters(reader: &Reader, entry: &Entry, table: &'static Table, sink: &mut Sink) {
    functions2(reader, entry, table, sink);
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
