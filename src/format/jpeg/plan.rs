//! A clean JPEG: what a decoder needs, in its order, and what was asked for, each where it stood before.

use super::{
    EXV_MAGIC,
    boxes::Boxes,
    coding::{self, Coding},
    density::{self, Density},
    gainmap, jfif, payload,
    segments::{self, Segment},
    walk::{ICC, spans},
};
use crate::{
    encode::{self, jpeg::segment},
    error::{Error, Result},
    format::{Keep, Kind, Part, PartId, Piece, Plan, Role, Selection},
    input::Input,
};
use std::ops::Range;

const HEADER: u64 = Segment::HEADER;
/// Blocks that are written in parts may be so large.
const MAX_BLOCK: u64 = 64 * 1024 * 1024;
const NO_THUMBNAIL: &str = "the thumbnail goes: it cannot be cleaned";
const TOO_LARGE: &str = "goes as a whole: what was to be kept does not fit into one segment";

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
    /// Where the fresh MPF block stands among the pieces, and in the output.
    mpf: Option<(usize, u64)>,
    /// Of several segments of these kinds decoders obey the last that stands before the first scan; where it begins.
    jfif: Option<u64>,
    adobe: Option<u64>,
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
            mpf: None,
            jfif: last(segments::APP0),
            adobe: last(segments::APP14),
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

    /// Finds the density and the place where it stays.
    fn find_density(&mut self) -> Result<()> {
        let Some(frame) = &self.coding.frame else { return Ok(()) };
        let before_scans = self.parts.iter().position(is_scan_header).unwrap_or(self.parts.len());
        let data = |at: Option<u64>| at.map(|at| self.input.up_to(at, 12)).transpose();
        let own = data(self.jfif)?.map(|data| jfif::density(&data));
        let transform = data(self.adobe)?.and_then(|data| data.get(11).copied());
        self.density = density::find(self.input, &self.parts[..before_scans], own, frame, transform)?;
        Ok(())
    }

    /// What is written right behind SOI: a density that has no segment yet in which it could stand.
    fn fresh_density(&mut self) -> Result<()> {
        match self.density {
            Density::Jfif(density) if self.jfif.is_none() => self.plan.bytes(jfif::write(2, density, None)),
            Density::Exif(density) if density::first_exif(self.input, self.parts)?.is_none() => {
                let block = density.block().unwrap_or_default();
                self.plan.bytes(segment(0xe1, &[b"Exif\0\0", &block]));
            }
            _ => return Ok(()),
        }
        self.plan.keep("density");
        Ok(())
    }

    /// JFIF: version, then unit and density; a thumbnail if it was asked for.
    fn jfif(&mut self, range: Range<u64>) -> Result<bool> {
        let data = self.input.up_to(range.start, range.end - range.start)?;
        if self.jfif != Some(range.start) || data.len() < 12 {
            return Ok(false);
        }
        let density = match self.density {
            Density::Jfif(density) => density,
            _ if self.is_gainmap && self.selection.keeps(Keep::Density) => jfif::density(&data),
            _ => jfif::NEUTRAL,
        };
        if density != jfif::NEUTRAL {
            self.plan.keep("density");
        }
        let thumbnail = jfif::thumbnail(&data).filter(|_| self.selection.keeps(Keep::Thumbnail));
        thumbnail.iter().for_each(|_| self.plan.keep("thumbnail"));
        self.plan.bytes(jfif::write(data[6], density, thumbnail));
        Ok(true)
    }

    /// A JFIF extension, if thumbnails are kept.
    fn jfxx(&mut self, range: Range<u64>) -> Result<bool> {
        let data = self.input.up_to(range.start, range.end - range.start)?;
        if !self.selection.keeps(Keep::Thumbnail) || !data.starts_with(b"JFXX\0") {
            return Ok(false);
        }
        let fresh = if self.jfif.is_some() && !self.in_picture { jfif::extension(&data, self.selection) } else { None };
        match fresh {
            Some(fresh) => {
                self.plan.bytes(fresh);
                self.plan.keep("thumbnail");
                Ok(true)
            }
            None => {
                self.plan.warn("APP0", NO_THUMBNAIL);
                Ok(false)
            }
        }
    }

    /// Adobe technical note 5116, section 18: 12 bytes say the colour transform. Without them colours are wrong.
    fn adobe(&mut self, range: Range<u64>) -> Result<bool> {
        let data = self.input.up_to(range.start, 12)?;
        if self.adobe != Some(range.start) {
            return Ok(false);
        }
        self.plan.bytes(segment(segments::APP14, &[&data]));
        Ok(true)
    }

    /// ICC.1 annex B.4: the profile's bytes as they are, its chunks numbered anew.
    fn icc(&mut self, part: &Part) -> Result<bool> {
        let profile = part.origin.open(self.input, MAX_BLOCK)?;
        if self.profile || !self.plan.or_warn("ICC", keeps_profile(&profile, self.selection)).unwrap_or(false) {
            return Ok(false);
        }
        let chunks = spans(part);
        let Ok(count) = u8::try_from(chunks.len()) else { return Ok(false) };
        for (number, chunk) in (1..=count).zip(chunks) {
            let bytes = self.input.bytes(chunk.start, chunk.end - chunk.start)?;
            self.plan.bytes(segment(0xe2, &[ICC, &[number, count], &bytes]));
        }
        self.profile = true;
        self.plan.keep("icc");
        Ok(true)
    }

    /// The first block counts: it is what viewers turn the image by.
    fn exif(&mut self, part: &Part) -> Result<bool> {
        if self.exif || self.in_picture || self.is_gainmap {
            return Ok(false);
        }
        let block = part.origin.open(self.input, MAX_BLOCK)?;
        self.exif = matches!(&*block.up_to(0, 4)?, b"II*\0" | b"MM\0*");
        let density = match &self.density {
            Density::Exif(density) if self.exif => Some(density),
            _ => None,
        };
        let reduced = encode::exif::reduce_with(&block, self.selection, density);
        let asked = self.selection.keeps(Keep::Thumbnail) && encode::exif::has_thumbnail(&block);
        if asked && !reduced.as_ref().is_some_and(|r| r.kept.contains(&"thumbnail")) {
            self.plan.warn("Exif", NO_THUMBNAIL);
        }
        let Some(block) = reduced else { return Ok(false) };
        if block.bytes.len() + 6 > encode::jpeg::MAX_SEGMENT {
            self.plan.warn("Exif", TOO_LARGE);
            return Ok(false);
        }
        self.plan.bytes(segment(0xe1, &[b"Exif\0\0", &block.bytes]));
        block.kept.iter().for_each(|k| self.plan.keep(k));
        Ok(true)
    }

    fn xmp(&mut self, part: &Part) -> Result<bool> {
        if self.xmp {
            return Ok(false);
        }
        let packet = part.origin.open(self.input, MAX_BLOCK)?;
        let packet = packet.all(MAX_BLOCK)?;
        let mut names = Vec::new();
        let fresh = if self.is_gainmap {
            gainmap::reduce(&packet)
        } else {
            let kept = self.plan.or_warn("XMP", encode::select::xmp(&packet, self.selection));
            let described = self.gainmap.as_ref().and_then(|g| gainmap::describe(&packet, g));
            let (bytes, kept) = kept.map(|k| (k.bytes, k.kept)).unzip();
            names = kept.unwrap_or_default();
            gainmap::packet(bytes, described)
        };
        let Some(fresh) = fresh else { return Ok(false) };
        if fresh.len() + super::walk::XMP.len() > encode::jpeg::MAX_SEGMENT {
            self.plan.warn("XMP", TOO_LARGE);
            return Ok(false);
        }
        names.into_iter().for_each(|name| self.plan.keep(name));
        self.plan.bytes(segment(0xe1, &[super::walk::XMP, &fresh]));
        self.xmp = true;
        Ok(true)
    }

    fn iptc(&mut self, part: &Part) -> Result<bool> {
        if self.iptc || !encode::select::texts(self.selection) {
            return Ok(false);
        }
        let resources = part.origin.open(self.input, MAX_BLOCK)?;
        let resources = resources.all(MAX_BLOCK)?;
        let reduced = encode::iptc::find_in_resources(&resources).and_then(|iim| encode::iptc::reduce(iim, self.selection));
        let Some((iim, kept)) = reduced else { return Ok(false) };
        let resource = encode::iptc::resource(&iim);
        if resource.len() + super::walk::PHOTOSHOP.len() > encode::jpeg::MAX_SEGMENT {
            self.plan.warn("IPTC", TOO_LARGE);
            return Ok(false);
        }
        self.plan.bytes(segment(0xed, &[super::walk::PHOTOSHOP, &resource]));
        kept.iter().for_each(|k| self.plan.keep(k));
        self.iptc = true;
        Ok(true)
    }

    /// ISO 21496-1: the version in the main image, all numbers in the gain map.
    fn gainmap_segment(&mut self, range: Range<u64>) -> Result<bool> {
        if !self.is_gainmap && self.gainmap.is_none() {
            return Ok(false);
        }
        let data = self.input.bytes(range.start, range.end - range.start)?;
        let Some(sound) = gainmap::sound_iso(&data) else { return Ok(false) };
        self.plan.bytes(segment(0xe2, &[sound]));
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
        }
        Ok(())
    }

    /// Content credentials: their segments as they are.
    fn jumbf(&mut self, part: &Part) -> Result<bool> {
        let mut spans = spans(part).iter();
        let Some(first) = spans.next() else { return Ok(false) };
        // `JP`, two numbers; repeated with the box header, which is longer for a box of 64-bit length.
        let long = self.input.u32_be(first.start)? == 1;
        self.plan.copy(first.start - HEADER - 8..first.end);
        for span in spans {
            self.plan.copy(span.start - HEADER - 8 - if long { 16 } else { 8 }..span.end);
        }
        self.plan.keep("c2pa");
        Ok(true)
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

/// A profile stays if it is wanted: any, or those that say another space than sRGB. Fails if it is none (ICC.1, 7.2).
fn keeps_profile(profile: &Input, selection: &Selection) -> Result<Option<bool>> {
    if !selection.keeps(Keep::Icc) && !selection.keeps(Keep::WideGamut) {
        return Ok(None);
    }
    let sound = profile.len() >= 132 && *profile.bytes(36, 4)? == *b"acsp" && u64::from(profile.u32_be(0)?) == profile.len();
    if !sound {
        return Err(Error::damaged("it is no whole ICC profile"));
    }
    Ok(Some(selection.keeps(Keep::Icc) || !encode::icc::is_srgb(profile)))
}
