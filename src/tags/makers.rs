//! Conversions and printers of the makers whose tables need few (ExifTool tag name documentation; formulae as observed).

use super::print::{Convert, Printer};
use crate::metadata::{Blob, Value};

pub(super) fn converter(name: &str) -> Option<Convert> {
    Some(match name {
        "casio_date" => |v, _| Some(casio_date(v)),
        "casio_af_point" => |v, _| Some(casio_af_point(v)),
        "panasonic_version" => |v, _| Some(panasonic_version(v)),
        "panasonic_serial" => |v, _| Some(text(v).into()),
        "apple_af_performance" => |v, _| match v.elements() {
            [first, second] => {
                let bits = second.as_i64()? as u32;
                Some(Value::Array(vec![first.clone(), i64::from(bits >> 28).into(), i64::from(bits & 0x0fff_ffff).into()]))
            }
            _ => Some(v.clone()),
        },
        "reconyx_date" => |v, _| {
            numbers(v, |n| match n {
                [year, day, ..] => Some(format!("{year:04x}:{:02x}:{:02x}", day >> 8, day & 0xff).into()),
                _ => None,
            })
        },
        "reconyx_event" => |v, _| numbers(v, |n| Some(Value::Int((*n.first()? << 16) + *n.get(1)?))),
        "reconyx_time" => |v, _| {
            numbers(v, |n| match n {
                [second, minute, hour, month, day, year] => Some(time(*year, *month, *day, *hour, *minute, *second)),
                _ => None,
            })
        },
        "reconyx_time8" => |v, _| {
            numbers(v, |n| match n {
                [second, minute, hour, day, month, low, high] => {
                    Some(time((high & 0xff) * 256 + (low & 0xff), *month, *day, *hour, *minute, *second))
                }
                _ => None,
            })
        },
        "reconyx_firmware" => |v, _| {
            numbers(v, |n| match n {
                [major, minor, letter] => Some(format!("{major}.{minor}{}", char::from(*letter as u8)).into()),
                _ => None,
            })
        },
        "reconyx_version" => |v, _| Some(reconyx_version(v)),
        "sigma_value" => |v, _| Some(sigma_value(v)),
        "sigma_microseconds" => |v, _| {
            let whole = v.to_string();
            whole.split(' ').next()?.parse::<f64>().ok().map(|x| Value::Float(x / 1_000_000.0))
        },
        "ricoh_firmware" => |v, _| Some(ricoh_firmware(v)),
        "ricoh_date" => |v, _| {
            numbers(v, |n| match n {
                [a, b, c, d, e, f, g] => Some(format!("{a:02x}{b:02x}:{c:02x}:{d:02x} {e:02x}:{f:02x}:{g:02x}").into()),
                _ => None,
            })
        },
        "nintendo_serial" => |v, _| {
            numbers(v, |n| {
                let digits: String = n.iter().map(|b| format!("{:02x}", b & 0xff)).collect();
                Some(format!("0x{digits}").into())
            })
        },
        "jvc_versions" => |v, _| Some(jvc_versions(v)),
        _ => return None,
    })
}

pub(super) fn printer(name: &str) -> Option<Printer> {
    Some(Printer::Lazy(match name {
        "fuji_serial" => fuji_serial,
        "fuji_flicker" => |v| match v.as_i64() {
            Some(n) => format!("{} (0x{n:04x})", if n >> 13 & 1 == 1 { "On" } else { "Off" }),
            None => v.to_string(),
        },
        "casio_metres" => |v| match v.as_f64() {
            Some(x) if x >= 536_870.912 => "inf".into(),
            _ => format!("{v} m"),
        },
        "panasonic_serial" => panasonic_serial,
        "panasonic_uptime" => uptime,
        "apple_range" => |v| match v.elements() {
            [a, b] => {
                let (a, b) = (a.as_f64().unwrap_or_default(), b.as_f64().unwrap_or_default());
                format!("{:.2} - {:.2} m", a.min(b), a.max(b))
            }
            _ => v.to_string(),
        },
        "kodak_sharpness" => |v| match v.as_i64() {
            Some(0) => "Normal".into(),
            Some(n) if n > 0 => format!("+{n}"),
            _ => v.to_string(),
        },
        "olympus_zoom" => |v| {
            let text = v.to_string();
            if text.contains('.') || !text.starts_with(|c: char| c.is_ascii_digit()) { text } else { text + ".0" }
        },
        _ => return None,
    }))
}

fn numbers(v: &Value, f: impl FnOnce(&[i64]) -> Option<Value>) -> Option<Value> {
    let all: Option<Vec<i64>> = v.elements().iter().map(Value::as_i64).collect();
    f(&all?)
}

fn time(year: i64, month: i64, day: i64, hour: i64, minute: i64, second: i64) -> Value {
    format!("{year:04}:{month:02}:{day:02} {hour:02}:{minute:02}:{second:02}").into()
}

/// Text in undefined data, without the NULs around it.
fn text(v: &Value) -> String {
    match v {
        Value::Binary(Blob::Bytes(bytes)) => {
            let from = bytes.iter().position(|&b| b != 0).unwrap_or(bytes.len());
            let rest = &bytes[from..];
            let end = rest.iter().position(|&b| b == 0).unwrap_or(rest.len());
            String::from_utf8_lossy(&rest[..end]).into_owned()
        }
        other => other.to_string().trim_matches('\0').to_owned(),
    }
}

/// `YYMMDDHHMM` with NULs between.
fn casio_date(v: &Value) -> Value {
    let raw = match v {
        Value::Binary(Blob::Bytes(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        other => other.to_string(),
    };
    let digits: Vec<char> = raw.chars().filter(|&c| c != '\0').collect();
    if digits.len() != 10 || !digits.iter().all(char::is_ascii_digit) {
        return raw.trim_matches('\0').into();
    }
    let at = |i: usize| -> String { digits.iter().skip(i).take(2).collect() };
    let century = if at(0).as_str() < "70" { "20" } else { "19" };
    format!("{century}{}:{}:{} {}:{}", at(0), at(2), at(4), at(6), at(8)).into()
}

/// The place as parts of the picture's width and height.
fn casio_af_point(v: &Value) -> Value {
    let n: Vec<f64> = v.elements().iter().filter_map(Value::as_f64).collect();
    match n.as_slice() {
        [x, width, y, height] if *x < 65_535.0 && *width > 0.0 && *height > 0.0 => {
            Value::Array(vec![Value::Float(x / width), Value::Float(y / height)])
        }
        _ => "n/a".into(),
    }
}

/// Four bytes, or four digits.
fn panasonic_version(v: &Value) -> Value {
    let bytes: Vec<i64> = v.elements().iter().filter_map(Value::as_i64).collect();
    if bytes.len() == v.elements().len() && bytes.iter().any(|b| !(0x20..0x7f).contains(b)) {
        return bytes.iter().map(i64::to_string).collect::<Vec<_>>().join(".").into();
    }
    bytes.iter().map(|&b| char::from(b as u8)).collect::<String>().into()
}

/// `(F65) 2012:03:26 no. 0376`: the model, the day and the number of that day.
fn panasonic_serial(v: &Value) -> String {
    let text = v.to_string();
    let serial = text.trim_end();
    let digits = |from: usize, to: usize| serial.get(from..to).filter(|d| d.bytes().all(|b| b.is_ascii_digit()));
    let model = serial.get(..3).filter(|m| m.starts_with(|c: char| c.is_ascii_uppercase()));
    match (model, digits(1, 3), digits(3, 5), digits(5, 7), digits(7, 9), digits(9, 13)) {
        (Some(model), Some(_), Some(year), Some(month), Some(day), Some(number))
            if matches!(month.parse(), Ok(1..=12)) && matches!(day.parse(), Ok(1..=31)) =>
        {
            let century = if year < "70" { "20" } else { "19" };
            format!("({model}) {century}{year}:{month}:{day} no. {number}")
        }
        _ => text,
    }
}

/// `2 days 00:04:01.84`.
fn uptime(v: &Value) -> String {
    let Some(seconds) = v.as_f64().filter(|s| *s >= 0.0) else { return v.to_string() };
    let hundredths = (seconds * 100.0).round() as u64;
    let (days, rest) = (hundredths / 8_640_000, hundredths % 8_640_000);
    let clock = format!("{:02}:{:02}:{:02}.{:02}", rest / 360_000, rest / 6_000 % 60, rest / 100 % 60, rest % 100);
    if days > 0 { format!("{days} days {clock}") } else { clock }
}

/// A serial number that ends with text in hexadecimal, a date and twelve digits.
fn fuji_serial(v: &Value) -> String {
    let whole = v.to_string();
    let split = || {
        let words = whole.trim_end();
        let id = words.get(words.len().checked_sub(12)?..)?;
        let before = words.get(..words.len() - 12)?;
        let date = before.get(before.len().checked_sub(6)?..)?;
        let rest = before.get(..before.len() - 6)?;
        let (year, month, day) = (date.get(..2)?, date.get(2..4)?, date.get(4..6)?);
        if ![year, month, day].iter().all(|d| d.bytes().all(|b| b.is_ascii_digit())) {
            return None;
        }
        let hex = rest.len() - rest.bytes().rev().take_while(u8::is_ascii_hexdigit).count();
        let hex = if (rest.len() - hex) % 2 == 1 { hex + 1 } else { hex };
        let code = rest.get(hex..)?;
        let letters: Option<Vec<u8>> =
            (0..code.len()).step_by(2).map(|i| u8::from_str_radix(code.get(i..i + 2)?, 16).ok()).collect();
        // Digits of the number itself may stand before the text.
        let letters = letters?;
        let from = letters.iter().rposition(|b| !b.is_ascii_graphic()).map_or(0, |i| i + 1);
        let name = String::from_utf8_lossy(letters.get(from..)?).into_owned();
        let front = rest.get(..hex + from * 2)?;
        let century = if year < "70" { "20" } else { "19" };
        let gap = if front.ends_with(' ') { "" } else { " " };
        Some(format!("{front}{gap}{name} {century}{year}:{month}:{day} {id}"))
    };
    split().unwrap_or_else(|| whole.clone())
}

fn reconyx_version(v: &Value) -> Value {
    let Value::Binary(Blob::Bytes(bytes)) = v else { return v.clone() };
    match bytes.as_slice() {
        [major, minor, y1, y2, month, day, revision] => {
            format!("{major:x}.{minor:x} {y1:02x}{y2:02x}:{month:02x}:{day:02x} Rev.{}", char::from(*revision)).into()
        }
        _ => v.clone(),
    }
}

/// `Expo:+0.8`: the value behind the name.
fn sigma_value(v: &Value) -> Value {
    match v {
        Value::Text(t) => t.split_once(':').map_or(t.as_str(), |(_, value)| value.trim_start()).into(),
        other => other.clone(),
    }
}

/// `Rev2219`: `22.19`.
fn ricoh_firmware(v: &Value) -> Value {
    let whole = v.to_string();
    let digits = whole.trim_start_matches(['R', 'e', 'v']).trim_end();
    match digits.len().checked_sub(2).filter(|_| digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit())) {
        Some(at) => format!("{}.{}", digits[..at].trim_start_matches('0').parse::<u32>().unwrap_or(0), &digits[at..]).into(),
        None => whole.into(),
    }
}

/// Texts with NULs between them.
fn jvc_versions(v: &Value) -> Value {
    let Value::Binary(Blob::Bytes(bytes)) = v else { return v.clone() };
    let words: Vec<_> = bytes.split(|&b| b == 0).filter(|w| !w.is_empty()).map(String::from_utf8_lossy).collect();
    words.join(", ").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints() {
        let cases: &[(&str, Value, &str)] = &[
            (
                "fuji_serial",
                "FFDT22794526     593332303134151113535030217060".into(),
                "FFDT22794526     Y32014 2015:11:13 535030217060",
            ),
            ("fuji_flicker", Value::Int(0x23), "Off (0x0023)"),
            ("panasonic_serial", "F651203260376".into(), "(F65) 2012:03:26 no. 0376"),
            ("panasonic_serial", "S010604030293".into(), "(S01) 2006:04:03 no. 0293"),
            ("panasonic_serial", "".into(), ""),
            ("panasonic_uptime", Value::Float(241.84), "00:04:01.84"),
        ];
        for (name, value, want) in cases {
            let Some(Printer::Lazy(f)) = printer(name) else { panic!("{name}") };
            assert_eq!(&f(value), want, "{name} {value:?}");
        }
    }

    #[test]
    fn conversions() {
        assert_eq!(casio_date(&"0302\0\x002809\0\x0045\0\0".into()).to_string(), "2003:02:28 09:45");
        assert_eq!(ricoh_firmware(&"Rev2219".into()).to_string(), "22.19");
        assert_eq!(ricoh_firmware(&"Rev0207".into()).to_string(), "2.07");
        assert_eq!(sigma_value(&"Expo:+0.8".into()).to_string(), "+0.8");
    }
}
