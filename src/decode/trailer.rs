//! Appendices behind the end of an image.
//!
//! Sources: AXS File Concatenation Protocol 1.1 (AFCP); FotoStation's and Photo Mechanic's blocks as their files show them.

use super::Sink;
use crate::{
    input::Input,
    metadata::{Group, Value},
    part::Kind,
    table,
    tags::{
        self, ByteOrder,
        ByteOrder::{Big, Little},
    },
};

/// Only previews are larger.
const MAX_TRAILER: u64 = 64 * 1024 * 1024;
const MAX_ENTRIES: usize = 1000;

/// `format` is the name that the walker knows the appendix by, `input` all of it.
pub fn decode(format: &'static str, input: &Input, sink: &mut Sink) {
    match format {
        "AFCP" => afcp(input, sink),
        "FotoStation" => foto_station(input, sink),
        "PhotoMechanic" => photo_mechanic(input, sink),
        "Samsung" => samsung(input, sink),
        "Vivo" => vivo(input, sink),
        _ => {}
    }
}

/// `AXS!` (big-endian) or `AXS*`, version, count; entries of tag, size, offset in the file as it was written.
fn afcp(input: &Input, sink: &mut Sink) {
    const GROUP: Group = Group::new("afcp", "AFCP");
    let Ok(head) = input.up_to(0, 12 + 12 * MAX_ENTRIES as u64) else { return };
    let order = if head.starts_with(b"AXS!") { ByteOrder::Big } else { ByteOrder::Little };
    let count = usize::from(order.u16(&head, 6).unwrap_or(0)).min(MAX_ENTRIES);
    // The footer says where the block began then.
    let began = input.bytes(input.len().saturating_sub(12), 12).ok().and_then(|f| order.u32(&f, 4)).unwrap_or(0);
    for entry in head.get(12..).unwrap_or_default().chunks_exact(12).take(count) {
        let (size, offset) = (order.u32(entry, 4).unwrap_or(0), order.u32(entry, 8).unwrap_or(0));
        let Some(from) = offset.checked_sub(began).map(u64::from) else { continue };
        let data = input.slice(from..from + u64::from(size));
        let binary = || Value::Binary(data.blob(0..data.len()));
        match &entry[..4] {
            b"IPTC" => iptc("AFCP", data, sink),
            b"TEXT" => {
                if let Ok(text) = data.all(MAX_TRAILER) {
                    sink.tag(&GROUP, "Text", super::text::lossy(&text));
                }
            }
            b"Nail" => sink.tag(&GROUP, "ThumbnailImage", binary()),
            b"PrVw" => sink.tag(&GROUP, "PreviewImage", binary()),
            _ => {}
        }
    }
}

/// IPTC that is not in its usual place is never the file's first block.
fn iptc(place: &'static str, data: Input, sink: &mut Sink) {
    sink.seen[1] = sink.seen[1].max(1);
    sink.child(Kind::Iptc, place, data);
}

/// Blocks one behind the other, each with a footer: number, length with the footer, `A1 B2 C3 D4`.
fn foto_station(input: &Input, sink: &mut Sink) {
    const GROUP: Group = Group::new("fotostation", "FotoStation");
    let mut end = input.len();
    for _ in 0..MAX_ENTRIES {
        let Some(at) = end.checked_sub(10) else { return };
        let Ok(footer) = input.array::<10>(at) else { return };
        let (id, size) = (Big.u16(&footer, 0).unwrap_or(0), u64::from(Big.u32(&footer, 2).unwrap_or(0)));
        let Some(start) = end.checked_sub(size).filter(|_| footer[6..] == [0xa1, 0xb2, 0xc3, 0xd4] && size >= 10) else { return };
        let data = input.slice(start..at);
        match id {
            1 => iptc("FotoStation", data, sink),
            2 => {
                if let (Ok(bytes), Some(table)) = (data.all(4096), table!("JPEG::FotoStation")) {
                    tags::packed(table, &bytes, Big, sink);
                    // Hundredths of a degree, clockwise as stored.
                    if let Some(angle) = Big.i32(&bytes, 16) {
                        let turned = if angle == 0 { 0 } else { 360 - i64::from(angle) / 100 };
                        sink.tag(&GROUP, "Rotation", turned);
                    }
                    if let Some(angle) = Big.i32(&bytes, 44) {
                        sink.tag(&GROUP, "CropRotation", Value::Float(-f64::from(angle) / 1000.0 + 0.0));
                    }
                }
            }
            3 | 4 => {
                let name = if id == 3 { "ThumbnailImage" } else { "PreviewImage" };
                sink.tag(&GROUP, name, Value::Binary(data.blob(0..data.len())));
            }
            _ => {}
        }
        end = start;
    }
}

/// IPTC datasets of a record of its own, their length, `cbipcbbl`.
fn photo_mechanic(input: &Input, sink: &mut Sink) {
    let (Ok(bytes), Some(table)) = (input.all(MAX_TRAILER), table!("JPEG::PhotoMechanic")) else { return };
    let mut rest = &bytes[..];
    while let Some(&[0x1c, 2, id, high, low]) = rest.get(..5) {
        let len = usize::from(u16::from_be_bytes([high, low]));
        let Some(value) = rest.get(5..5 + len) else { return };
        if let Some(n) = Big.i32(value, 0) {
            tags::emit(table, id, n.into(), &table.group, sink);
        }
        rest = &rest[5 + len..];
    }
}

/// `SEFH`, version, count, entries of type, distance back from `SEFH` and size; their length, `SEFT`. A record repeats its
/// type and has a name before its data.
fn samsung(input: &Input, sink: &mut Sink) {
    const GROUP: Group = Group::new("makernotes", "Samsung");
    let Some(table) = table!("JPEG::Samsung") else { return };
    let mut end = input.len();
    if input.up_to(end.saturating_sub(6), 6).is_ok_and(|f| *f == *b"QDIOBS") {
        end = end.saturating_sub(u64::from(input.u32_le(end.saturating_sub(10)).unwrap_or(0)).saturating_add(10));
    }
    let Some(footer) = end.checked_sub(8).filter(|&f| input.array::<4>(f + 4).is_ok_and(|m| &m == b"SEFT")) else { return };
    let Some(at) = footer.checked_sub(input.u32_le(footer).unwrap_or(0).into()) else { return };
    let Ok(directory) = input.up_to(at, (footer - at).min(12 + 12 * MAX_ENTRIES as u64)) else { return };
    for entry in directory.get(12..).unwrap_or_default().chunks_exact(12) {
        let word = |i| u64::from(Little.u32(entry, i).unwrap_or(0));
        let (Some(from), size) = (at.checked_sub(word(4)), word(8)) else { continue };
        let record = input.slice(from..from + size);
        let (Ok(id), Ok(len)) = (record.u16_le(2), record.u32_le(4)) else { continue };
        let Some(name) = table.rows_of(id).next().map(|r| r.name) else { continue };
        let start = 8 + u64::from(len);
        let Ok(title) = record.bytes(8, u64::from(len).min(1024)) else { continue };
        let data = record.tail(start);
        match id {
            0x0a01 => {
                let text = data.up_to(0, 32).map(|b| super::text::lossy(&b)).unwrap_or_default();
                if let Ok(millis) = text.trim().parse::<i64>() {
                    let date = crate::tags::print::date_time(millis.div_euclid(1000));
                    sink.tag(&GROUP, name, format!("{date}.{:03}+00:00", millis.rem_euclid(1000)));
                }
            }
            0x0aa1 => {
                let text = data.up_to(0, 32).map(|b| super::text::lossy(&b)).unwrap_or_default();
                tags::emit(table, id, text.into(), &GROUP, sink);
            }
            _ => {
                let title_name = if id == 0x0a30 { "EmbeddedVideoType".into() } else { format!("{name}Name") };
                sink.tag(&GROUP, title_name, super::text::lossy(&title));
                sink.tag(&GROUP, name, Value::Binary(data.blob(0..data.len())));
            }
        }
    }
}

/// `vivo`, JSON, a footer.
fn vivo(input: &Input, sink: &mut Sink) {
    let Ok(bytes) = input.all(1024 * 1024) else { return };
    let Some(json) = bytes.strip_prefix(b"vivo") else { return };
    if let Some(end) = memchr::memrchr(b'}', json) {
        sink.tag(&Group::new("makernotes", "Vivo"), "JSONInfo", super::text::lossy(&json[..=end]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(format: &'static str, bytes: Vec<u8>) -> Sink {
        let mut sink = Sink::default();
        decode(format, &Input::from_bytes(bytes), &mut sink);
        sink
    }

    #[test]
    fn photo_mechanic_prints() {
        let sink =
            decoded("PhotoMechanic", b"\x1c\x02\xdd\0\x04\0\0\0\x01\x1c\x02\xde\0\x04\0\0\0\x06\0\0\0\x12cbipcbbl".to_vec());
        assert_eq!(sink.metadata.get("Tagged").unwrap().printed(), "Yes");
        assert_eq!(sink.metadata.get("ColorClass").unwrap().printed(), "6 (Typical alt)");
    }

    #[test]
    fn afcp_offsets_count_from_where_the_block_began() {
        let mut bytes = b"AXS!\0\x01\0\x01\0\0\0\0IPTC\0\0\0\x03\0\0\x01\x18abc".to_vec();
        bytes.extend(b"AXS!\0\0\x01\0\0\0\0\0");
        let sink = decoded("AFCP", bytes);
        assert_eq!(sink.children[0].input.all(9).unwrap().as_ref(), b"abc");
    }

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            for format in ["AFCP", "FotoStation", "PhotoMechanic", "Samsung", "Vivo"] {
                decoded(format, bytes.clone());
            }
            decoded("FotoStation", [bytes, b"\0\x02\0\0\0\x1e\xa1\xb2\xc3\xd4".to_vec()].concat());
        }
    }
}
