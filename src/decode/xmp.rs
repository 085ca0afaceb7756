//! XMP packets: RDF/XML (ISO 16684-1), read in one pass.
//!
//! A property's path of local names is its key: `xmpMM:History[1]/stEvt:action` is `HistoryAction` of the namespace of its
//! first step. What RDF adds in between (descriptions, containers, items) is no step.

mod encoding;
mod namespace;
mod text;

use super::Sink;
use crate::{
    input::Input,
    metadata::{Name, Print, Priority, Tag, Value},
    tags::{self, Context, Format, Key, Row},
};
use namespace::{Scope, SpaceId};
use quick_xml::{
    Reader,
    events::{BytesStart, Event, attributes::Attribute},
};
use smallvec::SmallVec;
use smol_str::{SmolStr, format_smolstr};
use std::{borrow::Cow, collections::HashMap};

/// A packet may not be larger than this.
const MAX_PACKET: u64 = 64 * 1024 * 1024;
/// Elements inside each other, at most so many.
const MAX_DEPTH: usize = 64;
/// Elements of one packet, at most so many.
const MAX_ELEMENTS: usize = 500_000;
/// The local names of a path, joined, are at most so long.
const MAX_PATH: usize = 1000;

/// Decodes a packet.
pub fn decode(input: &Input, sink: &mut Sink) {
    match input.all(MAX_PACKET) {
        Ok(bytes) => Walker::new(sink).run(&encoding::decode(&bytes)),
        Err(e) => sink.warn(e.to_string()),
    }
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
}

/// The same list: its row, its language, and the top-level property it stands in (0 outside of any container).
type ListKey = (*const Row, SmolStr, u32);

struct Walker<'s> {
    sink: &'s mut Sink,
    scope: Scope,
    stack: Vec<Element>,
    /// Local names from the top-level property on, joined, all but the first with a capital.
    path: String,
    /// Where each begins.
    steps: SmallVec<[usize; 8]>,
    /// Namespace of the top-level property, and how many there were.
    top: SpaceId,
    tops: u32,
    /// Character data of the innermost element.
    text: String,
    lists: HashMap<ListKey, usize>,
    /// Open `rdf:li`.
    items: u32,
    elements: usize,
}

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
        }
    }

    fn run(mut self, packet: &str) {
        let mut reader = Reader::from_str(packet);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        loop {
            match reader.read_event() {
                Ok(Event::Start(e)) => {
                    if !self.open(&e) {
                        return;
                    }
                }
                Ok(Event::Empty(e)) => {
                    if !self.open(&e) {
                        return;
                    }
                    self.close();
                }
                Ok(Event::End(_)) => self.close(),
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

    /// A start tag. `false`: the packet is beyond its bounds.
    fn open(&mut self, e: &BytesStart) -> bool {
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
        let raw = e.attributes_raw();
        if memchr::memmem::find(raw, b"xmlns").is_some() && !self.declare(e) {
            self.sink.warn("XMP has too many namespaces");
            return false;
        }
        let (prefix, local) = split(e.name().0);
        let Some(space) = self.scope.resolve(prefix) else { return false };
        let role = self.role(space, local);
        let (path, steps) = (self.path.len(), self.steps.len());
        if role == Role::Property {
            self.step(space, local);
        }
        self.items += u32::from(role == Role::Item);
        self.stack.push(Element {
            role,
            path,
            steps,
            bindings,
            language: None,
            has_elements: false,
            has_values: false,
            tag: None,
        });
        if !raw.is_empty() {
            self.attributes(e);
        }
        true
    }

    /// An end tag: an element without elements inside is a value.
    fn close(&mut self) {
        let Some(element) = self.stack.pop() else { return };
        if !element.has_elements && !(element.has_values && self.text.trim_ascii().is_empty()) {
            let text = std::mem::take(&mut self.text);
            self.value(&text, element.language, element.role == Role::Item);
            self.text = text;
        }
        self.text.clear();
        self.items -= u32::from(element.role == Role::Item);
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
    fn declare(&mut self, e: &BytesStart) -> bool {
        attributes(e).all(|a| match a.key.0.strip_prefix(b"xmlns") {
            Some(b"") => self.scope.declare(b"", &value_of(&a)),
            Some([b':', prefix @ ..]) => self.scope.declare(prefix, &value_of(&a)),
            _ => true,
        })
    }

    /// Attributes are properties too, except for what they say to RDF and XML.
    fn attributes(&mut self, e: &BytesStart) {
        for a in attributes(e) {
            let (prefix, local) = split(a.key.0);
            match prefix {
                b"xmlns" => continue,
                b"xml" if local == "lang" => {
                    let language = text::language(&value_of(&a));
                    if let Some(element) = self.stack.last_mut() {
                        element.language = Some(language);
                    }
                    continue;
                }
                b"xml" => continue,
                b"" if local == "xmlns" => continue,
                // Before RDF was a standard its own attributes had no prefix.
                b"" if self.steps.is_empty() && local != "about" => continue,
                _ => {}
            }
            let unprefixed: &[u8] = if self.steps.is_empty() { b"rdf" } else { b"" };
            let Some(space) = self.scope.resolve(if prefix.is_empty() { unprefixed } else { prefix }) else { return };
            if self.scope.spaces[space].is("rdf") {
                match local {
                    "resource" | "value" => {
                        self.filled();
                        self.value(&value_of(&a), None, false);
                        continue;
                    }
                    "about" if self.steps.is_empty() && !a.value.is_empty() => {}
                    "about" | "ID" | "nodeID" | "parseType" | "datatype" | "bagID" => continue,
                    _ => {}
                }
            }
            self.filled();
            let (path, steps) = (self.path.len(), self.steps.len());
            self.step(space, local);
            self.value(&value_of(&a), None, false);
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
        self.steps.push(self.path.len());
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
        if self.steps.is_empty() {
            return;
        }
        let language = language.filter(|l| l != "x-default");
        let Some(space) = self.scope.spaces.get_mut(self.top) else { return };
        let (table, group) = (space.table(), space.group.clone());
        let raw = Value::Text(text.into());
        let context = Context::new(&self.sink.facts);
        let row = table.and_then(|t| t.row(Key::Text(&self.path), &raw, &context));
        let container = if item { self.stack.last() } else { None };
        let Some(row) = row else {
            let joins = container.is_some_and(|c| matches!(c.role, Role::List | Role::Alternative));
            let suffix = language.filter(|_| !container.is_some_and(|c| c.role == Role::List));
            let name = with_language(self.name().into(), suffix);
            let tag = Tag::new(group, name, text::guess(text)).priority(Priority::Low);
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
        let alternative = row.format == Some(Format::Unicode) || container.is_some_and(|c| c.role == Role::Alternative);
        let suffix = language.filter(|_| alternative);
        let key = row
            .flags
            .list
            .then(|| (row as *const Row, suffix.clone().unwrap_or_default(), if self.items > 0 { self.tops } else { 0 }));
        let tag = Tag::new(group, with_language(SmolStr::new_static(row.name), suffix), value).print(print);
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

    /// What the property at the path is called when no table says it.
    fn name(&self) -> String {
        let ends = self.steps.iter().skip(1).copied().chain([self.path.len()]);
        let mut name = String::with_capacity(self.path.len());
        for (&from, to) in self.steps.iter().zip(ends) {
            text::push_step(self.path.get(from..to).unwrap_or_default(), &mut name);
        }
        if name.len() < 2 {
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

/// The readable ones of the attributes.
fn attributes<'e>(e: &'e BytesStart) -> impl Iterator<Item = Attribute<'e>> {
    let mut attributes = e.attributes();
    // Looking for attributes that stand twice takes quadratic time.
    attributes.with_checks(false);
    attributes.map_while(Result::ok)
}

fn value_of<'a>(a: &'a Attribute) -> Cow<'a, str> {
    text::unescape(str_of(&a.value))
}

/// Prefix and local name.
fn split(name: &[u8]) -> (&[u8], &str) {
    match memchr::memchr(b':', name) {
        Some(at) => (&name[..at], str_of(&name[at + 1..])),
        None => (b"", str_of(name)),
    }
}

/// The reader was given a `str`, so there is nothing here that is none.
fn str_of(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}
