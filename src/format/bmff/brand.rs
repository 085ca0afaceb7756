//! File types by brand (the registry at mp4ra.org) and by content.

use crate::{format::FileType, input::Input};

/// File types that a major brand names, in ExifTool's words.
#[rustfmt::skip]
static BRANDS: &[(&[[u8; 4]], FileType)] = &[
    (&[*b"heic"], FileType { name: "HEIC", extension: "heic", mime: "image/heic" }),
    (&[*b"hevc"], FileType { name: "HEICS", extension: "heics", mime: "image/heic-sequence" }),
    (&[*b"mif1", *b"heix"], FileType { name: "HEIF", extension: "heif", mime: "image/heif" }),
    (&[*b"msf1"], FileType { name: "HEIFS", extension: "heifs", mime: "image/heif-sequence" }),
    (&[*b"avif"], FileType { name: "AVIF", extension: "avif", mime: "image/avif" }),
    (&[*b"crx "], FileType { name: "CRX", extension: "crx", mime: "video/x-canon-crx" }),
    (&[*b"qt  "], MOV),
    (&[*b"mqt "], FileType { name: "MQV", extension: "mqv", mime: "video/quicktime" }),
    (&[*b"M4A "], M4A),
    (&[*b"M4B "], FileType { name: "M4B", extension: "m4b", mime: "audio/mp4" }),
    (&[*b"M4P "], FileType { name: "M4P", extension: "m4p", mime: "audio/mp4" }),
    (&[*b"M4V ", *b"M4VH", *b"M4VP"], FileType { name: "M4V", extension: "m4v", mime: "video/x-m4v" }),
    (&[*b"F4A "], FileType { name: "F4A", extension: "f4a", mime: "audio/mp4" }),
    (&[*b"F4B "], FileType { name: "F4B", extension: "f4b", mime: "audio/mp4" }),
    (&[*b"F4P "], FileType { name: "F4P", extension: "f4p", mime: "video/mp4" }),
    (&[*b"F4V "], F4V),
    (&[*b"3g2a", *b"3g2b", *b"3g2c"], FileType { name: "3G2", extension: "3g2", mime: "video/3gpp2" }),
    (&[*b"3ge6", *b"3ge7", *b"3gp1", *b"3gp2", *b"3gp3", *b"3gp4", *b"3gp5", *b"3gp6", *b"3gs7"],
        FileType { name: "3GP", extension: "3gp", mime: "video/3gpp" }),
    (&[*b"aax "], FileType { name: "AAX", extension: "aax", mime: "audio/vnd.audible.aax" }),
    (&[*b"dvr1", *b"dvt1"], FileType { name: "DVB", extension: "dvb", mime: "video/vnd.dvb.file" }),
    (&[*b"JP2 "], FileType { name: "JP2", extension: "jp2", mime: "image/jp2" }),
    (&[*b"jpm "], FileType { name: "JPM", extension: "jpm", mime: "image/jpm" }),
    (&[*b"jpx "], FileType { name: "JPX", extension: "jpx", mime: "image/jpx" }),
];

const MOV: FileType = FileType { name: "MOV", extension: "mov", mime: "video/quicktime" };
const MP4: FileType = FileType { name: "MP4", extension: "mp4", mime: "video/mp4" };
const M4A: FileType = FileType { name: "M4A", extension: "m4a", mime: "audio/mp4" };
const F4V: FileType = FileType { name: "F4V", extension: "f4v", mime: "video/mp4" };
const CR3: FileType = FileType { name: "CR3", extension: "cr3", mime: "image/x-canon-cr3" };

/// What the walk has seen that the brands do not say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    sound: bool,
    video: bool,
    pub canon: bool,
    /// A major brand that says nothing of what the media are.
    neutral: bool,
}

impl Seen {
    /// Of a file that has not been looked into.
    pub fn new(input: &Input) -> Self {
        let neutral = match input.array::<12>(0) {
            Ok([_, _, _, _, b'f', b't', b'y', b'p', b'i', b's', b'o', b'm' | b'2'..=b'9']) => true,
            Ok([_, _, _, _, brand @ ..]) => matches!(&brand, b"ftypdash" | b"ftypmp42"),
            Err(_) => false,
        };
        Seen { neutral, ..Seen::default() }
    }

    /// A track of that handler.
    pub fn handler(&mut self, handler: [u8; 4]) {
        self.sound |= &handler == b"soun";
        self.video |= &handler == b"vide";
    }
}

/// Knows the container by its first box: `ftyp`, or one of those that old QuickTime files begin with.
pub fn probe(input: &Input) -> Option<FileType> {
    let head = input.head();
    let size = u32::from_be_bytes(head.get(..4)?.try_into().ok()?);
    match head.get(4..8)? {
        b"ftyp" => {
            let end = (size as usize).clamp(12, 4096).min(head.len());
            of_brands(head.get(8..12)?, head.get(16..end).unwrap_or_default())
        }
        b"moov" | b"mdat" | b"free" | b"skip" | b"wide" | b"pnot" | b"PICT" | b"pict" | b"junk" | b"uuid" => {
            (size == 1 || size == 0 || size >= 8).then_some(MOV)
        }
        _ => None,
    }
}

/// By the major brand, else by the compatible ones.
fn of_brands(major: &[u8], compatible: &[u8]) -> Option<FileType> {
    if let Some((_, file_type)) = BRANDS.iter().find(|(brands, _)| brands.iter().any(|b| b == major)) {
        return Some(file_type.clone());
    }
    let has = |brand: &[u8]| compatible.chunks_exact(4).any(|b| b == brand);
    Some(if [b"mp41", b"mp42", b"avc1"].iter().any(|b| has(*b)) || major == b"MSNV" {
        MP4
    } else if has(b"f4v ") {
        F4V
    } else if has(b"qt  ") {
        MOV
    } else {
        MP4
    })
}

/// Corrects the type by what the walk has seen: MP4 with sound alone is M4A; CRX with Canon's boxes is CR3.
pub fn refine(file_type: &mut FileType, seen: &Seen) {
    if file_type.name == "MP4" && seen.neutral && seen.sound && !seen.video {
        *file_type = M4A;
    } else if file_type.name == "CRX" && seen.canon {
        *file_type = CR3;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brands_name_the_file_type() {
        let cases: &[(&[u8], &[u8], &str)] = &[
            (b"heic", b"mif1heic", "HEIC"),
            (b"mif1", b"mif1heic", "HEIF"),
            (b"avif", b"mif1", "AVIF"),
            (b"isom", b"isomiso2", "MP4"),
            (b"isom", b"isomqt  ", "MOV"),
            (b"isom", b"mp42qt  ", "MP4"),
            (b"3gp5", b"isom", "3GP"),
            (b"xxxx", b"f4v ", "F4V"),
        ];
        for (major, compatible, want) in cases {
            assert_eq!(of_brands(major, compatible).unwrap().name, *want, "{major:?}");
        }
    }
}
