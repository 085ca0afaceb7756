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
    pages(&command, "exifkit", &mut files);
    files
}

/// A page for every command below this one.
fn pages(command: &Command, name: &str, files: &mut Vec<(String, Vec<u8>)>) {
    for sub in command.get_subcommands().filter(|c| c.get_name() != "help") {
        let name = format!("{name}-{}", sub.get_name());
        files.push((format!("man/{name}.1"), page(sub.clone().display_name(&name))));
        pages(sub, &name, files);
    }
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

#[test]
fn every_command_has_its_page() {
    let names: Vec<String> = files().into_iter().map(|(name, _)| name).filter(|n| n.starts_with("man/")).collect();
    for command in
        ["", "-extract", "-get", "-remove", "-check", "-serve", "-serve-keys-create", "-serve-keys-list", "-serve-keys-revoke"]
    {
        assert!(names.contains(&format!("man/exifkit{command}.1")), "{command}: {names:?}");
    }
    // None is left of a command that is no more.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    for file in std::fs::read_dir(folder).unwrap() {
        let name = format!("man/{}", file.unwrap().file_name().into_string().unwrap());
        assert!(names.contains(&name), "{name}");
    }
}

/// All arguments of a command and of those below it, with what is written about that command.
fn arguments(command: &Command, name: &str, each: &mut impl FnMut(&str, &clap::Arg, &str)) {
    let page = String::from_utf8(page(command.clone())).unwrap().replace("\\-", "-");
    for argument in command.get_arguments().filter(|a| !matches!(a.get_id().as_str(), "help" | "version")) {
        each(name, argument, &page);
    }
    for sub in command.get_subcommands().filter(|c| c.get_name() != "help") {
        arguments(sub, &format!("{name} {}", sub.get_name()), each);
    }
}

#[test]
fn every_flag_is_explained() {
    let mut command = exifkit::cli::Cli::command();
    command.build();
    let mut seen = 0;
    arguments(&command, "exifkit", &mut |name, argument, page| {
        let id = argument.get_id();
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        assert!(help.len() > 8, "{name} {id}: {help:?}");
        if let Some(long) = argument.get_long() {
            assert!(page.contains(&format!("--{long}")), "{name} --{long} is not in its page");
        }
        if name == "exifkit serve" {
            let long = argument.get_long().expect("an option");
            let variable = argument.get_env().unwrap_or_else(|| panic!("--{long} has no variable")).to_str().unwrap();
            assert_eq!(variable, format!("EXIFKIT_{}", long.to_uppercase().replace('-', "_")));
            assert!(page.contains(variable), "{variable} is not in the page of serve");
            seen += 1;
        }
    });
    assert!(seen > 20, "{seen} options of serve");
}
