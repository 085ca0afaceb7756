//! Small files that unfold to much, or lead in circles: each is read, in bounded memory and time.
#![cfg(target_os = "linux")]

use super::Server;
use crate::build::picture;
use std::io::Write;

/// A directory entry, big-endian.
fn entry(tag: u16, kind: u16, count: u32, value: u32) -> Vec<u8> {
    [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes(), &value.to_be_bytes()].concat()
}

fn directory(entries: &[Vec<u8>]) -> Vec<u8> {
    [&(entries.len() as u16).to_be_bytes()[..], &entries.concat(), &[0; 4]].concat()
}

/// A TIFF file whose first directory stands behind the header, and what stands behind that.
fn tiff(first: &[u8], behind: &[u8]) -> Vec<u8> {
    [b"MM\0*\0\0\0\x08", first, behind].concat()
}

/// A directory that names the same numbers over and over.
fn shared_numbers() -> Vec<u8> {
    let entries: Vec<_> = (0..4000).map(|_| entry(0x0118, 1, 260_000, 48_014)).collect();
    tiff(&directory(&entries), &[7; 261_000])
}

/// As many maker notes as there are entries, all of them the same, with directories in it.
fn shared_notes() -> Vec<u8> {
    let at = 8 + 2 + 12 * 1000 + 4 + 12;
    let make = entry(0x010f, 2, 8, at - 12 + 4);
    let entries: Vec<_> = std::iter::once(make).chain((0..999).map(|_| entry(0x927c, 7, 60_000, at))).collect();
    let offsets: Vec<u8> = (0..16u32).flat_map(|i| (300 + 12 * i).to_be_bytes()).collect();
    let inner: Vec<_> = (0..16).map(|_| entry(0x2010, 13, 16, 12 + 2 + 12 * 16 + 4)).collect();
    let mut note = [b"OLYMPUS\0MM\x03\0".to_vec(), directory(&inner), offsets].concat();
    note.resize(300, 0);
    note.extend([&3000u16.to_be_bytes()[..], &[0xff, 0xf0, 0, 3, 0, 0, 0, 1, 0, 1]].concat().repeat(4000));
    note.resize(60_000, 0);
    tiff(&directory(&entries), &[&[0; 4], &b"OLYMPUS\0"[..], &note].concat())
}

/// A profile whose tags are all the same element, deflated.
fn shared_element(kind: &[u8; 4]) -> Vec<u8> {
    const TAGS: u32 = 100;
    const LENGTH: u32 = 16 << 20;
    let mut profile = vec![0; 128];
    profile[36..40].copy_from_slice(b"acsp");
    profile.extend(TAGS.to_be_bytes());
    for _ in 0..TAGS {
        profile.extend([&b"lumi"[..], &(132 + 12 * TAGS).to_be_bytes(), &LENGTH.to_be_bytes()].concat());
    }
    profile.extend(kind);
    profile.resize(profile.len() + LENGTH as usize, 0);
    let mut deflated = flate2::write::ZlibEncoder::new(b"name\0\0".to_vec(), flate2::Compression::best());
    deflated.write_all(&profile).unwrap();
    picture::png(&[picture::chunk(b"iCCP", &deflated.finish().unwrap())], b"")
}

/// An Apple property list: a dictionary of the same array, which has the same text throughout.
fn shared_text() -> Vec<u8> {
    const TEXT: u16 = 20_000;
    let objects = [
        [&b"\xdf\x11\x01\x00"[..], &[0, 3].repeat(256), &[0, 2].repeat(256)].concat(),
        [&b"\x5f\x11"[..], &TEXT.to_be_bytes(), &[b'A'; TEXT as usize]].concat(),
        [&b"\xaf\x11\x01\x00"[..], &[0, 1].repeat(256)].concat(),
        b"\x51a".to_vec(),
    ];
    let (mut list, mut offsets) = (b"bplist00".to_vec(), Vec::new());
    for object in objects {
        offsets.extend((list.len() as u32).to_be_bytes());
        list.extend(object);
    }
    let table = list.len() as u64;
    list.extend(
        [offsets, vec![0, 0, 0, 0, 0, 0, 4, 2], 4u64.to_be_bytes().into(), vec![0; 8], table.to_be_bytes().into()].concat(),
    );
    let note = [b"Apple iOS\0\0\x01MM".to_vec(), directory(&[entry(0x40, 7, list.len() as u32, 32)]), list].concat();
    let first = directory(&[entry(0x010f, 2, 6, 38), entry(0x927c, 7, note.len() as u32, 44)]);
    tiff(&first, &[b"Apple\0", &note[..]].concat())
}

/// Compressed texts that are damaged at their ends.
fn damaged_texts() -> Vec<u8> {
    let mut deflated = flate2::write::ZlibEncoder::new(b"Comment\0\0".to_vec(), flate2::Compression::best());
    deflated.write_all(&vec![b'x'; 60 << 20]).unwrap();
    let mut text = deflated.finish().unwrap();
    let end = text.len() - 6;
    text[end..].fill(0xff);
    picture::png(&vec![picture::chunk(b"zTXt", &text); 6], b"")
}

#[test]
fn what_unfolds_is_bounded() {
    let server = Server::start(&["--work-memory", "448M", "--work-timeout", "30", "-j1"]);
    for (what, file) in [
        ("numbers", shared_numbers()),
        ("notes", shared_notes()),
        ("element", shared_element(b"curv")),
        ("numbers of a profile", shared_element(b"ui08")),
        ("text", shared_text()),
        ("damaged texts", damaged_texts()),
    ] {
        assert!(file.len() < 400_000, "{what}");
        let reply = server.send("/api/v1/extract?family=1", &file);
        assert_eq!(reply.status, 200, "{what}: {}", reply.text());
        let json = reply.json();
        assert!(json["metadata"]["File"]["FileType"].is_string(), "{what}: {:.900}", json.to_string());
    }
}
