//! Tables: text files, one line a tag, its labels beneath; indexed by the build script, compiled a line at a time on first use.
//!
//! ```text
//! # A comment. Where the facts are from is cited at the top of each file.
//!
//! table Canon::CameraSettings kind=makernotes group=Canon packed=int16s
//!   1  MacroMode
//!      1  Macro
//!      2  Normal
//!   2  SelfTimer            print=canon_self_timer
//!   5  ContinuousDrive      if="model!~EOS"
//!   22 LensType             int16u  labels=CanonLensType
//!   23 MaxFocalLength       int16u  calc=x/10  print="%s mm"
//!   26 MaxAperture          calc=exp(x*0.34657359) print="%.2g"
//!   46.1 Sharpness          int8u mask=0x0f
//!
//! table Canon::Main kind=makernotes group=Canon
//!   0x0001 CanonCameraSettings  -> Canon::CameraSettings
//!   0x000c SerialNumber         int32u  print=canon_serial
//!
//! labels CanonLensType
//!   1  Canon EF 50mm f/1.8
//! ```
//!
//! A **section** begins at the margin. `table NAME` has attributes: `kind=` (family 0, lower case), `group=` (family 1),
//! `packed=FORMAT` (rows are indices into a run of bytes, counted in units of FORMAT; without it ids are tags of an IFD or
//! of whatever the decoder looks up), `first=N` (index of the first byte's row, 0 unless said), `order=big|little` (else the
//! surrounding one), `keys=text` (ids are words, not numbers; a key with blanks is quoted), `serial` (rows follow each
//! other, each as long as its format and count say), `priority=low` (for all rows), `proc=NAME` (a decoder of its own).
//!
//! A **row** is indented: id, name, then attributes in any order:
//! - a format, with an optional count: `int16u`, `string[20]`, `int16u[=#2]` (the value of row 2), `int16u[=(#1+15)/16]`;
//!   formats are `int8u int8s int16u int16s int32u int32s int64u int64s rational32u/s rational64u/s float double
//!   string undef fixed32u fixed32s unicode` (UTF-16), each with an optional suffix after a dot: `int16u.be`, `.le`, or `.rev` for the order that the
//!   surroundings have not;
//! - `if="COND, COND"`: the row holds only then; of several rows with one id the first that holds counts. A COND is
//!   `make~P`, `model~P`, `type~P` (file type), `value~P` (the value as text), `hex~P` (its first bytes in hexadecimal) or `!~`, P being alternatives between `|`,
//!   each found anywhere, `^`/`$` anchored, `*` for anything, `\b` at a word's edge; `count=N`, `count>N`, `count<N` (also `>=`, `<=`, `!=`, and `=N|M`),
//!   `size` (bytes of the value or of the packed block), `value` (its first number), `#N` (row N of the packed table) and
//!   `$NAME` (a value that was kept) likewise; `format=int16u`; `@name` (a predicate in
//!   `tags/cond.rs`);
//! - `value=NAME` (a conversion in [`print`]), `calc=EXPR` (of the number `x`, without blanks: `+ - * / ^ ( )`, `exp ln log2 sqrt
//!   int abs min max or` (the second where the first is 0), `#N` the value of another row of a packed table, `$NAME` a value that was kept), applied to each element;
//! - `print=NAME` (a printer in [`print`]) or `print="%.1f mm"` (printf: `%s %d %x %.Nf %g`, of the value);
//!   `unit=" mm"` is short for `print="%s mm"`;
//! - `labels=NAME` (a shared section), `bits` (labels name bits, printed joined by `, `), `each` (labels apply to each
//!   element, joined by `; `), `first` (labels apply to the first element, `print=` to the rest, joined by `; `),
//!   `parts` (labels are of one place each, `1:15` that of the value 15 of the second element, `1:*` that of others, whose `*` is the value, joined by `; `), `hex` (an unknown value prints as `Unknown (0x5)`), `plain` (an unknown value prints as itself);
//! - `mask=0x0f` (the value is masked and shifted right to the mask's lowest bit);
//! - `-> Table` (the value is a block of that table), with `start=N` (skip N bytes), `sized` or `sized=N` (the block says its own size in
//!   16 bits at byte N, or is damaged), `order=`;
//! - `data="0x0003 PreviewImage"` (the value is an offset in the file of data, whose length row 0x0003 tells);
//! - `child=KIND` (the value is a block of another standard: `icc`, `iptc`, `xmp`, `photoshop`, `file`);
//! - `group=`, `priority=low|high`, `binary`, `hidden` (not shown, but its value can be asked for), `list`, `raw` (trailing blanks stay; in a
//!   heading: in all rows but those that say `trim`),
//!   `keep` (the number is remembered by the row's name for other tables of the file: `$NAME`).
//!
//! - `moved="AT:N AT:N"` (for firmwares that shift their blocks: where a version text such as `1.0.3` stands at byte AT, this
//!   row and all below lie N bytes further; where it stands at none of the places, they are not there).
//!
//! Rows of a packed table with a negative index count from the block's end.
//!
//! **Labels** are indented further: a value (a number in any base, a text, several numbers in quotes), then what it means.
//! `*` is the label of all other values.

mod canon;
pub mod cond;
mod emit;
pub mod exif;
pub mod expr;
pub mod format;
mod index;
mod labels;
mod lines;
mod makers;
mod nikon;
mod olympus;
mod parse;
mod pentax;
pub mod print;
mod sony;
#[cfg(test)]
mod tests;
pub mod xmp;

pub use emit::{emit, packed, packed_in, tag_of, value_of};
pub use format::{ByteOrder, Format};
pub use labels::Labels;

use crate::{
    decode::Facts,
    metadata::{Group, Name, Pattern, Priority, Value},
    part::Kind,
};
use cond::Cond;
use expr::Expr;
use index::{RowAt, TABLE_COUNT, TableAt};
use std::{ops::Range, sync::OnceLock};

/// What a value may depend on beside itself.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    pub facts: &'a Facts,
    /// How the value was stored.
    pub format: Option<Format>,
    pub order: ByteOrder,
    /// Number of values stored.
    pub count: u64,
    /// Bytes of the value, or of the packed block.
    pub size: u64,
    /// Values of earlier rows of a packed table, by id.
    pub rows: &'a [(i64, f64)],
    /// The packed block that is decoded now.
    pub block: Option<emit::Block<'a>>,
}

impl<'a> Context<'a> {
    pub fn new(facts: &'a Facts) -> Self {
        Context { facts, format: None, order: ByteOrder::Big, count: 1, size: 0, rows: &[], block: None }
    }

    /// The value of another row: as it was shown, or as it is stored where that row's turn has not come.
    pub fn row(&self, id: i64) -> Option<f64> {
        let seen = self.rows.iter().rev().find(|(i, _)| *i == id).map(|(_, v)| *v);
        seen.or_else(|| self.block.and_then(|b| b.stored(id)))
    }

    /// What expressions and conditions name beside the value.
    pub fn look_up(&self, variable: expr::Variable) -> Option<f64> {
        match variable {
            expr::Variable::Row(id) => self.row(id),
            expr::Variable::Kept(name) => self.facts.kept(name),
        }
    }
}

/// What a row is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key<'a> {
    /// A tag id or an index; the second number tells rows of one index apart (`46.1`).
    Number(i64, u16),
    Text(&'a str),
}

macro_rules! key_from_int {
    ($($t:ty)*) => {$(impl From<$t> for Key<'_> { fn from(v: $t) -> Self { Key::Number(v.into(), 0) } })*};
}
key_from_int!(u8 u16 u32 i32 i64);

impl<'a> From<&'a str> for Key<'a> {
    fn from(v: &'a str) -> Self {
        Key::Text(v)
    }
}

/// How the rows of a table are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The decoder looks ids up.
    Keyed,
    /// Ids are indices into a run of bytes, in units of the format.
    Packed(Format),
    /// Rows follow each other.
    Serial(Format),
}

/// A table. Its rows are compiled when they are asked for.
#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    pub group: Group,
    pub layout: Layout,
    /// Index of the row of the first byte.
    pub first: i64,
    pub order: Option<ByteOrder>,
    pub priority: Priority,
    /// A decoder of its own, see `decode::ifd`.
    pub proc: Option<&'static str>,
    text_keys: bool,
    /// All rows keep trailing blanks, but those that say `trim`.
    raw: bool,
    at: &'static TableAt,
    /// Sorted by key; rows of one key in the order of the file.
    index: &'static [RowAt],
    /// The same rows, as far as they were asked for.
    rows: Box<[OnceLock<Box<Row>>]>,
}

/// A line of a table, compiled.
#[derive(Debug)]
pub struct Row {
    pub key: Key<'static>,
    pub name: &'static str,
    pub format: Option<Format>,
    pub order: Option<ByteOrder>,
    pub count: Count,
    conds: Box<[Cond]>,
    mask: u64,
    convert: Option<print::Convert>,
    calc: Option<Expr>,
    printer: Option<print::Printer>,
    printf: Option<&'static str>,
    labels: Option<Labels>,
    pub flags: Flags,
    /// Where a version text stands, and how much further this row and all below lie then.
    pub moved: Box<[(usize, i64)]>,
    pub sub: Option<Box<Sub>>,
    pub child: Option<Kind>,
    /// The value is an offset: the tag of its length, and the name of the data there.
    pub data: Option<(u16, &'static str)>,
    group: Option<&'static str>,
    pub priority: Option<Priority>,
}

/// How many values a row has.
#[derive(Debug)]
pub enum Count {
    /// As the surroundings say; one in a packed table.
    Unsaid,
    Fixed(u64),
    /// Computed from earlier rows.
    Computed(Expr),
    /// All bytes that are left.
    Rest,
}

/// What a row says with a word.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flags {
    pub bits: bool,
    pub each: bool,
    pub hex: bool,
    pub plain: bool,
    pub binary: bool,
    pub hidden: bool,
    pub list: bool,
    pub raw: bool,
    pub first: bool,
    pub parts: bool,
    pub keep: bool,
    pub reversed: bool,
    pub trim: bool,
}

/// A link to the table that decodes a row's value.
#[derive(Debug)]
pub struct Sub {
    name: &'static str,
    target: OnceLock<Option<&'static Table>>,
    /// Bytes of the value before the block.
    pub start: u64,
    pub order: Option<ByteOrder>,
    /// The block says its own size, in 16 bits at this byte; it is damaged where that is wrong.
    pub sized: Option<u64>,
}

impl Sub {
    /// The table. `None` only where a table file names one that does not exist, which a test forbids.
    pub fn table(&self) -> Option<&'static Table> {
        *self.target.get_or_init(|| table(self.name))
    }
}

impl Table {
    /// The row of that key whose conditions hold.
    pub fn row<'k>(&self, key: impl Into<Key<'k>>, value: &Value, context: &Context) -> Option<&Row> {
        self.rows_of(key).find(|r| r.holds(value, context))
    }

    /// The rows of that key.
    pub fn rows_of<'k>(&self, key: impl Into<Key<'k>>) -> impl ExactSizeIterator<Item = &Row> {
        self.places_of(key.into()).map(|at| self.row_at(at))
    }

    /// Is there any row of that key?
    pub fn knows<'k>(&self, key: impl Into<Key<'k>>) -> bool {
        !self.places_of(key.into()).is_empty()
    }

    /// All rows.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        (0..self.index.len()).map(|at| self.row_at(at))
    }

    /// All rows, those of one key together: as they are indexed, and as they are compiled when they are asked for.
    fn rows_by_key(&self) -> impl Iterator<Item = (&'static [RowAt], impl ExactSizeIterator<Item = &Row> + Clone)> {
        let mut end = 0;
        let groups = self.index.chunk_by(|a, b| (a.key, a.part) == (b.key, b.part) && !self.text_keys);
        groups.map(move |group| {
            end += group.len();
            (group, (end - group.len()..end).map(|at| self.row_at(at)))
        })
    }

    /// The rows that tell where data is.
    pub fn data_rows(&self) -> impl Iterator<Item = &Row> {
        self.index.iter().enumerate().filter(|(_, r)| r.data).map(|(at, _)| self.row_at(at))
    }

    fn places_of(&self, key: Key) -> Range<usize> {
        match key {
            Key::Number(number, part) => self.places(lines::hash_number(number, part), |r| r.key == number && r.part == part),
            Key::Text(text) => self.places(lines::hash_text(text), |r| r.word() == text),
        }
    }

    fn places(&self, hash: u64, is: impl Fn(&RowAt) -> bool) -> Range<usize> {
        let Some(first) = self.at.find(hash, &is) else { return 0..0 };
        let others = self.index[first + 1..].iter().take_while(|r| is(r)).count();
        first..first + 1 + others
    }

    fn row_at(&self, place: usize) -> &Row {
        self.rows[place].get_or_init(|| Box::new(parse::row(self, &self.index[place])))
    }
}

impl Row {
    /// Do the row's conditions hold?
    pub fn holds(&self, value: &Value, context: &Context) -> bool {
        self.conds.iter().all(|c| c.holds(value, context))
    }

    /// The byte order of the row's value among surroundings in `order`.
    pub fn order_in(&self, order: ByteOrder) -> ByteOrder {
        if self.flags.reversed { order.reversed() } else { self.order.unwrap_or(order) }
    }

    /// Does the row convert its value, or print it in a form of its own?
    pub fn converts(&self) -> bool {
        self.convert.is_some() || self.calc.is_some() || self.printer.is_some() || self.printf.is_some() || self.labels.is_some()
    }

    /// Does the value point at other data, or is it a block of its own?
    pub fn points(&self) -> bool {
        self.sub.is_some() || self.child.is_some() || self.data.is_some()
    }

    /// Does a conversion of its own take the stored value?
    pub fn takes_stored(&self) -> bool {
        self.convert.is_some()
    }

    /// Does looking at the value decide whether the row holds?
    pub fn is_conditional(&self) -> bool {
        !self.conds.is_empty()
    }

    /// The group of the row's tags in `table`.
    pub fn group_in(&self, table: &Group) -> Group {
        match self.group {
            Some(place) => Group { kind: table.kind, place: Name::new_static(place) },
            None => table.clone(),
        }
    }
}

/// The table of that name: `Canon::Main`.
pub fn table(name: &str) -> Option<&'static Table> {
    static TABLES: [OnceLock<Box<Table>>; TABLE_COUNT] = [const { OnceLock::new() }; TABLE_COUNT];
    let place = index::table(name)?;
    let at = index::table_at(place)?;
    Some(TABLES[place].get_or_init(|| Box::new(parse::table(at))))
}

/// Groups that have no table of their own name: directories of Exif's.
const DIRECTORIES: [&str; 4] = ["IFD0", "IFD1", "ExifIFD", "InteropIFD"];

/// Is there a tag of such a name, in such a group?
pub fn knows(pattern: &Pattern) -> bool {
    let tables = || (0..TABLE_COUNT).filter_map(index::table_at);
    let of_group = |t: &&TableAt| {
        let (kind, place) = parse::groups(t.heading);
        let directories = DIRECTORIES.iter().filter(|_| place == DIRECTORIES[0]);
        [kind, place].iter().chain(directories).any(|group| pattern.fits_group(group))
    };
    tables().filter(of_group).flat_map(TableAt::rows).any(|row| pattern.fits_name(row.name()))
}

/// The labels of that name in the file of that prefix.
pub fn labels(prefix: &str, name: &str) -> Option<Labels> {
    index::set(prefix, name).map(Labels::new)
}

/// A table by its name, looked up once per place in the code.
#[macro_export]
macro_rules! table {
    ($name:literal) => {{
        static TABLE: std::sync::OnceLock<Option<&'static $crate::tags::Table>> = std::sync::OnceLock::new();
        *TABLE.get_or_init(|| $crate::tags::table($name))
    }};
}
