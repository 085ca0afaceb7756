//! The definitions of `exifkit serve`.

use super::{seconds, size};
use clap::{
    ArgMatches, Args, Command, Subcommand, ValueHint,
    builder::{BoolishValueParser, Resettable},
    error::ErrorKind,
    parser::ValueSource,
};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

const LISTENING: &str = "Listening";
const ACCESS: &str = "Access and data";
const LIMITS: &str = "Limits";
const URLS: &str = "Fetching urls";

#[derive(Debug, Args)]
pub struct Serve {
    #[command(subcommand)]
    pub command: Option<ServeCommand>,
    /// Where to listen; port 0 takes a free one
    #[arg(long, env = "EXIFKIT_LISTEN", value_name = "ADDR:PORT", default_value = "127.0.0.1:8080", help_heading = LISTENING)]
    pub listen: SocketAddr,
    /// Prometheus metrics at /metrics of this listener
    #[arg(long, env = "EXIFKIT_METRICS_LISTEN", value_name = "ADDR:PORT", help_heading = LISTENING)]
    pub metrics_listen: Option<SocketAddr>,
    /// Speak TLS with this certificate chain (PEM)
    #[arg(long, env = "EXIFKIT_TLS_CERT", value_name = "FILE", requires = "tls_key", value_hint = ValueHint::FilePath, help_heading = LISTENING)]
    pub tls_cert: Option<PathBuf>,
    /// The key of that certificate (PEM)
    #[arg(long, env = "EXIFKIT_TLS_KEY", value_name = "FILE", requires = "tls_cert", value_hint = ValueHint::FilePath, help_heading = LISTENING)]
    pub tls_key: Option<PathBuf>,
    /// Speak TLS with a certificate made at start, for trying out; stderr says where it is
    #[arg(long, env = "EXIFKIT_TLS_SELF_SIGNED", value_parser = BoolishValueParser::new(), help_heading = LISTENING)]
    pub tls_self_signed: bool,
    /// What addresses of cleaned files begin with [default: the host that the request names]
    #[arg(long, env = "EXIFKIT_PUBLIC_URL", value_name = "URL", help_heading = LISTENING)]
    pub public_url: Option<url::Url>,
    #[command(flatten)]
    pub place: ServePlace,
    /// Serve everybody without a key; on an address of this machine alone, only under its names and that of --public-url
    #[arg(long, env = "EXIFKIT_ALLOW_ANONYMOUS", value_parser = BoolishValueParser::new(), help_heading = ACCESS)]
    pub allow_anonymous: bool,
    /// Let pages of this origin (https://example.com, or *) use the API in browsers; repeats
    #[arg(long, env = "EXIFKIT_CORS_ORIGIN", value_name = "ORIGIN", value_delimiter = ',', help_heading = ACCESS)]
    pub cors_origin: Vec<String>,
    /// Results and cleaned files are kept so many hours
    #[arg(long, env = "EXIFKIT_RETENTION_HOURS", value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..), help_heading = LIMITS)]
    pub retention_hours: u32,
    /// Seconds between two sweeps, which delete what has expired; it is not served any more even before
    #[arg(long, env = "EXIFKIT_SWEEP_INTERVAL", value_name = "SECONDS", default_value = "60", value_parser = seconds, help_heading = LIMITS)]
    pub sweep_interval: Duration,
    /// Largest file
    #[arg(long, env = "EXIFKIT_MAX_UPLOAD_SIZE", value_name = "SIZE", default_value = "50M", value_parser = size, help_heading = LIMITS)]
    pub max_upload_size: u64,
    /// Largest head of a request: its line and its headers
    #[arg(long, env = "EXIFKIT_MAX_HEAD_SIZE", value_name = "SIZE", default_value = "32K", value_parser = size, help_heading = LIMITS)]
    pub max_head_size: u64,
    /// Parts of one multipart body
    #[arg(long, env = "EXIFKIT_MAX_PARTS", value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..), help_heading = LIMITS)]
    pub max_parts: u16,
    /// Largest headers of one part
    #[arg(long, env = "EXIFKIT_MAX_PART_HEADERS", value_name = "SIZE", default_value = "16K", value_parser = size, help_heading = LIMITS)]
    pub max_part_headers: u64,
    /// Largest body, and field of one, that names a url instead of holding a file
    #[arg(long, env = "EXIFKIT_MAX_FORM_SIZE", value_name = "SIZE", default_value = "64K", value_parser = size, help_heading = LIMITS)]
    pub max_form_size: u64,
    /// Patterns (`tag`) of one request
    #[arg(long, env = "EXIFKIT_MAX_TAGS", value_name = "N", default_value_t = 32, help_heading = LIMITS)]
    pub max_tags: u16,
    /// Bytes of one such pattern
    #[arg(long, env = "EXIFKIT_MAX_TAG_LENGTH", value_name = "N", default_value_t = 128, help_heading = LIMITS)]
    pub max_tag_length: u16,
    /// Largest answer: a file may unpack to many times its size
    #[arg(long, env = "EXIFKIT_MAX_ANSWER_SIZE", value_name = "SIZE", default_value = "16M", value_parser = size, help_heading = LIMITS)]
    pub max_answer_size: u64,
    /// Seconds in which nothing moves: between requests, between two pieces of an upload or of an answer
    #[arg(long, env = "EXIFKIT_IDLE_TIMEOUT", value_name = "SECONDS", default_value = "15", value_parser = seconds, help_heading = LIMITS)]
    pub idle_timeout: Duration,
    /// Seconds for receiving one request, and for sending its answer
    #[arg(long, env = "EXIFKIT_REQUEST_TIMEOUT", value_name = "SECONDS", default_value = "300", value_parser = seconds, help_heading = LIMITS)]
    pub request_timeout: Duration,
    /// Seconds for reading or cleaning one file
    #[arg(long, env = "EXIFKIT_WORK_TIMEOUT", value_name = "SECONDS", default_value = "60", value_parser = seconds, help_heading = LIMITS)]
    pub work_timeout: Duration,
    /// Memory for reading or cleaning one file; at least 32M
    #[arg(long, env = "EXIFKIT_WORK_MEMORY", value_name = "SIZE", default_value = "1G", value_parser = memory, help_heading = LIMITS)]
    pub work_memory: u64,
    /// Seconds that requests under way have when the server is told to stop; then they are cut off
    #[arg(long, env = "EXIFKIT_STOP_TIMEOUT", value_name = "SECONDS", default_value = "10", value_parser = seconds, help_heading = LIMITS)]
    pub stop_timeout: Duration,
    /// Uploads at once, and as many look-ups of results
    #[arg(long, env = "EXIFKIT_MAX_REQUESTS", value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..), help_heading = LIMITS)]
    pub max_requests: u16,
    /// Uploads that may wait for their turn, and as many look-ups; more are refused with 429
    #[arg(long, env = "EXIFKIT_QUEUE", value_name = "N", default_value_t = 256, help_heading = LIMITS)]
    pub queue: u16,
    /// Connections at once
    #[arg(long, env = "EXIFKIT_MAX_CONNECTIONS", value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u16).range(1..), help_heading = LIMITS)]
    pub max_connections: u16,
    /// Files that are decoded at once [default: one per core]
    #[arg(short, long, env = "EXIFKIT_JOBS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = LIMITS)]
    pub jobs: Option<u16>,
    /// Refuse uploads when less disk than this is free
    #[arg(long, env = "EXIFKIT_MIN_FREE_DISK", value_name = "SIZE", default_value = "256M", value_parser = size, help_heading = LIMITS)]
    pub min_free_disk: u64,
    /// Fetch urls from this port, too, beside 80 and 443; repeats
    #[arg(long, env = "EXIFKIT_URL_PORT", value_name = "PORT", value_delimiter = ',', help_heading = URLS)]
    pub url_port: Vec<u16>,
    /// Fetch urls of HOST from this place instead, without checking its address (HOST=http://HOST:PORT); HOST:PORT=… opens that port, too; repeats
    #[arg(long, env = "EXIFKIT_URL_MAP", value_name = "MAP", value_delimiter = ',', help_heading = URLS)]
    pub url_map: Vec<String>,
}

/// Where a server keeps its data.
#[derive(Clone, Debug, Args)]
pub struct ServePlace {
    /// Results, cleaned files and keys [default: exifkit/server in the user's state directory]
    #[arg(long, global = true, env = "EXIFKIT_DATA_DIR", value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = ACCESS)]
    pub data_dir: Option<PathBuf>,
    /// The keys that are valid; a change counts at once, one that cannot be read does not count [default: `keys` in the data directory]
    #[arg(long, global = true, env = "EXIFKIT_KEYS_FILE", value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = ACCESS)]
    pub keys_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum ServeCommand {
    /// Make, list and revoke API keys
    #[command(subcommand)]
    Keys(KeysCommand),
}

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key and print it: it cannot be shown again
    Create {
        /// Whose key it is; results belong to owners
        #[arg(long)]
        owner: String,
    },
    /// List keys: id, time, owner
    List,
    /// Take a key out; a running server refuses it at once
    Revoke {
        /// As `list` prints it
        id: String,
    },
}

/// Less would not do for a common photo.
fn memory(text: &str) -> Result<u64, String> {
    size(text).and_then(|bytes| if bytes < 32 << 20 { Err("at least 32M".into()) } else { Ok(bytes) })
}

/// `serve` as it is read: a variable that is empty is not set. Files of settings for containers are full of them.
pub fn passing_over_empty_variables(serve: Command) -> Command {
    serve.mut_args(|arg| {
        let empty = arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
        if empty { arg.env(Resettable::Reset) } else { arg }
    })
}

/// Flags of the server have no meaning before `keys`; clap can only forbid all of them, those of the place included.
pub fn only_what_keys_take(command: &mut Command, matches: &ArgMatches) -> Result<(), clap::Error> {
    let Some(("serve", given)) = matches.subcommand() else { return Ok(()) };
    let Some((keys, serve)) = given.subcommand_name().zip(command.find_subcommand("serve")) else { return Ok(()) };
    let flag =
        |arg: &&clap::Arg| !arg.is_global_set() && given.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
    let Some(flag) = serve.get_arguments().find(flag).and_then(|arg| arg.get_long()) else { return Ok(()) };
    let message = format!("the argument '--{flag}' cannot be used with '{keys}': it is the server's");
    Err(command.error(ErrorKind::ArgumentConflict, message))
}

pub const EXAMPLES: &str = "\
Examples:
  exifkit serve                                  on http://127.0.0.1:8080, with a key for this run
  exifkit serve keys create --owner ann
  exifkit serve --listen 0.0.0.0:443 --tls-cert cert.pem --tls-key key.pem --public-url https://meta.example
  curl -H 'X-API-Key: …' -F file=@image.jpg http://127.0.0.1:8080/api/v1/extract";
