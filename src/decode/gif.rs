//! GIF blocks.

use super::Sink;
use crate::input::Input;

pub fn decode(label: u8, input: &Input, sink: &mut Sink) {
    let _ = (label, input, sink);
}
