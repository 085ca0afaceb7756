//! Cuts a JPEG into segments, scans and what is neither, the way decoders do (T.81 annex B): bytes before a marker are
//! passed over, a marker may follow any number of fill bytes, a scan ends at the first marker that is not stuffed
//! (`FF 00`) and no restart marker.

use crate::{error::Result, input::Input};
use std::ops::Range;

pub const SOI: u8 = 0xd8;
pub const EOI: u8 = 0xd9;
pub const SOS: u8 = 0xda;
pub const APP0: u8 = 0xe0;
pub const APP8: u8 = 0xe8;
pub const APP14: u8 = 0xee;
pub const COM: u8 = 0xfe;
/// Frame header of JPEG-LS.
pub const SOF55: u8 = 0xf7;

/// A run of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Segment(Segment),
    /// Entropy-coded data with its restart markers.
    Scan(Range<u64>),
    /// What decoders pass over: fill bytes, bytes that are no marker.
    Junk(Range<u64>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The marker's second byte.
    pub marker: u8,
    /// Of the marker's first byte.
    pub start: u64,
    /// Behind the length; empty for a marker that stands alone.
    pub data: Range<u64>,
    /// The file ends before the segment does.
    pub cut: bool,
}

impl Segment {
    /// Marker and length.
    pub const HEADER: u64 = 4;

    pub fn range(&self) -> Range<u64> {
        self.start..self.data.end
    }
}

/// Is it a frame header? (T.81 table B.1; SOF55 is T.87.)
pub fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc)) || marker == SOF55
}

/// Can it begin a segment outside of a scan? What is no marker is junk: stuffing, fill, reserved codes.
fn is_marker(code: u8) -> bool {
    matches!(code, 0xc0..=0xfe)
}

fn stands_alone(marker: u8) -> bool {
    matches!(marker, 0xd0..=0xd9)
}

/// The runs of a file in order, from `at` on. Stops behind EOI.
pub struct Segments<'a> {
    input: &'a Input,
    pub at: u64,
    /// The run that comes next is a scan.
    in_scan: bool,
    /// JPEG-LS stuffs a bit, not a byte.
    ls: bool,
    /// EOI was there.
    pub ended: bool,
}

impl<'a> Segments<'a> {
    pub fn new(input: &'a Input, at: u64) -> Self {
        Segments { input, at, in_scan: false, ls: false, ended: false }
    }

    /// The next run; `None` behind EOI and at the end of the file.
    pub fn next(&mut self) -> Result<Option<Item>> {
        if self.ended || self.at >= self.input.len() {
            return Ok(None);
        }
        if std::mem::take(&mut self.in_scan) {
            let end = scan_end(self.input, self.at, self.ls)?;
            if end > self.at {
                return Ok(Some(Item::Scan(self.advance(end))));
            }
        }
        let head = self.input.up_to(self.at, 4)?;
        match *head {
            [0xff, marker, ..] if is_marker(marker) && stands_alone(marker) => {
                self.ended = marker == EOI;
                Ok(Some(self.segment(marker, self.at + 2, self.at + 2)))
            }
            [0xff, marker, high, low] if is_marker(marker) && (high, low) >= (0, 2) => {
                let end = self.at + 2 + u64::from(u16::from_be_bytes([high, low]));
                self.in_scan = marker == SOS;
                self.ls |= marker == SOF55;
                Ok(Some(self.segment(marker, self.at + 4, end)))
            }
            _ => {
                let end = next_marker(self.input, self.at + 1)?;
                Ok(Some(Item::Junk(self.advance(end))))
            }
        }
    }

    fn segment(&mut self, marker: u8, from: u64, to: u64) -> Item {
        let cut = to > self.input.len();
        let start = self.advance(to.min(self.input.len())).start;
        Item::Segment(Segment { marker, start, data: from.min(self.at)..self.at, cut })
    }

    fn advance(&mut self, to: u64) -> Range<u64> {
        std::mem::replace(&mut self.at, to)..to
    }
}

/// Window of a search in what is not in memory.
const WINDOW: u64 = 256 * 1024;

/// Hands out the bytes from `at` on, window by window, each with one byte of the next, until `find` knows the place in it.
fn search(input: &Input, mut at: u64, mut find: impl FnMut(&[u8]) -> Option<usize>) -> Result<u64> {
    let in_memory = input.head().len() as u64 == input.len();
    while at < input.len() {
        let window = input.up_to(at, if in_memory { u64::MAX } else { WINDOW })?;
        if let Some(found) = find(&window) {
            return Ok(at + found as u64);
        }
        let last = at + window.len() as u64 >= input.len();
        at += if last { window.len() as u64 } else { window.len() as u64 - 1 };
    }
    Ok(input.len())
}

/// Where the next marker begins.
fn next_marker(input: &Input, from: u64) -> Result<u64> {
    search(input, from, |window| {
        memchr::memchr_iter(0xff, window).find(|&i| window.get(i + 1).is_some_and(|&code| is_marker(code)))
    })
}

/// Where the entropy-coded data ends. Codes that no decoder takes for a marker (02 to BF) are damage, and stay in it.
fn scan_end(input: &Input, from: u64, ls: bool) -> Result<u64> {
    let lowest = if ls { 0x80 } else { 0xc0 };
    search(input, from, |window| {
        memchr::memchr_iter(0xff, window)
            .find(|&i| window.get(i + 1).is_some_and(|&code| code >= lowest && is_marker(code) && !matches!(code, 0xd0..=0xd7)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(bytes: &[u8]) -> Vec<(u8, Range<u64>)> {
        let input = Input::from_bytes(bytes.to_vec());
        let mut segments = Segments::new(&input, 0);
        let mut found = Vec::new();
        while let Some(item) = segments.next().unwrap() {
            found.push(match item {
                Item::Segment(s) => (s.marker, s.range()),
                Item::Scan(range) => (0, range),
                Item::Junk(range) => (1, range),
            });
        }
        found
    }

    #[test]
    fn cuts_like_a_decoder() {
        let cases: &[(&[u8], &[(u8, Range<u64>)])] = &[
            (b"\xff\xd8\xff\xd9rest", &[(SOI, 0..2), (EOI, 2..4)]),
            (b"\xff\xd8\xff\xff\xfe\0\x03x", &[(SOI, 0..2), (1, 2..3), (COM, 3..8)]),
            (b"\xff\xd8junk\xff\x00\xff\xfe\0\x02", &[(SOI, 0..2), (1, 2..8), (COM, 8..12)]),
            // Stuffed bytes, restart markers and repeated FF belong to the scan; a segment between scans does not.
            (
                b"\xff\xda\0\x02a\xff\0\xff\xd0b\xff\xff\0\xff\xfe\0\x02\xff\xda\0\x02c\xff\xd9",
                &[(SOS, 0..4), (0, 4..13), (COM, 13..17), (SOS, 17..21), (0, 21..22), (EOI, 22..24)],
            ),
            // JPEG-LS: FF and a byte below 80 is data.
            (b"\xff\xf7\0\x02\xff\xda\0\x02a\xff\x7f\xff\xd9", &[(SOF55, 0..4), (SOS, 4..8), (0, 8..11), (EOI, 11..13)]),
            (b"\xff\xd8\xff\xe1\xff\xffcut", &[(SOI, 0..2), (0xe1, 2..9)]),
            (b"\xff\xe1\0\x01\xff\xd9", &[(1, 0..4), (EOI, 4..6)]),
            (b"\xff", &[(1, 0..1)]),
        ];
        for (bytes, expected) in cases {
            assert_eq!(runs(bytes), *expected, "{bytes:02x?}");
        }
    }
}
