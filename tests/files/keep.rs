//! `--keep`: what each name keeps of the samples.

use crate::build::picture;
use exifkit::{
    format::{Keep, Selection},
    input::Input,
};

#[test]
fn what_stays_of_a_photo() {
    let (_, photo) = super::all().into_iter().find(|(name, _)| *name == "photo.jpg").unwrap();
    // What is kept, a tag that stays with it, one that goes all the same.
    let cases: &[(&[Keep], &[&str], &[&str])] = &[
        (&[], &["File:ImageWidth"], &["IFD0:Orientation", "ICC-header:ProfileClass", "JFIF:XResolution=72", "IFD0:Artist"]),
        (&[Keep::Icc], &["ICC-header:ProfileClass"], &["IFD0:Orientation", "IFD0:Artist"]),
        (&[Keep::Orientation], &["IFD0:Orientation"], &["ICC-header:ProfileClass", "IFD0:Make"]),
        (&[Keep::Density], &["JFIF:XResolution=72"], &["IFD0:Orientation", "IFD0:Software"]),
        (&[Keep::Copyright], &["IFD0:Artist", "IFD0:Copyright"], &["IFD0:Make", "ExifIFD:BodySerialNumber", "GPS:GPSLatitude"]),
        (&[Keep::Dates], &["ExifIFD:DateTimeOriginal"], &["IFD0:Artist", "GPS:GPSLatitude"]),
        (&[Keep::Thumbnail], &["IFD1:ThumbnailImage"], &["IFD0:Artist", "ExifIFD:DateTimeOriginal", "GPS:GPSLatitude"]),
        (&[Keep::Title], &["IFD0:ImageDescription"], &["IFD0:Artist", "ExifIFD:DateTimeOriginal"]),
    ];
    for (keep, stay, go) in cases {
        let selection = Selection { keep: keep.iter().copied().collect(), ..Selection::none() };
        let cleaned = super::clean(&photo, &selection).unwrap_or_else(|e| panic!("{keep:?}: {e}"));
        let tags = super::tags(&cleaned);
        let has =
            |name: &str| tags.iter().any(|t| t.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')));
        for name in *stay {
            assert!(has(name), "{name} goes with {keep:?}: {tags:#?}");
        }
        for name in *go {
            assert!(!has(name), "{name} stays with {keep:?}");
        }
    }
}

#[test]
fn single_tags_stay() {
    let (_, photo) = super::all().into_iter().find(|(name, _)| *name == "photo.jpg").unwrap();
    let selection = Selection { tags: vec!["exif:model".into()], ..Selection::none() };
    let tags = super::tags(&super::clean(&photo, &selection).unwrap());
    assert!(tags.contains(&"IFD0:Model=Box 1".to_owned()), "{tags:#?}");
    assert!(!tags.iter().any(|t| t.starts_with("IFD0:Make=")), "{tags:#?}");
}

/// What one block keeps, another may lose: the proof knows the one from the other.
#[test]
fn whatever_is_kept_the_proof_holds() {
    let sets: [&[Keep]; 5] = [
        &[Keep::Copyright],
        &[Keep::Dates],
        &[Keep::Title],
        &[Keep::Thumbnail],
        &[Keep::Copyright, Keep::Dates, Keep::Title, Keep::Thumbnail],
    ];
    for (name, file) in super::cleanable() {
        for keep in sets {
            let selection = Selection { keep: keep.iter().copied().collect(), ..Selection::none() };
            super::clean(&file, &selection).unwrap_or_else(|e| panic!("{name}, {keep:?}: {e}"));
        }
    }
}

/// A packet that cannot be edited goes as a whole, and that is said: in each container.
#[test]
fn what_cannot_be_kept_is_said() {
    let packet = b"<!DOCTYPE x [<!ENTITY e 'e'>]><x:xmpmeta xmlns:x='adobe:ns:meta/'>GONE</x:xmpmeta>";
    let files = with_packet(packet);
    let selection = Selection { tags: vec!["xmp:rating".into()], ..Selection::none() };
    for file in files {
        let prepared = exifkit::engine::removal::prepare(&Input::from_bytes(file.clone()), &selection).unwrap();
        let said: Vec<String> = prepared.lost().iter().map(|w| format!("{}: {}", w.place, w.text)).collect();
        let start = String::from_utf8_lossy(&file[..8]);
        assert!(said.iter().any(|w| w.starts_with("XMP: goes as a whole: ")), "{start:?}: {said:?}");
        let cleaned = super::clean(&file, &selection).unwrap();
        assert!(!cleaned.windows(4).any(|w| w == b"GONE"), "{start:?}");
    }
}

/// A packet in each container.
fn with_packet(packet: &[u8]) -> [Vec<u8>; 4] {
    let segment = [b"http://ns.adobe.com/xap/1.0/\0", packet].concat();
    let itxt = [b"XML:com.adobe.xmp\0\0\0\0\0", packet].concat();
    let trailer: Vec<u8> = [1].into_iter().chain((0..=255).rev()).chain([0]).collect();
    let block = [b"!\xff\x0bXMP DataXMP", packet, &trailer].concat();
    [
        picture::jpeg(&[(0xe1, segment)], &[]),
        picture::png(&[picture::chunk(b"iTXt", &itxt)], &[]),
        picture::webp(&[], &[picture::riff(b"XMP ", packet)], 4, &[]),
        picture::gif(&[block], &[]),
    ]
}

/// Properties of all kinds, in any order, as elements: as attributes they would come first when the packet is read again.
#[cfg(feature = "xmp-toolkit")]
#[test]
fn properties_of_different_kinds_are_kept_together() {
    let properties = [
        "<dc:creator><rdf:Seq><rdf:li>A</rdf:li><rdf:li>B</rdf:li></rdf:Seq></dc:creator>",
        "<xmp:CreateDate>2021-03-04T05:06:07</xmp:CreateDate>",
        "<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>t</rdf:li><rdf:li xml:lang='de'>T</rdf:li></rdf:Alt></dc:title>",
        "<photoshop:Credit>C</photoshop:Credit>",
        "<xmpRights:WebStatement>http://a.example/</xmpRights:WebStatement>",
        "<tiff:ImageDescription><rdf:Alt><rdf:li xml:lang='x-default'>i</rdf:li></rdf:Alt></tiff:ImageDescription>",
        "<xmp:ModifyDate>2021-03-04</xmp:ModifyDate>",
    ];
    let keep = [Keep::Copyright, Keep::Dates, Keep::Title].into();
    let selection = Selection { keep, ..Selection::none() };
    for one in properties {
        for other in properties.iter().filter(|p| **p != one) {
            let packet = format!(
                "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description \
                 rdf:about='' xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:xmp='http://ns.adobe.com/xap/1.0/' \
                 xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/' xmlns:xmpRights='http://ns.adobe.com/xap/1.0/rights/' \
                 xmlns:tiff='http://ns.adobe.com/tiff/1.0/' xmp:Label='GONE'>{one}{other}</rdf:Description></rdf:RDF></x:xmpmeta>"
            );
            for file in with_packet(packet.as_bytes()) {
                let cleaned = super::clean(&file, &selection).unwrap_or_else(|e| panic!("{one} {other}: {e}"));
                let (before, after) = (super::tags(&file), super::tags(&cleaned));
                let gone = before.iter().filter(|t| t.starts_with("XMP-") && !after.contains(t));
                assert_eq!(gone.collect::<Vec<_>>(), ["XMP-xmp:Label=GONE"], "{one} {other}");
            }
        }
    }
}

/// A tag that was asked for by name, and that no fresh block can say.
#[test]
fn what_was_asked_for_and_goes_is_said() {
    let (_, photo) = super::all().into_iter().find(|(name, _)| *name == "photo.jpg").unwrap();
    let lost = |tags: &[&str]| -> Vec<String> {
        let selection = Selection { tags: tags.iter().map(|t| (*t).into()).collect(), ..Selection::none() };
        let prepared = exifkit::engine::removal::prepare(&Input::from_bytes(photo.clone()), &selection).unwrap();
        prepared.lost().iter().map(|w| format!("{}: {}", w.place, w.text)).collect()
    };
    assert_eq!(lost(&["Model", "gps:GPSLatitude", "IPTC:City"]), Vec::<String>::new());
    let said = lost(&["IFD1:Compression", "Model"]);
    assert_eq!(said, ["IFD1: Compression was to be kept, but cannot be in the cleaned file"]);
}

#[test]
fn every_word_of_keep_passes_its_own_proof() {
    let words =
        [Keep::Icc, Keep::Orientation, Keep::Density, Keep::Copyright, Keep::Dates, Keep::Title, Keep::Thumbnail, Keep::C2pa];
    let cleanable = |name: &str| ["jpg", "png", "webp", "gif"].iter().any(|e| name.ends_with(e));
    for (name, bytes) in super::all().into_iter().filter(|(name, _)| cleanable(name)) {
        for keep in words {
            let selection = Selection { keep: [keep].into(), ..Selection::none() };
            super::clean(&bytes, &selection).unwrap_or_else(|e| panic!("{name}, {keep:?}: {e}"));
        }
    }
}
