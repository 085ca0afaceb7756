//! Multi-Picture Format (CIPA DC-007).

use super::Sink;
use crate::input::Input;

pub fn decode(input: &Input, sink: &mut Sink) {
    let _ = (input, sink);
}
