//! JPEG segments that are no other standard: frame header, JFIF, Adobe, comment, APPn of makers.

use super::Sink;
use crate::input::Input;

pub fn decode(marker: u8, input: &Input, sink: &mut Sink) {
    let _ = (marker, input, sink);
}
