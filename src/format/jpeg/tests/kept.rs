//! Of the metadata, what stays by default and when it is asked for.

use super::*;

#[test]
fn a_profile_that_is_none_goes_and_that_is_said() {
    let bare = file(&[], b"");
    for bytes in [&profile(131)[..], &profile(200)[..199], &[b'x'; 200]] {
        let before = file(&[segment(0xe2, &[b"ICC_PROFILE\0\x01\x01", bytes])], b"");
        let said = |selection| {
            let (output, prepared) = cleaned(&before, &selection);
            assert_eq!(output, bare);
            prepared.lost().iter().map(|w| format!("{}: {}", w.place, w.text)).collect::<Vec<_>>()
        };
        assert_eq!(said(Selection::default()), ["ICC: goes as a whole: it is no whole ICC profile"]);
        assert!(said(Selection::none()).is_empty());
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
        prepared.lost().iter().any(|w| w.text.starts_with("the thumbnail goes"))
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
    assert!(prepared.lost().iter().any(|w| w.text.starts_with("the thumbnail goes")));
}

/// Cameras say so with two fields, of which none stays.
#[test]
fn colours_that_nothing_says_any_more() {
    let adobe = |space: u16, rule: &[u8; 3]| {
        let field = |tag: u16, kind: u8, value: &[u8]| [&tag.to_be_bytes()[..], &[0, kind, 0, 0, 0], value].concat();
        let pointer = |tag: u16, to: u8| field(tag, 4, &[1, 0, 0, 0, to]);
        let first = [b"MM\0*\0\0\0\x08\0\x01", &*pointer(0x8769, 26), &[0; 4]].concat();
        let space = field(0xa001, 3, &[&[1][..], &space.to_be_bytes(), &[0; 2]].concat());
        let exif = [&[0, 2], &*space, &pointer(0xa005, 56), &[0; 4]].concat();
        let rule = [&[0, 1], &*field(1, 2, &[&[4][..], rule, &[0]].concat()), &[0; 4]].concat();
        segment(0xe1, &[b"Exif\0\0", &first, &exif, &rule])
    };
    let icc = segment(0xe2, &[b"ICC_PROFILE\0\x01\x01", &profile(140)]);
    for (segments, selection, said) in [
        (vec![adobe(0xffff, b"R03")], Selection::default(), true),
        (vec![adobe(0xffff, b"R03")], Selection::none(), false),
        (vec![adobe(0xffff, b"R03"), icc], Selection::default(), false),
        (vec![adobe(0xffff, b"R98")], Selection::default(), false),
        (vec![adobe(1, b"R03")], Selection::default(), false),
    ] {
        let (_, prepared) = cleaned(&file(&segments, b""), &selection);
        assert_eq!(prepared.lost().iter().any(|w| w.text.contains("Adobe RGB")), said, "{segments:02x?}");
    }
    // Without a picture there are no colours.
    let exv = [&b"\xff\x01Exiv2"[..], &adobe(0xffff, b"R03"), b"\xff\xd9"].concat();
    assert!(cleaned(&exv, &Selection::default()).1.lost().is_empty());
}

/// A main image and a gain map, both with a comment.
pub fn ultra_hdr(iso: bool) -> Vec<u8> {
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

/// Of the numbers of a gain map there is one segment, and of the main image's what says their version.
#[test]
fn segments_of_a_gain_map_hide_nothing() {
    let urn = b"urn:iso:std:iso:ts:21496:-1\0";
    let main = |behind: &[u8]| segment(0xe2, &[urn, &[0; 4], behind]);
    let numbers = |byte: u8| segment(0xe2, &[urn, &[0, 0, 0, 0, 0x40], &[byte; 56]]);
    let hdr = |main: &[Vec<u8>], map: &[Vec<u8>]| {
        let mpf = segment(0xe2, &[b"MPF\0"]);
        file(&[main.concat(), mpf], &file(&[map.concat()], b""))
    };
    let want = cleaned(&hdr(&[main(b"")], &[numbers(1)]), &Selection::default()).0;
    let free = [&[0x40][..], &[b'x'; 136]].concat();
    let cases = [
        (vec![main(b""), main(b""), main(b"x")], vec![numbers(1), numbers(2), numbers(3)]),
        (vec![main(&free)], vec![main(b""), numbers(1), main(b"x")]),
        // A comment that says what a segment is by.
        (vec![main(b""), segment(0xfe, &[&urn[..27]])], vec![numbers(1)]),
    ];
    for (first, second) in cases {
        let (output, prepared) = cleaned(&hdr(&first, &second), &Selection::default());
        assert_eq!(output, want, "{first:02x?}");
        assert_eq!(prepared.kept(), ["gainmap"]);
        assert!(prepared.findings().iter().all(|f| f.name != "embedded file"), "{:?}", prepared.findings());
    }
    // An image that goes is a finding, beside one that stays.
    let more = [hdr(&[main(b"")], &[numbers(1)]), file(&[], b"")].concat();
    let findings = cleaned(&more, &Selection::default()).1.findings();
    assert_eq!(findings.iter().filter(|f| f.name == "embedded file").count(), 1, "{findings:?}");
}

#[test]
fn a_gain_map_that_is_lost_is_missed() {
    let said = |bytes: &[u8], selection: &Selection| {
        cleaned(bytes, selection).1.lost().iter().any(|w| w.text.starts_with("goes: the image speaks of one"))
    };
    for iso in [false, true] {
        let whole = ultra_hdr(iso);
        let behind = memchr::memmem::rfind(&whole, b"\xff\xd8").unwrap();
        let end = memchr::memmem::rfind(&whole, b"\xff\xd9").unwrap();
        for (bytes, lost) in [(&whole[..], false), (&whole[..behind], true), (&whole[..end], true)] {
            let found = cleaned(bytes, &Selection::default()).1.kept().contains(&"gainmap".to_owned());
            assert_eq!((said(bytes, &Selection::default()), found), (lost, !lost), "{iso} {}", bytes.len());
            assert!(!said(bytes, &Selection::strict()));
        }
    }
    assert!(!said(&file(&[], &file(&[], b"")), &Selection::default()));
}

/// What describes a gain map is written once, whoever asks for it.
#[cfg(feature = "xmp-toolkit")]
#[test]
fn a_gain_map_stays_beside_what_is_asked_for() {
    for (iso, asked) in [(false, "*"), (true, "*"), (false, "XMP*:*"), (false, "Version"), (false, "hdrgm:*")] {
        let selection = Selection { tags: vec![crate::metadata::Pattern::new(asked)], ..Selection::default() };
        let (output, prepared) = cleaned(&ultra_hdr(iso), &selection);
        assert!(prepared.kept().contains(&"gainmap".to_owned()));
        let count = memchr::memmem::find_iter(&output, b"hdrgm:Version").count();
        assert_eq!(count, if iso { 0 } else { 2 }, "{asked}");
    }
}
