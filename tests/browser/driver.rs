//! Chromium, driven by WebDriver (W3C) over plain HTTP.

use crate::{cli::Folder, examples::absent};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How WebDriver names an element in JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with a profile of its own; both go with the test.
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    /// Downloads are in `downloads`.
    pub folder: Folder,
}

impl Browser {
    /// Nothing, with a word about it, when there is no browser here.
    pub fn open() -> Option<Self> {
        let there = |program: &str| Command::new(program).arg("--version").output().is_ok_and(|o| o.status.success());
        if !there("chromium") || !there("chromedriver") {
            absent("Chromium with its driver");
            return None;
        }
        let folder = Folder::new();
        for name in ["profile", "downloads", "home"] {
            std::fs::create_dir(folder.path(name)).unwrap();
        }
        // The port that it picks may be another's by the time it listens there.
        let mut tries = (0..5).filter_map(|_| driver(&folder));
        let (driver, port) = tries.next().expect("the driver says its port");
        drop(tries);
        let mut browser = Browser { driver, port, session: String::new(), folder };
        browser.session = browser.start();
        Some(browser)
    }

    fn start(&self) -> String {
        let profile = format!("--user-data-dir={}", self.folder.path("profile").display());
        // It must ask nobody but us, and it may run as root on a machine with little shared memory.
        let args = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-proxy-server",
            "--window-size=1280,900",
            &profile,
        ];
        let capabilities = json!({
            "browserName": "chrome",
            "acceptInsecureCerts": true,
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"binary": program("chromium"), "args": args, "prefs": {
                "download.default_directory": self.folder.path("downloads"),
                "download.prompt_for_download": false,
                // It asks a person before the second download that no click began.
                "profile.default_content_setting_values.automatic_downloads": 1,
            }},
        });
        let answer = self.ask("POST", "/session", &json!({"capabilities": {"alwaysMatch": capabilities}}));
        answer["sessionId"].as_str().unwrap().to_owned()
    }

    /// A command of the session.
    #[track_caller]
    fn command(&self, path: &str, body: Value) -> Value {
        self.ask("POST", &format!("/session/{}/{path}", self.session), &body)
    }

    #[track_caller]
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.exchange(method, path, body).unwrap_or_else(|e| panic!("{method} {path}: {e}"));
        assert_eq!(status, 200, "{path} {body}: {:#}", answer["value"]);
        answer["value"].clone()
    }

    fn exchange(&self, method: &str, path: &str, body: &Value) -> std::io::Result<(u16, Value)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let length = body.len();
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}")?;
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head)? > 0 {}
        let broken = || std::io::Error::other(format!("not understood: {head}"));
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or_else(broken)?;
        let length = head.to_ascii_lowercase().lines().find_map(|l| l.strip_prefix("content-length:")?.trim().parse().ok());
        let mut answer = vec![0; length.ok_or_else(broken)?];
        reader.read_exact(&mut answer)?;
        Ok((status, serde_json::from_slice(&answer)?))
    }

    #[track_caller]
    pub fn go(&self, url: &str) {
        self.command("url", json!({"url": url}));
    }

    /// What a script returns; a promise is waited for.
    #[track_caller]
    pub fn run(&self, script: &str) -> Value {
        self.run_with(script, json!([]))
    }

    #[track_caller]
    pub fn run_with(&self, script: &str, args: Value) -> Value {
        self.command("execute/sync", json!({"script": script, "args": args}))
    }

    /// Waits until an expression of the page is true.
    #[track_caller]
    pub fn wait(&self, expression: &str) {
        let end = Instant::now() + Duration::from_secs(20);
        while self.run(&format!("return Boolean({expression})")) != json!(true) {
            let seen = || self.run("return document.body.innerText");
            assert!(Instant::now() < end, "never: {expression}\n{}\n{:?}", seen(), self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    #[track_caller]
    fn element(&self, css: &str) -> String {
        let found = self.command("element", json!({"using": "css selector", "value": css}));
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub fn click(&self, css: &str) {
        self.command(&format!("element/{}/click", self.element(css)), json!({}));
    }

    #[track_caller]
    pub fn write(&self, css: &str, text: &str) {
        let path = format!("element/{}", self.element(css));
        self.command(&format!("{path}/clear"), json!({}));
        self.command(&format!("{path}/value"), json!({"text": text}));
    }

    /// Chooses a file in a field for files.
    #[track_caller]
    pub fn choose(&self, css: &str, file: &Path) {
        let path = format!("element/{}/value", self.element(css));
        self.command(&path, json!({"text": file.canonicalize().unwrap()}));
    }

    /// Presses a key.
    #[track_caller]
    pub fn press(&self, key: char) {
        let strokes = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        self.command("actions", json!({"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]}));
    }

    /// What assistive software is told that it is: role and name.
    #[track_caller]
    pub fn spoken(&self, css: &str) -> (String, String) {
        let path = format!("/session/{}/element/{}", self.session, self.element(css));
        let ask = |what| self.ask("GET", &format!("{path}/{what}"), &json!({})).as_str().unwrap().to_owned();
        (ask("computedrole"), ask("computedlabel"))
    }

    /// A command of Chromium's own protocol.
    #[track_caller]
    pub fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.command("goog/cdp/execute", json!({"cmd": command, "params": parameters}))
    }

    /// As on a screen of this size.
    #[track_caller]
    pub fn resize(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", size);
    }

    /// A feature that style sheets ask for, as `prefers-color-scheme`.
    #[track_caller]
    pub fn prefer(&self, feature: &str, value: &str) {
        self.devtools("Emulation.setEmulatedMedia", json!({"features": [{"name": feature, "value": value}]}));
    }

    /// The console since the last look.
    #[track_caller]
    pub fn log(&self) -> Vec<String> {
        let entries = self.command("se/log", json!({"type": "browser"}));
        entries.as_array().unwrap().iter().map(|e| e["message"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits for a download and reads it.
    #[track_caller]
    pub fn downloaded(&self, name: &str) -> Vec<u8> {
        let path = self.folder.path("downloads").join(name);
        let end = Instant::now() + Duration::from_secs(20);
        // The browser reserves the name with an empty file; the whole one takes its place.
        while !path.metadata().is_ok_and(|file| file.len() > 0) {
            let there = std::fs::read_dir(self.folder.path("downloads")).unwrap().map(|e| e.unwrap().file_name());
            assert!(Instant::now() < end, "no {name} among {:?}", there.collect::<Vec<_>>());
            thread::sleep(Duration::from_millis(20));
        }
        std::fs::read(path).unwrap()
    }

    /// Writes a picture of the page to the folder that `EXIFKIT_SCREENSHOTS` names: for people who work on it.
    pub fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("EXIFKIT_SCREENSHOTS") else { return };
        use base64::Engine;
        let shot = self.devtools("Page.captureScreenshot", json!({"captureBeyondViewport": true}));
        let bytes = base64::engine::general_purpose::STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), bytes).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver's end alone would leave the browser.
        let _ = self.exchange("DELETE", &format!("/session/{}", self.session), &json!({}));
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Starts a driver: its process and its port.
fn driver(folder: &Folder) -> Option<(Child, u16)> {
    let mut command = Command::new("chromedriver");
    command.arg("--port=0").env("HOME", folder.path("home")).env_remove("XDG_CONFIG_HOME");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut driver = command.spawn().unwrap();
    let (mut lines, mut said) = (BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok), String::new());
    while let Some(line) = lines.next() {
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            thread::spawn(move || lines.for_each(drop));
            return Some((driver, port.trim_end_matches('.').parse().unwrap()));
        }
        said += &format!("{line}\n");
    }
    let _ = driver.kill();
    println!("the driver ended ({:?}): {said}", driver.wait());
    None
}

/// Where a program is.
fn program(name: &str) -> std::path::PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|p| p.is_file()).unwrap()
}
