//! Cleaning a GIF: images, their controls, what loops them, the colour profile (`spec/removal.md` 2.4). The rest goes.

use super::{Block, Blocks, HEADER, LOOPS, PROFILE, XMP};
use crate::{
    encode::select,
    error::{Error, Result},
    format::{Digest, Keep, Origin, Part, Plan, Selection, profile},
    input::Input,
};
use std::ops::Range;
use xxhash_rust::xxh3::Xxh3;

pub(super) fn plan(input: &Input, parts: &[Part], selection: &Selection) -> Result<Plan> {
    let mut plan = Plan::default();
    let mut blocks = Blocks::new(input)?;
    plan.copy(0..blocks.at);
    // The walk reports the header, the colour table, then each block.
    let mut id = 2;
    // Of several controls the last one counts, and it needs something to control.
    let mut control: Option<(usize, Range<u64>)> = None;
    let (mut images, mut looped, mut profiled, mut packed, mut ended) = (0, false, false, false, false);
    while let Some(found) = blocks.next().unwrap_or(None) {
        let kept = match &found.block {
            Block::Trailer => {
                ended = true;
                control.take().into_iter().for_each(|(id, _)| plan.removed.push(id));
                plan.copy(found.range.clone());
                true
            }
            Block::Control { .. } => {
                // Its one sub-block is all there is to it.
                let whole = found.range.end - found.range.start == 8;
                let before = if whole { control.replace((id, found.range.clone())) } else { None };
                before.into_iter().for_each(|(id, _)| plan.removed.push(id));
                whole
            }
            Block::Image | Block::Extension(0x01) => {
                control.take().into_iter().for_each(|(_, range)| plan.copy(range));
                plan.copy(found.range.clone());
                if found.cut {
                    plan.bytes(vec![0]);
                }
                images += u32::from(found.block == Block::Image);
                true
            }
            Block::Application(name) if LOOPS.contains(&name) => {
                let repeat = repetitions(input, &found.data)?.filter(|_| !std::mem::replace(&mut looped, true));
                if let Some(count) = repeat {
                    let fresh = [b"!\xff\x0b", &name[..], &[3, 1], &count, &[0]].concat();
                    copy_or_write(input, &found.range, fresh, &mut plan)?;
                }
                repeat.is_some()
            }
            Block::Application(name) if name == PROFILE && !profiled => {
                let data = Origin::Spans(found.data.iter().skip(1).cloned().collect()).open(input, profile::MAX_PROFILE)?;
                let data = data.all(profile::MAX_PROFILE)?;
                let kept = plan.or_warn("ICC", profile::kept(&data, selection));
                if let Some(kept) = kept {
                    plan.keep("icc");
                    if kept.len() == data.len() {
                        plan.copy(found.range.clone());
                    } else {
                        plan.bytes([b"!\xff\x0b", &name[..], &sub_blocks(kept)].concat());
                    }
                }
                profiled = kept.is_some();
                profiled
            }
            Block::Application(name) if name == XMP && select::texts(selection) && !packed => {
                let Some(part) = parts.get(id) else { break };
                let packet = part.origin.open(input, profile::MAX_PROFILE)?;
                let block = plan.or_warn("XMP", select::xmp(&packet.all(profile::MAX_PROFILE)?, selection));
                packed = block.is_some();
                if let Some(block) = block {
                    block.kept.iter().for_each(|name| plan.keep(name));
                    let trailer: Vec<u8> = [1].into_iter().chain((0..=255).rev()).chain([0]).collect();
                    let fresh = [b"!\xff\x0b", &name[..], &block.bytes, &trailer].concat();
                    copy_or_write(input, &found.range, fresh, &mut plan)?;
                }
                packed
            }
            Block::Application(name) if name == super::C2PA && selection.keeps(Keep::C2pa) => {
                plan.keep("c2pa");
                plan.copy(found.range.clone());
                true
            }
            Block::Extension(0xfe)
                if selection.tags.iter().any(|t| matches!(&t[..], "comment" | "gif:comment" | "file:comment")) =>
            {
                plan.keep("tags");
                plan.copy(found.range.clone());
                true
            }
            Block::Application(_) | Block::Extension(_) => false,
        };
        if !kept {
            plan.removed.push(id);
        }
        id += 1;
        if ended || found.cut {
            break;
        }
    }
    if images == 0 {
        return Err(Error::damaged("the file has no image"));
    }
    if !ended {
        control.into_iter().for_each(|(id, _)| plan.removed.push(id));
        plan.bytes(vec![b';']);
    }
    plan.removed.extend(id..parts.len());
    Ok(plan)
}

/// Data in sub-blocks, and the block that ends them (section 15).
fn sub_blocks(data: &[u8]) -> Vec<u8> {
    let blocks = data.chunks(255).flat_map(|block| [&[block.len() as u8], block].concat());
    blocks.chain([0]).collect()
}

/// How often the animation plays: of Netscape's sub-blocks the one with identifier 1.
fn repetitions(input: &Input, data: &[Range<u64>]) -> Result<Option<[u8; 2]>> {
    for range in data.iter().skip(1).filter(|r| r.end - r.start == 3) {
        if let [1, low, high] = input.array(range.start)? {
            return Ok(Some([low, high]));
        }
    }
    Ok(None)
}

/// Takes a range over where it equals the fresh bytes.
fn copy_or_write(input: &Input, range: &Range<u64>, fresh: Vec<u8>, plan: &mut Plan) -> Result<()> {
    if range.end - range.start == fresh.len() as u64 && *input.bytes(range.start, fresh.len() as u64)? == fresh[..] {
        plan.copy(range.clone());
    } else {
        plan.bytes(fresh);
    }
    Ok(())
}

/// Digest of the screen, and of each image with its control, whatever stands between them. Goes its own way: it knows
/// introducers and sub-blocks alone.
pub(super) fn payload(input: &Input) -> Result<Digest> {
    let mut hash = Xxh3::new();
    let bytes = input.loaded(crate::input::MAX_BLOCK)?;
    let at = |i: u64| bytes.u8(i).unwrap_or(b';');
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3u64 << ((flags & 7) + 1) };
    let mut i = HEADER + table(at(10));
    hash.update(&bytes.up_to(0, i)?);
    let mut control = Vec::new();
    loop {
        let start = i;
        let image = match (at(i), at(i + 1)) {
            (b',', _) => true,
            (b'!', label) => label == 0x01,
            _ => break,
        };
        i += if at(i) == b',' { 11 + table(at(i + 9)) } else { 2 };
        if i >= bytes.len() {
            break;
        }
        while at(i) != 0 && i + 1 + u64::from(at(i)) <= bytes.len() && i < bytes.len() {
            i += 1 + u64::from(at(i));
        }
        let whole = i < bytes.len() && at(i) == 0;
        if image && (whole || at(start) == b',') {
            hash.update(&control);
            hash.update(&bytes.up_to(start, i - start)?);
            control.clear();
        } else if at(start + 1) == 0xf9 && at(start + 2) == 4 && i - start == 7 {
            control = bytes.up_to(start, 7)?.into_owned();
        }
        if !whole {
            break;
        }
        i += 1;
    }
    Ok(Digest(hash.digest128()))
}
