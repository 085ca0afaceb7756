//! The picture as a whole: its size.

use super::{Derived, Index, Row, index::numbers, inputs::Input::*, row};
use crate::metadata::{Print, Value, fixed};

pub(super) const ROWS: &[Row] = &[
    row("ImageSize", &[ImageWidth, ImageHeight], image_size),
    row("PreviewImageSize", &[PreviewImageWidth, PreviewImageHeight], preview_size),
    row("Megapixels", &[ImageSize], megapixels),
];

/// Raw formats whose first directory describes a preview.
const SIZE_IN_EXIF: &[&str] = &["CR2", "Canon 1D RAW", "IIQ", "EIP"];

fn image_size(t: &Index) -> Derived {
    if let Some(cropped) = t.value(RawImageCroppedSize) {
        return Some((cropped.clone(), Print::With(by)));
    }
    let exif = t.text(FileType).is_some_and(|f| SIZE_IN_EXIF.contains(&&*f));
    let size = |w, h| Some((t.sole(w)?, t.sole(h)?));
    let of_exif = if exif { size(ExifImageWidth, ExifImageHeight) } else { None };
    let (width, height) = of_exif.or_else(|| size(ImageWidth, ImageHeight))?;
    Some((Value::Array(vec![Value::Float(width), Value::Float(height)]), Print::With(by)))
}

fn preview_size(t: &Index) -> Derived {
    let value = Value::Array(vec![t.value(PreviewImageWidth)?.clone(), t.value(PreviewImageHeight)?.clone()]);
    Some((value, Print::With(by)))
}

/// `640x480`.
fn by(v: &Value) -> String {
    v.to_string().replacen(' ', "x", 1)
}

fn megapixels(t: &Index) -> Derived {
    let size = numbers(t.value_in("Composite", ImageSize).or_else(|| t.value(ImageSize))?);
    let [width, height] = *size.as_slice() else { return None };
    Some((Value::Float(width * height / 1e6), Print::With(mega)))
}

fn mega(v: &Value) -> String {
    let n = v.as_f64().unwrap_or(0.0);
    if n >= 1.0 {
        fixed(n, 1)
    } else if n >= 0.001 {
        fixed(n, 3)
    } else {
        fixed(n, 6)
    }
}
