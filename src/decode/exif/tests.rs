use super::decode;
use crate::{
    decode::{Facts, Sink},
    input::Input,
    metadata::Metadata,
    tags::ByteOrder,
};
use proptest::prelude::*;

/// A value as it is written.
enum Field {
    Text(&'static [u8]),
    Undefined(&'static [u8]),
    Bytes(&'static [u8]),
    Short(&'static [u16]),
    Long(&'static [u32]),
    Rational(&'static [(u32, u32)]),
    Signed(&'static [(i32, i32)]),
    Double(&'static [f64]),
    /// The offset of the directory of that index.
    Directory(usize),
}
use Field::*;

/// Builds a TIFF block of directories, the first `chain` of which follow each other.
struct Builder {
    order: ByteOrder,
    big: bool,
    out: Vec<u8>,
}

impl Builder {
    fn number(&self, n: u64, size: usize) -> Vec<u8> {
        match self.order {
            ByteOrder::Little => n.to_le_bytes()[..size].to_vec(),
            ByteOrder::Big => n.to_be_bytes()[8 - size..].to_vec(),
        }
    }

    fn push(&mut self, n: u64, size: usize) {
        let bytes = self.number(n, size);
        self.out.extend(bytes);
    }

    fn field(&self, field: &Field, places: &[u64]) -> (u16, u64, Vec<u8>) {
        let all = |numbers: &mut dyn Iterator<Item = u64>, size| numbers.flat_map(|n| self.number(n, size)).collect::<Vec<u8>>();
        match field {
            Text(t) => (2, t.len() as u64, t.to_vec()),
            Undefined(b) => (7, b.len() as u64, b.to_vec()),
            Bytes(b) => (1, b.len() as u64, b.to_vec()),
            Short(v) => (3, v.len() as u64, all(&mut v.iter().map(|n| u64::from(*n)), 2)),
            Long(v) => (4, v.len() as u64, all(&mut v.iter().map(|n| u64::from(*n)), 4)),
            Rational(v) => (5, v.len() as u64, all(&mut v.iter().flat_map(|(n, d)| [u64::from(*n), u64::from(*d)]), 4)),
            Signed(v) => {
                (10, v.len() as u64, all(&mut v.iter().flat_map(|(n, d)| [u64::from(*n as u32), u64::from(*d as u32)]), 4))
            }
            Double(v) => (12, v.len() as u64, all(&mut v.iter().map(|n| n.to_bits()), 8)),
            Directory(i) => (4, 1, self.number(places.get(*i).copied().unwrap_or(0), 4)),
        }
    }

    fn directory(&mut self, fields: &[(u16, Field)], next: u64, places: &[u64]) {
        let (count, entry, offset) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let mut data_at = self.out.len() + count + fields.len() * entry + offset;
        let mut data = Vec::new();
        self.push(fields.len() as u64, count);
        for (tag, field) in fields {
            let (kind, count, mut bytes) = self.field(field, places);
            self.push((*tag).into(), 2);
            self.push(kind.into(), 2);
            self.push(count, offset);
            if bytes.len() > offset {
                self.push(data_at as u64, offset);
                data_at += bytes.len();
                data.extend(bytes);
            } else {
                bytes.resize(offset, 0);
                self.out.extend(bytes);
            }
        }
        self.push(next, offset);
        self.out.extend(data);
    }
}

fn build(order: ByteOrder, big: bool, chain: usize, directories: &[&[(u16, Field)]]) -> Vec<u8> {
    let write = |places: &[u64]| {
        let mark: &[u8] = if order == ByteOrder::Little { b"II" } else { b"MM" };
        let mut b = Builder { order, big, out: mark.to_vec() };
        if big {
            b.push(43, 2);
            b.push(8, 2);
            b.push(0, 2);
            b.push(16, 8);
        } else {
            b.push(42, 2);
            b.push(8, 4);
        }
        let mut found = Vec::new();
        for (i, fields) in directories.iter().enumerate() {
            found.push(b.out.len() as u64);
            let next = if i + 1 < chain { places.get(i + 1).copied().unwrap_or(0) } else { 0 };
            b.directory(fields, next, places);
        }
        (b.out, found)
    };
    // The first time for the places alone.
    let (_, places) = write(&[]);
    write(&places).0
}

fn read(bytes: Vec<u8>) -> Metadata {
    read_in("TIFF", bytes)
}

fn read_in(file_type: &'static str, bytes: Vec<u8>) -> Metadata {
    let mut sink = Sink { facts: Facts { file_type, ..Facts::default() }, ..Sink::default() };
    decode(&Input::from_bytes(bytes), &mut sink);
    sink.metadata
}

fn printed(metadata: &Metadata, place: &str, name: &str) -> String {
    metadata.get_in(place, name).map_or_else(|| "-".to_owned(), |t| t.printed().into_owned())
}

/// Each tag alone in a directory: how it prints.
#[test]
fn values_print() {
    let cases: &[(u16, Field, &str, &str)] = &[
        (0x010e, Text(b"a caption  \0"), "ImageDescription", "a caption  "),
        (0x010f, Text(b"Maker  \0"), "Make", "Maker"),
        (0x0112, Short(&[6]), "Orientation", "Rotate 90 CW"),
        (0x0112, Short(&[9]), "Orientation", "Unknown (9)"),
        (0x00fe, Long(&[0xc00]), "SubfileType", "[10], [11]"),
        (0x011a, Rational(&[(72, 1)]), "XResolution", "72"),
        (0x0124, Long(&[5]), "T4Options", "2-Dimensional encoding, Fill bits added"),
        (0x0140, Short(&[1, 2, 3]), "ColorMap", "(Binary data 6 bytes, use --binary to extract)"),
        (0x0153, Short(&[1, 3]), "SampleFormat", "Unsigned; Float"),
        (0x0212, Short(&[2, 1]), "YCbCrSubSampling", "YCbCr4:2:2 (2 1)"),
        (0x8298, Text(b"Joe \0Ed \0"), "Copyright", "Joe\nEd"),
        (0x829a, Rational(&[(1, 250)]), "ExposureTime", "1/250"),
        (0x829a, Rational(&[(5, 2)]), "ExposureTime", "2.5"),
        (0x829d, Rational(&[(28, 10)]), "FNumber", "2.8"),
        (0x829d, Rational(&[(0, 1)]), "FNumber", "0"),
        (0x8827, Short(&[100, 200]), "ISO", "100, 200"),
        (0x9000, Undefined(b"0232"), "ExifVersion", "0232"),
        (0x9101, Undefined(&[1, 2, 3, 0]), "ComponentsConfiguration", "Y, Cb, Cr, -"),
        (0x9201, Signed(&[(6, 1)]), "ShutterSpeedValue", "1/64"),
        (0x9202, Rational(&[(4, 1)]), "ApertureValue", "4.0"),
        (0x9204, Signed(&[(-4, 3)]), "ExposureCompensation", "-4/3"),
        (0x9204, Signed(&[(0, 0)]), "ExposureCompensation", "0"),
        (0x9206, Rational(&[(3, 2)]), "SubjectDistance", "1.5 m"),
        (0x9206, Rational(&[(1, 0)]), "SubjectDistance", "inf"),
        (0x9209, Short(&[0x19]), "Flash", "Auto, Fired"),
        (0x9209, Short(&[0x26f1]), "Flash", "Unknown (0x26f1)"),
        (0x920a, Rational(&[(50, 1)]), "FocalLength", "50.0 mm"),
        (0x9286, Undefined(b"ASCII\0\0\0 hi  \0x"), "UserComment", " hi"),
        (0x9286, Undefined(b"UNICODE\0\xff\xfeh\0i\0"), "UserComment", "hi"),
        (0x9286, Undefined(b"UNICODE h\0i\0"), "UserComment", "hi"),
        (0x9286, Undefined(b"Unicode\0h\0i\0"), "UserComment", "Unicodehi"),
        (0x9286, Undefined(b"ASCII\0xxhi\0x"), "UserComment", "hi"),
        (0x9286, Undefined(b"ASCII  \0hi"), "UserComment", "hi"),
        (0x9286, Undefined(b"ASCII a hi"), "UserComment", "ASCII a hi"),
        (0x9286, Undefined(b"\0abcdefghi"), "UserComment", "hi"),
        (0x9286, Undefined(b"  \0 \0   hi"), "UserComment", "hi"),
        (0x9286, Undefined(b"JIS     \x1b$B4A\x1b(B"), "UserComment", "漢"),
        (0x9286, Undefined(b"JIS\0x\0\0\0abc"), "UserComment", "JISxabc"),
        // Without a code NULs hide nothing.
        (0x9286, Undefined(b"\0abc"), "UserComment", "abc"),
        (0x9286, Undefined(b"hi\0\0\0\0\0\0more"), "UserComment", "himore"),
        (0x9286, Undefined(b"caf\xc3\0\xa9s \0x  "), "UserComment", "cafés x"),
        (0x9400, Signed(&[(-5, 2)]), "AmbientTemperature", "-2.5 C"),
        (0x9c9b, Bytes(b"T\0\xe9\0\0\0"), "XPTitle", "T\u{e9}"),
        (0xa300, Undefined(&[3]), "FileSource", "Digital Camera"),
        (0xa300, Undefined(&[3, 0, 0, 0]), "FileSource", "Sigma Digital Camera"),
        (0xa301, Undefined(&[1]), "SceneType", "Directly photographed"),
        (0xa405, Short(&[75]), "FocalLengthIn35mmFormat", "75 mm"),
        (0xa432, Rational(&[(24, 1), (70, 1), (28, 10), (28, 10)]), "LensInfo", "24-70mm f/2.8"),
        (0xa432, Rational(&[(18, 1), (55, 1), (0, 0), (0, 0)]), "LensInfo", "18-55mm f/?"),
        (0xc612, Bytes(&[1, 4, 0, 0]), "DNGVersion", "1.4.0.0"),
        (0xc616, Bytes(&[0, 1, 2]), "CFAPlaneColor", "Red,Green,Blue"),
        (0xc65d, Bytes(&[0xf6, 0x1c]), "RawDataUniqueID", "F61C"),
        (0xc71b, Text(b"2020-10-27T18:21:44Z\0"), "PreviewDateTime", "2020:10:27 18:21:44Z"),
        (0xc71b, Undefined(b"2020-10-27T18:21:44Z"), "PreviewDateTime", "2020:10:27 18:21:44Z"),
        (0xc740, Undefined(b"\0\0\0\x01\0\0\0\x09\x01\x03\0\0\0\0\0\0\0\0\0\0"), "OpcodeList1", "GainMap"),
        (0xc761, Double(&[0.5, 0.25]), "NoiseProfile", "0.5 0.25"),
        (0xa481, Text(b""), "GDALNoData", ""),
    ];
    for (tag, field, name, want) in cases {
        // `Field` is no `Clone`: each is written anew.
        for order in [ByteOrder::Little, ByteOrder::Big] {
            let mut b = Builder { order, big: false, out: Vec::new() };
            b.out.extend(if order == ByteOrder::Little { b"II" } else { b"MM" });
            b.push(42, 2);
            b.push(8, 4);
            let (kind, count, mut bytes) = b.field(field, &[]);
            b.push(1, 2);
            b.push((*tag).into(), 2);
            b.push(kind.into(), 2);
            b.push(count, 4);
            if bytes.len() > 4 {
                b.push(26, 4);
                b.push(0, 4);
            } else {
                bytes.resize(4, 0);
                bytes.extend([0; 4]);
            }
            b.out.extend(bytes);
            assert_eq!(&printed(&read(b.out), "IFD0", name), want, "{tag:#06x} {order:?}");
        }
    }
}

#[test]
fn positions_print() {
    let gps: &[(u16, Field)] = &[
        (0, Bytes(&[2, 3, 0, 0])),
        (1, Text(b"N\0")),
        (2, Rational(&[(48, 1), (51, 1), (2999, 100)])),
        (4, Rational(&[(179, 1), (59, 1), (599_999, 10_000)])),
        (5, Bytes(&[1])),
        (6, Rational(&[(411, 10)])),
        (7, Rational(&[(14, 1), (54, 1), (19, 100)])),
        (20, Rational(&[(0, 0), (0, 0), (0, 0)])),
        (27, Undefined(b"ASCII\0\0\0GPS")),
        (29, Text(b"2008-10-23\0")),
    ];
    let metadata = read(build(ByteOrder::Big, false, 1, &[&[(0x8825, Directory(1))], gps]));
    let cases = [
        ("GPSVersionID", "2.3.0.0"),
        ("GPSLatitudeRef", "North"),
        ("GPSLatitude", "48 deg 51' 29.99\""),
        ("GPSLongitude", "180 deg 0' 0.00\""),
        ("GPSAltitudeRef", "Below Sea Level"),
        ("GPSAltitude", "41.1 m"),
        ("GPSTimeStamp", "14:54:00.19"),
        ("GPSDestLatitude", ""),
        ("GPSProcessingMethod", "GPS"),
        ("GPSDateStamp", "2008:10:23"),
    ];
    for (name, want) in cases {
        assert_eq!(printed(&metadata, "GPS", name), want, "{name}");
    }
}

#[test]
fn directories_have_their_groups() {
    let directories: &[&[(u16, Field)]] = &[
        &[(0x0100, Long(&[10])), (0x010f, Text(b"Maker\0")), (0x014a, Directory(3)), (0x8769, Directory(4))],
        &[(0x0103, Short(&[6])), (0x0201, Long(&[100])), (0x0202, Long(&[28]))],
        &[(0x0201, Long(&[200])), (0x0202, Long(&[5]))],
        &[(0x0103, Short(&[7])), (0x0111, Long(&[300])), (0x0117, Long(&[6]))],
        &[(0x9003, Text(b"2020:01:02 03:04:05\0")), (0xa005, Directory(5))],
        &[(0x0001, Text(b"R98\0"))],
    ];
    for big in [false, true] {
        let metadata = read(build(ByteOrder::Little, big, 3, directories));
        let cases = [
            ("IFD0", "Make", "Maker"),
            ("IFD1", "ThumbnailOffset", "100"),
            ("IFD1", "ThumbnailImage", "(Binary data 28 bytes, use --binary to extract)"),
            ("IFD2", "JpgFromRawStart", "200"),
            ("SubIFD", "PreviewImageStart", "300"),
            ("SubIFD", "PreviewImage", "(Binary data 6 bytes, use --binary to extract)"),
            ("ExifIFD", "DateTimeOriginal", "2020:01:02 03:04:05"),
            ("InteropIFD", "InteropIndex", "R98 - DCF basic file (sRGB)"),
        ];
        for (place, name, want) in cases {
            assert_eq!(printed(&metadata, place, name), want, "{place}:{name} big={big}");
        }
        assert_eq!(metadata.warnings, []);
    }
}

#[test]
fn pages_are_counted() {
    let page: &[(u16, Field)] = &[(0x00fe, Long(&[2])), (0x0100, Short(&[1]))];
    let thumbnail: &[(u16, Field)] = &[(0x00fe, Long(&[1])), (0x0100, Short(&[1]))];
    for (pages, want) in [(&[page, thumbnail, page][..], "2"), (&[page], "1"), (&[thumbnail, thumbnail], "-")] {
        let block = build(ByteOrder::Little, false, pages.len(), pages);
        assert_eq!(printed(&read(block.clone()), "File", "PageCount"), want);
        assert_eq!(printed(&read_in("JPEG", block), "File", "PageCount"), "-");
    }
}

#[test]
fn geotiff_keys_are_found() {
    let block = build(
        ByteOrder::Little,
        false,
        1,
        &[&[
            (0x87af, Short(&[1, 1, 0, 4, 1024, 0, 1, 1, 1026, 0x87b1, 5, 0, 2057, 0x87b0, 1, 1, 3072, 0x87b1, 9, 60_000])),
            (0x87b0, Double(&[1.0, 6_378_270.5])),
            (0x87b1, Text(b"Grid|\0")),
        ]],
    );
    let metadata = read(block);
    let cases = [
        ("GeoTiffVersion", "1.1.0"),
        ("GTModelType", "Projected"),
        ("GTCitation", "Grid"),
        ("GeogSemiMajorAxis", "6378270.5"),
        ("ProjectedCSType", "-"),
    ];
    for (name, want) in cases {
        assert_eq!(printed(&metadata, "GeoTiff", name), want, "{name}");
    }
    assert_eq!(metadata.warnings.len(), 1);
}

/// Directories that lead to themselves, counts beyond the file, types that do not exist: what is good is read.
#[test]
fn damage_is_survived() {
    let good = build(ByteOrder::Little, false, 1, &[&[(0x0100, Long(&[7])), (0x010e, Text(b"caption\0"))]]);
    let edit = |at: usize, bytes: &[u8]| {
        let mut block = good.clone();
        block[at..at + bytes.len()].copy_from_slice(bytes);
        block
    };
    let cases: &[(&str, Vec<u8>, &str)] = &[
        ("next is itself", edit(34, &[8, 0, 0, 0]), "7"),
        ("next is far away", edit(34, &[0xff; 4]), "7"),
        ("a value beyond the end", edit(30, &[0xff; 4]), "7"),
        ("a count beyond the end", edit(26, &[0xff; 4]), "7"),
        ("an unknown type", edit(24, &[99, 0]), "7"),
        ("more entries than there are", edit(8, &[90, 0]), "7"),
        ("an ExifIFD that is IFD0", edit(22, &[0x69, 0x87, 4, 0, 1, 0, 0, 0, 8, 0, 0, 0]), "7"),
        ("cut inside the directory", good[..24].to_vec(), "7"),
        ("cut behind the header", good[..8].to_vec(), "-"),
        ("another magic number", edit(2, &[0x42, 0]), "7"),
    ];
    for (what, block, want) in cases {
        let metadata = read_in("JPEG", block.clone());
        assert_eq!(&printed(&metadata, "IFD0", "ImageWidth"), want, "{what}");
        assert!(!metadata.warnings.is_empty() || what.starts_with("another"), "{what}");
    }
}

/// Many entries that point at the same long value cost no more than the budget.
#[test]
fn shared_values_are_bounded() {
    let mut b = Builder { order: ByteOrder::Little, big: false, out: b"II*\0\x08\0\0\0".to_vec() };
    b.push(4000, 2);
    for _ in 0..4000 {
        b.push(0x0118, 2);
        b.push(4, 2);
        b.push(200_000, 4);
        b.push(60_000, 4);
    }
    b.out.resize(60_000 + 800_000, 1);
    let metadata = read(b.out);
    let held: usize = metadata.tags.iter().map(|t| t.value.elements().len()).sum();
    assert!(held < 5_000_000, "{held}");
}

/// The second reader (kamadak-exif) finds the same fields with the same values.
#[test]
fn another_reader_agrees() {
    let exif: &[(u16, Field)] = &[
        (0x829a, Rational(&[(1, 250)])),
        (0x829d, Rational(&[(28, 10)])),
        (0x8827, Short(&[400])),
        (0x9003, Text(b"2020:01:02 03:04:05\0")),
        (0x9204, Signed(&[(-1, 3)])),
        (0xa002, Long(&[4000])),
    ];
    for order in [ByteOrder::Little, ByteOrder::Big] {
        let block = build(
            order,
            false,
            1,
            &[
                &[(0x010f, Text(b"Maker\0")), (0x0112, Short(&[6])), (0x011a, Rational(&[(300, 1)])), (0x8769, Directory(1))],
                exif,
            ],
        );
        let ours = read(block.clone());
        let theirs = exif::Reader::new().read_raw(block).unwrap();
        let mut compared = 0;
        for field in theirs.fields() {
            let Some(tag) = ours.tags.iter().find(|t| same_name(&field.tag.to_string(), &t.name)) else {
                panic!("{} is missing", field.tag);
            };
            let value = match &field.value {
                exif::Value::Rational(v) => v[0].to_f64(),
                exif::Value::SRational(v) => v[0].to_f64(),
                exif::Value::Ascii(v) => {
                    assert_eq!(tag.value.to_string().as_bytes(), v[0]);
                    compared += 1;
                    continue;
                }
                other => f64::from(other.get_uint(0).unwrap()),
            };
            assert!((tag.value.as_f64().unwrap() - value).abs() < 1e-9, "{}", field.tag);
            compared += 1;
        }
        assert_eq!(compared, 9, "{order:?}");
    }
}

/// Exif's own names, where ExifTool has others.
fn same_name(theirs: &str, ours: &str) -> bool {
    let theirs = match theirs {
        "PhotographicSensitivity" => "ISO",
        "ExposureBiasValue" => "ExposureCompensation",
        "PixelXDimension" => "ExifImageWidth",
        other => other,
    };
    theirs == ours
}

proptest! {
    #[test]
    fn any_bytes_are_read(mut bytes in proptest::collection::vec(any::<u8>(), 0..400), little in any::<bool>()) {
        let header: &[u8] = if little { b"II*\0\x08\0\0\0" } else { b"MM\0*\0\0\0\x08" };
        let n = header.len().min(bytes.len());
        bytes[..n].copy_from_slice(&header[..n]);
        read(bytes);
    }

    #[test]
    fn any_entries_are_read(entries in proptest::collection::vec((0usize..40, 0u16..20, 0u32..70, 0u32..300), 1..20)) {
        const TAGS: [u16; 40] = [
            0x00fe, 0x0103, 0x010f, 0x0111, 0x0117, 0x0124, 0x0140, 0x014a, 0x0153, 0x0201, 0x0202, 0x0212, 0x02bc, 0x8298,
            0x829a, 0x8769, 0x87af, 0x87b0, 0x87b1, 0x8825, 0x8827, 0x9000, 0x9101, 0x9201, 0x9204, 0x9206, 0x9286, 0x927c,
            0x9c9b, 0xa005, 0xa300, 0xa302, 0xa432, 0xa462, 0xbc01, 0xc4a5, 0xc5e0, 0xc740, 0xc763, 0x0002,
        ];
        let mut b = Builder { order: ByteOrder::Big, big: false, out: b"MM\0*\0\0\0\x08".to_vec() };
        b.push(entries.len() as u64, 2);
        for (tag, kind, count, offset) in entries {
            b.push(TAGS[tag].into(), 2);
            b.push(kind.into(), 2);
            b.push(count.into(), 4);
            b.push(offset.into(), 4);
        }
        b.out.resize(400, 7);
        let metadata = read(b.out);
        metadata.tags.iter().for_each(|t| drop(t.printed()));
    }
}
