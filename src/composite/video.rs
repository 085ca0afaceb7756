//! Movies and sound: bit rates, turns, durations.

use super::{Derived, Index, Row, inputs::Input::*, row};
use crate::metadata::{Print, Value, significant};

pub(super) const ROWS: &[Row] =
    &[row("AvgBitrate", &[MediaDataSize, Duration], bit_rate), row("Rotation", &[MatrixStructure, HandlerType], rotation)];

fn bit_rate(t: &Index) -> Derived {
    let duration = t.value_in("QuickTime", Duration)?.as_f64().filter(|d| *d > 0.0)?;
    let bytes: f64 = t.all(MediaDataSize).filter_map(|m| m.value.as_f64()).sum();
    let rate = (bytes * 8.0 / duration + 0.5).floor();
    Some((Value::Float(rate), Print::With(rate_print)))
}

/// `128 kbps`: three digits, or whole from 100 on.
fn rate_print(v: &Value) -> String {
    let mut rate = v.as_f64().unwrap_or(0.0);
    for unit in ["bps", "kbps", "Mbps"] {
        if rate < 1000.0 {
            return amount(rate, unit);
        }
        rate /= 1000.0;
    }
    amount(rate, "Gbps")
}

fn amount(n: f64, unit: &str) -> String {
    if n < 100.0 { format!("{} {unit}", significant(n, 3)) } else { format!("{n:.0} {unit}") }
}

/// The turn of the picture: of the first video track's matrix.
fn rotation(t: &Index) -> Derived {
    let video = t.all(HandlerType).find(|h| h.value.as_str() == Some("vide"))?;
    let matrix = t.all(MatrixStructure).find(|m| m.group.place == video.group.place)?;
    let numbers = super::index::numbers(&matrix.value);
    let (a, b) = (*numbers.first()?, *numbers.get(1)?);
    if a == 0.0 && b == 0.0 {
        return None;
    }
    let degrees = b.atan2(a).to_degrees();
    let degrees = if degrees < 0.0 { degrees + 360.0 } else { degrees };
    Some((Value::Float((degrees * 1000.0 + 0.5).floor() / 1000.0), Print::Plain))
}

/// A span of time: `11.29 s`, `0:01:05`, `2 days 3:04:05`.
pub(super) fn duration(seconds: f64) -> String {
    if seconds == 0.0 {
        return "0 s".to_owned();
    }
    let (sign, seconds) = if seconds < 0.0 { ("-", -seconds) } else { ("", seconds) };
    if seconds < 30.0 {
        return format!("{sign}{seconds:.2} s");
    }
    let whole = (seconds + 0.5).floor().min(1e15) as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 24 {
        return format!("{sign}{} days {}:{minutes:02}:{seconds:02}", hours / 24, hours % 24);
    }
    format!("{sign}{hours}:{minutes:02}:{seconds:02}")
}
