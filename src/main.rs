//! Interim front: `exifkit extract … --files-from -`, JSON Lines by family 1.
use exifkit::{engine::local, input::Input};
use std::{collections::BTreeMap, io::BufRead, path::Path};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let numeric = args.iter().any(|a| a == "-n");
    let mut names: Vec<String> = args.iter().skip(1).filter(|a| std::path::Path::new(a).is_file()).cloned().collect();
    if args.iter().any(|a| a == "--files-from") {
        names.extend(std::io::stdin().lock().lines().map_while(Result::ok));
    }
    for name in names {
        let mut groups: BTreeMap<String, serde_json::Map<String, serde_json::Value>> = BTreeMap::new();
        let mut warnings = Vec::new();
        match Input::open(Path::new(&name)).and_then(|i| local::extract(&i)) {
            Ok(e) => {
                let mut seen: BTreeMap<(String, String), &exifkit::metadata::Tag> = BTreeMap::new();
                for t in &e.metadata.tags {
                    let key = (t.group.place.to_string(), t.name.to_string());
                    let wins = seen
                        .get(&key)
                        .is_none_or(|old| t.priority != exifkit::metadata::Priority::Low && t.priority >= old.priority);
                    if wins {
                        seen.insert(key, t);
                    }
                }
                for ((g, n), t) in seen {
                    use exifkit::metadata::{Print, Value};
                    let v = match (&t.print, &t.value) {
                        (Print::List(l), _) if !numeric => l.iter().map(|s| s.to_string()).collect::<Vec<_>>().into(),
                        (Print::Plain, Value::List(l)) => l.iter().map(|s| s.to_string()).collect::<Vec<_>>().into(),
                        (_, v) if numeric => v.to_string().into(),
                        _ => t.printed().into_owned().into(),
                    };
                    groups.entry(g).or_default().insert(if n == "MIMEType" { "Type".into() } else { n }, v);
                }
                warnings.extend(e.metadata.warnings.iter().map(|w| format!("{}: {}", w.place, w.text)));
            }
            Err(e) => warnings.push(e.to_string()),
        }
        println!("{}", serde_json::json!({"success": true, "source": name, "metadata": groups, "warnings": warnings}));
    }
}
