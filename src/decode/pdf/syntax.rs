//! PDF syntax: ISO 32000-2, 7.2 (lexical conventions) and 7.3 (objects).

use smol_str::SmolStr;

/// Arrays and dictionaries inside each other, at most so deep.
const MAX_DEPTH: u8 = 64;
/// Objects in one piece of text, at most so many: a page tree's longest array fits.
const MAX_OBJECTS: u32 = 500_000;

/// An object.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    /// A number or a keyword (`true`, `null`), as it is spelled.
    Bare(SmolStr),
    /// A string, its escapes resolved.
    String(Vec<u8>),
    /// A name without its solidus, `#xx` resolved.
    Name(Vec<u8>),
    Array(Vec<Object>),
    Dict(Dict),
    /// An indirect reference: object and generation number.
    Ref(u32, u16),
}

impl Object {
    pub const NULL: Object = Object::Bare(SmolStr::new_static("null"));

    pub fn as_int(&self) -> Option<i64> {
        match self {
            Object::Bare(s) => s.parse().ok(),
            _ => None,
        }
    }

    /// As an offset or a length: reals with a fraction of zero are met too.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Object::Bare(s) => s.split('.').next()?.parse().ok(),
            _ => None,
        }
    }

    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Object::Bare(s) => s.parse().ok().filter(|v: &f64| v.is_finite()),
            _ => None,
        }
    }

    pub fn as_dict(&self) -> Option<&Dict> {
        match self {
            Object::Dict(d) => Some(d),
            _ => None,
        }
    }

    pub fn as_name(&self) -> Option<&[u8]> {
        match self {
            Object::Name(n) => Some(n),
            _ => None,
        }
    }

    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Object::String(s) => Some(s),
            _ => None,
        }
    }

    /// The elements: of an array its own, of anything else itself.
    pub fn elements(&self) -> &[Object] {
        match self {
            Object::Array(a) => a,
            one => std::slice::from_ref(one),
        }
    }

    /// Writes the object; strings in hexadecimal, so that any bytes survive.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Object::Bare(s) => out.extend_from_slice(s.as_bytes()),
            Object::Name(n) => write_name(n, out),
            Object::Ref(number, generation) => out.extend_from_slice(format!("{number} {generation} R").as_bytes()),
            Object::String(s) => {
                out.push(b'<');
                s.iter().for_each(|b| push_hex(*b, out));
                out.push(b'>');
            }
            Object::Array(a) => {
                out.push(b'[');
                for item in a {
                    item.write(out);
                    out.push(b' ');
                }
                out.push(b']');
            }
            Object::Dict(d) => d.write(out),
        }
    }
}

fn write_name(name: &[u8], out: &mut Vec<u8>) {
    out.push(b'/');
    for &b in name {
        if is_regular(b) && b != b'#' && b.is_ascii_graphic() {
            out.push(b);
        } else {
            out.push(b'#');
            push_hex(b, out);
        }
    }
}

fn push_hex(b: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend_from_slice(&[DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]);
}

/// A dictionary, in the order of the file. Of two entries with one key the first counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dict(pub Vec<(Vec<u8>, Object)>);

impl Dict {
    pub fn get(&self, key: &[u8]) -> Option<&Object> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    pub fn int(&self, key: &[u8]) -> Option<i64> {
        self.get(key)?.as_int()
    }

    pub fn name(&self, key: &[u8]) -> Option<&[u8]> {
        self.get(key)?.as_name()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"<<");
        for (key, value) in &self.0 {
            write_name(key, out);
            out.push(b' ');
            value.write(out);
        }
        out.extend_from_slice(b">>");
    }
}

/// White space: 7.2.3, table 1.
pub fn is_space(b: u8) -> bool {
    matches!(b, 0 | 9 | 10 | 12 | 13 | 32)
}

/// Neither white space nor a delimiter.
pub fn is_regular(b: u8) -> bool {
    !is_space(b) && !matches!(b, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

/// Reads objects one after the other from text that may end anywhere.
pub struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    objects: u32,
    /// The text ended inside, or right behind, something that was read: more of it might change the answer.
    pub ended: bool,
}

impl<'a> Lexer<'a> {
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Lexer { bytes, at, objects: 0, ended: false }
    }

    pub fn at(&self) -> usize {
        self.at
    }

    fn peek(&mut self) -> Option<u8> {
        let b = self.bytes.get(self.at).copied();
        self.ended |= b.is_none();
        b
    }

    fn next(&mut self) -> Option<u8> {
        let b = self.peek()?;
        self.at += 1;
        Some(b)
    }

    /// Skips white space and comments.
    pub fn skip_space(&mut self) {
        while let Some(b) = self.peek() {
            match b {
                b'%' => {
                    let rest = &self.bytes[self.at..];
                    self.at += memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
                }
                _ if is_space(b) => self.at += 1,
                _ => return,
            }
        }
    }

    /// A run of regular characters.
    pub fn word(&mut self) -> &'a [u8] {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let len = rest.iter().position(|&b| !is_regular(b));
        self.ended |= len.is_none();
        let word = &rest[..len.unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    /// Skips `word` if it comes next.
    pub fn keyword(&mut self, word: &[u8]) -> bool {
        self.skip_space();
        let from = self.at;
        if self.word() == word {
            return true;
        }
        self.at = from;
        false
    }

    /// A number without sign or point.
    pub fn unsigned(&mut self) -> Option<u64> {
        self.skip_space();
        let from = self.at;
        let number = parse_unsigned(self.word());
        if number.is_none() {
            self.at = from;
        }
        number
    }

    /// The next object; `None` at the end of the text or of what surrounds it.
    pub fn object(&mut self) -> Option<Object> {
        self.object_at(0)
    }

    fn object_at(&mut self, depth: u8) -> Option<Object> {
        self.objects += 1;
        if depth > MAX_DEPTH || self.objects > MAX_OBJECTS {
            self.at = self.bytes.len();
            return None;
        }
        self.skip_space();
        match self.peek()? {
            b'/' => Some(Object::Name(self.name())),
            b'(' => Some(Object::String(self.literal())),
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                while let Some(item) = self.object_at(depth + 1) {
                    items.push(item);
                }
                self.close(b"]");
                Some(Object::Array(items))
            }
            b'<' => {
                self.at += 1;
                if self.peek() == Some(b'<') {
                    self.at += 1;
                    return Some(Object::Dict(self.dict(depth + 1)));
                }
                Some(Object::String(self.hex()))
            }
            b']' | b'>' | b')' | b'}' => None,
            b'{' => {
                self.at += 1;
                self.object_at(depth + 1)
            }
            _ => Some(self.bare()),
        }
    }

    fn close(&mut self, bracket: &[u8]) {
        if self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(bracket)) {
            self.at += bracket.len();
        }
    }

    fn name(&mut self) -> Vec<u8> {
        self.at += 1;
        let word = self.word();
        let mut name = Vec::with_capacity(word.len());
        let mut rest = word;
        while let Some((&b, tail)) = rest.split_first() {
            rest = tail;
            if b == b'#'
                && let [h, l, after @ ..] = tail
                && let (Some(h), Some(l)) = (hex_digit(*h), hex_digit(*l))
            {
                name.push(h << 4 | l);
                rest = after;
            } else {
                name.push(b);
            }
        }
        name
    }

    /// 7.3.4.2; an end of line inside stays as it is.
    fn literal(&mut self) -> Vec<u8> {
        self.at += 1;
        let mut out = Vec::new();
        let mut open = 1u32;
        while let Some(b) = self.next() {
            match b {
                b'\\' => self.escape(&mut out),
                b'(' => {
                    open = open.saturating_add(1);
                    out.push(b);
                }
                b')' => {
                    open -= 1;
                    if open == 0 {
                        break;
                    }
                    out.push(b);
                }
                _ => out.push(b),
            }
        }
        out
    }

    fn escape(&mut self, out: &mut Vec<u8>) {
        let Some(b) = self.next() else { return };
        match b {
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
            }
            b'\n' => {}
            b'0'..=b'7' => {
                let mut code = u32::from(b - b'0');
                for _ in 0..2 {
                    match self.peek() {
                        Some(d @ b'0'..=b'7') => code = code * 8 + u32::from(d - b'0'),
                        _ => break,
                    }
                    self.at += 1;
                }
                out.push(code as u8);
            }
            other => out.push(other),
        }
    }

    fn hex(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut high = None;
        while let Some(b) = self.next() {
            if b == b'>' {
                break;
            }
            let Some(digit) = hex_digit(b) else { continue };
            match high.take() {
                Some(h) => out.push(h << 4 | digit),
                None => high = Some(digit),
            }
        }
        out.extend(high.map(|h| h << 4));
        out
    }

    fn dict(&mut self, depth: u8) -> Dict {
        let mut dict = Dict::default();
        loop {
            self.skip_space();
            match self.peek() {
                None => break,
                Some(b'>') => {
                    self.at += 1;
                    self.close(b">");
                    break;
                }
                Some(b'/') => {
                    let key = self.name();
                    if let Some(value) = self.object_at(depth) {
                        dict.0.push((key, value));
                    }
                }
                // Not a key: passed over. `endobj` means that the dictionary was never closed.
                Some(_) => {
                    let from = self.at;
                    match self.object_at(depth) {
                        Some(Object::Bare(word)) if word == "endobj" || word == "stream" => {
                            self.at = from;
                            break;
                        }
                        Some(_) => {}
                        None => self.at = self.at.max(from + 1),
                    }
                }
            }
        }
        dict
    }

    /// A number, a keyword, or a reference, which begins like a number.
    fn bare(&mut self) -> Object {
        let word = self.word();
        if let Some(number) = parse_unsigned(word).and_then(|n| u32::try_from(n).ok()) {
            let from = self.at;
            if let Some(generation) = self.unsigned().and_then(|g| u16::try_from(g).ok())
                && self.keyword(b"R")
            {
                return Object::Ref(number, generation);
            }
            self.at = from;
        }
        Object::Bare(SmolStr::from(String::from_utf8_lossy(word)))
    }
}

fn parse_unsigned(word: &[u8]) -> Option<u64> {
    if word.is_empty() || word.len() > 19 || !word.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(word.iter().fold(0, |n: u64, b| n.saturating_mul(10).saturating_add(u64::from(b - b'0'))))
}

pub fn hex_digit(b: u8) -> Option<u8> {
    (b as char).to_digit(16).map(|d| d as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        if let Some(o) = Lexer::new(text.as_bytes(), 0).object() {
            o.write(&mut out);
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn objects() {
        let cases = [
            ("<</A 1/B -2.50/C true/D null>>", "<</A 1/B -2.50/C true/D null>>"),
            ("[1 0 R 2 3 (a(b)c\\)\\101\\7x\\\n)]", "[1 0 R 2 3 <612862296329410778> ]"),
            ("<48 65 6c6c 6f 7>", "<48656c6c6f70>"),
            ("/a#20b#2", "/a#20b#232"),
            ("<</Foo/Bar/Baz(a)>>", "<</Foo /Bar/Baz <61>>>"),
            ("<< (str) 5 /A 1 garbage /B 2 % c\n>>", "<</A 1/B 2>>"),
            ("<</A [1 2", "<</A [1 2 ]>>"),
            ("<</A 5 endobj 7 0 obj <</B 6>>", "<</A 5>>"),
            ("{1", "1"),
            (")", ""),
            ("", ""),
        ];
        for (text, want) in cases {
            assert_eq!(written(text), want, "{text}");
        }
    }

    #[test]
    fn the_end_of_the_text_is_noticed() {
        for (text, ended) in [
            ("<</A 1>> ", false),
            ("<</A 1>", false),
            ("<</A 1", true),
            ("(abc", true),
            ("12", true),
            ("12 ", true),
            ("/A ", false),
        ] {
            let mut lexer = Lexer::new(text.as_bytes(), 0);
            lexer.object();
            assert_eq!(lexer.ended, ended, "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        for open in ["[", "<</A", "{"] {
            assert!(Lexer::new(open.repeat(100_000).as_bytes(), 0).object().is_some() || open == "{");
        }
    }
}
