//! `multipart/form-data` (RFC 7578) as it comes: one part after another, never a whole part in memory.
//!
//! Our own reader, since the limits of every part must hold while it arrives, and each refusal has to name its limit.

use super::{answer::Refusal, body::Incoming};
use crate::net::name;
use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem::Finder;

pub struct Multipart<'a> {
    body: &'a mut Incoming,
    buffer: BytesMut,
    /// CR LF and two dashes before the boundary.
    delimiter: Finder<'static>,
    parts: usize,
    state: State,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Before the first delimiter.
    Preamble,
    InPart,
    /// Behind a delimiter.
    Between,
    End,
}

/// What stands before the bytes of a part.
#[derive(Debug, Default, PartialEq)]
pub struct Part {
    pub name: String,
    pub file_name: Option<String>,
}

/// The boundary of a content type, if it is multipart. RFC 2046 allows it 70 characters.
pub fn boundary(content_type: &str) -> Option<Result<String, Refusal>> {
    let kind = content_type.split(';').next().unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameter(content_type.as_bytes(), "boundary").map(|b| String::from_utf8_lossy(&b).into_owned());
    let valid = boundary.filter(|b| (1..=70).contains(&b.len()) && b.is_ascii());
    Some(valid.ok_or_else(|| Refusal::invalid("multipart/form-data without a boundary of 1 to 70 characters")))
}

impl<'a> Multipart<'a> {
    pub fn new(body: &'a mut Incoming, boundary: &str) -> Self {
        let delimiter = Finder::new(format!("\r\n--{boundary}").as_bytes()).into_owned();
        // The first delimiter need not follow a line.
        Multipart { body, buffer: BytesMut::from(&b"\r\n"[..]), delimiter, parts: 0, state: State::Preamble }
    }

    /// The next part, after the rest of the one before.
    pub async fn next(&mut self) -> Result<Option<Part>, Refusal> {
        while matches!(self.state, State::Preamble | State::InPart) {
            self.chunk().await?;
        }
        if self.state == State::End {
            return Ok(None);
        }
        self.at_least(2).await?;
        if self.buffer.starts_with(b"--") {
            self.state = State::End;
            return Ok(None);
        }
        self.parts += 1;
        let limit = self.body.limits().parts;
        if self.parts > limit {
            return Err(Refusal::too_much(format!("more than {limit} parts (--max-parts)")));
        }
        let part = self.headers().await?;
        self.state = State::InPart;
        Ok(Some(part))
    }

    async fn headers(&mut self) -> Result<Part, Refusal> {
        let limit = self.body.limits().part_headers;
        loop {
            // Spaces may stand behind a delimiter; a part without headers begins with an empty line.
            let end = memchr::memmem::find(&self.buffer, b"\r\n\r\n");
            if end.unwrap_or(self.buffer.len()) > limit {
                return Err(Refusal::too_much(format!("a part has headers of more than {limit} bytes (--max-part-headers)")));
            }
            match end {
                Some(end) => return Ok(part(&self.buffer.split_to(end + 4))),
                None => self.fill().await?,
            }
        }
    }

    /// The next bytes of the part in hand; `None` at its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Refusal> {
        if !matches!(self.state, State::Preamble | State::InPart) {
            return Ok(None);
        }
        let length = self.delimiter.needle().len();
        loop {
            match self.delimiter.find(&self.buffer) {
                Some(0) => {
                    self.buffer.advance(length);
                    self.state = State::Between;
                    return Ok(None);
                }
                Some(at) => return Ok(Some(self.buffer.split_to(at).freeze())),
                // The last bytes may be the beginning of a delimiter.
                None if self.buffer.len() >= length => {
                    let whole = self.buffer.len() + 1 - length;
                    return Ok(Some(self.buffer.split_to(whole).freeze()));
                }
                None => self.fill().await?,
            }
        }
    }

    /// The whole part in hand as text. The inner refusal is one of its content: other parts can still be read.
    pub async fn text(&mut self) -> Result<Result<String, Refusal>, Refusal> {
        let (mut text, limit) = (Vec::new(), self.body.limits().form_size);
        while let Some(chunk) = self.chunk().await? {
            if text.len() + chunk.len() > limit {
                return Ok(Err(Refusal::too_much(format!("a field of more than {limit} bytes (--max-form-size)"))));
            }
            text.extend_from_slice(&chunk);
        }
        Ok(String::from_utf8(text).map_err(|_| Refusal::invalid("a field that is not UTF-8")))
    }

    async fn at_least(&mut self, bytes: usize) -> Result<(), Refusal> {
        while self.buffer.len() < bytes {
            self.fill().await?;
        }
        Ok(())
    }

    async fn fill(&mut self) -> Result<(), Refusal> {
        let chunk = self.body.chunk().await?.ok_or_else(|| Refusal::invalid("the multipart body ends too early"))?;
        self.buffer.extend_from_slice(&chunk);
        Ok(())
    }
}

/// Reads the headers of a part.
fn part(block: &[u8]) -> Part {
    let mut part = Part::default();
    for line in unfolded(block).split(|b| *b == b'\n') {
        let Some(colon) = memchr::memchr(b':', line) else { continue };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.trim_ascii().eq_ignore_ascii_case(b"content-disposition") {
            let text = |key| parameter(value, key).map(|v| String::from_utf8_lossy(&v).into_owned());
            part.name = text("name").unwrap_or_default();
            // RFC 7578 has no `filename*`; of clients that send it all the same, some send nothing else.
            let extended = text("filename*").and_then(|v| name::of_disposition(&format!("attachment; filename*={v}")));
            part.file_name = extended.or_else(|| text("filename"));
        }
    }
    part
}

/// The same headers with every folded one on a line of its own: what begins with a blank goes on (RFC 5322, 2.2.3).
fn unfolded(block: &[u8]) -> Vec<u8> {
    let mut lines: Vec<u8> = Vec::with_capacity(block.len());
    for line in block.split_inclusive(|b| *b == b'\n') {
        if matches!(line.first(), Some(b' ' | b'\t')) {
            lines.truncate(lines.trim_ascii_end().len());
        }
        lines.extend_from_slice(line);
    }
    lines
}

/// A parameter of a header's value, behind its type; words without a value are passed over. Quoted values hold file names raw;
/// of escapes only those of browsers and of quoted strings are undone: `%22`, `%0D`, `%0A`, and a backslash before a quote or
/// another backslash.
pub fn parameter(value: &[u8], key: &str) -> Option<Vec<u8>> {
    let mut rest = from(b';', value);
    while let [_, next @ ..] = rest {
        let end = memchr::memchr2(b'=', b';', next).unwrap_or(next.len());
        let (name, after) = (next[..end].trim_ascii(), &next[end..]);
        let Some(given) = after.strip_prefix(b"=") else {
            rest = after;
            continue;
        };
        let (found, left) = match given.trim_ascii_start().strip_prefix(b"\"") {
            Some(quoted) => unquoted(quoted),
            None => {
                let left = from(b';', given);
                (given[..given.len() - left.len()].trim_ascii().to_vec(), left)
            }
        };
        if name.eq_ignore_ascii_case(key.as_bytes()) {
            return Some(found);
        }
        rest = from(b';', left);
    }
    None
}

/// The rest from that byte on.
fn from(byte: u8, bytes: &[u8]) -> &[u8] {
    &bytes[memchr::memchr(byte, bytes).unwrap_or(bytes.len())..]
}

/// The text up to the closing quote, and what follows.
fn unquoted(quoted: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut text = Vec::with_capacity(quoted.len());
    let mut at = 0;
    while let Some(&byte) = quoted.get(at) {
        match (byte, quoted.get(at + 1), quoted.get(at + 1..at + 3)) {
            (b'"', ..) => return (text, &quoted[at + 1..]),
            (b'\\', Some(&next @ (b'"' | b'\\')), _) => {
                text.push(next);
                at += 2;
            }
            (b'%', _, Some(b"22")) => {
                text.push(b'"');
                at += 3;
            }
            (b'%', _, Some(b"0D" | b"0A" | b"0d" | b"0a")) => at += 3,
            _ => {
                text.push(byte);
                at += 1;
            }
        }
    }
    (text, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_send_as_a_name() {
        let cases: [(&[u8], &str, Option<&str>); 16] = [
            (b"form-data; name=\"file\"; filename=\"image.jpg\"", "file", Some("image.jpg")),
            (b"form-data; name=\"file\"; filename=\"a%22b.jpg\"", "file", Some("a\"b.jpg")),
            (b"form-data; name=\"file\"; filename=\"a\\\"b.jpg\"", "file", Some("a\"b.jpg")),
            ("form-data; name=\"file\"; filename=\"blåbær 100%.jpg\"".as_bytes(), "file", Some("blåbær 100%.jpg")),
            (b"form-data; filename=x.jpg; name=file", "file", Some("x.jpg")),
            (b"form-data; name=\"a;b=c\"", "a;b=c", None),
            (b"form-data", "", None),
            (b"form-data; name=\"file", "file", None),
            (b"form-data; x; name=\"file\"; filename=\"a.jpg\"; y", "file", Some("a.jpg")),
            (b"form-data; ; ; name = file ;", "file", None),
            (b"form-data;name=\"file\";filename=\"a.jpg\"", "file", Some("a.jpg")),
            (b"form-data;\r\n name=\"file\";\r\n\tfilename=\"a.jpg\"", "file", Some("a.jpg")),
            (b"form-data; name=\"file\"; filename*=utf-8''bl%C3%A5.jpg", "file", Some("bl\u{e5}.jpg")),
            (b"form-data; name=\"file\"; filename*=utf-8''x; filename=\"a.jpg\"", "file", Some("x")),
            (b"form-data; name=\"file\"; filename*=nonsense; filename=\"a%22b\"", "file", Some("a\"b")),
            (b"form-data; filename=\"name=x; name=y\"; name=z", "z", Some("name=x; name=y")),
        ];
        for (value, name, file) in cases {
            let block = [b"Content-Type: image/jpeg\r\ncontent-disposition: ", value, b"\r\n\r\n"].concat();
            let want = Part { name: name.into(), file_name: file.map(String::from) };
            assert_eq!(part(&block), want, "{}", String::from_utf8_lossy(value));
        }
    }

    #[test]
    fn boundaries() {
        let found = |t: &str| boundary(t).map(|b| b.ok());
        assert_eq!(found("application/json"), None);
        assert_eq!(found("multipart/form-data; boundary=x-y"), Some(Some("x-y".into())));
        assert_eq!(found("Multipart/Form-Data; charset=utf-8; boundary=\"a b\""), Some(Some("a b".into())));
        for behind in ["; charset=utf-8", ";", "; x", " ; a=\"b;c\";"] {
            assert_eq!(found(&format!("multipart/form-data; boundary=x-y{behind}")), Some(Some("x-y".into())), "{behind}");
        }
        for none in
            ["multipart/form-data", "multipart/form-data;", "multipart/form-data; boundary", "multipart/form-data; boundary="]
        {
            assert_eq!(found(none), Some(None), "{none}");
        }
    }
}
