//! The coded samples of a WebP: the chunks of its image or frames, and what says how frames follow each other.

use super::{ANIMATION, ANIMATION_HEADER, FRAME_HEADER, HEADER, RESERVED_OF_FRAME, form_end};
use crate::{error::Result, format::Digest, input::Input};
use std::ops::Range;
use xxhash_rust::xxh3::Xxh3;

/// Digest of the coded images, wherever their chunks stand. Goes its own way through the file.
pub(super) fn payload(input: &Input) -> Result<Digest> {
    let mut hash = Xxh3::new();
    let extended = &input.array::<4>(HEADER)? == b"VP8X" && input.u32_le(HEADER + 4)? >= 10;
    let flags = if extended { input.u8(HEADER + 8)? } else { 0 };
    let body = HEADER..form_end(input)?;
    if flags & ANIMATION != 0 {
        frames(input, body, &mut hash)?;
    } else {
        image(input, body, extended, &[], &mut hash)?;
    }
    Ok(Digest(hash.digest128()))
}

/// The chunk at a place: its code, its data, and where the next one is.
fn chunk(input: &Input, at: u64, end: u64) -> Result<([u8; 4], Range<u64>, u64)> {
    let length = u64::from(input.u32_le(at + 4)?).min(end - at - 8);
    let data = at + 8..at + 8 + length;
    let next = data.end + (length & 1);
    Ok((input.array(at)?, data, next))
}

fn frames(input: &Input, range: Range<u64>, hash: &mut Xxh3) -> Result<()> {
    let (mut at, mut begun) = (range.start, false);
    while at + 8 <= range.end {
        let (id, data, next) = chunk(input, at, range.end)?;
        let length = data.end - data.start;
        match &id {
            b"ANIM" if length >= ANIMATION_HEADER && !begun => {
                begun = true;
                hash.update(&input.bytes(data.start, ANIMATION_HEADER)?);
            }
            b"ANMF" if length > FRAME_HEADER => {
                let mut header: [u8; FRAME_HEADER as usize] = input.array(data.start)?;
                header[15] &= !RESERVED_OF_FRAME;
                image(input, data.start + FRAME_HEADER..data.end, true, &header, hash)?;
            }
            _ => {}
        }
        at = next;
    }
    Ok(())
}

/// The first image in a range, with the header and the alpha plane before it.
fn image(input: &Input, range: Range<u64>, alpha: bool, header: &[u8], hash: &mut Xxh3) -> Result<()> {
    let (mut at, mut plane) = (range.start, None);
    while at + 8 <= range.end {
        let (id, data, next) = chunk(input, at, range.end)?;
        match &id {
            b"ALPH" if alpha && plane.is_none() => plane = Some(data),
            b"VP8 " | b"VP8L" => {
                hash.update(header);
                for range in plane.filter(|_| &id == b"VP8 ").into_iter().chain([data]) {
                    input.windows(range, |window| {
                        hash.update(window);
                        Ok(())
                    })?;
                }
                return Ok(());
            }
            _ => {}
        }
        at = next;
    }
    Ok(())
}
