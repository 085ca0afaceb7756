//! Labels: what values mean.

use super::{
    index::{LabelAt, SetAt},
    lines,
};
use crate::metadata::Value;

/// A label set.
#[derive(Clone, Copy, Debug)]
pub struct Labels(&'static SetAt);

impl Labels {
    pub(super) fn new(set: &'static SetAt) -> Self {
        Labels(set)
    }

    /// The label of a number.
    pub fn number(&self, n: i64) -> Option<&'static str> {
        let numbers = self.0.numbers();
        numbers.binary_search_by_key(&n, |l| l.number).ok().map(|i| numbers[i].label())
    }

    /// The label of a text.
    pub fn text(&self, text: &str) -> Option<&'static str> {
        let (texts, beginning) = (self.0.texts(), lines::beginning(text.as_bytes()));
        texts.binary_search_by(|l| l.cmp_text(beginning, text)).ok().map(|i| texts[i].label())
    }

    /// The label of all other values.
    pub fn other(&self) -> Option<&'static str> {
        self.0.other().map(LabelAt::label)
    }

    /// The label of a value as a whole: of a number, of a text, or of several numbers as they print.
    pub fn of(&self, value: &Value) -> Option<&'static str> {
        match value {
            Value::Int(n) => self.number(*n),
            Value::Text(t) => self.text(t).or_else(|| lines::number(t).and_then(|n| self.number(n))),
            Value::Binary(_) => None,
            other => {
                let text = other.to_string();
                self.text(&text).or_else(|| lines::number(&text).and_then(|n| self.number(n)))
            }
        }
    }

    /// Every label with its value as written, in the order of the file.
    pub fn lines(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        in_order(self.0.numbers().iter().chain(self.0.texts()).chain(self.0.other()).collect())
    }

    /// The labels of texts that begin so, with the texts, in the order of the file.
    pub fn starting(&self, prefix: &str) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let (texts, beginning) = (self.0.texts(), lines::beginning(prefix.as_bytes()));
        let from = texts.partition_point(|l| l.cmp_text(beginning, prefix).is_lt());
        in_order(texts[from..].iter().take_while(|l| l.key().starts_with(prefix)).collect())
    }

    /// The names of the bits set in words of `width` bits, counted on from word to word, joined by `, `; unnamed ones as
    /// `[n]`; `(none)` or the label `none` for zero.
    pub fn bits(&self, words: impl Iterator<Item = u64>, width: usize) -> String {
        let mut out = String::new();
        for (word, bits) in words.enumerate() {
            for bit in (0..64).filter(|b| bits >> b & 1 == 1) {
                if !out.is_empty() {
                    out.push_str(", ");
                }
                let bit = bit + word * width;
                match self.number(bit as i64) {
                    Some(label) => out.push_str(label),
                    None => {
                        let _ = std::fmt::Write::write_fmt(&mut out, format_args!("[{bit}]"));
                    }
                }
            }
        }
        if out.is_empty() {
            return self.text("none").unwrap_or("(none)").to_owned();
        }
        out
    }
}

fn in_order(mut labels: Vec<&'static LabelAt>) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
    labels.sort_unstable_by_key(|l| l.place());
    labels.into_iter().map(|l| (l.key(), l.label()))
}
