//! ISO base media and QuickTime boxes.

use super::Sink;
use crate::input::Input;

pub fn decode(fourcc: [u8; 4], input: &Input, sink: &mut Sink) {
    let _ = (fourcc, input, sink);
}
