#![no_main]
use exifkit::part::Kind;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for format in ["AFCP", "FotoStation", "PhotoMechanic", "Samsung", "Vivo"] {
        exifkit_fuzz::standard(Kind::Trailer(format), bytes);
    }
});
