#![no_main]
use exifkit::part::Kind;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exifkit_fuzz::standard(Kind::Icc, bytes));
