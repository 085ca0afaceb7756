//! Tables for people: a heading per file and group, a line per tag. Control characters are escaped.

use super::{Style, safe};
use std::io::Write;

/// Width of the names' column.
const NAMES: usize = 32;

/// Adds the heading of a file.
pub fn heading(text: &str, style: &Style, out: &mut Vec<u8>) {
    emphasized(&safe(text), "1", style, out);
    out.push(b'\n');
}

/// Adds the heading of a group.
pub fn group(text: &str, style: &Style, out: &mut Vec<u8>) {
    out.extend_from_slice(b"  ");
    emphasized(&safe(text), "36", style, out);
    out.push(b'\n');
}

/// Adds a line of name and value.
pub fn line(name: &str, value: &str, out: &mut Vec<u8>) {
    // Writing to memory does not fail.
    let _ = writeln!(out, "    {:NAMES$} {}", safe(name), safe(value));
}

/// Adds a line about a failure.
pub fn failure(source: &str, error: &str, style: &Style, out: &mut Vec<u8>) {
    out.extend_from_slice(safe(source).as_bytes());
    out.extend_from_slice(b": ");
    emphasized(&safe(error), "31", style, out);
    out.push(b'\n');
}

fn emphasized(text: &str, code: &str, style: &Style, out: &mut Vec<u8>) {
    let _ = if style.color { write!(out, "\x1b[{code}m{text}\x1b[0m") } else { write!(out, "{text}") };
}
