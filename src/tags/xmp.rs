//! Conversions and printers of values that XMP keeps as text.

use super::print::{Convert, Printer, exposure_time, fnumber, position};
use crate::metadata::{Blob, Value, leading_number};

pub fn converter(name: &str) -> Option<Convert> {
    Some(match name {
        "xmp_date" => |v, _| Some(v.as_str().map_or_else(|| v.clone(), |t| date(t).into())),
        "xmp_degrees" => |v, _| Some(v.as_str().and_then(degrees).map_or_else(|| v.clone(), Value::Float)),
        "base64" => |v, _| Some(v.as_str().and_then(base64).map_or_else(|| v.clone(), |b| Value::Binary(Blob::Bytes(b)))),
        // PLUS terms are URIs of one vocabulary (PLUS LDF 2.0).
        "plus_vocabulary" => |v, _| {
            Some(
                v.as_str()
                    .and_then(|t| t.strip_prefix("http://ns.useplus.org/ldf/vocab/"))
                    .map_or_else(|| v.clone(), Value::from),
            )
        },
        "fractions" => |v, _| Some(v.as_str().map_or_else(|| v.clone(), fractions)),
        _ => return None,
    })
}

pub fn printer(name: &str) -> Option<Printer> {
    Some(Printer::Lazy(match name {
        "xmp_exposure_time" => |v| if is_number(v) { exposure_time(v) } else { v.to_string() },
        "xmp_fnumber" => |v| if is_number(v) { fnumber(v) } else { v.to_string() },
        "iptc_time" => iptc_time,
        "photomech_prefs" => photomech_prefs,
        "latitude" => |v| dms(v, ['N', 'S']),
        "longitude" => |v| dms(v, ['E', 'W']),
        "focus_distance" => |v| if v.as_f64() == Some(4294967295.0) { "infinity".into() } else { v.to_string() },
        _ => return None,
    }))
}

/// `7/2` as a number; by zero as `inf` or `undef`.
pub fn fraction(text: &str) -> Option<Value> {
    let (numerator, denominator) = text.split_once('/')?;
    let whole = |s: &str| {
        let digits = s.strip_prefix('-').unwrap_or(s);
        (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse::<f64>().ok())?
    };
    let (n, d) = (whole(numerator)?, whole(denominator)?);
    Some(if d != 0.0 {
        Value::Float(n / d)
    } else if n != 0.0 {
        Value::Text("inf".into())
    } else {
        Value::Text("undef".into())
    })
}

/// A number, or a text that is one from its beginning to its end.
fn is_number(value: &Value) -> bool {
    match value {
        Value::Text(t) => t.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) && t.parse::<f64>().is_ok(),
        _ => true,
    }
}

/// `062751-0500` as `06:27:51-05:00` (IIM, time).
fn iptc_time(v: &Value) -> String {
    let text = v.to_string();
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    match (text.get(..6), text.get(6..)) {
        (Some(time), Some(zone)) if digits(time) => {
            let zone = match zone.as_bytes() {
                [b'+' | b'-', rest @ ..] if rest.len() == 4 && rest.is_ascii() => format!("{}:{}", &zone[..3], &zone[3..]),
                _ => zone.to_owned(),
            };
            format!("{}:{}:{}{zone}", &time[..2], &time[2..4], &time[4..])
        }
        _ => text,
    }
}

/// What PhotoMechanic keeps of its own marks, by position.
fn photomech_prefs(v: &Value) -> String {
    let text = v.to_string();
    match text.split(':').collect::<Vec<_>>()[..] {
        [tagged, class, rating, frame] => format!("Tagged:{tagged}, ColorClass:{class}, Rating:{rating}, FrameNum:{frame}"),
        _ => text,
    }
}

/// `18/1 70/1 35/10 45/10`
fn fractions(text: &str) -> Value {
    let one = |part: &str| fraction(part).unwrap_or_else(|| Value::Text(part.into()));
    if text.len() > 1000 {
        return text.into();
    }
    Value::Array(text.split_ascii_whitespace().map(one).collect())
}

/// `2021-03-04T05:06:07+01:00` as `2021:03:04 05:06:07+01:00`; `None` when it is no date with a time.
pub fn time(text: &str) -> Option<String> {
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', ' '])?;
    let b = rest.as_bytes();
    let is_time = b.len() >= 5 && b[2] == b':' && [0, 1, 3, 4].iter().all(|&i| b[i].is_ascii_digit());
    (is_date(date) && is_time).then(|| format!("{} {}", date.replace('-', ":"), rest))
}

/// `2021`, `2021-03` or `2021-03-04`.
fn is_date(text: &str) -> bool {
    matches!(text.len(), 4 | 7 | 10)
        && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() })
}

/// A date as it prints (ISO 8601 has `-` and `T`); other text stays as it is.
fn date(text: &str) -> String {
    match time(text) {
        Some(t) => t,
        None if is_date(text) => text.replace('-', ":"),
        None => text.to_owned(),
    }
}

/// GPSCoordinate (XMP part 2, 1.2.7.4): `48,51.5N`, `2,20,30W`; also plain degrees.
fn degrees(text: &str) -> Option<f64> {
    let text = text.trim();
    let (text, negative) = match text.as_bytes().last()?.to_ascii_uppercase() {
        b'S' | b'W' => (&text[..text.len() - 1], true),
        b'N' | b'E' => (&text[..text.len() - 1], false),
        _ => (text, false),
    };
    let mut scale = 1.0;
    let mut sum = 0.0;
    for part in text.splitn(3, ',') {
        sum += leading_number(part)? * scale;
        scale /= 60.0;
    }
    Some(if negative { -sum } else { sum })
}

/// Degrees as people read them; what are none stay as they are.
fn dms(v: &Value, hemispheres: [char; 2]) -> String {
    let Value::Float(angle) = *v else { return v.to_string() };
    position(angle, hemispheres)
}

/// The bytes that a text stands for.
pub fn base64(text: &str) -> Option<Vec<u8>> {
    use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
    let packed: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=').collect();
    STANDARD_NO_PAD.decode(packed).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let cases = [
            ("2021-03-04T05:06:07+01:00", "2021:03:04 05:06:07+01:00"),
            ("2021-03-04 05:06", "2021:03:04 05:06"),
            ("2021-03", "2021:03"),
            ("2021", "2021"),
            ("14:58:24Z", "14:58:24Z"),
            ("abc-12-12", "abc-12-12"),
            ("20210304T050607", "20210304T050607"),
            ("", ""),
        ];
        for (text, want) in cases {
            assert_eq!(date(text), want, "{text}");
        }
    }

    #[test]
    fn coordinates() {
        let cases = [
            ("48,51.5N", "48 deg 51' 30.00\" N"),
            ("2,20,30W", "2 deg 20' 30.00\" W"),
            ("-12.345", "12 deg 20' 42.00\" E"),
            ("59,59.99999S", "60 deg 0' 0.00\" S"),
        ];
        for (text, want) in cases {
            let value = Value::Float(degrees(text).unwrap());
            let hemispheres = if text.ends_with(['N', 'S']) { ['N', 'S'] } else { ['E', 'W'] };
            let want = if text.starts_with('-') { want.replace('E', "W") } else { want.to_owned() };
            assert_eq!(dms(&value, hemispheres), want, "{text}");
        }
        assert_eq!(degrees("north"), None);
    }

    #[test]
    fn lenses() {
        let cases = [
            ("18/1 70/1 35/10 45/10", "18-70mm f/3.5-4.5"),
            ("24/1 70/1 0/0 0/0", "24-70mm f/?"),
            ("50/1 50/1 14/10 14/10", "50mm f/1.4"),
            ("x", "x"),
        ];
        for (text, want) in cases {
            assert_eq!(crate::tags::exif::lens_info(&fractions(text)), want);
        }
    }
}
