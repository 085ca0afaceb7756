//! PDF text strings and dates: ISO 32000-2, 7.9.2 and 7.9.4.

/// PDFDocEncoding where it differs from Latin-1 (annex D.2), from 0x18 and from 0x80 on. Undefined
/// codes stay as they are.
const FROM_18: [char; 8] = ['˘', 'ˇ', 'ˆ', '˙', '˝', '˛', '˚', '˜'];
const FROM_80: [char; 33] = [
    '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚', '™', 'ﬁ', 'ﬂ', 'Ł', 'Œ', 'Š', 'Ÿ',
    'Ž', 'ı', 'ł', 'œ', 'š', 'ž', '\u{9f}', '€',
];

/// A text string: UTF-16BE or UTF-8 behind a byte order mark, PDFDocEncoding without. NULs go.
pub fn decode(bytes: &[u8]) -> String {
    let mut text = match bytes {
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        // Not in the standard, but written.
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => bytes.iter().map(|&b| pdf_doc(b)).collect(),
    };
    text.retain(|c| c != '\0');
    text
}

fn pdf_doc(b: u8) -> char {
    match b {
        0x18..=0x1f => FROM_18[usize::from(b - 0x18)],
        0x80..=0xa0 => FROM_80[usize::from(b - 0x80)],
        _ => char::from(b),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|c| unit([c[0], c[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// `D:20200102030405+01'00'` as `2020:01:02 03:04:05+01:00`. What is missing is the first of its kind; what is no date stays
/// as it is.
pub fn date(text: &str) -> String {
    let bare = text.strip_prefix("D:").unwrap_or(text);
    // A date that is cut short is filled up.
    let mut full = bare.to_owned();
    if let Some(rest) = "00000101000000".get(bare.len()..) {
        full.push_str(rest);
    }
    let digits = full.bytes().take(14).take_while(u8::is_ascii_digit).count();
    if digits < 14 {
        return full;
    }
    let (d, zone) = full.split_at(14);
    let part = |r: std::ops::Range<usize>| d.get(r).unwrap_or_default();
    let mut out = format!("{}:{}:{} {}:{}:{}", part(0..4), part(4..6), part(6..8), part(8..10), part(10..12), part(12..14));
    out.push_str(&time_zone(zone));
    out
}

/// `+01'00'` as `+01:00`, `Z…` as `Z`, anything else as nothing.
fn time_zone(text: &str) -> String {
    let text = text.trim_start();
    let mut chars = text.chars();
    match chars.next() {
        Some('Z' | 'z') => "Z".to_owned(),
        Some(sign @ ('+' | '-')) => {
            let rest = chars.as_str();
            let hours = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (hours, minutes) = rest.split_at(hours);
            let minutes = minutes.trim_start_matches(['\'', ' ', ':']);
            match (hours.is_empty(), hours.len() == rest.len()) {
                (false, false) => {
                    let digits: String = minutes.chars().take_while(char::is_ascii_digit).take(2).collect();
                    format!("{sign}{hours}:{digits:0>2}")
                }
                _ => String::new(),
            }
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let cases: &[(&[u8], &str)] = &[
            (b"plain", "plain"),
            (b"\x80\x84\x92\xa0\xad\xe9\x18\x1f\x01", "•—™€\u{ad}é˘˜\u{1}"),
            (b"\xfe\xff\0A\0\xe9\x20\xac\xd8\x3d\xde\0\0\0", "Aé€😀"),
            (b"\xff\xfeA\0", "A"),
            (b"\xef\xbb\xbf\xc3\xa9x", "éx"),
            (b"\0\0abc\0def\0", "abcdef"),
            (b"\xfe\xff\0A\0", "A"),
        ];
        for (bytes, want) in cases {
            assert_eq!(&decode(bytes), want, "{bytes:x?}");
        }
    }

    #[test]
    fn dates() {
        for (text, want) in [
            ("D:20200102030405+01'00'", "2020:01:02 03:04:05+01:00"),
            ("D:20200102030405Z00'00'", "2020:01:02 03:04:05Z"),
            ("D:20200102030405z", "2020:01:02 03:04:05Z"),
            ("D:20200102030405-08'30", "2020:01:02 03:04:05-08:30"),
            ("D:20200102030405 +01'00'", "2020:01:02 03:04:05+01:00"),
            ("D:20200102030405+01:00", "2020:01:02 03:04:05+01:00"),
            ("D:20200102030405+1'0'", "2020:01:02 03:04:05+1:00"),
            ("D:20200102030405+0100", "2020:01:02 03:04:05"),
            ("D:20200102030405.123", "2020:01:02 03:04:05"),
            ("D:2020", "2020:01:01 00:00:00"),
            ("D:2020010203", "2020:01:02 03:00:00"),
            ("", "0000:01:01 00:00:00"),
            ("20200102030405", "2020:01:02 03:04:05"),
            ("2020-01-02T03:04:05", "2020-01-02T03:04:05"),
            ("D:20200102Z", "20200102Z00000"),
            ("Fri Jan 2 2020", "Fri Jan 2 2020"),
        ] {
            assert_eq!(date(text), want, "{text}");
        }
    }
}
