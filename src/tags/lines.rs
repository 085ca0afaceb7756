//! Words of the table files' lines. The build script reads them too, so nothing here knows the crate.

/// The first word of a line, which may be quoted, and the rest.
pub fn word(line: &str) -> (&str, &str) {
    if let Some((word, rest)) = line.strip_prefix('"').and_then(|l| l.split_once('"')) {
        return (word, rest.trim_ascii_start());
    }
    line.split_once(' ').map_or((line, ""), |(w, r)| (w, r.trim_ascii_start()))
}

/// A whole number, decimal or `0x`.
pub fn number(text: &str) -> Option<i64> {
    let (digits, negative) = text.strip_prefix('-').map_or((text, false), |t| (t, true));
    let n = match digits.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16).ok()?,
        None if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
        None => return None,
    };
    Some(if negative { -n } else { n })
}
