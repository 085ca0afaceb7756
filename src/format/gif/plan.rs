//! Cleaning a GIF: images, their controls, what loops them, the colour profile (`spec/removal.md` 2.4). The rest goes.

use super::{Block, Blocks, C2PA, Found, LOOPS, PLAIN_TEXT, PROFILE, Window, XMP, codes};
use crate::{
    encode::select,
    error::{Error, Result},
    format::{Keep, Origin, Part, PartId, Plan, Selection, profile},
    input::Input,
};
use std::ops::Range;

pub(super) fn plan(input: &Input, parts: &[Part], selection: &Selection) -> Result<Plan> {
    let mut blocks = Blocks::new(input)?;
    let mut cleaner = Cleaner {
        input,
        parts,
        selection,
        control: None,
        images: 0,
        repetitions: repetitions(input)?,
        profiled: false,
        packed: false,
        plan: Plan::default(),
    };
    cleaner.plan.copy(0..blocks.at);
    // The walk reports the header, the colour table, then each block.
    let mut id = 2;
    let ended = loop {
        let found = match blocks.next() {
            Ok(Some(found)) => found,
            Ok(None) => {
                cleaner.plan.warn("GIF", "what follows the first block of no known kind goes");
                break false;
            }
            Err(_) => break false,
        };
        if !cleaner.block(&found, id)? {
            cleaner.plan.removed.push(id);
        }
        id += 1;
        if found.block == Block::Trailer || found.cut {
            break found.block == Block::Trailer;
        }
    };
    if cleaner.images == 0 {
        return Err(Error::damaged("the file has no image"));
    }
    if !ended {
        cleaner.drop_control();
        cleaner.plan.bytes(vec![b';']);
    }
    cleaner.plan.removed.extend(id..parts.len());
    Ok(cleaner.plan)
}

struct Cleaner<'a> {
    input: &'a Input,
    parts: &'a [Part],
    selection: &'a Selection,
    /// Of several controls the last one counts, and it needs something to control.
    control: Option<(PartId, Found)>,
    images: u32,
    /// Where the blocks stand that say how often the animation plays: of several with one name the last one counts, and some
    /// decoders know only one of the names.
    repetitions: [Option<u64>; LOOPS.len()],
    /// What counts once and was there.
    profiled: bool,
    packed: bool,
    plan: Plan,
}

impl Cleaner<'_> {
    /// Takes a block over, as it is or in part. `false`: it goes.
    fn block(&mut self, found: &Found, id: PartId) -> Result<bool> {
        match &found.block {
            Block::Trailer => {
                self.drop_control();
                self.plan.copy(found.range.clone());
                Ok(true)
            }
            Block::Control { .. } => {
                self.drop_control();
                self.control = Some((id, found.clone()));
                Ok(true)
            }
            Block::Image(size) => {
                self.place_control()?;
                self.image(found, *size)?;
                Ok(true)
            }
            Block::Extension(0x01) => self.plain_text(found),
            Block::Application(name) => self.application(name, found, id),
            Block::Extension(0xfe) if self.selection.asks(&["gif", "GIF", "File"], "Comment") => Ok(self.copy(found, "tags")),
            Block::Extension(_) | Block::Stray => Ok(false),
        }
    }

    fn drop_control(&mut self) {
        self.plan.removed.extend(self.control.take().map(|(id, _)| id));
    }

    /// Section 23: four bytes say it all; behind them nothing stays.
    fn place_control(&mut self) -> Result<()> {
        let Some((_, found)) = self.control.take() else { return Ok(()) };
        let Some(data) = found.data.first() else { return Ok(()) };
        let fields: [u8; 4] = self.input.array(data.start)?;
        self.copy_or_write(&found.range, [b"!\xf9\x04", &fields[..], &[0]].concat())
    }

    /// Section 22: its descriptor, and its codes up to the one that ends them.
    fn image(&mut self, found: &Found, size: u64) -> Result<()> {
        self.images += 1;
        let range = found.range.clone();
        if !codes::are_read(self.input.u8(size)?) {
            // Decoders end there, whatever the codes are.
            self.plan.copy(range.start..size + 1);
            return self.copy_or_write(&(size + 1..range.end), vec![0]);
        }
        let last = codes::each(&mut Window::new(self.input), size, range.end, |_| {})?;
        match last.filter(|last| found.cut || last.end + 1 < range.end) {
            Some(last) => {
                self.plan.copy(range.start..last.start - 1);
                self.plan.bytes(vec![(last.end - last.start) as u8]);
                self.plan.copy(last);
                self.plan.bytes(vec![0]);
            }
            None => {
                self.plan.copy(range);
                self.plan.bytes(if found.cut { vec![0] } else { Vec::new() });
            }
        }
        Ok(())
    }

    /// Section 25: few decoders show it, and none needs it for the images. What does not say where its text stands is none: the
    /// control before it is that of the next image.
    fn plain_text(&mut self, found: &Found) -> Result<bool> {
        if found.data.first().is_none_or(|grid| grid.end - grid.start != PLAIN_TEXT) {
            return Ok(false);
        }
        if !self.selection.keeps(Keep::Backdrop) {
            self.drop_control();
            return Ok(false);
        }
        self.place_control()?;
        self.plan.copy(found.range.clone());
        Ok(true)
    }

    fn application(&mut self, name: &[u8; 11], found: &Found, id: PartId) -> Result<bool> {
        match name {
            _ if self.repetitions.contains(&Some(found.range.start)) => self.repeat(name, found),
            PROFILE if !self.profiled => self.colour_profile(found),
            XMP if select::texts(self.selection) && !self.packed => self.xmp(found, id),
            C2PA if self.selection.keeps(Keep::C2pa) => Ok(self.copy(found, "c2pa")),
            _ => Ok(false),
        }
    }

    fn repeat(&mut self, name: &[u8; 11], found: &Found) -> Result<bool> {
        let Some((_, [low, high])) = repetition(self.input, found)? else { return Ok(false) };
        self.copy_or_write(&found.range, [b"!\xff\x0b", &name[..], &[3, 1, low, high, 0]].concat())?;
        Ok(true)
    }

    /// ICC.1, annex B.6.
    fn colour_profile(&mut self, found: &Found) -> Result<bool> {
        let data = Origin::Spans(found.data.iter().skip(1).cloned().collect());
        let data = data.open(self.input, profile::MAX_PROFILE)?;
        let data = data.all(profile::MAX_PROFILE)?;
        let Some(kept) = self.plan.or_warn("ICC", profile::kept(&data, self.selection)) else { return Ok(false) };
        self.profiled = true;
        if kept.len() == data.len() {
            return Ok(self.copy(found, "icc"));
        }
        self.plan.keep("icc");
        self.plan.bytes([b"!\xff\x0b", &PROFILE[..], &sub_blocks(kept)].concat());
        Ok(true)
    }

    fn xmp(&mut self, found: &Found, id: PartId) -> Result<bool> {
        let Some(part) = self.parts.get(id) else { return Ok(false) };
        let packet = part.origin.open(self.input, profile::MAX_PROFILE)?;
        let block = select::xmp(&packet.all(profile::MAX_PROFILE)?, self.selection);
        let Some(block) = self.plan.or_warn("XMP", block) else { return Ok(false) };
        self.packed = true;
        block.kept.iter().for_each(|name| self.plan.keep(name));
        let trailer: Vec<u8> = [1].into_iter().chain((0..=255).rev()).chain([0]).collect();
        self.copy_or_write(&found.range, [b"!\xff\x0b", &XMP[..], &block.bytes, &trailer].concat())?;
        Ok(true)
    }

    fn copy(&mut self, found: &Found, kept: crate::format::Kept) -> bool {
        self.plan.keep(kept);
        self.plan.copy(found.range.clone());
        true
    }

    /// Takes a range over where it equals the fresh bytes.
    fn copy_or_write(&mut self, range: &Range<u64>, fresh: Vec<u8>) -> Result<()> {
        let length = fresh.len() as u64;
        if range.end - range.start == length && *self.input.bytes(range.start, length)? == fresh[..] {
            self.plan.copy(range.clone());
        } else {
            self.plan.bytes(fresh);
        }
        Ok(())
    }
}

/// How often the animation plays: of Netscape's sub-blocks the one with identifier 1, whatever follows its three bytes. And which
/// of the names it goes by.
fn repetition(input: &Input, found: &Found) -> Result<Option<(usize, [u8; 2])>> {
    let Block::Application(name) = &found.block else { return Ok(None) };
    let Some(index) = LOOPS.iter().position(|known| *known == name) else { return Ok(None) };
    for range in found.data.iter().skip(1).filter(|r| r.end - r.start >= 3) {
        if let [1, low, high] = input.array(range.start)? {
            return Ok(Some((index, [low, high])));
        }
    }
    Ok(None)
}

/// Where the last blocks stand that say how often the animation plays, by name.
fn repetitions(input: &Input) -> Result<[Option<u64>; LOOPS.len()]> {
    let (mut blocks, mut last) = (Blocks::new(input)?, [None; LOOPS.len()]);
    while let Ok(Some(found)) = blocks.next() {
        if let Some((index, _)) = repetition(input, &found)? {
            last[index] = Some(found.range.start);
        }
        if found.block == Block::Trailer || found.cut {
            break;
        }
    }
    Ok(last)
}

/// Data in sub-blocks, and the block that ends them (section 15).
fn sub_blocks(data: &[u8]) -> Vec<u8> {
    let blocks = data.chunks(255).flat_map(|block| [&[block.len() as u8], block].concat());
    blocks.chain([0]).collect()
}
