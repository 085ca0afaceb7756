//! TIFF and BigTIFF, and the raw formats that are TIFF files.

use super::{FileType, Format, Kind, Role, Walk};
use crate::{
    error::Result,
    input::Input,
    tags::{ByteOrder, Format as Type},
};

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

/// By the header, and for the raw formats by what their first directory says.
fn probe(input: &Input) -> Option<FileType> {
    let head = input.up_to(0, 16).ok()?;
    let order = ByteOrder::of_mark(&head)?;
    match order.u16(&head, 2)? {
        42 => {}
        43 if order.u16(&head, 4)? == 8 => return Some(file_type("BTF", "btf", "image/x-tiff-big")),
        0x55 if order == ByteOrder::Little => return Some(raw(input, order, &head)),
        0x4f52 | 0x5352 if order == ByteOrder::Little => return Some(file_type("ORF", "orf", "image/x-olympus-orf")),
        0x4f52 | 0x5352 | 0x524f | 0x5253 => return Some(file_type("ORF", "orf", "image/x-olympus-orf")),
        0xbc | 0x01bc => return Some(file_type("JXR", "jxr", "image/jxr")),
        _ => return None,
    }
    if head.get(8..11) == Some(b"CR\x02") {
        return Some(file_type("CR2", "cr2", "image/x-canon-cr2"));
    }
    let first = First::read(input, order, order.u32(&head, 4)?.into());
    Some(first.file_type())
}

/// Panasonic's and Leica's raw formats share a header.
fn raw(input: &Input, order: ByteOrder, head: &[u8]) -> FileType {
    let first = First::read(input, order, order.u32(head, 4).unwrap_or(0).into());
    match first.make.as_str() {
        make if make.starts_with("LEICA") || make.starts_with("Leica") => file_type("RWL", "rwl", "image/x-leica-rwl"),
        _ => file_type("RW2", "rw2", "image/x-panasonic-rw2"),
    }
}

/// What tells the kinds apart, of the first directory.
#[derive(Default)]
struct First {
    make: String,
    dng: bool,
    compression: u64,
    sub_directories: bool,
    subfile: u64,
}

impl First {
    fn read(input: &Input, order: ByteOrder, at: u64) -> First {
        let mut first = First::default();
        let Ok(count) = input.bytes(at, 2) else { return first };
        let count = u64::from(order.u16(&count, 0).unwrap_or(0)).min(200);
        let Ok(entries) = input.up_to(at.saturating_add(2), count * 12) else { return first };
        for entry in entries.chunks_exact(12) {
            let number = match order.u16(entry, 2) {
                Some(3) => order.u16(entry, 8).unwrap_or(0).into(),
                _ => u64::from(order.u32(entry, 8).unwrap_or(0)),
            };
            match order.u16(entry, 0) {
                Some(0x00fe) => first.subfile = number,
                Some(0x0103) => first.compression = number,
                Some(0x010f) => {
                    let length = u64::from(order.u32(entry, 4).unwrap_or(0)).min(64);
                    let text = if length <= 4 {
                        entry[8..].to_vec()
                    } else {
                        input.up_to(number, length).unwrap_or_default().into_owned()
                    };
                    first.make = Type::String.read(&text, text.len(), order).map(|v| v.to_string()).unwrap_or_default();
                }
                Some(0x014a) => first.sub_directories = true,
                Some(0xc612) => first.dng = true,
                _ => {}
            }
        }
        first
    }

    fn file_type(&self) -> FileType {
        match self.make.as_str() {
            _ if self.dng => file_type("DNG", "dng", "image/x-adobe-dng"),
            make if make.starts_with("NIKON") && self.sub_directories && self.subfile == 1 => {
                file_type("NEF", "nef", "image/x-nikon-nef")
            }
            make if make.starts_with("SONY") && self.subfile == 1 => file_type("ARW", "arw", "image/x-sony-arw"),
            make if (make.starts_with("PENTAX") || make.starts_with("RICOH")) && self.compression == 65535 => {
                file_type("PEF", "pef", "image/x-pentax-pef")
            }
            make if make.starts_with("SAMSUNG") && matches!(self.compression, 32770 | 32772) => {
                file_type("SRW", "srw", "image/x-samsung-srw")
            }
            _ => file_type("TIFF", "tif", "image/tiff"),
        }
    }
}

/// The file is one Exif block: its directories lie anywhere.
fn walk(input: &Input, walk: &mut Walk) -> Result<()> {
    walk.span(Kind::Exif, Role::Structure, "TIFF", 0..input.len())?;
    Ok(())
}
