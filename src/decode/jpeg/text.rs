//! Application segments that hold text.

use crate::{
    decode::{
        Sink,
        text::{lossy, tag_name},
    },
    metadata::{Blob, FILE, Group, Value, leading_number},
    tags::{ByteOrder::Big, format::utf16, print},
};

/// Lines of one segment, at most so many.
const MAX_LINES: usize = 1000;

/// APP10 of PhotoStudio.
pub fn unicode_comment(bytes: Option<&[u8]>, sink: &mut Sink) {
    if let Some(bytes) = bytes {
        sink.tag(&FILE, "Comment", utf16(bytes, Big));
    }
}

/// APP15 of GraphicConverter: `Q 70`.
pub fn graphic_converter(bytes: &[u8], sink: &mut Sink) {
    let Some(rest) = bytes.strip_prefix(b"Q") else { return };
    let digits: String = lossy(rest).chars().skip_while(|c| *c == ' ').take_while(char::is_ascii_digit).take(9).collect();
    if let Ok(quality) = digits.parse::<u32>() {
        sink.tag(&Group::new("app15", "GraphConv"), "Quality", quality);
    }
}

/// APP9 of JRiver Media Center: `<MJMD>` with elements one deep.
pub fn media_jukebox(bytes: Option<&[u8]>, sink: &mut Sink) {
    const GROUP: Group = Group::new("xmp", "MediaJukebox");
    let Some(bytes) = bytes else { return };
    let text = lossy(bytes);
    for element in text.split('<').skip(1).take(MAX_LINES) {
        let Some((name, value)) = element.split_once('>') else { continue };
        if name.starts_with('/') || name.is_empty() || name == "MJMD" {
            continue;
        }
        let value = match (name, leading_number(value)) {
            // Days since the end of 1899.
            ("Date", Some(days)) if days.is_finite() && days.abs() < 1e6 => {
                print::date_time(((days - 25569.0) * 86400.0).round() as i64)
            }
            _ => value.trim().to_owned(),
        };
        sink.tag(&GROUP, tag_name(name), value);
    }
}

/// APP11 of JPEG-HDR: `key=value` pairs, then the ratio image.
pub fn hdr(text: Option<&[u8]>, bytes: &[u8], sink: &mut Sink) {
    const GROUP: Group = Group::new("app11", "JPEG-HDR");
    if text.is_none() {
        return;
    }
    let Some(start) = memchr::memchr(b'~', bytes) else { return };
    for word in lossy(&bytes[..start]).split([' ', '\n', '\r']).filter(|w| w.contains('=')).take(MAX_LINES) {
        let Some((key, value)) = word.split_once('=') else { continue };
        let name = match key {
            "ver" => "JPEG-HDRVersion",
            "ln0" => "Ln0",
            "ln1" => "Ln1",
            "s2n" => "S2n",
            "alp" => "Alpha",
            "bet" => "Beta",
            "cor" => "CorrectionMethod",
            _ => continue,
        };
        sink.tag(&GROUP, name, value.trim_end_matches(','));
    }
    sink.tag(&GROUP, "RatioImage", Value::Binary(Blob::Bytes(bytes[(start + 2).min(bytes.len())..].to_vec())));
}

/// APP12 of Agfa, Olympus and others: `[picture info]` with lines `Key=value`.
pub fn picture_info(bytes: &[u8], sink: &mut Sink) {
    const GROUP: Group = Group::new("app12", "PictureInfo");
    let marker = memchr::memmem::find(bytes, b"[picture info]").or_else(|| {
        (bytes.starts_with(b"ID=") || memchr::memmem::find(&bytes[..bytes.len().min(64)], b"Type=").is_some()).then_some(0)
    });
    let Some(start) = marker else { return };
    let text = lossy(&bytes[start..]);
    let mut lines = 0;
    for pair in text.split(['\r', '\n', '\0', '\t']).filter(|l| !l.starts_with('[')) {
        lines += 1;
        if lines > MAX_LINES {
            return;
        }
        let Some((key, value)) = pair.split_once('=') else { continue };
        let number = leading_number(value.trim_start_matches('F'));
        match (key, number) {
            ("TimeDate", Some(seconds)) => sink.tag(&GROUP, "DateTimeOriginal", print::date_time(seconds as i64)),
            ("Shutter" | "shtr", Some(micros)) => {
                let seconds = Value::Float(micros / 1e6);
                let print = print::exposure_time(&seconds);
                sink.printed(&GROUP, "ExposureTime", seconds, print);
            }
            ("Flash" | "Macro", Some(n)) => {
                let print = if n == 0.0 { "Off" } else { "On" };
                sink.printed(&GROUP, if key == "Flash" { "Flash" } else { "Macro" }, value, print);
            }
            ("FNumber" | "Aperture", Some(n)) => {
                sink.printed(&GROUP, if key == "FNumber" { "FNumber" } else { "Aperture" }, value, format!("{n:.1}"));
            }
            ("ImageSize", _) => sink.tag(&GROUP, "ImageSize", value.replace('-', "x")),
            ("ExpBias", _) => sink.tag(&GROUP, "ExposureCompensation", value),
            ("FWare", _) => sink.tag(&GROUP, "FirmwareVersion", value),
            ("Serial#", _) => sink.tag(&GROUP, "SerialNumber", value),
            ("Type", _) => sink.tag(&GROUP, "CameraType", value),
            ("Ytarget", _) => sink.tag(&GROUP, "YTarget", value),
            ("ylevel", _) => sink.tag(&GROUP, "YLevel", value),
            _ => {
                let name = tag_name(key);
                let name = if name.len() == 1 { format!("Tag{name}") } else { name };
                sink.tag(&GROUP, name, value);
            }
        }
    }
}
