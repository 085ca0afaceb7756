//! Dates and durations of movies.

use crate::metadata::{Print, Value};

/// Seconds from 1904, where QuickTime counts from, to 1970.
const EPOCH_1904: i64 = 2_082_844_800;

/// A date in seconds since 1904, or since 1970 where writers got it wrong: `2024:03:15 10:30:00`.
pub fn date(seconds: u64) -> Value {
    let seconds = i64::try_from(seconds).unwrap_or(0);
    let unix = if seconds >= EPOCH_1904 { seconds - EPOCH_1904 } else { seconds };
    // Beyond the year 9999 it is no date.
    if unix == 0 || unix > 253_402_300_799 {
        return "0000:00:00 00:00:00".into();
    }
    let (days, second) = (unix.div_euclid(86_400), unix.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    format!("{year:04}:{month:02}:{day:02} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60).into()
}

/// The Gregorian date of a number of days since 1970 (H. Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, doy - (153 * mp + 2) / 5 + 1)
}

/// A duration in units of `scale` to the second; without a scale the number as it is.
pub fn duration(units: u64, scale: u32) -> (Value, Print) {
    match scale {
        0 => (units.into(), Print::Plain),
        _ => (Value::Float(units as f64 / f64::from(scale)), Print::With(print_duration)),
    }
}

/// `12.34 s`, from half a minute on `0:01:02`, from a day on `1 days 1:02:03`.
pub fn print_duration(value: &Value) -> String {
    let Some(t) = value.as_f64() else { return value.to_string() };
    if t == 0.0 {
        return "0 s".into();
    }
    let (sign, t) = if t < 0.0 { ("-", -t) } else { ("", t) };
    if t < 30.0 {
        return format!("{sign}{t:.2} s");
    }
    let t = (t + 0.5) as u64;
    let (mut hours, minutes, seconds) = (t / 3600, t / 60 % 60, t % 60);
    let mut days = String::new();
    if hours > 24 {
        days = format!("{} days ", hours / 24);
        hours %= 24;
    }
    format!("{sign}{days}{hours}:{minutes:02}:{seconds:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_count_from_1904() {
        for (seconds, want) in [
            (0, "0000:00:00 00:00:00"),
            (3_206_613_834, "2005:08:11 14:03:54"),
            (1, "1970:01:01 00:00:01"),
            (u64::MAX, "0000:00:00 00:00:00"),
        ] {
            assert_eq!(date(seconds), Value::from(want));
        }
    }

    #[test]
    fn durations_print_in_steps() {
        for (ms, want) in
            [(0, "0 s"), (12_345, "12.35 s"), (30_001, "0:00:30"), (61_234, "0:01:01"), (90_000_000, "1 days 1:00:00")]
        {
            assert_eq!(print_duration(&duration(ms, 1000).0), want);
        }
    }
}
