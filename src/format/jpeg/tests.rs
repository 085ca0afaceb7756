//! The walk and the plan on files that are built here.

mod coding;
mod kept;

use super::*;
use crate::{
    encode::jpeg::segment,
    engine::removal::{Prepared, prepare},
    error::Result,
    format::{Depth, Keep, Kind, Origin, Selection, Walk},
};
use kept::ultra_hdr;
use proptest::prelude::*;

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

/// The clean form of a file, and what the removal says; proved like any.
fn cleaned(bytes: &[u8], selection: &Selection) -> (Vec<u8>, Prepared) {
    let (output, prepared, proof) = removed(bytes, selection);
    proof.unwrap_or_else(|e| panic!("{e}: {bytes:02x?}"));
    (output, prepared)
}

fn removed(bytes: &[u8], selection: &Selection) -> (Vec<u8>, Prepared, Result<()>) {
    let prepared = prepare(&Input::from_bytes(bytes.to_vec()), selection).unwrap();
    let mut out = tempfile::tempfile().unwrap();
    prepared.write(&mut out).unwrap();
    std::io::Seek::rewind(&mut out).unwrap();
    let output = Input::from_file(out).unwrap();
    let proof = prepared.verify(&output);
    (output.all(1 << 30).unwrap().into_owned(), prepared, proof)
}

fn keep(what: &[Keep]) -> Selection {
    Selection { keep: what.iter().copied().collect(), ..Selection::none() }
}

const ADOBE: &[u8] = b"Adobe\0\x64\0\0\0\0\x01";
/// Boxes of JPEG XT.
const FILE_TYPE: &[u8] = b"JP\0\x01\0\0\0\x01\0\0\0\x14ftypjpxt\0\0\0\0jpxt";
const RESIDUAL: &[u8] = b"JP\0\x01\0\0\0\x01\0\0\0\x09RESIx";
const JFIF: &[u8] = b"JFIF\0\x01\x01\x01\0\x48\0\x48\0\0";

/// An Exif block of one directory with one entry of format SHORT.
fn short(tag: u16, value: u16) -> Vec<u8> {
    [b"MM\0*\0\0\0\x08\0\x01", &tag.to_be_bytes()[..], b"\0\x03\0\0\0\x01", &value.to_be_bytes(), &[0; 6]].concat()
}

/// A profile that is one by its header.
fn profile(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    bytes[..4].copy_from_slice(&(length as u32).to_be_bytes());
    bytes[36..40].copy_from_slice(b"acsp");
    bytes
}

#[test]
fn only_what_shows_the_picture_stays() {
    let s = segment;
    // Before, after.
    let cases: &[(Vec<Vec<u8>>, Vec<Vec<u8>>)] = &[
        (vec![s(0xfe, &[b"comment"]), s(0xe1, &[b"Exif\0\0", &short(0x112, 1)])], vec![]),
        (vec![s(0xe0, &[JFIF, b"thumbnail"]), s(0xe0, &[b"JFXX\0\x10"])], vec![s(0xe0, &[JFIF])]),
        (vec![s(0xee, &[ADOBE, b"hidden"]), s(0xee, &[b"Other"])], vec![s(0xee, &[ADOBE])]),
        (vec![s(0xe1, &[b"Exif\0\0", &short(0x112, 6), b"junk"])], vec![s(0xe1, &[b"Exif\0\0", &short(0x112, 6)])]),
        // The first block turns the image, whatever a second one says.
        (
            vec![s(0xe1, &[b"Exif\0\0", &short(0x112, 6)]), s(0xe1, &[b"Exif\0\0", &short(0x112, 3)])],
            vec![s(0xe1, &[b"Exif\0\0", &short(0x112, 6)])],
        ),
        (vec![s(0xe1, &[b"Exif\0\0", &short(0x112, 1)]), s(0xe1, &[b"Exif\0\0", &short(0x112, 3)])], vec![]),
        // Chunks out of order, and one that is not of the profile.
        (
            vec![
                s(0xe2, &[b"ICC_PROFILE\0\x02\x02", &profile(200)[100..]]),
                s(0xe2, &[b"ICC_PROFILE\0\x01\x02", &profile(200)[..100]]),
                s(0xe2, &[b"ICC_PROFILE\0\x01\x02stray"]),
            ],
            vec![
                s(0xe2, &[b"ICC_PROFILE\0\x01\x02", &profile(200)[..100]]),
                s(0xe2, &[b"ICC_PROFILE\0\x02\x02", &profile(200)[100..]]),
            ],
        ),
        // Behind the end of a profile.
        (
            vec![
                s(0xe2, &[b"ICC_PROFILE\0\x01\x03", &profile(200)[..100]]),
                s(0xe2, &[b"ICC_PROFILE\0\x02\x03", &profile(200)[100..], b"hidden"]),
                s(0xe2, &[b"ICC_PROFILE\0\x03\x03hidden"]),
            ],
            vec![
                s(0xe2, &[b"ICC_PROFILE\0\x01\x02", &profile(200)[..100]]),
                s(0xe2, &[b"ICC_PROFILE\0\x02\x02", &profile(200)[100..]]),
            ],
        ),
        (
            vec![s(0xdd, &[b"\0\x04"]), b"junk".to_vec(), b"\xff\xff\xff".to_vec(), s(0xdd, &[b"\0\x05"])],
            vec![s(0xdd, &[b"\0\x05"])],
        ),
        (vec![s(0xeb, &[b"JP\0\x01\0\0\0\x01\0\0\0\x09jumbc"])], vec![]),
        // JPEG XT: part of the picture, if it is one.
        (vec![s(0xeb, &[RESIDUAL])], vec![]),
        (vec![s(0xeb, &[FILE_TYPE]), s(0xeb, &[RESIDUAL])], vec![s(0xeb, &[FILE_TYPE]), s(0xeb, &[RESIDUAL])]),
        (vec![s(0xeb, &[FILE_TYPE]), s(0xeb, &[RESIDUAL, b"behind"])], vec![s(0xeb, &[FILE_TYPE]), s(0xeb, &[RESIDUAL])]),
        (vec![s(0xef, &[b"Q 90"]), s(0xe5, &[b"x"])], vec![]),
    ];
    for (before, after) in cases {
        let clean = file(after, b"");
        let (output, prepared) = cleaned(&file(before, b"tail"), &Selection::default());
        assert_eq!(output, clean, "{before:02x?}");
        assert!(!prepared.is_clean() && !prepared.findings().is_empty() && !prepared.removed().is_empty());
        assert!(cleaned(&clean, &Selection::default()).1.is_clean());
    }
}

/// A file behind the end that goes is named, also where nothing is known of what is in it.
#[test]
fn files_behind_the_end_are_findings() {
    let turned = segment(0xe1, &[b"Exif\0\0", &short(0x112, 6)]);
    for (inner, name, value) in [
        (segment(0xfe, &[b"a comment in it"]), "Comment", "a comment in it"),
        (turned.clone(), "embedded file", ""),
        (vec![], "embedded file", ""),
    ] {
        let bytes = file(std::slice::from_ref(&turned), &file(&[inner], b""));
        let (_, prepared) = cleaned(&bytes, &Selection::default());
        let findings = prepared.findings();
        assert_eq!(findings.iter().map(|f| (&f.name[..], &f.value[..])).collect::<Vec<_>>(), [(name, value)]);
    }
}

/// Segments by the ten thousand, each of a block of its own.
#[test]
fn many_blocks_take_no_longer_than_their_bytes() {
    let began = std::time::Instant::now();
    let packet = segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", &[b' '; 60_000], &[b'A'; 32]]);
    let mut segments = vec![packet; 50];
    for i in 0u32..40_000 {
        let guid = format!("{i:032X}");
        segments.push(segment(0xe1, &[b"http://ns.adobe.com/xmp/extension/\0", guid.as_bytes(), &[0; 8], b"x"]));
    }
    for sequence in [1u32, 2] {
        for i in 0..=u16::MAX {
            segments.push(segment(0xeb, &[b"JP", &i.to_be_bytes(), &sequence.to_be_bytes(), b"\0\0\0\x0ajumbx"]));
        }
    }
    let (parts, _) = walked(&file(&segments, b""), Depth::Headers);
    assert_eq!(parts.iter().filter(|p| p.0 == Kind::Jumbf).count(), 65_536);
    assert_eq!(parts.iter().filter(|p| p.0 == Kind::Opaque).count(), 40_000);
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

fn everything() -> Selection {
    let keep = [
        Keep::Icc,
        Keep::Orientation,
        Keep::Density,
        Keep::Gainmap,
        Keep::Copyright,
        Keep::Dates,
        Keep::Title,
        Keep::Thumbnail,
        Keep::C2pa,
    ];
    Selection { keep: keep.into(), tags: vec!["make".into()], nesting: 0 }
}

/// Whatever can be cleaned is clean afterwards, and shows the same. A damaged marker can make a text part of the picture:
/// then the search finds it, and the file is refused.
fn holds(bytes: &[u8]) {
    let mut walk = Walk::new(Depth::Headers, JPEG);
    let _ = (FORMAT.walk)(&Input::from_bytes(bytes.to_vec()), &mut walk);
    for selection in [Selection::default(), Selection::strict(), Selection::none(), everything()] {
        if prepare(&Input::from_bytes(bytes.to_vec()), &selection).is_ok() {
            let proof = removed(bytes, &selection).2;
            assert!(
                proof.as_ref().map_or_else(|e| e.to_string().ends_with("is still in the output"), |()| true),
                "{proof:?}, {selection:?}: {bytes:02x?}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 500, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_hold(bytes in prop::collection::vec(prop_oneof![Just(0xffu8), Just(0xd8), Just(0xda), Just(0xd9), Just(0), any::<u8>()], 0..400)) {
        holds(&[b"\xff\xd8\xff", &bytes[..]].concat());
    }

    #[test]
    fn damaged_files_hold(at in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12), cut in any::<prop::sample::Index>(), iso in any::<bool>()) {
        let exif = segment(0xe1, &[b"Exif\0\0", &short(0x112, 6)]);
        let icc = segment(0xe2, &[b"ICC_PROFILE\0\x01\x01", &profile(140)]);
        let c2pa = segment(0xeb, &[b"JP\0\x01\0\0\0\x01\0\0\0\x0ajumbx"]);
        let head = [exif, segment(0xe0, &[JFIF]), icc, c2pa, segment(0xee, &[ADOBE])].concat();
        let hdr = ultra_hdr(iso);
        let mut bytes = [&hdr[..2], &head, &hdr[2..]].concat();
        for (index, value) in at {
            let i = index.index(bytes.len());
            bytes[i] = value;
        }
        holds(&bytes[..cut.index(bytes.len()) + 1]);
        holds(&bytes);
    }
}
