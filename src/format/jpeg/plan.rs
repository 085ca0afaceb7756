//! A clean JPEG: what a decoder needs, in its order, and what was asked for, each where it stood before.

mod blocks;

use super::{
    EXV_MAGIC,
    boxes::Boxes,
    coding::{self, Coding},
    density::Density,
    gainmap, jfif, payload,
    segments::{self, Segment},
    walk::spans,
};
use crate::{
    encode::jpeg::segment,
    error::Result,
    format::{Keep, Kind, Part, PartId, Piece, Plan, Role, Selection},
    input::Input,
};
use std::ops::Range;

const HEADER: u64 = Segment::HEADER;

pub fn plan(input: &Input, parts: &[Part], selection: &Selection) -> Result<Plan> {
    let mut planner = Planner::new(input, parts, selection)?;
    if !input.starts_with(EXV_MAGIC) && planner.coding.frame.is_none() {
        return Err(payload::no_picture());
    }
    if selection.keeps(Keep::Density) {
        planner.find_density()?;
    }
    if selection.keeps(Keep::Gainmap) {
        planner.gainmap = gainmap::find(input, parts, selection)?;
        if planner.gainmap.is_none() && gainmap::is_announced(input, parts) {
            planner.plan.warn("gain map", "goes: the image speaks of one, and none stands behind it that could be cleaned");
        }
    }
    planner.run()
}

/// The clean form of an image that is a gain map: its metadata is what makes it one.
pub(super) fn plan_gainmap(input: &Input, parts: &[Part], selection: &Selection) -> Result<Plan> {
    let mut planner = Planner::new(input, parts, selection)?;
    planner.is_gainmap = true;
    planner.run()
}

struct Planner<'a> {
    input: &'a Input,
    parts: &'a [Part],
    selection: &'a Selection,
    plan: Plan,
    coding: Coding,
    /// Parts of a JPEG XT picture.
    boxes: Boxes,
    gainmap: Option<gainmap::Found>,
    /// The image is a gain map itself.
    is_gainmap: bool,
    /// Its numbers, or in the main image their version, were written.
    iso: bool,
    /// Where the fresh MPF block stands among the pieces, and in the output.
    mpf: Option<(usize, u64)>,
    /// Of several segments of these kinds decoders obey the last that stands before the first scan; where it begins.
    jfif: Option<u64>,
    adobe: Option<u64>,
    transform: Option<u64>,
    density: Density,
    begun: bool,
    ended: bool,
    in_picture: bool,
    exif: bool,
    xmp: bool,
    iptc: bool,
    profile: bool,
}

impl<'a> Planner<'a> {
    fn new(input: &'a Input, parts: &'a [Part], selection: &'a Selection) -> Result<Self> {
        let first_scan = parts.iter().position(is_scan_header).unwrap_or(parts.len());
        let last = |marker| {
            let found = parts[..first_scan].iter().rfind(|p| p.kind == Kind::Jpeg(marker) && p.role == Role::Rendering);
            found.and_then(|p| spans(p).first()).map(|s| s.start)
        };
        Ok(Planner {
            input,
            parts,
            selection,
            plan: Plan::default(),
            coding: Coding::read(input, parts)?,
            boxes: Boxes::read(input, parts)?,
            gainmap: None,
            is_gainmap: false,
            iso: false,
            mpf: None,
            jfif: last(segments::APP0),
            adobe: last(segments::APP14),
            transform: last(segments::APP8),
            density: Density::None,
            begun: false,
            ended: false,
            in_picture: false,
            exif: false,
            xmp: false,
            iptc: false,
            profile: false,
        })
    }

    fn run(mut self) -> Result<Plan> {
        // A block in pieces was reported when it was complete; it is written where its first piece stands.
        let mut order: Vec<PartId> = (0..self.parts.len()).collect();
        order.sort_by_key(|&id| spans(&self.parts[id]).iter().map(|s| s.start).min().unwrap_or(u64::MAX));
        for id in order {
            let part = &self.parts[id];
            let before = self.plan.pieces.len();
            if !self.part(id, part)? || !self.same_bytes(part, before)? {
                self.plan.removed.push(id);
            }
        }
        self.plan.removed.sort_unstable();
        // T.81 B.2.1: it is part of the format, and decoders know by it that nothing is missing.
        if !self.ended {
            self.plan.bytes(vec![0xff, segments::EOI]);
        }
        self.finish_gainmap()?;
        Ok(self.plan)
    }

    /// Writes what stays of a part; false if nothing does.
    fn part(&mut self, id: PartId, part: &Part) -> Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if let Some((marker, data)) = coding::coded(self.input, part)? {
            return self.coded(id, marker, data);
        }
        let Some(range) = spans(part).first().cloned() else { return Ok(false) };
        match part.kind {
            Kind::Payload => self.payload(part, range),
            Kind::Jpeg(segments::APP0) if part.role == Role::Rendering => self.jfif(range),
            Kind::Jpeg(segments::APP0) => self.jfxx(range),
            Kind::Jpeg(segments::APP14) if part.role == Role::Rendering => self.adobe(range),
            Kind::Jpeg(segments::APP8) if part.role == Role::Rendering => self.transform(range),
            Kind::Jpeg(0xeb) => self.picture_box(id, range),
            Kind::Jpeg(0xe2) => self.gainmap_segment(range),
            Kind::Icc => self.icc(part),
            Kind::Exif => self.exif(part),
            Kind::Xmp => self.xmp(part),
            Kind::Photoshop => self.iptc(part),
            Kind::Mpf => self.multi_picture(),
            Kind::Jumbf if self.selection.keeps(Keep::C2pa) => self.jumbf(part),
            _ => Ok(false),
        }
    }

    /// The image's beginning and end, and entropy-coded data.
    fn payload(&mut self, part: &Part, range: Range<u64>) -> Result<bool> {
        let wanted = match part.place.as_str() {
            "SOI" => !std::mem::replace(&mut self.begun, true),
            "EOI" => !std::mem::replace(&mut self.ended, true),
            "Scan" => self.in_picture,
            _ => true,
        };
        if wanted {
            self.plan.copy(range);
        }
        if wanted && part.place == "SOI" {
            self.fresh_density()?;
        }
        Ok(wanted)
    }

    /// A segment that says how the picture is coded: as it is, or those of its definitions that are needed.
    fn coded(&mut self, id: PartId, marker: u8, data: Range<u64>) -> Result<bool> {
        let needed = self.coding.needed(id);
        let length: u64 = needed.iter().map(|r| r.end - r.start).sum();
        self.in_picture |= marker == segments::SOS && length > 0;
        let whole = data.start.saturating_sub(HEADER)..data.end;
        if length == whole.end - whole.start - HEADER && u64::from(self.input.u16_be(whole.start + 2)?) == length + 2 {
            self.plan.copy(whole);
            return Ok(true);
        }
        if needed.is_empty() {
            return Ok(false);
        }
        let pieces: Vec<_> = needed.iter().map(|r| self.input.bytes(r.start, r.end - r.start)).collect::<Result<_>>()?;
        self.plan.bytes(segment(marker, &pieces.iter().map(|p| &**p).collect::<Vec<_>>()));
        // What stands behind the end of a frame header is a part of its own.
        Ok(length == data.end - data.start)
    }

    /// ISO 18477-3 annex B: a box of a JPEG XT picture, as far as it goes.
    fn picture_box(&mut self, id: PartId, range: Range<u64>) -> Result<bool> {
        let Some(length) = self.boxes.needed(id) else { return Ok(false) };
        if length == range.end - range.start {
            self.plan.copy(range.start.saturating_sub(HEADER)..range.end);
            return Ok(true);
        }
        self.plan.bytes(segment(0xeb, &[&self.input.bytes(range.start, length)?]));
        Ok(false)
    }

    /// ISO 21496-1: the version in the main image, all numbers in the gain map.
    fn gainmap_segment(&mut self, range: Range<u64>) -> Result<bool> {
        if self.iso || (!self.is_gainmap && self.gainmap.is_none()) {
            return Ok(false);
        }
        let data = self.input.bytes(range.start, range.end - range.start)?;
        let needed = if self.is_gainmap { gainmap::numbers(&data) } else { gainmap::versions(&data) };
        let Some(needed) = needed else { return Ok(false) };
        self.plan.bytes(segment(0xe2, &[needed]));
        self.iso = true;
        Ok(true)
    }

    /// A fresh block of two images; its offsets are filled in when they are known.
    fn multi_picture(&mut self) -> Result<bool> {
        if self.gainmap.is_none() || self.mpf.is_some() {
            return Ok(false);
        }
        self.mpf = Some((self.plan.pieces.len(), self.plan.len()));
        self.plan.bytes(gainmap::multi_picture(0, 0, 0));
        Ok(true)
    }

    fn finish_gainmap(&mut self) -> Result<()> {
        let Some(found) = self.gainmap.take() else { return Ok(()) };
        let main = self.plan.len();
        if let Some((piece, at)) = self.mpf {
            self.plan.pieces[piece] = Piece::Bytes(gainmap::multi_picture(at, main, found.plan.len()));
        }
        self.plan.splice(found.plan, 0);
        self.plan.keep("gainmap");
        // The image was kept, but for what was cleaned out of it.
        if found.is_clean {
            self.plan.removed.retain(|&id| id != found.part);
        } else {
            self.plan.rewritten.push(found.part);
        }
        Ok(())
    }

    /// Was the part written as it stood, no byte different?
    fn same_bytes(&self, part: &Part, pieces: usize) -> Result<bool> {
        if matches!(part.kind, Kind::Payload | Kind::Icc) || self.plan.pieces.len() == pieces {
            return Ok(true);
        }
        let spans = spans(part);
        let Some(last) = spans.last() else { return Ok(true) };
        let mut fresh: Vec<u8> = Vec::new();
        for piece in &self.plan.pieces[pieces..] {
            match piece {
                Piece::Bytes(bytes) => fresh.extend_from_slice(bytes),
                Piece::Copy(_) => return Ok(true),
            }
        }
        let Some(start) = last.end.checked_sub(fresh.len() as u64) else { return Ok(false) };
        let before = self.input.bytes(start, fresh.len() as u64)?;
        // A density that is added takes nothing away.
        const DENSITY: Range<usize> = 11..16;
        if (part.kind, part.role) == (Kind::Jpeg(segments::APP0), Role::Rendering)
            && matches!(self.density, Density::Jfif(_))
            && let (Some(old), Some(new)) = (before.get(DENSITY), fresh.get_mut(DENSITY))
            && <[u8; 5]>::try_from(old).is_ok_and(jfif::is_square)
        {
            new.copy_from_slice(old);
        }
        Ok(*before == *fresh)
    }
}

fn is_scan_header(part: &Part) -> bool {
    part.kind == Kind::Payload && part.place == "SOS"
}
