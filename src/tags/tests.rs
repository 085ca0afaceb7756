//! Every table file, whole: compiled sections, references, duplicates.

use super::{FILES, Table, parse, table};
use std::collections::HashMap;

fn tables() -> impl Iterator<Item = &'static Table> {
    let sections = FILES.iter().flat_map(|(_, text)| parse::sections(text));
    let names = sections.filter(|(word, ..)| *word == "table").map(|(_, heading, _)| parse::word(heading).0);
    names.map(|name| table(name).unwrap_or_else(|| panic!("{name} is not in the file of its prefix")))
}

#[test]
fn every_line_belongs_to_a_section() {
    for (prefix, text) in FILES {
        let margin = text.lines().filter(|l| !l.trim().is_empty() && !l.starts_with([' ', '#']));
        for line in margin {
            assert!(line.starts_with("table ") || line.starts_with("labels "), "{prefix}: {line:?}");
        }
        assert!(!text.contains('\t'), "{prefix}: a tab");
        let mut seen = HashMap::new();
        for (word, heading, body) in parse::sections(text) {
            let name = parse::word(heading).0;
            assert!(seen.insert(name, word).is_none(), "{prefix}: {name} stands there twice");
            assert!(word == "labels" || name.split_once("::").is_some_and(|(p, _)| p == *prefix), "{prefix}: {name}");
            assert!(word == "table" || !body.trim().is_empty(), "{prefix}: {name} is empty");
        }
    }
}

#[test]
fn every_table_compiles_and_its_links_lead_somewhere() {
    assert!(tables().count() > 100);
    for table in tables() {
        for row in &table.rows {
            let what = format!("{} {:?} {}", table.name, row.key, row.name);
            assert!(row.sub.as_ref().is_none_or(|sub| sub.table().is_some()), "{what}: there is no such table");
            let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            assert!(row.name.chars().all(known) && !row.name.is_empty(), "{what}: not a name");
        }
    }
}

#[test]
fn of_rows_with_one_key_only_the_last_holds_always() {
    let pairs = tables().flat_map(|t| t.rows.windows(2).map(move |pair| (t, &pair[0], &pair[1])));
    let hidden = pairs.filter(|(_, first, second)| first.key == second.key && !first.is_conditional());
    let wrong: Vec<_> =
        hidden.map(|(t, first, second)| format!("{} {:?} {} {}", t.name, first.key, first.name, second.name)).collect();
    assert!(wrong.is_empty(), "the second can never hold: {wrong:#?}");
}

#[test]
fn labels_say_one_thing_of_a_value() {
    let mut wrong = Vec::new();
    for (table, row) in tables().flat_map(|t| t.rows.iter().map(move |row| (t, row))) {
        let mut seen = HashMap::new();
        for (value, label) in row.labels.iter().flat_map(|l| l.lines()) {
            let before = seen.insert(value, label).filter(|b| *b != label);
            wrong.extend(before.map(|b| format!("{} {} {value}: {b:?}, {label:?}", table.name, row.name)));
        }
    }
    assert!(wrong.is_empty(), "two meanings: {wrong:#?}");
}
