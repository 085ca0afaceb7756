//! JPEG (ITU-T T.81), JPEG-LS (T.87) and EXV, Exiv2's container of nothing but metadata segments.
//!
//! [`segments`] cuts a file into segments and scans as a decoder does, [`walk`] gives them their meaning, [`plan`] picks those
//! that a clean file consists of: of how the picture is coded what [`coding`] says that decoding needs.

mod boxes;
mod coding;
mod density;
mod extended;
mod gainmap;
mod jfif;
mod payload;
mod plan;
mod segments;
mod trailer;
mod walk;

use super::{FileType, Format};
use crate::input::Input;

pub static FORMAT: Format = Format {
    name: "JPEG",
    extensions: &["jpg", "jpeg", "jpe", "jfif", "jps", "mpo", "thm", "exv"],
    probe,
    walk: walk::walk,
    plan: Some(plan::plan),
    payload: Some(payload::payload),
};

const JPEG: FileType = FileType { name: "JPEG", extension: "jpg", mime: "image/jpeg" };
/// Stereo JPEG: told by its APP3 segment.
const JPS: FileType = FileType { name: "JPS", extension: "jps", mime: "image/x-jps" };
const EXV: FileType = FileType { name: "EXV", extension: "exv", mime: "image/x-exv" };

/// What an EXV file has instead of SOI.
const EXV_MAGIC: &[u8] = b"\xff\x01Exiv2";

fn probe(input: &Input) -> Option<FileType> {
    if input.starts_with(b"\xff\xd8\xff") {
        Some(JPEG)
    } else if input.starts_with(EXV_MAGIC) {
        Some(EXV)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
