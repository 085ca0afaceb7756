//! Metadata as it is printed: group → tag → value, of several tags of one name in one group the one that wins.
//!
//! Which one wins is ExifTool's habit (observed with `-j -G1` beside `-a -G1:4`): over all groups one tag of each bare
//! name wins, the later unless its priority is lower. In a group that holds the winner it prints; in another group the
//! first of that name does.

use super::View;
use crate::{
    engine::local::Extraction,
    input::Input,
    metadata::{Blob, Print, Priority, Tag, Value},
};
use base64::Engine as _;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::{borrow::Cow, hash::BuildHasher, sync::LazyLock};

/// Type of what we do not recognise.
const UNKNOWN: &str = "application/octet-stream";

/// What is printed of one file.
pub struct Groups<'a> {
    view: &'a View,
    input: &'a Input,
    file_name: &'a str,
    mime: &'a str,
    /// Printed groups in order of appearance; `File` is the first.
    groups: Vec<&'a str>,
    /// By group, in order of appearance.
    entries: Vec<(u32, &'a Tag)>,
}

impl std::fmt::Debug for Groups<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.entries.iter().map(|(_, t)| t)).finish()
    }
}

/// A value as text or as a list of texts. One is a number: the size of the file.
pub enum Shown<'a> {
    Text(Cow<'a, str>),
    /// The text of this value.
    Value(&'a Value),
    Number(u64),
    List(Vec<Cow<'a, str>>),
}

impl<'a> Groups<'a> {
    pub fn new(view: &'a View, file_name: &'a str, input: &'a Input, extraction: &'a Extraction) -> Self {
        let tags = &extraction.metadata.tags;
        let mime = tags.iter().find(|t| is_type(t)).and_then(|t| t.value.as_str());
        let mime = mime.or(extraction.file_type.as_ref().map(|t| t.mime)).unwrap_or(UNKNOWN);
        let (entries, groups) = choose(view, tags);
        Groups { view, input, file_name, mime, groups, entries }
    }

    /// Every printed tag: group, name, value.
    pub fn each(&self, mut f: impl FnMut(&'a str, &str, Shown<'_>)) {
        for (name, value) in self.facts() {
            f("File", name, value);
        }
        for (group, tag) in &self.entries {
            f(self.groups[*group as usize], printed_name(tag), shown(tag, self.view, self.input));
        }
    }

    /// The documented facts about the file.
    fn facts(&self) -> impl Iterator<Item = (&'static str, Shown<'_>)> {
        let text = |text| Shown::Text(Cow::Borrowed(text));
        [("Name", text(self.file_name)), ("Size", Shown::Number(self.input.len())), ("Type", text(self.mime))]
            .into_iter()
            .filter(|(name, _)| self.view.shows_fact(name))
    }
}

/// The type is among the documented facts.
fn is_type(tag: &Tag) -> bool {
    tag.name == "MIMEType" && tag.group.kind == "File"
}

/// IPTC's 2:80 and 2:116 have the names of the service's document.
fn printed_name(tag: &Tag) -> &str {
    match tag.name.as_str() {
        "By-line" if tag.group.place == "IPTC" => "Creator",
        "CopyrightNotice" if tag.group.place == "IPTC" => "Copyright",
        name => name,
    }
}

/// The groups, and of every group and name the tag that prints; sorted by group.
fn choose<'a>(view: &'a View, tags: &'a [Tag]) -> (Vec<(u32, &'a Tag)>, Vec<&'a str>) {
    // Per name: its first tag, the one that wins over all groups, and whether there are others.
    let mut names = Table::new(tags.len());
    let mut found: Vec<Found> = Vec::with_capacity(tags.len());
    let mut ids: Vec<u32> = Vec::with_capacity(tags.len());
    for (i, tag) in tags.iter().enumerate() {
        let id = names.id(hash(tag.name.as_bytes()), found.len(), |id| same(&tags[found[id].first as usize].name, &tag.name));
        match found.get_mut(id) {
            None => found.push(Found { first: i as u32, winner: i as u32, several: false }),
            Some(name) => {
                name.several = true;
                if tag.priority != Priority::Low && tag.priority >= tags[name.winner as usize].priority {
                    name.winner = i as u32;
                }
            }
        }
        ids.push(id as u32);
    }

    let mut groups: Vec<&str> = Vec::with_capacity(16);
    groups.push("File");
    let mut group_ids = Table::new(64.min(tags.len() + 1));
    group_ids.id(hash(b"File"), 0, |_| false);
    let mut pairs = Table::new(tags.len());
    // Group, name, tag; in order of appearance.
    let mut chosen: Vec<(u32, u32, u32)> = Vec::with_capacity(tags.len());
    let mut last = 0;
    for (i, tag) in tags.iter().enumerate() {
        let name = view.group(tag);
        if !same(groups[last], name) {
            group_ids.grow(groups.len(), |id| hash(groups[id].as_bytes()));
            last = group_ids.id(hash(name.as_bytes()), groups.len(), |id| same(groups[id], name));
            if last == groups.len() {
                groups.push(name);
            }
        }
        let (group, id) = (last as u32, ids[i]);
        let Found { several, winner, .. } = found[id as usize];
        if !several {
            chosen.push((group, id, i as u32));
            continue;
        }
        let pair = (u64::from(group) << 32 | u64::from(id)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let at = pairs.id(pair ^ pair >> 32, chosen.len(), |c| chosen[c].0 == group && chosen[c].1 == id);
        if at == chosen.len() {
            chosen.push((group, id, i as u32));
        } else if winner == i as u32 {
            chosen[at].2 = i as u32;
        }
    }
    let types = |id: u32| tags[found[id as usize].first as usize].name == "MIMEType";
    let mime = chosen.iter().map(|&(_, id, _)| id).find(|&id| types(id));
    chosen.retain(|&(_, id, i)| {
        let tag = &tags[i as usize];
        !(Some(id) == mime && is_type(tag)) && (view.patterns.is_empty() || view.shows(tag, printed_name(tag)))
    });
    (by_group(&chosen, groups.len(), tags), groups)
}

/// What was found of one name.
struct Found {
    first: u32,
    winner: u32,
    /// There are other tags of that name.
    several: bool,
}

/// Tags by group, of each in the order that they have now: counted, then put where they belong.
fn by_group<'a>(chosen: &[(u32, u32, u32)], groups: usize, tags: &'a [Tag]) -> Vec<(u32, &'a Tag)> {
    let mut next = vec![0; groups];
    chosen.iter().for_each(|&(group, ..)| next[group as usize] += 1);
    let mut start = 0;
    next.iter_mut().for_each(|n| start += std::mem::replace(n, start));
    let mut order = vec![0; chosen.len()];
    for (i, &(group, ..)) in chosen.iter().enumerate() {
        order[next[group as usize]] = i;
        next[group as usize] += 1;
    }
    order.into_iter().map(|i| (chosen[i].0, &tags[chosen[i].2 as usize])).collect()
}

/// Are they equal? Most names are of tables: then they are one.
fn same(a: &str, b: &str) -> bool {
    std::ptr::eq(a, b) || a == b
}

/// Hash of a name, seeded anew in every process: names come from files, and must not be able to collide at will.
fn hash(bytes: &[u8]) -> u64 {
    static SEED: LazyLock<u64> = LazyLock::new(|| std::hash::RandomState::new().hash_one(0));
    xxhash_rust::xxh3::xxh3_64_with_seed(bytes, *SEED)
}

/// A hash table of small numbers whose keys stand elsewhere.
struct Table {
    slots: Vec<u32>,
}

impl Table {
    /// For up to `n` keys.
    fn new(n: usize) -> Self {
        Table { slots: vec![u32::MAX; (2 * n + 2).next_power_of_two()] }
    }

    /// The number of the key with that hash for which `same` holds; `new` when there is none yet, which then takes its place.
    fn id(&mut self, hash: u64, new: usize, same: impl Fn(usize) -> bool) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            match self.slots[at] {
                u32::MAX => {
                    self.slots[at] = new as u32;
                    return new;
                }
                id if same(id as usize) => return id as usize,
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// Makes room for one more than `n` keys.
    fn grow(&mut self, n: usize, hash: impl Fn(usize) -> u64) {
        if 2 * n < self.slots.len() {
            return;
        }
        *self = Table::new(2 * n);
        for id in 0..n {
            self.id(hash(id), id, |_| false);
        }
    }
}

/// The value as it is printed.
fn shown<'a>(tag: &'a Tag, view: &View, input: &Input) -> Shown<'a> {
    if let Value::Binary(blob) = &tag.value
        && view.binary
        && let Some(text) = base64(blob, input)
    {
        return Shown::Text(Cow::Owned(text));
    }
    match (&tag.print, &tag.value) {
        (Print::List(list), _) if !view.numeric => Shown::List(list.iter().map(|s| Cow::Borrowed(s.as_str())).collect()),
        (Print::Plain, Value::List(list)) => Shown::List(list.iter().map(plain).collect()),
        (_, Value::List(list)) if view.numeric => Shown::List(list.iter().map(plain).collect()),
        (Print::Plain, Value::Text(text)) => Shown::Text(Cow::Borrowed(text)),
        (Print::Plain, value) => Shown::Value(value),
        (_, value) if view.numeric => Shown::Value(value),
        _ => Shown::Text(tag.printed()),
    }
}

fn plain(value: &Value) -> Cow<'_, str> {
    value.as_str().map_or_else(|| Cow::Owned(value.text()), Cow::Borrowed)
}

/// The bytes, unless they cannot be read or are too many for one line of text.
fn base64(blob: &Blob, input: &Input) -> Option<String> {
    let whole = input.whole();
    let bytes = match blob {
        Blob::Bytes(bytes) => Cow::Borrowed(bytes.as_slice()),
        Blob::Span(range) => whole.bytes(range.start, blob.len()).ok()?,
    };
    let mut text = String::from("base64:");
    base64::engine::general_purpose::STANDARD.encode_string(bytes, &mut text);
    Some(text)
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Shown::Text(text) => to.serialize_str(text),
            Shown::Value(value) => to.serialize_str(&value.text()),
            Shown::Number(number) => to.serialize_u64(*number),
            Shown::List(list) => {
                let mut array = to.serialize_seq(Some(list.len()))?;
                list.iter().try_for_each(|s| array.serialize_element(s))?;
                array.end()
            }
        }
    }
}

/// One group; the group `File` begins with the documented facts.
struct OneGroup<'a> {
    of: &'a Groups<'a>,
    file: bool,
    entries: &'a [(u32, &'a Tag)],
}

impl Serialize for OneGroup<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        if self.file {
            for (name, value) in self.of.facts() {
                map.serialize_entry(name, &value)?;
            }
        }
        for (_, tag) in self.entries {
            map.serialize_entry(printed_name(tag), &shown(tag, self.of.view, self.of.input))?;
        }
        map.end()
    }
}

impl Serialize for Groups<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        let no_file = self.entries.first().is_none_or(|(group, _)| *group != 0);
        if no_file && self.facts().next().is_some() {
            map.serialize_entry("File", &OneGroup { of: self, file: true, entries: &[] })?;
        }
        for entries in self.entries.chunk_by(|a, b| a.0 == b.0) {
            let group = entries[0].0;
            map.serialize_entry(self.groups[group as usize], &OneGroup { of: self, file: group == 0, entries })?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::{COMPOSITE, FILE, Group, Metadata};

    const IFD0: Group = Group::new("exif", "IFD0");
    const IFD1: Group = Group::new("exif", "IFD1");
    const DC: Group = Group::new("xmp", "XMP-dc");

    fn json(view: &View, tags: Vec<Tag>) -> serde_json::Value {
        let extraction = Extraction { file_type: None, metadata: Metadata { tags, warnings: Vec::new() } };
        let input = Input::from_bytes(b"abc".to_vec());
        serde_json::to_value(Groups::new(view, "a.jpg", &input, &extraction)).unwrap()
    }

    fn tag(group: Group, name: &str, value: &str) -> Tag {
        Tag::new(group, name, value)
    }

    #[test]
    fn the_winner_prints_where_it_stands_elsewhere_the_first() {
        let tags = || {
            vec![
                tag(IFD0, "Software", "1"),
                tag(IFD0, "Software", "2"),
                tag(IFD1, "Software", "3").priority(Priority::Low),
                tag(IFD1, "Software", "4").priority(Priority::Low),
                tag(DC, "Software", "5").priority(Priority::High),
                tag(DC, "Software", "6"),
                tag(DC, "Title", "x"),
            ]
        };
        let one = json(&View { family: 1, ..View::default() }, tags());
        assert_eq!(one["IFD0"]["Software"], "1", "the winner is in XMP, so the first here");
        assert_eq!(one["IFD1"]["Software"], "3");
        assert_eq!(one["XMP-dc"]["Software"], "5", "a higher priority is not displaced");
        let zero = json(&View::default(), tags()[..4].to_vec());
        assert_eq!(zero["exif"]["Software"], "2", "the later wins, a low one does not");
    }

    #[test]
    fn facts_come_first_and_spellings_are_the_documents() {
        let iptc = Group::new("iptc", "IPTC");
        let tags = vec![
            tag(FILE, "FileType", "JPEG"),
            tag(FILE, "MIMEType", "image/jpeg"),
            tag(iptc.clone(), "By-line", "John"),
            tag(iptc, "CopyrightNotice", "©"),
            tag(COMPOSITE, "Megapixels", "1"),
        ];
        let text = json(&View::default(), tags).to_string();
        let want = r#"{"File":{"Name":"a.jpg","Size":3,"Type":"image/jpeg","FileType":"JPEG"},"iptc":{"Creator":"John","Copyright":"©"},"Composite":{"Megapixels":"1"}}"#;
        assert_eq!(text, want);
        assert_eq!(json(&View::default(), vec![])["File"]["Type"], UNKNOWN);
    }

    #[test]
    fn values_as_people_see_them_or_as_stored() {
        let tags = || {
            vec![
                Tag::new(IFD0, "Orientation", 6u8).print("Rotate 90 CW"),
                Tag::new(DC, "Subject", Value::List(vec!["a".into(), "b".into()])),
                Tag::new(DC, "Labels", Value::List(vec![1u8.into()])).print(Print::List(vec!["One".into()])),
                Tag::new(IFD0, "Blob", Value::Binary(Blob::Bytes(vec![0, 255]))),
                Tag::new(IFD0, "Preview", Value::Binary(Blob::Span(1..3))),
            ]
        };
        let printed = json(&View::default(), tags());
        assert_eq!(printed["exif"]["Orientation"], "Rotate 90 CW");
        assert_eq!(printed["xmp"]["Subject"], serde_json::json!(["a", "b"]));
        assert_eq!(printed["xmp"]["Labels"], serde_json::json!(["One"]));
        assert_eq!(printed["exif"]["Blob"], "(Binary data 2 bytes, use --binary to extract)");
        let stored = json(&View { numeric: true, binary: true, ..View::default() }, tags());
        assert_eq!(stored["exif"]["Orientation"], "6");
        assert_eq!(stored["xmp"]["Labels"], serde_json::json!(["1"]));
        assert_eq!(stored["exif"]["Blob"], "base64:AP8=");
        assert_eq!(stored["exif"]["Preview"], "base64:YmM=");
    }

    #[test]
    fn many_groups_and_names_cost_no_more_than_their_number() {
        let tags: Vec<Tag> = (0..50_000)
            .map(|i| Tag {
                group: Group { kind: "xmp", place: format!("XMP-{}", i % 20_000).into() },
                ..tag(DC, &format!("N{}", i % 7), "v")
            })
            .collect();
        let start = std::time::Instant::now();
        let value = json(&View { family: 1, ..View::default() }, tags);
        assert_eq!(value.as_object().unwrap().len(), 20_001);
        assert!(start.elapsed().as_secs() < 5);
    }
}
