//! Fresh blocks of what is kept: nothing of the old block is in them but the kept values.

pub mod exif;
pub mod icc;
pub mod iptc;
pub mod jpeg;
pub mod select;
pub mod xmp;
