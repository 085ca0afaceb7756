//! `exifkit get`: an earlier result.

use super::local_only;
use crate::{
    api::{COMPLETED, Failure, Stored},
    batch::Status,
    cli::{self, When},
    error::{Code, Error, Result},
    output::{Format, Rows, Style, csv, table},
    store::{Result as Found, Store},
};
use serde_json::Value;

pub fn run(args: &cli::Get) -> Result<Status> {
    local_only()?;
    let style = Style::new(Some(args.format.into()), true, When::Auto);
    let found = find(&args.uuid)?;
    let mut row = Vec::new();
    let status = match &found {
        Some(found) => {
            print(found, &style, &mut row);
            Status::DONE
        }
        None => {
            style.json(&Failure::no_extraction(), &mut row);
            Status(4)
        }
    };
    let header = if style.format == Format::Csv && found.is_some() { csv::TAGS } else { "" };
    let mut rows = Rows::new(style, header);
    match rows.row(&row).and_then(|()| rows.finish()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::new(Code::Unreadable, format!("the answer cannot be written to stdout: {e}")))
        }
        _ => Ok(status),
    }
}

/// What is malformed is as unknown as what is not there.
fn find(uuid: &str) -> Result<Option<Found>> {
    let Ok(uuid) = uuid.parse::<uuid::Uuid>() else { return Ok(None) };
    Store::find(&uuid.hyphenated().to_string()).map_err(|e| {
        Error::new(Code::Unreadable, format!("the store cannot be read: {e:#} (EXIFKIT_STORE_DIR says where it is)"))
    })
}

fn print(found: &Found, style: &Style, row: &mut Vec<u8>) {
    match style.format {
        Format::Table => {
            table::heading(&found.file_name, style, row);
            for (group, tags) in found.metadata.as_object().into_iter().flatten() {
                table::group(group, style, row);
                tags.as_object().into_iter().flatten().for_each(|(tag, value)| table::line(tag, &text(value), row));
            }
        }
        Format::Csv => {
            for (group, tags) in found.metadata.as_object().into_iter().flatten() {
                for (tag, value) in tags.as_object().into_iter().flatten() {
                    csv::line([found.file_name.as_str(), group, tag, &text(value)], style.terminal, row);
                }
            }
        }
        _ => style.json(
            &Stored {
                success: true,
                status: COMPLETED,
                filename: &found.file_name,
                uuid: &found.uuid,
                metadata: &found.metadata,
            },
            row,
        ),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
