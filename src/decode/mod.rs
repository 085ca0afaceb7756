//! Standards: bytes in, tags out. One file each; none knows of a container.

pub mod exif;
pub mod gif;
pub mod gpmf;
pub mod icc;
pub mod ifd;
pub mod iptc;
pub mod jpeg;
pub mod jumbf;
pub mod makernote;
pub mod md5;
pub mod mpf;
pub mod pdf;
pub mod photoshop;
pub mod png;
pub mod quicktime;
pub mod riff;
pub mod text;
pub mod trailer;
pub mod xmp;

use crate::{
    input::Input,
    metadata::{Group, Metadata, Name, Print, Priority, Tag, Value, Warning},
    part::{Kind, Place},
};
use std::borrow::Cow;

/// Tags of one file, at most so many: a bound on memory that no sound file meets.
const MAX_TAGS: usize = 100_000;
/// Bytes that the values of one file hold, at most so many: a range of a file may be shown under many names.
const MAX_HELD: usize = 256 * 1024 * 1024;
/// Files and blocks found inside one part, at most so many.
const MAX_CHILDREN: usize = 10_000;

/// What decoders have found out about the file so far, for those that depend on it.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// ExifTool's `FileType` of the container.
    pub file_type: &'static str,
    pub make: Name,
    pub model: Name,
    pub serial_number: Option<Name>,
    pub shutter_count: Option<u32>,
    /// Values that rows marked `keep` left for other tables.
    pub kept: smallvec::SmallVec<[(&'static str, f64); 4]>,
    /// What the boxes of a movie said that later boxes depend on.
    pub movie: quicktime::Movie,
}

impl Facts {
    /// Remembers a value by the name of its row.
    pub fn keep(&mut self, name: &'static str, value: f64) {
        match self.kept.iter_mut().find(|(n, _)| *n == name) {
            Some(slot) => slot.1 = value,
            None => self.kept.push((name, value)),
        }
    }

    /// The value kept by that name.
    pub fn kept(&self, name: &str) -> Option<f64> {
        self.kept.iter().find(|(n, _)| *n == name).map(|(_, v)| *v)
    }
}

/// Where decoders put what they find.
#[derive(Debug, Default)]
pub struct Sink {
    pub metadata: Metadata,
    pub facts: Facts,
    /// Blocks of other standards found inside the one that is decoded now; the engine decodes them next, in this order.
    pub children: Vec<Child>,
    /// Where the part that is decoded now stands, for warnings.
    pub place: Place,
    /// How many blocks of a kind were there before: the second ICC profile's groups are `ICC_Profile2`.
    pub ordinal: u32,
    /// So many bytes were inflated so far: a bound on what one file may unfold to.
    pub inflated: u64,
    /// ICC profiles and IPTC blocks so far.
    pub seen: [u32; 2],
    /// Bytes that the values hold so far.
    pub held: usize,
    /// There was more than is taken.
    pub overflowed: bool,
}

/// A block of another standard inside a decoded one (an ICC profile in a TIFF tag, a thumbnail).
#[derive(Debug)]
pub struct Child {
    pub kind: Kind,
    pub place: Place,
    pub input: Input,
}

impl Sink {
    /// Adds a tag.
    pub fn push(&mut self, tag: Tag) {
        if !self.is_full() {
            self.held = self.held.saturating_add(tag.value.held());
            self.metadata.tags.push(tag);
        } else if !std::mem::replace(&mut self.overflowed, true) {
            self.warn("more metadata than one file may have");
        }
    }

    /// Is there room for no more?
    pub fn is_full(&self) -> bool {
        self.metadata.tags.len() >= MAX_TAGS || self.held >= MAX_HELD
    }

    /// Adds a tag that prints as its value.
    pub fn tag(&mut self, group: &Group, name: impl Into<Name>, value: impl Into<Value>) {
        self.push(Tag::new(group.clone(), name, value));
    }

    /// Adds a tag with its printed form.
    pub fn printed(&mut self, group: &Group, name: impl Into<Name>, value: impl Into<Value>, print: impl Into<Print>) {
        self.push(Tag::new(group.clone(), name, value).print(print));
    }

    /// Adds a tag that never displaces an earlier one of its name.
    pub fn low(&mut self, group: &Group, name: impl Into<Name>, value: impl Into<Value>) {
        self.push(Tag::new(group.clone(), name, value).priority(Priority::Low));
    }

    /// Reports a block of another standard.
    pub fn child(&mut self, kind: Kind, place: impl Into<Place>, input: Input) {
        if self.children.len() < MAX_CHILDREN {
            self.children.push(Child { kind, place: place.into(), input });
        }
    }

    /// Reports damage at the place that is decoded now.
    pub fn warn(&mut self, text: impl Into<Cow<'static, str>>) {
        if self.metadata.warnings.len() < 100 {
            self.metadata.warnings.push(Warning { place: self.place.clone(), text: text.into() });
        }
    }
}

/// Decodes a part by its kind.
pub fn decode(kind: Kind, input: &Input, sink: &mut Sink) {
    if sink.is_full() {
        return;
    }
    if let Some(i) = [Kind::Icc, Kind::Iptc].iter().position(|k| *k == kind) {
        sink.ordinal = sink.seen[i];
        sink.seen[i] = sink.seen[i].saturating_add(1);
    }
    match kind {
        Kind::Exif => exif::decode(input, sink),
        Kind::Xmp => xmp::decode(input, sink),
        Kind::Iptc => iptc::decode(input, sink),
        Kind::Icc => icc::decode(input, sink),
        Kind::Photoshop => photoshop::decode(input, sink),
        Kind::Jpeg(marker) => jpeg::decode(marker, input, sink),
        Kind::Png(chunk) => png::decode(chunk, input, sink),
        Kind::Gif(label) => gif::decode(label, input, sink),
        Kind::Riff(chunk) => riff::decode(chunk, input, sink),
        Kind::Bmff(id) => quicktime::decode(id, input, sink),
        Kind::Pdf(table) => pdf::decode(table, input, sink),
        Kind::Mpf => mpf::decode(input, sink),
        Kind::Trailer(format) => trailer::decode(format, input, sink),
        Kind::Jumbf => jumbf::decode(input, sink),
        // Files inside the file, and what only a removal looks at: no tags of their own.
        Kind::File | Kind::Opaque | Kind::Payload => {}
    }
}
