//! Every table, whole: rows that compile, links, duplicates. (What must be true of the lines is checked by the build script.)

use super::{Labels, Table, index, table};
use std::collections::HashMap;

fn tables() -> impl Iterator<Item = &'static Table> {
    let names = (0..index::TABLE_COUNT).filter_map(index::table_at).map(|t| t.heading.word());
    names.map(|name| table(name).unwrap_or_else(|| panic!("{name} is not found")))
}

#[test]
fn every_table_compiles_and_its_links_lead_somewhere() {
    assert!(tables().count() > 100);
    for table in tables() {
        for row in table.rows() {
            let what = format!("{} {:?} {}", table.name, row.key, row.name);
            assert!(row.sub.as_ref().is_none_or(|sub| sub.table().is_some()), "{what}: there is no such table");
            let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            assert!(row.name.chars().all(known) && !row.name.is_empty(), "{what}: not a name");
        }
    }
}

#[test]
fn of_rows_with_one_key_only_the_last_holds_always() {
    let pairs = tables().flat_map(|t| t.rows().zip(t.rows().skip(1)).map(move |(a, b)| (t, a, b)));
    let hidden = pairs.filter(|(_, first, second)| first.key == second.key && !first.is_conditional());
    let wrong: Vec<_> =
        hidden.map(|(t, first, second)| format!("{} {:?} {} {}", t.name, first.key, first.name, second.name)).collect();
    assert!(wrong.is_empty(), "the second can never hold: {wrong:#?}");
}

#[test]
fn labels_say_one_thing_of_a_value() {
    let mut wrong = Vec::new();
    for (table, row) in tables().flat_map(|t| t.rows().map(move |row| (t, row))) {
        let mut seen = HashMap::new();
        for (value, label) in row.labels.iter().flat_map(Labels::lines) {
            let before = seen.insert(value, label).filter(|b| *b != label);
            wrong.extend(before.map(|b| format!("{} {} {value}: {b:?}, {label:?}", table.name, row.name)));
        }
    }
    assert!(wrong.is_empty(), "two meanings: {wrong:#?}");
}
