//! What text stands for: references, fractions, dates, languages, names.

use crate::{
    metadata::Value,
    tags::xmp::{fraction, time},
};
use smol_str::{SmolStr, StrExt};
use std::borrow::Cow;

/// Appends what `&name;` stands for. Entities of a document type stay as they are written.
pub fn push_reference(name: &str, out: &mut String) {
    let c = match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => name.strip_prefix('#').and_then(|number| {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }),
    };
    match c {
        Some(c) => out.push(c),
        None => {
            out.push('&');
            out.push_str(name);
            out.push(';');
        }
    }
}

/// Text with its references replaced.
pub fn unescape(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'&', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.find([';', '&']) {
            Some(end) if rest[end..].starts_with(';') => {
                push_reference(&rest[..end], &mut out);
                rest = &rest[end + 1..];
            }
            _ => out.push('&'),
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The value of a property of unknown type: fractions and times are known by their look.
pub fn guess(text: &str) -> Value {
    if text.len() > 64 || !text.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        return Value::Text(text.into());
    }
    fraction(text).unwrap_or_else(|| Value::Text(time(text).map_or_else(|| text.into(), SmolStr::from)))
}

/// A language tag as it stands in names: lower case, the country in capitals.
pub fn language(tag: &str) -> SmolStr {
    let lower = tag.to_ascii_lowercase_smolstr();
    match tag.split_once('-') {
        Some((language, country)) if matches!(language.len(), 2 | 3) && country.len() == 2 && country.is_ascii() => {
            smol_str::format_smolstr!("{}-{}", language.to_ascii_lowercase(), country.to_ascii_uppercase())
        }
        _ if lower.contains('_') => lower.replace_smolstr("_", "-"),
        _ => lower,
    }
}

/// Appends a step of a path in the form that names have: a capital first, no shouting, nothing but letters, digits, `-` and `_`.
pub fn push_step(step: &str, name: &mut String) {
    let shouts = !step.bytes().any(|b| b.is_ascii_lowercase());
    let mut upper = true;
    for c in step.chars() {
        match c {
            '_' if shouts => upper = true,
            _ if c.is_ascii_alphanumeric() || c == '-' || c == '_' => {
                let c = if upper {
                    c.to_ascii_uppercase()
                } else if shouts {
                    c.to_ascii_lowercase()
                } else {
                    c
                };
                upper = false;
                name.push(c);
            }
            _ => {}
        }
    }
}
