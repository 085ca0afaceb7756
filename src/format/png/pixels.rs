//! The image data of a PNG: how many bytes the rows have, and what is hidden behind them.

use crate::error::{Code, Error, Result};
use flate2::{Decompress, FlushDecompress, Status};

/// No image unfolds to more.
const MAX_ROWS: u64 = 16 << 30;

/// Colour types (PNG, Third Edition, 11.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colour {
    Grey,
    Rgb,
    Palette,
    GreyAlpha,
    RgbAlpha,
}

impl Colour {
    /// Samples of a pixel.
    pub fn channels(self) -> u64 {
        match self {
            Colour::Grey | Colour::Palette => 1,
            Colour::GreyAlpha => 2,
            Colour::Rgb => 3,
            Colour::RgbAlpha => 4,
        }
    }
}

/// What the header says about rows (PNG, Third Edition, 11.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub colour: Colour,
    pub depth: u8,
    interlaced: bool,
    pub width: u32,
    pub height: u32,
}

impl Header {
    /// Of the data of an `IHDR` chunk.
    pub fn parse(data: &[u8]) -> Result<Self> {
        let &[w0, w1, w2, w3, h0, h1, h2, h3, depth, colour, compression, filter, interlace] = data else {
            return Err(Error::damaged("the header of the image has a wrong length"));
        };
        let colour = match (colour, depth) {
            (0, 1 | 2 | 4 | 8 | 16) => Colour::Grey,
            (2, 8 | 16) => Colour::Rgb,
            (3, 1 | 2 | 4 | 8) => Colour::Palette,
            (4, 8 | 16) => Colour::GreyAlpha,
            (6, 8 | 16) => Colour::RgbAlpha,
            _ => return Err(Error::damaged("no image has such a colour type and depth")),
        };
        let (width, height) = (u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3]));
        if width == 0 || height == 0 || compression != 0 || filter != 0 || interlace > 1 {
            return Err(Error::damaged("the header of the image is wrong"));
        }
        Ok(Header { colour, depth, interlaced: interlace == 1, width, height })
    }

    /// Bytes of all filtered rows of an image of that size (clauses 7.2, 7.3 and 8.1).
    pub fn rows(&self, width: u32, height: u32) -> Result<u64> {
        /// First column, first row, distance of columns, of rows: the passes of Adam7.
        const PASSES: [(u64, u64, u64, u64); 7] =
            [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
        let bits = self.colour.channels() * u64::from(self.depth);
        let whole = |width: u64, height: u64| {
            if width == 0 { 0 } else { height.saturating_mul(1 + (width * bits).div_ceil(8)) }
        };
        let (width, height) = (u64::from(width), u64::from(height));
        let sum = if self.interlaced {
            let pass = |&(x, y, dx, dy): &(u64, u64, u64, u64)| {
                whole(width.saturating_sub(x).div_ceil(dx), height.saturating_sub(y).div_ceil(dy))
            };
            PASSES.iter().map(pass).fold(0, u64::saturating_add)
        } else {
            whole(width, height)
        };
        if sum > MAX_ROWS {
            return Err(Error::new(Code::TooLarge, "the image unfolds to more than can be looked at"));
        }
        Ok(sum)
    }
}

/// How a stream of image data ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The data ended within the stream.
    Cut,
    /// It holds all rows and no more; so many bytes of data belong to it.
    Sound { used: u64 },
    /// It goes on behind the last row.
    Excess,
    /// It is none.
    Wrong,
}

/// Inflates image data that comes in pieces, as far as the rows go.
pub(super) struct Rows {
    inflater: Decompress,
    /// Bytes of the zlib header seen (2), of the checksum seen (4).
    header: Vec<u8>,
    checksum: u8,
    rows: u64,
    fed: u64,
    end: Option<End>,
    ended: bool,
    scratch: Vec<u8>,
}

impl Rows {
    /// Of so many bytes of rows.
    pub fn new(rows: u64) -> Self {
        Rows {
            inflater: Decompress::new(false),
            header: Vec::with_capacity(2),
            checksum: 0,
            rows,
            fed: 0,
            end: None,
            ended: false,
            scratch: vec![0; 64 * 1024],
        }
    }

    /// How the stream ended.
    pub fn end(&self) -> End {
        match self.end {
            Some(end) => end,
            None if self.ended => End::Sound { used: self.fed },
            None => End::Cut,
        }
    }

    /// Is the stream there up to the end of its checksum?
    pub fn whole(&self) -> bool {
        self.checksum == 4
    }

    /// Takes the next piece of data; hands the rows in it to `each`. Whatever follows the end is not looked at.
    pub fn feed(&mut self, mut data: &[u8], each: &mut impl FnMut(&[u8])) {
        while self.header.len() < 2 {
            let Some((&byte, rest)) = data.split_first() else { return };
            self.header.push(byte);
            self.fed += 1;
            data = rest;
            if let [cmf, flg] = self.header[..]
                && (cmf & 0x0f != 8 || flg & 0x20 != 0)
            {
                self.end = Some(End::Wrong);
            }
        }
        while self.end.is_none() && !self.ended {
            let (taken, given) = (self.inflater.total_in(), self.inflater.total_out());
            let status = self.inflater.decompress(data, &mut self.scratch, FlushDecompress::None);
            let taken = (self.inflater.total_in() - taken).min(data.len() as u64);
            let fresh = self.inflater.total_out() - given;
            let wanted = self.rows.saturating_sub(given).min(fresh);
            each(&self.scratch[..wanted as usize]);
            self.fed += taken;
            data = &data[taken as usize..];
            match status {
                _ if fresh > wanted => self.end = Some(End::Excess),
                Ok(Status::StreamEnd) => self.ended = true,
                Ok(_) if taken == 0 && fresh == 0 => return,
                Ok(_) => {}
                Err(_) => self.end = Some(End::Wrong),
            }
        }
        if self.end.is_none() && self.ended {
            // Adler-32 of the rows: part of the stream, right or wrong.
            let taken = data.len().min(usize::from(4 - self.checksum));
            self.checksum += taken as u8;
            self.fed += taken as u64;
        }
    }
}
