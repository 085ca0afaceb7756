//! Documents are built here, a few objects each.

use crate::{engine::local, input::Input, metadata::Metadata};
use flate2::{Compression, write::ZlibEncoder};
use proptest::prelude::*;
use std::io::Write;

const XMP: &str = "<x:xmpmeta xmlns:x='adobe:ns:meta/'></x:xmpmeta>";

/// Objects of a document with one page.
fn basic() -> Vec<(u32, String)> {
    vec![
        (1, "<</Type/Catalog/Pages 2 0 R/Lang(de)/Metadata 5 0 R>>".into()),
        (2, "<</Type/Pages/Kids[3 0 R]/Count 1>>".into()),
        (3, "<</Type/Page/Parent 2 0 R>>".into()),
        (4, "<</Title(A title)/CreationDate(D:20200102030405+01'00')/Own#20key/Word>>".into()),
        (5, format!("<</Type/Metadata/Subtype/XML/Length {}>>\nstream\n{XMP}\nendstream", XMP.len())),
    ]
}

/// With a cross-reference table.
fn classic(objects: &[(u32, String)]) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n".to_vec();
    append(&mut out, objects, "/Root 1 0 R/Info 4 0 R");
    out
}

/// Appends objects, their table and a trailer.
fn append(out: &mut Vec<u8>, objects: &[(u32, String)], trailer: &str) {
    let mut table = String::from("xref\n");
    for (number, text) in objects {
        table += &format!("{number} 1\n{:010} 00000 n \n", out.len());
        out.extend(format!("{number} 0 obj\n{text}\nendobj\n").bytes());
    }
    let start = out.len();
    out.extend(format!("{table}trailer\n<</Size 9{trailer}>>\nstartxref\n{start}\n%%EOF\n").bytes());
}

/// With a cross-reference stream (PNG predictor), the dictionaries in an object stream.
fn compressed(objects: &[(u32, String)]) -> Vec<u8> {
    let (mut index, mut body) = (String::new(), String::new());
    let mut rows: Vec<(u32, [u8; 4])> = Vec::new();
    let mut out = b"%PDF-1.5\n".to_vec();
    for (number, text) in objects {
        if text.contains("stream") {
            let [high, low] = (out.len() as u16).to_be_bytes();
            rows.push((*number, [1, high, low, 0]));
            out.extend(format!("{number} 0 obj\n{text}\nendobj\n").bytes());
        } else {
            rows.push((*number, [2, 0, 8, (index.split(' ').count() / 2) as u8]));
            index += &format!("{number} {} ", body.len());
            body += &format!("{text} ");
        }
    }
    let [high, low] = (out.len() as u16).to_be_bytes();
    rows.push((8, [1, high, low, 0]));
    let count = rows.iter().filter(|r| r.1[0] == 2).count();
    let head = format!("/Type/ObjStm/N {count}/First {}", index.len());
    flate(&mut out, 8, &head, (index + &body).as_bytes());
    let start = out.len();
    let ids: String = rows.iter().map(|(n, _)| format!("{n} 1 ")).collect();
    let mut data = Vec::new();
    let mut before = [0u8; 4];
    for (_, row) in &rows {
        data.push(2);
        data.extend(row.iter().zip(before).map(|(a, b)| a.wrapping_sub(b)));
        before = *row;
    }
    let head = format!("/Type/XRef/W[1 2 1]/Index[{ids}]/Root 1 0 R/Info 4 0 R/DecodeParms<</Predictor 12/Columns 4>>");
    flate(&mut out, 9, &head, &data);
    out.extend(format!("startxref\n{start}\n%%EOF").bytes());
    out
}

fn flate(out: &mut Vec<u8>, number: u32, head: &str, data: &[u8]) {
    let mut z = ZlibEncoder::new(Vec::new(), Compression::default());
    z.write_all(data).unwrap();
    let z = z.finish().unwrap();
    out.extend(format!("{number} 0 obj\n<<{head}/Filter/FlateDecode/Length {}>>\nstream\n", z.len()).bytes());
    out.extend(z);
    out.extend(b"\nendstream\nendobj\n");
}

fn read(bytes: Vec<u8>) -> Metadata {
    local::extract(&Input::from_bytes(bytes)).unwrap().metadata
}

fn printed(metadata: &Metadata, name: &str) -> String {
    metadata.get_in("PDF", name).map_or_else(String::new, |t| t.printed().into_owned())
}

fn check(what: &str, bytes: Vec<u8>, want: &[(&str, &str)]) {
    let metadata = read(bytes);
    for (name, value) in want {
        assert_eq!(printed(&metadata, name), *value, "{what}: {name}, {:?}", metadata.warnings);
    }
}

const BASIC: &[(&str, &str)] = &[
    ("Title", "A title"),
    ("CreateDate", "2020:01:02 03:04:05+01:00"),
    ("OwnKey", "Word"),
    ("PageCount", "1"),
    ("Language", "de"),
    ("Linearized", "No"),
];

#[test]
fn every_way_to_find_objects_gives_the_same() {
    let whole = classic(&basic());
    let cut = |word: &[u8]| whole[..memchr::memmem::find(&whole, word).unwrap()].to_vec();
    let with = |from: &str, to: &str| {
        let at = memchr::memmem::rfind(&whole, from.as_bytes()).unwrap();
        [&whole[..at], to.as_bytes(), &whole[at + from.len()..]].concat()
    };
    let cases = [
        ("table", whole.clone()),
        ("stream", compressed(&basic())),
        ("text before the header", [b"\r\n\r\n", &whole[..]].concat()),
        ("mail before the header", [b"Content-Type: application/pdf\r\n\r\n", &whole[..]].concat()),
        ("text behind the end", [&whole[..], &[b' '; 1500]].concat()),
        ("no startxref", with("startxref", "startnone")),
        ("a wrong startxref", with("startxref\n", "startxref\n7")),
        ("entries of 19 bytes", whole.replace(b" n \n", b" n\n")),
        ("a wrong offset", whole.replace(b"0000000", b"0000001")),
        ("an endless chain", with("/Size 9", &format!("/Size 9/Prev {}", cut(b"xref\n1 1").len()))),
        ("a cut stream's table", {
            let bytes = compressed(&basic());
            bytes[..memchr::memmem::rfind(&bytes, b"startxref").unwrap()].to_vec()
        }),
    ];
    for (what, bytes) in cases {
        check(what, bytes, BASIC);
    }
    // Without a trailer nobody says which dictionary is the information.
    check("no table", cut(b"xref\n1 1"), &[("Language", "de"), ("PageCount", "1")]);
}

trait Replace {
    fn replace(&self, from: &[u8], to: &[u8]) -> Vec<u8>;
}

impl Replace for Vec<u8> {
    fn replace(&self, from: &[u8], to: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut rest = &self[..];
        while let Some(at) = memchr::memmem::find(rest, from) {
            out.extend([&rest[..at], to].concat());
            rest = &rest[at + from.len()..];
        }
        out.extend(rest);
        out
    }
}

#[test]
fn a_later_revision_replaces_objects() {
    let mut bytes = classic(&basic());
    let before = memchr::memmem::find(&bytes, b"xref\n1 1").unwrap();
    let new = [(4, "<</Title(New)/Keywords(a, b)>>".to_owned())];
    append(&mut bytes, &new, &format!("/Root 1 0 R/Info 4 0 R/Prev {before}"));
    check("update", bytes, &[("Title", "New"), ("CreateDate", ""), ("Keywords", "a, b"), ("Language", "de")]);
}

#[test]
fn dictionaries() {
    let cases: &[(u32, &str, &[(&str, &str)])] = &[
        (
            4,
            "<</Keywords(a b)/AAPL:Keywords[(c d)(e)]/Trapped/True>>",
            &[("Keywords", "a, b"), ("AppleKeywords", "c d, e"), ("Trapped", "True")],
        ),
        (
            4,
            "<</Keywords()/Subject()/x(1)/foo_bar(2)/a:b[(3)(4)]/Author(5)/author(6)>>",
            &[("Keywords", ""), ("TagX", "1"), ("FooBar", "2"), ("AB", "3"), ("Author", "5")],
        ),
        (
            4,
            "<</Title 3 0 R/Subject 77 0 R/Author(1)/Author(2)/Creator 5.50>>",
            &[("Title", ""), ("Author", "1"), ("Creator", "5.50")],
        ),
        (
            1,
            "<</Pages 2 0 R/Version/1.7/PageMode/UseOutlines/MarkInfo<</Marked true>>/AcroForm<</XFA 3 0 R>>>>",
            &[("PDFVersion", "1.7"), ("PageMode", "UseOutlines"), ("TaggedPDF", "Yes"), ("HasXFA", "Yes")],
        ),
        (
            1,
            "<</Perms<</DocMDP<</Name(N)/M(D:2020)/Prop_AuthTime 5/Reference[<</TransformParams<</P 2/Form[/A/B]>>>>]>>>>>>",
            &[
                ("SigningAuthority", "N"),
                ("SigningDate", "2020:01:01 00:00:00"),
                ("AuthenticationTime", "5 seconds ago"),
                ("ModificationPermissions", "Fill forms, Create page templates, Sign"),
                ("FormUsageRights", "A, B"),
            ],
        ),
        (2, "<</Kids[2 0 R 3 0 R]/Count 6 0 R/MediaBox[0 0 612 792]>>", &[("PageCount", ""), ("MediaBox", "0, 0, 612, 792")]),
        (
            3,
            "<</PieceInfo<</Illustrator<</Private<</ContainerVersion 11/CreatorVersion 17>>>>>>>>",
            &[("ContainerVersion", "11"), ("CreatorVersion", "17")],
        ),
    ];
    for (number, text, want) in cases {
        let mut objects = basic();
        objects[*number as usize - 1].1 = (*text).to_owned();
        check(text, classic(&objects), want);
        check(text, compressed(&objects), want);
    }
}

#[test]
fn headers() {
    let body = classic(&basic());
    let cases: &[(&str, &str)] = &[
        ("%PDF-1.4\n", "1.4"),
        ("%PDF-2.0 \n", "2.0"),
        (" \n%PDF-1.10\n", "1.10"),
        ("%PDF-1\n", ""),
        ("%!PS\n", ""),
        ("%FDF-1.2\n", ""),
    ];
    for (header, want) in cases {
        let bytes = [header.as_bytes(), &body[9..]].concat();
        let read = local::extract(&Input::from_bytes(bytes)).unwrap();
        assert_eq!(read.file_type.is_some(), !want.is_empty(), "{header}");
        assert_eq!(printed(&read.metadata, "PDFVersion"), *want, "{header}");
    }
}

#[test]
fn a_linear_document_is_as_long_as_it_says() {
    let mut objects = vec![(7, "<</Linearized 1/L 000>>".to_owned())];
    objects.extend(basic());
    let bytes = classic(&objects);
    for (len, want) in [(bytes.len(), "Yes"), (bytes.len() - 1, "No")] {
        let bytes = bytes.replace(b"/L 000", format!("/L {len}").as_bytes());
        assert_eq!(printed(&read(bytes), "Linearized"), want);
    }
}

#[test]
fn a_locked_document_says_so() {
    let mut bytes = classic(&basic());
    let before = memchr::memmem::find(&bytes, b"xref\n1 1").unwrap();
    let lock = [(6, format!("<</Filter/Standard/V 1/R 2/P -60/O<{0}>/U<{0}>>>", "00".repeat(32)))];
    append(&mut bytes, &lock, &format!("/Root 1 0 R/Encrypt 6 0 R/ID[<00><00>]/Prev {before}"));
    let metadata = read(bytes);
    assert_eq!(printed(&metadata, "Encryption"), "Standard V1.2 (40-bit)");
    assert_eq!(printed(&metadata, "UserAccess"), "Print, Fill forms, Extract, Assemble, Print high-res");
    assert_eq!(printed(&metadata, "Title"), "");
    assert!(metadata.warnings.iter().any(|w| w.text.contains("password")), "{:?}", metadata.warnings);
}

/// Documents that lead in circles or claim too much are read in no time.
#[test]
fn hostile_documents() {
    let cases: &[(u32, String)] = &[
        (2, "<</Kids[2 0 R]/Count 1/MediaBox 2 0 R>>".into()),
        (2, format!("<</Kids[{}]>>", "3 0 R ".repeat(50_000))),
        (3, "3 0 R".into()),
        (4, "<</Title 4 0 R>>".into()),
        (4, "[".repeat(100_000)),
        (4, "<</A".repeat(100_000)),
        (5, "<</Subtype/XML/Length 5 0 R/Filter[5 0 R]>>\nstream\nendstream".into()),
        (5, "<</Subtype/XML/Length 99999999999999999999/Filter/FlateDecode>>\nstream\n".into()),
        (1, format!("<</Pages<<{}", "/Kids<<".repeat(50_000))),
    ];
    for (number, text) in cases {
        let mut objects = basic();
        objects[*number as usize - 1].1 = text.clone();
        let begun = std::time::Instant::now();
        read(classic(&objects));
        assert!(begun.elapsed().as_secs() < 5, "{}", &text[..text.len().min(60)]);
    }
}

/// What is searched, inflated and copied is counted for the whole document, however many places ask for it.
#[test]
fn hostile_tables() {
    let ids = |from: u32, count: u32, word: &str| (from..from + count).map(|i| format!("{i} {word} ")).collect::<String>();
    let kids = |count| format!("<</Pages<</Kids[{}]>>>>", ids(100_000, count, "0 R"));
    let end = |out: &mut Vec<u8>, start: usize| out.extend(format!("startxref\n{start}\n%%EOF").bytes());
    let trailers = format!("%PDF-1.7\n{}", "trailer(".repeat(40_000)).into_bytes();
    let mut sections = format!("%PDF-1.7\n1 0 obj\n{}\nendobj\n", kids(40_000)).into_bytes();
    let start = sections.len();
    let table = "9 1\n0000000000 00000 n \n".repeat(40_000);
    sections.extend(format!("xref\n1 1\n0000000009 00000 n \n{table}trailer\n<</Root 1 0 R>>\n").bytes());
    end(&mut sections, start);
    // The index of every object in the object stream is wrong.
    let mut bundle = format!("%PDF-1.7\n1 0 obj\n{}\nendobj\n", kids(20_000)).into_bytes();
    let index = ids(1_000_000, 400_000, "0") + &ids(100_000, 20_000, "0");
    let at = bundle.len() as u16;
    flate(&mut bundle, 2, &format!("/Type/ObjStm/N 420000/First {}", index.len()), (index.clone() + "null").as_bytes());
    let start = bundle.len();
    let [high, low] = at.to_be_bytes();
    let rows = [&[1, 0, 9, 0, 1, high, low, 0][..], &[2, 0, 2, 0].repeat(20_000)].concat();
    flate(&mut bundle, 3, "/Type/XRef/W[1 2 1]/Index[1 2 100000 20000]/Root 1 0 R", &rows);
    end(&mut bundle, start);
    for (what, bytes) in [("trailers", trailers), ("sections", sections), ("bundle", bundle)] {
        let begun = std::time::Instant::now();
        read(bytes);
        assert!(begun.elapsed().as_secs() < 4, "{what}: {:?}", begun.elapsed());
    }
}

#[test]
fn what_is_held_of_a_document_is_bounded() {
    let mut bytes = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n".to_vec();
    let mut before = String::new();
    for number in 2..6 {
        let start = bytes.len();
        flate(&mut bytes, number, &format!("/Type/XRef/W[1 2 1]/Size 9/Root 1 0 R{before}"), &vec![0; 30 << 20]);
        before = format!("/Prev {start}");
        bytes.extend(format!("startxref\n{start}\n%%EOF\n").bytes());
    }
    assert_eq!(super::xref::Xref::read(&Input::from_bytes(bytes)).unwrap().trailers.len(), 2);
    let mut objects = basic();
    objects[2].1 = format!("({})", "A".repeat(1 << 20));
    let input = Input::from_bytes(classic(&objects));
    let (mut document, _) = super::Document::open(&input).unwrap();
    let copies = (0..400).filter(|_| document.resolve(&super::Object::Ref(3, 0)) != super::Object::NULL).count();
    assert_eq!(copies, 31);
    // Objects of an object stream may all begin at the same place.
    let index: String = (10..400).map(|i| format!("{i} 0 ")).collect();
    let mut bytes = b"%PDF-1.7\n".to_vec();
    flate(&mut bytes, 2, &format!("/Type/ObjStm/N 390/First {}", index.len()), format!("{index}{}", objects[2].1).as_bytes());
    bytes.extend(b"trailer<</Root 1 0 R>>");
    let input = Input::from_bytes(bytes);
    let (mut document, _) = super::Document::open(&input).unwrap();
    assert_eq!((10..400).filter(|&number| document.object(number).is_some()).count(), 127);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        read([b"%PDF-1.7\n", &bytes[..]].concat());
    }

    #[test]
    fn mutated_documents_do_no_harm(
        which in 0..2usize,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = if which == 0 { classic(&basic()) } else { compressed(&basic()) };
        for (at, value) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        read(bytes);
    }

    #[test]
    fn shuffled_words_do_no_harm(words in proptest::collection::vec(prop::sample::select(vec![
        "1 0 obj", "2 0 obj", "endobj", "<<", ">>", "[", "]", "/Root 1 0 R", "/Info 2 0 R", "/Pages 2 0 R", "/Kids", "stream\n", "endstream",
        "trailer", "xref\n0 3\n", "0000000009 00000 n \n", "startxref\n9\n", "/Prev 9", "/Type/XRef", "/Type/ObjStm", "/N 3", "/First 5",
        "/W[1 2 1]", "/Index[0 99999999999]", "/Length 1 0 R", "/Filter/FlateDecode", "/Metadata 1 0 R", "(", ")", "1 0 2 0 ", "\n",
    ]), 0..80)) {
        read(format!("%PDF-1.5\n{}", words.join(" ")).into_bytes());
    }
}
