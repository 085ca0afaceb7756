//! Containers: how to know one, what is in it, what a clean one consists of. One file each.
//!
//! A walker reports every part of a file with its place and its [`Role`]; what it means is for [`crate::decode`] to say.
//! The same walk, in full depth, is what a removal is planned from: what we read is what we remove.

pub mod bmff;
pub mod gif;
#[cfg(test)]
pub mod harness;
pub mod icc;
pub mod jpeg;
pub mod nested;
pub mod pdf;
pub mod png;
pub mod profile;
pub mod riff;
pub mod tiff;
pub mod xmp;

pub use crate::part::{Kind, Origin, Part, PartId, Place, Role};
use crate::{
    error::{Error, Result},
    input::Input,
    metadata::{Pattern, Tag, Warning},
};
use std::{borrow::Cow, collections::BTreeSet, ops::Range};

/// What a file is, found by its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileType {
    /// ExifTool's `FileType`: `JPEG`, `Extended WEBP`, `CR3` …
    pub name: &'static str,
    /// ExifTool's `FileTypeExtension`, lower case.
    pub extension: &'static str,
    pub mime: &'static str,
}

/// Plans a clean file from the parts of a walk in full depth.
pub type Planner = fn(&Input, &[Part], &Selection) -> Result<Plan>;

/// A container. A row of functions, not a trait.
pub struct Format {
    pub name: &'static str,
    /// Lower case, for help texts and for file names; never for detection.
    pub extensions: &'static [&'static str],
    /// Knows the container by its content and tells its kinds apart.
    pub probe: fn(&Input) -> Option<FileType>,
    /// Reports every part in file order. An error means that nothing more can be found; parts reported before it count.
    pub walk: fn(&Input, &mut Walk) -> Result<()>,
    /// `None`: the container is read-only.
    pub plan: Option<Planner>,
    /// The coded samples, found by a short way of its own: equal before and after a removal.
    pub payload: Option<fn(&Input) -> Result<Digest>>,
}

/// Every container that we know, most frequent first.
pub static FORMATS: &[&Format] = &[
    &jpeg::FORMAT,
    &png::FORMAT,
    &tiff::FORMAT,
    &gif::FORMAT,
    &riff::FORMAT,
    &bmff::FORMAT,
    &pdf::FORMAT,
    &icc::FORMAT,
    &xmp::FORMAT,
];

/// The container of `input` and the kind of file, by content alone.
pub fn detect(input: &Input) -> Option<(&'static Format, FileType)> {
    FORMATS.iter().find_map(|f| Some((*f, (f.probe)(input)?)))
}

/// How far a walk looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// For reading: it stops where metadata ends.
    Headers,
    /// For removing and checking: between scans, behind the end, orphans. Every byte of the file is in a part.
    Full,
}

/// Files inside files, at most so deep.
pub const MAX_NESTING: u8 = 8;
/// Parts of one file, at most so many.
const MAX_PARTS: usize = 200_000;

/// The sink of a walk: parts, facts that the walker itself learns, warnings.
pub struct Walk {
    pub depth: Depth,
    pub file_type: FileType,
    pub parts: Vec<Part>,
    /// Facts of the container that no single part says: frame counts, sizes. In file order among themselves;
    /// `before` is the number of parts reported when the fact was found.
    pub facts: Vec<(usize, Tag)>,
    pub warnings: Vec<Warning>,
}

impl Walk {
    pub fn new(depth: Depth, file_type: FileType) -> Self {
        Walk { depth, file_type, parts: Vec::new(), facts: Vec::new(), warnings: Vec::new() }
    }

    pub fn full(&self) -> bool {
        self.depth == Depth::Full
    }

    /// Reports a part. Fails when there are more than any sound file has.
    pub fn part(&mut self, kind: Kind, role: Role, place: impl Into<Place>, origin: Origin) -> Result<PartId> {
        if self.parts.len() >= MAX_PARTS {
            return Err(Error::damaged("the file has too many parts"));
        }
        self.parts.push(Part { kind, role, place: place.into(), origin });
        Ok(self.parts.len() - 1)
    }

    /// Reports a part that is one range of the file.
    pub fn span(&mut self, kind: Kind, role: Role, place: impl Into<Place>, range: Range<u64>) -> Result<PartId> {
        self.part(kind, role, place, Origin::span(range))
    }

    /// Reports a fact that the walker itself has learnt.
    pub fn fact(&mut self, tag: Tag) {
        self.facts.push((self.parts.len(), tag));
    }

    pub fn warn(&mut self, place: impl Into<Place>, text: impl Into<Cow<'static, str>>) {
        if self.warnings.len() < 100 {
            self.warnings.push(Warning { place: place.into(), text: text.into() });
        }
    }
}

/// What a user wants kept: the preset, and additions.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Things by name.
    pub keep: BTreeSet<Keep>,
    /// Single tags by name (`Artist`, `exif:Make`, `GPS*`).
    pub tags: Vec<Pattern>,
    /// How deep in another file the one that is cleaned stands, see [`nested`].
    pub nesting: u8,
}

/// What can be kept by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Keep {
    /// Colour profiles, their bytes as they are.
    Icc,
    /// Colour profiles that say anything else than sRGB, which is what is assumed without one.
    WideGamut,
    Orientation,
    /// Pixels per inch or metre.
    Density,
    /// What the format has shown with the image and decoding it does not need: backgrounds, suggested palettes, plain text.
    Backdrop,
    /// Ultra HDR gain map.
    Gainmap,
    /// Creator, copyright notice, credit.
    Copyright,
    Dates,
    /// Title, caption, headline.
    Title,
    Thumbnail,
    /// Content credentials (JUMBF).
    C2pa,
}

impl Selection {
    /// All goes, whatever it does to the looks.
    pub fn none() -> Self {
        Selection { keep: BTreeSet::new(), tags: Vec::new(), nesting: 0 }
    }

    /// The preset `strict`: what decoding needs.
    pub fn strict() -> Self {
        Selection { keep: [Keep::WideGamut, Keep::Orientation].into(), ..Self::none() }
    }

    pub fn keeps(&self, what: Keep) -> bool {
        self.keep.contains(&what)
    }

    /// Is a tag of that name asked for, whose group goes by any of these names?
    pub fn asks(&self, groups: &[&str], name: &str) -> bool {
        self.tags.iter().any(|pattern| pattern.fits(groups, name))
    }
}

impl Default for Selection {
    /// The preset `default`: looks and plays the same.
    fn default() -> Self {
        let keep = [Keep::Icc, Keep::Orientation, Keep::Density, Keep::Backdrop, Keep::Gainmap];
        Selection { keep: keep.into(), ..Self::none() }
    }
}

/// A cleaned file, before a byte of it is written.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub pieces: Vec<Piece>,
    /// Parts that go, by their index in the walk.
    pub removed: Vec<PartId>,
    /// Those of them that stay in a form of their own, written afresh.
    pub rewritten: Vec<PartId>,
    pub kept: Vec<Kept>,
    /// What was to be kept and cannot be.
    pub warnings: Vec<Warning>,
}

/// A run of a cleaned file.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// A range of the original.
    Copy(Range<u64>),
    /// Written fresh.
    Bytes(Vec<u8>),
}

/// Something that stayed, by the name that `--keep` has for it (`icc`, `orientation` …).
pub type Kept = &'static str;

impl Plan {
    /// Appends a range of the original, joined to the piece before where they touch.
    pub fn copy(&mut self, range: Range<u64>) {
        if range.start >= range.end {
            return;
        }
        if let Some(Piece::Copy(last)) = self.pieces.last_mut()
            && last.end == range.start
        {
            last.end = range.end;
            return;
        }
        self.pieces.push(Piece::Copy(range));
    }

    /// Appends fresh bytes.
    pub fn bytes(&mut self, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.pieces.push(Piece::Bytes(bytes));
        }
    }

    /// Appends the pieces of a plan for the file that stands at `offset` of this one.
    pub fn splice(&mut self, other: Plan, offset: u64) {
        self.warnings.extend(other.warnings);
        for piece in other.pieces {
            match piece {
                Piece::Copy(range) => self.copy(range.start + offset..range.end + offset),
                Piece::Bytes(bytes) => self.bytes(bytes),
            }
        }
    }

    /// Would the cleaned file equal `input`, byte for byte?
    pub fn is_identity(&self, input: &Input) -> Result<bool> {
        if self.len() != input.len() {
            return Ok(false);
        }
        let mut at = 0;
        for piece in &self.pieces {
            let same = match piece {
                Piece::Copy(range) => range.start == at,
                Piece::Bytes(bytes) => *input.bytes(at, bytes.len() as u64)? == **bytes,
            };
            if !same {
                return Ok(false);
            }
            at += piece.len();
        }
        Ok(true)
    }

    /// The cleaned file in memory, for a small one inside another.
    pub fn to_bytes(&self, input: &Input) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.len().min(crate::input::MAX_BLOCK)).unwrap_or(0));
        for piece in &self.pieces {
            match piece {
                Piece::Copy(range) => input.copy(range.clone(), &mut bytes)?,
                Piece::Bytes(fresh) => bytes.extend_from_slice(fresh),
            }
        }
        Ok(bytes)
    }

    pub fn keep(&mut self, what: Kept) {
        if !self.kept.contains(&what) {
            self.kept.push(what);
        }
    }

    /// What is kept of a part; nothing, and a warning, where that failed.
    pub fn or_warn<T>(&mut self, place: impl Into<Place>, kept: Result<Option<T>>) -> Option<T> {
        kept.unwrap_or_else(|error| {
            self.warn(place, format!("goes as a whole: {error}"));
            None
        })
    }

    /// Says that something was to be kept and cannot be.
    pub fn warn(&mut self, place: impl Into<Place>, text: impl Into<Cow<'static, str>>) {
        if self.warnings.len() < 100 {
            self.warnings.push(Warning { place: place.into(), text: text.into() });
        }
    }

    /// Length of the cleaned file.
    pub fn len(&self) -> u64 {
        self.pieces.iter().map(Piece::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Piece {
    pub fn len(&self) -> u64 {
        match self {
            Piece::Copy(r) => r.end.saturating_sub(r.start),
            Piece::Bytes(b) => b.len() as u64,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where the TIFF structure begins in a block that is to be an Exif block; some writers put JPEG's header before it.
fn exif_start(data: &Input) -> Option<u64> {
    let start = data.up_to(0, 10).ok()?;
    let (skip, tiff) = start.strip_prefix(b"Exif\0\0").map_or((0, &start[..]), |tiff| (6, tiff));
    (tiff.starts_with(b"II*\0") || tiff.starts_with(b"MM\0*")).then_some(skip)
}

/// Digest of the coded samples (XXH3, 128 bits: it guards against our own mistakes, not against forgers).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(pub u128);
