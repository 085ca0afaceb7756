//! Pages of other origins that use the API: ours and the documentation's, allowed and refused.

use super::Browser;
use crate::{
    cli::Folder,
    examples::{
        document::{examples, host, text},
        photo, site,
    },
    server::{Fixture, Server},
};
use serde_json::{Value, json};

/// A page with a field for a file, on a server of its own. What its scripts log is kept in `said`.
fn page() -> Fixture {
    Fixture::start(|_| {
        let html = "<!doctype html><title>Another origin</title><link rel=icon href=data:,><input type=file id=fileInput>\
                    <script>window.said = []; console.log = (answer) => said.push(answer);</script>";
        let head =
            format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n", html.len());
        [head.as_bytes(), html.as_bytes()].concat()
    })
}

struct Pages {
    browser: Browser,
    server: Server,
    page: Fixture,
    _site: Fixture,
    extracted: Value,
    cleaned: Vec<u8>,
}

/// A server that lets one page in, and a browser that shows that page with the photo chosen.
fn open() -> Option<Pages> {
    let browser = Browser::open()?;
    let (folder, page, site) = (Folder::new(), page(), site());
    let file = folder.path("image.jpg");
    std::fs::copy(photo(), &file).unwrap();
    let extracted = folder.run(["extract", "image.jpg", "--no-store"]).expect(0).json();
    folder.run(["remove", "image.jpg", "--output", "local.jpg"]).expect(0);
    let cleaned = folder.read("local.jpg");
    let map = format!("example.com=http://{}", site.address);
    let origin = format!("http://{}", page.address);
    let server = Server::start_in(folder, &["--url-map", &map, "--tls-self-signed", "--cors-origin", &origin]);
    browser.go(&origin);
    browser.choose("#fileInput", &file);
    Some(Pages { browser, server, page, _site: site, extracted, cleaned })
}

impl Pages {
    /// Fetches from the page; what the page's script may read, or how it was refused.
    #[track_caller]
    fn fetch(&self, path: &str, options: &str) -> Value {
        let script = format!(
            "return fetch('https://{}{path}', {options}).then(async (response) => [response.status, await response.json(), \
             response.headers.get('X-Request-Id') !== null], (error) => String(error))",
            self.server.address
        );
        self.browser.run_with(&script, json!([self.server.key]))
    }
}

const UPLOAD: &str = "{method: 'POST', headers: {'X-API-Key': arguments[0]}, \
                      body: (() => { const form = new FormData(); form.append('file', fileInput.files[0]); return form; })()}";

#[test]
fn a_page_that_is_let_in() {
    let Some(pages) = open() else { return };
    let extracted = pages.fetch("/api/v1/extract", UPLOAD);
    assert_eq!((&extracted[0], &extracted[1]["metadata"]), (&json!(200), &pages.extracted["metadata"]));
    let by_url = "{method: 'POST', headers: {'X-API-Key': arguments[0], 'Content-Type': 'application/json'}, \
                  body: JSON.stringify({url: 'https://example.com/image.jpg'})}";
    assert_eq!(pages.fetch("/api/v1/extract", by_url)[1]["metadata"], pages.extracted["metadata"]);
    let path = format!("/api/v1/extract/{}", extracted[1]["uuid"].as_str().unwrap());
    assert_eq!(pages.fetch(&path, "{}")[1]["metadata"], pages.extracted["metadata"]);

    let removed = pages.fetch("/api/v1/remove", UPLOAD);
    assert_eq!((&removed[0], &removed[1]["verified"]), (&json!(200), &json!(true)));
    let download = "return fetch(arguments[0]).then((r) => r.arrayBuffer()).then((b) => [...new Uint8Array(b)])";
    let bytes = pages.browser.run_with(download, json!([removed[1]["downloadUrl"]]));
    assert_eq!(bytes, json!(pages.cleaned), "what the page's script may read");

    // Errors can be read, too, and the number of their request.
    for (path, options, status, error) in [
        ("/api/v1/extract", UPLOAD.replace("arguments[0]", "'wrong'"), 401, "Invalid API key"),
        ("/api/v1/extract?key=wrong", "{method: 'POST'}".into(), 401, "Invalid API key"),
        ("/api/v1/extract/nothing", "{}".into(), 404, "No extraction found with the given UUID."),
        ("/api/v1/nothing", "{headers: {'X-API-Key': 'any'}}".into(), 404, "Not found"),
        ("/api/v1/remove", by_url.replace("example.com", "127.0.0.1"), 400, "Invalid request parameters"),
    ] {
        let answer = pages.fetch(path, &options);
        assert_eq!(
            (&answer[0], &answer[1]["error"], &answer[2]),
            (&json!(status), &json!(error), &json!(true)),
            "{path}: {answer}"
        );
    }
    // What was not promised to pages is refused before it is sent.
    for options in ["{method: 'DELETE'}", "{headers: {'X-Other': '1'}}"] {
        assert_eq!(pages.fetch(&path, options), "TypeError: Failed to fetch", "{options}");
    }
}

#[test]
fn a_page_that_is_not_let_in() {
    let Some(pages) = open() else { return };
    // The same page by another name is another origin.
    let port = pages.page.address.rsplit(':').next().unwrap();
    pages.browser.go(&format!("http://localhost:{port}/"));
    pages.browser.choose("#fileInput", &pages.server.folder.path("image.jpg"));
    for (path, options) in [("/api/v1/extract", UPLOAD), ("/api/v1/extract/nothing", "{}")] {
        assert_eq!(pages.fetch(path, options), "TypeError: Failed to fetch", "{path}");
    }
    let log = pages.browser.log().join("\n");
    assert_eq!(log.matches("blocked by CORS policy").count(), 2, "{log}");
    assert!(!pages.server.log().contains("\"POST\""), "the upload stops at the preflight: {}", pages.server.log());
    pages.browser.go(&format!("http://{}/", pages.page.address));
    pages.browser.choose("#fileInput", &pages.server.folder.path("image.jpg"));
    assert_eq!(pages.fetch("/api/v1/extract", UPLOAD)[0], 200, "by its own name it is let in");
}

#[test]
fn the_examples_of_the_document() {
    let (Some(text), Some(pages)) = (text(), open()) else { return };
    let earlier = pages.fetch("/api/v1/extract", UPLOAD)[1]["uuid"].clone();
    let examples = examples(&text, "mjs");
    let mut downloads = 0;
    for (n, example) in examples[1..].iter().enumerate() {
        let example = example
            .replace(host(&text), &pages.server.address)
            .replace("YOUR_API_KEY_HERE", &pages.server.key)
            .replace("123e4567-e89b-12d3-a456-426614174000", earlier.as_str().unwrap());
        pages.browser.run(&example);
        if example.contains("window.location.href") {
            let name = if downloads == 0 { "image_cleaned.jpg".into() } else { format!("image_cleaned ({downloads}).jpg") };
            assert!(pages.browser.downloaded(&name) == pages.cleaned, "{example}");
            downloads += 1;
            continue;
        }
        pages.browser.wait("said.length");
        let answer = pages.browser.run("return said.pop()");
        assert_eq!((&answer["success"], &answer["status"]), (&json!(true), &json!("completed")), "{example}\n{answer:#}");
        match n {
            0..5 => assert_eq!(answer["metadata"], pages.extracted["metadata"], "{example}"),
            _ => assert_eq!(answer["verified"], true, "{example}"),
        }
    }
    assert_eq!((examples.len() - 1, downloads), (9, 2));
    assert_eq!(pages.browser.log(), [""; 0]);
}
