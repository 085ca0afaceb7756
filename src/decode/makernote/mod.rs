//! Maker notes: whose they are, and where their offsets count from.
//!
//! The [`MAKERS`] table says both, from the ExifTool documentation of maker notes and the makers' own headers. A maker
//! whose tables are not there is recognised and yields nothing.

mod apple;
mod canon;
mod nikon;
mod pentax;
mod sony;
mod text;

use super::{
    Sink,
    ifd::{Entry, Reader},
};
use crate::{
    metadata::Priority,
    tags::{self, ByteOrder, Sub, Table},
};

/// How a maker's notes begin and count.
struct Maker {
    /// The note's first bytes.
    signature: &'static [u8],
    /// What the camera's make begins with; empty: any.
    make: &'static str,
    /// The table of the directory; tables that are not there yet decode nothing.
    table: &'static str,
    start: Start,
    base: Base,
    order: Order,
}

/// Where a note's directory begins.
#[derive(Clone, Copy)]
enum Start {
    /// So many bytes into the note.
    At(u64),
    /// Where the 32-bit number at that place points, from the note's start.
    Pointer(u64),
    /// Behind a TIFF header at that place of the note.
    Tiff(u64),
    /// There is no directory but a packed block, so many bytes into the note.
    Block(u64),
    /// There is neither.
    None,
}

/// What offsets count from.
#[derive(Clone, Copy)]
enum Base {
    /// The surrounding TIFF header.
    Tiff,
    /// So many bytes into the note.
    Note(i64),
}

#[derive(Clone, Copy)]
enum Order {
    /// As the surrounding Exif block.
    Same,
    Fixed(ByteOrder),
    /// A mark `II` or `MM` at that place of the note.
    Mark(u64),
    /// Whichever makes the directory's count of entries a small number.
    Guess,
}

const BIG: Order = Order::Fixed(ByteOrder::Big);
const LITTLE: Order = Order::Fixed(ByteOrder::Little);

const fn maker(
    signature: &'static [u8],
    make: &'static str,
    table: &'static str,
    start: Start,
    base: Base,
    order: Order,
) -> Maker {
    Maker { signature, make, table, start, base, order }
}

/// The first row that fits counts: signatures first, makes after them.
#[rustfmt::skip]
static MAKERS: &[Maker] = &[
    maker(b"Apple iOS\0", "", "Apple::Main", Start::At(14), Base::Note(0), Order::Mark(12)),
    maker(b"OLYMPUS\0", "", "Olympus::Main", Start::At(12), Base::Note(0), Order::Mark(8)),
    maker(b"OM SYSTEM\0", "", "Olympus::Main", Start::At(16), Base::Note(0), Order::Mark(12)),
    maker(b"OLYMP\0", "", "Olympus::Main", Start::At(8), Base::Tiff, Order::Guess),
    maker(b"EPSON\0", "", "Olympus::Main", Start::At(8), Base::Tiff, Order::Guess),
    maker(b"CAMER\0", "", "Olympus::Main", Start::At(8), Base::Tiff, Order::Guess),
    maker(b"MINOL\0", "", "Olympus::Main", Start::At(8), Base::Tiff, Order::Guess),
    maker(b"SONY PIC\0", "", "Sony::PIC", Start::None, Base::Tiff, Order::Same),
    maker(b"SONY DSC", "", "Sony::Main", Start::At(12), Base::Tiff, Order::Guess),
    maker(b"SONY CAM", "", "Sony::Main", Start::At(12), Base::Tiff, Order::Guess),
    maker(b"SONY MOBILE", "", "Sony::Main", Start::At(12), Base::Tiff, Order::Guess),
    maker(b"VHAB     \0", "", "Sony::Main", Start::At(12), Base::Tiff, Order::Guess),
    maker(b"\0\0SONY PIC\0", "", "Sony::Main", Start::At(12), Base::Tiff, Order::Guess),
    maker(b"SEMC MS\0", "", "Sony::Ericsson", Start::At(20), Base::Tiff, Order::Same),
    maker(b"PREMI\0", "", "Sony::Main", Start::At(8), Base::Tiff, Order::Guess),
    maker(b"Nikon\0\x02", "", "Nikon::Main", Start::Tiff(10), Base::Note(10), Order::Mark(10)),
    maker(b"Nikon\0\x01", "", "Nikon::Type2", Start::At(8), Base::Tiff, LITTLE),
    maker(b"AOC\0", "", "Pentax::Main", Start::At(6), Base::Tiff, Order::Guess),
    maker(b"PENTAX \0", "", "Pentax::Main", Start::At(10), Base::Note(0), Order::Guess),
    maker(b"SAMSUNG\0", "", "Pentax::Main", Start::At(10), Base::Note(0), Order::Guess),
    maker(b"RICOH\0II", "", "Pentax::Main", Start::At(8), Base::Note(0), LITTLE),
    maker(b"RICOH\0MM", "", "Pentax::Main", Start::At(8), Base::Note(0), BIG),
    maker(b"FUJIFILM", "", "FujiFilm::Main", Start::Pointer(8), Base::Note(0), LITTLE),
    maker(b"GENERALE", "", "FujiFilm::Main", Start::Pointer(8), Base::Note(0), LITTLE),
    maker(b"GE\x0c\0\0\0\x16\0\0\0", "", "GE::Main", Start::At(18), Base::Note(0), Order::Guess),
    maker(b"GE\0\0", "", "GE::Main", Start::At(18), Base::Note(-2), Order::Guess),
    maker(b"GENIC\x0c\0", "", "GE::Main", Start::At(18), Base::Note(0), Order::Guess),
    maker(b"Panasonic", "", "Panasonic::Main", Start::At(12), Base::Tiff, Order::Guess),
    maker(b"MKE", "", "Panasonic::Type2", Start::None, Base::Tiff, LITTLE),
    maker(b"LEICA\0\0\0", "", "Panasonic::Leica", Start::At(8), Base::Tiff, Order::Guess),
    maker(b"LEICA CAMERA AG\0", "", "Panasonic::Leica", Start::At(18), Base::Note(0), Order::Guess),
    maker(b"LEICA\0", "", "Panasonic::Leica5", Start::At(8), Base::Note(0), Order::Guess),
    maker(b"QVC\0", "", "Casio::Type2", Start::At(6), Base::Tiff, Order::Guess),
    maker(b"DCI\0", "", "Casio::Type2", Start::At(6), Base::Tiff, Order::Guess),
    maker(b"SANYO\0", "", "Sanyo::Main", Start::At(8), Base::Tiff, Order::Guess),
    maker(b"SIGMA\0", "", "Sigma::Main", Start::At(10), Base::Tiff, Order::Guess),
    maker(b"FOVEON\0", "", "Sigma::Main", Start::At(10), Base::Tiff, Order::Guess),
    maker(b"DJI-DBG", "", "DJI::Info", Start::None, Base::Tiff, Order::Same),
    maker(b"[ae_dbg_info:", "", "DJI::Info", Start::None, Base::Tiff, Order::Same),
    maker(b"[ae_dbg_info", "", "DJI::Info", Start::None, Base::Tiff, Order::Same),
    maker(b"JVC ", "", "JVC::Main", Start::At(4), Base::Tiff, Order::Guess),
    maker(b"VER:", "JVC", "JVC::Text", Start::None, Base::Tiff, Order::Same),
    maker(b"KDK INFO", "", "Kodak::Main", Start::Block(8), Base::Tiff, BIG),
    maker(b"KDK", "", "Kodak::Main", Start::Block(8), Base::Tiff, LITTLE),
    maker(b"\x01\0\0\0\0\0\x04\0", "", "Kodak::Type2", Start::Block(0), Base::Tiff, BIG),
    maker(b"\x01\0\x01\0\0\0\x04\0", "", "Kodak::Type2", Start::Block(0), Base::Tiff, BIG),
    maker(b"IIII\x02\0\0\0", "Hewlett-Packard", "HP::Type4", Start::Block(0), Base::Tiff, LITTLE),
    maker(b"MMMM", "Hewlett-Packard", "HP::Type4", Start::Block(0), Base::Tiff, BIG),
    maker(b"MOT\0", "", "Motorola::Main", Start::At(8), Base::Note(0), Order::Guess),
    maker(b"RECONYXUF\0", "", "Reconyx::UltraFire", Start::Block(0), Base::Tiff, LITTLE),
    maker(b"RECONYXH2\0", "", "Reconyx::HyperFire2", Start::Block(0), Base::Tiff, LITTLE),
    maker(b"\x01\xf1\x03\0", "", "Reconyx::HyperFire", Start::Block(0), Base::Tiff, LITTLE),
    maker(b"\x01\xf1\x02\0", "", "Reconyx::HyperFire", Start::Block(0), Base::Tiff, LITTLE),
    maker(b"\x01\xf1", "RECONYX", "Reconyx::HyperFire", Start::Block(0), Base::Tiff, LITTLE),
    maker(b"IJPEG\0", "", "InfiRay::Version", Start::None, Base::Tiff, LITTLE),
    maker(b"Ricoh", "", "Ricoh::Main", Start::At(8), Base::Tiff, Order::Guess),
    maker(b"RICOH", "", "Ricoh::Main", Start::At(8), Base::Tiff, Order::Guess),
    maker(b"RDC", "", "Ricoh::Text", Start::None, Base::Tiff, Order::Same),
    maker(b"Rev", "RICOH", "Ricoh::Text", Start::None, Base::Tiff, Order::Same),
    maker(b"Rv", "RICOH", "Ricoh::Text", Start::None, Base::Tiff, Order::Same),
    maker(b"HDRP\x02", "", "Google::HDRPlusMakerNote", Start::None, Base::Tiff, Order::Same),
    maker(b"HDRP\x03", "", "Google::HDRPlusMakerNote", Start::None, Base::Tiff, Order::Same),
    maker(b"II*\0", "Phase One", "PhaseOne::Main", Start::None, Base::Tiff, LITTLE),
    maker(b"IIIICwaR", "", "PhaseOne::Main", Start::None, Base::Note(0), LITTLE),
    maker(b"", "Canon", "Canon::Main", Start::At(0), Base::Tiff, Order::Guess),
    maker(b"", "NIKON", "Nikon::Main", Start::At(0), Base::Tiff, Order::Guess),
    maker(b"", "CASIO", "Casio::Main", Start::At(0), Base::Tiff, Order::Guess),
    maker(b"", "PENTAX", "Pentax::Main", Start::At(0), Base::Tiff, Order::Guess),
    maker(b"", "Asahi", "Asahi::Main", Start::At(0), Base::Tiff, Order::Guess),
    maker(b"", "Minolta", "Minolta::Main", Start::At(0), Base::Tiff, Order::Guess),
    maker(b"", "KONICA MINOLTA", "Minolta::Main", Start::At(0), Base::Tiff, Order::Guess),
    maker(b"", "MINOLTA", "Minolta::Main", Start::At(0), Base::Tiff, Order::Guess),
    maker(b"", "SONY", "Sony::Main", Start::At(0), Base::Tiff, Order::Guess),
    maker(b"", "HASSELBLAD", "Sony::Main", Start::At(0), Base::Tiff, Order::Guess),
    maker(b"", "Hasselblad", "Hasselblad::Main", Start::At(0), Base::Note(0), Order::Guess),
    maker(b"", "SAMSUNG", "Samsung::Type2", Start::At(0), Base::Note(0), Order::Guess),
    maker(b"", "DJI", "DJI::Main", Start::At(0), Base::Tiff, Order::Guess),
    maker(b"", "FLIR Systems", "FLIR::Main", Start::At(0), Base::Tiff, Order::Guess),
    maker(b"", "Hewlett-Packard", "HP::Main", Start::At(0), Base::Tiff, Order::Guess),
    maker(b"", "Eastman Kodak", "Kodak::Type8", Start::At(0), Base::Tiff, Order::Guess),
    maker(b"", "Kodak", "Kodak::Type8", Start::At(0), Base::Tiff, Order::Guess),
    maker(b"", "LG", "LG::Main", Start::At(0), Base::Tiff, Order::Guess),
    maker(b"", "Microsoft", "Microsoft::MakerNote", Start::At(0), Base::Tiff, Order::Guess),
    maker(b"", "Nintendo", "Nintendo::Main", Start::At(0), Base::Tiff, Order::Guess),
    maker(b"", "RICOH", "Ricoh::Type2", Start::At(0), Base::Tiff, Order::Guess),
];

/// Kodak's blocks that nothing but a value inside tells apart: a year, and a file's name.
static KODAK_YEAR: Maker = maker(b"", "", "Kodak::Type3", Start::Block(0), Base::Tiff, BIG);
static KODAK_NAME: Maker = maker(b"", "", "Kodak::Type4", Start::Block(0), Base::Tiff, BIG);
static KODAK_MAKER: Maker = maker(b"", "", "Kodak::Type2", Start::Block(0), Base::Tiff, BIG);

/// The row for a note that begins with `head`.
fn recognise(head: &[u8], make: &str) -> Option<&'static Maker> {
    if head.get(8..).is_some_and(|h| h.starts_with(b"Eastman Kodak")) {
        return Some(&KODAK_MAKER);
    }
    let kodak = make.get(..13).is_some_and(|m| m.eq_ignore_ascii_case("Eastman Kodak"));
    if kodak && !head.starts_with(b"KDK") && !head.starts_with(b"MM") && !head.starts_with(b"II") {
        if head.get(12) == Some(&7) {
            return Some(&KODAK_YEAR);
        }
        if head.get(41..44) == Some(b"JPG") {
            return Some(&KODAK_NAME);
        }
    }
    MAKERS.iter().find(|m| head.starts_with(m.signature) && make.starts_with(m.make))
}

/// Is the private data of a DNG a maker note?
pub fn is_private(reader: &Reader, entry: &Entry) -> bool {
    let head = reader.block.bytes(entry.at, entry.size.min(10)).unwrap_or_default();
    [b"PENTAX \0".as_slice(), b"SAMSUNG\0"].iter().any(|s| head.starts_with(s))
}

/// Decodes the maker note in `entry` of a directory that `reader` reads.
pub fn decode(reader: &mut Reader, entry: &Entry, sink: &mut Sink) {
    let Ok(head) = reader.block.bytes(entry.at, entry.size.min(64)) else { return };
    let Some(maker) = recognise(&head, &sink.facts.make) else { return };
    let Some(table) = tags::table(maker.table) else { return };
    if !reader.admits_one_more(sink) {
        return;
    }
    if let Start::None = maker.start {
        return whole(maker.table, reader, entry, table, sink);
    }
    let Some((start, order)) = beginning(maker, &head, reader.order) else { return };
    if let Start::Block(_) = maker.start {
        let block = reader.bytes(entry).unwrap_or_default();
        return tags::packed(table, block.get(start as usize..).unwrap_or_default(), order, sink);
    }
    let mut base = match maker.base {
        Base::Tiff => reader.base,
        Base::Note(n) => i64::try_from(entry.at).unwrap_or_default().saturating_add(n),
    };
    if maker.table == "Canon::Main" {
        base = base.saturating_add(canon::shift(reader, entry, order));
    }
    let mut notes = reader.with_base(order, base);
    if maker.table == "Pentax::Main" {
        pentax::keep_clock(&notes, entry.at.saturating_add(start), sink);
    }
    if maker.table == "Nikon::Main" {
        nikon::keys(&notes, entry.at.saturating_add(start), sink);
    }
    let at = entry.at.saturating_add(start);
    notes.directory(at, table, &table.group, Priority::Normal, sink);
    if maker.table == "Minolta::Main" {
        nikon::minolta_preview(&notes, at, table, sink);
    }
}

/// Decodes a note without a directory.
fn whole(name: &str, reader: &Reader, entry: &Entry, table: &'static Table, sink: &mut Sink) {
    let Ok(block) = reader.bytes(entry) else { return };
    match name {
        "JVC::Text" => text::jvc(&block, table, sink),
        "Ricoh::Text" => text::ricoh(&block, table, sink),
        _ => {}
    }
}

/// Where in the note its directory is, and the byte order.
fn beginning(maker: &Maker, head: &[u8], surrounding: ByteOrder) -> Option<(u64, ByteOrder)> {
    let at = |n: u64| usize::try_from(n).ok();
    let start = match maker.start {
        Start::At(n) => Some(n),
        _ => None,
    };
    let order = match maker.order {
        Order::Same => surrounding,
        Order::Fixed(order) => order,
        Order::Mark(n) => ByteOrder::of_mark(head.get(at(n)?..)?)?,
        Order::Guess => guess(head.get(at(start?)?..)?, surrounding),
    };
    let start = match maker.start {
        Start::At(n) | Start::Block(n) => n,
        Start::Pointer(n) => order.u32(head, at(n)?)?.into(),
        Start::Tiff(n) => n.checked_add(order.u32(head, at(n)?.checked_add(4)?)?.into())?,
        Start::None => return None,
    };
    Some((start, order))
}

/// The surrounding byte order, unless the count of entries is only sensible in the other.
fn guess(directory: &[u8], surrounding: ByteOrder) -> ByteOrder {
    match surrounding.u16(directory, 0) {
        Some(count) if count & 0xff == 0 && count > 0 => surrounding.reversed(),
        _ => surrounding,
    }
}

/// Runs the decoder that a table names with `proc=`.
pub fn procedure(name: &str, reader: &mut Reader, entry: &Entry, sub: &Sub, table: &'static Table, sink: &mut Sink) {
    match name {
        "apple_plist" => apple::plist(&reader.bytes(entry).unwrap_or_default(), table, sink),
        "kodak_text" => text::kodak(&reader.bytes(entry).unwrap_or_default(), table, sink),
        "olympus_text" => text::olympus(&reader.bytes(entry).unwrap_or_default(), table, sink),
        "canon_functions" => canon::functions(reader, entry, table, sink),
        "canon_functions2" => canon::functions2(reader, entry, table, sink),
        "canon_preview" => canon::preview(reader, entry, table, sink),
        "nikon_cipher" => nikon::enciphered(reader, entry, sub, table, sink),
        "nikon_preview" => nikon::preview(reader, entry, table, sink),
        "nikon_settings" => nikon::settings(reader, entry, table, sink),
        "sony_cipher" => sony::enciphered(reader, entry, sub, table, sink),
        "nikon_offsets" => nikon::offsets(reader, entry, table, sink),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_recognised() {
        for (head, make, want) in [
            (&b"Apple iOS\0\0\x01MM"[..], "Apple", Some("Apple::Main")),
            (b"OLYMPUS\0II\x03\0", "OLYMPUS CORPORATION", Some("Olympus::Main")),
            (b"Nikon\0\x02\x10\0\0MM\0*\0\0\0\x08", "NIKON CORPORATION", Some("Nikon::Main")),
            (b"Nikon\0\x01\0", "NIKON", Some("Nikon::Type2")),
            (b"\x12\0\x01\0", "NIKON", Some("Nikon::Main")),
            (b"FUJIFILM\x0c\0\0\0", "FUJIFILM", Some("FujiFilm::Main")),
            (b"\x12\0\x01\0", "Canon", Some("Canon::Main")),
            (b"\x12\0\x01\0", "Nobody", None),
        ] {
            assert_eq!(recognise(head, make).map(|m| m.table), want, "{make} {head:?}");
        }
    }

    #[test]
    fn directories_begin_where_the_maker_says() {
        for (head, make, want) in [
            (&b"Nikon\0\x02\x10\0\0MM\0*\0\0\0\x08"[..], "NIKON", Some((18, ByteOrder::Big))),
            (b"FUJIFILM\x0c\0\0\0", "FUJIFILM", Some((12, ByteOrder::Little))),
            (b"OLYMPUS\0II\x03\0", "OLYMPUS", Some((12, ByteOrder::Little))),
            (b"OLYMPUS\0??\x03\0", "OLYMPUS", None),
            (b"\x12\0\x01\0", "Canon", Some((0, ByteOrder::Little))),
        ] {
            let maker = recognise(head, make).unwrap();
            assert_eq!(beginning(maker, head, ByteOrder::Big), want, "{make} {head:?}");
        }
    }
}
