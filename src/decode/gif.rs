//! GIF blocks: Graphics Interchange Format, version 89a.

use super::{
    Sink,
    text::{lossy, without_nuls},
};
use crate::{
    input::Input,
    metadata::{Blob, FILE, Group, Name, Value},
    tags::{self, ByteOrder},
};

const GIF: Group = Group::new("gif", "GIF");
/// No block that is decoded is larger.
const MAX_BLOCK: u64 = 64 * 1024 * 1024;

/// Decodes a block by its label, 0 for the header; the data of its sub-blocks joined.
pub fn decode(label: u8, input: &Input, sink: &mut Sink) {
    let data = match input.all(MAX_BLOCK) {
        Ok(data) => data,
        Err(e) => return sink.warn(e.to_string()),
    };
    match label {
        0 => header(&data, sink),
        0x01 => sink.tag(&GIF, "Text", text(data.get(12..).unwrap_or_default())),
        0xf9 => {
            if let &[flags, _, _, colour] = &data[..]
                && flags & 1 != 0
            {
                sink.tag(&GIF, "TransparentColor", colour);
            }
        }
        0xfe if !data.is_empty() => sink.tag(&FILE, "Comment", text(&data)),
        0xff => application(&data, sink),
        _ => {}
    }
}

/// Sections 17 and 18: the version, and the logical screen descriptor.
fn header(data: &[u8], sink: &mut Sink) {
    let Some((signature, screen)) = data.split_at_checked(6) else { return };
    sink.tag(&GIF, "GIFVersion", text(&signature[3..]));
    packed("GIF::Screen", screen, sink);
}

fn application(data: &[u8], sink: &mut Sink) {
    let Some((application, data)) = data.split_at_checked(11) else { return };
    match application {
        b"NETSCAPE2.0" => packed("GIF::Animation", data, sink),
        b"MIDICTRLJon" => packed("GIF::MIDIControl", data, sink),
        b"MIDISONGDm7" => sink.tag(&GIF, "MIDISong", Value::Binary(Blob::Bytes(data.to_vec()))),
        _ => {}
    }
}

fn packed(table: &str, data: &[u8], sink: &mut Sink) {
    if let Some(table) = tags::table(table) {
        tags::packed(table, data, ByteOrder::Little, sink);
    }
}

/// Text is 7-bit ASCII by the standard; UTF-8 is met, each byte of another encoding shows as `?`.
fn text(data: &[u8]) -> Name {
    lossy(&without_nuls(data))
}
