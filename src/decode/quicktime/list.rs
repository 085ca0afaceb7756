//! Item lists: iTunes tags, freeform tags, and QuickTime's keyed metadata (QTFF, "Metadata").

use super::{Body, boxes, language, location};
use crate::{
    decode::Sink,
    metadata::{Blob, Group, Name, Print, Priority, Tag, Value},
    table,
    tags::{self, ByteOrder, Context, Format, Row, Table, format},
};

/// Keys of one list, at most so many.
const MAX_KEYS: usize = 10_000;
/// Numbers of a value that are shown as such.
const MAX_ONE_BY_ONE: usize = 1024;
/// Values of one item, at most so many.
const MAX_VALUES: usize = 1000;
const ITUNES: Group = Group::new("quicktime", "iTunes");

/// `keys`: the names of the items to come.
pub fn keys(body: &Body, sink: &mut Sink) {
    let mut keys = Vec::new();
    for (_, key) in boxes(body.bytes.get(8..).unwrap_or_default()).take(MAX_KEYS) {
        keys.push(super::text(key));
    }
    sink.facts.movie.keys = keys;
}

/// One item of an `ilst`.
pub fn item(body: &Body, sink: &mut Sink) {
    if &body.id.name == b"----" {
        return freeform(body, sink);
    }
    let index = u32::from_be_bytes(body.id.name) as usize;
    if let Some(key) = index.checked_sub(1).and_then(|i| sink.facts.movie.keys.get(i)).cloned() {
        return keyed(&key, body, sink);
    }
    let Some(table) = table!("QuickTime::ItemList") else { return };
    let name = super::name_of(body.id.name);
    let Some(row) = row(table, &name, sink) else { return };
    for data in values(body.bytes) {
        let value = match &body.id.name {
            b"trkn" | b"disk" => of_total(data.bytes).unwrap_or_else(|| data.binary()),
            _ => data.value(Some(row)),
        };
        show(table, row, value, data.language(), body, sink);
    }
}

/// The row of a text key. Rows of lists have no conditions.
fn row(table: &'static Table, key: &str, sink: &Sink) -> Option<&'static Row> {
    table.row(key, &Value::Int(0), &Context::new(&sink.facts))
}

/// A `data` box.
struct Data<'a> {
    /// A well-known type (QTFF, table "Well-known data types").
    kind: u32,
    country: u16,
    language: u16,
    bytes: &'a [u8],
}

fn values(item: &[u8]) -> impl Iterator<Item = Data<'_>> {
    boxes(item).filter(|(name, _)| name == b"data").take(MAX_VALUES).filter_map(|(_, b)| {
        Some(Data {
            kind: u32::from_be_bytes(super::array(b, 0)?) & 0xff_ffff,
            country: u16::from_be_bytes(super::array(b, 4)?),
            language: u16::from_be_bytes(super::array(b, 6)?),
            bytes: b.get(8..)?,
        })
    })
}

impl Data<'_> {
    /// The value as its row or its own type says; else binary.
    fn value(&self, row: Option<&Row>) -> Value {
        let by_row = match row.and_then(|r| r.format) {
            Some(Format::Int8u | Format::Int8s | Format::Int16u | Format::Int32u) if matches!(self.kind, 0 | 21 | 22) => {
                self.unsigned(row)
            }
            _ => None,
        };
        by_row.or_else(|| self.text()).or_else(|| self.number()).unwrap_or_else(|| self.binary())
    }

    fn binary(&self) -> Value {
        Value::Binary(Blob::Bytes(self.bytes.to_vec()))
    }

    /// A whole number as long as the data are; other lengths one by one.
    fn unsigned(&self, row: Option<&Row>) -> Option<Value> {
        let (format, count) = match self.bytes.len() {
            1 => (Format::Int8u, 1),
            2 => (Format::Int16u, 1),
            4 => (Format::Int32u, 1),
            n if n <= MAX_ONE_BY_ONE => (row?.format?, n),
            _ => return None,
        };
        format.read(self.bytes, count, ByteOrder::Big)
    }

    /// A text, by its own type.
    fn text(&self) -> Option<Value> {
        match self.kind {
            1 | 4 => Some(Value::Text(super::text(trim(self.bytes)))),
            2 | 5 => Some(Value::Text(format::utf16(self.bytes, ByteOrder::Big))),
            3 => Some(encoding_rs::SHIFT_JIS.decode_without_bom_handling(self.bytes).0.into()),
            _ => None,
        }
    }

    /// A number, by its own type; short data without a type are numbers, too.
    fn number(&self) -> Option<Value> {
        let format = match (self.kind, self.bytes.len()) {
            (0 | 22, 1) | (75, _) => Format::Int8u,
            (0 | 22, 2) | (76, _) => Format::Int16u,
            (22, 4) | (77, _) => Format::Int32u,
            (22, 8) | (78, _) => Format::Int64u,
            (21, 1) | (65, _) => Format::Int8s,
            (21, 2) | (66, _) => Format::Int16s,
            (21, 4) | (67, _) => Format::Int32s,
            (21, 8) | (74, _) => Format::Int64s,
            (23, _) => Format::Float,
            (24, _) => Format::Double,
            _ => return None,
        };
        format.read(self.bytes, 1, ByteOrder::Big)
    }

    /// The language of this value, where it is one of several.
    fn language(&self) -> Option<String> {
        let country = [(self.country >> 8) as u8, self.country as u8];
        let country = (self.country > 255 && country.iter().all(u8::is_ascii_uppercase)).then(|| country.map(char::from));
        let language = (self.language >= 0x400).then(|| language::suffix(self.language)).flatten();
        match (language, country) {
            (language, Some([a, b])) => Some(format!("{}-{a}{b}", language.as_deref().unwrap_or("und"))),
            (language, None) => language,
        }
    }
}

/// Without the NULs at the end.
fn trim(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&b| b != 0).map_or(0, |i| i + 1);
    &bytes[..end]
}

/// `3 of 12`.
fn of_total(bytes: &[u8]) -> Option<Value> {
    let number = |at: usize| super::array(bytes, at).map(u16::from_be_bytes);
    let (n, total) = (number(2)?, number(4).unwrap_or(0));
    Some(if total == 0 { n.into() } else { format!("{n} of {total}").into() })
}

/// Adds the tag of a row, under its own name or with a language behind it.
pub fn show(table: &'static Table, row: &'static Row, value: Value, language: Option<String>, body: &Body, sink: &mut Sink) {
    if row.flags.hidden {
        return;
    }
    let (value, print) = match (row.name, &value) {
        ("VolumeNormalization" | "iTunSMPB", _) => each_printed(value, short_words),
        ("ChapterList", _) => each_printed(value, chapter),
        ("GPSCoordinates", Value::Text(text)) => location::iso6709(text).unwrap_or((value, Print::Plain)),
        (
            "ContentCreateDate" | "ReleaseDate" | "LocationDate" | "DateTimeOriginal" | "CreationDate" | "ProductionDate",
            Value::Text(text),
        ) => (date(text).into(), Print::Plain),
        ("GoogleTrackDuration", Value::Text(text)) => {
            let seconds = crate::metadata::leading_number(text).unwrap_or(0.0) / 1000.0;
            (Value::Float(seconds), Print::With(tags::print::duration))
        }
        _ => match tags::value_of(row, value, &Context::new(&sink.facts)) {
            Some(shown) => shown,
            None => return,
        },
    };
    let group = body.group_of(table);
    // Tags of a track's user data have its name in front.
    let base = match body.id.track {
        0 => Name::new_static(row.name),
        // Keys are spared.
        _ if &body.id.parent == b"ilst" => Name::new_static(row.name),
        n => format!("Track{n}{}", row.name).into(),
    };
    let mut tag = Tag { group, name: base, value, print, priority: row.priority.unwrap_or(Priority::Normal) };
    if let Some(language) = language {
        sink.push(Tag { name: format!("{}-{language}", tag.name).into(), ..tag.clone() });
        // It also stands for the default language as long as there is no better one.
        tag.priority = Priority::Low;
    }
    sink.push(tag);
}

/// ISO 8601 in Exif's spelling: `2020-01-02T03:04:05+0200` is `2020:01:02 03:04:05+02:00`.
pub fn date(text: &str) -> String {
    let b = text.as_bytes();
    let shaped = |pattern: &[u8]| {
        b.len() >= pattern.len() && pattern.iter().zip(b).all(|(&p, c)| if p == b'0' { c.is_ascii_digit() } else { p == *c })
    };
    if !text.is_ascii() || !shaped(b"0000-00-00") {
        return text.to_owned();
    }
    let mut out = text[..10].replace('-', ":");
    let rest = &text[10..];
    match rest.as_bytes().first() {
        Some(b'T' | b' ') => {
            out.push(' ');
            let (time, zone) = rest[1..].split_at(rest[1..].find(['+', '-', 'Z']).unwrap_or(rest.len() - 1));
            out.push_str(time.trim_end());
            match zone.as_bytes() {
                [_, a, b, c, d] if [a, b, c, d].iter().all(|c| c.is_ascii_digit()) => {
                    out.push_str(&zone[..3]);
                    out.push(':');
                    out.push_str(&zone[3..]);
                }
                _ => out.push_str(zone),
            }
        }
        _ => out.push_str(rest),
    }
    out
}

/// An item whose name is a key.
fn keyed(key: &str, body: &Body, sink: &mut Sink) {
    let Some(table) = table!("QuickTime::Keys") else { return };
    let short = key.strip_prefix("com.apple.quicktime.").or_else(|| key.strip_prefix("com.")).unwrap_or(key);
    let known = row(table, key, sink).or_else(|| row(table, short, sink));
    for data in values(body.bytes) {
        let value = data.value(known);
        match known {
            Some(row) => show(table, row, value, data.language(), body, sink),
            None => sink.tag(&body.group_of(table), key_name(short), value),
        }
    }
}

/// A name for an unknown key: `android.capture.fps` is `AndroidCaptureFps`.
fn key_name(key: &str) -> String {
    let mut name = String::with_capacity(key.len());
    let mut upper = true;
    for c in key.chars().take(200) {
        match c {
            '.' | '_' => upper = true,
            c if c.is_ascii_alphanumeric() || c == '-' => {
                name.push(if upper { c.to_ascii_uppercase() } else { c });
                upper = false;
            }
            _ => {}
        }
    }
    tag_like(name)
}

/// A tag's name begins with a letter and has at least two characters.
fn tag_like(name: String) -> String {
    match name.as_bytes() {
        [b'0'..=b'9' | b'-', ..] | [] | [_] => format!("Tag{name}"),
        _ => name,
    }
}

/// `----`: a name of the writer's own, in the name space `mean`.
fn freeform(body: &Body, sink: &mut Sink) {
    let Some(table) = table!("QuickTime::iTunesInfo") else { return };
    let word = |wanted: &[u8; 4]| boxes(body.bytes).find(|(n, _)| n == wanted).and_then(|(_, b)| b.get(4..)).map(super::text);
    let (Some(mean), Some(name)) = (word(b"mean"), word(b"name")) else { return };
    let known = if mean == "com.apple.iTunes" { row(table, &name, sink) } else { None };
    match (mean.as_str(), name.as_str()) {
        ("com.apple.iTunes", "Encoding Params") => return encoding(body, sink),
        // A property list about a film: a format of its own.
        ("com.apple.iTunes", "iTunMOVI") => return,
        _ => {}
    }
    let mut shown: Vec<Value> = values(body.bytes)
        .map(|data| match (data.text(), known.and_then(|r| r.format)) {
            (_, Some(format)) => format.read(data.bytes, 1, ByteOrder::Big).unwrap_or_else(|| data.binary()),
            (text, None) => text.unwrap_or_else(|| data.binary()),
        })
        .collect();
    let value = match shown.len() {
        0 => return,
        1 => shown.swap_remove(0),
        _ => Value::List(shown),
    };
    match known {
        Some(row) => show(table, row, value, None, &Body { id: body.id, bytes: &[], group: ITUNES }, sink),
        None => {
            let mut plain: String =
                name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).take(200).collect();
            if let Some(first) = plain.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            sink.tag(&ITUNES, tag_like(plain), value);
        }
    }
}

/// How iTunes encoded: names of four letters, each with a number.
fn encoding(body: &Body, sink: &mut Sink) {
    for data in values(body.bytes) {
        for parameter in data.bytes.chunks_exact(8).take(100) {
            if let (Some(name), Some(value)) = (super::array(parameter, 0), super::array(parameter, 4)) {
                let name = super::name_of(name);
                body.emit(table!("QuickTime::EncodingParams"), name.as_str(), u32::from_be_bytes(value), sink);
            }
        }
    }
}

/// A value, or each of its list, that prints in another form than it is stored in.
fn each_printed(value: Value, form: fn(&str) -> String) -> (Value, Print) {
    let one = |v: &Value| v.as_str().map_or_else(|| v.text(), form).into();
    let print = match &value {
        Value::List(values) => Print::List(values.iter().map(one).collect()),
        single => Print::Text(one(single)),
    };
    (value, print)
}

/// `61.5 title`, from its seconds on, is `[0:01:01.500] title`.
fn chapter(text: &str) -> String {
    let (start, title) = text.split_once(' ').unwrap_or((text, ""));
    let Ok(seconds) = start.parse::<f64>() else { return text.to_owned() };
    let ms = (seconds * 1000.0).round() as u64;
    let (ms, s) = (ms % 1000, ms / 1000);
    format!("[{}:{:02}:{:02}.{ms:03}] {title}", s / 3600, s / 60 % 60, s % 60)
}

/// Hexadecimal words without the zeros in front.
fn short_words(text: &str) -> String {
    let words: Vec<&str> = text
        .split_ascii_whitespace()
        .map(|word| match word.trim_start_matches('0') {
            "" => "0",
            short => short,
        })
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_unknown_keys() {
        for (key, want) in [
            ("android.capture.fps", "AndroidCaptureFps"),
            ("my-own.thing", "My-ownThing"),
            ("camera.focal_length.35mm_equivalent", "CameraFocalLength35mmEquivalent"),
            ("plain", "Plain"),
            ("1", "Tag1"),
        ] {
            assert_eq!(key_name(key), want);
        }
    }

    #[test]
    fn dates_are_spelt_as_in_exif() {
        for (text, want) in [
            ("2020-01-02T03:04:05Z", "2020:01:02 03:04:05Z"),
            ("2020-01-02T03:04:05+0200", "2020:01:02 03:04:05+02:00"),
            ("2020-01-02 03:04", "2020:01:02 03:04"),
            ("2006", "2006"),
            ("2020-01-0é", "2020-01-0é"),
        ] {
            assert_eq!(date(text), want);
        }
    }

    #[test]
    fn hexadecimal_words_lose_their_zeros() {
        assert_eq!(short_words(" 00000080 00000000 0000B5B450"), "80 0 B5B450");
    }

    #[test]
    fn chapters_print_with_a_clock() {
        for (text, want) in [
            ("0 one", "[0:00:00.000] one"),
            ("7201.2345678 two words", "[2:00:01.235] two words"),
            ("0.0004999 a", "[0:00:00.000] a"),
            ("1e-06 a", "[0:00:00.000] a"),
            ("59.9999999 ", "[0:01:00.000] "),
            ("461168601842.739 a", "[128102389:24:02.739] a"),
        ] {
            assert_eq!(chapter(text), want);
        }
    }

    #[test]
    fn what_is_stored_stays_the_value() {
        let stored = Value::List(vec![" 00000080 0".into(), Value::Int(7)]);
        let (value, print) = each_printed(stored.clone(), short_words);
        assert_eq!(value, stored);
        assert_eq!(Tag::new(ITUNES, "iTunSMPB", value).print(print).printed(), "80 0, 7");
    }
}
