//! The coded picture, found by a short way of its own that shares no code with the walk: the proof must not repeat its mistakes.
//! It is what a decoder has at hand when it comes to a scan, in whatever segments that stood.

use crate::{
    error::{Error, Result},
    format::Digest,
    input::Input,
};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::Xxh3;

/// Bytes that are held at once.
const WINDOW: u64 = 256 * 1024;

/// Digest of every scan, with the frame header, the tables and the colour transform that it is decoded by, in file order.
pub fn payload(input: &Input) -> Result<Digest> {
    let mut decoder = Decoder::default();
    let mut at = if input.starts_with(b"\xff\x01") { 7 } else { 2 };
    while let Some(found) = marker(input, at)? {
        at = found;
        let head = input.up_to(at, 4)?;
        let (code, length) = match *head {
            [_, 0xd9, ..] => break,
            [_, code, high, low] if !matches!(code, 0xd0..=0xd8) => (code, u64::from(u16::from_be_bytes([high, low]))),
            _ => (0, 0),
        };
        if length < 2 {
            at += 2;
            continue;
        }
        let end = (at + 2 + length).min(input.len());
        if matches!(code, 0xc0..=0xdf | 0xe8 | 0xee | 0xf7 | 0xf8) {
            decoder.segment(code, &input.up_to(at + 4, end - at - 4)?);
        }
        at = end;
        if code == 0xda {
            at = decoder.scan(input, end)?;
        }
    }
    Ok(Digest(decoder.hash.digest128()))
}

/// Where the next code that begins something stands; `None` if there is none.
fn marker(input: &Input, from: u64) -> Result<Option<u64>> {
    let mut at = from;
    while at + 1 < input.len() {
        let window = input.up_to(at, if at == from { 2 } else { WINDOW })?;
        let begins = |i: &usize| window.get(i + 1).is_some_and(|code| (0xc0..0xff).contains(code));
        if let Some(i) = memchr::memchr_iter(0xff, &window).find(begins) {
            return Ok(Some(at + i as u64));
        }
        at += window.len() as u64 - 1;
    }
    Ok(None)
}

/// What the segments so far have set.
#[derive(Default)]
struct Decoder {
    hash: Xxh3,
    frame: Vec<u8>,
    /// By marker, class and destination.
    tables: BTreeMap<(u8, u8), Vec<u8>>,
    scan: Vec<u8>,
    transform: Option<u8>,
    /// That of Hewlett-Packard's JPEG-LS.
    ls_transform: Option<u8>,
    /// The first scan has begun.
    begun: bool,
    /// Scans of the frame; the number of its lines follows the first.
    scans: u32,
    lines: bool,
}

impl Decoder {
    fn segment(&mut self, code: u8, data: &[u8]) {
        match code {
            0xee if data.starts_with(b"Adobe") && !self.begun => self.transform = data.get(11).copied().or(self.transform),
            0xe8 if data.len() == 5 && data.starts_with(b"mrfx") && !self.begun => self.ls_transform = data.last().copied(),
            0xc4 | 0xcc | 0xdb => self.tables(code, data),
            0xdd => {
                let most = if self.frame.first() == Some(&0xf7) { 4 } else { 2 };
                drop(self.tables.insert((code, 0), data.get(..data.len().min(most)).unwrap_or_default().to_vec()));
            }
            0xde => drop(self.tables.insert((code, 0), whole_frame(data).unwrap_or_default().to_vec())),
            0xdf => drop(self.tables.insert((code, 0), data.get(..1).unwrap_or_default().to_vec())),
            0xf8 => self.parameters(data),
            0xdc if self.scans == 1 && data.len() >= 2 && !std::mem::replace(&mut self.lines, true) => {
                self.hash.update(&data[..2])
            }
            0xda => self.scan = data.to_vec(),
            0xc0..=0xc7 | 0xc9..=0xcf | 0xf7 => {
                if let Some(data) = whole_frame(data) {
                    self.frame = [&[code], data].concat();
                    (self.scans, self.lines) = (0, false);
                }
            }
            _ => {}
        }
    }

    fn tables(&mut self, code: u8, mut data: &[u8]) {
        // libjpeg takes any precision of a table of quantization but 0 for two bytes.
        let reserved = if code == 0xdb { 0x0c } else { 0xec };
        while let Some((&name, rest)) = data.split_first().filter(|(name, _)| *name & reserved == 0) {
            let wide = u8::from(name >> 4 != 0);
            let elements = (rest.len() >> wide).min(64);
            let length = match code {
                // A smaller block has fewer elements, which are a square all the same.
                0xdb if elements < 4 || elements.isqrt().pow(2) != elements => return,
                0xdb => elements << wide,
                0xc4 => 16 + rest.iter().take(16).map(|&n| usize::from(n)).sum::<usize>(),
                _ => 1,
            };
            let Some((table, rest)) = rest.split_at_checked(length) else { return };
            let name = if code == 0xdb { name & 3 } else { name };
            self.tables.insert((code, name), [&[length as u8], table].concat());
            data = rest;
        }
    }

    /// JPEG-LS (T.87 C.2.4.1).
    fn parameters(&mut self, data: &[u8]) {
        match *data {
            [1, ..] => drop(self.tables.insert((0xf8, 1), data.get(..11).unwrap_or(data).to_vec())),
            [kind @ (2 | 3), name, width, ref entries @ ..] if width > 0 => {
                let table = self.tables.entry((0xf7, name)).or_default();
                if kind == 2 {
                    table.clear();
                }
                table.push(width);
                table.extend_from_slice(&entries[..entries.len() - entries.len() % usize::from(width)]);
            }
            [13, _, _, depth @ 1..=4, ..] => {
                let whole = data.get(..4 + 2 * usize::from(depth * depth));
                self.tables.extend(whole.map(|transform| ((0xf8, 13), transform.to_vec())));
            }
            [4, width, ..] => {
                drop(self.tables.insert((0xf8, 4), data.get(..2 + 2 * usize::from(width)).unwrap_or(data).to_vec()))
            }
            _ => {}
        }
    }

    /// Takes what the scan at `from` is decoded by, and its data; where that ends.
    fn scan(&mut self, input: &Input, from: u64) -> Result<u64> {
        let is_ls = self.frame.first() == Some(&0xf7);
        if self.header() {
            self.scans += 1;
        }
        let mut at = from;
        loop {
            let window = input.up_to(at, WINDOW)?;
            let end = end_of_scan(&window, is_ls);
            let last = at + window.len() as u64 >= input.len();
            // A marker may stand on the edge.
            let end = end.map_or((window.len() - usize::from(!last), last), |end| (end, true));
            self.hash.update(&window[..end.0]);
            at += end.0 as u64;
            if end.1 {
                return Ok(at);
            }
        }
    }

    /// The frame header, the scan header, the tables that they name. False if they are none.
    fn header(&mut self) -> bool {
        let count = self.scan.first().map_or(0, |&n| usize::from(n));
        let Some(scan) = self.scan.get(..4 + 2 * count).filter(|_| (1..=4).contains(&count)) else { return false };
        let code = self.frame.first().copied().unwrap_or(0);
        let mut names = vec![(0xdd, 0)];
        names.extend(self.frame.iter().skip(9).step_by(3).map(|&q| (0xdb, q)));
        for &t in scan[1..1 + 2 * count].iter().skip(1).step_by(2) {
            match code {
                0xf7 => names.extend([(0xf8, 1), (0xf8, 4), (0xf8, 13), (0xf7, t)]),
                0xc9..=0xcf => names.extend([(0xcc, t >> 4), (0xcc, 0x10 | t & 15)]),
                _ => names.extend([(0xc4, t >> 4), (0xc4, 0x10 | t & 15)]),
            }
        }
        if matches!(code, 0xc5..=0xc7 | 0xcd..=0xcf) {
            names.extend([(0xde, 0), (0xdf, 0)]);
        }
        self.hash.update(&[&self.frame, scan].concat());
        for name in names {
            self.hash.update(self.tables.get(&name).map_or(b"none", |table| table));
        }
        // They are read when the first scan begins.
        let transforms = [(0xee, self.transform.take()), (0xe8, self.ls_transform.take().filter(|_| code == 0xf7))];
        for (segment, transform) in transforms.into_iter().filter(|_| !self.begun) {
            transform.into_iter().for_each(|transform| self.hash.update(&[segment, transform]));
        }
        self.begun = true;
        true
    }
}

/// A frame header as long as its number of components says.
fn whole_frame(data: &[u8]) -> Option<&[u8]> {
    let &count = data.get(5).filter(|&&n| n > 0)?;
    data.get(..6 + 3 * usize::from(count))
}

fn end_of_scan(bytes: &[u8], is_ls: bool) -> Option<usize> {
    memchr::memchr_iter(0xff, bytes).find(|i| match bytes.get(i + 1) {
        None | Some(0xd0..=0xd7 | 0xff) => false,
        Some(&code) => code >= 0xc0 || (is_ls && code >= 0x80),
    })
}

/// The error of a file whose picture cannot be found.
pub fn no_picture() -> Error {
    Error::damaged("there is no picture in the file")
}
