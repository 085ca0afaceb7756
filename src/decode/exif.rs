//! Exif blocks and TIFF files (TIFF 6.0; Exif 3.0; BigTIFF; DNG 1.7.1): the directories, and what they point at.
//!
//! Plain entries are rows of `tags/exif.tags`. Here is what a row cannot say: which directory an entry leads to, and the
//! offsets and lengths of images, whose names depend on the directory they stand in.

mod geotiff;
mod images;
#[cfg(test)]
mod tests;

use super::{
    Sink,
    ifd::{Directory, Entry, Reader, numbered},
    makernote,
};
use crate::{
    input::Input,
    metadata::{FILE, Group, Name, Priority, Tag, Value},
    part::Kind,
    table,
    tags::{ByteOrder, Table},
};
use images::Images;

/// Directories of the chain, at most so many.
const MAX_CHAIN: usize = 256;
/// Directories that one entry points at, at most so many.
const MAX_SUB: usize = 10;

/// What stands before the first directory.
struct Header {
    order: ByteOrder,
    big: bool,
    /// Panasonic's raw files: the first directory has a table of its own.
    panasonic: bool,
    first: u64,
}

impl Header {
    /// TIFF 6.0, section 2; BigTIFF; Panasonic's RW2 (0x55) and Olympus' ORF (`RO`, `RS`) have magic numbers of their own.
    fn read(head: &[u8]) -> Option<Header> {
        let order = ByteOrder::of_mark(head)?;
        match order.u16(head, 2)? {
            // Offsets of eight bytes, then two zeros.
            43 if order.u16(head, 4)? == 8 && order.u16(head, 6)? == 0 => {
                Some(Header { order, big: true, panasonic: false, first: order.u64(head, 8)? })
            }
            magic => {
                let first = order.u32(head, 4)?;
                Some(Header { order, big: false, panasonic: magic == 0x55 && first == 0x18, first: first.into() })
            }
        }
    }
}

pub fn decode(input: &Input, sink: &mut Sink) {
    let head = input.up_to(0, 16).unwrap_or_default();
    let Some(header) = Header::read(&head) else { return sink.warn("the Exif block has no TIFF header") };
    let Some(main) = table!("Exif::Main") else { return };
    let order: Tag = match header.order {
        ByteOrder::Little => Tag::new(FILE, "ExifByteOrder", "II").print("Little-endian (Intel, II)"),
        ByteOrder::Big => Tag::new(FILE, "ExifByteOrder", "MM").print("Big-endian (Motorola, MM)"),
    };
    // The reference does not say it of BigTIFF.
    if !header.big {
        sink.push(order);
    }
    let mut reader = Reader::new(input.clone(), header.order);
    reader.big = header.big;
    let mut block = Block { reader, main, geo: [None; 3], pages: 0, paged: false };
    let mut at = header.first;
    for i in 0..MAX_CHAIN {
        let group = Group { kind: "exif", place: chained(i) };
        // What a thumbnail says never displaces what the image says.
        let priority = if i == 0 { Priority::Normal } else { Priority::Low };
        at = match table!("Exif::PanasonicRaw") {
            Some(table) if header.panasonic && i == 0 => block.panasonic(at, table, &group, sink),
            _ => block.directory(at, &group, priority, sink),
        };
        if at == 0 {
            break;
        }
    }
    if block.paged && matches!(sink.facts.file_type, "TIFF" | "BTF" | "DNG" | "NEF" | "CR2" | "ARW" | "PEF" | "SRW") {
        sink.tag(&FILE, "PageCount", block.pages);
    }
    geotiff::decode(&block.reader, block.geo, sink);
}

/// Kodak's APP3: directories of its own behind a TIFF header.
pub fn kodak_meta(input: &Input, sink: &mut Sink) {
    let head = input.up_to(0, 16).unwrap_or_default();
    let (Some(header), Some(table)) = (Header::read(&head), table!("Exif::KodakMeta")) else {
        return sink.warn("the Meta block has no TIFF header");
    };
    let mut reader = Reader::new(input.clone(), header.order);
    reader.directory(header.first, table, &table.group, Priority::Normal, sink);
}

/// `IFD0`, `IFD1` …
fn chained(i: usize) -> Name {
    match i {
        0 => Name::new_static("IFD0"),
        1 => Name::new_static("IFD1"),
        n => format!("IFD{n}").into(),
    }
}

/// One block while it is decoded.
struct Block {
    reader: Reader,
    main: &'static Table,
    /// GeoTIFF: the directory, its numbers, its texts.
    geo: [Option<Entry>; 3],
    /// Full-resolution images so far.
    pages: u32,
    /// They are pages of a document.
    paged: bool,
}

impl Block {
    /// Decodes a directory. Returns where the next one is.
    fn directory(&mut self, at: u64, group: &Group, priority: Priority, sink: &mut Sink) -> u64 {
        let Some(Directory { entries, next }) = self.reader.enter(at, group, sink) else { return 0 };
        let mut images = Images::default();
        for entry in &entries {
            if !self.special(entry, group, &mut images, priority, sink) {
                self.reader.emit(entry, self.main, group, priority, sink);
            }
        }
        images.finish(&self.reader.block.whole(), group, priority, sink);
        next
    }

    /// Decodes the first directory of a Panasonic raw file. The camera's own Exif is in the JPEG that stands in it.
    fn panasonic(&mut self, at: u64, table: &'static Table, group: &Group, sink: &mut Sink) -> u64 {
        let Some(Directory { entries, next }) = self.reader.enter(at, group, sink) else { return 0 };
        let mut images = Images::default();
        for entry in &entries {
            let is_row = matches!(entry.tag, 0x0111 | 0x0117);
            if is_row || !self.special(entry, group, &mut images, Priority::Normal, sink) {
                self.reader.emit(entry, table, group, Priority::Normal, sink);
            }
            if entry.tag == 0x002e
                && let Some(block) = exif_of_jpeg(&self.reader.block.slice(entry.at..entry.at.saturating_add(entry.size)))
            {
                sink.child(Kind::Exif, Name::new_static("JpgFromRaw"), block);
            }
        }
        next
    }

    /// Decodes an entry that is more than a row; `false`: it is not.
    fn special(&mut self, entry: &Entry, group: &Group, images: &mut Images, priority: Priority, sink: &mut Sink) -> bool {
        match entry.tag {
            // Make and model, which decide what maker notes mean.
            0x010f | 0x0110 => {
                if let Some(Value::Text(text)) = self.reader.value(entry) {
                    let text = Name::new(text.trim_end());
                    *(if entry.tag == 0x010f { &mut sink.facts.make } else { &mut sink.facts.model }) = text;
                }
                false
            }
            0x00fe | 0x00ff | 0x0103 => {
                let value = self.reader.numbers(entry).first().copied();
                images.note(entry.tag, value);
                self.count_page(entry.tag, value);
                false
            }
            0x0111 | 0x0117 | 0x0144 | 0x0145 | 0x0201 | 0x0202 | 0x0120 | 0xbcc0 | 0xbcc2 => {
                images.entry(&self.reader, entry, group, priority, sink);
                true
            }
            0x014a => self.follow(entry, "SubIFD", sink),
            0x8769 => self.follow(entry, "ExifIFD", sink),
            0xa005 => self.follow(entry, "InteropIFD", sink),
            0x8825 => {
                if let Some(table) = table!("GPS::Main") {
                    for at in self.reader.numbers(entry).into_iter().take(1) {
                        self.reader.directory(at, table, &table.group, priority, sink);
                    }
                }
                true
            }
            0x927c => {
                makernote::decode(&mut self.reader, entry, sink);
                true
            }
            // Pentax writes its note into the private data of a DNG.
            0xc634 if makernote::is_private(&self.reader, entry) => {
                makernote::decode(&mut self.reader, entry, sink);
                true
            }
            0x02bc => self.child(entry, Kind::Xmp, "XMP", sink),
            0x83bb => self.child(entry, Kind::Iptc, "IPTC", sink),
            0x8649 => self.child(entry, Kind::Photoshop, "Photoshop", sink),
            0x8773 => self.child(entry, Kind::Icc, "ICC_Profile", sink),
            0xc4a5 => {
                if let Ok(bytes) = self.reader.bytes(entry) {
                    print_im(&bytes, sink);
                }
                true
            }
            0x87af..=0x87b1 => {
                self.geo[usize::from(entry.tag - 0x87af)] = Some(*entry);
                true
            }
            _ => false,
        }
    }

    /// Counts full-resolution images and single pages by their subfile type, new or old.
    fn count_page(&mut self, tag: u16, value: Option<u64>) {
        match (tag, value) {
            (0x00fe, Some(0)) | (0x00ff, Some(1)) => self.pages += 1,
            (0x00fe, Some(2)) | (0x00ff, Some(3)) => {
                self.pages += 1;
                self.paged = true;
            }
            _ => {}
        }
        self.paged |= self.pages > 1;
    }

    /// Decodes the directories that an entry points at.
    fn follow(&mut self, entry: &Entry, place: &'static str, sink: &mut Sink) -> bool {
        let place = Name::new_static(place);
        for (i, at) in self.reader.numbers(entry).into_iter().take(MAX_SUB).enumerate() {
            let group = Group { kind: "exif", place: numbered(&place, i) };
            self.directory(at, &group, Priority::Normal, sink);
        }
        true
    }

    fn child(&self, entry: &Entry, kind: Kind, place: &'static str, sink: &mut Sink) -> bool {
        let block = self.reader.block.slice(entry.at..entry.at.saturating_add(entry.size));
        sink.child(kind, Name::new_static(place), block);
        true
    }
}

/// The Exif block in the first APP1 segment of a JPEG (Exif 3.0, 4.7.2).
fn exif_of_jpeg(jpeg: &Input) -> Option<Input> {
    let head: [u8; 12] = jpeg.array(0).ok()?;
    let (marks, rest) = head.split_at(4);
    let length = u64::from(u16::from_be_bytes([rest[0], rest[1]]));
    (marks == [0xff, 0xd8, 0xff, 0xe1] && rest[2..] == *b"Exif\0\0").then(|| jpeg.slice(12..length.saturating_add(4)))
}

/// Print Image Matching (Epson): only the version of its block is public.
fn print_im(bytes: &[u8], sink: &mut Sink) {
    let group = Group::new("printim", "PrintIM");
    match bytes.get(8..12) {
        Some(version) if bytes.starts_with(b"PrintIM") => {
            sink.tag(&group, "PrintIMVersion", crate::tags::format::text(version));
        }
        _ => sink.warn("the PrintIM block is damaged"),
    }
}
