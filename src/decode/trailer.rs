//! Appendices behind the end of an image.

use super::Sink;
use crate::input::Input;

pub fn decode(format: &'static str, input: &Input, sink: &mut Sink) {
    let _ = (format, input, sink);
}
