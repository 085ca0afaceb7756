//! Blocks of the standards, with a text in every slot: either as people would write it, or a marker that is searched for later.

use super::tiff::{self, Field};
use super::{Slots, picture};

/// An Exif block: image, camera, GPS, interoperability, a thumbnail with a comment of its own.
pub fn exif(slots: &mut Slots) -> Vec<u8> {
    let mut t = |slot: &str, nice: &str| Field::Ascii(slots.text(&format!("Exif {slot}"), nice));
    let gps = vec![
        (0, Field::Byte(vec![2, 3, 0, 0])),
        (1, Field::Ascii("N".into())),
        (2, Field::Rational(vec![(48, 1), (51, 1), (2999, 100)])),
        (3, Field::Ascii("E".into())),
        (4, Field::Rational(vec![(2, 1), (17, 1), (4023, 100)])),
        (5, Field::Byte(vec![0])),
        (6, Field::Rational(vec![(351, 10)])),
        (7, Field::Rational(vec![(9, 1), (30, 1), (15, 1)])),
        (0x12, t("GPS MapDatum", "WGS-84")),
        (0x1d, t("GPS DateStamp", "2024:03:15")),
    ];
    let camera = vec![
        (0x829a, Field::Rational(vec![(1, 1000)])),
        (0x829d, Field::Rational(vec![(28, 10)])),
        (0x8822, Field::Short(vec![2])),
        (0x8827, Field::Short(vec![100])),
        (0x9000, Field::Undefined(b"0232".to_vec())),
        (0x9003, t("DateTimeOriginal", "2024:03:15 10:30:00")),
        (0x9004, t("CreateDate", "2024:03:15 10:30:00")),
        (0x9011, t("OffsetTimeOriginal", "+01:00")),
        (0x9101, Field::Undefined(vec![1, 2, 3, 0])),
        (0x9209, Field::Short(vec![16])),
        (0x920a, Field::Rational(vec![(50, 1)])),
        (0xa001, Field::Short(vec![1])),
        (0xa002, Field::Long(vec![picture::SIZE.0])),
        (0xa003, Field::Long(vec![picture::SIZE.1])),
        (0xa005, Field::Directory(vec![(1, Field::Ascii("R98".into())), (2, Field::Undefined(b"0100".to_vec()))])),
        (0xa405, Field::Short(vec![75])),
        (0xa420, t("ImageUniqueID", "0123456789abcdef0123456789abcdef")),
        (0xa430, t("CameraOwnerName", "Jane Doe")),
        (0xa431, t("BodySerialNumber", "SN-0012345")),
        (0xa433, t("LensMake", "Makers & Co")),
        (0xa434, t("LensModel", "MC 50mm f/1.8")),
        (0xa435, t("LensSerialNumber", "LN-0054321")),
    ];
    let image = vec![
        (0x10e, t("ImageDescription", "A field of colours")),
        (0x10f, t("Make", "Makers & Co")),
        (0x110, t("Model", "Box 1")),
        (0x112, Field::Short(vec![6])),
        (0x11a, Field::Rational(vec![(72, 1)])),
        (0x11b, Field::Rational(vec![(72, 1)])),
        (0x128, Field::Short(vec![2])),
        (0x131, t("Software", "Firmware 1.0")),
        (0x132, t("ModifyDate", "2024:03:16 11:00:00")),
        (0x13b, t("Artist", "Jane Doe")),
        (0x8298, t("Copyright", "(c) 2024 Jane Doe")),
        (0x8769, Field::Directory(camera)),
        (0x8825, Field::Directory(gps)),
        (0xfd00, t("private tag", "a private note")),
    ];
    let comment = slots.text("thumbnail comment", "of a thumbnail");
    let thumbnail = picture::jpeg(&[(0xfe, comment.into_bytes())], b"");
    let second = vec![
        (0x103, Field::Short(vec![6])),
        (0x202, Field::Long(vec![thumbnail.len() as u32])),
        (0x201, Field::Elsewhere(thumbnail)),
    ];
    tiff::block(&[image, second])
}

/// IPTC datasets (IIM 4.2) in UTF-8.
pub fn iptc(slots: &mut Slots) -> Vec<u8> {
    let mut out = vec![0x1c, 1, 90, 0, 3, 0x1b, b'%', b'G'];
    for (dataset, name, nice) in [
        (5, "ObjectName", "Colours"),
        (25, "Keywords", "colours"),
        (25, "Keywords 2", "test"),
        (55, "DateCreated", "20240315"),
        (80, "By-line", "Jane Doe"),
        (90, "City", "Tromsø"),
        (101, "Country", "Norway"),
        (116, "CopyrightNotice", "© 2024 Jane Doe"),
        (120, "Caption", "A field of colours"),
    ] {
        let text = slots.text(&format!("IPTC {name}"), nice);
        out.extend([0x1c, 2, dataset]);
        out.extend((text.len() as u16).to_be_bytes());
        out.extend(text.bytes());
    }
    out
}

/// A Photoshop image resource.
pub fn resource(id: u16, data: &[u8]) -> Vec<u8> {
    let mut out = [b"8BIM", &id.to_be_bytes()[..], &[0, 0], &(data.len() as u32).to_be_bytes(), data].concat();
    out.resize(out.len().next_multiple_of(2), 0);
    out
}

/// An XMP packet with texts, a list, a language alternative and a structure.
pub fn xmp(slots: &mut Slots) -> String {
    let mut t = |slot: &str, nice: &str| slots.text(&format!("XMP {slot}"), nice);
    format!(
        r#"<?xpacket begin="{}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
    xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:own="http://example.com/own/"
    xmp:CreatorTool="{}" xmp:CreateDate="2024-03-15T10:30:00+01:00" xmp:Rating="4" photoshop:City="{}" own:Note="{}">
   <dc:creator><rdf:Seq><rdf:li>{}</rdf:li></rdf:Seq></dc:creator>
   <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt></dc:rights>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{}</rdf:li><rdf:li xml:lang="nb">{}</rdf:li></rdf:Alt></dc:title>
   <dc:subject><rdf:Bag><rdf:li>{}</rdf:li><rdf:li>test</rdf:li></rdf:Bag></dc:subject>
   <xmpMM:DocumentID>{}</xmpMM:DocumentID>
   <xmpMM:History><rdf:Seq><rdf:li rdf:parseType="Resource">
    <stEvt:action>created</stEvt:action><stEvt:softwareAgent>{}</stEvt:softwareAgent>
   </rdf:li></rdf:Seq></xmpMM:History>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"#,
        '\u{feff}',
        t("CreatorTool", "Firmware 1.0"),
        t("City", "Tromsø"),
        t("own:Note", "a note of our own"),
        t("creator", "Jane Doe"),
        t("rights", "© 2024 Jane Doe"),
        t("title", "Colours"),
        t("title nb", "Farger"),
        t("subject", "colours"),
        t("DocumentID", "xmp.did:0123456789abcdef"),
        t("History softwareAgent", "Firmware 1.0"),
    )
}

/// A colour profile that a display has (ICC.1:2001-04): matrix and curves of sRGB's primaries, a gamma of 2.2.
pub fn icc() -> Vec<u8> {
    let s15 = |v: f64| ((v * 65536.0).round() as i32).to_be_bytes();
    let xyz = |v: [f64; 3]| [&b"XYZ \0\0\0\0"[..], &v.map(s15).concat()].concat();
    let text = |s: &str| [b"text\0\0\0\0", s.as_bytes(), &[0]].concat();
    let description = |s: &str| {
        let ascii = [&(s.len() as u32 + 1).to_be_bytes(), s.as_bytes(), &[0]].concat();
        [&b"desc\0\0\0\0"[..], &ascii, &[0; 78]].concat()
    };
    let curve = [&b"curv\0\0\0\0\0\0\0\x01"[..], &563u16.to_be_bytes()].concat();
    let tags: [(&[u8; 4], Vec<u8>); 9] = [
        (b"desc", description("sRGB-like test profile")),
        (b"cprt", text("No rights reserved")),
        (b"wtpt", xyz([0.9642, 1.0, 0.8249])),
        (b"rXYZ", xyz([0.4361, 0.2225, 0.0139])),
        (b"gXYZ", xyz([0.3851, 0.7169, 0.0971])),
        (b"bXYZ", xyz([0.1431, 0.0606, 0.7141])),
        (b"rTRC", curve.clone()),
        (b"gTRC", curve.clone()),
        (b"bTRC", curve),
    ];
    let mut table = (tags.len() as u32).to_be_bytes().to_vec();
    let mut data = Vec::new();
    for (name, value) in &tags {
        let at = 128 + 4 + 12 * tags.len() + data.len();
        table.extend([&name[..], &(at as u32).to_be_bytes(), &(value.len() as u32).to_be_bytes()].concat());
        data.extend(value);
        data.resize(data.len().next_multiple_of(4), 0);
    }
    let mut header = vec![0; 128];
    let size = (128 + table.len() + data.len()) as u32;
    header[..4].copy_from_slice(&size.to_be_bytes());
    header[8..12].copy_from_slice(&[2, 0x40, 0, 0]);
    header[12..24].copy_from_slice(b"mntrRGB XYZ ");
    header[24..36].copy_from_slice(&[2024u16, 3, 15, 10, 30, 0].map(u16::to_be_bytes).concat());
    header[36..40].copy_from_slice(b"acsp");
    header[68..80].copy_from_slice(&[0.9642, 1.0, 0.8249].map(s15).concat());
    [header, table, data].concat()
}
