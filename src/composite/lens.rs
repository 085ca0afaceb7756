//! Which lens.

use super::Row;

pub(super) const ROWS: &[Row] = &[];
