//! `udta`: what users and cameras say (QTFF, "User Data Atoms"; 3GPP TS 26.244, 8).

use super::{Body, language, list};
use crate::{
    decode::{
        Sink,
        text::{lossy, until_nul, without_nuls},
    },
    metadata::{Blob, Value, significant},
    table,
    tags::{ByteOrder, Context, Format, Row, Table, format},
};

/// So much of a text is shown.
const MAX_TEXT: usize = 65_536;
/// Texts of one box, at most so many.
const MAX_TEXTS: usize = 1000;

/// One box of user data.
pub fn decode(body: &Body, sink: &mut Sink) {
    let Some(table) = table!("QuickTime::UserData") else { return };
    let name = super::name_of(body.id.name);
    let Some(row) = table.row(name.as_str(), &Value::Int(0), &Context::new(&sink.facts)) else { return };
    let done = match &body.id.name {
        [0xa9, ..] => {
            texts(table, row, body, sink);
            Some(())
        }
        b"albm" | b"auth" | b"cprt" | b"dscp" | b"gnre" | b"perf" | b"titl" | b"coll" | b"kgtt" => {
            text_3gpp(table, row, body, sink)
        }
        b"urat" => body.u8(7).map(|stars| list::show(table, row, stars.into(), None, body, sink)),
        b"CAME" => {
            let digits: String = body.bytes.iter().take(MAX_TEXT).map(|b| format!("{b:02x}")).collect();
            list::show(table, row, digits.into(), None, body, sink);
            Some(())
        }
        b"yrrc" => body.u16(4).map(|year| list::show(table, row, year.into(), None, body, sink)),
        b"rtng" | b"clsf" => class(table, row, body, sink),
        b"loci" => place(table, row, body, sink),
        b"kywd" => keywords(table, row, body, sink),
        b"chpl" => chapters(table, row, body, sink),
        _ => plain(table, row, body, sink),
    };
    if done.is_none() {
        sink.warn("the box ends too early");
    }
}

/// A value as its row says.
fn plain(table: &'static Table, row: &'static Row, body: &Body, sink: &mut Sink) -> Option<()> {
    let value = match row.format {
        _ if row.flags.binary => Value::Binary(Blob::Bytes(body.bytes.to_vec())),
        Some(Format::String | Format::Undef) | None => {
            // Some writers put a header in front.
            let header = matches!(&body.id.name, b"manu" | b"modl") && body.bytes.starts_with(&[0; 4]);
            unmarked(body.bytes.get(if header { 6 } else { 0 }..)?).into()
        }
        Some(number) => number.read(body.bytes, body.bytes.len() / number.size(), ByteOrder::Big)?,
    };
    list::show(table, row, value, None, body, sink);
    Some(())
}

/// QuickTime's international text: length, language, text, and again.
fn texts(table: &'static Table, row: &'static Row, body: &Body, sink: &mut Sink) {
    let mut at = 0;
    for _ in 0..MAX_TEXTS {
        let (Some(length), Some(code)) = (body.u16(at), body.u16(at + 2)) else { return };
        let Some(rest) = body.bytes.get(at + 4..) else { return };
        // Some writers count these four bytes, too.
        let length = match usize::from(length) {
            0 => return,
            n if n <= rest.len() => n,
            n if n >= 4 && n - 4 <= rest.len() => n - 4,
            _ => return,
        };
        let bytes = &rest[..length];
        let text = match code {
            0..0x400 => encoding_rs::MACINTOSH.decode_without_bom_handling(&without_nuls(bytes)).0.into_owned(),
            _ => unicode(bytes),
        };
        list::show(table, row, text.into(), language::suffix(code), body, sink);
        at += 4 + length;
    }
}

/// Text of which nobody says how it is coded: UTF-8, or else Mac OS Roman.
fn unmarked(bytes: &[u8]) -> String {
    let bytes = until_nul(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::MACINTOSH.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// UTF-16 where its mark says so, else UTF-8, of which NULs hide nothing.
fn unicode(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, rest @ ..] => format::utf16(rest, ByteOrder::Big).into(),
        [0xff, 0xfe, rest @ ..] => format::utf16(rest, ByteOrder::Little).into(),
        _ => lossy(&without_nuls(bytes)).into(),
    }
}

/// 3GPP's text: version and flags, language, text.
fn text_3gpp(table: &'static Table, row: &'static Row, body: &Body, sink: &mut Sink) -> Option<()> {
    let text = unicode(body.bytes.get(6..)?);
    list::show(table, row, text.into(), language::suffix(body.u16(4)?), body, sink);
    Some(())
}

/// Rating and classification: who rates, by which rules, the rating.
fn class(table: &'static Table, row: &'static Row, body: &Body, sink: &mut Sink) -> Option<()> {
    let letters = |at: usize| super::array(body.bytes, at).map(super::name_of);
    let entity = letters(4)?;
    let (rules, language_at) = match &body.id.name {
        b"rtng" => (format!("Criteria={}", letters(8)?), 12),
        _ => (format!("Index={}", body.u16(8)?), 10),
    };
    let text = unicode(body.bytes.get(language_at + 2..)?);
    let text = format!("Entity={entity} {rules} {text}");
    list::show(table, row, text.into(), language::suffix(body.u16(language_at)?), body, sink);
    Some(())
}

/// `loci`: name, role, longitude, latitude, altitude, astronomical body, notes.
fn place(table: &'static Table, row: &'static Row, body: &Body, sink: &mut Sink) -> Option<()> {
    let mut rest = body.bytes.get(6..)?;
    let wide = matches!(rest, [0xfe, 0xff, ..] | [0xff, 0xfe, ..]);
    let word = |rest: &mut &[u8]| {
        let step = if wide { 2 } else { 1 };
        let end = rest.chunks(step).position(|c| c.iter().all(|&b| b == 0)).map_or(rest.len(), |n| n * step);
        let text = unicode(&rest[..end]);
        *rest = rest.get(end + step..).unwrap_or_default();
        text
    };
    let name = word(&mut rest);
    let role = *rest.first()?;
    let number = |at: usize| super::array(rest, at).map(|b| f64::from(i32::from_be_bytes(b)) / 65536.0);
    let (longitude, latitude, altitude) = (number(1)?, number(5)?, number(9)?);
    rest = rest.get(13..)?;
    let (astronomical, notes) = (word(&mut rest), word(&mut rest));
    let role = match role {
        0 => "shooting".to_owned(),
        1 => "real".to_owned(),
        2 => "fictional".to_owned(),
        3 => "reserved".to_owned(),
        n => format!("unknown({n})"),
    };
    let name = if name.is_empty() { "(none)".to_owned() } else { name };
    let text =
        format!("{name} Role={role} Lat={latitude:.5} Lon={longitude:.5} Alt={altitude:.2} Body={astronomical} Notes={notes}");
    list::show(table, row, text.into(), language::suffix(body.u16(4)?), body, sink);
    Some(())
}

/// `kywd`: a count, then each with its length.
fn keywords(table: &'static Table, row: &'static Row, body: &Body, sink: &mut Sink) -> Option<()> {
    let mut words = Vec::new();
    let mut at = 7usize;
    for _ in 0..body.u8(6)? {
        let end = (at + 1).checked_add(body.u8(at)?.into())?;
        words.push(unicode(body.bytes.get(at + 1..end)?));
        at = end;
    }
    list::show(table, row, words.join(", ").into(), language::suffix(body.u16(4)?), body, sink);
    Some(())
}

/// `chpl`: when each chapter begins, in units of 100 ns, and its title.
fn chapters(table: &'static Table, row: &'static Row, body: &Body, sink: &mut Sink) -> Option<()> {
    let mut chapters = Vec::new();
    let mut at = 9usize;
    for _ in 0..body.u8(8)? {
        let start = body.u64(at)?;
        let end = (at + 9).checked_add(body.u8(at + 8)?.into())?;
        let title = unicode(body.bytes.get(at + 9..end)?);
        chapters.push(Value::from(format!("{} {title}", significant(start as f64 / 1e7, 15))));
        at = end;
    }
    list::show(table, row, Value::List(chapters), None, body, sink);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hides_behind_a_nul() {
        for (bytes, want) in [(&b"a\0b\0"[..], "ab"), (b"caf\xc3\xa9 \xe9", "café ?"), (b"\xfe\xff\0A\0B\0\0", "AB")] {
            assert_eq!(unicode(bytes), want);
        }
    }
}
