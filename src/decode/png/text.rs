//! Text chunks: PNG (Third Edition) clause 11.3.3, and what programs hide in them.
//!
//! ImageMagick writes whole metadata blocks as text, `Raw profile type NAME`: a line of the name, one of the length, then
//! hexadecimal digits (`coders/png.c` describes the layout). XMP has its own keyword (XMP part 3, 1.1.5).

use super::{PNG, binary, icc, inflate_by, latin, split_nul, utf8};
use crate::{
    decode::Sink,
    input::Input,
    metadata::{Blob, Name, Value},
    part::Kind,
};
use std::{borrow::Cow, fmt::Write};

/// The keywords that may come in several languages: those of PNG 11.3.3.1 and of widespread programs.
const KEYWORDS: [&[u8]; 20] = [
    b"Artist",
    b"Author",
    b"Collection",
    b"Comment",
    b"Copyright",
    b"Creation Time",
    b"Description",
    b"Disclaimer",
    b"Document",
    b"Label",
    b"Make",
    b"Model",
    b"Software",
    b"Source",
    b"TimeStamp",
    b"Title",
    b"URL",
    b"Warning",
    b"create-date",
    b"modify-date",
];

/// A text chunk taken apart.
struct Text<'a> {
    keyword: &'a [u8],
    language: &'a [u8],
    text: &'a [u8],
    /// How it is compressed, if it is.
    method: Option<u8>,
    encoding: Encoding,
}

#[derive(Clone, Copy, PartialEq)]
enum Encoding {
    Latin1,
    Utf8,
}

pub(super) fn decode(chunk: [u8; 4], data: &[u8], input: &Input, sink: &mut Sink) {
    let Some(text) = split(chunk, data) else {
        let name = match &chunk {
            b"tEXt" => "TextualData",
            b"zTXt" => "CompressedText",
            _ => "InternationalText",
        };
        return sink.tag(&PNG, name, binary(data));
    };
    let known = Known::of(&text);
    let content = match text.method {
        None => Cow::Borrowed(text.text),
        Some(method) => match inflate_by(method, text.text, &latin(text.keyword), sink) {
            Ok(content) => Cow::Owned(content),
            Err(rest) => {
                let name = known.map_or_else(|| tag_name(text.keyword), |k| k.name().into());
                return sink.tag(&PNG, name, binary(rest));
            }
        },
    };
    match known {
        Some(Known::Xmp) => {
            let block = match content {
                // The end of the chunk's data, as it is in the file.
                Cow::Borrowed(xmp) => input.tail(input.len().saturating_sub(xmp.len() as u64)),
                Cow::Owned(xmp) => Input::from_block(xmp),
            };
            sink.child(Kind::Xmp, sink.place.clone(), block);
        }
        Some(known) => profile(known, &content, sink),
        None => plain(&text, &content, sink),
    }
}

/// A text chunk written afresh, neither compressed nor translated: its type and its data.
pub fn fresh(chunk: [u8; 4], data: &[u8]) -> Option<([u8; 4], Vec<u8>)> {
    let text = split(chunk, data)?;
    let content = match text.method {
        None => Cow::Borrowed(text.text),
        Some(method) => inflate_by(method, text.text, "text", &mut Sink::default()).ok()?.into(),
    };
    if text.encoding == Encoding::Latin1 {
        return Some((*b"tEXt", [text.keyword, b"\0", &content].concat()));
    }
    Some((*b"iTXt", [text.keyword, b"\0\0\0", text.language, b"\0\0", &content].concat()))
}

/// Takes a chunk apart, unless a separator is missing.
fn split(chunk: [u8; 4], data: &[u8]) -> Option<Text<'_>> {
    let (keyword, rest) = split_nul(data)?;
    let plain = Text { keyword, language: b"", text: rest, method: None, encoding: Encoding::Latin1 };
    match (&chunk, rest) {
        (b"tEXt", _) => Some(plain),
        (b"zTXt", [method, text @ ..]) => Some(Text { method: Some(*method), text, ..plain }),
        (b"iTXt", [compressed, method, rest @ ..]) => {
            let (language, rest) = split_nul(rest)?;
            let (_translated_keyword, text) = split_nul(rest)?;
            let method = (*compressed != 0).then_some(*method);
            Some(Text { language, text, method, encoding: Encoding::Utf8, ..plain })
        }
        _ => None,
    }
}

/// Text under a keyword of the writer's choice.
fn plain(text: &Text, content: &[u8], sink: &mut Sink) {
    if text.keyword.starts_with(b"Raw profile type ") {
        return sink.tag(&PNG, tag_name(text.keyword), binary(content));
    }
    let decoded = if text.encoding == Encoding::Utf8 { utf8(content) } else { latin(content) };
    let (name, value) = match text.keyword {
        b"Creation Time" => ("CreationTime".into(), mail_date(&decoded).map_or(decoded, Name::from)),
        b"create-date" => ("CreateDate".into(), iso_date(&decoded).map_or(decoded, Name::from)),
        b"modify-date" => ("ModDate".into(), iso_date(&decoded).map_or(decoded, Name::from)),
        b"Warning" => ("PNGWarning".into(), decoded),
        keyword => (tag_name(keyword), decoded),
    };
    let listed = !text.language.is_empty() && KEYWORDS.contains(&text.keyword);
    let name = if listed { Name::from(format!("{name}-{}", language(text.language))) } else { name };
    sink.tag(&PNG, name, value);
}

/// A keyword as the name of a tag: words joined, each with a capital, other signs than letters, digits, `-` and `_` left out.
fn tag_name(keyword: &[u8]) -> Name {
    let mut name = String::with_capacity(keyword.len());
    let mut capital = false;
    for &byte in keyword {
        match byte {
            b' ' | b'\t'..=b'\r' => capital = true,
            b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                let sign = char::from(byte);
                name.push(if capital || name.is_empty() { sign.to_ascii_uppercase() } else { sign });
                capital = false;
            }
            _ => capital = false,
        }
    }
    if name.len() < 2 || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.insert_str(0, "Tag");
    }
    name.into()
}

/// A language as it is written: `en-US`, all else in lower case.
fn language(code: &[u8]) -> String {
    let sound = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let code: String =
        code.iter().filter(sound).map(|&b| if b == b'_' { '-' } else { char::from(b.to_ascii_lowercase()) }).collect();
    match code.as_bytes() {
        [_, _, b'-', _, _] | [_, _, b'-', _, _, b'-', ..] => {
            format!("{}{}{}", &code[..3], code[3..5].to_ascii_uppercase(), &code[5..])
        }
        _ => code,
    }
}

/// Blocks of other standards, by their keyword.
#[derive(Clone, Copy)]
enum Known {
    Xmp,
    RawXmp,
    Exif,
    App1,
    Icc,
    Iptc,
    Photoshop,
}

impl Known {
    fn of(text: &Text) -> Option<Self> {
        if text.keyword == b"XML:com.adobe.xmp" {
            // Its place is international text; in plain text it counts with its wrapper alone.
            let plain = text.method.is_none() && text.encoding == Encoding::Latin1;
            return (!plain || text.text.starts_with(b"<?xpacket begin=")).then_some(Known::Xmp);
        }
        if !text.language.is_empty() {
            return None;
        }
        Some(match text.keyword.strip_prefix(b"Raw profile type ")? {
            b"exif" => Known::Exif,
            b"APP1" => Known::App1,
            b"icc" | b"icm" => Known::Icc,
            b"iptc" => Known::Iptc,
            b"8bim" => Known::Photoshop,
            b"xmp" => Known::RawXmp,
            _ => return None,
        })
    }

    /// The tag that shows the text when there is no such block in it.
    fn name(self) -> &'static str {
        match self {
            Known::Xmp => "XMP",
            Known::RawXmp => "XMP_Profile",
            Known::Exif => "EXIF_Profile",
            Known::App1 => "APP1_Profile",
            Known::Icc => "ICC_Profile",
            Known::Iptc => "IPTC_Profile",
            Known::Photoshop => "Photoshop_Profile",
        }
    }
}

/// Reports the block in a raw profile; shows the text where there is none.
fn profile(known: Known, text: &[u8], sink: &mut Sink) {
    let mut block = raw_profile(text, sink).unwrap_or_default();
    let tiff = |b: &[u8]| b.starts_with(b"II*\0") || b.starts_with(b"MM\0*");
    let kind = match known {
        Known::Xmp | Known::RawXmp if !block.is_empty() => Some(Kind::Xmp),
        Known::Exif | Known::App1 if block.starts_with(b"Exif\0\0") && tiff(&block[6..]) => {
            block.drain(..6);
            Some(Kind::Exif)
        }
        Known::Exif | Known::App1 if tiff(&block) => Some(Kind::Exif),
        Known::Exif | Known::App1 if block.starts_with(b"http://ns.adobe.com/xap/1.0/\0") => {
            block.drain(..29);
            Some(Kind::Xmp)
        }
        Known::Icc if block.len() >= 128 => return icc(block, &PNG, sink),
        Known::Iptc if block.starts_with(b"\x1c") => Some(Kind::Iptc),
        Known::Iptc | Known::Photoshop if block.starts_with(b"8BIM") => Some(Kind::Photoshop),
        _ => None,
    };
    match kind {
        Some(kind) => sink.child(kind, sink.place.clone(), Input::from_block(block)),
        None => {
            sink.warn(format!("a raw profile is no {}", known.name()));
            sink.tag(&PNG, known.name(), Value::Binary(Blob::Bytes(text.to_vec())));
        }
    }
}

/// The bytes of a raw profile: `\n name \n length \n`, then pairs of hexadecimal digits over lines.
fn raw_profile(text: &[u8], sink: &mut Sink) -> Option<Vec<u8>> {
    let (_name, rest) = split_line(text.strip_prefix(b"\n")?)?;
    let (length, digits) = split_line(rest)?;
    let length: usize = std::str::from_utf8(length).ok()?.trim().parse().ok()?;
    let mut block = Vec::with_capacity(digits.len() / 2);
    let mut high = None;
    for &byte in digits {
        let Some(digit) = char::from(byte).to_digit(16) else { continue };
        match high.take() {
            None => high = Some(digit as u8),
            Some(high) => block.push(high << 4 | digit as u8),
        }
    }
    if block.len() != length {
        sink.warn(format!("a raw profile of {} bytes says that it has {length}", block.len()));
    }
    Some(block)
}

fn split_line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b'\n', text)?;
    Some((&text[..end], &text[end + 1..]))
}

/// `2008-04-30T17:23:58+02:00` as `2008:04:30 17:23:58+02:00`.
fn iso_date(text: &str) -> Option<String> {
    let digits = |from: usize, n: usize| text.as_bytes().get(from..from + n).is_some_and(|b| b.iter().all(u8::is_ascii_digit));
    let sign = |at: usize, any: &[u8]| text.as_bytes().get(at).is_some_and(|b| any.contains(b));
    if !digits(0, 4) {
        return None;
    }
    let date_end = text.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(text.len());
    let mut date = text[..date_end].replace('-', ":");
    let rest = &text[date_end..];
    let whole = date_end == 10 && digits(5, 2) && digits(8, 2);
    if whole && sign(10, b"T ") && digits(11, 2) && sign(13, b":") && digits(14, 2) {
        let zone = text[16..].find(' ').map_or(text.len(), |at| at + 16);
        let _ = write!(date, " {}{}", &text[11..zone], text[zone..].trim_start());
    } else {
        date.push_str(rest);
    }
    Some(date)
}

/// `Mon, 9 Aug 2004 20:17:36 -0000` (RFC 1123, as PNG 11.3.3.1 recommends) as `2004:08:09 20:17:36-00:00`.
fn mail_date(text: &str) -> Option<String> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let words: Vec<&str> = text.split_ascii_whitespace().take(9).collect();
    let at = words.iter().position(|w| MONTHS.iter().any(|m| w.eq_ignore_ascii_case(m)))?;
    let month = MONTHS.iter().position(|m| words[at].eq_ignore_ascii_case(m))? + 1;
    let day: u32 = words.get(at.checked_sub(1)?)?.parse().ok()?;
    let year: u32 = words.get(at + 1)?.parse().ok()?;
    let year = if year > 99 { year } else { year.checked_add(2000)? };
    let clock = words.get(at + 2)?;
    let digits = clock.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(clock.len());
    let (clock, zone) = clock.split_at(digits);
    let fields: Vec<&str> = clock.split(':').collect();
    if !(2..=3).contains(&fields.len()) || fields.iter().any(|f| f.len() != 2) {
        return None;
    }
    let zone = if zone.is_empty() { words.get(at + 3).copied().unwrap_or("") } else { zone };
    let zone = time_zone(if zone.starts_with('(') { "" } else { zone })?;
    let second = fields.get(2).copied().unwrap_or("00");
    Some(format!("{year:04}:{month:02}:{day:02} {}:{}:{second}{zone}", fields[0], fields[1]))
}

/// A time zone of RFC 822, 5.1, as an offset.
fn time_zone(zone: &str) -> Option<String> {
    let named = match zone {
        "" => "",
        "UT" | "GMT" | "UTC" | "Z" => "+00:00",
        "EST" | "CDT" => "-05:00",
        "EDT" => "-04:00",
        "CST" | "MDT" => "-06:00",
        "MST" | "PDT" => "-07:00",
        "PST" => "-08:00",
        _ => {
            if let &[letter] = zone.as_bytes() {
                // A to M without J are the hours -1 to -12, N to Y the hours 1 to 12.
                return match letter {
                    b'A'..=b'I' => Some(format!("-{:02}:00", letter - b'A' + 1)),
                    b'K'..=b'M' => Some(format!("-{:02}:00", letter - b'A')),
                    b'N'..=b'Y' => Some(format!("+{:02}:00", letter - b'N' + 1)),
                    _ => None,
                };
            }
            let digits = zone.strip_prefix(['+', '-'])?;
            return match digits.as_bytes() {
                [a, b, c, d] if [a, b, c, d].iter().all(|x| x.is_ascii_digit()) => Some(format!("{}:{}", &zone[..3], &zone[3..])),
                [a, b':', c, d] if [a, c, d].iter().all(|x| x.is_ascii_digit()) => Some(zone.into()),
                [a, b, b':', c, d] if [a, b, c, d].iter().all(|x| x.is_ascii_digit()) => Some(zone.into()),
                _ => None,
            };
        }
    };
    Some(named.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_become_names() {
        let cases: &[(&[u8], &str)] = &[
            (b"Title", "Title"),
            (b"date:create", "Datecreate"),
            (b"Foo Bar baz", "FooBarBaz"),
            (b"tiff:rows-per-strip", "Tiffrows-per-strip"),
            (b"Thumb::Image::height", "ThumbImageheight"),
            (b"1abc", "Tag1abc"),
            (b"x", "TagX"),
            (b"", "Tag"),
            (b"\xe9t\xe9", "TagT"),
            (b"-abc", "Tag-abc"),
            (b"   lead", "Lead"),
            (b"a b-c d", "AB-cD"),
        ];
        for (keyword, want) in cases {
            assert_eq!(tag_name(keyword), *want);
        }
    }

    #[test]
    fn languages() {
        let cases: &[(&[u8], &str)] = &[
            (b"EN", "en"),
            (b"en_us", "en-US"),
            (b"X-Default", "x-default"),
            (b"zh-hant-tw", "zh-hant-tw"),
            (b"en-USA", "en-usa"),
            (b"en us", "enus"),
        ];
        for (code, want) in cases {
            assert_eq!(language(code), *want);
        }
    }

    #[test]
    fn dates() {
        let cases = [
            ("Mon, 09 aug 2004 20:17:36 -0800", Some("2004:08:09 20:17:36-08:00")),
            ("9 Aug 04 20:17 EST", Some("2004:08:09 20:17:00-05:00")),
            ("9 Aug 2004 20:17:36 A", Some("2004:08:09 20:17:36-01:00")),
            ("9 Aug 2004 20:17:36 Y", Some("2004:08:09 20:17:36+12:00")),
            ("9 Aug 2004 20:17:36+0100", Some("2004:08:09 20:17:36+01:00")),
            ("Mon 9 Aug 2004 2O:17:36 -0000", None),
            ("9 Aug 2004 2:7:3", None),
            ("9 Aug 2004", None),
            ("9 Aug 2004 20:17:36.5", None),
            ("Aug 2004 20:17:36", None),
            ("9 August 2004 20:17:36", None),
        ];
        for (text, want) in cases {
            assert_eq!(mail_date(text).as_deref(), want, "{text}");
        }
        let cases = [
            ("2008-04-30T17:23:58+02:00", Some("2008:04:30 17:23:58+02:00")),
            ("2008-04-30T17:23:58 +02:00", Some("2008:04:30 17:23:58+02:00")),
            ("2008-04-30T17:23", Some("2008:04:30 17:23")),
            ("2008-04-30T17", Some("2008:04:30T17")),
            ("2008-4-30T17:23:58", Some("2008:4:30T17:23:58")),
            ("2008-04", Some("2008:04")),
            ("200\u{d4}-04-07", None),
            (" 2008-04-30", None),
        ];
        for (text, want) in cases {
            assert_eq!(iso_date(text).as_deref(), want, "{text}");
        }
    }
}
