//! The examples of the documentation, as they stand there. Only names of this place are put in: the host, the key, the uuid, the file. What a
//! page of text has lost is mended: the name in curl's `-F`, which was taken for an e-mail address, and the indentation of Python.

use super::{Language, NODE, PHP, PYTHON, RUBY, SHELL, Service};
use std::path::{Path, PathBuf};

/// The text of the documentation, when it is there; `EXIFKIT_API_DOCUMENT` names another place.
pub fn text() -> Option<String> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/spec/api-documentation.txt");
    let path = std::env::var_os("EXIFKIT_API_DOCUMENT").map_or_else(beside, PathBuf::from);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        super::skipped(&format!("there is no {}", path.display()));
    }
    text
}

/// Whether the examples of a language begin at a line.
type Begins = fn(&[&str], usize) -> bool;

/// The languages in their order, by the extension of their programs.
const BEGINNINGS: [(&str, Begins); 5] = [
    ("sh", |lines, at| lines[at].starts_with("# ") && lines[at + 1].starts_with("curl ")),
    ("py", |lines, at| lines[at] == "import requests"),
    ("mjs", |lines, at| lines[at].starts_with("// ") && lines[at + 1].contains("new FormData()")),
    ("php", |lines, at| lines[at].starts_with("// ") && lines[at + 1].starts_with("$curl = ")),
    ("rb", |lines, at| lines[at] == "require 'net/http'"),
];

/// The examples of a language, each with its title; what stands before the first title is an example, too.
pub fn examples(text: &str, extension: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut from = 0;
    let mut begin = Vec::new();
    for (name, begins) in BEGINNINGS {
        from = (from..lines.len() - 1).find(|at| begins(&lines, *at)).unwrap_or_else(|| panic!("no examples in {name}"));
        begin.push((name, from));
    }
    let at = begin.iter().position(|(name, _)| *name == extension).unwrap();
    let end = begin.get(at + 1).map_or(lines.len(), |next| next.1);
    let mut examples = vec![String::new()];
    for line in &lines[begin[at].1..end] {
        let title = line.strip_prefix("# ").or_else(|| line.strip_prefix("// ")).unwrap_or_default();
        if ["File Upload", "URL Processing", "Get results", "Remove Metadata"].iter().any(|begin| title.starts_with(begin)) {
            examples.push(String::new());
        }
        let example = examples.last_mut().unwrap();
        // Python: a block is of one line in all examples.
        let block = example.lines().last().is_some_and(|before| extension == "py" && before.ends_with(':'));
        *example += &format!("{}{line}\n", if block { "    " } else { "" });
    }
    examples
}

/// The host of the documented service.
pub fn host(text: &str) -> &str {
    let path = text.find("/api/v1/extract").expect("the first address");
    text[..path].rsplit('/').next().unwrap()
}

/// curl's lines of an example; the others show the answer.
fn curl(example: &str) -> String {
    let mut within = false;
    let keep = |line: &&str| {
        let keep = within || line.starts_with("curl ");
        within = keep && line.ends_with('\\');
        keep
    };
    example.lines().filter(keep).map(|line| format!("{line}\n")).collect()
}

/// What stands for a page in Node: the field with its file, the address that begins a download, answers as lines.
const PAGE: &str = r#"
const fs = require("node:fs");
const { File } = require("node:buffer");
const fileInput = { files: [new File([fs.readFileSync("image.jpg")], "image.jpg", { type: "image/jpeg" })] };
console.log = (answer) => process.stdout.write(JSON.stringify(answer) + "\n");
const window = { location: { set href(url) {
  fetch(url).then((response) => response.arrayBuffer()).then((bytes) => {
    fs.writeFileSync("image_cleaned.jpg", Buffer.from(bytes));
    console.log({ success: true, status: "completed", uuid: url.split("/").pop(), downloadUrl: url });
  });
} } };
"#;

/// A program of all examples of a language that prints every answer on a line of its own, and the name of its file.
fn program(examples: &[String], extension: &str) -> (String, &'static str) {
    let followed_by =
        |end: &str| examples.iter().map(|e| if e.is_empty() { String::new() } else { format!("{e}{end}\n") }).collect::<String>();
    match extension {
        "sh" => (examples[1..].iter().map(|e| format!("{}echo\n", curl(e))).collect::<String>(), "examples.sh"),
        "py" => (followed_by("'response' in globals() and print(response.text)"), "examples.py"),
        "mjs" => (format!("{PAGE}{}", examples.concat()), "examples.cjs"),
        "php" => (format!("<?php\n{}", followed_by("echo $response, \"\\n\";")), "examples.php"),
        "rb" => (followed_by("puts response.body if defined?(response)"), "examples.rb"),
        _ => panic!("{extension}"),
    }
}

#[track_caller]
fn pass(language: &Language, downloads: bool) {
    let (Some(text), Some(interpreter)) = (text(), language.program()) else { return };
    let examples = examples(&text, language.extension);
    assert_eq!(examples.len(), 1 + 9, "four extractions, a result, four removals: {examples:#?}");
    let service = Service::start(true);
    // The documented uuid is nobody's: an earlier extraction of the same photo takes its place.
    let mut earlier = service.server.folder.command(["extract", "image.jpg", "--no-store"]);
    earlier.arg("--api-url").arg(format!("https://{}", service.server.address)).arg("--ca-cert").arg(&service.certificate);
    let earlier = service.answers(earlier.env("EXIFKIT_KEY", &service.server.key)).remove(0);

    let (program, name) = program(&examples, language.extension);
    let program = program
        .replace(host(&text), &service.server.address)
        .replace("YOUR_API_KEY_HERE", &service.server.key)
        .replace("123e4567-e89b-12d3-a456-426614174000", earlier["uuid"].as_str().unwrap())
        .replace("[email protected]", "file=@image.jpg")
        .replace("/path/to/", "");
    service.server.folder.write(name, program.as_bytes());
    let answers = service.answers(service.command(interpreter).arg(name));
    service.check(&answers, [4, 1, 4]);
    if downloads {
        assert!(service.server.folder.read("image_cleaned.jpg") == service.cleaned, "the download is not what is written here");
    }
}

#[test]
fn curl_of_the_document() {
    pass(&SHELL, false);
}

#[test]
fn python_of_the_document() {
    pass(&PYTHON, true);
}

#[test]
fn javascript_of_the_document() {
    pass(&NODE, true);
}

#[test]
fn php_of_the_document() {
    pass(&PHP, true);
}

#[test]
fn ruby_of_the_document() {
    pass(&RUBY, true);
}
