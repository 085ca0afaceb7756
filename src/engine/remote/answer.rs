//! What a service answers, read with tolerance: other services than ours speak the documented API, too.

use super::json;
use crate::{
    error::{Code, Error, Result},
    net::Key,
};
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
    /// What is printed: without the key, should the service have repeated it.
    fields: Map<String, Value>,
    /// What is acted on, as it came.
    uuid: Option<String>,
    download_url: Option<String>,
}

impl Answer {
    /// Reads an answer. An error is the service's own, or says who else has spoken.
    pub fn read(status: u16, body: &str, key: Option<&Key>) -> Result<Self> {
        let text = body.trim_start_matches('\u{feff}').trim();
        let mended;
        let (text, read) = match serde_json::from_str(text) {
            Ok(value) => (text, Ok(value)),
            Err(_) => {
                mended = json::mended(text);
                (mended.as_str(), serde_json::from_str(&mended))
            }
        };
        let Ok(Value::Object(fields)) = read else {
            let said = crate::net::client::excerpt(text.as_bytes(), key);
            let text = format!("no answer of the documented kind{said}");
            return Err(Error::new(Code::ServerError, text));
        };
        if !(200..300).contains(&status) || reports_failure(&fields) {
            return Err(failure(status, &fields, key));
        }
        let own = |name: &str| text_of(&fields, name).map(str::to_owned);
        let (uuid, download_url) = (own("uuid"), own("downloadUrl"));
        let came = json::compact(text);
        let (fields, text) = match key.map(|key| json::redacted(&came, key)).filter(|clean| *clean != came) {
            Some(clean) => (parsed(&clean)?, clean),
            None => (fields, came),
        };
        Ok(Answer { text, fields, uuid, download_url })
    }

    /// The answer's own JSON on one line, as it came but for the blanks between its parts.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    fn field(&self, name: &str) -> Option<&str> {
        text_of(&self.fields, name)
    }

    /// In either of the documented spellings.
    pub fn file_name(&self) -> Option<&str> {
        self.field("fileName").or_else(|| self.field("filename"))
    }

    pub fn uuid(&self) -> Option<&str> {
        self.uuid.as_deref()
    }

    pub fn download_url(&self) -> Option<&str> {
        self.download_url.as_deref()
    }

    /// Group, tag, value; nothing when there are none.
    pub fn metadata(&self) -> &Value {
        self.fields.get("metadata").unwrap_or(&Value::Null)
    }

    /// The work is not done yet.
    pub fn unfinished(&self) -> bool {
        word(&self.fields, "status").is_some_and(|status| ["pending", "processing", "queued"].contains(&&*status))
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
        for name in ["uuid", "downloadUrl", "options"] {
            if let (None, Some(value)) = (self.fields.get(name), earlier.fields.get(name)) {
                self.set(name, value.clone());
            }
        }
        self.uuid = self.uuid.or(earlier.uuid);
        self.download_url = self.download_url.or(earlier.download_url);
        self
    }

    /// Sets a field, at the end when it is new.
    pub fn set(&mut self, name: &str, value: Value) {
        self.text = json::with(&self.text, name, Some(&value.to_string()));
        self.fields.insert(name.to_owned(), value);
    }

    /// Takes a field away.
    pub fn take(&mut self, name: &str) {
        if self.fields.shift_remove(name).is_some() {
            self.text = json::with(&self.text, name, None);
        }
    }

    /// Leaves only the tags, by group and name, that are to be shown. Tags that stand in no group are of one without a name.
    pub fn retain(&mut self, shown: impl Fn(&str, &str) -> bool) -> Result<()> {
        let mut groups = Vec::new();
        for (group, tags) in json::members(json::member(&self.text, "metadata").unwrap_or_default()) {
            if !tags.starts_with('{') {
                groups.extend(shown("", &json::unquoted(group)).then(|| (group, tags.to_owned())));
                continue;
            }
            let tags = json::members(tags).into_iter().filter(|(tag, _)| shown(&json::unquoted(group), &json::unquoted(tag)));
            groups.push((group, json::object(tags)));
        }
        let groups = groups.iter().map(|(group, tags)| (*group, tags.as_str())).filter(|(_, tags)| *tags != "{}");
        self.text = json::with(&self.text, "metadata", Some(&json::object(groups)));
        self.fields = parsed(&self.text)?;
        Ok(())
    }

    /// Puts the file's own name where the answer has what became of it on its way.
    pub fn rename(&mut self, name: &str) -> Result<()> {
        let Some(field) = ["fileName", "filename"].into_iter().find(|field| self.field(field).is_some()) else { return Ok(()) };
        let (said, own) = (self.fields.get(field), Value::from(name));
        let quoted = own.to_string();
        let metadata = json::member(&self.text, "metadata").filter(|_| self.metadata()["File"].get("Name") == said);
        if let Some((metadata, file)) = metadata.and_then(|metadata| Some((metadata, json::member(metadata, "File")?))) {
            let file = json::with(file, "Name", Some(&quoted));
            let metadata = json::with(metadata, "File", Some(&file));
            self.text = json::with(&self.text, "metadata", Some(&metadata));
        }
        self.text = json::with(&self.text, field, Some(&quoted));
        self.fields = parsed(&self.text)?;
        Ok(())
    }
}

fn parsed(json: &str) -> Result<Map<String, Value>> {
    // It was JSON before it was changed.
    serde_json::from_str(json).map_err(|e| Error::new(Code::ServerError, format!("no answer of the documented kind: {e}")))
}

/// A field with some text in it.
fn text_of<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// A field that holds one of some words, in lower case.
fn word(fields: &Map<String, Value>, name: &str) -> Option<String> {
    Some(text_of(fields, name)?.trim().to_ascii_lowercase())
}

/// What went wrong, as it is told: a text, or an object that has one.
fn reason(fields: &Map<String, Value>) -> Option<&str> {
    let nested = || text_of(fields.get("error")?.as_object()?, "message");
    text_of(fields, "error").or_else(nested).or_else(|| text_of(fields, "message"))
}

/// Does it say of itself, whatever the HTTP status is, that it is no success?
fn reports_failure(fields: &Map<String, Value>) -> bool {
    let denied = match fields.get("success") {
        Some(Value::Bool(success)) => !success,
        Some(Value::Number(number)) => number.as_f64() == Some(0.0),
        _ => word(fields, "success").is_some_and(|w| w == "false"),
    };
    let failed = word(fields, "status").is_some_and(|w| ["failed", "error"].contains(&&*w));
    let has = |name| fields.get(name).is_some_and(|value| !value.is_null());
    // An error alone: the service is none that says `success`, and nothing has come.
    denied || failed || (has("error") && !has("success") && !has("metadata"))
}

/// The error that a service reports.
fn failure(status: u16, fields: &Map<String, Value>, key: Option<&Key>) -> Error {
    let text = |name: &str| text_of(fields, name);
    let said = reason(fields).unwrap_or("the service gave no reason");
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
    let message = key.map_or(message.as_str().into(), |key| key.redact(&message)).into_owned();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_added_and_replaced() {
        let mut answer = Answer::read(200, "{\"z\": 1.0, \"b\": [1.50, 1e400, -0], \"a\": 2}", None).unwrap();
        answer.set("source", "x".into());
        assert_eq!(answer.text(), r#"{"z":1.0,"b":[1.50,1e400,-0],"a":2,"source":"x"}"#);
        answer.set("a", "y".into());
        answer.take("z");
        assert_eq!(answer.text(), r#"{"b":[1.50,1e400,-0],"a":"y","source":"x"}"#);
    }

    #[test]
    fn the_key_is_acted_on_and_not_printed() {
        let key = "s3cret+key".parse().ok();
        let url = "/x?key=s3cret%2Bkey";
        let json = format!(r#"{{"a":1.50,"s3cret+key":["s3cret\u002bkey",7],"uuid":"s3cret+key","downloadUrl":"{url}"}}"#);
        let answer = Answer::read(200, &json, key.as_ref()).unwrap();
        assert_eq!((answer.uuid(), answer.download_url()), (Some("s3cret+key"), Some(url)));
        assert_eq!(answer.text(), r#"{"a":1.50,"[key]":["[key]",7],"uuid":"[key]","downloadUrl":"/x?key=[key]"}"#);
        let number = "12345678".parse().ok();
        assert_eq!(Answer::read(200, r#"{"n":12345678,"m":1}"#, number.as_ref()).unwrap().text(), r#"{"n":"[key]","m":1}"#);
        for body in [r#"{"error":"s3cret+key"}"#.to_owned(), format!("{}s3cret+key", "x".repeat(195))] {
            let error = Answer::read(200, &body, key.as_ref()).unwrap_err().to_string();
            assert!(!error.contains("s3c"), "{error}");
        }
    }

    #[test]
    fn files_keep_their_names() {
        for (json, want) in [
            (
                r#"{"fileName":"b","metadata":{"File":{"Name":"b","Size":1}}}"#,
                r#"{"fileName":"a\\b","metadata":{"File":{"Name":"a\\b","Size":1}}}"#,
            ),
            (r#"{"filename":"b","metadata":{"File":{"Name":"c"}}}"#, r#"{"filename":"a\\b","metadata":{"File":{"Name":"c"}}}"#),
            (r#"{"metadata":{"File":{"Name":"b"}}}"#, r#"{"metadata":{"File":{"Name":"b"}}}"#),
            (r#"{"fileName":7}"#, r#"{"fileName":7}"#),
        ] {
            let mut answer = Answer::read(200, json, None).unwrap();
            answer.rename("a\\b").unwrap();
            assert_eq!(answer.text(), want);
        }
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
            (200, r#"{"success":"False"}"#, Code::ServerError),
            (200, r#"{"success":true,"status":"FAILED"}"#, Code::ServerError),
            (200, r#"{"error":"Invalid API key"}"#, Code::InvalidKey),
            (200, r#"{"error":{"message":"x"}}"#, Code::ServerError),
            (404, r#"{"error":"No extraction found with the given UUID."}"#, Code::NotFound),
            (413, "{}", Code::TooLarge),
            (500, r#"{"code":"interrupted"}"#, Code::ServerError),
            (200, "<html>", Code::ServerError),
            (200, "[]", Code::ServerError),
            (200, "", Code::ServerError),
        ];
        for (status, body, want) in cases {
            assert_eq!(Answer::read(status, body, None).map_err(|e| e.code).err(), Some(want), "{status} {body}");
        }
        for body in ["{}", r#"{"success":true,"error":"x"}"#, r#"{"metadata":{},"error":"x"}"#, r#"{"error":null}"#] {
            assert!(Answer::read(200, body, None).is_ok(), "{body}");
        }
    }
}
