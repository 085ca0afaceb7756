//! Sony's printers (ExifTool tag name documentation, Sony tags; formulae as observed).

use super::print::{Convert, Printer};
use crate::metadata::{Blob, Value, significant};

pub(super) fn converter(name: &str) -> Option<Convert> {
    Some(match name {
        // Two bytes of the year, then month, day, hour, minute and second.
        "sony_date" => |v, _| {
            let numbers: Vec<i64> = v.elements().iter().filter_map(Value::as_i64).collect();
            Some(match numbers[..] {
                [low, high, month, day, hour, minute, second] => {
                    format!("{:04}:{month:02}:{day:02} {hour:02}:{minute:02}:{second:02}", (high & 0xff) << 8 | low & 0xff).into()
                }
                _ => v.clone(),
            })
        },
        // Years after 2000, month, day, hour, minute and second.
        "sony_date2" => |v, _| {
            let numbers: Vec<i64> = v.elements().iter().filter_map(Value::as_i64).collect();
            match numbers[..] {
                [0, 0, 0, ..] => None,
                [year, month, day, hour, minute, second] => {
                    Some(format!("20{year:02}:{month:02}:{day:02} {hour:02}:{minute:02}:{second:02}").into())
                }
                _ => Some(v.clone()),
            }
        },
        // The bytes of each pair stand in the wrong order.
        "sony_swapped" => |v, _| {
            let mut bytes = v.elements().to_vec();
            bytes.chunks_exact_mut(2).for_each(<[Value]>::reverse);
            Some(Value::Array(bytes))
        },
        _ => return None,
    })
}

pub(super) fn printer(name: &str) -> Option<Printer> {
    Some(Printer::Lazy(match name {
        "sony_size" => |v| match v.elements() {
            [height, width] => format!("{width}x{height}"),
            _ => v.to_string(),
        },
        "sony_hdr" => hdr,
        "sony_lens_spec" => |v| {
            let bytes: Vec<u8> = v.elements().iter().filter_map(Value::as_i64).map(|n| n as u8).collect();
            <[u8; 8]>::try_from(bytes).map_or_else(|_| v.to_string(), lens_spec)
        },
        "sony_features" => |v| match v {
            Value::Binary(Blob::Bytes(b)) => match b.as_slice() {
                &[a, b] => {
                    let (before, after) = features(u16::from_be_bytes([a, b]));
                    format!("{before}{after}").trim().to_owned()
                }
                _ => v.to_string(),
            },
            _ => v.to_string(),
        },
        "sony_shutter" => |v| {
            let silent = v.elements().iter().all(|e| e.as_f64() == Some(0.0));
            format!("{} ({v})", if silent { "Silent / Electronic" } else { "Mechanical" })
        },
        "minolta_normal" => |v| match v.as_i64() {
            Some(0) => "Normal".into(),
            Some(n) => format!("{n:+}"),
            None => v.to_string(),
        },
        "minolta_date" => |v| match v.as_i64() {
            Some(n) if n > 0xff_ffff => format!("{:04}:{:02}:{:02}", n >> 16, n >> 8 & 0xff, n & 0xff),
            Some(n) => format!("{:02}:{:02}:{:02}", n >> 16, n >> 8 & 0xff, n & 0xff),
            None => v.to_string(),
        },
        "sony_af_status" => |v| match v.as_i64() {
            Some(0) => "In Focus".into(),
            Some(-32768) => "Out of Focus".into(),
            Some(n) if n < 0 => format!("Front Focus ({n})"),
            Some(n) => format!("Back Focus ({n:+})"),
            None => v.to_string(),
        },
        "sony_stops" => |v| match v.as_f64() {
            Some(n) if n != 0.0 => format!("{n:.1}"),
            _ => v.to_string(),
        },
        "sony_version" => |v| v.as_i64().map_or_else(|| v.to_string(), |n| format!("{:x}.{:02x}", n >> 8, n & 0xff)),
        "sony_lens_firmware" => |v| v.as_i64().map_or_else(|| v.to_string(), |n| format!("Ver.{:02x}.{:03}", n >> 8, n & 0xff)),
        "sony_pixel_shift" => pixel_shift,
        "sony_frame" => |v| match v.elements() {
            [w, h, on] if on.as_f64() != Some(0.0) => format!("{w}x{h}"),
            _ => "n/a".into(),
        },
        _ => return None,
    }))
}

fn hdr(v: &Value) -> String {
    let mut numbers = v.elements().iter().filter_map(Value::as_i64);
    let level = match numbers.next() {
        Some(0) => "Off".into(),
        Some(1) => "Auto".into(),
        Some(n @ 16..=26) => format!("{:.1} EV", 1.0 + (n - 16) as f64 / 2.0),
        Some(n) => format!("Unknown ({n})"),
        None => return v.to_string(),
    };
    let image = match numbers.next() {
        Some(0) => "Uncorrected image".into(),
        Some(1) => "HDR image (good)".into(),
        Some(2) => "HDR image (fail 1)".into(),
        Some(3) => "HDR image (fail 2)".into(),
        Some(n) => format!("Unknown ({n})"),
        None => return level,
    };
    format!("{level}; {image}")
}

/// What a lens has, before and after its focal lengths and apertures.
fn features(bits: u16) -> (String, String) {
    let pick = |mask: u16, names: &[(u16, &'static str)]| names.iter().find(|(v, _)| bits & mask == *v).map(|(_, n)| *n);
    let join = |words: &[Option<&str>]| words.iter().flatten().map(|w| format!("{w} ")).collect::<String>();
    let before = [pick(0x0300, &[(0x0100, "DT"), (0x0200, "FE"), (0x0300, "E")]), pick(0x4000, &[(0x4000, "PZ")])];
    let after = [
        pick(0x00e0, &[(0x0020, "STF"), (0x0040, "Reflex"), (0x0060, "Macro"), (0x0080, "Fisheye")]),
        pick(0x000c, &[(0x0004, "ZA"), (0x0008, "G")]),
        pick(0x0003, &[(0x0001, "SSM"), (0x0002, "SAM")]),
        pick(0x8000, &[(0x8000, "OSS")]),
        pick(0x2000, &[(0x2000, "LE")]),
        pick(0x0800, &[(0x0800, "II")]),
    ];
    (join(&before), join(&after))
}

/// `E PZ 16-50mm F3.5-5.6 OSS`: focal lengths and apertures stand as decimal digits.
fn lens_spec(b: [u8; 8]) -> String {
    let digits = |n: u8| f64::from(n >> 4) * 10.0 + f64::from(n & 0x0f);
    let pair = |hi: u8, lo: u8| digits(hi) * 100.0 + digits(lo);
    let (near, far) = (pair(b[1], b[2]), pair(b[3], b[4]));
    let (wide, tele) = (digits(b[5]) / 10.0, digits(b[6]) / 10.0);
    if near == 0.0 || wide == 0.0 || (far != 0.0 && far < near) || (tele != 0.0 && tele < wide) {
        let numbers = [near, far, wide, tele].map(|n| significant(n, 6)).join(" ");
        return format!("Unknown ({:02x} {numbers} {:02x})", b[0], b[7]);
    }
    let range = |a: f64, b: f64| {
        if b == 0.0 || a == b { significant(a, 6) } else { format!("{}-{}", significant(a, 6), significant(b, 6)) }
    };
    let (before, after) = features(u16::from_be_bytes([b[0], b[7]]));
    format!("{before}{}mm F{} {after}", range(near, far), range(wide, tele)).trim_end().to_owned()
}

/// A group of shots, and which of them this is.
fn pixel_shift(v: &Value) -> String {
    let Value::Binary(Blob::Bytes(b)) = v else { return v.to_string() };
    let (Some(head), Some(&[shot, shots])) = (b.get(..4), b.get(4..6).and_then(|s| <&[u8; 2]>::try_from(s).ok())) else {
        return v.to_string();
    };
    if b.iter().all(|&n| n == 0) {
        return "n/a".into();
    }
    let n = u32::from_le_bytes([head[0], head[1], head[2], head[3]]);
    let group = format!("{:02}{:02}{:02}{:02}", n >> 17 & 0x1f, n >> 12 & 0x1f, n >> 6 & 0x3f, n & 0x3f);
    format!("Group {group}, Shot {shot}/{shots} (0x{:x})", n >> 22)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_and_printers() {
        let date = [0xdc, 0x07, 5, 6, 7, 8, 9].map(|n: i64| n.into()).to_vec();
        let facts = crate::decode::Facts::default();
        let context = super::super::Context::new(&facts);
        let convert = |name: &str, v| converter(name).and_then(|f| f(&Value::Array(v), &context)).map(|v| v.to_string());
        assert_eq!(convert("sony_date", date).as_deref(), Some("2012:05:06 07:08:09"));
        assert_eq!(convert("sony_swapped", [1, 2, 3, 4, 5].map(|n: i64| n.into()).to_vec()).as_deref(), Some("2 1 4 3 5"));
        let cases = [(0, "In Focus"), (-32768, "Out of Focus"), (-7, "Front Focus (-7)"), (7, "Back Focus (+7)")];
        for (n, want) in cases {
            let Some(Printer::Lazy(print)) = printer("sony_af_status") else { panic!("not there") };
            assert_eq!(print(&Value::Int(n)), want);
        }
    }

    #[test]
    fn lenses() {
        let cases = [
            ([0xc3, 0x00, 0x16, 0x00, 0x50, 0x35, 0x56, 0x00], "E PZ 16-50mm F3.5-5.6 OSS"),
            ([0x00, 0x00, 0x24, 0x00, 0x70, 0x28, 0x28, 0x05], "24-70mm F2.8 ZA SSM"),
            ([0x83, 0x00, 0x50, 0x00, 0x50, 0x18, 0x18, 0x00], "E 50mm F1.8 OSS"),
        ];
        for (bytes, want) in cases {
            assert_eq!(lens_spec(bytes), want);
        }
    }
}
