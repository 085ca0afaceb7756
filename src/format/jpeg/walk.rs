//! Gives segments their meaning: which standard reads them, and which of them are pieces of one block.

use super::{
    EXV_MAGIC, JPS,
    boxes::{self, Superboxes},
    coding,
    extended::Extended,
    segments::{self, Item, Segment, Segments},
    trailer,
};
use crate::{
    error::Result,
    format::{Kind, Origin, Part, Role, Walk},
    input::Input,
};
use smallvec::SmallVec;
use smol_str::SmolStr;
use std::ops::Range;

pub const EXIF: &[u8] = b"Exif\0";
pub const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
pub const XMP_EXTENSION: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
pub const ICC: &[u8] = b"ICC_PROFILE\0";
pub const MPF: &[u8] = b"MPF\0";
pub const PHOTOSHOP: &[u8] = b"Photoshop 3.0\0";
const PHOTOSHOP_OLD: &[u8] = b"Adobe_Photoshop2.5:";
/// ISO 21496-1 gain map metadata.
pub const GAINMAP: &[u8] = b"urn:iso:std:iso:ts:21496:-1\0";
pub const ADOBE: &[u8] = b"Adobe";
pub const JFIF: &[u8] = b"JFIF\0";
/// Hewlett-Packard's colour transform in JPEG-LS, by the decoders that know it (CharLS, FFmpeg): five bytes, the last says which.
const TRANSFORM: &[u8] = b"mrfx";
const FLIR: &[u8] = b"FLIR\0";

/// So much of a segment's beginning tells what it is.
const MAGIC: u64 = 128;

pub type Spans = SmallVec<[Range<u64>; 1]>;

pub fn walk(input: &Input, walk: &mut Walk) -> Result<()> {
    let mut walker = Walker::new(input, walk);
    let ended = walker.image();
    walker.finish()?;
    ended?;
    let from = walker.at;
    if walker.walk.full() { trailer::walk_all(input, from, walker.walk) } else { trailer::walk_known(input, from, walker.walk) }
}

/// A block whose next segment may follow.
struct Open {
    kind: Kind,
    marker: u8,
    spans: Spans,
}

struct IccChunk {
    number: u8,
    count: u8,
    data: Range<u64>,
}

struct Walker<'a, 'w> {
    input: &'a Input,
    walk: &'w mut Walk,
    /// Behind the last run.
    at: u64,
    open: Option<Open>,
    icc: Vec<IccChunk>,
    extended: Extended,
    jumbf: Superboxes,
}

impl<'a, 'w> Walker<'a, 'w> {
    fn new(input: &'a Input, walk: &'w mut Walk) -> Self {
        Walker { input, walk, at: 0, open: None, icc: Vec::new(), extended: Extended::default(), jumbf: Superboxes::default() }
    }

    /// From the start of the file to EOI, or to the first scan when only headers are wanted.
    fn image(&mut self) -> Result<()> {
        let start = if self.input.starts_with(EXV_MAGIC) {
            self.payload(Role::Structure, "Header", 0..EXV_MAGIC.len() as u64)?;
            EXV_MAGIC.len() as u64
        } else {
            0
        };
        let mut segments = Segments::new(self.input, start);
        loop {
            let item = segments.next();
            self.at = segments.at;
            match item? {
                None => {
                    if !segments.ended {
                        self.walk.warn(place(segments::EOI), "the file ends before the image does");
                    }
                    return Ok(());
                }
                Some(Item::Segment(segment)) => {
                    if segment.marker == segments::SOS && !self.walk.full() {
                        return Ok(());
                    }
                    self.segment(&segment)?;
                }
                Some(Item::Scan(range)) => self.payload(Role::Rendering, "Scan", range)?,
                Some(Item::Junk(range)) => self.unused("between segments", range)?,
            }
        }
    }

    fn segment(&mut self, segment: &Segment) -> Result<()> {
        if segment.cut {
            self.walk.warn(place(segment.marker), "the segment ends too early");
        }
        match segment.marker {
            0xe0..=0xef => return self.application(segment),
            segments::COM => {
                self.close()?;
                self.walk.span(Kind::Jpeg(segments::COM), Role::Metadata, "COM", segment.data.clone())?;
            }
            marker if segments::is_frame(marker) => self.frame(marker, &segment.data)?,
            segments::SOI | segments::EOI => self.payload(Role::Structure, place(segment.marker), segment.range())?,
            marker if coding::is_coding(marker) => self.payload(Role::Rendering, place(marker), segment.range())?,
            // Markers that stand alone outside of scans, and those that no coding process has.
            _ => self.unused("between segments", segment.range())?,
        }
        Ok(())
    }

    /// A frame header, and what stands behind its end.
    fn frame(&mut self, marker: u8, data: &Range<u64>) -> Result<()> {
        let end = (data.start + coding::frame_length(self.input, data)?).min(data.end);
        self.close()?;
        self.walk.span(Kind::Jpeg(marker), Role::Rendering, place(marker), data.start..end)?;
        if end < data.end { self.unused(place(marker), end..data.end) } else { Ok(()) }
    }

    /// Bytes that no decoder looks at: only a plan wants to know of them.
    fn unused(&mut self, place: impl Into<SmolStr>, range: Range<u64>) -> Result<()> {
        if self.walk.full() {
            self.close()?;
            self.walk.span(Kind::Opaque, Role::Metadata, place, range)?;
        }
        Ok(())
    }

    /// Structure and coded samples: only a plan wants them.
    fn payload(&mut self, role: Role, place: impl Into<SmolStr>, range: Range<u64>) -> Result<()> {
        if self.walk.full() {
            self.close()?;
            self.walk.span(Kind::Payload, role, place, range)?;
        }
        Ok(())
    }

    fn application(&mut self, segment: &Segment) -> Result<()> {
        let data = segment.data.clone();
        let head = self.input.up_to(data.start, MAGIC.min(data.end - data.start))?;
        match segment.marker {
            0xe1 => self.app1(segment, &head),
            0xe2 if head.starts_with(ICC) && head.len() >= 14 => self.icc_chunk(head[12], head[13], data.start + 14..data.end),
            0xe2 if head.starts_with(MPF) => self.whole(Kind::Mpf, 0xe2, data.start + 4..data.end),
            0xe3 if head.starts_with(b"_JPSJPS_") => {
                self.walk.file_type = JPS;
                self.other(segment)
            }
            0xeb if head.starts_with(b"JP") && head.len() >= 16 => self.jumbf_segment(segment, &head),
            0xeb if head.starts_with(b"HDR_RI") => self.continued(Kind::Jpeg(0xeb), segment, 0, |_| Some(0)),
            0xed if head.starts_with(PHOTOSHOP) => {
                self.continued(Kind::Photoshop, segment, PHOTOSHOP.len() as u64, |_| Some(PHOTOSHOP.len() as u64))
            }
            0xed if head.starts_with(PHOTOSHOP_OLD) => {
                let skip = memchr::memmem::find(&head, b"8BIM").unwrap_or(PHOTOSHOP_OLD.len()) as u64;
                self.whole(Kind::Photoshop, 0xed, data.start + skip..data.end)
            }
            _ => self.other(segment),
        }
    }

    /// A segment that a decoder of its own reads whole.
    fn other(&mut self, segment: &Segment) -> Result<()> {
        let head = self.input.up_to(segment.data.start, 5)?;
        // Shorter ones decoders pass over.
        let length = segment.data.end - segment.data.start;
        let shown = match segment.marker {
            segments::APP0 => head.starts_with(JFIF) && length >= 14,
            segments::APP8 => head.starts_with(TRANSFORM) && length == 5,
            segments::APP14 => head.starts_with(ADOBE) && length >= 12,
            _ => false,
        };
        let role = if shown { Role::Rendering } else { Role::Metadata };
        self.close()?;
        self.walk.span(Kind::Jpeg(segment.marker), role, place(segment.marker), segment.data.clone())?;
        Ok(())
    }

    fn app1(&mut self, segment: &Segment, head: &[u8]) -> Result<()> {
        let data = segment.data.clone();
        // Some writers put bytes before the identifier.
        let exif = memchr::memmem::find(&head[..head.len().min(9)], EXIF).filter(|i| !head[i + 5..].starts_with(b"\0QVCI"));
        if let Some(junk) = exif {
            let skip = (junk + 6) as u64;
            let fresh = self.input.up_to(data.start + skip, 2)?;
            let first = matches!(&*fresh, b"II" | b"MM");
            if junk > 0 {
                self.walk.warn("APP1", "bytes before the Exif identifier");
            }
            return self.continued(Kind::Exif, segment, skip, |_| if first { None } else { Some(skip) });
        }
        if head.starts_with(XMP_EXTENSION) {
            return self.extension(segment, head);
        }
        if head.starts_with(FLIR) {
            // A counter and the number of the last segment follow: the first keeps them, its successors' are passed over.
            let number = head.get(6).copied().unwrap_or(0);
            return self.continued(Kind::Jpeg(0xe1), segment, 0, |_| (number > 0).then_some(8));
        }
        if let Some(packet) = self.xmp_start(&data, head)? {
            let range = data.start + packet..data.end;
            self.extended.packets.push(range.clone());
            return self.whole(Kind::Xmp, 0xe1, range);
        }
        self.other(segment)
    }

    /// Where the XMP packet of an APP1 segment begins; `None` if there is none. Identifiers that are not the standard's occur.
    fn xmp_start(&mut self, data: &Range<u64>, head: &[u8]) -> Result<Option<u64>> {
        if head.starts_with(XMP) {
            return Ok(Some(XMP.len() as u64));
        }
        let found = [&b"<?xpacket"[..], b"<x:xmpmeta", b"<x:xapmeta", b"<rdf:RDF"]
            .iter()
            .filter_map(|m| memchr::memmem::find(head, m))
            .min();
        if let Some(start) = found {
            self.walk.warn("APP1", "XMP without its standard identifier");
            return Ok(Some(start as u64));
        }
        if head.starts_with(b"http") && self.input.up_to(data.start, data.end - data.start)?.ends_with(b">") {
            return Ok(head.iter().position(|&b| b == b'<').map(|i| i as u64));
        }
        Ok(None)
    }

    /// A block that stands in one segment.
    fn whole(&mut self, kind: Kind, marker: u8, range: Range<u64>) -> Result<()> {
        self.close()?;
        self.walk.span(kind, if kind == Kind::Icc { Role::Rendering } else { Role::Metadata }, place(marker), range)?;
        Ok(())
    }

    /// A block that may go on in the next segment. `joins`: how many bytes to skip in a segment that continues the open block;
    /// `None` if it begins a new one.
    fn continued(&mut self, kind: Kind, segment: &Segment, skip: u64, joins: impl Fn(&Open) -> Option<u64>) -> Result<()> {
        if let Some(open) = self.open.as_mut().filter(|o| o.kind == kind && o.marker == segment.marker)
            && let Some(skip) = joins(open)
        {
            open.spans.push((segment.data.start + skip).min(segment.data.end)..segment.data.end);
            return Ok(());
        }
        self.close()?;
        let span = (segment.data.start + skip).min(segment.data.end)..segment.data.end;
        self.open = Some(Open { kind, marker: segment.marker, spans: SmallVec::from_buf([span]) });
        Ok(())
    }

    /// Reports the open block: something else follows it.
    fn close(&mut self) -> Result<()> {
        if let Some(open) = self.open.take() {
            self.walk.part(open.kind, Role::Metadata, place(open.marker), Origin::Spans(open.spans))?;
        }
        Ok(())
    }

    /// ICC.1 annex B.4: chunks are numbered from 1, and each says how many there are.
    fn icc_chunk(&mut self, number: u8, count: u8, data: Range<u64>) -> Result<()> {
        self.close()?;
        if self.icc.iter().any(|c| c.number == number || c.count != count) {
            self.close_icc()?;
        }
        self.icc.push(IccChunk { number, count, data });
        if self.icc.len() == usize::from(count) { self.close_icc() } else { Ok(()) }
    }

    fn close_icc(&mut self) -> Result<()> {
        let mut chunks = std::mem::take(&mut self.icc);
        let Some(first) = chunks.first() else { return Ok(()) };
        if chunks.len() != usize::from(first.count) {
            self.walk.warn("APP2", "chunks of the ICC profile are missing");
        }
        chunks.sort_by_key(|c| c.number);
        let mut spans: Spans = chunks.into_iter().map(|c| c.data).collect();
        let behind = if self.walk.full() { behind_profile(self.input, &mut spans)? } else { Spans::new() };
        self.walk.part(Kind::Icc, Role::Rendering, "APP2", Origin::Spans(spans))?;
        if !behind.is_empty() {
            self.walk.part(Kind::Opaque, Role::Metadata, "APP2", Origin::Spans(behind))?;
        }
        Ok(())
    }

    fn extension(&mut self, segment: &Segment, head: &[u8]) -> Result<()> {
        self.close()?;
        if self.extended.add(segment, head) { Ok(()) } else { self.other(segment) }
    }

    fn jumbf_segment(&mut self, segment: &Segment, head: &[u8]) -> Result<()> {
        self.close()?;
        if &head[12..16] != b"jumb" {
            let role = if boxes::is_picture(&head[12..16]) { Role::Rendering } else { Role::Metadata };
            self.walk.span(Kind::Jpeg(0xeb), role, "APP11", segment.data.clone())?;
            return Ok(());
        }
        self.jumbf.add(segment, head);
        Ok(())
    }

    /// Reports what was waiting for more segments.
    fn finish(&mut self) -> Result<()> {
        self.close()?;
        self.close_icc()?;
        std::mem::take(&mut self.extended).report(self.input, self.walk)?;
        std::mem::take(&mut self.jumbf).report(self.walk)
    }
}

/// Cuts a profile to the length that it declares itself (ICC.1, 7.2.2); what was cut off.
fn behind_profile(input: &Input, spans: &mut Spans) -> Result<Spans> {
    /// Header and number of tags.
    const LEAST: u64 = 132;
    let mut behind = Spans::new();
    let Some(start) = spans.first().filter(|s| s.end - s.start >= 4).map(|s| s.start) else { return Ok(behind) };
    let mut left = u64::from(input.u32_be(start)?);
    if left < LEAST {
        return Ok(behind);
    }
    for span in spans.iter_mut() {
        let end = span.end.min(span.start + left);
        left -= end - span.start;
        if end < span.end {
            behind.push(end..std::mem::replace(&mut span.end, end));
        }
    }
    spans.retain(|span| span.start < span.end);
    Ok(behind)
}

/// Where a part stands; none if it was decoded from another.
pub fn spans(part: &Part) -> &[Range<u64>] {
    match &part.origin {
        Origin::Spans(spans) => spans,
        Origin::Decoded { .. } => &[],
    }
}

/// The name of a marker (T.81 table B.1).
pub fn place(marker: u8) -> SmolStr {
    const APP: [&str; 16] = [
        "APP0", "APP1", "APP2", "APP3", "APP4", "APP5", "APP6", "APP7", "APP8", "APP9", "APP10", "APP11", "APP12", "APP13",
        "APP14", "APP15",
    ];
    SmolStr::new_static(match marker {
        0xe0..=0xef => APP[usize::from(marker & 15)],
        segments::COM => "COM",
        segments::SOI => "SOI",
        segments::EOI => "EOI",
        segments::SOS => "SOS",
        0xdb => "DQT",
        0xc4 => "DHT",
        0xcc => "DAC",
        0xdc => "DNL",
        0xdd => "DRI",
        0xde => "DHP",
        0xdf => "EXP",
        0xf8 => "LSE",
        m if segments::is_frame(m) => "SOF",
        _ => "JPG",
    })
}
