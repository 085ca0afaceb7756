//! Cleaning a PNG: an allow-list of the chunks that decoding and showing need (`spec/removal.md` 2.2). The rest goes.

mod frames;
mod text;

use super::{
    Chunk, Chunks, PNG,
    frames::{Frame, frames},
    pixels::{Colour, End, Header, Rows},
    place, probe,
    rules::{LONGEST_RULE, Rules},
};
use crate::{
    encode::exif,
    error::{Code, Error, Result},
    format::{Keep, Kept, Kind, Part, Plan, Selection, profile},
    input::Input,
};
use flate2::{Compression, Crc, write::ZlibEncoder};
use std::{
    collections::{BTreeSet, HashSet},
    io::Write,
    rc::Rc,
};
use text::keeps;

/// What every profile is called.
const PROFILE_NAME: &[u8] = b"icc\0";
/// No block that is looked into is longer.
const MAX_BLOCK: u64 = 64 * 1024 * 1024;

pub(super) fn plan(input: &Input, parts: &[Part], selection: &Selection) -> Result<Plan> {
    if probe(input) != Some(PNG) {
        return Err(Error::new(Code::UnsupportedFormat, "MNG and JNG files cannot be cleaned yet"));
    }
    let chunks: Vec<Chunk> = Chunks::to_end(input).collect();
    let header = match chunks.first() {
        Some(first) if &first.kind == b"IHDR" && !first.cut => Header::parse(&input.slice(first.data.clone()).all(13)?)?,
        _ => return Err(Error::damaged("the file does not begin with IHDR")),
    };
    let image = chunks.iter().position(|c| &c.kind == b"IDAT").ok_or_else(|| Error::damaged("the file has no image data"))?;
    let own_exif = parts.iter().any(|p| p.kind == Kind::Exif);
    let mut cleaner = Cleaner {
        input,
        parts,
        selection,
        chunks: &chunks,
        header,
        image,
        rules: Rules::new(header),
        frames: frames(input, &chunks, image)?.into(),
        number: 0,
        own_exif,
        seen: BTreeSet::new(),
        placed: HashSet::new(),
        packet: false,
        datasets: false,
        inflated: 0,
        plan: Plan::default(),
    };
    cleaner.plan.copy(0..super::SIGNATURE);
    for id in 0..chunks.len() {
        if !cleaner.chunk(id)? {
            cleaner.plan.removed.push(id);
        }
    }
    if chunks.last().is_none_or(|c| &c.kind != b"IEND") {
        cleaner.fresh(*b"IEND", &[]);
    }
    // What lies behind is the last part of the walk.
    cleaner.plan.removed.extend(chunks.len()..parts.len());
    Ok(cleaner.plan)
}

struct Cleaner<'a> {
    input: &'a Input,
    parts: &'a [Part],
    selection: &'a Selection,
    chunks: &'a [Chunk],
    header: Header,
    /// Index of the first chunk of image data.
    image: usize,
    rules: Rules,
    frames: Rc<[Frame]>,
    /// Of the next chunk of an animation.
    number: u32,
    /// Is there an `eXIf` chunk? If not, the Exif block that ImageMagick writes as text counts.
    own_exif: bool,
    /// Chunks that count once and were there.
    seen: BTreeSet<[u8; 4]>,
    /// Chunks of image data that a frame took over.
    placed: HashSet<usize>,
    /// An XMP packet, IPTC datasets were kept.
    packet: bool,
    datasets: bool,
    /// So many bytes of text and profiles were inflated: a bound on what one file may unfold to.
    inflated: u64,
    plan: Plan,
}

impl Cleaner<'_> {
    /// Takes a chunk over, as it is or in part. `false`: it goes.
    fn chunk(&mut self, id: usize) -> Result<bool> {
        let chunk = &self.chunks[id];
        match &chunk.kind {
            b"IDAT" => {
                if id == self.image {
                    let rows = self.header.rows(self.header.width, self.header.height)?;
                    let all: Vec<usize> = (id..self.chunks.len()).filter(|&i| &self.chunks[i].kind == b"IDAT").collect();
                    self.image_data(&all, rows, 0)?;
                }
                Ok(self.placed.contains(&id))
            }
            b"acTL" => self.animation_control(id),
            b"fcTL" => self.frame_control(id),
            b"fdAT" => Ok(self.placed.contains(&id)),
            b"iCCP" => self.colour_profile(id),
            b"eXIf" | b"zxIf" => self.exif(id),
            b"tEXt" | b"zTXt" | b"iTXt" => self.text(chunk),
            b"IEND" if chunk.is_empty() => self.copy(chunk),
            b"IEND" => {
                self.fresh(*b"IEND", &[]);
                Ok(true)
            }
            b"PLTE" if self.header.colour != Colour::Palette && !self.selection.keeps(Keep::Backdrop) => Ok(false),
            kind => match allowed(kind, self.selection) {
                Some((behind, name)) => self.rendering(id, behind, name),
                // Clause 5.4: without a critical chunk that it does not know, a decoder shows something else.
                None if kind[0].is_ascii_uppercase() => {
                    let message = format!("the file needs a chunk that is not known: {}", place(*kind));
                    Err(Error::new(Code::UnsupportedFormat, message))
                }
                None => Ok(false),
            },
        }
    }

    /// A chunk that stays as it is, if it is the first of its type and says what its type is for.
    fn rendering(&mut self, id: usize, behind: bool, name: Option<Kept>) -> Result<bool> {
        let chunk = &self.chunks[id];
        if chunk.cut || self.seen.contains(&chunk.kind) || (id > self.image && !behind) {
            return Ok(false);
        }
        let head = self.input.up_to(chunk.data.start, chunk.len().min(LONGEST_RULE))?;
        let Some(length) = self.rules.sound(&chunk.kind, chunk.len(), &head) else {
            if self.rules.colours(&chunk.kind) {
                self.plan.warn(place(chunk.kind), "goes as a whole: its length is wrong");
            }
            return Ok(false);
        };
        self.seen.insert(chunk.kind);
        if &chunk.kind == b"PLTE" {
            self.rules.entries = length / 3;
        }
        name.into_iter().for_each(|name| self.plan.keep(name));
        if length == chunk.len() { self.copy(chunk) } else { self.copy_or_write(chunk, &head[..length as usize]) }
    }

    /// 11.3.2.3: the name becomes `icc`; the profile's bytes stay as they are, behind its end nothing stays.
    fn colour_profile(&mut self, id: usize) -> Result<bool> {
        let chunk = &self.chunks[id];
        if self.seen.contains(&chunk.kind) || !profile::wanted(self.selection) {
            return Ok(false);
        }
        let data = self.input.up_to(chunk.data.start, chunk.len().min(MAX_BLOCK))?;
        let fresh = fresh_profile(&data, self.selection, &mut self.inflated);
        let Some(fresh) = self.plan.or_warn("ICC", fresh) else { return Ok(false) };
        self.seen.insert(chunk.kind);
        self.plan.keep("icc");
        self.copy_or_write(chunk, &fresh)?;
        // The name may be a person's.
        let renamed = !data.starts_with(PROFILE_NAME);
        self.plan.rewritten.extend(renamed.then_some(id));
        Ok(!renamed)
    }

    /// 11.3.3.6: a block of its own with what is kept of the old one.
    fn exif(&mut self, id: usize) -> Result<bool> {
        let part = match self.parts.get(id) {
            Some(part) if part.kind == Kind::Exif && !self.seen.contains(b"eXIf") => part,
            _ => return Ok(false),
        };
        let Some(block) = exif::reduce(&part.origin.open(self.input, MAX_BLOCK)?, self.selection) else { return Ok(false) };
        let chunk = &self.chunks[id];
        let same = &chunk.kind == b"eXIf" && *self.input.bytes(chunk.data.start, chunk.len())? == block.bytes[..];
        self.seen.insert(*b"eXIf");
        block.kept.iter().for_each(|name| self.plan.keep(name));
        if same {
            return self.copy(chunk);
        }
        self.fresh(*b"eXIf", &block.bytes);
        Ok(false)
    }

    /// Takes a chunk's data over; its length and CRC are right afterwards.
    fn copy(&mut self, chunk: &Chunk) -> Result<bool> {
        let sound = chunk.crc(self.input)?;
        match sound {
            None => self.plan.copy(chunk.range(self.input)),
            Some(crc) => {
                if chunk.cut {
                    self.plan.bytes([&(chunk.len() as u32).to_be_bytes()[..], &chunk.kind].concat());
                    self.plan.copy(chunk.data.clone());
                } else {
                    self.plan.copy(chunk.data.start - 8..chunk.data.end);
                }
                self.plan.bytes(crc.to_be_bytes().to_vec());
            }
        }
        Ok(true)
    }

    /// Takes a chunk over, if this is what is in it; else writes it.
    fn copy_or_write(&mut self, chunk: &Chunk, data: &[u8]) -> Result<bool> {
        let same = !chunk.cut && chunk.len() == data.len() as u64 && *self.input.bytes(chunk.data.start, chunk.len())? == *data;
        if same {
            return self.copy(chunk);
        }
        self.fresh(chunk.kind, data);
        Ok(true)
    }

    /// Writes a chunk.
    fn fresh(&mut self, kind: [u8; 4], data: &[u8]) {
        let mut crc = Crc::new();
        crc.update(&kind);
        crc.update(data);
        self.plan.bytes([&(data.len() as u32).to_be_bytes()[..], &kind, data, &crc.sum().to_be_bytes()].concat());
    }
}

/// The data of an `iCCP` chunk with what is kept of its profile. It is deflated anew only where the stream does not end
/// with it.
fn fresh_profile(data: &[u8], selection: &Selection, inflated: &mut u64) -> Result<Option<Vec<u8>>> {
    let stream = memchr::memchr(0, data).and_then(|nul| data[nul + 1..].strip_prefix(&[0]));
    let stream = stream.ok_or_else(|| Error::damaged("it has no name, or is compressed in an unknown way"))?;
    let mut reader = Rows::new(profile::MAX_PROFILE.saturating_sub(*inflated));
    let mut bytes = Vec::new();
    reader.feed(stream, &mut |piece| bytes.extend_from_slice(piece));
    *inflated = inflated.saturating_add(bytes.len() as u64);
    let Some(profile) = profile::kept(&bytes, selection)? else { return Ok(None) };
    let stream = match reader.end() {
        End::Sound { used } if reader.whole() && profile.len() == bytes.len() => {
            stream[..(used as usize).min(stream.len())].to_vec()
        }
        _ => {
            let mut deflated = ZlibEncoder::new(Vec::new(), Compression::default());
            deflated.write_all(profile)?;
            deflated.finish()?
        }
    };
    Ok(Some([PROFILE_NAME, &[0], &stream[..]].concat()))
}

/// The chunks that stay as they are: may one stand behind the image data, and under which name is it kept?
fn allowed(kind: &[u8; 4], selection: &Selection) -> Option<(bool, Option<Kept>)> {
    match kind {
        b"IHDR" | b"PLTE" | b"tRNS" | b"gAMA" | b"cICP" | b"cHRM" | b"sRGB" | b"sBIT" | b"mDCV" | b"mDCv" | b"cLLI" | b"cLLi" => {
            Some((false, None))
        }
        b"bKGD" if selection.keeps(Keep::Backdrop) => Some((false, None)),
        b"pHYs" if selection.keeps(Keep::Density) => Some((true, Some("density"))),
        b"tIME" => keeps(selection, "ModifyDate").map(|name| (true, Some(name))),
        b"caBX" if selection.keeps(Keep::C2pa) => Some((true, Some("c2pa"))),
        _ => None,
    }
}
