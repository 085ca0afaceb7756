//! The frames of an animated PNG (PNG, Third Edition, clause 11.3.6).

use super::Chunk;
use crate::{error::Result, input::Input};

/// Length of a frame's control.
pub(super) const CONTROL: u64 = 26;

/// A frame: its control, and the chunks of its image data, by index.
#[derive(Debug, PartialEq)]
pub(super) struct Frame {
    pub control: usize,
    pub data: Vec<usize>,
}

/// The frames that decoders show: with image data, and no more than the animation says that it has. Of a still image none.
pub(super) fn frames(input: &Input, chunks: &[Chunk], image: usize) -> Result<Vec<Frame>> {
    let Some(animation) = chunks[..image].iter().find(|c| &c.kind == b"acTL" && c.len() >= 8) else { return Ok(Vec::new()) };
    let declared = input.u32_be(animation.data.start)?;
    let mut frames: Vec<Frame> = Vec::new();
    for (id, chunk) in chunks.iter().enumerate() {
        match (&chunk.kind, frames.last_mut()) {
            (b"fcTL", _) if !chunk.cut && chunk.len() >= CONTROL => frames.push(Frame { control: id, data: Vec::new() }),
            (b"IDAT", Some(frame)) if id == image => frame.data.push(id),
            (b"fdAT", Some(frame)) if frame.control > image && chunk.len() > 4 => frame.data.push(id),
            _ => {}
        }
    }
    frames.retain(|frame| !frame.data.is_empty());
    frames.truncate(declared as usize);
    Ok(frames)
}
