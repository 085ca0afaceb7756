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
    let segment = [b"http://ns.adobe.com/xap/1.0/\0", &packet[..]].concat();
    let itxt = [b"XML:com.adobe.xmp\0\0\0\0\0", &packet[..]].concat();
    let trailer: Vec<u8> = [1].into_iter().chain((0..=255).rev()).chain([0]).collect();
    let block = [b"!\xff\x0bXMP DataXMP", &packet[..], &trailer].concat();
    let files = [
        picture::jpeg(&[(0xe1, segment)], &[]),
        picture::png(&[picture::chunk(b"iTXt", &itxt)], &[]),
        picture::webp(&[], &[picture::riff(b"XMP ", packet)], 4, &[]),
        picture::gif(&[block], &[]),
    ];
    let selection = Selection { tags: vec!["xmp:rating".into()], ..Selection::none() };
    for file in files {
        let prepared = exifkit::engine::removal::prepare(&Input::from_bytes(file.clone()), &selection).unwrap();
        let said: Vec<String> = prepared.warnings().iter().map(|w| format!("{}: {}", w.place, w.text)).collect();
        let start = String::from_utf8_lossy(&file[..8]);
        assert!(said.iter().any(|w| w.starts_with("XMP: goes as a whole: ")), "{start:?}: {said:?}");
        let cleaned = super::clean(&file, &selection).unwrap();
        assert!(!cleaned.windows(4).any(|w| w == b"GONE"), "{start:?}");
    }
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
