//! OpenAPI 3.1 of what is served. Schemas come from the types of [`crate::api`]: an answer with all its fields gives their names
//! and types, one with as few as possible says which are required.

use crate::{
    api::{COMPLETED, Removed, Stored},
    error::Code,
};
use serde_json::{Value, json};

const UUID: &str = "123e4567-e89b-42d3-a456-426614174000";
/// Every `code` of an answer.
const CODES: [Code; 13] = [
    Code::NotFound,
    Code::Unreadable,
    Code::TooLarge,
    Code::UnknownFormat,
    Code::UnsupportedFormat,
    Code::Damaged,
    Code::Encrypted,
    Code::VerificationFailed,
    Code::InvalidKey,
    Code::InvalidRequest,
    Code::UrlFetchFailed,
    Code::ServerError,
    Code::RateLimited,
];

/// The document, as it is served.
pub fn document() -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(&document_value()).unwrap_or_default();
    text.push(b'\n');
    text
}

fn document_value() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "exifkit",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Reads the metadata of files and removes it.",
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "paths": {
            "/api/v1/extract": { "post": extract() },
            "/api/v1/extract/{uuid}": { "get": get() },
            "/api/v1/remove": { "post": remove() },
            "/download-cleaned/{uuid}": { "get": download() },
            "/healthz": { "get": health("The process answers.", false) },
            "/readyz": { "get": health("The server can work.", true) },
        },
        "components": {
            "schemas": schemas(),
            "securitySchemes": {
                "header": { "type": "apiKey", "in": "header", "name": "X-API-Key" },
                "query": { "type": "apiKey", "in": "query", "name": "key" },
            },
            "responses": refusals(),
        },
    })
}

fn extract() -> Value {
    let switch = json!({ "type": "string", "enum": ["true", "false", "1", "0", ""] });
    let parameters = json!([
        query("url", url(), "Fetched when the body names no file and no url."),
        query("family", json!({ "type": "integer", "enum": [0, 1] }), "Groups by kind of metadata (0) or by place (1)."),
        query("numeric", switch.clone(), "Stored numbers instead of their meaning."),
        query("n", switch, "Another name of `numeric`; of several the last counts."),
        query(
            "tag",
            json!({ "type": "array", "items": { "type": "string" } }),
            "Only tags that match, as of `exifkit extract --tag`; repeats."
        ),
    ]);
    operation(
        "extract",
        "The metadata of a file.",
        parameters,
        "Extracted",
        &["400", "401", "408", "413", "415", "421", "429", "431", "500", "503"],
    )
}

fn remove() -> Value {
    let parameters = json!([
        query("url", url(), "Fetched when the body names no file and no url."),
        kept(),
        query("preset", json!({ "type": "string", "enum": ["default", "strict"] }), "What stays without `keep`."),
    ]);
    operation(
        "remove",
        "A cleaned copy of a file.",
        parameters,
        "Removed",
        &["400", "401", "408", "413", "415", "421", "429", "431", "500", "503"],
    )
}

fn query(name: &str, schema: Value, description: &str) -> Value {
    json!({ "name": name, "in": "query", "required": false, "schema": schema, "description": description })
}

/// No `format`: what counts less than a file or another url is not looked at.
fn url() -> Value {
    json!({ "type": "string" })
}

/// A list with commas; tags begin with a capital or name their group, and what is empty is passed over.
fn kept() -> Value {
    let words = "none|icc|orientation|density|gainmap|copyright|dates|title|thumbnail|c2pa";
    let pattern = format!("^[ \\t\\r\\n]*({words}|[A-Z][^,]*|[^,]*:[^,]*)?[ \\t\\r\\n]*$");
    let item = json!({ "type": "string", "pattern": pattern });
    let description = "What stays, too: words and tag names, as of `exifkit remove --keep`.";
    let mut keep = query("keep", json!({ "type": "array", "items": item }), description);
    keep["style"] = json!("form");
    keep["explode"] = json!(false);
    keep
}

fn operation(id: &str, summary: &str, parameters: Value, answer: &str, statuses: &[&str]) -> Value {
    let named = json!({ "type": "object", "properties": { "url": url() } });
    let mut responses = refused(statuses);
    responses["200"] = json!({
        "description": "Done.",
        "content": { "application/json": { "schema": { "$ref": format!("#/components/schemas/{answer}") } } },
    });
    json!({
        "operationId": id,
        "summary": summary,
        "security": [{ "header": [] }, { "query": [] }],
        "parameters": parameters,
        "requestBody": {
            "required": false,
            "content": {
                "multipart/form-data": { "schema": {
                    "type": "object",
                    "properties": { "file": { "type": "string", "format": "binary" }, "url": url() },
                } },
                "application/json": { "schema": named },
                "application/x-www-form-urlencoded": { "schema": named },
            },
        },
        "responses": responses,
    })
}

fn uuid() -> Value {
    json!([{ "name": "uuid", "in": "path", "required": true, "schema": { "type": "string" } }])
}

fn get() -> Value {
    let mut responses = refused(&["401", "404", "421", "429", "431", "500"]);
    responses["200"] = json!({
        "description": "An earlier result.",
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Stored" } } },
    });
    json!({
        "operationId": "result",
        "summary": "An earlier result; with a key only one of its owner's.",
        "security": [{}, { "header": [] }, { "query": [] }],
        "parameters": uuid(),
        "responses": responses,
    })
}

fn download() -> Value {
    let mut responses = refused(&["404", "421", "431", "500"]);
    responses["200"] = json!({ "description": "The cleaned file.", "content": { "*/*": { "schema": { "type": "string", "format": "binary" } } } });
    json!({ "operationId": "download", "summary": "A cleaned file, for 24 hours.", "security": [{}], "parameters": uuid(), "responses": responses })
}

fn health(summary: &str, may_fail: bool) -> Value {
    let mut responses = refused(if may_fail { &["421", "431", "503"] } else { &["421", "431"] });
    responses["200"] = json!({ "description": "Yes.", "content": { "text/plain": { "schema": { "type": "string" } } } });
    json!({ "summary": summary, "security": [{}], "responses": responses })
}

fn refused(statuses: &[&str]) -> Value {
    let row = |status: &&str| (status.to_string(), json!({ "$ref": format!("#/components/responses/{status}") }));
    Value::Object(statuses.iter().map(row).collect())
}

fn refusals() -> Value {
    let rows = [
        ("400", "The request or its file cannot be worked on; `code` says why."),
        ("401", "No key, or no valid one."),
        ("404", "Unknown, expired, or somebody else's."),
        ("408", "Too slow; `detail` names the limit."),
        ("413", "Too large; `detail` names the limit."),
        ("415", "A body that is neither a file nor a url."),
        ("421", "Under another name than its own a server without keys, for its own machine alone, does not answer."),
        ("429", "Too many requests at once; `Retry-After` says when to come again."),
        ("431", "The head of the request is too large; `detail` names the limit."),
        ("500", "Our fault."),
        ("503", "Cannot work now; `Retry-After` says when to come again."),
    ];
    let row = |(status, description): (&str, &str)| {
        let schema = json!({ "$ref": "#/components/schemas/Failure" });
        (status.to_string(), json!({ "description": description, "content": { "application/json": { "schema": schema } } }))
    };
    Value::Object(rows.into_iter().map(row).collect())
}

fn schemas() -> Value {
    let metadata = json!({
        "description": "Group, tag, value. Values are strings, lists arrays of strings; File.Size is a number.",
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "additionalProperties": { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }, { "type": "integer" }] },
        },
    });
    let (no_words, words) = (vec![], vec![String::from("exif")]);
    let removed = |url, list: &[String]| {
        json!(Removed {
            success: true,
            status: COMPLETED,
            uuid: UUID,
            download_url: url,
            file_name: "image.jpg",
            removed: list,
            kept: list,
            verified: true,
            source: None,
            lost: list,
            warnings: list,
        })
    };
    let stored = json!(Stored { success: true, status: COMPLETED, filename: "image.jpg", uuid: UUID, metadata: &json!({}) });
    let failure = super::answer::Refusal::invalid("why").envelope();
    let failed = super::answer::Refusal::invalid_key().envelope();
    let mut failure = schema(&failure, &failed);
    failure["properties"]["code"]["enum"] = CODES.iter().map(|c| c.as_str()).collect();
    let mut schemas = json!({
        "Extracted": schema(&extracted(&words), &extracted(&no_words)),
        "Stored": schema(&stored, &stored),
        "Removed": schema(&removed(Some("https://example.com/download-cleaned/"), &words), &removed(Some(""), &no_words)),
        "Failure": failure,
        "Metadata": metadata,
    });
    for answer in ["Extracted", "Stored"] {
        schemas[answer]["properties"]["metadata"] = json!({ "$ref": "#/components/schemas/Metadata" });
    }
    for answer in ["Extracted", "Removed"] {
        schemas[answer]["properties"]["options"] =
            json!({ "type": "object", "description": "Query parameters of ours that were honoured." });
    }
    schemas
}

/// The answer to an extraction of nothing.
fn extracted(warnings: &[String]) -> Value {
    use crate::{api, engine::local, input::Input};
    let input = Input::from_bytes(Vec::new());
    let extraction = local::Extraction { file_type: None, metadata: Default::default() };
    let view = api::View::default();
    let metadata = &api::Groups::new(&view, "image.jpg", &input, &extraction);
    let (uuid, source) = (Some(UUID), None);
    json!(api::Extracted { success: true, status: COMPLETED, file_name: "image.jpg", uuid, metadata, source, warnings })
}

/// The schema of an object from two of its kind.
fn schema(full: &Value, least: &Value) -> Value {
    let kind = |value: &Value| match value {
        Value::Bool(_) => json!({ "type": "boolean" }),
        Value::Number(_) => json!({ "type": "integer" }),
        Value::Array(_) => json!({ "type": "array", "items": { "type": "string" } }),
        Value::Object(_) => json!({ "type": "object" }),
        _ => json!({ "type": "string" }),
    };
    let fields = full.as_object().into_iter().flatten();
    let properties: serde_json::Map<String, Value> = fields.map(|(name, value)| (name.clone(), kind(value))).collect();
    let required: Vec<&String> = least.as_object().into_iter().flat_map(|o| o.keys()).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}
