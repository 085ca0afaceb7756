//! What can go wrong with an input: whose fault it is, its documented code, its exit and HTTP status.

use std::{borrow::Cow, fmt, io};

/// Result of the library.
pub type Result<T> = std::result::Result<T, Error>;

/// The documented `code` of a failure. A code never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    NotFound,
    Unreadable,
    TooLarge,
    UnknownFormat,
    UnsupportedFormat,
    Damaged,
    Encrypted,
    VerificationFailed,
    TargetExists,
    InvalidKey,
    InvalidRequest,
    UrlFetchFailed,
    Network,
    ServerError,
    RateLimited,
    Interrupted,
}

impl Code {
    pub const ALL: [Code; 16] = [
        Code::NotFound,
        Code::Unreadable,
        Code::TooLarge,
        Code::UnknownFormat,
        Code::UnsupportedFormat,
        Code::Damaged,
        Code::Encrypted,
        Code::VerificationFailed,
        Code::TargetExists,
        Code::InvalidKey,
        Code::InvalidRequest,
        Code::UrlFetchFailed,
        Code::Network,
        Code::ServerError,
        Code::RateLimited,
        Code::Interrupted,
    ];

    /// The spelling in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::NotFound => "not_found",
            Code::Unreadable => "unreadable",
            Code::TooLarge => "too_large",
            Code::UnknownFormat => "unknown_format",
            Code::UnsupportedFormat => "unsupported_format",
            Code::Damaged => "damaged",
            Code::Encrypted => "encrypted",
            Code::VerificationFailed => "verification_failed",
            Code::TargetExists => "target_exists",
            Code::InvalidKey => "invalid_key",
            Code::InvalidRequest => "invalid_request",
            Code::UrlFetchFailed => "url_fetch_failed",
            Code::Network => "network",
            Code::ServerError => "server_error",
            Code::RateLimited => "rate_limited",
            Code::Interrupted => "interrupted",
        }
    }

    /// The code of that spelling.
    pub fn parse(text: &str) -> Option<Code> {
        Code::ALL.into_iter().find(|code| code.as_str() == text)
    }

    /// The exit status of the process when this is the gravest failure.
    pub fn exit_status(self) -> u8 {
        match self {
            Code::InvalidRequest => 2,
            Code::InvalidKey => 4,
            Code::Network | Code::ServerError | Code::RateLimited => 5,
            Code::Interrupted => 130,
            _ => 3,
        }
    }
}

/// A failure of one input. Its message names no file: whoever reports it knows the name and puts it in front.
#[derive(Debug)]
pub struct Error {
    pub code: Code,
    message: Cow<'static, str>,
    source: Option<io::Error>,
}

impl Error {
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Error { code, message: message.into(), source: None }
    }

    /// What the system said.
    pub fn io_kind(&self) -> Option<io::ErrorKind> {
        self.source.as_ref().map(io::Error::kind)
    }

    /// The bytes contradict their own format.
    pub fn damaged(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Damaged, message)
    }

    /// A read past the end of the file or of the block that is being read.
    pub fn truncated() -> Self {
        Self::damaged("the file ends too early")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.source {
            // The system's words would say the same again.
            Some(_) if self.code == Code::NotFound => Ok(()),
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|e| e as _)
    }
}

impl From<io::Error> for Error {
    fn from(e: io::Error) -> Self {
        let (code, message) = match e.kind() {
            io::ErrorKind::NotFound => (Code::NotFound, "no such file"),
            io::ErrorKind::UnexpectedEof => (Code::Damaged, "the file ends too early"),
            io::ErrorKind::AlreadyExists => (Code::TargetExists, "the target exists already"),
            _ => (Code::Unreadable, "cannot be read"),
        };
        Error { code, message: Cow::Borrowed(message), source: Some(e) }
    }
}
