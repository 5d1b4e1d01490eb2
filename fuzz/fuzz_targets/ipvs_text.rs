//! `fuzz::ipvs_text`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::ipvs_text(input));
