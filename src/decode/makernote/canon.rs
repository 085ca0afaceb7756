//! Canon: what its tables cannot say (ExifTool tag name documentation, Canon and CanonCustom tags).

use super::super::{
    Sink,
    ifd::{Entry, Reader},
};
use crate::{
    metadata::Value,
    tags::{self, ByteOrder, Context, Format, Table},
};

/// How far the values of a note have moved since the camera wrote it. Canon closes a note with a TIFF header that says
/// at which offset it stood; a note that was moved without a change of its offsets still tells the truth there.
pub(super) fn shift(reader: &Reader, entry: &Entry) -> i64 {
    if values_follow(reader, entry) {
        return 0;
    }
    let Some(at) = entry.size.checked_sub(8) else { return 0 };
    let Ok(footer) = reader.block.bytes(entry.at + at, 8) else { return 0 };
    let order = match footer.get(..4) {
        Some(b"II*\0") => ByteOrder::Little,
        Some(b"MM\0*") => ByteOrder::Big,
        _ => return 0,
    };
    match order.u32(&footer, 4) {
        Some(original) if order == reader.order && original > 0 => {
            i64::try_from(entry.at).unwrap_or_default().saturating_sub(reader.base).saturating_sub(i64::from(original))
        }
        _ => 0,
    }
}

/// Do the note's values begin right behind its directory, where cameras put them?
fn values_follow(reader: &Reader, entry: &Entry) -> bool {
    let Ok(count) = reader.block.bytes(entry.at, 2) else { return true };
    let count = u64::from(reader.order.u16(&count, 0).unwrap_or_default()).min(512);
    let Ok(rows) = reader.block.bytes(entry.at + 2, count * 12) else { return true };
    let outside = rows.chunks_exact(12).filter(|row| {
        let size = Format::of_tiff(reader.order.u16(row, 2).unwrap_or_default()).map_or(0, Format::size) as u64;
        u64::from(reader.order.u32(row, 4).unwrap_or_default()).saturating_mul(size) > 4
    });
    let Some(first) = outside.filter_map(|row| reader.order.u32(row, 8)).min() else { return true };
    let Some(first) = u64::from(first).checked_add_signed(reader.base) else { return false };
    // Some models leave a gap behind the directory.
    let end = entry.at + 2 + count * 12;
    first.checked_sub(end).is_some_and(|gap| matches!(gap, 0 | 4 | 6 | 16 | 28))
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
