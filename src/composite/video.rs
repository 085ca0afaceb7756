//! Movies and sound: bit rates, turns, durations.

use super::{Derived, Index, Row, inputs::Input::*, row};
use crate::{
    metadata::{Print, Value},
    tags::print::bitrate,
};

pub(super) const ROWS: &[Row] =
    &[row("AvgBitrate", &[MediaDataSize, Duration], bit_rate), row("Rotation", &[MatrixStructure, HandlerType], rotation)];

fn bit_rate(t: &Index) -> Derived {
    let duration = t.value_in("QuickTime", Duration)?.as_f64().filter(|d| *d > 0.0)?;
    let bytes: f64 = t.all(MediaDataSize).filter_map(|m| m.value.as_f64()).sum();
    let rate = (bytes * 8.0 / duration + 0.5).floor();
    Some((Value::Float(rate), Print::With(bitrate)))
}

/// The turn of the picture: of the first video track's matrix.
fn rotation(t: &Index) -> Derived {
    let video = t.all(HandlerType).find(|h| h.value.as_str() == Some("vide"))?;
    let matrix = t.all(MatrixStructure).find(|m| m.group.place == video.group.place)?;
    let numbers = super::index::numbers(&matrix.value);
    let (a, b) = (*numbers.first()?, *numbers.get(1)?);
    if a == 0.0 && b == 0.0 {
        return None;
    }
    let degrees = b.atan2(a).to_degrees();
    let degrees = if degrees < 0.0 { degrees + 360.0 } else { degrees };
    Some((Value::Float((degrees * 1000.0 + 0.5).floor() / 1000.0), Print::Plain))
}
