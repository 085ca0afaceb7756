//! JPEG segments that are no other standard: frame header, JFIF, Adobe, comment, APPn of makers.

mod app;
mod text;

use super::{Sink, text::lossy};
use crate::{
    input::Input,
    metadata::{Blob, FILE, Group, Priority, Tag, Value},
    table,
    tags::{self, ByteOrder::Big},
};

/// A marker segment holds no more; blocks joined from several come close to it.
const MAX_SEGMENT: u64 = 64 * 1024 * 1024;

/// `marker` is the marker's second byte, `input` what follows the length field.
pub fn decode(marker: u8, input: &Input, sink: &mut Sink) {
    let bytes = match input.all(MAX_SEGMENT) {
        Ok(bytes) => bytes,
        Err(e) => return sink.warn(e.to_string()),
    };
    match marker {
        0xfe => comment(&bytes, sink),
        0xe0..=0xef => app::decode(marker & 15, &bytes, input, sink),
        0xc0..=0xcf => frame(marker, &bytes, sink),
        _ => {}
    }
}

/// A frame header (ITU-T T.81, B.2.2).
fn frame(marker: u8, bytes: &[u8], sink: &mut Sink) {
    let (Some(table), &[precision, h1, h0, w1, w0, components, ref rest @ ..]) = (table!("JPEG::Frame"), bytes) else {
        return sink.warn("the frame header is cut off");
    };
    // A thumbnail's frame is not the image's.
    sink.tag(&FILE, "ImageHeight", u16::from_be_bytes([h1, h0]));
    sink.tag(&FILE, "ImageWidth", u16::from_be_bytes([w1, w0]));
    tags::emit(table, 0i64, (marker & 15).into(), &FILE, sink);
    sink.tag(&FILE, "BitsPerSample", precision);
    sink.tag(&FILE, "ColorComponents", components);
    if components == 3
        && let (components, _) = rest.as_chunks::<3>()
        && components.len() >= 3
    {
        let factors = || components[..3].iter().map(|c| (c[1] >> 4, c[1] & 15));
        let (h, v): (Vec<u8>, Vec<u8>) = factors().unzip();
        if let (Some(horizontal), Some(vertical)) = (spread(&h), spread(&v)) {
            tags::emit(table, 1i64, Value::Array(vec![horizontal, vertical]), &FILE, sink);
        }
    }
}

/// The largest sampling factor by the smallest.
fn spread(factors: &[u8]) -> Option<Value> {
    let (most, least) = (*factors.iter().max()?, *factors.iter().min()?);
    (least > 0).then(|| Value::Float(f64::from(most) / f64::from(least)))
}

fn comment(bytes: &[u8], sink: &mut Sink) {
    let end = bytes.iter().rposition(|&b| b != 0).map_or(0, |i| i + 1);
    let text = lossy(&bytes[..end]).replace('\0', "");
    sink.push(Tag::new(FILE, "Comment", text).priority(Priority::Low));
}

/// JFIF 1.02: the segment itself, and its extension for thumbnails.
fn jfif(bytes: &[u8], sink: &mut Sink) {
    let (Some(table), Some(fields)) = (table!("JPEG::JFIF"), bytes.get(5..)) else { return };
    if let Some(&[major, minor]) = fields.get(..2) {
        let version = Value::Array(vec![major.into(), minor.into()]);
        sink.printed(&table.group, "JFIFVersion", version, format!("{major}.{minor:02}"));
    }
    tags::packed(table, fields, Big, sink);
    if fields.len() > 9 && fields[7] > 0 && fields[8] > 0 {
        sink.tag(&table.group, "ThumbnailTIFF", Value::Binary(Blob::Bytes(fields[9..].to_vec())));
    }
}

fn jfxx(bytes: &[u8], sink: &mut Sink) {
    const JFXX: Group = Group::new("jfif", "JFXX");
    let Some((&code, thumbnail)) = bytes.get(5..).and_then(<[u8]>::split_first) else { return };
    let name = match code {
        0x10 => "ThumbnailImage",
        0x11 | 0x13 => "ThumbnailTIFF",
        _ => return,
    };
    sink.tag(&JFXX, name, Value::Binary(Blob::Bytes(thumbnail.to_vec())));
}
