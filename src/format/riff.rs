//! RIFF: WebP.
//!
//! Multimedia Programming Interface and Data Specifications 1.0 (1991), chapter 2: chunks of a four-character code, a
//! length and data, padded to even. The forms: WebP Container Specification (RFC 9649).

mod payload;
mod plan;
#[cfg(test)]
mod tests;

use super::{FileType, Format, Kind, Role, Walk, exif_start};
use crate::{
    error::Result,
    input::Input,
    metadata::{Group, Tag},
};
use std::ops::Range;

pub static FORMAT: Format =
    Format { name: "RIFF", extensions: &["webp"], probe, walk, plan: Some(plan::plan), payload: Some(payload::payload) };

const WEBP: FileType = FileType { name: "WEBP", extension: "webp", mime: "image/webp" };
const LOSSLESS: FileType = FileType { name: "WEBP (lossless)", ..WEBP };
const EXTENDED: FileType = FileType { name: "Extended WEBP", ..WEBP };
const GROUP: Group = Group::new("riff", "RIFF");

/// `RIFF`, the length, and the form.
const HEADER: u64 = 12;
/// Fields of an animation frame before the chunks in it (RFC 9649, 2.7.1.1).
const FRAME_HEADER: u64 = 16;
/// Bits of a frame's last byte of fields that mean nothing.
const RESERVED_OF_FRAME: u8 = 0xfc;
/// Background and repetitions of an animation (2.7.1.1).
const ANIMATION_HEADER: u64 = 6;

/// Bits of `VP8X` (RFC 9649, 2.7).
const ANIMATION: u8 = 0x02;
const XMP: u8 = 0x04;
const EXIF: u8 = 0x08;
const ALPHA: u8 = 0x10;
const ICC: u8 = 0x20;

fn probe(input: &Input) -> Option<FileType> {
    let (b"RIFF", [_, _, _, _, form @ ..]) = input.head().split_first_chunk()? else { return None };
    match form.split_first_chunk()? {
        (b"WEBP", [b'V', b'P', b'8', b'X', ..]) => Some(EXTENDED),
        (b"WEBP", [b'V', b'P', b'8', b'L', ..]) => Some(LOSSLESS),
        (b"WEBP", _) => Some(WEBP),
        _ => None,
    }
}

/// A chunk: its code, and where its data is, without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Chunk {
    id: [u8; 4],
    /// The file, or the chunk around it, ends within it: `data` is what is there.
    cut: bool,
    /// A byte of padding follows.
    padded: bool,
    data: Range<u64>,
}

impl Chunk {
    fn len(&self) -> u64 {
        self.data.end - self.data.start
    }
}

/// Steps from chunk to chunk by their lengths; reads nothing else.
struct Chunks<'a> {
    input: &'a Input,
    at: u64,
    end: u64,
}

impl<'a> Chunks<'a> {
    fn new(input: &'a Input, range: Range<u64>) -> Self {
        Chunks { input, at: range.start, end: range.end.min(input.len()) }
    }
}

impl Iterator for Chunks<'_> {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        if self.end.saturating_sub(self.at) < 8 {
            return None;
        }
        let [id @ .., l0, l1, l2, l3] = self.input.array::<8>(self.at).ok()?;
        let length = u64::from(u32::from_le_bytes([l0, l1, l2, l3]));
        let data = self.at + 8..self.at + 8 + length;
        let (cut, padded) = (data.end > self.end, length % 2 == 1 && data.end < self.end);
        self.at = (data.end + (length & 1)).min(self.end);
        Some(Chunk { id, cut, padded, data: data.start..data.end.min(self.end) })
    }
}

/// Where the form ends that the header speaks of.
fn form_end(input: &Input) -> Result<u64> {
    let length = u64::from(input.u32_le(4)?);
    Ok((length + (length & 1) + 8).min(input.len()))
}

fn walk(input: &Input, walk: &mut Walk) -> Result<()> {
    let end = form_end(input)?;
    if walk.full() {
        walk.span(Kind::Payload, Role::Structure, "RIFF", 0..HEADER.min(input.len()))?;
    }
    if u64::from(input.u32_le(4)?) + 8 > input.len() {
        walk.warn("RIFF", "the file is shorter than its header says");
    }
    let mut duration = None;
    let mut chunks = Chunks::new(input, HEADER..input.len());
    for chunk in &mut chunks {
        if chunk.cut {
            walk.warn(place(chunk.id), "the file ends within a chunk");
        }
        if &chunk.id == b"ANMF" {
            let milliseconds = input.slice(chunk.data.clone()).u32_le(12).unwrap_or(0) & 0x00ff_ffff;
            duration = Some(duration.unwrap_or(0u64) + u64::from(milliseconds));
        }
        report(&chunk, chunk.data.start > end, input, walk)?;
    }
    if let Some(milliseconds) = duration {
        let seconds = milliseconds as f64 / 1000.0;
        walk.fact(Tag::new(GROUP, "Duration", seconds).print(span_of_time(seconds)));
    }
    if walk.full() && chunks.at < input.len() {
        walk.span(Kind::Opaque, Role::Metadata, "after the end", chunks.at..input.len())?;
    }
    Ok(())
}

fn report(chunk: &Chunk, behind: bool, input: &Input, walk: &mut Walk) -> Result<()> {
    let mut data = chunk.data.clone();
    // Of coded samples only the header is for decoding.
    let header = |data: &Range<u64>, length: u64| data.start..data.end.min(data.start + length);
    let (kind, role) = match &chunk.id {
        b"VP8X" => (Kind::Riff(chunk.id), Role::Structure),
        b"VP8 " | b"VP8L" | b"ALPH" if behind => (Kind::Opaque, Role::Metadata),
        b"VP8 " | b"VP8L" | b"ALPH" => {
            if !walk.full() {
                data = header(&data, 16);
            }
            (Kind::Riff(chunk.id), Role::Structure)
        }
        b"ANIM" => (Kind::Riff(chunk.id), Role::Structure),
        b"ANMF" => return frame(chunk, input, walk),
        b"ICCP" => (Kind::Icc, Role::Rendering),
        b"XMP " | b"XMP\0" => (Kind::Xmp, Role::Metadata),
        b"C2PA" => (Kind::Jumbf, Role::Metadata),
        b"EXIF" => match exif_start(&input.slice(data.clone())) {
            Some(skip) => {
                if skip > 0 {
                    walk.warn("EXIF", "the Exif block has a header that belongs to JPEG");
                }
                data.start += skip;
                (Kind::Exif, Role::Metadata)
            }
            None => (Kind::Riff(chunk.id), Role::Metadata),
        },
        _ => (Kind::Riff(chunk.id), Role::Metadata),
    };
    if chunk.cut && !walk.full() && role == Role::Metadata {
        return Ok(());
    }
    walk.span(kind, if behind { Role::Metadata } else { role }, place(chunk.id), data)?;
    Ok(())
}

/// A frame of an animation, and what has no business in it.
fn frame(chunk: &Chunk, input: &Input, walk: &mut Walk) -> Result<()> {
    if !walk.full() {
        return Ok(());
    }
    walk.span(Kind::Payload, Role::Structure, "ANMF", chunk.data.clone())?;
    for inner in Chunks::new(input, chunk.data.start + FRAME_HEADER..chunk.data.end) {
        if !matches!(&inner.id, b"VP8 " | b"VP8L" | b"ALPH") {
            walk.span(Kind::Riff(inner.id), Role::Metadata, format!("ANMF/{}", place(inner.id)), inner.data)?;
        }
    }
    Ok(())
}

/// A code as a place; without the blanks at its end, other bytes than letters as `?`.
fn place(id: [u8; 4]) -> super::Place {
    let text: String = id.iter().map(|&b| if b.is_ascii_alphanumeric() || b == b' ' { char::from(b) } else { '?' }).collect();
    text.trim_end().into()
}

/// A duration as people read it.
fn span_of_time(seconds: f64) -> String {
    if seconds == 0.0 {
        return "0 s".into();
    }
    if seconds < 30.0 {
        return format!("{seconds:.2} s");
    }
    let whole = seconds.round() as u64;
    format!("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
}
