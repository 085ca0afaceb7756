//! JUMBF superboxes (ISO/IEC 19566-5): the description of the outermost one. Content credentials (C2PA) come in them.

use super::{
    Sink,
    text::{hex, lossy},
};
use crate::{
    input::Input,
    metadata::{Group, Value},
    tags::ByteOrder::Big,
};

const JUMBF: Group = Group::new("jumbf", "JUMBF");
/// Descriptions are short; so much is looked at.
const MAX_HEAD: u64 = 64 * 1024;

pub fn decode(input: &Input, sink: &mut Sink) {
    let Ok(head) = input.up_to(0, MAX_HEAD) else { return };
    // A superbox begins with its description box (5.3, A.2).
    let Some(inner) = box_of(&head, b"jumb") else { return sink.warn("the JUMBF box is damaged") };
    let Some(description) = box_of(inner, b"jumd") else { return sink.warn("a JUMBF box without its description") };
    let Some((kind, rest)) = description.split_first_chunk::<16>() else { return };
    sink.printed(&JUMBF, "JUMDType", hex(kind), uuid(kind));
    // Bit 1 of the toggles: a label follows, up to its NUL.
    if let Some((toggles, label)) = rest.split_first()
        && toggles & 2 != 0
    {
        let end = memchr::memchr(0, label).unwrap_or(label.len());
        sink.tag(&JUMBF, "JUMDLabel", Value::Text(lossy(&label[..end])));
    }
}

/// The content of the box at the beginning of `bytes`, as far as it is there, if it is of that type.
fn box_of<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    let size = Big.u32(bytes, 0)? as usize;
    let start = if size == 1 { 16 } else { 8 };
    let end = if size < 2 { bytes.len() } else { size.min(bytes.len()) };
    bytes.get(4..8).filter(|k| k == kind)?;
    bytes.get(start..end)
}

/// A type that begins with four letters prints with them in brackets.
fn uuid(kind: &[u8; 16]) -> String {
    let first = match &kind[..4] {
        letters if letters.iter().all(u8::is_ascii_alphanumeric) => format!("({})", lossy(letters)),
        other => hex(other),
    };
    format!("{first}-{}-{}-{}", hex(&kind[4..6]), hex(&kind[6..8]), hex(&kind[8..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(bytes: &[u8]) -> Sink {
        let mut sink = Sink::default();
        decode(&Input::from_bytes(bytes.to_vec()), &mut sink);
        sink
    }

    #[test]
    fn the_description_prints() {
        let sink = decoded(b"\0\0\0\x26jumb\0\0\0\x1ejumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\x03c2pa\0");
        assert_eq!(sink.metadata.get("JUMDType").unwrap().printed(), "(c2pa)-0011-0010-800000aa00389b71");
        assert_eq!(sink.metadata.get("JUMDLabel").unwrap().printed(), "c2pa");
    }

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            decoded(&bytes);
            decoded(&[&b"\0\0\0\x40jumb"[..], &bytes].concat());
            decoded(&[&b"\0\0\0\x40jumb\0\0\0\x38jumd"[..], &bytes].concat());
        }
    }
}
