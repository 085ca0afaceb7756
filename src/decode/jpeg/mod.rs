//! JPEG segments that are no other standard: frame header, JFIF, Adobe, comment, APPn of makers.

mod app;
mod flir;
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(marker: u8, bytes: &[u8]) -> Sink {
        let mut sink = Sink::default();
        decode(marker, &Input::from_bytes(bytes.to_vec()), &mut sink);
        sink
    }

    #[test]
    fn segments_print() {
        let cases: &[(u8, &[u8], &str, &str, &str)] = &[
            (0xc0, b"\x08\0\x08\0\x09\x03\x01\x22\0\x02\x11\x01\x03\x11\x01", "File", "YCbCrSubSampling", "YCbCr4:2:0 (2 2)"),
            (0xc2, b"\x08\0\x08\0\x09\x01\x01\x11\0", "File", "EncodingProcess", "Progressive DCT, Huffman coding"),
            (0xc2, b"\x08\0\x08\0\x09\x01\x01\x11\0", "File", "ImageWidth", "9"),
            (0xfe, b"hello\0", "File", "Comment", "hello"),
            (0xe0, b"JFIF\0\x01\x02\x01\0\x48\0\x48\0\0", "JFIF", "JFIFVersion", "1.02"),
            (0xe0, b"JFIF\0\x01\x02\x01\0\x48\0\x48\0\0", "JFIF", "ResolutionUnit", "inches"),
            (0xe0, b"JFXX\0\x10abc", "JFXX", "ThumbnailImage", "(Binary data 3 bytes, use --binary to extract)"),
            (0xe8, b"SPIFF\0\x01\x02\x01\x03\0\0\0\0\0\x08\0\0\0\x09", "SPIFF", "SPIFFVersion", "1.2"),
            (0xec, b"Ducky\0\x01\0\x04\0\0\0\x3c\0\0", "Ducky", "Quality", "60%"),
            (0xec, b"x\r\n[picture info]\r\nTimeDate=909698819\r\nShutter=33363\r\n", "PictureInfo", "ExposureTime", "1/30"),
            (0xec, b"x\r\n[picture info]\r\nTimeDate=909698819\r\n", "PictureInfo", "DateTimeOriginal", "1998:10:29 22:06:59"),
            (0xee, b"Adobe\0\x64\x80\0\0\0\x01", "Adobe", "APP14Flags0", "Encoded with Blend=1 downsampling"),
            (0xee, b"Adobe\0\x64\xc0\0\0\0\x01", "Adobe", "APP14Flags0", "[14], Encoded with Blend=1 downsampling"),
            (0xee, b"Adobe\0\x64\x80\0\0\0\x01", "Adobe", "ColorTransform", "YCbCr"),
            (0xef, b"Q 70", "GraphConv", "Quality", "70"),
        ];
        for (marker, bytes, group, name, want) in cases {
            let sink = decoded(*marker, bytes);
            assert_eq!(sink.metadata.get_in(group, name).map(|t| t.printed()).as_deref(), Some(*want), "{group}:{name}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes(marker in 0xc0u8.., magic in 0usize..12, tail in proptest::collection::vec(any::<u8>(), 0..200)) {
            let magics: [&[u8]; 12] = [b"", b"JFIF\0", b"JFXX\0", b"Adobe", b"Ducky", b"SPIFF\0", b"NITF\0", b"FLIR\0\x01\0\0\0",
                b"\0\0\0\0IJPEG\0", b"[picture info]", b"Media Jukebox\0", b"HDR_RI "];
            decoded(marker, &[magics[magic], &tail].concat());
        }
    }
}
