//! Which lens: names by the numbers that cameras store, told apart by what the picture was taken with.

use super::{
    Derived, Index, Row,
    index::as_text,
    inputs::Input::{self, *},
    low, row,
};
use crate::{
    metadata::Value,
    tags::{self, Labels},
};
use std::fmt::Write;

pub(super) const ROWS: &[Row] = &[
    row("LensSpec", &[Lens, LensType], nikon_spec),
    row("LensID", &[LensIDNumber, LensFStops, MCUVersion, LensType], nikon_id),
    low("LensID", &[LensType], by_type),
    low("LensID", &[LensID, Make], by_xmp),
    low("LensID", &[], by_model),
];

/// Nikon: what the lens is marked with.
fn nikon_spec(t: &Index) -> Derived {
    let (lens, kind) = (t.tag_in("Nikon", Lens)?, t.tag_in("Nikon", LensType)?);
    let value = format!("{} {}", lens.value, kind.value);
    Some((value.into(), format!("{} {}", lens.printed(), kind.printed()).trim_end().to_owned().into()))
}

fn nikon_labels() -> Option<Labels> {
    tags::labels("Composite", "NikonLensID")
}

/// Nikon: the lens data's bytes, back from their values, name the lens.
fn nikon_id(t: &Index) -> Derived {
    let number = |i| t.value_in("Nikon", i)?.as_f64().filter(|n| n.is_finite());
    let byte = |n: f64| n.round().clamp(0.0, 255.0) as u8;
    // Focal lengths count 24ths of an octave from 5 mm, apertures 24ths of an octave from f/1, f-stops twelfths.
    let octaves = |i, unit: f64| Some(byte(24.0 * (number(i)? / unit).max(1e-9).log2()));
    let id = [
        byte(number(LensIDNumber)?),
        byte(number(LensFStops)? * 12.0),
        octaves(MinFocalLength, 5.0)?,
        octaves(MaxFocalLength, 5.0)?,
        octaves(MaxApertureAtMinFocal, 1.0)?,
        octaves(MaxApertureAtMaxFocal, 1.0)?,
        byte(number(MCUVersion)?),
        byte(number(LensType)?),
    ];
    let key = hex(id);
    let print = match nikon_labels().and_then(|l| named(t, l, &key, "Nikon")) {
        Some(name) => name,
        None => format!("Unknown ({key})"),
    };
    Some((key.into(), print.into()))
}

fn hex(bytes: [u8; 8]) -> String {
    let mut text = String::with_capacity(23);
    for (i, byte) in bytes.iter().enumerate() {
        let _ = write!(text, "{}{byte:02X}", if i > 0 { " " } else { "" });
    }
    text
}

/// Where makers' lens labels are: the group of `LensType`, prefix and name of the labels.
const LABELS: [(&str, &str, &str); 7] = [
    ("Canon", "Canon", "CanonLensType"),
    ("Pentax", "Pentax", "PentaxLensType"),
    ("Sony", "Sony", "Lenses"),
    ("Sony2", "Sony", "LensesE"),
    ("Minolta", "Minolta", "Lenses"),
    ("Sigma", "Sigma", "SigmaLensType"),
    ("Samsung", "Samsung", "SamsungLensType"),
];

fn labels_of(group: &str) -> Option<Labels> {
    let (_, prefix, name) = LABELS.iter().find(|(g, ..)| *g == group)?;
    tags::labels(prefix, name)
}

/// The maker's lens type; where one number stands for several lenses, those that fit.
fn by_type(t: &Index) -> Derived {
    let tag = t.tag(LensType).filter(|tag| tag.group.place != "Nikon")?;
    let place = tag.group.place.as_str();
    let printed = tag.printed();
    let value = tag.value.clone();
    let range = || {
        let (short, long) = (t.number(MinFocalLength)?, t.number(MaxFocalLength)?);
        let (short, long) = (short.trunc(), long.trunc());
        Some(if short == long { format!("{short}mm") } else { format!("{short}-{long}mm") })
    };
    let print = if printed == "n/a" && place == "Canon" {
        range().map_or_else(|| printed.clone().into_owned(), |r| format!("Unknown {r}"))
    } else if printed.starts_with("Unknown (") {
        range().map_or_else(|| printed.clone().into_owned(), |r| format!("{printed} {r}"))
    } else if place == "Sony" && !t.has(LensType2) && value.as_i64() == Some(65535) {
        // Any lens of an E mount.
        let names =
            labels_of("Sony2").map(|l| l.lines().map(|(_, name)| name.split(" or ").next().unwrap_or(name)).collect::<Vec<_>>());
        let found = names.map(|names| fitting(t, &names, place)).filter(|f| !f.is_empty());
        found.map_or_else(|| printed.clone().into_owned(), |f| f.join(" or "))
    } else if place == "Sony" && t.has(LensType2) && value.as_i64() == Some(65535) {
        // An E mount: the lens is in the second type.
        let second = t.tag(LensType2)?;
        let labels = labels_of("Sony2").and_then(|l| named(t, l, &second.value.to_string(), "Sony"));
        labels.unwrap_or_else(|| second.printed().into_owned())
    } else {
        labels_of(place).and_then(|l| named(t, l, &value.to_string(), place)).unwrap_or_else(|| printed.clone().into_owned())
    };
    Some((value, print.into()))
}

/// Adobe's copy of the maker's number.
fn by_xmp(t: &Index) -> Derived {
    let id = t.value_in("XMP-aux", LensID)?;
    let make = t.text(Make)?.to_ascii_uppercase();
    let range = || {
        let info = t.numbers(LensInfo)?;
        let (short, long) = (*info.first()?, *info.get(1)?);
        Some(if short == long { format!(" {short}mm") } else { format!(" {short}-{long}mm") })
    };
    let (labels, key, place) = if make.starts_with("NIKON") {
        let number: i64 = match id {
            Value::Int(n) => *n,
            other => other.as_str()?.trim().parse().ok()?,
        };
        (nikon_labels(), hex(number.to_be_bytes()), "Nikon")
    } else {
        let (place, ..) = LABELS.iter().find(|(g, ..)| make.starts_with(&g.to_ascii_uppercase()))?;
        (labels_of(place), id.to_string(), *place)
    };
    let print = match labels.and_then(|l| named(t, l, &key, place)) {
        Some(name) => name,
        None => format!("Unknown ({key}){}", range().unwrap_or_default()),
    };
    Some((id.clone(), print.into()))
}

/// What Exif or Adobe wrote, spelled like the rest: `18-55mm f/3.5`.
fn by_model(t: &Index) -> Derived {
    if t.has(LensType) || t.tag_in("Composite", LensID).is_some() {
        return None;
    }
    // A thermal camera's is no photographic lens.
    let model = t.tag(LensModel).filter(|m| m.group.place != "FLIR").map(|m| as_text(&m.value));
    let model =
        model.filter(|m| names_focal_length(m)).or_else(|| t.text_in("XMP-aux", Lens).filter(|m| names_focal_length(m)))?;
    let print = spelled(&model);
    Some((model.into(), print.into()))
}

/// Only such a model tells the lens: `… 50mm …`, or `… 50/F…` as Minolta wrote it.
fn names_focal_length(model: &str) -> bool {
    model.contains("mm") || after_digit(model, "/F").is_some()
}

/// Where `mark` stands behind a digit for the first time.
fn after_digit(text: &str, mark: &str) -> Option<usize> {
    text.match_indices(mark).map(|(at, _)| at).find(|at| text[..*at].ends_with(|c: char| c.is_ascii_digit()))
}

/// The first focal length as the labels of makers' lenses have it: `50mm F2`.
fn spelled(model: &str) -> String {
    let mut name = model.to_owned();
    if let Some(at) = after_digit(&name, "/F") {
        name.replace_range(at..=at, "mm ");
    }
    name = name.replacen("mmF", "mm F", 1);
    if let Some(at) = after_digit(&name, " mm") {
        name.remove(at);
    }
    name.replacen(" - ", "-", 1)
}

/// The name of a number: of several those that fit, joined by `or`.
fn named(t: &Index, labels: Labels, key: &str, place: &str) -> Option<String> {
    let first = labels.text(key).or_else(|| labels.number(key.parse().ok()?))?;
    let more = labels.starting(&format!("{key}.")).map(|(_, name)| name);
    let mut names: Vec<&'static str> = more.take(200).collect();
    if names.is_empty() {
        return Some(first.to_owned());
    }
    // The first stands for itself before ` or Sigma Lens`.
    names.insert(0, first.split(" or ").next().unwrap_or(first));
    let fitting = fitting(t, &names, place);
    match fitting.len() {
        0 => Some(first.to_owned()),
        _ => Some(fitting.join(" or ")),
    }
}

/// Those of the lenses that the picture can have been taken with.
fn fitting(t: &Index, names: &[&'static str], place: &str) -> Vec<String> {
    let maker = |i: Input| t.value_in(place, i).and_then(Value::as_f64).filter(|n| *n > 0.0);
    let lenses: Vec<(&str, Optics)> = names.iter().filter_map(|n| Some((*n, Optics::of(n)?))).collect();
    let focal = t.positive(FocalLength);
    let aperture = t.positive(MaxAperture).or_else(|| t.positive(MaxApertureValue));
    // How far the lens's widest aperture is from the one that the camera saw.
    let off = |lens: &Optics, factor: f64| match (aperture, focal) {
        (Some(a), Some(f)) => (lens.aperture_at(f / factor) * factor - a).abs(),
        _ => 0.0,
    };
    let range = if place == "Canon" { maker(MinFocalLength).zip(maker(MaxFocalLength)) } else { None };
    let found = match range {
        Some((min, max)) => {
            let same = |a: f64, b: f64| (a - b).abs() <= 0.5;
            let whole = |lens: &Optics, by: f64| same(lens.short * by, min) && same(lens.long * by, max);
            // With a prime lens some cameras name a range.
            let start = |lens: &Optics, by: f64| lens.short == lens.long && same(lens.short * by, min);
            CONVERTERS
                .iter()
                .map(|(by, suffix)| closest(&lenses, suffix, f64::MAX, |l| whole(l, *by).then(|| off(l, *by))))
                .chain(
                    CONVERTERS
                        .iter()
                        .map(|(by, suffix)| closest(&lenses, suffix, f64::MAX, |l| start(l, *by).then(|| off(l, *by)))),
                )
                .find(|found| !found.is_empty())
                .unwrap_or_default()
        }
        None => closest(&lenses, "", 0.4, |l| focal.is_none_or(|f| l.short - 0.5 <= f && f <= l.long + 0.5).then(|| off(l, 1.0))),
    };
    by_mark(t, found)
}

/// What goes between the lens and a Canon camera multiplies focal length and f-number.
const CONVERTERS: [(f64, &str); 3] = [(1.0, ""), (1.4, " + 1.4x"), (2.0, " + 2x")];

/// Those whose aperture is about right, else those where it is less than `limit` off.
fn closest(lenses: &[(&str, Optics)], suffix: &str, limit: f64, off: impl Fn(&Optics) -> Option<f64>) -> Vec<String> {
    let fits: Vec<(&str, f64)> = lenses.iter().filter_map(|(name, lens)| Some((*name, off(lens)?))).collect();
    let within = |limit: f64| -> Vec<String> {
        fits.iter().filter(|(_, off)| *off < limit).map(|(name, _)| format!("{name}{suffix}")).collect()
    };
    [0.16, 0.4, limit].into_iter().map(within).find(|found| !found.is_empty()).unwrap_or_default()
}

/// Of several lenses those whose name ends in what is written on the lens.
fn by_mark(t: &Index, found: Vec<String>) -> Vec<String> {
    let mark = t.printed(LensSpec).filter(|m| m.contains("mm")).unwrap_or_default();
    let mark = mark.trim();
    if found.len() < 2 || mark.len() < 5 {
        return found;
    }
    let fits = |name: &&String| {
        name.find(mark)
            .is_some_and(|at| matches!(name.get(at + mark.len()..), Some(rest) if rest.is_empty() || rest.starts_with(" (")))
    };
    let marked: Vec<String> = found.iter().filter(fits).cloned().collect();
    if marked.is_empty() { found } else { marked }
}

/// What a lens's name says of it.
#[derive(Debug, PartialEq)]
struct Optics {
    short: f64,
    long: f64,
    widest_short: f64,
    widest_long: f64,
}

impl Optics {
    /// From `… 28-135mm f/3.5-5.6 …`; the aperture may be missing.
    fn of(name: &str) -> Option<Self> {
        let (at, _) = name.match_indices("mm").find(|(at, _)| name[..*at].ends_with(|c: char| c.is_ascii_digit()))?;
        let start = name[..at].rfind(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).map_or(0, |i| i + 1);
        let (short, long) = span(name.get(start..at)?)?;
        let rest = name.get(at + 2..)?;
        let aperture = rest.match_indices(['F', 'f']).find_map(|(i, _)| {
            let number = rest.get(i + 1..)?;
            let number = number.strip_prefix('/').unwrap_or(number);
            let end = number.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(number.len());
            span(number.get(..end)?)
        });
        let (widest_short, widest_long) = aperture.unwrap_or((0.0, 0.0));
        Some(Optics { short, long, widest_short, widest_long })
    }

    /// The widest aperture at a focal length: between the ends it grows with the focal length's logarithm.
    fn aperture_at(&self, focal: f64) -> f64 {
        if self.short == self.long || focal <= self.short || self.widest_short <= 0.0 {
            return self.widest_short;
        }
        if focal >= self.long {
            return self.widest_long;
        }
        let part = (focal / self.short).ln() / (self.long / self.short).ln();
        self.widest_short * ((self.widest_long / self.widest_short).ln() * part).exp()
    }
}

/// `28-135` or `50`.
fn span(text: &str) -> Option<(f64, f64)> {
    let text = text.trim_matches(['-', '.']);
    let (a, b) = text.split_once('-').unwrap_or((text, text));
    let (a, b): (f64, f64) = (a.parse().ok()?, b.parse().ok()?);
    (a > 0.0 && b >= a).then_some((a, b))
}
