//! XMP sidecar files: a packet by itself (ISO 16684-1, annex A).

use super::{FileType, Format, Kind, Role, Walk};
use crate::{error::Result, input::Input};

pub static FORMAT: Format = Format { name: "XMP sidecar files", extensions: &["xmp"], probe, walk, plan: None, payload: None };

/// What stands before the first element is no longer than this.
const PROLOGUE: usize = 4096;

fn probe(input: &Input) -> Option<FileType> {
    let head = input.head();
    is_packet(&head[..head.len().min(PROLOGUE)]).then_some(FileType {
        name: "XMP",
        extension: "xmp",
        mime: "application/rdf+xml",
    })
}

/// Begins the text with a packet's wrapper, or is its first element `x:xmpmeta` or `rdf:RDF`?
fn is_packet(head: &[u8]) -> bool {
    // Markup is ASCII: without NULs and byte order marks it looks alike in all encodings.
    let first = head.iter().find(|b| !matches!(b, 0 | 0xef | 0xbb | 0xbf | 0xfe | 0xff | b' ' | b'\t' | b'\r' | b'\n'));
    if first != Some(&b'<') {
        return false;
    }
    let text: Vec<u8> = head.iter().copied().filter(|b| !matches!(b, 0 | 0xef | 0xbb | 0xbf | 0xfe | 0xff)).collect();
    let mut rest = text.trim_ascii_start();
    loop {
        if rest.starts_with(b"<?xpacket begin") {
            return true;
        }
        let end: &[u8] = match rest {
            [b'<', b'?', ..] => b"?>",
            [b'<', b'!', b'-', b'-', ..] => b"-->",
            _ => break,
        };
        let Some(at) = memchr::memmem::find(rest, end) else { return false };
        rest = rest[at + end.len()..].trim_ascii_start();
    }
    let Some(name) = rest.strip_prefix(b"<") else { return false };
    let name = name.split(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/')).next().unwrap_or_default();
    matches!(name.rsplit(|b| *b == b':').next(), Some(b"xmpmeta" | b"xapmeta" | b"RDF"))
}

fn walk(input: &Input, walk: &mut Walk) -> Result<()> {
    walk.span(Kind::Xmp, Role::Metadata, "XMP", 0..input.len())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_known_by_their_first_element() {
        let cases: &[(&[u8], bool)] = &[
            (b"<?xpacket begin='' id=''?>", true),
            (b"\xef\xbb\xbf<x:xmpmeta xmlns:x='adobe:ns:meta/'>", true),
            (b"<?xml version='1.0'?>\n<!-- <html> -->\n<rdf:RDF>", true),
            (b"\xfe\xff\0<\0x\0:\0x\0m\0p\0m\0e\0t\0a\0>", true),
            (b"<?xml version='1.0'?><plist version='1.0'>", false),
            (b"<svg><metadata><rdf:RDF/></metadata></svg>", false),
            (b"<?xml", false),
            (b"x:xmpmeta", false),
            (b"", false),
        ];
        for (bytes, want) in cases {
            assert_eq!(is_packet(bytes), *want, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
