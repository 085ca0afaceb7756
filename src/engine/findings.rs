//! What a removal takes out, in the words of the report.

use crate::{
    metadata::{Name, Tag},
    part::Place,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    Other,
}

impl Class {
    pub const ALL: [Class; 1] = [Class::Other];

    pub fn as_str(self) -> &'static str {
        "other"
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub class: Class,
    pub place: Place,
    pub name: Name,
    pub value: String,
}

/// The class of a tag.
pub fn class(_tag: &Tag) -> Class {
    Class::Other
}
