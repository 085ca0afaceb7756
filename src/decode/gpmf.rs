//! GoPro Metadata Format (GPMF): keys of four letters, a type, a size, a count, big-endian values padded to four bytes.
//! Source: the GPMF introduction that GoPro publishes.

use super::{
    Sink,
    text::{lossy, until_nul},
};
use crate::{
    metadata::{Blob, Group, Value},
    table,
    tags::{self, ByteOrder::Big, Format, Table},
};

const MAX_ITEMS: usize = 20_000;
const MAX_DEPTH: u8 = 8;
/// Longer runs of samples print as binary.
const MAX_VALUES: usize = 1000;

/// Decodes the items of a block.
pub fn decode(bytes: &[u8], sink: &mut Sink) {
    let Some(table) = table!("JPEG::GPMF") else { return };
    let mut left = MAX_ITEMS;
    items(bytes, table, 0, &mut left, sink);
}

/// A stream ends with its samples; `SCAL` before them says what to divide them by.
fn items(mut bytes: &[u8], table: &'static Table, depth: u8, left: &mut usize, sink: &mut Sink) {
    let mut scale: Vec<f64> = vec![];
    while let Some(header) = bytes.get(..8) {
        let (Some(count), Some(rest)) = (Big.u16(header, 6), left.checked_sub(1)) else { return };
        *left = rest;
        let (kind, size) = (header[4], usize::from(header[5]));
        let len = size * usize::from(count);
        let Some(data) = bytes.get(8..8 + len) else { return sink.warn("a GPMF item is cut off") };
        bytes = bytes.get(8 + len.next_multiple_of(4)..).unwrap_or_default();
        match (&header[..4], kind) {
            (_, 0) if depth < MAX_DEPTH => items(data, table, depth + 1, left, sink),
            (b"SCAL", kind) => {
                scale = value(kind, size, data).map_or(vec![], |v| v.elements().iter().filter_map(Value::as_f64).collect());
            }
            (key, kind) => {
                let scale = if bytes.is_empty() { &scale[..] } else { &[] };
                item(key, kind, size, data, scale, table, sink);
            }
        }
    }
}

fn item(key: &[u8], kind: u8, size: usize, data: &[u8], scale: &[f64], table: &'static Table, sink: &mut Sink) {
    let Ok(key) = std::str::from_utf8(key) else { return };
    let group: &Group = &table.group;
    if !table.knows(key) {
        return;
    }
    let value = match value(kind, size, data) {
        Some(value) if value.elements().len() <= MAX_VALUES => value,
        _ => Value::Binary(Blob::Bytes(data.to_vec())),
    };
    let value = scaled(value, scale);
    match (key, &value) {
        // A serial of 32 bytes: hexadecimal digits, word by word.
        ("MUID", Value::Array(words)) => {
            let text: String = words.iter().filter_map(Value::as_i64).map(|w| format!("{:08x}", w as u32)).collect();
            sink.printed(group, "MediaUniqueID", value, text);
        }
        _ => drop(tags::emit(table, key, value, group, sink)),
    }
}

/// Numbers divided by the scale, element by element; texts as they are.
fn scaled(value: Value, scale: &[f64]) -> Value {
    if scale.is_empty() || scale.contains(&0.0) {
        return value;
    }
    let divided = |v: Value, by: f64| match v {
        Value::Text(_) | Value::Binary(_) => v,
        _ => v.as_f64().map_or(v, |n| Value::Float(n / by)),
    };
    match value {
        Value::Array(v) => Value::Array(v.into_iter().zip(scale.iter().cycle()).map(|(v, by)| divided(v, *by)).collect()),
        one => divided(one, scale.first().copied().unwrap_or(1.0)),
    }
}

fn value(kind: u8, size: usize, data: &[u8]) -> Option<Value> {
    let format = match kind {
        b'b' => Format::Int8s,
        b'B' => Format::Int8u,
        b's' => Format::Int16s,
        b'S' => Format::Int16u,
        b'l' => Format::Int32s,
        b'L' => Format::Int32u,
        b'j' => Format::Int64s,
        b'J' => Format::Int64u,
        b'q' => Format::Fixed32s,
        b'f' => Format::Float,
        b'd' => Format::Double,
        b'c' | b'U' => return Some(Value::Text(lossy(until_nul(data)))),
        b'F' => {
            let codes: Vec<Value> = data.chunks_exact(size.max(1)).take(MAX_VALUES).map(|c| lossy(c).into()).collect();
            return Some(Value::Array(codes));
        }
        _ => return None,
    };
    let count = data.len() / format.size();
    if count > MAX_VALUES { None } else { format.read(data, count, Big) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn items_print() {
        let inner = [&b"MINFc\x01\0\x05HERO6\0\0\0"[..], b"PRTNc\x01\0\x01Y\0\0\0"].concat();
        let bytes = [&b"DEVC\0\x01\0"[..], &[inner.len() as u8], &inner].concat();
        let mut sink = Sink::default();
        decode(&bytes, &mut sink);
        assert_eq!(sink.metadata.get("Model").unwrap().printed(), "HERO6");
        assert_eq!(sink.metadata.get("Protune").unwrap().printed(), "On");
    }

    /// An item of 16-bit numbers, or of text.
    fn piece(key: &[u8; 4], kind: u8, data: &[u8]) -> Vec<u8> {
        let (size, count) = if kind == b'S' { (2, data.len() / 2) } else { (1, data.len()) };
        let padding = vec![0; data.len().next_multiple_of(4) - data.len()];
        [&key[..], &[kind, size, 0, count as u8], data, &padding].concat()
    }

    #[test]
    fn a_scale_is_for_the_samples_at_the_end() {
        let scale = || piece(b"SCAL", b'S', &[0, 10]);
        let pair = || piece(b"WBAL", b'S', &[3, 32, 3, 132]);
        let one = || piece(b"ISOE", b'S', &[3, 32]);
        let cases: &[(Vec<Vec<u8>>, &str, &str)] = &[
            (vec![scale(), pair()], "ColorTemperatures", "80 90"),
            (vec![scale(), one()], "ISOSpeeds", "80"),
            (vec![scale(), pair(), one()], "ColorTemperatures", "800 900"),
            (vec![scale(), piece(b"STRM", 0, &pair())], "ColorTemperatures", "800 900"),
            (vec![piece(b"STRM", 0, &[scale(), pair()].concat()), one()], "ISOSpeeds", "800"),
            (vec![piece(b"SCAL", b'S', &[0, 10, 0, 100]), pair()], "ColorTemperatures", "80 9"),
            (vec![piece(b"SCAL", b'S', &[0, 0]), one()], "ISOSpeeds", "800"),
            (vec![scale(), piece(b"MINF", b'c', b"800")], "Model", "800"),
        ];
        for (pieces, name, want) in cases {
            let mut sink = Sink::default();
            decode(&piece(b"DEVC", 0, &pieces.concat()), &mut sink);
            assert_eq!(sink.metadata.get(name).map(|t| t.printed()).as_deref(), Some(*want), "{name} {pieces:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..100), kind: u8) {
            decode(&bytes, &mut Sink::default());
            decode(&[&b"GYRO"[..], &[kind, 1, 0, bytes.len() as u8], &bytes].concat(), &mut Sink::default());
        }
    }
}
