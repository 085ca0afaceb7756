//! The search of an output for texts that were removed.

use std::collections::{HashMap, HashSet};

/// A text this long must not be found.
const TELLING: usize = 8;
/// Bytes that are compared at most: no sound file has so many texts that begin alike.
const MAX_COMPARED: usize = 1 << 28;

/// Texts, found all at once: by their first eight bytes, and then whole.
#[derive(Debug, Default)]
pub struct Texts<'a> {
    by_beginning: HashMap<[u8; TELLING], Vec<(&'a [u8], usize)>>,
    /// Each is added once.
    known: HashSet<&'a [u8]>,
    /// Begins a text with these two bytes? Most places of an output are passed over by a look at this.
    pairs: Vec<u64>,
}

/// What a search came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    Nothing,
    /// The number that this text was added under.
    Found(usize),
    /// There are too many places to compare.
    TooMuch,
}

impl<'a> Texts<'a> {
    /// Adds a text under a number; one that is too short to tell anything is left out.
    pub fn add(&mut self, text: &'a str, number: usize) {
        let text = text.as_bytes();
        let Some(&beginning) = text.first_chunk() else { return };
        if !self.known.insert(text) {
            return;
        }
        let pair = pair(text);
        self.pairs.resize(1 << 10, 0);
        self.pairs[pair / 64] |= 1 << (pair % 64);
        self.by_beginning.entry(beginning).or_default().push((text, number));
    }

    /// The first place of `haystack` where any of the texts stands.
    pub fn find(&self, haystack: &[u8]) -> Outcome {
        if self.by_beginning.is_empty() {
            return Outcome::Nothing;
        }
        let mut compared = 0usize;
        for (at, window) in haystack.windows(TELLING).enumerate() {
            let pair = pair(window);
            if self.pairs[pair / 64] >> (pair % 64) & 1 == 0 {
                continue;
            }
            let beginning: Option<&[u8; TELLING]> = window.first_chunk();
            for (text, number) in beginning.and_then(|b| self.by_beginning.get(b)).into_iter().flatten() {
                compared = compared.saturating_add(text.len());
                if compared > MAX_COMPARED {
                    return Outcome::TooMuch;
                }
                if haystack[at..].starts_with(text) {
                    return Outcome::Found(*number);
                }
            }
        }
        Outcome::Nothing
    }
}

/// The first two bytes as a number.
fn pair(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_whole() {
        let mut texts = Texts::default();
        for (number, text) in ["short", "a longer text", "a longer word", "ÆØÅ ÆØÅ"].into_iter().enumerate() {
            texts.add(text, number);
        }
        let cases = [
            ("", Outcome::Nothing),
            ("short", Outcome::Nothing),
            ("x a longer tex", Outcome::Nothing),
            ("x a longer text", Outcome::Found(1)),
            ("a longer a longer words", Outcome::Found(2)),
            ("-ÆØÅ ÆØÅ-", Outcome::Found(3)),
        ];
        for (haystack, want) in cases {
            assert_eq!(texts.find(haystack.as_bytes()), want, "{haystack}");
        }
        assert_eq!(Texts::default().find(b"a longer text"), Outcome::Nothing);
    }

    #[test]
    fn texts_that_begin_alike_do_not_take_for_ever() {
        let words: Vec<String> = (0..200_000).map(|i| format!("a longer {i}")).collect();
        // Each is compared with none of the others.
        let mut texts = Texts::default();
        words.iter().chain(&words).enumerate().for_each(|(i, text)| texts.add(text, i));
        assert_eq!(texts.find(b"no such thing"), Outcome::Nothing);
        let many: Vec<String> = (0..2000).map(|i| format!("{}{i}", "a".repeat(1000))).collect();
        let mut texts = Texts::default();
        many.iter().enumerate().for_each(|(i, text)| texts.add(text, i));
        assert_eq!(texts.find(&[b'a'; 1 << 20]), Outcome::TooMuch);
    }
}
