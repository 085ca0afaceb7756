//! `--keep`: what each name keeps of the samples.

use exifkit::format::{Keep, Selection};

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
