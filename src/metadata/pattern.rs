//! Which tags are meant: patterns of names, as `--tag` and `--keep` take them.

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

    /// The group that it asks for.
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// Does a tag of that name fit, whose group goes by any of these names?
    pub fn fits(&self, groups: &[&str], name: &str) -> bool {
        (self.group.is_none() || groups.iter().any(|group| self.fits_group(group))) && self.fits_name(name)
    }

    /// Is a group of that name meant?
    pub fn fits_group(&self, group: &str) -> bool {
        self.group.as_ref().is_none_or(|wanted| matches(wanted, group))
    }

    /// Is a tag of that name meant?
    pub fn fits_name(&self, name: &str) -> bool {
        matches(&self.name, name)
    }
}

impl From<&str> for Pattern {
    fn from(text: &str) -> Self {
        Pattern::new(text)
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
}
