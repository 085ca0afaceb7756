//! Boxes of ISO base media (ISO/IEC 14496-12), MP4 (14496-14), HEIF (23008-12) and QuickTime (QuickTime File Format
//! Specification, QTFF). Numbers are big-endian.

mod image;
mod language;
mod list;
mod location;
mod movie;
mod sample;
mod time;
mod userdata;

use super::Sink;
use crate::{
    input::Input,
    metadata::{Group, Name, Value},
    part::BoxId,
    tags::{self, ByteOrder, Key, Table, format::text},
};

/// A box that we decode may not be larger than this.
const MAX_BOX: u64 = 64 * 1024 * 1024;

/// What the boxes of a movie said that later boxes depend on.
#[derive(Clone, Debug, Default)]
pub struct Movie {
    /// Units of a second, of the movie and of the media of the track now.
    scale: u32,
    media_scale: u32,
    /// What the media of the track now are: `vide`, `soun` …
    handler: [u8; 4],
    /// Names of the entries of the item list to come, in order.
    keys: Vec<Name>,
}

/// The body of one box, with what its decoder needs.
struct Body<'a> {
    id: BoxId,
    bytes: &'a [u8],
    /// The group of its tags, unless a table says otherwise.
    group: Group,
}

impl Body<'_> {
    fn u8(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }
    fn u16(&self, at: usize) -> Option<u16> {
        array(self.bytes, at).map(u16::from_be_bytes)
    }
    fn u32(&self, at: usize) -> Option<u32> {
        array(self.bytes, at).map(u32::from_be_bytes)
    }
    fn u64(&self, at: usize) -> Option<u64> {
        array(self.bytes, at).map(u64::from_be_bytes)
    }

    /// The group that tags of `table` have here: within a track all have the track's.
    fn group_of(&self, table: &Table) -> Group {
        if self.id.track > 0 { self.group.clone() } else { table.group.clone() }
    }

    /// Adds the tag of `key`.
    fn emit<'k>(&self, table: Option<&'static Table>, key: impl Into<Key<'k>>, value: impl Into<Value>, sink: &mut Sink) {
        if let Some(table) = table {
            tags::emit(table, key, value.into(), &self.group_of(table), sink);
        }
    }

    /// Decodes the bytes from `at` on as a packed table.
    fn packed(&self, table: Option<&'static Table>, at: usize, sink: &mut Sink) {
        if let (Some(table), Some(bytes)) = (table, self.bytes.get(at..)) {
            tags::packed_in(table, bytes, ByteOrder::Big, &self.group_of(table), sink, 0);
        }
    }

    /// The body of a box inside this one.
    fn inner<'b>(&self, name: [u8; 4], bytes: &'b [u8]) -> Body<'b> {
        Body { id: BoxId { name, parent: self.id.name, ..self.id }, bytes, group: self.group.clone() }
    }
}

/// `N` bytes at `at`.
fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// The name of a box as text: `©` is a byte of its own.
fn name_of(fourcc: [u8; 4]) -> String {
    fourcc.iter().map(|&b| char::from(b)).collect()
}

/// Boxes inside a block, as far as they are whole.
fn boxes(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let size = usize::try_from(u32::from_be_bytes(array(rest, 0)?)).ok()?;
        let name = array(rest, 4)?;
        let body = rest.get(8..size)?;
        rest = &rest[size..];
        Some((name, body))
    })
}

/// Decodes one box.
pub fn decode(id: BoxId, input: &Input, sink: &mut Sink) {
    if !is_known(&id) {
        return;
    }
    let bytes = match input.all(MAX_BOX) {
        Ok(bytes) => bytes,
        Err(e) => return sink.warn(e.to_string()),
    };
    let group = match id.track {
        0 => Group::new("quicktime", "QuickTime"),
        n => Group { kind: "quicktime", place: format!("Track{n}").into() },
    };
    let body = Body { id, bytes: &bytes, group };
    match (&id.parent, &id.name) {
        (b"ipco", _) => image::property(&body, sink),
        (b"ilst", _) => list::item(&body, sink),
        (b"udta", _) => userdata::decode(&body, sink),
        (b"tref", _) => movie::reference(&body, sink),
        (b"meta", b"keys") => list::keys(&body, sink),
        (b"meta", b"pitm" | b"idat") => image::meta(&body, sink),
        (_, b"stsd") => sample::descriptions(&body, sink),
        _ => movie::decode(&body, sink),
    }
}

/// Boxes without tags are not even read.
fn is_known(id: &BoxId) -> bool {
    match (&id.parent, &id.name) {
        (b"ipco" | b"ilst" | b"udta" | b"tref" | b"tapt", _) | (b"meta", b"keys" | b"pitm" | b"idat") => true,
        (_, name) => matches!(
            name,
            b"ftyp"
                | b"mvhd"
                | b"tkhd"
                | b"mdhd"
                | b"hdlr"
                | b"vmhd"
                | b"smhd"
                | b"hmhd"
                | b"gmin"
                | b"tcmi"
                | b"stsd"
                | b"stts"
                | b"mfhd"
        ),
    }
}
