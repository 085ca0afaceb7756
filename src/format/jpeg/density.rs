//! Where the pixel density of a picture is, and where it stays. A JFIF segment is its place (ITU-T T.871, 10.1); where there is none, or
//! one that says nothing, Exif has it, or a Photoshop resource.

use super::{coding::Frame, jfif, walk::spans};
use crate::{
    encode::{exif, iptc},
    error::Result,
    format::{Kind, Part},
    input::Input,
};

/// Resources may be so large.
const MAX_BLOCK: u64 = 64 * 1024 * 1024;
/// Photoshop file formats specification, "Image resource IDs": ResolutionInfo.
const RESOLUTION: u16 = 0x3ed;

/// Where the density stays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Density {
    None,
    Jfif(jfif::Density),
    /// A JFIF segment would change how colours are read.
    Exif(exif::Density),
}

/// The density that stands in these parts, those before the first scan. `own`: what the JFIF segment says, if there is one;
/// `transform`: what Adobe's says.
pub fn find(input: &Input, parts: &[Part], own: Option<jfif::Density>, frame: &Frame, transform: Option<u8>) -> Result<Density> {
    let kept = own.map_or(Density::None, Density::Jfif);
    if own.is_some_and(|own| !jfif::is_square(own)) {
        return Ok(kept);
    }
    let found = match in_exif(input, parts)? {
        Some(density) => Some(density),
        None => in_resources(input, parts)?,
    };
    Ok(match found {
        None => kept,
        Some(found) => match jfif::rounded(&found) {
            Some(density) if jfif::is_square(density) => kept,
            Some(density) if own.is_some() || frame.takes_jfif(transform) => Density::Jfif(density),
            _ => Density::Exif(found),
        },
    })
}

/// Of the block that counts, the first.
fn in_exif(input: &Input, parts: &[Part]) -> Result<Option<exif::Density>> {
    Ok(first_exif(input, parts)?.as_ref().and_then(exif::Density::read))
}

/// The first Exif block that is one.
pub fn first_exif(input: &Input, parts: &[Part]) -> Result<Option<Input>> {
    for part in parts.iter().filter(|p| p.kind == Kind::Exif) {
        let block = part.origin.open(input, MAX_BLOCK)?;
        if matches!(&*block.up_to(0, 4)?, b"II*\0" | b"MM\0*") {
            return Ok(Some(block));
        }
    }
    Ok(None)
}

/// Pixels per inch as fixed-point numbers, whatever unit is shown.
fn in_resources(input: &Input, parts: &[Part]) -> Result<Option<exif::Density>> {
    for part in parts.iter().filter(|p| p.kind == Kind::Photoshop && !spans(p).is_empty()) {
        let resources = part.origin.open(input, MAX_BLOCK)?.all(MAX_BLOCK)?.into_owned();
        if let Some(&[a, b, c, d, _, _, _, _, e, f, g, h, ..]) = iptc::find_resource(&resources, RESOLUTION) {
            let (x, y) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
            return Ok((x > 0 && y > 0).then_some(exif::Density { x: (x, 1 << 16), y: (y, 1 << 16), unit: 2 }));
        }
    }
    Ok(None)
}
