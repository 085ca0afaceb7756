//! Extended XMP (XMP part 3, 1.1.3.1): what does not fit into one segment stands in others, slice by slice. The main packet names it
//! by its GUID.

use super::{segments::Segment, walk::XMP_EXTENSION};
use crate::{
    error::Result,
    format::{Kind, Origin, Role, Walk},
    input::Input,
};
use smallvec::SmallVec;
use std::{collections::HashSet, ops::Range};

/// It may be so large when joined.
const MAX_EXTENDED: u64 = 64 * 1024 * 1024;

/// 32 hexadecimal digits.
type Guid = [u8; 32];

struct Slice {
    guid: Guid,
    offset: u32,
    data: Range<u64>,
}

#[derive(Default)]
pub struct Extended {
    slices: Vec<Slice>,
    /// The main packets' bytes: they say which extension is theirs.
    pub packets: SmallVec<[Range<u64>; 1]>,
}

impl Extended {
    /// Takes a segment that begins with `head`; false if it is too short for one.
    pub fn add(&mut self, segment: &Segment, head: &[u8]) -> bool {
        let Some(rest) = head.get(XMP_EXTENSION.len()..) else { return false };
        let Some((guid, rest)) = rest.split_first_chunk() else { return false };
        // The length of the whole, then the offset.
        let Some(offset) = rest.get(4..8).and_then(|o| o.try_into().ok()).map(u32::from_be_bytes) else { return false };
        let data = segment.data.start + XMP_EXTENSION.len() as u64 + 40..segment.data.end;
        self.slices.push(Slice { guid: *guid, offset, data });
        true
    }

    /// Reports extensions, joined by GUID; one that no packet names is none of this image's, and only a removal looks at it.
    pub fn report(mut self, input: &Input, walk: &mut Walk) -> Result<()> {
        self.slices.sort_by_key(|s| (s.guid, s.offset));
        let named = if self.slices.is_empty() { HashSet::new() } else { self.words(input)? };
        for group in self.slices.chunk_by(|a, b| a.guid == b.guid) {
            let total: u64 = group.iter().map(|s| s.data.end - s.data.start).sum();
            let named = named.contains(&group[0].guid);
            if !named {
                walk.warn("APP1", "extended XMP that no packet names");
            }
            if total > MAX_EXTENDED {
                walk.warn("APP1", "extended XMP is too large");
            }
            let kind = if named && total <= MAX_EXTENDED { Kind::Xmp } else { Kind::Opaque };
            let spans = group.iter().map(|s| s.data.clone()).collect();
            walk.part(kind, Role::Metadata, "APP1", Origin::Spans(spans))?;
        }
        Ok(())
    }

    /// What may be a GUID in the packets: a word of its length.
    fn words(&self, input: &Input) -> Result<HashSet<Guid>> {
        let mut words = HashSet::new();
        for packet in &self.packets {
            let text = input.up_to(packet.start, packet.end - packet.start)?;
            words.extend(text.split(|b| !b.is_ascii_alphanumeric()).filter_map(|word| Guid::try_from(word).ok()));
        }
        Ok(words)
    }
}
