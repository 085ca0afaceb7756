//! What the client tolerates in an answer, and what it makes of errors.

use super::{EXTRACTED, Reply, Server, UUID, request};
use crate::{
    build,
    cli::{Folder, Run},
};
use serde_json::{Value, json};
use std::{
    io::{BufReader, Write},
    net::TcpListener,
    time::Duration,
};

fn extract(server: &Server, more: &[&str]) -> Run {
    let folder = Folder::new();
    folder.write("a.jpg", &build::photo());
    let url = server.url();
    folder.run(["extract", "a.jpg", "--api-url", &url, "--retries", "0"].iter().chain(more))
}

#[test]
fn the_answer_is_printed_as_it_came() {
    let cases = [
        EXTRACTED,
        // Unknown fields and groups, values of any type, an order and numbers that are not ours.
        r#"{"z":[1,{"y":null}],"metadata":{"zoo":{"b":1.50,"a":12345678901234567890123,"c":{"d":true}},"exif":{"ISO":100}},"success":true,"fileName":"x"}"#,
        r#"{"success":true,"status":"completed","fileName":"a.jpg"}"#,
        r#"{"metadata":{"exif":{"Make":"Canon"}}}"#,
    ];
    for body in cases {
        let run = extract(&Server::always(Reply::json(body)), &[]).expect(0);
        assert_eq!(run.text(), format!("{body}\n"));
        assert_eq!(run.stderr, "");
    }
    let spaced = "\u{feff}\r\n{ \"success\" : true,\n  \"metadata\": { \"a b\": { \"c\": \"d  e\" } } }\n";
    let run = extract(&Server::always(Reply::json(spaced)), &[]).expect(0);
    assert_eq!(run.text(), "{\"success\":true,\"metadata\":{\"a b\":{\"c\":\"d  e\"}}}\n", "a byte order mark and blanks");
    // So are numbers and escapes where a part is added, replaced or taken away.
    let part = r#"{"b":12345678901234567890123,"c":1e400,"d":-0.0,"\u0065":"\/"}"#;
    let odd = format!(r#"{{"a":1.50,"metadata":{{"x":{part},"y":{{"z":1}}}}}}"#);
    let server = Server::always(Reply::json(&odd));
    assert_eq!(extract(&server, &[]).expect(0).text(), format!("{odd}\n"));
    let rows = extract(&server, &["--format", "jsonl", "-t", "x:*"]).expect(0);
    assert_eq!(rows.text(), format!(r#"{{"a":1.50,"metadata":{{"x":{part}}},"source":"a.jpg"}}"#) + "\n");
    let csv = extract(&server, &["--format", "csv", "-t", "b"]).expect(0).text();
    assert!(csv.ends_with("a.jpg,x,b,12345678901234567890123\n"), "{csv}");
    let rows = extract(&Server::always(Reply::json(EXTRACTED)), &["--format", "jsonl"]).expect(0);
    assert_eq!(rows.text(), format!("{},\"source\":\"a.jpg\"}}\n", EXTRACTED.strip_suffix('}').unwrap()));
}

/// Some services know no groups, or write what no text can hold.
#[test]
fn metadata_of_other_shapes() {
    let flat = r#"{"success":true,"metadata":{"Make":"a","n":[1,2],"exif":{"ISO":100}}}"#;
    for (body, args, want) in [
        (flat, &["--format", "csv"][..], "source,group,tag,value\na.jpg,,Make,a\na.jpg,,n,\"1, 2\"\na.jpg,exif,ISO,100\n"),
        (flat, &["-t", "make"], "{\"success\":true,\"metadata\":{\"Make\":\"a\"}}\n"),
        (flat, &["-t", "exif:*"], "{\"success\":true,\"metadata\":{\"exif\":{\"ISO\":100}}}\n"),
        (r#"{"metadata":["x"]}"#, &["--format", "csv"], "source,group,tag,value\na.jpg,,metadata,x\n"),
        (r#"{"metadata":null}"#, &["--format", "csv"], "source,group,tag,value\n"),
        (r#"{"metadata":{"a":{"b":"x\udcff"}}}"#, &[], "{\"metadata\":{\"a\":{\"b\":\"x\\ufffd\"}}}\n"),
    ] {
        assert_eq!(extract(&Server::always(Reply::json(body)), args).expect(0).text(), want, "{body} {args:?}");
    }
    let table = extract(&Server::always(Reply::json(flat)), &["--format", "table"]).expect(0).text();
    assert!(table.contains("Make") && table.find("Make") < table.find("exif"), "{table}");
}

/// All that HTTP allows around an answer.
#[test]
fn an_answer_in_other_clothes() {
    let body = r#"{"success":true}"#;
    for head in [
        "HTTP/1.1 201 Created\r\nContent-Length: 16\r\n\r\n",
        "HTTP/1.1 202 Accepted\r\ncontent-length: 16\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n",
    ] {
        let chunked = if head.contains("chunked") { "\r\n0\r\n\r\n" } else { "" };
        let answer = format!("{head}{body}{chunked}");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let mut reader = BufReader::new(listener.accept().unwrap().0);
            request(&mut reader).unwrap().unwrap();
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
        });
        let folder = Folder::new();
        folder.write("a.jpg", &build::photo());
        let run = folder.run(["extract", "a.jpg", "--api-url", &url]).expect(0);
        assert_eq!(run.text(), format!("{body}\n"), "{head}");
    }
}

#[test]
fn either_spelling_of_the_file_name() {
    for name in ["fileName", "filename"] {
        let body = format!(r#"{{"success":true,"{name}":"image.jpg","metadata":{{"exif":{{"ISO":100,"L":["a",1]}}}}}}"#);
        let server = Server::always(Reply::json(&body));
        let run = Folder::new().run(["get", UUID, "--api-url", &server.url(), "--format", "csv"]).expect(0);
        assert_eq!(run.text(), "source,group,tag,value\nimage.jpg,exif,ISO,100\nimage.jpg,exif,L,\"a, 1\"\n");
    }
}

#[test]
fn what_failed_and_whose_fault_it_is() {
    let html = format!("<html><body>Bad gateway, says the proxy{}the end</body></html>", ".".repeat(300));
    let cases: &[(u16, &str, i32, &str)] = &[
        (200, r#"{"success":false,"error":"An error occurred while processing your request"}"#, 5, "server_error"),
        (200, r#"{"success":false,"error":"Invalid API key"}"#, 4, "invalid_key"),
        (200, r#"{"success":false,"error":"x","code":"damaged"}"#, 3, "damaged"),
        (400, r#"{"success":false,"error":"Invalid request parameters"}"#, 3, "invalid_request"),
        (400, r#"{"success":false,"error":"x","code":"unsupported_format","detail":"why"}"#, 3, "unsupported_format"),
        (401, r#"{"success":false,"error":"Invalid API key"}"#, 4, "invalid_key"),
        (413, r#"{"success":false,"error":"too much"}"#, 3, "too_large"),
        (404, r#"{"success":false,"error":"no such route"}"#, 5, "server_error"),
        (500, r#"{"success":false,"error":"An error occurred while processing your request"}"#, 5, "server_error"),
        (429, r#"{"success":false,"error":"slow down"}"#, 5, "rate_limited"),
        (200, &html, 5, "server_error"),
        (403, &html, 5, "server_error"),
        (502, &html, 5, "server_error"),
        (200, "", 5, "server_error"),
        (200, "[]", 5, "server_error"),
        (200, r#"{"error":"An error occurred while processing your request"}"#, 5, "server_error"),
        (200, r#"{"error":{"message":"x"},"uuid":"y"}"#, 5, "server_error"),
        (200, r#"{"success":"FALSE","error":"Invalid API key"}"#, 4, "invalid_key"),
        (200, r#"{"success":0,"error":"Invalid API key"}"#, 4, "invalid_key"),
        (200, r#"{"success":true,"status":"Failed"}"#, 5, "server_error"),
    ];
    for (status, body, exit, code) in cases {
        let run = extract(&Server::always(Reply::new(*status, *body)), &[]).expect(*exit);
        let row = run.json();
        assert_eq!(
            (&row["success"], &row["code"], &row["source"]),
            (&json!(false), &json!(code), &json!("a.jpg")),
            "{status} {body}"
        );
        assert!(run.stderr.starts_with("exifkit: a.jpg: "), "{}", run.stderr);
        if *body == html {
            assert!(run.stderr.contains("says the proxy") && !run.stderr.contains("the end"), "{}", run.stderr);
        }
    }
}

#[test]
fn an_earlier_result() {
    let server = Server::always(Reply::json(EXTRACTED));
    let run = Folder::new().run(["get", UUID, "--api-url", &server.url(), "--key", "my-own-key"]).expect(0);
    assert_eq!(run.text(), format!("{EXTRACTED}\n"));
    let seen = server.seen();
    assert_eq!((seen[0].method.as_str(), seen[0].path.as_str()), ("GET", &*format!("/api/v1/extract/{UUID}")));
    assert_eq!(seen[0].header("x-api-key"), Some("my-own-key"));

    let gone = Reply::new(404, r#"{"success":false,"error":"No extraction found with the given UUID."}"#);
    let run = Folder::new().run(["get", UUID, "--api-url", &Server::always(gone).url()]).expect(4);
    assert_eq!(
        (&run.json()["error"], &run.json()["code"]),
        (&json!("No extraction found with the given UUID."), &json!("not_found"))
    );
    // Whatever there is instead of a result is an object, too.
    let failure = |error: &str| format!(r#"{{"success":false,"error":"{error}"}}"#);
    for (status, body, exit, code) in [
        (400, failure("Invalid request parameters"), 4, "not_found"),
        (422, failure("no uuid"), 4, "not_found"),
        (401, failure("Invalid API key"), 4, "invalid_key"),
        (403, failure("not yours"), 4, "invalid_key"),
        (500, failure("An error occurred while processing your request"), 5, "server_error"),
        (503, "<html>".to_owned(), 5, "server_error"),
        (429, failure("slow down"), 5, "rate_limited"),
        (200, "<html>".to_owned(), 5, "server_error"),
    ] {
        let url = Server::always(Reply::new(status, body)).url();
        for format in ["json", "table", "csv"] {
            let run = Folder::new().run(["get", UUID, "--retries", "0", "--format", format, "--api-url", &url]).expect(exit);
            assert_eq!((&run.json()["success"], &run.json()["code"]), (&json!(false), &json!(code)), "{status}");
            assert_eq!(run.stderr.is_empty(), code == "not_found", "{status}: {}", run.stderr);
        }
    }
    // What is no path segment asks for nothing else.
    let server = Server::always(Reply::json(EXTRACTED));
    Folder::new().run(["get", "..", "--api-url", &server.url()]).expect(4);
    Folder::new().run(["get", "a/../b?c#d", "--api-url", &server.url()]).expect(0);
    assert_eq!(server.seen()[0].path, "/api/v1/extract/a%2F..%2Fb%3Fc%23d");
}

#[test]
fn a_result_that_is_not_there_yet_is_looked_after() {
    for status in ["pending", "processing", "queued", "PENDING", "Processing"] {
        let server = Server::new(move |n, _| match n {
            0 | 1 => Reply::json(&format!(r#"{{"success":true,"status":"{status}","uuid":"{UUID}"}}"#)),
            _ => Reply::json(EXTRACTED),
        });
        assert_eq!(extract(&server, &[]).expect(0).text(), format!("{EXTRACTED}\n"));
        let paths: Vec<String> = server.seen().iter().map(|s| format!("{} {}", s.method, s.path)).collect();
        let get = format!("GET /api/v1/extract/{UUID}");
        assert_eq!(paths, ["POST /api/v1/extract", &get, &get]);
        let server = Server::new(move |n, _| match n {
            0 | 1 => Reply::json(&format!(r#"{{"success":true,"status":"{status}"}}"#)),
            _ => Reply::json(EXTRACTED),
        });
        let run = Folder::new().run(["get", UUID, "--api-url", &server.url()]).expect(0);
        assert_eq!((run.text(), server.requests()), (format!("{EXTRACTED}\n"), 3));
    }
    let never = Server::always(Reply::json(&format!(r#"{{"success":true,"status":"pending","uuid":"{UUID}"}}"#)));
    assert!(extract(&never, &["--timeout", "1"]).expect(5).stderr.contains("not finished"));
    let nameless = Server::always(Reply::json(r#"{"success":true,"status":"pending"}"#));
    extract(&nameless, &[]).expect(5);
}

#[test]
fn options_that_the_service_does_not_name() {
    let more = ["--family", "1", "-n"];
    let plain = Server::always(Reply::json(EXTRACTED));
    let run = extract(&plain, &more).expect(0);
    assert_eq!(run.text(), format!("{EXTRACTED}\n"), "what came");
    assert!(run.stderr.contains("--family") && run.stderr.contains("--numeric"), "{}", run.stderr);
    assert_eq!(plain.seen()[0].path, "/api/v1/extract?family=1&n=true");
    assert!(extract(&plain, &["--family", "1", "--quiet"]).expect(0).stderr.is_empty());
    for options in [json!({"family": 1, "n": true}), json!(["family", "n"])] {
        let mut body: Value = serde_json::from_str(EXTRACTED).unwrap();
        let waits = json!({"success": true, "status": "pending", "uuid": UUID, "options": options.clone()}).to_string();
        let server = Server::new(move |n, _| Reply::json(if n == 0 { &waits } else { EXTRACTED }));
        assert_eq!(extract(&server, &more).expect(0).stderr, "", "said once, at the beginning");
        body["options"] = options;
        assert_eq!(extract(&Server::always(Reply::json(&body.to_string())), &more).expect(0).stderr, "");
    }
}

#[test]
fn only_tags_that_match() {
    let run = extract(&Server::always(Reply::json(EXTRACTED)), &["-t", "exif:*", "-t", "size"]).expect(0);
    assert_eq!(run.json()["metadata"], json!({"exif": {"Make": "Canon"}, "File": {"Size": 3}}));
}

/// More patterns than our own service takes, or longer ones, work as they do with a service that takes none.
#[test]
fn tags_that_would_be_refused_are_not_sent() {
    let server = Server::new(|_, seen| match seen.path.contains("tag=") {
        true => Reply::new(400, r#"{"success":false,"error":"Invalid request parameters"}"#),
        false => Reply::json(EXTRACTED),
    });
    let many: Vec<String> = (0..32).map(|i| format!("Tag{i}")).chain(["make".into()]).collect();
    let long = ["make".to_owned(), "x".repeat(129)];
    for patterns in [&many[..], &long] {
        let args: Vec<&str> = patterns.iter().flat_map(|p| ["-t", p.as_str()]).collect();
        assert_eq!(extract(&server, &args).expect(0).json()["metadata"], json!({"exif": {"Make": "Canon"}}));
    }
}

#[test]
fn an_answer_in_a_compressed_form_is_named() {
    let run = extract(&Server::always(Reply::json(EXTRACTED).header("Content-Encoding", "br")), &[]).expect(5);
    assert!(run.stderr.contains("(br)"), "{}", run.stderr);
}

#[test]
fn a_password_in_an_address_is_not_shown() {
    let url = "http://ann:s3cret@example.com/a.jpg";
    let shown = "http://ann:***@example.com/a.jpg";
    let server = Server::always(Reply::json(EXTRACTED));
    let folder = Folder::new();
    let rows = folder.run(["extract", url, "--format", "jsonl", "--api-url", &server.url()]).expect(0).rows();
    assert_eq!(rows[0]["source"], shown);
    let sent: Value = serde_json::from_slice(&server.seen()[0].body).unwrap();
    assert_eq!(sent, json!({ "url": url }), "it is meant for the service");
    let failing = Server::always(Reply::new(400, r#"{"success":false,"error":"x"}"#));
    let here = failing.url().replace("//", "//ann:s3cret@");
    for args in [
        &["extract", url, "--api-url", &failing.url()][..],
        &["extract", &here, "--format", "table"],
        &["extract", &here, "--format", "csv"],
        &["check", &here],
        &["remove", &here, "--dry-run"],
        &["remove", &here, "-i"],
        &["remove", &here, &format!("{here}?x"), "-O", "out"],
    ] {
        let run = folder.run(args.iter().chain(&["--retries", "0"]));
        let text = run.text() + &run.stderr;
        assert!(!text.contains("s3cret") && text.contains("//ann:***@"), "{args:?}: {text}");
    }
}

#[test]
fn silence_has_an_end() {
    let run = extract(&Server::always(Reply::silent(Duration::from_secs(10))), &["--timeout", "0.5"]).expect(5);
    assert!(run.stderr.contains("--timeout"), "{}", run.stderr);
    let mut slow = Reply::json(EXTRACTED);
    slow.delay = Duration::from_millis(300);
    extract(&Server::always(slow), &["--timeout", "2"]).expect(0);
}
