//! Pentax' conversions and printers (ExifTool tag name documentation, Pentax tags; formulae as observed).

use super::{
    Context,
    print::{Convert, Printer},
};
use crate::metadata::{Blob, Value};

pub(super) fn converter(name: &str) -> Option<Convert> {
    Some(match name {
        "pentax_date" => |v, _| match bytes(v)? {
            [a, b, month, day, ..] => Some(format!("{:04}:{month:02}:{day:02}", u16::from_be_bytes([*a, *b])).into()),
            _ => None,
        },
        "pentax_time" => |v, _| match bytes(v)? {
            [hour, minute, second, ..] => Some(format!("{hour:02}:{minute:02}:{second:02}").into()),
            _ => None,
        },
        "pentax_bracket" => |v, _| Some(bracket(v)),
        "pentax_firmware" => |v, _| match bytes(v)? {
            [a, b, c, d] => Some(format!("{}.{:02}.{:02}.{:02}", !a, !b, !c, !d).into()),
            _ => None,
        },
        "pentax_picture_mode" => |v, _| Some(picture_mode(v)),
        "pentax_color_temp" => |v, _| match bytes(v)? {
            [a, b, _, shift] => {
                let kelvin = 53_190 - i64::from(u16::from_be_bytes([*a, *b]));
                Some(Value::Array(vec![Value::Int(kelvin), nibble(*shift & 0x0f), nibble(*shift >> 4)]))
            }
            _ => None,
        },
        "pentax_color_temperature" => {
            |v, _| v.as_i64().filter(|&n| n != 0).and_then(|n| Some(Value::Int(53_190i64.checked_sub(n)?)))
        }
        "pentax_shutter_count" => shutter_count,
        "pentax_segments" => |v, _| Some(each(v, |x| if x == 0.0 || x == 255.0 { x } else { x / 8.0 - 6.0 })),
        "pentax_sr_focal" => |v, _| v.as_i64().map(|n| number(if n & 1 == 1 { n as f64 * 4.0 } else { n as f64 / 2.0 })),
        "pentax_iso" => |v, _| v.as_f64().map(|x| number((100.0 * ev(x - 32.0).exp2() + 0.5).floor())),
        "pentax_tv" => |v, _| v.as_f64().map(|x| number((-ev(x - 68.0)).exp2())),
        "pentax_av" => |v, _| v.as_f64().map(|x| number((ev(x - 68.0) / 2.0).exp2())),
        "pentax_ev" => |v, _| v.as_f64().map(|x| number(ev(x))),
        "pentax_base_ev" => |v, _| v.as_f64().map(|x| number(ev(64.0 - x))),
        "pentax_lens" => |v, _| lens(v, 0, 2),
        "pentax_lens5" => |v, _| lens(v, 0, 3),
        "pentax_fstops" => |v, _| v.as_i64().map(|n| number(5.0 + (n ^ 7) as f64 / 2.0)),
        "pentax_focal_length" => {
            |v, _| v.as_i64().map(|n| number(10.0 * (n >> 2) as f64 * ((n & 3) as f64 - 2.0).exp2().powi(2)))
        }
        "pentax_max_aperture" => |v, _| v.as_f64().filter(|&x| x > 1.0).map(|x| number(((x - 1.0) / 32.0).exp2())),
        "pentax_kelvin" => |v, _| Some(kelvin(v)),
        "pentax_caf_grid" => |v, _| v.as_i64().map(|n| Value::Array(vec![Value::Int(n >> 4 & 15), Value::Int(n & 15)])),
        _ => return None,
    })
}

pub(super) fn printer(name: &str) -> Option<Printer> {
    Some(Printer::Lazy(match name {
        "pentax_signed" => |v| v.as_f64().map_or_else(|| v.to_string(), signed),
        "pentax_signed_first" => |v| v.elements().first().and_then(Value::as_f64).map_or_else(|| v.to_string(), signed),
        "pentax_signed_parts" => |v| {
            let mut words: Vec<String> = v.elements().iter().map(Value::to_string).collect();
            if let (Some(word), Some(x)) = (words.first_mut(), v.elements().first().and_then(Value::as_f64)) {
                *word = signed(x);
            }
            words.join("; ")
        },
        "pentax_bracket" => print_bracket,
        "pentax_color_temp" => |v| match v.elements() {
            [kelvin, a, b] => format!("{kelvin} {:>2} {:>2}", plus(a), plus(b)),
            _ => v.to_string(),
        },
        "pentax_segments" => |v| {
            let one = |x: &Value| match x.as_f64() {
                Some(0.0) => "0".to_owned(),
                Some(255.0) => "n/a".to_owned(),
                Some(x) => format!("{x:.1}"),
                None => x.to_string(),
            };
            v.elements().iter().map(one).collect::<Vec<_>>().join(" ")
        },
        "pentax_faces" => |v| match v.elements() {
            [detection, faces] => {
                let detection = match detection.as_i64() {
                    Some(0) => "Off".to_owned(),
                    _ => format!("On ({detection} faces max)"),
                };
                format!("{detection}; {faces} faces detected")
            }
            _ => v.to_string(),
        },
        "pentax_interval" => |v| match v.elements() {
            [shot, total] if shot.as_i64() == Some(0) && total.as_i64() == Some(0) => "Off".into(),
            [shot, total] => format!("Shot {shot} of {total}"),
            _ => v.to_string(),
        },
        "pentax_guide_number" => |v| match v.as_f64() {
            Some(0.0) => "n/a".into(),
            Some(x) => format!("{:.0}", (x / 16.0 + 4.0).exp2()),
            None => v.to_string(),
        },
        "pentax_ymd" => |v| match v.as_i64() {
            Some(n) if (10_000_000..100_000_000).contains(&n) => format!("{}:{:02}:{:02}", n / 10_000, n / 100 % 100, n % 100),
            _ => format!("Unknown ({v})"),
        },
        "pentax_no_load" => |v| battery(v, 155.0, 35.0),
        "pentax_load" => |v| battery(v, 152.0, 34.0),
        _ => return None,
    }))
}

fn number(x: f64) -> Value {
    Value::Float(x)
}

fn bytes(v: &Value) -> Option<&[u8]> {
    match v {
        Value::Binary(Blob::Bytes(b)) => Some(b),
        _ => None,
    }
}

fn each(v: &Value, f: impl Fn(f64) -> f64) -> Value {
    let one = |v: &Value| v.as_f64().map_or_else(|| v.clone(), |x| number(f(x)));
    match v {
        Value::Array(all) => Value::Array(all.iter().map(one).collect()),
        other => one(other),
    }
}

/// Eighths of a stop, of which 3 and 5 stand for thirds.
fn ev(value: f64) -> f64 {
    let whole = value.abs().trunc();
    let thirds = match (whole % 8.0) as u8 {
        3 => 8.0 / 3.0 - 3.0,
        5 => 16.0 / 3.0 - 5.0,
        _ => 0.0,
    };
    ((whole + thirds) / 8.0).copysign(value)
}

fn signed(x: f64) -> String {
    if x == 0.0 { "0".into() } else { format!("{x:+.1}") }
}

fn plus(v: &Value) -> String {
    match v.as_i64() {
        Some(n) if n > 0 => format!("+{n}"),
        _ => v.to_string(),
    }
}

/// A signed number of four bits.
fn nibble(bits: u8) -> Value {
    let n = i64::from(bits);
    Value::Int(if n > 7 { n - 16 } else { n })
}

/// Below ten thirds of a stop, above halves.
fn bracket(v: &Value) -> Value {
    let step = |v: &Value| v.as_f64().map_or_else(|| v.clone(), |x| number(if x < 10.0 { x / 3.0 } else { x - 9.5 }));
    match v.elements() {
        [first, rest @ ..] if !rest.is_empty() => {
            Value::Array(std::iter::once(step(first)).chain(rest.iter().cloned()).collect())
        }
        _ => step(v),
    }
}

fn print_bracket(v: &Value) -> String {
    let step = |v: &Value| match v.as_f64() {
        Some(x) if x != 0.0 => format!("{x:.1}"),
        _ => "0".into(),
    };
    match v.elements() {
        [first, second] => {
            let bits = second.as_i64().unwrap_or_default();
            let kind = match bits >> 8 {
                0 => "No Extended Bracket".to_owned(),
                1 => format!("WB-BA {}", bits & 0xff),
                2 => format!("WB-GM {}", bits & 0xff),
                3 => format!("Saturation {}", bits & 0xff),
                4 => format!("Sharpness {}", bits & 0xff),
                5 => format!("Contrast {}", bits & 0xff),
                6 => format!("Hue {}", bits & 0xff),
                7 => format!("HighLowKey {}", bits & 0xff),
                n => format!("Unknown({n}) {}", bits & 0xff),
            };
            format!("{} EV, {kind}", step(first))
        }
        [] => step(v),
        [first, ..] => step(first),
    }
}

/// The first two numbers name the mode together.
fn picture_mode(v: &Value) -> Value {
    match v.elements() {
        [a, b, rest @ ..] => Value::Array(std::iter::once(format!("{a} {b}").into()).chain(rest.iter().cloned()).collect()),
        _ => v.clone(),
    }
}

/// The count is mixed with the date and the time, so that notes whose clock was changed lose it.
fn shutter_count(v: &Value, context: &Context) -> Option<Value> {
    let kept = |name: &str| context.facts.kept(name).map(|n| n as u32);
    let (date, time) = (kept("PentaxDate")?, kept("PentaxTime")?);
    let stored: [u8; 4] = bytes(v)?.try_into().ok()?;
    Some(Value::from(i64::from(u32::from_be_bytes(stored) ^ date ^ !time)))
}

/// A lens by its series and number, from the bytes of the note.
fn lens(v: &Value, series: usize, high: usize) -> Option<Value> {
    let byte = |i: usize| v.elements().get(i).and_then(Value::as_i64);
    let number = byte(high)?.checked_mul(256)?.checked_add(byte(high + 1)?)?;
    Some(Value::Array(vec![Value::Int(byte(series)? & 0x0f), Value::Int(number)]))
}

fn kelvin(v: &Value) -> Value {
    let one = |(i, v): (usize, &Value)| match v.as_f64() {
        Some(x) if i == 0 => number(53_190.0 - x),
        Some(x) => number(x / 8192.0),
        None => v.clone(),
    };
    Value::Array(v.elements().iter().enumerate().map(one).collect())
}

/// A converter's reading of the battery, with volts and percents.
fn battery(v: &Value, empty: f64, range: f64) -> String {
    match v.as_f64() {
        Some(x) => format!("{v} ({:.1}V, {}%)", x * 8.18 / 186.0, ((x - empty) * 100.0 / range) as i64),
        None => v.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Facts;

    fn convert(name: &str, value: Value) -> String {
        let facts = Facts::default();
        converter(name).and_then(|f| f(&value, &Context::new(&facts))).map_or("none".into(), |v| v.to_string())
    }

    #[test]
    fn conversions() {
        let undef = |b: &[u8]| Value::Binary(Blob::Bytes(b.to_vec()));
        let cases: &[(&str, Value, &str)] = &[
            ("pentax_date", undef(&[7, 0xd8, 3, 2]), "2008:03:02"),
            ("pentax_date", undef(&[7]), "none"),
            ("pentax_firmware", undef(&[0xfe, 0xe1, 0xff, 0xed]), "1.30.00.18"),
            ("pentax_color_temp", undef(&[0xbb, 0x71, 0, 0x2b]), "5205 -5 2"),
            ("pentax_iso", Value::Int(32), "100"),
            ("pentax_fstops", Value::Int(0), "8.5"),
            ("pentax_focal_length", Value::Int(64), "10"),
            ("pentax_sr_focal", Value::Int(20), "10"),
            ("pentax_lens", Value::Array([0xf3, 0, 1, 2].map(Value::from).to_vec()), "3 258"),
            ("pentax_shutter_count", undef(&[0; 4]), "none"),
        ];
        for (name, value, want) in cases {
            assert_eq!(&convert(name, value.clone()), want, "{name} {value:?}");
        }
    }

    #[test]
    fn prints() {
        assert_eq!(print_bracket(&Value::Array(vec![Value::Float(0.5), Value::Int(0x102)])), "0.5 EV, WB-BA 2");
        assert_eq!(battery(&Value::Int(173), 155.0, 35.0), "173 (7.6V, 51%)");
        assert_eq!(signed(ev(5.0)), "+0.7");
    }
}
