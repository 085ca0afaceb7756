//! Text, and what is kept of the blocks that hide in text.

use super::{Cleaner, MAX_BLOCK};
use crate::{
    decode::{self, Child, Sink},
    encode::{exif, iptc, select},
    error::Result,
    format::{Keep, Kept, Kind, Selection, png::Chunk},
};
use std::fmt::Write;

impl Cleaner<'_> {
    /// Text that a user asked for, and what is kept of the blocks that hide in text.
    pub(super) fn text(&mut self, chunk: &Chunk) -> Result<bool> {
        if chunk.cut || chunk.len() > MAX_BLOCK {
            return Ok(false);
        }
        let data = self.input.slice(chunk.data.clone());
        let mut sink = Sink { inflated: self.inflated, ..Sink::default() };
        decode::decode(Kind::Png(chunk.kind), &data, &mut sink);
        self.inflated = sink.inflated;
        for child in sink.children {
            let Some((kind, fresh)) = self.hidden_block(&child)? else { continue };
            if chunk.kind == kind && *data.all(MAX_BLOCK)? == fresh[..] {
                return self.copy(chunk);
            }
            self.fresh(kind, &fresh);
        }
        let Some((tag, kept)) = sink.metadata.tags.first().and_then(|t| Some((t, keeps(self.selection, &t.name)?))) else {
            return Ok(false);
        };
        if tag.value.as_str().is_none() {
            return Ok(false);
        }
        let data = data.all(MAX_BLOCK)?;
        let Some((kind, fresh)) = decode::png::fresh_text(chunk.kind, &data) else { return Ok(false) };
        self.plan.keep(kept);
        if kind == chunk.kind && fresh == data[..] {
            return self.copy(chunk);
        }
        self.fresh(kind, &fresh);
        Ok(true)
    }

    /// What is kept of a block that hides in text: the type and the data of a chunk of its own.
    fn hidden_block(&mut self, block: &Child) -> Result<Option<([u8; 4], Vec<u8>)>> {
        match block.kind {
            Kind::Exif if !self.own_exif && !self.seen.contains(b"eXIf") => {
                let Some(exif) = exif::reduce(&block.input, self.selection) else { return Ok(None) };
                self.seen.insert(*b"eXIf");
                exif.kept.iter().for_each(|name| self.plan.keep(name));
                Ok(Some((*b"eXIf", exif.bytes)))
            }
            Kind::Xmp if select::texts(self.selection) && !self.packet => {
                let xmp = select::xmp(&block.input.all(MAX_BLOCK)?, self.selection);
                let Some(xmp) = self.plan.or_warn("XMP", xmp) else { return Ok(None) };
                self.packet = true;
                xmp.kept.iter().for_each(|name| self.plan.keep(name));
                Ok(Some((*b"iTXt", [b"XML:com.adobe.xmp\0\0\0\0\0", &xmp.bytes[..]].concat())))
            }
            Kind::Iptc | Kind::Photoshop if select::texts(self.selection) && !self.datasets => {
                let data = block.input.all(MAX_BLOCK)?;
                let iim = if block.kind == Kind::Iptc { Some(&data[..]) } else { iptc::find_in_resources(&data) };
                let Some((iim, kept)) = iim.and_then(|iim| iptc::reduce(iim, self.selection)) else { return Ok(None) };
                self.datasets = true;
                kept.iter().for_each(|name| self.plan.keep(name));
                Ok(Some((*b"tEXt", raw_profile("iptc", &iptc::resource(&iim)))))
            }
            _ => Ok(None),
        }
    }
}

/// A block as text, the way that ImageMagick writes it and others read it: name, length, lines of 72 hexadecimal digits.
fn raw_profile(name: &str, block: &[u8]) -> Vec<u8> {
    let mut text = format!("Raw profile type {name}\0\n{name}\n{:8}", block.len());
    for (i, byte) in block.iter().enumerate() {
        let _ = write!(text, "{}{byte:02x}", if i % 36 == 0 { "\n" } else { "" });
    }
    text.push('\n');
    text.into_bytes()
}

/// Under which name a selection keeps the text of that tag.
pub(super) fn keeps(selection: &Selection, tag: &str) -> Option<Kept> {
    let (base, _language) = tag.split_once('-').unwrap_or((tag, ""));
    let by_name = match base {
        "Author" | "Artist" | "Copyright" => selection.keeps(Keep::Copyright).then_some("copyright"),
        "Title" | "Description" => selection.keeps(Keep::Title).then_some("title"),
        "CreationTime" | "CreateDate" | "ModDate" | "ModifyDate" | "TimeStamp" | "Datecreate" | "Datemodify"
        | "Datetimestamp" => selection.keeps(Keep::Dates).then_some("dates"),
        _ => None,
    };
    by_name.or_else(|| {
        let groups = ["png", "PNG"];
        (selection.asks(&groups, tag) || selection.asks(&groups, base)).then_some("tags")
    })
}
