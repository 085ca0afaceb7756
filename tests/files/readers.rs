//! Second readers: libraries that share no code with ours must agree.

use super::{all, clean, tags};
use crate::build::{Slots, standards};
use exif::{In, Reader, Tag};
use exifkit::format::Selection;
use img_parts::{Bytes, ImageEXIF, ImageICC, jpeg::Jpeg, png::Png, webp::WebP};

fn sample(name: &str) -> Vec<u8> {
    all().into_iter().find(|(n, _)| *n == name).unwrap().1
}

#[test]
fn kamadak_exif_reads_the_same() {
    let theirs = Reader::new().read_raw(standards::exif(&mut Slots::default())).unwrap();
    let ours = tags(&sample("photo.jpg"));
    let text = |tag| match &theirs.get_field(tag, In::PRIMARY).unwrap().value {
        exif::Value::Ascii(parts) => String::from_utf8_lossy(&parts[0]).into_owned(),
        exif::Value::Rational(values) => values[0].to_f64().to_string(),
        value => value.get_uint(0).unwrap().to_string(),
    };
    for (tag, name) in [
        (Tag::Make, "IFD0:Make"),
        (Tag::Model, "IFD0:Model"),
        (Tag::DateTime, "IFD0:ModifyDate"),
        (Tag::DateTimeOriginal, "ExifIFD:DateTimeOriginal"),
        (Tag::FNumber, "ExifIFD:FNumber"),
        (Tag::PhotographicSensitivity, "ExifIFD:ISO"),
        (Tag::BodySerialNumber, "ExifIFD:SerialNumber"),
        (Tag::LensModel, "ExifIFD:LensModel"),
        (Tag::GPSMapDatum, "GPS:GPSMapDatum"),
    ] {
        let wanted = format!("{name}={}", text(tag));
        assert!(ours.contains(&wanted), "{wanted}: {ours:#?}");
    }
}

#[test]
fn kamadak_exif_reads_what_is_kept() {
    let cleaned = clean(&sample("photo.jpg"), &Selection::default()).unwrap();
    let block = Jpeg::from_bytes(cleaned.into()).unwrap().exif().expect("a block with the orientation");
    let exif = Reader::new().read_raw(block.to_vec()).unwrap();
    let fields: Vec<_> = exif.fields().map(|f| (f.tag, f.value.get_uint(0))).collect();
    assert_eq!(fields, [(Tag::Orientation, Some(6))]);
}

#[test]
fn img_parts_reads_cleaned_files() {
    let cleaned = |name| Bytes::from(clean(&sample(name), &Selection::default()).unwrap());
    let original = |name| Bytes::from(sample(name));

    let (before, after) = (Jpeg::from_bytes(original("photo.jpg")).unwrap(), Jpeg::from_bytes(cleaned("photo.jpg")).unwrap());
    assert_eq!(after.icc_profile(), before.icc_profile());
    let markers: Vec<u8> = after.segments().iter().map(|s| s.marker()).filter(|m| matches!(m, 0xe0..=0xef | 0xfe)).collect();
    assert!(markers.iter().all(|m| matches!(m, 0xe0..=0xe2)), "{markers:x?}");

    let (before, after) = (Png::from_bytes(original("picture.png")).unwrap(), Png::from_bytes(cleaned("picture.png")).unwrap());
    assert_eq!(after.icc_profile(), before.icc_profile());
    assert_eq!(after.chunk_by_type(*b"IDAT").map(|c| c.contents()), before.chunk_by_type(*b"IDAT").map(|c| c.contents()));
    let names: Vec<_> = after.chunks().iter().map(|c| String::from_utf8_lossy(&c.kind()).into_owned()).collect();
    assert_eq!(names, ["IHDR", "iCCP", "pHYs", "eXIf", "IDAT", "IEND"]);

    let (before, after) =
        (WebP::from_bytes(original("picture.webp")).unwrap(), WebP::from_bytes(cleaned("picture.webp")).unwrap());
    assert_eq!(after.icc_profile(), before.icc_profile());
    assert_eq!(
        after.chunk_by_id(*b"VP8L").map(|c| c.content().clone()),
        before.chunk_by_id(*b"VP8L").map(|c| c.content().clone())
    );
    assert!(!after.has_chunk(*b"XMP ") && !after.has_chunk(*b"NOTE"));
}
