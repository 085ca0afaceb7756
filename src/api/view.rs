//! What is shown of the metadata, and how: family, numbers or meaning, patterns.

pub use crate::metadata::Pattern;
use crate::metadata::Tag;

/// A user's choice of what to see.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// 0: by kind of metadata, 1: by place.
    pub family: u8,
    /// The stored numbers instead of their meaning.
    pub numeric: bool,
    /// Binary values whole, as `base64:…`.
    pub binary: bool,
    /// Only tags that match one of these; all when empty.
    pub patterns: Vec<Pattern>,
}

impl View {
    /// The name of the group that `tag` is printed in.
    pub fn group<'a>(&self, tag: &'a Tag) -> &'a str {
        if self.family == 0 { tag.group.kind } else { &tag.group.place }
    }

    /// Is the tag to be shown, under its printed name `name` or its own?
    pub fn shows(&self, tag: &Tag, name: &str) -> bool {
        let (kind, place) = (tag.group.kind, tag.group.place.as_str());
        self.patterns.is_empty()
            || self.patterns.iter().any(|p| p.fits(&[kind, place], name) || p.fits(&[kind, place], &tag.name))
    }

    /// Is this fact about the file to be shown?
    pub fn shows_fact(&self, name: &str) -> bool {
        self.shows_name("File", name)
    }

    /// Is a tag of this name to be shown, in a group of that name?
    pub fn shows_name(&self, group: &str, name: &str) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|p| p.fits(&[group], name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Group;

    #[test]
    fn groups_of_either_family() {
        let tag = Tag::new(Group::new("exif", "IFD0"), "Make", "X");
        for (pattern, want) in [("exif:Make", true), ("ifd0:m*", true), ("xmp:Make", false), ("EXIF:", true), ("Maker", false)] {
            let view = View { patterns: vec![Pattern::new(pattern)], ..View::default() };
            assert_eq!(view.shows(&tag, "Make"), want, "{pattern}");
        }
    }
}
