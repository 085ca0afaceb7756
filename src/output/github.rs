//! Annotations for GitHub Actions: workflow commands, one per input.

use std::io::Write;

/// Adds an annotation of `file`.
pub fn error(file: &str, title: &str, message: &str, out: &mut Vec<u8>) {
    // Writing to memory does not fail.
    let _ = writeln!(out, "::error file={},title={}::{}", property(file), property(title), data(message));
}

/// Lines stay lines. Logs are shown in colour: what steers a terminal steers them, too.
fn data(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(['%', '\r', '\n']) {
        let (plain, end) = match piece.as_bytes().last() {
            Some(b'%') => (&piece[..piece.len() - 1], "%25"),
            Some(b'\r') => (&piece[..piece.len() - 1], "%0D"),
            Some(b'\n') => (&piece[..piece.len() - 1], "%0A"),
            _ => (piece, ""),
        };
        out.push_str(&super::safe(plain));
        out.push_str(end);
    }
    out
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_file_name_cannot_begin_a_command_of_its_own() {
        let mut out = Vec::new();
        super::error("a,b\n::error::x", "t", "50%\nmore", &mut out);
        super::error("a\x1b[2J", "t", "\u{202e}x", &mut out);
        let (first, second) = out.split_at(out.iter().position(|&b| b == b'\n').unwrap() + 1);
        assert_eq!(second, b"::error file=a\\u{1b}[2J,title=t::\\u{202e}x\n");
        assert_eq!(first, b"::error file=a%2Cb%0A%3A%3Aerror%3A%3Ax,title=t::50%25%0Amore\n");
    }
}
