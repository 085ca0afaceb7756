//! CSV (RFC 4180), in long form: `source,group,tag,value`, one tag a line.
//!
//! A column per tag would need the tags of all files before the first line can be written; the long form streams, and every
//! tool that pivots takes it. A failed input is a line with an empty group and the tag `error`.

use super::safe;

pub const TAGS: &str = "source,group,tag,value\n";
pub const REMOVALS: &str = "source,status,target,removed,kept,error\n";

/// Adds a line; on a terminal without control characters.
pub fn line<'a>(fields: impl IntoIterator<Item = &'a str>, terminal: bool, out: &mut Vec<u8>) {
    for (i, field) in fields.into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        let field = if terminal { safe(field) } else { field.into() };
        if !field.contains([',', '"', '\n', '\r']) && field.trim() == field {
            out.extend_from_slice(field.as_bytes());
            continue;
        }
        out.push(b'"');
        out.extend_from_slice(field.replace('"', "\"\"").as_bytes());
        out.push(b'"');
    }
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let mut out = Vec::new();
        super::line(["a", "b,c", "d\"e", " f", ""], false, &mut out);
        assert_eq!(out, b"a,\"b,c\",\"d\"\"e\",\" f\",\n");
    }
}
