//! Every table, whole: rows that compile, links, duplicates. (What must be true of the lines is checked by the build script.)

use super::{Context, Labels, Table, index, table, tag_of};
use crate::{
    decode::Facts,
    metadata::{Blob, Group, Value},
};
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

/// Whatever a file says: no row's condition, conversion or printer may panic, and none makes much of little.
#[test]
fn every_row_takes_every_value() {
    let ints = [i64::MIN, i64::MIN + 1, -1, 0, 1, 7, 255, 65_535, i64::from(u32::MAX), i64::MAX];
    let mut values: Vec<Value> = ints.map(Value::Int).into();
    values.extend([0.0, -1e300, 1e300, 1e-300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(Value::Float));
    values.extend([(0, 0), (1, 0), (i64::MIN, -1), (i64::MAX, i64::MIN)].map(|(a, b)| Value::Rational(a, b)));
    values.extend(["", " ", "0", "-", "\u{0}", "2020:13:45 99:99:99", "1/0", "é:é", "99999999999999999999"].map(Value::from));
    values.push(Value::UInt(u64::MAX));
    values.extend([0, 1, 3, 7, 64].map(|n| Value::Binary(Blob::Bytes(vec![0xff; n]))));
    let arrays =
        [i64::MIN, i64::MAX, 0, 300].map(|n| [0, 1, 2, 3, 4, 5, 8, 16, 40].map(|len| Value::Array(vec![Value::Int(n); len])));
    values.extend(arrays.into_iter().flatten());
    let facts = Facts::default();
    let context = Context::new(&facts);
    let group = Group::new("test", "Test");
    let mut wrong = Vec::new();
    for (table, row) in tables().flat_map(|t| t.rows().map(move |row| (t, row))) {
        for value in &values {
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                row.holds(value, &context);
                let tag = tag_of(table, row, value.clone(), &group, &context)?;
                Some(tag.printed().len() + tag.value.to_string().len())
            }));
            if !outcome.is_ok_and(|length| length.unwrap_or(0) < 100_000) {
                wrong.push(format!("{} {} of {value:?}", table.name, row.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of them: {:#?}", wrong.len(), wrong.iter().take(40).collect::<Vec<_>>());
}
