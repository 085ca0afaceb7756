//! RIFF chunks: WebP Container Specification (RFC 9649).

use super::Sink;
use crate::{
    input::Input,
    metadata::{Group, Value},
    tags::{self, ByteOrder},
};

const RIFF: Group = Group::new("riff", "RIFF");

pub fn decode(chunk: [u8; 4], input: &Input, sink: &mut Sink) {
    let table = match &chunk {
        // RFC 6386, 9.1: the start code of a key frame.
        b"VP8 " if input.array(3).is_ok_and(|code: [u8; 3]| code == [0x9d, 0x01, 0x2a]) => "RIFF::VP8",
        // RFC 9649, 3.4: the signature of a lossless stream.
        b"VP8L" if input.u8(0).is_ok_and(|signature| signature == 0x2f) => "RIFF::VP8L",
        b"VP8X" => "RIFF::VP8X",
        b"ANIM" => "RIFF::ANIM",
        b"ALPH" => "RIFF::ALPH",
        b"EXIF" => {
            return sink.tag(&RIFF, "UnknownEXIF", Value::Binary(input.blob(0..input.len())));
        }
        _ => return,
    };
    let Some(table) = tags::table(table) else { return };
    match input.up_to(0, 16) {
        Ok(header) => tags::packed(table, &header, ByteOrder::Little, sink),
        Err(e) => sink.warn(e.to_string()),
    }
}
