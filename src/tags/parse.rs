//! Table files: from text to [`Table`]s. The text is ours and tested whole, so what is wrong in it panics there, by name.

use super::{ByteOrder, Count, Expr, Flags, Format, Key, Labels, Layout, Row, Sub, Table, cond::Cond, label_section, print};
use crate::{
    metadata::{Group, Name, Priority},
    part::Kind,
};
use std::sync::OnceLock;

/// The sections of a file: the first word (`table`, `labels`), the rest of the heading, the lines beneath.
///
/// Headings are searched for as whole words: a walk from line to line would cost every start of the program more than
/// the tables that it then needs.
pub(super) fn sections(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let all = |word: &'static str| memchr::memmem::find_iter(text.as_bytes(), word.as_bytes()).map(|at| at + 1);
    let mut starts: Vec<usize> = all("\ntable ").chain(all("\nlabels ")).collect();
    if text.starts_with("table ") || text.starts_with("labels ") {
        starts.push(0);
    }
    starts.sort_unstable();
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([text.len()]).collect();
    starts.into_iter().zip(ends).filter_map(|(start, end)| {
        let (heading, body) = text[start..end].split_once('\n').unwrap_or((&text[start..end], ""));
        let (word, heading) = heading.split_once(' ')?;
        Some((word, heading.trim(), body))
    })
}

/// The first word of a line, which may be quoted, and the rest.
pub(super) fn word(line: &str) -> (&str, &str) {
    if let Some((word, rest)) = line.strip_prefix('"').and_then(|l| l.split_once('"')) {
        return (word, rest.trim_ascii_start());
    }
    line.split_once(' ').map_or((line, ""), |(w, r)| (w, r.trim_ascii_start()))
}

/// A whole number, decimal or `0x`.
pub(super) fn number(text: &str) -> Option<i64> {
    let (digits, negative) = text.strip_prefix('-').map_or((text, false), |t| (t, true));
    let n = match digits.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16).ok()?,
        None if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
        None => return None,
    };
    Some(if negative { -n } else { n })
}

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
        let end = rest.find([' ', '=']).unwrap_or(rest.len());
        // `int16u[=#1]` has an equals sign inside its brackets.
        let end = match rest.find('[') {
            Some(open) if open < end => rest[open..].find(']').map_or(rest.len(), |close| open + close + 1),
            _ => end,
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

/// Compiles a table.
pub(super) fn table(prefix: &'static str, heading: &'static str, body: &'static str) -> Table {
    let (name, rest) = word(heading);
    let mut table = Table {
        name,
        group: Group::new("", ""),
        layout: Layout::Keyed,
        first: 0,
        order: None,
        priority: Priority::Normal,
        proc: None,
        has_data: false,
        rows: Vec::with_capacity(body.len() / 40),
    };
    let (mut text_keys, mut serial, mut raw) = (false, false, false);
    for (attribute, value) in attributes(rest) {
        match attribute {
            "kind" => table.group.kind = value,
            "group" => table.group.place = Name::new_static(value),
            "packed" => table.layout = Layout::Packed(Format::by_name(value).unwrap_or_else(|| wrong(name, value))),
            "serial" => serial = true,
            "raw" => raw = true,
            "first" => table.first = number(value).unwrap_or_else(|| wrong(name, value)),
            "order" => table.order = Some(byte_order(value).unwrap_or_else(|| wrong(name, value))),
            "keys" => text_keys = value == "text",
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
    for (line, labels) in rows(body) {
        let mut row = row(prefix, name, line, text_keys);
        row.flags.raw |= raw && !row.flags.trim;
        if !labels.trim_ascii().is_empty() {
            row.labels = Some(Box::leak(Box::new(Labels::new(labels))));
        }
        table.has_data |= row.data.is_some();
        table.rows.push(row);
    }
    table.rows.sort_by_key(|r| r.key);
    table
}

fn wrong(place: &str, what: &str) -> ! {
    panic!("table file: {place}: not understood: {what:?}")
}

/// The rows of a section: each line of the least indentation with the deeper lines beneath it.
fn rows(body: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut rest = body;
    std::iter::from_fn(move || {
        loop {
            if rest.is_empty() {
                return None;
            }
            let (line, after) = rest.split_at(line_length(rest.as_bytes()));
            rest = after;
            let Some(indent) = indentation(line.as_bytes()) else { continue };
            let text = line[indent..].trim_ascii_end();
            if text.starts_with('#') {
                continue;
            }
            let deeper = deeper_lines(after.as_bytes(), indent);
            rest = &after[deeper..];
            return Some((text, &after[..deeper]));
        }
    })
}

/// Length of the first line with its end.
fn line_length(text: &[u8]) -> usize {
    memchr::memchr(b'\n', text).map_or(text.len(), |at| at + 1)
}

/// Blanks at the beginning of a line; `None` of a blank line.
fn indentation(line: &[u8]) -> Option<usize> {
    let blanks = line.iter().take_while(|&&b| b == b' ').count();
    line.get(blanks).filter(|&&b| !b.is_ascii_whitespace()).map(|_| blanks)
}

/// Length of the lines at the beginning that are blank or deeper than `indent`.
fn deeper_lines(text: &[u8], indent: usize) -> usize {
    let mut end = 0;
    while end < text.len() {
        let line = &text[end..end + line_length(&text[end..])];
        if indentation(line).is_some_and(|i| i <= indent) {
            break;
        }
        end += line.len();
    }
    end
}

fn row(prefix: &'static str, table: &'static str, line: &'static str, text_keys: bool) -> Row {
    let (id, rest) = word(line);
    let (name, rest) = word(rest);
    let key = if text_keys { Key::Text(id) } else { number_key(id).unwrap_or_else(|| wrong(table, line)) };
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
        if !attribute_of(&mut row, prefix, attribute, value) {
            wrong(table, line)
        }
    }
    row
}

/// Applies one attribute; `false`: not understood.
fn attribute_of(row: &mut Row, prefix: &'static str, attribute: &'static str, value: &'static str) -> bool {
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
        "labels" => row.labels = label_section(prefix, value).map(|text| &*Box::leak(Box::new(Labels::new(text)))),
        "mask" => row.mask = number(value).unwrap_or_default() as u64,
        "->" => row.sub = Some(Sub { name: value, target: OnceLock::new(), start: 0, order: None, sized: None, base: None }),
        "start" | "base" | "sized" | "order" if row.sub.is_some() => {
            let Some(sub) = row.sub.as_mut() else { return false };
            match attribute {
                "start" => sub.start = number(value).unwrap_or_default() as u64,
                "base" => sub.base = Some(value),
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

fn number_key(id: &'static str) -> Option<Key<'static>> {
    match id.split_once('.') {
        Some((index, part)) => Some(Key::Number(number(index)?, part.parse().ok()?)),
        None => number(id).map(|n| Key::Number(n, 0)),
    }
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
