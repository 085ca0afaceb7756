//! Answers in the format that was asked for; safe for terminals. Data goes to stdout, all else to stderr.

pub mod csv;
pub mod github;
pub mod json;
pub mod jsonl;
pub mod table;

use crate::api::Extracted;
use std::{
    borrow::Cow,
    io::{self, IsTerminal, Write},
};

/// Answers are written when so many bytes have gathered.
const FULL: usize = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    Jsonl,
    Table,
    Csv,
    Github,
}

/// How rows look.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub format: Format,
    /// The command line names one explicit input: its answer stands alone.
    pub single: bool,
    /// Stdout is a terminal.
    pub terminal: bool,
    pub color: bool,
}

impl Style {
    pub fn new(format: Option<Format>, single: bool, color: crate::cli::When) -> Self {
        let terminal = io::stdout().is_terminal();
        let color = match color {
            crate::cli::When::Always => true,
            crate::cli::When::Never => false,
            crate::cli::When::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        };
        let format = format.unwrap_or(if single { Format::Json } else { Format::Jsonl });
        Style { format, single, terminal, color }
    }

    /// A row that stands alone does not say which operand it is of.
    pub fn source<'a>(&self, source: &'a str) -> Option<&'a str> {
        (!self.single || self.format != Format::Json).then_some(source)
    }

    /// Adds a JSON row that is text already, on one line; `value` is what it says.
    pub fn raw(&self, text: &str, value: &impl serde::Serialize, out: &mut Vec<u8>) {
        if self.single && self.format == Format::Json && self.terminal {
            json::indented(value, out)
        } else {
            out.extend_from_slice(text.as_bytes());
            out.push(b'\n');
        }
        if self.terminal {
            json::disarm(out);
        }
    }

    /// Adds the row of an extraction.
    pub fn extracted(&self, row: &Extracted, out: &mut Vec<u8>) {
        if self.terminal {
            return self.json(row, out);
        }
        row.write(out);
        out.push(b'\n');
    }

    /// Adds a JSON row.
    pub fn json(&self, row: &impl serde::Serialize, out: &mut Vec<u8>) {
        if self.single && self.format == Format::Json && self.terminal {
            json::indented(row, out)
        } else {
            jsonl::line(row, out)
        }
        if self.terminal {
            json::disarm(out);
        }
    }
}

/// Rows on their way to stdout.
pub struct Rows {
    style: Style,
    /// What stands before the first row.
    header: &'static str,
    buffer: Vec<u8>,
    begun: bool,
    /// No row may wait for others.
    eager: bool,
    /// Nobody reads them any more.
    discarded: bool,
}

impl Rows {
    pub fn new(style: Style, header: &'static str) -> Self {
        Rows { style, header, buffer: Vec::new(), begun: false, eager: style.terminal, discarded: false }
    }

    fn array(&self) -> bool {
        self.style.format == Format::Json && !self.style.single
    }

    fn begin(&mut self) {
        self.buffer.extend_from_slice(if self.array() { b"[\n" } else { self.header.as_bytes() });
    }

    /// Adds a row that ends in a newline, or several, or none.
    pub fn row(&mut self, row: &[u8]) -> io::Result<()> {
        if row.is_empty() || self.discarded {
            return Ok(());
        }
        match (std::mem::replace(&mut self.begun, true), self.array()) {
            (false, _) => self.begin(),
            (true, true) => self.buffer.extend_from_slice(b",\n"),
            (true, false) => {}
        }
        let row = if self.array() { row.trim_ascii_end() } else { row };
        self.buffer.extend_from_slice(row);
        if self.eager || self.buffer.len() >= FULL { self.flush() } else { Ok(()) }
    }

    pub fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        let result = out.write_all(&self.buffer).and_then(|()| out.flush());
        self.buffer.clear();
        result
    }

    /// What comes from now on goes nowhere.
    pub fn discard(&mut self) {
        self.discarded = true;
        self.buffer.clear();
    }

    /// Ends the answer.
    pub fn finish(&mut self) -> io::Result<()> {
        if self.discarded {
            return Ok(());
        }
        if !std::mem::replace(&mut self.begun, true) {
            self.begin();
        } else if self.array() {
            self.buffer.push(b'\n');
        }
        if self.array() {
            self.buffer.extend_from_slice(b"]\n");
        }
        self.flush()
    }
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("style", &self.style).finish_non_exhaustive()
    }
}

/// Prints a message for people on stderr. One that cannot be printed is lost.
pub fn message(text: &str) {
    let _ = writeln!(io::stderr().lock(), "exifkit: {}", safe(text));
}

/// A stranger's text without what would steer a terminal: control characters, marks that turn the direction of writing.
pub fn safe(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if steers(c) { escaped.extend(c.escape_default()) } else { escaped.push(c) }
    }
    Cow::Owned(escaped)
}

/// Does a terminal do something else than show this character?
fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_not_steered() {
        for (text, want) in [
            ("a b", "a b"),
            ("a\nb", "a\\nb"),
            ("\x1b[2J", "\\u{1b}[2J"),
            ("\u{9b}x", "\\u{9b}x"),
            ("\u{202e}", "\\u{202e}"),
            ("æ", "æ"),
        ] {
            assert_eq!(safe(text), want);
        }
    }
}
