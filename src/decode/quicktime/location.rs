//! Places: ISO 6709 text.

use crate::{
    metadata::{Print, Value},
    tags::print::position,
};

/// Latitude, longitude and perhaps altitude of `+48.8577+002.2950+35/`, in degrees, in degrees and minutes, or with seconds.
pub fn iso6709(text: &str) -> Option<(Value, Print)> {
    let mut parts = signed_numbers(text);
    let latitude = degrees(parts.next()?, 2)?;
    let longitude = degrees(parts.next()?, 3)?;
    let mut numbers = vec![Value::Float(latitude), Value::Float(longitude)];
    if let Some(altitude) = parts.next().and_then(|t| t.parse().ok()) {
        numbers.push(Value::Float(altitude));
    }
    Some((Value::Array(numbers), Print::With(print)))
}

/// The runs that begin with a sign.
fn signed_numbers(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if !rest.starts_with(['+', '-']) {
            return None;
        }
        let end = rest[1..].find(|c: char| !c.is_ascii_digit() && c != '.').map_or(rest.len(), |n| n + 1);
        let (number, after) = rest.split_at(end);
        rest = after;
        Some(number)
    })
}

/// An angle; `digits` are those of its whole degrees: what is more of them are minutes and seconds.
fn degrees(text: &str, digits: usize) -> Option<f64> {
    let negative = text.starts_with('-');
    let number = text.get(1..)?;
    let whole = number.find('.').unwrap_or(number.len());
    let part = |from: usize, to: usize| number.get(from..to)?.parse::<f64>().ok();
    let angle = match whole.checked_sub(digits) {
        Some(2) => part(0, digits)? + part(digits, number.len())? / 60.0,
        Some(4) => part(0, digits)? + part(digits, digits + 2)? / 60.0 + part(digits + 2, number.len())? / 3600.0,
        _ => number.parse().ok()?,
    };
    Some(if negative { -angle } else { angle })
}

/// `48 deg 51' 27.72" N, 2 deg 17' 42.00" E, 35 m Above Sea Level`.
fn print(value: &Value) -> String {
    let number = |i: usize| value.elements().get(i).and_then(Value::as_f64);
    let mut out =
        format!("{}, {}", position(number(0).unwrap_or(0.0), ['N', 'S']), position(number(1).unwrap_or(0.0), ['E', 'W']));
    if let Some(altitude) = number(2) {
        let above = if altitude < 0.0 { "Below" } else { "Above" };
        let metres = crate::metadata::significant(altitude.abs(), 15);
        out.push_str(&format!(", {metres} m {above} Sea Level"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_ways_to_write_an_angle() {
        for (text, want) in [
            ("+48.8577+002.2950+35/", "48 deg 51' 27.72\" N, 2 deg 17' 42.00\" E, 35 m Above Sea Level"),
            ("+4851.462+00217.700-35.5/", "48 deg 51' 27.72\" N, 2 deg 17' 42.00\" E, 35.5 m Below Sea Level"),
            ("+485127.72-0021742.00", "48 deg 51' 27.72\" N, 2 deg 17' 42.00\" W"),
        ] {
            let (value, _) = iso6709(text).unwrap();
            assert_eq!(print(&value), want);
        }
        assert!(iso6709("garbage").is_none());
        assert!(iso6709("+4é").is_none());
    }
}
