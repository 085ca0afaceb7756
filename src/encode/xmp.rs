//! A packet with only some of its properties.

use crate::{
    decode::xmp::{self, encoding},
    error::{Error, Result},
};
use quick_xml::{Reader, events::Event};

/// XMPCore is generous with time and memory, so what it gets to see is bounded: bytes, depth, nodes, namespaces.
const MAX_BYTES: usize = 1 << 20;
const MAX_DEPTH: usize = 64;
const MAX_NODES: usize = 4000;
const MAX_NAMESPACES: usize = 100;
/// A packet that is edited is the same when it is edited again, or at last after so many times.
const MAX_EDITS: usize = 4;

/// A fresh packet with those top-level properties of `packet` that `keep` wants, by namespace URI and path (`dc:rights`).
/// `None`: nothing is left. It names no toolkit and holds no dates of its own: same input, same bytes; and the same bytes when it is
/// reduced again.
pub fn reduce(packet: &[u8], keep: &dyn Fn(&str, &str) -> bool) -> Result<Option<Vec<u8>>> {
    if packet.len() > MAX_BYTES {
        return Err(Error::damaged("the XMP packet is too large to be edited"));
    }
    let whole = encoding::decode(packet);
    gate(&whole)?;
    let mut text = std::borrow::Cow::Borrowed(&*whole);
    // The toolkit moves properties that it knows by another name, so that they stand elsewhere when the packet is read again.
    for _ in 0..MAX_EDITS {
        let Some(fresh) = edit(&text, keep)? else { return Ok(None) };
        if fresh != text {
            text = fresh.into();
            continue;
        }
        return match says_the_same(&whole, &fresh, keep) {
            true => Ok(Some(fresh.into_bytes())),
            false => Err(Error::damaged("the XMP packet cannot be edited: what was to be kept would be changed")),
        };
    }
    Err(Error::damaged("the XMP packet cannot be edited: each time it comes out otherwise"))
}

/// Refuses what no sound packet has: document types (entities that grow), depth, and numbers of nodes and namespaces.
fn gate(text: &str) -> Result<()> {
    let damaged = |e: &dyn std::fmt::Display| Error::damaged(format!("the XMP packet cannot be edited: {e}"));
    let mut reader = Reader::from_str(text);
    let (mut depth, mut nodes, mut namespaces) = (0usize, 0usize, 0usize);
    loop {
        let event = reader.read_event().map_err(|e| damaged(&e))?;
        match &event {
            Event::Start(e) | Event::Empty(e) => {
                nodes += 1;
                depth += usize::from(matches!(event, Event::Start(_)));
                let mut attributes = e.attributes();
                attributes.with_checks(false);
                for a in attributes {
                    let a = a.map_err(|e| damaged(&e))?;
                    nodes += 1;
                    namespaces += usize::from(a.key.0.starts_with(b"xmlns"));
                }
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::DocType(_) => return Err(damaged(&"it has a document type")),
            Event::Eof => return Ok(()),
            _ => {}
        }
        if depth > MAX_DEPTH || nodes > MAX_NODES || namespaces > MAX_NAMESPACES {
            return Err(damaged(&"it is nested too deeply or has too many elements"));
        }
    }
}

/// Words of a packet that the toolkit acts upon, and what they are while it works: of a text in one language beside its default it
/// makes two defaults (`NormalizeLangArray` of XMPCore), and it moves what is in `tiff:` to other namespaces.
#[cfg(feature = "xmp-toolkit")]
const MASKS: [(&str, &str); 2] =
    [("x-default", "x-exifkit"), ("http://ns.adobe.com/tiff/1.0/", "http://ns.adobe.com/x-exifkit/tiff/1.0/")];
/// What it calls a namespace by whose prefix it knows another.
#[cfg(feature = "xmp-toolkit")]
const PREFIX: (&str, &str) = ("tiff", "tiff_1_");

#[cfg(feature = "xmp-toolkit")]
fn masked(text: &str) -> String {
    MASKS.iter().fold(text.to_owned(), |text, (word, mask)| text.replace(word, mask))
}

#[cfg(feature = "xmp-toolkit")]
fn unmasked(text: &str) -> String {
    MASKS.iter().fold(text.to_owned(), |text, (word, mask)| text.replace(mask, word))
}

#[cfg(feature = "xmp-toolkit")]
fn edit(text: &str, keep: &dyn Fn(&str, &str) -> bool) -> Result<Option<String>> {
    use xmp_toolkit::{FromStrOptions, IterOptions, ToStringOptions, XmpMeta};
    let damaged = |e: xmp_toolkit::XmpError| Error::damaged(format!("the XMP packet cannot be edited: {e}"));
    if text.contains("x-exifkit") || text.contains(PREFIX.1) {
        return Err(Error::damaged("the XMP packet cannot be edited: it has words in it that are ours"));
    }
    let mut meta = XmpMeta::from_str_with_options(&masked(text), FromStrOptions::default()).map_err(damaged)?;
    let namespaces: Vec<String> =
        meta.iter(IterOptions::default().immediate_children_only()).map(|schema| schema.schema_ns).collect();
    let mut kept = 0;
    for namespace in namespaces {
        let options = IterOptions::default().schema_ns(&namespace).immediate_children_only();
        let paths: Vec<String> = meta.iter(options).map(|property| property.name).filter(|path| !path.is_empty()).collect();
        for path in paths {
            if keep(&unmasked(&namespace), &path) {
                kept += 1;
            } else {
                meta.delete_property(&namespace, &path).map_err(damaged)?;
            }
        }
    }
    if kept == 0 {
        return Ok(None);
    }
    // What the packet says that it is about may be an identifier.
    meta.set_name("").map_err(damaged)?;
    // The toolkit signs the outer element, so that one is ours. In the canonical form all properties are elements, in their
    // order: as attributes they would be read before the others, and be written in another order when cleaned again.
    let options = ToStringOptions::default().omit_packet_wrapper().omit_xmp_meta_element().use_canonical_format();
    let rdf = meta.to_string_with_options(options).map_err(damaged)?;
    let rdf = unmasked(&rdf).replace(PREFIX.1, PREFIX.0);
    Ok(Some(format!("<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n{}\n</x:xmpmeta>", rdf.trim())))
}

/// Does the fresh packet say what the old one said, as far as it is kept?
#[cfg(feature = "xmp-toolkit")]
fn says_the_same(old: &str, fresh: &str, keep: &dyn Fn(&str, &str) -> bool) -> bool {
    let sorted = |text, keep: &dyn Fn(&str, &str) -> bool| {
        let texts = xmp::texts(text, keep).into_iter().map(|t| t.trim_ascii().to_owned()).filter(|t| !t.is_empty());
        let mut texts: Vec<String> = texts.collect();
        texts.sort_unstable();
        texts.dedup();
        texts
    };
    sorted(old, keep) == sorted(fresh, &|_, _| true)
}

#[cfg(not(feature = "xmp-toolkit"))]
fn says_the_same(_old: &str, _fresh: &str, _keep: &dyn Fn(&str, &str) -> bool) -> bool {
    false
}

#[cfg(not(feature = "xmp-toolkit"))]
fn edit(_text: &str, _keep: &dyn Fn(&str, &str) -> bool) -> Result<Option<String>> {
    Err(Error::new(
        crate::error::Code::UnsupportedFormat,
        "this build cannot keep single XMP properties: `--keep` of those needs a build with the feature xmp-toolkit",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate() {
        let nested = format!("{}{}", "<a>".repeat(70), "</a>".repeat(70));
        let many = format!("<a>{}</a>", "<b/>".repeat(5000));
        let names: String = (0..200).map(|i| format!(" xmlns:n{i}='u{i}'")).collect();
        let cases = [
            ("<a b='c'>text</a>", true),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", false),
            ("<a><b></a>", false),
            (&nested, false),
            (&many, false),
            (&format!("<a{names}/>"), false),
        ];
        for (text, passes) in cases {
            assert_eq!(gate(text).is_ok(), passes, "{:.60}", text);
        }
        assert!(reduce(&vec![b' '; MAX_BYTES + 1], &|_, _| true).is_err());
    }

    #[cfg(feature = "xmp-toolkit")]
    #[test]
    fn only_what_is_wanted_stays() {
        const DC: &str = "http://purl.org/dc/elements/1.1/";
        let packet = br#"<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/' x:xmptk='SECRET'>
            <rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='uuid:SECRET'
            xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmlns:u='http://SECRET/'
            xmp:CreateDate='2021-03-04' u:SECRET='x'><dc:rights><rdf:Alt><rdf:li xml:lang='x-default'>me &amp; you</rdf:li></rdf:Alt></dc:rights>
            <dc:subject><rdf:Bag><rdf:li>SECRET</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>"#;
        let keep = |ns: &str, path: &str| ns == DC && path == "dc:rights";
        let reduced = reduce(packet, &keep).unwrap().unwrap();
        let text = std::str::from_utf8(&reduced).unwrap();
        assert!(text.contains("me &amp; you"), "{text}");
        for gone in ["SECRET", "CreateDate", "xmptk", "XMP Core", "subject"] {
            assert!(!text.contains(gone), "{gone}: {text}");
        }
        // Same input, same bytes; and doing it again changes nothing.
        assert_eq!(reduce(packet, &keep).unwrap().unwrap(), reduced);
        assert_eq!(reduce(&reduced, &keep).unwrap().unwrap(), reduced);
        assert_eq!(reduce(packet, &|_, _| false).unwrap(), None);
    }

    /// The toolkit knows `tiff:ImageDescription` as another name of `dc:description`, and of two languages makes one.
    #[cfg(feature = "xmp-toolkit")]
    #[test]
    fn what_is_kept_is_not_changed_by_doing_it_again() {
        let packet = br#"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
            <rdf:Description rdf:about='' xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:tiff='http://ns.adobe.com/tiff/1.0/'
            xmlns:xmp='http://ns.adobe.com/xap/1.0/'><tiff:ImageDescription><rdf:Alt><rdf:li xml:lang='x-default'>picture</rdf:li></rdf:Alt>
            </tiff:ImageDescription><dc:title><rdf:Alt><rdf:li xml:lang='x-default'>title</rdf:li><rdf:li xml:lang='de'>Titel</rdf:li>
            </rdf:Alt></dc:title><dc:creator><rdf:Seq><rdf:li>A</rdf:li></rdf:Seq></dc:creator><xmp:Label>L</xmp:Label>
            </rdf:Description></rdf:RDF></x:xmpmeta>"#;
        let reduced = reduce(packet, &|_, _| true).unwrap().unwrap();
        let text = std::str::from_utf8(&reduced).unwrap();
        for stays in [">picture<", ">title<", ">Titel<", ">A<", ">L<", "x-default", "<tiff:ImageDescription>"] {
            assert!(text.contains(stays), "{stays}: {text}");
        }
        assert_eq!(reduce(&reduced, &|_, _| true).unwrap().unwrap(), reduced);
    }
}
