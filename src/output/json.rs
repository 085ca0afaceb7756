//! One JSON object, indented on a terminal.

use serde::Serialize;

/// Adds `row`, indented, and a newline.
pub fn indented(row: &impl Serialize, out: &mut Vec<u8>) {
    // Neither memory nor our own types fail.
    let _ = serde_json::to_writer_pretty(&mut *out, row);
    out.push(b'\n');
}

/// Escapes what JSON allows in strings and terminals obey: DEL, the control characters U+0080 to U+009F, marks that turn the
/// direction of writing.
pub fn disarm(json: &mut Vec<u8>) {
    let steers = |c: char| !c.is_ascii_control() && super::steers(c) || c == '\u{7f}';
    let Some(text) = std::str::from_utf8(json).ok().filter(|text| text.contains(steers)) else { return };
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if steers(c) => safe.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => safe.push(c),
        }
    }
    *json = safe.into_bytes();
}

#[cfg(test)]
mod tests {
    #[test]
    fn control_characters_are_escaped() {
        let mut json = serde_json::to_vec("a\u{7f}\u{9b}2J\u{a0}æ\u{1b}\u{202e}").unwrap();
        super::disarm(&mut json);
        assert_eq!(String::from_utf8(json.clone()).unwrap(), "\"a\\u007f\\u009b2J\u{a0}æ\\u001b\\u202e\"");
        assert_eq!(serde_json::from_slice::<String>(&json).unwrap(), "a\u{7f}\u{9b}2J\u{a0}æ\u{1b}\u{202e}");
    }
}
