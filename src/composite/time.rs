//! When: dates put together from their parts.

use super::{
    Derived, Index, Row,
    inputs::Input::{self, *},
    low, row,
};
use crate::metadata::Print;

pub(super) const ROWS: &[Row] = &[
    row("SubSecCreateDate", &[CreateDate], |t| sub_sec(t, CreateDate, SubSecTimeDigitized, OffsetTimeDigitized)),
    row("SubSecDateTimeOriginal", &[DateTimeOriginal], |t| sub_sec(t, DateTimeOriginal, SubSecTimeOriginal, OffsetTimeOriginal)),
    row("SubSecModifyDate", &[ModifyDate], |t| sub_sec(t, ModifyDate, SubSecTime, OffsetTime)),
    row("DateTimeCreated", &[DateCreated, TimeCreated], |t| iptc(t, DateCreated, TimeCreated)),
    row("DigitalCreationDateTime", &[DigitalCreationDate, DigitalCreationTime], |t| {
        iptc(t, DigitalCreationDate, DigitalCreationTime)
    }),
    row("DateCreated", &[YearCreated, MonthDayCreated], kodak_date),
    low("DateTimeOriginal", &[DateTimeCreated], original),
];

/// Exif's date with the fraction of a second and the offset from UTC that stand beside it.
fn sub_sec(t: &Index, date: Input, fraction: Input, offset: Input) -> Derived {
    let date = t.text_in("exif", date)?;
    let fraction = t.text_in("exif", fraction);
    let offset = t.text_in("exif", offset);
    let digits = fraction.as_deref().map_or("", |f| {
        let f = f.trim();
        &f[..f.bytes().take_while(u8::is_ascii_digit).count()]
    });
    let offset = offset.as_deref().map(str::trim).filter(|o| is_offset(o) && !has_zone(&date)).unwrap_or("");
    let digits = if date.contains('.') { "" } else { digits };
    if digits.is_empty() && offset.is_empty() {
        return None;
    }
    let mut text = date.trim_end().to_owned();
    if !digits.is_empty() {
        // After the seconds, before a zone.
        let at = text.char_indices().skip(19).map(|(i, _)| i).next().unwrap_or(text.len());
        text.insert_str(at, digits);
        text.insert(at, '.');
    }
    text.push_str(offset);
    Some((text.into(), Print::Plain))
}

fn is_offset(s: &str) -> bool {
    s == "Z"
        || matches!(s.as_bytes(), [b'+' | b'-', rest @ ..] if !rest.is_empty() && rest.iter().all(|c| c.is_ascii_digit() || *c == b':'))
}

fn has_zone(date: &str) -> bool {
    date.ends_with('Z') || date.get(10..).is_some_and(|time| time.contains(['+', '-']))
}

/// IPTC's date and time.
fn iptc(t: &Index, date: Input, time: Input) -> Derived {
    let (date, time) = (t.text_in("iptc", date)?, t.text_in("iptc", time)?);
    Some((format!("{date} {time}").into(), Print::Plain))
}

fn kodak_date(t: &Index) -> Derived {
    let (year, day) = (t.text_in("Kodak", YearCreated)?, t.printed(MonthDayCreated)?);
    Some((format!("{year}:{day}").into(), Print::Plain))
}

/// IPTC's date where nothing else says when.
fn original(t: &Index) -> Derived {
    if t.has(DateTimeOriginal) {
        return None;
    }
    Some((t.value_in("Composite", DateTimeCreated)?.clone(), Print::Plain))
}
