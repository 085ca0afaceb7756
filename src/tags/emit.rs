//! From a stored value and its row to a tag.

use super::{ByteOrder, Context, Count, Format, Key, Labels, Layout, Row, Table, print};
use crate::{
    decode::Sink,
    input::Input,
    metadata::{Blob, Group, Print, Tag, Value},
};
use smallvec::SmallVec;

/// Rows of one serial or packed block, at most so many are remembered for `#N`.
const MAX_ROWS: usize = 4096;
/// Longer undefined data prints as binary.
const MAX_TEXT_UNDEF: usize = 1024;

/// A packed block and how it is laid out, for a look at rows whose turn has not come.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    table: &'a Table,
    bytes: &'a [u8],
    order: ByteOrder,
}

impl Block<'_> {
    /// The number stored at the first row of that id.
    pub(super) fn stored(&self, id: i64) -> Option<f64> {
        let Layout::Packed(unit) = self.table.layout else { return None };
        let row = self.table.rows_of(id).next()?;
        let at = place(self.table, unit, id, self.bytes.len())?;
        row.format.unwrap_or(unit).read(self.bytes.get(at..)?, 1, row.order_in(self.order))?.as_f64()
    }
}

/// Does a firmware's version begin here, such as `1.0.3`?
fn is_version(bytes: &[u8]) -> bool {
    matches!(bytes, [a, b'.', b, b'.', c, ..] if [a, b, c].iter().all(|d| d.is_ascii_digit()))
}

/// Where the row of that id stands in a packed block of `len` bytes.
fn place(table: &Table, unit: Format, id: i64, len: usize) -> Option<usize> {
    if id < 0 {
        return len.checked_sub(usize::try_from(id.checked_neg()?).ok()?.checked_mul(unit.size())?);
    }
    usize::try_from(id.saturating_sub(table.first)).ok()?.checked_mul(unit.size())
}

/// Adds the tag that `table` says for `key`. Unknown keys add nothing. `true`: a row was found.
pub fn emit<'k>(table: &'static Table, key: impl Into<Key<'k>>, value: Value, group: &Group, sink: &mut Sink) -> bool {
    let context = Context { count: value.elements().len() as u64, ..Context::new(&sink.facts) };
    let Some(row) = table.row(key, &value, &context) else { return false };
    let tag = tag_of(table, row, value, group, &context);
    if let Some(tag) = tag {
        sink.push(tag);
    }
    true
}

/// The tag of a row's stored value; `None` for a hidden one.
pub fn tag_of(table: &Table, row: &Row, value: Value, group: &Group, context: &Context) -> Option<Tag> {
    if row.flags.hidden {
        return None;
    }
    let (value, print) = value_of(row, value, context)?;
    Some(Tag {
        group: row.group_in(group),
        name: smol_str::SmolStr::new_static(row.name),
        value,
        print,
        priority: row.priority.unwrap_or(table.priority),
    })
}

/// A row's value after its conversions, and how it prints. `None`: the conversion says that there is nothing to show.
pub fn value_of(row: &Row, mut value: Value, context: &Context) -> Option<(Value, Print)> {
    if row.mask != 0
        && let Some(n) = value.as_i64()
    {
        value = Value::from((n as u64 & row.mask) >> row.mask.trailing_zeros());
    }
    if row.flags.binary {
        return Some((as_binary(value), Print::Plain));
    }
    if let Some(convert) = row.convert {
        value = convert(&value, context)?;
    }
    if let Some(calc) = &row.calc {
        value = map(value, |v| match v.as_f64().and_then(|x| calc.eval(x, |v| context.look_up(v))) {
            Some(n) if n.is_finite() => Value::Float(n),
            _ => v,
        });
    }
    if let Value::Binary(Blob::Bytes(bytes)) = &value
        && row.printer.is_none()
        && bytes.len() <= MAX_TEXT_UNDEF
        && matches!(row.count, Count::Fixed(_) | Count::Unsaid)
        && row.format == Some(Format::Undef)
    {
        value = Value::Text(super::format::text(bytes));
    }
    if !row.flags.raw
        && let Value::Text(t) = &value
        && t.ends_with(' ')
    {
        value = Value::Text(t.trim_end_matches(' ').into());
    }
    if row.flags.list
        && let Value::Array(elements) = value
    {
        value = Value::List(elements);
    }
    let print = print_of(row, &value, context);
    Some((value, print))
}

fn as_binary(value: Value) -> Value {
    match value {
        Value::Binary(_) => value,
        // What prints as text elsewhere is as long here as its text.
        other => Value::Binary(Blob::Bytes(other.to_string().into_bytes())),
    }
}

fn map(value: Value, mut f: impl FnMut(Value) -> Value) -> Value {
    match value {
        Value::Array(v) => Value::Array(v.into_iter().map(f).collect()),
        Value::List(v) => Value::List(v.into_iter().map(f).collect()),
        one => f(one),
    }
}

fn print_of(row: &Row, value: &Value, context: &Context) -> Print {
    if let Some(labels) = &row.labels {
        if row.flags.bits {
            if row.flags.each {
                return joined(value, ", ", |v| labels.bits(std::iter::once(bits_of(v)), 0));
            }
            let width = row.format.map_or(32, |f| f.size() * 8);
            return labels.bits(value.elements().iter().map(bits_of), width).into();
        }
        if row.flags.parts {
            return parts_labelled(row, labels, value);
        }
        if row.flags.first {
            return first_labelled(row, labels, value, context);
        }
        if row.flags.each
            && let Value::Array(_) | Value::List(_) = value
        {
            return joined(value, "; ", |v| labels.of(v).or(labels.other()).map_or_else(|| unlabelled(row, v), str::to_owned));
        }
        if let Some(label) = labels.of(value) {
            return label.into();
        }
        if row.printer.is_none() && row.printf.is_none() {
            return match labels.other() {
                Some(label) => label.into(),
                None if row.flags.plain => Print::Plain,
                None => unlabelled(row, value).into(),
            };
        }
    }
    if let Some(format) = row.printf {
        return print::printf(format, value).into();
    }
    match row.printer {
        Some(print::Printer::Lazy(f)) => Print::With(f),
        Some(print::Printer::Now(f)) => f(value, context),
        None => Print::Plain,
    }
}

/// `Disable; Flags 0xf0`: the label of the first element, then the others, each as it is or all in the row's pattern.
fn first_labelled(row: &Row, labels: &Labels, value: &Value, context: &Context) -> Print {
    let Some((first, rest)) = value.elements().split_first() else { return Print::Plain };
    let mut out = labels.of(first).or(labels.other()).map_or_else(|| unlabelled(row, first), str::to_owned);
    if rest.is_empty() {
        return out.into();
    }
    let others = Value::Array(rest.to_vec());
    out.push_str("; ");
    match (row.printf, row.printer) {
        (Some(format), _) => out.push_str(&print::printf(format, &others)),
        (None, Some(print::Printer::Lazy(f))) => out.push_str(&f(&others)),
        (None, Some(print::Printer::Now(f))) => match f(&others, context) {
            Print::Text(text) => out.push_str(&text),
            _ => out.push_str(&others.to_string()),
        },
        (None, None) => {
            let words: Vec<String> = rest.iter().map(Value::to_string).collect();
            out.push_str(&words.join("; "));
        }
    }
    out.into()
}

/// Each element with the labels of its place (`1:15`); a place without labels prints as it is.
fn parts_labelled(row: &Row, labels: &Labels, value: &Value) -> Print {
    let one = |(place, v): (usize, &Value)| match labels.text(&format!("{place}:{v}")) {
        Some(label) => label.to_owned(),
        None if labels.text(&format!("{place}:*")).is_some() => {
            labels.text(&format!("{place}:*")).unwrap_or_default().replace('*', &v.to_string())
        }
        None if labels.starting(&format!("{place}:")).next().is_some() => unlabelled(row, v),
        None => v.to_string(),
    };
    let words: Vec<String> = value.elements().iter().enumerate().map(one).collect();
    words.join("; ").into()
}

fn bits_of(value: &Value) -> u64 {
    match value {
        Value::UInt(v) => *v,
        Value::Int(v @ ..0) => u64::from(*v as u32),
        other => other.as_i64().unwrap_or_default() as u64,
    }
}

fn joined(value: &Value, separator: &str, mut each: impl FnMut(&Value) -> String) -> Print {
    let mut out = String::new();
    for (i, v) in value.elements().iter().enumerate() {
        if i > 0 {
            out.push_str(separator);
        }
        out.push_str(&each(v));
    }
    out.into()
}

fn unlabelled(row: &Row, value: &Value) -> String {
    match value.as_i64() {
        _ if row.flags.plain => value.to_string(),
        Some(n) if row.flags.hex && n != 0 && matches!(value, Value::Int(_)) => format!("Unknown (0x{n:x})"),
        _ => format!("Unknown ({value})"),
    }
}

/// Decodes a packed or serial block with its table. Blocks inside it that another table or standard decodes are followed.
pub fn packed(table: &'static Table, block: &[u8], order: ByteOrder, sink: &mut Sink) {
    packed_in(table, block, order, &table.group, sink, 0);
}

/// The same for tags of another group than the table's own; `depth` bounds tables inside tables.
pub fn packed_in(table: &'static Table, block: &[u8], order: ByteOrder, group: &Group, sink: &mut Sink, depth: u8) {
    if depth > 8 {
        return;
    }
    let order = table.order.unwrap_or(order);
    let (unit, serial) = match table.layout {
        Layout::Packed(format) => (format, false),
        Layout::Serial(format) => (format, true),
        Layout::Keyed => return,
    };
    let mut seen: SmallVec<[(i64, f64); 16]> = SmallVec::new();
    let mut next = 0usize;
    let mut shift = 0i64;
    for (group_at, rows) in table.rows_by_key() {
        let id = group_at[0].key;
        if group_at.iter().any(|r| r.moved)
            && let Some(row) = rows.clone().find(|r| !r.moved.is_empty())
        {
            match row.moved.iter().find(|(at, _)| is_version(block.get(*at..).unwrap_or_default())) {
                Some((_, by)) => shift = shift.saturating_add(*by),
                None => return,
            }
        }
        let at = if serial { Some(next) } else { place(table, unit, id, block.len()) };
        let at = at.and_then(|at| at.checked_add_signed(isize::try_from(shift).ok()?));
        let Some(at) = at.filter(|&at| at < block.len()) else { continue };
        for row in rows {
            let whole = Some(Block { table, bytes: block, order });
            let context = Context { order, size: block.len() as u64, rows: &seen, block: whole, ..Context::new(&sink.facts) };
            let (format, count) = extent(row, unit, block.len() - at, &context);
            let bytes = &block[at..at + (count.saturating_mul(format.size())).min(block.len() - at)];
            let value = format.read(bytes, count, row.order_in(order));
            let Some(value) = value else { continue };
            let context = Context { format: Some(format), count: count as u64, ..context };
            if !row.holds(&value, &context) {
                continue;
            }
            if serial {
                next = at.saturating_add(count.saturating_mul(format.size()));
            }
            let number = masked(row, &value);
            if let Some(sub) = &row.sub {
                let from = usize::try_from(sub.start).unwrap_or(usize::MAX).min(block.len() - at);
                let inner = if matches!(row.count, Count::Unsaid) { &block[at..] } else { bytes };
                if let (Some(target), Some(inner)) = (sub.table(), inner.get(from..)) {
                    packed_in(target, inner, sub.order.unwrap_or(order), &target.group, sink, depth + 1);
                }
            } else if let Some(kind) = row.child {
                sink.child(kind, row.name, Input::from_block(bytes.to_vec()));
            } else if let Some(tag) = tag_of(table, row, value, group, &context) {
                sink.push(tag);
            }
            if row.flags.keep
                && let Some(number) = number
            {
                sink.facts.keep(row.name, number);
            }
            if let Some(number) = number
                && seen.len() < MAX_ROWS
            {
                seen.push((id, number));
            }
            break;
        }
    }
}

/// The number that other rows may ask for: what is left of it behind the row's mask.
fn masked(row: &Row, value: &Value) -> Option<f64> {
    match (row.mask, value.as_i64()) {
        (0, _) | (_, None) => value.as_f64(),
        (mask, Some(n)) => Some(((n as u64 & mask) >> mask.trailing_zeros()) as f64),
    }
}

/// Format and number of values of a row, in a block with `left` bytes from its place on.
fn extent(row: &Row, unit: Format, left: usize, context: &Context) -> (Format, usize) {
    let format = row.format.unwrap_or(unit);
    let most = left / format.size();
    let count = match &row.count {
        Count::Unsaid if row.format == Some(Format::String) => most,
        Count::Unsaid => 1,
        Count::Rest => most,
        Count::Fixed(n) => usize::try_from(*n).unwrap_or(usize::MAX),
        Count::Computed(expr) => expr.eval(0.0, |v| context.look_up(v)).map_or(0, |n| n.clamp(0.0, 1e9) as usize),
    };
    (format, count.min(most))
}
