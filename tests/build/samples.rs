//! The files of `tests/samples`, one of each container that is read, each with all the metadata that it can hold.

use super::{
    Slots,
    picture::{self, SIZE, application, bmff, chunk, riff, sub_blocks, zlib},
    standards::{exif, icc, iptc, resource, xmp},
    tiff::{self, Field},
};

/// Name and bytes of every sample.
pub fn all(slots: &mut Slots) -> Vec<(&'static str, Vec<u8>)> {
    let mut file = |name: &'static str, build: fn(&mut Slots) -> Vec<u8>| {
        slots.file = name;
        (name, build(slots))
    };
    vec![
        file("photo.jpg", jpeg),
        file("picture.png", png),
        file("animation.gif", gif),
        file("picture.webp", webp),
        file("pages.tif", tiff),
        file("picture.heif", heif),
        file("movie.mp4", mp4),
        file("paper.pdf", pdf),
        file("sidecar.xmp", |slots| xmp(slots).into_bytes()),
        file("profile.icc", |_| icc()),
    ]
}

fn jpeg(slots: &mut Slots) -> Vec<u8> {
    let segments = [
        (0xe0, b"JFIF\0\x01\x02\x01\0\x48\0\x48\0\0".to_vec()),
        (0xe1, [b"Exif\0\0".to_vec(), exif(slots)].concat()),
        (0xe1, [b"http://ns.adobe.com/xap/1.0/\0", xmp(slots).as_bytes()].concat()),
        (0xe2, [b"ICC_PROFILE\0\x01\x01".to_vec(), icc()].concat()),
        (0xe6, slots.text("APP6", "an unknown segment").into_bytes()),
        (0xed, [b"Photoshop 3.0\0".to_vec(), resource(0x404, &iptc(slots))].concat()),
        (0xfe, slots.text("COM", "a comment").into_bytes()),
    ];
    picture::jpeg(&segments, slots.text("after EOI", "behind the end").as_bytes())
}

fn png(slots: &mut Slots) -> Vec<u8> {
    let compressed = zlib(slots.text("zTXt", "Jane Doe").as_bytes());
    let chunks = [
        chunk(b"iCCP", &[b"profile\0\0", &zlib(&icc())[..]].concat()),
        chunk(b"pHYs", &[0, 0, 0x0b, 0x13, 0, 0, 0x0b, 0x13, 1]),
        chunk(b"tIME", &[0x07, 0xe8, 3, 15, 10, 30, 0]),
        chunk(b"tEXt", &[b"Comment\0", slots.text("tEXt", "a comment").as_bytes()].concat()),
        chunk(b"zTXt", &[b"Author\0\0", &compressed[..]].concat()),
        chunk(b"iTXt", &[b"Title\0\0\0nb\0Tittel\0", slots.text("iTXt", "Farger").as_bytes()].concat()),
        chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", xmp(slots).as_bytes()].concat()),
        chunk(b"eXIf", &exif(slots)),
        chunk(b"prVt", slots.text("private chunk", "an unknown chunk").as_bytes()),
    ];
    picture::png(&chunks, slots.text("after IEND", "behind the end").as_bytes())
}

fn gif(slots: &mut Slots) -> Vec<u8> {
    // XMP stands unblocked; 257 bytes lead a reader of blocks out of it (XMP part 3, 1.1.2).
    let magic: Vec<u8> = [1].into_iter().chain((0..=255).rev()).chain([0]).collect();
    let blocks = [
        [&[0x21, 0xfe], &sub_blocks(slots.text("comment", "a comment").as_bytes())[..]].concat(),
        application(b"XMP DataXMP", &[xmp(slots).as_bytes(), &magic].concat()),
        application(b"ICCRGBG1012", &sub_blocks(&icc())),
        application(b"UNKNOWN 1.0", &sub_blocks(slots.text("application", "an unknown block").as_bytes())),
    ];
    picture::gif(&blocks, slots.text("after trailer", "behind the end").as_bytes())
}

fn webp(slots: &mut Slots) -> Vec<u8> {
    let after = [
        riff(b"EXIF", &exif(slots)),
        riff(b"XMP ", xmp(slots).as_bytes()),
        riff(b"NOTE", slots.text("unknown chunk", "an unknown chunk").as_bytes()),
    ];
    let tail = slots.text("after RIFF", "behind the end");
    picture::webp(&[riff(b"ICCP", &icc())], &after, 0x2c, tail.as_bytes())
}

fn tiff(slots: &mut Slots) -> Vec<u8> {
    let page = |slots: &mut Slots, n: u16| -> tiff::Directory {
        vec![
            (0x100, Field::Long(vec![SIZE.0])),
            (0x101, Field::Long(vec![SIZE.1])),
            (0x102, Field::Short(vec![8, 8, 8])),
            (0x103, Field::Short(vec![1])),
            (0x106, Field::Short(vec![2])),
            (0x10e, Field::Ascii(slots.text("ImageDescription", "A page"))),
            (0x111, Field::Elsewhere(picture::rgb())),
            (0x115, Field::Short(vec![3])),
            (0x116, Field::Long(vec![SIZE.1])),
            (0x117, Field::Long(vec![SIZE.0 * SIZE.1 * 3])),
            (0x129, Field::Short(vec![n, 2])),
            (0x13b, Field::Ascii(slots.text("Artist", "Jane Doe"))),
            (0x2bc, Field::Byte(xmp(slots).into_bytes())),
            (0x8773, Field::Undefined(icc())),
        ]
    };
    let pages = [page(slots, 0), page(slots, 1)];
    tiff::block(&pages)
}

/// A HEIF image (ISO/IEC 23008-12) whose one picture is coded as JPEG (annex H), with Exif and XMP items.
fn heif(slots: &mut Slots) -> Vec<u8> {
    let items = [picture::jpeg(&[], b""), [&[0; 4], &exif(slots)[..]].concat(), xmp(slots).into_bytes()];
    let full = |name, version_flags: u32, data: &[u8]| bmff(name, &[&version_flags.to_be_bytes(), data].concat());
    let infe = |id: u8, kind: &[u8; 4], rest: &[u8]| full(b"infe", 0x0200_0000, &[&[0, id, 0, 0], &kind[..], rest].concat());
    let entries = [infe(1, b"jpeg", b"\0"), infe(2, b"Exif", b"\0"), infe(3, b"mime", b"\0application/rdf+xml\0")];
    let references = [bmff(b"cdsc", &[0, 2, 0, 1, 0, 1]), bmff(b"cdsc", &[0, 3, 0, 1, 0, 1])];
    let properties = [
        full(b"ispe", 0, &[SIZE.0.to_be_bytes(), SIZE.1.to_be_bytes()].concat()),
        bmff(b"colr", &[b"prof".to_vec(), icc()].concat()),
        bmff(b"irot", &[3]),
    ];
    let associations = full(b"ipma", 0, &[0, 0, 0, 1, 0, 1, 3, 1, 2, 0x83]);
    let meta = |data_at: u32| {
        let mut at = data_at;
        let mut locations = vec![0x44, 0, 0, items.len() as u8];
        for (i, item) in items.iter().enumerate() {
            locations.extend([0, i as u8 + 1, 0, 0, 0, 1]);
            locations.extend([at.to_be_bytes(), (item.len() as u32).to_be_bytes()].concat());
            at += item.len() as u32;
        }
        let boxes = [
            full(b"hdlr", 0, b"\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0"),
            full(b"pitm", 0, &[0, 1]),
            full(b"iinf", 0, &[&[0, entries.len() as u8], &entries.concat()[..]].concat()),
            full(b"iref", 0, &references.concat()),
            bmff(b"iprp", &[bmff(b"ipco", &properties.concat()), associations.clone()].concat()),
            full(b"iloc", 0, &locations),
        ];
        full(b"meta", 0, &boxes.concat())
    };
    let head = bmff(b"ftyp", b"mif1\0\0\0\0mif1");
    let data_at = head.len() + meta(0).len() + 8;
    [head, meta(data_at as u32), bmff(b"mdat", &items.concat())].concat()
}

/// A movie of two frames, each a JPEG (ISO/IEC 14496-1: object type 0x6c), with places and names in its boxes.
fn mp4(slots: &mut Slots) -> Vec<u8> {
    let frame = picture::jpeg(&[], b"");
    let full = |name, data: &[u8]| bmff(name, &[&[0; 4], data].concat());
    let longs = |values: &[u32]| values.iter().flat_map(|v| v.to_be_bytes()).collect::<Vec<u8>>();
    let matrix = longs(&[0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000]);
    // Seconds since 1904: 15 March 2024.
    let made = 3_793_339_800u32;
    let udta = {
        let place = slots.text("©xyz", "+48.8583+002.2945/");
        let place = [&(place.len() as u16).to_be_bytes()[..], &[0x15, 0xc7], place.as_bytes()].concat();
        let item = |name: &[u8; 4], text: String| bmff(name, &bmff(b"data", &[b"\0\0\0\x01\0\0\0\0", text.as_bytes()].concat()));
        let list = [item(b"\xa9nam", slots.text("©nam", "Colours")), item(b"\xa9too", slots.text("©too", "Firmware 1.0"))];
        let handler = full(b"hdlr", b"\0\0\0\0mdirappl\0\0\0\0\0\0\0\0\0");
        let meta = full(b"meta", &[handler, bmff(b"ilst", &list.concat())].concat());
        bmff(b"udta", &[bmff(b"\xa9xyz", &place), meta].concat())
    };
    let handler = slots.text("hdlr", "A handler");
    let sample = [
        &[0, 0, 0, 0, 0, 0, 0, 1][..],
        &[0; 16],
        &[0, SIZE.0 as u8, 0, SIZE.1 as u8],
        &longs(&[0x48_0000, 0x48_0000, 0]),
        &[0, 1],
        &[0; 32],
        &[0, 24, 0xff, 0xff],
        &full(b"esds", &[3, 21, 0, 1, 0, 4, 13, 0x6c, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 1, 2]),
    ]
    .concat();
    let moov = |data_at: u32| {
        let sizes = frame.len() as u32;
        let table = [
            full(b"stsd", &[longs(&[1]), bmff(b"mp4v", &sample)].concat()),
            full(b"stts", &longs(&[1, 2, 500])),
            full(b"stsc", &longs(&[1, 1, 2, 1])),
            full(b"stsz", &longs(&[sizes, 2])),
            full(b"stco", &longs(&[1, data_at])),
        ];
        let reference = full(b"dref", &[longs(&[1]), bmff(b"url ", &[0, 0, 0, 1])].concat());
        let media =
            [bmff(b"vmhd", &[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]), bmff(b"dinf", &reference), bmff(b"stbl", &table.concat())];
        let mdia = [
            full(b"mdhd", &[longs(&[made, made, 1000, 1000]), vec![0x55, 0xc4, 0, 0]].concat()),
            full(b"hdlr", &[b"\0\0\0\0vide\0\0\0\0\0\0\0\0\0\0\0\0", handler.as_bytes(), &[0]].concat()),
            bmff(b"minf", &media.concat()),
        ];
        let tkhd = [longs(&[made, made, 1, 0, 1000, 0, 0, 0, 0]), matrix.clone(), longs(&[SIZE.0 << 16, SIZE.1 << 16])].concat();
        let trak = [bmff(b"tkhd", &[longs(&[7]), tkhd].concat()), bmff(b"mdia", &mdia.concat())].concat();
        let mvhd = [longs(&[made, made, 1000, 1000, 0x10000, 0x0100_0000, 0, 0]), matrix.clone(), longs(&[0, 0, 0, 0, 0, 0, 2])];
        bmff(b"moov", &[full(b"mvhd", &mvhd.concat()), bmff(b"trak", &trak), udta.clone()].concat())
    };
    let xmp_id = b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac";
    let uuid = bmff(b"uuid", &[xmp_id, xmp(slots).as_bytes()].concat());
    let head = bmff(b"ftyp", b"isom\0\0\x02\0isommp41");
    let data_at = head.len() + moov(0).len() + uuid.len() + 8;
    [head, moov(data_at as u32), uuid, bmff(b"mdat", &[&frame[..], &frame].concat())].concat()
}

/// A page with a picture, Info and XMP (ISO 32000-1).
fn pdf(slots: &mut Slots) -> Vec<u8> {
    let stream = |dictionary: &str, data: &[u8]| {
        let head = format!("<< {dictionary} /Length {} >>\nstream\n", data.len());
        [head.as_bytes(), data, b"\nendstream"].concat()
    };
    let image = picture::jpeg(&[(0xfe, slots.text("image comment", "of a picture").into_bytes())], b"");
    let (w, h) = SIZE;
    let info = format!(
        "<< /Title ({}) /Author ({}) /Producer ({}) /CreationDate (D:20240315103000+01'00') >>",
        slots.text("Info Title", "Colours"),
        slots.text("Info Author", "Jane Doe"),
        slots.text("Info Producer", "Builder 1.0"),
    );
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Metadata 6 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {w} {h}] /Contents 4 0 R /Resources << /XObject << /P 5 0 R >> >> >>"
        )
        .into_bytes(),
        stream("", format!("{w} 0 0 {h} 0 0 cm /P Do").as_bytes()),
        stream(
            &format!(
                "/Type /XObject /Subtype /Image /Width {w} /Height {h} /BitsPerComponent 8 /ColorSpace /DeviceRGB /Filter /DCTDecode"
            ),
            &image,
        ),
        stream("/Type /Metadata /Subtype /XML", xmp(slots).as_bytes()),
        info.into_bytes(),
    ];
    let mut file = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut offsets = String::from("0000000000 65535 f \n");
    for (i, object) in objects.iter().enumerate() {
        offsets += &format!("{:010} 00000 n \n", file.len());
        file.extend([format!("{} 0 obj\n", i + 1).as_bytes(), object, b"\nendobj\n"].concat());
    }
    let (count, at) = (objects.len() + 1, file.len());
    let end = format!("xref\n0 {count}\n{offsets}trailer\n<< /Size {count} /Root 1 0 R /Info 7 0 R >>\nstartxref\n{at}\n%%EOF\n");
    file.extend(end.bytes());
    file
}
