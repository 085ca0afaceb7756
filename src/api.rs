//! The documented request and response types: one shape for local, remote and server.
//!
//! Field names and their order are those of the service's documentation; what is ours comes after. Every row is one JSON
//! object, and a row that failed is a [`Failure`].

mod compact;
pub mod groups;
pub mod view;

pub use groups::Groups;
pub use view::View;

use crate::error::{Code, Error};
use serde::Serialize;

/// Status of work that is done; the service is synchronous.
pub const COMPLETED: &str = "completed";

/// Answer of `extract`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Extracted<'a, M: ?Sized = Groups<'a>> {
    pub success: bool,
    pub status: &'static str,
    pub file_name: &'a str,
    /// Stands only where `get` will find it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<&'a str>,
    /// [`Groups`], or the JSON of them.
    pub metadata: &'a M,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub warnings: &'a [String],
}

/// Answer of `get`. The document spells `filename` here in lower case.
#[derive(Debug, Serialize)]
pub struct Stored<'a, M: ?Sized = serde_json::Value> {
    pub success: bool,
    pub status: &'static str,
    pub filename: &'a str,
    pub uuid: &'a str,
    pub metadata: &'a M,
}

/// Answer of `remove`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Removed<'a> {
    pub success: bool,
    pub status: &'static str,
    pub uuid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download_url: Option<&'a str>,
    pub file_name: &'a str,
    pub removed: &'a [String],
    pub kept: &'a [String],
    /// The output was read again, compared and searched.
    pub verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'a str>,
    /// What was to be kept, and cannot be.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub lost: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub warnings: &'a [String],
}

/// Answer of `check`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Checked<'a> {
    pub success: bool,
    /// `clean` or `found`.
    pub status: &'static str,
    pub file_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'a str>,
    pub findings: &'a [Finding<'a>],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub warnings: &'a [String],
}

/// Something that a removal would take out.
#[derive(Debug, Serialize)]
pub struct Finding<'a> {
    pub class: &'a str,
    pub place: &'a str,
    pub name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<&'a str>,
}

/// A file met in a directory that is of no type the command can work on.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Skipped<'a> {
    pub success: bool,
    pub status: &'static str,
    pub code: &'static str,
    pub file_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'a str>,
}

impl<'a> Skipped<'a> {
    pub fn new(code: Code, file_name: &'a str, source: Option<&'a str>) -> Self {
        Skipped { success: true, status: "skipped", code: code.as_str(), file_name, source }
    }
}

/// A failure of one input, or of a request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure<'a> {
    pub success: bool,
    pub error: String,
    pub code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'a str>,
}

impl<'a> Failure<'a> {
    pub fn new(error: &Error, file_name: &'a str, source: &'a str) -> Self {
        let (file_name, source) = (Some(file_name), Some(source));
        Failure { success: false, error: error.to_string(), code: error.code.as_str(), file_name, source }
    }

    /// Of a request that is of no file.
    pub fn of_request(error: &Error) -> Failure<'static> {
        Failure { success: false, error: error.to_string(), code: error.code.as_str(), file_name: None, source: None }
    }

    /// The documented answer to an unknown uuid.
    pub fn no_extraction() -> Failure<'static> {
        let error = "No extraction found with the given UUID.".into();
        Failure { success: false, error, code: Code::NotFound.as_str(), file_name: None, source: None }
    }
}
