//! What a selection keeps of the standards that can say one thing in several ways.

use crate::{
    error::Result,
    format::{Keep, Kept, Selection},
};

/// A fresh block, and the names of what is in it.
#[derive(Debug, PartialEq)]
pub struct Block {
    pub bytes: Vec<u8>,
    pub kept: Vec<Kept>,
}

/// Does the selection keep anything that is a text, so that it is worth looking for?
pub fn texts(selection: &Selection) -> bool {
    !selection.tags.is_empty() || [Keep::Copyright, Keep::Dates, Keep::Title].iter().any(|&k| selection.keeps(k))
}

/// The properties of an XMP packet that a selection keeps. Fails on a packet that cannot be edited: it goes as a whole.
pub fn xmp(packet: &[u8], selection: &Selection) -> Result<Option<Block>> {
    if !texts(selection) {
        return Ok(None);
    }
    let kept = std::cell::RefCell::new(Vec::new());
    let keep = |namespace: &str, property: &str| {
        let name = property_name(namespace, property, selection);
        name.into_iter().for_each(|n| kept.borrow_mut().push(n));
        name.is_some()
    };
    let bytes = super::xmp::reduce(packet, &keep)?;
    Ok(bytes.map(|bytes| Block { bytes, kept: kept.into_inner() }))
}

const DC: &str = "http://purl.org/dc/elements/1.1/";
const XMP: &str = "http://ns.adobe.com/xap/1.0/";
const RIGHTS: &str = "http://ns.adobe.com/xap/1.0/rights/";
const PHOTOSHOP: &str = "http://ns.adobe.com/photoshop/1.0/";
const EXIF: &str = "http://ns.adobe.com/exif/1.0/";
const TIFF: &str = "http://ns.adobe.com/tiff/1.0/";
const EXIF_EX: &str = "http://cipa.jp/exif/1.0/";

/// Under which name a selection keeps a property (XMP parts 1 and 2; Exif 2.31 metadata for XMP).
pub fn property_name(namespace: &str, property: &str, selection: &Selection) -> Option<Kept> {
    let (keep, name) = match (namespace, property) {
        (DC, "creator" | "rights") | (PHOTOSHOP, "Credit" | "AuthorsPosition") | (TIFF, "Artist" | "Copyright") | (RIGHTS, _) => {
            (Keep::Copyright, "copyright")
        }
        (XMP, "CreateDate" | "ModifyDate" | "MetadataDate")
        | (PHOTOSHOP, "DateCreated")
        | (EXIF, "DateTimeOriginal" | "DateTimeDigitized")
        | (EXIF_EX, "OffsetTime" | "OffsetTimeOriginal" | "OffsetTimeDigitized")
        | (TIFF, "DateTime") => (Keep::Dates, "dates"),
        (DC, "title" | "description") | (PHOTOSHOP, "Headline") | (TIFF, "ImageDescription") => (Keep::Title, "title"),
        _ => return asked(property, selection),
    };
    if selection.keeps(keep) { Some(name) } else { asked(property, selection) }
}

/// Is it asked for by name, alone or behind `xmp:` or its group?
fn asked(property: &str, selection: &Selection) -> Option<Kept> {
    let fits = |wanted: &String| match wanted.split_once(':') {
        Some((group, name)) => group.starts_with("xmp") && name.eq_ignore_ascii_case(property),
        None => wanted.eq_ignore_ascii_case(property),
    };
    selection.tags.iter().any(fits).then_some("tags")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_kept_by_meaning_and_by_name() {
        let copyright = Selection { keep: [Keep::Copyright].into(), ..Selection::none() };
        let named = Selection { tags: vec!["rating".into(), "xmp-dc:title".into(), "exif:make".into()], ..Selection::none() };
        let cases = [
            (DC, "creator", &copyright, Some("copyright")),
            (DC, "title", &copyright, None),
            (RIGHTS, "WebStatement", &copyright, Some("copyright")),
            (XMP, "Rating", &named, Some("tags")),
            (DC, "title", &named, Some("tags")),
            (TIFF, "Make", &named, None),
        ];
        for (namespace, property, selection, expected) in cases {
            assert_eq!(property_name(namespace, property, selection), expected, "{namespace}{property}");
        }
        assert!(texts(&copyright) && !texts(&Selection::default()));
    }
}
