//! Removing metadata: the plan of a clean file, what it removes, its writing, and the proof of what was written.
//!
//! `check` reads the same plan that `remove` writes: what the one reports is what the other takes out.

use super::{
    findings::{self, Finding},
    leaks::{self, Texts},
    local,
};
use crate::{
    decode::{Facts, Sink},
    error::{Code, Error, Result},
    format::{self, Depth, Digest, FileType, Format, Keep, Kind, Part, PartId, Piece, Plan, Role, Selection, Walk},
    input::Input,
    metadata::{Metadata, Tag, Value, Warning},
};
use std::{cell::OnceCell, collections::BTreeSet, fs::File, io::Write};

/// Files up to this size are worked on in memory.
const IN_MEMORY: u64 = 128 * 1024 * 1024;
/// So much of an output is searched for removed texts.
const MAX_HAYSTACK: u64 = 4 * 1024 * 1024;

/// A removal before a byte of it is written.
pub struct Prepared {
    input: Input,
    format: &'static Format,
    pub file_type: FileType,
    selection: Selection,
    parts: Vec<Part>,
    plan: Plan,
    warnings: Vec<Warning>,
    /// What was to be kept and goes all the same.
    lost: Vec<Warning>,
    clean: bool,
    removed: OnceCell<Vec<RemovedTag>>,
}

/// A tag of a part that goes.
pub(super) struct RemovedTag {
    pub part: PartId,
    pub tag: Tag,
}

/// Finds out what a file is and plans its clean form. Fails with [`Code::UnknownFormat`] on no known type, and with
/// [`Code::UnsupportedFormat`] on one that can be read but not cleaned: a copy never passes for clean.
pub fn prepare(input: &Input, selection: &Selection) -> Result<Prepared> {
    let (format, file_type) =
        format::detect(input).ok_or_else(|| Error::new(Code::UnknownFormat, "the type of the file is not known"))?;
    let input = input.loaded(IN_MEMORY)?;
    let (mut walk, mut plan) = plan(format, file_type, &input, selection)?;
    let clean = plan.is_identity(&input)?;
    if !clean && plan.removed.is_empty() {
        // Parts stay but for bytes in them that nothing needs: these have no part of their own.
        plan.removed.push(walk.span(Kind::Opaque, Role::Metadata, "file", 0..0)?);
    }
    let mut prepared = Prepared {
        clean,
        input,
        format,
        file_type: walk.file_type,
        selection: selection.clone(),
        parts: walk.parts,
        warnings: walk.warnings,
        lost: std::mem::take(&mut plan.warnings),
        plan,
        removed: OnceCell::new(),
    };
    let lost = prepared.lost_tags();
    prepared.lost.extend(lost);
    Ok(prepared)
}

fn plan(format: &Format, file_type: FileType, input: &Input, selection: &Selection) -> Result<(Walk, Plan)> {
    let Some(plan) = format.plan else {
        return Err(Error::new(Code::UnsupportedFormat, format!("{} files cannot be cleaned yet", file_type.name)));
    };
    let mut walk = Walk::new(Depth::Full, file_type);
    (format.walk)(input, &mut walk)?;
    let plan = plan(input, &walk.parts, selection)?;
    Ok((walk, plan))
}

impl Prepared {
    /// Is there nothing to remove: would the output equal the input?
    pub fn is_clean(&self) -> bool {
        self.clean
    }

    /// How many bytes shorter the output would be.
    pub(super) fn spare(&self) -> u64 {
        if self.clean { 0 } else { self.input.len().saturating_sub(self.plan.len()) }
    }

    /// Damage that was met.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// What was to be kept, and cannot be.
    pub fn lost(&self) -> &[Warning] {
        &self.lost
    }

    /// Tags that were asked for by name and go all the same: no fresh block of this file can say them.
    fn lost_tags(&self) -> Vec<Warning> {
        if self.clean || self.selection.tags.is_empty() {
            return Vec::new();
        }
        let asked = |tag: &Tag| self.selection.asks(&[tag.group.kind, &tag.group.place], &tag.name);
        let mut seen = BTreeSet::new();
        let going = self.removed_tags().iter().map(|r| &r.tag).filter(|tag| asked(tag));
        let mut going: Vec<&Tag> = going.filter(|tag| seen.insert((&tag.group.place, &tag.name))).collect();
        if !going.is_empty() {
            let staying = self.staying();
            going.retain(|tag| !staying.tags.iter().any(|s| s.name == tag.name && s.group.place == tag.group.place));
        }
        let lost = |tag: &Tag| Warning {
            place: tag.group.place.clone(),
            text: format!("{} was to be kept, but cannot be in the cleaned file", tag.name).into(),
        };
        going.into_iter().map(lost).collect()
    }

    /// What the walk reported.
    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Names of what stays, as `--keep` has them.
    pub fn kept(&self) -> Vec<String> {
        self.plan.kept.iter().map(|k| (*k).to_owned()).collect()
    }

    /// Names of what goes: `exif`, `gps`, `comment` …
    pub fn removed(&self) -> Vec<String> {
        if self.clean { Vec::new() } else { findings::names(&self.removed_parts(), self.removed_tags()) }
    }

    /// Each piece of metadata that goes.
    pub fn findings(&self) -> Vec<Finding> {
        if self.clean {
            return Vec::new();
        }
        findings::findings(&self.removed_parts(), self.removed_tags(), &self.plan, &self.staying())
    }

    /// Tags that stay though the block that they stood in goes: what a fresh block says.
    fn staying(&self) -> Metadata {
        let has_values = |kept: &&str| !matches!(*kept, "icc" | "density" | "orientation");
        if !self.plan.kept.iter().any(has_values) || self.plan.len() > IN_MEMORY {
            return Metadata::default();
        }
        self.staying_in_output().unwrap_or_default()
    }

    fn staying_in_output(&self) -> Result<Metadata> {
        let output = Input::from_bytes(self.plan.to_bytes(&self.input)?);
        let mut metadata = local::extract(&output)?.metadata;
        let mut walk = Walk::new(Depth::Full, self.file_type.clone());
        (self.format.walk)(&output, &mut walk)?;
        for part in walk.parts.iter().filter(|p| p.kind == Kind::File) {
            let inner = local::extract(&part.origin.open(&output, IN_MEMORY)?)?;
            metadata.tags.extend(inner.metadata.tags);
        }
        Ok(metadata)
    }

    fn removed_parts(&self) -> Vec<(PartId, &Part)> {
        self.plan.removed.iter().filter_map(|&id| Some((id, self.parts.get(id)?))).collect()
    }

    fn removed_tags(&self) -> &[RemovedTag] {
        self.removed.get_or_init(|| {
            let facts = Facts { file_type: self.file_type.name, ..Facts::default() };
            let mut sink = Sink { facts, ..Sink::default() };
            let mut found = Vec::new();
            for (id, part) in self.removed_parts() {
                match part.kind {
                    Kind::Payload | Kind::Opaque => continue,
                    Kind::File => self.decode_file(part, &mut sink),
                    _ => local::decode_part(part, &self.input, &mut sink),
                }
                let mut tags = std::mem::take(&mut sink.metadata.tags);
                if part.kind == Kind::Png(*b"iCCP") && self.plan.rewritten.contains(&id) {
                    // The profile stays under another name.
                    tags.retain(|tag| tag.name == "ProfileName");
                }
                found.extend(tags.into_iter().map(|tag| RemovedTag { part: id, tag }));
            }
            found
        })
    }

    /// A whole file inside this one: what its own containers and decoders say. One level deep: what is in it goes with it.
    fn decode_file(&self, part: &Part, sink: &mut Sink) {
        let Ok(extraction) = part.origin.open(&self.input, IN_MEMORY).and_then(|file| local::extract(&file)) else { return };
        // What says what the file is says nothing else; its comment does.
        let own = |tag: &Tag| (tag.group.kind != "File" || tag.name == "Comment") && tag.group.kind != "Composite";
        sink.metadata.tags.extend(extraction.metadata.tags.into_iter().filter(own));
    }

    /// Writes the clean file to `out`, which is empty.
    pub fn write(&self, out: &mut File) -> Result<()> {
        let mut small = Vec::new();
        for piece in &self.plan.pieces {
            match piece {
                Piece::Bytes(bytes) => small.extend_from_slice(bytes),
                Piece::Copy(range) if range.end - range.start < 16 * 1024 => self.input.copy(range.clone(), &mut small)?,
                Piece::Copy(range) => {
                    out.write_all(&small)?;
                    small.clear();
                    self.input.copy(range.clone(), out)?;
                }
            }
            if small.len() > 256 * 1024 {
                out.write_all(&small)?;
                small.clear();
            }
        }
        Ok(out.write_all(&small)?)
    }

    /// Proves what was written: it is a file of the same type, cleaning it again changes nothing, its coded samples are
    /// those of the original, and no removed text is left in it.
    pub fn verify(&self, output: &Input) -> Result<()> {
        let output = output.loaded(IN_MEMORY)?;
        let (format, file_type) = format::detect(&output).ok_or_else(|| failed("the output is of no known type"))?;
        if format.name != self.format.name {
            return Err(failed("the output is of another type"));
        }
        let (walk, plan) = plan(format, file_type, &output, &self.selection)?;
        if output.len() != self.plan.len() || !plan.is_identity(&output)? {
            return Err(failed("the output is not clean"));
        }
        self.compare_content(&output, &walk.parts)
    }

    /// Proves that a file of the same type has the content of this one, and no removed text.
    pub(super) fn compare(&self, cleaned: &Prepared) -> Result<()> {
        self.compare_content(&cleaned.input, &cleaned.parts)
    }

    fn compare_content(&self, output: &Input, parts: &[Part]) -> Result<()> {
        if let Some(payload) = self.format.payload
            && payload(&self.input)? != payload(output)?
        {
            return Err(failed("the coded samples are not those of the original"));
        }
        self.compare_files(output, parts)?;
        self.search(output, parts)
    }

    /// Files inside the output have the coded samples of files inside the original.
    fn compare_files(&self, output: &Input, parts: &[Part]) -> Result<()> {
        let digests = |file: &Input, parts: &[Part]| -> Result<Vec<Digest>> {
            let inner = parts.iter().filter(|p| p.kind == Kind::File);
            inner.filter_map(|p| inner_payload(p, file).transpose()).collect()
        };
        let after = digests(output, parts)?;
        if after.is_empty() {
            return Ok(());
        }
        let before = digests(&self.input, &self.parts)?;
        match after.iter().all(|d| before.contains(d)) {
            true => Ok(()),
            false => Err(failed("the coded samples of an embedded file are not those of the original")),
        }
    }

    /// Looks for texts of removed tags in all of the output but its coded samples and what was kept on purpose.
    fn search(&self, output: &Input, parts: &[Part]) -> Result<()> {
        let text_kept = crate::encode::select::texts(&self.selection);
        let mut haystack = Vec::new();
        for part in parts {
            let kept = match part.kind {
                Kind::Payload | Kind::Icc => true,
                // Coded samples, tables of colours, identifiers: any text may stand in them, and what stays of them has been
                // cut to what it is for.
                Kind::Riff(chunk) if matches!(&chunk, b"VP8 " | b"VP8L" | b"ALPH") => true,
                Kind::Png(chunk) if matches!(&chunk, b"IHDR" | b"PLTE" | b"tRNS" | b"iCCP") => true,
                // The screen, plain text that is shown, what repeats an animation.
                Kind::Gif(0 | 0x01 | 0xff) => true,
                // What says that there is a gain map.
                Kind::Jpeg(0xe2) => true,
                Kind::Exif | Kind::Iptc | Kind::Photoshop => text_kept,
                Kind::Png(chunk) => text_kept && matches!(&chunk, b"tEXt" | b"zTXt" | b"iTXt" | b"tIME"),
                Kind::Gif(label) => text_kept && label == 0xfe,
                // A gain map's packets have words of their own, which others have too: cleaning again has proved them.
                Kind::Xmp | Kind::File => text_kept || self.plan.kept.contains(&"gainmap"),
                Kind::Jumbf => self.selection.keeps(Keep::C2pa),
                _ => false,
            };
            if !kept && haystack.len() as u64 <= MAX_HAYSTACK {
                haystack.extend_from_slice(&part.origin.open(output, MAX_HAYSTACK)?.up_to(0, MAX_HAYSTACK)?);
            }
        }
        if haystack.is_empty() {
            return Ok(());
        }
        let (removed, mut texts) = (self.removed_tags(), Texts::default());
        for (number, removed) in removed.iter().enumerate() {
            removed.tag.value.elements().iter().filter_map(Value::as_str).for_each(|text| texts.add(text, number));
        }
        match texts.find(&haystack) {
            leaks::Outcome::Nothing => Ok(()),
            leaks::Outcome::Found(number) => {
                let tag = &removed[number].tag;
                Err(failed(format!("{}:{} is still in the output", tag.group.place, tag.name)))
            }
            leaks::Outcome::TooMuch => Err(failed("there are too many removed texts to search for")),
        }
    }
}

/// The digest of a file inside another, where its format has one.
fn inner_payload(part: &Part, file: &Input) -> Result<Option<Digest>> {
    let inner = part.origin.open(file, IN_MEMORY)?;
    let payload = format::detect(&inner).and_then(|(format, _)| format.payload);
    Ok(payload.and_then(|payload| payload(&inner).ok()))
}

fn failed(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(Code::VerificationFailed, message)
}
