//! Parts: runs of bytes with a meaning. Containers report them, decoders read them, plans keep or drop them.

use crate::{
    error::{Error, Result},
    input::Input,
    metadata::Name,
};
use smallvec::SmallVec;
use std::ops::Range;

/// What a part holds: who decodes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A TIFF structure: byte order, magic, IFDs. Exif blocks, and TIFF files themselves.
    Exif,
    /// An XMP packet (the XML; any wrapper is cut off by the walker).
    Xmp,
    /// IPTC IIM datasets.
    Iptc,
    /// An ICC profile.
    Icc,
    /// Photoshop image resource blocks (`8BIM` …).
    Photoshop,
    /// A JPEG segment; the marker's second byte. For the segments that are no other kind.
    Jpeg(u8),
    /// A PNG chunk that is no other kind.
    Png([u8; 4]),
    /// A GIF block: its label, or 0 for the header.
    Gif(u8),
    /// A RIFF chunk that is no other kind.
    Riff([u8; 4]),
    /// An ISO base media or QuickTime box that is no other kind.
    Bmff(BoxId),
    /// A PDF dictionary, its references resolved, by the name of its table: `Info`, `Root` …
    Pdf(&'static str),
    /// Multi-Picture Format's own TIFF block (`MPF\0` cut off).
    Mpf,
    /// JUMBF boxes (C2PA).
    Jumbf,
    /// A whole file inside this one, known by its content: a thumbnail, a second image, an attachment.
    File,
    /// A known appendix behind the end of the image, by the name of its format.
    Trailer(&'static str),
    /// Bytes that nobody has a use for: padding, what lies behind the end, the unknown.
    Opaque,
    /// Structure or coded samples, of interest to the plan alone.
    Payload,
}

/// A box and where it stands: the same name means different things in different boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BoxId {
    pub name: [u8; 4],
    /// The box around it; zeros at the top.
    pub parent: [u8; 4],
    /// Its track, counted from 1; 0 outside of tracks.
    pub track: u16,
    /// `false` for a property of secondary items of an image alone.
    pub main: bool,
}

/// What a part is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Needed to find the other parts.
    Structure,
    /// Needed to show the content as it is.
    Rendering,
    /// All else, the unknown first.
    Metadata,
}

/// Where a part stands, for findings: `APP1`, `tEXt`, `moov/udta/©xyz`.
pub type Place = Name;

/// Index of a part in the walk's list.
pub type PartId = usize;

/// Where a part's bytes are.
#[derive(Clone, Debug)]
pub enum Origin {
    /// In the file, in this order: one range, or several to be joined (ICC over segments, HEIC extents).
    Spans(SmallVec<[Range<u64>; 1]>),
    /// Decoded from the part `parent` (inflated text, a joined block).
    Decoded { parent: PartId, bytes: Vec<u8> },
}

impl Origin {
    pub fn span(range: Range<u64>) -> Self {
        Origin::Spans(SmallVec::from_buf([range]))
    }

    /// Where the part begins in the file.
    pub fn start(&self) -> Option<u64> {
        match self {
            Origin::Spans(spans) => spans.first().map(|s| s.start),
            Origin::Decoded { .. } => None,
        }
    }

    /// The bytes as an input of their own; `limit` bounds what is joined in memory.
    pub fn open(&self, file: &Input, limit: u64) -> Result<Input> {
        match self {
            Origin::Decoded { bytes, .. } => Ok(Input::from_block(bytes.clone())),
            Origin::Spans(spans) if spans.len() == 1 => Ok(file.slice(spans[0].clone())),
            Origin::Spans(spans) => {
                let total: u64 = spans.iter().map(|s| s.end.saturating_sub(s.start)).fold(0, u64::saturating_add);
                if total > limit {
                    return Err(Error::damaged("a block in pieces is larger than the limit"));
                }
                let mut joined = Vec::with_capacity(total as usize);
                for span in spans {
                    joined.extend_from_slice(&file.up_to(span.start, span.end.saturating_sub(span.start))?);
                }
                Ok(Input::from_block(joined))
            }
        }
    }
}

/// A run of bytes with a meaning. Structure and rendering parts are listed too.
#[derive(Clone, Debug)]
pub struct Part {
    pub kind: Kind,
    pub role: Role,
    pub place: Place,
    pub origin: Origin,
}
