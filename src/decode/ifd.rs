//! Image file directories (TIFF 6.0, section 2; BigTIFF): the one walker for Exif, TIFF files and maker notes.
//!
//! A [`Reader`] knows a block, its byte order and what offsets count from. [`Reader::directory`] reads one directory with
//! its table: plain rows become tags, rows with a sub-table are followed, rows of another standard become children.

use super::{Sink, makernote};
use crate::{
    error::{Error, Result},
    input::Input,
    metadata::{Blob, Group, Name, Priority, Tag, Value},
    tags::{self, ByteOrder, Context, Format, Key, Layout, Row, Sub, Table},
};
use smallvec::SmallVec;
use std::{borrow::Cow, cell::Cell, rc::Rc};

/// Entries of one directory, at most so many are read (a classic directory can say 65,535).
const MAX_ENTRIES: u64 = 4096;
/// Directories of one block and maker notes in it, at most so many together.
const MAX_DIRECTORIES: usize = 512;
/// Directories inside directories, at most so deep.
const MAX_DEPTH: u8 = 10;
/// Values up to these sizes are taken into memory; longer ones stay in the file and print as binary.
const MAX_TEXT: u64 = 4 * 1024 * 1024;
const MAX_UNDEFINED: u64 = 64 * 1024;
const MAX_NUMBERS: u64 = 256 * 1024;
/// Bytes that all values of a block take in memory, together: many entries may point at the same data.
const MAX_VALUES: u64 = 64 * 1024 * 1024;

/// One entry of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub tag: u16,
    /// The TIFF field type as stored.
    pub field_type: u16,
    pub format: Format,
    pub count: u64,
    /// Where the value is, relative to the block.
    pub at: u64,
    /// Bytes of the value.
    pub size: u64,
}

/// A directory's entries and where the next one is (0: nowhere).
#[derive(Debug, Default)]
pub struct Directory {
    pub entries: Vec<Entry>,
    pub next: u64,
}

/// Reads directories of one block.
#[derive(Debug)]
pub struct Reader {
    /// Offset 0 is the TIFF header's first byte.
    pub block: Input,
    pub order: ByteOrder,
    /// BigTIFF: 8-byte counts and offsets.
    pub big: bool,
    /// Added to the offsets of values and sub-directories; not 0 in maker notes alone.
    pub base: i64,
    visited: SmallVec<[u64; 16]>,
    depth: u8,
    left: Rc<Left>,
}

/// What is left for a block, its maker notes included.
#[derive(Debug)]
struct Left {
    /// Of [`MAX_VALUES`].
    values: Cell<u64>,
    /// Of [`MAX_DIRECTORIES`].
    directories: Cell<usize>,
}

impl Left {
    /// Takes so many bytes, if they are there.
    fn take(&self, bytes: u64) -> bool {
        self.values.get().checked_sub(bytes).inspect(|left| self.values.set(*left)).is_some()
    }
}

impl Reader {
    pub fn new(block: Input, order: ByteOrder) -> Self {
        let left = Left { values: Cell::new(MAX_VALUES), directories: Cell::new(MAX_DIRECTORIES) };
        Reader { block, order, big: false, base: 0, visited: SmallVec::new(), depth: 0, left: Rc::new(left) }
    }

    /// A reader of the same block for a maker note, whose offsets may count otherwise. It remembers the directories seen.
    pub fn with_base(&self, order: ByteOrder, base: i64) -> Reader {
        Reader {
            block: self.block.clone(),
            order,
            big: false,
            base,
            visited: self.visited.clone(),
            depth: self.depth + 1,
            left: Rc::clone(&self.left),
        }
    }

    /// Reads the entries of the directory at `at`, cut to those that are there. Entries whose value lies outside the
    /// block, or whose type is none, are left out with a warning.
    pub fn entries(&self, at: u64, sink: &mut Sink) -> Result<Directory> {
        let (count_size, entry_size, offset_size) = if self.big { (8u64, 20u64, 8u64) } else { (2, 12, 4) };
        let count = match self.big {
            true => self.unsigned(&self.block.bytes(at, 8)?, 8),
            false => self.unsigned(&self.block.bytes(at, 2)?, 2),
        };
        let start = at.saturating_add(count_size);
        let whole = self.block.len().saturating_sub(start) / entry_size;
        let read = count.min(whole).min(MAX_ENTRIES);
        if read < count {
            sink.warn("a directory is cut short");
        }
        let bytes = self.block.bytes(start, read * entry_size)?;
        let mut directory = Directory { entries: Vec::with_capacity(read as usize), next: 0 };
        for (i, raw) in bytes.chunks_exact(entry_size as usize).enumerate() {
            match self.entry(raw, start + i as u64 * entry_size, offset_size) {
                Ok(entry) => directory.entries.push(entry),
                // A run of entries without a type is padding, or no directory at all.
                Err(_) if i == 0 && count > 200 => return Err(Error::damaged("no directory where one should be")),
                Err(e) => sink.warn(e.to_string()),
            }
        }
        if read == count
            && let Ok(next) = self.block.bytes(start + count * entry_size, offset_size)
        {
            directory.next = self.unsigned(&next, offset_size);
        }
        Ok(directory)
    }

    fn entry(&self, raw: &[u8], at: u64, offset_size: u64) -> Result<Entry> {
        let short = |i| self.order.u16(raw, i).unwrap_or_default();
        let (tag, field_type) = (short(0), short(2));
        let format = Format::of_tiff(field_type)
            .ok_or_else(|| Error::damaged(format!("entry 0x{tag:04x} has the unknown type {field_type}")))?;
        let count = self.unsigned(&raw[4..4 + offset_size as usize], offset_size);
        let size = count.saturating_mul(format.size() as u64);
        let mut value_at = at + 4 + offset_size;
        if size > offset_size {
            let offset = self.unsigned(&raw[4 + offset_size as usize..], offset_size);
            value_at = offset
                .checked_add_signed(self.base)
                .filter(|o| o.checked_add(size).is_some_and(|end| end <= self.block.len()))
                .ok_or_else(|| Error::damaged(format!("the value of entry 0x{tag:04x} lies outside the block")))?;
        }
        Ok(Entry { tag, field_type, format, count, at: value_at, size })
    }

    fn unsigned(&self, bytes: &[u8], size: u64) -> u64 {
        match size {
            2 => self.order.u16(bytes, 0).unwrap_or_default().into(),
            4 => self.order.u32(bytes, 0).unwrap_or_default().into(),
            _ => self.order.u64(bytes, 0).unwrap_or_default(),
        }
    }

    /// The stored bytes of an entry's value.
    pub fn bytes(&self, entry: &Entry) -> Result<Cow<'_, [u8]>> {
        self.block.bytes(entry.at, entry.size)
    }

    /// The value of an entry. Long data stays in the file.
    pub fn value(&self, entry: &Entry) -> Option<Value> {
        if entry.count == 0 {
            return Some(Value::Text(Name::default()));
        }
        if !self.affords(entry) {
            return Some(Value::Binary(self.span(entry.at, entry.size)));
        }
        entry.format.read(&self.bytes(entry).ok()?, usize::try_from(entry.count).ok()?, self.order)
    }

    /// Is the value short enough to be taken into memory, and something left of what the whole block may take?
    fn affords(&self, entry: &Entry) -> bool {
        if entry.size <= 64 {
            return true;
        }
        let limit = match entry.format {
            Format::String => MAX_TEXT,
            Format::Undef => MAX_UNDEFINED,
            _ => MAX_NUMBERS * entry.format.size() as u64,
        };
        let held = match entry.format {
            Format::String | Format::Undef => entry.size,
            _ => entry.count.saturating_mul(size_of::<Value>() as u64),
        };
        entry.size <= limit && self.left.take(held)
    }

    /// Takes one of the directories and notes that a block may have.
    pub fn admits_one_more(&self, sink: &mut Sink) -> bool {
        let left = self.left.directories.get().checked_sub(1);
        match left {
            Some(left) => self.left.directories.set(left),
            None => sink.warn("too many directories"),
        }
        left.is_some()
    }

    /// The value of an entry as unsigned numbers (offsets, lengths).
    pub fn numbers(&self, entry: &Entry) -> SmallVec<[u64; 4]> {
        let value = self.value(entry);
        value.iter().flat_map(Value::elements).filter_map(|v| u64::try_from(v.as_i64()?).ok()).collect()
    }

    /// A range of the block as binary data.
    pub fn span(&self, at: u64, size: u64) -> Blob {
        self.block.blob(at..at.saturating_add(size))
    }

    /// Reads the directory at `at` and all below it. Returns where the next one is (0: nowhere, or seen before).
    pub fn directory(&mut self, at: u64, table: &'static Table, group: &Group, priority: Priority, sink: &mut Sink) -> u64 {
        let Some(directory) = self.enter(at, group, sink) else { return 0 };
        for entry in &directory.entries {
            self.emit(entry, table, group, priority, sink);
        }
        self.data(&directory.entries, table, group, sink);
        directory.next
    }

    /// Adds the data that rows of a maker note point at.
    fn data(&self, entries: &[Entry], table: &'static Table, group: &Group, sink: &mut Sink) {
        for (row, (length, name)) in table.data_rows().filter_map(|r| Some((r, r.data?))) {
            let number = |key| {
                let entry = entries.iter().find(|e| Key::from(e.tag) == key)?;
                self.numbers(entry).first().copied()
            };
            let (Some(offset), Some(length)) = (number(row.key), number(Key::from(length))) else { continue };
            let Some(at) = offset.checked_add_signed(self.base) else { continue };
            if length > 0 && at.checked_add(length).is_some_and(|end| end <= self.block.len()) {
                sink.push(Tag::new(row.group_in(group), name, Value::Binary(self.span(at, length))));
            }
        }
    }

    /// The entries of the directory at `at`, once: `None` for one that was read before, or lies too deep.
    pub fn enter(&mut self, at: u64, group: &Group, sink: &mut Sink) -> Option<Directory> {
        if self.depth > MAX_DEPTH || self.visited.contains(&at) {
            sink.warn("directories point at each other");
            return None;
        }
        if sink.is_full() || !self.admits_one_more(sink) {
            return None;
        }
        self.visited.push(at);
        match self.entries(at, sink) {
            Ok(directory) => Some(directory),
            Err(e) => {
                sink.warn(format!("directory {}: {e}", group.place));
                None
            }
        }
    }

    /// Adds what one entry says.
    pub fn emit(&mut self, entry: &Entry, table: &'static Table, group: &Group, priority: Priority, sink: &mut Sink) {
        let mut rows = table.rows_of(entry.tag);
        let (format, order, count, size) = (entry.format, self.order, entry.count, entry.size);
        let context = Context { format: Some(format), order, count, size, ..Context::new(&sink.facts) };
        let Some(mut row) = rows.next() else { return };
        if row.is_conditional() {
            let Some(value) = self.value(entry) else { return };
            let Some(first) = [row].into_iter().chain(rows).find(|r| r.holds(&value, &context)) else { return };
            row = first;
        }
        if let Some(sub) = &row.sub {
            return self.follow(entry, row, sub, sink);
        }
        if let Some(kind) = row.child {
            return sink.child(kind, row.name, self.block.slice(entry.at..entry.at.saturating_add(entry.size)));
        }
        let Some(mut value) = self.value_for(entry, row) else { return };
        let kept = if row.flags.keep { value.as_f64() } else { None };
        if row.data.is_some()
            && let Some(offset) = value.as_i64()
        {
            // As it counts in the file.
            let start = i64::try_from(self.block.start()).unwrap_or_default();
            value = offset.saturating_add(self.base).saturating_add(start).into();
        }
        if let Some(tag) = tags::tag_of(table, row, value, group, &context) {
            sink.push(lowered(tag, priority));
        }
        if let Some(number) = kept {
            sink.facts.keep(row.name, number);
        }
    }

    /// The value in the format that the row says, where it says one (`undef` that holds numbers or text). Undefined data
    /// that no row says more about is a number when it is a single byte, else text without its NULs.
    fn value_for(&self, entry: &Entry, row: &Row) -> Option<Value> {
        let format = match row.format {
            Some(format) if format != entry.format => format,
            None if entry.format == Format::Undef && !row.takes_stored() && !row.flags.binary => {
                if entry.count == 0 || !self.affords(entry) {
                    return self.value(entry);
                }
                return Some(undefined(&self.bytes(entry).ok()?));
            }
            _ => return self.value(entry),
        };
        if entry.count == 0 || !self.affords(entry) {
            return self.value(entry);
        }
        let bytes = self.bytes(entry).ok()?;
        format.read(&bytes, bytes.len() / format.size(), row.order.unwrap_or(self.order)).or_else(|| self.value(entry))
    }

    /// Does the value say its own size at `at`?
    fn says_size(&self, entry: &Entry, at: u64, order: ByteOrder) -> bool {
        let said = entry.at.checked_add(at).and_then(|at| order.u16(&self.block.bytes(at, 2).ok()?, 0));
        said.is_some_and(|said| u64::from(said) == entry.size)
    }

    /// Decodes an entry's value with the row's sub-table: a packed block in place, a block with a decoder of its own, or
    /// the directories that the value points at.
    fn follow(&mut self, entry: &Entry, row: &Row, sub: &Sub, sink: &mut Sink) {
        let Some(table) = sub.table() else { return };
        let order = sub.order.or(table.order).unwrap_or(self.order);
        if let Some(at) = sub.sized
            && !self.says_size(entry, at, order)
        {
            return sink.warn(format!("{} says another size", row.name));
        }
        if !self.left.take(entry.size) {
            return sink.warn(format!("{} is too much", row.name));
        }
        if let Some(name) = table.proc {
            return makernote::procedure(name, self, entry, sub, table, sink);
        }
        if table.layout != Layout::Keyed {
            if let Ok(bytes) = self.bytes(entry)
                && let Some(block) = bytes.get(usize::try_from(sub.start).unwrap_or(usize::MAX)..)
            {
                tags::packed(table, block, order, sink);
            }
            return;
        }
        let place = row.group_in(&table.group).place;
        self.depth += 1;
        if matches!(entry.format, Format::Undef | Format::Int8u) && entry.size > 8 {
            // The directory stands in the value itself.
            self.directory(entry.at + sub.start, table, &Group { kind: table.group.kind, place }, Priority::Normal, sink);
        } else {
            for (i, offset) in self.numbers(entry).into_iter().take(16).enumerate() {
                let Some(at) = offset.checked_add_signed(self.base) else { continue };
                let group = Group { kind: table.group.kind, place: numbered(&place, i) };
                self.directory(at, table, &group, Priority::Normal, sink);
            }
        }
        self.depth -= 1;
    }
}

fn undefined(bytes: &[u8]) -> Value {
    match bytes {
        [byte] => (*byte).into(),
        bytes if bytes.contains(&0) => {
            let bytes: SmallVec<[u8; 64]> = bytes.iter().copied().filter(|b| *b != 0).collect();
            Value::Text(tags::format::lossy(&bytes))
        }
        bytes => Value::Text(tags::format::lossy(bytes)),
    }
}

/// A tag of a directory of that priority.
pub fn lowered(tag: Tag, directory: Priority) -> Tag {
    let priority = if tag.priority == Priority::High { tag.priority } else { tag.priority.min(directory) };
    Tag { priority, ..tag }
}

/// `SubIFD`, `SubIFD1`, `SubIFD2` …
pub fn numbered(place: &Name, i: usize) -> Name {
    if i == 0 { place.clone() } else { format!("{place}{i}").into() }
}
