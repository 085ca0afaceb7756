//! Where the codes of an image end (GIF89a, appendix F). Their sizes tell: the table of strings grows by one with each code.

use super::Window;
use crate::error::Result;
use std::ops::Range;

/// The codes of one image, byte by byte.
struct Codes {
    /// Of the clear code; the end code is the next.
    clear: u32,
    /// Length of the next code, in bits.
    length: u8,
    /// Entries of the table.
    entries: u32,
    /// Nothing came since the table was cleared: the next code adds no entry.
    cleared: bool,
    bits: u32,
    held: u8,
}

impl Codes {
    /// Of a minimum code size; `None` for one that decoders read in different ways, or not at all.
    fn new(size: u8) -> Option<Self> {
        let clear = (2..=11).contains(&size).then(|| 1 << size)?;
        Some(Codes { clear, length: size + 1, entries: clear + 2, cleared: true, bits: 0, held: 0 })
    }

    /// Takes the next byte: is the end code complete with it?
    fn end_in(&mut self, byte: u8) -> bool {
        self.bits |= u32::from(byte) << self.held;
        self.held += 8;
        while self.held >= self.length {
            let code = self.bits & ((1 << self.length) - 1);
            self.bits >>= self.length;
            self.held -= self.length;
            if code == self.clear + 1 {
                return true;
            }
            self.follow(code);
        }
        false
    }

    fn follow(&mut self, code: u32) {
        if code == self.clear {
            self.length = self.clear.trailing_zeros() as u8 + 1;
            self.entries = self.clear + 2;
            self.cleared = true;
        } else if !std::mem::take(&mut self.cleared) && self.entries < 1 << 12 {
            self.entries += 1;
            // Of the longest codes there are no longer ones.
            self.length += u8::from(self.entries == 1 << self.length && self.length < 12);
        }
    }
}

/// Does any decoder read codes that begin with this size? The longest have 12 bits.
pub(super) fn are_read(size: u8) -> bool {
    size <= 12
}

/// Hands on the bytes of the codes of an image, sub-block by sub-block, from the code size at `size` up to the end code, or to
/// `end`. Returns where the bytes of the last sub-block are, if the end code is in them.
pub(super) fn each(bytes: &mut Window, size: u64, end: u64, mut take: impl FnMut(&[u8])) -> Result<Option<Range<u64>>> {
    let begins = bytes.u8(size)?;
    if !are_read(begins) {
        return Ok(None);
    }
    let mut codes = Codes::new(begins);
    let mut at = size + 1;
    while at < end {
        let length = bytes.u8(at)?;
        if length == 0 {
            break;
        }
        let block = bytes.bytes(at + 1, length.into())?;
        if let Some(last) = codes.as_mut().and_then(|codes| block.iter().position(|&byte| codes.end_in(byte))) {
            take(&block[..=last]);
            return Ok(Some(at + 1..at + 2 + last as u64));
        }
        take(block);
        at += 1 + u64::from(length);
    }
    Ok(None)
}
