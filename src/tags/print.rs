//! Conversions and printers that tables name.
