//! PDF dictionaries (ISO 32000-2): document information (14.3.3), catalog (7.7.2), page tree (7.7.3), encryption (7.6),
//! signatures and usage rights (12.8).
//!
//! A walker hands over dictionaries whose references are resolved and whose strings are decrypted.

pub mod syntax;
pub mod text;

use super::Sink;
use crate::{
    input::Input,
    metadata::{Group, Name, Print, Value},
    table,
    tags::{self, Table},
};
use smol_str::SmolStr;
use std::borrow::Cow;
use syntax::{Dict, Lexer, Object};

pub const PDF: Group = Group::new("pdf", "PDF");

/// A dictionary may not be larger than this.
const MAX_DICT: u64 = 16 * 1024 * 1024;

/// User access permissions: 7.6.4.2, table 22.
const ACCESS: [(u32, &str); 8] = [
    (1 << 2, "Print"),
    (1 << 3, "Modify"),
    (1 << 4, "Copy"),
    (1 << 5, "Annotate"),
    (1 << 8, "Fill forms"),
    (1 << 9, "Extract"),
    (1 << 10, "Assemble"),
    (1 << 11, "Print high-res"),
];

/// Does a dictionary of that table say anything of its own under that key? (Of `Info` every key counts.)
pub fn is_read(table: &str, key: &[u8]) -> bool {
    match table {
        "Info" | "Encrypt" => true,
        "AcroForm" => key == b"XFA",
        _ => std::str::from_utf8(key).is_ok_and(|key| rows(table).is_some_and(|t| t.knows(key))),
    }
}

/// The rows of a dictionary.
fn rows(table: &str) -> Option<&'static Table> {
    match table {
        "Info" => table!("PDF::Info"),
        "Root" => table!("PDF::Root"),
        "Pages" => table!("PDF::Pages"),
        "MarkInfo" => table!("PDF::MarkInfo"),
        "AIPrivate" => table!("PDF::AIPrivate"),
        "Signature" => table!("PDF::Signature"),
        "TransformParams" => table!("PDF::TransformParams"),
        _ => None,
    }
}

/// Decodes the text of one dictionary.
pub fn decode(table: &'static str, input: &Input, sink: &mut Sink) {
    let bytes = match input.all(MAX_DICT) {
        Ok(bytes) => bytes,
        Err(e) => return sink.warn(e.to_string()),
    };
    let Some(Object::Dict(dict)) = Lexer::new(&bytes, 0).object() else {
        return sink.warn("not a dictionary");
    };
    match table {
        "Encrypt" => encrypt(&dict, sink),
        "AcroForm" => {
            let has = dict.get(b"XFA").is_some();
            sink.printed(&PDF, "HasXFA", if has { "true" } else { "false" }, if has { "Yes" } else { "No" });
        }
        _ => entries(table, &dict, sink),
    }
}

fn entries(table: &'static str, dict: &Dict, sink: &mut Sink) {
    for (i, (key, object)) in dict.0.iter().enumerate() {
        // Of two entries with one key the first counts. Dictionaries are short; in a long one nobody looks.
        if i < 1000 && dict.0[..i].iter().any(|(k, _)| k == key) {
            continue;
        }
        let known = std::str::from_utf8(key).ok().zip(rows(table)).filter(|(key, rows)| rows.knows(*key));
        let value = match (&key[..], known) {
            (b"Keywords" | b"AAPL:Keywords", _) => words(object),
            (b"CreationDate" | b"ModDate" | b"M", Some(_)) => date(object),
            (_, Some((key, rows))) if rows.rows_of(key).any(|r| r.flags.list) => list(object),
            _ => plain(object),
        };
        let Some(value) = value else { continue };
        match known {
            Some((key, rows)) => {
                tags::emit(rows, key, value, &PDF, sink);
            }
            None if table == "Info" => sink.low(&PDF, name_of(key), value),
            None => {}
        }
    }
}

/// The value of a single object; of an array its first element.
fn plain(object: &Object) -> Option<Value> {
    match object {
        Object::Array(items) => match items.first()? {
            inner @ Object::Array(_) => list(inner),
            first => scalar(first),
        },
        one => scalar(one),
    }
}

fn scalar(object: &Object) -> Option<Value> {
    match object {
        Object::Bare(word) => Some(Value::Text(word.clone())),
        Object::String(s) => Some(text::decode(s).into()),
        Object::Name(n) => Some(String::from_utf8_lossy(n).into()),
        Object::Array(_) | Object::Dict(_) | Object::Ref(..) => None,
    }
}

fn list(object: &Object) -> Option<Value> {
    one_or_list(object.elements().iter().filter_map(scalar).collect())
}

fn one_or_list(mut values: Vec<Value>) -> Option<Value> {
    match values.len() {
        0 => None,
        1 => values.pop(),
        _ => Some(Value::List(values)),
    }
}

fn words(object: &Object) -> Option<Value> {
    if matches!(object, Object::Array(_)) {
        return list(object);
    }
    let value = scalar(object)?;
    let text = value.as_str()?;
    let parts: Vec<&str> = if text.contains(',') {
        let mut parts: Vec<&str> = text.split(',').collect();
        // Commas in a row separate once; behind the last one there is nothing.
        let first = parts.first().copied();
        parts = parts.iter().skip(1).map(|p| p.trim_start()).filter(|p| !p.is_empty()).collect();
        parts.splice(0..0, first);
        if parts.iter().all(|p| p.is_empty()) { Vec::new() } else { parts }
    } else {
        text.split_whitespace().collect()
    };
    one_or_list(parts.into_iter().map(Value::from).collect())
}

fn date(object: &Object) -> Option<Value> {
    let value = plain(object)?;
    Some(match (object, value.as_str()) {
        // The reference leaves dates in UTF-16 and in arrays as they are.
        (Object::Array(_), _) => value,
        (Object::String(s), _) if s.starts_with(b"\xfe\xff") => value,
        (_, Some(text)) => text::date(text).into(),
        _ => value,
    })
}

/// The tag name for a key that is in no table: words are joined, what cannot stand in a name is left out.
fn name_of(key: &[u8]) -> Name {
    let text = match std::str::from_utf8(key) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(key.iter().map(|&b| char::from(b)).collect()),
    };
    let mut name = String::with_capacity(text.len());
    for c in text.chars().take(200) {
        match c {
            'a'..='z' if name.ends_with('_') => {
                name.pop();
                name.push(c.to_ascii_uppercase());
            }
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' => name.push(c),
            _ if !name.ends_with('_') => name.push('_'),
            _ => {}
        }
    }
    if name.len() < 2 || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name = match name.get(..1) {
            Some(first) => format!("Tag{}{}", first.to_ascii_uppercase(), &name[1..]),
            None => "Tag".to_owned(),
        };
    }
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    name.into()
}

/// `Encryption` and `UserAccess`: 7.6.2, table 20.
fn encrypt(dict: &Dict, sink: &mut Sink) {
    let Some(filter) = dict.get(b"Filter").and_then(scalar) else { return };
    let version = dict.int(b"V").unwrap_or(0);
    let how = match (dict.int(b"R"), dict.get(b"SubFilter").and_then(scalar)) {
        (Some(revision), None) => format!("{filter} V{version}.{revision} ({}-bit)", dict.int(b"Length").unwrap_or(40)),
        (_, Some(detail)) => format!("{filter} V{version} ({detail})"),
        (None, None) => format!("{filter} V{version}"),
    };
    sink.tag(&PDF, "Encryption", how);
    if let Some(p) = dict.int(b"P") {
        let labels: Vec<&str> = ACCESS.iter().filter(|(bit, _)| p as u32 & bit != 0).map(|(_, l)| *l).collect();
        let print = if labels.is_empty() { SmolStr::new_static("(none)") } else { labels.join(", ").into() };
        sink.printed(&PDF, "UserAccess", p, Print::Text(print));
    }
}
