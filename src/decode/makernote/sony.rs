//! Sony: enciphered blocks. The cipher is a substitution that many have published: each byte below 249 is the cube, modulo
//! 249, of the byte that was meant.

use super::super::{
    Sink,
    ifd::{Entry, Reader},
};
use crate::tags::{self, Sub, Table};

/// What each enciphered byte means.
const MEANT: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let cube = if i < 249 { i * i * i % 249 } else { i };
        table[cube] = i as u8;
        i += 1;
    }
    table
};

/// Deciphers a block and decodes it with its table.
pub(super) fn enciphered(reader: &Reader, entry: &Entry, sub: &Sub, table: &'static Table, sink: &mut Sink) {
    let Ok(bytes) = reader.bytes(entry) else { return };
    let mut block = bytes.into_owned();
    for byte in &mut block {
        *byte = MEANT[usize::from(*byte)];
    }
    tags::packed(table, &block, sub.order.or(table.order).unwrap_or(reader.order), sink);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_one_meaning() {
        let mut seen = [false; 256];
        MEANT.iter().for_each(|&b| seen[usize::from(b)] = true);
        assert!(seen.iter().all(|s| *s));
        assert_eq!((MEANT[0], MEANT[1], MEANT[8], MEANT[27], MEANT[255]), (0, 1, 2, 3, 255));
    }
}
