//! A fresh Exif block of the few fields that are kept.

use super::select::Block;
use crate::{
    format::{Keep, Kept, Selection, nested},
    input::Input,
    table,
    tags::Row,
};
use exif::{Context, Field, In, Tag, Value, experimental::Writer};
use std::io::Cursor;

/// The fields of an Exif block that a selection keeps, written afresh in the byte order of the block: `None` if there are none.
/// Damage loses the fields behind it, never more.
pub fn reduce(block: &Input, selection: &Selection) -> Option<Block> {
    reduce_with(block, selection, None)
}

/// The same, with a density that has no place outside of Exif.
pub fn reduce_with(block: &Input, selection: &Selection, density: Option<&Density>) -> Option<Block> {
    let reader = Reader::new(block)?;
    let mut kept = Vec::new();
    let mut fields = density.map_or_else(Vec::new, Density::fields);
    if !fields.is_empty() {
        kept.push("density");
    }
    let first = reader.u32(4)?;
    let directories = [(Context::Tiff, Some(first)), (Context::Exif, None), (Context::Gps, None)];
    let pointers = reader.pointers(first.into());
    for (context, offset) in directories {
        let offset = match context {
            Context::Exif => pointers.exif,
            Context::Gps => pointers.gps,
            _ => offset,
        };
        // The default selection keeps nothing of the others: do not look.
        if context != Context::Tiff && !super::select::texts(selection) {
            continue;
        }
        let Some(offset) = offset else { continue };
        for entry in reader.entries(offset.into()) {
            if let Some(name) = keeps(selection, context, entry.tag)
                && let Some(value) = reader.value(&entry).and_then(|v| sound(context, entry.tag, v))
                && !fields.iter().any(|f: &Field| f.tag == Tag(context, entry.tag))
            {
                fields.push(Field { tag: Tag(context, entry.tag), ifd_num: In::PRIMARY, value });
                if !kept.contains(&name) {
                    kept.push(name);
                }
            }
        }
    }
    let thumbnail = thumbnail(&reader, first, selection);
    if thumbnail.is_some() {
        kept.push("thumbnail");
    }
    let bytes = write(&fields, thumbnail.as_deref(), reader.little)?;
    Some(Block { bytes, kept })
}

fn write(fields: &[Field], thumbnail: Option<&[u8]>, little: bool) -> Option<Vec<u8>> {
    // A thumbnail's directory is the second: the first may not be missing.
    let unturned = Field { tag: Tag::Orientation, ifd_num: In::PRIMARY, value: Value::Short(vec![1]) };
    let mut writer = Writer::new();
    fields.iter().for_each(|f| writer.push_field(f));
    if let Some(thumbnail) = thumbnail {
        if fields.is_empty() {
            writer.push_field(&unturned);
        }
        writer.set_jpeg(thumbnail, In::THUMBNAIL);
    } else if fields.is_empty() {
        return None;
    }
    let mut out = Cursor::new(Vec::new());
    writer.write(&mut out, little).ok()?;
    Some(out.into_inner())
}

/// The thumbnail of the second directory, if it is kept, cleaned by the rule of its own format.
fn thumbnail(reader: &Reader, first: u32, selection: &Selection) -> Option<Vec<u8>> {
    if !selection.keeps(Keep::Thumbnail) {
        return None;
    }
    let (offset, length) = reader.thumbnail(first)?;
    let bytes = reader.block.get(offset as usize..)?;
    // Some blocks end a byte too early: what is there can be shown.
    nested::bytes(bytes.get(..length as usize).unwrap_or(bytes).to_vec(), selection).ok()
}

/// Does the block speak of a thumbnail?
pub fn has_thumbnail(block: &Input) -> bool {
    Reader::new(block).is_some_and(|reader| reader.u32(4).and_then(|first| reader.thumbnail(first)).is_some())
}

/// Does the block say that the colours are Adobe RGB, the way of cameras (DCF 2.0, Exif 3.0, 4.6.6)? It names no colour space, and
/// the rule of the optional one.
pub fn is_adobe_rgb(block: &Input) -> bool {
    let says = || {
        let reader = Reader::new(block)?;
        let number = |directory: u32, tag| reader.number(&reader.entries(directory.into()).find(|e| e.tag == tag)?);
        let exif = reader.pointers(reader.u32(4)?.into()).exif?;
        let rules = number(exif, 0xa005)?;
        let rule = reader.entries(rules.into()).find(|e| e.tag == 1).and_then(|e| reader.value(&e))?;
        Some(number(exif, 0xa001)? == 0xffff && matches!(rule, Value::Ascii(text) if text.first().is_some_and(|t| t == b"R03")))
    };
    says().unwrap_or(false)
}

/// Under which name a selection keeps a field.
fn keeps(selection: &Selection, context: Context, tag: u16) -> Option<Kept> {
    let by_name = match (context, tag) {
        (Context::Tiff, 0x112) => selection.keeps(Keep::Orientation).then_some("orientation"),
        // Artist, Copyright, XPAuthor.
        (Context::Tiff, 0x13b | 0x8298 | 0x9c9d) => selection.keeps(Keep::Copyright).then_some("copyright"),
        // ModifyDate; DateTimeOriginal, CreateDate, their offsets and fractions.
        (Context::Tiff, 0x132) | (Context::Exif, 0x9003 | 0x9004 | 0x9010..=0x9012 | 0x9290..=0x9292) => {
            selection.keeps(Keep::Dates).then_some("dates")
        }
        // ImageDescription, XPTitle.
        (Context::Tiff, 0x10e | 0x9c9b) => selection.keeps(Keep::Title).then_some("title"),
        _ => None,
    };
    by_name.or_else(|| {
        let (table, place) = match context {
            _ if selection.tags.is_empty() => return None,
            Context::Gps => (table!("GPS::Main")?, "GPS"),
            Context::Exif => (table!("Exif::Main")?, "ExifIFD"),
            _ => (table!("Exif::Main")?, "IFD0"),
        };
        let asked = |row: &Row| !row.points() && selection.asks(&["exif", place], row.name);
        (!is_of_pixels(context, tag) && table.rows_of(tag).any(asked)).then_some("tags")
    })
}

/// Says it where or how pixels are stored (TIFF 6, sections 3 to 22)? In a block without them it would be wrong.
fn is_of_pixels(context: Context, tag: u16) -> bool {
    context == Context::Tiff
        && matches!(tag, 0xfe..=0x107 | 0x10a | 0x111 | 0x115..=0x119 | 0x11c | 0x120..=0x125 | 0x13d | 0x140..=0x15b | 0x200..=0x209)
}

/// An orientation says something only from 2 to 8, and readers take it from any whole number, the first of several; of text and
/// numbers everything is taken.
fn sound(context: Context, tag: u16, value: Value) -> Option<Value> {
    if (context, tag) != (Context::Tiff, 0x112) {
        return Some(value);
    }
    let first = match value {
        Value::SByte(v) => v.first().map(|&n| i64::from(n)),
        Value::SShort(v) => v.first().map(|&n| i64::from(n)),
        Value::SLong(v) => v.first().map(|&n| i64::from(n)),
        value => value.get_uint(0).map(i64::from),
    };
    first.and_then(|n| u16::try_from(n).ok()).filter(|n| (2..=8).contains(n)).map(|n| Value::Short(vec![n]))
}

/// How many pixels stand on a unit of length (TIFF 6, section 8), as fractions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Density {
    pub x: (u32, u32),
    pub y: (u32, u32),
    /// 1: of no unit, 2: inch, 3: centimetre.
    pub unit: u16,
}

impl Density {
    /// Of an Exif block; `None` if it says none.
    pub fn read(block: &Input) -> Option<Density> {
        let reader = Reader::new(block)?;
        let first = reader.u32(4)?;
        let value = |tag| reader.entries(first.into()).find(|e| e.tag == tag).and_then(|e| reader.value(&e));
        let fraction = |tag| match value(tag)? {
            Value::Rational(v) => v.first().map(|r| (r.num, r.denom)).filter(|&(n, d)| n > 0 && d > 0),
            value => value.get_uint(0).filter(|&n| n > 0).map(|n| (n, 1)),
        };
        let x = fraction(0x11a)?;
        // Exif 3.0, 4.6.6: inches unless something else is said.
        let unit = value(0x128).map_or(2, |unit| unit.get_uint(0).unwrap_or(0));
        let unit = u16::try_from(unit).ok().filter(|unit| (1..=3).contains(unit))?;
        Some(Density { x, y: fraction(0x11b).unwrap_or(x), unit })
    }

    fn fields(&self) -> Vec<Field> {
        let field = |tag, value| Field { tag, ifd_num: In::PRIMARY, value };
        vec![
            field(Tag::XResolution, Value::Rational(vec![self.x.into()])),
            field(Tag::YResolution, Value::Rational(vec![self.y.into()])),
            field(Tag::ResolutionUnit, Value::Short(vec![self.unit])),
        ]
    }

    /// A block of nothing else.
    pub fn block(&self) -> Option<Vec<u8>> {
        write(&self.fields(), None, false)
    }
}

/// Directories have at most so many entries.
const MAX_ENTRIES: u16 = 1000;
/// A kept value is at most so long.
const MAX_VALUE: usize = 60_000;
/// A block is at most so long.
const MAX_BLOCK: u64 = 32 * 1024 * 1024;

/// Reads directories of a TIFF structure (TIFF 6, section 2).
struct Reader<'a> {
    block: std::borrow::Cow<'a, [u8]>,
    little: bool,
}

struct Entry {
    tag: u16,
    format: u16,
    count: u32,
    /// Of the entry's value field.
    at: usize,
}

#[derive(Default)]
struct Pointers {
    exif: Option<u32>,
    gps: Option<u32>,
}

impl<'a> Reader<'a> {
    fn new(block: &'a Input) -> Option<Self> {
        let block = block.up_to(0, MAX_BLOCK).ok()?;
        let little = match block.get(..4)? {
            b"II*\0" => true,
            b"MM\0*" => false,
            _ => return None,
        };
        Some(Reader { block, little })
    }

    fn array<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        let mut bytes: [u8; N] = self.block.get(at..at.checked_add(N)?)?.try_into().ok()?;
        if self.little {
            bytes.reverse();
        }
        Some(bytes)
    }
    fn u16(&self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_be_bytes)
    }
    fn u32(&self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_be_bytes)
    }

    fn entries(&self, directory: u64) -> impl Iterator<Item = Entry> + '_ {
        let at = usize::try_from(directory).unwrap_or(usize::MAX);
        let count = self.u16(at).unwrap_or(0).min(MAX_ENTRIES);
        (0..usize::from(count)).map_while(move |i| {
            let at = at.checked_add(2 + 12 * i)?;
            Some(Entry { tag: self.u16(at)?, format: self.u16(at + 2)?, count: self.u32(at + 4)?, at: at + 8 })
        })
    }

    /// The offset of the directory that follows.
    fn next(&self, directory: u64) -> Option<u32> {
        let at = usize::try_from(directory).ok()?;
        let count = usize::from(self.u16(at)?);
        self.u32(at.checked_add(2 + 12 * count)?).filter(|&next| next != 0)
    }

    /// Offset and length of the thumbnail that the second directory names.
    fn thumbnail(&self, first: u32) -> Option<(u32, u32)> {
        let second = self.next(first.into())?;
        let number = |tag| self.entries(second.into()).find(|e| e.tag == tag).and_then(|e| self.number(&e));
        Some((number(0x201)?, number(0x202)?)).filter(|(_, length)| *length > 0)
    }

    fn pointers(&self, directory: u64) -> Pointers {
        let mut pointers = Pointers::default();
        for entry in self.entries(directory) {
            match entry.tag {
                0x8769 => pointers.exif = self.number(&entry),
                0x8825 => pointers.gps = self.number(&entry),
                _ => {}
            }
        }
        pointers
    }

    fn number(&self, entry: &Entry) -> Option<u32> {
        if entry.format == 3 { self.u16(entry.at).map(u32::from) } else { self.u32(entry.at) }
    }

    fn value(&self, entry: &Entry) -> Option<Value> {
        let size = match entry.format {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 => 4,
            5 | 10 | 12 => 8,
            _ => return None,
        };
        let count = usize::try_from(entry.count).ok()?;
        let length = count.checked_mul(size).filter(|&l| l > 0 && l <= MAX_VALUE)?;
        let at = if length <= 4 { entry.at } else { self.u32(entry.at)? as usize };
        let bytes = self.block.get(at..at.checked_add(length)?)?;
        let each = |size: usize| (0..count).map(move |i| at + i * size);
        Some(match entry.format {
            1 => Value::Byte(bytes.to_vec()),
            2 => Value::Ascii(bytes.strip_suffix(b"\0").unwrap_or(bytes).split(|&b| b == 0).map(<[u8]>::to_vec).collect()),
            3 => Value::Short(each(2).filter_map(|at| self.u16(at)).collect()),
            4 => Value::Long(each(4).filter_map(|at| self.u32(at)).collect()),
            5 => Value::Rational(each(8).filter_map(|at| Some((self.u32(at)?, self.u32(at + 4)?).into())).collect()),
            6 => Value::SByte(bytes.iter().map(|&b| b as i8).collect()),
            7 => Value::Undefined(bytes.to_vec(), 0),
            8 => Value::SShort(each(2).filter_map(|at| self.u16(at)).map(|v| v as i16).collect()),
            9 => Value::SLong(each(4).filter_map(|at| self.u32(at)).map(|v| v as i32).collect()),
            10 => {
                Value::SRational(each(8).filter_map(|at| Some((self.u32(at)? as i32, self.u32(at + 4)? as i32).into())).collect())
            }
            11 => Value::Float(each(4).filter_map(|at| self.array(at)).map(f32::from_be_bytes).collect()),
            _ => Value::Double(each(8).filter_map(|at| self.array(at)).map(f64::from_be_bytes).collect()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Pattern;

    /// IFD0 with these entries: tag, format, count, value field.
    fn tiff(little: bool, entries: &[(u16, u16, u32, u32)], tail: &[u8]) -> Input {
        let (n2, n4) = (
            |v: u16| if little { v.to_le_bytes() } else { v.to_be_bytes() },
            |v: u32| if little { v.to_le_bytes() } else { v.to_be_bytes() },
        );
        let mut b = if little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
        b.extend(n4(8));
        b.extend(n2(entries.len() as u16));
        for (tag, format, count, value) in entries {
            b.extend([&n2(*tag)[..], &n2(*format), &n4(*count)].concat());
            b.extend(if *format == 3 { [&n2(*value as u16)[..], &[0, 0]].concat() } else { n4(*value).to_vec() });
        }
        b.extend(n4(0));
        b.extend(tail);
        Input::from_bytes(b)
    }

    #[test]
    fn orientation_alone_is_26_bytes_and_stays_as_it_is() {
        for little in [false, true] {
            let block = tiff(little, &[(0x10f, 2, 3, 0x41424300), (0x112, 3, 1, 6)], b"");
            let reduced = reduce(&block, &Selection::default()).unwrap();
            assert_eq!(reduced.bytes, *tiff(little, &[(0x112, 3, 1, 6)], b"").all(100).unwrap());
            assert_eq!(reduced.bytes.len(), 26);
            assert_eq!(reduced.kept, ["orientation"]);
            assert_eq!(reduce(&Input::from_bytes(reduced.bytes.clone()), &Selection::default()), Some(reduced));
        }
    }

    #[test]
    fn an_orientation_that_says_nothing_is_not_kept() {
        for value in [0, 1, 9] {
            assert_eq!(reduce(&tiff(false, &[(0x112, 3, 1, value)], b""), &Selection::default()), None);
        }
        assert_eq!(reduce(&tiff(false, &[(0x112, 3, 1, 6)], b""), &Selection::none()), None);
    }

    /// Readers turn the picture by any whole number; it is written as the standard has it.
    #[test]
    fn an_orientation_of_another_type_is_kept_as_a_short() {
        let short = tiff(false, &[(0x112, 3, 1, 6)], b"").all(100).unwrap().into_owned();
        // LONG, SLONG; BYTE, SBYTE; SSHORT; two SHORTs.
        for (format, count, value) in
            [(4, 1, 6), (9, 1, 6), (1, 1, 0x0600_0000), (6, 1, 0x0600_0000), (8, 1, 0x0006_0000), (3, 2, 6)]
        {
            let reduced = reduce(&tiff(false, &[(0x112, format, count, value)], b""), &Selection::default());
            assert_eq!(reduced.map(|r| r.bytes), Some(short.clone()), "format {format}");
        }
        for (format, count, value) in
            [(4, 1, 9), (9, 1, u32::MAX), (2, 1, 0x0600_0000), (7, 1, 0x0600_0000), (3, 0, 6), (4, 1, 65542)]
        {
            assert_eq!(reduce(&tiff(false, &[(0x112, format, count, value)], b""), &Selection::default()), None);
        }
    }

    #[test]
    fn what_is_asked_for_is_kept() {
        let block = tiff(false, &[(0x13b, 2, 8, 8 + 2 + 24 + 4), (0x131, 2, 4, 0x41424300)], b"A. Name\0");
        let selection = Selection { keep: [Keep::Copyright].into(), ..Selection::none() };
        let reduced = reduce(&block, &selection).unwrap();
        assert_eq!(reduced.kept, ["copyright"]);
        assert!(reduced.bytes.ends_with(b"A. Name\0"));
        let selection = Selection { tags: vec![Pattern::new("exif:Software")], ..Selection::none() };
        assert_eq!(reduce(&block, &selection).unwrap().kept, ["tags"]);
    }

    #[test]
    fn hostile_blocks_give_nothing() {
        for bytes in [&b""[..], b"MM\0*", b"MM\0*\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff"] {
            assert_eq!(reduce(&Input::from_bytes(bytes.to_vec()), &Selection::default()), None);
        }
    }
}
