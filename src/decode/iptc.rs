//! IPTC IIM 4.2 datasets: marker, record, number, length, value.

use super::{
    Sink, md5,
    text::{hex, lossy, until_nul, without_nuls},
};
use crate::{
    input::Input,
    metadata::{Blob, FILE, Group, Name, Print, Tag, Value},
    table,
    tags::{Context, Format, Row, Table, value_of},
};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use std::collections::HashMap;

/// No block is larger.
const MAX_BLOCK: u64 = 16 * 1024 * 1024;
/// Datasets of one block, at most so many.
const MAX_DATASETS: usize = 50_000;
/// 1.5: every dataset begins with it.
const MARKER: u8 = 0x1c;
const ENVELOPE: u8 = 1;
const CODED_CHARACTER_SET: u8 = 90;

pub fn decode(input: &Input, sink: &mut Sink) {
    let bytes = match input.all(MAX_BLOCK) {
        Ok(bytes) => bytes,
        Err(e) => return sink.warn(e.to_string()),
    };
    let group = match sink.ordinal {
        0 => {
            sink.tag(&FILE, "CurrentIPTCDigest", hex(&md5::md5(&bytes)));
            Group::new("iptc", "IPTC")
        }
        n => Group { kind: "iptc", place: Name::new(format!("IPTC{}", n.saturating_add(1))) },
    };
    let mut block = Block { charset: Charset::default(), lists: HashMap::new(), group };
    let mut rest = &bytes[..];
    for _ in 0..MAX_DATASETS {
        match dataset(rest) {
            Some((record, number, value, after)) => {
                block.dataset(record, number, value, sink);
                rest = after;
            }
            // TIFF pads to four bytes.
            None if rest.len() < 5 || rest.iter().all(|&b| b == 0) => return,
            None => return sink.warn("the IPTC block is damaged"),
        }
    }
}

/// Record, number and value of the first dataset, and what follows (1.5.4; an extended length is counted in bytes).
fn dataset(bytes: &[u8]) -> Option<(u8, u8, &[u8], &[u8])> {
    let (&[marker, record, number, high, low], rest) = bytes.split_first_chunk::<5>()?;
    if marker != MARKER {
        return None;
    }
    let short = u16::from_be_bytes([high, low]);
    let (len, rest) = if short & 0x8000 == 0 {
        (usize::from(short), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(short & 0x7fff)).filter(|(d, _)| d.len() <= 8)?;
        (digits.iter().fold(0usize, |n, &d| n.wrapping_shl(8) | usize::from(d)), rest)
    };
    let (value, after) = rest.split_at_checked(len)?;
    Some((record, number, value, after))
}

/// How texts of records 2 and up are coded.
#[derive(Clone, Copy)]
struct Charset {
    encoding: &'static Encoding,
    /// As the block says: else it is a guess.
    known: bool,
}

impl Default for Charset {
    fn default() -> Self {
        Charset { encoding: WINDOWS_1252, known: true }
    }
}

/// A block being decoded.
struct Block {
    charset: Charset,
    /// Where in the sink the tag of a repeated dataset is.
    lists: HashMap<(u8, u8), usize>,
    group: Group,
}

/// The table of a record's datasets.
pub fn table(record: u8) -> Option<&'static Table> {
    match record {
        ENVELOPE => table!("IPTC::1"),
        2 => table!("IPTC::2"),
        3 => table!("IPTC::3"),
        7 => table!("IPTC::7"),
        8 => table!("IPTC::8"),
        9 => table!("IPTC::9"),
        _ => None,
    }
}

impl Block {
    fn dataset(&mut self, record: u8, number: u8, bytes: &[u8], sink: &mut Sink) {
        let Some((table, row)) =
            table(record).and_then(|t| Some((t, t.row(number, &Value::Int(0), &Context::new(&sink.facts))?)))
        else {
            return;
        };
        if (record, number) == (ENVELOPE, CODED_CHARACTER_SET) {
            self.charset = charset(bytes);
            return sink.printed(&self.group, row.name, lossy(bytes), escapes(bytes));
        }
        if row.name == "Prefs"
            && let Some(print) = preferences(bytes)
        {
            return sink.printed(&self.group, row.name, lossy(bytes), print);
        }
        let charset = if record == ENVELOPE { Charset { encoding: UTF_8, known: true } } else { self.charset };
        let (value, print) = match dated(row.name, row.format, bytes) {
            Some(text) => (Value::Text(text), Print::Plain),
            None => match value_of(row, read(row, bytes, charset), &Context::new(&sink.facts)) {
                Some(pair) => pair,
                None => return,
            },
        };
        self.push((record, number), table, row, value, print, sink);
    }

    /// Adds a tag, or an element to the list that an earlier dataset of the number began.
    fn push(&mut self, key: (u8, u8), table: &Table, row: &Row, value: Value, print: Print, sink: &mut Sink) {
        if row.flags.list {
            if let Some(tag) = self.lists.get(&key).and_then(|&i| sink.metadata.tags.get_mut(i)) {
                match &mut tag.value {
                    Value::List(elements) => elements.push(value),
                    one => *one = Value::List(vec![std::mem::replace(one, Value::Int(0)), value]),
                }
                return;
            }
            self.lists.insert(key, sink.metadata.tags.len());
        }
        sink.push(Tag { group: self.group.clone(), name: Name::new_static(row.name), value, print, priority: table.priority });
    }
}

/// A value as its row says: a number of any length, text, or data.
fn read(row: &Row, bytes: &[u8], charset: Charset) -> Value {
    match row.format {
        Some(Format::Undef) => Value::Binary(Blob::Bytes(bytes.to_vec())),
        // A line each, that ends in a NUL.
        Some(Format::String) if row.name == "DocumentHistory" => {
            let lines: Vec<&[u8]> = bytes.split(|&b| b == 0).filter(|line| !line.is_empty()).collect();
            text(&lines.join(&b'\n'), charset)
        }
        Some(Format::String) | None => text(bytes, charset),
        Some(_) if bytes.len() <= 4 => bytes.iter().fold(0i64, |n, &b| n << 8 | i64::from(b)).into(),
        Some(_) => match bytes.iter().position(|&b| b != 0) {
            None => Value::Int(0),
            Some(zeros) if bytes.len() - zeros <= 7 && bytes[0] == 0 => {
                bytes.iter().fold(0i64, |n, &b| n << 8 | i64::from(b)).into()
            }
            Some(_) => text(bytes, charset),
        },
    }
}

fn text(bytes: &[u8], charset: Charset) -> Value {
    if bytes.is_ascii() || charset.encoding == UTF_8 || !charset.known {
        return Value::Text(lossy(&without_nuls(bytes)));
    }
    // ExifTool's habit: only what has to be decoded ends at its first NUL.
    Value::Text(charset.encoding.decode_without_bom_handling(until_nul(bytes)).0.into())
}

/// 1:90 holds ISO 2022 escape sequences.
fn charset(bytes: &[u8]) -> Charset {
    let encoding: Option<&'static Encoding> = match bytes {
        b"\x1b%G" | b"\x1b%/I" => Some(UTF_8),
        b"\x1b-A" | b"\x1b.A" | b"\x1b(B" | b"" => Some(WINDOWS_1252),
        b"\x1b-B" | b"\x1b.B" => Some(encoding_rs::ISO_8859_2),
        b"\x1b-F" | b"\x1b.F" => Some(encoding_rs::ISO_8859_7),
        b"\x1b-L" | b"\x1b.L" => Some(encoding_rs::ISO_8859_5),
        b"\x1b-M" | b"\x1b.M" => Some(encoding_rs::WINDOWS_1254),
        _ => None,
    };
    Charset { encoding: encoding.unwrap_or(UTF_8), known: encoding.is_some() }
}

/// `UTF8`, or the escape sequences in words: `ESC - A`.
fn escapes(bytes: &[u8]) -> String {
    if bytes == b"\x1b%G" {
        return "UTF8".into();
    }
    let mut out = String::new();
    for (i, &b) in bytes.iter().filter(|&&b| b != 0).take(64).enumerate() {
        match b {
            0x1b if i == 0 => out.push_str("ESC"),
            0x1b => out.push_str(", ESC"),
            _ => {
                if i > 0 {
                    out.push(' ');
                }
                out.push(if b.is_ascii() { char::from(b) } else { '?' });
            }
        }
    }
    out
}

/// Dates `CCYYMMDD` print as `CCYY:MM:DD`, times `HHMMSS±HHMM` as `HH:MM:SS±HH:MM`; `None`: no date, or none in that shape.
fn dated(name: &str, format: Option<Format>, bytes: &[u8]) -> Option<Name> {
    if format != Some(Format::String) {
        return None;
    }
    let digits = |s: &[u8]| s.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(bytes).ok()?.trim_end_matches('\0');
    if matches!(name, "DateSent" | "ReleaseDate" | "ExpirationDate" | "ReferenceDate" | "DateCreated" | "DigitalCreationDate") {
        let plain: Vec<u8> = text.bytes().filter(|&b| b != b'-').collect();
        let plain = std::str::from_utf8(&plain).ok()?;
        (plain.len() == 8 && digits(plain.as_bytes())).then(|| format!("{}:{}:{}", &plain[..4], &plain[4..6], &plain[6..]).into())
    } else if matches!(name, "TimeSent" | "ReleaseTime" | "ExpirationTime" | "TimeCreated" | "DigitalCreationTime") {
        let (time, rest) = text.split_at_checked(6).filter(|(t, _)| digits(t.as_bytes()))?;
        let at = rest.find(['+', '-']).filter(|&i| rest.len() == i + 5 && digits(&rest.as_bytes()[i + 1..]));
        let zone = at.map_or(rest.to_owned(), |i| format!("{}:{}", &rest[..i + 3], &rest[i + 3..]));
        Some(format!("{}:{}:{}{zone}", &time[..2], &time[2..4], &time[4..]).into())
    } else {
        None
    }
}

/// 2:221, as Photo Mechanic writes it: four numbers.
fn preferences(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut parts = text.splitn(4, ':');
    let (tagged, class, rating, frame) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let number = |s: &str| !s.is_empty() && s.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit());
    [tagged, class, rating, frame]
        .iter()
        .all(|s| number(s))
        .then(|| format!("Tagged:{tagged}, ColorClass:{class}, Rating:{rating}, FrameNum:{frame}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(record: u8, number: u8, value: &[u8]) -> Vec<u8> {
        [&[MARKER, record, number][..], &(value.len() as u16).to_be_bytes(), value].concat()
    }

    fn decoded(bytes: Vec<u8>) -> Sink {
        let mut sink = Sink::default();
        decode(&Input::from_bytes(bytes), &mut sink);
        sink
    }

    #[test]
    fn datasets_print() {
        let cases: &[(&[u8], u8, &[u8], &str, &str)] = &[
            (b"", 5, b"caf\xe9\0", "ObjectName", "café"),
            (b"\x1b%G", 5, "café".as_bytes(), "ObjectName", "café"),
            (b"\x1b%G", 80, b"me", "By-line", "me"),
            (b"", 120, b"cap\0tion", "Caption-Abstract", "caption"),
            (b"", 120, b"\0cap\0 t", "Caption-Abstract", "cap t"),
            (b"", 120, b"\xe9\0cap", "Caption-Abstract", "é"),
            (b"\x1b%G", 120, b"c\0\xc3\xa9\0 t", "Caption-Abstract", "cé t"),
            (b"", 231, b"a\0b\0\0c\0", "DocumentHistory", "a\nb\nc"),
            (b"", 116, b"(c)", "CopyrightNotice", "(c)"),
            (b"", 0, &[0, 4], "ApplicationRecordVersion", "4"),
            (b"", 10, b"1", "Urgency", "1 (most urgent)"),
            (b"", 10, b"5 ", "Urgency", "Unknown (5 )"),
            (b"", 55, b"20131214", "DateCreated", "2013:12:14"),
            (b"", 60, b"130958+0130", "TimeCreated", "13:09:58+01:30"),
            (b"", 60, b"1309", "TimeCreated", "1309"),
            (b"", 200, b"Custom Field 01", "ObjectPreviewFileFormat", "Unknown (Custom Field 01)"),
            (b"", 202, b"123", "ObjectPreviewData", "(Binary data 3 bytes, use --binary to extract)"),
        ];
        for (charset, number, value, name, want) in cases {
            let sink = decoded([set(1, 90, charset), set(2, *number, value)].concat());
            assert_eq!(sink.metadata.get_in("IPTC", name).map(|t| t.printed()).as_deref(), Some(*want), "{name}");
        }
    }

    #[test]
    fn repeated_datasets_are_lists() {
        let sink = decoded([set(2, 25, b"a"), set(2, 25, b"b"), set(2, 25, b"c")].concat());
        assert_eq!(sink.metadata.get("Keywords").unwrap().value.elements().len(), 3);
    }

    #[test]
    fn an_extended_length_is_read() {
        let sink = decoded(b"\x1c\x02\x05\x80\x04\0\0\0\x03abc".to_vec());
        assert_eq!(sink.metadata.get("ObjectName").unwrap().printed(), "abc");
    }

    #[test]
    fn a_character_set_is_named() {
        for (bytes, want) in [(&b"\x1b%G"[..], "UTF8"), (b"\x1b-A", "ESC - A"), (b"\x1b(B\x1b)C", "ESC ( B, ESC ) C")] {
            assert_eq!(escapes(bytes), want);
        }
    }

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200), record in 0u8..10, number: u8) {
            decoded(bytes.clone());
            decoded(set(record, number, &bytes));
        }
    }
}
