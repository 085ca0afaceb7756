//! Application segments.

use super::{flir, jfif, jfxx, text};
use crate::{
    decode::{
        Sink, exif, gpmf,
        text::{lossy, tag_name},
    },
    input::Input,
    metadata::{Blob, Group, Value},
    table,
    tags::{
        self, ByteOrder,
        ByteOrder::{Big, Little},
        Table,
    },
};

/// Decodes an APPn segment by the identifier that it begins with.
pub fn decode(n: u8, bytes: &[u8], input: &Input, sink: &mut Sink) {
    let after = |magic: &[u8]| bytes.strip_prefix(magic);
    match n {
        0 if bytes.starts_with(b"JFIF\0") => jfif(bytes, sink),
        0 if bytes.starts_with(b"JFXX\0") => jfxx(bytes, sink),
        0 => packed(table!("JPEG::AVI1"), after(b"AVI1"), sink),
        // An identifier, a version, the number of the segment and of the last one.
        1 if bytes.starts_with(b"FLIR\0") => flir::decode(bytes.get(8..).unwrap_or_default(), sink),
        2 if bytes.get(4..10) == Some(b"IJPEG\0") => infiray(table!("JPEG::InfiRayVersion"), bytes, sink),
        3 if bytes.starts_with(b"Meta\0\0") || bytes.starts_with(b"META\0\0") => exif::kodak_meta(&input.tail(6), sink),
        3 if is_infiray(sink) => {
            let group = Group::new("app3", "InfiRay");
            sink.tag(&group, "ImagingData", Value::Binary(Blob::Bytes(bytes.to_vec())));
        }
        4 if is_infiray(sink) => infiray(table!("JPEG::InfiRayFactory"), bytes, sink),
        5 if is_infiray(sink) => infiray(table!("JPEG::InfiRayPicture"), bytes, sink),
        6 if is_infiray(sink) => infiray(table!("JPEG::InfiRayMixMode"), bytes, sink),
        7 if is_infiray(sink) => infiray(table!("JPEG::InfiRayOpMode"), bytes, sink),
        8 if is_infiray(sink) => infiray(table!("JPEG::InfiRayIsothermal"), bytes, sink),
        9 if is_infiray(sink) => infiray(table!("JPEG::InfiRaySensor"), bytes, sink),
        5 => ricoh(after(b"RMETA\0"), sink),
        6 if bytes.starts_with(b"GoPro\0") => gpmf::decode(&bytes[6..], sink),
        6 => nitf(after(b"NTIF\0").or(after(b"NITF\0")), sink),
        8 => spiff(after(b"SPIFF\0"), sink),
        9 => text::media_jukebox(after(b"Media Jukebox\0"), sink),
        10 => text::unicode_comment(after(b"UNICODE\0"), sink),
        11 => text::hdr(after(b"HDR_RI "), bytes, sink),
        12 if bytes.starts_with(b"Ducky") => ducky(&bytes[5..], sink),
        12 => text::picture_info(bytes, sink),
        13 => packed(table!("JPEG::AdobeCM"), after(b"Adobe_CM"), sink),
        14 => adobe(after(b"Adobe"), sink),
        15 => text::graphic_converter(bytes, sink),
        _ => {}
    }
}

fn packed(table: Option<&'static Table>, bytes: Option<&[u8]>, sink: &mut Sink) {
    if let (Some(table), Some(bytes)) = (table, bytes) {
        tags::packed(table, bytes, Big, sink);
    }
}

/// APP14 (Adobe technical note 5116).
fn adobe(bytes: Option<&[u8]>, sink: &mut Sink) {
    packed(table!("JPEG::Adobe"), bytes.filter(|b| b.len() >= 7), sink);
}

/// APP8 (ITU-T T.84, F.2.1).
fn spiff(bytes: Option<&[u8]>, sink: &mut Sink) {
    versioned(table!("JPEG::SPIFF"), bytes, "SPIFFVersion", |major, minor| format!("{major}.{minor}"), sink);
}

/// APP6 (MIL-STD-188-198A).
fn nitf(bytes: Option<&[u8]>, sink: &mut Sink) {
    versioned(table!("JPEG::NITF"), bytes, "NITFVersion", |major, minor| format!("{major}.{minor:02}"), sink);
}

fn versioned(
    table: Option<&'static Table>,
    bytes: Option<&[u8]>,
    name: &'static str,
    print: fn(u8, u8) -> String,
    sink: &mut Sink,
) {
    let (Some(table), Some(bytes)) = (table, bytes) else { return };
    if let &[major, minor, ..] = bytes {
        sink.printed(&table.group, name, Value::Array(vec![major.into(), minor.into()]), print(major, minor));
    }
    tags::packed(table, bytes, Big, sink);
}

/// InfiRay thermal cameras mark only their first segment.
fn infiray(table: Option<&'static Table>, bytes: &[u8], sink: &mut Sink) {
    if let Some(table) = table {
        tags::packed(table, bytes, Little, sink);
    }
}

fn is_infiray(sink: &Sink) -> bool {
    sink.metadata.tags.last().is_some_and(|t| t.group.place == "InfiRay")
}

/// APP12 of Save for Web: entries of number, length, value until number 0.
fn ducky(mut bytes: &[u8], sink: &mut Sink) {
    const DUCKY: Group = Group::new("ducky", "Ducky");
    while let Some(&[a, b, c, d]) = bytes.get(..4) {
        let (id, len) = (u16::from_be_bytes([a, b]), usize::from(u16::from_be_bytes([c, d])));
        let Some(value) = bytes.get(4..4 + len).filter(|_| id > 0) else { return };
        match id {
            1 => {
                if let Some(quality) = Big.u32(value, 0) {
                    sink.printed(&DUCKY, "Quality", quality, format!("{quality}%"));
                }
            }
            2 | 3 => {
                // A count of characters, UTF-16.
                let text = tags::format::utf16(value.get(4..).unwrap_or_default(), Big);
                sink.tag(&DUCKY, if id == 2 { "Comment" } else { "Copyright" }, text);
            }
            _ => {}
        }
        bytes = &bytes[4 + len..];
    }
}

/// APP5 of Ricoh surveying cameras: blocks of names, of values, of numbers; the values print.
fn ricoh(bytes: Option<&[u8]>, sink: &mut Sink) {
    const RMETA: Group = Group::new("app5", "RMETA");
    const MAX_WORDS: usize = 200;
    let Some(bytes) = bytes else { return };
    let Some(order) = ByteOrder::of_mark(bytes) else { return };
    let mut blocks: [Vec<&[u8]>; 2] = Default::default();
    // The header's length stands in its tenth byte; then a name of the coding comes as a block without words of ours.
    let mut at = memchr::memmem::find(bytes, b"ASCII\0").map_or(bytes.len(), |i| i + 8);
    while let (Some(kind), Some(len)) = (order.u16(bytes, at), order.u16(bytes, at + 2)) {
        let Some(block) = bytes.get(at + 4..at + 2 + usize::from(len)) else { break };
        if let 1 | 2 = kind {
            blocks[usize::from(kind) - 1] = block.split(|&b| b == 0).take_while(|w| !w.is_empty()).take(MAX_WORDS).collect();
        }
        at += 2 + usize::from(len).max(2);
    }
    for (name, value) in blocks[0].iter().zip(&blocks[1]) {
        let words = lossy(name);
        let name = tag_name(&words);
        if name.len() > 1 {
            sink.tag(&RMETA, name, lossy(value));
        }
    }
}
