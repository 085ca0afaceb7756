//! The fresh blocks of what is kept.

pub mod xmp;
