//! RIFF chunks.

use super::Sink;
use crate::input::Input;

pub fn decode(chunk: [u8; 4], input: &Input, sink: &mut Sink) {
    let _ = (chunk, input, sink);
}
