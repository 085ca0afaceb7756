//! Multi-Picture Format (CIPA DC-007-2009): the index IFD of images, the attributes IFD of this one.

use super::Sink;
use crate::{
    input::Input,
    metadata::{Blob, Group, Name, Value},
    tags::{ByteOrder, Format},
};

/// Entries of one IFD, and images, at most so many.
const MAX_ENTRIES: usize = 200;
const MAX_IMAGES: usize = 200;
/// Nobody writes larger lists.
const MAX_VALUE: usize = 64 * 1024;

pub fn decode(input: &Input, sink: &mut Sink) {
    let head = input.up_to(0, MAX_VALUE as u64).unwrap_or_default();
    let Some(order) = ByteOrder::of_mark(&head).filter(|o| o.u16(&head, 2) == Some(42)) else {
        return sink.warn("the MPF block has no TIFF header");
    };
    let mut at = order.u32(&head, 4).unwrap_or(0) as usize;
    // First IFD: the index; second: attributes.
    for place in ["MPF0", "MPF1"] {
        let group = Group::new("mpf", place);
        let Some(count) = order.u16(&head, at) else { return sink.warn("the MPF directory is cut off") };
        let count = usize::from(count).min(MAX_ENTRIES);
        let entries = head.get(at + 2..).unwrap_or_default();
        for entry in entries.chunks_exact(12).take(count) {
            self::entry(entry, &head, order, input.start(), &group, sink);
        }
        match order.u32(&head, at + 2 + 12 * count) {
            Some(next) if next as usize > at => at = next as usize,
            _ => return,
        }
    }
}

fn entry(entry: &[u8], block: &[u8], order: ByteOrder, base: u64, group: &Group, sink: &mut Sink) {
    let (Some(id), Some(kind), Some(count)) = (order.u16(entry, 0), order.u16(entry, 2), order.u32(entry, 4)) else { return };
    let Some(format) = Format::of_tiff(kind) else { return };
    let Some(size) = (count as usize).checked_mul(format.size()).filter(|&s| s <= MAX_VALUE) else { return };
    let data = if size <= 4 {
        &entry[8..8 + size]
    } else {
        let from = order.u32(entry, 8).unwrap_or(0) as usize;
        match from.checked_add(size).and_then(|end| block.get(from..end)) {
            Some(data) => data,
            None => return sink.warn("an MPF value is cut off"),
        }
    };
    if id == 0xb002 {
        return images(data, order, base, sink);
    }
    let name = match id {
        0xb000 => return sink.tag(group, "MPFVersion", super::text::lossy(data)),
        0xb001 => "NumberOfImages",
        0xb003 => return sink.tag(group, "ImageUIDList", Value::Binary(Blob::Bytes(data.to_vec()))),
        0xb004 => "TotalFrames",
        0xb101 => "MPIndividualNum",
        0xb201 => return pan_orientation(order.u32(data, 0).unwrap_or(0), group, sink),
        0xb202 => "PanOverlapH",
        0xb203 => "PanOverlapV",
        0xb204 => "BaseViewpointNum",
        0xb205 => "ConvergenceAngle",
        0xb206 => "BaselineLength",
        0xb207 => "VerticalDivergence",
        0xb208 => "AxisDistanceX",
        0xb209 => "AxisDistanceY",
        0xb20a => "AxisDistanceZ",
        0xb20b => "YawAngle",
        0xb20c => "PitchAngle",
        0xb20d => "RollAngle",
        _ => return,
    };
    if let Some(value) = format.read(data, count as usize, order) {
        sink.tag(group, name, value);
    }
}

/// 5.2.3.3: 16 bytes an image; places count from the block's start, and images lie behind it.
fn images(data: &[u8], order: ByteOrder, base: u64, sink: &mut Sink) {
    for (i, image) in data.chunks_exact(16).take(MAX_IMAGES).enumerate() {
        let place = format!("MPImage{}", i + 1);
        let group = Group { kind: "mpf", place: Name::new(&place) };
        let word = |at| order.u32(image, at).unwrap_or(0);
        let (attributes, length, start) = (word(0), word(4), word(8));
        let kind = attributes & 0xff_ffff;
        sink.printed(&group, "MPImageFlags", attributes >> 27, flags(attributes >> 27));
        let format = attributes >> 24 & 7;
        sink.printed(&group, "MPImageFormat", format, if format == 0 { "JPEG".into() } else { format!("Unknown ({format})") });
        sink.printed(&group, "MPImageType", kind, image_type(kind));
        sink.tag(&group, "MPImageLength", length);
        let absolute = if start == 0 { 0 } else { base.saturating_add(start.into()) };
        sink.tag(&group, "MPImageStart", absolute);
        for (at, name) in [(12, "DependentImage1EntryNumber"), (14, "DependentImage2EntryNumber")] {
            sink.tag(&group, name, order.u16(image, at).unwrap_or(0));
        }
        if start > 0 && length > 0 {
            let name = if kind >> 16 == 1 { "PreviewImage".into() } else { place };
            let span = absolute..absolute.saturating_add(length.into());
            sink.tag(&group, name, Value::Binary(Blob::Span(span)));
        }
    }
}

fn flags(flags: u32) -> String {
    let names: Vec<&str> = [(2, "Representative image"), (3, "Dependent child image"), (4, "Dependent parent image")]
        .iter()
        .filter(|(bit, _)| flags >> bit & 1 == 1)
        .map(|(_, name)| *name)
        .collect();
    if names.is_empty() { "(none)".into() } else { names.join(", ") }
}

fn image_type(kind: u32) -> String {
    match kind {
        0 => "Undefined",
        0x1_0001 => "Large Thumbnail (VGA equivalent)",
        0x1_0002 => "Large Thumbnail (full HD equivalent)",
        0x2_0001 => "Multi-frame Panorama",
        0x2_0002 => "Multi-frame Disparity",
        0x2_0003 => "Multi-angle",
        0x3_0000 => "Baseline MP Primary Image",
        other => return format!("Unknown (0x{other:x})"),
    }
    .into()
}

/// 5.2.4.2: where a panorama starts, which way it goes.
fn pan_orientation(value: u32, group: &Group, sink: &mut Sink) {
    let start = match value & 0xff {
        0 => "[unused]",
        1 => "Start at top right",
        2 => "Start at top left",
        3 => "Start at bottom left",
        4 => "Start at bottom right",
        _ => "Unknown",
    };
    let way = match value >> 8 & 0xff {
        1 => "Left to right",
        2 => "Right to left",
        3 => "Top to bottom",
        4 => "Bottom to top",
        16 => "Clockwise",
        32 => "Counter clockwise",
        48 => "Zigzag (row start)",
        64 => "Zigzag (column start)",
        _ => "Unknown",
    };
    sink.printed(group, "PanOrientation", value, format!("{start}; {way}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(bytes: Vec<u8>) -> Sink {
        let mut sink = Sink::default();
        decode(&Input::from_bytes(bytes), &mut sink);
        sink
    }

    /// An index of two images: the primary one, and a thumbnail at 100.
    fn index() -> Vec<u8> {
        let mut b = b"MM\0\x2a\0\0\0\x08\0\x02".to_vec();
        b.extend(b"\xb0\0\0\x07\0\0\0\x040100");
        b.extend(b"\xb0\x02\0\x07\0\0\0\x20\0\0\0\x26\0\0\0\0");
        b.extend([0x20, 3, 0, 0, 0, 0, 0, 80, 0, 0, 0, 0, 0, 2, 0, 0]);
        b.extend([0x10, 1, 0, 2, 0, 0, 0, 9, 0, 0, 0, 100, 0, 0, 0, 0]);
        b.resize(120, 0);
        b
    }

    #[test]
    fn images_are_listed_with_their_previews() {
        let sink = decoded(index());
        for (place, name, want) in [
            ("MPF0", "MPFVersion", "0100"),
            ("MPImage1", "MPImageType", "Baseline MP Primary Image"),
            ("MPImage1", "MPImageFlags", "Representative image"),
            ("MPImage2", "MPImageStart", "100"),
            ("MPImage2", "PreviewImage", "(Binary data 9 bytes, use --binary to extract)"),
        ] {
            let tag = sink.metadata.get_in(place, name);
            assert_eq!(tag.map(|t| t.printed()).as_deref(), Some(want), "{place}:{name}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes(at in 0usize..80, byte: u8, cut in 0usize..120) {
            let mut bytes = index();
            bytes[at] = byte;
            bytes.truncate(cut);
            decoded(bytes);
        }
    }
}
