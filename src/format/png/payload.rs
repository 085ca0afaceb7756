//! The coded samples of a PNG: the filtered rows of each frame, and what says how to show them.

use super::pixels::{Header, Rows};
use crate::{error::Result, format::Digest, input::Input};
use xxhash_rust::xxh3::Xxh3;

/// Digest of all frames. Goes its own way through the file: lengths, and image data by its chunk types.
pub(super) fn payload(input: &Input) -> Result<Digest> {
    let mut hash = Xxh3::new();
    let header = input.up_to(16, 13)?.into_owned();
    let header_of_rows = Header::parse(&header)?;
    hash.update(&header);
    let mut rows = Some(Rows::new(header_of_rows.rows(header_of_rows.width, header_of_rows.height)?));
    let (mut at, mut animated, mut palette, mut image) = (33u64, false, false, false);
    while at + 8 <= input.len() {
        let length = u64::from(input.u32_be(at)?);
        let kind: [u8; 4] = input.array(at + 4)?;
        let data = input.slice(at + 8..at + 8 + length);
        at += length + 12;
        if length > super::MAX_LENGTH {
            break;
        }
        let whole = at <= input.len();
        match &kind {
            b"acTL" => animated |= !image && length == 8,
            b"PLTE" if !image && !palette && whole && (3..=768).contains(&length) => {
                palette = true;
                hash.update(&data.up_to(0, 768)?);
            }
            b"fcTL" if animated && whole && length == 26 => {
                hash.update(&data.up_to(0, 26)?);
                if image {
                    rows = Some(Rows::new(header_of_rows.rows(data.u32_be(4)?, data.u32_be(8)?)?));
                }
            }
            b"IDAT" | b"fdAT" => {
                if &kind == b"fdAT" && !animated {
                    continue;
                }
                image |= &kind == b"IDAT";
                let skip = if &kind == b"fdAT" { 4 } else { 0 };
                if let Some(rows) = &mut rows {
                    data.windows(skip.min(data.len())..data.len(), |window| {
                        rows.feed(window, &mut |row| hash.update(row));
                        Ok(())
                    })?;
                }
            }
            b"IEND" => break,
            _ => {}
        }
    }
    Ok(Digest(hash.digest128()))
}
