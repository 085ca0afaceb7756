//! From lines of the table files to [`Table`]s and [`Row`]s. The text is ours and tested whole, so what is wrong in it panics
//! there, by name.

use super::{
    ByteOrder, Count, Expr, Flags, Format, Key, Labels, Layout, Row, Sub, Table,
    cond::Cond,
    index::{Line, RowAt, TableAt},
    lines::{number, position, word},
    print,
};
use crate::{
    metadata::{Group, Name, Priority},
    part::Kind,
};
use std::sync::OnceLock;

/// The words of a row after id and name: `word`, `name=value`, `name="value with blanks"`, `-> Table`.
fn attributes(mut rest: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    std::iter::from_fn(move || {
        rest = rest.trim_ascii_start();
        if rest.is_empty() || rest.starts_with('#') {
            return None;
        }
        if let Some(after) = rest.strip_prefix("->") {
            let (name, after) = word(after.trim_ascii_start());
            rest = after;
            return Some(("->", name));
        }
        // `int16u[=#1]` has an equals sign inside its brackets.
        let end = match position(rest, |b| matches!(b, b' ' | b'=' | b'[')) {
            Some(open) if rest.as_bytes()[open] == b'[' => rest[open..].find(']').map_or(rest.len(), |close| open + close + 1),
            end => end.unwrap_or(rest.len()),
        };
        let name = &rest[..end];
        let Some(value) = rest[end..].strip_prefix('=') else {
            rest = &rest[end..];
            return Some((name, ""));
        };
        let (value, after) = word(value);
        rest = after;
        Some((name, value))
    })
}

/// The groups, of either family, that a table's heading names.
pub(super) fn groups(heading: Line) -> (&'static str, &'static str) {
    let said = |name| attributes(heading.rest()).find(|(attribute, _)| *attribute == name).map_or("", |(_, value)| value);
    (said("kind"), said("group"))
}

/// Compiles a table's heading; its rows are left for later.
pub(super) fn table(at: &'static TableAt) -> Table {
    let (name, rest) = (at.heading.word(), at.heading.rest());
    let mut table = Table {
        name,
        group: Group::new("", ""),
        layout: Layout::Keyed,
        first: 0,
        order: None,
        priority: Priority::Normal,
        proc: None,
        text_keys: false,
        raw: false,
        at,
        index: at.rows(),
        rows: at.rows().iter().map(|_| OnceLock::new()).collect(),
    };
    let mut serial = false;
    for (attribute, value) in attributes(rest) {
        match attribute {
            "kind" => table.group.kind = value,
            "group" => table.group.place = Name::new_static(value),
            "packed" => table.layout = Layout::Packed(Format::by_name(value).unwrap_or_else(|| wrong(name, value))),
            "serial" => serial = true,
            "raw" => table.raw = true,
            "first" => table.first = number(value).unwrap_or_else(|| wrong(name, value)),
            "order" => table.order = Some(byte_order(value).unwrap_or_else(|| wrong(name, value))),
            "keys" => table.text_keys = value == "text",
            "priority" => table.priority = priority(value).unwrap_or_else(|| wrong(name, value)),
            "proc" => table.proc = Some(value),
            other => wrong(name, other),
        }
    }
    if serial {
        table.layout = match table.layout {
            Layout::Packed(format) => Layout::Serial(format),
            _ => Layout::Serial(Format::Int8u),
        };
    }
    table
}

fn wrong(place: &str, what: &str) -> ! {
    panic!("table file: {place}: not understood: {what:?}")
}

/// Compiles a row of `table`.
pub(super) fn row(table: &Table, at: &RowAt) -> Row {
    let (name, rest) = word(at.line.rest());
    let key = if table.text_keys { Key::Text(at.line.word()) } else { Key::Number(at.key, at.part) };
    let mut row = Row {
        key,
        name,
        format: None,
        order: None,
        count: Count::Unsaid,
        conds: Box::default(),
        mask: 0,
        convert: None,
        calc: None,
        printer: None,
        printf: None,
        labels: None,
        flags: Flags::default(),
        moved: Box::default(),
        sub: None,
        child: None,
        data: None,
        group: None,
        priority: None,
    };
    for (attribute, value) in attributes(rest) {
        if !attribute_of(&mut row, table.name, attribute, value) {
            wrong(table.name, at.line.rest())
        }
    }
    row.flags.raw |= table.raw && !row.flags.trim;
    row.labels = at.labels().map(Labels::new).or(row.labels);
    row
}

/// Applies one attribute; `false`: not understood.
fn attribute_of(row: &mut Row, table: &str, attribute: &'static str, value: &'static str) -> bool {
    match attribute {
        "if" => match Cond::parse_list(value) {
            Ok(conds) => row.conds = conds,
            Err(_) => return false,
        },
        "value" => row.convert = print::converter(value),
        "calc" => row.calc = Expr::parse(value),
        "print" if value.contains('%') => row.printf = Some(value),
        "print" => row.printer = print::printer(value),
        "unit" => row.printf = Some(Box::leak(format!("%s{value}").into_boxed_str())),
        "labels" => row.labels = table.split_once("::").and_then(|(prefix, _)| super::labels(prefix, value)),
        "mask" => row.mask = number(value).unwrap_or_default() as u64,
        "->" => {
            let sub = Sub { name: value, target: OnceLock::new(), start: 0, order: None, sized: None };
            row.sub = Some(Box::new(sub));
        }
        "start" | "sized" | "order" if row.sub.is_some() => {
            let Some(sub) = row.sub.as_mut() else { return false };
            match attribute {
                "start" => sub.start = number(value).unwrap_or_default() as u64,
                "sized" => sub.sized = if value.is_empty() { Some(0) } else { number(value).map(|n| n as u64) },
                _ => sub.order = byte_order(value),
            }
        }
        "child" => row.child = child(value),
        "group" => row.group = Some(value),
        "priority" => row.priority = priority(value),
        "data" => {
            let (length, name) = word(value);
            row.data = number(length).and_then(|n| u16::try_from(n).ok()).map(|n| (n, name));
        }
        "bits" => row.flags.bits = true,
        "each" => row.flags.each = true,
        "hex" => row.flags.hex = true,
        "plain" => row.flags.plain = true,
        "binary" => row.flags.binary = true,
        "hidden" => row.flags.hidden = true,
        "list" => row.flags.list = true,
        "raw" => row.flags.raw = true,
        "first" => row.flags.first = true,
        "parts" => row.flags.parts = true,
        "keep" => row.flags.keep = true,
        "moved" => row.moved = moves(value).unwrap_or_default(),
        "trim" => row.flags.trim = true,
        format => return format_of(row, format),
    }
    // A name that nobody knows is a mistake in the file.
    match attribute {
        "value" => row.convert.is_some(),
        "calc" => row.calc.is_some(),
        "print" => row.printf.is_some() || row.printer.is_some(),
        "labels" => row.labels.is_some(),
        "child" => row.child.is_some(),
        "priority" => row.priority.is_some(),
        "data" => row.data.is_some(),
        "mask" => row.mask != 0,
        "moved" => !row.moved.is_empty(),
        _ => true,
    }
}

/// `int16u.be[4]`, `string[=#2]`, `undef[*]`.
fn format_of(row: &mut Row, text: &'static str) -> bool {
    let (format, count) = match text.split_once('[') {
        Some((format, count)) => (format, count.strip_suffix(']')),
        None => (text, None),
    };
    let (format, order) = format.split_once('.').map_or((format, None), |(f, o)| (f, Some(o)));
    row.format = Format::by_name(format);
    row.order = order.and_then(byte_order);
    row.flags.reversed = order == Some("rev");
    row.count = match count {
        None if text.contains('[') => return false,
        None => Count::Unsaid,
        Some("*") => Count::Rest,
        Some(count) => match count.strip_prefix('=') {
            Some(expr) => match Expr::parse(expr) {
                Some(expr) => Count::Computed(expr),
                None => return false,
            },
            None => match number(count) {
                Some(n) => Count::Fixed(n as u64),
                None => return false,
            },
        },
    };
    row.format.is_some() && order.is_some() == (row.order.is_some() || row.flags.reversed)
}

/// `346:-36 382:0`.
fn moves(text: &'static str) -> Option<Box<[(usize, i64)]>> {
    let one = |word: &'static str| {
        let (at, by) = word.split_once(':')?;
        Some((usize::try_from(number(at)?).ok()?, number(by)?))
    };
    text.split_whitespace().map(one).collect()
}

fn byte_order(text: &str) -> Option<ByteOrder> {
    match text {
        "big" | "be" => Some(ByteOrder::Big),
        "little" | "le" => Some(ByteOrder::Little),
        _ => None,
    }
}

fn priority(text: &str) -> Option<Priority> {
    match text {
        "low" => Some(Priority::Low),
        "high" => Some(Priority::High),
        _ => None,
    }
}

fn child(text: &str) -> Option<Kind> {
    Some(match text {
        "icc" => Kind::Icc,
        "iptc" => Kind::Iptc,
        "xmp" => Kind::Xmp,
        "exif" => Kind::Exif,
        "photoshop" => Kind::Photoshop,
        "file" => Kind::File,
        _ => return None,
    })
}
