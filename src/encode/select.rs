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
    xmp_without(packet, selection, &[])
}

/// The same, without the properties of some namespaces: somebody else writes those.
pub fn xmp_without(packet: &[u8], selection: &Selection, namespaces: &[&str]) -> Result<Option<Block>> {
    if !texts(selection) {
        return Ok(None);
    }
    let kept = std::cell::RefCell::new(Vec::new());
    let keep = |namespace: &str, path: &str| {
        let name = property_name(namespace, path, selection).filter(|_| !namespaces.contains(&namespace));
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

/// Under which name a selection keeps a property, `dc:creator` (XMP parts 1 and 2; Exif 2.31 metadata for XMP).
pub fn property_name(namespace: &str, path: &str, selection: &Selection) -> Option<Kept> {
    let (prefix, property) = path.split_once(':').unwrap_or(("", path));
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
        _ => return asked(namespace, prefix, property, selection),
    };
    if selection.keeps(keep) { Some(name) } else { asked(namespace, prefix, property, selection) }
}

/// Is it asked for by name: that of its tag, or its own?
fn asked(namespace: &str, prefix: &str, property: &str, selection: &Selection) -> Option<Kept> {
    if selection.tags.is_empty() {
        return None;
    }
    let (place, name) = crate::decode::xmp::name_of(namespace, prefix, property);
    let groups = ["xmp", place.as_str()];
    (selection.asks(&groups, &name) || selection.asks(&groups, property)).then_some("tags")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Pattern;

    #[test]
    fn properties_are_kept_by_meaning_and_by_name() {
        let copyright = Selection { keep: [Keep::Copyright].into(), ..Selection::none() };
        let tags = ["rating", "XMP-dc:Title", "exif:Make", "xmp:*Count"].map(Pattern::new).into();
        let named = Selection { tags, ..Selection::none() };
        let cases = [
            (DC, "dc:creator", &copyright, Some("copyright")),
            (DC, "dc:title", &copyright, None),
            (RIGHTS, "xmpRights:WebStatement", &copyright, Some("copyright")),
            (XMP, "xmp:Rating", &named, Some("tags")),
            (DC, "dc:title", &named, Some("tags")),
            (TIFF, "tiff:Make", &named, None),
            ("http://nobody.example/", "own:faceCount", &named, Some("tags")),
        ];
        for (namespace, property, selection, expected) in cases {
            assert_eq!(property_name(namespace, property, selection), expected, "{namespace}{property}");
        }
        assert!(texts(&copyright) && !texts(&Selection::default()));
    }
}
