//! PDF.

use super::{FileType, Format, Walk};
use crate::{error::Result, input::Input};

pub static FORMAT: Format = Format { name: "PDF", extensions: &[], probe, walk, plan: None, payload: None };

fn probe(_input: &Input) -> Option<FileType> {
    None
}

fn walk(_input: &Input, _walk: &mut Walk) -> Result<()> {
    Ok(())
}
