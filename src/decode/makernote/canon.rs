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
/// Cameras put the values right behind the directory. Where they do not seem to be there, the note has been moved. Canon
/// closes its notes with a TIFF header that says where the note stood; without one, the values' own gap tells.
pub(super) fn shift(reader: &Reader, entry: &Entry) -> i64 {
    let Some((first, last)) = values(reader, entry) else { return 0 };
    let (start, end) = (signed(entry.at), signed(entry.at.saturating_add(entry.size)));
    let count = reader.block.bytes(entry.at, 2).ok().and_then(|b| reader.order.u16(&b, 0)).unwrap_or_default();
    let behind = start.saturating_add(2 + 12 * i64::from(count));
    let (first, last) = (first.saturating_add(reader.base), last.saturating_add(reader.base));
    // Some models leave a gap behind the directory.
    if matches!(first - behind, 0 | 4 | 6 | 16 | 28) {
        return 0;
    }
    if let Some(original) = footer(reader, entry) {
        return start.saturating_sub(reader.base).saturating_sub(original);
    }
    let moved = behind.saturating_add(4).saturating_sub(first);
    let inside = |by: i64| first.saturating_add(by) >= behind && last.saturating_add(by) <= end.saturating_add(1);
    if !inside(0) && inside(moved) { moved } else { 0 }
}

/// The offset of the note when the camera wrote it, as the note's last bytes say.
fn footer(reader: &Reader, entry: &Entry) -> Option<i64> {
    let footer = reader.block.bytes(entry.at.checked_add(entry.size.checked_sub(8)?)?, 8).ok()?;
    let order = match footer.get(..4)? {
        b"II*\0" => ByteOrder::Little,
        b"MM\0*" => ByteOrder::Big,
        _ => return None,
    };
    order.u32(&footer, 4).filter(|&n| n > 0 && order == reader.order).map(i64::from)
}

/// Where the values outside of the directory begin and end, as stored.
fn values(reader: &Reader, entry: &Entry) -> Option<(i64, i64)> {
    let count = reader.order.u16(&reader.block.bytes(entry.at, 2).ok()?, 0)?;
    let rows = reader.block.bytes(entry.at.checked_add(2)?, u64::from(count.min(512)) * 12).ok()?;
    let mut range: Option<(i64, i64)> = None;
    for row in rows.chunks_exact(12) {
        let unit = reader.order.u16(row, 2).and_then(Format::of_tiff).map_or(0, Format::size) as u64;
        let size = u64::from(reader.order.u32(row, 4)?).saturating_mul(unit);
        if size > 4 {
            let from = i64::from(reader.order.u32(row, 8)?);
            let (first, last) = range.unwrap_or((i64::MAX, 0));
            range = Some((first.min(from), last.max(from.saturating_add(signed(size)))));
        }
    }
    range
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
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
