//! Uploads as a person at a terminal sees them.

use super::{EXTRACTED, Reply, Server};
use crate::{build, cli::Folder};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::{
    fs::File,
    io::Read,
    process::{Command, Stdio},
};

/// Runs it with a terminal for stderr; what is seen there, and whether it went well.
fn seen(mut command: Command) -> (String, bool) {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let other_end = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    let mut child = command.env("TERM", "xterm").stdout(Stdio::null()).stderr(Stdio::from(other_end)).spawn().unwrap();
    // The command holds the other end, too: without it the terminal hangs up when the program has ended.
    drop(command);
    let (mut text, mut terminal) = (Vec::new(), File::from(terminal));
    let mut chunk = [0; 4096];
    while let Ok(n @ 1..) = terminal.read(&mut chunk) {
        text.extend_from_slice(&chunk[..n]);
    }
    (String::from_utf8_lossy(&text).into_owned(), child.wait().unwrap().success())
}

#[test]
fn a_bar_for_the_bytes_of_one_upload() {
    let folder = Folder::new();
    folder.write("a.jpg", &[build::photo(), vec![0; 30 << 20]].concat());
    let server = Server::always(Reply::json(EXTRACTED));
    let url = server.url();
    for (more, shown) in
        [(&[][..], true), (&["--progress", "always"], true), (&["--progress", "never"], false), (&["--quiet"], false)]
    {
        let (text, well) = seen(folder.command(["extract", "a.jpg", "--api-url", &url].iter().chain(more)));
        assert!(well, "{text}");
        assert_eq!(text.contains("/30.00 MiB"), shown, "{more:?}: {text}");
        assert!(!shown || text.contains("/s"), "how fast: {text}");
    }
    // What fails is said after the bar is gone.
    let refusing = Server::always(Reply::new(401, r#"{"success":false,"error":"Invalid API key"}"#));
    let (text, well) = seen(folder.command(["extract", "a.jpg", "--api-url", &refusing.url(), "--key", "a-wrong-key"]));
    assert!(!well && text.contains("exifkit: a.jpg: Invalid API key") && !text.contains("a-wrong-key"), "{text}");
}
