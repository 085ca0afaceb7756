//! Of how the picture is coded, what stays.

use super::*;

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
    let wide = s(0xdb, &[&[0x20][..], &[0, 7].repeat(64)].concat());
    // The colours of JPEG-LS: Hewlett-Packard's way, and the standard's.
    let transform = |which: u8| s(0xe8, &[b'm', b'r', b'f', b'x', which]);
    let inverse = s(0xf8, &[&[13, 0, 255, 3, 1, 0, 2][..], &[0x82, 0, 1, 0, 1].repeat(3)].concat());
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
        // One with a precision that is none: libjpeg reads two bytes for each element.
        (&[&wide, &f, &scan(0)], &[&wide, &f, &scan(0)]),
        (&[&s(0xdb, &[&wide[4..], &b"HIDDEN"[..]].concat()), &f, &scan(0)], &[&wide, &f, &scan(0)]),
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
        (&[&transform(1), &transform(2), &frame(0xf7), &scan(0), &transform(3)], &[&transform(2), &frame(0xf7), &scan(0)]),
        (&[&transform(1), &f, &scan(0)], &[&f, &scan(0)]),
        (&[&s(0xe8, b"mrfx\x01HIDDEN"), &frame(0xf7), &scan(0)], &[&frame(0xf7), &scan(0)]),
        (&[&frame(0xf7), &inverse, &scan(0)], &[&frame(0xf7), &inverse, &scan(0)]),
        (&[&frame(0xf7), &s(0xf8, &[&inverse[4..], &b"HIDDEN"[..]].concat()), &scan(0)], &[&frame(0xf7), &inverse, &scan(0)]),
        (&[&inverse, &f, &scan(0)], &[&f, &scan(0)]),
        (&[&frame(0xf7), &s(0xf8, b"\x0d\0\xff\x09HIDDEN"), &scan(0)], &[&frame(0xf7), &scan(0)]),
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
fn a_file_without_a_picture_is_refused() {
    let bytes = [&b"\xff\xd8"[..], &segment(0xfe, &[b"x"]), b"\xff\xd9"].concat();
    assert!(prepare(&Input::from_bytes(bytes), &Selection::default()).is_err());
    let exv = [&b"\xff\x01Exiv2"[..], &segment(0xe1, &[b"Exif\0\0MM"]), b"\xff\xd9"].concat();
    assert_eq!(cleaned(&exv, &Selection::default()).0, b"\xff\x01Exiv2\xff\xd9");
}
