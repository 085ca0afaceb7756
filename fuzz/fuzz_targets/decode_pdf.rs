#![no_main]
use exifkit::part::Kind;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for table in ["Info", "Root"] {
        exifkit_fuzz::standard(Kind::Pdf(table), bytes);
    }
});
