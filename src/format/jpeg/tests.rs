//! The walk and the plan on files that are built here.

use super::*;
use crate::{
    encode::jpeg::segment,
    engine::removal::{Prepared, prepare},
    error::Result,
    format::{Depth, Keep, Kind, Origin, Selection, Walk},
};
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

#[test]
fn nothing_survives_between_scans_or_behind_the_end() {
    let scan = [segment(0xda, &[b"\x01\x01\0\0\x3f\0"]), b"scan\xff\0\xff\xd0more".to_vec()].concat();
    let hidden = [segment(0xfe, &[b"hidden"]), segment(0xe1, &[b"Exif\0\0", &short(0x112, 6)])].concat();
    let dnl = segment(0xdc, &[b"\0\x08"]);
    let frame = segment(0xc2, &[b"\x08\0\0\0\x08\x01\x01\x11\0"]);
    let before = [b"\xff\xd8", &frame[..], &scan, &dnl, &hidden, &scan, b"\xff\xd9", &scan].concat();
    let after = [b"\xff\xd8", &frame[..], &scan, &dnl, &scan, b"\xff\xd9"].concat();
    assert_eq!(cleaned(&before, &Selection::default()).0, after);
    // A file that was cut is said to be, and gets its end.
    for cut in [&after[..after.len() - 2], &before[..before.len() - 2 - scan.len() - 1]] {
        let (output, prepared) = cleaned(cut, &Selection::default());
        assert!(output.ends_with(b"more\xff\xd9") || output.ends_with(b"mor\xff\xd9"), "{output:02x?}");
        assert!(prepared.warnings().iter().any(|w| w.text == "the file ends before the image does"));
    }
}

#[test]
fn a_profile_that_is_none_goes_and_that_is_said() {
    let bare = file(&[], b"");
    for bytes in [&profile(131)[..], &profile(200)[..199], &[b'x'; 200]] {
        let before = file(&[segment(0xe2, &[b"ICC_PROFILE\0\x01\x01", bytes])], b"");
        let said = |selection| {
            let (output, prepared) = cleaned(&before, &selection);
            assert_eq!(output, bare);
            prepared.warnings().iter().map(|w| format!("{}: {}", w.place, w.text)).collect::<Vec<_>>()
        };
        assert_eq!(said(Selection::default()), ["ICC: goes as a whole: it is no whole ICC profile"]);
        assert!(said(Selection::none()).is_empty());
    }
}

/// Of how the picture is coded only that stays which a decoder needs, in the length that it has.
#[test]
fn tables_are_those_that_scans_need() {
    let s = |marker: u8, data: &[u8]| segment(marker, &[data]);
    let quantization = |name: u8| [&[name][..], &[7; 64]].concat();
    let huffman = |name: u8, values: &[u8]| [&[name, values.len() as u8][..], &[0; 15], values].concat();
    let scan = |selector: u8| [s(0xda, &[1, 1, selector, 0, 63, 0]), b"data".to_vec()].concat();
    let frame = |marker: u8| s(marker, b"\x08\0\x08\0\x08\x01\x01\x11\0");
    let join = |parts: &[&[u8]]| [&[&b"\xff\xd8"[..]], parts, &[b"\xff\xd9"]].concat().concat();
    let (q, h, f) = (s(0xdb, &quantization(0)), s(0xc4, &huffman(0, b"dc")), frame(0xc0));
    let preset = s(0xf8, &[1, 0, 255, 0, 3, 0, 7, 0, 21, 0, 64]);
    let conditioned = s(0xcc, &[0, 0x10]);
    let lines = s(0xdc, &[0, 8]);
    let (size, expand) = (s(0xde, b"\x08\0\x08\0\x08\x01\x01\x11\0"), s(0xdf, &[0x11]));
    // Before, after.
    let cases: &[(&[&[u8]], &[&[u8]])] = &[
        (&[&q, &f, &h, &scan(0)], &[&q, &f, &h, &scan(0)]),
        // Behind the end: of tables, headers, numbers.
        (&[&s(0xdb, &[&quantization(0), &b"HIDDEN"[..]].concat()), &f, &scan(0)], &[&q, &f, &scan(0)]),
        (&[&s(0xc4, &[&huffman(0, b"dc"), &b"HIDDEN"[..]].concat()), &f, &scan(0)], &[&h, &f, &scan(0)]),
        (&[&s(0xc0, b"\x08\0\x08\0\x08\x01\x01\x11\0HIDDEN"), &scan(0)], &[&f, &scan(0)]),
        (&[&f, &s(0xda, b"\x01\x01\0\0\x3f\0HIDDEN"), b"data"], &[&f, &scan(0)]),
        (&[&s(0xdd, b"\0\x04HIDDEN"), &f, &scan(0)], &[&s(0xdd, b"\0\x04"), &f, &scan(0)]),
        (&[&f, &scan(0), &s(0xdc, b"\0\x08HIDDEN")], &[&f, &scan(0), &lines]),
        (&[&s(0xdb, &[&quantization(0), &b"\0HIDDEN"[..]].concat()), &f, &scan(0)], &[&q, &f, &scan(0)]),
        // libjpeg's table of a block of 2 by 2.
        (&[&s(0xdb, b"\0abcd"), &f, &scan(0)], &[&s(0xdb, b"\0abcd"), &f, &scan(0)]),
        // A table that nothing refers to, alone and beside others; one that is defined again before it is used.
        (&[&s(0xdb, &quantization(3)), &q, &f, &scan(0)], &[&q, &f, &scan(0)]),
        (&[&s(0xdb, &[quantization(3), quantization(0)].concat()), &f, &scan(0)], &[&q, &f, &scan(0)]),
        (&[&s(0xc4, &huffman(0x13, b"HIDDEN")), &h, &f, &scan(0)], &[&h, &f, &scan(0)]),
        (&[&s(0xc4, &huffman(0, b"HIDDEN")), &h, &f, &scan(0)], &[&h, &f, &scan(0)]),
        // Between scans they stay, behind the last they go.
        (&[&f, &scan(0), &h, &scan(0), &h, &q], &[&f, &scan(0), &h, &scan(0)]),
        (&[&f, &scan(0), &f], &[&f, &scan(0)]),
        (&[&frame(0xc3), &f, &scan(0)], &[&f, &scan(0)]),
        // Lines: behind the first scan.
        (&[&lines, &f, &scan(0), &lines, &lines, &scan(0), &lines], &[&f, &scan(0), &lines, &scan(0)]),
        // Of another coding process.
        (&[&conditioned, &preset, &size, &expand, &f, &scan(0)], &[&f, &scan(0)]),
        (&[&conditioned, &h, &frame(0xc9), &scan(0)], &[&conditioned, &frame(0xc9), &scan(0)]),
        (
            &[&s(0xcc, &[0, 0x10, 0x11, 5, 0x99, 1]), &frame(0xc9), &scan(1)],
            &[&s(0xcc, &[0, 0x10, 0x11, 5]), &frame(0xc9), &scan(1)],
        ),
        (&[&frame(0xf7), &preset, &h, &scan(0)], &[&frame(0xf7), &preset, &scan(0)]),
        (
            &[&frame(0xf7), &s(0xf8, b"\x02\x05\x02abcdX"), &s(0xf8, b"\x02\x06\x01HIDDEN"), &scan(5)],
            &[&frame(0xf7), &s(0xf8, b"\x02\x05\x02abcd"), &scan(5)],
        ),
        (&[&size, &f, &scan(0), &expand, &frame(0xc5), &scan(0)], &[&size, &f, &scan(0), &expand, &frame(0xc5), &scan(0)]),
        // Markers that no coding process has.
        (&[&s(0xf0, b"HIDDEN"), &s(0xfd, b"HIDDEN"), &s(0xc8, b"HIDDEN"), &f, &scan(0), &s(0xf9, b"HIDDEN")], &[&f, &scan(0)]),
    ];
    for (before, after) in cases {
        let (before, after) = (join(before), join(after));
        let (output, prepared) = cleaned(&before, &Selection::default());
        assert_eq!(output, after, "{before:02x?}");
        assert_eq!(prepared.is_clean(), before == after);
        assert!(prepared.findings().iter().all(|f| f.class.as_str() == "other"), "{:?}", prepared.findings());
        assert_eq!(prepared.findings().is_empty(), before == after);
        assert!(cleaned(&after, &Selection::default()).1.is_clean());
    }
}

/// Files are not held in memory, whatever their size: neither scans nor what stands behind the image.
#[test]
fn large_files_are_read_in_windows() {
    let mut whole = tempfile::tempfile().unwrap();
    let scan = vec![b'x'; 1 << 20];
    let bytes = file(&[], b"");
    let clean = [&bytes[..bytes.len() - 2], &scan, b"\xff\x00y\xff\xd9"].concat();
    std::io::Write::write_all(&mut whole, &clean).unwrap();
    whole.set_len(crate::input::MAX_BLOCK + (1 << 20)).unwrap();
    let prepared = prepare(&Input::from_file(whole).unwrap(), &Selection::default()).unwrap();
    let mut out = tempfile::tempfile().unwrap();
    prepared.write(&mut out).unwrap();
    let output = Input::from_file(out).unwrap();
    prepared.verify(&output).unwrap();
    assert!(*output.all(1 << 30).unwrap() == *clean);
}

#[test]
fn what_decoders_cannot_read_is_refused() {
    let scan = segment(0xda, &[b"\x01\x01\0\0\x3f\0"]);
    let frame = segment(0xc0, &[b"\x08\0\x08\0\x08\x01\x01\x11\0"]);
    let join = |parts: &[&[u8]]| [&b"\xff\xd8"[..], &parts.concat(), b"\xff\xd9"].concat();
    for bytes in [join(&[&scan, &frame]), join(&[&frame[..8], &scan]), join(&[&frame, &segment(0xda, &[b"\x09\x01"]), &scan])] {
        assert!(prepare(&Input::from_bytes(bytes), &Selection::default()).is_err());
    }
}

#[test]
fn the_selection_decides() {
    let c2pa =
        [segment(0xeb, &[b"JP\0\x01\0\0\0\x01\0\0\0\x0ajumbx"]), segment(0xeb, &[b"JP\0\x01\0\0\0\x02\0\0\0\x0ajumby"])].concat();
    let iptc = |datasets: &[&[u8]]| segment(0xed, &[b"Photoshop 3.0\0", &crate::encode::iptc::resource(&datasets.concat())]);
    let by_line: &[u8] = b"\x1c\x02\x50\0\x04Name";
    let neutral = segment(0xe0, &[b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"]);
    let icc = segment(0xe2, &[b"ICC_PROFILE\0\x01\x01", &profile(140)]);
    // Segment, selection, what of it stays, its name.
    let cases: &[(&[u8], Selection, &[u8], &[&str])] = &[
        (&c2pa, keep(&[Keep::C2pa]), &c2pa, &["c2pa"]),
        (&c2pa, Selection::default(), b"", &[]),
        (&segment(0xe0, &[JFIF]), keep(&[]), &neutral, &[]),
        (&segment(0xe0, &[JFIF]), keep(&[Keep::Density]), &segment(0xe0, &[JFIF]), &["density"]),
        (&icc, keep(&[]), b"", &[]),
        (&icc, keep(&[Keep::Icc]), &icc, &["icc"]),
        (&iptc(&[by_line, b"\x1c\x02\x5a\0\x05Paris"]), keep(&[Keep::Copyright]), &iptc(&[by_line]), &["copyright"]),
        (&segment(0xe1, &[b"Exif\0\0", &short(0x112, 8)]), keep(&[]), b"", &[]),
    ];
    for (before, selection, after, kept) in cases {
        let (output, prepared) = cleaned(&file(&[before.to_vec()], b""), selection);
        assert_eq!(output, file(&[after.to_vec()], b""), "{selection:?}");
        assert_eq!(prepared.kept(), *kept);
    }
}

/// An Exif block of a density, and of an orientation before it.
fn dense(turn: Option<u16>, x: u32, y: u32, unit: u16) -> Vec<u8> {
    let entries = 3 + u16::from(turn.is_some());
    let at = 8 + 2 + 12 * u32::from(entries) + 4;
    let turn = turn.map(|turn| [&b"\x01\x12\0\x03\0\0\0\x01"[..], &turn.to_be_bytes(), &[0; 2]].concat()).unwrap_or_default();
    let resolution = |tag: u8, at: u32| [&[1, tag, 0, 5, 0, 0, 0, 1][..], &at.to_be_bytes()].concat();
    let head =
        [&b"MM\0*\0\0\0\x08"[..], &entries.to_be_bytes(), &turn, &resolution(0x1a, at), &resolution(0x1b, at + 8)].concat();
    let unit = [&b"\x01\x28\0\x03\0\0\0\x01"[..], &unit.to_be_bytes(), &[0; 6]].concat();
    let value = |v: u32| [v.to_be_bytes(), 1u32.to_be_bytes()].concat();
    [head, unit, value(x), value(y)].concat()
}

/// The density stays where all readers look for it, unless colours would change.
#[test]
fn a_density_stays() {
    let exif = |block: Vec<u8>| segment(0xe1, &[b"Exif\0\0", &block]);
    let jfif =
        |unit: u8, x: u16, y: u16| segment(0xe0, &[b"JFIF\0\x01\x02", &[unit], &x.to_be_bytes(), &y.to_be_bytes(), &[0, 0]]);
    let adobe = |transform: u8| segment(0xee, &[b"Adobe\0\x64\0\0\0\0", &[transform]]);
    let resolution = segment(
        0xed,
        &[
            b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\0",
            b"8BIM\x03\xed\0\0\0\0\0\x10",
            b"\x01\x2c\x80\0\0\x01\0\x01\x01\x2c\0\0\0\x01\0\x01",
        ],
    );
    let (grey, colour): (&[u8], &[u8]) = (b"\x01\x01\x11\0", b"\x03\x01\x11\0\x02\x11\0\x03\x11\0");
    let rgb = b"\x03R\x11\0G\x11\0B\x11\0";
    let cmyk = b"\x04\x01\x11\0\x02\x11\0\x03\x11\0\x04\x11\0";
    let of = |components: &[u8], segments: &[Vec<u8>]| {
        let frame = segment(0xc0, &[b"\x08\0\x08\0\x08", components]);
        let scan = [segment(0xda, &[b"\x01\x01\0\0\x3f\0"]), b"data".to_vec()].concat();
        [b"\xff\xd8", &*segments.concat(), &frame, &scan, b"\xff\xd9"].concat()
    };
    // Components, before, after.
    let cases: &[(&[u8], Vec<Vec<u8>>, Vec<Vec<u8>>)] = &[
        (grey, vec![exif(dense(None, 300, 200, 2))], vec![jfif(1, 300, 200)]),
        (colour, vec![exif(dense(Some(6), 118, 118, 3))], vec![jfif(2, 118, 118), exif(short(0x112, 6))]),
        (colour, vec![adobe(1), exif(dense(None, 300, 300, 2))], vec![jfif(1, 300, 300), adobe(1)]),
        // A segment that says nothing; one that does.
        (colour, vec![jfif(0, 1, 1), exif(dense(None, 300, 300, 2))], vec![jfif(1, 300, 300)]),
        (colour, vec![jfif(1, 72, 72), exif(dense(None, 300, 300, 2))], vec![jfif(1, 72, 72)]),
        (colour, vec![jfif(7, 72, 72)], vec![jfif(0, 1, 1)]),
        // JFIF would say that these are YCbCr.
        (rgb, vec![exif(dense(Some(6), 300, 200, 2))], vec![exif(dense(Some(6), 300, 200, 2))]),
        (colour, vec![adobe(0), exif(dense(None, 300, 200, 2))], vec![adobe(0), exif(dense(None, 300, 200, 2))]),
        (cmyk, vec![adobe(2), exif(dense(None, 300, 200, 2))], vec![adobe(2), exif(dense(None, 300, 200, 2))]),
        // Photoshop's, of 300.5 and 300.
        (colour, vec![resolution.clone()], vec![jfif(1, 301, 300)]),
        (colour, vec![resolution.clone(), exif(dense(None, 96, 96, 2))], vec![jfif(1, 96, 96)]),
        // What is none: of no unit and square, zero, of an unknown unit.
        (colour, vec![exif(dense(None, 5, 5, 1))], vec![]),
        (colour, vec![exif(dense(None, 4, 3, 1))], vec![jfif(0, 4, 3)]),
        (colour, vec![exif(dense(None, 0, 72, 2))], vec![]),
        (colour, vec![exif(dense(None, 72, 72, 9))], vec![]),
    ];
    for (components, before, after) in cases {
        let (output, prepared) = cleaned(&of(components, before), &Selection::default());
        assert_eq!(output, of(components, after), "{before:02x?}");
        let stays = after.iter().any(|s| s[1] == 0xe0 && *s != jfif(0, 1, 1) || s.len() > 60);
        assert_eq!(prepared.kept().contains(&"density".to_owned()), stays, "{before:02x?}");
        assert!(prepared.findings().iter().all(|f| !f.name.ends_with("Resolution") || !stays));
        let rewritten = *before == [jfif(7, 72, 72)];
        assert_eq!(prepared.removed().contains(&"jfif".to_owned()), rewritten, "{before:02x?}");
        assert!(cleaned(&output, &Selection::default()).1.is_clean());
        for selection in [Selection::none(), Selection::strict()] {
            assert!(!cleaned(&of(components, before), &selection).1.kept().contains(&"density".to_owned()));
        }
    }
    // Without an Exif block one is written.
    let (output, _) = cleaned(&of(cmyk, &[adobe(2), resolution]), &Selection::default());
    assert!(output.starts_with(b"\xff\xd8\xff\xe1\0\x4aExif\0\0MM\0*"), "{output:02x?}");
    assert!(cleaned(&output, &Selection::default()).1.is_clean());
}

#[test]
fn thumbnails_of_jfif_stay_when_they_are_asked_for() {
    let s = |contents: &[&[u8]]| segment(0xe0, contents);
    let plain = [JFIF, b""];
    let small = file(&[], b"");
    let commented = file(&[segment(0xfe, &[b"a comment in it"])], b"");
    let jfif_with = |pixels: &[u8]| s(&[&JFIF[..12], &[1, 2], pixels]);
    let lost = |output: &[u8], prepared: &Prepared| {
        assert!(memchr::memmem::find(output, b"JFXX").is_none());
        prepared.warnings().iter().any(|w| w.text.starts_with("the thumbnail goes"))
    };
    // Before, after.
    let cases = [
        (vec![s(&plain), s(&[b"JFXX\0\x10", &commented])], vec![s(&plain), s(&[b"JFXX\0\x10", &small])]),
        (
            vec![s(&plain), s(&[b"JFXX\0\x13\x01\x02", b"rgbrgb", b"behind"])],
            vec![s(&plain), s(&[b"JFXX\0\x13\x01\x02", b"rgbrgb"])],
        ),
        (vec![s(&plain), s(&[b"JFXX\0\x11\x01\x02", &[9; 770]])], vec![s(&plain), s(&[b"JFXX\0\x11\x01\x02", &[9; 770]])]),
        (vec![jfif_with(b"rgbrgb behind")], vec![jfif_with(b"rgbrgb")]),
    ];
    let asked = keep(&[Keep::Density, Keep::Thumbnail]);
    for (before, after) in cases {
        let (output, prepared) = cleaned(&file(&before, b""), &asked);
        assert_eq!(output, file(&after, b""), "{before:02x?}");
        assert_eq!(prepared.kept(), ["density", "thumbnail"]);
        assert_eq!(cleaned(&file(&before, b""), &Selection::default()).0, file(&[s(&plain)], b""));
    }
    for none in [&b"JFXX\0\x10no picture"[..], b"JFXX\0\x13\x01\x02short", b"JFXX\0\x11\0\0"] {
        let (output, prepared) = cleaned(&file(&[s(&plain), s(&[none])], b""), &asked);
        assert!(lost(&output, &prepared), "{none:02x?}");
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

#[test]
fn a_kept_thumbnail_is_cleaned() {
    let thumbnail = file(&[segment(0xfe, &[b"a comment in it"])], b"");
    let clean = file(&[], b"");
    // IFD0 with an orientation, IFD1 with offset and length of the thumbnail behind it.
    let exif = [
        &b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\x1a"[..],
        b"\0\x02\x02\x01\0\x04\0\0\0\x01\0\0\0\x38\x02\x02\0\x04\0\0\0\x01",
        &(thumbnail.len() as u32).to_be_bytes(),
        b"\0\0\0\0",
        &thumbnail,
    ]
    .concat();
    let (output, prepared) =
        cleaned(&file(&[segment(0xe1, &[b"Exif\0\0", &exif])], b""), &keep(&[Keep::Orientation, Keep::Thumbnail]));
    assert_eq!(prepared.kept(), ["orientation", "thumbnail"]);
    assert!(memchr::memmem::find(&output, &clean).is_some());
    // The block ends a byte too early; it has no picture at all.
    let keep = keep(&[Keep::Thumbnail]);
    let (output, prepared) = cleaned(&file(&[segment(0xe1, &[b"Exif\0\0", &exif[..exif.len() - 1]])], b""), &keep);
    assert_eq!(prepared.kept(), ["thumbnail"]);
    assert!(memchr::memmem::find(&output, &[&clean[..clean.len() - 1], b"\xff\xd9"].concat()).is_some());
    let (_, prepared) = cleaned(&file(&[segment(0xe1, &[b"Exif\0\0", &exif[..exif.len() - 40]])], b""), &keep);
    assert!(prepared.warnings().iter().any(|w| w.text.starts_with("the thumbnail goes")));
}

/// A main image and a gain map, both with a comment.
fn ultra_hdr(iso: bool) -> Vec<u8> {
    let xmp = |text: &str| segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", text.as_bytes()]);
    let description = |rest: &str| {
        xmp(&format!(
            "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description \
             xmlns:dc='http://purl.org/dc/elements/1.1/' dc:source='private' dc:format='image/jpeg' xmlns:hdrgm='http://ns.adobe.com/hdr-gain-map/1.0/' \
             hdrgm:Version='1.0'>{rest}</rdf:Description></rdf:RDF></x:xmpmeta>"
        ))
    };
    let urn = b"urn:iso:std:iso:ts:21496:-1\0";
    let comment = segment(0xfe, &[b"private"]);
    let numbers = segment(0xe2, &[urn, &[0, 0, 0, 0, 0x40], &[1; 56], b"private"]);
    let per_channel =
        "<hdrgm:GainMapMax><rdf:Seq><rdf:li>1</rdf:li><rdf:li>2.5</rdf:li><rdf:li>private</rdf:li></rdf:Seq></hdrgm:GainMapMax>";
    let gainmap = file(&[if iso { numbers } else { description(per_channel) }, comment.clone()], b"");
    let main = if iso { segment(0xe2, &[urn, &[0; 4], b"private"]) } else { description("<dc:creator>private</dc:creator>") };
    file(&[main, segment(0xe2, &[b"MPF\0private"]), comment], &[&gainmap[..], b"private"].concat())
}

#[test]
fn a_gain_map_stays_and_is_cleaned() {
    for iso in [false, true] {
        let before = ultra_hdr(iso);
        let (output, prepared) = cleaned(&before, &Selection::default());
        assert_eq!(prepared.kept(), ["gainmap"]);
        assert_eq!(memchr::memmem::find(&output, b"private"), None);
        // The second entry of the fresh MPF block says where the gain map is.
        let header = memchr::memmem::find(&output, b"MPF\0").unwrap() + 4;
        let number = |at: usize| u32::from_be_bytes(output[at..at + 4].try_into().unwrap()) as usize;
        let entry = header + 50 + 16;
        let start = header + number(entry + 8);
        assert!(output[start..].starts_with(b"\xff\xd8") && output[..start].ends_with(b"\xff\xd9"));
        assert_eq!(start + number(entry + 4), output.len());
        assert_eq!(number(header + 50 + 4), start);
        if !iso {
            let length = format!("Item:Length=\"{}\"", output.len() - start);
            assert!(memchr::memmem::find(&output, length.as_bytes()).is_some());
            assert!(memchr::memmem::find(&output, b"<rdf:li>1</rdf:li><rdf:li>2.5</rdf:li></rdf:Seq>").is_some());
        }
        let plain = cleaned(&before, &Selection::strict()).0;
        assert_eq!(plain, file(&[], b""));
    }
}

#[test]
fn a_file_without_a_picture_is_refused() {
    let bytes = [&b"\xff\xd8"[..], &segment(0xfe, &[b"x"]), b"\xff\xd9"].concat();
    assert!(prepare(&Input::from_bytes(bytes), &Selection::default()).is_err());
    let exv = [&b"\xff\x01Exiv2"[..], &segment(0xe1, &[b"Exif\0\0MM"]), b"\xff\xd9"].concat();
    assert_eq!(cleaned(&exv, &Selection::default()).0, b"\xff\x01Exiv2\xff\xd9");
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
            assert!(proof.as_ref().map_or_else(|e| e.to_string().ends_with("is still in the output"), |()| true), "{proof:?}");
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
