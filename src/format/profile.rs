//! Colour profiles inside images: is one a profile, and does it stay?

use super::{Keep, Selection};
use crate::{encode::icc, input::Input};

/// No profile is larger.
pub const MAX_PROFILE: u64 = 64 * 1024 * 1024;

/// Does a selection keep these bytes as a profile? Only when they are one and no more (ICC.1:2022, 7.2).
pub fn keeps(profile: &[u8], selection: &Selection) -> bool {
    let declared = profile.first_chunk().map_or(0, |&n| u32::from_be_bytes(n) as usize);
    // Padding is met; other bytes behind the end are not of the profile.
    let sound = profile.get(declared..).is_some_and(|behind| behind.iter().all(|&b| b == 0));
    let sound = sound && profile.len() >= 132 && profile.get(36..40) == Some(b"acsp");
    let wanted =
        selection.keeps(Keep::Icc) || (selection.keeps(Keep::WideGamut) && !icc::is_srgb(&Input::from_bytes(profile.to_vec())));
    sound && wanted
}
