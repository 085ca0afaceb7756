//! ICC profile files (ICC.1:2022).

use super::{FileType, Format, Kind, Role, Walk};
use crate::{error::Result, input::Input};

pub static FORMAT: Format = Format { name: "ICC", extensions: &["icc", "icm"], probe, walk, plan: None, payload: None };

/// Profile classes (7.2.5; ICC.2:2019, 7.2.6) and the one that Nikon made up.
const CLASSES: [&[u8; 4]; 12] =
    [b"scnr", b"mntr", b"prtr", b"link", b"spac", b"abst", b"nmcl", b"nkpf", b"cenc", b"mid ", b"mlnk", b"mvis"];

/// A header with a known class and `acsp` at its place.
fn probe(input: &Input) -> Option<FileType> {
    let head = input.head().get(..132)?;
    let known = CLASSES.iter().any(|c| head[12..16] == c[..]) && &head[36..40] == b"acsp";
    known.then_some(FileType { name: "ICC", extension: "icc", mime: "application/vnd.iccprofile" })
}

fn walk(input: &Input, walk: &mut Walk) -> Result<()> {
    let size = u64::from(input.u32_be(0)?).clamp(128, input.len());
    walk.span(Kind::Icc, Role::Rendering, "ICC_Profile", 0..size)?;
    if size < input.len() {
        walk.span(Kind::Opaque, Role::Metadata, "behind the profile", size..input.len())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_known_by_class_and_signature() {
        let mut bytes = vec![0; 200];
        bytes[12..16].copy_from_slice(b"mntr");
        assert!(probe(&Input::from_bytes(bytes.clone())).is_none());
        bytes[36..40].copy_from_slice(b"acsp");
        assert_eq!(probe(&Input::from_bytes(bytes.clone())).map(|t| t.name), Some("ICC"));
        assert!(probe(&Input::from_bytes(bytes[..100].to_vec())).is_none());
        bytes[12..16].copy_from_slice(b"zzzz");
        assert!(probe(&Input::from_bytes(bytes)).is_none());
    }
}
