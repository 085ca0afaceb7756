//! Images inside TIFF blocks: where their data is, under the names that depend on the directory.

use crate::{
    decode::{
        Sink,
        ifd::{Entry, Reader},
    },
    input::Input,
    metadata::{Blob, Group, Priority, Tag, Value},
};
use smallvec::SmallVec;

/// A list of offsets or lengths that prints longer than this is shown as binary.
const MAX_LIST: usize = 32;

/// A kind of image: the names of its offset, its length and its data.
type Names = [&'static str; 3];

const THUMBNAIL: Names = ["ThumbnailOffset", "ThumbnailLength", "ThumbnailImage"];
const PREVIEW: Names = ["PreviewImageStart", "PreviewImageLength", "PreviewImage"];
const JPG_FROM_RAW: Names = ["JpgFromRawStart", "JpgFromRawLength", "JpgFromRaw"];
const OTHER: Names = ["OtherImageStart", "OtherImageLength", "OtherImage"];
/// The data of the page itself is no tag.
const STRIPS: Names = ["StripOffsets", "StripByteCounts", ""];
const TILES: Names = ["TileOffsets", "TileByteCounts", ""];

/// What a directory says about image data.
#[derive(Debug, Default)]
pub struct Images {
    subfile: Option<u64>,
    compression: Option<u64>,
    /// Of strips, and of the JPEG interchange format.
    found: [Image; 2],
}

#[derive(Debug, Default)]
struct Image {
    name: &'static str,
    offset: Option<Value>,
    length: Option<Value>,
}

impl Images {
    /// Remembers the subfile type and the compression.
    pub fn note(&mut self, tag: u16, value: Option<u64>) {
        match tag {
            0x00fe => self.subfile = value,
            0x0103 => self.compression = value,
            _ => {}
        }
    }

    /// Adds an entry of offsets or lengths.
    pub fn entry(&mut self, reader: &Reader, entry: &Entry, group: &Group, priority: Priority, sink: &mut Sink) {
        let Some(mut value) = reader.value(entry) else { return };
        let names = match entry.tag {
            0x0111 | 0x0117 => self.strips(group, sink.facts.file_type),
            0x0144 | 0x0145 => TILES,
            0x0201 | 0x0202 => interchange(group, sink.facts.file_type),
            0x0120 => ["FreeOffsets", "", ""],
            0xbcc0 => ["ImageOffset", "", ""],
            _ => ["AlphaOffset", "", ""],
        };
        let [offset, length, image] = names;
        let is_offset = matches!(entry.tag, 0x0111 | 0x0144 | 0x0201 | 0x0120 | 0xbcc0 | 0xbcc2);
        if is_offset {
            value = shifted(value, i64::try_from(reader.block.start()).unwrap_or(i64::MAX));
        }
        let slot = &mut self.found[usize::from(matches!(entry.tag, 0x0201 | 0x0202))];
        if !image.is_empty() {
            slot.name = image;
            *(if is_offset { &mut slot.offset } else { &mut slot.length }) = Some(value.clone());
        } else {
            let text = value.to_string();
            if text.len() > MAX_LIST {
                value = Value::Binary(Blob::Bytes(text.into_bytes()));
            }
        }
        let name = if is_offset { offset } else { length };
        sink.push(Tag::new(group.clone(), name, value).priority(priority));
    }

    /// Names of strips: those of a JPEG stream are a preview unless they are the image itself.
    fn strips(&self, group: &Group, file_type: &str) -> Names {
        match group.place.as_str() {
            "IFD0" if file_type == "CR2" => PREVIEW,
            "SubIFD2" if self.is_preview() => JPG_FROM_RAW,
            _ if self.is_preview() => PREVIEW,
            // Lossy JPEG of DNG.
            _ if self.compression == Some(34892) => OTHER,
            _ => STRIPS,
        }
    }

    fn is_preview(&self) -> bool {
        self.compression == Some(7) && self.subfile != Some(0)
    }

    /// Adds the images whose place and length are known.
    pub fn finish(self, whole: &Input, group: &Group, priority: Priority, sink: &mut Sink) {
        for image in self.found {
            let (Some(offset), Some(length)) = (image.offset, image.length) else { continue };
            if let Some(blob) = data(whole, &offset, &length) {
                sink.push(Tag::new(group.clone(), image.name, Value::Binary(blob)).priority(priority));
            }
        }
    }
}

/// Names of a JPEG stream in the old manner.
fn interchange(group: &Group, file_type: &str) -> Names {
    match group.place.as_str() {
        "IFD1" => THUMBNAIL,
        "IFD0" if matches!(file_type, "ARW" | "SR2") => PREVIEW,
        "SubIFD" if file_type == "SRW" => THUMBNAIL,
        "SubIFD" | "IFD2" => JPG_FROM_RAW,
        _ => OTHER,
    }
}

/// Offsets as they count in the file.
fn shifted(value: Value, start: i64) -> Value {
    match value {
        _ if start == 0 => value,
        Value::Int(n) => Value::Int(n.saturating_add(start)),
        Value::Array(v) => Value::Array(v.into_iter().map(|v| shifted(v, start)).collect()),
        other => other,
    }
}

fn data(whole: &Input, offset: &Value, length: &Value) -> Option<Blob> {
    if let (Value::Int(at), Value::Int(len)) = (offset, length) {
        let (at, len) = (u64::try_from(*at).ok()?, u64::try_from(*len).ok()?);
        return (len > 0).then(|| whole.blob(at..at.saturating_add(len)));
    }
    // The reference has no data for images in several strips, only their lengths; here too they are a text.
    let text: SmallVec<[u8; 64]> = format!("Binary data {length} bytes").into_bytes().into();
    Some(Blob::Bytes(text.into_vec()))
}
