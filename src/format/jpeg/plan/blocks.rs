//! The blocks of a clean JPEG that are no coding: each is written afresh of what is kept of it.

use super::{HEADER, Planner, is_scan_header};
use crate::{
    encode::{self, jpeg::segment},
    error::Result,
    format::{
        Keep, Kind, Part,
        jpeg::{
            coding::Frame,
            density::{self, Density},
            gainmap, jfif, segments,
            walk::{ICC, PHOTOSHOP, XMP, spans},
        },
        profile,
    },
};
use std::ops::Range;

/// Blocks that are written in parts may be so large.
const MAX_BLOCK: u64 = 64 * 1024 * 1024;
const NO_THUMBNAIL: &str = "the thumbnail goes: it cannot be cleaned";
const TOO_LARGE: &str = "goes as a whole: what was to be kept does not fit into one segment";

impl Planner<'_> {
    /// Finds the density and the place where it stays.
    pub(super) fn find_density(&mut self) -> Result<()> {
        let Some(frame) = &self.coding.frame else { return Ok(()) };
        let before_scans = self.parts.iter().position(is_scan_header).unwrap_or(self.parts.len());
        let data = |at: Option<u64>| at.map(|at| self.input.up_to(at, 12)).transpose();
        let own = data(self.jfif)?.map(|data| jfif::density(&data));
        let transform = data(self.adobe)?.and_then(|data| data.get(11).copied());
        self.density = density::find(self.input, &self.parts[..before_scans], own, frame, transform)?;
        Ok(())
    }

    /// What is written right behind SOI: a density that has no segment yet in which it could stand.
    pub(super) fn fresh_density(&mut self) -> Result<()> {
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
    pub(super) fn jfif(&mut self, range: Range<u64>) -> Result<bool> {
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
    pub(super) fn jfxx(&mut self, range: Range<u64>) -> Result<bool> {
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
    pub(super) fn adobe(&mut self, range: Range<u64>) -> Result<bool> {
        let data = self.input.up_to(range.start, 12)?;
        if self.adobe != Some(range.start) {
            return Ok(false);
        }
        self.plan.bytes(segment(segments::APP14, &[&data]));
        Ok(true)
    }

    /// Hewlett-Packard's transform of the colours of a JPEG-LS picture.
    pub(super) fn transform(&mut self, range: Range<u64>) -> Result<bool> {
        let needed = self.transform == Some(range.start) && self.coding.frame.as_ref().is_some_and(Frame::is_ls);
        if needed {
            self.plan.bytes(segment(segments::APP8, &[&self.input.bytes(range.start, range.end - range.start)?]));
        }
        Ok(needed)
    }

    /// ICC.1 annex B.4: the profile's bytes as they are, its chunks numbered anew.
    pub(super) fn icc(&mut self, part: &Part) -> Result<bool> {
        if self.profile {
            return Ok(false);
        }
        // The walk has cut it to its length.
        let profile = part.origin.open(self.input, profile::MAX_PROFILE)?.all(profile::MAX_PROFILE)?.into_owned();
        if self.plan.or_warn("ICC", profile::kept(&profile, self.selection)).is_none() {
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
    pub(super) fn exif(&mut self, part: &Part) -> Result<bool> {
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
        if self.coding.frame.is_some()
            && profile::wanted(self.selection)
            && encode::exif::is_adobe_rgb(&block)
            && !self.parts.iter().any(|p| p.kind == Kind::Icc)
        {
            self.plan.warn("Exif", "the colours are those of Adobe RGB, and nothing says so any more");
        }
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

    pub(super) fn xmp(&mut self, part: &Part) -> Result<bool> {
        if self.xmp {
            return Ok(false);
        }
        let packet = part.origin.open(self.input, MAX_BLOCK)?;
        let packet = packet.all(MAX_BLOCK)?;
        let mut names = Vec::new();
        let fresh = if self.is_gainmap {
            gainmap::reduce(&packet)
        } else {
            // What describes the gain map is written afresh.
            let ours = if self.gainmap.is_some() { gainmap::DESCRIBED } else { &[] };
            let kept = self.plan.or_warn("XMP", encode::select::xmp_without(&packet, self.selection, ours));
            let described = self.gainmap.as_ref().and_then(|g| gainmap::describe(&packet, g));
            let (bytes, kept) = kept.map(|k| (k.bytes, k.kept)).unzip();
            names = kept.unwrap_or_default();
            gainmap::packet(bytes, described)
        };
        let Some(fresh) = fresh else { return Ok(false) };
        if fresh.len() + XMP.len() > encode::jpeg::MAX_SEGMENT {
            self.plan.warn("XMP", TOO_LARGE);
            return Ok(false);
        }
        names.into_iter().for_each(|name| self.plan.keep(name));
        self.plan.bytes(segment(0xe1, &[XMP, &fresh]));
        self.xmp = true;
        Ok(true)
    }

    pub(super) fn iptc(&mut self, part: &Part) -> Result<bool> {
        if self.iptc || !encode::select::texts(self.selection) {
            return Ok(false);
        }
        let resources = part.origin.open(self.input, MAX_BLOCK)?;
        let resources = resources.all(MAX_BLOCK)?;
        let reduced = encode::iptc::find_in_resources(&resources).and_then(|iim| encode::iptc::reduce(iim, self.selection));
        let Some((iim, kept)) = reduced else { return Ok(false) };
        let resource = encode::iptc::resource(&iim);
        if resource.len() + PHOTOSHOP.len() > encode::jpeg::MAX_SEGMENT {
            self.plan.warn("IPTC", TOO_LARGE);
            return Ok(false);
        }
        self.plan.bytes(segment(0xed, &[PHOTOSHOP, &resource]));
        kept.iter().for_each(|k| self.plan.keep(k));
        self.iptc = true;
        Ok(true)
    }

    /// Content credentials: their segments as they are.
    pub(super) fn jumbf(&mut self, part: &Part) -> Result<bool> {
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
}
