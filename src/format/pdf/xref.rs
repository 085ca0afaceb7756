//! Cross-reference tables and streams: ISO 32000-2, 7.5.4 to 7.5.8.
//!
//! Sections are noted, not read: an object's entry is looked up in the file when somebody asks for it, so that a table of a
//! million objects costs nothing.

use super::{file::Piece, filter};
use crate::{
    decode::pdf::syntax::{Dict, Lexer, Object, is_space},
    error::{Error, Result},
    input::Input,
};
use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    rc::Rc,
};

/// Revisions of one document, at most so many.
const MAX_REVISIONS: usize = 2000;
/// Sub-sections of all tables, at most so many.
const MAX_SECTIONS: usize = 50_000;
/// All inflated cross-reference streams of a document together may not be larger than this: they are held.
const MAX_TABLE: usize = 64 * 1024 * 1024;
/// So much is read of a file to inflate them, at most: a stream without a length is looked for up to the end.
const MAX_READ: usize = 512 * 1024 * 1024;
/// Sections that are looked at for all objects of a document, at most so many.
const MAX_LOOKS: usize = 1 << 28;
/// Length of an entry in a table.
const ENTRY: u64 = 20;
/// `startxref` is looked for so far from the end.
const TAIL: u64 = 2048;

/// Where an object is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Entry {
    Free,
    At(u64),
    /// In an object stream, as its nth.
    In {
        stream: u32,
        index: u32,
    },
}

/// A run of entries.
struct Section {
    /// 0 is the newest.
    revision: usize,
    first: u64,
    count: u64,
    entries: Entries,
}

enum Entries {
    /// In the file, 20 bytes each.
    Table(u64),
    /// In an inflated stream.
    Stream { data: Rc<Vec<u8>>, at: usize, widths: [usize; 3] },
    /// Read one by one, since they are not 20 bytes long.
    List(Vec<Entry>),
}

/// A trailer dictionary.
pub struct Trailer {
    pub dict: Dict,
    /// The table or stream that it belongs to.
    pub span: Range<u64>,
}

/// The object table of a document: newest revision first.
#[derive(Default)]
pub struct Xref {
    sections: Vec<Section>,
    pub trailers: Vec<Trailer>,
    /// Found by a scan of the file.
    scanned: HashMap<u32, Entry>,
    inflated: usize,
    read: usize,
    looks: usize,
}

impl Xref {
    /// Follows the chain of tables from the end of the file.
    pub fn read(input: &Input) -> Result<Xref> {
        let mut xref = Xref::default();
        let mut seen = HashSet::new();
        let mut next = Some(start(input)?);
        let mut revision = 0;
        while let Some(offset) = next {
            if !seen.insert(offset) || revision >= MAX_REVISIONS {
                break;
            }
            let trailer = match xref.revision(input, offset, revision) {
                Ok(trailer) => trailer,
                Err(e) if xref.trailers.is_empty() => return Err(e),
                // The newest revision is good.
                Err(_) => break,
            };
            // A hybrid file has a stream for those who can read it: 7.5.8.4.
            if let Some(hidden) = trailer.dict.get(b"XRefStm").and_then(Object::as_u64)
                && seen.insert(hidden)
            {
                let _ = xref.stream(input, hidden, revision);
            }
            next = trailer.dict.get(b"Prev").and_then(Object::as_u64);
            xref.trailers.push(trailer);
            revision += 1;
        }
        Ok(xref)
    }

    fn revision(&mut self, input: &Input, offset: u64, revision: usize) -> Result<Trailer> {
        let head = input.up_to(offset, 64)?;
        let blanks = head.iter().take_while(|&&b| is_space(b)).count();
        match head.get(blanks..) {
            Some(text) if text.starts_with(b"xref") => self.table(input, offset + blanks as u64, revision),
            _ => self.stream(input, offset, revision),
        }
    }

    fn table(&mut self, input: &Input, start: u64, revision: usize) -> Result<Trailer> {
        let mut at = start + 4;
        loop {
            let head = input.up_to(at, 64)?;
            let mut lexer = Lexer::new(&head, 0);
            if lexer.keyword(b"trailer") {
                let from = at + lexer.at() as u64;
                let piece = Piece::read(input, from)?;
                let Object::Dict(dict) = piece.object else { return Err(Error::damaged("a trailer is no dictionary")) };
                return Ok(Trailer { dict, span: start..piece.span.end });
            }
            let (Some(first), Some(count)) = (lexer.unsigned(), lexer.unsigned()) else {
                return Err(Error::damaged("a cross-reference table is damaged"));
            };
            lexer.skip_space();
            at += lexer.at() as u64;
            let (entries, end) = entries(input, at, count)?;
            self.add(Section { revision, first, count, entries })?;
            at = end;
        }
    }

    fn stream(&mut self, input: &Input, offset: u64, revision: usize) -> Result<Trailer> {
        let damaged = || Error::damaged("a cross-reference stream is damaged");
        let piece = Piece::indirect(input, offset)?;
        let (Object::Dict(dict), Some(from)) = (piece.object, piece.stream) else { return Err(damaged()) };
        // `Length` may not be indirect here (7.5.8.2); were it wrong, the inflater finds the end all the same.
        let len = dict.get(b"Length").and_then(Object::as_u64).unwrap_or(MAX_TABLE as u64).min(MAX_TABLE as u64);
        let data = Rc::new(self.inflate(&dict, input.up_to(from, len)?.into_owned())?);
        let widths = widths(&dict).ok_or_else(damaged)?;
        let width: usize = widths.iter().sum();
        let whole = [Object::Bare("0".into()), dict.get(b"Size").cloned().unwrap_or(Object::NULL)];
        let index = dict.get(b"Index").map_or(&whole[..], Object::elements);
        let mut at = 0;
        for pair in index.chunks_exact(2) {
            let (Some(first), Some(count)) = (pair[0].as_u64(), pair[1].as_u64()) else { return Err(damaged()) };
            let count = count.min(((data.len() - at) / width) as u64);
            self.add(Section { revision, first, count, entries: Entries::Stream { data: Rc::clone(&data), at, widths } })?;
            at += count as usize * width;
        }
        Ok(Trailer { dict, span: piece.span.start..from.saturating_add(len).min(input.len()) })
    }

    /// The data of a cross-reference stream, within what is left for all of them.
    fn inflate(&mut self, dict: &Dict, data: Vec<u8>) -> Result<Vec<u8>> {
        self.read = self.read.saturating_add(data.len());
        let left = MAX_TABLE.saturating_sub(self.inflated);
        let data = filter::decode(dict, data, left)?;
        self.inflated = self.inflated.saturating_add(data.len());
        if data.len() > left || self.read > MAX_READ {
            return Err(Error::damaged("the cross-reference streams are larger than any sound file's"));
        }
        Ok(data)
    }

    fn add(&mut self, section: Section) -> Result<()> {
        if section.count == 0 {
            return Ok(());
        }
        if self.sections.len() >= MAX_SECTIONS {
            return Err(Error::damaged("the cross-reference table has too many sections"));
        }
        self.sections.push(section);
        Ok(())
    }

    /// Where object `number` is, by the newest revision that knows it.
    pub fn find(&mut self, input: &Input, number: u32) -> Option<Entry> {
        let mut freed = None;
        for section in &self.sections {
            if freed.is_some_and(|r| section.revision > r) || self.looks >= MAX_LOOKS {
                break;
            }
            self.looks += 1;
            let Some(i) = u64::from(number).checked_sub(section.first).filter(|&i| i < section.count) else { continue };
            match section.entry(input, i) {
                // Free in a hybrid's table, it may be in the stream of the same revision.
                Some(Entry::Free) => freed = Some(section.revision),
                Some(entry) => return Some(entry),
                None => {}
            }
        }
        if freed.is_some() { Some(Entry::Free) } else { self.scanned.get(&number).copied() }
    }

    /// Where the scan found object `number`.
    pub fn found(&self, number: u32) -> Option<Entry> {
        self.scanned.get(&number).copied()
    }

    /// Adds what a scan has found; the tables stay in front.
    pub fn add_scanned(&mut self, number: u32, entry: Entry) {
        self.scanned.insert(number, entry);
    }
}

impl Section {
    fn entry(&self, input: &Input, i: u64) -> Option<Entry> {
        match &self.entries {
            Entries::List(list) => list.get(usize::try_from(i).ok()?).copied(),
            Entries::Table(start) => {
                let line: [u8; ENTRY as usize] = input.array(start.checked_add(i.checked_mul(ENTRY)?)?).ok()?;
                table_entry(&mut Lexer::new(&line, 0))
            }
            Entries::Stream { data, at, widths } => {
                let width: usize = widths.iter().sum();
                let mut rest = data.get(at + usize::try_from(i).ok()?.checked_mul(width)?..)?.get(..width)?;
                let mut field = |w: usize| {
                    let (head, tail) = rest.split_at(w);
                    rest = tail;
                    head.iter().fold(0u64, |n, &b| n << 8 | u64::from(b))
                };
                // A kind of no width is 1.
                let kind = if widths[0] == 0 { 1 } else { field(widths[0]) };
                let (a, b) = (field(widths[1]), field(widths[2]));
                Some(match kind {
                    1 => Entry::At(a),
                    2 => Entry::In { stream: u32::try_from(a).ok()?, index: u32::try_from(b).ok()? },
                    _ => Entry::Free,
                })
            }
        }
    }
}

/// `0000000017 00000 n`
fn table_entry(lexer: &mut Lexer) -> Option<Entry> {
    let (offset, _) = (lexer.unsigned()?, lexer.unsigned()?);
    lexer.skip_space();
    match lexer.word() {
        b"n" => Some(Entry::At(offset)),
        b"f" => Some(Entry::Free),
        _ => None,
    }
}

/// The entries of a sub-section and where it ends. Whether they have the length that they should is seen at the last one.
fn entries(input: &Input, at: u64, count: u64) -> Result<(Entries, u64)> {
    let sound = |i: u64| {
        let line = at.checked_add(i.checked_mul(ENTRY)?)?;
        let line: [u8; ENTRY as usize] = input.array(line).ok()?;
        (line[0].is_ascii_digit() && line[10] == b' ' && matches!(line[17], b'n' | b'f')).then_some(())
    };
    if count == 0 || sound(0).is_some() && sound(count - 1).is_some() {
        return Ok((Entries::Table(at), at + count * ENTRY));
    }
    let limit = count.saturating_mul(32).min(MAX_TABLE as u64);
    let text = input.up_to(at, limit)?;
    let mut lexer = Lexer::new(&text, 0);
    let mut list = Vec::new();
    while (list.len() as u64) < count {
        let from = lexer.at();
        let Some(entry) = table_entry(&mut lexer) else {
            // Fewer than were announced.
            return Ok((Entries::List(list), at + from as u64));
        };
        list.push(entry);
    }
    Ok((Entries::List(list), at + lexer.at() as u64))
}

fn widths(dict: &Dict) -> Option<[usize; 3]> {
    let widths = dict.get(b"W")?.elements();
    let width = |i: usize| widths.get(i)?.as_u64().filter(|&w| w <= 8).map(|w| w as usize);
    let widths = [width(0)?, width(1)?, width(2)?];
    (widths[1] > 0).then_some(widths)
}

/// The offset behind the last `startxref`.
fn start(input: &Input) -> Result<u64> {
    let from = input.len().saturating_sub(TAIL);
    let tail = input.up_to(from, TAIL)?;
    let missing = || Error::damaged("the end of the file names no cross-reference table");
    let found = memchr::memmem::rfind(&tail, b"startxref").ok_or_else(missing)?;
    Lexer::new(&tail, found + 9).unsigned().ok_or_else(missing)
}
