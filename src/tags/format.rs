//! Number formats of binary data, and reading values in them.

use crate::decode::text::until_nul;
use crate::metadata::{Blob, Value};
use smol_str::SmolStr;

/// Which end comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    Little,
    Big,
}

macro_rules! read_int {
    ($($name:ident $t:ty)*) => {$(
        /// At `at`, or `None` past the end.
        pub fn $name(self, bytes: &[u8], at: usize) -> Option<$t> {
            let raw = bytes.get(at..at.checked_add(size_of::<$t>())?)?.try_into().ok()?;
            Some(match self { ByteOrder::Little => <$t>::from_le_bytes(raw), ByteOrder::Big => <$t>::from_be_bytes(raw) })
        }
    )*};
}

impl ByteOrder {
    /// The other one.
    pub fn reversed(self) -> Self {
        match self {
            ByteOrder::Little => ByteOrder::Big,
            ByteOrder::Big => ByteOrder::Little,
        }
    }

    read_int!(u16 u16 i16 i16 u32 u32 i32 i32 u64 u64 i64 i64);

    /// Of a TIFF header's first two bytes: `II` or `MM`.
    pub fn of_mark(mark: &[u8]) -> Option<Self> {
        match mark.get(..2)? {
            b"II" => Some(ByteOrder::Little),
            b"MM" => Some(ByteOrder::Big),
            _ => None,
        }
    }
}

/// How a number or text is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Int8u,
    Int8s,
    Int16u,
    Int16s,
    Int32u,
    Int32s,
    Int64u,
    Int64s,
    /// Two int16.
    Rational32u,
    Rational32s,
    /// Two int32.
    Rational64u,
    Rational64s,
    /// Signed 8.8 and 16.16 fixed point.
    Fixed16s,
    Fixed32s,
    Fixed32u,
    Float,
    Double,
    /// Up to the first NUL.
    String,
    Undef,
    /// UTF-16 up to the first NUL.
    Unicode,
    /// An offset of an IFD: int32u.
    Ifd,
}

impl Format {
    pub fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "int8u" => Format::Int8u,
            "int8s" => Format::Int8s,
            "int16u" => Format::Int16u,
            "int16s" => Format::Int16s,
            "int32u" => Format::Int32u,
            "int32s" => Format::Int32s,
            "int64u" => Format::Int64u,
            "int64s" => Format::Int64s,
            "rational32u" => Format::Rational32u,
            "rational32s" => Format::Rational32s,
            "rational64u" => Format::Rational64u,
            "rational64s" => Format::Rational64s,
            "fixed16s" => Format::Fixed16s,
            "fixed32s" => Format::Fixed32s,
            "fixed32u" => Format::Fixed32u,
            "float" => Format::Float,
            "double" => Format::Double,
            "string" => Format::String,
            "undef" => Format::Undef,
            "unicode" => Format::Unicode,
            "ifd" => Format::Ifd,
            _ => return None,
        })
    }

    /// The format of a TIFF field type (TIFF 6.0 section 2; 13 from the PageMaker notes, 16–18 BigTIFF, 129 UTF-8 from Exif 3.0).
    pub fn of_tiff(field_type: u16) -> Option<Self> {
        Some(match field_type {
            1 => Format::Int8u,
            2 | 129 => Format::String,
            3 => Format::Int16u,
            4 => Format::Int32u,
            5 => Format::Rational64u,
            6 => Format::Int8s,
            7 => Format::Undef,
            8 => Format::Int16s,
            9 => Format::Int32s,
            10 => Format::Rational64s,
            11 => Format::Float,
            12 => Format::Double,
            13 => Format::Ifd,
            16 | 18 => Format::Int64u,
            17 => Format::Int64s,
            _ => return None,
        })
    }

    /// Bytes of one value.
    pub fn size(self) -> usize {
        match self {
            Format::Int8u | Format::Int8s | Format::String | Format::Undef => 1,
            Format::Int16u | Format::Int16s | Format::Unicode | Format::Fixed16s => 2,
            Format::Int32u | Format::Int32s | Format::Float | Format::Ifd => 4,
            Format::Rational32u | Format::Rational32s | Format::Fixed32s | Format::Fixed32u => 4,
            Format::Int64u | Format::Int64s | Format::Rational64u | Format::Rational64s | Format::Double => 8,
        }
    }

    /// One value at `at`; `None` past the end.
    fn one(self, b: &[u8], at: usize, order: ByteOrder) -> Option<Value> {
        Some(match self {
            Format::Int8u | Format::Undef => Value::Int((*b.get(at)?).into()),
            Format::Int8s => Value::Int((*b.get(at)? as i8).into()),
            Format::Int16u => order.u16(b, at)?.into(),
            Format::Int16s => order.i16(b, at)?.into(),
            Format::Int32u | Format::Ifd => order.u32(b, at)?.into(),
            Format::Int32s => order.i32(b, at)?.into(),
            Format::Int64u => order.u64(b, at)?.into(),
            Format::Int64s => order.i64(b, at)?.into(),
            Format::Rational32u => Value::Rational(order.u16(b, at)?.into(), order.u16(b, at.checked_add(2)?)?.into()),
            Format::Rational32s => Value::Rational(order.i16(b, at)?.into(), order.i16(b, at.checked_add(2)?)?.into()),
            Format::Rational64u => Value::Rational(order.u32(b, at)?.into(), order.u32(b, at.checked_add(4)?)?.into()),
            Format::Rational64s => Value::Rational(order.i32(b, at)?.into(), order.i32(b, at.checked_add(4)?)?.into()),
            // Fixed-point numbers print rounded to what their bits can tell.
            Format::Fixed16s => Value::Float((f64::from(order.i16(b, at)?) / 256.0 * 1e3).round() / 1e3),
            Format::Fixed32s => Value::Float((f64::from(order.i32(b, at)?) / 65536.0 * 1e5).round() / 1e5),
            Format::Fixed32u => Value::Float((f64::from(order.u32(b, at)?) / 65536.0 * 1e5).round() / 1e5),
            Format::Float => Value::Float(f32::from_bits(order.u32(b, at)?).into()),
            Format::Double => Value::Float(f64::from_bits(order.u64(b, at)?)),
            Format::String | Format::Unicode => return None,
        })
    }

    /// `count` values from the beginning of `bytes`, fewer where they end; `None` when there is not a single one.
    pub fn read(self, bytes: &[u8], count: usize, order: ByteOrder) -> Option<Value> {
        let available = bytes.len() / self.size();
        let count = count.min(available);
        match self {
            Format::String => return Some(Value::Text(text(&bytes[..count]))),
            Format::Undef => return Some(Value::Binary(Blob::Bytes(bytes[..count].to_vec()))),
            Format::Unicode => return Some(Value::Text(utf16(&bytes[..count.checked_mul(2)?], order))),
            _ => {}
        }
        match count {
            0 => None,
            1 => self.one(bytes, 0, order),
            n => {
                // As many as there are bytes for: see `available`.
                let mut values = Vec::with_capacity(n);
                values.extend((0..n).map_while(|i| self.one(bytes, i * self.size(), order)));
                Some(Value::Array(values))
            }
        }
    }
}

/// Text up to its first NUL: UTF-8, and `?` for what is none.
pub fn text(bytes: &[u8]) -> SmolStr {
    lossy(until_nul(bytes))
}

pub use crate::decode::text::lossy;

/// UTF-16 up to its first NUL.
pub fn utf16(bytes: &[u8], order: ByteOrder) -> SmolStr {
    let units = bytes.chunks_exact(2).map(|c| match order {
        ByteOrder::Little => u16::from_le_bytes([c[0], c[1]]),
        ByteOrder::Big => u16::from_be_bytes([c[0], c[1]]),
    });
    char::decode_utf16(units.take_while(|&u| u != 0)).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_their_format_says() {
        let cases: &[(Format, &[u8], usize, ByteOrder, &str)] = &[
            (Format::Int16u, &[1, 0], 1, ByteOrder::Little, "1"),
            (Format::Int16s, &[0xff, 0xfe], 1, ByteOrder::Big, "-2"),
            (Format::Rational64u, &[0, 0, 0, 1, 0, 0, 0, 4], 1, ByteOrder::Big, "0.25"),
            (Format::String, b"ab\0cd", 5, ByteOrder::Big, "ab"),
            (Format::Int8u, &[1, 2, 3], 9, ByteOrder::Big, "1 2 3"),
            (Format::Fixed32s, &[0, 1, 0x80, 0], 1, ByteOrder::Big, "1.5"),
            (Format::Unicode, &[b'a', 0, b'b', 0, 0, 0], 3, ByteOrder::Little, "ab"),
        ];
        for (format, bytes, count, order, want) in cases {
            assert_eq!(&format.read(bytes, *count, *order).unwrap().to_string(), want, "{format:?}");
        }
        assert_eq!(Format::Int32u.read(&[1, 2], 1, ByteOrder::Big), None);
    }
}
