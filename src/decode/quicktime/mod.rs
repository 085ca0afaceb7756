//! ISO base media and QuickTime boxes.

use super::Sink;
use crate::{input::Input, part::BoxId};

pub fn decode(id: BoxId, input: &Input, sink: &mut Sink) {
    let _ = (id, input, sink);
}
