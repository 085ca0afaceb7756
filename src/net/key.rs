//! The key of a service: a secret that no output, log or error shows.

use std::{borrow::Cow, fmt, path::Path, str::FromStr};

/// What stands where the key would stand.
const REDACTED: &str = "[key]";
/// Nothing this short is a secret: it could be guessed in no time, and stands in every text.
const TRIVIAL: usize = 2;
/// A key shorter than this is part of many an innocent word; in texts of others it is looked for as a word of its own.
const TELLING: usize = 8;

/// A key. Prints as `[key]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// From the first line of a file.
    pub fn from_file(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: the key cannot be read: {e}", path.display()))?;
        let line = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
        line.parse().map_err(|e| format!("{}: {e}", path.display()))
    }

    /// As it was given; [`Key::checked`] says whether it can be one.
    pub fn given(text: &str) -> Self {
        Key(text.to_owned())
    }

    pub fn checked(&self) -> Result<Self, &'static str> {
        self.0.parse()
    }

    /// The secret itself: for the request's header, and for nothing else.
    pub(super) fn secret(&self) -> &str {
        &self.0
    }

    /// A stranger's text without the key, should he have repeated it: as it is, percent-encoded, or escaped as in JSON.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.0.len() <= TRIVIAL {
            return Cow::Borrowed(text);
        }
        let (bytes, mut clean) = (text.as_bytes(), String::new());
        let (mut at, mut from) = (0, 0);
        while at < bytes.len() {
            match spelled(self.0.as_bytes(), &bytes[at..]).filter(|len| self.tells(&bytes[..at], &bytes[at + len..])) {
                Some(len) => {
                    clean.push_str(&text[from..at]);
                    clean.push_str(REDACTED);
                    at += len;
                    from = at;
                }
                None => at += 1,
            }
        }
        if from == 0 { Cow::Borrowed(text) } else { Cow::Owned(clean + &text[from..]) }
    }

    /// Is it the key that stands between these?
    fn tells(&self, before: &[u8], after: &[u8]) -> bool {
        let joins = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        self.0.len() >= TELLING || !(joins(before.last()) || joins(after.first()))
    }
}

/// The length of the key at the beginning of a text, in whatever spelling.
fn spelled(key: &[u8], text: &[u8]) -> Option<usize> {
    if text.starts_with(key) {
        return Some(key.len());
    }
    key.iter().try_fold(0, |at, byte| Some(at + spelling(*byte, &text[at..])?))
}

/// The length of a character at the beginning of a text: `a`, `%61`, `\u0061`, or `\"` and the like.
fn spelling(byte: u8, text: &[u8]) -> Option<usize> {
    let is = |high: u8, low: u8| {
        let digit = |d: u8| char::from(d).to_digit(16);
        digit(high).zip(digit(low)).is_some_and(|(high, low)| high * 16 + low == u32::from(byte))
    };
    match *text {
        [b'%', high, low, ..] if is(high, low) => Some(3),
        [b'\\', b'u', b'0', b'0', high, low, ..] if is(high, low) => Some(6),
        [b'\\', c, ..] if c == byte && c.is_ascii_punctuation() => Some(2),
        [c, ..] if c == byte => Some(1),
        _ => None,
    }
}

impl FromStr for Key {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        match text {
            "" => Err("the key is empty"),
            // What a header cannot hold.
            _ if !text.bytes().all(|b| (0x21..0x7f).contains(&b)) => Err("the key has characters that no key has"),
            _ => Ok(Key(text.to_owned())),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_never_prints() {
        let key: Key = " s3cret-key\n".parse().unwrap();
        assert_eq!(format!("{key} {key:?} {:?}", Some(&key)), "[key] [key] Some([key])");
        assert_eq!(key.redact("bad key s3cret-key!"), "bad key [key]!");
        assert_eq!(key.secret(), "s3cret-key");
        for text in ["", "  ", "a b", "a\nb", "ø"] {
            assert!(text.parse::<Key>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn however_it_is_spelled_and_however_short_it_is() {
        for (key, text, want) in [
            ("s3cret+/key", "?key=s3cret%2B%2fkey&x", "?key=[key]&x"),
            ("s3cret+/key", "s3cret+\\/key", "[key]"),
            ("s3cret\"key", r#"æs3cret\"keyæ"#, "æ[key]æ"),
            ("s3cret\"key", r"\u0073\u0033cret\u0022key", "[key]"),
            ("100%25-sure", "100%25-sure 100%2525-sure", "[key] [key]"),
            ("s3cret-key", "s3cret-kez s3cret-ke", "s3cret-kez s3cret-ke"),
            // Short ones are looked for as words.
            ("hunter2", "hunter2, hunter22 ?key=hunter2&", "[key], hunter22 ?key=[key]&"),
            ("abc", "no such key: abc", "no such key: [key]"),
            ("abc", "the abcde", "the abcde"),
            ("ab", "no such key: ab", "no such key: ab"),
        ] {
            assert_eq!(key.parse::<Key>().unwrap().redact(text), want, "{key}");
        }
    }
}
