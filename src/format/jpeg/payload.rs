//! The coded picture, found by a short way of its own that shares no code with the walk: the proof must not repeat its mistakes.

use crate::{
    error::{Error, Result},
    format::Digest,
    input::{Input, MAX_BLOCK},
};
use xxhash_rust::xxh3::Xxh3;

/// Digest of tables, frame headers, scans and the colour transform of the first image, in file order.
pub fn payload(input: &Input) -> Result<Digest> {
    let bytes = input.all(MAX_BLOCK)?;
    let mut hash = Xxh3::new();
    let mut at = if bytes.starts_with(b"\xff\x01") { 7 } else { 2 };
    let (mut ls, mut in_picture) = (false, false);
    let mut transform: Option<u8> = None;
    while let Some(found) = memchr::memchr(0xff, bytes.get(at..).unwrap_or_default()) {
        at += found;
        let Some(&marker) = bytes.get(at + 1) else { break };
        let length = match bytes.get(at + 2..at + 4) {
            Some(l) => usize::from(u16::from_be_bytes([l[0], l[1]])),
            None => 0,
        };
        match marker {
            0xd9 => break,
            // Fill and codes that begin nothing.
            0..=0xbf | 0xff => at += 1,
            0xd0..=0xd8 => at += 2,
            _ if length < 2 => at += 2,
            _ => {
                let end = (at + 2 + length).min(bytes.len());
                let segment = &bytes[at..end];
                match marker {
                    0xee if segment.get(4..9) == Some(b"Adobe") && segment.len() >= 16 => transform = Some(segment[15]),
                    0xe0..=0xef | 0xf9..=0xfe => {}
                    _ => hash.update(segment),
                }
                ls |= marker == 0xf7;
                at = end;
                if marker == 0xda {
                    // It is read when the first scan begins.
                    if let Some(transform) = transform.take().filter(|_| !in_picture) {
                        hash.update(&[transform]);
                    }
                    in_picture = true;
                    at = end_of_scan(&bytes, end, ls);
                    hash.update(&bytes[end..at]);
                }
            }
        }
    }
    Ok(Digest(hash.digest128()))
}

fn end_of_scan(bytes: &[u8], mut at: usize, ls: bool) -> usize {
    while let Some(found) = memchr::memchr(0xff, bytes.get(at..).unwrap_or_default()) {
        at += found;
        match bytes.get(at + 1) {
            Some(0xd0..=0xd7 | 0xff) | None => at += 1,
            Some(&code) if code < 0xc0 && !(ls && code >= 0x80) => at += 1,
            Some(_) => return at,
        }
    }
    bytes.len()
}

/// The error of a file whose picture cannot be found.
pub fn no_picture() -> Error {
    Error::damaged("there is no picture in the file")
}
