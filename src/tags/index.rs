//! Where everything stands in the table files: made by the build script (`build/tables.rs`), searched here.

use super::lines;
use std::ops::Range;

include!(concat!(env!("OUT_DIR"), "/tables.rs"));

/// The lines of all table files.
static TEXT: &str = include_str!(concat!(env!("OUT_DIR"), "/tables.txt"));

/// No labels.
const NONE: u16 = u16::MAX;

/// A line: where it begins in the text, and its length in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span(u32, u16);

impl Span {
    pub fn text(self) -> &'static str {
        let start = self.0 as usize;
        TEXT.get(start..start + usize::from(self.1)).unwrap_or_default()
    }

    /// The first word.
    fn key(self) -> &'static str {
        lines::word(self.text()).0
    }
}

/// A table: its heading, and its rows, sorted by key; rows of one key in the order of the file.
#[derive(Debug)]
pub(super) struct TableAt {
    pub heading: Span,
    rows: (u16, u16),
}

impl TableAt {
    pub fn rows(&self) -> &'static [RowAt] {
        &ROWS[Range { start: usize::from(self.rows.0), end: usize::from(self.rows.1) }]
    }
}

/// A row.
#[derive(Debug)]
pub(super) struct RowAt {
    pub key: i64,
    pub part: u16,
    labels: u16,
    pub line: Span,
    /// Does it tell where data is?
    pub data: bool,
}

impl RowAt {
    /// The key of a row whose key is a text.
    pub fn text_key(&self) -> &'static str {
        self.line.key()
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

/// A label: its number, and its line, which is the value and then the label.
#[derive(Debug)]
pub(super) struct LabelAt {
    pub number: i64,
    line: Span,
}

impl LabelAt {
    /// The value as it is written.
    pub fn key(&self) -> &'static str {
        self.line.key()
    }

    pub fn label(&self) -> &'static str {
        lines::word(self.line.text()).1
    }

    /// Where it stands: labels that stand later in the file are greater.
    pub fn place(&self) -> u32 {
        self.line.0
    }
}

/// Number of tables.
pub(super) const TABLE_COUNT: usize = TABLES.len();

/// The place of the table of that name among all.
pub(super) fn table(name: &str) -> Option<usize> {
    TABLES.binary_search_by(|t| t.heading.key().cmp(name)).ok()
}

/// The table at that place.
pub(super) fn table_at(place: usize) -> Option<&'static TableAt> {
    TABLES.get(place)
}

/// The label set of that name in the file of that prefix.
pub(super) fn set(prefix: &str, name: &str) -> Option<&'static SetAt> {
    let full = || prefix.bytes().chain(*b"::").chain(name.bytes());
    let at = NAMED_SETS.binary_search_by(|(span, _)| span.text().bytes().cmp(full())).ok()?;
    SETS.get(usize::from(NAMED_SETS.get(at)?.1))
}
