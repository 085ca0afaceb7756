//! Apple: values that are binary property lists (Apple, CFBinaryPList).

use super::super::Sink;
use crate::{
    metadata::Value,
    tags::{self, Table},
};
use std::cell::Cell;

/// Members of a dictionary, at most so many.
const MAX_MEMBERS: usize = 256;
/// Collections inside collections, at most so deep.
const MAX_DEPTH: u8 = 8;
/// Bytes of all texts of a list.
const MAX_TEXT: usize = 64 * 1024;

/// Adds the members of the dictionary that a table knows; a table of one row without a name takes the whole.
pub(super) fn plist(block: &[u8], table: &'static Table, sink: &mut Sink) {
    let Some(list) = List::open(block) else { return sink.warn("invalid property list") };
    let Some(members) = list.members(list.top) else { return };
    if table.knows("") {
        if let Some(text) = list.text(list.top, 0) {
            tags::emit(table, "", text.into(), &table.group, sink);
        }
        return;
    }
    for (key, value) in members {
        let (Some(key), Some(value)) = (list.text(key, 0), list.value(value)) else { continue };
        tags::emit(table, key.as_str(), value, &table.group, sink);
    }
}

/// A property list: its bytes and what its trailer says.
struct List<'a> {
    bytes: &'a [u8],
    offset_size: usize,
    reference_size: usize,
    objects: u64,
    top: u64,
    offsets: usize,
    /// Bytes of text that may still be made: a text can stand in many collections.
    room: Cell<usize>,
}

impl<'a> List<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        if !bytes.starts_with(b"bplist00") {
            return None;
        }
        let trailer = bytes.get(bytes.len().checked_sub(32)?..)?;
        let number = |at: usize| unsigned(trailer.get(at..at + 8)?);
        Some(List {
            bytes,
            offset_size: usize::from(*trailer.get(6)?),
            reference_size: usize::from(*trailer.get(7)?),
            objects: number(8)?,
            top: number(16)?,
            offsets: usize::try_from(number(24)?).ok()?,
            room: Cell::new(MAX_TEXT),
        })
    }

    /// The object of that number: its marker's type, and its length and data.
    fn object(&self, number: u64) -> Option<(u8, usize, &'a [u8])> {
        if number >= self.objects || !(1..=8).contains(&self.offset_size) || !(1..=8).contains(&self.reference_size) {
            return None;
        }
        let at = usize::try_from(number).ok()?.checked_mul(self.offset_size)?.checked_add(self.offsets)?;
        let at = usize::try_from(unsigned(self.bytes.get(at..at.checked_add(self.offset_size)?)?)?).ok()?;
        let (marker, data) = self.bytes.get(at..)?.split_first()?;
        let (kind, low) = (marker >> 4, usize::from(marker & 0x0f));
        if low != 15 || matches!(kind, 0..=3) {
            return Some((kind, low, data));
        }
        // The length is an integer object of its own.
        let (marker, data) = data.split_first()?;
        let size = 1usize.checked_shl(u32::from(marker & 0x0f)).filter(|&s| marker >> 4 == 1 && s <= 8)?;
        Some((kind, usize::try_from(unsigned(data.get(..size)?)?).ok()?, data.get(size..)?))
    }

    fn members(&self, number: u64) -> Option<Vec<(u64, u64)>> {
        let (13, count, data) = self.object(number)? else { return None };
        let count = count.min(MAX_MEMBERS);
        let width = self.reference_size;
        let reference = |i: usize| unsigned(data.get(i * width..(i + 1) * width)?);
        (0..count).map(|i| Some((reference(i)?, reference(count + i)?))).collect()
    }

    fn elements(&self, number: u64) -> Option<Vec<u64>> {
        let (10 | 12, count, data) = self.object(number)? else { return None };
        data.chunks_exact(self.reference_size).take(count.min(MAX_MEMBERS)).map(unsigned).collect()
    }

    /// A number or a text.
    fn value(&self, number: u64) -> Option<Value> {
        let (kind, low, data) = self.object(number)?;
        Some(match kind {
            0 => Value::from(i64::from(low == 9)),
            1 => {
                let size = 1usize.checked_shl(low as u32).filter(|s| *s <= 8)?;
                let n = unsigned(data.get(..size)?)?;
                // Eight bytes are signed.
                if size == 8 { Value::Int(n as i64) } else { Value::from(i64::try_from(n).ok()?) }
            }
            2 => match low {
                2 => Value::Float(f32::from_be_bytes(data.get(..4)?.try_into().ok()?).into()),
                3 => Value::Float(f64::from_be_bytes(data.get(..8)?.try_into().ok()?)),
                _ => return None,
            },
            5 => tags::format::lossy(data.get(..low)?).as_str().into(),
            6 => {
                let units = data.get(..low.checked_mul(2)?)?.chunks_exact(2);
                let units: Vec<u16> = units.filter_map(|c| Some(u16::from_be_bytes(c.try_into().ok()?))).collect();
                String::from_utf16_lossy(&units).into()
            }
            _ => return None,
        })
    }

    /// An object as text: `{_0=1,_1=0}`, `[1,2]`.
    fn text(&self, number: u64, depth: u8) -> Option<String> {
        if depth > MAX_DEPTH {
            return None;
        }
        if let Some(value) = self.value(number) {
            return Some(value.to_string());
        }
        if let Some(members) = self.members(number) {
            let one = |(key, value): &(u64, u64)| {
                // A name does not begin with a digit.
                let key = self.leaf(*key)?;
                let mark = if key.starts_with(|c: char| c.is_ascii_digit()) { "_" } else { "" };
                Some(format!("{mark}{key}={}", self.nested(*value, depth)?))
            };
            let mut words: Vec<String> = members.iter().filter_map(one).collect();
            words.sort();
            return Some(format!("{{{}}}", words.join(",")));
        }
        let words: Vec<String> = self.elements(number)?.iter().filter_map(|n| self.nested(*n, depth)).collect();
        Some(format!("[{}]", words.join(",")))
    }

    /// Text of a member. Collections of collections could grow without bounds: they may hold plain values alone below the second.
    fn nested(&self, number: u64, depth: u8) -> Option<String> {
        if depth < 1 { self.text(number, depth + 1) } else { self.leaf(number) }
    }

    fn leaf(&self, number: u64) -> Option<String> {
        let text = self.value(number)?.to_string();
        self.room.set(self.room.get().checked_sub(text.len() + 1)?);
        Some(text)
    }
}

/// A big-endian number of up to eight bytes.
fn unsigned(bytes: &[u8]) -> Option<u64> {
    (bytes.len() <= 8).then(|| bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"a": 5}`.
    fn small() -> Vec<u8> {
        let mut list = b"bplist00\xd1\x01\x02\x51a\x10\x05\x08\x0b\x0d".to_vec();
        list.extend([0, 0, 0, 0, 0, 0, 1, 1]);
        for n in [3u64, 0, 15] {
            list.extend(n.to_be_bytes());
        }
        list
    }

    #[test]
    fn reads_a_dictionary() {
        let bytes = small();
        let list = List::open(&bytes).unwrap();
        assert_eq!(list.text(0, 0).as_deref(), Some("{a=5}"));
    }

    #[test]
    fn survives_damage() {
        let whole = small();
        for cut in 0..whole.len() {
            if let Some(list) = List::open(&whole[..cut]) {
                let _ = list.text(list.top, 0);
            }
        }
        for i in 8..whole.len() {
            let mut bytes = whole.clone();
            bytes[i] = 0xff;
            if let Some(list) = List::open(&bytes) {
                let _ = list.text(list.top, 0);
            }
        }
    }
}
