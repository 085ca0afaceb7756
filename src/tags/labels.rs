//! Labels: what values mean.

use crate::metadata::Value;
use std::sync::OnceLock;

/// A label set: text until somebody asks, then sorted.
#[derive(Debug)]
pub struct Labels {
    text: &'static str,
    compiled: OnceLock<Compiled>,
}

#[derive(Debug, Default)]
struct Compiled {
    numbers: Vec<(i64, &'static str)>,
    texts: Vec<(&'static str, &'static str)>,
    other: Option<&'static str>,
}

impl Labels {
    pub(super) fn new(text: &'static str) -> Self {
        Labels { text, compiled: OnceLock::new() }
    }

    fn compiled(&self) -> &Compiled {
        self.compiled.get_or_init(|| {
            let mut labels = Compiled::default();
            for line in self.text.lines().map(str::trim_ascii).filter(|l| !l.is_empty() && !l.starts_with('#')) {
                let (key, label) = super::parse::word(line);
                match super::parse::number(key) {
                    _ if key == "*" => labels.other = Some(label),
                    Some(n) if !line.starts_with('"') => labels.numbers.push((n, label)),
                    _ => labels.texts.push((key, label)),
                }
            }
            labels.numbers.sort_by_key(|(n, _)| *n);
            labels.texts.sort_by_key(|(t, _)| *t);
            labels
        })
    }

    /// The label of a number.
    pub fn number(&self, n: i64) -> Option<&'static str> {
        let c = self.compiled();
        c.numbers.binary_search_by_key(&n, |(k, _)| *k).ok().map(|i| c.numbers[i].1)
    }

    /// The label of a text.
    pub fn text(&self, text: &str) -> Option<&'static str> {
        let c = self.compiled();
        c.texts.binary_search_by_key(&text, |(k, _)| *k).ok().map(|i| c.texts[i].1)
    }

    /// The label of all other values.
    pub fn other(&self) -> Option<&'static str> {
        self.compiled().other
    }

    /// The label of a value as a whole: of a number, of a text, or of several numbers as they print.
    pub fn of(&self, value: &Value) -> Option<&'static str> {
        match value {
            Value::Int(n) => self.number(*n),
            Value::Text(t) => self.text(t).or_else(|| super::parse::number(t).and_then(|n| self.number(n))),
            Value::Binary(_) => None,
            other => {
                let text = other.to_string();
                self.text(&text).or_else(|| super::parse::number(&text).and_then(|n| self.number(n)))
            }
        }
    }

    /// Every label with its value as written, for tests and for maskless looks.
    pub fn lines(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.text.lines().map(str::trim_ascii).filter(|l| !l.is_empty() && !l.starts_with('#')).map(super::parse::word)
    }

    /// The names of the bits set in `bits`, joined by `, `; unnamed ones as `[n]`; `(none)` or the label `none` for zero.
    pub fn bits(&self, bits: u64) -> String {
        if bits == 0 {
            return self.text("none").unwrap_or("(none)").to_owned();
        }
        let mut out = String::new();
        for bit in (0..64).filter(|b| bits >> b & 1 == 1) {
            if !out.is_empty() {
                out.push_str(", ");
            }
            match self.number(bit) {
                Some(label) => out.push_str(label),
                None => {
                    let _ = std::fmt::Write::write_fmt(&mut out, format_args!("[{bit}]"));
                }
            }
        }
        out
    }
}
