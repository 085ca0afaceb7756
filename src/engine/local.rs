//! The local engine: container, parts, decoders, derived values.

use crate::{
    decode::{self, Facts, Sink},
    error::Result,
    format::{self, Depth, FileType, MAX_NESTING, Walk},
    input::Input,
    metadata::{FILE, Metadata, Tag, Warning},
    part::{Kind, Part, Place},
};

/// A single metadata block may not be larger than this.
const MAX_PART: u64 = 64 * 1024 * 1024;
/// Blocks of all parts and their children, at most so many.
const MAX_BLOCKS: usize = 300_000;

/// Room for the tags of a common photo, taken at once.
const USUAL_TAGS: usize = 256;

/// What reading a file gave.
#[derive(Debug)]
pub struct Extraction {
    /// `None`: of no type that we know.
    pub file_type: Option<FileType>,
    pub metadata: Metadata,
}

/// Reads all metadata of a file. Damage becomes warnings.
pub fn extract(input: &Input) -> Result<Extraction> {
    let Some((format, file_type)) = format::detect(input) else {
        return Ok(Extraction { file_type: None, metadata: Metadata::default() });
    };
    let mut walk = Walk::new(Depth::Headers, file_type);
    let outcome = (format.walk)(input, &mut walk);
    // The walker may have learnt better (an animated PNG is an APNG).
    let file_type = walk.file_type.clone();
    let mut sink = Sink { facts: Facts { file_type: file_type.name, ..Facts::default() }, ..Sink::default() };
    sink.metadata.tags.reserve(USUAL_TAGS);
    sink.push(Tag::new(FILE, "FileType", file_type.name));
    sink.push(Tag::new(FILE, "FileTypeExtension", file_type.extension.to_ascii_uppercase()).print(file_type.extension));
    sink.push(Tag::new(FILE, "MIMEType", file_type.mime));
    decode_parts(input, walk, &mut sink);
    if let Err(e) = outcome {
        sink.metadata.warnings.push(Warning { place: file_type.name.into(), text: e.to_string().into() });
    }
    crate::composite::derive(&mut sink.metadata);
    Ok(Extraction { file_type: Some(file_type), metadata: sink.metadata })
}

/// Decodes every part in file order, and what is found inside each right after it.
fn decode_parts(input: &Input, walk: Walk, sink: &mut Sink) {
    let mut facts = walk.facts.into_iter().peekable();
    let mut blocks = 0;
    sink.metadata.warnings.extend(walk.warnings);
    for (i, part) in walk.parts.iter().enumerate() {
        while let Some((_, tag)) = facts.next_if(|(before, _)| *before <= i) {
            sink.push(tag);
        }
        if matches!(part.kind, Kind::Payload | Kind::Opaque) {
            continue;
        }
        match part.origin.open(input, MAX_PART) {
            Ok(block) => decode_block(part.kind, part.place.clone(), &block, sink, 0, &mut blocks),
            Err(e) => sink.metadata.warnings.push(Warning { place: part.place.clone(), text: e.to_string().into() }),
        }
    }
    facts.for_each(|(_, tag)| sink.push(tag));
}

/// Decodes one part, and what is found inside it.
pub(super) fn decode_part(part: &Part, input: &Input, sink: &mut Sink) {
    match part.origin.open(input, MAX_PART) {
        Ok(block) => decode_block(part.kind, part.place.clone(), &block, sink, 0, &mut 0),
        Err(e) => sink.metadata.warnings.push(Warning { place: part.place.clone(), text: e.to_string().into() }),
    }
}

fn decode_block(kind: Kind, place: Place, block: &Input, sink: &mut Sink, depth: u8, blocks: &mut usize) {
    *blocks += 1;
    if depth > MAX_NESTING || *blocks > MAX_BLOCKS {
        return sink.warn("too many blocks inside blocks");
    }
    sink.place = place;
    decode::decode(kind, block, sink);
    for child in std::mem::take(&mut sink.children) {
        decode_block(child.kind, child.place, &child.input, sink, depth + 1, blocks);
    }
}
