#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exifkit_fuzz::container(&exifkit::format::riff::FORMAT, bytes));
