//! The coded samples of a GIF: the codes of each image, with what says how to show them.

use super::{HEADER, PLAIN_TEXT, Window, codes, colour_table};
use crate::{error::Result, format::Digest, input::Input};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::Xxh3;

/// Digest of the screen, of each image with its control, whatever stands between them and however the codes are cut into
/// sub-blocks, and of how often they are shown. Goes its own way: it knows introducers and sub-blocks alone.
pub(super) fn payload(input: &Input) -> Result<Digest> {
    let mut hash = Xxh3::new();
    let mut bytes = Window::new(input);
    let mut at = HEADER + colour_table(bytes.u8(10)?);
    hash.update(&input.up_to(0, at)?);
    let mut control = None;
    let mut repetitions = BTreeMap::new();
    while let Ok(introducer @ (b'!' | b',' | 0)) = bytes.u8(at) {
        let start = at;
        at += match introducer {
            b'!' => 2,
            b',' => 11 + colour_table(bytes.u8(at + 9).unwrap_or(0)),
            _ => 1,
        };
        if introducer == 0 {
            continue;
        }
        let data = at;
        let whole = pass_sub_blocks(&mut bytes, &mut at);
        match (introducer, bytes.u8(start + 1)) {
            (b',', _) if data < input.len() => {
                hash.update(&control.take().unwrap_or([0; 4]));
                hash.update(&input.bytes(start, data - start)?);
                codes::each(&mut bytes, data - 1, at, |block| hash.update(block))?;
            }
            // What it controls is a text.
            (_, Ok(0x01)) if bytes.u8(data).is_ok_and(|length| u64::from(length) == PLAIN_TEXT) => control = None,
            (_, Ok(0xff)) if whole => repetitions.extend(repetition(&mut bytes, data)?),
            (_, Ok(0xf9)) if whole && bytes.u8(data)? >= 4 => control = Some(input.array(data + 1)?),
            _ => {}
        }
        if !whole {
            break;
        }
    }
    for (name, count) in repetitions {
        hash.update(&[&name[..], &count].concat());
    }
    Ok(Digest(hash.digest128()))
}

/// Who says how often the images are shown, and how often: two bytes behind a 1 in the first sub-block that has them.
fn repetition(bytes: &mut Window, data: u64) -> Result<Option<([u8; 11], [u8; 2])>> {
    if bytes.u8(data)? != 11 {
        return Ok(None);
    }
    let name = bytes.array(data + 1)?;
    if !matches!(&name, b"NETSCAPE2.0" | b"ANIMEXTS1.0") {
        return Ok(None);
    }
    let mut at = data + 12;
    loop {
        match bytes.u8(at)? {
            0 => return Ok(None),
            3.. if bytes.u8(at + 1)? == 1 => return Ok(Some((name, bytes.array(at + 2)?))),
            length => at += 1 + u64::from(length),
        }
    }
}

/// Moves behind the last sub-block that is whole: is it the one that ends them?
fn pass_sub_blocks(bytes: &mut Window, at: &mut u64) -> bool {
    while let Ok(length) = bytes.u8(*at) {
        let next = *at + 1 + u64::from(length);
        if next > bytes.input.len() {
            return false;
        }
        *at = next;
        if length == 0 {
            return true;
        }
    }
    false
}
