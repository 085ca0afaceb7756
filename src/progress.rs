//! A bar on stderr: files, rate, time left. Silent when stderr is not a terminal.

use crate::cli::{Inputs, When};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::{io::IsTerminal, time::Duration};

/// Shows how far a batch is.
#[derive(Clone, Debug)]
pub struct Progress(Option<ProgressBar>);

impl Progress {
    pub fn none() -> Self {
        Progress(None)
    }

    /// A bar when the user wants one. Another thread counts the inputs meanwhile, if they can be counted.
    pub fn new(when: When, inputs: &Inputs) -> Self {
        if !wanted(when) {
            return Progress(None);
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
        bar.set_style(style("{spinner} {human_pos} files, {rate}, {elapsed} so far"));
        bar.enable_steady_tick(Duration::from_millis(200));
        let (counted, inputs) = (bar.clone(), inputs.clone());
        std::thread::spawn(move || {
            if let Some(total) = crate::batch::Sources::count(&inputs) {
                counted.set_length(total as u64);
                counted.set_style(style("{bar:30} {human_pos}/{human_len} files, {rate}, {eta} left"));
            }
        });
        Progress(Some(bar))
    }

    /// A bar for the bytes of one file on its way.
    pub fn bytes(when: When, len: u64) -> Self {
        if !wanted(when) {
            return Progress(None);
        }
        let bar = ProgressBar::with_draw_target(Some(len), ProgressDrawTarget::stderr_with_hz(10));
        bar.set_style(style("{bar:30} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left"));
        Progress(Some(bar))
    }

    /// So much is done.
    pub fn set(&self, position: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(position);
        }
    }

    pub fn step(&self) {
        if let Some(bar) = &self.0 {
            bar.inc(1);
        }
    }

    /// Takes the bar away while others write to the terminal.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    pub fn finish(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

fn wanted(when: When) -> bool {
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => std::io::stderr().is_terminal(),
    }
}

fn style(template: &str) -> ProgressStyle {
    let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        let _ = write!(out, "{:.0}/s", state.per_sec());
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).with_key("rate", rate)
}
