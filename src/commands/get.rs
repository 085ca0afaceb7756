//! `exifkit get`: an earlier result.

use super::{extract, network, way_out};
use crate::{
    api::{COMPLETED, Failure, Stored},
    batch::Status,
    cli::{self, When},
    engine::remote::Service,
    error::{Code, Error, Result},
    output::{self, Format, Rows, Style, csv},
    store::{Result as Found, Store},
};

pub fn run(args: &cli::Get) -> Result<Status> {
    let style = Style::new(Some(args.format.into()), true, When::Auto);
    let mut row = Vec::new();
    let status = match network::service(&args.engine)? {
        Some(service) => asked(&service, &args.uuid, &style, &mut row),
        None => match find(&args.uuid)? {
            Some(found) => print(&found, &style, &mut row),
            None => nothing(&style, &mut row),
        },
    };
    let header = if style.format == Format::Csv && status == Status::DONE { csv::TAGS } else { "" };
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

fn nothing(style: &Style, row: &mut Vec<u8>) -> Status {
    style.json(&Failure::no_extraction(), row);
    Status(4)
}

/// The result as a service has it, printed as it came; or why there is none.
fn asked(service: &Service, uuid: &str, style: &Style, row: &mut Vec<u8>) -> Status {
    let answer = match service.get(uuid) {
        Ok(answer) => answer,
        // What a service takes for malformed is as unknown as what is not there.
        Err(e) if matches!(e.code, Code::NotFound | Code::InvalidRequest) => return nothing(style, row),
        Err(e) => {
            style.json(&Failure::of_request(&e), row);
            output::message(&format!("{e}{}", way_out(e.code)));
            return Status(e.code.exit_status());
        }
    };
    match style.format {
        Format::Table | Format::Csv => extract::values(answer.file_name().unwrap_or(uuid), answer.metadata(), style, row),
        _ => style.raw(answer.text(), answer.fields(), row),
    }
    Status::DONE
}

fn print(found: &Found, style: &Style, row: &mut Vec<u8>) -> Status {
    match style.format {
        Format::Table | Format::Csv => extract::values(&found.file_name, &found.metadata, style, row),
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
    Status::DONE
}
