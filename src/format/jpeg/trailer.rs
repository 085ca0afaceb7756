//! What stands behind the image: appendices of cameras and of photo managers, told by their footers, several stacked;
//! whole images; the unknown.
//!
//! Sources: AXS File Concatenation Protocol 1.1 (AFCP), MIE 1.1 specification, and the published notes on Canon VRD,
//! Samsung SEF, FotoStation and Photo Mechanic blocks.

use super::segments::{self, Item, Segments};
use crate::{
    error::Result,
    format::{Kind, Role, Walk},
    input::Input,
};
use std::ops::Range;

/// Appendices stacked, at most so many.
const MAX_TRAILERS: usize = 32;
/// The longest footer.
const FOOTER: u64 = 64;
/// So far back a start is searched for that no footer says.
const REACH: u64 = 1024 * 1024;

/// A known appendix.
struct Trailer {
    name: &'static str,
    range: Range<u64>,
}

/// Reports the known appendices, the outermost first, as they are peeled off.
pub fn walk_known(input: &Input, from: u64, walk: &mut Walk) -> Result<()> {
    for trailer in known(input, from)? {
        walk.span(Kind::Trailer(trailer.name), Role::Metadata, trailer.name, trailer.range)?;
    }
    Ok(())
}

/// Reports every byte behind the image: whole files, known appendices, and the rest.
pub fn walk_all(input: &Input, from: u64, walk: &mut Walk) -> Result<()> {
    let trailers = known(input, from)?;
    let end = trailers.last().map_or(input.len(), |t| t.range.start);
    walk_files(&input.slice(0..end), from, walk)?;
    for trailer in trailers {
        walk.span(Kind::Trailer(trailer.name), Role::Metadata, trailer.name, trailer.range)?;
    }
    Ok(())
}

/// Files one behind another: further images (MPF, gain maps), the video of a motion photo.
fn walk_files(input: &Input, from: u64, walk: &mut Walk) -> Result<()> {
    let end = input.len();
    let (mut at, mut reported) = (from, from);
    for _ in 0..MAX_FILES {
        let rest = input.tail(at);
        let file = if is_movie(&rest) {
            end
        } else {
            match image_end(&rest)? {
                Some(length) => at + length,
                None => {
                    let Some(next) = next_image(input, at + 1)? else { break };
                    at = next;
                    continue;
                }
            }
        };
        if reported < at {
            walk.span(Kind::Opaque, Role::Metadata, BEHIND, reported..at)?;
        }
        walk.span(Kind::File, Role::Metadata, BEHIND, at..file)?;
        (at, reported) = (file, file);
        if at >= end {
            break;
        }
    }
    if reported < end {
        walk.span(Kind::Opaque, Role::Metadata, BEHIND, reported..end)?;
    }
    Ok(())
}

const BEHIND: &str = "behind the image";
/// Files behind an image are looked for so often at most.
const MAX_FILES: usize = 64;

/// ISO base media: a box of type `ftyp` comes first.
fn is_movie(input: &Input) -> bool {
    input.up_to(4, 4).is_ok_and(|kind| *kind == *b"ftyp")
}

/// The length of the JPEG that begins here; `None` if there is none from SOI to EOI.
fn image_end(input: &Input) -> Result<Option<u64>> {
    if *input.up_to(0, 3)? != *b"\xff\xd8\xff" {
        return Ok(None);
    }
    let mut segments = Segments::new(input, 0);
    let mut scans = 0;
    while let Some(item) = segments.next()? {
        match item {
            Item::Scan(_) => scans += 1,
            Item::Segment(s) if s.marker == segments::EOI => return Ok((scans > 0).then_some(segments.at)),
            Item::Segment(s) if s.cut || (s.marker == segments::SOI && s.start > 0) => return Ok(None),
            Item::Segment(_) => {}
            // Fill is legal, other bytes mean that this was no image.
            Item::Junk(range) => {
                if range.end - range.start > 64 {
                    return Ok(None);
                }
            }
        }
    }
    Ok(None)
}

/// Where a JPEG may begin next.
fn next_image(input: &Input, from: u64) -> Result<Option<u64>> {
    const WINDOW: u64 = 1024 * 1024;
    let mut at = from;
    while at + 4 <= input.len() {
        let window = input.up_to(at, WINDOW)?;
        let begins = |i: &usize| matches!(window.get(i + 3), Some(0xc0..=0xcf | 0xdb | 0xdd | 0xe0..=0xef | 0xfe));
        if let Some(i) = memchr::memmem::find_iter(&window, b"\xff\xd8\xff").find(begins) {
            return Ok(Some(at + i as u64));
        }
        at += (window.len() as u64).saturating_sub(3).max(1);
    }
    Ok(None)
}

/// Appendices behind `from`, the last of the file first.
fn known(input: &Input, from: u64) -> Result<Vec<Trailer>> {
    let mut found = Vec::new();
    let mut end = input.len();
    while found.len() < MAX_TRAILERS && end > from {
        let Some(trailer) = last(&input.slice(0..end), from)? else { break };
        end = trailer.range.start;
        found.push(trailer);
    }
    Ok(found)
}

/// The appendix that ends where `input` does and begins at `from` or later.
fn last(input: &Input, from: u64) -> Result<Option<Trailer>> {
    let end = input.len();
    let footer = input.up_to(end.saturating_sub(FOOTER).max(from), FOOTER)?;
    let f = &*footer;
    let at = |back: usize| f.len().checked_sub(back);
    let be = |back: usize| at(back).and_then(|i| f.get(i..i + 4)?.try_into().ok()).map(u32::from_be_bytes).unwrap_or(0);
    let le = |back: usize| be(back).swap_bytes();
    let tail = |back: usize, magic: &[u8]| at(back).is_some_and(|i| f[i..].starts_with(magic));
    let sized = |name, length: u64| {
        let start = end.checked_sub(length).filter(|&s| s >= from && length > 0);
        start.map(|start| Trailer { name, range: start..end })
    };
    let found = if f.ends_with(b"\xa1\xb2\xc3\xd4") {
        sized("FotoStation", be(8).into())
    } else if f.ends_with(b"cbipcbbl") {
        sized("PhotoMechanic", u64::from(be(12)) + 12)
    } else if tail(12, b"AXS!") || tail(12, b"AXS*") {
        let offset = u64::from(if tail(12, b"AXS!") { be(8) } else { le(8) });
        afcp(input, from, offset, &f[f.len() - 12..f.len() - 8])?
    } else if tail(64, VRD) {
        canon_vrd(input, from, be(64 - 20).into())?
    } else if tail(10, b"~\0\0\x06") && f.ends_with(b"\x04") {
        sized("MIE", if tail(2, b"\x18") { le(6) } else { be(6) }.into()).filter(|t| is_mie(input, t))
    } else if tail(14, b"~\0\0\x0a") && f.ends_with(b"\x08") {
        sized("MIE", if tail(2, b"\x18") { le(10) } else { be(6) }.into()).filter(|t| is_mie(input, t))
    } else if f.ends_with(b"SEFT") || f.ends_with(b"QDIOBS") {
        samsung(input, from)?
    } else if f.ends_with(b"\xff\xff\xff\xff\x1b\x2a\x39\x48\x57\x66\x75\x84\x93\xa2\xb1") {
        searched(input, from, "Vivo", b"vivo{\"")?
    } else {
        None
    };
    Ok(found)
}

const VRD: &[u8] = b"CANON OPTIONAL DATA\0";

fn is_mie(input: &Input, trailer: &Trailer) -> bool {
    input
        .up_to(trailer.range.start, 12)
        .is_ok_and(|head| head.starts_with(b"~") && memchr::memmem::find(&head, b"0MIE").is_some())
}

/// From the last place before the end where `magic` stands.
fn searched(input: &Input, from: u64, name: &'static str, magic: &[u8]) -> Result<Option<Trailer>> {
    let end = input.len();
    let start = end.saturating_sub(REACH).max(from);
    let window = input.up_to(start, end - start)?;
    Ok(memchr::memmem::rfind(&window, magic).map(|i| Trailer { name, range: start + i as u64..end }))
}

/// The footer names the start of the block as an offset in the file, which edits elsewhere make wrong.
fn afcp(input: &Input, from: u64, offset: u64, magic: &[u8]) -> Result<Option<Trailer>> {
    let end = input.len();
    if offset >= from && offset + 24 <= end && *input.bytes(offset, 4)? == *magic {
        return Ok(Some(Trailer { name: "AFCP", range: offset..end }));
    }
    let before = searched(&input.slice(0..end.saturating_sub(12)), from, "AFCP", magic)?;
    Ok(before.map(|t| Trailer { range: t.range.start..end, ..t }))
}

/// Header of 28 bytes, data of the length that the footer says, footer of 64 bytes.
fn canon_vrd(input: &Input, from: u64, length: u64) -> Result<Option<Trailer>> {
    let end = input.len();
    let start = end.checked_sub(length + 0x5c).filter(|&s| s >= from);
    if let Some(start) = start
        && *input.up_to(start, VRD.len() as u64)? == *VRD
    {
        return Ok(Some(Trailer { name: "CanonVRD", range: start..end }));
    }
    let before = searched(&input.slice(0..end.saturating_sub(FOOTER)), from, "CanonVRD", VRD)?;
    Ok(before.map(|t| Trailer { range: t.range.start..end, ..t }))
}

/// `SEFH`, version, count, entries of 12 bytes (type, distance back from `SEFH`, size), length of all that, `SEFT`; then
/// perhaps a block `QDIO … QDIOBS` of the length that stands before its last six bytes.
fn samsung(input: &Input, from: u64) -> Result<Option<Trailer>> {
    let end = input.len();
    let mut directory_end = end;
    if *input.up_to(end.saturating_sub(6), 6)? == *b"QDIOBS" {
        let length = u64::from(input.u32_le(end.saturating_sub(10))?);
        directory_end = end.saturating_sub(length.saturating_add(10));
    }
    if directory_end < from + 8 || *input.bytes(directory_end - 4, 4)? != *b"SEFT" {
        return Ok(None);
    }
    let length = u64::from(input.u32_le(directory_end - 8)?);
    let Some(directory) = (directory_end - 8).checked_sub(length).filter(|&d| d >= from && length >= 12) else { return Ok(None) };
    if *input.bytes(directory, 4)? != *b"SEFH" {
        return Ok(None);
    }
    let count = u64::from(input.u32_le(directory + 8)?).min((length - 12) / 12).min(1000);
    let mut reach = 0;
    for i in 0..count {
        reach = reach.max(u64::from(input.u32_le(directory + 12 + 12 * i + 4)?));
    }
    let start = directory.checked_sub(reach).filter(|&s| s >= from).unwrap_or(directory);
    Ok(Some(Trailer { name: "Samsung", range: start..end }))
}
