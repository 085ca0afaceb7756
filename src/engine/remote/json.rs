//! A stranger's JSON, changed in one place and otherwise left as it is written: numbers, escapes and the order of names are his.
//!
//! All of it is known to be JSON: somebody else has parsed it before.

use crate::net::Key;
use serde_json::Value;
use std::{borrow::Cow, iter};

/// Strings, marks and words (numbers, `true`, `null`), and where they begin. Blanks between them are none.
fn tokens(json: &str) -> impl Iterator<Item = (usize, &str)> {
    const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];
    const ENDS: [char; 11] = ['{', '}', '[', ']', ',', ':', '"', ' ', '\t', '\r', '\n'];
    let mut rest = json.trim_start_matches(BLANKS);
    iter::from_fn(move || {
        let len = match rest.as_bytes().first()? {
            b'"' => string(rest),
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            _ => rest.find(ENDS).unwrap_or(rest.len()),
        };
        let (token, behind) = rest.split_at(len);
        let at = json.len() - rest.len();
        rest = behind.trim_start_matches(BLANKS);
        Some((at, token))
    })
}

/// The length of the string at the beginning, with its quotation marks.
fn string(json: &str) -> usize {
    let bytes = json.as_bytes();
    let mut at = 1;
    while let Some(found) = memchr::memchr2(b'"', b'\\', bytes.get(at..).unwrap_or_default()) {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    json.len()
}

/// Without the blanks between its parts.
pub fn compact(json: &str) -> String {
    let mut compact = String::with_capacity(json.len());
    compact.extend(tokens(json).map(|(_, token)| token));
    compact
}

/// With U+FFFD for halves of surrogate pairs that stand alone: JSON's grammar allows them (RFC 8259, section 8.2), no text can hold
/// them, and some programs write bytes that are no text in that way.
pub fn mended(json: &str) -> String {
    let escape = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let (mut mended, mut from) = (String::with_capacity(json.len()), 0);
    while let Some(found) = memchr::memchr(b'\\', &json.as_bytes()[from..]) {
        let at = from + found;
        mended.push_str(&json[from..at]);
        let (whole, len) = match (escape(at), escape(at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (true, 12),
            (Some(0xd800..=0xdfff), _) => (false, 6),
            (Some(_), _) => (true, 6),
            (None, _) => (true, 1 + json[at + 1..].chars().next().map_or(0, char::len_utf8)),
        };
        from = at + len;
        mended.push_str(if whole { &json[at..from] } else { "\\ufffd" });
    }
    mended.push_str(&json[from..]);
    mended
}

/// Without the key in any name, text or number.
pub fn redacted(json: &str, key: &Key) -> String {
    let mut clean = String::with_capacity(json.len());
    for (_, token) in tokens(json) {
        let text = match token.as_bytes() {
            [b'"', ..] => unquoted(token),
            // A key may be a number.
            _ => Cow::Borrowed(token),
        };
        match key.redact(&text) {
            Cow::Owned(text) => clean.push_str(&Value::from(text).to_string()),
            Cow::Borrowed(_) => clean.push_str(token),
        }
    }
    clean
}

/// Names, in quotation marks, and values of an object; nothing of what is none.
pub fn members(json: &str) -> Vec<(&str, &str)> {
    let mut members = Vec::new();
    let (mut depth, mut name, mut value) = (0u32, "", 0);
    for (at, token) in tokens(json) {
        match token {
            "{" | "[" => depth += 1,
            "}" | "]" => depth = depth.saturating_sub(1),
            ":" if depth == 1 => value = at + 1,
            _ if depth == 1 && value == 0 && token != "," => name = token,
            _ => {}
        }
        let ends = depth == 0 || (depth == 1 && token == ",");
        if ends && value > 0 {
            members.push((name, json[std::mem::take(&mut value)..at].trim()));
        }
    }
    members
}

/// The value of that name.
pub fn member<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    members(json).into_iter().rfind(|(quoted, _)| is(quoted, name)).map(|(_, value)| value)
}

/// An object of these members.
pub fn object<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let members: Vec<String> = members.into_iter().map(|(name, value)| format!("{name}:{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// With another value of that name, at the end when it is new; without it when there is none.
pub fn with(json: &str, name: &str, value: Option<&str>) -> String {
    let mut members = members(json);
    match (members.iter().rposition(|(quoted, _)| is(quoted, name)), value) {
        (Some(at), Some(value)) => {
            members[at].1 = value;
            object(members)
        }
        (_, None) => object(members.into_iter().filter(|(quoted, _)| !is(quoted, name))),
        (None, Some(value)) => {
            let quoted = Value::from(name).to_string();
            object(members.into_iter().chain([(&*quoted, value)]))
        }
    }
}

/// What a name in quotation marks says.
pub fn unquoted(quoted: &str) -> Cow<'_, str> {
    match quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"')).filter(|name| !name.contains('\\')) {
        Some(name) => name.into(),
        None => serde_json::from_str::<String>(quoted).unwrap_or_default().into(),
    }
}

fn is(quoted: &str, name: &str) -> bool {
    unquoted(quoted) == name
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const JSON: &str = r#"{ "b" : 1.50e3,	"a \" \\": [ "x y" , 12345678901234567890123, {"q":[]} ], "\u0063":{} , "d":"\/" }"#;

    #[test]
    fn halves_of_pairs_are_replaced() {
        for (json, want) in [
            (r#"["a\udcffb"]"#, r#"["a\ufffdb"]"#),
            (r#"["\ud83d\ude00"]"#, r#"["\ud83d\ude00"]"#),
            (r#"["\ud83d\ud83d\ude00\ud83d"]"#, r#"["\ufffd\ud83d\ude00\ufffd"]"#),
            (r#"["\\udcff\n\u00e6\""]"#, r#"["\\udcff\n\u00e6\""]"#),
            ("\"\\", "\"\\"),
            ("\"\\u12", "\"\\u12"),
            ("\"\\\u{e6}", "\"\\\u{e6}"),
        ] {
            assert_eq!(mended(json), want);
        }
    }

    #[test]
    fn only_blanks_between_parts_go() {
        let want = r#"{"b":1.50e3,"a \" \\":["x y",12345678901234567890123,{"q":[]}],"\u0063":{},"d":"\/"}"#;
        assert_eq!(compact(JSON), want);
    }

    #[test]
    fn members_as_they_are_written() {
        let compact = compact(JSON);
        assert_eq!(members(&compact)[2..], [(r#""\u0063""#, "{}"), (r#""d""#, r#""\/""#)]);
        assert_eq!((member(&compact, "b"), member(&compact, "c"), member(&compact, "q")), (Some("1.50e3"), Some("{}"), None));
        assert_eq!(object(members(&compact)), compact);
        for none in ["{}", "[]", "\"a:b\"", "7", "[{\"a\":1}]", "null"] {
            assert!(members(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn one_member_changes() {
        let json = r#"{"a":1.50,"b":[1e400],"c":"\/"}"#;
        assert_eq!(with(json, "a", Some("2")), r#"{"a":2,"b":[1e400],"c":"\/"}"#);
        assert_eq!(with(json, "b", None), r#"{"a":1.50,"c":"\/"}"#);
        assert_eq!(with(json, "d", Some("2")), r#"{"a":1.50,"b":[1e400],"c":"\/","d":2}"#);
        assert_eq!((with("{}", "a", Some("2")), with("{}", "a", None)), (r#"{"a":2}"#.into(), "{}".into()));
    }

    proptest! {
        /// Whatever comes, and however it is written: JSON stays as it is, and what is mended needs no mending.
        #[test]
        fn mending_changes_nothing_else(text in r#"([a-z"æ😀]|\\|\\[nu"]|\\u[dD][89cCe][0-9a-f]{2}|\\u0[0-9]{3}){0,20}"#) {
            let json = Value::from(text.clone()).to_string();
            prop_assert_eq!(mended(&json), json);
            let once = mended(&text);
            prop_assert_eq!(&mended(&once), &once);
            if let Ok(value) = serde_json::from_str::<Value>(&format!("\"{text}\"")) {
                prop_assert_eq!(serde_json::from_str::<Value>(&format!("\"{once}\"")).ok(), Some(value));
            }
        }
    }
}
