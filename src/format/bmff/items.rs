//! The items of a `meta` box (ISO/IEC 14496-12, 8.11; HEIF, ISO/IEC 23008-12): Exif and XMP, and whose a property is.

use super::{Kind, Walk};
use crate::{
    error::Result,
    input::Input,
    metadata::Name,
    part::{Origin, PartId, Role},
};
use smallvec::SmallVec;
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

/// Items of one file, at most so many.
const MAX_ITEMS: usize = 65_536;
/// Extents of one item, at most so many, and of all items.
const MAX_EXTENTS: usize = 4096;
const MAX_ALL_EXTENTS: usize = 1_000_000;

/// Big-endian fields one after the other, each checked against the end.
struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Fields { bytes, at: 0 }
    }

    /// An unsigned number of `size` bytes, 0 to 8.
    fn number(&mut self, size: usize) -> Option<u64> {
        let field = self.bytes.get(self.at..self.at.checked_add(size)?)?;
        self.at += size;
        Some(field.iter().fold(0, |n, &b| n << 8 | u64::from(b)))
    }

    /// Text up to its NUL, or to the end.
    fn text(&mut self) -> &'a [u8] {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let end = memchr::memchr(0, rest).unwrap_or(rest.len());
        self.at = self.at.saturating_add(end + 1);
        &rest[..end]
    }
}

/// What `iinf` and `iloc` say of an item.
#[derive(Debug, Default)]
struct Item {
    kind: [u8; 4],
    content_type: Vec<u8>,
    /// 0: offsets into the file, 1: into `idat`, 2: into another item.
    method: u64,
    base: u64,
    extents: SmallVec<[(u64, u64); 1]>,
}

/// The boxes of one `meta`, found among the parts that its walk reported.
struct Meta<'a> {
    input: &'a Input,
    items: BTreeMap<u64, Item>,
    idat: Option<Range<u64>>,
}

/// Reports the Exif and XMP items of the `meta` box whose leaves are the parts from `first` on, and marks properties that
/// belong to secondary items alone.
pub fn report(input: &Input, walk: &mut Walk, first: PartId, place: &str) -> Result<()> {
    let mut meta = Meta { input, items: BTreeMap::new(), idat: None };
    let mut primary = None;
    let mut owners = BTreeMap::new();
    for id in first..walk.parts.len() {
        let Kind::Bmff(bmff) = walk.parts[id].kind else { continue };
        if &bmff.parent != b"meta" && &bmff.parent != b"iprp" {
            continue;
        }
        let Origin::Spans(spans) = &walk.parts[id].origin else { continue };
        let Some(range) = spans.first().cloned() else { continue };
        let body = input.slice(range.clone());
        let sound = match &bmff.name {
            b"pitm" => {
                primary = primary_item(&body);
                primary.is_some()
            }
            b"iinf" => meta.item_infos(&body).is_some(),
            b"iloc" => meta.locations(&body).is_some(),
            b"idat" => {
                meta.idat = Some(range);
                true
            }
            b"ipma" => associations(&body, &mut owners).is_some(),
            _ => true,
        };
        if !sound {
            walk.warn(place, format!("{} ends too early", String::from_utf8_lossy(&bmff.name)));
        }
    }
    mark_properties(walk, first, primary, &owners);
    meta.report(walk, place)
}

fn primary_item(body: &Input) -> Option<u64> {
    let bytes = body.up_to(0, 8).ok()?;
    let mut fields = Fields::new(&bytes);
    let wide = fields.number(4)? >> 24 != 0;
    fields.number(if wide { 4 } else { 2 })
}

/// `ipma`: which items each property (counted from 1) belongs to.
fn associations(body: &Input, owners: &mut BTreeMap<u64, BTreeSet<u64>>) -> Option<()> {
    let bytes = body.all(crate::input::MAX_BLOCK).ok()?;
    let mut fields = Fields::new(&bytes);
    let head = fields.number(4)?;
    let (id_size, wide) = (if head >> 24 == 0 { 2 } else { 4 }, head & 1 != 0);
    let mut left = 1_000_000usize;
    for _ in 0..fields.number(4)? {
        let item = fields.number(id_size)?;
        for _ in 0..fields.number(1)? {
            let property = if wide { fields.number(2)? & 0x7fff } else { fields.number(1)? & 0x7f };
            owners.entry(property).or_default().insert(item);
            left = left.checked_sub(1)?;
        }
    }
    Some(())
}

/// A property that belongs to other items than the primary one is not of the main image.
fn mark_properties(walk: &mut Walk, first: PartId, primary: Option<u64>, owners: &BTreeMap<u64, BTreeSet<u64>>) {
    let mut property = 0;
    for part in &mut walk.parts[first..] {
        let Kind::Bmff(bmff) = &mut part.kind else {
            continue;
        };
        if &bmff.parent == b"ipco" {
            property += 1;
            bmff.main = match (owners.get(&property), primary) {
                (Some(items), Some(primary)) => items.contains(&primary),
                _ => true,
            };
        }
    }
}

impl Meta<'_> {
    /// `iinf`: what kind of thing each item is.
    fn item_infos(&mut self, body: &Input) -> Option<()> {
        let bytes = body.all(crate::input::MAX_BLOCK).ok()?;
        let mut fields = Fields::new(&bytes);
        let count_size = if fields.number(4)? >> 24 == 0 { 2 } else { 4 };
        let count = fields.number(count_size)?;
        for _ in 0..count.min(MAX_ITEMS as u64) {
            let size = usize::try_from(fields.number(4)?).ok()?.checked_sub(4)?;
            let entry = bytes.get(fields.at..fields.at.checked_add(size)?)?;
            fields.at += size;
            self.item_info(entry);
        }
        Some(())
    }

    /// One `infe`, from its name on.
    fn item_info(&mut self, entry: &[u8]) -> Option<()> {
        let mut fields = Fields::new(entry);
        if fields.number(4)? != u64::from(u32::from_be_bytes(*b"infe")) {
            return None;
        }
        let version = fields.number(4)? >> 24;
        let id = fields.number(if version >= 3 { 4 } else { 2 })?;
        fields.number(2)?;
        let kind = match version {
            // No type yet: all items are MIME.
            0 | 1 => *b"mime",
            _ => (fields.number(4)? as u32).to_be_bytes(),
        };
        fields.text();
        let content_type = if &kind == b"mime" { fields.text().to_vec() } else { Vec::new() };
        let item = self.items.entry(id).or_default();
        (item.kind, item.content_type) = (kind, content_type);
        Some(())
    }

    /// `iloc`: where the items' bytes are.
    fn locations(&mut self, body: &Input) -> Option<()> {
        let bytes = body.all(crate::input::MAX_BLOCK).ok()?;
        let mut fields = Fields::new(&bytes);
        let version = fields.number(4)? >> 24;
        let sizes = fields.number(2)?;
        let size = |shift: u64| (sizes >> shift & 15) as usize;
        let (offset_size, length_size, base_size) = (size(12), size(8), size(4));
        let index_size = if version == 0 { 0 } else { size(0) };
        if [offset_size, length_size, base_size, index_size].iter().any(|&s| s > 8) {
            return None;
        }
        let wide = if version < 2 { 2 } else { 4 };
        let mut left = MAX_ALL_EXTENTS;
        for _ in 0..fields.number(wide)?.min(MAX_ITEMS as u64) {
            let id = fields.number(wide)?;
            let method = if version == 0 { 0 } else { fields.number(2)? & 15 };
            fields.number(2)?;
            let base = fields.number(base_size)?;
            let mut extents = SmallVec::new();
            // Extents without fields are all the same, and take no bytes however many they are.
            let most = if index_size + offset_size + length_size == 0 { 1 } else { u64::MAX };
            for _ in 0..fields.number(2)?.min(most) {
                fields.number(index_size)?;
                let extent = (fields.number(offset_size)?, fields.number(length_size)?);
                if extents.len() < MAX_EXTENTS && left > 0 {
                    extents.push(extent);
                    left -= 1;
                }
            }
            let item = self.items.entry(id).or_default();
            (item.method, item.base, item.extents) = (method, base, extents);
        }
        Some(())
    }

    /// Reports what other standards decode.
    fn report(&self, walk: &mut Walk, place: &str) -> Result<()> {
        for (id, item) in &self.items {
            let kind = match &item.kind {
                b"Exif" => Kind::Exif,
                b"mime" if item.content_type == b"application/rdf+xml" => Kind::Xmp,
                _ => continue,
            };
            let place = Name::from(format!("{place}/{}", if kind == Kind::Exif { "Exif" } else { "XMP" }));
            let Some(mut spans) = self.spans(item) else {
                walk.warn(place, format!("item {id} is in a place that is not supported"));
                continue;
            };
            if kind == Kind::Exif {
                self.skip_exif_prefix(&mut spans);
            }
            if spans.iter().any(|s| s.start < s.end) {
                walk.part(kind, Role::Metadata, place, Origin::Spans(spans))?;
            } else {
                walk.warn(place, format!("item {id} lies outside of the file"));
            }
        }
        Ok(())
    }

    /// The ranges of the file that an item is made of.
    fn spans(&self, item: &Item) -> Option<SmallVec<[Range<u64>; 1]>> {
        let within = match item.method {
            0 => 0..self.input.len(),
            1 => self.idat.clone()?,
            _ => return None,
        };
        let span = |&(offset, length): &(u64, u64)| {
            let start = within.start.checked_add(item.base)?.checked_add(offset)?.min(within.end);
            // No length: to the end.
            let end = if length == 0 { within.end } else { start.saturating_add(length).min(within.end) };
            Some(start..end)
        };
        item.extents.iter().map(span).collect()
    }

    /// An Exif item begins with the distance to its TIFF header (HEIF, A.2.1); writers that forgot it begin with that header.
    fn skip_exif_prefix(&self, spans: &mut SmallVec<[Range<u64>; 1]>) {
        let Some(first) = spans.first_mut() else { return };
        let Ok(head) = self.input.up_to(first.start, (first.end - first.start).min(64)) else { return };
        let is_tiff = |at: usize| head.get(at..).is_some_and(|b| b.starts_with(b"II*\0") || b.starts_with(b"MM\0*"));
        let said = Fields::new(&head).number(4).and_then(|n| usize::try_from(n).ok()?.checked_add(4));
        let at = match said {
            Some(at) if is_tiff(at) || at >= 64 => at as u64,
            _ => (0..head.len()).find(|&at| is_tiff(at)).unwrap_or(0) as u64,
        };
        first.start = first.start.saturating_add(at).min(first.end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Items of a table are counted by 16 bits, and so are the extents of each.
    #[test]
    fn extents_take_no_more_room_than_the_table() {
        let input = Input::from_bytes(Vec::new());
        // Sizes of fields, bytes of an extent, items, their extents, all that are held.
        for (sizes, extent, items, extents, held) in [(0u16, 0, 16_000u16, u16::MAX, 16_000), (0x1000, 1, 500, 3000, 1_000_000)] {
            let mut table = [&[0; 4][..], &sizes.to_be_bytes(), &items.to_be_bytes()].concat();
            for id in 0..items {
                table.extend([&id.to_be_bytes()[..], &[0; 2], &extents.to_be_bytes()].concat());
                table.resize(table.len() + extent * usize::from(extents), 0);
            }
            let mut meta = Meta { input: &input, items: BTreeMap::new(), idat: None };
            assert!(meta.locations(&Input::from_bytes(table)).is_some());
            assert_eq!(meta.items.len(), usize::from(items));
            assert_eq!(meta.items.values().map(|i| i.extents.len()).sum::<usize>(), held);
        }
    }
}
