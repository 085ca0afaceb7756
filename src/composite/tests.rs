use super::*;
use crate::metadata::Group;

/// A tag from `group:name=value` (several numbers between blanks stay text, as tables may give them).
fn tag(kind: &'static str, spec: &str) -> Tag {
    let (place, rest) = spec.split_once(':').unwrap();
    let (name, value) = rest.split_once('=').unwrap();
    let value =
        value.parse::<i64>().map(Value::Int).or_else(|_| value.parse::<f64>().map(Value::Float)).unwrap_or_else(|_| value.into());
    Tag::new(Group { kind, place: place.into() }, name, value)
}

#[test]
fn derived_values_print_like_the_reference() {
    let cases: &[(&[&str], &[(&str, &str)])] = &[
        (&["File:ImageWidth=640", "File:ImageHeight=480"], &[("ImageSize", "640x480"), ("Megapixels", "0.307")]),
        (&["File:ImageWidth=1", "File:ImageHeight=1"], &[("Megapixels", "0.000001")]),
        (
            &["ExifIFD:FNumber=2.8", "ExifIFD:ExposureTime=0.004", "ExifIFD:ISO=100"],
            &[("Aperture", "2.8"), ("ShutterSpeed", "1/250"), ("LightValue", "10.9")],
        ),
    ];
    for (tags, want) in cases {
        let mut metadata = Metadata { tags: tags.iter().map(|t| tag("exif", t)).collect(), warnings: vec![] };
        derive(&mut metadata);
        for (name, printed) in *want {
            let got = metadata.get_in("Composite", name).map(|t| t.printed().into_owned());
            assert_eq!(got.as_deref(), Some(*printed), "{name} of {tags:?}");
        }
    }
}
