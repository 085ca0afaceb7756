//! Packets are UTF-8, UTF-16 or UTF-32, of either byte order (ISO 16684-1, 7.3.2).

use crate::decode::text::utf8;
use encoding_rs::{UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// The packet as text. What cannot be decoded becomes `?`.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match bytes {
        [0, 0, 0xfe, 0xff, rest @ ..] => utf32(rest, u32::from_be_bytes),
        [0xff, 0xfe, 0, 0, rest @ ..] => utf32(rest, u32::from_le_bytes),
        [0, 0, 0, b'<', ..] => utf32(bytes, u32::from_be_bytes),
        [b'<', 0, 0, 0, ..] => utf32(bytes, u32::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => UTF_16BE.decode_without_bom_handling(rest).0,
        [0xff, 0xfe, rest @ ..] => UTF_16LE.decode_without_bom_handling(rest).0,
        [0, b'<', ..] => UTF_16BE.decode_without_bom_handling(bytes).0,
        [b'<', 0, ..] => UTF_16LE.decode_without_bom_handling(bytes).0,
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
        _ => utf8(bytes),
    }
}

fn utf32(bytes: &[u8], read: fn([u8; 4]) -> u32) -> Cow<'_, str> {
    bytes.as_chunks::<4>().0.iter().map(|&c| char::from_u32(read(c)).unwrap_or('?')).collect::<String>().into()
}
