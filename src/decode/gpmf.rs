//! GoPro Metadata Format (GPMF): keys of four letters, a type, a size, a count, big-endian values padded to four bytes.
//! Source: the GPMF introduction that GoPro publishes.

use super::{Sink, text::lossy};
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
    items(bytes, table, &Scale::default(), 0, &mut left, sink);
}

/// What `SCAL` says of the samples that follow it in its stream.
#[derive(Clone, Default)]
struct Scale(Vec<f64>);

fn items(mut bytes: &[u8], table: &'static Table, scale: &Scale, depth: u8, left: &mut usize, sink: &mut Sink) {
    let mut scale = scale.clone();
    while let Some(header) = bytes.get(..8) {
        let (Some(count), Some(rest)) = (Big.u16(header, 6), left.checked_sub(1)) else { return };
        *left = rest;
        let (kind, size) = (header[4], usize::from(header[5]));
        let len = size * usize::from(count);
        let Some(data) = bytes.get(8..8 + len) else { return sink.warn("a GPMF item is cut off") };
        match (&header[..4], kind) {
            (_, 0) if depth < MAX_DEPTH => items(data, table, &scale, depth + 1, left, sink),
            (b"SCAL", kind) => {
                scale = Scale(value(kind, size, data).map_or(vec![], |v| v.elements().iter().filter_map(Value::as_f64).collect()))
            }
            (key, kind) => item(key, kind, size, data, &scale, table, sink),
        }
        bytes = bytes.get(8 + len.next_multiple_of(4)..).unwrap_or_default();
    }
}

fn item(key: &[u8], kind: u8, size: usize, data: &[u8], scale: &Scale, table: &'static Table, sink: &mut Sink) {
    let Ok(key) = std::str::from_utf8(key) else { return };
    let group: &Group = &table.group;
    if !table.knows(key) {
        return;
    }
    let value = match value(kind, size, data) {
        Some(value) if value.elements().len() <= MAX_VALUES => value,
        _ => Value::Binary(Blob::Bytes(data.to_vec())),
    };
    let value = match value {
        Value::Array(v) if !scale.0.is_empty() && !scale.0.contains(&0.0) => {
            let scaled =
                v.iter().zip(scale.0.iter().cycle()).map(|(v, s)| v.as_f64().map_or_else(|| v.clone(), |n| Value::Float(n / s)));
            Value::Array(scaled.collect())
        }
        other => other,
    };
    match (key, &value) {
        // A serial of 32 bytes: hexadecimal digits, word by word.
        ("MUID", Value::Array(words)) => {
            let text: String = words.iter().filter_map(Value::as_i64).map(|w| format!("{:08x}", w as u32)).collect();
            sink.printed(group, "MediaUniqueID", value, text);
        }
        _ => drop(tags::emit(table, key, value, group, sink)),
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
        b'c' | b'U' => return Some(Value::Text(lossy(&data[..memchr::memchr(0, data).unwrap_or(data.len())]))),
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

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..100), kind: u8) {
            decode(&bytes, &mut Sink::default());
            decode(&[&b"GYRO"[..], &[kind, 1, 0, bytes.len() as u8], &bytes].concat(), &mut Sink::default());
        }
    }
}
