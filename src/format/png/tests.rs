use super::*;
use crate::{
    engine::{local, removal},
    error::Code,
    format::{
        Depth, Keep, Selection,
        harness::{clean, holds_for, removal_holds, tags, warnings},
    },
};
use flate2::{Compression, write::ZlibEncoder};
use proptest::prelude::*;
use std::io::Write;

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(data);
    [&(data.len() as u32).to_be_bytes()[..], kind, data, &crc.sum().to_be_bytes()].concat()
}

fn deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// Two by two pixels, RGB.
fn header(interlace: u8) -> Vec<u8> {
    chunk(b"IHDR", &[0, 0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, interlace])
}
const ROWS: &[u8] = &[0, 1, 2, 3, 4, 5, 6, 1, 7, 8, 9, 10, 11, 12];

fn png(chunks: &[Vec<u8>]) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n".to_vec(), header(0), chunks.concat(), chunk(b"IEND", b"")].concat()
}

/// With chunks before the image data.
fn with(chunks: &[Vec<u8>]) -> Vec<u8> {
    png(&[chunks.concat(), chunk(b"IDAT", &deflate(ROWS))])
}

fn profile() -> Vec<u8> {
    let mut profile = vec![0; 132];
    profile[3] = 132;
    profile[36..40].copy_from_slice(b"acsp");
    profile
}

fn exif(orientation: u8) -> Vec<u8> {
    [&b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"[..], &[orientation], &[0; 6]].concat()
}

#[test]
fn chunks_are_decoded() {
    let cases: &[(Vec<u8>, &[&str])] = &[
        (chunk(b"gAMA", &45455u32.to_be_bytes()), &["PNG:Gamma=2.2"]),
        (chunk(b"gAMA", &[0; 4]), &["PNG:Gamma="]),
        (chunk(b"sRGB", &[1]), &["PNG:SRGBRendering=Relative Colorimetric"]),
        (chunk(b"bKGD", &[0, 1, 0, 2, 0, 3]), &["PNG:BackgroundColor=1 2 3"]),
        (chunk(b"bKGD", &[7]), &["PNG:BackgroundColor=7"]),
        (chunk(b"tRNS", &[0, 1, 0, 2, 0, 3]), &["PNG:Transparency=1 2 3"]),
        (chunk(b"tIME", &[7, 228, 2, 3, 4, 5, 6]), &["PNG:ModifyDate=2020:02:03 04:05:06"]),
        (chunk(b"oFFs", &[0, 0, 0, 5, 0, 0, 0, 7, 1]), &["PNG:ImageOffset=5, 7 (microns)"]),
        (
            chunk(b"sCAL", b"\x013.5\x004.50"),
            &["PNG:SubjectUnits=meters", "PNG:SubjectPixelWidth=3.5", "PNG:SubjectPixelHeight=4.50"],
        ),
        (
            chunk(b"pHYs", &[0, 0, 0, 3, 0, 0, 0, 4, 1]),
            &["PNG-pHYs:PixelsPerUnitX=3", "PNG-pHYs:PixelsPerUnitY=4", "PNG-pHYs:PixelUnits=meters"],
        ),
        (chunk(b"tEXt", b"Title\0caf\xe9"), &["PNG:Title=café"]),
        (chunk(b"zTXt", &[b"Thumb::MTime\0\0", &deflate(b"5")[..]].concat()), &["PNG:ThumbMTime=5"]),
        (chunk(b"iTXt", "Title\0\0\0EN_us\0\0h\u{e9}".as_bytes()), &["PNG:Title-en-US=hé"]),
        (chunk(b"iTXt", b"foo bar\0\0\0en\0\0x"), &["PNG:FooBar=x"]),
        (chunk(b"tEXt", b"none"), &["PNG:TextualData=(Binary data 4 bytes, use --binary to extract)"]),
        (chunk(b"zTXt", b"Comment\0\0hello"), &["PNG:Comment=(Binary data 3 bytes, use --binary to extract)"]),
        (
            chunk(b"iCCP", b"name\0\x01junk"),
            &["PNG:ProfileName=name", "PNG:ICC_Profile=(Binary data 4 bytes, use --binary to extract)"],
        ),
        (chunk(b"eXIf", b""), &["PNG:eXIf=(Binary data 0 bytes, use --binary to extract)"]),
        (chunk(b"prVt", b"x"), &[]),
    ];
    for (chunk, want) in cases {
        let got = tags(&with(std::slice::from_ref(chunk)));
        let got: Vec<_> = got.iter().skip(7).map(String::as_str).collect();
        assert_eq!(got, *want);
    }
}

#[test]
fn file_types() {
    let named = |bytes: Vec<u8>| local::extract(&Input::from_bytes(bytes)).unwrap().file_type.unwrap().name;
    assert_eq!(named(with(&[])), "PNG");
    assert_eq!(named(with(&[chunk(b"acTL", &[0; 8])])), "APNG");
    assert_eq!(named([b"\x8aMNG\r\n\x1a\n".to_vec(), chunk(b"MEND", b"")].concat()), "MNG");
}

#[test]
fn every_byte_is_in_a_part() {
    let bytes = [with(&[chunk(b"tEXt", b"Title\0x")]), b"behind".to_vec()].concat();
    let input = Input::from_bytes(bytes);
    let mut full = Walk::new(Depth::Full, PNG);
    walk(&input, &mut full).unwrap();
    let places: Vec<_> = full.parts.iter().map(|p| p.place.as_str()).collect();
    assert_eq!(places, ["IHDR", "tEXt", "IDAT", "IEND", "after IEND"]);
}

#[test]
fn what_is_not_needed_goes() {
    let bare = with(&[]);
    let idat = chunk(b"IDAT", &deflate(ROWS));
    let dirty: &[(Vec<u8>, &str)] = &[
        (with(&[chunk(b"tEXt", b"Title\0x")]), "tEXt"),
        (with(&[chunk(b"eXIf", &exif(1))]), "eXIf"),
        (with(&[chunk(b"tIME", &[7, 228, 2, 3, 4, 5, 6])]), "tIME"),
        (with(&[chunk(b"prVt", b"x")]), "prVt"),
        (with(&[chunk(b"caBX", b"x")]), "caBX"),
        (with(&[chunk(b"gAMA", b"secret text")]), "gAMA"),
        (with(&[chunk(b"iCCP", &[b"n\0\0", &deflate(b"no profile")[..]].concat())]), "iCCP"),
        (with(&[chunk(b"fcTL", &[0; 26])]), "fcTL"),
        (png(&[idat.clone(), chunk(b"tEXt", b"Title\0x")]), "tEXt"),
        (png(&[idat.clone(), chunk(b"gAMA", &[0; 4])]), "gAMA"),
        ([bare.clone(), b"behind".to_vec()].concat(), "after IEND"),
        (png(&[chunk(b"IDAT", &[&deflate(ROWS)[..], b"hidden"].concat())]), "IDAT"),
        (png(&[chunk(b"IDAT", &deflate(&[ROWS, b"hidden"].concat()))]), "IDAT"),
    ];
    for (bytes, place) in dirty {
        let (out, removed) = clean(bytes, &Selection::default()).unwrap();
        assert_eq!(removed, [*place]);
        assert!(out == bare, "{place}");
        holds_for(bytes);
    }
    assert_eq!(clean(&bare, &Selection::default()).unwrap(), (bare.clone(), vec![]));
}

#[test]
fn what_is_seen_stays() {
    let kept = with(&[
        chunk(b"gAMA", &[0, 0, 0, 1]),
        chunk(b"iCCP", &[b"icc\0\0", &deflate(&profile())[..]].concat()),
        chunk(b"pHYs", &[0, 0, 0, 3, 0, 0, 0, 4, 1]),
        chunk(b"eXIf", &exif(6)),
    ]);
    assert!(clean(&kept, &Selection::default()).unwrap().0 == kept);
    let named = with(&[chunk(b"iCCP", &[b"My name\0\0", &deflate(&profile())[..], b"tail"].concat())]);
    let fresh = with(&[chunk(b"iCCP", &[b"icc\0\0", &deflate(&profile())[..]].concat())]);
    assert!(clean(&named, &Selection::default()).unwrap().0 == fresh);
}

#[test]
fn profiles_end_where_they_say() {
    let with_stream = |stream: &[u8]| with(&[chunk(b"iCCP", &[b"icc\0\0", stream].concat())]);
    let (whole, bare) = (deflate(&profile()), with(&[]));
    let kept = with_stream(&whole);
    let cut = &whole[..whole.len() - 4];
    for stream in [&deflate(&[&profile()[..], b"hidden"].concat())[..], &[&whole[..], b"hidden"].concat(), cut] {
        let bytes = with_stream(stream);
        assert!(clean(&bytes, &Selection::default()).unwrap().0 == kept);
        assert!(warnings(&bytes, &Selection::default()).is_empty());
        holds_for(&bytes);
    }
    let unknown = with(&[chunk(b"iCCP", &[b"icc\0\x01", &whole[..]].concat())]);
    for bytes in [with_stream(b"\x78\x9cno stream"), with_stream(&whole[..20]), with_stream(&deflate(b"none")), unknown] {
        assert!(clean(&bytes, &Selection::default()).unwrap().0 == bare);
        assert!(warnings(&bytes, &Selection::default())[0].starts_with("ICC: goes as a whole: "));
        assert!(warnings(&bytes, &Selection::none()).is_empty());
    }
}

/// What changes in a part that stays has a name all the same.
#[test]
fn every_change_is_named() {
    let mut wrong = with(&[]);
    wrong[29] ^= 1;
    let profile = |name: &[u8], behind: &[u8]| {
        with(&[chunk(b"iCCP", &[name, b"\0\0", &deflate(&[&profile()[..], behind].concat())[..]].concat())])
    };
    let (unused, named) = (("file", "unused bytes", ""), ("iCCP", "ProfileName", "Jane Doe's display"));
    for (bytes, removed, finding) in [
        (wrong, "unused bytes", unused),
        (profile(b"icc", b"hidden"), "unused bytes", unused),
        (profile(b"Jane Doe's display", b""), "chunk", named),
        (profile(b"Jane Doe's display", b"hidden"), "chunk", named),
        // Some write none.
        (profile(b"", b""), "chunk", ("iCCP", "ProfileName", "")),
    ] {
        let prepared = removal::prepare(&Input::from_bytes(bytes.clone()), &Selection::default()).unwrap();
        assert_eq!(prepared.removed(), [removed]);
        let findings = prepared.findings();
        assert_eq!(findings.iter().map(|f| (&f.place[..], &f.name[..], &f.value[..])).collect::<Vec<_>>(), [finding]);
        removal_holds(&bytes, &Selection::default());
    }
}

/// Colours and how opaque they are may spell a text.
#[test]
fn texts_in_tables_are_no_leak() {
    let head = chunk(b"IHDR", &[0, 0, 0, 2, 0, 0, 0, 2, 8, 3, 0, 0, 0]);
    let tables = [chunk(b"PLTE", &b"0123456789".repeat(3)), chunk(b"tRNS", b"0123456789")].concat();
    let rows = chunk(b"IDAT", &deflate(&[0; 6]));
    let text = chunk(b"tEXt", b"Comment\x000123456789");
    let bytes = [b"\x89PNG\r\n\x1a\n".to_vec(), head, tables, text, rows, chunk(b"IEND", b"")].concat();
    removal_holds(&bytes, &Selection::default());
}

#[test]
fn text_is_kept_when_asked_for() {
    let bytes = with(&[
        chunk(b"zTXt", &[b"Author\0\0", &deflate(b"me")[..]].concat()),
        chunk(b"tEXt", b"Title\0x"),
        chunk(b"tEXt", b"Seed\x007"),
    ]);
    let cases = [
        (Selection { keep: [Keep::Copyright].into(), ..Selection::default() }, chunk(b"tEXt", b"Author\0me")),
        (Selection { keep: [Keep::Title].into(), ..Selection::default() }, chunk(b"tEXt", b"Title\0x")),
        (Selection { tags: vec!["png:seed".into()], ..Selection::default() }, chunk(b"tEXt", b"Seed\x007")),
    ];
    for (selection, want) in cases {
        assert!(clean(&bytes, &selection).unwrap().0 == with(&[want]));
    }
}

#[test]
fn damage() {
    let bare = with(&[]);
    // A wrong checksum is put right, a file that ends early is ended.
    let mut wrong = bare.clone();
    wrong[29] ^= 1;
    assert!(clean(&wrong, &Selection::default()).unwrap().0 == bare);
    assert!(clean(&bare[..bare.len() - 12], &Selection::default()).unwrap().0 == bare);
    let half = clean(&bare[..bare.len() - 22], &Selection::default()).unwrap().0;
    assert!(half.ends_with(&chunk(b"IEND", b"")));
    holds_for(&bare[..bare.len() - 22]);
    // What cannot be understood is not passed for clean.
    let refused: &[(Vec<u8>, Code)] = &[
        (with(&[chunk(b"CgBI", b"x")]), Code::UnsupportedFormat),
        (png(&[chunk(b"IDAT", b"no stream")]), Code::Damaged),
        (png(&[]), Code::Damaged),
        ([b"\x8aMNG\r\n\x1a\n".to_vec(), chunk(b"MEND", b"")].concat(), Code::UnsupportedFormat),
    ];
    for (bytes, code) in refused {
        assert_eq!(clean(bytes, &Selection::default()).unwrap_err().code, *code);
    }
}

fn frame(sequence: u8) -> Vec<u8> {
    chunk(b"fcTL", &[0, 0, 0, sequence, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 10, 0, 0])
}

fn animation(second: &[u8]) -> Vec<u8> {
    let (a, b) = second.split_at(second.len() / 2);
    png(&[
        chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]),
        frame(0),
        chunk(b"IDAT", &deflate(ROWS)),
        frame(1),
        chunk(b"fdAT", &[&[0, 0, 0, 2], a].concat()),
        chunk(b"tEXt", b"Title\0x"),
        chunk(b"fdAT", &[&[0, 0, 0, 3], b].concat()),
    ])
}

#[test]
fn animations_keep_their_frames() {
    let hidden = [(deflate(ROWS), 2), ([&deflate(ROWS)[..], b"hidden"].concat(), 1), (deflate(&[ROWS, b"hidden"].concat()), 1)];
    for (second, pieces) in hidden {
        let bytes = animation(&second);
        let (out, _) = clean(&bytes, &Selection::default()).unwrap();
        holds_for(&bytes);
        let chunks: Vec<_> = Chunks::to_end(&Input::from_bytes(out.clone())).map(|c| c.kind).collect();
        let want = [&[b"IHDR", b"acTL", b"fcTL", b"IDAT", b"fcTL"][..], &vec![b"fdAT"; pieces], &[b"IEND"]].concat();
        assert_eq!(chunks, want.into_iter().copied().collect::<Vec<_>>());
        assert!(memchr::memmem::find(&out, b"hidden").is_none());
    }
}

#[test]
fn animations_are_put_right() {
    let header = |frames: u8, behind: &[u8]| chunk(b"acTL", &[&[0, 0, 0, frames, 0, 0, 0, 0], behind].concat());
    let long = |sequence: u8| {
        let sound = frame(sequence);
        chunk(b"fcTL", &[&sound[8..34], b"hidden"].concat())
    };
    let data = |sequence: u8| chunk(b"fdAT", &[&[0, 0, 0, sequence][..], &deflate(ROWS)].concat());
    let image = chunk(b"IDAT", &deflate(ROWS));
    let two = [header(2, b""), frame(0), image.clone(), frame(1), data(2)];
    let want = png(&two);
    let cases = [
        ("bytes behind the number of frames", [vec![header(2, b"hidden")], two[1..].to_vec()].concat()),
        ("bytes behind a control", vec![header(2, b""), long(0), image.clone(), long(1), data(2)]),
        ("more frames announced", [vec![header(9, b"")], two[1..].to_vec()].concat()),
        ("more frames there", [two.to_vec(), vec![frame(3), data(4)]].concat()),
        ("a control of nothing", [two.to_vec(), vec![frame(3)]].concat()),
        ("two controls of the image", vec![header(2, b""), frame(0), frame(0), image.clone(), frame(1), data(2)]),
        ("a control before a control", vec![header(2, b""), frame(0), image.clone(), frame(1), frame(2), data(3)]),
        ("another sequence", vec![header(2, b""), frame(7), image.clone(), frame(77), data(99)]),
        ("data before the image", vec![header(2, b""), frame(0), data(1), image.clone(), frame(1), data(2)]),
        ("data without a control", vec![header(2, b""), frame(0), image.clone(), data(1), frame(1), data(2)]),
        ("data of no length", vec![header(2, b""), frame(0), image.clone(), frame(1), chunk(b"fdAT", &[0, 0, 0, 2]), data(3)]),
        ("two numbers of frames", [vec![header(2, b""), header(1, b"")], two[1..].to_vec()].concat()),
    ];
    for (what, chunks) in cases {
        let bytes = png(&chunks);
        assert!(clean(&bytes, &Selection::default()).unwrap().0 == want, "{what}");
        holds_for(&bytes);
    }
    assert_eq!(clean(&want, &Selection::default()).unwrap(), (want, vec![]));
    // Without frames it is a still image; one that only stands for the animation is no frame.
    for chunks in [vec![header(0, b""), frame(0), image.clone()], vec![header(3, b""), image.clone(), frame(0)]] {
        assert!(clean(&png(&chunks), &Selection::default()).unwrap().0 == png(std::slice::from_ref(&image)));
    }
    let hidden = png(&[header(1, b""), image, frame(0), data(1)]);
    assert!(clean(&hidden, &Selection::default()).unwrap().0 == hidden);
}

#[test]
fn chunks_are_held_against_the_colour_type() {
    let typed = |colour: u8, chunks: &[Vec<u8>]| {
        let header = chunk(b"IHDR", &[0, 0, 0, 2, 0, 0, 0, 2, 2 << (2 * u8::from(colour != 3)), colour, 0, 0, 0]);
        let image = chunk(b"IDAT", &deflate(&vec![0; if colour == 3 { 4 } else { 2 * (1 + 2 * usize::from(colour + 1)) }]));
        [b"\x89PNG\r\n\x1a\n".to_vec(), header, chunks.concat(), image, chunk(b"IEND", b"")].concat()
    };
    let palette = |entries: usize| chunk(b"PLTE", &vec![5; 3 * entries]);
    let suggestion = typed(2, &[palette(2), chunk(b"bKGD", &[0; 6])]);
    assert!(clean(&suggestion, &Selection::default()).unwrap().0 == suggestion);
    for selection in [Selection::strict(), Selection::none()] {
        assert!(clean(&suggestion, &selection).unwrap().0 == typed(2, &[]));
        removal_holds(&suggestion, &selection);
    }
    let cases = [
        // Decoders take as many entries as there are values.
        (typed(3, &[chunk(b"PLTE", &[5; 300])]), typed(3, &[palette(4)]), false),
        (typed(3, &[chunk(b"PLTE", &[5; 8])]), typed(3, &[palette(2)]), false),
        (typed(3, &[palette(2), chunk(b"tRNS", &[1, 2])]), typed(3, &[palette(2), chunk(b"tRNS", &[1, 2])]), false),
        (typed(3, &[palette(2), chunk(b"tRNS", &[1, 2, 3])]), typed(3, &[palette(2)]), true),
        (typed(2, &[chunk(b"tRNS", b"\0\x01\0\x02\0\x03hidden")]), typed(2, &[]), true),
        (typed(2, &[chunk(b"PLTE", b"hidden!")]), typed(2, &[]), false),
    ];
    for (bytes, want, warned) in cases {
        assert!(clean(&bytes, &Selection::default()).unwrap().0 == want);
        assert_eq!(warnings(&bytes, &Selection::default()).iter().any(|w| w.starts_with("tRNS: goes as a whole")), warned);
        removal_holds(&bytes, &Selection::default());
    }
}

#[test]
fn iptc_is_kept_when_asked_for() {
    let name = b"\x1c\x02\x50\0\x04Name";
    let city = b"\x1c\x02\x5a\0\x05Paris";
    let profile = |resource: &[u8]| {
        let digits: String = resource.iter().map(|b| format!("{b:02x}")).collect();
        format!("Raw profile type iptc\0\niptc\n{:8}\n{digits}\n", resource.len()).into_bytes()
    };
    let resource = crate::encode::iptc::resource;
    let want = with(&[chunk(b"tEXt", &profile(&resource(name)))]);
    let selection = Selection { keep: [Keep::Copyright].into(), ..Selection::default() };
    let both = profile(&resource(&[&city[..], name].concat()));
    let head = b"Raw profile type iptc\0".len();
    let compressed = [&both[..head], b"\0", &deflate(&both[head..])].concat();
    for (kind, data) in [(b"tEXt", both), (b"zTXt", compressed), (b"tEXt", profile(name)), (b"tEXt", profile(&resource(name)))] {
        let bytes = with(&[chunk(kind, &data)]);
        assert!(clean(&bytes, &selection).unwrap().0 == want);
        removal_holds(&bytes, &selection);
        assert!(clean(&bytes, &Selection::default()).unwrap().0 == with(&[]));
    }
    assert!(tags(&want).contains(&"IPTC:By-line=Name".to_owned()), "{:?}", tags(&want));
}

#[test]
fn rows_are_counted() {
    let rows = |width: u32, height: u32, depth, colour, interlace| {
        let (w, h) = (width.to_be_bytes(), height.to_be_bytes());
        let header = [&w[..], &h, &[depth, colour, 0, 0, interlace]].concat();
        pixels::Header::parse(&header).and_then(|h| h.rows(width, height)).ok()
    };
    assert_eq!(rows(2, 2, 8, 2, 0), Some(14));
    assert_eq!(rows(9, 3, 1, 0, 0), Some(9));
    assert_eq!(rows(1, 1, 16, 6, 1), Some(9));
    // Adam7 of 8 by 8: passes of 1, 1, 2, 2·2, 4·2, 4·4 and 8·4 pixels.
    assert_eq!(rows(8, 8, 8, 0, 1), Some(2 + 2 + 3 + 2 * 3 + 2 * 5 + 4 * 5 + 4 * 9));
    assert_eq!(rows(2, 2, 3, 2, 0), None);
    assert_eq!(rows(u32::MAX, u32::MAX, 16, 6, 0), None);
}

proptest! {
    #[test]
    fn arbitrary_bytes(tail in proptest::collection::vec(any::<u8>(), 0..300)) {
        holds_for(&[b"\x89PNG\r\n\x1a\n", &tail[..]].concat());
        holds_for(&[&b"\x89PNG\r\n\x1a\n"[..], &header(1), &tail].concat());
    }

    #[test]
    fn mutated_files(at in 0usize..700, byte: u8, cut in 0usize..700) {
        let mut bytes = animation(&deflate(ROWS));
        let text = with(&[
            chunk(b"iCCP", &[b"n\0\0", &deflate(&profile())[..]].concat()),
            chunk(b"eXIf", &exif(3)),
            chunk(b"zTXt", &[b"Raw profile type exif\0\0", &deflate(b"\nexif\n 4\n4d4d002a\n")[..]].concat()),
        ]);
        for bytes in [&mut bytes, &mut text.clone()] {
            let at = at % bytes.len();
            bytes[at] = byte;
            holds_for(bytes);
            let end = cut % bytes.len();
            holds_for(&bytes[..end]);
        }
    }
}
