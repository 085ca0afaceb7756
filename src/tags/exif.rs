//! Conversions and printers of Exif, GPS and DNG tags.

use super::{
    ByteOrder, Context, Format,
    print::{Convert, Printer, number},
};
use crate::{
    decode::text::{lossy, without_nuls},
    metadata::{Blob, Value, fixed, significant},
};
use std::fmt::Write;

/// The conversion of that name.
pub fn converter(name: &str) -> Option<Convert> {
    Some(match name {
        // `Exposure: +0.15`: what stands after the last colon.
        "camera_raw_words" => |v, _| {
            Some(match v.as_str().and_then(|t| t.rsplit_once(": ")) {
                Some((_, rest)) => rest.trim_end_matches(' ').into(),
                None => v.clone(),
            })
        },
        "charset_text" => charset_text,
        "some" => |v, _| Some(v.clone()).filter(|v| v.as_str() != Some("")),
        "copyright" => |v, _| Some(copyright(bytes(v)?)),
        "cfa_pattern" => |v, context| Some(cfa_pattern(bytes(v)?, context.order)),
        "cr2_cfa_pattern" => |v, _| Some(cr2_cfa_pattern(v)),
        "hex_lower" => |v, _| Some(hex(bytes(v)?, false)),
        "hex_upper" => |v, _| Some(hex(bytes(v)?, true)),
        "pixel_format" => |v, _| Some(pixel_format(bytes(v)?)),
        "time_codes" => |v, _| Some(time_codes(bytes(v)?)),
        "exposure_times" => |v, context| Some(exposure_times(bytes(v)?, context.order)),
        "gps_degrees" => |v, _| gps_degrees(v),
        "gps_time" => |v, _| Some(gps_time(v)),
        "gps_date" => |v, _| Some(gps_date(bytes(v)?)),
        "preview_date" => |v, _| Some(bytes(v).map_or_else(|| v.clone(), preview_date)),
        _ => return None,
    })
}

/// The printer of that name.
pub fn printer(name: &str) -> Option<Printer> {
    Some(Printer::Lazy(match name {
        "subfile_type" => subfile_type,
        "components" => components,
        "dotted" => |v| v.to_string().replace(' ', "."),
        "listed" => |v| v.to_string().replace(' ', ", "),
        "metres" => metres,
        "focal_length" => |v| format!("{} mm", tenths(number(v))),
        "lens_info" => lens_info,
        "file_source" => file_source,
        "cfa_pattern" => print_cfa_pattern,
        "cr2_cfa_pattern" => print_cr2_cfa_pattern,
        "cfa_plane_color" => cfa_plane_color,
        "opcode_list" => opcode_list,
        "frame_rate" => |v| significant((number(v) * 1000.0 + 0.5).floor() / 1000.0, 15),
        "t_stop" => t_stop,
        "exposure_times" => print_exposure_times,
        "gps_degrees" => print_gps_degrees,
        "gps_time" => print_gps_time,
        _ => return None,
    }))
}

fn bytes(v: &Value) -> Option<&[u8]> {
    match v {
        Value::Binary(Blob::Bytes(b)) => Some(b),
        Value::Text(t) => Some(t.as_bytes()),
        _ => None,
    }
}

/// ISO 8601 in Exif's spelling; some write it as undefined bytes.
fn preview_date(raw: &[u8]) -> Value {
    lossy(&without_nuls(raw)).replace('-', ":").replace('T', " ").into()
}

fn tenths(x: f64) -> String {
    if x.is_infinite() { "Inf".to_owned() } else { fixed(x, 1) }
}

/// The bits of a subfile type that is none of the combinations with a name (TIFF 6.0, section 8; TIFF-FX; TIFF/IT).
fn subfile_type(v: &Value) -> String {
    const BITS: [&str; 5] =
        ["Reduced resolution", "Single page", "Transparency mask", "TIFF/IT final page", "TIFF-FX mixed raster content"];
    let bits = number(v) as u64;
    if bits == 0 {
        return "(none)".to_owned();
    }
    let mut out = String::new();
    for bit in (0..64).filter(|b| bits >> b & 1 == 1) {
        let separator = if out.is_empty() { "" } else { ", " };
        let _ = match BITS.get(bit) {
            Some(name) => write!(out, "{separator}{name}"),
            None => write!(out, "{separator}[{bit}]"),
        };
    }
    out
}

/// Exif 3.0, 4.6.5.3.3: what each component is.
fn components(v: &Value) -> String {
    const NAMES: [&str; 7] = ["-", "Y", "Cb", "Cr", "R", "G", "B"];
    let mut out = String::new();
    for element in v.elements() {
        if !out.is_empty() {
            out.push_str(", ");
        }
        match element.as_i64().and_then(|n| NAMES.get(usize::try_from(n).ok()?)) {
            Some(name) => out.push_str(name),
            None => drop(write!(out, "Err ({element})")),
        }
    }
    out
}

/// A length; what is no number stays bare.
fn metres(v: &Value) -> String {
    match v {
        Value::Rational(_, 0) => v.to_string(),
        Value::Text(t) if matches!(t.as_str(), "inf" | "undef") => t.to_string(),
        _ => format!("{v} m"),
    }
}

/// Shortest and longest focal length, and the smallest f-number at either: `24-70mm f/2.8`.
pub fn lens_info(v: &Value) -> String {
    let [short, long, wide, tele] = v.elements() else { return v.to_string() };
    let text = |v: &Value| match v {
        Value::Rational(_, 0) => "?".to_owned(),
        Value::Text(t) if matches!(t.as_str(), "inf" | "undef") => "?".to_owned(),
        v => super::print::plain_number(v),
    };
    let pair = |a: &Value, b: &Value| {
        let (a, b) = (text(a), text(b));
        if b == a || b == "0" { a } else { format!("{a}-{b}") }
    };
    format!("{}mm f/{}", pair(short, long), pair(wide, tele))
}

/// Sigma writes four bytes.
fn file_source(v: &Value) -> String {
    match v {
        Value::Text(t) if t == "\u{3}" => "Sigma Digital Camera".to_owned(),
        v => format!("Unknown ({v})"),
    }
}

/// Exif 3.0, 4.6.5.4.1: text after an eight-byte code of its character set. Some writers pad the code with blanks, or leave in it
/// what was there before; without a code all is text, and a NUL in it hides nothing.
fn charset_text(v: &Value, context: &Context) -> Option<Value> {
    let raw = bytes(v)?;
    let Some((code, text)) = raw.split_first_chunk::<8>() else { return Some(lossy(&without_nuls(raw)).into()) };
    let is_blank = |rest: &[u8]| rest.iter().all(|b| matches!(b, 0 | b' '));
    if matches!(code, b"UNICODE\0" | b"UNICODE ") {
        return Some(Value::Text(unicode(text, context.order)));
    }
    if code.strip_prefix(b"JIS").is_some_and(is_blank) {
        let (decoded, _, _) = encoding_rs::ISO_2022_JP.decode(text);
        return Some(Value::Text(trimmed(&decoded).into()));
    }
    let rest = code.strip_prefix(b"ASCII").unwrap_or(code);
    if rest.starts_with(&[0]) || is_blank(rest) {
        return Some(Value::Text(super::format::text(text).trim_end_matches(' ').into()));
    }
    let end = raw.iter().rposition(|b| *b != b' ').map_or(0, |last| last + 1);
    Some(lossy(&without_nuls(&raw[..end])).into())
}

fn trimmed(text: &str) -> String {
    text.chars().filter(|&c| c != '\0').collect::<String>().trim_end_matches(' ').to_owned()
}

/// UTF-16 whose byte order is the block's, unless a byte order mark or the zeros of Latin text say otherwise.
fn unicode(text: &[u8], order: ByteOrder) -> smol_str::SmolStr {
    let (order, text) = match text {
        [0xff, 0xfe, rest @ ..] => (ByteOrder::Little, rest),
        [0xfe, 0xff, rest @ ..] => (ByteOrder::Big, rest),
        _ => {
            let zeros = |skip: usize| text.iter().skip(skip).step_by(2).filter(|b| **b == 0).count();
            let (high, low) = (zeros(0), zeros(1));
            let order = if high > low {
                ByteOrder::Big
            } else if low > high {
                ByteOrder::Little
            } else {
                order
            };
            (order, text)
        }
    };
    super::format::utf16(text, order).trim_end_matches(' ').into()
}

/// TIFF 6.0, section 8; Exif 3.0, 4.6.4: the photographer's notice, NUL, the editor's.
fn copyright(raw: &[u8]) -> Value {
    let mut parts = raw.splitn(3, |b| *b == 0);
    let text = |part: Option<&[u8]>| lossy(part.unwrap_or_default()).trim_end_matches(' ').to_owned();
    let photographer = text(parts.next());
    let editor = text(parts.next());
    if editor.is_empty() { photographer.into() } else { format!("{photographer}\n{editor}").into() }
}

fn hex(raw: &[u8], upper: bool) -> Value {
    let mut out = String::with_capacity(raw.len() * 2);
    for b in raw {
        let _ = if upper { write!(out, "{b:02X}") } else { write!(out, "{b:02x}") };
    }
    out.into()
}

/// Exif 3.0, 4.6.5.3.31: columns and rows, then a colour each. Some writers swap the bytes of the two numbers.
fn cfa_pattern(raw: &[u8], order: ByteOrder) -> Value {
    let other = if order == ByteOrder::Big { ByteOrder::Little } else { ByteOrder::Big };
    let size = |o: ByteOrder| Some((usize::from(o.u16(raw, 0)?), usize::from(o.u16(raw, 2)?)));
    let Some(first) = size(order) else { return numbers(&[], raw) };
    let fits = |(w, h): &(usize, usize)| w * h + 4 == raw.len();
    let (w, h) = Some(first).filter(fits).or_else(|| size(other).filter(fits)).unwrap_or(first);
    numbers(&[w as i64, h as i64], raw.get(4..).unwrap_or_default())
}

fn numbers(first: &[i64], rest: &[u8]) -> Value {
    Value::Array(first.iter().map(|n| Value::Int(*n)).chain(rest.iter().map(|b| Value::from(*b))).collect())
}

const COLORS: [&str; 7] = ["Red", "Green", "Blue", "Cyan", "Magenta", "Yellow", "White"];

fn print_cfa_pattern(v: &Value) -> String {
    let [w, h, cells @ ..] = v.elements() else { return "<truncated data>".to_owned() };
    let (Some(w), Some(h)) = (w.as_i64(), h.as_i64()) else { return "<truncated data>".to_owned() };
    if w == 0 || h == 0 {
        return "<zero pattern size>".to_owned();
    }
    if w.saturating_mul(h) as u64 > cells.len() as u64 {
        return "<invalid pattern size>".to_owned();
    }
    pattern(cells, w as usize, h as usize)
}

fn pattern(cells: &[Value], width: usize, height: usize) -> String {
    let mut out = String::new();
    for row in cells.chunks_exact(width).take(height) {
        let names: Vec<_> = row.iter().map(|c| color(c).unwrap_or("Unknown")).collect();
        let _ = write!(out, "[{}]", names.join(","));
    }
    out
}

fn color(v: &Value) -> Option<&'static str> {
    COLORS.get(usize::try_from(v.as_i64()?).ok()?).copied()
}

/// Canon's CR2: one number for the four arrangements of a 2×2 pattern.
fn cr2_cfa_pattern(v: &Value) -> Value {
    let cells: [u8; 4] = match v.as_i64() {
        Some(1) => [0, 1, 1, 2],
        Some(2) => [2, 1, 1, 0],
        Some(3) => [1, 2, 0, 1],
        Some(4) => [1, 0, 2, 1],
        _ => return format!("Unknown ({v})").into(),
    };
    numbers(&[], &cells)
}

fn print_cr2_cfa_pattern(v: &Value) -> String {
    match v {
        Value::Array(cells) => pattern(cells, 2, 2),
        v => format!("Unknown ({v})"),
    }
}

/// DNG 1.7.1, CFAPlaneColor.
fn cfa_plane_color(v: &Value) -> String {
    let names: Vec<_> = v.elements().iter().map(|c| color(c).map_or_else(|| format!("Unknown({c})"), str::to_owned)).collect();
    names.join(",")
}

/// DNG 1.7.1, chapter 7: big-endian whatever the file is; a count, then id, version, flags, size and data of each.
fn opcode_list(v: &Value) -> String {
    const NAMES: [&str; 14] = [
        "WarpRectilinear",
        "WarpFisheye",
        "FixVignetteRadial",
        "FixBadPixelsConstant",
        "FixBadPixelsList",
        "TrimBounds",
        "MapTable",
        "MapPolynomial",
        "GainMap",
        "DeltaPerRow",
        "DeltaPerColumn",
        "ScalePerRow",
        "ScalePerColumn",
        "WarpRectilinear2",
    ];
    let Some(raw) = bytes(v) else { return v.to_string() };
    let word = |at| ByteOrder::Big.u32(raw, at);
    let Some(count) = word(0) else { return String::new() };
    let mut out = String::new();
    let mut at = 4usize;
    for _ in 0..count.min(10_000) {
        let (Some(id), Some(size)) = (word(at), word(at.saturating_add(12))) else { return "<err>".to_owned() };
        if !out.is_empty() {
            out.push_str(", ");
        }
        match (id as usize).checked_sub(1).and_then(|i| NAMES.get(i)) {
            Some(name) => out.push_str(name),
            None => drop(write!(out, "Unknown ({id})")),
        }
        at = at.saturating_add(16).saturating_add(size as usize);
    }
    out
}

fn t_stop(v: &Value) -> String {
    let stops: Vec<_> =
        v.elements().iter().map(number).map(|x| if x.is_infinite() { "Inf".into() } else { fixed(x, 2) }).collect();
    stops.join("-")
}

/// JPEG XR (ITU-T T.832, annex A): a GUID, of which all known ones share all bytes but the last.
fn pixel_format(raw: &[u8]) -> Value {
    const COMMON: [u8; 15] = [0x24, 0xc3, 0xdd, 0x6f, 3, 0x4e, 0xfe, 0x4b, 0xb1, 0x85, 0x3d, 0x77, 0x76, 0x8d, 0xc9];
    match raw {
        [common @ .., last] if *common == COMMON => (*last).into(),
        [a, b, c, d, e, f, g, h, i, j, rest @ ..] if rest.len() == 6 => {
            let mut text = format!("{d:02X}{c:02X}{b:02X}{a:02X}-{f:02X}{e:02X}-{h:02X}{g:02X}-{i:02X}{j:02X}-");
            for byte in rest {
                let _ = write!(text, "{byte:02X}");
            }
            text.into()
        }
        other => lossy(other).into(),
    }
}

/// SMPTE 12M time codes as Cinema DNG has them: eight bytes each, binary-coded decimals, frames first.
fn time_codes(raw: &[u8]) -> Value {
    let mut out = String::new();
    for code in raw.chunks_exact(8) {
        let bcd = |b: u8, mask: u8| format!("{:02x}", b & mask);
        let separator = if out.is_empty() { "" } else { " " };
        let frame = if code[0] & 0x40 != 0 { '.' } else { ':' };
        let [frames, seconds, minutes, hours] = [bcd(code[0], 0x3f), bcd(code[1], 0x7f), bcd(code[2], 0x7f), bcd(code[3], 0x3f)];
        let _ = write!(out, "{separator}{hours}:{minutes}:{seconds}{frame}{frames}");
    }
    out.into()
}

/// Exif 3.0, 4.6.5.3.49: seven rationals, two counts, then a rational for each source image.
fn exposure_times(raw: &[u8], order: ByteOrder) -> Value {
    let mut out = Vec::new();
    let mut at = 0;
    while at < raw.len() && out.len() < 1000 {
        let value = if matches!(out.len(), 7 | 8) {
            at += 2;
            order.u16(raw, at - 2).map(Value::from)
        } else {
            at += 8;
            Format::Rational64u.read(raw.get(at - 8..).unwrap_or_default(), 1, order)
        };
        match value {
            Some(value) => out.push(value),
            None => break,
        }
    }
    Value::Array(out)
}

fn print_exposure_times(v: &Value) -> String {
    let mut out = String::new();
    for (i, element) in v.elements().iter().enumerate() {
        let separator = if i == 0 { "" } else { " " };
        let _ = match element {
            Value::Rational(_, 0) => write!(out, "{separator}{element}"),
            _ if matches!(i, 7 | 8) => write!(out, "{separator}{element}"),
            _ => write!(out, "{separator}{}", super::print::exposure_time(element)),
        };
    }
    out
}

/// Degrees, minutes and seconds as degrees. Fewer are allowed; no number at all is an empty text.
fn gps_degrees(v: &Value) -> Option<Value> {
    if v.elements().iter().all(|e| matches!(e, Value::Rational(_, 0))) {
        return Some("".into());
    }
    let mut parts = v.elements().iter().map(number);
    let degrees = parts.next()?;
    Some(Value::Float(degrees + (parts.next().unwrap_or(0.0) + parts.next().unwrap_or(0.0) / 60.0) / 60.0))
}

fn print_gps_degrees(v: &Value) -> String {
    v.as_f64().filter(|x| x.is_finite()).map_or_else(|| v.to_string(), super::print::degrees)
}

/// Hours, minutes and seconds as a time of day: `14:54:00.19`.
fn gps_time(v: &Value) -> Value {
    let mut parts = v.elements().iter().map(number).chain(std::iter::repeat(0.0));
    let [hours, minutes, seconds] = std::array::from_fn(|_| parts.next().unwrap_or(0.0));
    let total = (hours * 60.0 + minutes) * 60.0 + seconds;
    if !total.is_finite() {
        return v.to_string().into();
    }
    let hours = (total / 3600.0).trunc();
    let minutes = ((total - hours * 3600.0) / 60.0).trunc();
    let mut text = format!("{hours:02}:{minutes:02}:");
    let seconds = format!("{:012.9}", total - hours * 3600.0 - minutes * 60.0);
    text.push_str(seconds.trim_end_matches('0').trim_end_matches('.'));
    text.into()
}

/// A time of day to the microsecond.
fn print_gps_time(v: &Value) -> String {
    let text = v.to_string();
    let Some((whole, fraction)) = text.rsplit_once(':').filter(|(_, s)| s.len() > 9) else { return text };
    let seconds = fraction.parse().map_or(0.0, |s: f64| (s * 1e6).round() / 1e6);
    let rounded = format!("{whole}:{seconds:09.6}");
    rounded.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `2008:10:23`, whatever stands between the numbers.
fn gps_date(raw: &[u8]) -> Value {
    let text = trimmed(&lossy(raw));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    match digits.len() {
        8 => format!("{}:{}:{}", &digits[..4], &digits[4..6], &digits[6..]).into(),
        _ => text.into(),
    }
}
