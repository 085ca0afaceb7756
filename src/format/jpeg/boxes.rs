//! Boxes in APP11 segments, of JUMBF (ISO 19566-5 annex D) and of JPEG XT (ISO 18477-3 annex B): `JP`, the instance number of the
//! box, the number of the segment, then the box. All segments of a box repeat its header.

use super::{
    segments::Segment,
    walk::{Spans, spans},
};
use crate::{
    error::Result,
    format::{Kind, Origin, Part, PartId, Role, Walk},
    input::Input,
};
use smallvec::SmallVec;
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

/// JUMBF superboxes: their segments share the instance number.
#[derive(Default)]
pub struct Superboxes {
    boxes: Vec<Spans>,
    /// Which of them has an instance number.
    instances: HashMap<u16, usize>,
}

impl Superboxes {
    /// Takes a segment that begins with `head`, which is long enough for prefix and header.
    pub fn add(&mut self, segment: &Segment, head: &[u8]) {
        let Some((&[_, _, i1, i0, s3, s2, s1, s0, l3, l2, l1, l0], _)) = head.split_first_chunk() else { return };
        let (instance, sequence) = (u16::from_be_bytes([i1, i0]), u32::from_be_bytes([s3, s2, s1, s0]));
        let data = &segment.data;
        if sequence > 1
            && let Some(open) = self.instances.get(&instance).and_then(|&at| self.boxes.get_mut(at))
        {
            let header = header_length(&[l3, l2, l1, l0]);
            open.push((data.start + PREFIX + header).min(data.end)..data.end);
            return;
        }
        self.instances.entry(instance).or_insert(self.boxes.len());
        let first = data.start + PREFIX..data.end;
        self.boxes.push(SmallVec::from_buf([first]));
    }

    pub fn report(self, walk: &mut Walk) -> Result<()> {
        for spans in self.boxes {
            walk.part(Kind::Jumbf, Role::Metadata, "APP11", Origin::Spans(spans))?;
        }
        Ok(())
    }
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
