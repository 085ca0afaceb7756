//! PNG, APNG, JNG and MNG.
//!
//! Portable Network Graphics (Third Edition), W3C Recommendation: a signature, then chunks of length, type, data and
//! CRC (clause 5). MNG 1.0 and JNG 1.0 share the layout under signatures and chunks of their own.

mod frames;
mod payload;
mod pixels;
mod plan;
mod rules;
#[cfg(test)]
mod tests;

use super::{FileType, Format, Kind, Role, Walk, exif_start};
use crate::{error::Result, input::Input};
use flate2::Crc;
use std::ops::Range;

pub static FORMAT: Format = Format {
    name: "PNG, APNG, JNG and MNG",
    extensions: &["png", "apng", "jng", "mng"],
    probe,
    walk,
    plan: Some(plan::plan),
    payload: Some(payload::payload),
};

const SIGNATURE: u64 = 8;
/// Length, type and CRC.
const FRAME: u64 = 12;
/// The longest chunk that there may be (clause 5.3).
const MAX_LENGTH: u64 = 0x7fff_ffff;

const PNG: FileType = FileType { name: "PNG", extension: "png", mime: "image/png" };
const APNG: FileType = FileType { name: "APNG", extension: "png", mime: "image/apng" };
const JNG: FileType = FileType { name: "JNG", extension: "jng", mime: "image/jng" };
const MNG: FileType = FileType { name: "MNG", extension: "mng", mime: "video/mng" };

fn probe(input: &Input) -> Option<FileType> {
    match input.head().first_chunk()? {
        b"\x89PNG\r\n\x1a\n" => Some(PNG),
        b"\x8bJNG\r\n\x1a\n" => Some(JNG),
        b"\x8aMNG\r\n\x1a\n" => Some(MNG),
        _ => None,
    }
}

/// A chunk: where its frame and its data are.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Chunk {
    kind: [u8; 4],
    /// The file ends within it: `data` is what is there.
    cut: bool,
    data: Range<u64>,
}

impl Chunk {
    /// Length of the data.
    fn len(&self) -> u64 {
        self.data.end - self.data.start
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The CRC of type and data, unless it is the one that is stored.
    fn crc(&self, input: &Input) -> Result<Option<u32>> {
        let mut crc = Crc::new();
        input.windows(self.data.start - 4..self.data.end, |window| {
            crc.update(window);
            Ok(())
        })?;
        let stored = if self.cut { None } else { input.u32_be(self.data.end).ok() };
        Ok((stored != Some(crc.sum())).then(|| crc.sum()))
    }

    /// Of the whole chunk with length, type and CRC, as far as the file goes.
    fn range(&self, input: &Input) -> Range<u64> {
        self.data.start - 8..self.data.end.saturating_add(4).min(input.len())
    }
}

/// Steps from chunk to chunk by their lengths; reads nothing else.
struct Chunks<'a> {
    input: &'a Input,
    at: u64,
}

impl<'a> Chunks<'a> {
    fn new(input: &'a Input) -> Self {
        Chunks { input, at: SIGNATURE }
    }

    /// The chunks of a PNG, the last one with them.
    fn to_end(input: &'a Input) -> impl Iterator<Item = Chunk> + use<'a> {
        let mut ended = false;
        Chunks::new(input).take_while(move |chunk| !std::mem::replace(&mut ended, &chunk.kind == b"IEND"))
    }
}

impl Iterator for Chunks<'_> {
    type Item = Chunk;

    /// `None` where no chunk can be: at the end, or at a length that is out of bounds.
    fn next(&mut self) -> Option<Chunk> {
        let [l0, l1, l2, l3, kind @ ..] = self.input.array::<8>(self.at).ok()?;
        let length = u64::from(u32::from_be_bytes([l0, l1, l2, l3]));
        if length > MAX_LENGTH {
            return None;
        }
        let data = self.at + 8..self.at + 8 + length;
        let next = self.at + length + FRAME;
        let cut = next > self.input.len();
        self.at = next.min(self.input.len());
        Some(Chunk { kind, cut, data: data.start..data.end.min(self.input.len()) })
    }
}

fn walk(input: &Input, walk: &mut Walk) -> Result<()> {
    let mut chunks = Chunks::new(input);
    let mut ended = false;
    let last = if walk.file_type == MNG { b"MEND" } else { b"IEND" };
    for chunk in &mut chunks {
        if &chunk.kind == b"acTL" && walk.file_type == PNG {
            walk.file_type = APNG;
        }
        if chunk.cut {
            walk.warn(place(chunk.kind), "the file ends within a chunk");
        }
        if walk.full() && !chunk.cut && chunk.crc(input)?.is_some() {
            walk.warn(place(chunk.kind), "the checksum is wrong");
        }
        report(&chunk, input, walk)?;
        ended = &chunk.kind == last;
        if ended {
            break;
        }
    }
    if !ended {
        walk.warn(
            walk.file_type.name,
            if chunks.at < input.len() { "a chunk's length is out of bounds" } else { "the file ends without IEND" },
        );
    }
    if walk.full() && chunks.at < input.len() {
        walk.span(Kind::Opaque, Role::Metadata, "after IEND", chunks.at..input.len())?;
    }
    Ok(())
}

fn report(chunk: &Chunk, input: &Input, walk: &mut Walk) -> Result<()> {
    let silent = chunk.cut || matches!(&chunk.kind, b"IDAT" | b"fdAT" | b"fcTL" | b"IEND" | b"JDAT" | b"JDAA" | b"MEND");
    if silent && !walk.full() {
        return Ok(());
    }
    let mut data = chunk.data.clone();
    let kind = match &chunk.kind {
        _ if silent => Kind::Payload,
        b"caBX" => Kind::Jumbf,
        b"eXIf" | b"zxIf" => match exif_start(&input.slice(data.clone())) {
            Some(skip) => {
                if skip > 0 {
                    walk.warn(place(chunk.kind), "the Exif block has a header that belongs to JPEG");
                }
                data.start += skip;
                Kind::Exif
            }
            None => Kind::Png(chunk.kind),
        },
        _ => Kind::Png(chunk.kind),
    };
    walk.span(kind, role(chunk.kind), place(chunk.kind), data)?;
    Ok(())
}

/// A chunk's type as a place; other bytes than letters as `?`.
fn place(kind: [u8; 4]) -> super::Place {
    kind.iter().map(|&b| if b.is_ascii_alphanumeric() { char::from(b) } else { '?' }).collect()
}

/// What a chunk is for (clauses 11.2 and 11.3; an upper-case first letter makes it critical).
fn role(kind: [u8; 4]) -> Role {
    match &kind {
        b"tRNS" | b"gAMA" | b"cHRM" | b"sRGB" | b"iCCP" | b"sBIT" | b"cICP" | b"mDCV" | b"mDCv" | b"cLLI" | b"cLLi" | b"bKGD"
        | b"pHYs" => Role::Rendering,
        b"acTL" | b"fcTL" | b"fdAT" => Role::Structure,
        [first, ..] if first.is_ascii_uppercase() => Role::Structure,
        _ => Role::Metadata,
    }
}
