//! What is shown of the metadata, and how: family, numbers or meaning, patterns.

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
        self.patterns.is_empty()
            || self.patterns.iter().any(|p| {
                p.group.as_ref().is_none_or(|g| matches(g, tag.group.kind) || matches(g, &tag.group.place))
                    && (matches(&p.name, name) || matches(&p.name, &tag.name))
            })
    }

    /// Is this fact about the file to be shown?
    pub fn shows_fact(&self, name: &str) -> bool {
        self.shows_name("File", name)
    }

    /// Is a tag of this name to be shown, in a group of that name?
    pub fn shows_name(&self, group: &str, name: &str) -> bool {
        self.patterns.is_empty()
            || self.patterns.iter().any(|p| p.group.as_ref().is_none_or(|g| matches(g, group)) && matches(&p.name, name))
    }
}

/// `NAME` or `GROUP:NAME`, either with `*` and `?`; case does not matter.
#[derive(Clone, Debug)]
pub struct Pattern {
    group: Option<String>,
    name: String,
}

impl Pattern {
    pub fn new(text: &str) -> Self {
        match text.split_once(':') {
            Some((group, name)) => {
                Pattern { group: Some(group.into()), name: if name.is_empty() { "*".into() } else { name.into() } }
            }
            None => Pattern { group: None, name: text.into() },
        }
    }
}

/// Does `text` match `pattern` (`*` any run, `?` any one byte), whatever the case? In time of the product of both lengths.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on after a mismatch: behind the last star, one byte further than before.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(c) if *c == b'?' || c.eq_ignore_ascii_case(&text[t]) => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((after_star, from)) => {
                    retry = Some((after_star, from + 1));
                    p = after_star;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Group;

    #[test]
    fn wildcards() {
        let cases = [
            ("make", "Make", true),
            ("GPS*", "GPSLatitude", true),
            ("*date*", "CreateDate", true),
            ("*date", "DateTime", false),
            ("?ake", "Make", true),
            ("a*b*c", "aXbXbXc", true),
            ("", "x", false),
            ("*", "", true),
            ("make", "MakerNote", false),
        ];
        for (pattern, text, want) in cases {
            assert_eq!(matches(pattern, text), want, "{pattern} {text}");
        }
    }

    #[test]
    fn groups_of_either_family() {
        let tag = Tag::new(Group::new("exif", "IFD0"), "Make", "X");
        for (pattern, want) in [("exif:Make", true), ("ifd0:m*", true), ("xmp:Make", false), ("EXIF:", true), ("Maker", false)] {
            let view = View { patterns: vec![Pattern::new(pattern)], ..View::default() };
            assert_eq!(view.shows(&tag, "Make"), want, "{pattern}");
        }
    }
}
