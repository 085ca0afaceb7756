//! Derived values: a table of rows of name, inputs and formula.

use crate::metadata::Metadata;

/// Adds the derived values that the tags allow.
pub fn derive(metadata: &mut Metadata) {
    let _ = metadata;
}
