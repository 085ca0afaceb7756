//! A fresh Exif block of the few fields that are kept.

use crate::{
    format::{Keep, Kept, Selection},
    input::Input,
};

/// A block, and the names of what is in it.
#[derive(Debug, PartialEq)]
pub struct Block {
    /// A TIFF structure, without `Exif\0\0`.
    pub bytes: Vec<u8>,
    pub kept: Vec<Kept>,
}

/// The fields of an Exif block that a selection keeps, written afresh: `None` if there are none.
pub fn reduce(block: &Input, selection: &Selection) -> Option<Block> {
    let little = block.starts_with(b"II*\0");
    let u16_at = |at| if little { block.u16_le(at) } else { block.u16_be(at) }.ok();
    let u32_at = |at| if little { block.u32_le(at) } else { block.u32_be(at) }.ok();
    let first = u64::from(u32_at(4)?);
    let at = (0..u64::from(u16_at(first)?)).map(|i| first + 2 + 12 * i).find(|&at| u16_at(at) == Some(0x112))?;
    let orientation = u16_at(at + 8).filter(|o| (2..=8).contains(o) && selection.keeps(Keep::Orientation))?;
    let mut bytes = if little {
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec()
    } else {
        b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec()
    };
    bytes.extend(if little { orientation.to_le_bytes() } else { orientation.to_be_bytes() });
    bytes.extend([0; 6]);
    Some(Block { bytes, kept: vec!["orientation"] })
}
