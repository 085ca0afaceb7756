//! JPEG segments.

use img_parts::jpeg::JpegSegment;

/// So many bytes fit into one segment behind its length.
pub const MAX_SEGMENT: usize = 0xffff - 2;

/// A segment: marker, length, contents. Contents that are too long are cut: callers split before.
pub fn segment(marker: u8, contents: &[&[u8]]) -> Vec<u8> {
    let mut joined = contents.concat();
    joined.truncate(MAX_SEGMENT);
    JpegSegment::new_with_contents(marker, joined.into()).encoder().bytes().to_vec()
}
