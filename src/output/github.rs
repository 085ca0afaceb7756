//! Annotations for GitHub Actions: workflow commands, one per input.

use std::io::Write;

/// Adds an annotation of `file`.
pub fn error(file: &str, title: &str, message: &str, out: &mut Vec<u8>) {
    // Writing to memory does not fail.
    let _ = writeln!(out, "::error file={},title={}::{}", property(file), property(title), data(message));
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
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
        assert_eq!(out, b"::error file=a%2Cb%0A%3A%3Aerror%3A%3Ax,title=t::50%25%0Amore\n");
    }
}
