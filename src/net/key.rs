//! The key of a service: a secret that no output, log or error shows.

use std::{fmt, path::Path, str::FromStr};

/// What stands where the key would stand.
const REDACTED: &str = "[key]";
/// A key this short is part of many an innocent word; it is not looked for in texts of others.
const TELLING: usize = 6;

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

    /// A stranger's text without the key, should he have repeated it.
    pub fn redact(&self, text: String) -> String {
        if self.0.len() < TELLING || !text.contains(&self.0) { text } else { text.replace(&self.0, REDACTED) }
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
        assert_eq!(key.redact("bad key s3cret-key!".into()), "bad key [key]!");
        assert_eq!(key.secret(), "s3cret-key");
        for text in ["", "  ", "a b", "a\nb", "ø"] {
            assert!(text.parse::<Key>().is_err(), "{text:?}");
        }
    }
}
