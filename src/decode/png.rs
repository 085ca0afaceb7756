//! PNG chunks: PNG (Third Edition) clause 11, and PNG Extensions 1.5.0 for those it does not describe.

use super::{
    Sink,
    text::{lossy, without_nuls},
};
use crate::{
    input::Input,
    metadata::{Blob, Group, Name, Value},
    part::Kind,
    tags::{self, ByteOrder},
};
use encoding_rs::WINDOWS_1252;

mod text;

pub use text::fresh as fresh_text;

const PNG: Group = Group::new("png", "PNG");
const MNG: Group = Group::new("mng", "MNG");

/// No chunk that is decoded is larger.
const MAX_CHUNK: u64 = 64 * 1024 * 1024;
/// So many bytes of one file are inflated, in all, those of streams that turn out to be damaged included.
const MAX_INFLATED: u64 = 64 * 1024 * 1024;
/// A damaged stream is looked into only when it unfolds to no more.
const MAX_LOOKED_INTO: usize = 1 << 20;

pub fn decode(chunk: [u8; 4], input: &Input, sink: &mut Sink) {
    let data = match input.all(MAX_CHUNK) {
        Ok(data) => data,
        Err(e) => return sink.warn(e.to_string()),
    };
    match &chunk {
        b"tEXt" | b"zTXt" | b"iTXt" => text::decode(chunk, &data, input, sink),
        b"iCCP" => colour_profile(&data, sink),
        b"eXIf" | b"zxIf" => exif(chunk, &data, sink),
        b"tRNS" => transparency(&data, sink),
        b"bKGD" => sink.tag(&PNG, "BackgroundColor", if data.len() < 2 { bytes(&data) } else { words(&data) }),
        b"gAMA" => sink.tag(&PNG, "Gamma", gamma(&data)),
        b"oFFs" => image_offset(&data, sink),
        b"pHYs" => packed("PNG::PhysicalPixel", &data, sink),
        b"PLTE" => sink.tag(&PNG, "Palette", if data.len() <= 3 { bytes(&data) } else { binary(&data) }),
        b"sBIT" => sink.tag(&PNG, "SignificantBits", bytes(&data)),
        b"sCAL" => subject_scale(&data, sink),
        b"tIME" => sink.tag(&PNG, "ModifyDate", time(&data)),
        _ => {
            if let Some(table) = packed_table(&chunk) {
                packed(table, &data, sink);
            } else if let Some((group, name)) = binary_name(&chunk) {
                sink.tag(&group, name, binary(&data));
            }
        }
    }
}

/// Chunks of fixed layout.
fn packed_table(chunk: &[u8; 4]) -> Option<&'static str> {
    Some(match chunk {
        b"IHDR" => "PNG::ImageHeader",
        b"cHRM" => "PNG::PrimaryChromaticities",
        b"sRGB" => "PNG::Rendering",
        b"cICP" => "PNG::CICodePoints",
        b"acTL" => "PNG::AnimationControl",
        b"sTER" => "PNG::StereoImage",
        b"vpAg" => "PNG::VirtualPage",
        b"JHDR" => "MNG::JNGHeader",
        b"MHDR" => "MNG::MNGHeader",
        b"BACK" => "MNG::Background",
        b"BASI" => "MNG::BasisObject",
        b"CLIP" => "MNG::ClipObjects",
        b"CLON" => "MNG::CloneObject",
        b"DEFI" => "MNG::DefineObject",
        b"DHDR" => "MNG::DeltaPNGHeader",
        b"eXPI" => "MNG::ExportImage",
        b"fPRI" => "MNG::FramePriority",
        b"LOOP" => "MNG::Loop",
        b"MAGN" => "MNG::MagnifyObject",
        b"MOVE" => "MNG::MoveObjects",
        b"PAST" => "MNG::PasteImage",
        b"PROM" => "MNG::PromoteParent",
        b"SHOW" => "MNG::ShowObjects",
        b"TERM" => "MNG::TerminationAction",
        _ => return None,
    })
}

/// Chunks that are shown as they are.
fn binary_name(chunk: &[u8; 4]) -> Option<(Group, &'static str)> {
    Some(match chunk {
        b"dSIG" => (PNG, "DigitalSignature"),
        b"fRAc" => (PNG, "FractalParameters"),
        b"gIFg" => (PNG, "GIFGraphicControlExtension"),
        b"gIFt" => (PNG, "GIFPlainTextExtension"),
        b"gIFx" => (PNG, "GIFApplicationExtension"),
        b"hIST" => (PNG, "PaletteHistogram"),
        b"iDOT" => (PNG, "AppleDataOffsets"),
        b"pCAL" => (PNG, "PixelCalibration"),
        b"sPLT" => (PNG, "SuggestedPalette"),
        b"DBYK" => (MNG, "DropByKeyword"),
        b"DISC" => (MNG, "DiscardObjects"),
        b"DROP" => (MNG, "DropChunks"),
        b"FRAM" => (MNG, "Frame"),
        b"ORDR" => (MNG, "OrderingRestrictions"),
        b"PPLT" => (MNG, "PartialPalette"),
        b"SAVE" => (MNG, "SaveObjects"),
        b"SEEK" => (MNG, "SeekPoint"),
        b"nEED" => (MNG, "ResourcesNeeded"),
        _ => return None,
    })
}

fn packed(table: &str, data: &[u8], sink: &mut Sink) {
    if let Some(table) = tags::table(table) {
        tags::packed(table, data, ByteOrder::Big, sink);
    }
}

fn binary(data: &[u8]) -> Value {
    Value::Binary(Blob::Bytes(data.to_vec()))
}

/// Numbers joined by blanks; of a single one the number.
fn numbers(numbers: impl Iterator<Item = u16>) -> Value {
    let mut all: Vec<Value> = numbers.map(Value::from).collect();
    match all.len() {
        0 => Value::from(""),
        1 => all.remove(0),
        _ => Value::Array(all),
    }
}

fn bytes(data: &[u8]) -> Value {
    numbers(data.iter().map(|&b| b.into()))
}

fn words(data: &[u8]) -> Value {
    numbers(data.as_chunks().0.iter().map(|&w| u16::from_be_bytes(w)))
}

/// 11.3.1.1: an alpha value for each entry of the palette, or one transparent colour.
fn transparency(data: &[u8], sink: &mut Sink) {
    let palette = sink.facts.kept("ColorType") == Some(3.0);
    let value = match data.len() {
        7.. => binary(data),
        _ if palette => bytes(data),
        _ => words(data),
    };
    sink.tag(&PNG, "Transparency", value);
}

/// 11.3.2.2: the image gamma times 100000; shown is its inverse, to four decimals.
fn gamma(data: &[u8]) -> Value {
    match data.first_chunk().map(|&b| u32::from_be_bytes(b)) {
        None => Value::Text(latin(data)),
        Some(0) => Value::from(""),
        Some(gamma) => Value::Float((1e9 / f64::from(gamma)).round() / 1e4),
    }
}

/// PNG Extensions, 4.1: a position in pixels or micrometres.
fn image_offset(data: &[u8], sink: &mut Sink) {
    let Some((&[x0, x1, x2, x3, y0, y1, y2, y3], unit)) = data.split_first_chunk() else {
        return sink.warn("an oFFs chunk is too short");
    };
    let (x, y) = (u32::from_be_bytes([x0, x1, x2, x3]), u32::from_be_bytes([y0, y1, y2, y3]));
    let unit = if matches!(unit, [] | [0, ..]) { "pixels" } else { "microns" };
    sink.tag(&PNG, "ImageOffset", format!("{x}, {y} ({unit})"));
}

/// PNG Extensions, 4.3: a unit, and the width and height of a pixel as decimal numbers.
fn subject_scale(data: &[u8], sink: &mut Sink) {
    let Some((unit, sizes)) = data.split_first() else { return };
    packed("PNG::SubjectScale", &[*unit], sink);
    let mut sizes = sizes.split(|&b| b == 0);
    for name in ["SubjectPixelWidth", "SubjectPixelHeight"] {
        if let Some(size) = sizes.next() {
            sink.tag(&PNG, name, latin(size));
        }
    }
}

/// 11.3.5.2: the time of the last change, in UTC.
fn time(data: &[u8]) -> String {
    let at = |i: usize| data.get(i).copied().unwrap_or(0);
    let year = data.first_chunk().map_or(at(0).into(), |&y| u16::from_be_bytes(y));
    format!("{year:04}:{:02}:{:02} {:02}:{:02}:{:02}", at(2), at(3), at(4), at(5), at(6))
}

/// 11.3.2.3: name, NUL, method, deflated profile.
fn colour_profile(data: &[u8], sink: &mut Sink) {
    let Some((name, [method, deflated @ ..])) = split_nul(data) else {
        return sink.tag(&PNG, "ICC_Profile", binary(data));
    };
    sink.tag(&PNG, "ProfileName", utf8(name));
    match inflate_by(*method, deflated, "iCCP", sink) {
        Ok(profile) => icc(profile, &PNG, sink),
        Err(rest) => sink.tag(&PNG, "ICC_Profile", binary(rest)),
    }
}

/// Reports an ICC profile, or shows the bytes of what cannot be one.
fn icc(profile: Vec<u8>, group: &Group, sink: &mut Sink) {
    let declared = profile.first_chunk().map_or(0, |&n| u32::from_be_bytes(n) as usize);
    if (128..=profile.len()).contains(&declared) {
        return sink.child(Kind::Icc, sink.place.clone(), Input::from_block(profile));
    }
    sink.warn("the ICC profile has a wrong length");
    sink.tag(group, "ICC_Profile", Value::Binary(Blob::Bytes(profile)));
}

/// An Exif chunk that does not begin with a TIFF header: deflated (an early proposal: NUL, length, zlib stream), or damaged.
fn exif(chunk: [u8; 4], data: &[u8], sink: &mut Sink) {
    if let Some([0, _, _, _, _, deflated @ ..]) = data.get(..)
        && let Ok(tiff) = inflate(deflated, sink)
        && (tiff.starts_with(b"II*\0") || tiff.starts_with(b"MM\0*"))
    {
        return sink.child(Kind::Exif, sink.place.clone(), Input::from_block(tiff));
    }
    sink.warn("the Exif chunk holds no Exif");
    let name = if &chunk == b"eXIf" { "eXIf" } else { "zxIf" };
    sink.tag(&PNG, name, binary(data));
}

/// What stands before and behind the first NUL.
fn split_nul(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let nul = memchr::memchr(0, data)?;
    Some((&data[..nul], &data[nul + 1..]))
}

/// Text in ISO 8859-1 (PNG 11.3.3.2), where the C1 controls are taken for Windows-1252; NULs are dropped.
fn latin(text: &[u8]) -> Name {
    let text = without_nuls(text);
    if text.is_ascii() { String::from_utf8_lossy(&text).into() } else { WINDOWS_1252.decode_without_bom_handling(&text).0.into() }
}

/// Text in UTF-8, each byte that is none as `?`; NULs are dropped.
fn utf8(text: &[u8]) -> Name {
    lossy(&without_nuls(text))
}

/// Inflates by PNG's compression method; only 0 is defined. On failure what was not used of the data.
fn inflate_by<'a>(method: u8, data: &'a [u8], what: &str, sink: &mut Sink) -> Result<Vec<u8>, &'a [u8]> {
    if method != 0 {
        sink.warn(format!("unknown compression method {method} of {what}"));
        return Err(data);
    }
    inflate(data, sink).inspect_err(|_| sink.warn(format!("{what} cannot be inflated")))
}

/// Inflates a zlib stream to its end. On failure what is behind the byte that was wrong.
fn inflate<'a>(data: &'a [u8], sink: &mut Sink) -> Result<Vec<u8>, &'a [u8]> {
    let limit = usize::try_from(MAX_INFLATED.saturating_sub(sink.inflated)).unwrap_or(usize::MAX);
    let mut room = data.len().saturating_mul(4).clamp(256, 1 << 20);
    loop {
        room = room.min(limit);
        match inflate_into(data, room) {
            Inflated::All(text) => {
                sink.inflated += text.len() as u64;
                return Ok(text);
            }
            Inflated::NoRoom if room < limit => room = room.saturating_mul(4),
            failed => {
                // To look for what is wrong takes a step for each bit of the length.
                let looks = matches!(failed, Inflated::Wrong) && room <= MAX_LOOKED_INTO;
                let steps = if looks { u64::from(usize::BITS - data.len().leading_zeros()) + 1 } else { 1 };
                sink.inflated += steps * room as u64;
                return Err(if looks { &data[wrong_byte(data, room)..] } else { &[] });
            }
        }
    }
}

enum Inflated {
    All(Vec<u8>),
    /// The stream goes on beyond the room that was given.
    NoRoom,
    /// The data ends within the stream.
    Cut,
    Wrong,
}

/// Inflates at one go: the only way in which distances beyond the beginning are told.
fn inflate_into(data: &[u8], room: usize) -> Inflated {
    use flate2::{Decompress, FlushDecompress, Status};
    let mut out = vec![0; room];
    let mut inflater = Decompress::new(true);
    match inflater.decompress(data, &mut out, FlushDecompress::Finish) {
        Ok(Status::StreamEnd) => {
            out.truncate(inflater.total_out() as usize);
            Inflated::All(out)
        }
        Ok(_) if inflater.total_out() >= room as u64 => Inflated::NoRoom,
        Ok(_) => Inflated::Cut,
        Err(_) => Inflated::Wrong,
    }
}

/// How far a damaged zlib stream can be followed: to the end of the shortest beginning that is wrong by itself.
fn wrong_byte(data: &[u8], room: usize) -> usize {
    // RFC 1950, 2.2: a header that is none ends the matter after its two bytes; one that asks for a dictionary at once.
    match *data {
        [cmf, flg, ..] if cmf & 0x0f != 8 || cmf >> 4 > 7 || (u16::from(cmf) << 8 | u16::from(flg)) % 31 != 0 => return 2,
        [_, flg, ..] if flg & 0x20 != 0 => return 0,
        _ => {}
    }
    let (mut sound, mut wrong) = (0, data.len());
    while wrong - sound > 1 {
        let middle = sound + (wrong - sound) / 2;
        match inflate_into(&data[..middle], room) {
            Inflated::Wrong => wrong = middle,
            _ => sound = middle,
        }
    }
    wrong
}
