//! Text of files, as it prints.

use smol_str::SmolStr;
use std::borrow::Cow;

/// Text that should be UTF-8: each byte that is not becomes `?`.
pub fn utf8(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| '?'));
    }
    Cow::Owned(out)
}

/// The same, to keep.
pub fn lossy(bytes: &[u8]) -> SmolStr {
    utf8(bytes).into()
}

/// The bytes before the first NUL.
pub fn until_nul(bytes: &[u8]) -> &[u8] {
    &bytes[..memchr::memchr(0, bytes).unwrap_or(bytes.len())]
}

/// All bytes but the NULs: what stands behind one is shown, too.
pub fn without_nuls(bytes: &[u8]) -> Cow<'_, [u8]> {
    match memchr::memchr(0, bytes) {
        None => Cow::Borrowed(bytes),
        Some(_) => Cow::Owned(bytes.iter().copied().filter(|&b| b != 0).collect()),
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = vec![0; 2 * bytes.len()];
    for (two, b) in out.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        *two = [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]];
    }
    String::from_utf8(out).unwrap_or_default()
}

/// A tag name from a word of the file: letters, digits, `-` and `_` stay; what follows anything else begins with a capital.
pub fn tag_name(word: &str) -> String {
    let mut out = String::new();
    let mut capital = true;
    for c in word.chars().take(200) {
        if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
            out.push(if capital { c.to_ascii_uppercase() } else { c });
            capital = false;
        } else {
            capital = true;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_print() {
        assert_eq!(lossy(b"caf\xe9 \xc3\xa9"), "caf? é");
        assert_eq!(hex(&[0, 0xab]), "00ab");
        assert_eq!(tag_name("prefix_ab c#"), "Prefix_abC");
    }
}
