//! What cameras' makers note in several tags: modes, flashes, file numbers.

use super::{
    Derived, Index, Row,
    inputs::Input::{self, *},
    low, row,
};
use crate::{
    metadata::{Print, Value},
    tags::{
        self,
        print::{duration, fraction},
    },
};

pub(super) const ROWS: &[Row] = &[
    low("ISO", &[BaseISO, AutoISO], canon_iso),
    low("ISO", &[CameraISO], canon_iso),
    row("DriveMode", &[ContinuousDrive, SelfTimer], drive_mode),
    row("ShootingMode", &[CanonExposureMode, EasyMode], shooting_mode),
    row("FlashType", &[FlashBits], flash_type),
    row("RedEyeReduction", &[FlashBits, CanonFlashMode], red_eye_reduction),
    row("ConditionalFEC", &[FlashExposureComp, FlashBits], conditional_fec),
    row("ShutterCurtainHack", &[FlashBits], shutter_curtain),
    row("FileNumber", &[DirectoryIndex, FileIndex], file_number),
    row("DigitalZoom", &[ZoomSourceWidth, ZoomTargetWidth, DigitalZoom], digital_zoom),
    row("Lens", &[MinFocalLength, MaxFocalLength], canon_lens),
    row("PhaseDetectAF", &[AFDetectionMethod, FocusPointSchema], phase_detect),
    row("ContrastDetectAF", &[AFDetectionMethod], contrast_detect),
    row("AutoFocus", &[FocusMode], auto_focus),
    row("ExtenderStatus", &[Extender, LensType, MaxApertureValue], extender_status),
    row("RunTimeSincePowerUp", &[RunTimeValue, RunTimeScale], run_time),
    row("FocusDistance2", &[FocusPosition2, FocalLengthIn35mmFormat], sony_focus_distance),
    row("AdvancedSceneMode", &[SceneMode, AdvancedSceneType], advanced_scene),
    row("Flash", &[], xmp_flash),
];

fn labelled(value: i64, label: &'static str) -> Derived {
    Some((value.into(), label.into()))
}

fn canon(t: &Index, input: Input) -> Option<f64> {
    t.value_in("Canon", input)?.as_f64()
}

/// The camera's own ISO when it says a number, else the base and what the automatic made of it in percent.
fn canon_iso(t: &Index) -> Derived {
    let chosen = canon(t, CameraISO).filter(|iso| *iso > 0.0);
    let value = match chosen {
        Some(iso) => iso,
        None => canon(t, BaseISO)? * canon(t, AutoISO)? / 100.0,
    };
    (value > 0.0).then_some((Value::Float(value), Print::With(|v| format!("{:.0}", v.as_f64().unwrap_or(0.0)))))
}

fn drive_mode(t: &Index) -> Derived {
    if canon(t, ContinuousDrive)? != 0.0 {
        labelled(0, "Continuous Shooting")
    } else if canon(t, SelfTimer)? != 0.0 {
        labelled(1, "Self-timer Operation")
    } else {
        labelled(2, "Single-frame Shooting")
    }
}

/// The exposure mode; where it is `Easy`, the scene, counted from 10.
fn shooting_mode(t: &Index) -> Derived {
    let exposure = t.tag_in("Canon", CanonExposureMode)?;
    match exposure.value.as_i64()? {
        0 => {
            let easy = t.tag_in("Canon", EasyMode)?;
            Some((easy.value.as_i64()?.saturating_add(10).into(), easy.printed().into_owned().into()))
        }
        4 if canon(t, BulbDuration).is_some_and(|b| b > 0.0) => labelled(7, "Bulb"),
        n => Some((n.into(), exposure.printed().into_owned().into())),
    }
}

/// The bits of Canon's flash, when it was used.
fn flash_bits(t: &Index) -> Option<i64> {
    t.value_in("Canon", FlashBits)?.as_i64().filter(|bits| *bits != 0)
}

fn flash_type(t: &Index) -> Derived {
    if flash_bits(t)? & 1 << 14 != 0 { labelled(1, "External") } else { labelled(0, "Built-In Flash") }
}

fn red_eye_reduction(t: &Index) -> Derived {
    let _ = flash_bits(t)?;
    // Red-eye reduction, with automatic flash or with slow synchronisation.
    if matches!(t.value_in("Canon", CanonFlashMode)?.as_i64()?, 3 | 4 | 6) { labelled(1, "On") } else { labelled(0, "Off") }
}

fn conditional_fec(t: &Index) -> Derived {
    let _ = flash_bits(t)?;
    Some((t.value_in("Canon", FlashExposureComp)?.clone(), Print::With(fraction)))
}

fn shutter_curtain(t: &Index) -> Derived {
    let bits = flash_bits(t)?;
    let second = match t.value(ShutterCurtainSync).and_then(Value::as_i64) {
        Some(sync) => sync == 1,
        None => bits & 1 << 8 != 0,
    };
    if second { labelled(1, "2nd-curtain sync") } else { labelled(0, "1st-curtain sync") }
}

/// Folder and file: `100-0042`.
fn file_number(t: &Index) -> Derived {
    let directory = t.value_in("Canon", DirectoryIndex)?.as_i64().filter(|n| (0..100_000).contains(n))?;
    let file = t.value_in("Canon", FileIndex)?.as_i64().filter(|n| (0..1_000_000).contains(n))?;
    // The counter shows the next folder when the file number wraps.
    let (directory, file) = if file == 10_000 { (directory + 1, 1) } else { (directory, file) };
    Some((format!("{directory:03}{file:04}").into(), format!("{directory:03}-{file:04}").into()))
}

/// How far the picture was zoomed by cutting it: only where the tag itself says no more than that it was.
fn digital_zoom(t: &Index) -> Derived {
    if canon(t, DigitalZoom)? != 3.0 {
        return None;
    }
    let (source, target) = (canon(t, ZoomSourceWidth).filter(|n| *n > 0.0)?, canon(t, ZoomTargetWidth).filter(|n| *n > 0.0)?);
    Some((Value::Float(target / source), Print::With(|v| format!("{:.2}x", v.as_f64().unwrap_or(0.0)))))
}

fn canon_lens(t: &Index) -> Derived {
    let (short, long) = (canon(t, MinFocalLength)?, canon(t, MaxFocalLength)?);
    let print = if short == long { format!("{short:.1} mm") } else { format!("{short:.1} - {long:.1} mm") };
    Some((Value::Float(short), print.into()))
}

fn phase_detect(t: &Index) -> Derived {
    let method = t.value_in("Nikon", AFDetectionMethod)?.as_i64()?;
    let schema = t.tag_in("Nikon", FocusPointSchema)?;
    let number = schema.value.as_i64()?;
    match method {
        0 if number != 0 => Some((number.into(), format!("On ({})", schema.printed()).into())),
        _ => labelled(0, "Off"),
    }
}

fn contrast_detect(t: &Index) -> Derived {
    match t.value_in("Nikon", AFDetectionMethod)?.as_i64()? {
        1 => labelled(1, "On"),
        _ => labelled(0, "Off"),
    }
}

fn auto_focus(t: &Index) -> Derived {
    let mode = t.text_in("Nikon", FocusMode)?;
    let manual = mode.trim_start().to_ascii_lowercase().starts_with('m');
    if manual { labelled(0, "Off") } else { labelled(1, "On") }
}

/// Olympus: a converter may be removed while the camera still names it; the aperture tells.
fn extender_status(t: &Index) -> Derived {
    let extender = t.text_in("Olympus", Extender)?;
    // The second number is the model: 0 is none.
    let model = extender.split_ascii_whitespace().nth(1)?;
    if model.bytes().all(|c| c == b'0') {
        return labelled(0, "Not attached");
    }
    labelled(1, "Attached")
}

/// Seconds since the telephone was started (Core Media's time: a value and its scale).
fn run_time(t: &Index) -> Derived {
    let (value, scale) = (t.value_in("Apple", RunTimeValue)?.as_f64()?, t.value_in("Apple", RunTimeScale)?.as_f64()?);
    (scale > 0.0).then(|| (Value::Float(value / scale), Print::With(duration)))
}

/// Sony: 128 is infinity, each 16 below it halves the distance; in units of the equivalent focal length.
fn sony_focus_distance(t: &Index) -> Derived {
    let position = t.value_in("Sony", FocusPosition2)?.as_f64()?;
    let focal = t.positive(FocalLengthIn35mmFormat)?;
    if position >= 255.0 {
        return Some(("inf".into(), Print::Plain));
    }
    let metres = (2f64.powf(position / 16.0 - 5.0) + 1.0) * focal / 1000.0;
    Some((
        Value::Float(metres),
        Print::With(|v| match v.as_f64() {
            Some(m) => format!("{} m", crate::metadata::significant(m, 4)),
            None => v.to_string(),
        }),
    ))
}

/// Panasonic: two numbers say which scene; a few cameras mean something else by them.
fn advanced_scene(t: &Index) -> Derived {
    let labels = tags::labels("Composite", "AdvancedSceneMode")?;
    let (scene, kind) = (t.text_in("Panasonic", SceneMode)?, t.text_in("Panasonic", AdvancedSceneType)?);
    let value = format!("{} {scene} {kind}", t.text(Model).unwrap_or_default());
    let label = labels.text(&value).or_else(|| labels.text(&format!("{scene} {kind}")))?;
    Some((value.into(), label.into()))
}

/// XMP keeps Exif's flash in parts.
fn xmp_flash(t: &Index) -> Derived {
    let parts = [Flash, FlashFired, FlashReturn, FlashMode, FlashFunction, FlashRedEyeMode];
    if !parts.into_iter().any(|i| t.tag_in("xmp", i).is_some()) {
        return None;
    }
    let flag = |i| i64::from(t.text_in("xmp", i).is_some_and(|v| v.eq_ignore_ascii_case("true") || v == "1"));
    let number = |i| t.value_in("xmp", i).and_then(Value::as_i64).unwrap_or(0) & 3;
    let bits = flag(FlashFired)
        | number(FlashReturn) << 1
        | number(FlashMode) << 3
        | flag(FlashFunction) << 5
        | flag(FlashRedEyeMode) << 6;
    let label = FLASHES.iter().find(|(n, _)| *n == bits).map(|(_, label)| *label);
    Some((bits.into(), label.map_or_else(|| format!("Unknown (0x{bits:x})").into(), Print::from)))
}

/// Exif 3.0, Flash.
const FLASHES: &[(i64, &str)] = &[
    (0x00, "No Flash"),
    (0x01, "Fired"),
    (0x05, "Fired, Return not detected"),
    (0x07, "Fired, Return detected"),
    (0x08, "On, Did not fire"),
    (0x09, "On, Fired"),
    (0x0d, "On, Return not detected"),
    (0x0f, "On, Return detected"),
    (0x10, "Off, Did not fire"),
    (0x14, "Off, Did not fire, Return not detected"),
    (0x18, "Auto, Did not fire"),
    (0x19, "Auto, Fired"),
    (0x1d, "Auto, Fired, Return not detected"),
    (0x1f, "Auto, Fired, Return detected"),
    (0x20, "No flash function"),
    (0x30, "Off, No flash function"),
    (0x41, "Fired, Red-eye reduction"),
    (0x45, "Fired, Red-eye reduction, Return not detected"),
    (0x47, "Fired, Red-eye reduction, Return detected"),
    (0x49, "On, Red-eye reduction"),
    (0x4d, "On, Red-eye reduction, Return not detected"),
    (0x4f, "On, Red-eye reduction, Return detected"),
    (0x50, "Off, Red-eye reduction"),
    (0x58, "Auto, Did not fire, Red-eye reduction"),
    (0x59, "Auto, Fired, Red-eye reduction"),
    (0x5d, "Auto, Fired, Red-eye reduction, Return not detected"),
    (0x5f, "Auto, Fired, Red-eye reduction, Return detected"),
];
