//! What a service answers, read with tolerance: other services than ours speak the documented API, too.

use crate::error::{Code, Error, Result};
use serde_json::{Map, Value};

/// The documented answer to an unknown uuid.
pub const NO_EXTRACTION: &str = "No extraction found with the given UUID.";

/// The documented errors, for services that give no `code`.
const DOCUMENTED: [(&str, Code); 4] = [
    ("Invalid request parameters", Code::InvalidRequest),
    ("Invalid API key", Code::InvalidKey),
    (NO_EXTRACTION, Code::NotFound),
    ("An error occurred while processing your request", Code::ServerError),
];

/// An answer that is a success, or on its way to be one.
#[derive(Debug)]
pub struct Answer {
    text: String,
    fields: Map<String, Value>,
}

impl Answer {
    /// Reads an answer. An error is the service's own, or says who else has spoken.
    pub fn read(status: u16, body: String) -> Result<Self> {
        let text = body.trim_start_matches('\u{feff}').trim();
        let Ok(Value::Object(fields)) = serde_json::from_str(text) else {
            let said = crate::net::client::excerpt(text.as_bytes());
            let text = format!("no answer of the documented kind{said}");
            return Err(Error::new(Code::ServerError, text));
        };
        let succeeded = match fields.get("success") {
            Some(Value::Bool(success)) => *success,
            Some(Value::String(text)) => text != "false",
            _ => true,
        };
        let failed = matches!(fields.get("status").and_then(Value::as_str), Some("failed" | "error"));
        if !(200..300).contains(&status) || !succeeded || failed {
            return Err(failure(status, &fields));
        }
        Ok(Answer { text: compact(text), fields })
    }

    /// The answer's own JSON on one line, as it came but for the blanks between its parts.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// In either of the documented spellings.
    pub fn file_name(&self) -> Option<&str> {
        self.field("fileName").or_else(|| self.field("filename"))
    }

    pub fn uuid(&self) -> Option<&str> {
        self.field("uuid")
    }

    pub fn download_url(&self) -> Option<&str> {
        self.field("downloadUrl")
    }

    /// Group, tag, value; nothing when there are none.
    pub fn metadata(&self) -> &Value {
        self.fields.get("metadata").unwrap_or(&Value::Null)
    }

    /// The work is not done yet.
    pub fn unfinished(&self) -> bool {
        matches!(self.field("status"), Some("pending" | "processing" | "queued"))
    }

    /// Does the service say that it has followed this parameter? Our own calls `n` by its long name.
    pub fn honours(&self, parameter: &str) -> bool {
        let is = |name: &str| name == parameter || (parameter == "n" && name == "numeric");
        match self.fields.get("options") {
            Some(Value::Object(options)) => options.keys().any(|name| is(name)),
            Some(Value::Array(options)) => options.iter().any(|o| o.as_str().is_some_and(is)),
            _ => false,
        }
    }

    /// This later answer, with what only the earlier one says.
    pub fn after(mut self, earlier: Answer) -> Answer {
        for name in ["uuid", "downloadUrl"] {
            if let (None, Some(value)) = (self.fields.get(name), earlier.fields.get(name)) {
                self.set(name, value.clone());
            }
        }
        self
    }

    /// Sets a field, at the end when it is new.
    pub fn set(&mut self, name: &str, value: Value) {
        if self.fields.insert(name.to_owned(), value.clone()).is_some() {
            self.text = Value::Object(self.fields.clone()).to_string();
        } else if let Some(open) = self.text.strip_suffix('}') {
            let comma = if open.ends_with('{') { "" } else { "," };
            self.text = format!("{open}{comma}{}:{value}}}", Value::from(name));
        }
    }

    /// Takes a field away.
    pub fn take(&mut self, name: &str) {
        if self.fields.shift_remove(name).is_some() {
            self.text = Value::Object(self.fields.clone()).to_string();
        }
    }
}

/// The error that a service reports.
fn failure(status: u16, fields: &Map<String, Value>) -> Error {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).filter(|t| !t.is_empty());
    let said = text("error").or_else(|| text("message")).unwrap_or("the service gave no reason");
    let code = text("code").and_then(Code::parse).filter(|code| *code != Code::Interrupted);
    let code =
        code.or_else(|| by_status(status)).or_else(|| DOCUMENTED.iter().find(|(error, _)| *error == said).map(|(_, c)| *c));
    let general = DOCUMENTED.iter().any(|(error, _)| *error == said);
    let message = match text("detail") {
        // The documented texts say no more than the status does.
        Some(detail) if general => detail.to_owned(),
        Some(detail) => format!("{said}: {detail}"),
        None => said.to_owned(),
    };
    Error::new(code.unwrap_or(Code::ServerError), message)
}

fn by_status(status: u16) -> Option<Code> {
    match status {
        400 | 422 => Some(Code::InvalidRequest),
        401 | 403 => Some(Code::InvalidKey),
        404 | 410 => Some(Code::NotFound),
        413 => Some(Code::TooLarge),
        415 => Some(Code::UnsupportedFormat),
        429 => Some(Code::RateLimited),
        500.. => Some(Code::ServerError),
        _ => None,
    }
}

/// JSON without the blanks between its parts; all else, the spelling of numbers and the order of keys, stays.
fn compact(json: &str) -> String {
    let mut compact = String::with_capacity(json.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in json.chars() {
        if quoted {
            (quoted, escaped) = (escaped || c != '"', !escaped && c == '\\');
        } else if c.is_ascii_whitespace() {
            continue;
        } else {
            quoted = c == '"';
        }
        compact.push(c);
    }
    compact
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_blanks_between_parts_go() {
        let json = "{ \"b\" : 1.50e3,\n\t\"a \\\" \\\\\": [ \"x y\" , 12345678901234567890123 ] }";
        assert_eq!(compact(json), r#"{"b":1.50e3,"a \" \\":["x y",12345678901234567890123]}"#);
    }

    #[test]
    fn fields_are_added_and_replaced() {
        let mut answer = Answer::read(200, "{\"z\": 1.0, \"a\": 2}".into()).unwrap();
        answer.set("source", "x".into());
        assert_eq!(answer.text(), r#"{"z":1.0,"a":2,"source":"x"}"#);
        answer.set("a", "y".into());
        answer.take("z");
        assert_eq!(answer.text(), r#"{"a":"y","source":"x"}"#);
    }

    #[test]
    fn whose_fault_it_is() {
        let cases = [
            (400, r#"{"success":false,"error":"Invalid request parameters"}"#, Code::InvalidRequest),
            (400, r#"{"success":false,"error":"x","code":"unsupported_format"}"#, Code::UnsupportedFormat),
            (401, r#"{"success":false,"error":"Invalid API key"}"#, Code::InvalidKey),
            (200, r#"{"success":false,"error":"Invalid API key"}"#, Code::InvalidKey),
            (200, r#"{"success":false,"error":"An error occurred while processing your request"}"#, Code::ServerError),
            (200, r#"{"success":false}"#, Code::ServerError),
            (200, r#"{"success":true,"status":"failed"}"#, Code::ServerError),
            (404, r#"{"error":"No extraction found with the given UUID."}"#, Code::NotFound),
            (413, "{}", Code::TooLarge),
            (500, r#"{"code":"interrupted"}"#, Code::ServerError),
            (200, "<html>", Code::ServerError),
            (200, "[]", Code::ServerError),
            (200, "", Code::ServerError),
        ];
        for (status, body, want) in cases {
            assert_eq!(Answer::read(status, body.into()).map_err(|e| e.code).err(), Some(want), "{status} {body}");
        }
    }
}
