//! Where everything stands in the table files: made by the build script (`build/tables.rs`), searched here.

use super::lines;
use std::{cmp::Ordering, ops::Range};

include!(concat!(env!("OUT_DIR"), "/tables.rs"));

/// The lines of all table files.
static TEXT: &str = include_str!(concat!(env!("OUT_DIR"), "/tables.txt"));

/// No labels.
const NONE: u16 = u16::MAX;

/// A line: where it begins in the text, its length, and that of its first word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    at: u32,
    len: u16,
    word: u16,
}

impl Line {
    fn slice(self, from: u16, to: u16) -> &'static str {
        let at = self.at as usize;
        TEXT.get(at + usize::from(from)..at + usize::from(to)).unwrap_or_default()
    }

    /// The first word.
    pub fn word(self) -> &'static str {
        self.slice(0, self.word)
    }

    /// What follows it.
    pub fn rest(self) -> &'static str {
        self.slice(self.word + 1, self.len)
    }
}

/// A table: its heading, and its rows, sorted by key; rows of one key in the order of the file.
#[derive(Debug)]
pub(super) struct TableAt {
    pub heading: Line,
    rows: (u16, u16),
    /// Its hash table: where it begins in `SLOTS`, and the logarithm of its length.
    slots: (u32, u8),
}

impl TableAt {
    /// The place of the first row with that hash for which `is` holds.
    pub fn find(&self, hash: u64, is: impl Fn(&RowAt) -> bool) -> Option<usize> {
        let (first, bits) = (self.slots.0 as usize, self.slots.1);
        let slots = SLOTS.get(first..first + (1 << bits))?;
        let rows = self.rows();
        let mut slot = (hash >> (64 - bits)) as usize;
        loop {
            let at = usize::from(slots[slot]).checked_sub(1)?;
            if is(&rows[at]) {
                return Some(at);
            }
            slot = (slot + 1) & (slots.len() - 1);
        }
    }

    pub fn rows(&self) -> &'static [RowAt] {
        &ROWS[Range { start: usize::from(self.rows.0), end: usize::from(self.rows.1) }]
    }
}

/// A row.
#[derive(Debug)]
pub(super) struct RowAt {
    /// A number, or the beginning of a text.
    pub key: i64,
    pub part: u16,
    labels: u16,
    pub line: Line,
    /// Does it tell where data is?
    pub data: bool,
}

impl RowAt {
    /// The key as it is written.
    pub fn word(&self) -> &'static str {
        self.line.word()
    }

    /// The name of its tag.
    pub fn name(&self) -> &'static str {
        lines::word(self.line.rest()).0
    }

    /// The labels beneath it.
    pub fn labels(&self) -> Option<&'static SetAt> {
        SETS.get(usize::from(self.labels))
    }
}

/// A label set: labels of numbers, of texts, and of all other values.
#[derive(Debug)]
pub(super) struct SetAt {
    first: u16,
    numbers: u16,
    texts: u16,
    other: bool,
}

impl SetAt {
    /// The labels of numbers, sorted by them.
    pub fn numbers(&self) -> &'static [LabelAt] {
        let first = usize::from(self.first);
        &LABELS[first..first + usize::from(self.numbers)]
    }

    /// The labels of texts, sorted by them.
    pub fn texts(&self) -> &'static [LabelAt] {
        let first = usize::from(self.first) + usize::from(self.numbers);
        &LABELS[first..first + usize::from(self.texts)]
    }

    /// The label of all other values.
    pub fn other(&self) -> Option<&'static LabelAt> {
        let at = usize::from(self.first) + usize::from(self.numbers) + usize::from(self.texts);
        LABELS.get(at).filter(|_| self.other)
    }
}

/// A label: its value, and its line, which is the value and then the label.
#[derive(Debug)]
pub(super) struct LabelAt {
    /// A number, or the beginning of a text.
    pub number: i64,
    line: Line,
}

impl LabelAt {
    /// The value as it is written.
    pub fn key(&self) -> &'static str {
        self.line.word()
    }

    /// Compares the value of a text's label; `beginning` is that of `text`.
    pub fn cmp_text(&self, beginning: i64, text: &str) -> Ordering {
        self.number.cmp(&beginning).then_with(|| self.line.word().cmp(text))
    }

    pub fn label(&self) -> &'static str {
        self.line.rest()
    }

    /// Where it stands: labels that stand later in the file are greater.
    pub fn place(&self) -> u32 {
        self.line.at
    }
}

/// Number of tables.
pub(super) const TABLE_COUNT: usize = TABLES.len();

/// The place of the table of that name among all.
pub(super) fn table(name: &str) -> Option<usize> {
    TABLES.binary_search_by(|t| t.heading.word().cmp(name)).ok()
}

/// The table at that place.
pub(super) fn table_at(place: usize) -> Option<&'static TableAt> {
    TABLES.get(place)
}

/// The label set of that name in the file of that prefix.
pub(super) fn set(prefix: &str, name: &str) -> Option<&'static SetAt> {
    let full = || prefix.bytes().chain(*b"::").chain(name.bytes());
    let at = NAMED_SETS.binary_search_by(|(line, _)| line.word().bytes().cmp(full())).ok()?;
    SETS.get(usize::from(NAMED_SETS.get(at)?.1))
}
