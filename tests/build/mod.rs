//! Builders of small sample files.
//!
//! `samples` puts together the files of `tests/samples` from `picture` (what is seen), `standards` (what is said) and `tiff` (their common
//! structure). The smallest files of all are here.

pub mod picture;
pub mod samples;
pub mod standards;
pub mod tiff;

/// What stands in the text slots of a built file: something nice to read, or a marker that is unique to the slot.
#[derive(Default)]
pub struct Slots {
    /// The file that is built now.
    pub file: &'static str,
    /// Markers planted so far: file, slot, marker.
    pub planted: Option<Vec<(&'static str, String, String)>>,
}

impl Slots {
    /// Plants markers.
    pub fn marked() -> Self {
        Slots { file: "", planted: Some(Vec::new()) }
    }

    pub fn text(&mut self, slot: &str, nice: &str) -> String {
        let Some(planted) = &mut self.planted else { return nice.into() };
        let marker = format!("MARK{:04}ER", planted.len());
        planted.push((self.file, slot.into(), marker.clone()));
        marker
    }
}

/// An Exif block of a few tags in IFD0, big-endian.
pub fn exif(make: &str, orientation: u16) -> Vec<u8> {
    let make: Vec<u8> = make.bytes().chain([0]).collect();
    assert!(make.len() > 4, "a value that does not fit into the entry itself");
    let mut block = b"MM\0*\0\0\0\x08\0\x02".to_vec();
    let values_at = 8 + 2 + 2 * 12 + 4;
    entry(&mut block, 0x010f, 2, make.len() as u32, &u32::to_be_bytes(values_at));
    entry(&mut block, 0x0112, 3, 1, &[(orientation >> 8) as u8, orientation as u8, 0, 0]);
    block.extend([0; 4]);
    block.extend(make);
    block
}

fn entry(block: &mut Vec<u8>, tag: u16, format: u16, count: u32, value: &[u8; 4]) {
    block.extend(tag.to_be_bytes());
    block.extend(format.to_be_bytes());
    block.extend(count.to_be_bytes());
    block.extend(value);
}

/// A JPEG of one grey block of 8 × 8 pixels, with these segments (marker, payload) behind its beginning.
pub fn jpeg(segments: &[(u8, &[u8])]) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8];
    let mut add = |marker: u8, payload: &[u8]| {
        file.extend([0xff, marker]);
        file.extend((payload.len() as u16 + 2).to_be_bytes());
        file.extend(payload);
    };
    segments.iter().for_each(|(marker, payload)| add(*marker, payload));
    let mut quantization = vec![0];
    quantization.extend([1; 64]);
    add(0xdb, &quantization);
    add(0xc0, &[8, 0, 8, 0, 8, 1, 1, 0x11, 0]);
    // One code of one bit in either table: a difference of no bits, an end of block.
    for class in [0x00, 0x10] {
        let mut table = vec![class, 1];
        table.extend([0; 15]);
        table.push(0);
        add(0xc4, &table);
    }
    add(0xda, &[1, 1, 0, 0, 63, 0]);
    file.extend([0x3f, 0xff, 0xd9]);
    file
}

/// A JPEG with Exif (a make, an orientation) and a comment.
pub fn photo() -> Vec<u8> {
    jpeg(&[(0xe1, &[b"Exif\0\0", exif("Makers & Co", 6).as_slice()].concat()), (0xfe, b"made by a test")])
}

/// A JPEG without metadata.
pub fn clean() -> Vec<u8> {
    jpeg(&[])
}
