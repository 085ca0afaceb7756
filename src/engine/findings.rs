//! What a removal takes out, in the words of the report: names for `remove`, classed findings for `check`.

use super::removal::RemovedTag;
use crate::{
    format::{Kept, Plan},
    metadata::{Metadata, Name, Tag},
    part::{Kind, Part, PartId, Place},
};
use std::collections::HashSet;

/// What a finding tells about somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    Gps,
    Serial,
    Author,
    Dates,
    Camera,
    Software,
    Title,
    Comment,
    Identifier,
    History,
    Thumbnail,
    Provenance,
    Other,
}

impl Class {
    pub const ALL: [Class; 13] = [
        Class::Gps,
        Class::Serial,
        Class::Author,
        Class::Dates,
        Class::Camera,
        Class::Software,
        Class::Title,
        Class::Comment,
        Class::Identifier,
        Class::History,
        Class::Thumbnail,
        Class::Provenance,
        Class::Other,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Class::Gps => "gps",
            Class::Serial => "serial",
            Class::Author => "author",
            Class::Dates => "dates",
            Class::Camera => "camera",
            Class::Software => "software",
            Class::Title => "title",
            Class::Comment => "comment",
            Class::Identifier => "identifier",
            Class::History => "history",
            Class::Thumbnail => "thumbnail",
            Class::Provenance => "provenance",
            Class::Other => "other",
        }
    }
}

/// One piece of metadata that can be removed.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub class: Class,
    /// Where it stands: `APP1`, `tEXt`, `moov/udta`.
    pub place: Place,
    pub name: Name,
    /// As it prints; empty where nothing is known of it.
    pub value: String,
}

/// Patterns of tag names by class, the first that fits counts. `^` and `$` anchor.
const PATTERNS: &[(Class, &[&str])] = &[
    (
        Class::Thumbnail,
        &[
            "^Thumbnail",
            "ThumbnailImage$",
            "^Preview",
            "PreviewImage$",
            "^PhotoshopThumbnail",
            "^JpgFromRaw",
            "^OtherImage",
            "EmbeddedImage$",
            "^MPImage",
        ],
    ),
    (
        Class::Gps,
        &[
            "^GPS",
            "Latitude",
            "Longitude",
            "^Location",
            "Location$",
            "^City",
            "^State",
            "^Country",
            "^Province",
            "^Sub-location",
            "^Sublocation",
            "^ContentLocation",
            "^Geo",
        ],
    ),
    (Class::Serial, &["Serial"]),
    (
        Class::Software,
        &[
            "Software",
            "CreatorTool",
            "^Firmware",
            "HostComputer",
            "Toolkit",
            "^WriterName",
            "^ReaderName",
            "^Producer",
            "^Encoder",
            "Application",
            "^Program",
            "OriginatingProgram",
        ],
    ),
    (Class::Provenance, &["C2PA", "Claim", "DigitalSourceType", "^JUMD", "^JUMBF", "Provenance", "^Assertion"]),
    (Class::History, &["^History", "^DerivedFrom", "^Ingredients", "^Pantry", "^VersionEvent", "^ManagedFrom"]),
    (
        Class::Identifier,
        &[
            "UniqueID",
            "DocumentID",
            "InstanceID",
            "UUID",
            "GUID",
            "ImageID",
            "Identifier",
            "Digest",
            "ShutterCount",
            "ImageNumber",
            "FileNumber",
            "^BurstUUID",
            "Fingerprint",
            "^TransmissionReference",
            "^OriginalTransmissionReference",
            "^JobID",
        ],
    ),
    (
        Class::Author,
        &[
            "^Artist",
            "Creator",
            "^By-line",
            "Author",
            "Copyright",
            "Rights",
            "^Credit",
            "Owner",
            "^Contact",
            "^Source$",
            "^Writer-Editor",
            "Editor",
            "Photographer",
            "Publisher",
            "Licensor",
            "^Person",
            "^RegionName",
        ],
    ),
    (
        Class::Dates,
        &[
            "Date",
            "^Time",
            "TimeStamp",
            "TimeZone",
            "^OffsetTime",
            "^SubSec",
            "TimeCreated",
            "CreationTime",
            "ModifyTime",
            "^PowerUpTime",
        ],
    ),
    (Class::Comment, &["Comment", "Instructions", "Notes$"]),
    (
        Class::Title,
        &[
            "Title",
            "Caption",
            "Description$",
            "Headline",
            "ObjectName",
            "^Subject$",
            "Keywords",
            "^Label$",
            "^XPSubject",
            "^Category",
            "^Supplemental",
        ],
    ),
    (Class::Camera, &["^Make$", "^Model$", "Lens", "^CameraModel", "^CameraType", "^UniqueCameraModel"]),
];

/// What says how the content is laid out or played, though its name begins as others do.
const LAYOUT: [&str; 4] = ["TimeScale", "HandlerDescription", "PreviewTime", "PreviewDuration"];

/// The class of a tag: by its name, else by the standard that it is of.
pub fn class(tag: &Tag) -> Class {
    telling(tag).unwrap_or(match tag.group.kind {
        "exif" => Class::Camera,
        "jumbf" => Class::Provenance,
        _ => Class::Other,
    })
}

/// The class of a tag that tells about somebody by its name or its place; of what only says how content is stored, and of what
/// nobody knows, there is none.
pub fn telling(tag: &Tag) -> Option<Class> {
    let fits = |pattern: &&str| match (pattern.strip_prefix('^'), pattern.strip_suffix('$')) {
        (Some(p), Some(_)) => tag.name == p[..p.len() - 1],
        (Some(p), None) => tag.name.starts_with(p),
        (None, Some(p)) => tag.name.ends_with(p),
        (None, None) => tag.name.contains(*pattern),
    };
    if tag.group.place == "GPS" {
        return Some(Class::Gps);
    }
    if LAYOUT.contains(&tag.name.as_str()) {
        return None;
    }
    let named = PATTERNS.iter().find(|(_, patterns)| patterns.iter().any(fits)).map(|(class, _)| *class);
    named.or((tag.group.kind == "makernotes").then_some(Class::Camera))
}

/// What is structure, not information: it says how a block is laid out.
fn is_layout(tag: &Tag, kept: &[Kept]) -> bool {
    match tag.name.as_str() {
        "ExifByteOrder" | "ThumbnailOffset" | "ThumbnailLength" | "PreviewImageStart" | "PreviewImageLength" | "IPTCDigest"
        | "CurrentIPTCDigest" => true,
        "Orientation" => kept.contains(&"orientation"),
        "XResolution" | "YResolution" | "ResolutionUnit" => kept.contains(&"density"),
        // Lengths and places of images that follow: written afresh.
        "MPImageStart" | "MPImageLength" | "MPImageFlags" | "MPImageType" | "MPImage2" | "DirectoryItemLength" => {
            kept.contains(&"gainmap")
        }
        _ => false,
    }
}

/// One finding for each tag of the removed parts; a part that no tag is known of is one finding itself.
/// What is in `staying` too is no finding.
pub(super) fn findings(parts: &[(PartId, &Part)], tags: &[RemovedTag], plan: &Plan, staying: &Metadata) -> Vec<Finding> {
    let staying: HashSet<_> = staying.tags.iter().map(|t| (t.name.clone(), t.printed().into_owned())).collect();
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    // Tags are in the order of their parts.
    let mut tags = tags.iter().peekable();
    for (id, part) in parts {
        let (mut known, before) = (false, found.len());
        while let Some(RemovedTag { tag, .. }) = tags.next_if(|t| t.part == *id) {
            known = true;
            let value = tag.printed().into_owned();
            if !is_layout(tag, &plan.kept)
                && seen.insert((*id, tag.name.clone()))
                && !staying.contains(&(tag.name.clone(), value.clone()))
            {
                found.push(Finding { class: class(tag), place: part.place.clone(), name: tag.name.clone(), value });
            }
        }
        // A file that goes is a finding, whatever is known of what is in it.
        let rewritten = plan.rewritten.contains(id);
        let whole = part.kind == Kind::File && !rewritten && found.len() == before;
        if !known || whole {
            let class = if part.kind == Kind::Jumbf { Class::Provenance } else { Class::Other };
            let name = if rewritten { UNUSED } else { kind_name(part) };
            found.push(Finding { class, place: part.place.clone(), name: name.into(), value: String::new() });
        }
    }
    found
}

/// Names of what goes, each once, in file order.
pub(super) fn names(parts: &[(PartId, &Part)], tags: &[RemovedTag]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        if !names.iter().any(|n| n == name) {
            names.push(name.to_owned());
        }
    };
    let mut tags = tags.iter().peekable();
    for (id, part) in parts {
        add(kind_name(part));
        while let Some(RemovedTag { tag, .. }) = tags.next_if(|t| t.part == *id) {
            match tag.group.kind {
                "makernotes" | "iptc" | "xmp" | "icc_profile" => {
                    add(if tag.group.kind == "icc_profile" { "icc" } else { tag.group.kind })
                }
                _ if tag.group.place == "GPS" => add("gps"),
                _ if class(tag) == Class::Thumbnail => add("thumbnail"),
                _ => {}
            }
        }
    }
    names
}

const UNUSED: &str = "unused bytes";

/// What a part is called in reports.
fn kind_name(part: &Part) -> &'static str {
    match part.kind {
        Kind::Exif => "exif",
        Kind::Xmp => "xmp",
        Kind::Iptc => "iptc",
        Kind::Icc => "icc",
        Kind::Photoshop => "photoshop",
        Kind::Mpf => "mpf",
        Kind::Jumbf => "c2pa",
        Kind::Jpeg(0xfe) | Kind::Gif(0xfe) => "comment",
        Kind::Jpeg(0xe0) => "jfif",
        Kind::Jpeg(_) => "segment",
        Kind::Png(b) if matches!(&b, b"tEXt" | b"zTXt" | b"iTXt") => "text",
        Kind::Png(b) if b == *b"tIME" => "time",
        Kind::Png(_) | Kind::Riff(_) => "chunk",
        Kind::Gif(_) => "extension",
        Kind::Bmff(_) => "box",
        Kind::Pdf(_) => "info",
        Kind::Trailer(_) => "trailer",
        Kind::File => "embedded file",
        Kind::Opaque | Kind::Payload => UNUSED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Group;

    #[test]
    fn tags_are_classed_by_name() {
        let cases = [
            ("GPS", "exif", "DateStamp", Class::Gps),
            ("IFD0", "exif", "Artist", Class::Author),
            ("IFD0", "exif", "Software", Class::Software),
            ("XMP-xmp", "xmp", "CreatorTool", Class::Software),
            ("ExifIFD", "exif", "DateTimeOriginal", Class::Dates),
            ("ExifIFD", "exif", "BodySerialNumber", Class::Serial),
            ("ExifIFD", "exif", "ExposureTime", Class::Camera),
            ("ExifIFD", "exif", "UserComment", Class::Comment),
            ("IFD0", "exif", "Make", Class::Camera),
            ("IFD1", "exif", "ThumbnailImage", Class::Thumbnail),
            ("IPTC", "iptc", "City", Class::Gps),
            ("XMP-xmpMM", "xmp", "HistoryAction", Class::History),
            ("XMP-xmpMM", "xmp", "InstanceID", Class::Identifier),
            ("XMP-dc", "xmp", "Format", Class::Other),
            ("QuickTime", "quicktime", "TimeScale", Class::Other),
            ("Canon", "makernotes", "MacroMode", Class::Camera),
        ];
        for (place, kind, name, expected) in cases {
            let tag = Tag::new(Group::new(kind, place), name, "x");
            assert_eq!(class(&tag), expected, "{place}:{name}");
        }
    }
}
