//! When a colour profile says no more than what is assumed without one.

use crate::input::Input;

/// Is it a profile of sRGB (IEC 61966-2-1)? Told by its primaries and its tone curve, whatever its name.
pub fn is_srgb(profile: &Input) -> bool {
    read(profile).unwrap_or(false)
}

/// The primaries of sRGB, adapted to D50 (ICC sRGB profile v4, sRGB2014), in s15Fixed16.
const PRIMARIES: [(&[u8; 4], [f64; 3]); 3] =
    [(b"rXYZ", [0.4361, 0.2225, 0.0139]), (b"gXYZ", [0.3851, 0.7169, 0.0971]), (b"bXYZ", [0.1431, 0.0606, 0.7141])];

fn read(profile: &Input) -> Option<bool> {
    if *profile.bytes(16, 4).ok()? != *b"RGB " {
        return Some(false);
    }
    for (tag, expected) in PRIMARIES {
        let at = find(profile, tag)?;
        for (i, expected) in expected.iter().enumerate() {
            let value = f64::from(profile.u32_be(at + 8 + 4 * i as u64).ok()? as i32) / 65536.0;
            if (value - expected).abs() > 0.003 {
                return Some(false);
            }
        }
    }
    for tag in [b"rTRC", b"gTRC", b"bTRC"] {
        // sRGB's curve at the middle, see IEC 61966-2-1 5.2: 0.5 is 0.2140.
        if (middle(profile, find(profile, tag)?)? - 0.2140).abs() > 0.01 {
            return Some(false);
        }
    }
    Some(true)
}

/// Where the data of a tag begins (ICC.1, 7.3).
fn find(profile: &Input, tag: &[u8; 4]) -> Option<u64> {
    let count = u64::from(profile.u32_be(128).ok()?.min(200));
    (0..count)
        .map(|i| 132 + 12 * i)
        .find(|&at| profile.bytes(at, 4).is_ok_and(|t| *t == *tag))
        .and_then(|at| profile.u32_be(at + 4).ok())
        .map(u64::from)
}

/// The value of a tone curve at one half (ICC.1, 10.6 and 10.18).
fn middle(profile: &Input, at: u64) -> Option<f64> {
    let fixed = |i: u64| profile.u32_be(at + 12 + 4 * i).ok().map(|v| f64::from(v as i32) / 65536.0);
    match &*profile.bytes(at, 4).ok()? {
        b"curv" => match u64::from(profile.u32_be(at + 8).ok()?) {
            0 => Some(0.5),
            1 => Some(0.5f64.powf(f64::from(profile.u16_be(at + 12).ok()?) / 256.0)),
            n => Some(f64::from(profile.u16_be(at + 12 + (n - 1) / 2 * 2).ok()?) / 65535.0),
        },
        b"para" => match profile.u16_be(at + 8).ok()? {
            0 => Some(0.5f64.powf(fixed(0)?)),
            3 => Some((fixed(1)? * 0.5 + fixed(2)?).powf(fixed(0)?)),
            _ => None,
        },
        _ => None,
    }
}
