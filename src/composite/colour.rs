//! White balance: red and blue against green.

use super::{
    Derived, Index, Row,
    index::numbers,
    inputs::Input::{self, *},
    row,
};
use crate::metadata::{Print, Value, significant};

pub(super) const ROWS: &[Row] = &[
    row("WB_RGGBLevels", &[WhiteBalance], canon_levels),
    row("RedBalance", &[], |t| balance(t, Side::Red)),
    row("BlueBalance", &[], |t| balance(t, Side::Blue)),
];

/// Canon keeps levels for each setting: those of the one that was set.
fn canon_levels(t: &Index) -> Derived {
    let levels = |i| t.value_in("Canon", i).cloned();
    let set = match t.value_in("Canon", WhiteBalance)?.as_i64()? {
        0 => WB_RGGBLevelsAuto,
        1 => WB_RGGBLevelsDaylight,
        2 => WB_RGGBLevelsCloudy,
        3 => WB_RGGBLevelsTungsten,
        4 => WB_RGGBLevelsFluorescent,
        5 => WB_RGGBLevelsFlash,
        6 => WB_RGGBLevelsCustom,
        8 => WB_RGGBLevelsShade,
        9 => WB_RGGBLevelsKelvin,
        _ => WB_RGGBLevelsAsShot,
    };
    Some((levels(WB_RGGBLevelsAsShot).or_else(|| levels(set))?, Print::Plain))
}

#[derive(Clone, Copy)]
enum Side {
    Red,
    Blue,
}

/// Where red, the greens and blue stand in the levels of each tag, first come first taken.
const LEVELS: &[(Input, [usize; 4])] = &[
    (WB_RGGBLevels, [0, 1, 2, 3]),
    (WB_RGBGLevels, [0, 1, 3, 2]),
    (WB_RBGGLevels, [0, 2, 3, 1]),
    (WB_GRBGLevels, [1, 0, 3, 2]),
    (WB_GRGBLevels, [1, 0, 2, 3]),
    (WB_GBRGLevels, [2, 0, 3, 1]),
    (WB_RGBLevels, [0, 1, 1, 2]),
    (WB_GRBLevels, [1, 0, 0, 2]),
    (WB_RBLevels, [0, 3, 3, 1]),
];

fn balance(t: &Index, side: Side) -> Derived {
    let levels = LEVELS.iter().find_map(|(input, at)| Some((numbers(t.value(*input)?), *at)).filter(|(n, _)| n.len() > 1));
    let value = match levels {
        Some((levels, [red, green, other, blue])) => {
            let level = |i: usize| levels.get(i).copied();
            let colour = level(match side {
                Side::Red => red,
                Side::Blue => blue,
            })?;
            // Red and blue alone: 256 is neutral.
            let green = match (level(green), level(other)) {
                (Some(a), Some(b)) => (a + b) / 2.0,
                _ => 256.0,
            };
            (green > 0.0).then(|| colour / green)?
        }
        None => {
            let colour = match side {
                Side::Red => t.number(WBRedLevel)?,
                Side::Blue => t.number(WBBlueLevel)?,
            };
            colour / t.positive(WBGreenLevel)?
        }
    };
    Some((Value::Float(value), Print::With(six_places)))
}

/// To six decimals: half a unit is added and the rest cut off, below zero, too.
fn six_places(v: &Value) -> String {
    v.as_f64().map_or_else(|| v.to_string(), |n| significant((n * 1e6 + 0.5).trunc() / 1e6, 15))
}
