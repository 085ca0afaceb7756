//! XMP packets: RDF/XML (ISO 16684-1), read in one pass.
//!
//! A property's path of local names is its key: `xmpMM:History[1]/stEvt:action` is `HistoryAction` of the namespace of its
//! first step. What RDF adds in between (descriptions, containers, items) is no step.

mod attributes;
pub mod encoding;
mod namespace;
mod nodes;
mod text;

use super::Sink;
use crate::{
    input::Input,
    metadata::{Blob, Name, Print, Priority, Tag, Value},
    tags::{self, Context, Format, Key, Row, Table},
};
use attributes::{Attribute, attributes, split};
use namespace::{Scope, SpaceId};
use nodes::Nodes;
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use smallvec::SmallVec;
use smol_str::{SmolStr, format_smolstr};
use std::collections::HashMap;

/// A packet may not be larger than this.
const MAX_PACKET: u64 = 64 * 1024 * 1024;
/// Elements inside each other, at most so many.
const MAX_DEPTH: usize = 64;
/// Elements of one packet, at most so many.
const MAX_ELEMENTS: usize = 500_000;
/// Text of named nodes that is read again, at most so much.
const MAX_REPEATED: usize = 1 << 20;
/// The local names of a path, joined, are at most so long.
const MAX_PATH: usize = 1000;

/// Decodes a packet.
pub fn decode(input: &Input, sink: &mut Sink) {
    match input.all(MAX_PACKET) {
        Ok(bytes) => Walker::new(sink).packet(&encoding::decode(&bytes)),
        Err(e) => sink.warn(e.to_string()),
    }
}

/// Group (`XMP-dc`) and name of the tag of a top-level property, by its namespace, the prefix it has here, and its local name.
pub fn name_of(uri: &str, prefix: &str, property: &str) -> (Name, Name) {
    let mut scope = Scope::default();
    scope.declare(prefix, uri);
    let Some(space) = scope.spaces.first_mut() else { return (Name::default(), Name::default()) };
    let row = space.table().and_then(|t| t.rows_of(property).next());
    let name = row.map_or_else(
        || {
            let mut name = String::new();
            text::push_step(property, &mut name);
            name.into()
        },
        |row| Name::new_static(row.name),
    );
    (space.group.place.clone(), name)
}

/// The texts of those top-level properties that `keep` wants, by namespace URI and path, in order of appearance: of their items
/// and fields, too.
pub fn texts(packet: &str, keep: &dyn Fn(&str, &str) -> bool) -> Vec<String> {
    let mut sink = Sink::default();
    let mut walker = Walker::new(&mut sink);
    walker.wanted = Some((keep, Vec::new()));
    walker.run(packet, None);
    walker.wanted.take().map_or_else(Vec::new, |(_, texts)| texts)
}

/// What an element is to RDF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// A step of the path.
    Property,
    /// `rdf:RDF`, `rdf:Description`, `rdf:value`, `x:xmpmeta`: no step.
    Frame,
    /// `rdf:Bag`, `rdf:Seq`.
    List,
    /// `rdf:Alt`.
    Alternative,
    /// `rdf:li`.
    Item,
}

/// An open element.
#[derive(Debug)]
struct Element {
    role: Role,
    /// Where the path and the list of its steps ended before it.
    path: usize,
    steps: usize,
    /// How many namespace declarations held outside.
    bindings: usize,
    language: Option<SmolStr>,
    /// Is there an element, is there a property as an attribute in it?
    has_elements: bool,
    has_values: bool,
    /// The tag that the items of this container go to.
    tag: Option<usize>,
    /// The named node that it is or means, and where it begins.
    node: Option<(String, usize)>,
    /// Is its value base64?
    base64: bool,
}

/// The same list: its row, its language, and the top-level property it stands in (0 outside of any container).
type ListKey = (*const Row, SmolStr, u32);

struct Walker<'s> {
    sink: &'s mut Sink,
    scope: Scope,
    stack: Vec<Element>,
    /// Local names from the top-level property on, joined, all but the first with a capital.
    path: String,
    /// Where each begins, and its namespace.
    steps: SmallVec<[(usize, SpaceId); 8]>,
    /// Namespace of the top-level property, and how many there were.
    top: SpaceId,
    tops: u32,
    /// Character data of the innermost element.
    text: String,
    lists: HashMap<ListKey, usize>,
    /// Open `rdf:li`.
    items: u32,
    elements: usize,
    nodes: Nodes,
    /// Open elements whose properties count elsewhere.
    muted: u32,
    /// Is the value at hand base64?
    base64: bool,
    /// Instead of tags: which properties' texts are wanted, and those that were met.
    wanted: Option<(&'s Wish<'s>, Vec<String>)>,
}

/// Is a top-level property wanted, by namespace URI and path?
type Wish<'s> = dyn Fn(&str, &str) -> bool + 's;

impl<'s> Walker<'s> {
    fn new(sink: &'s mut Sink) -> Self {
        Walker {
            sink,
            scope: Scope::default(),
            stack: Vec::with_capacity(16),
            path: String::with_capacity(64),
            steps: SmallVec::new(),
            top: 0,
            tops: 0,
            text: String::with_capacity(256),
            lists: HashMap::new(),
            items: 0,
            elements: 0,
            nodes: Nodes::default(),
            muted: 0,
            base64: false,
            wanted: None,
        }
    }

    fn packet(mut self, packet: &str) {
        self.nodes = Nodes::find(packet);
        // The text of nodes that stand elsewhere is read again for each property that means them, up to a bound.
        let mut budget = MAX_REPEATED;
        self.run(packet, Some((packet, &mut budget)));
    }

    /// Reads `text`, and after each element that means a node what is said of that node elsewhere in the whole packet.
    fn run(&mut self, text: &str, mut elsewhere: Option<(&str, &mut usize)>) {
        let from = self.stack.len();
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        loop {
            let at = reader.buffer_position() as usize;
            let event = reader.read_event();
            if let Ok(Event::Start(e) | Event::Empty(e)) = &event
                && !self.open(e, at)
            {
                return;
            }
            match event {
                Ok(Event::Start(_)) => {}
                Ok(Event::Empty(_) | Event::End(_)) => {
                    if self.stack.len() > from {
                        if let Some((packet, budget)) = elsewhere.as_mut() {
                            self.repeat(packet, budget);
                        }
                        self.close();
                    }
                }
                Ok(Event::Text(t)) if !self.stack.is_empty() => self.text.push_str(str_of(&t)),
                Ok(Event::CData(t)) if !self.stack.is_empty() => self.text.push_str(str_of(&t)),
                Ok(Event::GeneralRef(r)) if !self.stack.is_empty() => text::push_reference(str_of(&r), &mut self.text),
                // Entities are never expanded.
                Ok(Event::DocType(_)) => self.sink.warn("an XMP packet has a document type; it is ignored"),
                Ok(Event::Eof) => return,
                Ok(_) => {}
                Err(e) => return self.sink.warn(format!("XMP is damaged: {e}")),
            }
        }
    }

    /// Reads what else is said of the node that the innermost element means.
    fn repeat(&mut self, packet: &str, budget: &mut usize) {
        if self.steps.is_empty() || self.muted > 0 {
            return;
        }
        let Some((id, own)) = self.stack.last_mut().and_then(|e| e.node.take()) else { return };
        let places = self.nodes.places(&id).to_vec();
        // Looking costs something, too.
        *budget = budget.saturating_sub(32 * places.len());
        for place in places {
            let Some(text) = packet.get(place.clone()).filter(|t| place.start != own && t.len() <= *budget) else { continue };
            *budget -= text.len();
            self.run(text, None);
            if let Some(element) = self.stack.last_mut() {
                element.has_elements = true;
            }
        }
    }

    /// A start tag at that place. `false`: the packet is beyond its bounds.
    fn open(&mut self, e: &BytesStart, at: usize) -> bool {
        self.elements += 1;
        if self.stack.len() >= MAX_DEPTH || self.elements > MAX_ELEMENTS {
            self.sink.warn("XMP is nested too deeply or has too many elements");
            return false;
        }
        self.text.clear();
        if let Some(parent) = self.stack.last_mut() {
            parent.has_elements = true;
        }
        let bindings = self.scope.mark();
        let raw = str_of(e.attributes_raw());
        let attributes: SmallVec<[Attribute; 8]> = attributes(raw).collect();
        if !self.declare(&attributes) {
            self.sink.warn("XMP has too many namespaces");
            return false;
        }
        let name = e.name();
        let (prefix, local) = split(str_of(name.0));
        let Some(space) = self.scope.resolve(prefix) else { return false };
        let role = self.role(space, local);
        let (path, steps) = (self.path.len(), self.steps.len());
        if role == Role::Property {
            self.step(space, local);
        }
        self.items += u32::from(role == Role::Item);
        let node = if self.nodes.is_empty() { None } else { nodes::node_id(e).map(|id| (id, at)) };
        let is_type = role == Role::Property && local == "type" && self.scope.spaces[space].is("rdf");
        let mute =
            self.muted > 0 || is_type || (self.steps.is_empty() && node.as_ref().is_some_and(|(id, _)| self.nodes.is_meant(id)));
        self.muted += u32::from(mute);
        self.stack.push(Element {
            node,
            base64: false,
            role,
            path,
            steps,
            bindings,
            language: None,
            has_elements: false,
            has_values: false,
            tag: None,
        });
        self.attributes(&attributes);
        true
    }

    /// An end tag: an element without elements inside is a value.
    fn close(&mut self) {
        let Some(element) = self.stack.pop() else { return };
        self.base64 = element.base64;
        let is_value = !element.has_values || !self.text.trim_ascii().is_empty();
        if is_value && !element.has_elements {
            let text = std::mem::take(&mut self.text);
            self.value(&text, element.language, element.role == Role::Item);
            self.text = text;
        }
        self.text.clear();
        self.base64 = false;
        self.items -= u32::from(element.role == Role::Item);
        self.muted = self.muted.saturating_sub(1);
        self.path.truncate(element.path);
        self.steps.truncate(element.steps);
        self.scope.leave(element.bindings);
    }

    fn role(&self, space: SpaceId, local: &str) -> Role {
        let space = &self.scope.spaces[space];
        match local {
            "RDF" | "Description" | "value" if space.is("rdf") => Role::Frame,
            "xmpmeta" | "xapmeta" if space.is("x") => Role::Frame,
            "Bag" | "Seq" if space.is("rdf") => Role::List,
            "Alt" if space.is("rdf") => Role::Alternative,
            "li" if space.is("rdf") => Role::Item,
            _ => Role::Property,
        }
    }

    /// Notes the element's namespace declarations. `false`: there are too many.
    fn declare(&mut self, attributes: &[Attribute]) -> bool {
        attributes.iter().all(|a| match (a.prefix, a.local) {
            ("xmlns", prefix) => self.scope.declare(prefix, &a.value()),
            ("", "xmlns") => self.scope.declare("", &a.value()),
            _ => true,
        })
    }

    /// Attributes are properties too, except for what they say to RDF and XML.
    fn attributes(&mut self, attributes: &[Attribute]) {
        for a in attributes {
            let (prefix, local) = (a.prefix, a.local);
            match prefix {
                "xmlns" => continue,
                "xml" if local == "lang" => {
                    let language = text::language(&a.value());
                    if let Some(element) = self.stack.last_mut() {
                        element.language = Some(language);
                    }
                    continue;
                }
                "xml" => continue,
                "" if local == "xmlns" => continue,
                // Before RDF was a standard its own attributes had no prefix.
                "" if self.steps.is_empty() && local != "about" => continue,
                _ => {}
            }
            let unprefixed = if self.steps.is_empty() { "rdf" } else { "" };
            let Some(space) = self.scope.resolve(if prefix.is_empty() { unprefixed } else { prefix }) else { return };
            if self.scope.spaces[space].is("rdf") {
                match local {
                    "resource" | "value" => {
                        self.filled();
                        self.value(&a.value(), None, false);
                        continue;
                    }
                    "about" if self.steps.is_empty() && !a.raw.is_empty() => {}
                    "datatype" => {
                        if let Some(element) = self.stack.last_mut() {
                            element.base64 = a.raw.ends_with("#base64Binary");
                        }
                        continue;
                    }
                    "about" | "ID" | "nodeID" | "parseType" | "bagID" => continue,
                    _ => {}
                }
            }
            if self.scope.spaces[space].is("et") {
                continue;
            }
            self.filled();
            let (path, steps) = (self.path.len(), self.steps.len());
            self.step(space, local);
            self.value(&a.value(), None, false);
            self.path.truncate(path);
            self.steps.truncate(steps);
        }
    }

    fn filled(&mut self) {
        if let Some(element) = self.stack.last_mut() {
            element.has_values = true;
        }
    }

    /// One step further on the path.
    fn step(&mut self, space: SpaceId, local: &str) {
        let first = self.steps.is_empty();
        if first {
            self.top = space;
            self.tops += 1;
        }
        self.steps.push((self.path.len(), space));
        if self.path.len() + local.len() > MAX_PATH {
            return;
        }
        let mut rest = local.chars();
        match rest.next() {
            Some(c) if !first => {
                self.path.push(c.to_ascii_uppercase());
                self.path.push_str(rest.as_str());
            }
            _ => self.path.push_str(local),
        }
    }

    /// The text of the property at the path; `item`: it is all of an `rdf:li`.
    fn value(&mut self, text: &str, language: Option<SmolStr>, item: bool) {
        if self.steps.is_empty() || self.muted > 0 {
            return;
        }
        let language = language.filter(|l| l != "x-default");
        let Some(space) = self.scope.spaces.get_mut(self.top) else { return };
        if let Some((keep, texts)) = &mut self.wanted {
            let first = self.steps.get(1).map_or(self.path.len(), |step| step.0);
            let prefix = space.group.place.strip_prefix("XMP-").unwrap_or_default();
            if keep(space.uri(), &format!("{prefix}:{}", &self.path[..first])) && !text.is_empty() {
                texts.push(text.to_owned());
            }
            return;
        }
        let (table, group) = (space.table(), space.group.clone());
        let raw = Value::Text(text.into());
        let context = Context::new(&self.sink.facts);
        let row = table.and_then(|t| t.row(Key::Text(&self.path), &raw, &context));
        let container = if item { self.stack.last().map(|c| c.role) } else { None };
        let (row, prefix) = match row {
            Some(row) => (Some(row), None),
            None => self.inside(table, &raw),
        };
        let context = Context::new(&self.sink.facts);
        let Some(row) = row else {
            let joins = matches!(container, Some(Role::List | Role::Alternative));
            let suffix = language.filter(|_| container == Some(Role::Alternative));
            let name = match prefix {
                Some((prefix, from)) => format_smolstr!("{prefix}{}", self.name(from)),
                None => self.name(0).into(),
            };
            let name = with_language(name, suffix);
            let bytes = if self.base64 { tags::xmp::base64(text) } else { None };
            let value = bytes.map_or_else(|| text::guess(text), |b| Value::Binary(Blob::Bytes(b)));
            let tag = Tag::new(group, name, value).priority(Priority::Low);
            return self.push_unknown(tag, joins);
        };
        let value = match row.format {
            Some(Format::Rational64s) => tags::xmp::fraction(text).unwrap_or(raw),
            _ => raw,
        };
        let (value, print) = if row.converts() {
            let Some(converted) = tags::value_of(row, value, &context) else { return };
            converted
        } else {
            (value, Print::Plain)
        };
        let alternative = row.format == Some(Format::Unicode) || container == Some(Role::Alternative);
        let suffix = language.filter(|_| alternative);
        let key = row
            .flags
            .list
            .then(|| (row as *const Row, suffix.clone().unwrap_or_default(), if self.items > 0 { self.tops } else { 0 }));
        let name = match prefix {
            Some((prefix, _)) => format_smolstr!("{prefix}{}", row.name),
            None => SmolStr::new_static(row.name),
        };
        let priority = row.priority.or(table.map(|t| t.priority)).unwrap_or(Priority::Normal);
        let tag = Tag::new(group, with_language(name, suffix), value).print(print).priority(priority);
        match key {
            None => self.sink.push(tag),
            Some(key) => match self.lists.get(&key) {
                Some(&at) => self.join(at, tag, Some(row)),
                None => {
                    self.lists.insert(key, self.sink.metadata.tags.len());
                    self.sink.push(tag);
                }
            },
        }
    }

    /// Adds a property that no table knows; items of one container become one list.
    fn push_unknown(&mut self, tag: Tag, joins: bool) {
        if !joins {
            return self.sink.push(tag);
        }
        let next = self.sink.metadata.tags.len();
        let Some(container) = self.stack.last_mut() else { return };
        match container.tag {
            Some(at) if self.sink.metadata.tags.get(at).is_some_and(|t| t.name == tag.name) => self.join(at, tag, None),
            _ => {
                container.tag = Some(next);
                self.sink.push(tag);
            }
        }
    }

    /// Adds a value to a list that was begun.
    fn join(&mut self, at: usize, more: Tag, row: Option<&Row>) {
        let Some(tag) = self.sink.metadata.tags.get_mut(at) else { return };
        if !matches!((&tag.print, &more.print), (Print::Plain, Print::Plain)) {
            let mut prints = match std::mem::replace(&mut tag.print, Print::Plain) {
                Print::List(prints) => prints,
                Print::Plain if matches!(tag.value, Value::List(_)) => {
                    tag.value.elements().iter().map(|v| v.to_string().into()).collect()
                }
                print => {
                    tag.print = print;
                    vec![tag.printed().into()]
                }
            };
            prints.push(more.printed().into());
            tag.print = Print::List(prints);
        }
        match &mut tag.value {
            Value::List(values) => values.push(more.value),
            one => {
                let first = std::mem::replace(one, Value::Int(0));
                *one = Value::List(vec![first, more.value]);
            }
        }
        // What prints as a whole prints anew; such lists are short.
        if let (Some(row), Value::List(values)) = (row, &tag.value)
            && row.converts()
            && !row.flags.each
            && values.len() <= 4
        {
            let whole = Value::Text(Value::Array(values.clone()).to_string().into());
            match tags::value_of(row, whole, &Context::new(&self.sink.facts)) {
                Some((value, Print::With(print))) => tag.print = print(&value).into(),
                Some((_, print @ Print::Text(_))) => tag.print = print,
                _ => {}
            }
        }
    }

    /// A property that no table has, inside a structure that `table` has: the structure's name, the step after it, and the
    /// row that the rest of the path has in that step's namespace (structures may hold properties of any namespace).
    fn inside(&mut self, table: Option<&'static Table>, raw: &Value) -> (Option<&'static Row>, Option<(&'static str, usize)>) {
        let Some(table) = table else { return (None, None) };
        for step in (1..self.steps.len()).rev() {
            let (at, space) = self.steps[step];
            let (outer, inner) = self.path.split_at(at);
            let context = Context::new(&self.sink.facts);
            let Some(structure) = table.row(Key::Text(outer), raw, &context) else { continue };
            let other = self.scope.spaces.get_mut(space).and_then(|s| s.table());
            let row = other.filter(|o| !std::ptr::eq(*o, table)).and_then(|t| t.row(Key::Text(inner), raw, &context));
            return (row, Some((structure.name, step)));
        }
        (None, None)
    }

    /// What the steps of the path are called when no table says it, from a step on.
    fn name(&self, from: usize) -> String {
        let ends = self.steps.iter().skip(from + 1).map(|s| s.0).chain([self.path.len()]);
        let mut name = String::with_capacity(self.path.len());
        for (&(start, _), end) in self.steps.iter().skip(from).zip(ends) {
            text::push_step(self.path.get(start..end).unwrap_or_default(), &mut name);
        }
        if name.len() < 2 && from == 0 {
            name.insert_str(0, "Tag");
        }
        name
    }
}

fn with_language(name: Name, language: Option<SmolStr>) -> Name {
    match language {
        Some(language) => format_smolstr!("{name}-{language}"),
        None => name,
    }
}

/// The reader was given a `str`, so there is nothing here that is none.
fn str_of(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests;
