use super::*;
use crate::format::{
    Depth, Keep, Selection,
    harness::{clean, holds_for, removal_holds, tags, warnings},
};
use proptest::prelude::*;

/// Three by four pixels, a table of two colours.
fn gif(blocks: &[Vec<u8>]) -> Vec<u8> {
    [b"GIF89a\x03\0\x04\0\x80\0\x31".to_vec(), vec![9; 6], blocks.concat(), b";".to_vec()].concat()
}

fn sub_blocks(data: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = data.chunks(255).flat_map(|c| [&[c.len() as u8], c].concat()).collect();
    out.push(0);
    out
}

fn image() -> Vec<u8> {
    [b",\0\0\0\0\x01\0\x01\0\0\x02".to_vec(), sub_blocks(b"\x44\x01")].concat()
}
fn control(delay: u8, transparent: Option<u8>) -> Vec<u8> {
    vec![b'!', 0xf9, 4, u8::from(transparent.is_some()), delay, 0, transparent.unwrap_or(0), 0]
}
fn comment(text: &[u8]) -> Vec<u8> {
    [b"!\xfe".to_vec(), sub_blocks(text)].concat()
}
fn application(name: &[u8; 11], data: &[u8]) -> Vec<u8> {
    [b"!\xff\x0b", &name[..], data].concat()
}
fn repeat(count: u8) -> Vec<u8> {
    application(LOOPS[0], &[3, 1, count, 0, 0])
}
/// XMP in the open, with Adobe's trailer.
fn xmp(packet: &[u8]) -> Vec<u8> {
    let trailer: Vec<u8> = std::iter::once(1).chain((0..=255).rev()).chain([0]).collect();
    application(b"XMP DataXMP", &[packet, &trailer].concat())
}
fn profile() -> Vec<u8> {
    let mut profile = vec![0; 300];
    profile[2..4].copy_from_slice(&300u16.to_be_bytes());
    profile[36..40].copy_from_slice(b"acsp");
    application(PROFILE, &sub_blocks(&profile))
}

#[test]
fn blocks_are_decoded() {
    let screen = [
        "GIF:GIFVersion=89a",
        "GIF:ImageWidth=3",
        "GIF:ImageHeight=4",
        "GIF:HasColorMap=Yes",
        "GIF:ColorResolutionDepth=1",
        "GIF:BitsPerPixel=1",
        "GIF:BackgroundColor=0",
        "GIF:PixelAspectRatio=1",
    ];
    let cases: &[(&[Vec<u8>], &[&str])] = &[
        (&[image()], &[]),
        (&[repeat(0), image()], &["GIF:AnimationIterations=Infinite"]),
        (&[repeat(5), image()], &["GIF:AnimationIterations=5"]),
        (&[comment(&[b'a'; 3]), image()], &["File:Comment=aaa"]),
        (&[comment(b"caf\xe9\0"), image()], &["File:Comment=caf?"]),
        (
            &[control(10, Some(7)), image(), control(15, None), image()],
            &["GIF:TransparentColor=7", "GIF:FrameCount=2", "GIF:Duration=0.25 s"],
        ),
        (&[[b"!\x01\x0c".to_vec(), vec![0; 12], sub_blocks(b"hi")].concat(), image()], &["GIF:Text=hi"]),
        (&[image(), b"\x99".to_vec(), comment(b"x")], &[]),
    ];
    for (blocks, want) in cases {
        let got = tags(&gif(blocks));
        assert_eq!(got[..8], screen);
        assert_eq!(got[8..], **want);
    }
}

#[test]
fn xmp_in_the_open_and_in_sub_blocks() {
    for block in [xmp(b"<x:xmpmeta/>"), application(b"XMP DataXMP", &sub_blocks(b"<x:xmpmeta/>"))] {
        let input = Input::from_bytes(gif(&[block, image()]));
        let mut found = Walk::new(Depth::Headers, GIF);
        walk(&input, &mut found).unwrap();
        let part = found.parts.iter().find(|p| p.kind == Kind::Xmp).unwrap();
        assert_eq!(*part.origin.open(&input, 1000).unwrap().all(1000).unwrap(), *b"<x:xmpmeta/>");
    }
}

#[test]
fn what_is_not_needed_goes() {
    let bare = gif(&[repeat(0), control(1, None), image()]);
    let around = |block: Vec<u8>| gif(&[repeat(0), block, control(1, None), image()]);
    let dirty = [
        (around(comment(b"x")), "comment"),
        (around(xmp(b"<x/>")), "XMP DataXMP"),
        (around(application(C2PA, &sub_blocks(b"x"))), "C2PA_GIF..."),
        (around(application(b"UNKNOWN1234", &sub_blocks(b"x"))), "UNKNOWN1234"),
        (around(application(PROFILE, &sub_blocks(b"no profile"))), "ICCRGBG1012"),
        (around(control(9, None)), "graphic control"),
        (around(b"!\x99\x01x\0".to_vec()), "extension 0x99"),
        (gif(&[repeat(7), repeat(0), control(1, None), image()]), "NETSCAPE2.0"),
        (around(b"!\x01\x05where\x04when\0".to_vec()), "plain text"),
        (gif(&[repeat(0), control(1, None), image(), control(9, None)]), "graphic control"),
        ([bare.clone(), b"behind".to_vec()].concat(), "after the trailer"),
    ];
    for (bytes, place) in &dirty {
        let (out, removed) = clean(bytes, &Selection::default()).unwrap();
        assert_eq!(removed, [*place]);
        assert!(out == bare, "{place}");
        holds_for(bytes);
    }
    assert_eq!(clean(&bare, &Selection::default()).unwrap(), (bare.clone(), vec![]));
    let padded = gif(&[application(LOOPS[0], &[3, 1, 0, 0, 2, b'h', b'i', 0]), control(1, None), image()]);
    assert!(clean(&padded, &Selection::default()).unwrap().0 == bare);
}

#[test]
fn what_is_asked_for_stays() {
    let bytes = gif(&[profile(), comment(b"x"), application(C2PA, &sub_blocks(b"x")), image()]);
    let cases = [
        (Selection::default(), gif(&[profile(), image()])),
        (Selection { keep: [Keep::C2pa].into(), ..Selection::default() }, gif(&[application(C2PA, &sub_blocks(b"x")), image()])),
        (Selection { keep: [].into(), tags: vec!["comment".into()], ..Selection::default() }, gif(&[comment(b"x"), image()])),
    ];
    for (selection, want) in cases {
        assert!(clean(&bytes, &selection).unwrap().0 == want);
    }
}

/// Some decoders know only one of the names.
#[test]
fn every_name_of_a_loop_counts() {
    let other = |count: u8| application(LOOPS[1], &[3, 1, count, 0, 0]);
    let cases = [
        (vec![repeat(2), other(3)], vec![repeat(2), other(3)]),
        (vec![other(3), repeat(2)], vec![other(3), repeat(2)]),
        (vec![repeat(1), other(1), repeat(2), other(3)], vec![repeat(2), other(3)]),
        (vec![application(LOOPS[0], b"\x04\x01\x03\0x\0")], vec![repeat(3)]),
        (vec![application(LOOPS[0], b"\x02hi\x04\x02\x03\0x\x05\x01\x03\0xy\0")], vec![repeat(3)]),
        (vec![application(LOOPS[0], b"\x02\x01\x03\0")], vec![]),
    ];
    let digest = |blocks: &[Vec<u8>]| payload::payload(&Input::from_bytes(gif(&[blocks.concat(), image()]))).unwrap();
    for (before, after) in cases {
        let bytes = gif(&[before.concat(), image()]);
        assert!(clean(&bytes, &Selection::default()).unwrap().0 == gif(&[after.concat(), image()]), "{before:?}");
        holds_for(&bytes);
        assert_eq!(digest(&before), digest(&after));
    }
    let counts = [vec![], vec![repeat(2)], vec![repeat(3)], vec![other(3)], vec![repeat(2), other(3)]];
    for (i, blocks) in counts.iter().enumerate() {
        assert!(counts[..i].iter().all(|others| digest(others) != digest(blocks)), "{blocks:?}");
    }
}

/// Codes of so many bits, packed as GIF89a, appendix F has it.
fn packed(codes: &[(u32, u32)]) -> Vec<u8> {
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0, 0u32);
    for (code, length) in codes {
        bits |= code << held;
        held += length;
        while held >= 8 {
            bytes.push(bits as u8);
            bits >>= 8;
            held -= 8;
        }
    }
    if held > 0 {
        bytes.push(bits as u8);
    }
    bytes
}

#[test]
fn codes_end_where_they_say() {
    let coded = |size: u8, data: &[u8]| [b",\0\0\0\0\x01\0\x01\0\0", &[size][..], data].concat();
    // Longer codes come behind the third and the eleventh code; after a clear code it begins anew.
    let grown: Vec<_> =
        [3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5].iter().enumerate().map(|(i, &n)| (4 * u32::from(i == 0), n)).collect();
    let grown = packed(&[&grown[..], &[(4, 5), (1, 3), (5, 3)]].concat());
    // A table that is full has codes of 12 bits, however many come.
    let mut full = vec![(256, 9)];
    for n in 0u32..5000 {
        full.push((0, (258 + n.saturating_sub(1)).min(4095).ilog2() + 1));
    }
    full.push((257, 12));
    for (size, data) in [(2, packed(&[(4, 3), (0, 3), (5, 3)])), (2, grown), (8, packed(&full))] {
        let want = gif(&[coded(size, &sub_blocks(&data))]);
        assert!(clean(&want, &Selection::default()).unwrap().0 == want, "{size}");
        let mut apart = sub_blocks(&data);
        apart.pop();
        for hiding in [sub_blocks(&[&data[..], b"hidden"].concat()), [&apart[..], b"\x06hidden\x03too\0"].concat()] {
            let bytes = gif(&[coded(size, &hiding)]);
            assert!(clean(&bytes, &Selection::default()).unwrap().0 == want, "{size}");
            holds_for(&bytes);
        }
    }
    // Without an end code, or with codes of no known size, all is taken for codes.
    for (size, data) in [(2, packed(&[(4, 3), (0, 3), (1, 3)])), (0, vec![0x0f; 9]), (1, vec![0x0f; 300]), (12, vec![0xff; 9])] {
        let bytes = gif(&[coded(size, &sub_blocks(&data))]);
        assert!(clean(&bytes, &Selection::default()).unwrap().0 == bytes, "{size}");
    }
    // Of a size that no decoder reads none stay; the image does, so that decoders end where they did.
    for size in [13, 255] {
        let bytes = gif(&[image(), coded(size, &sub_blocks(b"hidden")), image()]);
        let want = gif(&[image(), coded(size, b"\0"), image()]);
        assert!(clean(&bytes, &Selection::default()).unwrap().0 == want, "{size}");
        holds_for(&bytes);
    }
}

#[test]
fn controls_keep_their_fields() {
    let fields = [5, 10, 0, 7];
    let want = gif(&[[&b"!\xf9\x04"[..], &fields, &[0]].concat(), image()]);
    let extra = [&b"!\xf9\x04"[..], &fields, b"\x06hidden\0"].concat();
    let long = [&b"!\xf9\x0a"[..], &fields, b"hidden\0"].concat();
    for control in [extra, long] {
        let bytes = gif(&[control, image()]);
        assert!(clean(&bytes, &Selection::default()).unwrap().0 == want);
        holds_for(&bytes);
    }
}

#[test]
fn plain_text_goes_where_looks_do_not_count() {
    let text = [b"!\x01\x0c".to_vec(), vec![0; 12], sub_blocks(b"hi")].concat();
    let bytes = gif(&[image(), control(5, None), text, image()]);
    assert!(clean(&bytes, &Selection::default()).unwrap().0 == bytes);
    for selection in [Selection::strict(), Selection::none()] {
        assert!(clean(&bytes, &selection).unwrap().0 == gif(&[image(), image()]));
        removal_holds(&bytes, &selection);
    }
    // What is none has nothing that the control is of: it stays with the image.
    let none = gif(&[control(5, None), b"!\x01\x05where\x04when\0".to_vec(), image()]);
    for selection in [Selection::default(), Selection::none()] {
        assert!(clean(&none, &selection).unwrap().0 == gif(&[control(5, None), image()]));
        removal_holds(&none, &selection);
    }
}

/// What is shown may be what a comment says, too.
#[test]
fn texts_that_stay_on_purpose_are_no_leak() {
    let text = [b"!\x01\x0c".to_vec(), vec![0; 12], sub_blocks(b"hello world")].concat();
    for (shown, word) in [(repeat(0), &b"NETSCAPE2.0"[..]), (text, b"hello world")] {
        removal_holds(&gif(&[comment(word), shown, image()]), &Selection::default());
    }
}

#[test]
fn frames_behind_empty_blocks_stay() {
    let bytes = gif(&[vec![0], control(5, None), vec![0, 0], image(), vec![0, 0, 0], comment(b"x"), image()]);
    let (out, removed) = clean(&bytes, &Selection::default()).unwrap();
    assert!(out == gif(&[control(5, None), image(), image()]));
    assert_eq!(removed, ["between blocks", "between blocks", "between blocks", "comment"]);
    holds_for(&bytes);
    // What is no block at all ends the file, and that is said.
    let ended = gif(&[image(), b"GIF89a".to_vec(), image()]);
    assert!(clean(&ended, &Selection::default()).unwrap().0 == gif(&[image()]));
    assert_eq!(warnings(&ended, &Selection::default()), ["GIF: what follows the first block of no known kind goes"]);
}

#[test]
fn profiles_end_where_they_say() {
    let mut bytes = vec![0; 300];
    bytes[2..4].copy_from_slice(&300u16.to_be_bytes());
    bytes[36..40].copy_from_slice(b"acsp");
    bytes.extend(b"hidden");
    let hiding = gif(&[application(PROFILE, &sub_blocks(&bytes)), image()]);
    assert!(clean(&hiding, &Selection::default()).unwrap().0 == gif(&[profile(), image()]));
    holds_for(&hiding);
    let none = gif(&[application(PROFILE, &sub_blocks(b"none")), image()]);
    assert_eq!(warnings(&none, &Selection::default()), ["ICC: goes as a whole: it is no whole ICC profile"]);
}

#[test]
fn damage() {
    let whole = gif(&[image(), image()]);
    let without_trailer = &whole[..whole.len() - 1];
    assert!(clean(without_trailer, &Selection::default()).unwrap().0 == whole);
    // An image that is cut keeps its whole sub-blocks.
    let cut = &whole[..whole.len() - 3];
    assert!(clean(cut, &Selection::default()).unwrap().0.ends_with(b"\x02\0;"));
    (1..whole.len()).for_each(|length| holds_for(&whole[..length]));
    assert!(clean(&gif(&[]), &Selection::default()).is_err());
}

proptest! {
    #[test]
    fn arbitrary_bytes(tail in proptest::collection::vec(any::<u8>(), 0..300)) {
        holds_for(&[b"GIF89a", &tail[..]].concat());
        holds_for(&[&gif(&[image()])[..], &tail].concat());
    }

    #[test]
    fn mutated_files(at in 0usize..2000, byte: u8, cut in 0usize..2000) {
        let mut bytes = gif(&[repeat(1), profile(), xmp(b"<x/>"), control(1, Some(2)), image(), comment(b"x"), control(1, None), image()]);
        let at = at % bytes.len();
        bytes[at] = byte;
        holds_for(&bytes);
        holds_for(&bytes[..cut % bytes.len()]);
    }
}
