//! Cleaning a WebP: the chunks that decoding needs, the colour profile (`spec/removal.md` 2.3). The rest goes.

use super::{
    ALPHA, ANIMATION, ANIMATION_HEADER, Chunk, Chunks, EXIF, FRAME_HEADER, HEADER, ICC, RESERVED_OF_FRAME, XMP, form_end, probe,
};
use crate::{
    encode::{exif, select},
    error::{Code, Error, Result},
    format::{Keep, Kind, Part, PartId, Piece, Plan, Selection, profile},
    input::Input,
};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn plan(input: &Input, parts: &[Part], selection: &Selection) -> Result<Plan> {
    if probe(input).is_none() {
        return Err(Error::new(Code::UnsupportedFormat, "only WebP is cleaned among RIFF files yet"));
    }
    let chunks: Vec<Chunk> = Chunks::new(input, HEADER..form_end(input)?).collect();
    let extended = chunks.first().is_some_and(|c| &c.id == b"VP8X" && c.len() >= 10);
    // The other flags are written when it is known what stays.
    let declared = if extended { input.u8(chunks[0].data.start)? } else { 0 };
    let flags = declared & (ANIMATION | ALPHA);
    let animated = flags & ANIMATION != 0;
    let mut cleaner = Cleaner {
        input,
        parts,
        selection,
        extended,
        animated,
        coloured: declared & ICC != 0,
        turned: declared & EXIF != 0,
        flags,
        // Some decoders obey the flag of the alpha plane, others look for it.
        still: if animated { Vec::new() } else { image(&chunks, extended) },
        exif: exif_parts(parts),
        seen: BTreeSet::new(),
        kept: BTreeSet::new(),
        body: Plan::default(),
    };
    for (index, chunk) in chunks.iter().enumerate() {
        cleaner.chunk(chunk, index)?;
    }
    if !cleaner.seen.iter().any(|id| matches!(id, b"VP8 " | b"VP8L" | b"ANMF")) {
        return Err(Error::damaged("the file has no image data"));
    }
    cleaner.finish()
}

/// The chunks of an image among these, by index: its alpha plane, if it has one that counts, and its coded samples. With a
/// lossless image there is none (RFC 9649, 2.7.1.2).
fn image(chunks: &[Chunk], alpha: bool) -> Vec<usize> {
    let Some(image) = chunks.iter().position(|c| matches!(&c.id, b"VP8 " | b"VP8L")) else { return Vec::new() };
    let plane = chunks[..image].iter().position(|c| &c.id == b"ALPH");
    plane.filter(|_| alpha && &chunks[image].id == b"VP8 ").into_iter().chain([image]).collect()
}

/// Exif blocks, by where they begin.
fn exif_parts(parts: &[Part]) -> BTreeMap<u64, PartId> {
    let exif = parts.iter().enumerate().filter(|(_, p)| p.kind == Kind::Exif);
    exif.filter_map(|(id, p)| Some((p.origin.start()?, id))).collect()
}

struct Cleaner<'a> {
    input: &'a Input,
    parts: &'a [Part],
    selection: &'a Selection,
    /// Does it begin with `VP8X`? If not, the first chunk of image data is all there is to it.
    extended: bool,
    animated: bool,
    /// Does it say that it has a colour profile? Without that decoders show none.
    coloured: bool,
    /// The same of an Exif block, which turns the image.
    turned: bool,
    flags: u8,
    /// The chunks of the image that is no animation.
    still: Vec<usize>,
    exif: BTreeMap<u64, PartId>,
    /// Chunks that count once and were there.
    seen: BTreeSet<[u8; 4]>,
    /// Where the parts begin that stay.
    kept: BTreeSet<u64>,
    body: Plan,
}

impl Cleaner<'_> {
    fn chunk(&mut self, chunk: &Chunk, index: usize) -> Result<()> {
        match &chunk.id {
            b"VP8X" if self.extended && index == 0 => {
                self.seen.insert(chunk.id);
                self.kept.insert(chunk.data.start);
            }
            b"ALPH" | b"VP8 " | b"VP8L" if self.still.contains(&index) => self.copy(chunk),
            _ if !self.extended => {}
            b"ANIM" if self.animated && chunk.len() >= ANIMATION_HEADER && !self.seen.contains(b"ANIM") => {
                self.animation(chunk)?
            }
            b"ANMF" if self.animated && chunk.len() > FRAME_HEADER => self.frame(chunk)?,
            b"ICCP" if !self.seen.contains(b"ICCP") => self.colour_profile(chunk)?,
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

    fn colour_profile(&mut self, chunk: &Chunk) -> Result<()> {
        if !self.coloured {
            if profile::wanted(self.selection) {
                self.body.warn("ICC", "goes as a whole: the file says that it has none, and decoders show none");
            }
            return Ok(());
        }
        let data = self.input.up_to(chunk.data.start, chunk.len().min(profile::MAX_PROFILE))?;
        let Some(profile) = self.body.or_warn("ICC", profile::kept(&data, self.selection)) else { return Ok(()) };
        self.flags |= ICC;
        self.body.keep("icc");
        self.kept.insert(chunk.data.start);
        self.copy_or_write(chunk, *b"ICCP", profile);
        Ok(())
    }

    /// Takes a chunk over, if this is what is in it; else writes it.
    fn copy_or_write(&mut self, chunk: &Chunk, id: [u8; 4], data: &[u8]) {
        let same = chunk.id == id && self.input.bytes(chunk.data.start, chunk.len()).is_ok_and(|old| *old == *data);
        if same {
            self.copy(chunk);
        } else {
            self.seen.insert(id);
            self.body.bytes(framed(id, data));
        }
    }

    /// Takes a chunk over.
    fn copy(&mut self, chunk: &Chunk) {
        self.seen.insert(chunk.id);
        self.kept.insert(chunk.data.start);
        copy(self.input, chunk, &mut self.body);
    }

    /// Background and repetitions; behind them nothing is read, and nothing stays.
    fn animation(&mut self, chunk: &Chunk) -> Result<()> {
        let header = self.input.bytes(chunk.data.start, ANIMATION_HEADER)?;
        self.kept.insert(chunk.data.start);
        self.copy_or_write(chunk, *b"ANIM", &header);
        Ok(())
    }

    /// A frame: its header, and the coded image in it (RFC 9649, 2.7.1.1).
    fn frame(&mut self, chunk: &Chunk) -> Result<()> {
        if !self.seen.contains(b"ANIM") {
            return Err(Error::damaged("the animation has frames before it says how they are shown"));
        }
        let body = chunk.data.start + FRAME_HEADER..chunk.data.end;
        let chunks: Vec<Chunk> = Chunks::new(self.input, body.clone()).collect();
        let image = image(&chunks, true);
        if image.is_empty() {
            return Ok(());
        }
        let mut inner = Plan::default();
        for part in image.into_iter().map(|i| &chunks[i]) {
            self.kept.insert(part.data.start);
            copy(self.input, part, &mut inner);
        }
        self.seen.insert(chunk.id);
        self.kept.insert(chunk.data.start);
        let mut header: [u8; FRAME_HEADER as usize] = self.input.array(chunk.data.start)?;
        if inner.pieces == [Piece::Copy(body)] && !chunk.cut && header[15] & RESERVED_OF_FRAME == 0 {
            copy(self.input, chunk, &mut self.body);
            return Ok(());
        }
        header[15] &= !RESERVED_OF_FRAME;
        self.body.bytes([&b"ANMF"[..], &((inner.len() + FRAME_HEADER) as u32).to_le_bytes(), &header].concat());
        self.body.splice(inner, 0);
        Ok(())
    }

    fn exif(&mut self, chunk: &Chunk) -> Result<()> {
        let Some((_, &id)) = self.exif.range(chunk.data.clone()).next() else { return Ok(()) };
        let block = self.parts[id].origin.open(self.input, profile::MAX_PROFILE)?;
        let Some(block) = exif::reduce(&block, self.selection) else { return Ok(()) };
        if !self.turned {
            self.body.warn("EXIF", "goes as a whole: the file says that it has none, and decoders look for none");
            return Ok(());
        }
        self.flags |= EXIF;
        block.kept.iter().for_each(|name| self.body.keep(name));
        self.copy_or_write(chunk, *b"EXIF", &block.bytes);
        Ok(())
    }

    fn xmp(&mut self, chunk: &Chunk) -> Result<()> {
        let packet = self.input.bytes(chunk.data.start, chunk.len())?;
        let Some(block) = self.body.or_warn("XMP", select::xmp(&packet, self.selection)) else { return Ok(()) };
        self.flags |= XMP;
        block.kept.iter().for_each(|name| self.body.keep(name));
        self.copy_or_write(chunk, *b"XMP ", &block.bytes);
        Ok(())
    }

    /// Puts the header, with its length and its flags, before what stays.
    fn finish(self) -> Result<Plan> {
        let mut plan = Plan { kept: self.body.kept.clone(), ..Plan::default() };
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
        plan.splice(self.body, 0);
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

fn framed(id: [u8; 4], data: &[u8]) -> Vec<u8> {
    [&id[..], &(data.len() as u32).to_le_bytes(), data, &[0][..data.len() % 2]].concat()
}
