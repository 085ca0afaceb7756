//! GeoTIFF keys (OGC 19-008r4, section 7): a directory of numbers inside a tag, its long values in two others.

use crate::{
    decode::{
        Sink,
        ifd::{Entry, Reader},
    },
    metadata::Value,
    table,
    tags::{self, format},
};

/// Keys of one directory, at most so many.
const MAX_KEYS: usize = 1000;

/// Decodes the directory with its numbers and texts.
pub fn decode(reader: &Reader, [directory, doubles, texts]: [Option<Entry>; 3], sink: &mut Sink) {
    let Some(directory) = directory else { return };
    // Looked up only now: its labels are among the longest.
    let Some(table) = table!("GeoTiff::Main") else { return };
    let words = reader.numbers(&directory);
    let [version, revision, minor, count, keys @ ..] = words.as_slice() else {
        return sink.warn("the GeoTIFF directory is too short");
    };
    let group = &table.group;
    tags::emit(table, 1, Value::from(format!("{version}.{revision}.{minor}")), group, sink);
    let doubles = doubles.and_then(|entry| reader.value(&entry));
    let text = texts.and_then(|entry| reader.bytes(&entry).ok().map(|bytes| bytes.into_owned())).unwrap_or_default();
    let count = usize::try_from(*count).unwrap_or(MAX_KEYS).min(MAX_KEYS);
    for key in keys.chunks_exact(4).take(count) {
        let &[id, location, count, value] = key else { continue };
        let range = value as usize..value.saturating_add(count) as usize;
        let value = match location {
            0 => Some(Value::from(value)),
            0x87b0 => doubles.as_ref().and_then(|v| v.elements().get(range)).and_then(several),
            0x87b1 => text.get(range).map(|t| Value::Text(format::text(t).trim_end_matches('|').into())),
            _ => None,
        };
        match (value, i64::try_from(id)) {
            (Some(value), Ok(id)) => drop(tags::emit(table, id, value, group, sink)),
            _ => sink.warn("a GeoTIFF key has no value"),
        }
    }
}

fn several(values: &[Value]) -> Option<Value> {
    match values {
        [] => None,
        [one] => Some(one.clone()),
        many => Some(Value::Array(many.to_vec())),
    }
}
