//! Nikon's conversions and printers (ExifTool tag name documentation, Nikon tags; formulae as observed).

use super::print::{Convert, Printer, fraction};
use crate::metadata::{Blob, Value};

pub(super) fn converter(name: &str) -> Option<Convert> {
    Some(match name {
        "nikon_version" => |v, _| Some(version(v)),
        "nikon_ratio" => |v, _| ratio(v),
        "nikon_exit_pupil" => |v, _| v.as_f64().map(|n| Value::Float(if n == 0.0 { 0.0 } else { 2048.0 / n })),
        "nikon_set" => |v, _| v.as_f64().filter(|&n| n != 0.0 && n != 255.0).map(|_| v.clone()),
        "nikon_nonzero" => |v, _| v.as_f64().filter(|&n| n != 0.0).map(|_| v.clone()),
        "nikon_angle" => |v, _| v.as_f64().map(|n| Value::Float(if n <= 180.0 { n } else { n - 360.0 })),
        "nikon_sixths" => |v, _| v.as_i64().map(|n| Value::Float((if n > 7 { n - 16 } else { n }) as f64 / 6.0)),
        "nikon_time" => |v, c| time(v, c.order),
        _ => return None,
    })
}

pub(super) fn printer(name: &str) -> Option<Printer> {
    Some(Printer::Lazy(match name {
        "nikon_note_version" => |v| {
            let text = v.to_string();
            match (text.get(..2), text.get(2..)) {
                (Some(major), Some(minor)) => format!("{}.{minor}", major.strip_prefix('0').unwrap_or(major)),
                _ => text,
            }
        },
        "nikon_iso" => |v| {
            let text = v.to_string();
            match text.strip_prefix("1 ") {
                Some(high) => format!("Hi {high}"),
                None => text.strip_prefix("0 ").map_or(text.clone(), str::to_owned),
            }
        },
        "nikon_text" => |v| capitals(&v.to_string()),
        "nikon_signed1" => |v| signed(v, 1),
        "nikon_lens_type" => lens_type,
        "nikon_shooting_mode" => |v| v.as_i64().map_or_else(|| v.to_string(), shooting_mode),
        "nikon_retouch" => retouch,
        "nikon_crop" => crop,
        "nikon_output" => |v| match v.as_f64() {
            Some(n) if n > 0.99 => "Full".into(),
            Some(n) => format!("{:.0}%", n * 100.0),
            None => v.to_string(),
        },
        "nikon_flash_firmware" => |v| match v.elements() {
            [a, b] => format!("{a}.{:02} (Unknown model)", b.as_i64().unwrap_or_default()),
            _ => v.to_string(),
        },
        "nikon_pc" => |v| picture_control(v, "Normal", 1.0),
        "nikon_pc_sharp" => |v| match v.as_i64() {
            Some(n @ 1..=126) => n.to_string(),
            _ => picture_control(v, "No Sharpening", 1.0),
        },
        "nikon_pc_none" => |v| picture_control(v, "None", 1.0),
        "nikon_pc2" => |v| picture_control(v, "None", 4.0),
        "nikon_pc2_normal" => |v| picture_control(v, "Normal", 4.0),
        "nikon_points51" => |v| points(v, 51, POINTS51),
        "nikon_points39" => |v| points(v, 39, POINTS39),
        "nikon_points153" => |v| points(v, 153, POINTS153),
        "nikon_sixths" => |v| match v.as_f64() {
            Some(0.0) => "0".into(),
            Some(_) => fraction(v),
            None => v.to_string(),
        },
        _ => return None,
    }))
}

fn bytes(v: &Value) -> Option<&[u8]> {
    match v {
        Value::Binary(Blob::Bytes(b)) => Some(b),
        _ => None,
    }
}

/// A version in four digits or in four small numbers.
fn version(v: &Value) -> Value {
    let Some(bytes) = bytes(v) else { return v.clone() };
    if bytes.iter().all(|&b| b < 10) {
        return bytes.iter().map(|b| char::from(b'0' + b)).collect::<String>().into();
    }
    Value::Text(super::format::text(bytes))
}

/// Three signed bytes: a number, and how much one of it is worth.
fn ratio(v: &Value) -> Option<Value> {
    let &[a, b, c, ..] = bytes(v)? else { return None };
    let [a, b, c] = [a, b, c].map(|n| f64::from(n as i8));
    Some(Value::Float(if c == 0.0 { 0.0 } else { a * (b / c) }))
}

/// Year, month, day, hour, minute, second in seven bytes.
fn time(v: &Value, order: super::ByteOrder) -> Option<Value> {
    let bytes = bytes(v)?;
    let year = order.u16(bytes, 0)?;
    let &[month, day, hour, minute, second] = bytes.get(2..7)? else { return None };
    Some(format!("{year:04}:{month:02}:{day:02} {hour:02}:{minute:02}:{second:02}").into())
}

/// Words in capitals become ordinary ones where they can be spoken: `NORMAL` is `Normal`, `AF-S` and `RAW` stay.
fn capitals(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_uppercase()) {
        let (before, word) = rest.split_at(start);
        out.push_str(before);
        let end = word.find(|c: char| !c.is_ascii_uppercase()).unwrap_or(word.len());
        let (word, after) = word.split_at(end);
        let spoken = end > 1 && !matches!(word, "AF" | "RAW") && word.contains(['A', 'E', 'I', 'O', 'U', 'Y']);
        if spoken {
            out.push_str(&word[..1]);
            out.push_str(&word[1..].to_ascii_lowercase());
        } else {
            out.push_str(word);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn signed(v: &Value, digits: usize) -> String {
    match v.as_f64() {
        Some(n) if n != 0.0 => format!("{n:+.digits$}"),
        Some(_) => "0".into(),
        None => v.to_string(),
    }
}

/// What a lens can do, in the order that photographers write it.
fn lens_type(v: &Value) -> String {
    let Some(bits) = v.as_i64() else { return v.to_string() };
    if bits == 0 {
        return "AF".into();
    }
    let mut words: Vec<&str> = Vec::new();
    let has = |bit: i64| bits >> bit & 1 == 1;
    if has(5) {
        words.push("1");
    }
    if has(6) {
        words.push("E");
    }
    for (bit, word) in [(0, "MF"), (1, "D"), (2, "G"), (3, "VR"), (4, "1"), (7, "AF-P")] {
        // A lens without an aperture ring knows the distance too.
        if has(bit) && !(bit == 1 && has(2)) && !(bit == 2 && has(6) && has(3)) {
            words.push(word);
        }
    }
    words.join(" ")
}

fn shooting_mode(bits: i64) -> String {
    let names = [
        (1, "Delay"),
        (2, "PC Control"),
        (3, "Self-timer"),
        (4, "Exposure Bracketing"),
        (5, "Auto ISO"),
        (6, "White-Balance Bracketing"),
        (7, "IR Control"),
        (8, "D-Lighting Bracketing"),
        (11, "Pre-capture"),
    ];
    let mut words = vec![if bits & 0x87 == 0 { "Single-Frame" } else { "Continuous" }];
    if bits & 1 == 0 {
        words.truncate(usize::from(bits & 0x87 == 0));
    }
    words.extend(names.iter().filter(|(bit, _)| bits >> bit & 1 == 1).map(|(_, name)| *name));
    words.join(", ")
}

/// Retouches of an image, up to the last one.
fn retouch(v: &Value) -> String {
    let numbers: Vec<i64> = v.elements().iter().filter_map(Value::as_i64).collect();
    let last = numbers.iter().rposition(|&n| n != 0).unwrap_or(0);
    let words = numbers.iter().take(last + 1).map(|n| match RETOUCHES.iter().find(|(id, _)| id == n) {
        Some((_, word)) => (*word).to_owned(),
        None => format!("Unknown ({n})"),
    });
    words.collect::<Vec<_>>().join("; ")
}

#[rustfmt::skip]
const RETOUCHES: &[(i64, &str)] = &[
    (0, "None"),
    (3, "B & W"),
    (4, "Sepia"),
    (5, "Trim"),
    (6, "Small Picture"),
    (7, "D-Lighting"),
    (8, "Red Eye"),
    (9, "Cyanotype"),
    (10, "Sky Light"),
    (11, "Warm Tone"),
    (12, "Color Custom"),
    (13, "Image Overlay"),
    (14, "Red Intensifier"),
    (15, "Green Intensifier"),
    (16, "Blue Intensifier"),
    (17, "Cross Screen"),
    (18, "Quick Retouch"),
    (19, "NEF Processing"),
    (23, "Distortion Control"),
    (25, "Fisheye"),
    (26, "Straighten"),
    (29, "Perspective Control"),
    (30, "Color Outline"),
    (31, "Soft Filter"),
    (32, "Resize"),
    (33, "Miniature Effect"),
    (34, "Skin Softening"),
    (35, "Selected Frame"),
    (37, "Color Sketch"),
    (38, "Selective Color"),
    (39, "Glamour"),
    (40, "Drawing"),
    (44, "Pop"),
    (45, "Toy Camera Effect 1"),
    (46, "Toy Camera Effect 2"),
    (47, "Cross Process (red)"),
    (48, "Cross Process (blue)"),
    (49, "Cross Process (green)"),
    (50, "Cross Process (yellow)"),
    (51, "Super Vivid"),
    (52, "High-contrast Monochrome"),
    (53, "High Key"),
    (54, "Low Key"),
];

/// A crop mode, and what of the sensor it takes.
fn crop(v: &Value) -> String {
    let numbers: Vec<i64> = v.elements().iter().filter_map(Value::as_i64).collect();
    let &[mode, w, h, cw, ch, x, y] = numbers.as_slice() else { return v.to_string() };
    let word = match CROPS.iter().find(|(id, _)| *id == mode) {
        Some((_, word)) => (*word).to_owned(),
        None => format!("Unknown ({mode})"),
    };
    format!("{word} ({w}x{h} cropped to {cw}x{ch} at pixel {x},{y})")
}

#[rustfmt::skip]
const CROPS: &[(i64, &str)] = &[
    (0, "Off"),
    (1, "1.3x Crop"),
    (2, "DX Crop"),
    (3, "5:4 Crop"),
    (4, "3:2 Crop"),
    (6, "16:9 Crop"),
    (8, "2.7x Crop"),
    (9, "DX Movie Crop"),
    (10, "1.3x Movie Crop"),
    (11, "FX Uncropped"),
    (12, "DX Uncropped"),
    (13, "2.8x Movie Crop"),
    (14, "1.4x Movie Crop"),
    (15, "1.5x Movie Crop"),
    (17, "1:1 Crop"),
];

/// An adjustment of a picture control around its middle.
fn picture_control(v: &Value, zero: &str, parts: f64) -> String {
    match v.as_i64() {
        Some(0) => zero.into(),
        Some(0x7f) => "n/a".into(),
        Some(-128) => "Auto".into(),
        Some(-127) => "User".into(),
        Some(n) if parts > 1.0 => format!("{:.2}", n as f64 / parts),
        Some(n) => format!("{n:+}"),
        None => v.to_string(),
    }
}

/// Focus points by their bits; names go by rows and columns where the grid is known.
fn points(v: &Value, count: usize, names: &[&str]) -> String {
    let Some(bytes) = bytes(v) else { return v.to_string() };
    let set = (0..count).filter(|i| bytes.get(i / 8).is_some_and(|b| b >> (i % 8) & 1 == 1));
    let mut words: Vec<String> = set.map(|i| names.get(i).map_or_else(|| (i + 1).to_string(), |n| (*n).to_owned())).collect();
    // By rows, then by columns.
    words.sort_by_key(|w| (w.chars().next(), w.get(1..).and_then(|n| n.parse::<u8>().ok())));
    if words.is_empty() { "(none)".into() } else { words.join(",") }
}

#[rustfmt::skip]
const POINTS51: &[&str] = &[
    "C6", "B6", "A5", "D6", "E5", "C7", "B7", "A6", "D7", "E6", "C5", "B5", "A4", "D5", "E4",
    "C8", "B8", "A7", "D8", "E7", "C9", "B9", "A8", "D9", "E8", "C10", "B10", "A9", "D10", "E9",
    "C11", "B11", "D11", "C4", "B4", "A3", "D4", "E3", "C3", "B3", "A2", "D3", "E2", "C2", "B2",
    "A1", "D2", "E1", "C1", "B1", "D1",
];

#[rustfmt::skip]
const POINTS39: &[&str] = &[
    "C6", "B6", "A2", "D6", "E2", "C7", "B7", "A3", "D7", "E3", "C5", "B5", "A1", "D5", "E1",
    "C8", "B8", "D8", "C9", "B9", "D9", "C10", "B10", "D10", "C11", "B11", "D11", "C4", "B4", "D4",
    "C3", "B3", "D3", "C2", "B2", "D2", "C1", "B1", "D1",
];

#[rustfmt::skip]
const POINTS153: &[&str] = &[
    "E9", "D9", "C9", "B9", "A9", "F9", "G9", "H9", "I9", "E10", "D10", "C10", "B10", "A10", "F10",
    "G10", "H10", "I10", "E11", "D11", "C11", "B11", "A11", "F11", "G11", "H11", "I11", "E8", "D8", "C8",
    "B8", "A8", "F8", "G8", "H8", "I8", "E7", "D7", "C7", "B7", "A7", "F7", "G7", "H7", "I7",
    "E12", "D12", "C12", "B12", "A12", "F12", "G12", "H12", "I12", "E13", "D13", "C13", "B13", "A13", "F13",
    "G13", "H13", "I13", "E14", "D14", "C14", "B14", "A14", "F14", "G14", "H14", "I14", "E15", "D15", "C15",
    "B15", "A15", "F15", "G15", "H15", "I15", "E16", "D16", "C16", "B16", "A16", "F16", "G16", "H16", "I16",
    "E17", "D17", "C17", "B17", "A17", "F17", "G17", "H17", "I17", "E6", "D6", "C6", "B6", "A6", "F6",
    "G6", "H6", "I6", "E5", "D5", "C5", "B5", "A5", "F5", "G5", "H5", "I5", "E4", "D4", "C4",
    "B4", "A4", "F4", "G4", "H4", "I4", "E3", "D3", "C3", "B3", "A3", "F3", "G3", "H3", "I3",
    "E2", "D2", "C2", "B2", "A2", "F2", "G2", "H2", "I2", "E1", "D1", "C1", "B1", "A1", "F1",
    "G1", "H1", "I1",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_become_words_where_they_can_be_spoken() {
        let cases = [
            ("NATURAL AUTO", "Natural Auto"),
            ("AF-S", "AF-S"),
            ("RAW+FINE", "RAW+Fine"),
            ("VR-OFF", "VR-Off"),
            ("MODE1a", "Mode1a"),
            ("NEW_TTL", "New_TTL"),
            ("B & W", "B & W"),
            ("5000K", "5000K"),
        ];
        for (text, want) in cases {
            assert_eq!(capitals(text), want);
        }
    }

    #[test]
    fn lens_types() {
        for (bits, want) in [(0, "AF"), (2, "D"), (6, "G"), (14, "G VR"), (0x46, "E G"), (1, "MF")] {
            assert_eq!(lens_type(&Value::Int(bits)), want, "{bits}");
        }
    }
}
