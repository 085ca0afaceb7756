//! A writer of TIFF structures (TIFF 6.0, section 2): Exif blocks and TIFF files.

/// The value of an entry.
#[derive(Clone)]
pub enum Field {
    Byte(Vec<u8>),
    Ascii(String),
    Short(Vec<u16>),
    Long(Vec<u32>),
    Rational(Vec<(u32, u32)>),
    Undefined(Vec<u8>),
    /// A directory of its own, referred to by its offset.
    Directory(Directory),
    /// Bytes referred to by their offset: a thumbnail, a strip.
    Elsewhere(Vec<u8>),
}

/// Entries by tag.
pub type Directory = Vec<(u16, Field)>;

/// A chain of directories, big-endian.
pub fn block(chain: &[Directory]) -> Vec<u8> {
    let mut out = b"MM\0*\0\0\0\0".to_vec();
    let mut link = 4;
    for directory in chain {
        let at = position(&mut out);
        out[link..link + 4].copy_from_slice(&at.to_be_bytes());
        link = write(&mut out, directory);
    }
    out
}

/// The offset that comes next; offsets are even.
fn position(out: &mut Vec<u8>) -> u32 {
    out.resize(out.len().next_multiple_of(2), 0);
    out.len() as u32
}

/// Writes a directory; says where its link to the next one is.
fn write(out: &mut Vec<u8>, directory: &Directory) -> usize {
    let mut entries: Vec<_> = directory.iter().collect();
    entries.sort_by_key(|(tag, _)| *tag);
    let start = out.len();
    out.extend((entries.len() as u16).to_be_bytes());
    out.resize(start + 2 + 12 * entries.len() + 4, 0);
    for (i, (tag, field)) in entries.iter().enumerate() {
        let (format, count, bytes) = stored(out, field);
        let mut entry = [tag.to_be_bytes(), format.to_be_bytes()].concat();
        entry.extend((count as u32).to_be_bytes());
        if bytes.len() <= 4 {
            entry.extend(&bytes);
        } else {
            entry.extend(position(out).to_be_bytes());
            out.extend(&bytes);
        }
        entry.resize(12, 0);
        out[start + 2 + 12 * i..][..12].copy_from_slice(&entry);
    }
    start + 2 + 12 * entries.len()
}

/// Format, count and bytes of a value; what it refers to is written.
fn stored(out: &mut Vec<u8>, field: &Field) -> (u16, usize, Vec<u8>) {
    match field {
        Field::Byte(v) => (1, v.len(), v.clone()),
        Field::Ascii(v) => (2, v.len() + 1, [v.as_bytes(), &[0]].concat()),
        Field::Short(v) => (3, v.len(), v.iter().flat_map(|v| v.to_be_bytes()).collect()),
        Field::Long(v) => (4, v.len(), v.iter().flat_map(|v| v.to_be_bytes()).collect()),
        Field::Rational(v) => (5, v.len(), v.iter().flat_map(|(n, d)| [n.to_be_bytes(), d.to_be_bytes()].concat()).collect()),
        Field::Undefined(v) => (7, v.len(), v.clone()),
        Field::Directory(d) => {
            let at = position(out);
            write(out, d);
            (4, 1, at.to_be_bytes().to_vec())
        }
        Field::Elsewhere(v) => {
            let at = position(out);
            out.extend(v);
            (4, 1, at.to_be_bytes().to_vec())
        }
    }
}
