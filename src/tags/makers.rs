//! Conversions and printers of the makers whose tables need few (ExifTool tag name documentation; formulae as observed).

use super::print::{Convert, Printer};

pub(super) fn converter(name: &str) -> Option<Convert> {
    let _ = name;
    None
}

pub(super) fn printer(name: &str) -> Option<Printer> {
    let _ = name;
    None
}
