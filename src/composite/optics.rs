//! Light and lens: exposure, field of view, depth of field.

use super::{
    Derived, Index, Row,
    inputs::Input::{self, *},
    row,
};
use crate::{
    metadata::{Print, Value, fixed},
    tags::print::exposure_time,
};

pub(super) const ROWS: &[Row] = &[
    row("Aperture", &[], aperture),
    row("ShutterSpeed", &[], shutter_speed),
    row("LightValue", &[Aperture, ShutterSpeed, ISO], light_value),
    row("ScaleFactor35efl", &[], scale_factor),
    row("FocalLength35efl", &[FocalLength], focal_length_35),
    row("CircleOfConfusion", &[ScaleFactor35efl], circle_of_confusion),
    row("DOF", &[FocalLength, Aperture, CircleOfConfusion], depth_of_field),
    row("FOV", &[FocalLength, ScaleFactor35efl], field_of_view),
    row("HyperfocalDistance", &[FocalLength, Aperture, CircleOfConfusion], hyperfocal),
    row("Lens35efl", &[MinFocalLength, MaxFocalLength, Lens], lens_35),
];

/// Diagonal of the 24 by 36 mm frame.
pub(super) const FULL_DIAGONAL: f64 = 43.266_615_305_567_87;

fn aperture(t: &Index) -> Derived {
    let value = t.positive(FNumber).or_else(|| t.positive(ApertureValue))?;
    Some((Value::Float(value), Print::With(f_number)))
}

fn f_number(v: &Value) -> String {
    let f = v.as_f64().unwrap_or(0.0);
    if f < 1.0 { fixed(f, 2) } else { fixed(f, 1) }
}

fn shutter_speed(t: &Index) -> Derived {
    let value = t.positive(BulbDuration).or_else(|| t.number(ExposureTime)).or_else(|| t.number(ShutterSpeedValue))?;
    Some((Value::Float(value), Print::With(exposure_time)))
}

/// Exposure value at ISO 100: log2(A² / t) − log2(ISO / 100) (ISO 2720, APEX).
fn light_value(t: &Index) -> Derived {
    let (aperture, time, iso) = (t.positive(Aperture)?, t.positive(ShutterSpeed)?, printed_iso(t)?);
    Some((Value::Float((aperture * aperture * 100.0 / (time * iso)).log2()), Print::With(one_decimal)))
}

/// As printed: several makers store a code or a pair.
fn printed_iso(t: &Index) -> Option<f64> {
    crate::metadata::leading_number(&t.printed(ISO)?).filter(|iso| *iso > 0.0)
}

pub(super) fn one_decimal(v: &Value) -> String {
    v.as_f64().map_or_else(|| v.to_string(), |n| fixed(n, 1))
}

/// How much narrower the view is than on 35 mm film.
fn scale_factor(t: &Index) -> Derived {
    let focal = t.positive(FocalLength);
    if let (Some(equivalent), Some(focal)) = (t.positive(FocalLengthIn35mmFormat), focal) {
        return Some((Value::Float(equivalent / focal), Print::With(one_decimal)));
    }
    // A magnification that the tag itself states (Canon's, derived from the widths) cuts the view further.
    let zoom = t.tag_in("Composite", DigitalZoom).and_then(|z| z.value.as_f64()).filter(|z| *z > 0.0).unwrap_or(1.0);
    let diagonal = sensor_diagonal(t)?;
    Some((Value::Float(FULL_DIAGONAL * zoom / diagonal), Print::With(one_decimal)))
}

/// The sensor's diagonal in mm: as stored, from its size, or from the pixels and their density.
fn sensor_diagonal(t: &Index) -> Option<f64> {
    if let Some(diagonal) = t.positive(FocalPlaneDiagonal) {
        return Some(diagonal);
    }
    if let Some([width, height]) = t.numbers(SensorSize).as_deref().filter(|s| s.iter().all(|n| *n > 0.0)) {
        return Some(width.hypot(*height));
    }
    if let Some((width, height)) = canon_sensor(t).or_else(|| stored_sensor(t)) {
        return Some(width.hypot(height));
    }
    let (width, height) = pixels_by_density(t)?;
    Some(width.hypot(height)).filter(|d| (1.0..100.0).contains(d))
}

/// Makers' sizes count only in the shape of a sensor, 4:3 or 3:2: some write others.
fn stored_sensor(t: &Index) -> Option<(f64, f64)> {
    let (width, height) = (t.positive(FocalPlaneXSize)?, t.positive(FocalPlaneYSize)?);
    let is_near = |shape: f64| (width / height - shape).abs() < 0.1;
    (is_near(4.0 / 3.0) || is_near(3.0 / 2.0)).then_some((width, height))
}

/// Canon writes the density as a thousand times the full picture's pixels over thousandths of an inch of sensor: true
/// whatever size the picture was made since.
fn canon_sensor(t: &Index) -> Option<(f64, f64)> {
    if !t.text(Make)?.starts_with("Canon") {
        return None;
    }
    let side = |input| match *t.value(input)? {
        Value::Rational(pixels, inches) if pixels % 1000 == 0 && pixels >= 100_000 && (61..1500).contains(&inches) => {
            Some(inches as f64 * 0.0254)
        }
        _ => None,
    };
    Some((side(FocalPlaneXResolution)?, side(FocalPlaneYResolution)?)).filter(|(w, h)| w > h)
}

fn pixels_by_density(t: &Index) -> Option<(f64, f64)> {
    let unit = match t.value(FocalPlaneResolutionUnit).and_then(Value::as_i64).unwrap_or(2) {
        3 => 10.0,
        4 => 1.0,
        5 => 0.001,
        _ => 25.4,
    };
    let across = t.positive(FocalPlaneXResolution)?;
    let down = t.positive(FocalPlaneYResolution).unwrap_or(across);
    // A panorama is larger than the sensor.
    let is_sensor = |(width, height): &(f64, f64)| width / height > 0.5 && width / height < 2.0;
    let size = |w: Input, h: Input| Some((t.positive(w)?, t.positive(h)?)).filter(is_sensor);
    let (width, height) = size(ExifImageWidth, ExifImageHeight)
        .or_else(|| size(CanonImageWidth, CanonImageHeight))
        .or_else(|| size(ImageWidth, ImageHeight))?;
    Some((width * unit / across, height * unit / down))
}

fn focal_length_35(t: &Index) -> Derived {
    let focal = t.number(FocalLength)?;
    let Some(scale) = t.positive(ScaleFactor35efl) else {
        return Some((Value::Float(focal), format!("{focal:.1} mm").into()));
    };
    let equivalent = focal * scale;
    Some((Value::Float(equivalent), format!("{focal:.1} mm (35 mm equivalent: {equivalent:.1} mm)").into()))
}

/// The blur that passes for a point: 1/1440 of the diagonal.
fn circle_of_confusion(t: &Index) -> Derived {
    let scale = t.positive(ScaleFactor35efl)?;
    Some((Value::Float(FULL_DIAGONAL / (scale * 1440.0)), Print::With(|v| format!("{:.3} mm", v.as_f64().unwrap_or(0.0)))))
}

/// The three that depth of field follows from: focal length and circle of confusion in mm, f-number.
fn lens_of(t: &Index) -> Option<(f64, f64, f64)> {
    Some((t.positive(FocalLength)?, t.positive(Aperture)?, t.positive(CircleOfConfusion)?))
}

/// Stands for infinity, which some cameras write as 0.
const FAR_AWAY: f64 = 1e10;

/// Distance of what is in focus, in metres.
fn distance(t: &Index) -> Option<f64> {
    let maker = t.number(FocusDistance).map(|d| if d == 0.0 { FAR_AWAY } else { d });
    let one = || [SubjectDistance, ObjectDistance, ApproximateFocusDistance].into_iter().find_map(|i| t.positive(i));
    maker.or_else(one).or_else(|| Some((t.number(FocusDistanceLower)? + t.number(FocusDistanceUpper)?) / 2.0))
}

/// From where to where things are sharp; a far end of 0 is infinity.
fn depth_of_field(t: &Index) -> Derived {
    let (focal, aperture, circle) = lens_of(t)?;
    let distance = distance(t).filter(|d| *d >= 0.0)?;
    let blur = aperture * circle * (distance * 1000.0 - focal) / (focal * focal);
    let near = distance / (1.0 + blur);
    let far = Some(distance / (1.0 - blur)).filter(|f| *f >= 0.0 && f.is_finite()).unwrap_or(0.0);
    Some((Value::Array(vec![Value::Float(near), Value::Float(far)]), Print::With(range)))
}

fn range(v: &Value) -> String {
    let [near, far] = v.elements() else { return v.to_string() };
    let (near, far) = (near.as_f64().unwrap_or(0.0), far.as_f64().unwrap_or(0.0));
    if far == 0.0 {
        return format!("inf ({near:.2} m - inf)");
    }
    let depth = far - near;
    let places = if depth > 0.0 && depth < 0.02 { 3 } else { 2 };
    format!("{depth:.places$} m ({near:.places$} - {far:.places$} m)")
}

/// The angle across the long side of the picture, and how wide that is at the distance in focus.
fn field_of_view(t: &Index) -> Derived {
    let (focal, scale) = (t.positive(FocalLength)?, t.positive(ScaleFactor35efl)?);
    let distance = t.number(FocusDistance).map(|d| d * 1000.0).filter(|d| *d > 0.0);
    // A lens in focus on something near stands farther from the sensor.
    let extension = distance.filter(|d| *d > focal).map_or(1.0, |d| 1.0 + focal / (d - focal));
    let half = (36.0 / (2.0 * focal * scale * extension)).atan();
    let angle = Value::Float(half.to_degrees() * 2.0);
    let value = match distance {
        Some(d) if d < 10_000_000.0 => Value::Array(vec![angle, Value::Float(2.0 * d / 1000.0 * half.tan())]),
        _ => angle,
    };
    Some((value, Print::With(angle_print)))
}

fn angle_print(v: &Value) -> String {
    let angle = v.as_f64().unwrap_or(0.0);
    match v.elements() {
        [_, width] => format!("{angle:.1} deg ({:.2} m)", width.as_f64().unwrap_or(0.0)),
        _ => format!("{angle:.1} deg"),
    }
}

/// Focused there, all from half that distance to infinity is sharp.
fn hyperfocal(t: &Index) -> Derived {
    let (focal, aperture, circle) = lens_of(t)?;
    let metres = focal * focal / (aperture * circle * 1000.0);
    Some((Value::Float(metres), Print::With(|v| format!("{:.2} m", v.as_f64().unwrap_or(0.0)))))
}

/// Canon: the range of the lens, as on 35 mm film.
fn lens_35(t: &Index) -> Derived {
    let (short, long) = (t.number(MinFocalLength)?, t.number(MaxFocalLength)?);
    let lens = t.tag_in("Composite", Lens)?.printed();
    let Some(scale) = t.positive(ScaleFactor35efl) else {
        return Some((Value::Float(short), lens.into_owned().into()));
    };
    let (a, b) = (short * scale, long * scale);
    let equivalent = if short == long { format!("{a:.1} mm") } else { format!("{a:.1} - {b:.1} mm") };
    Some((Value::Float(a), format!("{lens} (35 mm equivalent: {equivalent})").into()))
}
