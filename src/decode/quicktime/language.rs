//! Languages of texts and media.

/// Macintosh language codes (QTFF, "Language Code Values"), as ISO 639 codes; nothing where none is assigned.
#[rustfmt::skip]
static MACINTOSH: [&str; 151] = [
    "en", "fr", "de", "it", "nl-NL", "sv", "es", "da", "pt", "no", "he", "ja", "ar", "fi", "el", "is",
    "mt", "tr", "hr", "zh-TW", "ur", "hi", "th", "ko", "lt", "pl", "hu", "et", "lv", "smi", "fo", "fa",
    "ru", "zh-CN", "nl-BE", "ga", "sq", "ro", "cs", "sk", "sl", "yi", "sr", "mk", "bg", "uk", "be", "uz",
    "kk", "az", "az", "hy", "ka", "ro", "ky", "tg", "tk", "mn-MN", "mn-CN", "ps", "ku", "ks", "sd", "bo",
    "ne", "sa", "mr", "bn", "as", "gu", "pa", "or", "ml", "kn", "ta", "te", "si", "my", "km", "lo",
    "vi", "id", "tl", "ms-MY", "ms-BN", "am", "ti", "om", "so", "sw", "rw", "rn", "ny", "mg", "eo", "",
    "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "",
    "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "",
    "cy", "eu", "ca", "la", "qu", "gn", "ay", "tt", "ug", "dz", "jv", "su", "gl", "af", "br", "",
    "gd", "gv", "ga", "to", "el", "kl", "az",
];

/// The language of a code: three letters in 15 bits (ISO/IEC 14496-12, 8.4.2.3), or a Macintosh code below 0x400.
pub fn language(code: u16) -> Option<String> {
    if code >= 0x400 && code != 0x7fff {
        let letter = |shift: u16| char::from(((code >> shift & 31) + 0x60) as u8);
        return Some([letter(10), letter(5), letter(0)].iter().collect());
    }
    MACINTOSH.get(usize::from(code)).filter(|l| !l.is_empty()).map(|l| (*l).to_owned())
}

/// What stands behind the name of a tag in another language than English.
pub fn suffix(code: u16) -> Option<String> {
    language(code).filter(|l| !matches!(l.as_str(), "eng" | "und" | "en"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_kinds() {
        for (code, want) in
            [(0x15c7, Some("eng")), (0x55c4, Some("und")), (1, Some("fr")), (150, Some("az")), (127, None), (0x7fff, None)]
        {
            assert_eq!(language(code).as_deref(), want, "{code:#x}");
        }
    }
}
