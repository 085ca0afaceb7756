//! What decoding yields: tags with their groups and values, and warnings about damage.

mod pattern;

pub use pattern::Pattern;
use smol_str::SmolStr;
use std::{borrow::Cow, fmt::Write, ops::Range};

/// A name: static when it comes from a table, inline or shared when it comes from a file.
pub type Name = SmolStr;

/// Where a tag belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Family 0: what kind of metadata this is, `exif`, `xmp`, `File` … (lower case: stored in the file).
    pub kind: &'static str,
    /// Family 1: where it stands, ExifTool's name to the letter: `IFD0`, `XMP-dc`, `Track1` …
    pub place: Name,
}

impl Group {
    pub const fn new(kind: &'static str, place: &'static str) -> Self {
        Group { kind, place: SmolStr::new_static(place) }
    }
}

/// Facts about the file itself.
pub const FILE: Group = Group::new("File", "File");
/// Values that are derived from others.
pub const COMPOSITE: Group = Group::new("Composite", "Composite");

/// One piece of metadata.
#[derive(Clone, Debug)]
pub struct Tag {
    pub group: Group,
    pub name: Name,
    /// The value as `--numeric` prints it.
    pub value: Value,
    /// How the value prints for people.
    pub print: Print,
    /// Who wins among tags of one name, see [`Metadata::winners`].
    pub priority: Priority,
}

/// Precedence among tags of one name. ExifTool's habit: of two [`Priority::Normal`] tags the later wins, a
/// [`Priority::Low`] one never displaces an earlier tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Never displaces what is there: thumbnails' directories, resolution and orientation tags, comments.
    Low,
    Normal,
    High,
}

/// A decoded value, before it is printed for people.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(SmolStr),
    Int(i64),
    /// Only for what `Int` cannot hold.
    UInt(u64),
    /// Prints with up to 15 significant digits.
    Float(f64),
    /// Prints as a decimal with up to 10 significant digits; a zero denominator as `inf` or `undef`.
    Rational(i64, i64),
    /// Several numbers of one tag: prints joined by spaces.
    Array(Vec<Value>),
    /// Several values of a list tag: an array in JSON.
    List(Vec<Value>),
    /// Prints as a placeholder, and whole under `--binary`.
    Binary(Blob),
}

/// Binary data: held, or still in the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Blob {
    Bytes(Vec<u8>),
    /// A range of the file, absolute.
    Span(Range<u64>),
}

impl Value {
    /// Bytes that it holds beside itself.
    pub fn held(&self) -> usize {
        match self {
            Value::Text(text) => text.len(),
            Value::Array(all) | Value::List(all) => {
                all.iter().fold(0, |sum: usize, one| sum.saturating_add(one.held()).saturating_add(size_of::<Value>()))
            }
            Value::Binary(Blob::Bytes(bytes)) => bytes.len(),
            _ => 0,
        }
    }
}

impl Blob {
    pub fn len(&self) -> u64 {
        match self {
            Blob::Bytes(b) => b.len() as u64,
            Blob::Span(r) => r.end.saturating_sub(r.start),
        }
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How a value prints for people. Nothing is computed until somebody looks.
#[derive(Clone, Debug)]
pub enum Print {
    /// As its number or text.
    Plain,
    /// As this label or text, known when it was decoded.
    Text(SmolStr),
    /// As this list, known when it was decoded.
    List(Vec<SmolStr>),
    /// By a function of the value.
    With(fn(&Value) -> String),
}

impl From<&'static str> for Print {
    fn from(label: &'static str) -> Self {
        Print::Text(SmolStr::new_static(label))
    }
}

impl From<String> for Print {
    fn from(text: String) -> Self {
        Print::Text(text.into())
    }
}

macro_rules! value_from_int {
    ($($t:ty)*) => {$(impl From<$t> for Value { fn from(v: $t) -> Self { Value::Int(v.into()) } })*};
}
value_from_int!(u8 i8 u16 i16 u32 i32 i64);

impl From<u64> for Value {
    fn from(v: u64) -> Self {
        i64::try_from(v).map_or(Value::UInt(v), Value::Int)
    }
}
impl From<usize> for Value {
    fn from(v: usize) -> Self {
        (v as u64).into()
    }
}
impl From<f64> for Value {
    fn from(v: f64) -> Self {
        Value::Float(v)
    }
}
impl From<&str> for Value {
    fn from(v: &str) -> Self {
        Value::Text(v.into())
    }
}
impl From<String> for Value {
    fn from(v: String) -> Self {
        Value::Text(v.into())
    }
}
impl From<SmolStr> for Value {
    fn from(v: SmolStr) -> Self {
        Value::Text(v)
    }
}
impl From<Cow<'_, str>> for Value {
    fn from(v: Cow<'_, str>) -> Self {
        Value::Text(v.into())
    }
}

impl Value {
    /// The value as a number: of an array its first element, of a text the number it begins with.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Int(v) => Some(*v as f64),
            Value::UInt(v) => Some(*v as f64),
            Value::Float(v) => Some(*v),
            Value::Rational(_, 0) => None,
            Value::Rational(n, d) => Some(*n as f64 / *d as f64),
            Value::Array(v) | Value::List(v) => v.first()?.as_f64(),
            Value::Text(s) => leading_number(s),
            Value::Binary(_) => None,
        }
    }

    /// The value as a whole number, when it is one.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(v) => Some(*v),
            Value::Array(v) | Value::List(v) => v.first()?.as_i64(),
            _ => self.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9e15).map(|f| f as i64),
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Text(s) => Some(s),
            _ => None,
        }
    }

    /// The elements: of an array or list its own, of anything else itself.
    pub fn elements(&self) -> &[Value] {
        match self {
            Value::Array(v) | Value::List(v) => v,
            one => std::slice::from_ref(one),
        }
    }

    /// The value as `--numeric` prints it; `to_string` without its detour.
    pub fn text(&self) -> String {
        // Room for a number or a few: to begin with none would mean to take it three times.
        let mut out = String::with_capacity(match self {
            Value::Text(text) => text.len(),
            Value::Array(v) | Value::List(v) => 8 * v.len().min(1 << 10),
            _ => 24,
        });
        self.write(&mut out);
        out
    }

    /// Writes the value as `--numeric` prints it.
    pub fn write(&self, out: &mut String) {
        match self {
            Value::Text(s) => out.push_str(s),
            Value::Int(v) => out.push_str(itoa::Buffer::new().format(*v)),
            Value::UInt(v) => drop(write!(out, "{v}")),
            Value::Float(v) => write_significant(*v, 15, out),
            Value::Rational(0, 0) => out.push_str("undef"),
            Value::Rational(_, 0) => out.push_str("inf"),
            // Perl's zero has a sign.
            Value::Rational(0, ..0) => out.push_str("-0"),
            Value::Rational(n, d) if n.checked_rem(*d) == Some(0) => out.push_str(itoa::Buffer::new().format(n / d)),
            Value::Rational(n, d) => write_significant(*n as f64 / *d as f64, 10, out),
            Value::Array(v) => join(v, " ", out),
            Value::List(v) => join(v, ", ", out),
            Value::Binary(b) => drop(write!(out, "(Binary data {} bytes, use --binary to extract)", b.len())),
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

fn join(values: &[Value], separator: &str, out: &mut String) {
    for (i, v) in values.iter().enumerate() {
        if i > 0 {
            out.push_str(separator);
        }
        v.write(out);
    }
}

/// The number that a text begins with, as Perl reads one: `"72 dpi"` is 72.
pub fn leading_number(s: &str) -> Option<f64> {
    let s = s.trim_start();
    let b = s.as_bytes();
    let mut end = usize::from(matches!(b.first(), Some(b'+' | b'-')));
    let digits = |from: usize| b[from.min(b.len())..].iter().take_while(|c| c.is_ascii_digit()).count();
    let whole = digits(end);
    end += whole;
    let mut fraction = 0;
    if b.get(end) == Some(&b'.') {
        fraction = digits(end + 1);
        end += 1 + fraction;
    }
    if whole + fraction == 0 {
        return None;
    }
    if matches!(b.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(b.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    s[..end].parse().ok()
}

/// Writes `v` with up to `digits` significant digits, like C's `%.{digits}g`: no trailing zeros, an exponent below
/// 1e-4 and from 10^digits on.
pub fn write_significant(v: f64, digits: usize, out: &mut String) {
    if v == 0.0 {
        out.push_str(if v.is_sign_negative() { "-0" } else { "0" });
        return;
    }
    if v.is_nan() {
        out.push_str("NaN");
        return;
    }
    if v.is_infinite() {
        out.push_str(if v > 0.0 { "Inf" } else { "-Inf" });
        return;
    }
    if v.fract() == 0.0 && v.abs() < 1e9 && digits >= 9 {
        out.push_str(itoa::Buffer::new().format(v as i64));
        return;
    }
    let digits = digits.clamp(1, 17);
    if write_short_decimal(v, digits, out) {
        return;
    }
    let scientific = format!("{v:.*e}", digits - 1);
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return out.push_str(&scientific) };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    if exponent < -4 || exponent >= digits as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "{trimmed}e{sign}{:02}", exponent.abs());
        return;
    }
    let places = (digits as i32 - 1 - exponent).max(0) as usize;
    let fixed = format!("{v:.places$}");
    out.push_str(if fixed.contains('.') { fixed.trim_end_matches('0').trim_end_matches('.') } else { &fixed });
}

/// Writes `v` if it is a decimal of few digits, as most values of cameras are: without the long way round.
fn write_short_decimal(v: f64, digits: usize, out: &mut String) -> bool {
    let magnitude = v.abs();
    if digits < 10 || !(1e-3..1e5).contains(&magnitude) {
        return false;
    }
    // Scaled to an integer of at most ten digits, `v` is that decimal: two doubles so near each other print alike.
    for (places, scale) in [(1usize, 1e1), (2, 1e2), (3, 1e3), (4, 1e4), (5, 1e5), (6, 1e6)] {
        let scaled = magnitude * scale;
        if scaled >= 1e10 {
            return false;
        }
        if (scaled - scaled.round()).abs() <= scaled * 4e-16 {
            let scaled = scaled.round() as u64;
            write_decimal(v < 0.0, scaled, places, out);
            if scaled.is_multiple_of(10) {
                // So near a shorter decimal that only this many places meet it.
                out.truncate(out.trim_end_matches('0').trim_end_matches('.').len());
            }
            return true;
        }
    }
    false
}

/// Writes `v` with so many decimal places, like C's `%.{places}f`.
pub fn write_fixed(v: f64, places: usize, out: &mut String) {
    const SCALES: [f64; 7] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6];
    let scaled = SCALES.get(places).map_or(f64::INFINITY, |scale| v.abs() * scale);
    // A double below this is exact to much more than what tells the two neighbours apart; but for a tie, which needs care.
    if !(scaled < 1e9 && (scaled.fract() - 0.5).abs() > 1e-6) {
        let _ = write!(out, "{v:.places$}");
        return;
    }
    write_decimal(v.is_sign_negative(), scaled.round() as u64, places, out);
}

/// Writes a number that was scaled by 10^`places`.
fn write_decimal(negative: bool, scaled: u64, places: usize, out: &mut String) {
    if negative {
        out.push('-');
    }
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(scaled);
    let whole = digits.len().saturating_sub(places);
    out.push_str(if whole == 0 { "0" } else { &digits[..whole] });
    if places > 0 {
        out.push('.');
        (digits.len()..places).for_each(|_| out.push('0'));
        out.push_str(&digits[whole..]);
    }
}

/// `v` with so many decimal places, see [`write_fixed`].
pub fn fixed(v: f64, places: usize) -> String {
    let mut out = String::with_capacity(places + 8);
    write_fixed(v, places, &mut out);
    out
}

/// `v` with up to `digits` significant digits, see [`write_significant`].
pub fn significant(v: f64, digits: usize) -> String {
    let mut s = String::new();
    write_significant(v, digits, &mut s);
    s
}

impl Tag {
    pub fn new(group: Group, name: impl Into<Name>, value: impl Into<Value>) -> Self {
        Tag { group, name: name.into(), value: value.into(), print: Print::Plain, priority: Priority::Normal }
    }

    pub fn print(mut self, print: impl Into<Print>) -> Self {
        self.print = print.into();
        self
    }

    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// The value as it prints for people; a list joined by `, `.
    pub fn printed(&self) -> Cow<'_, str> {
        match (&self.print, &self.value) {
            (Print::Text(t), _) => Cow::Borrowed(t),
            (Print::List(l), _) => Cow::Owned(l.join(", ")),
            (Print::With(f), v) => Cow::Owned(f(v)),
            (Print::Plain, Value::Text(t)) => Cow::Borrowed(t),
            (Print::Plain, v) => Cow::Owned(v.text()),
        }
    }
}

/// A finding about damage: what was wrong and where; what could be read is there all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub place: Name,
    pub text: Cow<'static, str>,
}

/// All that was read from one file, in file order.
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    pub tags: Vec<Tag>,
    pub warnings: Vec<Warning>,
}

impl Metadata {
    /// The tag of that name that wins over all groups.
    pub fn get(&self, name: &str) -> Option<&Tag> {
        winner(self.tags.iter().filter(|t| t.name == name))
    }

    /// The tag of that name in that family-1 group.
    pub fn get_in(&self, place: &str, name: &str) -> Option<&Tag> {
        winner(self.tags.iter().filter(|t| t.name == name && t.group.place == place))
    }
}

/// The tag that prints, of several of one name in file order.
fn winner<'a>(tags: impl Iterator<Item = &'a Tag>) -> Option<&'a Tag> {
    tags.reduce(|best, tag| if tag.priority != Priority::Low && tag.priority >= best.priority { tag } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_like_the_reference() {
        let cases: &[(Value, &str)] = &[
            (Value::Rational(72, 1), "72"),
            (Value::Rational(1, 3), "0.3333333333"),
            (Value::Rational(0, 0), "undef"),
            (Value::Rational(5, 0), "inf"),
            (Value::Rational(i64::MIN, -1), "9.223372037e+18"),
            (Value::Float(0.1f32 as f64), "0.100000001490116"),
            (Value::Float(1e-7), "1e-07"),
            (Value::Float(2.8), "2.8"),
            (Value::Float(-0.05), "-0.05"),
            (Value::Float(1234.5678), "1234.5678"),
            (Value::Float(0.1 + 0.2), "0.3"),
            (Value::Float(15408.0 / 256.0 - 56.6), "3.5875"),
            (Value::Rational(-55, 2), "-27.5"),
            (Value::Float(2.8f32 as f64), "2.79999995231628"),
            (Value::Float(1234567.0), "1234567"),
            (Value::Float(1e20), "1e+20"),
            (Value::Array(vec![1u8.into(), 2u8.into()]), "1 2"),
        ];
        for (value, want) in cases {
            assert_eq!(&value.to_string(), want, "{value:?}");
        }
    }

    #[test]
    fn short_decimals_print_like_long_ones() {
        for i in 1..20_000 {
            let v = f64::from(i) / 997.0 * if i % 3 == 0 { 0.01 } else { 1.0 };
            for v in [v, (v * 100.0).round() / 100.0, (v * 1e4).round() / 1e4] {
                let (mut short, scientific) = (String::new(), format!("{v:.14e}"));
                if write_short_decimal(v, 15, &mut short) {
                    let back: f64 = short.parse().unwrap();
                    assert_eq!(format!("{back:.14e}"), scientific, "{v:?} {short}");
                }
            }
        }
    }

    #[test]
    fn decimal_places_are_those_of_the_library() {
        let mut numbers = vec![0.0, -0.0, 0.05, 0.25, 0.35, 2.5, -0.04, 1e9, 1e300, 999_999_999.95, f64::INFINITY, f64::NAN];
        numbers.extend((1..5000).flat_map(|i| [f64::from(i) / 997.0, f64::from(i) / 200.0, -f64::from(i) * 12.345]));
        for v in numbers {
            for places in [0, 1, 2, 3, 6, 9] {
                assert_eq!(fixed(v, places), format!("{v:.places$}"), "{v:?} {places}");
            }
        }
    }

    #[test]
    fn leading_numbers() {
        for (text, want) in [("72 dpi", Some(72.0)), (" -1.5e3x", Some(-1500.0)), ("x", None), (".5", Some(0.5)), ("", None)] {
            assert_eq!(leading_number(text), want, "{text:?}");
        }
    }
}
