//! Words of the table files' lines. The build script reads them too, so nothing here knows the crate.

/// The first word of a line, which may be quoted, and the rest.
pub fn word(line: &str) -> (&str, &str) {
    if let Some(quoted) = line.strip_prefix('"')
        && let Some(end) = position(quoted, |b| b == b'"')
    {
        return (&quoted[..end], quoted[end + 1..].trim_ascii_start());
    }
    position(line, |b| b == b' ').map_or((line, ""), |end| (&line[..end], line[end + 1..].trim_ascii_start()))
}

/// Where the first such byte, one of ASCII, stands. Lines are so short that a plain loop is the quickest.
pub fn position(text: &str, is: impl Fn(u8) -> bool) -> Option<usize> {
    text.bytes().position(is)
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

/// A text's first eight bytes as a number: where two of them differ, they are in the order of the texts.
pub fn beginning(text: &[u8]) -> i64 {
    let mut bytes = [0; 8];
    let n = text.len().min(8);
    bytes[..n].copy_from_slice(&text[..n]);
    // The order of bytes is that of unsigned numbers.
    (u64::from_be_bytes(bytes) ^ 1 << 63) as i64
}

const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Hash of a key that is a number.
pub fn hash_number(number: i64, part: u16) -> u64 {
    (number as u64 ^ u64::from(part) << 48).wrapping_mul(SPREAD)
}

/// Hash of a key that is a text.
pub fn hash_text(text: &str) -> u64 {
    let mix = |hash: u64, part: u64| (hash ^ part).wrapping_mul(SPREAD).rotate_left(29);
    let (eights, rest) = text.as_bytes().as_chunks::<8>();
    let hash = eights.iter().fold(text.len() as u64, |hash, &eight| mix(hash, u64::from_le_bytes(eight)));
    let last = rest.iter().fold(0, |last, &b| last << 8 | u64::from(b));
    mix(hash, last).wrapping_mul(SPREAD)
}
