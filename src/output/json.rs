//! One JSON object, indented on a terminal.

use serde::Serialize;

/// Adds `row`, indented, and a newline.
pub fn indented(row: &impl Serialize, out: &mut Vec<u8>) {
    // Neither memory nor our own types fail.
    let _ = serde_json::to_writer_pretty(&mut *out, row);
    out.push(b'\n');
}

/// Escapes what JSON allows in strings and terminals obey: DEL and the control characters U+0080 to U+009F.
pub fn disarm(json: &mut Vec<u8>) {
    let steers = |i: usize| json[i] == 0x7f || (json[i] == 0xc2 && json.get(i + 1).is_some_and(|c| (0x80..0xa0).contains(c)));
    let Some(first) = (0..json.len()).find(|&i| steers(i)) else { return };
    let tail = json.split_off(first);
    let mut rest = tail.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        let code = match (byte, rest.peek()) {
            (0x7f, _) => 0x7f,
            (0xc2, Some(&c)) if (0x80..0xa0).contains(&c) => {
                rest.next();
                c
            }
            _ => {
                json.push(byte);
                continue;
            }
        };
        json.extend_from_slice(format!("\\u{code:04x}").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn control_characters_are_escaped() {
        let mut json = serde_json::to_vec("a\u{7f}\u{9b}2J\u{a0}æ\u{1b}").unwrap();
        super::disarm(&mut json);
        assert_eq!(String::from_utf8(json.clone()).unwrap(), "\"a\\u007f\\u009b2J\u{a0}æ\\u001b\"");
        assert_eq!(serde_json::from_slice::<String>(&json).unwrap(), "a\u{7f}\u{9b}2J\u{a0}æ\u{1b}");
    }
}
