//! A document's objects, read when they are asked for: ISO 32000-2, 7.3.10 and 7.5.7.

use super::{
    crypt::{Crypt, Locked},
    filter, scan,
    xref::{Entry, Xref},
};
use crate::{
    decode::pdf::syntax::{Dict, Lexer, Object, is_space},
    error::{Error, Result},
    input::Input,
};
use std::{collections::HashMap, ops::Range, rc::Rc};

/// An object is looked for in so many bytes first; most are shorter.
const WINDOW: u64 = 2048;
/// An object without its stream may not be larger than this.
const MAX_OBJECT: u64 = 16 * 1024 * 1024;
/// A decoded stream may not be larger than this …
const MAX_STREAM: usize = 64 * 1024 * 1024;
/// … and all of them together not larger than this.
const MAX_STREAMS: usize = 256 * 1024 * 1024;
/// Objects read of one file, at most so many.
const MAX_READ: u32 = 100_000;
/// Objects held, at most so many: what many pages share.
const MAX_HELD: usize = 2000;
/// All objects read of one file may not be larger than this: many of them may stand in the same bytes.
const MAX_LOADED: usize = 128 * 1024 * 1024;
/// What references are resolved to may not be larger than this, all together: many may lead to the same object.
const MAX_RESOLVED: usize = 32 * 1024 * 1024;
/// References that lead to references.
const MAX_HOPS: u8 = 16;

/// An object as it stands in the file.
#[derive(Clone, Debug)]
pub struct Piece {
    pub object: Object,
    /// Where the data of its stream begins.
    pub stream: Option<u64>,
    /// Its bytes without the stream.
    pub span: Range<u64>,
}

impl Piece {
    /// Reads the object at `offset`.
    pub fn read(input: &Input, offset: u64) -> Result<Piece> {
        Self::parse(input, offset, false).map(|(piece, _)| piece)
    }

    /// Reads the indirect object (`7 0 obj …`) at `offset`.
    pub fn indirect(input: &Input, offset: u64) -> Result<Piece> {
        Self::parse(input, offset, true).map(|(piece, _)| piece)
    }

    /// The object and, of an indirect one, its numbers. The window grows until the object fits.
    fn parse(input: &Input, offset: u64, indirect: bool) -> Result<(Piece, (u64, u64))> {
        let damaged = || Error::damaged("an object is not where the cross-reference table says");
        let mut window = WINDOW;
        loop {
            let text = input.up_to(offset, window)?;
            let complete = text.len() as u64 == input.len().saturating_sub(offset) || window >= MAX_OBJECT;
            let mut lexer = Lexer::new(&text, 0);
            let mut id = (0, 0);
            if indirect {
                match (lexer.unsigned(), lexer.unsigned(), lexer.keyword(b"obj")) {
                    (Some(number), Some(generation), true) => id = (number, generation),
                    _ => return Err(damaged()),
                }
            }
            let object = lexer.object();
            let end = lexer.at();
            let is_stream = indirect && lexer.keyword(b"stream");
            let at = lexer.at();
            // The end of line behind `stream` must be in the window, too.
            if (lexer.ended || at + 2 > text.len()) && !complete {
                window *= 8;
                continue;
            }
            let object = object.unwrap_or(Object::NULL);
            let stream = is_stream.then(|| offset + (at + line_end(text.get(at..).unwrap_or_default())) as u64);
            return Ok((Piece { object, stream, span: offset..offset + end as u64 }, id));
        }
    }
}

/// What an object takes of memory, with all that is in it. It is no deeper than the lexer lets it be.
fn size(object: &Object) -> usize {
    let inside = match object {
        Object::Bare(word) => word.len(),
        Object::String(bytes) | Object::Name(bytes) => bytes.len(),
        Object::Array(items) => items.iter().map(size).sum(),
        Object::Dict(dict) => dict.0.iter().map(|(key, value)| size_of::<Vec<u8>>() + key.len() + size(value)).sum(),
        Object::Ref(..) => 0,
    };
    size_of::<Object>() + inside
}

/// Length of the end of line that begins the text; blanks before it are met.
fn line_end(text: &[u8]) -> usize {
    let blanks = text.iter().take_while(|&&b| b == b' ').count();
    match text.get(blanks..) {
        Some([b'\r', b'\n', ..]) => blanks + 2,
        Some([b'\r' | b'\n', ..]) => blanks + 1,
        _ => 0,
    }
}

/// An indirect object, decrypted.
#[derive(Clone, Debug)]
pub struct Indirect {
    pub number: u32,
    pub generation: u16,
    pub piece: Piece,
    /// The object stream that it lies in; its span is that stream's.
    pub inside: Option<u32>,
}

/// The objects of an object stream, inflated.
struct Bundle {
    bytes: Vec<u8>,
    /// Number and offset of each.
    index: Vec<(u32, usize)>,
    /// The first offset of each number.
    by_number: HashMap<u32, usize>,
    span: Range<u64>,
}

/// A document: its object table, and what was read of it.
pub struct Document<'a> {
    pub input: &'a Input,
    pub xref: Xref,
    crypt: Option<Crypt>,
    held: HashMap<u32, Rc<Indirect>>,
    bundles: HashMap<u32, Option<Rc<Bundle>>>,
    inflated: usize,
    loaded: usize,
    resolved: usize,
    read: u32,
    depth: u8,
    scanned: bool,
}

impl<'a> Document<'a> {
    /// Reads the object table; where there is none, the whole file is looked through.
    pub fn open(input: &'a Input) -> Result<(Self, Option<Error>)> {
        let (xref, trouble) = match Xref::read(input) {
            Ok(xref) => (xref, None),
            Err(e) => (Xref::default(), Some(e)),
        };
        let mut document = Document {
            input,
            xref,
            crypt: None,
            held: HashMap::new(),
            bundles: HashMap::new(),
            inflated: 0,
            loaded: 0,
            resolved: 0,
            read: 0,
            depth: 0,
            scanned: false,
        };
        if trouble.is_some() {
            document.scan()?;
        }
        Ok((document, trouble))
    }

    /// Looks for objects through the whole file, once.
    pub fn scan(&mut self) -> Result<bool> {
        if std::mem::replace(&mut self.scanned, true) {
            return Ok(false);
        }
        let found = scan::scan(self.input)?;
        for &(number, offset) in &found.objects {
            self.xref.add_scanned(number, Entry::At(offset));
        }
        if self.xref.trailers.is_empty() {
            self.xref.trailers = found.trailers;
        }
        for stream in found.bundles {
            let Some(bundle) = self.bundle(stream) else { continue };
            for (i, &(number, _)) in bundle.index.iter().enumerate() {
                if self.xref.found(number).is_none() {
                    self.xref.add_scanned(number, Entry::In { stream, index: i as u32 });
                }
            }
        }
        Ok(true)
    }

    /// Everything that is read from now on is decrypted.
    pub fn unlock(&mut self, dict: &Dict, id: &[u8]) -> std::result::Result<(), Locked> {
        self.crypt = Some(Crypt::new(dict, id)?);
        self.held.clear();
        self.bundles.clear();
        Ok(())
    }

    /// An indirect object.
    pub fn object(&mut self, number: u32) -> Option<Rc<Indirect>> {
        if let Some(held) = self.held.get(&number) {
            return Some(Rc::clone(held));
        }
        if self.read >= MAX_READ || self.depth >= MAX_HOPS || self.loaded > MAX_LOADED {
            return None;
        }
        self.read += 1;
        self.depth += 1;
        let mut found = self.xref.find(self.input, number).and_then(|e| self.load(number, e));
        if found.is_none() && self.scanned {
            found = self.xref.found(number).and_then(|e| self.load(number, e));
        }
        self.depth -= 1;
        let found = Rc::new(found?);
        if self.held.len() < MAX_HELD {
            self.held.insert(number, Rc::clone(&found));
        }
        Some(found)
    }

    fn load(&mut self, number: u32, entry: Entry) -> Option<Indirect> {
        match entry {
            Entry::Free => None,
            Entry::At(offset) => {
                let (mut piece, id) = Piece::parse(self.input, offset, true).ok()?;
                if !self.takes(&piece.object, piece.span.end - piece.span.start) || id.0 != u64::from(number) {
                    return None;
                }
                let generation = u16::try_from(id.1).unwrap_or(0);
                if let Some(crypt) = &self.crypt {
                    crypt.strings(&mut piece.object, number, generation);
                }
                Some(Indirect { number, generation, piece, inside: None })
            }
            Entry::In { stream, index } => {
                let bundle = self.bundle(stream)?;
                // The number counts, should the index be wrong.
                let at = match bundle.index.get(index as usize) {
                    Some(&(named, at)) if named == number => at,
                    _ => *bundle.by_number.get(&number)?,
                };
                let mut lexer = Lexer::new(&bundle.bytes, at);
                let object = lexer.object();
                if !self.takes(object.as_ref().unwrap_or(&Object::NULL), lexer.at().saturating_sub(at) as u64) {
                    return None;
                }
                let piece = Piece { object: object?, stream: None, span: bundle.span.clone() };
                Some(Indirect { number, generation: 0, piece, inside: Some(stream) })
            }
        }
    }

    /// An object stream: 7.5.7.
    fn bundle(&mut self, number: u32) -> Option<Rc<Bundle>> {
        if let Some(bundle) = self.bundles.get(&number) {
            return bundle.clone();
        }
        // Should it lead to itself, it is not there.
        self.bundles.insert(number, None);
        let bundle = self.open_bundle(number).map(Rc::new);
        self.bundles.insert(number, bundle.clone());
        bundle
    }

    fn open_bundle(&mut self, number: u32) -> Option<Bundle> {
        let holder = self.object(number).filter(|h| h.inside.is_none())?;
        let dict = holder.piece.object.as_dict()?;
        let (count, first) = (self.number(dict, b"N")?, self.number(dict, b"First")?);
        let (bytes, span) = self.stream(&holder).ok()?;
        let mut lexer = Lexer::new(&bytes, 0);
        let (mut index, mut by_number) = (Vec::new(), HashMap::new());
        for _ in 0..count {
            let (Some(number), Some(at)) = (lexer.unsigned(), lexer.unsigned()) else { break };
            let at = usize::try_from(first.saturating_add(at)).unwrap_or(usize::MAX);
            if at < bytes.len() {
                // An entry is larger than its text.
                self.spend(2 * size_of::<(u32, usize)>()).ok()?;
                let number = u32::try_from(number).ok()?;
                index.push((number, at));
                by_number.entry(number).or_insert(at);
            }
        }
        Some(Bundle { bytes, index, by_number, span })
    }

    /// Counts an object and the text that it was read from: is there room for it?
    fn takes(&mut self, object: &Object, text: u64) -> bool {
        let size = size(object).max(usize::try_from(text).unwrap_or(usize::MAX));
        self.loaded = self.loaded.saturating_add(size);
        self.loaded <= MAX_LOADED
    }

    /// A number in a dictionary, which may be a reference.
    fn number(&mut self, dict: &Dict, key: &[u8]) -> Option<u64> {
        let value = dict.get(key)?;
        self.resolve(value).as_u64()
    }

    /// What a reference leads to; anything else itself. Nothing is `null`, and so is what there is no room for.
    pub fn resolve(&mut self, object: &Object) -> Object {
        let Object::Ref(mut number, _) = *object else { return object.clone() };
        for _ in 0..MAX_HOPS {
            if self.resolved > MAX_RESOLVED {
                break;
            }
            let Some(found) = self.object(number) else { break };
            if let Object::Ref(next, _) = found.piece.object {
                number = next;
                continue;
            }
            self.resolved = self.resolved.saturating_add(size(&found.piece.object));
            if self.resolved <= MAX_RESOLVED {
                return found.piece.object.clone();
            }
        }
        Object::NULL
    }

    /// The decoded data of a stream, and where in the file it was.
    pub fn stream(&mut self, holder: &Indirect) -> Result<(Vec<u8>, Range<u64>)> {
        let (Object::Dict(dict), Some(from)) = (&holder.piece.object, holder.piece.stream) else {
            return Err(Error::damaged("a stream is missing"));
        };
        let mut dict = dict.clone();
        for (key, value) in &mut dict.0 {
            if matches!(&key[..], b"Filter" | b"DecodeParms" | b"Length") {
                *value = self.resolve(value);
                if let Object::Array(items) = value {
                    for item in items.iter_mut().take(16) {
                        *item = self.resolve(item);
                    }
                }
            }
        }
        let range = self.extent(from, dict.get(b"Length").and_then(Object::as_u64))?;
        let mut data = self.input.bytes(range.start, range.end - range.start)?.into_owned();
        self.spend(data.len())?;
        if let Some(crypt) = &self.crypt {
            data = crypt.stream(&dict, data, holder.number, holder.generation);
        }
        let data = filter::decode(&dict, data, MAX_STREAM)?;
        self.spend(data.len())?;
        Ok((data, range))
    }

    fn spend(&mut self, bytes: usize) -> Result<()> {
        self.inflated = self.inflated.saturating_add(bytes);
        if self.inflated > MAX_STREAMS {
            return Err(Error::damaged("the streams of the file are larger than any sound file's"));
        }
        Ok(())
    }

    /// The bytes of a stream: as long as it says if `endstream` stands there, else up to the next `endstream`.
    fn extent(&self, from: u64, len: Option<u64>) -> Result<Range<u64>> {
        if let Some(end) = len.and_then(|l| from.checked_add(l)).filter(|&e| e <= self.input.len()) {
            let behind = self.input.up_to(end, 32)?;
            let text = behind.iter().position(|&b| !is_space(b)).map_or(&b""[..], |i| &behind[i..]);
            if text.starts_with(b"endstream") || text.starts_with(b"endobj") {
                if end - from > MAX_STREAM as u64 {
                    return Err(Error::damaged("a stream of metadata is larger than the limit"));
                }
                return Ok(from..end);
            }
        }
        let mut window = 64 * 1024;
        loop {
            let text = self.input.up_to(from, window)?;
            if let Some(end) = memchr::memmem::find(&text, b"endstream") {
                let cut = text[..end].iter().rev().take(2).take_while(|b| matches!(b, b'\r' | b'\n')).count();
                return Ok(from..from + (end - cut) as u64);
            }
            if (text.len() as u64) < window || window > MAX_STREAM as u64 {
                return Err(Error::damaged("a stream has no end"));
            }
            window *= 8;
        }
    }
}
