//! FLIR thermal images: an FFF file (a directory of records) over several APP1 segments.

use crate::{
    decode::Sink,
    metadata::{Blob, Group, Value},
    table,
    tags::{
        self,
        ByteOrder::{self, Big, Little},
        Table,
        format::text,
        print,
    },
};

const FLIR: Group = Group::new("app1", "FLIR");
const MAX_RECORDS: usize = 200;

/// Bytes from the `FFF` header on.
pub fn decode(fff: &[u8], sink: &mut Sink) {
    // The version tells the byte order: it is around 100.
    let order = match Big.u32(fff, 0x14) {
        Some(100..200) => Big,
        _ => Little,
    };
    let creator = text(fff.get(4..20).unwrap_or_default());
    sink.tag(&FLIR, "CreatorSoftware", creator);
    let (Some(offset), Some(count)) = (order.u32(fff, 0x18), order.u32(fff, 0x1c)) else { return };
    let directory = fff.get(offset as usize..).unwrap_or_default();
    for entry in directory.chunks_exact(32).take((count as usize).min(MAX_RECORDS)) {
        let (Some(kind), Some(from), Some(len)) = (order.u16(entry, 0), order.u32(entry, 12), order.u32(entry, 16)) else {
            continue;
        };
        if kind == 0 {
            continue;
        }
        match (from as usize).checked_add(len as usize).and_then(|end| fff.get(from as usize..end)) {
            Some(record) => self::record(kind, record, sink),
            None => sink.warn("a FLIR record is cut off"),
        }
    }
}

fn record(kind: u16, record: &[u8], sink: &mut Sink) {
    match kind {
        0x01 => image(record, 0, "RawThermalImage", sink),
        0x05 => image(record, 0, "GainDeadMapImage", sink),
        0x06 => image(record, 0, "CoarseMapImage", sink),
        0x0e => image(record, 0, "EmbeddedImage", sink),
        0x28 => image(record, 8, "PaintImage", sink),
        0x20 => camera(record, sink),
        0x22 => palette(record, sink),
        0x24 => sink.tag(&FLIR, "EmbeddedAudioFile", Value::Binary(Blob::Bytes(record.to_vec()))),
        0x2a => packed(table!("JPEG::FlirPiP"), record, Little, sink),
        0x2b => position(record, sink),
        0x2c => packed(table!("JPEG::FlirMeterLink"), record, Little, sink),
        _ => {}
    }
}

fn packed(table: Option<&'static Table>, record: &[u8], order: ByteOrder, sink: &mut Sink) {
    if let Some(table) = table {
        tags::packed(table, record, order, sink);
    }
}

/// A record's first word is 2 in the record's own byte order.
fn order_of(record: &[u8], at: usize) -> ByteOrder {
    if Little.u16(record, at).is_some_and(|n| n < 256) { Little } else { Big }
}

/// A picture: byte order, width and height, at 32 the picture itself.
fn image(record: &[u8], skip: usize, name: &'static str, sink: &mut Sink) {
    let order = order_of(record, if skip > 0 { 2 } else { 0 });
    let Some(data) = record.get(32 + skip..) else { return };
    let kind = match data {
        [0x89, b'P', b'N', b'G', ..] => "PNG",
        [0xff, 0xd8, 0xff, ..] => "JPG",
        _ if name == "EmbeddedImage" => "DAT",
        _ => "TIFF",
    };
    for (at, suffix) in [(2 + skip, "Width"), (4 + skip, "Height")] {
        if let Some(n) = order.u16(record, at) {
            sink.tag(&FLIR, format!("{name}{suffix}"), n);
        }
    }
    sink.tag(&FLIR, format!("{name}Type"), kind);
    sink.tag(&FLIR, name, Value::Binary(Blob::Bytes(data.to_vec())));
}

fn camera(record: &[u8], sink: &mut Sink) {
    let order = order_of(record, 0);
    packed(table!("JPEG::FlirCamera"), record, order, sink);
    // Seconds since 1970 in UTC, milliseconds, minutes west of Greenwich.
    if let (Some(seconds), Some(millis), Some(zone)) = (order.u32(record, 900), order.u16(record, 904), order.i16(record, 908)) {
        let minutes = -i64::from(zone);
        let local = print::date_time(i64::from(seconds) + minutes * 60);
        let sign = if minutes < 0 { '-' } else { '+' };
        let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
        sink.tag(&FLIR, "DateTimeOriginal", format!("{local}.{millis:03}{sign}{hours:02}:{rest:02}"));
    }
    // Wien's displacement for the sensor: B is the second radiation constant by the wavelength.
    if let Some(b) = order.u32(record, 92).map(f32::from_bits).filter(|b| *b > 0.0) {
        let micrometres = 14387.6515 / f64::from(b);
        sink.printed(&FLIR, "PeakSpectralSensitivity", micrometres, format!("{micrometres:.1} um"));
    }
}

fn position(record: &[u8], sink: &mut Sink) {
    packed(table!("JPEG::FlirGPS"), record, Little, sink);
    for (at, name, hemispheres) in [(16, "GPSLatitude", ['N', 'S']), (24, "GPSLongitude", ['E', 'W'])] {
        let Some(degrees) = Little.u64(record, at).map(f64::from_bits).filter(|d| d.abs() <= 360.0) else { continue };
        sink.printed(&FLIR, name, degrees, print::position(degrees, hemispheres));
    }
}

fn palette(record: &[u8], sink: &mut Sink) {
    packed(table!("JPEG::FlirPalette"), record, Big, sink);
    let colors = usize::from(record.first().copied().unwrap_or(0));
    if let Some(palette) = record.get(112..112 + 3 * colors) {
        sink.tag(&FLIR, "Palette", Value::Binary(Blob::Bytes(palette.to_vec())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn records_are_found_by_the_directory() {
        let mut fff = vec![0; 64];
        fff[..8].copy_from_slice(b"FFF\0unit");
        fff[0x14..0x18].copy_from_slice(&101u32.to_be_bytes());
        fff[0x18..0x1c].copy_from_slice(&64u32.to_be_bytes());
        fff[0x1c..0x20].copy_from_slice(&1u32.to_be_bytes());
        let mut entry = [0; 32];
        entry[1] = 1;
        entry[12..16].copy_from_slice(&96u32.to_be_bytes());
        entry[16..20].copy_from_slice(&40u32.to_be_bytes());
        fff.extend(entry);
        let mut record = [0; 40];
        (record[0], record[2], record[4]) = (2, 80, 60);
        record[32..36].copy_from_slice(b"\x89PNG");
        fff.extend(record);
        let mut sink = Sink::default();
        decode(&fff, &mut sink);
        for (name, want) in [("CreatorSoftware", "unit"), ("RawThermalImageWidth", "80"), ("RawThermalImageType", "PNG")] {
            assert_eq!(sink.metadata.get(name).map(|t| t.printed()).as_deref(), Some(want), "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..1200), kind in 0u16..0x30) {
            decode(&bytes, &mut Sink::default());
            record(kind, &bytes, &mut Sink::default());
        }
    }
}
