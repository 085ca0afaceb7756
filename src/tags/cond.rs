//! Conditions of rows: `if="model~EOS 5D$|EOS R5, count=120"`.

use super::{Context, Format, expr::Variable};
use crate::{
    decode::text,
    metadata::{Blob, Value},
};
use smallvec::SmallVec;

/// One condition. All conditions of a row must hold.
#[derive(Debug, Clone)]
pub struct Cond {
    subject: Subject,
    test: Test,
}

#[derive(Debug, Clone, Copy)]
enum Subject {
    Make,
    Model,
    FileType,
    Value,
    /// The value's first bytes in hexadecimal.
    Hex,
    Count,
    Size,
    Format,
    /// The value of another row of a packed table, or one that was kept.
    Variable(Variable),
    Predicate(fn(&Value, &Context) -> bool),
}

#[derive(Debug, Clone)]
enum Test {
    Matches(Pattern, bool),
    Compare(Comparison, f64),
    /// Equal to one of these, or to none.
    OneOf(Box<[f64]>, bool),
    Format(Format, bool),
    Holds(bool),
}

#[derive(Debug, Clone, Copy)]
enum Comparison {
    Equal,
    Differs,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Cond {
    /// Compiles a list of conditions; the error is the part that is none.
    pub fn parse_list(text: &'static str) -> Result<Box<[Cond]>, &'static str> {
        text.split(',').map(|c| Self::parse(c.trim()).ok_or(c)).collect()
    }

    fn parse(text: &'static str) -> Option<Cond> {
        if let Some(name) = text.strip_prefix("!@") {
            return Some(Cond { subject: Subject::Predicate(predicate(name)?), test: Test::Holds(false) });
        }
        if let Some(name) = text.strip_prefix('@') {
            return Some(Cond { subject: Subject::Predicate(predicate(name)?), test: Test::Holds(true) });
        }
        let end = text.find(['~', '!', '=', '<', '>'])?;
        let (word, rest) = text.split_at(end);
        let subject = match word {
            "make" => Subject::Make,
            "model" => Subject::Model,
            "type" => Subject::FileType,
            "value" => Subject::Value,
            "hex" => Subject::Hex,
            "count" => Subject::Count,
            "size" => Subject::Size,
            "format" => Subject::Format,
            other => Subject::Variable(match other.strip_prefix('$') {
                Some(name) => Variable::Kept(name),
                None => Variable::Row(super::lines::number(other.strip_prefix('#')?)?),
            }),
        };
        for (operator, comparison) in [
            ("!=", Comparison::Differs),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("=", Comparison::Equal),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ] {
            let Some(operand) = rest.strip_prefix(operator) else { continue };
            if matches!(subject, Subject::Format) {
                let equal = matches!(comparison, Comparison::Equal);
                return Some(Cond { subject, test: Test::Format(Format::by_name(operand)?, equal) });
            }
            if operand.contains('|') {
                let numbers: Option<_> = operand.split('|').map(|n| super::lines::number(n).map(|n| n as f64)).collect();
                return Some(Cond { subject, test: Test::OneOf(numbers?, matches!(comparison, Comparison::Equal)) });
            }
            let number = super::lines::number(operand).map(|n| n as f64).or_else(|| operand.parse().ok())?;
            return Some(Cond { subject, test: Test::Compare(comparison, number) });
        }
        let (rest, wanted) = rest.strip_prefix('!').map_or((rest, true), |r| (r, false));
        Some(Cond { subject, test: Test::Matches(Pattern::parse(rest.strip_prefix('~')?), wanted) })
    }

    pub fn holds(&self, value: &Value, context: &Context) -> bool {
        match &self.test {
            Test::Matches(pattern, wanted) => {
                let text = match self.subject {
                    Subject::Make => &context.facts.make,
                    Subject::Model => &context.facts.model,
                    Subject::FileType => context.facts.file_type,
                    Subject::Hex => return pattern.matches(&hex(value)) == *wanted,
                    _ => match value {
                        Value::Text(t) => t.as_str(),
                        other => return pattern.matches(&other.to_string()) == *wanted,
                    },
                };
                pattern.matches(text) == *wanted
            }
            Test::Compare(comparison, operand) => self.number(value, context).is_some_and(|n| comparison.holds(n, *operand)),
            Test::OneOf(numbers, wanted) => self.number(value, context).is_some_and(|n| numbers.contains(&n) == *wanted),
            Test::Format(format, wanted) => (context.format == Some(*format)) == *wanted,
            Test::Holds(wanted) => match self.subject {
                Subject::Predicate(f) => f(value, context) == *wanted,
                _ => false,
            },
        }
    }

    /// The number that is compared.
    fn number(&self, value: &Value, context: &Context) -> Option<f64> {
        match self.subject {
            Subject::Count => Some(context.count as f64),
            Subject::Size => Some(context.size as f64),
            Subject::Variable(v) => context.look_up(v),
            _ => value.as_f64(),
        }
    }
}

impl Comparison {
    fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Comparison::Equal => a == b,
            Comparison::Differs => a != b,
            Comparison::Less => a < b,
            Comparison::LessOrEqual => a <= b,
            Comparison::Greater => a > b,
            Comparison::GreaterOrEqual => a >= b,
        }
    }
}

/// The first bytes of a value of bytes, in hexadecimal.
fn hex(value: &Value) -> String {
    const MOST: usize = 64;
    match value {
        Value::Binary(Blob::Bytes(bytes)) => text::hex(&bytes[..bytes.len().min(MOST)]),
        Value::Text(text) => text::hex(&text.as_bytes()[..text.len().min(MOST)]),
        numbers => {
            let numbers = numbers.elements().iter().take(MOST).filter_map(Value::as_i64);
            text::hex(&numbers.map(|n| n as u8).collect::<SmallVec<[u8; MOST]>>())
        }
    }
}

/// Alternatives of literal text with `^`, `$`, `*` and `\b`.
#[derive(Debug, Clone)]
struct Pattern(Box<[Alternative]>);

#[derive(Debug, Clone)]
struct Alternative {
    start: bool,
    end: bool,
    /// A word must begin, or end, at the literal's edge.
    word_before: bool,
    word_after: bool,
    /// Between the `*`s.
    pieces: Box<[&'static str]>,
}

impl Pattern {
    fn parse(text: &'static str) -> Self {
        Pattern(text.split('|').map(Alternative::parse).collect())
    }

    fn matches(&self, text: &str) -> bool {
        self.0.iter().any(|a| a.matches(text))
    }
}

impl Alternative {
    fn parse(text: &'static str) -> Self {
        let (text, start) = text.strip_prefix('^').map_or((text, false), |t| (t, true));
        let (text, end) = text.strip_suffix('$').map_or((text, false), |t| (t, true));
        let (text, word_before) = text.strip_prefix("\\b").map_or((text, false), |t| (t, true));
        let (text, word_after) = text.strip_suffix("\\b").map_or((text, false), |t| (t, true));
        Alternative { start, end, word_before, word_after, pieces: text.split('*').collect() }
    }

    fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.pieces.split_first() else { return true };
        let mut from = 0;
        while let Some(at) = find(text, from, first) {
            if (!self.start || at == 0)
                && self.edge(text, at, self.word_before)
                && self.rest_matches(text, at + first.len(), rest)
            {
                return true;
            }
            if self.start {
                return false;
            }
            from = at + text[at..].chars().next().map_or(1, char::len_utf8);
        }
        false
    }

    fn rest_matches(&self, text: &str, mut at: usize, rest: &[&str]) -> bool {
        for (i, piece) in rest.iter().enumerate() {
            let last = i + 1 == rest.len();
            let found = if last && self.end { text[at..].rfind(piece).map(|i| at + i) } else { find(text, at, piece) };
            let Some(found) = found else { return false };
            at = found + piece.len();
        }
        (!self.end || at == text.len()) && self.edge(text, at, self.word_after)
    }

    /// Is there a word's edge at `at`, if one is asked for?
    fn edge(&self, text: &str, at: usize, asked: bool) -> bool {
        let word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        let bytes = text.as_bytes();
        !asked || word(at.checked_sub(1).and_then(|i| bytes.get(i))) != word(bytes.get(at))
    }
}

/// Where `piece` begins in `text`, from a place on. Both are short: the library's search would be longer in preparing.
fn find(text: &str, mut from: usize, piece: &str) -> Option<usize> {
    let Some((&first, rest)) = piece.as_bytes().split_first() else { return Some(from).filter(|&from| from <= text.len()) };
    loop {
        from += memchr::memchr(first, text.as_bytes().get(from..)?)?;
        if text.as_bytes()[from + 1..].starts_with(rest) {
            return Some(from);
        }
        from += 1;
    }
}

/// Predicates that no comparison says.
fn predicate(name: &str) -> Option<fn(&Value, &Context) -> bool> {
    Some(match name {
        "zero" => |v, _| v.as_f64() == Some(0.0),
        "text" => |v, _| matches!(v, Value::Text(_)),
        "empty" => |v, _| v.as_str().is_some_and(str::is_empty),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Facts;

    #[test]
    fn conditions() {
        let facts = Facts { make: "Canon".into(), model: "Canon EOS 5D Mark II".into(), file_type: "JPEG", ..Facts::default() };
        let context = Context { count: 120, size: 240, format: Some(Format::Int16u), ..Context::new(&facts) };
        let cases = [
            ("model~EOS 5D", true),
            ("model~EOS 5D$", false),
            ("model~EOS 5D$|Mark II$", true),
            ("model~^Canon*II$", true),
            ("model~^EOS", false),
            (r"model~\b5D\b", true),
            (r"model~\bOS", false),
            ("model!~Nikon", true),
            ("count=120, size>=240", true),
            ("count!=120", false),
            ("value=7", true),
            ("count=12|120, value!=1|2", true),
            ("count=12|13", false),
            ("value<=0x06", false),
            ("format=int16u", true),
            ("format!=int16u", false),
            ("@zero", false),
            ("!@zero", true),
        ];
        for (text, want) in cases {
            let conds = Cond::parse_list(text).unwrap();
            assert_eq!(conds.iter().all(|c| c.holds(&Value::Int(7), &context)), want, "{text}");
        }
        assert!(Cond::parse_list("nonsense").is_err());
    }
}
