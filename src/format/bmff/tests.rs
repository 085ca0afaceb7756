//! Whole files, built box by box, through the engine.

use crate::{engine::local, input::Input, metadata::Metadata};
use proptest::prelude::*;

fn boxed(name: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&(body.len() as u32 + 8).to_be_bytes(), name, &body[..]].concat()
}

fn full(name: &[u8; 4], version: u8, parts: &[&[u8]]) -> Vec<u8> {
    boxed(name, &[&[version, 0, 0, 0], &parts.concat()])
}

fn numbers(list: &[u32]) -> Vec<u8> {
    list.iter().flat_map(|n| n.to_be_bytes()).collect()
}

const MATRIX: [u32; 9] = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000];

fn ftyp(major: &[u8; 4]) -> Vec<u8> {
    boxed(b"ftyp", &[major, &[0, 0, 2, 0], major])
}

fn mvhd(scale: u32, duration: u32) -> Vec<u8> {
    let head = numbers(&[3_206_613_834, 0, scale, duration, 0x10000]);
    full(b"mvhd", 0, &[&head, &[1, 0], &[0; 10], &numbers(&MATRIX), &[0; 24], &numbers(&[2])])
}

fn hdlr(kind: &[u8; 4]) -> Vec<u8> {
    full(b"hdlr", 0, &[&[0; 4], kind, &[0; 12], b"Name\0"])
}

/// A video track of ten frames, three of which last twice as long.
fn video() -> Vec<u8> {
    let head = numbers(&[0, 0, 1, 0, 5000]);
    let tkhd =
        full(b"tkhd", 0, &[&head, &[0; 8], &[0, 0, 0, 0, 1, 0, 0, 0], &numbers(&MATRIX), &numbers(&[640 << 16, 480 << 16])]);
    let mdhd = full(b"mdhd", 0, &[&numbers(&[0, 0, 600, 3000]), &[0x15, 0xc7, 0, 0]]);
    let fields = numbers(&[0, 1, 0, 0, 0, 0, 640 << 16 | 480, 72 << 16, 72 << 16, 0]);
    let name: Vec<u8> = [&[0, 1, 4][..], b"Test", &[0; 27], &[0, 24, 0xff, 0xff]].concat();
    let avc1 = boxed(b"avc1", &[&fields, &name, &boxed(b"pasp", &[&numbers(&[4, 3])])]);
    let stsd = full(b"stsd", 0, &[&numbers(&[1]), &avc1]);
    let stts = full(b"stts", 0, &[&numbers(&[2, 7, 20, 3, 40])]);
    let minf = boxed(b"minf", &[&full(b"vmhd", 0, &[&[0; 8]]), &boxed(b"stbl", &[&stsd, &stts])]);
    boxed(b"trak", &[&tkhd, &boxed(b"mdia", &[&mdhd, &hdlr(b"vide"), &minf])])
}

fn data(kind: u32, bytes: &[u8]) -> Vec<u8> {
    boxed(b"data", &[&numbers(&[kind, 0]), bytes])
}

fn movie() -> Vec<u8> {
    let keys = full(b"keys", 0, &[&numbers(&[1]), &boxed(b"mdta", &[b"com.apple.quicktime.make"])]);
    let keyed = boxed(b"ilst", &[&boxed(&1u32.to_be_bytes(), &[&data(1, b"Maker")])]);
    let list =
        boxed(b"ilst", &[&boxed(b"trkn", &[&data(0, &[0, 0, 0, 3, 0, 12, 0, 0])]), &boxed(b"\xa9nam", &[&data(1, b"Song")])]);
    let udta = boxed(
        b"udta",
        &[&boxed(b"\xa9xyz", &[&[0, 18, 0x15, 0xc7], b"+48.8577+002.2950/"]), &full(b"meta", 0, &[&hdlr(b"mdir"), &list])],
    );
    let moov = boxed(b"moov", &[&mvhd(1000, 12_345), &video(), &boxed(b"meta", &[&hdlr(b"mdta"), &keys, &keyed]), &udta]);
    [ftyp(b"isom"), boxed(b"mdat", &[&[0xff; 100]]), moov].concat()
}

fn image() -> Vec<u8> {
    let infe = |id: u8, kind: &[u8; 4]| full(b"infe", 2, &[&[0, id, 0, 0], kind, &[0]]);
    let iinf = full(b"iinf", 0, &[&[0, 3], &infe(1, b"hvc1"), &infe(2, b"hvc1"), &infe(3, b"Exif")]);
    let exif = b"\0\0\0\x06Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0";
    // Version 1, offsets and lengths of four bytes, item 3 in `idat`.
    let iloc = full(b"iloc", 1, &[&[0x44, 0, 0, 1, 0, 3, 0, 1, 0, 0, 0, 1], &numbers(&[0, exif.len() as u32])]);
    let ispe = |w, h| full(b"ispe", 0, &[&numbers(&[w, h])]);
    let ipco = boxed(b"ipco", &[&ispe(400, 300), &boxed(b"irot", &[&[3]]), &ispe(40, 30), &boxed(b"irot", &[&[1]])]);
    let ipma = full(b"ipma", 0, &[&numbers(&[2]), &[0, 1, 2, 1, 0x82], &[0, 2, 2, 3, 0x84]]);
    let pitm = full(b"pitm", 0, &[&[0, 1]]);
    let meta =
        full(b"meta", 0, &[&hdlr(b"pict"), &pitm, &iinf, &iloc, &boxed(b"iprp", &[&ipco, &ipma]), &boxed(b"idat", &[exif])]);
    [ftyp(b"heic"), meta].concat()
}

fn read(bytes: Vec<u8>) -> (Option<&'static str>, Metadata) {
    let extraction = local::extract(&Input::from_bytes(bytes)).unwrap();
    (extraction.file_type.map(|t| t.name), extraction.metadata)
}

fn printed(metadata: &Metadata, place: &str, name: &str) -> String {
    metadata.get_in(place, name).map(|t| t.printed().into_owned()).unwrap_or_default()
}

#[test]
fn a_movie_tells_what_it_is() {
    let (file_type, metadata) = read(movie());
    assert_eq!(file_type, Some("MP4"));
    for (place, name, want) in [
        ("QuickTime", "MajorBrand", "MP4 Base Media v1 [IS0 14496-12:2003]"),
        ("QuickTime", "MinorVersion", "0.2.0"),
        ("QuickTime", "CreateDate", "2005:08:11 14:03:54"),
        ("QuickTime", "Duration", "12.35 s"),
        ("QuickTime", "MatrixStructure", "1 0 0 0 1 0 0 0 1"),
        ("QuickTime", "MediaDataSize", "100"),
        ("QuickTime", "MediaDataOffset", "28"),
        ("Track1", "ImageWidth", "640"),
        ("Track1", "TrackDuration", "5.00 s"),
        ("Track1", "MediaLanguageCode", "eng"),
        ("Track1", "HandlerType", "Video Track"),
        ("Track1", "CompressorID", "avc1"),
        ("Track1", "CompressorName", "Test"),
        ("Track1", "PixelAspectRatio", "4:3"),
        ("Track1", "VideoFrameRate", "23.077"),
        ("Keys", "Make", "Maker"),
        ("ItemList", "TrackNumber", "3 of 12"),
        ("ItemList", "Title", "Song"),
        ("UserData", "GPSCoordinates", "48 deg 51' 27.72\" N, 2 deg 17' 42.00\" E"),
    ] {
        assert_eq!(printed(&metadata, place, name), want, "{place}:{name}");
    }
    assert!(metadata.warnings.is_empty(), "{:?}", metadata.warnings);
}

#[test]
fn the_primary_image_counts() {
    let (file_type, metadata) = read(image());
    assert_eq!(file_type, Some("HEIC"));
    for (place, name, want) in [
        ("Meta", "PrimaryItemReference", "1"),
        ("QuickTime", "ImageSpatialExtent", "400x300"),
        ("File", "ImageWidth", "400"),
        ("QuickTime", "Rotation", "Rotate 90 CW"),
    ] {
        assert_eq!(printed(&metadata, place, name), want, "{place}:{name}");
    }
}

#[test]
fn an_exif_item_is_found_behind_its_prefix() {
    let input = Input::from_bytes(image());
    let (format, file_type) = crate::format::detect(&input).unwrap();
    let mut walk = super::Walk::new(crate::format::Depth::Headers, file_type);
    (format.walk)(&input, &mut walk).unwrap();
    let exif = walk.parts.iter().find(|p| p.kind == super::Kind::Exif).unwrap();
    assert!(exif.origin.open(&input, 1000).unwrap().starts_with(b"II*\0"));
}

#[test]
fn sound_alone_is_m4a() {
    let media = boxed(b"mdia", &[&hdlr(b"soun")]);
    let file = [ftyp(b"isom"), boxed(b"moov", &[&boxed(b"trak", &[&media])])].concat();
    assert_eq!(read(file).0, Some("M4A"));
}

#[test]
fn texts_shorter_than_they_say_end_quietly() {
    for body in [&b"\0\x03\0\0x"[..], b"\0\x01\x15\xc7", b"\xff\xff\0\0text", b"\0\0\0\0"] {
        let udta = boxed(b"udta", &[&boxed(b"\xa9nam", &[body])]);
        let (_, metadata) = read([ftyp(b"isom"), boxed(b"moov", &[&udta])].concat());
        assert_eq!(printed(&metadata, "UserData", "Title"), "", "{body:?}");
    }
}

#[test]
fn media_data_are_skipped_by_their_size() {
    let mut file = ftyp(b"isom");
    // 1 TB that are not there.
    file.extend([&1u32.to_be_bytes()[..], b"mdat", &(1u64 << 40).to_be_bytes()].concat());
    let (_, metadata) = read(file);
    assert_eq!(printed(&metadata, "QuickTime", "MediaDataSize"), ((1u64 << 40) - 16).to_string());
}

#[test]
fn boxes_that_are_too_deep_or_too_large_end_quietly() {
    let mut nested = Vec::new();
    for _ in 0..100 {
        nested = boxed(b"meta", &[&[0; 4], &nested]);
    }
    let (_, metadata) = read([ftyp(b"isom"), nested].concat());
    assert!(!metadata.warnings.is_empty());
    let (_, metadata) = read([ftyp(b"isom"), b"\xff\xff\xff\xffmoov".to_vec()].concat());
    assert!(!metadata.warnings.is_empty());
}

proptest! {
    #[test]
    fn damaged_files_never_panic(
        base in prop::bool::ANY,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        end in any::<prop::sample::Index>(),
        cut in prop::bool::ANY,
    ) {
        let mut bytes = if base { movie() } else { image() };
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if cut {
            bytes.truncate(end.index(bytes.len()));
        }
        let _ = local::extract(&Input::from_bytes(bytes));
    }

    #[test]
    fn any_body_of_any_box_is_read_without_panic(body in prop::collection::vec(any::<u8>(), 0..200), which in 0usize..40) {
        let names: [&[u8; 4]; 40] = [
            b"ftyp", b"mvhd", b"tkhd", b"mdhd", b"hdlr", b"vmhd", b"smhd", b"hmhd", b"gmin", b"tcmi", b"stsd", b"stts", b"mfhd",
            b"keys", b"pitm", b"idat", b"iloc", b"iinf", b"ipma", b"ispe", b"pixi", b"irot", b"colr", b"hvcC", b"av1C", b"pasp",
            b"clap", b"auxC", b"loci", b"yrrc", b"rtng", b"clsf", b"kywd", b"chpl", b"titl", b"\xa9nam", b"----", b"trkn", b"gnre",
            b"clef",
        ];
        for parents in [&[b"moov"][..], &[b"moov", b"udta"], &[b"moov", b"trak", b"mdia"], &[b"moov", b"trak", b"tapt"],
            &[b"meta"], &[b"meta", b"ilst"], &[b"meta", b"iprp", b"ipco"], &[b"meta", b"iprp"],
            &[b"moov", b"trak", b"mdia", b"minf", b"stbl"]]
        {
            let mut bytes = [hdlr(b"vide"), mvhd(600, 1), boxed(names[which], &[&body])].concat();
            for parent in parents.iter().rev() {
                bytes = boxed(parent, &[&bytes]);
            }
            let _ = local::extract(&Input::from_bytes([ftyp(b"isom"), bytes].concat()));
        }
    }
}
