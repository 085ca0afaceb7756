//! Where: positions with their hemisphere, altitudes with their reference, the satellites' clock.

use super::{
    Derived, Index, Row,
    index::{numbers, sole},
    inputs::Input::{self, *},
    low, row,
};
use crate::{
    metadata::{Print, Value},
    tags::print,
};

pub(super) const ROWS: &[Row] = &[
    row("GPSLatitudeRef", &[GPSLatitude], |t| xmp_ref(t, GPSLatitude, ["North", "South"])),
    row("GPSLongitudeRef", &[GPSLongitude], |t| xmp_ref(t, GPSLongitude, ["East", "West"])),
    row("GPSDestLatitudeRef", &[GPSDestLatitude], |t| xmp_ref(t, GPSDestLatitude, ["North", "South"])),
    row("GPSDestLongitudeRef", &[GPSDestLongitude], |t| xmp_ref(t, GPSDestLongitude, ["East", "West"])),
    low("GPSLatitude", &[LocationInformation], |t| information_angle(t, "Lat=", LATITUDE)),
    low("GPSLongitude", &[LocationInformation], |t| information_angle(t, "Lon=", LONGITUDE)),
    low("GPSLatitude", &[GPSCoordinates], |t| coordinate(t, GPSCoordinates, 0)),
    low("GPSLongitude", &[GPSCoordinates], |t| coordinate(t, GPSCoordinates, 1)),
    row("GPSLatitude", &[GPSLatitude, GPSLatitudeRef], |t| signed(t, GPSLatitude, GPSLatitudeRef, LATITUDE)),
    row("GPSLongitude", &[GPSLongitude, GPSLongitudeRef], |t| signed(t, GPSLongitude, GPSLongitudeRef, LONGITUDE)),
    row("GPSDestLatitude", &[GPSDestLatitude, GPSDestLatitudeRef], |t| signed(t, GPSDestLatitude, GPSDestLatitudeRef, LATITUDE)),
    row("GPSDestLongitude", &[GPSDestLongitude, GPSDestLongitudeRef], |t| {
        signed(t, GPSDestLongitude, GPSDestLongitudeRef, LONGITUDE)
    }),
    row("GPSPosition", &[GPSLatitude, GPSLongitude], position),
    row("GPSAltitude", &[GPSAltitude], altitude),
    row("GPSAltitude", &[GPSCoordinates], |t| coordinate(t, GPSCoordinates, 2)),
    row("GPSAltitudeRef", &[GPSCoordinates], coordinates_ref),
    row("GPSAltitude", &[LocationInformation], |t| Some(above_sea(information(t, "Alt=")?))),
    row("GPSAltitudeRef", &[LocationInformation], |t| Some(sea_level(information(t, "Alt=")?))),
    row("GPSDateTime", &[GPSDateStamp, GPSTimeStamp], date_time),
];

const LATITUDE: [char; 2] = ['N', 'S'];
const LONGITUDE: [char; 2] = ['E', 'W'];

fn latitude(v: &Value) -> String {
    v.as_f64().map_or_else(String::new, |d| print::position(d, LATITUDE))
}

fn longitude(v: &Value) -> String {
    v.as_f64().map_or_else(String::new, |d| print::position(d, LONGITUDE))
}

fn degrees_print(hemispheres: [char; 2]) -> Print {
    Print::With(if hemispheres == LATITUDE { latitude } else { longitude })
}

/// Exif's degrees, without a sign, and the hemisphere beside them.
fn signed(t: &Index, degrees: Input, reference: Input, hemispheres: [char; 2]) -> Derived {
    let value = sole(t.value_in("GPS", degrees)?)?;
    let reference = t.text_in("GPS", reference)?;
    let minus = reference.trim_start().to_ascii_uppercase().starts_with(hemispheres[1]);
    Some((Value::Float(if minus { -value } else { value }), degrees_print(hemispheres)))
}

/// XMP's degrees carry their hemisphere: the tag that Exif has for it.
fn xmp_ref(t: &Index, degrees: Input, labels: [&'static str; 2]) -> Derived {
    let value = sole(t.value_in("xmp", degrees)?)?;
    let label = labels[usize::from(value < 0.0)];
    Some((label.get(..1)?.into(), label.into()))
}

/// One number of QuickTime's `latitude longitude altitude`.
fn coordinate(t: &Index, input: Input, at: usize) -> Derived {
    let values = numbers(t.value_in("quicktime", input)?);
    let value = *values.get(at)?;
    Some(match at {
        0 => (Value::Float(value), Print::With(latitude)),
        1 => (Value::Float(value), Print::With(longitude)),
        _ => above_sea(value),
    })
}

fn coordinates_ref(t: &Index) -> Derived {
    let values = numbers(t.value_in("quicktime", GPSCoordinates)?);
    Some(sea_level(*values.get(2)?))
}

/// QuickTime's altitude without its sign, which goes into the reference.
fn above_sea(metres: f64) -> (Value, Print) {
    (Value::Float(metres.abs()), Print::With(|v| format!("{v} m")))
}

fn sea_level(metres: f64) -> (Value, Print) {
    let below = metres < 0.0;
    (i64::from(below).into(), if below { "Below Sea Level" } else { "Above Sea Level" }.into())
}

/// One number of 3GPP's location (`… Lat=12.5 Lon=-7.25 Alt=…`), which counts before QuickTime's own.
fn information(t: &Index, key: &str) -> Option<f64> {
    let text = t.text_in("quicktime", LocationInformation)?;
    let (_, rest) = text.split_once(key)?;
    crate::metadata::leading_number(rest)
}

fn information_angle(t: &Index, key: &str, hemispheres: [char; 2]) -> Derived {
    Some((Value::Float(information(t, key)?), degrees_print(hemispheres)))
}

fn position(t: &Index) -> Derived {
    let (latitude, longitude) = (t.sole(GPSLatitude)?, t.sole(GPSLongitude)?);
    let value = Value::Array(vec![Value::Float(latitude), Value::Float(longitude)]);
    Some((value, Print::With(position_print)))
}

fn position_print(v: &Value) -> String {
    match v.elements() {
        [a, b] => format!("{}, {}", latitude(a), longitude(b)),
        _ => String::new(),
    }
}

/// Exif's altitude with its reference, else XMP's: both must be there.
fn altitude(t: &Index) -> Derived {
    let of = |group| Some((sole(t.value_in(group, GPSAltitude)?)?, t.value_in(group, GPSAltitudeRef)?.as_f64()?));
    let (metres_above, reference) = of("GPS").or_else(|| of("xmp"))?;
    let below = reference == 1.0 || reference == 3.0;
    Some((Value::Float(if below { -metres_above } else { metres_above }), Print::With(metres)))
}

/// Metres, cut to one decimal.
fn metres(v: &Value) -> String {
    let Some(m) = v.as_f64() else { return v.to_string() };
    let cut = Value::Float((m.abs() * 10.0).trunc() / 10.0);
    format!("{cut} m {} Sea Level", if m < 0.0 { "Below" } else { "Above" })
}

/// The satellites' date and time: UTC.
fn date_time(t: &Index) -> Derived {
    let (date, time) = (t.text_in("GPS", GPSDateStamp)?, t.text_in("GPS", GPSTimeStamp)?);
    Some((format!("{date} {time}Z").into(), Print::Plain))
}
