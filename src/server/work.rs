//! The engine behind the requests: on threads of its own, so many files at once, each with a deadline, panics contained.

use super::{App, answer::Refusal, log, receive::Received, settings::Limits};
use crate::{
    api::{COMPLETED, Extracted, Groups, Removed, View, view::Pattern},
    cli,
    commands::{self, remove::selection},
    engine::{local, removal},
    error::{Code, Error},
    format::Selection,
    input::{Deadline, Input},
};
use serde::Serialize;
use std::{
    io::{Seek, Write},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

/// Our extension of the documented request; what is honoured is named in the answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Options {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numeric: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<Vec<String>>,
}

impl Options {
    /// Takes a query parameter, if it is one of these.
    pub fn take(&mut self, name: &str, value: &str, limits: &Limits) -> Result<(), Refusal> {
        match (name, value) {
            ("family", "0" | "1") => self.family = Some(u8::from(value == "1")),
            ("numeric" | "n", "" | "1" | "true") => self.numeric = Some(true),
            ("numeric" | "n", "0" | "false") => self.numeric = Some(false),
            ("keep", list) => {
                let words = list.split(',').filter(|w| !w.trim().is_empty());
                self.keep.get_or_insert_default().extend(words.map(String::from));
            }
            ("preset", "default" | "strict") => self.preset = Some(value.into()),
            ("tag", _) => {
                let patterns = self.tag.get_or_insert_default();
                if patterns.len() >= limits.tags {
                    return Err(Refusal::invalid(format!("more than {} tags (--max-tags)", limits.tags)));
                }
                if value.len() > limits.tag_length {
                    return Err(Refusal::invalid(format!("a tag of more than {} bytes (--max-tag-length)", limits.tag_length)));
                }
                patterns.push(value.into());
            }
            ("family", _) => return Err(Refusal::invalid("family is 0 or 1")),
            ("numeric" | "n", _) => return Err(Refusal::invalid("numeric is true or false")),
            ("preset", _) => return Err(Refusal::invalid("preset is default or strict")),
            _ => {}
        }
        Ok(())
    }

    fn view(&self) -> View {
        let patterns = self.tag.iter().flatten().map(|tag| Pattern::new(tag)).collect();
        View { family: self.family.unwrap_or(0), numeric: self.numeric.unwrap_or(false), patterns, ..View::default() }
    }

    /// Those that a removal honours.
    fn of_removal(self) -> Self {
        Options { family: None, numeric: None, tag: None, ..self }
    }

    fn of_extraction(self) -> Self {
        Options { keep: None, preset: None, ..self }
    }

    pub fn selection(&self) -> Result<Selection, Refusal> {
        let preset = if self.preset.as_deref() == Some("strict") { cli::Preset::Strict } else { cli::Preset::Default };
        let kept = cli::Kept { keep: self.keep.clone().unwrap_or_default(), preset };
        selection(&kept).map_err(|e| Refusal::invalid(e.to_string()))
    }
}

/// An answer, and the options that it honours, when there are any.
#[derive(Serialize)]
struct Answered<'a, T> {
    #[serde(flatten)]
    answer: T,
    #[serde(skip_serializing_if = "is_default")]
    options: &'a Options,
}

fn is_default(options: &&Options) -> bool {
    **options == Options::default()
}

/// Runs one job of the engine when its turn comes.
async fn job<T: Send + 'static>(
    app: &Arc<App>,
    work: impl FnOnce(&App, Instant) -> Result<T, Failed> + Send + 'static,
) -> Result<T, Refusal> {
    let shared = Arc::clone(app);
    run(&app.jobs, app.settings.limits.work_time, move |deadline| work(&shared, deadline)).await
}

/// Runs one job on a thread of its own, for `budget` at most: every read looks at the deadline, and nobody waits much longer
/// for what does not read. Its place is taken until it ends.
async fn run<T: Send + 'static>(
    places: &Arc<Semaphore>,
    budget: Duration,
    work: impl FnOnce(Instant) -> Result<T, Failed> + Send + 'static,
) -> Result<T, Refusal> {
    let place = Arc::clone(places).acquire_owned().await.map_err(|_| Refusal::stopping())?;
    let (deadline, request) = (Instant::now() + budget, log::request());
    let done = tokio::task::spawn_blocking(move || {
        let _place = place;
        let _deadline = Deadline::hold(deadline);
        log::working(request, || work(deadline))
    });
    let too_long = || {
        log::event("error", "too_long", "a file took longer than --work-timeout");
        Err(Refusal::too_long(budget.as_secs_f64(), "--work-timeout"))
    };
    match tokio::time::timeout(budget + budget / 4, done).await {
        Ok(Ok(Ok(answer))) => Ok(answer),
        Ok(Ok(Err(Failed::Late))) => too_long(),
        // What was not read in time looks like damage.
        Ok(Ok(Err(Failed::Engine(e)))) if e.code == Code::Damaged && Instant::now() > deadline => too_long(),
        Ok(Ok(Err(failed))) => Err(failed.refusal()),
        // A panic of a decoder ends its own request.
        Ok(Err(_)) => Err(Refusal::internal()),
        Err(_) => too_long(),
    }
}

enum Failed {
    /// The deadline has passed.
    Late,
    Engine(Error),
    Store(anyhow::Error),
}

impl From<Error> for Failed {
    fn from(e: Error) -> Self {
        Failed::Engine(e)
    }
}

impl From<anyhow::Error> for Failed {
    fn from(e: anyhow::Error) -> Self {
        Failed::Store(e)
    }
}

impl Failed {
    fn refusal(self) -> Refusal {
        match self {
            Failed::Late => Refusal::internal(),
            Failed::Engine(e) => {
                let refusal = Refusal::of(&e);
                if refusal.status.is_server_error() {
                    log::event("error", "engine", e.code.as_str());
                }
                refusal
            }
            Failed::Store(e) => {
                log::event("error", "store", &format!("{e:#}"));
                Refusal::internal()
            }
        }
    }
}

/// E1: the answer, after it has been stored.
pub async fn extract(app: &Arc<App>, owner: String, received: Received, options: Options) -> Result<Vec<u8>, Refusal> {
    let options = options.of_extraction();
    job(app, move |app, deadline| {
        let input = Input::from_file(received.file)?;
        let extraction = local::extract(&input)?;
        if Instant::now() > deadline {
            // Not half of it for the whole.
            return Err(Failed::Late);
        }
        let view = options.view();
        let groups = Groups::new(&view, &received.file_name, &input, &extraction);
        let warnings = commands::warnings(&extraction.metadata.warnings);
        let metadata = bounded(&groups, app.settings.limits.answer_size)?;
        let uuid = app.store.put(&owner, &received.file_name, &metadata)?;
        let answer = Extracted {
            success: true,
            status: COMPLETED,
            file_name: &received.file_name,
            uuid: Some(&uuid),
            metadata: &groups,
            source: None,
            warnings: &warnings,
        };
        Ok(bounded(&Answered { answer, options: &options }, app.settings.limits.answer_size)?.into_bytes())
    })
    .await
}

/// E3: the answer, after the cleaned file has been proved and stored. `base` is what its address begins with.
pub async fn remove(
    app: &Arc<App>,
    owner: String,
    received: Received,
    options: Options,
    base: String,
) -> Result<Vec<u8>, Refusal> {
    let options = options.of_removal();
    let selection = options.selection()?;
    job(app, move |app, _| {
        let input = Input::from_file(received.file)?;
        let prepared = removal::prepare(&input, &selection)?;
        let mime = prepared.file_type.mime;
        let (uuid, ()) = app.store.put_cleaned(&owner, &received.file_name, mime, |file| {
            prepared.write(file)?;
            file.rewind().map_err(Error::from)?;
            let written = Input::from_file(file.try_clone().map_err(Error::from)?)?;
            prepared.verify(&written)?;
            Ok::<(), Failed>(())
        })?;
        let answer = Removed {
            success: true,
            status: COMPLETED,
            uuid: &uuid,
            download_url: Some(&format!("{base}/download-cleaned/{uuid}")),
            file_name: &received.file_name,
            removed: &prepared.removed(),
            kept: &prepared.kept(),
            verified: true,
            source: None,
            warnings: &commands::warnings(prepared.warnings()),
        };
        Ok(bounded(&Answered { answer, options: &options }, app.settings.limits.answer_size)?.into_bytes())
    })
    .await
}

/// JSON that grows up to the limit.
struct Bounded {
    json: Vec<u8>,
    limit: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.json.len() + bytes.len() > self.limit {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.json.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// JSON that is no longer than an answer may be.
fn bounded(value: &impl Serialize, limit: usize) -> Result<String, Failed> {
    let mut bounded = Bounded { json: Vec::new(), limit };
    match serde_json::to_writer(&mut bounded, value) {
        Ok(()) => Ok(String::from_utf8(bounded.json).map_err(anyhow::Error::from)?),
        Err(e) if e.is_io() => {
            let message = format!("its metadata is larger than the limit of {limit} bytes (--max-answer-size)");
            Err(Error::new(Code::TooLarge, message).into())
        }
        Err(e) => Err(anyhow::Error::from(e).into()),
    }
}

/// A look-up in the store, off the async threads.
pub async fn stored<T: Send + 'static>(
    app: &Arc<App>,
    look: impl FnOnce(&crate::store::Service) -> anyhow::Result<T> + Send + 'static,
) -> Result<T, Refusal> {
    let app = Arc::clone(app);
    match tokio::task::spawn_blocking(move || look(&app.store)).await {
        Ok(result) => result.map_err(|e| Failed::Store(e).refusal()),
        Err(_) => Err(Refusal::internal()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// Whatever one job does: the documented answer, and its place is free for the next.
    #[tokio::test]
    async fn a_panic_ends_its_own_request() {
        let places = Arc::new(Semaphore::new(1));
        for _ in 0..3 {
            let refusal = run::<()>(&places, LONG, |_| panic!("a decoder's")).await.unwrap_err();
            assert_eq!(refusal.status.as_u16(), 500);
            let body = refusal.envelope();
            assert_eq!(body["error"], "An error occurred while processing your request");
            assert_eq!(body["code"], "server_error");
            assert!(!body.to_string().contains("decoder"), "{body}");
        }
        assert_eq!(run(&places, LONG, |_| Ok(7)).await.ok(), Some(7));
    }

    #[tokio::test]
    async fn work_has_its_time() {
        let places = Arc::new(Semaphore::new(1));
        let short = Duration::from_millis(40);
        // It notices the deadline itself: by reading, by looking; or it does not.
        let reads = |deadline: Instant| -> Result<(), Failed> {
            let input = Input::from_bytes(vec![0; 9]);
            input.set_deadline(deadline);
            std::thread::sleep(deadline.saturating_duration_since(Instant::now()) + Duration::from_millis(1));
            input.read_at(0, &mut [0; 9])?;
            Ok(())
        };
        let (release, held) = std::sync::mpsc::channel::<()>();
        let refusals = [
            run::<()>(&places, short, reads).await.unwrap_err(),
            run::<()>(&places, short, |_| Err(Failed::Late)).await.unwrap_err(),
            run(&places, short, move |_| Ok(held.recv().is_ok())).await.unwrap_err(),
        ];
        for refusal in refusals {
            let body = refusal.envelope();
            assert_eq!((refusal.status.as_u16(), &body["code"]), (500, &"server_error".into()));
            assert!(body["detail"].as_str().unwrap().contains("0.04 s (--work-timeout)"), "{body}");
        }
        assert_eq!(places.available_permits(), 0, "what still works has its place");
        drop(release);
        assert_eq!(run(&places, LONG, |_| Ok(7)).await.ok(), Some(7));
        // Damage is not lateness.
        let damaged = run::<()>(&places, LONG, |_| Err(Failed::Engine(Error::damaged("x")))).await.unwrap_err();
        assert_eq!(damaged.status.as_u16(), 400);
    }

    #[test]
    fn options_of_the_query() {
        let (mut options, limits) = (Options::default(), Limits::of_test());
        for (name, value) in [("family", "1"), ("n", ""), ("keep", "icc,dates"), ("preset", "strict"), ("x", "y")] {
            options.take(name, value, &limits).unwrap();
        }
        let json = serde_json::to_string(&options).unwrap();
        assert_eq!(json, r#"{"family":1,"numeric":true,"keep":["icc","dates"],"preset":"strict"}"#);
        for (name, value) in [("family", "2"), ("n", "maybe"), ("preset", "none")] {
            assert_eq!(options.take(name, value, &limits).unwrap_err().code, Code::InvalidRequest, "{name}");
        }
        options.keep = Some(vec!["oreintation".into()]);
        assert!(options.selection().is_err());
    }
}
