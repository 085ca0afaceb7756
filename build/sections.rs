//! The sections of a table file, and what must be true of its lines.

use crate::lines::{number, word};
use std::collections::HashSet;

/// A section of a table file.
#[derive(Debug)]
pub struct Section<'a> {
    /// `table` or `labels`.
    pub word: &'a str,
    /// The rest of the heading: the name first.
    pub heading: &'a str,
    /// The lines beneath.
    pub body: &'a str,
}

/// The sections of a file.
pub fn sections(text: &str) -> impl Iterator<Item = Section<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.split_inclusive('\n').scan(0, |at, line| Some((std::mem::replace(at, *at + line.len()), line)));
        let (start, heading) = start.into_iter().find(|(_, line)| is_heading(line))?;
        let body = &rest[start + heading.len()..];
        let end: usize = body.split_inclusive('\n').take_while(|line| !is_heading(line)).map(str::len).sum();
        rest = &body[end..];
        let (word, heading) = heading.trim_ascii_end().split_once(' ')?;
        Some(Section { word, heading: heading.trim_ascii(), body: &body[..end] })
    })
}

fn is_heading(line: &str) -> bool {
    line.starts_with("table ") || line.starts_with("labels ")
}

/// The rows of a table's body, each with the deeper lines beneath it, which are its labels.
pub fn rows(body: &str) -> impl Iterator<Item = (&str, Vec<&str>)> {
    let mut lines = said(body).peekable();
    std::iter::from_fn(move || {
        let (indent, row) = lines.next()?;
        let mut labels = Vec::new();
        while let Some((_, label)) = lines.next_if(|&(i, _)| i > indent) {
            labels.push(label);
        }
        Some((row, labels))
    })
}

/// The lines that say something, with their indentation.
pub fn said(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().map(|line| (line.bytes().take_while(|&b| b == b' ').count(), line.trim_ascii()));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// A row's id: an index or a tag, and the part of it (`46.1`).
pub fn id(text: &str) -> Option<(i64, u16)> {
    match text.split_once('.') {
        Some((index, part)) => Some((number(index)?, part.parse().ok()?)),
        None => number(text).map(|n| (n, 0)),
    }
}

/// Panics where a file is not as the grammar in `src/tags/mod.rs` says. Returns the prefix of its sections' names.
pub fn check<'a>(file: &str, text: &'a str) -> &'a str {
    assert!(!text.contains('\t'), "{file}: a tab");
    let margin = text.lines().filter(|l| !l.trim().is_empty() && !l.starts_with([' ', '#']));
    for line in margin {
        assert!(is_heading(line), "{file}: not a heading: {line:?}");
    }
    let mut names = HashSet::new();
    let mut prefix = None;
    for section in sections(text) {
        let name = word(section.heading).0;
        assert!(names.insert(name), "{file}: {name} stands there twice");
        assert!(section.word == "table" || !section.body.trim().is_empty(), "{file}: {name} is empty");
        match name.split_once("::") {
            Some((own, _)) => assert!(own == *prefix.get_or_insert(own), "{file}: {name}: another prefix"),
            None => assert!(section.word == "labels", "{file}: {name}: a table's name is `Prefix::Name`"),
        }
    }
    prefix.unwrap_or_else(|| panic!("{file}: no section is called `Prefix::Name`"))
}
