//! Removing metadata.

use super::findings::Finding;
use crate::{
    error::{Code, Error, Result},
    format::{self, Selection},
    input::Input,
    metadata::Warning,
};
use std::fs::File;

pub struct Prepared(());

pub fn prepare(input: &Input, _selection: &Selection) -> Result<Prepared> {
    match format::detect(input) {
        None => Err(Error::new(Code::UnknownFormat, "the type of the file is not known")),
        Some((_, t)) => Err(Error::new(Code::UnsupportedFormat, format!("{} files cannot be cleaned yet", t.name))),
    }
}

impl Prepared {
    pub fn is_clean(&self) -> bool {
        true
    }
    pub fn warnings(&self) -> &[Warning] {
        &[]
    }
    pub fn kept(&self) -> Vec<String> {
        Vec::new()
    }
    pub fn removed(&self) -> Vec<String> {
        Vec::new()
    }
    pub fn findings(&self) -> Vec<Finding> {
        Vec::new()
    }
    pub fn write(&self, _out: &mut File) -> Result<()> {
        Ok(())
    }
    pub fn verify(&self, _output: &Input) -> Result<()> {
        Ok(())
    }
}
