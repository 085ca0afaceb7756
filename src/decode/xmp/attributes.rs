//! The attributes of a start tag (XML 1.0, 3.1): found without a look at every byte.

use std::borrow::Cow;

/// An attribute as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    pub prefix: &'a str,
    pub local: &'a str,
    /// With its references.
    pub raw: &'a str,
}

impl<'a> Attribute<'a> {
    /// The value, its references replaced.
    pub fn value(&self) -> Cow<'a, str> {
        super::text::unescape(self.raw)
    }
}

/// The attributes in what follows an element's name, up to the first that is none.
pub fn attributes(mut rest: &str) -> impl Iterator<Item = Attribute<'_>> {
    std::iter::from_fn(move || {
        let equals = position(rest, b'=')?;
        let (name, after) = (rest[..equals].trim_ascii(), rest[equals + 1..].trim_ascii_start());
        let quote = *after.as_bytes().first().filter(|q| matches!(q, b'"' | b'\''))?;
        let after = &after[1..];
        let end = memchr::memchr(quote, after.as_bytes())?;
        rest = &after[end + 1..];
        if name.is_empty() || name.bytes().any(|b| b.is_ascii_whitespace()) {
            return None;
        }
        let (prefix, local) = split(name);
        Some(Attribute { prefix, local, raw: &after[..end] })
    })
}

/// Prefix and local name.
pub fn split(name: &str) -> (&str, &str) {
    position(name, b':').map_or(("", name), |at| (&name[..at], &name[at + 1..]))
}

/// Where a byte stands first. Names are so short that a plain loop is the quickest.
fn position(text: &str, byte: u8) -> Option<usize> {
    text.bytes().position(|b| b == byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_up_to_the_first_that_is_none() {
        let cases: &[(&str, &[(&str, &str, &str)])] = &[
            ("", &[]),
            (" a='1'  x:b = \"'2'\"\n", &[("", "a", "1"), ("x", "b", "'2'")]),
            ("a=''b=\"&amp;\"", &[("", "a", ""), ("", "b", "&amp;")]),
            ("a='1' b c='2'", &[("", "a", "1")]),
            ("a=1 b='2'", &[]),
            ("a='1' b='2", &[("", "a", "1")]),
            ("='1'", &[]),
            ("x:y:z='æ='", &[("x", "y:z", "æ=")]),
        ];
        for (text, want) in cases {
            let found: Vec<_> = attributes(text).map(|a| (a.prefix, a.local, a.raw)).collect();
            assert_eq!(&found, want, "{text}");
        }
    }
}
