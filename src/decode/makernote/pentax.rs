//! Pentax: what its tables cannot say (ExifTool tag name documentation, Pentax tags).

use super::super::{Sink, ifd::Reader};

/// Keeps the camera's date and time as they are stored: the shutter count, which may stand before them, is mixed with both.
pub(super) fn keep_clock(reader: &Reader, at: u64, sink: &mut Sink) {
    let Ok(directory) = reader.entries(at, &mut Sink::default()) else { return };
    for entry in &directory.entries {
        let (name, size) = match entry.tag {
            0x0006 => ("PentaxDate", 4),
            0x0007 => ("PentaxTime", 3),
            _ => continue,
        };
        let Ok(bytes) = reader.block.bytes(entry.at, entry.size.min(size)) else { continue };
        let mut whole = [0; 4];
        if let Some(start) = whole.get_mut(..bytes.len()) {
            start.copy_from_slice(&bytes);
            sink.facts.keep(name, u32::from_be_bytes(whole).into());
        }
    }
}
