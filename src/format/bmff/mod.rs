//! ISO base media (ISO/IEC 14496-12) and QuickTime (QuickTime File Format Specification): MP4, MOV, M4A, 3GP, HEIF, AVIF, CR3.
//!
//! Both are trees of boxes: a size, a name, a body. The walk reports every leaf with the box that it stands in and its
//! track, skips media data by its size, and gathers the items of HEIF's `meta` box.

mod brand;
mod items;
#[cfg(test)]
mod tests;

use super::{Format, Kind, Role, Walk};
use crate::{
    error::{Error, Result},
    input::Input,
    metadata::{Group, Tag, Value},
    part::BoxId,
};
use std::ops::Range;

pub static FORMAT: Format = Format {
    name: "ISO base media and QuickTime",
    extensions: &["heic", "heif", "hif", "avif", "mp4", "mov", "m4a", "m4b", "m4v", "3gp", "3g2", "f4v", "qt", "cr3"],
    probe: brand::probe,
    walk,
    plan: None,
    payload: None,
};

/// Boxes inside boxes, at most so deep.
const MAX_DEPTH: usize = 16;
/// Boxes of one file, at most so many.
const MAX_BOXES: usize = 200_000;
/// XMP in a box of its own (XMP part 3, 2.2.2).
const UUID_XMP: [u8; 16] = *b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac";
/// C2PA manifest store (C2PA 2.1, A.5).
const UUID_C2PA: [u8; 16] = *b"\xd8\xfe\xc3\xd6\x1b\x0e\x48\x3c\x92\x97\x58\x28\x87\x7e\xc4\x81";
/// Canon's boxes of a CR3 or a movie.
const UUID_CANON: [u8; 16] = *b"\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48";

/// A box: where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    name: [u8; 4],
    start: u64,
    body: u64,
    end: u64,
}

/// Reads the header of the box at `at`; `None` at the end of `parent_end` or at the zero that ends a QuickTime list.
fn header(input: &Input, at: u64, parent_end: u64, top: bool) -> Result<Option<Header>> {
    if parent_end.saturating_sub(at) < 8 {
        return Ok(None);
    }
    let bytes: [u8; 8] = input.array(at)?;
    let short = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    let name = [bytes[4], bytes[5], bytes[6], bytes[7]];
    let (body, size) = match short {
        0 if top => (at + 8, parent_end - at),
        0 => return Ok(None),
        1 => (at.saturating_add(16), input.u64_be(at.saturating_add(8))?),
        n => (at + 8, u64::from(n)),
    };
    let end = at.checked_add(size).ok_or_else(|| Error::damaged("a box is larger than any file"))?;
    if end < body {
        return Err(Error::damaged("a box is smaller than its own header"));
    }
    Ok(Some(Header { name, start: at, body, end }))
}

/// The walk of one file.
struct Walker<'a, 'w> {
    input: &'a Input,
    walk: &'w mut Walk,
    /// Names of the boxes around, with slashes.
    path: String,
    depth: usize,
    boxes: usize,
    /// Tracks so far; boxes outside of a track stand in track 0.
    tracks: u16,
    track: u16,
    seen: brand::Seen,
}

fn walk(input: &Input, walk: &mut Walk) -> Result<()> {
    let mut walker =
        Walker { input, walk, path: String::new(), depth: 0, boxes: 0, tracks: 0, track: 0, seen: brand::Seen::new(input) };
    let outcome = walker.children(*b"\0\0\0\0", 0..input.len());
    let seen = walker.seen;
    brand::refine(&mut walk.file_type, &seen);
    outcome
}

impl Walker<'_, '_> {
    /// Walks the boxes in `range`, the body of a `parent`.
    fn children(&mut self, parent: [u8; 4], range: Range<u64>) -> Result<()> {
        let top = self.depth == 0;
        let mut at = range.start;
        while let Some(found) = header(self.input, at, range.end, top)? {
            self.boxes += 1;
            if self.boxes > MAX_BOXES {
                return Err(Error::damaged("the file has too many boxes"));
            }
            if found.end > range.end && &found.name != b"mdat" {
                self.walk.warn(self.place(found.name), "the box is larger than the box around it");
                if !self.walk.full() {
                    return Ok(());
                }
            }
            self.one(parent, Header { end: found.end.min(range.end), ..found }, found.end)?;
            at = found.end;
        }
        Ok(())
    }

    /// Reports or enters one box.
    fn one(&mut self, parent: [u8; 4], found: Header, declared_end: u64) -> Result<()> {
        match (&parent, &found.name) {
            (_, b"trak") if self.track == 0 => {
                self.tracks = self.tracks.saturating_add(1);
                self.track = self.tracks;
                let outcome = self.enter(found, 0);
                self.track = 0;
                outcome
            }
            // Nobody reads what a track's user data say there.
            (b"udta", b"meta") if self.track > 0 => self.bare(parent, found, true),
            (_, b"meta") => self.meta(found),
            (_, b"mdat") => self.media_data(found, declared_end),
            (_, b"uuid") => self.uuid(parent, found),
            (b"udta", b"XMP_") => self.leaf(Kind::Xmp, found, found.body..found.end),
            // A full box: version and flags come before the XML.
            (b"meta", b"xml ") => self.leaf(Kind::Xmp, found, found.body.saturating_add(4).min(found.end)..found.end),
            _ if is_container(&parent, &found.name) => self.enter(found, 0),
            _ => self.bare(parent, found, true),
        }
    }

    /// Walks the children of a box, `skip` bytes into its body.
    fn enter(&mut self, found: Header, skip: u64) -> Result<()> {
        if self.depth >= MAX_DEPTH {
            self.walk.warn(self.place(found.name), "boxes are nested too deep");
            return Ok(());
        }
        let length = self.path.len();
        self.path = self.place(found.name);
        self.path.push('/');
        self.depth += 1;
        let outcome = self.children(found.name, found.body.saturating_add(skip).min(found.end)..found.end);
        self.depth -= 1;
        self.path.truncate(length);
        match outcome {
            // What is beside a damaged box may be sound.
            Err(e) if self.boxes <= MAX_BOXES => {
                self.walk.warn(self.place(found.name), e.to_string());
                Ok(())
            }
            other => other,
        }
    }

    /// A leaf that our own decoder reads. `main`: not only of a secondary item of an image.
    fn bare(&mut self, parent: [u8; 4], found: Header, main: bool) -> Result<()> {
        if &found.name == b"hdlr" && &parent == b"mdia" {
            self.seen.handler(self.input.array(found.body.saturating_add(8)).unwrap_or_default());
        }
        let id = BoxId { name: found.name, parent, track: self.track, main };
        self.leaf(Kind::Bmff(id), found, found.body..found.end)
    }

    fn leaf(&mut self, kind: Kind, found: Header, range: Range<u64>) -> Result<()> {
        self.walk.span(kind, role(&found.name), self.place(found.name), range)?;
        Ok(())
    }

    /// The coded samples: skipped; where they are is a fact.
    fn media_data(&mut self, found: Header, declared_end: u64) -> Result<()> {
        let group = Group::new("quicktime", "QuickTime");
        self.walk.fact(Tag::new(group.clone(), "MediaDataSize", Value::from(declared_end.saturating_sub(found.body))));
        self.walk.fact(Tag::new(group, "MediaDataOffset", Value::from(found.body)));
        self.walk.span(Kind::Payload, Role::Structure, self.place(found.name), found.body..found.end)?;
        Ok(())
    }

    /// A box whose name is a UUID.
    fn uuid(&mut self, parent: [u8; 4], found: Header) -> Result<()> {
        let Ok(uuid) = self.input.array::<16>(found.body) else { return self.bare(parent, found, true) };
        let body = found.body.saturating_add(16).min(found.end);
        match uuid {
            UUID_XMP => self.leaf(Kind::Xmp, found, body..found.end),
            UUID_C2PA => self.leaf(Kind::Jumbf, found, body..found.end),
            UUID_CANON => {
                self.seen.canon = true;
                self.enter(Header { name: *b"uuid", ..found }, 16)
            }
            _ => self.bare(parent, found, true),
        }
    }

    /// `meta`: a full box in ISO files, a plain one in QuickTime; with the items of an image or the tags of a movie.
    fn meta(&mut self, found: Header) -> Result<()> {
        // In QuickTime the first child begins at once: a size, then the name `hdlr`.
        let plain = self.input.array::<4>(found.body.saturating_add(4)).is_ok_and(|name| &name == b"hdlr");
        let skip = if plain { 0 } else { 4 };
        let first = self.walk.parts.len();
        self.enter(found, skip)?;
        let at = self.place(found.name);
        if self.track == 0 {
            items::report(self.input, self.walk, first, &at)?;
        }
        Ok(())
    }

    fn place(&self, name: [u8; 4]) -> String {
        let mut place = String::with_capacity(self.path.len() + 5);
        place.push_str(&self.path);
        place.extend(name.iter().map(|&b| char::from(b)));
        place
    }
}

/// Does the box hold boxes that the walk enters?
fn is_container(parent: &[u8; 4], name: &[u8; 4]) -> bool {
    match name {
        b"moov" | b"moof" => parent == b"\0\0\0\0",
        b"udta" => matches!(parent, b"moov" | b"trak" | b"\0\0\0\0"),
        b"mdia" | b"tref" | b"tapt" => parent == b"trak",
        b"minf" => parent == b"mdia",
        b"stbl" | b"gmhd" => parent == b"minf",
        b"tmcd" => parent == b"gmhd",
        b"ilst" => parent == b"meta",
        b"iprp" => parent == b"meta",
        b"ipco" => parent == b"iprp",
        _ => false,
    }
}

/// What a box is for, by its name: what playing needs, or metadata, the unknown first.
fn role(name: &[u8; 4]) -> Role {
    match name {
        b"ftyp" | b"mvhd" | b"tkhd" | b"mdhd" | b"hdlr" | b"stco" | b"co64" | b"stsc" | b"stsz" | b"stz2" | b"stts" | b"ctts"
        | b"stss" | b"elst" | b"edts" | b"dinf" | b"dref" | b"pitm" | b"iinf" | b"iloc" | b"iref" | b"ipma" | b"idat"
        | b"mfhd" | b"traf" | b"mvex" | b"sidx" | b"mfra" => Role::Structure,
        b"stsd" | b"vmhd" | b"smhd" | b"nmhd" | b"gmin" | b"clef" | b"prof" | b"enof" | b"ispe" | b"irot" | b"imir" | b"pixi"
        | b"colr" | b"hvcC" | b"av1C" | b"clap" | b"pasp" | b"auxC" | b"clli" | b"mdcv" => Role::Rendering,
        _ => Role::Metadata,
    }
}
