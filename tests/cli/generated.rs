//! `completions/` and `man/` come from the definitions in `src/cli.rs`.
//! `EXIFKIT_BLESS=1 cargo test generated` writes them anew.

use clap::{Command, CommandFactory, ValueEnum};
use clap_complete::{Generator, Shell};
use std::path::Path;

fn files() -> Vec<(String, Vec<u8>)> {
    let mut command = exifkit::cli::Cli::command();
    command.build();
    let mut files = Vec::new();
    for shell in Shell::value_variants() {
        let mut text = Vec::new();
        clap_complete::generate(*shell, &mut command.clone(), "exifkit", &mut text);
        files.push((format!("completions/{}", shell.file_name("exifkit")), text));
    }
    files.push(("man/exifkit.1".into(), page(command.clone())));
    for sub in command.get_subcommands().filter(|c| c.get_name() != "help") {
        let name = format!("exifkit-{}", sub.get_name());
        files.push((format!("man/{name}.1"), page(sub.clone().display_name(&name))));
    }
    files
}

fn page(command: Command) -> Vec<u8> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command).render(&mut text).unwrap();
    text
}

#[test]
fn completions_and_manual_are_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, text) in files() {
        let path = root.join(&name);
        if std::env::var_os("EXIFKIT_BLESS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let found = std::fs::read(&path).unwrap_or_default();
        assert!(found == text, "{name} is not what src/cli.rs says: EXIFKIT_BLESS=1 cargo test generated");
    }
}
