//! JFIF (ITU-T T.871): an APP0 segment with the pixel density and perhaps a thumbnail, and its extension, JFXX.

use super::walk::JFIF;
use crate::{
    encode::{exif, jpeg::segment},
    format::{Selection, nested},
};

/// Unit, then pixels per unit in both directions, two bytes each.
pub type Density = [u8; 5];

/// Square pixels of no size.
pub const NEUTRAL: Density = [0, 0, 1, 0, 1];

/// The density of a segment; [`NEUTRAL`] if it is of no known unit, or zero.
pub fn density(data: &[u8]) -> Density {
    match data.get(7..12) {
        Some(&[unit @ 0..=2, x1, x0, y1, y0]) if x1 | x0 > 0 && y1 | y0 > 0 => [unit, x1, x0, y1, y0],
        _ => NEUTRAL,
    }
}

/// Square pixels of no size say as much as nothing.
pub fn is_square([unit, x1, x0, y1, y0]: Density) -> bool {
    unit == 0 && [x1, x0] == [y1, y0]
}

/// The density that Exif has, in whole numbers; `None` if those are too small or too large.
pub fn rounded(density: &exif::Density) -> Option<Density> {
    let round = |(n, d): (u32, u32)| {
        let rounded = (u64::from(n) + u64::from(d) / 2).checked_div(d.into())?;
        u16::try_from(rounded).ok().filter(|&n| n > 0).map(u16::to_be_bytes)
    };
    let (x, y) = (round(density.x)?, round(density.y)?);
    let unit = u8::try_from(density.unit.checked_sub(1)?).ok()?;
    Some([unit, x[0], x[1], y[0], y[1]])
}

/// A segment of JFIF 1.`minor` with this density and this thumbnail: width, height, pixels.
pub fn write(minor: u8, density: Density, thumbnail: Option<&[u8]>) -> Vec<u8> {
    segment(super::segments::APP0, &[JFIF, &[1, minor.min(2)], &density, thumbnail.unwrap_or(&[0, 0])])
}

/// The thumbnail of a segment: width, height, three bytes for each pixel.
pub fn thumbnail(data: &[u8]) -> Option<&[u8]> {
    pixels(data.get(12..)?, 0, 3)
}

/// Width and height, a palette, so many bytes for each pixel.
fn pixels(data: &[u8], palette: usize, each: usize) -> Option<&[u8]> {
    let (&width, &height) = (data.first()?, data.get(1)?);
    let count = usize::from(width) * usize::from(height);
    (count > 0).then(|| data.get(..2 + palette + count * each))?
}

/// What stays of an extension (T.871 10.2): a thumbnail, as a JPEG that is cleaned, with a palette, or in colours. `None`: it is none.
pub fn extension(data: &[u8], selection: &Selection) -> Option<Vec<u8>> {
    let (head, thumbnail) = data.split_at_checked(6)?;
    let thumbnail = match head {
        b"JFXX\0\x10" => nested::bytes(thumbnail.to_vec(), selection).ok()?,
        b"JFXX\0\x11" => pixels(thumbnail, 768, 1)?.to_vec(),
        b"JFXX\0\x13" => pixels(thumbnail, 0, 3)?.to_vec(),
        _ => return None,
    };
    let contents = [head, &thumbnail].concat();
    (contents.len() <= crate::encode::jpeg::MAX_SEGMENT).then(|| segment(super::segments::APP0, &[&contents]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn densities_become_whole_numbers() {
        let exif = |x, y, unit| exif::Density { x, y, unit };
        let cases = [
            (exif((72, 1), (72, 1), 2), Some([1, 0, 72, 0, 72])),
            (exif((299_999, 1000), (599, 2), 3), Some([2, 1, 44, 1, 44])),
            (exif((4, 1), (3, 1), 1), Some([0, 0, 4, 0, 3])),
            (exif((1, 3), (1, 1), 2), None),
            (exif((u32::MAX, 1), (1, 1), 2), None),
            (exif((1, 0), (1, 1), 2), None),
        ];
        for (density, expected) in cases {
            assert_eq!(rounded(&density), expected, "{density:?}");
        }
        assert_eq!(density(b"JFIF\0\x01\x02\x02\0\x48\0\x48\0\0"), [2, 0, 72, 0, 72]);
        for none in [&b"JFIF\0\x01\x02\x03\0\x48\0\x48\0\0"[..], b"JFIF\0\x01\x02\x01\0\0\0\x48\0\0", b"JFIF\0"] {
            assert_eq!(density(none), NEUTRAL);
        }
    }
}
