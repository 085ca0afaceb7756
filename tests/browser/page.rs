//! The page at `/`.

use super::Browser;
use crate::{
    build::{
        self,
        tiff::{self, Field},
    },
    cli::Folder,
    server::Server,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const TAB: char = '\u{e004}';
const ENTER: char = '\u{e007}';
const SPACE: char = ' ';

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(name)
}

/// A server, and a browser that shows its page.
struct Page {
    browser: Browser,
    server: Server,
}

impl Page {
    fn open(args: &[&str]) -> Option<Self> {
        let browser = Browser::open()?;
        let server = Server::start(args);
        browser.go(&format!("http://{}/", server.address));
        Some(Page { browser, server })
    }

    /// With the key of the run in its field.
    fn open_with_key(args: &[&str]) -> Option<Self> {
        let page = Page::open(args)?;
        page.browser.write("#key", &page.server.key);
        Some(page)
    }

    #[track_caller]
    fn choose(&self, file: &Path) {
        self.browser.choose("#file", file);
    }

    /// Chooses a file and waits until it is shown.
    #[track_caller]
    fn show(&self, file: &Path) {
        self.choose(file);
        let name = file.file_name().unwrap().to_str().unwrap();
        self.browser
            .wait(&format!("!result.hidden && !clean.disabled && document.getElementById('name').textContent === {name:?}"));
    }

    #[track_caller]
    fn text(&self, css: &str) -> String {
        let text = self.browser.run_with("return document.querySelector(arguments[0]).innerText", json!([css]));
        text.as_str().unwrap().to_owned()
    }

    /// Waits for a message about what went wrong.
    #[track_caller]
    fn alert(&self, text: &str) {
        self.browser
            .wait(&format!("alert.hidden === false && alert.textContent.includes({text:?})").replace("alert", "at('alert')"));
        assert_eq!(self.browser.run("return [busy.hidden, at('status').textContent]"), json!([true, ""]));
    }

    /// The groups that can be seen.
    fn groups(&self) -> Value {
        self.browser.run(
            "const visible = (e) => e.checkVisibility(); return Object.fromEntries([...groups.children].filter(visible).map((group) => \
             [group.querySelector('summary').firstChild.textContent, Object.fromEntries([...group.querySelectorAll('dl div')].filter(visible)\
             .map((row) => [...row.children].map((e) => e.textContent)))]))"
                .replace("groups.", "at('groups').")
                .as_str(),
        )
    }

    /// Whoever was asked for anything.
    fn asked(&self) -> Vec<String> {
        let entries = self.browser.run(
            "return [...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')].map((e) => e.name)",
        );
        entries.as_array().unwrap().iter().map(|e| e.as_str().unwrap().to_owned()).collect()
    }
}

/// What this machine's own reader says, as the page prints it.
fn local(folder: &Folder, name: &str) -> Value {
    let mut metadata = folder.run(["extract", name, "--no-store"]).expect(0).json()["metadata"].take();
    for value in metadata.as_object_mut().unwrap().values_mut().flat_map(|g| g.as_object_mut().unwrap().values_mut()) {
        *value = match &*value {
            Value::Array(list) => list.iter().map(|v| v.as_str().unwrap()).collect::<Vec<_>>().join(", ").into(),
            Value::Number(number) => number.to_string().into(),
            text => text.clone(),
        };
    }
    metadata
}

#[test]
fn a_photo_is_read_and_cleaned() {
    let Some(page) = Page::open_with_key(&[]) else { return };
    let (browser, folder) = (&page.browser, &page.server.folder);
    std::fs::copy(sample("photo.jpg"), folder.path("photo.jpg")).unwrap();
    page.show(&folder.path("photo.jpg"));
    assert_eq!(page.groups(), local(folder, "photo.jpg"));
    assert_eq!(browser.run("return document.activeElement.id"), "name", "where reading goes on");
    assert!(page.text("#facts").contains("JPEG (image/jpeg) · 32 × 24 · 3.6 KiB"), "{}", page.text("#facts"));
    let glance = page.text("#glance");
    for text in ["2024-03-15 10:30:00", "Makers & Co Box 1", "SN-0012345", "Jane Doe", "Firmware 1.0"] {
        assert!(glance.contains(text), "{text}: {glance}");
    }
    browser.wait("preview.complete && !preview.hidden && preview.naturalWidth > 0".replace("preview", "at('preview')").as_str());

    // The map: the place is in its middle, coasts are drawn, and nobody else was asked.
    assert_eq!(page.text("#coordinates"), "Place: 48.85833, 2.29451");
    browser.wait("[...document.querySelectorAll('.map use')].every((use) => use.getBBox().width > 300)");
    let middle = "const box = at('near').viewBox.baseVal; return [box.x + box.width / 2, box.y + box.height / 2]";
    let middle: Vec<f64> = serde_json::from_value(browser.run(middle)).unwrap();
    assert!((middle[0] - 2.294508).abs() < 1e-4 && (middle[1] + 48.858331).abs() < 1e-4, "{middle:?}");
    browser.picture("photo");

    browser.write("#filter", "gps ref");
    let shown = page.groups();
    assert_eq!(shown.as_object().unwrap().keys().collect::<Vec<_>>(), ["exif"]);
    assert!(shown["exif"].as_object().unwrap().keys().all(|tag| tag.starts_with("GPS") && tag.contains("Ref")), "{shown}");
    assert!(page.text("#count").starts_with("3 of "), "{}", page.text("#count"));
    browser.write("#filter", "no such tag");
    assert_eq!((page.groups(), page.text("#count").starts_with("0 of ")), (json!({}), true));
    browser.run("at('filter').value = ''; filter()");
    assert_eq!(page.groups(), local(folder, "photo.jpg"));

    folder.run(["remove", "photo.jpg"]).expect(0);
    browser.click("#clean");
    assert!(browser.downloaded("photo_cleaned.jpg") == folder.read("photo_cleaned.jpg"));
    browser.wait("!at('cleaned').hidden");
    assert!(page.text("#removed").starts_with("Removed: exif, gps"), "{}", page.text("#removed"));
    assert!(page.text("#kept").contains("orientation"), "{}", page.text("#kept"));
    assert_eq!(page.text("#status"), "The cleaned file was proved, and is on its way to you.");
    browser.click("#again");
    assert!(browser.downloaded("photo_cleaned (1).jpg") == folder.read("photo_cleaned.jpg"));
    browser.picture("cleaned");

    let own = format!("http://{}/", page.server.address);
    let asked = page.asked();
    assert!(asked.iter().any(|url| url.contains("world.svg")), "{asked:?}");
    assert!(asked.iter().all(|url| url.starts_with(&own) || url.starts_with(&format!("blob:{own}"))), "{asked:?}");
    assert_eq!(browser.log(), [""; 0], "the console");
}

#[test]
fn files_of_other_kinds() {
    let Some(page) = Page::open_with_key(&["--max-upload-size", "1M"]) else { return };
    let (browser, folder) = (&page.browser, &page.server.folder);
    assert_eq!(page.text("#limit"), "Up to 1 MiB");
    for name in ["picture.png", "paper.pdf", "profile.icc"] {
        std::fs::copy(sample(name), folder.path(name)).unwrap();
        page.show(&folder.path(name));
        assert_eq!(page.groups(), local(folder, name));
    }
    browser.click("#clean");
    let refusal = folder.run(["remove", "profile.icc"]).expect(3).json()["error"].take();
    page.alert(refusal.as_str().unwrap());
    browser.picture("refused");
    page.show(&folder.path("picture.png"));
    assert_eq!(browser.run("return at('alert').hidden"), true);
    folder.run(["remove", "picture.png"]).expect(0);
    browser.click("#clean");
    assert!(browser.downloaded("picture_cleaned.png") == folder.read("picture_cleaned.png"));

    // No place: no map. What nobody knows has its facts alone.
    let text = folder.write("notes.txt", b"just some text");
    page.show(&text);
    assert_eq!(browser.run("return [at('overview').hidden, at('preview').hidden]"), json!([true, true]));
    assert!(page.text("#facts").starts_with("A type that is not known"), "{}", page.text("#facts"));
    assert_eq!(page.groups().as_object().unwrap().keys().collect::<Vec<_>>(), ["File"]);
    browser.click("#clean");
    page.alert("The type of the file is not known.");

    let large = folder.write("large.jpg", &vec![0; 1_000_001 + 48_576]);
    page.choose(&large);
    page.alert("This file is larger than 1 MiB, the most that this server takes.");
    assert_eq!(browser.run("return result.hidden"), true);
    // The server's own refusal arrives, too, though it comes before the end of the upload.
    let refused = "const body = new FormData(); body.append('file', new File([new Uint8Array(arguments[1])], 'large')); \
                   return fetch('api/v1/extract', {method: 'POST', headers: {'X-API-Key': arguments[0]}, body}).then((r) => r.status, String)";
    assert_eq!(browser.run_with(refused, json!([page.server.key, 20_000_000])), 413);
    let largest = folder.write("largest.bin", &vec![0; 1 << 20]);
    page.show(&largest);
}

#[test]
fn an_answer_that_is_too_large_is_no_large_file() {
    let Some(page) = Page::open_with_key(&["--max-answer-size", "2K"]) else { return };
    page.choose(&sample("photo.jpg"));
    page.alert("Its metadata is larger than the limit of 2048 bytes (--max-answer-size).");
}

#[test]
fn texts_of_files_stay_texts() {
    let Some(page) = Page::open_with_key(&[]) else { return };
    let browser = &page.browser;
    let markup = "<img src=x onerror=\"window.bad=1\"><script>window.bad=1</script>";
    let name = "<b>&amp;.jpg";
    let file = page.server.folder.write(name, &build::jpeg(&[(0xfe, markup.as_bytes())]));
    page.show(&file);
    assert_eq!(page.groups()["File"]["Comment"], markup);
    assert_eq!(
        browser.run("return [document.querySelectorAll('#result b, #groups img, #result script').length, window.bad]"),
        json!([0, null])
    );
    browser.click("#clean");
    browser.wait("!at('cleaned').hidden");
    assert_eq!(browser.log(), [""; 0], "the console");

    // And if a text did become markup, the policy would stop it.
    let inline = "const made = document.createElement('script'); made.text = 'window.bad = 1'; document.body.append(made)";
    let far = "return fetch('https://192.0.2.1/').then(() => 'asked', String)";
    let sink = "try { document.body.innerHTML = '<b>x</b>'; return 'taken'; } catch (error) { return String(error); }";
    assert!(
        browser
            .run(&format!("try {{ {inline} }} catch (error) {{ return String(error); }}"))
            .as_str()
            .unwrap()
            .contains("TrustedScript")
    );
    assert!(browser.run(sink).as_str().unwrap().contains("TrustedHTML"));
    assert_eq!(browser.run(far), "TypeError: Failed to fetch");
    assert_eq!(browser.run("return window.bad"), json!(null));
    let log = browser.log();
    for refusal in ["directive: \"connect-src 'self'\"", "requires 'TrustedScript'", "requires 'TrustedHTML'"] {
        assert!(log.iter().any(|line| line.starts_with("security") && line.contains(refusal)), "{refusal}: {log:?}");
    }
}

#[test]
fn keys_and_a_server_that_is_away() {
    let Some(mut page) = Page::open(&[]) else { return };
    page.choose(&sample("photo.jpg"));
    page.alert("The server wants an API key.");
    assert_eq!(page.browser.run("return [document.activeElement.id, at('key').ariaInvalid]"), json!(["key", "true"]));
    assert!(!page.server.log().contains("\"POST\""), "nothing was sent");
    page.browser.write("#key", "wrong");
    page.browser.press(ENTER);
    page.alert("This API key is not valid.");
    assert_eq!(page.browser.run("return document.activeElement.id"), "key");
    page.browser.picture("wrong-key");
    page.browser.write("#key", &page.server.key);
    page.browser.press(ENTER);
    page.browser.wait("!result.hidden");
    assert_eq!(
        page.browser.run("return [at('alert').hidden, at('key').ariaInvalid, at('key').value === '']"),
        json!([true, null, false])
    );

    page.server.child.kill().unwrap();
    page.server.child.wait().unwrap();
    page.browser.click("#clean");
    page.alert("The server cannot be reached.");
    page.browser.run("return take(new File([], 'gone.jpg'))");
    page.alert("The server cannot be reached.");
    assert_eq!(page.browser.run("return result.hidden"), true);

    let open = Server::start(&["--allow-anonymous", "--retention-hours", "1"]);
    page.browser.go(&format!("http://{}/", open.address));
    assert_eq!(page.browser.run("return at('access').hidden"), true);
    assert!(page.text("footer").contains("after an hour"), "{}", page.text("footer"));
    page.show(&sample("photo.jpg"));
}

#[test]
fn by_keyboard_and_by_ear() {
    let Some(page) = Page::open(&[]) else { return };
    let browser = &page.browser;
    browser.run("window.opened = 0; at('file').addEventListener('click', (event) => { event.preventDefault(); opened++; })");
    let focused =
        || browser.run("return document.activeElement.id || document.activeElement.textContent").as_str().unwrap().to_owned();
    let next = || {
        browser.press(TAB);
        let ring = "const e = document.activeElement; const area = e.closest('.drop') || e; \
                    return e.matches(':focus-visible') && getComputedStyle(area).outlineStyle === 'solid'";
        assert_eq!(browser.run(ring), true, "the focus on {} is not seen", focused());
        focused()
    };
    assert_eq!(next(), "key");
    browser.write("#key", &page.server.key);
    assert_eq!(next(), "file");
    for (n, key) in [(1, ENTER), (2, SPACE)] {
        browser.press(key);
        assert_eq!(browser.run("return opened"), n, "the file dialogue opens");
    }
    browser.picture("focus");
    assert_eq!(next(), "API");

    // A file that is dropped anywhere is taken.
    let dropped = "const data = new DataTransfer(); data.items.add(new File(['just some text'], 'dropped.txt')); \
                   const over = new DragEvent('dragover', {dataTransfer: data, bubbles: true, cancelable: true}); \
                   document.body.dispatchEvent(over); const marked = drop.classList.contains('over'); \
                   document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true})); \
                   return [over.defaultPrevented, marked, drop.classList.contains('over')]";
    assert_eq!(browser.run(dropped), json!([true, true, false]));
    browser.wait("!result.hidden && at('name').textContent === 'dropped.txt'");
    page.show(&sample("photo.jpg"));
    assert_eq!(next(), "clean");
    browser.press(ENTER);
    browser.wait("!at('cleaned').hidden && !clean.disabled");
    assert_eq!(focused(), "clean", "where it was when the button was pressed");
    assert_eq!([next(), next()], ["again", "filter"]);
    let group = next();
    assert!(group.starts_with("File"), "{group}");
    browser.press(SPACE);
    assert_eq!(browser.run("return document.querySelector('details').open"), false);

    for (css, role, name) in [
        ("main", "main", ""),
        ("h1", "heading", "exifkit"),
        ("#key", "textbox", "API key"),
        ("#file", "button", "Choose a file or drop one here Up to 50 MiB"),
        ("#status", "status", ""),
        ("#result", "region", "photo.jpg"),
        ("#name", "heading", "photo.jpg"),
        ("#clean", "button", "Take the cleaned file"),
        ("#near", "img", "Place: 48.85833, 2.29451"),
        ("#filter", "searchbox", "Filter"),
        ("#count", "status", ""),
    ] {
        let (found, label) = browser.spoken(css);
        let found = if found == "image" { "img" } else { &found };
        assert_eq!((found, label.trim()), (role, name), "{css}");
    }
    assert_eq!(
        browser.run("return [at('alert').role, at('status').ariaLive, document.documentElement.lang]"),
        json!(["alert", null, "en"])
    );
}

/// A photo that was taken there.
fn taken_at(latitude: f64, longitude: f64) -> Vec<u8> {
    let degrees = |value: f64| Field::Rational(vec![((value.abs() * 100.0).round() as u32, 100), (0, 1), (0, 1)]);
    let side = |value: f64, sides: [&str; 2]| Field::Ascii(sides[usize::from(value < 0.0)].into());
    let (latitude, north) = (degrees(latitude), side(latitude, ["N", "S"]));
    let (longitude, east) = (degrees(longitude), side(longitude, ["E", "W"]));
    let gps = vec![(1, north), (2, latitude), (3, east), (4, longitude)];
    let exif = [b"Exif\0\0".to_vec(), tiff::block(&[vec![(0x8825, Field::Directory(gps))]])].concat();
    build::jpeg(&[(0xe1, &exif)])
}

#[test]
fn places_on_the_map() {
    let Some(page) = Page::open_with_key(&[]) else { return };
    let browser = &page.browser;
    let folder = &page.server.folder;
    for (name, latitude, longitude) in [("paris", 48.86, 2.35), ("mcmurdo", -77.85, 166.67), ("taveuni", 10.0, 179.95)] {
        page.show(&folder.write(&format!("{name}.jpg"), &taken_at(latitude, longitude)));
        assert_eq!(page.text("#coordinates"), format!("Place: {latitude:.5}, {longitude:.5}"));
        browser.wait("[...document.querySelectorAll('.map use')].every((use) => use.getBBox().width > 300)");
        // The whole world is as wide as its box, and the dot is on it from both sides of its edge.
        let dots = "return [...document.querySelectorAll('.world circle')].map((dot) => dot.cx.baseVal.value)";
        let dots: Vec<f64> = serde_json::from_value(browser.run(dots)).unwrap();
        let near = |a: f64, b: f64| (a - b).abs() < 1e-3;
        assert!([-360.0, 0.0, 360.0].iter().all(|turn| dots.iter().any(|x| near(*x, longitude + turn))), "{name}: {dots:?}");
        for width in [1280, 360] {
            browser.resize(width, 900);
            // Lengths of a degree in pixels: along the meridian, and along the parallel as long as it is there.
            browser.wait(&format!(
                "(() => {{ const [box, seen] = [at('near').viewBox.baseVal, at('near').getBoundingClientRect()]; \
                 const along = Math.max(0.2, Math.cos({latitude} * Math.PI / 180)); \
                 return Math.abs(seen.width / box.width / along / (seen.height / box.height) - 1) < 0.02; }})()"
            ));
            browser.picture(&format!("map-{name}-{width}"));
        }
        let world = "const [box, seen] = [document.querySelector('.world').viewBox.baseVal, \
                     document.querySelector('.world').getBoundingClientRect()]; \
                     return [box.y, box.height, Math.abs(seen.width / seen.height - 2) < 0.1]";
        assert_eq!(browser.run(world), json!([-90, 180, true]));
    }
    assert_eq!(browser.log(), [""; 0], "the console");
}

/// Texts whose contrast with what is behind them is less than WCAG's 4.5 : 1.
const PALE: &str = "
    const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    const colour = (text) => text.match(/[\\d.]+/g).map(Number);
    const behind = (e) => {
      for (; e; e = e.parentElement) {
        const found = colour(getComputedStyle(e).backgroundColor);
        if (found.length === 3) return found;
      }
      throw new Error('nothing is behind it');
    };
    const ratio = (e, style) => {
      const [a, b] = [light(colour(style.color)), light(behind(e))];
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    };
    const seen = [...document.querySelectorAll('body *')].filter((e) => e.checkVisibility() && !e.closest('svg'));
    const texts = seen.filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()));
    const all = texts.map((e) => [e.textContent, ratio(e, getComputedStyle(e))]);
    all.push(...seen.filter((e) => e.placeholder).map((e) => [e.placeholder, ratio(e, getComputedStyle(e, '::placeholder'))]));
    if (all.length < 5) throw new Error('too few texts: ' + all);
    return all.filter(([, found]) => !(found >= 4.5));";

#[test]
fn on_every_screen() {
    let Some(page) = Page::open_with_key(&[]) else { return };
    let browser = &page.browser;
    let name = format!("{}.jpg", "a-name-without-any-room-for-a-break".repeat(4));
    let file = page.server.folder.write(&name, &std::fs::read(sample("photo.jpg")).unwrap());
    let check = |state: &str| {
        for (scheme, background) in [("light", "rgb(250, 249, 247)"), ("dark", "rgb(20, 23, 26)")] {
            browser.prefer("prefers-color-scheme", scheme);
            assert_eq!(browser.run("return getComputedStyle(document.body).backgroundColor"), background);
            assert_eq!(browser.run(PALE), json!([]), "{state}, {scheme}");
            for (width, height) in [(1280, 900), (768, 1024), (360, 740)] {
                browser.resize(width, height);
                let beyond = browser.run("const e = document.documentElement; return e.scrollWidth - e.clientWidth");
                assert_eq!(beyond, 0, "{state}, {width} pixels: something sticks out");
                browser.picture(&format!("{state}-{scheme}-{width}"));
            }
            browser.resize(1280, 900);
        }
    };
    check("empty");
    page.show(&file);
    check("loaded");
    browser.click("#clean");
    browser.wait("!at('cleaned').hidden");
    check("cleaned");
    browser.run("tell({ wrong: 'Something went wrong with ' + 'averylongword'.repeat(10) })");
    check("wrong");
    browser.run("tell({ doing: 'Reading ' + 'averylongword'.repeat(10) })");
    check("busy");
}
