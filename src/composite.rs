//! Derived values: a table of rows of name, inputs and formula.
//!
//! Names, inputs and printed forms are those of ExifTool's Composite tags (its tag name documentation lists each with the
//! tags it is derived from); formulae are the optical ones of the photographic literature, and where a choice is a habit
//! of the reference, what it was seen to print.

mod camera;
mod colour;
mod image;
mod index;
mod inputs;
mod lens;
mod optics;
mod place;
mod time;
mod video;

use crate::metadata::{COMPOSITE, Metadata, Print, Priority, Tag, Value};
pub(crate) use index::Index;
use inputs::Input;

/// A derived value and how it prints.
type Derived = Option<(Value, Print)>;

/// One derived tag.
struct Row {
    name: &'static str,
    /// All of these must be there, in whatever group.
    needs: &'static [Input],
    formula: fn(&Index) -> Derived,
    priority: Priority,
}

/// A row whose tag displaces an earlier one of its name.
const fn row(name: &'static str, needs: &'static [Input], formula: fn(&Index) -> Derived) -> Row {
    Row { name, needs, formula, priority: Priority::Normal }
}

/// A row that fills in where nothing else has its name.
const fn low(name: &'static str, needs: &'static [Input], formula: fn(&Index) -> Derived) -> Row {
    Row { name, needs, formula, priority: Priority::Low }
}

/// In this order: a row may build on the rows before it.
static ROWS: &[&[Row]] =
    &[place::ROWS, time::ROWS, image::ROWS, colour::ROWS, camera::ROWS, optics::ROWS, lens::ROWS, video::ROWS];

/// Adds the derived values that the tags allow.
pub fn derive(metadata: &mut Metadata) {
    let mut index = Index::new(&mut metadata.tags);
    for row in ROWS.iter().copied().flatten() {
        if !row.needs.iter().all(|i| index.has(*i)) {
            continue;
        }
        if let Some((value, print)) = (row.formula)(&index) {
            index.push(Tag { group: COMPOSITE, name: row.name.into(), value, print, priority: row.priority });
        }
    }
}

#[cfg(test)]
mod tests;
