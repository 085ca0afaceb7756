//! The engine behind the requests.

use super::{
    App,
    answer::Refusal,
    log,
    receive::Received,
    settings::Limits,
    worker::{Done, Job, Task, Worker},
};
use crate::{
    api::{COMPLETED, Extracted, Removed, View, view::Pattern},
    cli,
    commands::remove::selection,
    error::{Code, Error},
    format::Selection,
};
use rustix::fd::AsFd;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{io::Write, sync::Arc};

/// Our extension of the documented request; what is honoured is named in the answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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

    pub fn view(&self) -> View {
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

/// Has one file worked on when its turn comes.
async fn job<T: Send + 'static>(
    app: &Arc<App>,
    work: impl FnOnce(&App, &mut Worker) -> Result<T, Failed> + Send + 'static,
) -> Result<T, Refusal> {
    let shared = Arc::clone(app);
    app.jobs.run(app.settings.limits.work_time, move |worker| work(&shared, worker)).await
}

pub enum Failed {
    /// The deadline has passed.
    Late,
    Engine(Error),
    /// Of the server itself: its store, its processes.
    Server(anyhow::Error),
    /// By no fault of the file; the log has it.
    Broken,
    Refused(Refusal),
    /// The process that worked on it has ended, which may hold so many bytes.
    Ended {
        memory: u64,
    },
}

impl From<Error> for Failed {
    fn from(e: Error) -> Self {
        Failed::Engine(e)
    }
}

impl From<anyhow::Error> for Failed {
    fn from(e: anyhow::Error) -> Self {
        Failed::Server(e)
    }
}

impl Failed {
    pub fn refusal(self) -> Refusal {
        match self {
            Failed::Refused(refusal) => refusal,
            Failed::Late | Failed::Broken => Refusal::internal(),
            Failed::Ended { memory } => Refusal::ended(memory, "--work-memory"),
            Failed::Engine(e) => {
                let refusal = Refusal::of(&e);
                if refusal.status.is_server_error() {
                    log::event("error", "engine", e.code.as_str());
                }
                refusal
            }
            Failed::Server(e) => {
                log::event("error", "server", &format!("{e:#}"));
                Refusal::internal()
            }
        }
    }
}

fn task(app: &App, job: Job, file_name: &str, options: &Options) -> Task {
    Task {
        job,
        request: log::request(),
        file_name: file_name.into(),
        options: options.clone(),
        time: app.settings.limits.work_time,
        answer_size: app.settings.limits.answer_size,
    }
}

/// E1: the answer, after it has been stored.
pub async fn extract(app: &Arc<App>, owner: String, received: Received, options: Options) -> Result<Vec<u8>, Refusal> {
    let options = options.of_extraction();
    job(app, move |app, worker| {
        let task = task(app, Job::Extract, &received.file_name, &options);
        let (warnings, metadata) = match worker.ask(&task, &[received.file.as_fd()])? {
            (Done::Extracted { warnings }, metadata) => (warnings, String::from_utf8(metadata).map_err(anyhow::Error::from)?),
            (done, _) => return Err(done.failed()),
        };
        let uuid = app.store.put(&owner, &received.file_name, &metadata)?;
        let answer = Extracted {
            success: true,
            status: COMPLETED,
            file_name: &received.file_name,
            uuid: Some(&uuid),
            metadata: &*RawValue::from_string(metadata).map_err(anyhow::Error::from)?,
            source: None,
            warnings: &warnings,
        };
        bounded(&Answered { answer, options: &options }, app.settings.limits.answer_size)
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
    job(app, move |app, worker| {
        let task = task(app, Job::Remove, &received.file_name, &options);
        app.enough_disk().map_err(Failed::Refused)?;
        let clean = |file: &mut std::fs::File| match worker.ask(&task, &[received.file.as_fd(), file.as_fd()])? {
            (Done::Removed(cleaned), _) => Ok((cleaned.mime.clone(), cleaned)),
            (Done::Full, _) => Err(Failed::Refused(app.no_space())),
            (done, _) => Err(done.failed()),
        };
        let (uuid, cleaned) = app.store.put_cleaned(&owner, &received.file_name, clean)?;
        let answer = Removed {
            success: true,
            status: COMPLETED,
            uuid: &uuid,
            download_url: Some(&format!("{base}/download-cleaned/{uuid}")),
            file_name: &received.file_name,
            removed: &cleaned.removed,
            kept: &cleaned.kept,
            verified: true,
            source: None,
            lost: &cleaned.lost,
            warnings: &cleaned.warnings,
        };
        bounded(&Answered { answer, options: &options }, app.settings.limits.answer_size)
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
pub fn bounded(value: &impl Serialize, limit: usize) -> Result<Vec<u8>, Failed> {
    let mut bounded = Bounded { json: Vec::new(), limit };
    match serde_json::to_writer(&mut bounded, value) {
        Ok(()) => Ok(bounded.json),
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
        Ok(result) => result.map_err(|e| Failed::Server(e).refusal()),
        Err(_) => Err(Refusal::internal()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
