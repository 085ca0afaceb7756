//! Properties of images (HEIF, ISO/IEC 23008-12, 6.5; HEVC configuration, ISO/IEC 14496-15, 8.3.3; AV1 ISOBMFF binding 2.3).

use super::{Body, sample, text};
use crate::{
    decode::Sink,
    metadata::{FILE, Group, Print, Priority, Value},
    table,
    tags::{ByteOrder, Format},
};

const META: Group = Group::new("quicktime", "Meta");

/// Boxes of an image's `meta` itself.
pub fn meta(body: &Body, sink: &mut Sink) {
    match &body.id.name {
        b"pitm" => {
            let item = if body.u8(0) == Some(0) { body.u16(4).map(u32::from) } else { body.u32(4) };
            if let Some(item) = item {
                sink.tag(&META, "PrimaryItemReference", item);
            }
        }
        // The grid of a tiled image: its size stands behind the numbers of rows and columns.
        b"idat" if body.bytes.len() == 8 => size("MetaImageSize", META, body.u16(4), body.u16(6), sink),
        _ => {}
    }
}

/// Adds a size; it prints as `WxH`.
fn size(name: &'static str, group: Group, width: Option<impl Into<Value>>, height: Option<impl Into<Value>>, sink: &mut Sink) {
    if let (Some(width), Some(height)) = (width, height) {
        let value = Value::Array(vec![width.into(), height.into()]);
        let print = value.to_string().replace(' ', "x");
        sink.printed(&group, name, value, print);
    }
}

/// A property of an item; those of secondary items show only what the main image does not say.
pub fn property(body: &Body, sink: &mut Sink) {
    let before = sink.metadata.tags.len();
    any_property(body, sink);
    if !body.id.main {
        sink.metadata.tags[before..].iter_mut().for_each(|tag| tag.priority = Priority::Low);
    }
}

fn any_property(body: &Body, sink: &mut Sink) {
    match &body.id.name {
        b"ispe" if body.id.main => extent(body, sink),
        b"pixi" => {
            if let Some(depths) = body.bytes.get(5..).and_then(|b| Format::Int8u.read(b, body.u8(4)?.into(), ByteOrder::Big)) {
                sink.tag(&body.group, "ImagePixelDepth", depths);
            }
        }
        b"irot" | b"imir" => {
            if let Some(n) = body.u8(0) {
                body.emit(table!("QuickTime::ItemPropCont"), super::name_of(body.id.name).as_str(), n, sink);
            }
        }
        b"colr" => sample::colour(body, sink),
        b"hvcC" => hevc(body, sink),
        b"av1C" => body.packed(table!("QuickTime::AV1Config"), 0, sink),
        b"pasp" => numbers("PixelAspectRatio", body.bytes, Format::Int32u, 2, body, sink),
        b"clap" => numbers("CleanAperture", body.bytes, Format::Rational64s, 4, body, sink),
        b"rloc" => numbers("RelativeLocation", body.bytes.get(4..).unwrap_or_default(), Format::Int32u, 2, body, sink),
        b"auxC" => sink.tag(&body.group, "AuxiliaryImageType", text(body.bytes.get(4..).unwrap_or_default())),
        _ => {}
    }
}

fn numbers(name: &'static str, bytes: &[u8], format: Format, count: usize, body: &Body, sink: &mut Sink) {
    if let Some(value) = format.read(bytes, count, ByteOrder::Big) {
        sink.tag(&body.group, name, value);
    }
}

/// `ispe`: the size of the image.
fn extent(body: &Body, sink: &mut Sink) {
    let (width, height) = (body.u32(4), body.u32(8));
    size("ImageSpatialExtent", body.group.clone(), width, height, sink);
    if let (Some(width), Some(height)) = (width, height) {
        sink.tag(&FILE, "ImageWidth", width);
        sink.tag(&FILE, "ImageHeight", height);
    }
}

/// `hvcC`: how HEVC is configured.
pub fn hevc(body: &Body, sink: &mut Sink) {
    body.packed(table!("QuickTime::HEVCConfig"), 0, sink);
    if let Some(level) = body.u8(12) {
        let print = |v: &Value| format!("{v} (level {:.1})", v.as_f64().unwrap_or(0.0) / 30.0);
        sink.printed(&body.group, "GeneralLevelIDC", level, Print::With(print));
    }
}
