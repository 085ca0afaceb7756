//! Image data: of the image, and of the frames of an animation.

use super::Cleaner;
use crate::{
    error::{Code, Error, Result},
    format::png::{
        MAX_LENGTH,
        frames::CONTROL,
        pixels::{End, Rows},
    },
};
use flate2::{Compression, Crc, write::ZlibEncoder};
use std::{io::Write, ops::Range, rc::Rc};

impl Cleaner<'_> {
    /// 11.3.6: how many frames there are, and how often they play.
    pub(super) fn animation_control(&mut self, id: usize) -> Result<bool> {
        let chunk = &self.chunks[id];
        if self.frames.is_empty() || id > self.image || chunk.len() < 8 || !self.seen.insert(chunk.kind) {
            return Ok(false);
        }
        let plays: [u8; 4] = self.input.array(chunk.data.start + 4)?;
        self.copy_or_write(chunk, &[(self.frames.len() as u32).to_be_bytes(), plays].concat())
    }

    /// The size of a frame, and the image data that follows.
    pub(super) fn frame_control(&mut self, id: usize) -> Result<bool> {
        let frames = Rc::clone(&self.frames);
        let Ok(frame) = frames.binary_search_by_key(&id, |frame| frame.control) else { return Ok(false) };
        let chunk = &self.chunks[id];
        let mut control: [u8; CONTROL as usize] = self.input.array(chunk.data.start)?;
        control[..4].copy_from_slice(&self.next_number());
        self.copy_or_write(chunk, &control)?;
        let data = self.input.slice(chunk.data.clone());
        let rows = self.header.rows(data.u32_be(4)?, data.u32_be(8)?)?;
        if id > self.image {
            self.image_data(&frames[frame].data, rows, 4)?;
        }
        Ok(true)
    }

    /// Controls and data of frames are numbered in one sequence.
    fn next_number(&mut self) -> [u8; 4] {
        let number = self.number.to_be_bytes();
        self.number = self.number.wrapping_add(1);
        number
    }

    /// The data of an image or a frame, in these chunks, behind `skip` bytes in each: as it is, unless something hides in it.
    pub(super) fn image_data(&mut self, ids: &[usize], rows: u64, skip: u64) -> Result<()> {
        let streams: Vec<Range<u64>> =
            ids.iter().map(|&id| &self.chunks[id].data).map(|data| (data.start + skip).min(data.end)..data.end).collect();
        self.placed.extend(ids);
        let mut reader = Rows::new(rows);
        for stream in &streams {
            self.input.windows(stream.clone(), |window| {
                reader.feed(window, &mut |_| {});
                Ok(())
            })?;
        }
        let total: u64 = streams.iter().map(|s| s.end - s.start).sum();
        let data = match reader.end() {
            End::Sound { used } if used < total => self.first_bytes(&streams, used)?,
            End::Sound { .. } | End::Cut => return ids.iter().try_for_each(|&id| self.data_as_it_is(id, skip > 0)),
            End::Excess => self.deflate(&streams, rows)?,
            End::Wrong => return Err(Error::damaged("the image data cannot be inflated")),
        };
        if data.len() as u64 + skip > MAX_LENGTH {
            return Err(Error::new(Code::TooLarge, "the image data is too large to be written anew"));
        }
        let number = if skip > 0 { &self.next_number()[..] } else { &[] };
        self.fresh(self.chunks[ids[0]].kind, &[number, &data].concat());
        // What hid in them goes.
        self.plan.removed.extend(ids);
        Ok(())
    }

    /// A chunk of image data, with a number of its own where it has one.
    fn data_as_it_is(&mut self, id: usize, numbered: bool) -> Result<()> {
        let chunk = &self.chunks[id];
        if !numbered {
            return self.copy(chunk).map(drop);
        }
        let number = self.next_number();
        if self.input.array(chunk.data.start)? == number {
            return self.copy(chunk).map(drop);
        }
        let data = chunk.data.start + 4..chunk.data.end;
        let mut crc = Crc::new();
        crc.update(&[chunk.kind, number].concat());
        self.input.windows(data.clone(), |window| {
            crc.update(window);
            Ok(())
        })?;
        self.plan.bytes([(chunk.len() as u32).to_be_bytes(), chunk.kind, number].concat());
        self.plan.copy(data);
        self.plan.bytes(crc.sum().to_be_bytes().to_vec());
        Ok(())
    }

    /// The data without what is behind the stream.
    fn first_bytes(&self, streams: &[Range<u64>], length: u64) -> Result<Vec<u8>> {
        let mut data = Vec::new();
        for stream in streams {
            let left = length - data.len() as u64;
            data.extend_from_slice(&self.input.bytes(stream.start, left.min(stream.end - stream.start))?);
        }
        Ok(data)
    }

    /// The rows of the image alone, deflated anew.
    fn deflate(&self, streams: &[Range<u64>], rows: u64) -> Result<Vec<u8>> {
        let mut reader = Rows::new(rows);
        let mut deflated = ZlibEncoder::new(Vec::new(), Compression::default());
        for stream in streams {
            self.input.windows(stream.clone(), |window| {
                let mut outcome = Ok(());
                reader.feed(window, &mut |row| {
                    if outcome.is_ok() {
                        outcome = deflated.write_all(row);
                    }
                });
                Ok(outcome?)
            })?;
        }
        Ok(deflated.finish()?)
    }
}
