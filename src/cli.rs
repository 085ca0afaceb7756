//! The command line: clap definitions and help texts. Does nothing.

mod serve;

pub use serve::{KeysCommand, Serve, ServeCommand, ServePlace};

use crate::{engine::findings::Class, net::Key, server::worker};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum, ValueHint, builder::PossibleValuesParser};
use std::{path::PathBuf, time::Duration};

/// Reads the metadata of files as fully as ExifTool, removes it completely, and proves it.
#[derive(Debug, Parser)]
#[command(name = "exifkit", version, max_term_width = 100, after_help = EXAMPLES, after_long_help = STATUS)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// The command line and the environment of this process; ends it when they are wrong, or when help was asked for.
    pub fn read() -> Self {
        if let Some(command) = Command::read() {
            return Cli { command };
        }
        let mut command = Self::command().mut_subcommand("serve", serve::passing_over_empty_variables);
        let matches = command.try_get_matches_from_mut(std::env::args_os()).unwrap_or_else(|e| e.exit());
        if let Err(e) = serve::only_what_keys_take(&mut command, &matches) {
            e.exit();
        }
        Self::from_arg_matches(&matches).unwrap_or_else(|e| e.format(&mut command).exit())
    }
}

impl Command {
    /// The commands that are called once a file are read without the definitions of all others, which take a fifth of the time of a
    /// start. `None`: another one, or there is something to say about it.
    fn read() -> Option<Self> {
        let mut args = std::env::args_os().skip(1);
        Some(match args.next()?.to_str()? {
            "extract" => Command::Extract(read(args)?),
            "remove" => Command::Remove(read(args)?),
            "check" => Command::Check(read(args)?),
            worker::COMMAND => Command::Worker { memory: args.next()?.to_str()?.parse().ok()? },
            _ => return None,
        })
    }
}

fn read<T: Args>(args: impl Iterator<Item = std::ffi::OsString>) -> Option<T> {
    let command = T::augment_args(clap::Command::new("exifkit")).no_binary_name(true);
    T::from_arg_matches(&command.try_get_matches_from(args).ok()?).ok()
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the metadata of files as JSON
    ///
    /// One file gives one JSON object. Several operands, a directory or a list give JSON Lines: one object per input, in input
    /// order, those that failed included.
    #[command(after_help = EXTRACT_EXAMPLES)]
    Extract(Extract),
    /// Print an earlier result
    ///
    /// `extract` stores its results for explicit operands (for directories and lists with --store) and prints their uuid. They are
    /// kept for 24 hours.
    #[command(after_help = GET_EXAMPLES)]
    Get(Get),
    /// Write a copy without metadata, or clean in place
    ///
    /// What is needed to show the content as it is stays: colour profile, orientation, pixel density, animation, gain map. All
    /// else goes, the unknown first. Nothing is re-encoded. The result is read again and compared before it takes its name; what
    /// cannot be cleaned is an error, never a copy.
    #[command(after_help = REMOVE_EXAMPLES)]
    Remove(Remove),
    /// Report what `remove` would take out, and write nothing
    ///
    /// Exit status 1 when something removable is found: a gate for CI and for commit hooks.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Check),
    /// Serve the HTTP API, and a page for browsers at `/`
    ///
    /// Without a key file, a listener on this machine's own addresses makes a key for its run and prints it on stderr; one that
    /// others can reach refuses to start.
    #[command(after_help = serve::EXAMPLES)]
    Serve(Box<Serve>),
    /// What a server starts to decode for it; of no use to anybody else.
    #[command(skip)]
    Worker { memory: u64 },
}

#[derive(Debug, Args)]
pub struct Extract {
    #[command(flatten)]
    pub inputs: Inputs,
    #[command(flatten)]
    pub shown: Shown,
    /// Output format [default: json for one file, jsonl for several]
    #[arg(long, value_enum, help_heading = OUTPUT)]
    pub format: Option<ExtractFormat>,
    /// Store the results of directories and lists, too, for `exifkit get`
    #[arg(long, overrides_with = "no_store", help_heading = RUNNING)]
    pub store: bool,
    #[command(flatten)]
    pub running: Running,
    #[command(flatten)]
    pub engine: Engine,
}

#[derive(Debug, Args)]
pub struct Get {
    /// The uuid that `extract` printed
    pub uuid: String,
    /// Output format
    #[arg(long, value_enum, default_value = "json", help_heading = OUTPUT)]
    pub format: ExtractFormat,
    #[command(flatten)]
    pub engine: Engine,
}

#[derive(Debug, Args)]
pub struct Remove {
    #[command(flatten)]
    pub inputs: Inputs,
    /// Write the cleaned file here (one input only); `-` puts its bytes, and nothing else, on stdout
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["output_dir", "in_place"], help_heading = TARGET)]
    pub output: Option<PathBuf>,
    /// Write the cleaned files into this directory, under their relative paths
    #[arg(short = 'O', long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "in_place", help_heading = TARGET)]
    pub output_dir: Option<PathBuf>,
    /// Replace each file by its cleaned form, atomically
    #[arg(short, long, help_heading = TARGET)]
    pub in_place: bool,
    /// With --in-place: keep the original under its name with this suffix
    #[arg(long, value_name = "SUFFIX", requires = "in_place", help_heading = TARGET)]
    pub backup: Option<String>,
    /// Overwrite targets (and backups) that exist
    #[arg(long, help_heading = TARGET)]
    pub force: bool,
    /// Say what would be done, write nothing
    #[arg(long, help_heading = TARGET)]
    pub dry_run: bool,
    /// Give the cleaned file the times of the original
    #[arg(long, help_heading = TARGET)]
    pub preserve_times: bool,
    #[command(flatten)]
    pub kept: Kept,
    /// Output format [default: json for one file, jsonl for several]
    #[arg(long, value_enum, help_heading = OUTPUT)]
    pub format: Option<RemoveFormat>,
    #[command(flatten)]
    pub running: Running,
    #[command(flatten)]
    pub engine: Engine,
}

#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    pub inputs: Inputs,
    #[command(flatten)]
    pub kept: Kept,
    /// Only findings of these classes make the exit status 1
    #[arg(long, value_name = "CLASSES", value_parser = PossibleValuesParser::new(Class::ALL.map(Class::as_str)), value_delimiter = ',', help_heading = "Checking")]
    pub fail_on: Vec<String>,
    /// Print the values that were found, too
    ///
    /// They are left out otherwise: a CI log must not leak what it guards.
    #[arg(long, help_heading = "Checking")]
    pub show_values: bool,
    /// Output format [default: json for one file, jsonl for several]
    #[arg(long, value_enum, help_heading = OUTPUT)]
    pub format: Option<CheckFormat>,
    #[command(flatten)]
    pub running: Running,
    #[command(flatten)]
    pub network: Network,
}

const ENGINE: &str = "Who does the work";
const NETWORK: &str = "Network";
const INPUTS: &str = "Inputs";
const OUTPUT: &str = "Output";
const RUNNING: &str = "Running";
const TARGET: &str = "Where it writes";

/// This machine, or a service.
#[derive(Debug, Args)]
pub struct Engine {
    /// Let this service do the work: any that speaks the documented API [env: EXIFKIT_API_URL]
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url, help_heading = ENGINE)]
    pub api_url: Option<String>,
    /// The key for that service; others on this machine can see it: --key-file and the variable are safer [env: EXIFKIT_KEY]
    #[arg(long, value_name = "KEY", value_parser = given_key, conflicts_with = "key_file", help_heading = ENGINE)]
    pub key: Option<Key>,
    /// Read the key from the first line of this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = ENGINE)]
    pub key_file: Option<PathBuf>,
    /// Send an upload again when its answer was lost, though the work may have been done
    #[arg(long, help_heading = ENGINE)]
    pub resend: bool,
    #[command(flatten)]
    pub network: Network,
}

/// How requests are made, to a service or for inputs that are URLs.
#[derive(Clone, Debug, Args)]
pub struct Network {
    /// Give a request up when nothing moves for so long
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds, help_heading = NETWORK)]
    pub timeout: Duration,
    /// Try so many times more when there is no connection or the other side is busy
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(0..=100), help_heading = NETWORK)]
    pub retries: u32,
    /// Trust the certificates (PEM) in this file, too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = NETWORK)]
    pub ca_cert: Option<PathBuf>,
}

/// Which files.
#[derive(Clone, Debug, Args)]
pub struct Inputs {
    /// Files, directories (walked; `.git` is skipped, hidden files are not), http(s) URLs, or `-` for bytes on stdin
    #[arg(value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub operands: Vec<PathBuf>,
    /// Read more inputs from this list, one a line; `-` is stdin
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = INPUTS)]
    pub files_from: Option<PathBuf>,
    /// The names in the list end in NUL bytes (as `find -print0` writes them)
    #[arg(short = '0', long, requires = "files_from", help_heading = INPUTS)]
    pub null: bool,
    /// Of directories and lists, only the files that match; `!PATTERN` leaves out; repeats, the last match counts
    #[arg(short, long, value_name = "PATTERN", allow_hyphen_values = true, help_heading = INPUTS)]
    pub glob: Vec<String>,
    /// What to call the bytes of stdin
    #[arg(long, value_name = "NAME", help_heading = INPUTS)]
    pub stdin_name: Option<String>,
    /// Refuse inputs that are larger than this (`500K`, `20M`, `4G`); of a URL that a service fetches, as far as it tells the size
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = INPUTS)]
    pub max_size: Option<u64>,
    /// Work on the I-th of N shares of the inputs; a path always falls into the same share
    #[arg(long, value_name = "I/N", value_parser = shard, help_heading = INPUTS)]
    pub shard: Option<Shard>,
}

/// What is shown of the metadata, and how.
#[derive(Debug, Args)]
pub struct Shown {
    /// Only tags that match: `Make`, `GPS*`, `exif:*`, `IFD0:Make`; repeats, case does not matter
    #[arg(short, long, value_name = "PATTERN", help_heading = OUTPUT)]
    pub tag: Vec<String>,
    /// Group by kind of metadata (0: exif, xmp, …) or by place (1: IFD0, XMP-dc, …)
    #[arg(short = 'G', long, value_name = "0|1", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=1), help_heading = OUTPUT)]
    pub family: u8,
    /// Print the stored numbers instead of their meaning
    #[arg(short, long, help_heading = OUTPUT)]
    pub numeric: bool,
    /// Print binary values, too, as `base64:…`
    #[arg(long, help_heading = OUTPUT)]
    pub binary: bool,
}

/// What stays when metadata is removed.
#[derive(Debug, Args)]
pub struct Kept {
    /// Keep these, too: icc, orientation, density, gainmap, copyright, dates, title, thumbnail, c2pa, or tags (`Artist`); `none` keeps nothing
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = "What stays")]
    pub keep: Vec<String>,
    /// What stays without --keep
    #[arg(long, value_enum, default_value = "default", help_heading = "What stays")]
    pub preset: Preset,
}

/// How the work is done.
#[derive(Debug, Args)]
pub struct Running {
    /// So many files at once [default: one per core]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = RUNNING)]
    pub jobs: Option<u16>,
    /// Stop at the first input that fails
    #[arg(long, help_heading = RUNNING)]
    pub fail_fast: bool,
    /// Exit with 0 instead of 1 (found) and 3 (failed inputs)
    #[arg(long, help_heading = RUNNING)]
    pub exit_zero: bool,
    /// Print no messages
    #[arg(short, long, conflicts_with = "verbose", help_heading = RUNNING)]
    pub quiet: bool,
    /// Print warnings about damaged metadata and a closing summary to stderr, too
    #[arg(short, long, help_heading = RUNNING)]
    pub verbose: bool,
    /// Show a progress bar on stderr
    #[arg(long, value_name = "WHEN", value_enum, default_value = "auto", help_heading = RUNNING)]
    pub progress: When,
    /// Use colours
    #[arg(long, value_name = "WHEN", value_enum, default_value = "auto", help_heading = RUNNING)]
    pub color: When,
    /// Store no results [env: EXIFKIT_NO_STORE=1]
    #[arg(long, help_heading = RUNNING)]
    pub no_store: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExtractFormat {
    /// One object, or an array of them
    Json,
    /// One object a line
    Jsonl,
    /// For reading
    Table,
    /// One tag a line: source, group, tag, value
    Csv,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RemoveFormat {
    /// One object, or an array of them
    Json,
    /// One object a line
    Jsonl,
    /// For reading
    Table,
    /// One input a line: source, status, target, removed, kept, error
    Csv,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// One object, or an array of them
    Json,
    /// One object a line
    Jsonl,
    /// For reading
    Table,
    /// Annotations for GitHub Actions
    Github,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Preset {
    /// Looks and plays the same
    Default,
    /// What decoding needs
    Strict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    Auto,
    Always,
    Never,
}

/// One of `of` shares, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    pub index: u64,
    pub of: u64,
}

/// Never fails: the message would show the key. It is looked at later.
fn given_key(text: &str) -> Result<Key, std::convert::Infallible> {
    Ok(Key::given(text))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds, like 30".to_string())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() && duration <= Duration::from_secs(86_400) => Ok(duration),
        _ => Err("expected more than no seconds and at most a day".into()),
    }
}

fn shard(text: &str) -> Result<Shard, String> {
    let (index, of) = text.split_once('/').ok_or("expected I/N, like 1/4")?;
    let number = |s: &str| s.parse::<u64>().map_err(|_| format!("{s:?} is no number"));
    let shard = Shard { index: number(index)?, of: number(of)? };
    if shard.index == 0 || shard.index > shard.of {
        return Err("shares are counted from 1 to N".into());
    }
    Ok(shard)
}

fn size(text: &str) -> Result<u64, String> {
    let upper = text.trim().to_ascii_uppercase();
    let unit = upper.trim_end_matches("IB").trim_end_matches('B');
    let (digits, factor) = match unit.strip_suffix(['K', 'M', 'G', 'T']) {
        Some(digits) => (digits, 1u64 << (10 * (1 + "KMGT".find(&unit[digits.len()..]).unwrap_or(0)))),
        None => (unit, 1),
    };
    let number: u64 = digits.parse().map_err(|_| "expected a number of bytes, like 20M".to_string())?;
    number.checked_mul(factor).ok_or_else(|| "too large a number".into())
}

const EXAMPLES: &str = "\
Examples:
  exifkit extract photo.jpg                 metadata of one file
  exifkit remove photo.jpg                  writes photo_cleaned.jpg
  exifkit check --fail-on gps,serial .      a gate for CI

`exifkit COMMAND --help` has more of them; `exifkit --help` lists the exit statuses.";

const STATUS: &str = "\
Examples:
  exifkit extract photo.jpg                 metadata of one file
  exifkit remove photo.jpg                  writes photo_cleaned.jpg
  exifkit check --fail-on gps,serial .      a gate for CI

Exit status:
  0    done (for check: nothing found)
  1    check found something
  2    wrong usage
  3    at least one input failed, the others were done
  4    the service refused the key, or get found nothing
  5    the network or the service failed
  130  interrupted
The gravest counts (2, 130, 5, 4, 3, 1); --exit-zero turns 1 and 3 into 0.";

const EXTRACT_EXAMPLES: &str = "\
Examples:
  exifkit extract photo.jpg
  exifkit extract photo.jpg --tag 'GPS*' --numeric
  exifkit extract photos/ --family 1 --format csv > tags.csv
  find . -name '*.png' -print0 | exifkit extract --files-from - -0 > tags.jsonl
  exifkit extract https://example.com/image.jpg  reads the headers, not the whole file
  exifkit extract --api-url https://example.com --key-file key.txt photo.jpg";

const GET_EXAMPLES: &str = "\
Examples:
  exifkit get 123e4567-e89b-12d3-a456-426614174000";

const REMOVE_EXAMPLES: &str = "\
Examples:
  exifkit remove photo.jpg                       writes photo_cleaned.jpg
  exifkit remove photo.jpg -o clean.jpg
  exifkit remove --in-place --backup .orig *.jpg
  exifkit remove photos/ -O cleaned/             mirrors the tree into cleaned/
  exifkit remove - -o - < photo.jpg > clean.jpg
  exifkit remove photo.jpg --keep copyright,dates
  exifkit remove --dry-run photos/ -i            says what would be done";

const CHECK_EXAMPLES: &str = "\
Examples:
  exifkit check public/                          status 1 when anything is found
  exifkit check --fail-on gps,serial,author .
  exifkit check --format github .                annotations in a pull request
  git diff --name-only -z main | exifkit check --files-from - -0";

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn definitions_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sizes_and_shares() {
        for (text, want) in [
            ("10", Some(10)),
            ("2K", Some(2048)),
            ("3MiB", Some(3 << 20)),
            ("1gb", Some(1 << 30)),
            ("x", None),
            ("99999999999T", None),
        ] {
            assert_eq!(size(text).ok(), want, "{text}");
        }
        for (text, want) in [("1.5", Some(1500)), ("60", Some(60_000)), ("0", None), ("-1", None), ("x", None), ("1e99", None)] {
            assert_eq!(seconds(text).ok().map(|d| d.as_millis()), want, "{text}");
        }
        assert_eq!(shard("2/3"), Ok(Shard { index: 2, of: 3 }));
        for text in ["0/3", "4/3", "1", "a/b", "1/0"] {
            assert!(shard(text).is_err(), "{text}");
        }
    }
}
