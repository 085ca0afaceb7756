//! Exif: IFD0, IFD1, ExifIFD, GPS, Interop; TIFF files.

use super::Sink;
use crate::input::Input;

pub fn decode(input: &Input, sink: &mut Sink) {
    let _ = (input, sink);
}
