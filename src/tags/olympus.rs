//! Olympus' conversions and printers (ExifTool tag name documentation, Olympus tags; formulae as observed).

use super::print::{Convert, Printer};
use crate::metadata::{Blob, Value};

pub(super) fn converter(name: &str) -> Option<Convert> {
    Some(match name {
        "olympus_lens" => |v, _| bytes_of(v, &[0, 2, 3]),
        "olympus_extender" => |v, _| bytes_of(v, &[0, 2]),
        "olympus_balance" => |v, _| v.elements().first().and_then(Value::as_f64).map(|x| Value::Float(x / 256.0)),
        "olympus_gradation" => |v, _| Some(gradation(v)),
        "olympus_roll" => |v, _| angle(v, -0.1),
        "olympus_pitch" => |v, _| angle(v, 0.1),
        "olympus_focus_distance" => |v, _| match v.elements().first().and_then(Value::as_f64) {
            Some(x) if x >= 4_294_967_295.0 => Some(Value::Float(f64::INFINITY)),
            x => x.map(|x| Value::Float(x / 1000.0)),
        },
        "olympus_af_point" => |v, _| v.as_i64().map(|n| Value::Array(vec![Value::Int(n & 0x1f), Value::Int(n & 0xffe0)])),
        "olympus_stabilization" => |v, _| match v {
            Value::Binary(Blob::Bytes(b)) => Some(stabilization(b).into()),
            _ => None,
        },
        _ => return None,
    })
}

pub(super) fn printer(name: &str) -> Option<Printer> {
    Some(Printer::Lazy(match name {
        "olympus_special_mode" => special_mode,
        "olympus_firmware" => firmware,
        "olympus_focus_mode" => focus_mode,
        "olympus_af_areas" => af_areas,
        "olympus_af_point_selected" => af_point_selected,
        "olympus_flash_strength" => |v| match v.elements() {
            all if !all.iter().all(is_undefined) => v.to_string(),
            [_, _, _, _] => "n/a (x4)".into(),
            _ => "n/a".into(),
        },
        "olympus_custom_saturation" | "olympus_min_max" => |v| match v.elements() {
            [value, min, max] => format!("{value} (min {min}, max {max})"),
            _ => v.to_string(),
        },
        "olympus_saturation_step" => |v| match numbers(v).as_slice() {
            [value, min, max] => format!("CS{} (min CS0, max CS{})", value.saturating_sub(*min), max.saturating_sub(*min)),
            _ => v.to_string(),
        },
        "olympus_iso_auto" => |v| {
            let words = v.elements().iter().map(|v| if v.as_i64() == Some(0) { "n/a".to_owned() } else { v.to_string() });
            words.collect::<Vec<_>>().join("; ")
        },
        "olympus_drive_mode" => drive_mode,
        "olympus_panorama" => |v| match v.elements() {
            [direction, shot] if direction.as_i64() != Some(0) => format!("{}, Shot {shot}", panorama(direction)),
            [first, ..] if first.as_i64() != Some(0) => panorama(first),
            _ => "Off".into(),
        },
        "olympus_metres" => |v| match v.as_f64() {
            Some(x) if x.is_infinite() => "inf".into(),
            _ => format!("{v} m"),
        },
        "olympus_manual_flash" => |v| match v.elements() {
            [on, _] if on.as_i64() == Some(0) => "Off".into(),
            [_, part] if part.as_i64() == Some(1) => "On (Full strength)".into(),
            [_, part] => format!("On (1/{part} strength)"),
            _ => v.to_string(),
        },
        "olympus_stabilization" => Value::to_string,
        _ => return None,
    }))
}

/// Some of the value's bytes, in hexadecimal as lenses are numbered.
fn bytes_of(v: &Value, places: &[usize]) -> Option<Value> {
    let bytes: Option<Vec<i64>> = places.iter().map(|&i| v.elements().get(i)?.as_i64()).collect();
    let (first, rest) = bytes.as_deref()?.split_first().map(|(f, r)| (*f, r.to_vec()))?;
    let mut text = format!("{first:x}");
    rest.iter().for_each(|b| text.push_str(&format!(" {b:02x}")));
    Some(text.into())
}

/// Tenths of a degree, when a second number says that they are known.
fn angle(v: &Value, unit: f64) -> Option<Value> {
    match v.elements() {
        [_, known] if known.as_i64() == Some(0) => Some("n/a".into()),
        [angle, ..] => angle.as_f64().map(|x| Value::Float(if x == 0.0 { 0.0 } else { x * unit })),
        [] => Some(v.clone()),
    }
}

fn gradation(v: &Value) -> Value {
    match v.elements() {
        [a, b, c, rest @ ..] => {
            Value::Array(std::iter::once(format!("{a} {b} {c}").into()).chain(rest.iter().cloned()).collect())
        }
        _ => v.clone(),
    }
}

fn stabilization(block: &[u8]) -> &'static str {
    match (block.get(..4), block.get(44)) {
        (Some([0, 0, 0, 0]) | None, _) => "Off",
        (_, Some(mode)) if mode & 1 == 1 => "On, Mode 1",
        _ => "On, Mode 2",
    }
}

fn numbers(v: &Value) -> Vec<i64> {
    v.elements().iter().filter_map(Value::as_i64).collect()
}

fn is_undefined(v: &Value) -> bool {
    v.as_f64().is_none_or(f64::is_nan)
}

fn panorama(direction: &Value) -> String {
    match direction.as_i64() {
        Some(0) => "(none)".into(),
        Some(1) => "Left to Right".into(),
        Some(2) => "Right to Left".into(),
        Some(3) => "Bottom to Top".into(),
        Some(4) => "Top to Bottom".into(),
        _ => format!("Unknown ({direction})"),
    }
}

fn special_mode(v: &Value) -> String {
    let [mode, sequence, direction, ..] = v.elements() else { return v.to_string() };
    let mode = match mode.as_i64() {
        Some(0) => "Normal".to_owned(),
        Some(1) => "Unknown (1)".to_owned(),
        Some(2) => "Fast".to_owned(),
        Some(3) => "Panorama".to_owned(),
        _ => format!("Unknown ({mode})"),
    };
    format!("{mode}, Sequence: {sequence}, Panorama: {}", panorama(direction))
}

/// Hexadecimal digits, the last three behind a dot.
fn firmware(v: &Value) -> String {
    let Some(n) = v.as_i64() else { return v.to_string() };
    let digits = format!("{n:x}");
    match digits.len().checked_sub(3).filter(|&at| at > 0) {
        Some(at) => format!("{}.{}", &digits[..at], &digits[at..]),
        None => digits,
    }
}

fn focus_mode(v: &Value) -> String {
    let [mode, rest @ ..] = v.elements() else { return v.to_string() };
    let mut out = match mode.as_i64() {
        Some(0) => "Single AF".to_owned(),
        Some(1) => "Sequential shooting AF".to_owned(),
        Some(2) => "Continuous AF".to_owned(),
        Some(3) => "Multi AF".to_owned(),
        Some(4) => "Face Detect".to_owned(),
        Some(10) => "MF".to_owned(),
        _ => format!("Unknown ({mode})"),
    };
    let names =
        ["S-AF", "", "C-AF", "", "MF", "Face Detect", "Imager AF", "Live View Magnification Frame", "AF sensor", "Starry Sky AF"];
    for bits in rest.iter().take(1) {
        let set = bits.as_i64().unwrap_or_default();
        let words: Vec<String> = (0..16)
            .filter(|bit| set >> bit & 1 == 1)
            .map(|bit| names.get(bit).filter(|n| !n.is_empty()).map_or_else(|| format!("[{bit}]"), |n| (*n).to_owned()))
            .collect();
        out.push_str("; ");
        out.push_str(&if words.is_empty() { "(none)".to_owned() } else { words.join(", ") });
    }
    out
}

/// Rectangles, a corner in each byte: `Center (121,121)-(133,133)`.
fn af_areas(v: &Value) -> String {
    let one = |v: &Value| {
        let area = u32::try_from(v.as_i64()?).ok().filter(|&n| n != 0)?;
        let name = match area {
            0x3679_4285 => "Left ",
            0x7979_8585 => "Center ",
            0xbd79_c985 => "Right ",
            _ => "",
        };
        let [a, b, c, d] = area.to_be_bytes();
        Some(format!("{name}({a},{b})-({c},{d})"))
    };
    let areas: Vec<String> = v.elements().iter().filter_map(one).collect();
    if areas.is_empty() { "none".into() } else { areas.join(", ") }
}

fn af_point_selected(v: &Value) -> String {
    let [_, corners @ ..] = v.elements() else { return v.to_string() };
    if corners.iter().any(is_undefined) || corners.len() != 4 {
        return "n/a".into();
    }
    let percent = |v: &Value| (v.as_f64().unwrap_or_default() * 100.0) as i64;
    match corners {
        [a, b, c, d] => format!("({}%,{}%) ({}%,{}%)", percent(a), percent(b), percent(c), percent(d)),
        _ => v.to_string(),
    }
}

fn drive_mode(v: &Value) -> String {
    let [mode, rest @ ..] = v.elements() else { return v.to_string() };
    let number = |i: usize| v.elements().get(i).and_then(Value::as_i64);
    let shutter = match (v.elements().len() > 4).then(|| number(4)).flatten() {
        Some(0) => "; Mechanical shutter",
        Some(2) => "; Anti-shock",
        Some(4) => "; Electronic shutter",
        _ => "",
    };
    let mode = match mode.as_i64() {
        Some(0) => return format!("Single Shot{shutter}"),
        Some(5) => bracketing(number(2).unwrap_or_default()),
        Some(1) => "Continuous Shooting".to_owned(),
        Some(2) => "Exposure Bracketing".to_owned(),
        Some(3) => "White Balance Bracketing".to_owned(),
        Some(4) => "Exposure+WB Bracketing".to_owned(),
        _ => format!("Unknown ({mode})"),
    };
    match rest.first() {
        Some(shot) => format!("{mode}, Shot {shot}{shutter}"),
        None => mode,
    }
}

/// What a series of pictures varies.
fn bracketing(bits: i64) -> String {
    let names = ["AE", "WB", "FL", "MF", "ISO", "AE Auto", "Focus"];
    let set: Vec<&str> = names.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1).map(|(_, name)| *name).collect();
    format!("{} Bracketing", set.join("+"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints() {
        let array = |numbers: &[i64]| Value::Array(numbers.iter().map(|&n| Value::Int(n)).collect());
        let cases: &[(&str, Value, &str)] = &[
            ("olympus_special_mode", array(&[0, 0, 0]), "Normal, Sequence: 0, Panorama: (none)"),
            ("olympus_firmware", Value::Int(0x1002), "1.002"),
            ("olympus_firmware", Value::Int(0), "0"),
            ("olympus_focus_mode", array(&[10, 16]), "MF; MF"),
            ("olympus_focus_mode", array(&[0]), "Single AF"),
            ("olympus_af_areas", array(&[2_038_007_173, 0]), "Center (121,121)-(133,133)"),
            ("olympus_af_areas", array(&[0, 0]), "none"),
            ("olympus_drive_mode", array(&[1, 2]), "Continuous Shooting, Shot 2"),
        ];
        for (name, value, want) in cases {
            let Some(Printer::Lazy(f)) = printer(name) else { panic!("{name}") };
            assert_eq!(&f(value), want, "{name} {value:?}");
        }
    }
}
