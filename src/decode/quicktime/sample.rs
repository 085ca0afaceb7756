//! `stsd`: how samples are coded (ISO/IEC 14496-12, 8.5.2 and 12.1–12.3; QTFF, "Sample Description Atoms").

use super::{Body, boxes, text};
use crate::{
    decode::Sink,
    input::Input,
    metadata::{Print, Value},
    part::Kind,
    table,
    tags::{ByteOrder, Format},
};

/// Descriptions of one track, at most so many.
const MAX_DESCRIPTIONS: usize = 64;
/// Boxes inside a description, at most so deep.
const MAX_DEPTH: usize = 6;

/// Every description, each with its size in front.
pub fn descriptions(body: &Body, sink: &mut Sink) {
    let handler = sink.facts.movie.handler;
    let mut rest = body.bytes.get(8..).unwrap_or_default();
    for _ in 0..MAX_DESCRIPTIONS {
        let Some(size) = super::array(rest, 0).map(u32::from_be_bytes).and_then(|n| usize::try_from(n).ok()) else { return };
        let Some(entry) = rest.get(..size).filter(|e| e.len() >= 8) else { return };
        let entry = body.inner(*b"stsd", entry);
        match &handler {
            b"vide" => visual(&entry, sink),
            b"soun" => audio(&entry, sink),
            b"hint" => hint(&entry, sink),
            b"meta" => code("MetaFormat", &entry, sink),
            b"\0\0\0\0" => {}
            _ => other(&entry, sink),
        }
        rest = &rest[size..];
    }
}

/// The coding, four letters.
fn code(name: &'static str, entry: &Body, sink: &mut Sink) {
    let Some(code) = super::array::<4>(entry.bytes, 4) else { return };
    if code.iter().all(|&b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'_' | b'-' | b'.')) {
        sink.tag(&entry.group, name, super::name_of(code));
    }
}

fn visual(entry: &Body, sink: &mut Sink) {
    let table = table!("QuickTime::ImageDesc");
    if let Some(code) = super::array::<4>(entry.bytes, 4) {
        sink.tag(&entry.group, "CompressorID", text(&code));
    }
    vendor("VendorID", entry, sink);
    entry.packed(table, 0, sink);
    if let Some(name) = entry.bytes.get(50..82) {
        // A Pascal string; where its length cannot be true, a C string.
        let name = match name.split_first() {
            Some((&length, rest)) if usize::from(length) <= rest.len() => text(&rest[..usize::from(length)]),
            _ => text(name),
        };
        if !name.is_empty() {
            sink.tag(&entry.group, "CompressorName", name);
        }
    }
    extensions(entry, 86, 0, sink);
}

/// Who wrote the coder, unless nobody says.
fn vendor(name: &str, entry: &Body, sink: &mut Sink) {
    if let Some(vendor) = super::array::<4>(entry.bytes, 20).filter(|v| !v.contains(&0)) {
        entry.emit(table!("QuickTime::Vendor"), name, super::name_of(vendor), sink);
    }
}

fn audio(entry: &Body, sink: &mut Sink) {
    code("AudioFormat", entry, sink);
    vendor("AudioVendorID", entry, sink);
    entry.packed(table!("QuickTime::AudioSampleDesc"), 0, sink);
    // QuickTime's versions 1 and 2 have more fields; ISO files say 0 or 1 and have none.
    let at = match entry.u16(16) {
        Some(1) if !looks_like_box(entry.bytes, 36) => 52,
        Some(2) => 72,
        _ => 36,
    };
    extensions(entry, at, 0, sink);
}

/// Is there a box at `at`, by the look of its header?
fn looks_like_box(bytes: &[u8], at: usize) -> bool {
    let size = super::array(bytes, at).map_or(0, u32::from_be_bytes);
    let name = super::array::<4>(bytes, at + 4).unwrap_or_default();
    size >= 8 && size as usize <= bytes.len().saturating_sub(at) && name.iter().all(u8::is_ascii_graphic)
}

fn hint(entry: &Body, sink: &mut Sink) {
    code("HintFormat", entry, sink);
    entry.packed(table!("QuickTime::HintSampleDesc"), 0, sink);
    extensions(entry, 24, 0, sink);
}

/// Text, time codes, subtitles …
fn other(entry: &Body, sink: &mut Sink) {
    code("OtherFormat", entry, sink);
    if entry.bytes.get(4..8) == Some(b"tmcd") {
        if let Some(rate) = entry.bytes.get(24..).and_then(|b| Format::Rational64u.read(b, 1, ByteOrder::Big)) {
            sink.tag(&entry.group, "PlaybackFrameRate", rate);
        }
        extensions(entry, 34, 0, sink);
    }
}

/// The boxes behind the fields of a description.
fn extensions(entry: &Body, at: usize, depth: usize, sink: &mut Sink) {
    for (name, bytes) in boxes(entry.bytes.get(at..).unwrap_or_default()).take(1000) {
        extension(&entry.inner(name, bytes), depth, sink);
    }
}

fn extension(body: &Body, depth: usize, sink: &mut Sink) {
    match &body.id.name {
        b"colr" => colour(body, sink),
        b"btrt" => body.packed(table!("QuickTime::Bitrate"), 0, sink),
        b"clap" => body.packed(table!("QuickTime::CleanAperture"), 0, sink),
        b"chan" => body.packed(table!("QuickTime::ChannelLayout"), 0, sink),
        b"equi" => body.packed(table!("QuickTime::equi"), 0, sink),
        b"prhd" => body.packed(table!("QuickTime::prhd"), 0, sink),
        b"cbmp" => body.packed(table!("QuickTime::cbmp"), 0, sink),
        b"damr" => body.packed(table!("QuickTime::DecodeConfig"), 0, sink),
        b"st3d" => body.packed(table!("QuickTime::st3d"), 0, sink),
        b"tims" | b"tsro" | b"snro" => number(body, sink),
        b"frma" => string("PurchaseFileFormat", body.bytes, body, sink),
        b"enda" => body.packed(table!("QuickTime::Wave"), 0, sink),
        b"svhd" => string("MetadataSource", body.bytes.get(4..).unwrap_or_default(), body, sink),
        b"name" if &sink.facts.movie.handler == b"tmcd" => {
            let length = body.u16(0).map_or(0, usize::from);
            let end = length.saturating_add(4).min(body.bytes.len());
            string("OtherName", body.bytes.get(4..end).unwrap_or_default(), body, sink);
        }
        b"gama" => {
            if let Some(gamma) = Format::Fixed32u.read(body.bytes, 1, ByteOrder::Big) {
                sink.tag(&body.group, "Gamma", gamma);
            }
        }
        b"pasp" => {
            if let (Some(w), Some(h)) = (body.u32(0), body.u32(4)) {
                sink.printed(&body.group, "PixelAspectRatio", Value::Array(vec![w.into(), h.into()]), format!("{w}:{h}"));
            }
        }
        b"fiel" => fields(body, sink),
        b"wave" | b"sv3d" | b"proj" if depth < MAX_DEPTH => extensions(body, 0, depth + 1, sink),
        _ => {}
    }
}

/// A box that is one number.
fn number(body: &Body, sink: &mut Sink) {
    let name = match &body.id.name {
        b"tims" => "RTPTimeScale",
        b"tsro" => "TimestampRandomOffset",
        _ => "SequenceNumberRandomOffset",
    };
    if let Some(value) = body.u32(0) {
        sink.tag(&body.group, name, value);
    }
}

fn string(name: &'static str, bytes: &[u8], body: &Body, sink: &mut Sink) {
    sink.tag(&body.group, name, text(bytes));
}

/// `fiel`: fields of a frame, and their order.
fn fields(body: &Body, sink: &mut Sink) {
    let (Some(count), Some(order)) = (body.u8(0), body.u8(1)) else { return };
    let what = match count {
        1 => "Progressive".to_owned(),
        2 => "2:1 Interlaced".to_owned(),
        n => format!("Unknown ({n})"),
    };
    sink.printed(&body.group, "VideoFieldOrder", Value::Array(vec![count.into(), order.into()]), format!("{what}; {order}"));
}

/// `colr`: code points of ISO/IEC 23091-2, or an ICC profile.
pub fn colour(body: &Body, sink: &mut Sink) {
    match body.bytes.get(..4) {
        Some(b"prof" | b"rICC") => {
            let profile = body.bytes.get(4..).unwrap_or_default();
            sink.child(Kind::Icc, "colr", Input::from_block(profile.to_vec()));
        }
        Some(kind @ (b"nclx" | b"nclc")) => {
            sink.printed(&body.group, "ColorProfiles", text(kind), Print::Plain);
            body.packed(table!("QuickTime::ColorRep"), 0, sink);
        }
        _ => {}
    }
}
