//! TIFF and BigTIFF, and the raw formats that are TIFF files.

use super::{FileType, Format, Kind, Role, Walk};
use crate::{
    error::Result,
    input::Input,
    tags::{ByteOrder, Format as Type},
};
use smallvec::SmallVec;

pub static FORMAT: Format = Format {
    name: "TIFF and BigTIFF",
    extensions: &["tif", "tiff", "btf", "dng", "nef", "cr2", "arw", "orf", "rw2", "pef", "srw"],
    probe,
    walk,
    plan: None,
    payload: None,
};

const fn file_type(name: &'static str, extension: &'static str, mime: &'static str) -> FileType {
    FileType { name, extension, mime }
}

/// By the header, and for the raw formats by what their directories say.
fn probe(input: &Input) -> Option<FileType> {
    let head = input.up_to(0, 16).ok()?;
    let order = ByteOrder::of_mark(&head)?;
    let magic = order.u16(&head, 2)?;
    let at = u64::from(order.u32(&head, 4)?);
    let known = match magic {
        42 if head.get(8..11) == Some(b"CR\x02") => return Some(file_type("CR2", "cr2", "image/x-canon-cr2")),
        43 if order.u16(&head, 4) == Some(8) && order.u16(&head, 6) == Some(0) => {
            return Some(file_type("BTF", "btf", "image/x-tiff-big"));
        }
        0x4f52 | 0x5352 => return Some(file_type("ORF", "orf", "image/x-olympus-orf")),
        0x55 if at == 0x18 => return Some(file_type("RW2", "rw2", "image/x-panasonic-rw2")),
        0xbc | 0x01bc if order == ByteOrder::Little => return Some(file_type("JXR", "jxr", "image/jxr")),
        42 | 43 | 0x55 => true,
        _ => false,
    };
    if at < 8 || !(known || is_directory(input, order, at)) {
        return None;
    }
    let mut hints = Hints::default();
    hints.look(input, order, at, 1);
    Some(hints.file_type())
}

/// Is there a directory at `at`? Asked when the magic number is a damaged one: all field types must exist.
fn is_directory(input: &Input, order: ByteOrder, at: u64) -> bool {
    let Some(count) = input.bytes(at, 2).ok().and_then(|b| order.u16(&b, 0)).filter(|n| (1..=200).contains(n)) else {
        return false;
    };
    let Ok(entries) = input.bytes(at.saturating_add(2), u64::from(count) * 12) else { return false };
    let good = entries.chunks_exact(12).filter(|e| order.u16(e, 2).is_some_and(|t| Type::of_tiff(t).is_some())).count();
    good * 2 > usize::from(count)
}

/// What tells the kinds apart.
#[derive(Default)]
struct Hints {
    make: String,
    dng: bool,
    /// Of the first directory, and of those below it.
    compressions: SmallVec<[u64; 8]>,
    sub_directories: bool,
    subfile: u64,
}

impl Hints {
    /// Looks at a directory and at `depth` levels of those below it.
    fn look(&mut self, input: &Input, order: ByteOrder, at: u64, depth: u8) {
        let Some(count) = input.bytes(at, 2).ok().and_then(|b| order.u16(&b, 0)) else { return };
        let Ok(entries) = input.up_to(at.saturating_add(2), u64::from(count.min(200)) * 12) else { return };
        for entry in entries.chunks_exact(12) {
            let (number, count) = match order.u16(entry, 2) {
                Some(3) => (order.u16(entry, 8).map_or(0, u64::from), 1),
                _ => (order.u32(entry, 8).map_or(0, u64::from), order.u32(entry, 4).map_or(0, u64::from)),
            };
            match order.u16(entry, 0) {
                Some(0x00fe) if depth > 0 => self.subfile = number,
                Some(0x0103) => self.compressions.push(number),
                Some(0x010f) if depth > 0 && count > 4 => {
                    let text = input.up_to(number, count.min(64)).unwrap_or_default();
                    self.make = crate::tags::format::text(&text).to_string();
                }
                Some(0x014a) if depth > 0 => {
                    self.sub_directories = true;
                    if count == 1 {
                        self.look(input, order, number, 0);
                    } else {
                        let offsets = input.up_to(number, count.min(8) * 4).unwrap_or_default();
                        for at in offsets.chunks_exact(4).filter_map(|b| order.u32(b, 0)) {
                            self.look(input, order, at.into(), 0);
                        }
                    }
                }
                Some(0xc612) => self.dng = true,
                _ => {}
            }
        }
    }

    fn file_type(&self) -> FileType {
        let made_by = |name| self.make.starts_with(name);
        let packed = |numbers: &[u64]| self.compressions.iter().any(|c| numbers.contains(c));
        if self.dng {
            file_type("DNG", "dng", "image/x-adobe-dng")
        } else if packed(&[34713]) || made_by("NIKON") && self.sub_directories && self.subfile == 1 {
            file_type("NEF", "nef", "image/x-nikon-nef")
        } else if packed(&[32767]) || made_by("SONY") && self.sub_directories && self.subfile == 1 {
            file_type("ARW", "arw", "image/x-sony-arw")
        } else if packed(&[65535]) {
            file_type("PEF", "pef", "image/x-pentax-pef")
        } else if packed(&[32770, 32772]) {
            file_type("SRW", "srw", "image/x-samsung-srw")
        } else {
            file_type("TIFF", "tif", "image/tiff")
        }
    }
}

/// The file is one Exif block: its directories lie anywhere.
fn walk(input: &Input, walk: &mut Walk) -> Result<()> {
    walk.span(Kind::Exif, Role::Structure, "TIFF", 0..input.len())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A little-endian file of one directory of `(tag, short)` and, behind it, one below.
    fn file(magic: u16, entries: &[(u16, u16)], below: &[(u16, u16)]) -> Vec<u8> {
        let mut out = b"II".to_vec();
        out.extend(magic.to_le_bytes());
        out.extend(8u32.to_le_bytes());
        let directory = |entries: &[(u16, u16)], pointer: Option<u32>| {
            let mut bytes = ((entries.len() + usize::from(pointer.is_some())) as u16).to_le_bytes().to_vec();
            for (tag, value) in entries {
                bytes.extend([tag.to_le_bytes(), 3u16.to_le_bytes(), [1, 0], [0, 0], value.to_le_bytes(), [0, 0]].concat());
            }
            if let Some(at) = pointer {
                bytes.extend([&0x014au16.to_le_bytes()[..], &[4, 0, 1, 0, 0, 0], &at.to_le_bytes()].concat());
            }
            bytes.extend([0; 4]);
            bytes
        };
        let first = directory(entries, (!below.is_empty()).then_some(0));
        let at = (!below.is_empty()).then_some(8 + first.len() as u32);
        out.extend(directory(entries, at));
        out.extend(directory(below, None));
        out
    }

    #[test]
    fn kinds_are_told_apart() {
        let cases: &[(&str, Vec<u8>, Option<&str>)] = &[
            ("plain", file(42, &[(0x100, 1)], &[]), Some("TIFF")),
            ("DNG", file(42, &[(0x100, 1), (0xc612, 1)], &[]), Some("DNG")),
            ("NEF below", file(42, &[(0x100, 1)], &[(0x103, 34713)]), Some("NEF")),
            ("ARW", file(42, &[(0x103, 32767)], &[]), Some("ARW")),
            ("PEF", file(42, &[(0x103, 65535)], &[]), Some("PEF")),
            ("damaged magic", file(0x42, &[(0x100, 1)], &[]), Some("TIFF")),
            ("big", [&b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0"[..], &[0; 16]].concat(), Some("BTF")),
            ("big, damaged", b"II+\0\x08\0\x4a\x46\x58\0\0\0\0\0\0\0".to_vec(), Some("TIFF")),
            ("CR2", b"II*\0\x10\0\0\0CR\x02\0\0\0\0\0\0\0".to_vec(), Some("CR2")),
            ("a directory in the header", b"II*\0\x04\0\0\0\0\0\0\0".to_vec(), None),
            ("text", b"II is a text about nothing".to_vec(), None),
            ("text", b"MMXXVI, a year like another one".to_vec(), None),
            ("too short", b"II*".to_vec(), None),
        ];
        for (what, bytes, want) in cases {
            let got = probe(&Input::from_bytes(bytes.clone())).map(|t| t.name);
            assert_eq!(got, *want, "{what}");
        }
    }
}
