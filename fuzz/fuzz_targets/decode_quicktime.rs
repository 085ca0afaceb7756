#![no_main]
use exifkit::part::{BoxId, Kind};

// The first eight bytes say which box, and in which one it stands.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some((name, rest)) = bytes.split_first_chunk()
        && let Some((parent, data)) = rest.split_first_chunk()
    {
        exifkit_fuzz::standard(Kind::Bmff(BoxId { name: *name, parent: *parent, track: 1, main: true }), data);
    }
});
