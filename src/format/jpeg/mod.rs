//! JPEG (ITU-T T.81), JPEG-LS (T.87) and EXV, Exiv2's container of nothing but metadata segments.
//!
//! [`segments`] cuts a file into segments and scans as a decoder does, [`walk`] gives them their meaning, [`plan`] picks those
//! that a clean file consists of.

mod gainmap;
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
mod tests {
    use super::*;
    use crate::format::{Depth, Kind, Origin, Walk};

    /// A segment.
    fn segment(marker: u8, data: &[&[u8]]) -> Vec<u8> {
        let data = data.concat();
        let mut bytes = vec![0xff, marker];
        bytes.extend((data.len() as u16 + 2).to_be_bytes());
        bytes.extend(data);
        bytes
    }

    /// SOI, the segments, a frame header and a scan, EOI, a tail.
    fn file(segments: &[Vec<u8>], tail: &[u8]) -> Vec<u8> {
        let frame = segment(0xc0, &[b"\x08\0\x08\0\x08\x01\x01\x11\0"]);
        let scan = [segment(0xda, &[b"\x01\x01\0\0\x3f\0"]), b"data".to_vec()].concat();
        [b"\xff\xd8", &*segments.concat(), &frame, &scan, b"\xff\xd9", tail].concat()
    }

    fn walked(bytes: &[u8], depth: Depth) -> (Vec<(Kind, Vec<u8>)>, Walk) {
        let input = Input::from_bytes(bytes.to_vec());
        let mut walk = Walk::new(depth, probe(&input).unwrap());
        (FORMAT.walk)(&input, &mut walk).unwrap();
        let read = |o: &Origin| o.open(&input, 1 << 20).unwrap().all(1 << 20).unwrap().into_owned();
        (walk.parts.iter().map(|p| (p.kind, read(&p.origin))).collect(), walk)
    }

    #[test]
    fn segments_of_one_block_are_joined() {
        let guid = [b'A'; 32];
        let extension = |offset: u32, text: &[u8]| {
            segment(0xe1, &[b"http://ns.adobe.com/xmp/extension/\0", &guid, &8u32.to_be_bytes(), &offset.to_be_bytes(), text])
        };
        let cases: &[(&[Vec<u8>], Kind, &[u8])] = &[
            (&[segment(0xe1, &[b"Exif\0\0MM\0*"]), segment(0xe1, &[b"Exif\0\0more"])], Kind::Exif, b"MM\0*more"),
            (&[segment(0xe1, &[b"xxExif\0\0II*\0"])], Kind::Exif, b"II*\0"),
            (&[segment(0xed, &[b"Photoshop 3.0\08BI"]), segment(0xed, &[b"Photoshop 3.0\0M"])], Kind::Photoshop, b"8BIM"),
            (&[segment(0xe2, &[b"ICC_PROFILE\0\x02\x02b"]), segment(0xe2, &[b"ICC_PROFILE\0\x01\x02a"])], Kind::Icc, b"ab"),
            (&[segment(0xe2, &[b"MPF\0MM\0*"])], Kind::Mpf, b"MM\0*"),
            (
                &[segment(0xeb, &[b"JP\0\x01\0\0\0\x01\0\0\0\x0ajumbx"]), segment(0xeb, &[b"JP\0\x01\0\0\0\x02\0\0\0\x0ajumby"])],
                Kind::Jumbf,
                b"\0\0\0\x0ajumbxy",
            ),
            (&[segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0<x/>"])], Kind::Xmp, b"<x/>"),
            (
                &[segment(0xe1, &[b"FLIR\0\x01\0\x01a"]), segment(0xe1, &[b"FLIR\0\x01\x01\x01b"])],
                Kind::Jpeg(0xe1),
                b"FLIR\0\x01\0\x01ab",
            ),
        ];
        for (segments, kind, bytes) in cases {
            let (parts, _) = walked(&file(segments, b""), Depth::Headers);
            assert_eq!(parts.iter().filter(|p| !matches!(p.0, Kind::Jpeg(0xc0))).collect::<Vec<_>>(), [&(*kind, bytes.to_vec())]);
        }
        let packet = segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0<x/>", &guid]);
        let (parts, _) = walked(&file(&[packet, extension(4, b"last"), extension(0, b"1st ")], b""), Depth::Headers);
        assert!(parts.contains(&(Kind::Xmp, b"1st last".to_vec())));
    }

    #[test]
    fn two_whole_exif_blocks_stay_two() {
        let exif = segment(0xe1, &[b"Exif\0\0MM\0*"]);
        let (parts, _) = walked(&file(&[exif.clone(), exif], b""), Depth::Headers);
        assert_eq!(parts.iter().filter(|p| p.0 == Kind::Exif).count(), 2);
    }

    #[test]
    fn stacked_trailers_are_peeled_off() {
        let photo_mechanic = [&b"iptc"[..], &4u32.to_be_bytes(), b"cbipcbbl"].concat();
        let foto_station = [&b"data"[..], &1u16.to_be_bytes(), &14u32.to_be_bytes(), b"\xa1\xb2\xc3\xd4"].concat();
        let tail = [&b"unknown"[..], &photo_mechanic, &foto_station].concat();
        for depth in [Depth::Headers, Depth::Full] {
            let (parts, _) = walked(&file(&[], &tail), depth);
            assert!(parts.contains(&(Kind::Trailer("PhotoMechanic"), photo_mechanic.clone())));
            assert!(parts.contains(&(Kind::Trailer("FotoStation"), foto_station.clone())));
            assert_eq!(parts.contains(&(Kind::Opaque, b"unknown".to_vec())), depth == Depth::Full);
        }
    }

    #[test]
    fn files_are_told_apart() {
        let probed = |bytes: &[u8]| probe(&Input::from_bytes(bytes.to_vec())).map(|t| t.name);
        assert_eq!(probed(b"\xff\xd8\xff\xe0"), Some("JPEG"));
        assert_eq!(probed(b"\xff\x01Exiv2\xff\xe1"), Some("EXV"));
        assert_eq!(probed(b"\xff\xd8\x00"), None);
        assert_eq!(walked(&file(&[segment(0xe3, &[b"_JPSJPS_"])], b""), Depth::Headers).1.file_type.name, "JPS");
    }
}
