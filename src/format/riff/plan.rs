//! Cleaning a WebP: the chunks that decoding needs, the colour profile (`spec/removal.md` 2.3). The rest goes.

use super::{Chunk, Chunks, FRAME_HEADER, HEADER, form_end, probe};
use crate::{
    encode::{exif, select},
    error::{Code, Error, Result},
    format::{Digest, Keep, Kind, Part, Piece, Plan, Selection, profile},
    input::Input,
};
use std::{collections::BTreeSet, ops::Range};
use xxhash_rust::xxh3::Xxh3;

/// Bits of `VP8X` (RFC 9649, 2.7.1).
const ANIMATION: u8 = 0x02;
const XMP: u8 = 0x04;
const EXIF: u8 = 0x08;
const ALPHA: u8 = 0x10;
const ICC: u8 = 0x20;

pub(super) fn plan(input: &Input, parts: &[Part], selection: &Selection) -> Result<Plan> {
    if probe(input).is_none() {
        return Err(Error::new(Code::UnsupportedFormat, "only WebP is cleaned among RIFF files yet"));
    }
    let mut cleaner = Cleaner {
        input,
        parts,
        selection,
        extended: false,
        flags: 0,
        seen: BTreeSet::new(),
        kept: BTreeSet::new(),
        body: Plan::default(),
    };
    let end = form_end(input)?;
    let chunks: Vec<Chunk> = Chunks::new(input, HEADER..end).collect();
    cleaner.extended = chunks.first().is_some_and(|c| &c.id == b"VP8X" && c.len() >= 10);
    for (index, chunk) in chunks.iter().enumerate() {
        cleaner.chunk(chunk, index)?;
    }
    if !cleaner.seen.iter().any(|id| matches!(id, b"VP8 " | b"VP8L" | b"ANMF")) {
        return Err(Error::damaged("the file has no image data"));
    }
    cleaner.finish()
}

struct Cleaner<'a> {
    input: &'a Input,
    parts: &'a [Part],
    selection: &'a Selection,
    /// Does it begin with `VP8X`? If not, the first chunk of image data is all there is to it.
    extended: bool,
    flags: u8,
    /// Chunks that count once and were there.
    seen: BTreeSet<[u8; 4]>,
    /// Where the parts begin that stay.
    kept: BTreeSet<u64>,
    body: Plan,
}

impl Cleaner<'_> {
    fn chunk(&mut self, chunk: &Chunk, index: usize) -> Result<()> {
        let still = |s: &Self| !s.seen.contains(b"VP8 ") && !s.seen.contains(b"VP8L") && !s.seen.contains(b"ANMF");
        match &chunk.id {
            b"VP8X" if self.extended && index == 0 => {
                // The flags are written when it is known what stays.
                self.flags = self.input.u8(chunk.data.start)? & (ANIMATION | ALPHA);
                self.seen.insert(chunk.id);
                self.kept.insert(chunk.data.start);
            }
            b"VP8 " | b"VP8L" if still(self) => self.copy(chunk),
            _ if !self.extended => {}
            b"ALPH" if still(self) && !self.seen.contains(b"ALPH") => self.copy(chunk),
            b"ANIM" if chunk.len() == 6 && !self.seen.contains(b"ANIM") => self.copy(chunk),
            b"ANMF" if chunk.len() > FRAME_HEADER && self.flags & ANIMATION != 0 => self.frame(chunk)?,
            b"ICCP" if !chunk.cut && !self.seen.contains(b"ICCP") && self.keeps_profile(chunk)? => {
                self.flags |= ICC;
                self.body.keep("icc");
                self.copy(chunk);
            }
            b"EXIF" if !self.seen.contains(b"EXIF") => self.exif(chunk)?,
            b"XMP " | b"XMP\0" if !chunk.cut && select::texts(self.selection) && self.flags & XMP == 0 => self.xmp(chunk)?,
            b"C2PA" if self.selection.keeps(Keep::C2pa) && !chunk.cut => {
                self.body.keep("c2pa");
                self.copy(chunk);
            }
            _ => {}
        }
        Ok(())
    }

    fn keeps_profile(&self, chunk: &Chunk) -> Result<bool> {
        let sound = chunk.len() <= profile::MAX_PROFILE;
        Ok(sound && profile::keeps(&self.input.bytes(chunk.data.start, chunk.len())?, self.selection))
    }

    /// Takes a chunk over.
    fn copy(&mut self, chunk: &Chunk) {
        self.seen.insert(chunk.id);
        self.kept.insert(chunk.data.start);
        copy(self.input, chunk, &mut self.body);
    }

    /// A frame: its header, and the coded image in it (RFC 9649, 2.7.1.1).
    fn frame(&mut self, chunk: &Chunk) -> Result<()> {
        let inner_range = chunk.data.start + FRAME_HEADER..chunk.data.end;
        let mut inner = Plan::default();
        let mut image = false;
        for part in Chunks::new(self.input, inner_range.clone()) {
            let kept = match &part.id {
                b"ALPH" => !image && inner.is_empty(),
                b"VP8 " | b"VP8L" => !std::mem::replace(&mut image, true),
                _ => false,
            };
            if kept {
                self.kept.insert(part.data.start);
                copy(self.input, &part, &mut inner);
            }
        }
        if !image {
            return Ok(());
        }
        self.seen.insert(chunk.id);
        self.kept.insert(chunk.data.start);
        let whole = inner.pieces == [Piece::Copy(inner_range)];
        if whole && !chunk.cut {
            copy(self.input, chunk, &mut self.body);
            return Ok(());
        }
        self.body.bytes([&b"ANMF"[..], &((inner.len() + FRAME_HEADER) as u32).to_le_bytes()].concat());
        self.body.copy(chunk.data.start..chunk.data.start + FRAME_HEADER);
        append(&mut self.body, inner);
        Ok(())
    }

    fn exif(&mut self, chunk: &Chunk) -> Result<()> {
        let of_chunk = |p: &&Part| p.kind == Kind::Exif && p.origin.start().is_some_and(|at| chunk.data.contains(&at));
        let Some(part) = self.parts.iter().find(of_chunk) else { return Ok(()) };
        let Some(block) = exif::reduce(&part.origin.open(self.input, profile::MAX_PROFILE)?, self.selection) else {
            return Ok(());
        };
        self.seen.insert(chunk.id);
        self.flags |= EXIF;
        block.kept.iter().for_each(|name| self.body.keep(name));
        if chunk.len() == block.bytes.len() as u64 && *self.input.bytes(chunk.data.start, chunk.len())? == block.bytes[..] {
            self.copy(chunk);
        } else {
            self.body.bytes(framed(*b"EXIF", &block.bytes));
        }
        Ok(())
    }

    fn xmp(&mut self, chunk: &Chunk) -> Result<()> {
        let packet = self.input.bytes(chunk.data.start, chunk.len())?;
        let Some(block) = self.body.or_warn("XMP", select::xmp(&packet, self.selection)) else { return Ok(()) };
        self.flags |= XMP;
        block.kept.iter().for_each(|name| self.body.keep(name));
        if &chunk.id == b"XMP " && block.bytes == packet[..] {
            self.copy(chunk);
        } else {
            self.body.bytes(framed(*b"XMP ", &block.bytes));
        }
        Ok(())
    }

    /// Puts the header, with its length and its flags, before what stays.
    fn finish(self) -> Result<Plan> {
        let mut plan = Plan { kept: self.body.kept.clone(), warnings: self.body.warnings.clone(), ..Plan::default() };
        let extended = match self.extended {
            true => {
                let old = self.input.bytes(HEADER + 8, 10)?;
                framed(*b"VP8X", &[&[self.flags, 0, 0, 0], &old[4..]].concat())
            }
            false => Vec::new(),
        };
        let length = self.body.len() + extended.len() as u64 + 4;
        let length = u32::try_from(length).map_err(|_| Error::new(Code::TooLarge, "the file is too large for its format"))?;
        plan.bytes([&b"RIFF"[..], &length.to_le_bytes(), b"WEBP", &extended].concat());
        append(&mut plan, self.body);
        let stays = |p: &Part| p.origin.start().is_some_and(|at| at == 0 || self.kept.contains(&at));
        plan.removed = (0..self.parts.len()).filter(|&id| !stays(&self.parts[id])).collect();
        Ok(plan)
    }
}

/// Takes a chunk over; its length and its padding are right afterwards.
fn copy(input: &Input, chunk: &Chunk, plan: &mut Plan) {
    let padded = chunk.padded && input.u8(chunk.data.end).is_ok_and(|pad| pad == 0);
    if chunk.cut {
        plan.bytes([&chunk.id[..], &(chunk.len() as u32).to_le_bytes()].concat());
        plan.copy(chunk.data.clone());
    } else {
        plan.copy(chunk.data.start - 8..chunk.data.end + u64::from(padded));
    }
    if chunk.len() % 2 == 1 && !padded {
        plan.bytes(vec![0]);
    }
}

fn append(plan: &mut Plan, other: Plan) {
    for piece in other.pieces {
        match piece {
            Piece::Copy(range) => plan.copy(range),
            Piece::Bytes(bytes) => plan.bytes(bytes),
        }
    }
}

fn framed(id: [u8; 4], data: &[u8]) -> Vec<u8> {
    [&id[..], &(data.len() as u32).to_le_bytes(), data, &[0][..data.len() % 2]].concat()
}

/// Digest of the coded images: their chunks, wherever they stand, and what says how frames follow each other.
pub(super) fn payload(input: &Input) -> Result<Digest> {
    let mut hash = Xxh3::new();
    let extended = &input.array::<4>(HEADER)? == b"VP8X";
    let animated = extended && input.u8(HEADER + 8)? & ANIMATION != 0;
    images(input, HEADER..form_end(input)?, (extended, animated), None, &mut hash)?;
    Ok(Digest(hash.digest128()))
}

/// The images in a range, and whether there were any. A frame's header and the alpha count with the image behind them.
fn images(input: &Input, range: Range<u64>, kind: (bool, bool), header: Option<Range<u64>>, hash: &mut Xxh3) -> Result<bool> {
    let (extended, animated) = kind;
    let mut before = Vec::from_iter(header);
    let (mut at, mut still, mut alpha) = (range.start, false, false);
    while at + 8 <= range.end {
        let id: [u8; 4] = input.array(at)?;
        let length = u64::from(input.u32_le(at + 4)?).min(range.end - at - 8);
        let data = at + 8..at + 8 + length;
        at = data.end + (length & 1);
        match &id {
            b"ANMF" if animated && length > FRAME_HEADER => {
                let inside = data.start + FRAME_HEADER;
                still |= images(input, inside..data.end, (true, false), Some(data.start..inside), hash)?;
            }
            b"ALPH" if !still && extended && !std::mem::replace(&mut alpha, true) => before.push(data),
            b"VP8 " | b"VP8L" if !still => {
                still = true;
                before.push(data);
                for range in before.drain(..) {
                    input.windows(range, |window| {
                        hash.update(window);
                        Ok(())
                    })?;
                }
            }
            b"ANIM" if extended && length == 6 => hash.update(&input.bytes(data.start, 6)?),
            _ => {}
        }
    }
    Ok(still)
}
