//! GIF.
//!
//! Graphics Interchange Format, version 89a (CompuServe 1990): a header, a screen descriptor, then images and extensions,
//! whose data comes in sub-blocks of a length byte and so many bytes (section 15), up to a trailer.

mod codes;
mod payload;
mod plan;
#[cfg(test)]
mod tests;

use super::{FileType, Format, Kind, Origin, Role, Walk};
use crate::{
    error::{Error, Result},
    input::Input,
    metadata::{Group, Tag},
};
use smallvec::{SmallVec, smallvec};
use std::ops::Range;

pub static FORMAT: Format =
    Format { name: "GIF", extensions: &["gif"], probe, walk, plan: Some(plan::plan), payload: Some(payload::payload) };

const GIF: FileType = FileType { name: "GIF", extension: "gif", mime: "image/gif" };
const GROUP: Group = Group::new("gif", "GIF");

/// Signature and logical screen descriptor.
const HEADER: u64 = 13;
/// Applications: how often an animation plays (Netscape 2.0), the colour profile (ICC.1, annex B), content credentials.
const LOOPS: [&[u8; 11]; 2] = [b"NETSCAPE2.0", b"ANIMEXTS1.0"];
/// Length of the grid of a plain text extension (section 25).
const PLAIN_TEXT: u64 = 12;
const PROFILE: &[u8; 11] = b"ICCRGBG1012";
const XMP: &[u8; 11] = b"XMP DataXMP";
const C2PA: &[u8; 11] = b"C2PA_GIF\x01\0\0";
/// Adobe's XMP stands in the open, with a trailer that reads as sub-blocks from wherever one enters it (XMP part 3, 1.1.2).
const XMP_TRAILER: u64 = 258;

fn probe(input: &Input) -> Option<FileType> {
    (input.starts_with(b"GIF87a") || input.starts_with(b"GIF89a")).then_some(GIF)
}

#[derive(Clone, Debug, PartialEq)]
enum Block {
    /// A graphic control extension: delay in hundredths of a second, transparent colour.
    Control {
        delay: u16,
        transparent: bool,
    },
    /// An application extension, by identifier and authentication code.
    Application([u8; 11]),
    /// Any other extension, by its label.
    Extension(u8),
    /// An image, by where the size of its codes stands.
    Image(u64),
    /// Empty sub-blocks that end nothing: decoders that look further find the next block behind them.
    Stray,
    Trailer,
}

/// A block: its bytes from the introducer to the last sub-block, and the bytes in its sub-blocks.
#[derive(Clone, Debug)]
struct Found {
    block: Block,
    /// The file ends within it: `range` goes as far as sub-blocks are whole.
    cut: bool,
    range: Range<u64>,
    data: SmallVec<[Range<u64>; 1]>,
}

/// Steps from block to block.
struct Blocks<'a> {
    bytes: Window<'a>,
    at: u64,
}

impl<'a> Blocks<'a> {
    /// At the first block; fails when the file ends before.
    fn new(input: &'a Input) -> Result<Self> {
        let flags = input.bytes(0, HEADER)?[10];
        Ok(Blocks { bytes: Window::new(input), at: HEADER + colour_table(flags) })
    }

    /// The next block; `None` where none can be.
    fn next(&mut self) -> Result<Option<Found>> {
        let start = self.at;
        let mut data = SmallVec::new();
        let mut cut = false;
        let block = match self.bytes.u8(start)? {
            b';' => {
                self.at += 1;
                Block::Trailer
            }
            b',' => {
                // Section 20: the descriptor, a table of its own, the code size.
                let flags = self.bytes.u8(start + 9)?;
                self.at = start + 11 + colour_table(flags);
                self.bytes.u8(self.at)?;
                let size = self.at - 1;
                cut = self.sub_blocks(None).is_err();
                Block::Image(size)
            }
            b'!' => {
                let label = self.bytes.u8(start + 1)?;
                self.at = start + 2;
                if let Err(e) = self.sub_blocks(Some(&mut data)) {
                    self.at = start;
                    return Err(e);
                }
                self.extension(label, &data)?
            }
            0 => {
                while self.bytes.u8(self.at).is_ok_and(|b| b == 0) {
                    self.at += 1;
                }
                Block::Stray
            }
            _ => return Ok(None),
        };
        Ok(Some(Found { block, cut, range: start..self.at, data }))
    }

    fn extension(&mut self, label: u8, data: &[Range<u64>]) -> Result<Block> {
        let Some(first) = data.first() else { return Ok(Block::Extension(label)) };
        Ok(match (label, first.end - first.start) {
            // Whatever follows the four bytes, decoders read them.
            (0xf9, 4..) => Block::Control {
                delay: u16::from_le_bytes(self.bytes.array(first.start + 1)?),
                transparent: self.bytes.u8(first.start)? & 1 != 0,
            },
            (0xff, 11) => Block::Application(self.bytes.array(first.start)?),
            _ => Block::Extension(label),
        })
    }

    /// Passes sub-blocks, as far as they are whole.
    fn sub_blocks(&mut self, mut data: Option<&mut SmallVec<[Range<u64>; 1]>>) -> Result<()> {
        loop {
            let length = u64::from(self.bytes.u8(self.at)?);
            let content = self.at + 1..self.at + 1 + length;
            if content.end > self.bytes.input.len() {
                return Err(Error::truncated());
            }
            self.at = content.end;
            if length == 0 {
                return Ok(());
            }
            if let Some(data) = &mut data {
                data.push(content);
            }
        }
    }
}

/// Length of a colour table, by the flags of the descriptor before it.
fn colour_table(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// A window that moves over the file: lengths are read byte by byte.
struct Window<'a> {
    input: &'a Input,
    start: u64,
    held: Vec<u8>,
}

impl<'a> Window<'a> {
    const LENGTH: usize = 64 * 1024;

    fn new(input: &'a Input) -> Self {
        Window { input, start: 0, held: Vec::new() }
    }

    fn u8(&mut self, at: u64) -> Result<u8> {
        Ok(self.bytes(at, 1)?[0])
    }

    /// So many bytes, no more than a window holds.
    fn bytes(&mut self, at: u64, length: usize) -> Result<&[u8]> {
        let within = |start: u64| {
            let from = usize::try_from(at.checked_sub(start)?).ok()?;
            Some(from..from.checked_add(length)?)
        };
        if let Some(held) = within(0).and_then(|range| self.input.head().get(range)) {
            return Ok(held);
        }
        if within(self.start).is_none_or(|range| range.end > self.held.len()) {
            self.held.resize(Self::LENGTH, 0);
            let read = self.input.read_at(at, &mut self.held)?;
            self.held.truncate(read);
            self.start = at;
        }
        within(self.start).and_then(|range| self.held.get(range)).ok_or_else(Error::truncated)
    }

    fn array<const N: usize>(&mut self, at: u64) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = self.u8(at + i as u64)?;
        }
        Ok(bytes)
    }
}

fn walk(input: &Input, walk: &mut Walk) -> Result<()> {
    walk.span(Kind::Gif(0), Role::Structure, "header", 0..HEADER.min(input.len()))?;
    let mut blocks = Blocks::new(input)?;
    if walk.full() {
        walk.span(Kind::Payload, Role::Structure, "colour table", HEADER..blocks.at.min(input.len()))?;
    }
    let (mut frames, mut delays) = (0u32, 0u64);
    let outcome = loop {
        let found = match blocks.next() {
            Ok(Some(found)) => found,
            Ok(None) => break Err(Error::damaged("a block that is neither image nor extension")),
            Err(e) => break Err(e),
        };
        match found.block {
            Block::Control { delay, .. } => delays += u64::from(delay),
            Block::Image(_) => frames += 1,
            _ => {}
        }
        let (ended, cut) = (found.block == Block::Trailer, found.cut);
        report(found, input, walk)?;
        if ended {
            break Ok(());
        }
        if cut {
            break Err(Error::truncated());
        }
    };
    if frames > 1 {
        walk.fact(Tag::new(GROUP, "FrameCount", frames));
    }
    if delays > 0 {
        let seconds = delays as f64 / 100.0;
        walk.fact(Tag::new(GROUP, "Duration", seconds).print(format!("{seconds:.2} s")));
    }
    if let Err(e) = outcome {
        walk.warn("GIF", e.to_string());
    }
    if walk.full() && blocks.at < input.len() {
        walk.span(Kind::Opaque, Role::Metadata, "after the trailer", blocks.at..input.len())?;
    }
    Ok(())
}

fn report(found: Found, input: &Input, walk: &mut Walk) -> Result<()> {
    let Found { block, range, mut data, .. } = found;
    let (kind, role, place) = match block {
        Block::Image(_) | Block::Stray | Block::Trailer if !walk.full() => return Ok(()),
        Block::Stray => (Kind::Opaque, Role::Metadata, "between blocks".into()),
        Block::Image(_) => (Kind::Payload, Role::Structure, "image".into()),
        Block::Trailer => (Kind::Payload, Role::Structure, "trailer".into()),
        Block::Control { transparent, .. } if !transparent && !walk.full() => return Ok(()),
        Block::Control { .. } => (Kind::Gif(0xf9), Role::Structure, "graphic control".into()),
        Block::Application(application) => {
            let kind = match &application {
                XMP => Kind::Xmp,
                PROFILE => Kind::Icc,
                C2PA => Kind::Jumbf,
                // ImageMagick's.
                b"MGK8BIM0000" => Kind::Photoshop,
                b"MGKIPTC0000" => Kind::Iptc,
                _ => Kind::Gif(0xff),
            };
            // The identifier is of the container; who decodes an unknown one looks for it.
            if kind != Kind::Gif(0xff) {
                data.remove(0);
            }
            if kind == Kind::Xmp
                && let Some(packet) = open_xmp(input, &range)?
            {
                data = smallvec![packet];
            }
            let role = if rendering(&application) { Role::Rendering } else { Role::Metadata };
            (kind, role, application_name(&application))
        }
        Block::Extension(0xfe) => (Kind::Gif(0xfe), Role::Metadata, "comment".into()),
        Block::Extension(0x01) => (Kind::Gif(0x01), Role::Rendering, "plain text".into()),
        Block::Extension(label) => (Kind::Gif(label), Role::Metadata, format!("extension {label:#04x}").into()),
    };
    let origin = if matches!(kind, Kind::Payload | Kind::Opaque) { Origin::span(range) } else { Origin::Spans(data) };
    walk.part(kind, role, place, origin)?;
    Ok(())
}

/// The packet of an XMP extension that stands in the open.
fn open_xmp(input: &Input, range: &Range<u64>) -> Result<Option<Range<u64>>> {
    let packet = range.start + 14..range.end.saturating_sub(XMP_TRAILER);
    if packet.is_empty() {
        return Ok(None);
    }
    let trailer = input.bytes(packet.end, XMP_TRAILER)?;
    Ok((trailer.starts_with(&[1, 0xff, 0xfe]) && trailer.ends_with(&[1, 0, 0])).then_some(packet))
}

/// Applications whose extensions change what is seen.
fn rendering(application: &[u8; 11]) -> bool {
    LOOPS.contains(&application) || application == PROFILE
}

fn application_name(application: &[u8; 11]) -> super::Place {
    let visible = |&b: &u8| if b.is_ascii_graphic() || b == b' ' { char::from(b) } else { '.' };
    application.iter().map(visible).collect()
}
