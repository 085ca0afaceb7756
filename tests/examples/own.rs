//! Our programs, one a language: an upload, a url, an earlier result, a removal and its download.

use super::{Language, NODE, PHP, PYTHON, RUBY, SHELL, Service};
use std::path::Path;

#[track_caller]
fn pass(language: &Language) {
    let Some(program) = language.program() else { return };
    let service = Service::start(false);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/examples/client").with_extension(language.extension);
    let mut command = service.command(program);
    let answers = service.answers(command.arg(&file).args(["image.jpg", "https://example.com/image.jpg", "cleaned.jpg"]));
    service.check(&answers, [2, 1, 1]);
    assert_eq!(answers[0]["uuid"], answers[2]["uuid"], "the result that was looked up is the first one");
    assert!(service.server.folder.read("cleaned.jpg") == service.cleaned, "the download is not what is written here");
    // A key that is not valid is an error in every language.
    let mut command = service.command(program);
    let refused = command.arg(&file).args(["image.jpg", "", "refused.jpg"]).env("EXIFKIT_KEY", "wrong").output().unwrap();
    assert!(!refused.status.success() && !service.server.folder.path("refused.jpg").exists());
    let said = [refused.stdout, refused.stderr].concat();
    assert!(String::from_utf8_lossy(&said).contains("401"), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn curl() {
    pass(&SHELL);
}

#[test]
fn python() {
    pass(&PYTHON);
}

#[test]
fn node() {
    pass(&NODE);
}

#[test]
fn php() {
    pass(&PHP);
}

#[test]
fn ruby() {
    pass(&RUBY);
}
