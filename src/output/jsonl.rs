//! JSON Lines: one object a line.

/// Adds `row` and a newline.
pub fn line(row: &impl serde::Serialize, out: &mut Vec<u8>) {
    // Neither memory nor our own types fail.
    let _ = serde_json::to_writer(&mut *out, row);
    out.push(b'\n');
}
