//! Canon's conversions and printers (ExifTool tag name documentation, Canon tags; formulae as observed).

use super::print::{Convert, Printer, exposure_time};
use crate::metadata::{Blob, Value, significant};

pub(super) fn converter(name: &str) -> Option<Convert> {
    Some(match name {
        "canon_ev" => |v, _| v.as_f64().map(|n| Value::Float(ev(n))),
        "canon_info_time" => |v, _| v.as_f64().map(|n| Value::Float((4.0 * (1.0 - ev(n - 24.0))).exp2())),
        "canon_limit_time" => |v, _| v.as_f64().map(|n| Value::Float((-ev(n * 4.0)).exp2() * 1000.0 / 8.0)),
        "canon_limit_aperture" => |v, _| v.as_f64().map(|n| Value::Float((ev(n * 4.0 - 32.0) / 2.0).exp2())),
        "canon_camera_iso" => |v, _| Some(camera_iso(v)),
        "canon_frame_rate" => |v, _| v.as_f64().map(|n| Value::Float(if n > 1000.0 { n / 1000.0 } else { n })),
        "canon_file_20d" => |v, _| file_number(v, |n| ((n & 0xffc0) >> 6, (n >> 16 & 0xff) + ((n & 0x3f) << 8))),
        "canon_file_30d" => |v, _| file_number(v, directory_and_file),
        "canon_firmware" => |v, _| v.as_str().filter(|t| is_version(t)).map(Value::from),
        "canon_unique_id" => |v, _| (!is_blank(v)).then(|| super::print::hex_bytes(v)),
        "canon_second" => |v, _| v.elements().get(1).cloned(),
        "canon_battery" => |v, _| bytes(v)?.get(4..).map(|b| Value::Text(super::format::text(b))),
        "canon_internal_serial" => |v, _| v.as_str().map(|t| t.trim_end_matches('\u{ff}').trim_end_matches('ÿ').into()),
        _ => return None,
    })
}

pub(super) fn printer(name: &str) -> Option<Printer> {
    Some(Printer::Lazy(match name {
        "canon_self_timer" => self_timer,
        "canon_distance" => |v| match v.as_f64() {
            Some(d) if d > 655.345 => "inf".into(),
            _ => format!("{v} m"),
        },
        "canon_file_number" => |v| {
            let text = v.to_string();
            match text.len().checked_sub(4).filter(|&n| n > 0 && text.bytes().all(|b| b.is_ascii_digit())) {
                Some(at) => format!("{}-{}", &text[..at], &text[at..]),
                None => text,
            }
        },
        "canon_af_bits" => af_bits,
        "canon_flash_output" => |v| match v.as_f64() {
            // 255 on the stored scale.
            Some(x) if x > 10.8 => "Strobe or Misfire".into(),
            Some(x) => format!("{:.0}%", x * 100.0),
            None => v.to_string(),
        },
        "canon_flash_battery" => |v| match v.as_f64() {
            Some(x) if x != 0.0 => format!("{:.2}V", x * 5.0 / 186.0),
            _ => "n/a".into(),
        },
        "canon_serial_d30" => |v| {
            let n = v.as_i64().unwrap_or_default();
            format!("{:04x}{:05}", n >> 16, n & 0xffff)
        },
        "canon_revision" => |v| v.as_i64().map_or_else(|| v.to_string(), revision),
        "canon_contrast" => |v| match v.as_i64() {
            Some(n) if n & 0x08 != 0 => format!("On (0x{n:02x})"),
            Some(n) => format!("Off (0x{n:02x})"),
            None => v.to_string(),
        },
        "canon_time_zone" => |v| match v.as_i64() {
            Some(n) => format!("{}{:02}:{:02}", if n < 0 { '-' } else { '+' }, n.unsigned_abs() / 60, n.unsigned_abs() % 60),
            None => v.to_string(),
        },
        "canon_shutter_range" => |v| pair(v, "Hi ", "Lo ", |x| exposure_time(&Value::Float((7.0 - x / 8.0).exp2()))),
        "canon_shutter_ranges" => |v| pairs(v, "Hi ", "Lo ", |x| exposure_time(&Value::Float((7.0 - x / 8.0).exp2()))),
        "canon_aperture_range" => |v| pair(v, "Closed ", "Open ", |x| significant(((x / 8.0 - 1.0) / 2.0).exp2(), 2)),
        "canon_aperture_ranges" => |v| pairs(v, "Closed ", "Open ", |x| significant(((x / 8.0 - 1.0) / 2.0).exp2(), 2)),
        "canon_iso_range" => |v| pair(v, "Max ", "Min ", |x| format!("{:.0}", iso_limit(x))),
        "canon_illuminated" => |v| match v.as_i64() {
            Some(0) => "Non-illuminated".into(),
            Some(1) => "Illuminated".into(),
            _ => format!("Unknown ({v})"),
        },
        "canon_mode_flags" => |v| v.as_i64().map_or_else(|| v.to_string(), |n| format!("Flags 0x{n:x}")),
        "canon_locked" => |v| {
            let names = [(1, "Main dial"), (2, "Quick control dial"), (4, "Multi-controller")];
            let bits = v.as_i64().unwrap_or_default();
            let set: Vec<&str> = names.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| *name).collect();
            if set.is_empty() { "(none)".into() } else { set.join(", ") }
        },
        _ => return None,
    }))
}

/// Canon counts exposure in 1/32 stops, where 12 and 20 of them stand for thirds.
fn ev(value: f64) -> f64 {
    let whole = value.abs().trunc();
    let fraction = whole % 32.0;
    let fraction = match fraction as u8 {
        0x0c => 32.0 / 3.0,
        0x14 => 64.0 / 3.0,
        _ => return value / 32.0,
    };
    ((whole - whole % 32.0 + fraction) / 32.0).copysign(value)
}

/// The speed set on the camera: as it is with bit 14, else a step of an early camera's dial.
fn camera_iso(v: &Value) -> Value {
    match v.as_i64() {
        Some(n) if n & 0x4000 != 0 => Value::Int(n & 0x3fff),
        Some(0) => "n/a".into(),
        Some(14) => "Auto High".into(),
        Some(15) => "Auto".into(),
        Some(n @ 16..=20) => Value::Int([50, 100, 200, 400, 800][(n - 16) as usize]),
        Some(n) => format!("Unknown ({n})").into(),
        None => v.clone(),
    }
}

/// Directory and file as one number, `1000123`.
fn file_number(v: &Value, split: impl Fn(i64) -> (i64, i64)) -> Option<Value> {
    let n = v.as_i64().filter(|&n| n != 0 && n != 0xffff)?;
    let (directory, file) = split(n);
    Some(Value::Int(directory * 10_000 + file))
}

/// The file number's high bits stand below the directory's: cameras of 2006.
fn directory_and_file(n: i64) -> (i64, i64) {
    let directory = (n & 0xffc00) >> 10;
    // The directory is ambiguous by 32 below 100: it counts from 100.
    let mut directory = directory;
    while directory < 100 {
        directory += 0x40;
    }
    (directory, ((n & 0x3ff) << 4) + (n >> 20 & 0x0f))
}

fn self_timer(v: &Value) -> String {
    match v.as_i64() {
        Some(0) => "Off".into(),
        Some(n) => {
            let seconds = significant((n & 0xfff) as f64 / 10.0, 15);
            format!("{seconds} s{}", if n & 0x4000 != 0 { ", Custom" } else { "" })
        }
        None => v.to_string(),
    }
}

/// Numbers of the bits that are set in 16-bit words: `8,9,23`.
fn af_bits(v: &Value) -> String {
    let mut out = String::new();
    for (word, bits) in v.elements().iter().enumerate() {
        let bits = bits.as_i64().unwrap_or_default();
        for bit in (0..16).filter(|b| bits >> b & 1 == 1) {
            if !out.is_empty() {
                out.push(',');
            }
            out.push_str(&(word * 16 + bit).to_string());
        }
    }
    if out.is_empty() { "(none)".into() } else { out }
}

/// `1.00 rev 2.00`: state, version and revision in hexadecimal digits.
fn revision(n: i64) -> String {
    let hex = format!("{:08x}", n as u32);
    let state = match &hex[..1] {
        "0" => String::new(),
        "a" => "Alpha ".into(),
        "b" => "Beta ".into(),
        other => format!("Unknown({other}) "),
    };
    let revision = hex[4..6].strip_prefix('0').unwrap_or(&hex[4..6]);
    format!("{state}{}.{} rev {revision}.{}", &hex[1..2], &hex[2..4], &hex[6..])
}

fn is_version(text: &str) -> bool {
    let mut parts = 0;
    text.trim_end().split('.').all(|p| {
        parts += 1;
        !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit())
    }) && parts == 3
}

fn bytes(v: &Value) -> Option<&[u8]> {
    match v {
        Value::Binary(Blob::Bytes(b)) => Some(b),
        _ => None,
    }
}

fn is_blank(v: &Value) -> bool {
    match v {
        Value::Binary(Blob::Bytes(b)) => b.iter().all(|&b| b == 0),
        _ => v.elements().iter().all(|e| e.as_f64() == Some(0.0)),
    }
}

fn iso_limit(x: f64) -> f64 {
    match x {
        x if x < 2.0 => x,
        x if x < 1000.0 => (x / 8.0 - 9.0).exp2() * 100.0,
        _ => 0.0,
    }
}

/// `Hi 1/8000; Lo 30`.
fn pair(v: &Value, first: &str, second: &str, print: impl Fn(f64) -> String) -> String {
    let words =
        v.elements().iter().zip([first, second]).map(|(v, word)| word.to_owned() + &print(v.as_f64().unwrap_or_default()));
    words.collect::<Vec<_>>().join("; ")
}

/// `Manual: Hi 1/8000; Lo 30; Auto: Hi 1/8000; Lo 30`.
fn pairs(v: &Value, first: &str, second: &str, print: impl Fn(f64) -> String) -> String {
    let words = v.elements().iter().zip(["Manual: ", "", "Auto: ", ""].iter().zip([first, second, first, second]));
    let words = words.map(|(v, (before, word))| format!("{before}{word}{}", print(v.as_f64().unwrap_or_default())));
    words.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decode::Facts, tags::Context};

    #[test]
    fn exposure_counts_in_thirds_of_a_stop() {
        for (stored, want) in [(0.0, 0.0), (32.0, 1.0), (12.0, 1.0 / 3.0), (-20.0, -2.0 / 3.0), (16.0, 0.5), (84.0, 8.0 / 3.0)] {
            assert!((ev(stored) - want).abs() < 1e-9, "{stored}: {}", ev(stored));
        }
    }

    #[test]
    fn conversions() {
        let facts = Facts::default();
        let cases: &[(&str, Value, Option<&str>)] = &[
            ("canon_camera_iso", Value::Int(0x4190), Some("400")),
            ("canon_camera_iso", Value::Int(17), Some("100")),
            ("canon_camera_iso", Value::Int(15), Some("Auto")),
            ("canon_camera_iso", Value::Int(30), Some("Unknown (30)")),
            ("canon_firmware", "1.0.3".into(), Some("1.0.3")),
            ("canon_firmware", "1.0".into(), None),
            ("canon_file_20d", Value::Int(0x0073_1900), Some("1000115")),
            ("canon_file_20d", Value::Int(0), None),
            ("canon_unique_id", Value::Binary(Blob::Bytes(vec![0; 16])), None),
            ("canon_unique_id", Value::Binary(Blob::Bytes(vec![1, 0xab])), Some("01ab")),
            ("canon_second", Value::Array(vec![1u8.into(), 2u8.into()]), Some("2")),
        ];
        for (name, value, want) in cases {
            let Some(convert) = converter(name) else { panic!("{name}") };
            let got = convert(value, &Context::new(&facts)).map(|v| v.to_string());
            assert_eq!(got.as_deref(), *want, "{name} {value:?}");
        }
    }

    #[test]
    fn prints() {
        let cases: &[(&str, Value, &str)] = &[
            ("canon_self_timer", Value::Int(0), "Off"),
            ("canon_self_timer", Value::Int(0x4000 | 25), "2.5 s, Custom"),
            ("canon_distance", Value::Float(655.35), "inf"),
            ("canon_distance", Value::Float(0.54), "0.54 m"),
            ("canon_file_number", Value::Int(1_181_861), "118-1861"),
            ("canon_file_number", Value::Int(12), "12"),
            ("canon_af_bits", Value::Array(vec![0x0300u16.into(), 0x0080u16.into()]), "8,9,23"),
            ("canon_af_bits", Value::Int(0), "(none)"),
            ("canon_revision", Value::Int(0x0100_0200), "1.00 rev 2.00"),
            ("canon_revision", Value::Int(0xa101_0100), "Alpha 1.01 rev 1.00"),
            ("canon_time_zone", Value::Int(-480), "-08:00"),
            ("canon_serial_d30", Value::Int(0x0001_0002), "000100002"),
            ("canon_shutter_range", Value::Array(vec![160u8.into(), 16u8.into()]), "Hi 1/8192; Lo 32"),
            ("canon_locked", Value::Int(5), "Main dial, Multi-controller"),
        ];
        for (name, value, want) in cases {
            let Some(Printer::Lazy(print)) = printer(name) else { panic!("{name}") };
            assert_eq!(&print(value), want, "{name} {value:?}");
        }
    }
}
