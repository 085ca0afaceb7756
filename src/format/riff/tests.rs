use super::*;
use crate::{
    engine::local,
    error::Code,
    format::{
        Depth, Keep, Selection,
        harness::{clean, holds_for, removal_holds, tags, warnings},
    },
};
use proptest::prelude::*;

fn chunk(id: &[u8; 4], data: &[u8]) -> Vec<u8> {
    [&id[..], &(data.len() as u32).to_le_bytes(), data, &[0][..data.len() % 2]].concat()
}
fn webp(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    [&b"RIFF"[..], &(body.len() as u32 + 4).to_le_bytes(), b"WEBP", &body].concat()
}
fn lossy() -> Vec<u8> {
    chunk(b"VP8 ", &[0x10, 0, 0, 0x9d, 1, 0x2a, 5, 0, 6, 0x40, 1, 2, 3])
}
fn lossless() -> Vec<u8> {
    chunk(b"VP8L", &[0x2f, 4, 0x40, 1, 0x10, 9])
}
fn extended(flags: u8) -> Vec<u8> {
    chunk(b"VP8X", &[flags, 0, 0, 0, 4, 0, 0, 5, 0, 0])
}
fn frame(duration: u16, chunks: &[Vec<u8>]) -> Vec<u8> {
    let [low, high] = duration.to_le_bytes();
    chunk(b"ANMF", &[&[0; 12][..], &[low, high, 0, 0], &chunks.concat()].concat())
}
fn exif(orientation: u8) -> Vec<u8> {
    [&b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"[..], &[orientation], &[0; 6]].concat()
}
fn profile() -> Vec<u8> {
    let mut profile = vec![0; 132];
    profile[0..4].copy_from_slice(&132u32.to_be_bytes());
    profile[36..40].copy_from_slice(b"acsp");
    profile
}

#[test]
fn chunks_are_decoded() {
    let size = ["RIFF:ImageWidth=5", "RIFF:ImageHeight=6"];
    let vp8 = [
        "RIFF:VP8Version=0 (bicubic reconstruction, normal loop)",
        size[0],
        "RIFF:HorizontalScale=0",
        size[1],
        "RIFF:VerticalScale=1",
    ];
    let cases: &[(Vec<u8>, &str, Vec<&str>)] = &[
        (webp(&[lossy()]), "WEBP", vp8.to_vec()),
        (webp(&[lossless()]), "WEBP (lossless)", vec![size[0], size[1], "RIFF:AlphaIsUsed=Yes"]),
        (webp(&[extended(0), lossy()]), "Extended WEBP", [&["RIFF:WebP_Flags=(none)", size[0], size[1]][..], &vp8].concat()),
        (
            webp(&[extended(2), chunk(b"ANIM", &[1, 2, 3, 4, 0, 0]), frame(1000, &[lossless()]), frame(2500, &[lossless()])]),
            "Extended WEBP",
            vec![
                "RIFF:WebP_Flags=Animation",
                size[0],
                size[1],
                "RIFF:BackgroundColor=1 2 3 4",
                "RIFF:AnimationLoopCount=inf",
                "RIFF:Duration=3.50 s",
            ],
        ),
    ];
    for (bytes, name, want) in cases {
        assert_eq!(local::extract(&Input::from_bytes(bytes.clone())).unwrap().file_type.unwrap().name, *name);
        assert_eq!(tags(bytes), *want);
    }
}

#[test]
fn what_is_not_needed_goes() {
    let bare = webp(&[extended(0), lossy()]);
    let dirty = [
        (webp(&[extended(4), lossy(), chunk(b"XMP ", b"<x/>")]), "XMP"),
        (webp(&[extended(8), lossy(), chunk(b"EXIF", &exif(1))]), "EXIF"),
        (webp(&[extended(8), lossy(), chunk(b"EXIF", b"odd")]), "EXIF"),
        (webp(&[extended(0x20), chunk(b"ICCP", b"no profile"), lossy()]), "ICCP"),
        (webp(&[extended(0), lossy(), chunk(b"C2PA", b"x")]), "C2PA"),
        (webp(&[extended(0), chunk(b"ZZZZ", b"x"), lossy()]), "ZZZZ"),
        (webp(&[extended(0), lossy(), lossless()]), "VP8L"),
        (webp(&[extended(0), lossy(), frame(1, &[lossy()])]), "ANMF"),
        ([bare.clone(), chunk(b"EXIF", &exif(6))].concat(), "EXIF"),
        ([bare.clone(), b"tail".to_vec()].concat(), "after the end"),
    ];
    for (bytes, place) in &dirty {
        let (out, removed) = clean(bytes, &Selection::default()).unwrap();
        assert_eq!(removed, [*place]);
        assert!(out == bare, "{place}");
        holds_for(bytes);
    }
    for clean_file in [bare, webp(&[lossy()]), webp(&[lossless()])] {
        assert_eq!(clean(&clean_file, &Selection::default()).unwrap(), (clean_file, vec![]));
    }
}

#[test]
fn frames_hold_images_alone() {
    let animation = |inner: &[Vec<u8>]| webp(&[extended(2), chunk(b"ANIM", &[0; 6]), frame(5, inner), frame(6, &[lossless()])]);
    let bare = animation(&[chunk(b"ALPH", &[1, 2, 3]), lossy()]);
    assert_eq!(clean(&bare, &Selection::default()).unwrap(), (bare.clone(), vec![]));
    let dirty = animation(&[chunk(b"ALPH", &[1, 2, 3]), lossy(), chunk(b"ZZZZ", b"hidden")]);
    let (out, removed) = clean(&dirty, &Selection::default()).unwrap();
    assert!(out == bare);
    assert_eq!(removed, ["ANMF/ZZZZ"]);
}

#[test]
fn what_is_seen_stays() {
    let kept = webp(&[extended(0x28), chunk(b"ICCP", &profile()), lossy(), chunk(b"EXIF", &exif(6))]);
    assert_eq!(clean(&kept, &Selection::default()).unwrap(), (kept, vec![]));
    let prefixed = webp(&[extended(8), lossy(), chunk(b"EXIF", &[b"Exif\0\0", &exif(6)[..]].concat())]);
    let fresh = webp(&[extended(8), lossy(), chunk(b"EXIF", &exif(6))]);
    assert!(clean(&prefixed, &Selection::default()).unwrap().0 == fresh);
    let none = Selection { keep: [Keep::Density].into(), ..Selection::default() };
    assert!(clean(&fresh, &none).unwrap().0 == webp(&[extended(0), lossy()]));
    // A block that the flags deny turns no image: to keep it would.
    let denied = webp(&[extended(0), lossy(), chunk(b"EXIF", &exif(6))]);
    assert!(clean(&denied, &Selection::default()).unwrap().0 == webp(&[extended(0), lossy()]));
    assert!(warnings(&denied, &Selection::default())[0].starts_with("EXIF: goes as a whole: "));
    assert!(warnings(&denied, &none).is_empty());
}

/// Coded samples may have any text in them.
#[test]
fn texts_in_samples_are_no_leak() {
    let word =
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description \
        xmlns:dc='http://purl.org/dc/elements/1.1/' dc:format='hello world'/></rdf:RDF></x:xmpmeta>";
    let mut image = chunk(b"VP8L", b"\x2f\x04\x40\x01\x10hello world");
    removal_holds(&webp(&[extended(4), image.clone(), chunk(b"XMP ", word)]), &Selection::default());
    image.splice(0..0, chunk(b"ALPH", b"hello world"));
    image.truncate(20);
    removal_holds(&webp(&[extended(0x14), image, lossy(), chunk(b"XMP ", word)]), &Selection::default());
}

#[test]
fn profiles_end_where_they_say() {
    let with = |profile: &[u8]| webp(&[extended(0x20), chunk(b"ICCP", profile), lossy()]);
    let hiding = with(&[&profile()[..], b"hidden"].concat());
    assert!(clean(&hiding, &Selection::default()).unwrap().0 == with(&profile()));
    holds_for(&hiding);
    let none = with(b"no profile");
    assert_eq!(warnings(&none, &Selection::default()), ["ICC: goes as a whole: it is no whole ICC profile"]);
    assert!(warnings(&none, &Selection::none()).is_empty());
    // A profile that the flags deny is shown by no decoder: to keep it would change colours.
    let denied = webp(&[extended(0), chunk(b"ICCP", &profile()), lossy()]);
    assert!(clean(&denied, &Selection::default()).unwrap().0 == webp(&[extended(0), lossy()]));
    assert!(warnings(&denied, &Selection::default())[0].starts_with("ICC: goes as a whole: "));
}

#[test]
fn animations() {
    let header = |behind: &[u8]| chunk(b"ANIM", &[&[1, 2, 3, 4, 5, 0], behind].concat());
    let frames = [frame(5, &[lossy()]), frame(6, &[lossless()])].concat();
    let bare = webp(&[extended(2), header(b""), frames.clone()]);
    let mut reserved = frame(5, &[lossy()]);
    reserved[8 + 15] |= 0xfc;
    let alpha = chunk(b"ALPH", &[1, 2, 3]);
    let cases = [
        ("bytes behind the fields", webp(&[extended(2), header(b"0123456789"), frames.clone()])),
        ("a second header", webp(&[extended(2), header(b""), header(b"x"), frames.clone()])),
        ("a still image", webp(&[extended(2), lossy(), header(b""), frames.clone(), lossless()])),
        ("a plane of nothing", webp(&[extended(2), header(b""), alpha.clone(), frames.clone()])),
        ("reserved bits", webp(&[extended(2), header(b""), reserved, frame(6, &[lossless()])])),
        (
            "a plane before a lossless image",
            webp(&[extended(2), header(b""), frame(5, &[lossy()]), frame(6, &[alpha.clone(), lossless()])]),
        ),
    ];
    for (what, bytes) in &cases {
        assert!(clean(bytes, &Selection::default()).unwrap().0 == bare, "{what}");
        holds_for(bytes);
    }
    assert_eq!(clean(&bare, &Selection::default()).unwrap(), (bare, vec![]));
    // Decoders show none of these.
    let refused = [
        webp(&[extended(2), frames.clone()]),
        webp(&[extended(2), frames.clone(), header(b"")]),
        webp(&[extended(2), chunk(b"ANIM", &[0; 5]), frames.clone()]),
        webp(&[extended(2), header(b""), lossy()]),
    ];
    for bytes in refused {
        assert_eq!(clean(&bytes, &Selection::default()).unwrap_err().code, Code::Damaged);
    }
}

#[test]
fn planes_of_alpha() {
    let (first, second) = (chunk(b"ALPH", &[1, 2, 3]), chunk(b"ALPH", b"hidden"));
    let with = |flags: u8, chunks: &[Vec<u8>]| webp(&[extended(flags), chunks.concat()]);
    let cases = [
        (with(0x10, &[first.clone(), second.clone(), lossy()]), with(0x10, &[first.clone(), lossy()])),
        (with(0x10, &[first.clone(), chunk(b"ZZZZ", b"x"), lossy()]), with(0x10, &[first.clone(), lossy()])),
        (with(0x10, &[lossy(), second.clone()]), with(0x10, &[lossy()])),
        (with(0x10, &[second.clone(), lossless()]), with(0x10, &[lossless()])),
        // Without the flag there are decoders that look for it all the same.
        (with(0, &[first.clone(), second.clone(), lossy()]), with(0, &[first.clone(), lossy()])),
        (with(0, &[second.clone(), lossless()]), with(0, &[lossless()])),
        (webp(&[second.clone(), lossy()]), webp(&[lossy()])),
        (with(0, &[chunk(b"ANIM", &[0; 6]), lossy()]), with(0, &[lossy()])),
    ];
    for (bytes, want) in cases {
        assert!(clean(&bytes, &Selection::default()).unwrap().0 == want);
        holds_for(&bytes);
    }
    let bits = webp(&[chunk(b"VP8X", b"\xd1abc\x04\0\0\x05\0\0hidden"), lossy()]);
    assert!(clean(&bits, &Selection::default()).unwrap().0 == with(0x10, &[lossy()]));
}

/// Every chunk is looked for once, however many there are.
#[test]
fn many_chunks_take_no_time() {
    let many = webp(&[extended(8), lossy(), chunk(b"EXIF", &exif(1)).repeat(40_000)]);
    let began = std::time::Instant::now();
    assert!(clean(&many, &Selection::default()).unwrap().0 == webp(&[extended(0), lossy()]));
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}

#[test]
fn damage() {
    let mut padding = webp(&[extended(0), lossy()]);
    *padding.last_mut().unwrap() = b'x';
    assert!(clean(&padding, &Selection::default()).unwrap().0 == webp(&[extended(0), lossy()]));
    let cut = &padding[..padding.len() - 4];
    holds_for(cut);
    assert_eq!(u32::from_le_bytes(clean(cut, &Selection::default()).unwrap().0[4..8].try_into().unwrap()) % 2, 0);
    assert!(clean(&webp(&[extended(0)]), &Selection::default()).is_err());
    let mut walked = Walk::new(Depth::Full, WEBP);
    assert!(walk(&Input::from_bytes(cut.to_vec()), &mut walked).is_ok() && !walked.warnings.is_empty());
}

proptest! {
    #[test]
    fn arbitrary_bytes(tail in proptest::collection::vec(any::<u8>(), 0..300)) {
        holds_for(&[b"RIFF\xff\0\0\0WEBP", &tail[..]].concat());
        holds_for(&[&webp(&[extended(2), lossy()])[..], &tail].concat());
    }

    #[test]
    fn mutated_files(at in 0usize..400, byte: u8, cut in 0usize..400) {
        let mut bytes = webp(&[
            extended(0x3e),
            chunk(b"ICCP", &profile()),
            chunk(b"ANIM", &[0; 6]),
            frame(5, &[chunk(b"ALPH", &[1]), lossy()]),
            frame(5, &[lossless()]),
            chunk(b"EXIF", &exif(3)),
            chunk(b"XMP ", b"<x/>"),
        ]);
        let at = at % bytes.len();
        bytes[at] = byte;
        holds_for(&bytes);
        holds_for(&bytes[..cut % bytes.len()]);
    }
}
