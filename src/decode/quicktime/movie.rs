//! Headers of movies, tracks and media (ISO/IEC 14496-12, 8.2–8.5; QTFF, "Movie Atoms").

use super::{Body, language, time};
use crate::{
    decode::Sink,
    metadata::{Print, Tag, Value},
    table,
    tags::{Format, Table},
};

/// Decodes the boxes that describe the movie as a whole or a track.
pub fn decode(body: &Body, sink: &mut Sink) {
    let done = match &body.id.name {
        b"ftyp" => file_type(body, sink),
        b"mvhd" => movie_header(body, sink),
        b"tkhd" => track_header(body, sink),
        b"mdhd" => media_header(body, sink),
        b"hdlr" => handler(body, sink),
        b"stts" => frame_rate(body, sink),
        b"clef" | b"prof" | b"enof" => aperture(body, sink),
        b"mfhd" => fragment(body, sink),
        b"vmhd" => packed(body, table!("QuickTime::VideoHeader"), sink),
        b"smhd" => packed(body, table!("QuickTime::AudioHeader"), sink),
        b"hmhd" => packed(body, table!("QuickTime::HintHeader"), sink),
        b"gmin" => packed(body, table!("QuickTime::GenMediaInfo"), sink),
        b"tcmi" => timecode(body, sink),
        _ => Some(()),
    };
    // Whatever was there before the end has been shown.
    if done.is_none() {
        sink.warn("the box ends too early");
    }
}

/// A box that is a packed table.
fn packed(body: &Body, table: Option<&'static Table>, sink: &mut Sink) -> Option<()> {
    body.packed(table, 0, sink);
    Some(())
}

/// `mfhd`: the number of a fragment.
fn fragment(body: &Body, sink: &mut Sink) -> Option<()> {
    sink.tag(&body.group, "MovieFragmentSequence", body.u32(4)?);
    Some(())
}

/// `ftyp`: brands.
fn file_type(body: &Body, sink: &mut Sink) -> Option<()> {
    // Brands are ASCII; what is not prints as a question mark.
    let brand = |b: &[u8]| Value::from(b.iter().map(|&c| if c.is_ascii() { char::from(c) } else { '?' }).collect::<String>());
    body.emit(table!("QuickTime::FileType"), 0, brand(body.bytes.get(..4)?), sink);
    let v = body.u32(4)?;
    sink.tag(&body.group, "MinorVersion", format!("{:x}.{:x}.{:x}", v >> 16, v >> 8 & 255, v & 255));
    let brands: Vec<Value> = body.bytes.get(8..)?.chunks_exact(4).filter(|b| !b.contains(&0)).take(256).map(brand).collect();
    if !brands.is_empty() {
        sink.tag(&body.group, "CompatibleBrands", Value::List(brands));
    }
    Some(())
}

/// Fields one after the other; version 1 has wide dates and durations.
struct Fields<'a, 'b> {
    body: &'a Body<'b>,
    at: usize,
    wide: bool,
}

impl<'a, 'b> Fields<'a, 'b> {
    /// From behind version and flags on.
    fn new(body: &'a Body<'b>) -> Option<Self> {
        Some(Fields { body, at: 4, wide: body.u8(0)? != 0 })
    }

    fn time(&mut self) -> Option<u64> {
        let value = if self.wide { self.body.u64(self.at)? } else { self.body.u32(self.at)?.into() };
        self.at += if self.wide { 8 } else { 4 };
        Some(value)
    }
    fn u32(&mut self) -> Option<u32> {
        let value = self.body.u32(self.at)?;
        self.at += 4;
        Some(value)
    }
    fn u16(&mut self) -> Option<u16> {
        let value = self.body.u16(self.at)?;
        self.at += 2;
        Some(value)
    }

    /// Nine fixed-point numbers; the last of each row has 30 bits behind the point, the others 16.
    fn matrix(&mut self) -> Option<Value> {
        let numbers: Option<Vec<Value>> = (0..9)
            .map(|i| {
                let number = f64::from(self.u32()? as i32) / 65536.0;
                let rounded = (number * 1e5).round() / 1e5;
                Some(Value::Float(if i % 3 == 2 { rounded / 16384.0 } else { rounded }))
            })
            .collect();
        numbers.map(Value::Array)
    }
}

fn date(name: &'static str, seconds: u64, body: &Body, sink: &mut Sink) {
    let mut value = time::date(seconds);
    // Canon's raw files count in UTC, and say so.
    if sink.facts.file_type == "CR3" {
        value = format!("{value}+00:00").into();
    }
    sink.tag(&body.group, name, value);
}

fn duration(name: &'static str, units: u64, scale: u32, body: &Body, sink: &mut Sink) {
    let (value, print) = time::duration(units, scale);
    sink.push(Tag::new(body.group.clone(), name, value).print(print));
}

fn volume(name: &'static str, value: u16, body: &Body, sink: &mut Sink) {
    let percent = |v: &Value| format!("{:.2}%", v.as_f64().unwrap_or(0.0) * 100.0);
    sink.printed(&body.group, name, Value::Float(f64::from(value) / 256.0), Print::With(percent));
}

fn movie_header(body: &Body, sink: &mut Sink) -> Option<()> {
    let mut f = Fields::new(body)?;
    sink.tag(&body.group, "MovieHeaderVersion", body.u8(0)?);
    date("CreateDate", f.time()?, body, sink);
    date("ModifyDate", f.time()?, body, sink);
    let scale = f.u32()?;
    sink.facts.movie.scale = scale;
    sink.tag(&body.group, "TimeScale", scale);
    duration("Duration", f.time()?, scale, body, sink);
    sink.tag(&body.group, "PreferredRate", Value::Float(f64::from(f.u32()?) / 65536.0));
    volume("PreferredVolume", f.u16()?, body, sink);
    f.at += 10;
    let matrix = f.matrix()?;
    sink.tag(&body.group, "MatrixStructure", matrix);
    for name in ["PreviewTime", "PreviewDuration", "PosterTime", "SelectionTime", "SelectionDuration", "CurrentTime"] {
        duration(name, f.u32()?.into(), scale, body, sink);
    }
    sink.tag(&body.group, "NextTrackID", f.u32()?);
    Some(())
}

fn track_header(body: &Body, sink: &mut Sink) -> Option<()> {
    // A new track: nothing is known of its media yet.
    sink.facts.movie.media_scale = 0;
    sink.facts.movie.handler = [0; 4];
    let mut f = Fields::new(body)?;
    sink.tag(&body.group, "TrackHeaderVersion", body.u8(0)?);
    date("TrackCreateDate", f.time()?, body, sink);
    date("TrackModifyDate", f.time()?, body, sink);
    sink.tag(&body.group, "TrackID", f.u32()?);
    f.at += 4;
    duration("TrackDuration", f.time()?, sink.facts.movie.scale, body, sink);
    f.at += 8;
    sink.tag(&body.group, "TrackLayer", f.u16()?);
    f.at += 2;
    volume("TrackVolume", f.u16()?, body, sink);
    f.at += 2;
    let matrix = f.matrix()?;
    sink.tag(&body.group, "MatrixStructure", matrix);
    for name in ["ImageWidth", "ImageHeight"] {
        // A fixed-point number that some writers store as a whole one.
        let size = f.u32()?;
        let size = if size & 0xfff0_0000 != 0 { size >> 16 } else { size };
        if size != 0 {
            sink.tag(&body.group, name, size);
        }
    }
    Some(())
}

fn media_header(body: &Body, sink: &mut Sink) -> Option<()> {
    let mut f = Fields::new(body)?;
    sink.tag(&body.group, "MediaHeaderVersion", body.u32(0)?);
    date("MediaCreateDate", f.time()?, body, sink);
    date("MediaModifyDate", f.time()?, body, sink);
    let scale = f.u32()?;
    sink.facts.movie.media_scale = scale;
    sink.tag(&body.group, "MediaTimeScale", scale);
    duration("MediaDuration", f.time()?, scale, body, sink);
    match f.u16()? {
        0 => {}
        code => {
            let name = language::language(code).map_or_else(|| format!("Unknown ({code})").into(), Print::from);
            // With `-n` a packed code shows its letters, too.
            let value = if code >= 0x400 && code != 0x7fff { language::language(code).map(Value::from) } else { None };
            sink.printed(&body.group, "MediaLanguageCode", value.unwrap_or_else(|| code.into()), name);
        }
    }
    Some(())
}

/// `hdlr`: what the media are. Its description is a Pascal string in QuickTime, a C string in ISO files.
fn handler(body: &Body, sink: &mut Sink) -> Option<()> {
    let table = table!("QuickTime::Handler");
    let code = |at: usize| body.bytes.get(at..at + 4).map(|b| Value::from(b.iter().map(|&c| char::from(c)).collect::<String>()));
    let shown = |at: usize| body.u32(at).is_some_and(|n| n != 0);
    if shown(4) {
        body.emit(table, 4, code(4)?, sink);
    }
    let handler = super::array::<4>(body.bytes, 8)?;
    // The data handler of a track in this file says nothing of the media.
    if &handler != b"alis" {
        body.emit(table, 8, code(8)?, sink);
    }
    if &body.id.parent == b"mdia" {
        sink.facts.movie.handler = handler;
    }
    if shown(12) {
        body.emit(table, 12, code(12)?, sink);
    }
    let text = body.bytes.get(24..).unwrap_or_default();
    let text = match text.split_first() {
        Some((&length, rest)) if usize::from(length) == rest.len() || (length > 0 && length < 32) => {
            rest.get(..usize::from(length)).unwrap_or(rest)
        }
        _ => text,
    };
    let text = super::text(text);
    if !text.is_empty() {
        sink.tag(&body.group, "HandlerDescription", text);
    }
    Some(())
}

/// `stts` of a video track: how many samples there are in how much time.
fn frame_rate(body: &Body, sink: &mut Sink) -> Option<()> {
    let movie = &sink.facts.movie;
    if &movie.handler != b"vide" || movie.media_scale == 0 {
        return Some(());
    }
    let scale = f64::from(movie.media_scale);
    let entries = usize::try_from(body.u32(4)?).ok()?;
    let (mut samples, mut units) = (0f64, 0f64);
    for entry in body.bytes.get(8..)?.chunks_exact(8).take(entries) {
        let [count, delta] = [0, 4].map(|at| super::array(entry, at).map_or(0.0, |b| f64::from(u32::from_be_bytes(b))));
        samples += count;
        units += count * delta;
    }
    if units > 0.0 {
        let rate = samples * scale / units;
        let print = |v: &Value| crate::metadata::significant((v.as_f64().unwrap_or(0.0) * 1000.0 + 0.5).floor() / 1000.0, 15);
        sink.printed(&body.group, "VideoFrameRate", Value::Float(rate), Print::With(print));
    }
    Some(())
}

/// `tapt`: widths and heights as fixed-point numbers.
fn aperture(body: &Body, sink: &mut Sink) -> Option<()> {
    let name = match &body.id.name {
        b"clef" => "CleanApertureDimensions",
        b"prof" => "ProductionApertureDimensions",
        _ => "EncodedPixelsDimensions",
    };
    let Some(value @ Value::Array(_)) = Format::Fixed32u.read(body.bytes.get(4..)?, 2, crate::tags::ByteOrder::Big) else {
        return None;
    };
    let print = value.to_string().replace(' ', "x");
    sink.printed(&body.group, name, value, print);
    Some(())
}

/// `tcmi`: how a time code is drawn (QTFF, "Timecode Media Information Atom").
fn timecode(body: &Body, sink: &mut Sink) -> Option<()> {
    body.packed(table!("QuickTime::TCMediaInfo"), 0, sink);
    let length = usize::from(body.u8(24)?);
    let font = super::text(body.bytes.get(25..)?.get(..length)?);
    sink.tag(&body.group, "FontName", font);
    Some(())
}

/// `tref`: numbers of other tracks.
pub fn reference(body: &Body, sink: &mut Sink) {
    let name = match &body.id.name {
        b"cdsc" => "ContentDescribes",
        b"chap" => "ChapterListTrackID",
        b"mpod" => "ElementaryStreamTrack",
        b"tmcd" => "TimeCode",
        _ => return,
    };
    let Some(value) = Format::Int32u.read(body.bytes, 256, crate::tags::ByteOrder::Big) else { return };
    let print = if name == "ContentDescribes" { format!("Track {value}").into() } else { Print::Plain };
    sink.printed(&body.group, name, value, print);
}
