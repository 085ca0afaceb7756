//! Real files, when they are beside the repository: none makes the reader panic.

use exifkit::{engine::local, input::Input};
use std::path::Path;

#[test]
fn no_file_of_the_corpus_panics() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/files");
    let Ok(files) = std::fs::read_dir(&folder) else {
        return println!("not tested: there is no {}", folder.display());
    };
    let mut read = 0;
    for path in files.map(|f| f.unwrap().path()) {
        let outcome = std::panic::catch_unwind(|| {
            let found = local::extract(&Input::open(&path)?)?;
            found.metadata.tags.iter().for_each(|tag| assert!(tag.printed().len() < 1 << 28));
            exifkit::error::Result::Ok(())
        });
        assert!(outcome.is_ok(), "{}", path.display());
        read += 1;
    }
    assert!(read > 0, "{} is empty", folder.display());
}
