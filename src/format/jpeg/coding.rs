//! What a decoder needs of the segments that say how the picture is coded: frame headers, tables, scan headers (T.81 B.2,
//! T.87 C.2), each in the length that it declares itself. What lies behind that, tables that no scan refers to, and segments of
//! another coding process are not listed: they go.

use super::{
    segments::{self, Segment, is_frame},
    walk::spans,
};
use crate::{
    error::{Error, Result},
    format::{Kind, Part, PartId},
    input::Input,
};
use smallvec::SmallVec;
use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};

/// Something that stays in force until it is defined again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Frame,
    /// By destination.
    Quantization(u8),
    /// By class and destination, one nibble each; for Huffman and for arithmetic coding.
    Huffman(u8),
    Conditioning(u8),
    Restart,
    /// Hierarchical coding: the size of the largest frame, how the next one expands its reference.
    Hierarchy,
    Expansion,
    /// JPEG-LS: coding parameters, the size of a large image, mapping tables by identifier.
    Parameters,
    Size,
    Mapping(u8),
    /// How components become colours.
    Transform,
}

/// A definition, and the part that it stands in.
type Definition = (PartId, Range<u64>);

/// A frame header: what the picture is coded by.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    marker: u8,
    components: SmallVec<[u8; 4]>,
    quantization: SmallVec<[u8; 4]>,
    scans: u32,
    /// Its number of lines is defined again.
    has_lines: bool,
}

impl Frame {
    /// SOF9 to SOF15 (T.81 table B.1).
    fn is_arithmetic(&self) -> bool {
        matches!(self.marker, 0xc9..=0xcf)
    }
    /// SOF5 to SOF7 and SOF13 to SOF15: only in hierarchical files.
    fn is_differential(&self) -> bool {
        matches!(self.marker, 0xc5..=0xc7 | 0xcd..=0xcf)
    }
    pub fn is_ls(&self) -> bool {
        self.marker == segments::SOF55
    }

    /// Does a picture that has no JFIF segment look the same with one? JFIF says that one component is grey and three are
    /// YCbCr (T.871, 7), which without it Adobe's transform tells, or the names of the components.
    pub fn takes_jfif(&self, transform: Option<u8>) -> bool {
        let cosine = matches!(self.marker, 0xc0..=0xc2 | 0xc9 | 0xca);
        cosine && matches!((&self.components[..], transform), ([_], _) | ([_, _, _], Some(1)) | ([1, 2, 3], None))
    }
}

/// The definitions that a decoder needs, by part.
#[derive(Debug, Default)]
pub struct Coding {
    /// The frame of the first scan.
    pub frame: Option<Frame>,
    needed: HashMap<PartId, Vec<Range<u64>>>,
}

impl Coding {
    /// Of the parts of a walk in full depth. Fails on damage that decoders cannot see past: then nobody can say what is needed.
    pub fn read(input: &Input, parts: &[Part]) -> Result<Coding> {
        let mut reader = Reader { input, coding: Coding::default(), frame: None, current: BTreeMap::new() };
        for (id, part) in parts.iter().enumerate() {
            if let Some((marker, data)) = coded(input, part)? {
                reader.segment(id, marker, data)?;
            }
        }
        reader.coding.needed.values_mut().for_each(|ranges| ranges.sort_by_key(|r| r.start));
        Ok(reader.coding)
    }

    /// What is needed of a part, in file order.
    pub fn needed(&self, id: PartId) -> &[Range<u64>] {
        self.needed.get(&id).map_or(&[], |ranges| ranges)
    }
}

/// Marker and data of a part that says something about the coding.
pub fn coded(input: &Input, part: &Part) -> Result<Option<(u8, Range<u64>)>> {
    let Some(range) = spans(part).first() else { return Ok(None) };
    Ok(match part.kind {
        Kind::Jpeg(marker) if is_frame(marker) => Some((marker, range.clone())),
        Kind::Payload if part.place == "Scan" => None,
        Kind::Payload => match *input.up_to(range.start, 2)? {
            [0xff, marker] if is_coding(marker) => Some((marker, (range.start + Segment::HEADER).min(range.end)..range.end)),
            _ => None,
        },
        _ => None,
    })
}

/// DHT, DAC, SOS to EXP, LSE: what is read here besides frame headers.
pub fn is_coding(marker: u8) -> bool {
    matches!(marker, 0xc4 | 0xcc | 0xda..=0xdf | 0xf8)
}

/// The length of a frame header's data (T.81 B.2.2): precision, size, then three bytes for each component.
pub fn frame_length(input: &Input, data: &Range<u64>) -> Result<u64> {
    let length = data.end - data.start;
    let count = input.up_to(data.start, length.min(6))?.get(5).copied();
    Ok(count.map_or(length, |count| 6 + 3 * u64::from(count)))
}

struct Reader<'a> {
    input: &'a Input,
    coding: Coding,
    /// The last frame header.
    frame: Option<Frame>,
    /// The definitions in force that no scan has needed yet, or that were needed already.
    current: BTreeMap<Slot, SmallVec<[(Definition, bool); 1]>>,
}

impl Reader<'_> {
    fn segment(&mut self, id: PartId, marker: u8, data: Range<u64>) -> Result<()> {
        match marker {
            segments::SOS => self.scan(id, data),
            0xdc => self.lines(id, data),
            _ => {
                let bytes = self.input.up_to(data.start, data.end - data.start)?;
                let mut at = 0;
                while let Some((slot, length)) = definition(marker, &bytes[at..]) {
                    let start = data.start + at as u64;
                    self.define(slot, (id, start..start + length as u64), marker == 0xf8 && bytes[0] == 3);
                    at += length;
                    // Only of these there may be several.
                    if !matches!(marker, 0xdb | 0xc4 | 0xcc) {
                        break;
                    }
                }
                if is_frame(marker) && at > 0 {
                    self.frame = Some(frame(marker, &bytes));
                }
                Ok(())
            }
        }
    }

    fn define(&mut self, slot: Slot, definition: Definition, continues: bool) {
        let in_force = self.current.entry(slot).or_default();
        if !continues {
            in_force.clear();
        }
        in_force.push((definition, false));
    }

    /// A scan header (T.81 B.2.3), and what it refers to.
    fn scan(&mut self, id: PartId, data: Range<u64>) -> Result<()> {
        let bytes = self.input.up_to(data.start, data.end - data.start)?;
        let Some((length, selectors)) = scan_header(&bytes) else {
            // The end of a file that was cut.
            return if data.end == self.input.len() { Ok(()) } else { Err(Error::damaged("a scan header is damaged")) };
        };
        let Some(mut frame) = self.frame.take() else { return Err(Error::damaged("a scan stands before the frame header")) };
        self.require(id, data.start..data.start + length as u64);
        self.needs(Slot::Frame);
        self.needs_restart(frame.is_ls());
        frame.quantization.iter().for_each(|&q| self.needs(Slot::Quantization(q)));
        for &selector in selectors.iter().skip(1).step_by(2) {
            let (dc, ac) = (selector >> 4, 0x10 | selector & 15);
            match () {
                () if frame.is_ls() => self.needs(Slot::Mapping(selector)),
                () if frame.is_arithmetic() => [dc, ac].map(Slot::Conditioning).into_iter().for_each(|s| self.needs(s)),
                () => [dc, ac].map(Slot::Huffman).into_iter().for_each(|s| self.needs(s)),
            }
        }
        if frame.is_ls() {
            [Slot::Parameters, Slot::Size, Slot::Transform].into_iter().for_each(|s| self.needs(s));
        }
        if frame.is_differential() {
            [Slot::Hierarchy, Slot::Expansion].into_iter().for_each(|s| self.needs(s));
        }
        frame.scans += 1;
        if self.coding.frame.is_none() {
            self.coding.frame = Some(frame.clone());
        }
        self.frame = Some(frame);
        Ok(())
    }

    /// T.81 B.2.5: a number of lines stands right behind the first scan of its frame.
    fn lines(&mut self, id: PartId, data: Range<u64>) -> Result<()> {
        if let Some(frame) = self.frame.as_mut().filter(|f| f.scans == 1 && !f.has_lines)
            && data.end - data.start >= 2
        {
            frame.has_lines = true;
            self.require(id, data.start..data.start + 2);
        }
        Ok(())
    }

    fn needs(&mut self, slot: Slot) {
        let Some(in_force) = self.current.get_mut(&slot) else { return };
        for ((id, range), needed) in in_force.iter_mut().filter(|(_, needed)| !needed) {
            *needed = true;
            self.coding.needed.entry(*id).or_default().push(range.clone());
        }
    }

    /// An interval is of two bytes (T.81 B.2.4.4), in JPEG-LS of up to four (T.87 C.2.5).
    fn needs_restart(&mut self, is_ls: bool) {
        if !is_ls && let Some(in_force) = self.current.get_mut(&Slot::Restart) {
            in_force.iter_mut().for_each(|((_, range), _)| range.end = range.end.min(range.start + 2));
        }
        self.needs(Slot::Restart);
    }

    fn require(&mut self, id: PartId, range: Range<u64>) {
        self.coding.needed.entry(id).or_default().push(range);
    }
}

/// The definition that begins here, and its length. `None`: the rest is none.
fn definition(marker: u8, bytes: &[u8]) -> Option<(Slot, usize)> {
    let &head = bytes.first()?;
    let (slot, length) = match marker {
        0xdb => (Slot::Quantization(head & 15), 1 + quantization_length(head >> 4, bytes.len() - 1)?),
        // B.2.4.2: class and destination, how many codes of each length, their values.
        0xc4 => (Slot::Huffman(head), 17 + bytes.get(1..17)?.iter().map(|&n| usize::from(n)).sum::<usize>()),
        // B.2.4.3: class and destination, a value.
        0xcc => (Slot::Conditioning(head), 2),
        0xdd => (Slot::Restart, bytes.len().min(4)),
        0xdf => (Slot::Expansion, 1),
        0xf8 => return ls_definition(bytes),
        0xde => (Slot::Hierarchy, 6 + 3 * usize::from(*bytes.get(5)?)),
        marker if is_frame(marker) => (Slot::Frame, 6 + 3 * usize::from(*bytes.get(5)?)),
        _ => return None,
    };
    let sound = match slot {
        Slot::Quantization(_) => head & 15 <= 3,
        // No code has more than 256 values.
        Slot::Huffman(_) => head <= 0x1f && head & 15 <= 3 && length <= 17 + 256,
        Slot::Conditioning(_) => head <= 0x1f && head & 15 <= 3,
        Slot::Frame | Slot::Hierarchy => length > 6,
        Slot::Restart => length >= 2,
        _ => true,
    };
    (sound && length <= bytes.len()).then_some((slot, length))
}

/// T.81 B.2.4.1: 64 elements, of two bytes if the precision is not 0: it may only be 1 then, but libjpeg takes any. Pictures of
/// smaller blocks, as libjpeg writes them since version 8, have fewer.
fn quantization_length(precision: u8, left: usize) -> Option<usize> {
    let size = 1 + usize::from(precision != 0);
    let elements = (left / size).min(64);
    matches!(elements, 4 | 9 | 16 | 25 | 36 | 49 | 64).then_some(elements * size)
}

/// T.87 C.2.4.1: an identifier, and what it says.
fn ls_definition(bytes: &[u8]) -> Option<(Slot, usize)> {
    let (slot, length) = match *bytes {
        [1, ..] => (Slot::Parameters, 11),
        // A mapping table, or more of one: identifier, width of an entry, entries.
        [2 | 3, id, width, ref entries @ ..] if width > 0 => {
            (Slot::Mapping(id), 3 + entries.len() / usize::from(width) * usize::from(width))
        }
        [4, width @ 2..=4, ..] => (Slot::Size, 2 + 2 * usize::from(width)),
        // T.870, the inverse transform: the largest value, how many components, and for each its name, a shift, and its factors of
        // the others. A scan has no more than four.
        [0x0d, _, _, depth @ 1..=4, ..] => (Slot::Transform, 4 + 2 * usize::from(depth).pow(2)),
        _ => return None,
    };
    (length <= bytes.len()).then_some((slot, length))
}

fn frame(marker: u8, bytes: &[u8]) -> Frame {
    let count = bytes.get(5).map_or(0, |&n| usize::from(n));
    let each = |from: usize| bytes.iter().skip(from).step_by(3).take(count).copied().collect();
    Frame { marker, components: each(6), quantization: each(8), ..Frame::default() }
}

/// Length and components of a scan header: their count, two bytes for each, then three.
fn scan_header(bytes: &[u8]) -> Option<(usize, SmallVec<[u8; 8]>)> {
    let count = usize::from(*bytes.first()?);
    let length = 1 + 2 * count + 3;
    let components = bytes.get(1..1 + 2 * count)?;
    ((1..=4).contains(&count) && length <= bytes.len()).then(|| (length, SmallVec::from_slice(components)))
}
