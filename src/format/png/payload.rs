//! The coded samples of a PNG: the filtered rows of each frame, and what says how to show them.

use super::{
    frames::CONTROL,
    pixels::{Colour, Header, Rows},
    rules::Rules,
};
use crate::{error::Result, format::Digest, input::Input};
use xxhash_rust::xxh3::Xxh3;

/// Digest of all frames. Goes its own way through the file: lengths, and image data by its chunk types.
pub(super) fn payload(input: &Input) -> Result<Digest> {
    let header = input.up_to(16, 13)?.into_owned();
    let mut samples = Samples::new(Header::parse(&header)?)?;
    samples.still.update(&header);
    let mut at = 33u64;
    while at + 8 <= input.len() {
        let length = u64::from(input.u32_be(at)?);
        let kind: [u8; 4] = input.array(at + 4)?;
        let data = input.slice(at + 8..at + 8 + length);
        at += length + 12;
        if length > super::MAX_LENGTH || &kind == b"IEND" {
            break;
        }
        samples.chunk(&kind, &data, at <= input.len())?;
    }
    samples.still.update(&samples.frames.digest128().to_le_bytes());
    Ok(Digest(samples.still.digest128()))
}

struct Samples {
    header: Header,
    rules: Rules,
    /// Of the image that every decoder shows, and of the frames.
    still: Xxh3,
    frames: Xxh3,
    image: Rows,
    begun: bool,
    /// What counts once and was there.
    palette: bool,
    transparency: bool,
    /// So many frames are left, in an animation.
    left: Option<u32>,
    /// Of the frame whose image data is still to come.
    control: Option<[u8; 22]>,
    frame: Option<Rows>,
}

impl Samples {
    fn new(header: Header) -> Result<Self> {
        Ok(Samples {
            header,
            rules: Rules::new(header),
            still: Xxh3::new(),
            frames: Xxh3::new(),
            image: Rows::new(header.rows(header.width, header.height)?),
            begun: false,
            palette: false,
            transparency: false,
            left: None,
            control: None,
            frame: None,
        })
    }

    fn chunk(&mut self, kind: &[u8; 4], data: &Input, whole: bool) -> Result<()> {
        match kind {
            b"acTL" if !self.begun && self.left.is_none() && data.len() >= 8 => self.left = Some(data.u32_be(0)?),
            b"PLTE" if !self.begun && !self.palette && whole && self.header.colour == Colour::Palette => {
                if let Some(length) = self.rules.sound(kind, data.len(), &[]) {
                    self.palette = true;
                    self.rules.entries = length / 3;
                    self.still.update(&data.bytes(0, length)?);
                }
            }
            b"tRNS" if !self.begun && !self.transparency && whole => {
                if let Some(length) = self.rules.sound(kind, data.len(), &[]) {
                    self.transparency = true;
                    self.still.update(b"tRNS");
                    self.still.update(&data.bytes(0, length)?);
                }
            }
            b"fcTL" if whole && data.len() >= CONTROL => self.control = Some(data.array(4)?),
            b"IDAT" => {
                if !std::mem::replace(&mut self.begun, true) {
                    self.begin_frame()?;
                }
                feed(&mut self.image, data, 0, &mut self.still)?;
            }
            b"fdAT" if self.begun && data.len() > 4 => {
                if self.control.is_some() {
                    self.frame = self.begin_frame()?;
                }
                if let Some(rows) = &mut self.frame {
                    feed(rows, data, 4, &mut self.frames)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The rows of the next frame, if there is to be one.
    fn begin_frame(&mut self) -> Result<Option<Rows>> {
        let Some(control) = self.control.take() else { return Ok(None) };
        let Some(left) = self.left.and_then(|left| left.checked_sub(1)) else { return Ok(None) };
        self.left = Some(left);
        self.frames.update(&control);
        let [w0, w1, w2, w3, h0, h1, h2, h3, ..] = control;
        let (width, height) = (u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3]));
        Ok(Some(Rows::new(self.header.rows(width, height)?)))
    }
}

fn feed(rows: &mut Rows, data: &Input, skip: u64, hash: &mut Xxh3) -> Result<()> {
    data.windows(skip.min(data.len())..data.len(), |window| {
        rows.feed(window, &mut |row| hash.update(row));
        Ok(())
    })
}
