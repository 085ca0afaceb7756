//! Colour profiles inside images: is one a profile, and does it stay?

use super::{Keep, Selection};
use crate::{
    encode::icc,
    error::{Error, Result},
    input::Input,
};

/// No profile is larger.
pub const MAX_PROFILE: u64 = 64 * 1024 * 1024;

/// Does a selection keep any profile?
pub fn wanted(selection: &Selection) -> bool {
    selection.keeps(Keep::Icc) || selection.keeps(Keep::WideGamut)
}

/// What a selection keeps of these bytes: the profile, as far as it says that it goes (ICC.1:2022, 7.2.2). Fails where
/// a profile was to be kept and there is none.
pub fn kept<'a>(bytes: &'a [u8], selection: &Selection) -> Result<Option<&'a [u8]>> {
    if !wanted(selection) {
        return Ok(None);
    }
    let declared = bytes.first_chunk().map_or(0, |&n| u32::from_be_bytes(n) as usize);
    let sound = |profile: &&[u8]| profile.len() >= 132 && profile[36..40] == *b"acsp";
    let (profile, behind) = match bytes.split_at_checked(declared) {
        Some((profile, behind)) if sound(&profile) => (profile, behind),
        _ => return Err(Error::damaged("it is no whole ICC profile")),
    };
    if !selection.keeps(Keep::Icc) && icc::is_srgb(&Input::from_bytes(profile.to_vec())) {
        return Ok(None);
    }
    // Padding is met, and hides nothing.
    let padded = behind.iter().all(|&b| b == 0);
    Ok(Some(if padded { bytes } else { profile }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(declared: u8, length: usize) -> Vec<u8> {
        let mut profile = vec![0; length];
        profile[3] = declared;
        profile[36..40].copy_from_slice(b"acsp");
        profile
    }

    #[test]
    fn a_profile_ends_where_it_says() {
        let whole = profile(140, 140);
        let padded = profile(140, 144);
        let hiding = [&whole[..], b"\0\0hidden"].concat();
        let default = Selection::default();
        for (bytes, want) in [(&whole, &whole), (&padded, &padded), (&hiding, &whole)] {
            assert_eq!(kept(bytes, &default).unwrap(), Some(&want[..]));
            assert_eq!(kept(bytes, &Selection::strict()).unwrap(), Some(&want[..]), "it is not sRGB");
            assert_eq!(kept(bytes, &Selection::none()).unwrap(), None);
        }
        for none in [&b"no profile"[..], &profile(140, 139), &profile(131, 140), &whole[..40]] {
            assert!(kept(none, &default).is_err());
            assert_eq!(kept(none, &Selection::none()).unwrap(), None);
        }
    }
}
