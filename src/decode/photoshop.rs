//! Photoshop image resource blocks (Adobe Photoshop File Formats Specification, "Image Resources Section").

use super::{
    Sink,
    text::{hex, lossy},
};
use crate::{
    input::Input,
    metadata::{Blob, Value, significant},
    part::Kind,
    table,
    tags::{self, ByteOrder::Big, Table},
};

/// Resources of one block, at most so many.
const MAX_RESOURCES: usize = 10_000;
/// Only thumbnails and nested blocks are larger.
const MAX_VALUE: u64 = 16 * 1024 * 1024;
/// Signatures of resources: Photoshop's own, ImageReady, PhotoDeluxe, Lightroom, DCS.
const SIGNATURES: [&[u8; 4]; 5] = [b"8BIM", b"MeSa", b"PHUT", b"AgHg", b"DCSR"];

pub fn decode(input: &Input, sink: &mut Sink) {
    let mut at = 0;
    for _ in 0..MAX_RESOURCES {
        if at >= input.len() {
            return;
        }
        let Some(resource) = header(input, at) else {
            // Padding is common.
            let rest = input.up_to(at, 16).unwrap_or_default();
            if rest.iter().any(|&b| b != 0) {
                sink.warn("the Photoshop resources are damaged");
            }
            return;
        };
        let end = resource.start.saturating_add(resource.size);
        if end > input.len() {
            return sink.warn("a Photoshop resource is cut off");
        }
        if resource.known {
            self::resource(resource.id, &input.slice(resource.start..end), sink);
        }
        at = end + (resource.size & 1);
    }
}

/// Where a resource's data stands.
struct Resource {
    id: u16,
    /// Of Photoshop's own numbering.
    known: bool,
    start: u64,
    size: u64,
}

/// Signature, id, Pascal string padded to an even length, size.
fn header(input: &Input, at: u64) -> Option<Resource> {
    let signature = input.array::<4>(at).ok()?;
    if !SIGNATURES.contains(&&signature) {
        return None;
    }
    let id = input.u16_be(at + 4).ok()?;
    let name = u64::from(input.u8(at + 6).ok()?) + 1;
    let start = at + 6 + name + (name & 1);
    let size = u64::from(input.u32_be(start).ok()?);
    Some(Resource { id, known: &signature == b"8BIM", start: start + 4, size })
}

fn resource(id: u16, data: &Input, sink: &mut Sink) {
    let nested = match id {
        0x0404 => Some((Kind::Iptc, "8BIM/IPTC")),
        0x040f => Some((Kind::Icc, "8BIM/ICC")),
        0x0422 => Some((Kind::Exif, "8BIM/Exif")),
        0x0424 => Some((Kind::Xmp, "8BIM/XMP")),
        _ => None,
    };
    if let Some((kind, place)) = nested {
        return sink.child(kind, place, data.clone());
    }
    let packed = match id {
        1005 => table!("Photoshop::Resolution"),
        1030 => table!("Photoshop::JPEG_Quality"),
        1050 | 1057 => table!("Photoshop::VersionInfo").filter(|_| id == 1057),
        1062 => table!("Photoshop::PrintScaleInfo"),
        1064 => table!("Photoshop::PixelInfo"),
        _ => None,
    };
    let Some(main) = table!("Photoshop::Main") else { return };
    if packed.is_none() && id != 1050 && !main.knows(id) {
        return;
    }
    let bytes = match data.all(MAX_VALUE) {
        Ok(bytes) => bytes,
        Err(e) => return sink.warn(e.to_string()),
    };
    match packed {
        Some(table) => tags::packed(table, &bytes, Big, sink),
        None if id == 1050 => slices(&bytes, main, sink),
        None => single(id, &bytes, main, sink),
    }
    match id {
        1005 => {
            for (at, name) in [(0, "XResolution"), (8, "YResolution")] {
                let Some(fixed) = Big.u32(&bytes, at) else { continue };
                let (value, hundredths) = (f64::from(fixed) / 65536.0, (f64::from(fixed) / 655.36).round());
                sink.printed(&main.group, name, value, significant(hundredths / 100.0, 15));
            }
        }
        // Photoshop's dialog counts from 0, the file from -4.
        1030 => {
            if let Some(quality) = Big.i16(&bytes, 0) {
                sink.printed(&main.group, "PhotoshopQuality", quality, (i32::from(quality) + 4).to_string());
            }
            if let (Some(257), Some(scans), Some(table)) = (Big.i16(&bytes, 2), Big.i16(&bytes, 4), table!("Photoshop::Scans")) {
                tags::emit(table, 2i64, scans.into(), &table.group, sink);
            }
        }
        1057 => {
            let mut rest = bytes.get(5..).unwrap_or_default();
            for name in ["WriterName", "ReaderName"] {
                let Some(text) = unicode(&mut rest) else { break };
                sink.tag(&main.group, name, text);
            }
        }
        _ => {}
    }
}

/// A resource that is one value.
fn single(id: u16, bytes: &[u8], table: &'static Table, sink: &mut Sink) {
    let value = match id {
        1006 => pascal_strings(bytes).into(),
        1033 | 1036 => Value::Binary(Blob::Bytes(bytes.get(28..).unwrap_or_default().to_vec())),
        1034 if bytes.len() == 1 => bytes[0].into(),
        1034 => Value::Array(bytes.iter().take(100).map(|&b| b.into()).collect()),
        1035 => Value::Text(lossy(trimmed(bytes)).replace('\0', "").into()),
        1037 | 1049 => match Big.u32(bytes, 0) {
            Some(n) => n.into(),
            None => return,
        },
        1051 => match unicode(&mut &bytes[..]) {
            Some(text) => text.into(),
            None => return,
        },
        1054 => Value::List(urls(bytes)),
        1061 => hex(bytes).into(),
        2999 => match bytes.split_first().and_then(|(&n, rest)| rest.get(..usize::from(n))) {
            Some(name) => Value::Text(lossy(name)),
            None => return,
        },
        _ => return,
    };
    tags::emit(table, id, value, &table.group, sink);
}

/// 1050: a version, a rectangle, the name of the group, how many slices.
fn slices(bytes: &[u8], table: &Table, sink: &mut Sink) {
    let Some(mut rest) = bytes.get(20..) else { return };
    let Some(name) = unicode(&mut rest) else { return };
    sink.tag(&table.group, "SlicesGroupName", name);
    if let Some(count) = Big.u32(rest, 0) {
        sink.tag(&table.group, "NumSlices", count);
    }
}

/// 1054: a count, then a word, an id and an address each.
fn urls(bytes: &[u8]) -> Vec<Value> {
    let mut list = Vec::new();
    let mut rest = bytes.get(4..).unwrap_or_default();
    while list.len() < 1000 {
        let Some(entry) = rest.get(8..) else { break };
        rest = entry;
        let Some(url) = unicode(&mut rest) else { break };
        list.push(url.into());
    }
    list
}

/// A Unicode string: its length in characters, UTF-16; `bytes` is left behind it.
fn unicode(bytes: &mut &[u8]) -> Option<String> {
    let len = Big.u32(bytes, 0)? as usize;
    let text = bytes.get(4..len.checked_mul(2)?.checked_add(4)?)?;
    *bytes = &bytes[4 + text.len()..];
    Some(tags::format::utf16(text, Big).into())
}

fn pascal_strings(mut bytes: &[u8]) -> String {
    let mut out = String::new();
    let mut first = true;
    while let Some((&len, rest)) = bytes.split_first() {
        let (name, after) = rest.split_at(usize::from(len).min(rest.len()));
        if !std::mem::take(&mut first) {
            out.push_str(", ");
        }
        out.push_str(&lossy(name));
        bytes = after;
    }
    out
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.iter().rposition(|&b| b != 0).map_or(0, |i| i + 1)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn resource(id: u16, data: &[u8]) -> Vec<u8> {
        let mut bytes = [b"8BIM", &id.to_be_bytes()[..], &[0, 0], &(data.len() as u32).to_be_bytes(), data].concat();
        if data.len() % 2 == 1 {
            bytes.push(0);
        }
        bytes
    }

    fn decoded(bytes: Vec<u8>) -> Sink {
        let mut sink = Sink::default();
        decode(&Input::from_bytes(bytes), &mut sink);
        sink
    }

    #[test]
    fn resources_print() {
        let cases: &[(u16, &[u8], &str, &str)] = &[
            (1005, &[0, 0x48, 2, 0x80, 0, 1, 0, 1, 1, 0x2c, 0x80, 0, 0, 2, 0, 9], "XResolution", "72.01"),
            (1005, &[0, 0x48, 2, 0x80, 0, 1, 0, 1, 1, 0x2c, 0x80, 0, 0, 2, 0, 9], "DisplayedUnitsY", "cm"),
            (1030, &[0, 4, 1, 1, 0, 3], "PhotoshopQuality", "8"),
            (1030, &[0, 4, 1, 1, 0, 3], "ProgressiveScans", "5 Scans"),
            (1034, &[1], "CopyrightFlag", "True"),
            (1035, b"http://a\0", "URL", "http://a"),
            (1036, &[0; 40], "PhotoshopThumbnail", "(Binary data 12 bytes, use --binary to extract)"),
            (1037, &[0, 0, 0, 30], "GlobalAngle", "30"),
            (1057, b"\0\0\0\x01\x01\0\0\0\x01\0a\0\0\0\x01\0b", "ReaderName", "b"),
            (1061, &[0xd4, 0x1d], "IPTCDigest", "d41d"),
            (1006, b"\x01a\x02bc", "AlphaChannelsNames", "a, bc"),
            (1054, b"\0\0\0\x01aaaabbbb\0\0\0\x01\0x", "URL_List", "x"),
        ];
        for (id, data, name, want) in cases {
            let sink = decoded(resource(*id, data));
            assert_eq!(sink.metadata.get_in("Photoshop", name).map(|t| t.printed()).as_deref(), Some(*want), "{name}");
        }
    }

    #[test]
    fn nested_blocks_are_children() {
        let bytes = [resource(0x0404, b"abc"), resource(0x040f, b""), resource(0x0422, b"II"), resource(0x0424, b"<x")].concat();
        let kinds: Vec<Kind> = decoded(bytes).children.iter().map(|c| c.kind).collect();
        assert_eq!(kinds, [Kind::Iptc, Kind::Icc, Kind::Exif, Kind::Xmp]);
    }

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200), id in 990u16..1070) {
            decoded(bytes.clone());
            decoded(resource(id, &bytes));
        }
    }
}
