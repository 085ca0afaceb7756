//! Names that strangers give: of what a URL brings the `Content-Disposition` name, else the last path segment decoded, else `file`.

use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use url::Url;

const OTHERWISE: &str = "file";
/// Bytes of a name. One that is longer has a shorter stem here.
const LONGEST: usize = 200;
/// Bytes of an extension, its dot included, that stays then.
const LONGEST_EXTENSION: usize = 17;

/// Of the URL alone.
pub fn of_url(url: &str) -> String {
    let segment = Url::parse(url).ok().and_then(|u| Some(u.path_segments()?.next_back()?.to_owned())).unwrap_or_default();
    of_upload(&percent_decode_str(&segment).decode_utf8_lossy())
}

/// Of what is handed in under a name.
pub fn of_upload(given: &str) -> String {
    plain(given).unwrap_or_else(|| OTHERWISE.to_owned())
}

/// Of a `Content-Disposition` header (RFC 6266): `filename*` before `filename`.
pub fn of_disposition(header: &str) -> Option<String> {
    let (mut name, mut extended) = (None, None);
    for (key, value) in parameters(header) {
        match key.to_ascii_lowercase().as_str() {
            "filename" => name = Some(value),
            "filename*" => extended = decoded(&value),
            _ => {}
        }
    }
    plain(&extended.or(name)?)
}

/// `UTF-8'en'a%20b` (RFC 8187).
fn decoded(value: &str) -> Option<String> {
    let mut fields = value.splitn(3, '\'');
    let (charset, _, text) = (fields.next()?, fields.next()?, fields.next()?);
    let bytes: Vec<u8> = percent_decode_str(text).collect();
    let encoding = encoding_rs::Encoding::for_label(charset.as_bytes())?;
    Some(encoding.decode(&bytes).0.into_owned())
}

/// `; key=value` and `; key="quoted \" value"`.
fn parameters(header: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = header.split_once(';').map_or("", |(_, rest)| rest);
    while let Some((key, after)) = rest.split_once('=') {
        let key = key.trim_matches([' ', '\t', ';']).to_owned();
        let after = after.trim_start();
        let (value, remains) = match after.strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let (value, remains) = after.split_once(';').unwrap_or((after, ""));
                (value.trim().to_owned(), remains)
            }
        };
        found.push((key, value));
        rest = remains;
    }
    found
}

/// The text up to the closing quotation mark, and what follows.
fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            _ => value.push(c),
        }
    }
    (value, "")
}

/// A stranger's name without folders and control characters, and of a bearable length: it becomes a file's name here.
fn plain(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next()?;
    let name: String = last.chars().filter(|c| !c.is_control()).collect();
    let name = shortened(name.trim());
    (!matches!(&*name, "" | "." | "..")).then(|| name.into_owned())
}

/// The stem is cut, so that the extension, which says what it is, stays.
fn shortened(name: &str) -> Cow<'_, str> {
    if name.len() <= LONGEST {
        return name.into();
    }
    let dot = name.rfind('.').filter(|dot| name.len() - dot <= LONGEST_EXTENSION);
    let extension = dot.map_or("", |dot| &name[dot..]);
    let room = LONGEST - extension.len();
    let end = (0..=room).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    format!("{}{extension}", name[..end].trim_end()).into()
}

/// Does a name arrive as it was sent? What a header cannot hold, and what looks like a folder, every receiver treats in a way of
/// his own.
pub fn travels(name: &str) -> bool {
    !name.contains(|c: char| c.is_control() || matches!(c, '"' | '\\' | '/' | '%'))
        && name.trim() == name
        && !matches!(name, "" | "." | "..")
        && name.len() <= LONGEST
}

/// A URL as it is printed: whoever sees it must not learn the password in it, or the token that stands alone in its place.
pub fn shown(url: &str) -> Cow<'_, str> {
    let Some(start) = url.find("://").map(|at| at + 3) else { return url.into() };
    let end = url[start..].find(['/', '\\', '?', '#']).map_or(url.len(), |at| start + at);
    let Some((user, host)) = url[start..end].rsplit_once('@') else { return url.into() };
    let user = user.split_once(':').map_or(String::new(), |(user, _)| format!("{user}:"));
    format!("{}{user}***@{host}{}", &url[..start], &url[end..]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        for (url, want) in [
            ("http://user:pw@host/a@b:c", "http://user:***@host/a@b:c"),
            ("HTTPS://u:p@w:x@host", "HTTPS://u:***@host"),
            ("http://u:p#w@host/", "http://u:p#w@host/"),
            ("http://token@host:80/?a:b@c", "http://***@host:80/?a:b@c"),
            ("http://host/", "http://host/"),
        ] {
            assert_eq!(shown(url), want);
        }
    }

    #[test]
    fn names_that_travel() {
        for name in ["a.jpg", "blå bær (1).jpg", "a;b='c'.jpg"] {
            assert!(travels(name), "{name}");
        }
        for name in ["a\"b", "a\\b", "a/b", "a%22b", " a", "a ", "a\tb", "a\nb", "", "..", &"x".repeat(201)] {
            assert!(!travels(name), "{name}");
        }
    }

    #[test]
    fn long_names_keep_their_extension() {
        let (x, o) = ("x".repeat(300), "ø".repeat(150));
        for (given, want) in [
            (x[..200].to_owned(), x[..200].to_owned()),
            (x.clone(), x[..200].to_owned()),
            (format!("{}.jpg", &x[..196]), format!("{}.jpg", &x[..196])),
            (format!("{x}.jpg"), format!("{}.jpg", &x[..196])),
            (format!("{x}.tar.gz"), format!("{}.gz", &x[..197])),
            // Not within a character.
            (format!("{o}.jpeg"), format!("{}.jpeg", &o[..194])),
            (format!("{x}.{}", &x[..16]), format!("{}.{}", &x[..183], &x[..16])),
            (format!("{x}.{}", &x[..17]), x[..200].to_owned()),
            (format!("a.{x}"), format!("a.{}", &x[..198])),
            (format!("{} {x}.jpg", &x[..195]), format!("{}.jpg", &x[..195])),
        ] {
            let names = [of_upload(&given), of_url(&format!("https://example.com/{given}"))];
            assert_eq!(names, [want.as_str(); 2]);
            assert!(travels(&want) && (given == want || !travels(&given)), "{given}");
        }
    }

    #[test]
    fn names_lose_their_folders() {
        for (given, want) in [
            ("a/b/c.jpg", "c.jpg"),
            ("C:\\temp\\x.jpg", "x.jpg"),
            ("../..", "file"),
            ("", "file"),
            ("a\nb\u{7f}.jpg", "ab.jpg"),
            ("æ.jpg", "æ.jpg"),
        ] {
            assert_eq!(of_upload(given), want);
        }
    }

    #[test]
    fn names_of_urls() {
        for (url, want) in [
            ("https://example.com/a/image.jpg?x=/y", "image.jpg"),
            ("https://example.com/a%20b.jpg#f", "a b.jpg"),
            ("https://example.com/..%2f..%2fetc%2fpasswd", "passwd"),
            ("https://example.com/%2e%2e", "file"),
            ("https://example.com/", "file"),
            ("https://example.com", "file"),
            ("https://example.com/%00%0a", "file"),
        ] {
            assert_eq!(of_url(url), want, "{url}");
        }
    }

    #[test]
    fn names_of_headers() {
        for (header, want) in [
            ("attachment; filename=a.jpg", Some("a.jpg")),
            (r#"attachment; filename="a \"b\".jpg"; size=3"#, Some(r#"a "b".jpg"#)),
            ("attachment; filename=\"x.jpg\"; filename*=UTF-8''%C3%B8.jpg", Some("ø.jpg")),
            ("inline; filename=\"../../x.jpg\"", Some("x.jpg")),
            ("inline; filename=\"c:\\\\x\\\\y.jpg\"", Some("y.jpg")),
            ("attachment", None),
            ("attachment; filename=", None),
            ("attachment; filename=\"", None),
        ] {
            assert_eq!(of_disposition(header).as_deref(), want, "{header}");
        }
    }
}
