//! The answer that is written most, `extract`'s, as compact JSON: byte for byte what serde writes, without its look at every
//! single byte of every string. (A fifth of a batch's time went there.)

use super::{
    Extracted,
    groups::{Groups, Shown},
};

impl Extracted<'_> {
    /// Adds the answer.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.success { b"{\"success\":true" } else { b"{\"success\":false" });
        let mut text = |name: &[u8], value: &str| {
            out.extend_from_slice(name);
            string(value, out);
        };
        text(b",\"status\":", self.status);
        text(b",\"fileName\":", self.file_name);
        if let Some(uuid) = self.uuid {
            text(b",\"uuid\":", uuid);
        }
        out.extend_from_slice(b",\"metadata\":");
        groups(self.metadata, out);
        if let Some(source) = self.source {
            out.extend_from_slice(b",\"source\":");
            string(source, out);
        }
        if !self.warnings.is_empty() {
            out.extend_from_slice(b",\"warnings\":");
            list(self.warnings, out);
        }
        out.push(b'}');
    }
}

fn groups<'a>(groups: &Groups<'a>, out: &mut Vec<u8>) {
    out.push(b'{');
    let mut last: Option<&'a str> = None;
    let mut text = String::new();
    groups.each(|group, name, value| {
        if last == Some(group) {
            out.push(b',');
        } else {
            if last.is_some() {
                out.extend_from_slice(b"},");
            }
            string(group, out);
            out.extend_from_slice(b":{");
            last = Some(group);
        }
        string(name, out);
        out.push(b':');
        match value {
            Shown::Text(text) => string(&text, out),
            Shown::Value(value) => {
                text.clear();
                value.write(&mut text);
                string(&text, out);
            }
            Shown::Number(number) => out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes()),
            Shown::List(values) => list(&values, out),
        }
    });
    if last.is_some() {
        out.push(b'}');
    }
    out.push(b'}');
}

fn list(values: &[impl AsRef<str>], out: &mut Vec<u8>) {
    out.push(b'[');
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        string(value.as_ref(), out);
    }
    out.push(b']');
}

/// Adds a string.
fn string(text: &str, out: &mut Vec<u8>) {
    if is_plain(text.as_bytes()) {
        out.reserve(text.len() + 2);
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        // Memory does not fail.
        let _ = serde_json::to_writer(out, text);
    }
}

/// Does nothing in it need an escape (RFC 8259, 7)?
fn is_plain(text: &[u8]) -> bool {
    let word = |bytes: &[u8; 8]| !any_special(u64::from_le_bytes(*bytes));
    match text.last_chunk() {
        // The last eight bytes may be looked at twice.
        Some(last) => text.as_chunks().0.iter().all(word) && word(last),
        None => text.iter().all(|&b| b >= 0x20 && b != b'"' && b != b'\\'),
    }
}

/// Is one of eight bytes a control character, a quote or a backslash? All are looked at by the same few operations: the
/// highest bit of a byte is set by subtracting what it is less than.
fn any_special(bytes: u64) -> bool {
    const EACH: u64 = u64::MAX / 0xff;
    let less = |bytes: u64, than: u8| bytes.wrapping_sub(EACH * u64::from(than)) & !bytes;
    let is = |byte: u8| less(bytes ^ (EACH * u64::from(byte)), 1);
    (less(bytes, 0x20) | is(b'"') | is(b'\\')) & (EACH * 0x80) != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        api::{View, view::Pattern},
        engine::local,
        input::Input,
    };
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn strings_are_those_of_the_library(text in any::<String>(), plain in "[ -~æ]{0,40}") {
            for text in [text, plain] {
                let mut out = Vec::new();
                string(&text, &mut out);
                prop_assert_eq!(out, serde_json::to_vec(&text).unwrap());
            }
        }
    }

    #[test]
    fn answers_are_those_of_the_library() {
        let samples: [&[u8]; 3] = [
            include_bytes!("../../tests/samples/photo.jpg"),
            include_bytes!("../../tests/samples/paper.pdf"),
            b"of no type that is known",
        ];
        let warnings = ["a \"warning\"".to_owned(), "another".to_owned()];
        for (i, bytes) in samples.into_iter().enumerate() {
            let input = Input::from_bytes(bytes.to_vec());
            let extraction = local::extract(&input).unwrap();
            for patterns in [vec![], vec![Pattern::new("*Date*")], vec![Pattern::new("nothing")]] {
                let view = View { patterns, family: i as u8 % 2, ..View::default() };
                let metadata = &Groups::new(&view, "a \"name\"", &input, &extraction);
                let (uuid, source) = if i == 0 { (Some("id"), None) } else { (None, Some("a/b")) };
                let warnings = &warnings[..i.min(2)];
                let row = Extracted { success: true, status: "completed", file_name: "æ\n", uuid, metadata, source, warnings };
                let mut out = Vec::new();
                row.write(&mut out);
                assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&row).unwrap());
            }
        }
    }

    #[test]
    fn every_byte_that_needs_an_escape_is_seen_wherever_it_stands() {
        for special in ['\0', '\u{1f}', '"', '\\'] {
            for at in 0..40 {
                let text: String = (0..40).map(|i| if i == at { special } else { 'x' }).collect();
                assert!(!is_plain(text.as_bytes()), "{special:?} at {at}");
            }
        }
        assert!(is_plain(&[b'~'; 40]) && is_plain("\u{7f}æ".as_bytes()) && is_plain(b""));
    }
}
