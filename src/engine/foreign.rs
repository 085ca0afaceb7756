//! The proof of a file that somebody else has cleaned. He may lay it out in another way than we do, so it need not be our bytes.

use super::{
    findings::{self, Class},
    local,
    removal::{self, Prepared},
};
use crate::{
    error::{Code, Error, Result},
    format::{self, Keep, Role, Selection},
    input::Input,
    metadata::Tag,
};

/// So many bytes another layout of the same may be longer than ours.
const SLACK: u64 = 512;

/// What came as the cleaned form of `original`, where that is on this machine, is a whole file of its type, and has nothing in it
/// that would be removed. Has it also been compared with the original, picture by picture? Of types that are only read here, it has
/// not, and what is read of it tells about nobody.
pub fn verify(original: Option<&Input>, output: &Input, selection: &Selection) -> Result<bool> {
    let (format, file_type) = format::detect(output).ok_or_else(|| failed("is of no type that is known here"))?;
    if let Some(original) = original {
        let (before, type_before) =
            format::detect(original).ok_or_else(|| failed("cannot be judged: the original is of no type that is known here"))?;
        // Cleaning may make a plainer kind of file of it, which is no matter where the contents are compared.
        if before.name != format.name || (format.plan.is_none() && type_before.name != file_type.name) {
            return Err(failed("is of another type"));
        }
    }
    let cleaned = match removal::prepare(output, selection) {
        Err(e) if e.code == Code::UnsupportedFormat => return told(output, selection).map(|()| false),
        result => result.map_err(|e| failed(format!("is damaged: {e}")))?,
    };
    if let Some(left) = cleaned.findings().first() {
        return Err(failed(format!("still has metadata in it: {} in {}", left.name, left.place)));
    }
    // A block that says nothing that would go, an orientation, can be longer than what it says.
    if cleaned.spare() > SLACK {
        return Err(failed("still has bytes in it that nothing needs"));
    }
    let Some(original) = original else { return Ok(false) };
    let original = removal::prepare(original, selection)
        .map_err(|e| failed(format!("cannot be compared with the original, which cannot be read well enough here: {e}")))?;
    whole(&original, &cleaned)?;
    original.compare(&cleaned).map_err(|e| failed(format!("is not that of the original: {e}")))?;
    Ok(true)
}

/// Fails when a file that is only read here still tells about somebody.
fn told(output: &Input, selection: &Selection) -> Result<()> {
    let metadata = local::extract(output)?.metadata;
    match metadata.tags.iter().find(|tag| tells(tag, selection)) {
        Some(tag) => Err(failed(format!("still has metadata in it: {} in {}", tag.name, tag.group.place))),
        None => Ok(()),
    }
}

fn tells(tag: &Tag, selection: &Selection) -> bool {
    let Some(class) = findings::telling(tag).or_else(|| by_place(tag)) else { return false };
    let kept = match class {
        Class::Author => selection.keeps(Keep::Copyright),
        Class::Dates => selection.keeps(Keep::Dates),
        Class::Title => selection.keeps(Keep::Title),
        Class::Thumbnail => selection.keeps(Keep::Thumbnail),
        Class::Provenance => selection.keeps(Keep::C2pa),
        _ => false,
    };
    let profile = tag.group.kind == "icc_profile" && (selection.keeps(Keep::Icc) || selection.keeps(Keep::WideGamut));
    let gainmap = ["XMP-hdrgm", "XMP-HDRGainMap"].contains(&&*tag.group.place) && selection.keeps(Keep::Gainmap);
    let derived = ["File", "Composite"].contains(&tag.group.kind) || tag.name == "XMPToolkit";
    // A date of zeros, an empty text.
    let says = tag.printed().bytes().any(|b| b.is_ascii_alphabetic() || (b'1'..=b'9').contains(&b) || !b.is_ascii());
    let asked = selection.asks(&[tag.group.kind, &tag.group.place], &tag.name);
    says && !kept && !profile && !gainmap && !derived && !asked
}

/// What stands in a block that no content needs tells something, whatever it is. An Exif block is not there without its versions.
fn by_place(tag: &Tag) -> Option<Class> {
    const ALWAYS: [&str; 6] =
        ["ExifVersion", "FlashpixVersion", "ComponentsConfiguration", "ColorSpace", "ExifImageWidth", "ExifImageHeight"];
    match (tag.group.kind, &*tag.group.place) {
        ("xmp" | "iptc", _) => Some(Class::Other),
        ("jumbf", _) => Some(Class::Provenance),
        ("exif", "ExifIFD") if !ALWAYS.contains(&tag.name.as_str()) => Some(Class::Camera),
        _ => None,
    }
}

/// It has no damage of its own, and ends as the original does; where that is damaged, who knows how it would have ended.
fn whole(original: &Prepared, cleaned: &Prepared) -> Result<()> {
    let damage = cleaned.warnings().iter().find(|w| !original.warnings().iter().any(|o| o.text == w.text));
    let sound = original.warnings().is_empty();
    match damage {
        Some(damage) => Err(failed(format!("is damaged: {}", damage.text))),
        None if sound && end(original).is_some_and(|place| end(cleaned) != Some(place)) => Err(failed("ends too early")),
        None => Ok(()),
    }
}

/// The mark that ends the content, in formats that have one.
fn end(file: &Prepared) -> Option<&str> {
    let last = file.parts().iter().rfind(|part| part.role != Role::Metadata)?;
    (last.role == Role::Structure).then_some(&*last.place)
}

fn failed(what: impl std::fmt::Display) -> Error {
    Error::new(Code::VerificationFailed, format!("what the service sent as the cleaned file {what}"))
}
