//! Indexes the table files, so that a start of the program parses none: rows and labels are found by binary search, and
//! only the lines that a file asks for are ever compiled.
//!
//! What comes out is one text (headings first, then rows with their labels, without comments and indentation) and arrays of
//! numbers that point into it: they need no relocation, and no page of them is touched before it is asked.

use crate::{lines, sections};
use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

/// A line: its place in the text, its length, and that of its first word.
type Line = (usize, usize, usize);

#[derive(Default)]
struct Index {
    text: String,
    tables: Vec<String>,
    rows: Vec<String>,
    slots: Vec<String>,
    named_sets: Vec<String>,
    sets: Vec<String>,
    labels: Vec<String>,
}

struct File {
    /// What the names of its tables begin with.
    prefix: String,
    text: String,
}

/// Writes `tables.txt` and `tables.rs` to `out` from the `*.tags` files of `folder`.
pub fn index(folder: &Path, out: &Path) {
    let files = files(folder);
    let mut index = Index::default();
    let mut tables: Vec<_> = files.iter().flat_map(|f| named(f, "table")).collect();
    let mut sets: Vec<_> = files.iter().flat_map(|f| named(f, "labels")).collect();
    tables.sort();
    sets.sort();
    // Headings stand together, since they are searched.
    let headings: Vec<Line> = tables.iter().map(|(_, heading, _)| index.line(heading)).collect();
    let names: Vec<Line> = sets.iter().map(|(name, ..)| index.line(name)).collect();
    for ((name, heading, body), line) in tables.iter().zip(headings) {
        index.table(name, heading, body, line);
    }
    for ((_, _, body), name) in sets.iter().zip(names) {
        let labels: Vec<&str> = sections::said(body).map(|(_, line)| line).collect();
        let set = index.set(&labels);
        index.named_sets.push(format!("({}, {set})", source(name)));
    }
    fs::write(out.join("tables.txt"), &index.text).expect("tables.txt is written");
    fs::write(out.join("tables.rs"), index.source()).expect("tables.rs is written");
}

fn files(folder: &Path) -> Vec<File> {
    let entries = fs::read_dir(folder).expect("the folder of the table files is there");
    let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("its entries can be read").path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "tags"));
    paths.sort();
    paths.iter().map(|path| File::read(path)).collect()
}

impl File {
    fn read(path: &Path) -> File {
        let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let prefix = sections::check(&path.to_string_lossy(), &text).to_owned();
        File { prefix, text }
    }
}

/// The sections of one kind: name, heading, body. A label set may be called without its file's prefix.
fn named<'a>(file: &'a File, word: &str) -> Vec<(String, &'a str, &'a str)> {
    let name = |heading: &str| match lines::word(heading).0 {
        name if name.contains("::") => name.to_owned(),
        name => format!("{}::{name}", file.prefix),
    };
    sections::sections(&file.text).filter(|s| s.word == word).map(|s| (name(s.heading), s.heading, s.body)).collect()
}

fn source((at, len, word): Line) -> String {
    format!("Line {{ at: {at}, len: {len}, word: {word} }}")
}

/// A text's first eight bytes, as a number of the same order.
fn beginning(text: &str) -> i64 {
    lines::beginning(text.as_bytes())
}

impl Index {
    /// Adds a line, its first word without quotes.
    fn line(&mut self, line: &str) -> Line {
        let at = self.text.len();
        let (word, rest) = lines::word(line);
        let _ = writeln!(self.text, "{word} {rest}");
        (at, word.len() + 1 + rest.len(), word.len())
    }

    fn table(&mut self, name: &str, heading: &str, body: &str, heading_line: Line) {
        let text_keys = heading.split(' ').any(|w| w == "keys=text");
        let mut rows: Vec<_> = sections::rows(body).collect();
        let key = |row: &str| {
            let word = lines::word(row).0;
            match text_keys {
                true => (beginning(word), 0, word.to_owned()),
                false => {
                    let (n, part) = sections::id(word).unwrap_or_else(|| panic!("{name}: {row}: not an id"));
                    (n, part, String::new())
                }
            }
        };
        rows.sort_by_cached_key(|(row, _)| key(row));
        let first = self.rows.len();
        let keys: Vec<_> = rows.iter().map(|(row, _)| key(row)).collect();
        let slots = self.slots(&keys, text_keys);
        for (row, labels) in &rows {
            let (key, part, _) = key(row);
            let line = self.line(row);
            let set = if labels.is_empty() { "NONE".to_owned() } else { self.set(labels).to_string() };
            let (data, moved) = (row.contains(" data="), row.contains(" moved="));
            let line = source(line);
            self.rows
                .push(format!("RowAt {{ key: {key}, part: {part}, line: {line}, labels: {set}, data: {data}, moved: {moved} }}"));
        }
        self.tables.push(format!(
            "TableAt {{ heading: {}, rows: ({first}, {}), slots: {slots:?} }}",
            source(heading_line),
            self.rows.len()
        ));
    }

    /// Adds a table's hash table, half of it empty: the place of the first row of each key, counted from 1. Returns where it
    /// begins, and how many bits of a hash count.
    fn slots(&mut self, keys: &[(i64, u16, String)], text_keys: bool) -> (usize, u32) {
        let bits = (2 * keys.len() + 2).next_power_of_two().ilog2();
        let mut slots = vec![0; 1 << bits];
        for (at, key) in keys.iter().enumerate() {
            if at > 0 && keys[at - 1] == *key {
                continue;
            }
            let hash = if text_keys { lines::hash_text(&key.2) } else { lines::hash_number(key.0, key.1) };
            let mut slot = (hash >> (64 - bits)) as usize;
            while slots[slot] != 0 {
                slot = (slot + 1) % slots.len();
            }
            slots[slot] = at + 1;
        }
        let first = self.slots.len();
        self.slots.extend(slots.iter().map(usize::to_string));
        (first, bits)
    }

    /// Adds a label set: numbers, texts, and the label of all others, each sorted. Returns its index.
    fn set(&mut self, labels: &[&str]) -> usize {
        let (mut numbers, mut texts, mut other) = (Vec::new(), Vec::new(), None);
        for &label in labels {
            let line = self.line(label);
            let key = lines::word(label).0;
            match lines::number(key) {
                _ if key == "*" => other = Some((0, key, line)),
                Some(n) if !label.starts_with('"') => numbers.push((n, key, line)),
                _ => texts.push((beginning(key), key, line)),
            }
        }
        numbers.sort_by_key(|&(n, ..)| n);
        texts.sort_by_key(|&(_, key, _)| key);
        let first = self.labels.len();
        let all = numbers.iter().chain(&texts).chain(&other);
        self.labels.extend(all.map(|&(number, _, line)| format!("LabelAt {{ number: {number}, line: {} }}", source(line))));
        let (numbers, texts, other) = (numbers.len(), texts.len(), other.is_some());
        self.sets.push(format!("SetAt {{ first: {first}, numbers: {numbers}, texts: {texts}, other: {other} }}"));
        self.sets.len() - 1
    }

    fn source(&self) -> String {
        let arrays = [
            ("TABLES", "TableAt", &self.tables),
            ("ROWS", "RowAt", &self.rows),
            ("SLOTS", "u16", &self.slots),
            ("NAMED_SETS", "(Line, u16)", &self.named_sets),
            ("SETS", "SetAt", &self.sets),
            ("LABELS", "LabelAt", &self.labels),
        ];
        let mut out = String::new();
        for (name, of, elements) in arrays {
            let _ = writeln!(out, "pub(super) static {name}: [{of}; {}] = [\n{}\n];", elements.len(), elements.join(",\n"));
        }
        out
    }
}
