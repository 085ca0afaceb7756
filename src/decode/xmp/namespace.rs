//! Namespaces: which are known, by what name their group goes, and which prefix means which one just now.

use crate::{
    metadata::{Group, Name},
    tags::{self, Table},
};
use smol_str::format_smolstr;

/// A namespace that we know by its URI.
#[derive(Debug)]
pub struct Known {
    uri: &'static str,
    /// How ExifTool calls it: the second half of the group's name.
    pub name: &'static str,
    /// The table of its properties, if it has one.
    table: &'static str,
}

const fn k(uri: &'static str, name: &'static str, table: &'static str) -> Known {
    Known { uri, name, table }
}

/// Sorted by URI. Sources: ISO 16684-1, XMP specification parts 2 and 3, CIPA DC-010, and the vendors' schemas.
static KNOWN: &[Known] = &[
    k("adobe:ns:meta/", "x", "XMP::x"),
    k("http://cipa.jp/exif/1.0/", "exifEX", "XMP::exifEX"),
    k("http://creativecommons.org/ns#", "cc", "XMP::cc"),
    k("http://developer.sonyericsson.com/cell/1.0/", "cell", "XMP::cell"),
    k("http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/", "iptcCore", "XMP::iptcCore"),
    k("http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "iptcExt", "XMP::iptcExt"),
    k("http://leica-camera.com/digital-shift-assistant/1.0/", "xmpDSA", ""),
    k("http://ns.acdsee.com/iptc/1.0/", "acdsee", "XMP::acdsee"),
    k("http://ns.adobe.com/DICOM/", "DICOM", "XMP::DICOM"),
    k("http://ns.adobe.com/album/1.0/", "album", "XMP::album"),
    k("http://ns.adobe.com/camera-raw-defaults/1.0/", "crd", "XMP::crs"),
    k("http://ns.adobe.com/camera-raw-saved-settings/1.0/", "crss", ""),
    k("http://ns.adobe.com/camera-raw-settings/1.0/", "crs", "XMP::crs"),
    k("http://ns.adobe.com/creatorAtom/1.0/", "creatorAtom", "XMP::creatorAtom"),
    k("http://ns.adobe.com/exif/1.0/", "exif", "XMP::exif"),
    k("http://ns.adobe.com/exif/1.0/aux/", "aux", "XMP::aux"),
    k("http://ns.adobe.com/hdr-gain-map/1.0/", "hdrgm", ""),
    k("http://ns.adobe.com/hdr-metadata/1.0/", "hdr", "XMP::hdr"),
    k("http://ns.adobe.com/iX/1.0/", "iX", ""),
    k("http://ns.adobe.com/lightroom/1.0/", "lr", "XMP::lr"),
    k("http://ns.adobe.com/pdf/1.3/", "pdf", "XMP::pdf"),
    k("http://ns.adobe.com/pdfx/1.3/", "pdfx", ""),
    k("http://ns.adobe.com/photoshop/1.0/", "photoshop", "XMP::photoshop"),
    k("http://ns.adobe.com/photoshop/1.0/camera-profile", "stCamera", ""),
    k("http://ns.adobe.com/photoshop/1.0/panorama-profile", "panorama", ""),
    k("http://ns.adobe.com/swf/1.0/", "swf", "XMP::swf"),
    k("http://ns.adobe.com/tiff/1.0/", "tiff", "XMP::tiff"),
    k("http://ns.adobe.com/xap/1.0/", "xmp", "XMP::xmp"),
    k("http://ns.adobe.com/xap/1.0/PLUS/", "xmpPLUS", "XMP::xmpPLUS"),
    k("http://ns.adobe.com/xap/1.0/bj/", "xmpBJ", "XMP::xmpBJ"),
    k("http://ns.adobe.com/xap/1.0/g/", "xmpG", ""),
    k("http://ns.adobe.com/xap/1.0/g/img/", "xmpGImg", ""),
    k("http://ns.adobe.com/xap/1.0/mm/", "xmpMM", "XMP::xmpMM"),
    k("http://ns.adobe.com/xap/1.0/rights/", "xmpRights", "XMP::xmpRights"),
    k("http://ns.adobe.com/xap/1.0/sType/Dimensions#", "stDim", ""),
    k("http://ns.adobe.com/xap/1.0/sType/Font#", "stFnt", ""),
    k("http://ns.adobe.com/xap/1.0/sType/Job#", "stJob", ""),
    k("http://ns.adobe.com/xap/1.0/sType/ManifestItem#", "stMfs", ""),
    k("http://ns.adobe.com/xap/1.0/sType/ResourceEvent#", "stEvt", ""),
    k("http://ns.adobe.com/xap/1.0/sType/ResourceRef#", "stRef", ""),
    k("http://ns.adobe.com/xap/1.0/sType/Version#", "stVer", ""),
    k("http://ns.adobe.com/xap/1.0/t/pg/", "xmpTPg", "XMP::xmpTPg"),
    k("http://ns.adobe.com/xmp/1.0/DynamicMedia/", "xmpDM", "XMP::xmpDM"),
    k("http://ns.adobe.com/xmp/Identifier/qual/1.0/", "xmpidq", ""),
    k("http://ns.adobe.com/xmp/note/", "xmpNote", "XMP::xmpNote"),
    k("http://ns.adobe.com/xmp/sType/Area#", "stArea", ""),
    k("http://ns.apple.com/adjustment-settings/1.0/", "aas", "XMP::aas"),
    k("http://ns.apple.com/faceinfo/1.0/", "apple-fi", "XMP::apple-fi"),
    k("http://ns.apple.com/pixeldatainfo/1.0/", "apdi", ""),
    k("http://ns.camerabits.com/photomechanic/1.0/", "photomech", "XMP::photomech"),
    k("http://ns.exiftool.ca/1.0/", "et", ""),
    k("http://ns.exiftool.org/1.0/", "et", ""),
    k("http://ns.extensis.com/extensis/1.0/", "extensis", "XMP::extensis"),
    k("http://ns.fastpictureviewer.com/fpv/1.0/", "fpv", "XMP::fpv"),
    k("http://ns.google.com/photos/1.0/audio/", "GAudio", "XMP::GAudio"),
    k("http://ns.google.com/photos/1.0/camera/", "GCamera", "XMP::GCamera"),
    k("http://ns.google.com/photos/1.0/container/", "GContainer", "XMP::GContainer"),
    k("http://ns.google.com/photos/1.0/container/item/", "Item", ""),
    k("http://ns.google.com/photos/1.0/creations/", "GCreations", "XMP::GCreations"),
    k("http://ns.google.com/photos/1.0/depthmap/", "GDepth", "XMP::GDepth"),
    k("http://ns.google.com/photos/1.0/focus/", "GFocus", "XMP::GFocus"),
    k("http://ns.google.com/photos/1.0/image/", "GImage", "XMP::GImage"),
    k("http://ns.google.com/photos/1.0/panorama/", "GPano", "XMP::GPano"),
    k("http://ns.google.com/photos/dd/1.0/device/", "Device", "XMP::Device"),
    k("http://ns.google.com/videos/1.0/spherical/", "GSpherical", "XMP::GSpherical"),
    k("http://ns.idimager.com/ics/1.0/", "ics", "XMP::ics"),
    k("http://ns.iview-multimedia.com/mediapro/1.0/", "mediapro", "XMP::mediapro"),
    k("http://ns.leiainc.com/photos/1.0/image/", "LImage", "XMP::LImage"),
    k("http://ns.microsoft.com/expressionmedia/1.0/", "expressionmedia", "XMP::expressionmedia"),
    k("http://ns.microsoft.com/photo/1.0/", "microsoft", "XMP::microsoft"),
    k("http://ns.microsoft.com/photo/1.1", "MP1", "XMP::MP1"),
    k("http://ns.microsoft.com/photo/1.2/", "MP", "XMP::MP"),
    k("http://ns.microsoft.com/photo/1.2/t/Region#", "MPReg", ""),
    k("http://ns.microsoft.com/photo/1.2/t/RegionInfo#", "MPRI", ""),
    k("http://ns.nikon.com/asteroid/1.0/", "ast", "XMP::ast"),
    k("http://ns.nikon.com/nine/1.0/", "nine", "XMP::nine"),
    k("http://ns.nikon.com/sdc/1.0/", "sdc", "XMP::sdc"),
    k("http://ns.optimasc.com/dex/1.0/", "dex", "XMP::dex"),
    k("http://ns.seal/2024/1.0/", "seal", ""),
    k("http://ns.useplus.org/ldf/xmp/1.0/", "plus", "XMP::plus"),
    k("http://prismstandard.org/namespaces/basic/2.0/", "prism", "XMP::prism"),
    k("http://prismstandard.org/namespaces/basic/2.1/", "prism", "XMP::prism"),
    k("http://prismstandard.org/namespaces/pmi/2.2/", "pmi", "XMP::pmi"),
    k("http://prismstandard.org/namespaces/prismusagerights/2.1/", "pur", "XMP::pur"),
    k("http://prismstandard.org/namespaces/prl/2.1/", "prl", "XMP::prl"),
    k("http://prismstandard.org/namespaces/prm/3.0/", "prm", "XMP::prm"),
    k("http://purl.org/dc/elements/1.1/", "dc", "XMP::dc"),
    k("http://rs.tdwg.org/dwc/index.htm", "dwc", "XMP::dwc"),
    k("http://rs.tdwg.org/dwc/terms/", "dwc", "XMP::dwc"),
    k("http://www.aiim.org/pdfa/ns/extension/", "pdfaExtension", ""),
    k("http://www.aiim.org/pdfa/ns/field#", "pdfaField", ""),
    k("http://www.aiim.org/pdfa/ns/id/", "pdfaid", ""),
    k("http://www.aiim.org/pdfa/ns/property#", "pdfaProperty", ""),
    k("http://www.aiim.org/pdfa/ns/schema#", "pdfaSchema", ""),
    k("http://www.aiim.org/pdfa/ns/type#", "pdfaType", ""),
    k("http://www.aiim.org/pdfua/ns/id/", "pdfuaid", ""),
    k("http://www.digikam.org/ns/1.0/", "digiKam", "XMP::digiKam"),
    k("http://www.dji.com/drone-dji/1.0/", "drone-dji", "XMP::drone-dji"),
    k("http://www.ecutedu.com/", "PixelLive", "XMP::PixelLive"),
    k("http://www.metadataworkinggroup.com/schemas/collections/", "mwg-coll", "XMP::mwg-coll"),
    k("http://www.metadataworkinggroup.com/schemas/keywords/", "mwg-kw", "XMP::mwg-kw"),
    k("http://www.metadataworkinggroup.com/schemas/regions/", "mwg-rs", "XMP::mwg-rs"),
    k("http://www.pixellive.com/", "PixelLive", "XMP::PixelLive"),
    k("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "rdf", "XMP::rdf"),
    k("http://www.w3.org/2000/01/rdf-schema#", "rdfs", ""),
    k("http://xmp.gettyimages.com/gift/1.0/", "getty", "XMP::getty"),
];

/// Prefixes in wide use that differ from the group's name.
static ALIASES: &[(&str, &str)] = &[
    ("GettyImagesGIFT", "getty"),
    ("Iptc4xmpCore", "iptcCore"),
    ("Iptc4xmpExt", "iptcExt"),
    ("MicrosoftPhoto", "microsoft"),
    ("hdr_metadata", "hdr"),
    ("photomechanic", "photomech"),
    ("prismusagerights", "pur"),
    ("xap", "xmp"),
    ("xapBJ", "xmpBJ"),
    ("xapMM", "xmpMM"),
    ("xapRights", "xmpRights"),
];

/// The known namespace of a URI; another version number, and a slash more or less at the end, make no difference.
fn known(uri: &str) -> Option<&'static Known> {
    if let Ok(i) = KNOWN.binary_search_by(|k| k.uri.cmp(uri)) {
        return KNOWN.get(i);
    }
    let essence_of = essence(uri);
    KNOWN.iter().find(|k| essence(k.uri) == essence_of).or_else(|| KNOWN.iter().find(|k| same(essence(k.uri), essence_of)))
}

/// A URI without the slash at its end.
fn essence(uri: &str) -> &[u8] {
    uri.strip_suffix('/').unwrap_or(uri).as_bytes()
}

/// Are two URIs the same but for the digits of a version (`1.0`)?
fn same(a: &[u8], b: &[u8]) -> bool {
    let version = |s: &[u8], i: usize| i > 0 && s[i].is_ascii_digit() && (s[i - 1] == b'/' || s[i - 1] == b'.');
    a.len() == b.len() && (0..a.len()).all(|i| a[i] == b[i] || (version(a, i) && version(b, i)))
}

fn known_by_name(prefix: &str) -> Option<&'static Known> {
    let name = ALIASES.iter().find(|(alias, _)| *alias == prefix).map_or(prefix, |(_, name)| name);
    KNOWN.iter().find(|k| k.name == name)
}

/// A namespace of the packet.
#[derive(Debug)]
pub struct Space {
    uri: Name,
    pub group: Group,
    pub known: Option<&'static Known>,
    /// Looked up when the first property of the namespace is met.
    table: Option<Option<&'static Table>>,
}

impl Space {
    fn new(uri: Name, name: &str, known: Option<&'static Known>) -> Self {
        let place = if let Some(place) = exiftool(&uri) {
            place
        } else if name.is_empty() {
            Name::new_static("XMP")
        } else {
            format_smolstr!("XMP-{name}")
        };
        Space { uri, group: Group { kind: "xmp", place }, known, table: None }
    }

    /// The table of the namespace's properties.
    pub fn table(&mut self) -> Option<&'static Table> {
        *self.table.get_or_insert_with(|| tags::table(self.known?.table))
    }

    pub fn uri(&self) -> &str {
        &self.uri
    }

    pub fn is(&self, name: &str) -> bool {
        self.known.is_some_and(|k| k.name == name)
    }
}

/// `exiftool -X` writes a namespace for each of its groups: those are the groups again, but for what it says of the file
/// that it read.
fn exiftool(uri: &str) -> Option<Name> {
    let path = uri.strip_prefix("http://ns.exiftool.org/").or_else(|| uri.strip_prefix("http://ns.exiftool.ca/"))?;
    let group = path.strip_suffix("/1.0/")?.rsplit('/').next()?;
    Some(match group {
        "ExifTool" | "System" | "File" | "Composite" => format_smolstr!("XML-{group}"),
        _ => group.into(),
    })
}

/// Index of a namespace in its packet's list.
pub type SpaceId = usize;

/// Namespaces of one packet, at most so many.
const MAX_SPACES: usize = 500;
/// Declarations that hold at one place, at most so many.
const MAX_BINDINGS: usize = 256;

/// The namespaces of a packet and the prefixes that stand for them here.
#[derive(Debug, Default)]
pub struct Scope {
    pub spaces: Vec<Space>,
    bindings: Vec<(Name, SpaceId)>,
    /// How many names were made up.
    unnamed: u32,
}

impl Scope {
    /// So many declarations hold now; [`Scope::leave`] goes back there.
    pub fn mark(&self) -> usize {
        self.bindings.len()
    }

    pub fn leave(&mut self, mark: usize) {
        self.bindings.truncate(mark);
    }

    /// From here on `prefix` stands for `uri`. `false`: there are too many.
    pub fn declare(&mut self, prefix: &str, uri: &str) -> bool {
        if self.bindings.len() >= MAX_BINDINGS || prefix.len() > 100 || uri.len() > 1000 {
            return false;
        }
        let Some(id) = self.space_of(prefix, uri) else { return false };
        self.bindings.push((prefix.into(), id));
        true
    }

    fn space_of(&mut self, prefix: &str, uri: &str) -> Option<SpaceId> {
        if let Some(id) = self.spaces.iter().position(|s| s.uri == uri) {
            return Some(id);
        }
        if self.spaces.len() >= MAX_SPACES {
            return None;
        }
        if let Some(known) = known(uri) {
            self.spaces.push(Space::new(uri.into(), known.name, Some(known)));
            return Some(self.spaces.len() - 1);
        }
        let mut name: Name = prefix.into();
        let taken = |s: &Space| s.group.place.strip_prefix("XMP-") == Some(&*name);
        if known_by_name(&name).is_some() || self.spaces.iter().any(taken) {
            name = format_smolstr!("tmp{}", self.unnamed);
            self.unnamed += 1;
        }
        self.spaces.push(Space::new(uri.into(), &name, None));
        Some(self.spaces.len() - 1)
    }

    /// The namespace that `prefix` stands for; an undeclared one stands for what it is known for, or for itself.
    pub fn resolve(&mut self, name: &str) -> Option<SpaceId> {
        if let Some((_, id)) = self.bindings.iter().rev().find(|(p, _)| p == name) {
            return Some(*id);
        }
        let known = known_by_name(name);
        // No URI looks like this.
        let uri = known.map_or_else(|| format_smolstr!("prefix {name}"), |k| Name::new_static(k.uri));
        if let Some(id) = self.spaces.iter().position(|s| s.uri == uri) {
            return Some(id);
        }
        if self.spaces.len() >= MAX_SPACES {
            return None;
        }
        self.spaces.push(Space::new(uri, known.map_or(name, |k| k.name), known));
        Some(self.spaces.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        assert!(KNOWN.is_sorted_by_key(|k| k.uri));
    }

    #[test]
    fn every_table_exists() {
        for k in KNOWN.iter().filter(|k| !k.table.is_empty()) {
            assert!(tags::table(k.table).is_some(), "{}", k.table);
        }
    }

    #[test]
    fn uris_of_other_versions() {
        let cases = [
            ("http://ns.adobe.com/xap/1.0/", Some("xmp")),
            ("http://ns.adobe.com/xap/1.0", Some("xmp")),
            ("http://ns.adobe.com/xap/2.0/", Some("xmp")),
            ("http://prismstandard.org/namespaces/basic/3.0/", Some("prism")),
            ("http://ns.microsoft.com/photo/1.1", Some("MP1")),
            ("http://ns.adobe.com/xap/", None),
            ("", None),
        ];
        for (uri, want) in cases {
            assert_eq!(known(uri).map(|k| k.name), want, "{uri}");
        }
    }
}
