//! What the chunks that stay as they are may hold: by their type, and by the colour type of the image (PNG, Third Edition,
//! clause 11.3). Decoders pass over others, so that anything could be in them.

use super::pixels::{Colour, Header};

/// No rule looks at more bytes, or lets more than these stay of a longer chunk.
pub(super) const LONGEST_RULE: u64 = 768;

/// What a chunk is held against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    header: Header,
    /// Entries of the palette, as many as there may be until it is known.
    pub entries: u64,
}

impl Rules {
    pub fn new(header: Header) -> Self {
        Rules { header, entries: 1 << header.depth.min(8) }
    }

    /// So many bytes from the beginning of a chunk's data say what its type is for: all, or less where decoders read on.
    /// `None`: it says nothing. `head` is the beginning of the data, as far as a rule looks at it.
    pub fn sound(&self, kind: &[u8; 4], length: u64, head: &[u8]) -> Option<u64> {
        let exactly = |n| (length == n).then_some(n);
        let colour = self.header.colour;
        match kind {
            b"IHDR" => exactly(13),
            b"PLTE" => self.palette(length),
            b"tRNS" => match colour {
                Colour::Grey => exactly(2),
                Colour::Rgb => exactly(6),
                Colour::Palette => (1..=self.entries).contains(&length).then_some(length),
                Colour::GreyAlpha | Colour::RgbAlpha => None,
            },
            b"gAMA" | b"cICP" => exactly(4),
            b"cHRM" => exactly(32),
            b"sRGB" => exactly(1).filter(|_| matches!(head, [0..=3])),
            b"sBIT" => exactly(self.samples()).filter(|_| head.iter().all(|bits| (1..=self.depth()).contains(bits))),
            b"mDCV" | b"mDCv" => exactly(24),
            b"cLLI" | b"cLLi" => exactly(8),
            b"bKGD" => exactly(match colour {
                Colour::Palette => 1,
                Colour::Grey | Colour::GreyAlpha => 2,
                Colour::Rgb | Colour::RgbAlpha => 6,
            }),
            b"pHYs" => exactly(9).filter(|_| matches!(head, [.., 0 | 1])),
            b"tIME" => exactly(7),
            _ => Some(length),
        }
    }

    /// Does the chunk change colours, where it is sound?
    pub fn colours(&self, kind: &[u8; 4]) -> bool {
        match self.header.colour {
            Colour::Palette => matches!(kind, b"PLTE" | b"tRNS"),
            Colour::Grey | Colour::Rgb => kind == b"tRNS",
            Colour::GreyAlpha | Colour::RgbAlpha => false,
        }
    }

    /// 11.2.2: of a palette image no more entries than there are values; beside true colour a suggestion, with grey none.
    fn palette(&self, length: u64) -> Option<u64> {
        match self.header.colour {
            Colour::Palette => Some(3 * (length / 3).min(self.entries)).filter(|&n| n > 0),
            Colour::Rgb | Colour::RgbAlpha => ((3..=768).contains(&length) && length.is_multiple_of(3)).then_some(length),
            Colour::Grey | Colour::GreyAlpha => None,
        }
    }

    /// 11.3.2.4: a number of significant bits for each.
    fn samples(&self) -> u64 {
        if self.header.colour == Colour::Palette { 3 } else { self.header.colour.channels() }
    }

    fn depth(&self) -> u8 {
        if self.header.colour == Colour::Palette { 8 } else { self.header.depth }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_follow_the_colour_type() {
        // Depth, colour type, chunk, its data, how much of it stays.
        let cases: &[(u8, u8, &[u8; 4], &[u8], Option<u64>)] = &[
            (8, 0, b"PLTE", &[0; 6], None),
            (8, 4, b"PLTE", &[0; 6], None),
            (8, 2, b"PLTE", &[0; 6], Some(6)),
            (8, 6, b"PLTE", &[0; 7], None),
            (2, 3, b"PLTE", &[0; 7], Some(6)),
            (2, 3, b"PLTE", &[0; 30], Some(12)),
            (8, 3, b"PLTE", &[0; 900], Some(768)),
            (8, 3, b"PLTE", &[0; 2], None),
            (8, 0, b"tRNS", &[0; 2], Some(2)),
            (8, 0, b"tRNS", &[0; 6], None),
            (8, 2, b"tRNS", &[0; 6], Some(6)),
            (8, 2, b"tRNS", &[0; 9], None),
            (2, 3, b"tRNS", &[0; 4], Some(4)),
            (2, 3, b"tRNS", &[0; 5], None),
            (8, 4, b"tRNS", &[0; 2], None),
            (8, 6, b"tRNS", &[0; 6], None),
            (8, 2, b"sRGB", &[3], Some(1)),
            (8, 2, b"sRGB", &[4], None),
            (8, 2, b"sBIT", &[8, 8, 8], Some(3)),
            (8, 2, b"sBIT", &[8, 9, 8], None),
            (8, 2, b"sBIT", &[8], None),
            (4, 3, b"sBIT", &[8, 8, 8], Some(3)),
            (16, 6, b"sBIT", &[16, 16, 16, 1], Some(4)),
            (8, 0, b"sBIT", &[0], None),
            (8, 3, b"bKGD", &[0], Some(1)),
            (8, 2, b"bKGD", &[0; 6], Some(6)),
            (8, 2, b"bKGD", &[0; 5], None),
            (8, 4, b"bKGD", &[0; 2], Some(2)),
            (8, 2, b"pHYs", &[0, 0, 0, 1, 0, 0, 0, 1, 1], Some(9)),
            (8, 2, b"pHYs", &[0, 0, 0, 1, 0, 0, 0, 1, 2], None),
            (8, 2, b"cHRM", &[0; 31], None),
            (8, 2, b"gAMA", &[0; 5], None),
        ];
        for (depth, colour, kind, data, want) in cases {
            let header = Header::parse(&[0, 0, 0, 1, 0, 0, 0, 1, *depth, *colour, 0, 0, 0]).unwrap();
            let got = Rules::new(header).sound(kind, data.len() as u64, data);
            assert_eq!(got, *want, "{} of {} bytes, colour type {colour}", String::from_utf8_lossy(*kind), data.len());
        }
    }
}
