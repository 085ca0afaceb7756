//! Nodes with a name (`rdf:nodeID`): described in one place, meant in another (RDF/XML, 2.10; XMP itself does without).

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

/// Nodes and depth, at most so many.
const MAX_NODES: usize = 1000;
const MAX_DEPTH: usize = 64;

/// Where the nodes of a packet stand.
#[derive(Debug, Default)]
pub struct Nodes {
    /// The elements that describe a node, whole.
    places: HashMap<String, Vec<Range<usize>>>,
    /// The nodes that are the value of some property.
    meant: HashSet<String>,
}

impl Nodes {
    /// Finds them in one look over the packet; most packets have none.
    pub fn find(packet: &str) -> Self {
        let mut nodes = Nodes::default();
        if memchr::memmem::find(packet.as_bytes(), b"nodeID").is_none() {
            return nodes;
        }
        let mut reader = Reader::from_str(packet);
        reader.config_mut().check_end_names = false;
        reader.config_mut().allow_unmatched_ends = true;
        // Of every open element: its node, where it begins, and whether it is or is in a property.
        let mut stack: Vec<(Option<String>, usize, bool)> = Vec::new();
        let mut count = 0;
        loop {
            let at = reader.buffer_position() as usize;
            match reader.read_event() {
                Ok(Event::Start(e)) if stack.len() < MAX_DEPTH => {
                    let entry = nodes.note(&e, at, stack.last().is_some_and(|(_, _, property)| *property));
                    stack.push(entry);
                }
                Ok(Event::Empty(e)) => {
                    if let (Some(id), from, _) = nodes.note(&e, at, stack.last().is_some_and(|(_, _, property)| *property)) {
                        count += 1;
                        nodes.places.entry(id).or_default().push(from..reader.buffer_position() as usize);
                    }
                }
                Ok(Event::End(_)) => {
                    if let Some((Some(id), from, _)) = stack.pop() {
                        count += 1;
                        nodes.places.entry(id).or_default().push(from..reader.buffer_position() as usize);
                    }
                }
                Ok(Event::Eof | Event::Start(_)) | Err(_) => return nodes,
                Ok(_) => {}
            }
            if count >= MAX_NODES {
                return nodes;
            }
        }
    }

    fn note(&mut self, e: &BytesStart, at: usize, inside: bool) -> (Option<String>, usize, bool) {
        let is_node = matches!(e.local_name().as_ref(), b"Description" | b"Bag" | b"Seq" | b"Alt");
        let is_frame = is_node || matches!(e.local_name().as_ref(), b"RDF" | b"xmpmeta" | b"xapmeta");
        let id = node_id(e);
        if let Some(id) = &id
            && (inside || !is_frame)
        {
            self.meant.insert(id.clone());
        }
        (id.filter(|_| is_node), at, inside || !is_frame)
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Is the node the value of some property, so that it means nothing by itself?
    pub fn is_meant(&self, id: &str) -> bool {
        self.meant.contains(id)
    }

    /// The elements that describe the node.
    pub fn places(&self, id: &str) -> &[Range<usize>] {
        self.places.get(id).map_or(&[], Vec::as_slice)
    }
}

/// The node that an element describes or means.
pub fn node_id(e: &BytesStart) -> Option<String> {
    let mut attributes = e.attributes();
    attributes.with_checks(false);
    let a = attributes.map_while(Result::ok).find(|a| a.key.local_name().as_ref() == b"nodeID")?;
    Some(String::from_utf8_lossy(&a.value).into_owned())
}
