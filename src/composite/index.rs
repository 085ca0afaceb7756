//! Which tags the rows may draw on: built in one pass over a file's tags, asked by [`Input`].

use super::inputs::{COUNT, Input};
use crate::metadata::{Priority, Tag, Value};
use smallvec::SmallVec;
use std::borrow::Cow;

const NONE: u32 = u32::MAX;

/// The tags that are inputs, by name.
pub(crate) struct Index<'m> {
    tags: &'m mut Vec<Tag>,
    /// For each input the tag that wins over all groups.
    winners: [u32; COUNT],
    /// Every tag that is an input, in file order.
    found: Vec<(Input, u32)>,
}

impl<'m> Index<'m> {
    pub fn new(tags: &'m mut Vec<Tag>) -> Self {
        let mut index = Index { tags, winners: [NONE; COUNT], found: Vec::with_capacity(64) };
        for at in 0..index.tags.len() {
            index.add(at);
        }
        index
    }

    fn add(&mut self, at: usize) {
        let (Some(tag), Ok(at)) = (self.tags.get(at), u32::try_from(at)) else { return };
        let Some(input) = Input::of(&tag.name) else { return };
        self.found.push((input, at));
        let best = &mut self.winners[input as usize];
        let displaces = match self.tags.get(*best as usize) {
            Some(best) => tag.priority != Priority::Low && tag.priority >= best.priority,
            None => true,
        };
        if displaces {
            *best = at;
        }
    }

    /// Adds a derived tag, for later rows to build on.
    pub fn push(&mut self, tag: Tag) {
        self.tags.push(tag);
        self.add(self.tags.len() - 1);
    }

    pub fn has(&self, input: Input) -> bool {
        self.winners[input as usize] != NONE
    }

    /// The tag that wins over all groups.
    pub fn tag(&self, input: Input) -> Option<&Tag> {
        self.tags.get(self.winners[input as usize] as usize)
    }

    /// Every tag of that name, in file order.
    pub fn all(&self, input: Input) -> impl DoubleEndedIterator<Item = &Tag> {
        self.found.iter().filter(move |(i, _)| *i == input).filter_map(|(_, at)| self.tags.get(*at as usize))
    }

    /// The tag that wins in a group of family 0 (lower case: `exif`) or of family 1 (`GPS`).
    pub fn tag_in(&self, group: &str, input: Input) -> Option<&Tag> {
        if !self.has(input) {
            return None;
        }
        let inside = self.all(input).filter(|t| t.group.kind == group || t.group.place == group);
        inside.reduce(|best, t| if t.priority != Priority::Low && t.priority >= best.priority { t } else { best })
    }

    pub fn value(&self, input: Input) -> Option<&Value> {
        self.tag(input).map(|t| &t.value)
    }

    pub fn value_in(&self, group: &str, input: Input) -> Option<&Value> {
        self.tag_in(group, input).map(|t| &t.value)
    }

    /// The value as text.
    pub fn text(&self, input: Input) -> Option<Cow<'_, str>> {
        self.value(input).map(as_text)
    }

    pub fn text_in(&self, group: &str, input: Input) -> Option<Cow<'_, str>> {
        self.value_in(group, input).map(as_text)
    }

    /// The printed value.
    pub fn printed(&self, input: Input) -> Option<Cow<'_, str>> {
        self.tag(input).map(Tag::printed)
    }

    /// The number that the value begins with.
    pub fn number(&self, input: Input) -> Option<f64> {
        self.value(input)?.as_f64().filter(|n| n.is_finite())
    }

    /// The number, when it is above zero.
    pub fn positive(&self, input: Input) -> Option<f64> {
        self.number(input).filter(|n| *n > 0.0)
    }

    /// The value, when it is one number and nothing else.
    pub fn sole(&self, input: Input) -> Option<f64> {
        self.value(input).and_then(sole)
    }

    /// The numbers of an array, or of a text of numbers between blanks.
    pub fn numbers(&self, input: Input) -> Option<SmallVec<[f64; 4]>> {
        self.value(input).map(numbers)
    }
}

/// The value, when it is one number and nothing else.
pub fn sole(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Text(t) => t.trim().parse().ok(),
        Value::Array(_) | Value::List(_) | Value::Binary(_) => None,
        v => v.as_f64(),
    };
    number.filter(|n: &f64| n.is_finite())
}

/// The numbers of an array, or of a text of numbers between blanks.
pub fn numbers(value: &Value) -> SmallVec<[f64; 4]> {
    match value {
        Value::Text(t) => t.split_ascii_whitespace().map_while(crate::metadata::leading_number).collect(),
        v => v.elements().iter().map_while(Value::as_f64).collect(),
    }
}

/// The value as text.
pub fn as_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Text(t) => Cow::Borrowed(t),
        v => Cow::Owned(v.to_string()),
    }
}
