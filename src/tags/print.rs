//! Conversions (`value=NAME`) and printers (`print=NAME`) that tables name.

use super::Context;
use crate::metadata::{Blob, Print, Value, fixed, significant, write_fixed};

/// A conversion of a stored value; `None`: there is nothing to show.
pub type Convert = fn(&Value, &Context) -> Option<Value>;

/// How a converted value prints.
#[derive(Clone, Copy, Debug)]
pub enum Printer {
    /// When somebody looks.
    Lazy(fn(&Value) -> String),
    /// At once: it depends on more than the value.
    Now(fn(&Value, &Context) -> Print),
}

/// Conversions and printers of single standards and makers.
static CONVERTERS: &[fn(&str) -> Option<Convert>] = &[
    super::exif::converter,
    super::xmp::converter,
    super::canon::converter,
    super::nikon::converter,
    super::sony::converter,
    super::pentax::converter,
    super::olympus::converter,
    super::makers::converter,
];
static PRINTERS: &[fn(&str) -> Option<Printer>] = &[
    super::exif::printer,
    super::xmp::printer,
    super::canon::printer,
    super::nikon::printer,
    super::sony::printer,
    super::pentax::printer,
    super::olympus::printer,
    super::makers::printer,
];

/// The conversion of that name.
pub fn converter(name: &str) -> Option<Convert> {
    Some(match name {
        // APEX values: exposure time and f-number (Exif 3.0, annex C).
        "apex_time" => |v, _| {
            Some(Value::Float(match number(v) {
                x if x.abs() < 100.0 && !is_undefined(v) => (-x).exp2(),
                _ => 0.0,
            }))
        },
        "apex_aperture" => |v, _| Some(Value::Float((number(v) / 2.0).exp2())),
        "hex_bytes" => |v, _| Some(hex_bytes(v)),
        "swap_words" => |v, _| Some(swap_words(v)),
        _ => return CONVERTERS.iter().find_map(|find| find(name)),
    })
}

/// The printer of that name.
pub fn printer(name: &str) -> Option<Printer> {
    Some(Printer::Lazy(match name {
        "exposure_time" => exposure_time,
        "fnumber" => fnumber,
        "version" => version,
        "signed" => signed,
        "fraction" => fraction,
        "hex" => |v| v.as_i64().map_or_else(|| v.to_string(), |n| format!("0x{n:x}")),
        "yes_no" => |v| if v.as_f64() == Some(0.0) { "No" } else { "Yes" }.to_owned(),
        "on_off" => |v| if v.as_f64() == Some(0.0) { "Off" } else { "On" }.to_owned(),
        "duration" => duration,
        "bitrate" => bitrate,
        "unix_time" => |v| v.as_i64().map_or_else(|| v.to_string(), date_time),
        _ => return PRINTERS.iter().find_map(|find| find(name)),
    }))
}

/// Bytes as hexadecimal digits.
pub fn hex_bytes(v: &Value) -> Value {
    let mut out = String::new();
    let mut push = |b: u8| out.push_str(&format!("{b:02x}"));
    match v {
        Value::Binary(Blob::Bytes(bytes)) => bytes.iter().for_each(|&b| push(b)),
        Value::Array(numbers) => numbers.iter().filter_map(Value::as_i64).for_each(|n| push(n as u8)),
        _ => return v.clone(),
    }
    out.into()
}

/// 32-bit numbers whose 16-bit halves stand in the wrong order.
fn swap_words(v: &Value) -> Value {
    let swap = |v: &Value| v.as_i64().map_or_else(|| v.clone(), |n| Value::from(i64::from((n as u32).rotate_left(16))));
    match v {
        Value::Array(numbers) => Value::Array(numbers.iter().map(swap).collect()),
        one => swap(one),
    }
}

/// Seconds: `12.34 s` below half a minute, else `0:01:30`, beyond a day `1 days 1:02:03`.
pub fn duration(v: &Value) -> String {
    let Some(seconds) = v.as_f64() else { return v.to_string() };
    if seconds == 0.0 {
        return "0 s".into();
    }
    let (sign, seconds) = if seconds < 0.0 { ("-", -seconds) } else { ("", seconds) };
    if seconds < 30.0 {
        return format!("{sign}{seconds:.2} s");
    }
    let whole = (seconds + 0.5) as u64;
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 24 {
        return format!("{sign}{} days {}:{minutes:02}:{rest:02}", hours / 24, hours % 24);
    }
    format!("{sign}{hours}:{minutes:02}:{rest:02}")
}

/// Seconds since 1970, in UTC: `2024:03:15 10:30:00`.
pub fn date_time(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400).clamp(-1_000_000, 100_000_000), seconds.rem_euclid(86_400));
    let (y, m, d) = civil(days);
    format!("{y:04}:{m:02}:{d:02} {:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

/// Year, month and day of a day since 1970 (proleptic Gregorian calendar, counted in eras of 400 years from March).
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let (era, day) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let month_of_year = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month_of_year <= 2), month_of_year, of_year - (153 * month + 2) / 5 + 1)
}

/// An angle without its sign: `48 deg 51' 29.99"`.
pub fn degrees(angle: f64) -> String {
    if !angle.is_finite() {
        return angle.to_string();
    }
    let angle = angle.abs();
    let (mut degrees, mut minutes) = (angle.trunc(), ((angle - angle.trunc()) * 60.0).trunc());
    // Of several ways to the seconds the one whose last digit is the reference's.
    let mut seconds = ((angle - degrees - minutes / 60.0) * 3600.0).max(0.0);
    // What rounds up to a full minute carries over.
    if seconds >= 59.995 && fixed(seconds, 2) == "60.00" {
        seconds = 0.0;
        minutes += 1.0;
        if minutes >= 60.0 {
            minutes = 0.0;
            degrees += 1.0;
        }
    }
    format!("{degrees} deg {minutes}' {seconds:.2}\"")
}

/// An angle on the globe, with its hemisphere's letter for the sign: `48 deg 51' 29.99" N`.
pub fn position(angle: f64, [plus, minus]: [char; 2]) -> String {
    format!("{} {}", degrees(angle), if angle < 0.0 { minus } else { plus })
}

/// The number that a value is, and nothing beside it.
fn single(v: &Value) -> Option<f64> {
    match v {
        Value::Array(_) | Value::List(_) => None,
        Value::Text(t) => t.trim().parse().ok(),
        Value::Rational(1.., 0) => Some(f64::INFINITY),
        v => v.as_f64(),
    }
}

/// A value as a number as Perl takes it: `inf` is infinite, what is none is 0.
pub fn number(v: &Value) -> f64 {
    match v.elements().first() {
        Some(Value::Rational(n, 0)) if *n != 0 => f64::INFINITY,
        Some(v @ Value::Rational(..)) => v.as_f64().map_or(0.0, ten_digits),
        _ => v.as_f64().unwrap_or(0.0),
    }
}

fn is_undefined(v: &Value) -> bool {
    matches!(v.elements().first(), Some(Value::Rational(0, 0) | Value::Text(_)))
}

/// A number with up to ten significant digits.
pub fn plain_number(v: &Value) -> String {
    match v {
        Value::Float(n) => significant(*n, 10),
        v => v.to_string(),
    }
}

/// A quotient as the reference computes on: rounded to ten significant digits.
fn ten_digits(x: f64) -> f64 {
    if x.fract() == 0.0 { x } else { format!("{x:.9e}").parse().unwrap_or(x) }
}

/// Bits per second: `1.05 Mbps`, three digits.
pub fn bitrate(v: &Value) -> String {
    let Some(mut rate) = v.as_f64() else { return v.to_string() };
    let mut units = ["bps", "kbps", "Mbps", "Gbps"].into_iter().peekable();
    while let Some(unit) = units.next() {
        if rate < 1000.0 || units.peek().is_none() {
            return if rate < 100.0 { format!("{} {unit}", significant(rate, 3)) } else { format!("{rate:.0} {unit}") };
        }
        rate /= 1000.0;
    }
    v.to_string()
}

/// Seconds as photographers write them: `1/250` below a quarter, else with one decimal.
pub fn exposure_time(v: &Value) -> String {
    match single(v) {
        Some(s) if s == f64::INFINITY => "Inf".into(),
        Some(s) if s > 0.0 && s < 0.25001 => {
            let mut text = String::from("1/");
            write_fixed((0.5 + 1.0 / s).floor(), 0, &mut text);
            text
        }
        Some(s) => {
            let mut text = fixed(s, 1);
            if text.ends_with(".0") {
                text.truncate(text.len() - 2);
            }
            text
        }
        None => v.to_string(),
    }
}

/// An f-number: one decimal, two below 1.
pub fn fnumber(v: &Value) -> String {
    match single(v) {
        Some(f) if f == f64::INFINITY => "Inf".into(),
        Some(f) if f > 0.0 && f < 1.0 => fixed(f, 2),
        Some(f) if f > 0.0 => fixed(f, 1),
        _ => v.to_string(),
    }
}

/// A version of four digits: NULs vanish.
pub fn version(v: &Value) -> String {
    v.to_string().chars().filter(|&c| c != '\0').collect()
}

/// A number with its sign when it is above zero.
pub fn signed(v: &Value) -> String {
    match v.as_f64() {
        Some(n) if n > 0.0 => format!("+{v}"),
        _ => v.to_string(),
    }
}

/// A compensation as a fraction of halves and thirds: `+1/3`, `-0.7`, `0`.
pub fn fraction(v: &Value) -> String {
    let value = match v {
        Value::Rational(0, 0) => 0.0,
        Value::Rational(_, 0) => return "+Inf".to_owned(),
        _ => match v.as_f64() {
            Some(value) => value,
            None => return v.to_string(),
        },
    };
    // Values such as 0.33 stand for thirds.
    let value = value * 1.00001;
    if value == 0.0 {
        return "0".into();
    }
    if (value.trunc() / value) > 0.999 {
        return format!("{:+}", value.trunc() as i64);
    }
    if ((value * 2.0).trunc() / (value * 2.0)) > 0.999 {
        return format!("{:+}/2", (value * 2.0).trunc() as i64);
    }
    if ((value * 3.0).trunc() / (value * 3.0)) > 0.999 {
        return format!("{:+}/3", (value * 3.0).trunc() as i64);
    }
    let text = significant(value, 3);
    if value > 0.0 { format!("+{text}") } else { text }
}

/// A value in a printf pattern: each conversion takes the next element; `%s`, `%d`, `%x`, `%X`, `%c`, `%.Nf`, `%g`, `%+d`, `%.2d`, `%%`.
pub fn printf(format: &str, value: &Value) -> String {
    let mut out = String::with_capacity(format.len() + 12);
    let elements = value.elements();
    let (mut conversions, mut bytes) = (0, format.bytes());
    while let Some(b) = bytes.next() {
        conversions += usize::from(b == b'%' && bytes.next() != Some(b'%'));
    }
    let mut next = 0;
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let Some(end) = rest.find(|c: char| c.is_ascii_alphabetic()) else { break };
        let (spec, conversion) = (&rest[..end], &rest[end..=end]);
        rest = &rest[end + 1..];
        // A single conversion takes the whole value.
        let element = if conversions == 1 { Some(value) } else { elements.get(next) };
        next += 1;
        if let Some(element) = element {
            one(spec, conversion, element, &mut out);
        }
    }
    out.push_str(rest);
    out
}

fn one(spec: &str, conversion: &str, value: &Value, out: &mut String) {
    // The two that most rows have.
    match (spec, conversion, value.as_f64()) {
        ("", "s", _) => return value.write(out),
        (".1", "f", Some(n)) => return write_fixed(n, 1, out),
        _ => {}
    }
    let (width, precision) = spec.split_once('.').map_or((spec, None), |(w, p)| (w, p.parse::<usize>().ok()));
    let plus = width.contains('+');
    let zero = width.trim_start_matches('+').starts_with('0');
    let width: usize = width.trim_start_matches(['+', '-', ' ']).parse().unwrap_or(0).min(100);
    let number = value.as_f64();
    let mut text = match (conversion, number) {
        ("d", Some(n)) => format!("{:0w$}", n.trunc() as i64, w = precision.unwrap_or(0).min(100)),
        ("x", Some(n)) => format!("{:0w$x}", n as i64, w = precision.unwrap_or(0).min(100)),
        ("X", Some(n)) => format!("{:0w$X}", n as i64, w = precision.unwrap_or(0).min(100)),
        ("f", Some(n)) => fixed(n, precision.unwrap_or(6).min(100)),
        ("g", Some(n)) => significant(n, precision.unwrap_or(6)),
        ("c", Some(n)) => char::from(n.clamp(0.0, 255.0) as u8).to_string(),
        _ => value.to_string(),
    };
    if plus && number.is_some_and(|n| n >= 0.0) {
        text.insert(0, '+');
    }
    while text.len() < width {
        text.insert(0, if zero { '0' } else { ' ' });
    }
    out.push_str(&text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printers() {
        let cases: &[(&str, Value, &str)] = &[
            ("exposure_time", Value::Rational(1, 250), "1/250"),
            ("exposure_time", Value::Float(0.3), "0.3"),
            ("exposure_time", Value::Int(2), "2"),
            ("fnumber", Value::Float(2.8), "2.8"),
            ("fnumber", Value::Float(0.95), "0.95"),
            ("fnumber", Value::Rational(1, 0), "Inf"),
            ("fnumber", Value::Rational(0, 0), "undef"),
            ("exposure_time", Value::Rational(1, 0), "Inf"),
            ("fraction", Value::Rational(1, 3), "+1/3"),
            ("fraction", Value::Float(-0.5), "-1/2"),
            ("fraction", Value::Int(0), "0"),
            ("fraction", Value::Int(2), "+2"),
            ("signed", Value::Int(3), "+3"),
            ("duration", Value::Int(0), "0 s"),
            ("duration", Value::Float(12.345), "12.35 s"),
            ("duration", Value::Float(-12.345), "-12.35 s"),
            ("duration", Value::Float(30.001), "0:00:30"),
            ("duration", Value::Float(61.234), "0:01:01"),
            ("duration", Value::Int(90_000), "1 days 1:00:00"),
            ("bitrate", Value::Int(817), "817 bps"),
            ("bitrate", Value::Int(1_048_576), "1.05 Mbps"),
            ("unix_time", Value::Int(951_782_400), "2000:02:29 00:00:00"),
            ("unix_time", Value::Int(-1), "1969:12:31 23:59:59"),
        ];
        for (name, value, want) in cases {
            let Some(Printer::Lazy(f)) = printer(name) else { panic!("{name}") };
            assert_eq!(&f(value), want, "{name} {value:?}");
        }
    }

    #[test]
    fn angles() {
        let cases: &[(f64, &str)] = &[
            (0.0, "0 deg 0' 0.00\""),
            (48.858_333, "48 deg 51' 30.00\""),
            (9.999_999_99, "10 deg 0' 0.00\""),
            // Halves of a hundredth.
            (2.657_962_5, "2 deg 39' 28.66\""),
            (40.926_262_5, "40 deg 55' 34.55\""),
            (f64::INFINITY, "inf"),
        ];
        for (angle, want) in cases {
            assert_eq!(&degrees(*angle), want);
        }
        assert_eq!(position(-0.0806, ['E', 'W']), "0 deg 4' 50.16\" W");
    }

    #[test]
    fn patterns() {
        let cases: &[(&str, Value, &str)] = &[
            ("%.1f mm", Value::Float(50.04), "50.0 mm"),
            ("%s mm", Value::Rational(55, 2), "27.5 mm"),
            ("%d.%d", Value::Array(vec![1u8.into(), 2u8.into()]), "1.2"),
            ("%.8x", Value::Int(255), "000000ff"),
            ("%.3d-%.4d", Value::Array(vec![7u8.into(), 12u8.into()]), "007-0012"),
            ("%+d", Value::Int(4), "+4"),
            ("%d%%", Value::Int(50), "50%"),
            ("%s", Value::Array(vec![1u8.into(), 2u8.into()]), "1 2"),
        ];
        for (format, value, want) in cases {
            assert_eq!(&printf(format, value), want, "{format} {value:?}");
        }
    }
}
