//! Boxes of JPEG XT in APP11 segments (ISO 18477-3 annex B): `JP`, the instance number of the box, the number of the segment, then
//! the box. All segments of a box repeat its header.

use super::walk::spans;
use crate::{
    error::Result,
    format::{Kind, Part, PartId, Role},
    input::Input,
};
use std::collections::HashMap;

/// `JP` and the two numbers.
const PREFIX: u64 = 8;

/// Boxes with parts of the picture, and the file type (ISO 18477-3 annex B, 18477-7, -8, -9).
#[rustfmt::skip]
const PICTURE: &[&[u8; 4]] = &[
    b"ftyp", b"SPEC", b"RESI", b"FINE", b"RFIN", b"TONE", b"MTRX", b"FTRX", b"FTON", b"CURV", b"LCHK",
    b"ALFA", b"AFIN", b"ARES", b"ARRF", b"ASPE",
];

pub fn is_picture(kind: &[u8]) -> bool {
    PICTURE.iter().any(|known| *known == kind)
}

/// Length of a box header: with length 1 a 64-bit length follows the type.
pub fn header_length(length: &[u8]) -> u64 {
    if length == [0, 0, 0, 1] { 16 } else { 8 }
}

/// How much is needed of each segment with a part of the picture.
#[derive(Debug, Default)]
pub struct Boxes(HashMap<PartId, u64>);

impl Boxes {
    /// Of the parts of a walk in full depth. Without the file type of JPEG XT the picture has no such parts.
    pub fn read(input: &Input, parts: &[Part]) -> Result<Boxes> {
        let mut needed = HashMap::new();
        let mut left: HashMap<(u16, [u8; 4]), u64> = HashMap::new();
        let mut is_xt = false;
        for (id, part) in parts.iter().enumerate() {
            let [range] = spans(part) else { continue };
            if part.kind != Kind::Jpeg(0xeb) || part.role != Role::Rendering {
                continue;
            }
            let segment = input.slice(range.clone());
            let (instance, kind) = (segment.u16_be(2)?, segment.array::<4>(PREFIX + 4)?);
            let header = header_length(&segment.array::<4>(PREFIX)?);
            let Some(payload) = segment.len().checked_sub(PREFIX + header) else { continue };
            let declared = if header == 16 { segment.u64_be(PREFIX + 8)? } else { segment.u32_be(PREFIX)?.into() };
            is_xt |= kind == *b"ftyp" && *segment.up_to(PREFIX + header, 4)? == *b"jpxt";
            let left = left.entry((instance, kind)).or_insert(declared.saturating_sub(header));
            let taken = payload.min(*left);
            *left -= taken;
            if taken > 0 {
                needed.insert(id, PREFIX + header + taken);
            }
        }
        Ok(Boxes(if is_xt { needed } else { HashMap::new() }))
    }

    /// `None`: the segment goes.
    pub fn needed(&self, id: PartId) -> Option<u64> {
        self.0.get(&id).copied()
    }
}
