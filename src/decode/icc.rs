//! ICC profiles (ICC.1:2022; ICC.1:2001-04 for what version 2 had; ICC.2:2019 signatures).

use super::{
    Sink,
    text::{lossy, until_nul},
};
use crate::{
    input::Input,
    metadata::{Blob, Group, Name, Tag, Value},
    table,
    tags::{self, ByteOrder::Big, Context, Format, Table},
};
use std::borrow::Cow;

/// No profile is larger.
const MAX_PROFILE: u64 = 64 * 1024 * 1024;
const HEADER: usize = 128;
/// Tags of one profile, at most so many; version 4 defines some fifty.
const MAX_TAGS: usize = 500;
/// Languages of one text, at most so many.
const MAX_RECORDS: usize = 500;
/// Bytes of numbers that are shown as such.
const MAX_NUMBERS: usize = 64 * 1024;

pub fn decode(input: &Input, sink: &mut Sink) {
    let bytes = match input.all(MAX_PROFILE) {
        Ok(bytes) if bytes.len() >= HEADER => bytes,
        Ok(_) => return sink.warn("the ICC profile ends before its header does"),
        Err(e) => return sink.warn(e.to_string()),
    };
    let profile = Profile { bytes: &bytes, ordinal: sink.ordinal };
    profile.header(sink);
    profile.tags(sink);
}

/// A profile, and the how manieth of its file.
struct Profile<'a> {
    bytes: &'a [u8],
    ordinal: u32,
}

impl<'a> Profile<'a> {
    /// The group of that name; a second profile's groups end in 2.
    fn group(&self, place: &'static str) -> Group {
        match self.ordinal {
            0 => Group::new("icc_profile", place),
            n => Group { kind: "icc_profile", place: Name::new(format!("{place}{}", n.saturating_add(1))) },
        }
    }

    /// 7.2: the header.
    fn header(&self, sink: &mut Sink) {
        let Some(table) = table!("ICC::Header") else { return };
        let group = self.group("ICC-header");
        let signature = |at: usize| Value::Text(lossy(until_nul(&self.bytes[at..at + 4])));
        let u32_at = |at: usize| Big.u32(self.bytes, at).unwrap_or(0);
        for at in [4usize, 12, 16, 20, 36, 40, 48, 52, 80] {
            tags::emit(table, at as i64, signature(at), &group, sink);
        }
        let (major, minor) = (self.bytes[8], self.bytes[9]);
        let version = format!("{}.{}.{}", major, minor >> 4, minor & 15);
        sink.printed(&group, "ProfileVersion", i16::from_be_bytes([major, minor]), version);
        sink.tag(&group, "ProfileDateTime", date_time(&self.bytes[24..36]));
        let flags = u32_at(44);
        let embedded = if flags & 1 == 0 { "Not Embedded" } else { "Embedded" };
        let independent = if flags & 2 == 0 { "Independent" } else { "Not Independent" };
        sink.printed(&group, "CMMFlags", flags, format!("{embedded}, {independent}"));
        let (vendor, attributes) = (u32_at(56), u32_at(60));
        let name = |bit: u32, words: [&'static str; 2]| words[(attributes >> bit & 1) as usize];
        let print = format!(
            "{}, {}, {}, {}",
            name(0, ["Reflective", "Transparency"]),
            name(1, ["Glossy", "Matte"]),
            name(2, ["Positive", "Negative"]),
            name(3, ["Color", "B&W"])
        );
        sink.printed(&group, "DeviceAttributes", Value::Array(vec![vendor.into(), attributes.into()]), print);
        tags::emit(table, 64i64, u32_at(64).into(), &group, sink);
        sink.tag(&group, "ConnectionSpaceIlluminant", numbers(Format::Fixed32s, &self.bytes[68..80]));
        let id = &self.bytes[84..100];
        let print = if id.iter().all(|&b| b == 0) { "0".to_owned() } else { super::text::hex(id) };
        sink.printed(&group, "ProfileID", Value::Array(id.iter().map(|&b| b.into()).collect()), print);
    }

    /// 7.3: the tag table.
    fn tags(&self, sink: &mut Sink) {
        let (Some(table), Some(count)) = (table!("ICC::Main"), Big.u32(self.bytes, HEADER)) else { return };
        let group = self.group("ICC_Profile");
        let mut whole = true;
        for entry in self.bytes[HEADER + 4..].chunks_exact(12).take((count as usize).min(MAX_TAGS)) {
            if sink.is_full() {
                break;
            }
            let word = |at| Big.u32(entry, at).unwrap_or(0) as usize;
            let (offset, size) = (word(4), word(8));
            match offset.checked_add(size).and_then(|end| self.bytes.get(offset..end)) {
                Some(element) => self.element(&entry[..4], element, table, &group, sink),
                None => whole = false,
            }
        }
        if !whole || (count as usize) > (self.bytes.len() - HEADER - 4) / 12 {
            sink.warn("tags of the ICC profile lie behind its end");
        }
    }

    /// A tag's element: type signature, four reserved bytes, data (clause 10).
    fn element(&self, signature: &[u8], element: &[u8], table: &'static Table, group: &Group, sink: &mut Sink) {
        let kind = element.get(..4).unwrap_or_default();
        match kind {
            b"meas" => return self.measurement(element, sink),
            b"view" => return self.viewing_conditions(element, sink),
            b"chrm" => return self.chromaticity(element, sink),
            b"clrt" => return self.colorants(element, sink),
            b"dict" => return self.dictionary(element, sink),
            _ => {}
        }
        let signature = String::from_utf8_lossy(signature);
        let context = Context::new(&sink.facts);
        let Some(name) = table.row(&*signature, &Value::Int(0), &context).map(|r| r.name) else { return };
        if kind == b"mluc" {
            return languages(name, element, group, sink);
        }
        match simple(kind, element) {
            // Measured colours of a test chart: pages of numbers.
            Some(Value::Text(text)) if text.len() > 4096 => {
                sink.tag(group, name, Value::Binary(Blob::Bytes(text.as_bytes().to_vec())))
            }
            Some(value) => drop(tags::emit(table, &*signature, value, group, sink)),
            None => sink.tag(group, name, Value::Binary(Blob::Bytes(element.to_vec()))),
        }
    }

    /// `meas` (10.14).
    fn measurement(&self, element: &[u8], sink: &mut Sink) {
        let Some(table) = table!("ICC::Meas") else { return };
        let group = self.group("ICC-meas");
        if let Some(observer) = Big.u32(element, 8) {
            tags::emit(table, 8i64, observer.into(), &group, sink);
        }
        if let Some(backing) = element.get(12..24) {
            sink.tag(&group, "MeasurementBacking", numbers(Format::Fixed32s, backing));
        }
        if let Some(geometry) = Big.u32(element, 24) {
            tags::emit(table, 24i64, geometry.into(), &group, sink);
        }
        if let Some(flare) = element.get(28..32).and_then(|b| Format::Fixed32u.read(b, 1, Big)) {
            let print = percent(&flare);
            sink.printed(&group, "MeasurementFlare", flare, print);
        }
        if let Some(illuminant) = Big.u32(element, 32) {
            tags::emit(table, 32i64, illuminant.into(), &group, sink);
        }
    }

    /// `view` (10.30).
    fn viewing_conditions(&self, element: &[u8], sink: &mut Sink) {
        let Some(table) = table!("ICC::View") else { return };
        let group = self.group("ICC-view");
        for (at, name) in [(8, "ViewingCondIlluminant"), (20, "ViewingCondSurround")] {
            if let Some(xyz) = element.get(at..at + 12) {
                sink.tag(&group, name, numbers(Format::Fixed32s, xyz));
            }
        }
        if let Some(kind) = Big.u32(element, 32) {
            tags::emit(table, 32i64, kind.into(), &group, sink);
        }
    }

    /// `chrm` (10.2).
    fn chromaticity(&self, element: &[u8], sink: &mut Sink) {
        let Some(table) = table!("ICC::Chrm") else { return };
        let group = self.group("ICC-chrm");
        for at in [8usize, 10] {
            if let Some(n) = Big.u16(element, at) {
                tags::emit(table, at as i64, n.into(), &group, sink);
            }
        }
        for at in [12usize, 20, 28, 36] {
            if let Some(xy) = element.get(at..at + 8) {
                tags::emit(table, at as i64, numbers(Format::Fixed32u, xy), &group, sink);
            }
        }
    }

    /// `clrt` (10.4); the reference names three colorants.
    fn colorants(&self, element: &[u8], sink: &mut Sink) {
        let Some(count) = Big.u32(element, 8) else { return };
        let group = self.group("ICC-clrt");
        sink.tag(&group, "ColorantCount", count);
        for (i, colorant) in element[12..].chunks_exact(38).take(3).enumerate() {
            let i = i + 1;
            sink.tag(&group, format!("Colorant{i}Name"), lossy(until_nul(&colorant[..32])));
            sink.tag(&group, format!("Colorant{i}Coordinates"), numbers(Format::Int16u, &colorant[32..38]));
        }
    }

    /// `dict` (ICC metadata tag registry): UTF-16 names and values.
    fn dictionary(&self, element: &[u8], sink: &mut Sink) {
        let group = self.group("ICC-meta");
        let count = Big.u32(element, 8).unwrap_or(0) as usize;
        let record = Big.u32(element, 12).unwrap_or(0) as usize;
        if record < 16 {
            return;
        }
        let text = |record: &[u8], at: usize| {
            let offset = Big.u32(record, at)? as usize;
            let size = Big.u32(record, at + 4)? as usize;
            Some(tags::format::utf16(element.get(offset..offset.checked_add(size)?)?, Big))
        };
        for record in element.get(16..).unwrap_or_default().chunks_exact(record).take(count.min(MAX_RECORDS)) {
            if let (Some(name), Some(value)) = (text(record, 0), text(record, 8)) {
                let name = super::text::tag_name(&name);
                if name.len() > 1 {
                    sink.tag(&group, name, value);
                }
            }
        }
    }
}

/// `mluc` (10.15): one text in several languages; English, and a text of no language, have the bare name.
fn languages(name: &'static str, element: &[u8], group: &Group, sink: &mut Sink) {
    let count = Big.u32(element, 8).unwrap_or(0) as usize;
    let record = Big.u32(element, 12).unwrap_or(0).max(12) as usize;
    let records = element.get(16..).unwrap_or_default();
    for record in records.chunks(record).take(count.min(MAX_RECORDS)).filter(|r| r.len() >= 12) {
        let word = |at| Big.u32(record, at).unwrap_or(0) as usize;
        let (size, offset) = (word(4), word(8));
        let Some(text) = offset.checked_add(size).and_then(|end| element.get(offset..end)) else { break };
        let text = Value::Text(tags::format::utf16(text, Big));
        let Some(language) = language(&record[..4]) else { continue };
        let name = if language.is_empty() { Name::new_static(name) } else { Name::new(format!("{name}-{language}")) };
        sink.push(Tag::new(group.clone(), name, text));
    }
}

/// The value of an element of a type that holds one text or a run of numbers; `None`: it is binary data.
fn simple(kind: &[u8], element: &[u8]) -> Option<Value> {
    let data = element.get(8..).filter(|data| !kind.starts_with(b"ui") || data.len() <= MAX_NUMBERS)?;
    Some(match kind {
        b"desc" => {
            let len = Big.u32(element, 8)? as usize;
            Value::Text(lossy(until_nul(element.get(12..len.checked_add(12)?)?)))
        }
        b"text" => Value::Text(lossy(until_nul(data))),
        b"data" if element.get(8..12)? == [0; 4] => Value::Text(lossy(until_nul(&element[12..]))),
        b"sig " => Value::Text(lossy(until_nul(element.get(8..12)?))),
        b"dtim" => Value::Text(date_time(element.get(8..20)?).into()),
        b"XYZ " => xyz(data),
        b"sf32" => numbers(Format::Fixed32s, data),
        b"uf32" => numbers(Format::Fixed32u, data),
        b"ui08" => numbers(Format::Int8u, data),
        b"ui16" => numbers(Format::Int16u, data),
        b"ui32" => numbers(Format::Int32u, data),
        b"ui64" => numbers(Format::Int64u, data),
        _ => return None,
    })
}

/// Triples joined by `, `.
fn xyz(data: &[u8]) -> Value {
    let mut triples = data.chunks_exact(12).take(1000).map(|t| numbers(Format::Fixed32s, t));
    match (triples.next(), triples.next()) {
        (None, _) => Value::Text(Name::default()),
        (Some(one), None) => one,
        (Some(one), Some(two)) => {
            let mut text = format!("{one}, {two}");
            triples.for_each(|t| text.push_str(&format!(", {t}")));
            text.into()
        }
    }
}

fn numbers(format: Format, data: &[u8]) -> Value {
    format.read(data, data.len() / format.size(), Big).unwrap_or_else(|| Value::Text(Name::default()))
}

/// 4.2: year, month, day, hours, minutes, seconds.
fn date_time(b: &[u8]) -> String {
    let n = |i: usize| Big.u16(b, 2 * i).unwrap_or(0);
    format!("{:04}:{:02}:{:02} {:02}:{:02}:{:02}", n(0), n(1), n(2), n(3), n(4), n(5))
}

fn percent(v: &Value) -> String {
    let mut text = String::new();
    crate::metadata::write_significant(v.as_f64().unwrap_or(0.0) * 100.0, 12, &mut text);
    text.push('%');
    text
}

/// `de-DE` of a language and country code; empty for `en-US` and where either is missing; `None` when it is no code.
fn language(code: &[u8]) -> Option<Cow<'static, str>> {
    let (language, country) = code.split_at_checked(2)?;
    if language == [0, 0] {
        return Some(Cow::Borrowed(""));
    }
    let language = std::str::from_utf8(language).ok()?.to_ascii_lowercase();
    let country = country.iter().take_while(|&&b| b != 0).map(|&b| char::from(b).to_ascii_uppercase()).collect::<String>();
    if !language.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    Some(match (&*language, &*country) {
        ("en", "US") | (_, "") => Cow::Borrowed(""),
        (_, country) if country.bytes().all(|b| b.is_ascii_alphanumeric()) => Cow::Owned(format!("{language}-{country}")),
        _ => Cow::Borrowed(""),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A profile of these tags.
    fn profile(tags: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
        let mut bytes = vec![0; HEADER];
        bytes[4..8].copy_from_slice(b"lcms");
        bytes[8..12].copy_from_slice(&[4, 0x35, 0, 0]);
        bytes[12..24].copy_from_slice(b"mntrRGB XYZ ");
        bytes[36..40].copy_from_slice(b"acsp");
        bytes[80..84].copy_from_slice(b"abcd");
        bytes.extend((tags.len() as u32).to_be_bytes());
        let mut at = HEADER + 4 + 12 * tags.len();
        for (signature, element) in tags {
            bytes.extend(*signature);
            bytes.extend((at as u32).to_be_bytes());
            bytes.extend((element.len() as u32).to_be_bytes());
            at += element.len();
        }
        tags.iter().for_each(|(_, element)| bytes.extend(element));
        bytes
    }

    fn decoded(bytes: Vec<u8>) -> Sink {
        let mut sink = Sink::default();
        decode(&Input::from_bytes(bytes), &mut sink);
        sink
    }

    fn element(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        [&kind[..], &[0; 4], data].concat()
    }

    #[test]
    fn the_header_prints_signatures_and_flags() {
        let sink = decoded(profile(&[]));
        for (name, want) in [
            ("ProfileCMMType", "Little CMS"),
            ("ProfileVersion", "4.3.5"),
            ("ProfileClass", "Display Device Profile"),
            ("ColorSpaceData", "RGB "),
            ("PrimaryPlatform", "Unknown ()"),
            ("DeviceManufacturer", ""),
            ("ProfileCreator", "Unknown (abcd)"),
            ("CMMFlags", "Not Embedded, Independent"),
            ("DeviceAttributes", "Reflective, Glossy, Positive, Color"),
            ("ProfileID", "0"),
        ] {
            assert_eq!(sink.metadata.get_in("ICC-header", name).map(|t| t.printed()).as_deref(), Some(want), "{name}");
        }
    }

    #[test]
    fn elements_print_by_their_type() {
        let mut texts = [0, 0, 0, 2, 0, 0, 0, 12].to_vec();
        texts.extend(b"deDE\0\0\0\x02\0\0\0\x28enUS\0\0\0\x02\0\0\0\x2a\0D\0E");
        let sink = decoded(profile(&[
            (b"desc", element(b"mluc", &texts)),
            (b"cprt", element(b"text", b"caf\xe9\0rest")),
            (b"tech", element(b"sig ", b"CRT ")),
            (b"wtpt", element(b"XYZ ", &[0, 1, 0, 0, 0, 0, 0x80, 0, 0xff, 0xff, 0, 0])),
            (b"rTRC", element(b"curv", &[0; 4])),
            (b"xxxx", element(b"text", b"unknown")),
        ]));
        for (name, want) in [
            ("ProfileDescription", "E"),
            ("ProfileDescription-de-DE", "D"),
            ("ProfileCopyright", "caf?"),
            ("Technology", "Cathode Ray Tube Display"),
            ("MediaWhitePoint", "1 0.5 -1"),
            ("RedTRC", "(Binary data 12 bytes, use --binary to extract)"),
        ] {
            assert_eq!(sink.metadata.get_in("ICC_Profile", name).map(|t| t.printed()).as_deref(), Some(want), "{name}");
        }
        assert!(sink.metadata.tags.iter().all(|t| t.printed() != "unknown"));
    }

    #[test]
    fn the_second_profile_has_groups_of_its_own() {
        let mut sink = Sink { ordinal: 1, ..Sink::default() };
        decode(&Input::from_bytes(profile(&[])), &mut sink);
        assert!(sink.metadata.get_in("ICC-header2", "ProfileVersion").is_some());
    }

    proptest! {
        #[test]
        fn any_bytes(tail in proptest::collection::vec(any::<u8>(), 0..400), kind in 0usize..12) {
            let kinds = [b"desc", b"text", b"mluc", b"XYZ ", b"meas", b"view", b"chrm", b"clrt", b"dict", b"data", b"sf32", b"dtim"];
            decoded(profile(&[(b"desc", element(kinds[kind], &tail))]));
            decoded([profile(&[])[..HEADER].to_vec(), tail].concat());
        }
    }
}
