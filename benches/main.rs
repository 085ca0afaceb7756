//! What a file costs inside the process: `cargo bench`. Against other programs, and as a whole process: see README.md.

use criterion::{Criterion, criterion_group, criterion_main};
use exifkit::{
    decode::Facts,
    engine::{local, removal},
    format::Selection,
    input::Input,
    metadata::Value,
    tags::{self, Context},
};
use std::hint::black_box;

const JPEG: &[u8] = include_bytes!("../tests/samples/photo.jpg");
const PNG: &[u8] = include_bytes!("../tests/samples/picture.png");

fn reading(c: &mut Criterion) {
    for (name, bytes) in [("extract a JPEG with Exif, XMP, IPTC, ICC", JPEG), ("extract a PNG", PNG)] {
        let input = Input::from_bytes(bytes.to_vec());
        c.bench_function(name, |b| b.iter(|| local::extract(black_box(&input)).unwrap().metadata.tags.len()));
    }
}

fn removing(c: &mut Criterion) {
    let input = Input::from_bytes(JPEG.to_vec());
    let mut output = tempfile::tempfile().unwrap();
    c.bench_function("plan, write and prove a clean JPEG", |b| {
        b.iter(|| {
            use std::io::Seek;
            output.set_len(0).unwrap();
            output.rewind().unwrap();
            let prepared = removal::prepare(black_box(&input), &Selection::default()).unwrap();
            prepared.write(&mut output).unwrap();
            prepared.verify(&Input::from_file(output.try_clone().unwrap()).unwrap()).unwrap();
        })
    });
}

fn tables(c: &mut Criterion) {
    let facts = Facts::default();
    let (table, value, context) = (tags::table("IPTC::2"), Value::from("text"), Context::new(&facts));
    let table = table.expect("the table of IPTC's second record");
    c.bench_function("look a tag up", |b| b.iter(|| table.row(black_box(120u8), &value, &context).map(|row| row.name)));
}

criterion_group!(benches, reading, removing, tables);
criterion_main!(benches);
