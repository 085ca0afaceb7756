//! Dates and durations of movies.

use crate::{
    metadata::{Print, Value},
    tags::print,
};

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
    print::date_time(unix).into()
}

/// A duration in units of `scale` to the second; without a scale the number as it is.
pub fn duration(units: u64, scale: u32) -> (Value, Print) {
    match scale {
        0 => (units.into(), Print::Plain),
        _ => (Value::Float(units as f64 / f64::from(scale)), Print::With(print::duration)),
    }
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
}
