//! Ultra HDR: a second JPEG behind the main one says how much brighter each pixel becomes on a display that can.
//!
//! Sources: Ultra HDR Image Format 1.1 (XMP `hdrgm`, the GContainer directory, MPF), ISO 21496-1 annex C (APP2), CIPA DC-007
//! (Multi-Picture Format), Apple's auxiliary image XMP. Everything is written afresh: of the XMP only these properties with the
//! values that they may have, of MPF the two images, of the directory the two items with their lengths.

use super::{plan::plan_gainmap, walk::GAINMAP};
use crate::{
    encode::jpeg::segment,
    error::{Code, Result},
    format::{Depth, Kind, MAX_NESTING, Origin, Part, PartId, Plan, Selection, Walk, detect},
    input::Input,
};
use quick_xml::{
    events::{BytesStart, Event},
    name::ResolveResult,
    reader::NsReader,
};
use std::fmt::Write;

const HDRGM: &str = "http://ns.adobe.com/hdr-gain-map/1.0/";
const APPLE: &str = "http://ns.apple.com/HDRGainMap/1.0/";
const APPLE_DATA: &str = "http://ns.apple.com/pixeldatainfo/1.0/";
const CONTAINER: &str = "http://ns.google.com/photos/1.0/container/";
/// The namespaces of what [`describe`] writes.
pub const DESCRIBED: &[&str] = &[HDRGM, CONTAINER];
const RDF: &[u8] = b"http://www.w3.org/1999/02/22-rdf-syntax-ns#";
/// A packet that is larger is no gain map's.
const MAX_PACKET: u64 = 1024 * 1024;

/// The properties of a gain map, in the order in which they are written: prefix, namespace, name.
const PROPERTIES: &[(&str, &str, &str)] = &[
    ("hdrgm", HDRGM, "Version"),
    ("hdrgm", HDRGM, "BaseRenditionIsHDR"),
    ("hdrgm", HDRGM, "GainMapMin"),
    ("hdrgm", HDRGM, "GainMapMax"),
    ("hdrgm", HDRGM, "Gamma"),
    ("hdrgm", HDRGM, "OffsetSDR"),
    ("hdrgm", HDRGM, "OffsetHDR"),
    ("hdrgm", HDRGM, "HDRCapacityMin"),
    ("hdrgm", HDRGM, "HDRCapacityMax"),
    ("HDRGainMap", APPLE, "HDRGainMapVersion"),
    ("HDRGainMap", APPLE, "HDRGainMapHeadroom"),
    ("apdi", APPLE_DATA, "AuxiliaryImageType"),
    ("apdi", APPLE_DATA, "NativeFormat"),
    ("apdi", APPLE_DATA, "StoredFormat"),
];

/// A gain map behind the main image.
pub struct Found {
    pub part: PartId,
    /// Its clean form; ranges are those of the main file.
    pub plan: Plan,
    /// It was clean before.
    pub is_clean: bool,
}

/// The first image behind the main one that says that it is a gain map.
pub fn find(input: &Input, parts: &[Part], selection: &Selection) -> Result<Option<Found>> {
    if selection.nesting >= MAX_NESTING {
        return Ok(None);
    }
    for (id, part) in parts.iter().enumerate().filter(|(_, p)| p.kind == Kind::File) {
        let Origin::Spans(spans) = &part.origin else { continue };
        let [range] = &spans[..] else { continue };
        let image = input.slice(range.clone());
        let Some((format, file_type)) = detect(&image).filter(|(f, _)| f.name == super::FORMAT.name) else { continue };
        let mut walk = Walk::new(Depth::Full, file_type);
        (format.walk)(&image, &mut walk)?;
        if !is_gainmap(&image, &walk.parts)? {
            continue;
        }
        let inner = Selection { nesting: selection.nesting + 1, ..selection.clone() };
        let clean = match plan_gainmap(&image, &walk.parts, &inner) {
            Err(e) if e.code == Code::Damaged => continue,
            clean => clean?,
        };
        let is_clean = clean.is_identity(&image)?;
        let mut plan = Plan::default();
        plan.splice(clean, range.start);
        return Ok(Some(Found { part: id, plan, is_clean }));
    }
    Ok(None)
}

fn is_gainmap(image: &Input, parts: &[Part]) -> Result<bool> {
    for part in parts.iter().filter(|p| matches!(p.kind, Kind::Xmp | Kind::Jpeg(0xe2))) {
        // One that is too large is none.
        let Ok(block) = part.origin.open(image, MAX_PACKET) else { continue };
        let block = block.up_to(0, MAX_PACKET)?;
        if if part.kind == Kind::Xmp { reduce(&block).is_some() } else { numbers(&block).is_some() } {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Does the main image say that it has a gain map?
pub fn is_announced(input: &Input, parts: &[Part]) -> bool {
    let says = |part: &Part| {
        let block = part.origin.open(input, MAX_PACKET).ok()?;
        let block = block.up_to(0, MAX_PACKET).ok()?;
        Some(if part.kind == Kind::Xmp { version(&block).is_some() } else { versions(&block).is_some() })
    };
    parts.iter().filter(|p| matches!(p.kind, Kind::Xmp | Kind::Jpeg(0xe2))).any(|part| says(part) == Some(true))
}

/// The packet of a gain map, with nothing but what makes it one.
pub fn reduce(packet: &[u8]) -> Option<Vec<u8>> {
    let mut values: Vec<Vec<String>> = vec![Vec::new(); PROPERTIES.len()];
    collect(packet, &mut values);
    if values.iter().all(Vec::is_empty) {
        return None;
    }
    let mut attributes = String::new();
    let mut elements = String::new();
    let mut declared: Vec<&str> = Vec::new();
    for ((prefix, namespace, name), values) in PROPERTIES.iter().zip(&values).filter(|(_, v)| !v.is_empty()) {
        if !declared.contains(prefix) {
            declared.push(prefix);
            let _ = write!(attributes, " xmlns:{prefix}=\"{namespace}\"");
        }
        if let [value] = &values[..] {
            let _ = write!(attributes, " {prefix}:{name}=\"{value}\"");
        } else {
            let items: String = values.iter().map(|v| format!("<rdf:li>{v}</rdf:li>")).collect();
            let _ = write!(elements, "<{prefix}:{name}><rdf:Seq>{items}</rdf:Seq></{prefix}:{name}>");
        }
    }
    Some(envelope(&description(&attributes, &elements)))
}

/// The description of the main image: that it has a gain map, and how long that is. `None`: the packet says neither.
pub fn describe(packet: &[u8], gainmap: &Found) -> Option<String> {
    let version = version(packet)?;
    let head = format!(
        " xmlns:hdrgm=\"{HDRGM}\" xmlns:Container=\"{CONTAINER}\" \
         xmlns:Item=\"http://ns.google.com/photos/1.0/container/item/\" hdrgm:Version=\"{version}\""
    );
    let item =
        |rest: &str| format!("<rdf:li rdf:parseType=\"Resource\"><Container:Item {rest} Item:Mime=\"image/jpeg\"/></rdf:li>");
    let elements = format!(
        "<Container:Directory><rdf:Seq>{}{}</rdf:Seq></Container:Directory>",
        item("Item:Semantic=\"Primary\""),
        item(&format!("Item:Semantic=\"GainMap\" Item:Length=\"{}\"", gainmap.plan.len())),
    );
    Some(description(&head, &elements))
}

/// The version of the gain map that a packet speaks of.
fn version(packet: &[u8]) -> Option<String> {
    let mut values: Vec<Vec<String>> = vec![Vec::new(); PROPERTIES.len()];
    collect(packet, &mut values);
    <[String; 1]>::try_from(values.swap_remove(0)).ok().map(|[version]| version)
}

/// Puts descriptions into a packet: one that has properties already, or a fresh one.
pub fn packet(kept: Option<Vec<u8>>, described: Option<String>) -> Option<Vec<u8>> {
    match (kept, described) {
        (kept, None) => kept,
        (None, Some(described)) => Some(envelope(&described)),
        (Some(kept), Some(described)) => {
            let at = memchr::memmem::rfind(&kept, b"</rdf:RDF>")?;
            Some([&kept[..at], described.as_bytes(), &kept[at..]].concat())
        }
    }
}

fn description(attributes: &str, elements: &str) -> String {
    if elements.is_empty() {
        format!("<rdf:Description rdf:about=\"\"{attributes}/>")
    } else {
        format!("<rdf:Description rdf:about=\"\"{attributes}>{elements}</rdf:Description>")
    }
}

fn envelope(described: &str) -> Vec<u8> {
    let head = "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">";
    format!("{head}{described}</rdf:RDF></x:xmpmeta>").into_bytes()
}

/// Finds the values of [`PROPERTIES`] in a packet: attributes, elements, sequences. Damage ends the search.
fn collect(packet: &[u8], values: &mut [Vec<String>]) {
    let packet = packet.strip_prefix(b"\xef\xbb\xbf").unwrap_or(packet);
    let Ok(text) = std::str::from_utf8(packet) else { return };
    if ![HDRGM, APPLE, APPLE_DATA].iter().any(|n| memchr::memmem::find(packet, n.as_bytes()).is_some()) {
        return;
    }
    let mut reader = NsReader::from_str(text.trim_end_matches('\0'));
    let mut property = None;
    let mut depth = 0u32;
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(start) => {
                depth += 1;
                attributes(&reader, &start, values);
                let (namespace, name) = reader.resolver().resolve_element(start.name());
                if let Some(index) = index(&namespace, name.as_ref()) {
                    property = Some((index, depth));
                } else if !matches!(namespace, ResolveResult::Bound(n) if n.as_ref() == RDF) {
                    property = None;
                }
            }
            Event::Empty(start) => attributes(&reader, &start, values),
            Event::Text(text) => {
                if let (Some((index, _)), Ok(text)) = (property, text.decode()) {
                    add(&mut values[index], index, text.trim());
                }
            }
            Event::End(_) => {
                property = property.filter(|(_, at)| *at != depth);
                depth = depth.saturating_sub(1);
            }
            Event::Eof => return,
            _ => {}
        }
        if depth > 100 {
            return;
        }
    }
}

fn attributes(reader: &NsReader<&[u8]>, start: &BytesStart, values: &mut [Vec<String>]) {
    for attribute in start.attributes().flatten() {
        let (namespace, name) = reader.resolver().resolve_attribute(attribute.key);
        if let Some(index) = index(&namespace, name.as_ref())
            && let Ok(text) = std::str::from_utf8(&attribute.value)
        {
            add(&mut values[index], index, text.trim());
        }
    }
}

fn index(namespace: &ResolveResult, name: &[u8]) -> Option<usize> {
    let ResolveResult::Bound(namespace) = namespace else { return None };
    PROPERTIES.iter().position(|(_, n, p)| n.as_bytes() == namespace.as_ref() && p.as_bytes() == name)
}

/// Adds a value that the property may have: a number, a truth, the one type of auxiliary image. One for each channel.
fn add(values: &mut Vec<String>, index: usize, text: &str) {
    let sound = match PROPERTIES[index].2 {
        "AuxiliaryImageType" => text == "urn:com:apple:photo:2020:aux:hdrgainmap",
        "BaseRenditionIsHDR" => matches!(text, "True" | "False" | "true" | "false"),
        _ => text.len() <= 24 && !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)),
    };
    if sound && values.len() < 3 {
        values.push(text.to_owned());
    }
}

/// ISO 21496-1 annex C.2: identifier and versions, all that is of use in the main image. `None` if it is none or too short.
pub fn versions(segment: &[u8]) -> Option<&[u8]> {
    segment.strip_prefix(GAINMAP)?;
    segment.get(..GAINMAP.len() + 4)
}

/// The same with all numbers; what follows them is cut off.
pub fn numbers(segment: &[u8]) -> Option<&[u8]> {
    let flags = segment.strip_prefix(GAINMAP)?.get(4)?;
    let channels = if flags & 0x80 != 0 { 3 } else { 1 };
    let length = if flags & 0x08 != 0 { 5 + 12 + 20 * channels } else { 5 + 16 + 40 * channels };
    segment.get(..GAINMAP.len() + length)
}

/// An MPF segment of two images (CIPA DC-007, 5.2): the main one of `main` bytes, and `second` bytes right behind it. `at`: where
/// the segment stands; offsets count from its TIFF header.
pub fn multi_picture(at: u64, main: u64, second: u64) -> Vec<u8> {
    let size = |v: u64| u32::try_from(v).unwrap_or(u32::MAX).to_be_bytes();
    let offset = main.saturating_sub(at + 8);
    let directory: [&[u8]; 5] = [
        b"MM\0*\0\0\0\x08\0\x03",
        b"\xb0\0\0\x07\0\0\0\x040100",
        b"\xb0\x01\0\x04\0\0\0\x01\0\0\0\x02",
        b"\xb0\x02\0\x07\0\0\0\x20\0\0\0\x32",
        b"\0\0\0\0",
    ];
    let entries = [&b"\0\x03\0\0"[..], &size(main), &[0; 8], &[0; 4], &size(second), &size(offset), &[0; 4]].concat();
    segment(0xe2, &[b"MPF\0", &directory.concat(), &entries])
}
