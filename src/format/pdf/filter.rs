//! Stream filters: ISO 32000-2, 7.4. What is decoded is text and tables, never images.

use crate::{
    decode::pdf::syntax::{Dict, Object, hex_digit, is_space},
    error::{Error, Result},
};
use std::io::Read;

/// Filters of one stream, at most so many.
const MAX_FILTERS: usize = 8;

/// Decodes the data of a stream by the filters that its dictionary names, to at most `limit` bytes at each step.
/// What was decoded before damage counts.
pub fn decode(dict: &Dict, data: Vec<u8>, limit: usize) -> Result<Vec<u8>> {
    let filters = dict.get(b"Filter").or_else(|| dict.get(b"F")).map(Object::elements).unwrap_or_default();
    let parameters = dict.get(b"DecodeParms").or_else(|| dict.get(b"DP")).map(Object::elements).unwrap_or_default();
    if filters.len() > MAX_FILTERS {
        return Err(Error::damaged("a stream has too many filters"));
    }
    let mut data = data;
    for (i, filter) in filters.iter().enumerate() {
        let parameters = parameters.get(i).and_then(Object::as_dict);
        data = match filter.as_name().unwrap_or_default() {
            b"FlateDecode" | b"Fl" => predict(inflate(&data, limit)?, parameters)?,
            b"LZWDecode" | b"LZW" => {
                let early = parameters.and_then(|p| p.int(b"EarlyChange")).unwrap_or(1) != 0;
                predict(lzw(&data, early, limit), parameters)?
            }
            b"ASCIIHexDecode" | b"AHx" => ascii_hex(&data),
            b"ASCII85Decode" | b"A85" => ascii85(&data),
            b"RunLengthDecode" | b"RL" => run_length(&data, limit),
            // Decrypted before.
            b"Crypt" => data,
            _ => return Err(Error::damaged("a stream of metadata is encoded as an image")),
        };
    }
    Ok(data)
}

fn inflate(data: &[u8], limit: usize) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let outcome = flate2::read::ZlibDecoder::new(data).take(limit as u64 + 1).read_to_end(&mut out);
    if out.len() > limit {
        return Err(Error::damaged("a stream inflates to more than any sound one"));
    }
    match outcome {
        Err(_) if out.is_empty() && !data.is_empty() => Err(Error::damaged("a stream cannot be inflated")),
        _ => Ok(out),
    }
}

/// Undoes a predictor: 7.4.4.4. PNG's say in each row which it is.
fn predict(data: Vec<u8>, parameters: Option<&Dict>) -> Result<Vec<u8>> {
    let parameter = |key: &[u8], default: i64| parameters.and_then(|p| p.int(key)).unwrap_or(default);
    let predictor = parameter(b"Predictor", 1);
    if predictor < 2 {
        return Ok(data);
    }
    let (colors, bits, columns) = (parameter(b"Colors", 1), parameter(b"BitsPerComponent", 8), parameter(b"Columns", 1));
    let sound = (1..=64).contains(&colors) && matches!(bits, 1 | 2 | 4 | 8 | 16) && (1..=1 << 24).contains(&columns);
    if !sound {
        return Err(Error::damaged("a stream's predictor is damaged"));
    }
    let pixel = ((colors * bits) as usize).div_ceil(8);
    let row = ((colors * bits * columns) as usize).div_ceil(8);
    if predictor == 2 {
        return Ok(if bits == 8 { tiff_rows(data, row, pixel) } else { data });
    }
    Ok(png_rows(&data, row, pixel))
}

fn tiff_rows(mut data: Vec<u8>, row: usize, pixel: usize) -> Vec<u8> {
    for line in data.chunks_mut(row) {
        for i in pixel..line.len() {
            line[i] = line[i].wrapping_add(line[i - pixel]);
        }
    }
    data
}

/// PNG specification, 9.2.
fn png_rows(data: &[u8], row: usize, pixel: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let mut before = vec![0u8; row];
    for line in data.chunks(row + 1) {
        let Some((&kind, line)) = line.split_first() else { break };
        let mut now = vec![0u8; row];
        for (i, &b) in line.iter().enumerate() {
            let left = if i < pixel { 0 } else { now[i - pixel] };
            let corner = if i < pixel { 0 } else { before[i - pixel] };
            let guess = match kind {
                1 => left,
                2 => before[i],
                3 => ((u16::from(left) + u16::from(before[i])) / 2) as u8,
                4 => paeth(left, before[i], corner),
                _ => 0,
            };
            now[i] = b.wrapping_add(guess);
        }
        out.extend_from_slice(&now[..line.len()]);
        before = now;
    }
    out
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let guess = i16::from(left) + i16::from(up) - i16::from(corner);
    let distance = |v: u8| (guess - i16::from(v)).abs();
    if distance(left) <= distance(up) && distance(left) <= distance(corner) {
        left
    } else if distance(up) <= distance(corner) {
        up
    } else {
        corner
    }
}

/// 7.4.4.2: codes of 9 to 12 bits, 256 clears the table, 257 ends.
fn lzw(data: &[u8], early: bool, limit: usize) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    // Every entry is a run of the output.
    let mut table: Vec<(usize, usize)> = Vec::new();
    let mut last: Option<(usize, usize)> = None;
    let (mut bits, mut held, mut width) = (0u32, 0u32, 9u32);
    for &b in data {
        bits = (bits << 8 | u32::from(b)) & 0x00ff_ffff;
        held += 8;
        if held < width {
            continue;
        }
        held -= width;
        let code = (bits >> held & ((1 << width) - 1)) as usize;
        if code == 257 || out.len() > limit {
            break;
        }
        if code == 256 {
            (table, last, width) = (Vec::new(), None, 9);
            continue;
        }
        let start = out.len();
        match (code, last) {
            (0..=255, _) => out.push(code as u8),
            (_, None) => break,
            (_, Some((from, len))) => match table.get(code - 258).copied() {
                Some((from, len)) => out.extend_from_within(from..from + len),
                None if code - 258 == table.len() => {
                    out.extend_from_within(from..from + len);
                    out.push(out[from]);
                }
                None => break,
            },
        }
        if let Some((from, len)) = last
            && table.len() < 4096 - 258
        {
            // The last run and the byte behind it, which has just been written.
            table.push((from, len + 1));
        }
        last = Some((start, out.len() - start));
        let next = table.len() + 258 + 1 + usize::from(early);
        width = if next > 2048 {
            12
        } else if next > 1024 {
            11
        } else if next > 512 {
            10
        } else {
            9
        };
    }
    out.truncate(limit);
    out
}

fn ascii_hex(data: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = data.iter().take_while(|&&b| b != b'>').filter_map(|&b| hex_digit(b)).collect();
    digits.chunks(2).map(|c| c[0] << 4 | c.get(1).copied().unwrap_or(0)).collect()
}

fn ascii85(data: &[u8]) -> Vec<u8> {
    let data = data.strip_prefix(b"<~").unwrap_or(data);
    let mut out = Vec::with_capacity(data.len() / 5 * 4);
    let mut group: Vec<u8> = Vec::with_capacity(5);
    for &b in data {
        match b {
            b'z' if group.is_empty() => out.extend_from_slice(&[0; 4]),
            b'!'..=b'u' => group.push(b - b'!'),
            _ if is_space(b) => continue,
            _ => break,
        }
        if group.len() == 5 {
            out.extend_from_slice(&base85(&group));
            group.clear();
        }
    }
    if group.len() > 1 {
        let keep = group.len() - 1;
        group.resize(5, 84);
        out.extend_from_slice(&base85(&group)[..keep]);
    }
    out
}

fn base85(group: &[u8]) -> [u8; 4] {
    group.iter().fold(0u32, |n, &d| n.wrapping_mul(85).wrapping_add(u32::from(d))).to_be_bytes()
}

fn run_length(data: &[u8], limit: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = data;
    while let Some((&n, tail)) = rest.split_first() {
        if n == 128 || out.len() > limit {
            break;
        }
        rest = tail;
        if n < 128 {
            let (run, after) = rest.split_at(rest.len().min(usize::from(n) + 1));
            out.extend_from_slice(run);
            rest = after;
        } else if let Some((&b, after)) = rest.split_first() {
            out.extend(std::iter::repeat_n(b, 257 - usize::from(n)));
            rest = after;
        }
    }
    out.truncate(limit);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::pdf::syntax::Lexer;

    fn decoded(dict: &str, data: &[u8]) -> Vec<u8> {
        let Some(Object::Dict(dict)) = Lexer::new(dict.as_bytes(), 0).object() else { panic!() };
        decode(&dict, data.to_vec(), 1000).unwrap()
    }

    #[test]
    fn filters() {
        let cases: &[(&str, &[u8], &[u8])] = &[
            ("<<>>", b"as is", b"as is"),
            ("<</Filter/ASCIIHexDecode>>", b"48 65 6c6C 6f7>zz", b"Hellop"),
            ("<</Filter[/ASCII85Decode]>>", b"87cURD]i,\"Ebo80~>", b"Hello World!"),
            ("<</Filter/A85>>", b"z!!~>", &[0, 0, 0, 0, 0]),
            ("<</Filter/RunLengthDecode>>", &[2, b'a', b'b', b'c', 254, b'x', 128, 9], b"abcxxx"),
            // The example of 7.4.4.2.
            (
                "<</Filter/LZWDecode>>",
                &[0x80, 0x0b, 0x60, 0x50, 0x22, 0x0c, 0x0c, 0x85, 0x01],
                &[45, 45, 45, 45, 45, 65, 45, 45, 45, 66],
            ),
            ("<</Filter[/AHx/AHx]>>", b"3431>", b"A"),
        ];
        for (dict, data, want) in cases {
            assert_eq!(&decoded(dict, data), want, "{dict}");
        }
    }

    #[test]
    fn predictors() {
        let rows = [0u8, 1, 2, 3, 1, 1, 1, 1, 2, 1, 1, 1, 3, 2, 2, 2, 4, 1, 1, 1];
        assert_eq!(png_rows(&rows, 3, 1), [1, 2, 3, 1, 2, 3, 2, 3, 4, 3, 5, 6, 4, 6, 7]);
        assert_eq!(tiff_rows(vec![1, 1, 1, 5, 5, 5], 3, 1), [1, 2, 3, 5, 10, 15]);
    }

    #[test]
    fn bombs_are_refused() {
        use std::io::Write;
        let mut z = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        z.write_all(&vec![0; 1_000_000]).unwrap();
        assert!(inflate(&z.finish().unwrap(), 1000).is_err());
    }
}
