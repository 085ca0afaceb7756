//! Cleaning a PNG: an allow-list of the chunks that decoding and showing need (`spec/removal.md` 2.2). The rest goes.

use super::{
    Chunk, Chunks, PNG,
    pixels::{End, Header, Rows},
    place, probe,
};
use crate::{
    decode::{self, Sink},
    encode::{exif, select},
    error::{Code, Error, Result},
    format::{Keep, Kept, Kind, Part, Plan, Selection, profile},
    input::Input,
};
use flate2::{Compression, Crc, write::ZlibEncoder};
use std::{
    collections::{BTreeSet, HashSet},
    io::Write,
    ops::{Range, RangeInclusive},
};

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
    let animated = chunks[..image].iter().any(|c| &c.kind == b"acTL" && c.len() == 8);
    let own_exif = parts.iter().any(|p| p.kind == Kind::Exif);
    let mut cleaner = Cleaner {
        input,
        parts,
        selection,
        chunks: &chunks,
        header,
        image,
        animated,
        own_exif,
        seen: BTreeSet::new(),
        placed: HashSet::new(),
        packet: false,
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
    animated: bool,
    /// Is there an `eXIf` chunk? If not, the Exif block that ImageMagick writes as text counts.
    own_exif: bool,
    /// Chunks that count once and were there.
    seen: BTreeSet<[u8; 4]>,
    /// Chunks of image data that a frame took over.
    placed: HashSet<usize>,
    /// An XMP packet was kept.
    packet: bool,
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
                    let all = (id..self.chunks.len()).filter(|&i| &self.chunks[i].kind == b"IDAT").collect();
                    self.frame(all, rows, 0)?;
                }
                Ok(self.placed.contains(&id))
            }
            b"fcTL" => self.frame_control(id),
            b"fdAT" => Ok(self.placed.contains(&id)),
            b"iCCP" => self.colour_profile(chunk),
            b"eXIf" | b"zxIf" => self.exif(id),
            b"tEXt" | b"zTXt" | b"iTXt" => self.text(chunk),
            b"IEND" if chunk.is_empty() => self.copy(chunk),
            b"IEND" => {
                self.fresh(*b"IEND", &[]);
                Ok(true)
            }
            kind => match allowed(kind, self.selection) {
                Some((lengths, behind, name)) => {
                    let sound = !chunk.cut && lengths.contains(&chunk.len()) && (behind || id < self.image);
                    if !sound || !self.seen.insert(*kind) {
                        return Ok(false);
                    }
                    self.plan.kept.extend(name.filter(|n| !self.plan.kept.contains(n)));
                    self.copy(chunk)
                }
                // Clause 5.4: without a critical chunk that it does not know, a decoder shows something else.
                None if kind[0].is_ascii_uppercase() => {
                    let message = format!("the file needs a chunk that is not known: {}", place(*kind));
                    Err(Error::new(Code::UnsupportedFormat, message))
                }
                None => Ok(false),
            },
        }
    }

    /// APNG: the size of a frame, and the image data that follows.
    fn frame_control(&mut self, id: usize) -> Result<bool> {
        let chunk = &self.chunks[id];
        if !self.animated || chunk.cut || chunk.len() != 26 {
            return Ok(false);
        }
        let control = self.input.slice(chunk.data.clone());
        let rows = self.header.rows(control.u32_be(4)?, control.u32_be(8)?)?;
        self.copy(chunk)?;
        let frame = (id + 1..self.chunks.len()).take_while(|&i| !matches!(&self.chunks[i].kind, b"fcTL" | b"IDAT"));
        let frame: Vec<usize> = frame.filter(|&i| &self.chunks[i].kind == b"fdAT").collect();
        if !frame.is_empty() {
            self.frame(frame, rows, 4)?;
        }
        Ok(true)
    }

    /// The image data of a frame, in these chunks, behind `skip` bytes in each: as it is, unless something hides in it.
    fn frame(&mut self, ids: Vec<usize>, rows: u64, skip: u64) -> Result<()> {
        let mut reader = Rows::new(rows);
        let streams = |s: &Self| -> Vec<Range<u64>> {
            ids.iter().map(|&id| &s.chunks[id].data).map(|d| (d.start + skip).min(d.end)..d.end).collect()
        };
        let streams = streams(self);
        for stream in &streams {
            self.input.windows(stream.clone(), |window| {
                reader.feed(window, &mut |_| {});
                Ok(())
            })?;
        }
        let total: u64 = streams.iter().map(|s| s.end - s.start).sum();
        let data = match reader.end() {
            End::Sound { used } if used < total => self.first_bytes(&streams, used)?,
            End::Sound { .. } | End::Cut => {
                for &id in &ids {
                    self.copy(&self.chunks[id])?;
                }
                self.placed.extend(ids);
                return Ok(());
            }
            End::Excess => self.deflate(&streams, rows)?,
            End::Wrong => return Err(Error::damaged("the image data cannot be inflated")),
        };
        // Frames count their chunks: there are as many after as before.
        let pieces = if skip > 0 { ids.len() } else { 1 };
        let length = data.len().div_ceil(pieces).max(1);
        if data.len().div_ceil(length) != pieces {
            return Err(Error::damaged("the image data of a frame is in too many chunks"));
        }
        for (&id, piece) in ids.iter().zip(data.chunks(length)) {
            let chunk = &self.chunks[id];
            let number = self.input.bytes(chunk.data.start, skip)?.into_owned();
            self.fresh(chunk.kind, &[&number, piece].concat());
        }
        // What hid in them goes.
        self.plan.removed.extend(&ids);
        self.placed.extend(ids);
        Ok(())
    }

    /// The data without what is behind the stream.
    fn first_bytes(&self, streams: &[Range<u64>], length: u64) -> Result<Vec<u8>> {
        let mut data = Vec::new();
        for stream in streams {
            let left = length - data.len() as u64;
            data.extend_from_slice(&self.input.bytes(stream.start, left.min(stream.end - stream.start))?);
        }
        Ok(data)
    }

    /// The rows of the image alone, deflated anew.
    fn deflate(&self, streams: &[Range<u64>], rows: u64) -> Result<Vec<u8>> {
        let mut reader = Rows::new(rows);
        let mut deflated = ZlibEncoder::new(Vec::new(), Compression::default());
        for stream in streams {
            self.input.windows(stream.clone(), |window| {
                let mut outcome = Ok(());
                reader.feed(window, &mut |row| {
                    if outcome.is_ok() {
                        outcome = deflated.write_all(row);
                    }
                });
                Ok(outcome?)
            })?;
        }
        Ok(deflated.finish()?)
    }

    /// 11.3.2.3: the name becomes `icc`; the profile's bytes stay as they are, behind its end nothing stays.
    fn colour_profile(&mut self, chunk: &Chunk) -> Result<bool> {
        if self.seen.contains(&chunk.kind) || !profile::wanted(self.selection) {
            return Ok(false);
        }
        let data = self.input.up_to(chunk.data.start, chunk.len().min(MAX_BLOCK))?;
        let Some(fresh) = self.plan.or_warn("ICC", fresh_profile(&data, self.selection)) else { return Ok(false) };
        self.seen.insert(chunk.kind);
        self.plan.keep("icc");
        if fresh == data[..] && !chunk.cut {
            return self.copy(chunk);
        }
        self.fresh(chunk.kind, &fresh);
        Ok(true)
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

    /// Text that a user asked for, and what is kept of the blocks that hide in text.
    fn text(&mut self, chunk: &Chunk) -> Result<bool> {
        if chunk.cut || chunk.len() > MAX_BLOCK {
            return Ok(false);
        }
        let data = self.input.slice(chunk.data.clone());
        let mut sink = Sink::default();
        decode::decode(Kind::Png(chunk.kind), &data, &mut sink);
        for child in sink.children {
            match child.kind {
                Kind::Exif if !self.own_exif && !self.seen.contains(b"eXIf") => {
                    let Some(block) = exif::reduce(&child.input, self.selection) else { continue };
                    self.seen.insert(*b"eXIf");
                    block.kept.iter().for_each(|name| self.plan.keep(name));
                    self.fresh(*b"eXIf", &block.bytes);
                }
                Kind::Xmp if select::texts(self.selection) && !self.packet => {
                    let block = select::xmp(&child.input.all(MAX_BLOCK)?, self.selection);
                    let Some(block) = self.plan.or_warn("XMP", block) else { continue };
                    self.packet = true;
                    block.kept.iter().for_each(|name| self.plan.keep(name));
                    let fresh = [b"XML:com.adobe.xmp\0\0\0\0\0", &block.bytes[..]].concat();
                    if &chunk.kind == b"iTXt" && *data.all(MAX_BLOCK)? == fresh[..] {
                        return self.copy(chunk);
                    }
                    self.fresh(*b"iTXt", &fresh);
                }
                _ => {}
            }
        }
        let Some((tag, kept)) = sink.metadata.tags.first().and_then(|t| Some((t, keeps(self.selection, &t.name)?))) else {
            return Ok(false);
        };
        if tag.value.as_str().is_none() {
            return Ok(false);
        }
        let data = data.all(MAX_BLOCK)?;
        let Some((kind, fresh)) = decode::png::fresh_text(chunk.kind, &data) else { return Ok(false) };
        self.plan.keep(kept);
        if kind == chunk.kind && fresh == data[..] {
            return self.copy(chunk);
        }
        self.fresh(kind, &fresh);
        Ok(true)
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
fn fresh_profile(data: &[u8], selection: &Selection) -> Result<Option<Vec<u8>>> {
    let stream = memchr::memchr(0, data).and_then(|nul| data[nul + 1..].strip_prefix(&[0]));
    let stream = stream.ok_or_else(|| Error::damaged("it has no name, or is compressed in an unknown way"))?;
    let mut reader = Rows::new(profile::MAX_PROFILE);
    let mut bytes = Vec::new();
    reader.feed(stream, &mut |piece| bytes.extend_from_slice(piece));
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
    Ok(Some([b"icc\0\0", &stream[..]].concat()))
}

/// The chunks that stay as they are: so long they may be, may stand behind the image data, and are kept under this name.
fn allowed(kind: &[u8; 4], selection: &Selection) -> Option<(RangeInclusive<u64>, bool, Option<Kept>)> {
    let rendering = |lengths| Some((lengths, false, None));
    match kind {
        b"IHDR" => rendering(13..=13),
        b"PLTE" => rendering(3..=768),
        b"tRNS" => rendering(1..=256),
        b"acTL" => rendering(8..=8),
        b"gAMA" | b"cICP" => rendering(4..=4),
        b"cHRM" => rendering(32..=32),
        b"sRGB" => rendering(1..=1),
        b"sBIT" => rendering(1..=4),
        b"mDCV" | b"mDCv" => rendering(24..=24),
        b"cLLI" | b"cLLi" => rendering(8..=8),
        b"bKGD" => rendering(1..=6),
        b"pHYs" if selection.keeps(Keep::Density) => Some((9..=9, true, Some("density"))),
        b"tIME" if keeps(selection, "ModifyDate").is_some() => Some((7..=7, true, keeps(selection, "ModifyDate"))),
        b"caBX" if selection.keeps(Keep::C2pa) => Some((0..=u64::MAX, true, Some("c2pa"))),
        _ => None,
    }
}

/// Under which name a selection keeps the text of that tag.
fn keeps(selection: &Selection, tag: &str) -> Option<Kept> {
    let (base, _language) = tag.split_once('-').unwrap_or((tag, ""));
    let by_name = match base {
        "Author" | "Artist" | "Copyright" => selection.keeps(Keep::Copyright).then_some("copyright"),
        "Title" | "Description" => selection.keeps(Keep::Title).then_some("title"),
        "CreationTime" | "CreateDate" | "ModDate" | "ModifyDate" | "TimeStamp" | "Datecreate" | "Datemodify"
        | "Datetimestamp" => selection.keeps(Keep::Dates).then_some("dates"),
        _ => None,
    };
    by_name.or_else(|| {
        let asked = |wanted: &String| {
            let wanted = wanted.strip_prefix("png:").unwrap_or(wanted);
            wanted.eq_ignore_ascii_case(tag) || wanted.eq_ignore_ascii_case(base)
        };
        selection.tags.iter().any(asked).then_some("tags")
    })
}
