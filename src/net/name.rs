//! The name of what a URL brings: the `Content-Disposition` name, else the last path segment decoded, else `file`.

use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use url::Url;

const OTHERWISE: &str = "file";

/// Of the URL alone.
pub fn of_url(url: &str) -> String {
    let segment = Url::parse(url).ok().and_then(|u| Some(u.path_segments()?.next_back()?.to_owned())).unwrap_or_default();
    plain(&percent_decode_str(&segment).decode_utf8_lossy()).unwrap_or_else(|| OTHERWISE.to_owned())
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

/// A stranger's name without folders and control characters: it becomes a file's name here.
fn plain(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next()?;
    let name: String = last.chars().filter(|c| !c.is_control()).collect();
    let name = name.trim();
    (!matches!(name, "" | "." | "..") && name.len() <= 200).then(|| name.to_owned())
}

/// Does a name arrive as it was sent? What a header cannot hold, and what looks like a folder, every receiver treats in a way of
/// his own.
pub fn travels(name: &str) -> bool {
    !name.contains(|c: char| c.is_control() || matches!(c, '"' | '\\' | '/' | '%'))
        && name.trim() == name
        && !matches!(name, "" | "." | "..")
        && name.len() <= 200
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
