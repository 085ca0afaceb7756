//! PDF (ISO 32000-2): objects that a table finds, and paths through them to what is metadata.
//!
//! Reading looks at the table and at the objects on the way: [`PATHS`].

mod crypt;
mod file;
mod filter;
mod scan;
#[cfg(test)]
mod tests;
mod xref;

use super::{FileType, Format, Kind, Origin, PartId, Role, Walk};
use crate::{
    decode::pdf::{
        PDF, is_read,
        syntax::{Dict, Lexer, Object, is_space},
    },
    error::{Code, Error, Result},
    input::Input,
    metadata::Tag,
};
use crypt::Locked;
use file::{Document, Indirect};
use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

pub static FORMAT: Format = Format { name: "PDF", extensions: &["pdf", "ai"], probe, walk, plan: None, payload: None };

const FILE_TYPE: FileType = FileType { name: "PDF", extension: "pdf", mime: "application/pdf" };

/// The header is looked for so far into the file (as readers have always done).
const MAX_JUNK: usize = 1024;
/// Dictionaries inside dictionaries on a path, page trees within page trees.
const MAX_DEPTH: u8 = 40;

/// Which dictionaries lead to which: table, key, table of what the key holds.
#[rustfmt::skip]
const PATHS: &[(&str, &[u8], &str)] = &[
    ("Root", b"AcroForm", "AcroForm"),
    ("Root", b"AF", "AssociatedFile"),
    ("Root", b"MarkInfo", "MarkInfo"),
    ("Root", b"Metadata", "Metadata"),
    ("Root", b"Pages", "Pages"),
    ("Root", b"Perms", "Perms"),
    ("Perms", b"DocMDP", "Signature"),
    ("Perms", b"FieldMDP", "Signature"),
    ("Perms", b"UR3", "Signature"),
    ("Signature", b"Reference", "Reference"),
    ("Reference", b"TransformParams", "TransformParams"),
    ("Pages", b"Kids", "Kids"),
    ("Kids", b"Kids", "Kids"),
    ("Kids", b"Metadata", "Metadata"),
    ("Kids", b"PieceInfo", "PieceInfo"),
    ("Kids", b"Resources", "Resources"),
    ("PieceInfo", b"AdobePhotoshop", "AdobePhotoshop"),
    ("AdobePhotoshop", b"Private", "Private"),
    ("Private", b"ImageResources", "ImageResources"),
    ("PieceInfo", b"Illustrator", "Illustrator"),
    ("Illustrator", b"Private", "AIPrivate"),
    ("Resources", b"ColorSpace", "ColorSpace"),
    ("ColorSpace", b"CS0", "IccBased"),
    ("ColorSpace", b"Cs1", "IccBased"),
    ("ColorSpace", b"DefaultCMYK", "IccBased"),
    ("ColorSpace", b"DefaultRGB", "IccBased"),
    ("AssociatedFile", b"EF", "EmbeddedFile"),
    ("EmbeddedFile", b"F", "Manifest"),
];

/// Streams of another standard, by the table of their dictionary.
fn stream_kind(table: &str, dict: &Dict) -> Option<Kind> {
    match table {
        "Metadata" if dict.name(b"Subtype") == Some(b"XML") => Some(Kind::Xmp),
        "ImageResources" => Some(Kind::Photoshop),
        "IccBased" => Some(Kind::Icc),
        "Manifest" => Some(Kind::Jumbf),
        _ => None,
    }
}

fn probe(input: &Input) -> Option<FileType> {
    header(input).map(|_| FILE_TYPE)
}

/// Where `%PDF-1.4` stands, and the version. Text before it is met (mail and HTTP headers), in files that end like a PDF.
fn header(input: &Input) -> Option<(u64, &str)> {
    let head = input.head();
    let blanks = head.iter().take(MAX_JUNK).take_while(|&&b| is_space(b)).count();
    if let Some(version) = version_at(head, blanks) {
        return Some((blanks as u64, version));
    }
    let junk = &head[..head.len().min(MAX_JUNK + 8)];
    let at = memchr::memmem::find(junk, b"%PDF-")?;
    let version = version_at(head, at)?;
    let tail = input.up_to(input.len().saturating_sub(1024), 1024).ok()?;
    (!junk[..at].contains(&0) && memchr::memmem::find(&tail, b"startxref").is_some()).then_some((at as u64, version))
}

fn version_at(head: &[u8], at: usize) -> Option<&str> {
    let text = head.get(at..)?.strip_prefix(b"%PDF-")?;
    let digits = |t: &[u8]| t.iter().take(9).take_while(|b| b.is_ascii_digit()).count();
    let major = digits(text);
    let minor = digits(text.get(major..)?.strip_prefix(b".")?);
    if major == 0 || minor == 0 {
        return None;
    }
    std::str::from_utf8(&text[..major + 1 + minor]).ok()
}

fn walk(whole: &Input, walk: &mut Walk) -> Result<()> {
    let (base, version) = header(whole).ok_or_else(|| Error::damaged("not a PDF"))?;
    walk.fact(Tag::new(PDF, "PDFVersion", version));
    // Offsets count from the header; should that lead nowhere, from the beginning of the file.
    let mut base = base;
    let mut input = whole.tail(base);
    let linear = linearized(&input);
    walk.fact(Tag::new(PDF, "Linearized", if linear { "true" } else { "false" }).print(if linear { "Yes" } else { "No" }));
    if base > 0 && xref::Xref::read(&input).is_err() && xref::Xref::read(whole).is_ok() {
        (base, input) = (0, whole.clone());
    }
    let (mut document, trouble) = Document::open(&input)?;
    if let Some(e) = trouble {
        walk.warn("xref", e.to_string());
    }
    Walker { document: &mut document, walk, base, holders: HashMap::new(), visited: HashSet::new() }.trailers()
}

/// Annex F: the first object says so, and that the file is still as long as it was.
fn linearized(input: &Input) -> bool {
    let Ok(head) = input.up_to(0, 1024) else { return false };
    let mut lexer = Lexer::new(&head, 0);
    let (Some(_), Some(_), true) = (lexer.unsigned(), lexer.unsigned(), lexer.keyword(b"obj")) else { return false };
    let Some(Object::Dict(dict)) = lexer.object() else { return false };
    let on = dict.get(b"Linearized").and_then(Object::as_f64).is_some_and(|v| v > 0.0);
    on && dict.get(b"L").and_then(Object::as_u64) == Some(input.len())
}

/// Where in the file a dictionary is: the indirect object around it.
type Holder = Option<Rc<Indirect>>;

/// A dictionary or array on the way, and the table that reads it.
struct Step {
    table: &'static str,
    object: Object,
    holder: Holder,
    depth: u8,
}

struct Walker<'a, 'b> {
    document: &'b mut Document<'a>,
    walk: &'b mut Walk,
    /// Where the document's offset 0 lies in the file.
    base: u64,
    /// The structure part of each indirect object (or object stream) that was met.
    holders: HashMap<u32, PartId>,
    /// Objects that were walked, by their table: what many pages share is read once.
    visited: HashSet<(u32, &'static str)>,
}

impl Walker<'_, '_> {
    /// Newest revision first. Of several information dictionaries the newest counts. Older catalogs, where they are other
    /// objects, are read after the newest, as the reference does it.
    fn trailers(&mut self) -> Result<()> {
        self.encryption()?;
        if self.document.xref.trailers.is_empty() {
            return Err(Error::damaged("no trailer is to be found"));
        }
        let spans: Vec<_> = self.document.xref.trailers.iter().map(|t| t.span.clone()).collect();
        for span in spans {
            self.walk.span(Kind::Payload, Role::Structure, "xref", self.in_file(span))?;
        }
        let mut info = false;
        let entries: Vec<(Vec<u8>, Object)> = self
            .document
            .xref
            .trailers
            .iter()
            .flat_map(|t| t.dict.0.iter().filter(|(k, _)| k == b"Info" || k == b"Root").cloned())
            .collect();
        for (key, object) in entries {
            match &key[..] {
                b"Root" => self.start("Root", object)?,
                _ if !std::mem::replace(&mut info, true) => self.start("Info", object)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn start(&mut self, table: &'static str, object: Object) -> Result<()> {
        if let Object::Ref(number, _) = object
            && self.document.object(number).is_none()
            && !self.document.scan()?
        {
            self.walk.warn(table, "the object is missing");
        }
        // Depth first in the order of the dictionaries; a stack of steps, so that no file decides how deep we call.
        let mut steps = vec![Step { table, object, holder: None, depth: 0 }];
        while let Some(step) = steps.pop() {
            let from = steps.len();
            self.step(step, &mut steps)?;
            steps[from..].reverse();
        }
        Ok(())
    }

    fn step(&mut self, mut step: Step, next: &mut Vec<Step>) -> Result<()> {
        if step.depth > MAX_DEPTH {
            return Ok(());
        }
        if let Object::Ref(number, _) = step.object {
            if !self.visited.insert((number, step.table)) {
                return Ok(());
            }
            let Some(indirect) = self.document.object(number) else { return Ok(()) };
            step.object = indirect.piece.object.clone();
            step.holder = Some(indirect);
            if let Object::Ref(..) = step.object {
                step.depth += 1;
                next.push(step);
                return Ok(());
            }
        }
        match &step.object {
            // A colour space is a name and what it is based on (8.6.5.5).
            Object::Array(items) if step.table == "IccBased" => {
                if let [Object::Name(name), profile, ..] = &items[..]
                    && name == b"ICCBased"
                {
                    next.push(Step { table: step.table, object: profile.clone(), holder: step.holder, depth: step.depth + 1 });
                }
            }
            Object::Array(items) => {
                let depth = step.depth + 1;
                next.extend(items.iter().map(|o| Step {
                    table: step.table,
                    object: o.clone(),
                    holder: step.holder.clone(),
                    depth,
                }));
            }
            Object::Dict(dict) => self.dictionary(&step, dict, next)?,
            _ => {}
        }
        Ok(())
    }

    fn dictionary(&mut self, step: &Step, dict: &Dict, next: &mut Vec<Step>) -> Result<()> {
        if step.table == "AssociatedFile" && dict.name(b"AFRelationship") != Some(b"C2PA_Manifest") {
            return Ok(());
        }
        self.report(step, dict)?;
        for (key, value) in &dict.0 {
            if let Some((_, _, table)) = PATHS.iter().find(|(t, k, _)| *t == step.table && k == key) {
                let step = Step { table, object: value.clone(), holder: step.holder.clone(), depth: step.depth + 1 };
                next.push(step);
            }
        }
        if let (Some(kind), Some(holder)) = (stream_kind(step.table, dict), &step.holder)
            && holder.piece.stream.is_some()
        {
            match self.document.stream(holder) {
                Ok((bytes, range)) => {
                    let parent = self.walk.span(Kind::Payload, Role::Structure, step.table, self.in_file(range))?;
                    self.walk.part(kind, Role::Metadata, step.table, Origin::Decoded { parent, bytes })?;
                }
                Err(e) => self.walk.warn(step.table, e.to_string()),
            }
        }
        Ok(())
    }

    /// Reports what a dictionary says of its own, as a dictionary without references.
    fn report(&mut self, step: &Step, dict: &Dict) -> Result<()> {
        let mut own = Dict::default();
        for (key, value) in dict.0.iter().filter(|(k, _)| is_read(step.table, k)) {
            let value = match self.document.resolve(value) {
                Object::Array(items) => Object::Array(items.iter().map(|o| self.document.resolve(o)).collect()),
                Object::Bare(word) if word == "null" && matches!(value, Object::Ref(..)) => continue,
                one => one,
            };
            own.0.push((key.clone(), value));
        }
        if own.is_empty() && (step.table != "AcroForm" || dict.is_empty()) {
            return Ok(());
        }
        let parent = match &step.holder {
            Some(holder) => self.holder(holder, step.table)?,
            None => self.walk.span(Kind::Payload, Role::Structure, step.table, self.base..self.base)?,
        };
        let mut bytes = Vec::new();
        own.write(&mut bytes);
        self.walk.part(Kind::Pdf(step.table), Role::Metadata, step.table, Origin::Decoded { parent, bytes })?;
        Ok(())
    }

    /// The structure part of an indirect object.
    fn holder(&mut self, holder: &Indirect, table: &'static str) -> Result<PartId> {
        let key = holder.inside.unwrap_or(holder.number);
        if let Some(&part) = self.holders.get(&key) {
            return Ok(part);
        }
        let part = self.walk.span(Kind::Payload, Role::Structure, table, self.in_file(holder.piece.span.clone()))?;
        self.holders.insert(key, part);
        Ok(part)
    }

    fn in_file(&self, range: std::ops::Range<u64>) -> std::ops::Range<u64> {
        range.start.saturating_add(self.base)..range.end.saturating_add(self.base)
    }

    /// Reports the encryption dictionary, and opens the document with the empty password.
    fn encryption(&mut self) -> Result<()> {
        let trailer = |key: &[u8]| self.document.xref.trailers.iter().find_map(|t| t.dict.get(key)).cloned();
        let (Some(encrypt), id) = (trailer(b"Encrypt"), trailer(b"ID")) else { return Ok(()) };
        let holder = match encrypt {
            Object::Ref(number, _) => self.document.object(number),
            _ => None,
        };
        let Object::Dict(dict) = self.document.resolve(&encrypt) else { return Ok(()) };
        self.report(&Step { table: "Encrypt", object: Object::NULL, holder, depth: 0 }, &dict)?;
        let id = self.document.resolve(&id.unwrap_or(Object::NULL));
        let id = id.elements().first().and_then(Object::as_bytes).unwrap_or_default();
        self.document.unlock(&dict, id).map_err(|locked| {
            let why = match locked {
                Locked::Password => "the document is protected by a password",
                Locked::Unknown => "the document is encrypted in a way that is not supported",
            };
            Error::new(Code::Encrypted, why)
        })
    }
}
