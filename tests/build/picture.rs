//! Pictures that any decoder shows: a field of colours, coded without dependencies so that the bytes never change.

/// Width and height of every picture; multiples of the JPEG block.
pub const SIZE: (u32, u32) = (32, 24);

/// The colour at a pixel: the same within blocks of 8 × 8.
pub fn colour(x: u32, y: u32) -> [u8; 3] {
    [(x / 8 * 64) as u8, (y / 8 * 80) as u8, 160]
}

/// A baseline JPEG (ITU-T T.81) with `segments` (marker, payload) behind its beginning and `tail` behind its end.
pub fn jpeg(segments: &[(u8, Vec<u8>)], tail: &[u8]) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8];
    for (marker, payload) in segments {
        segment(&mut file, *marker, payload);
    }
    let quantization: Vec<u8> = [0].into_iter().chain([1; 64]).collect();
    segment(&mut file, 0xdb, &quantization);
    let [h, w] = [SIZE.1, SIZE.0].map(|v| (v as u16).to_be_bytes());
    segment(&mut file, 0xc0, &[8, h[0], h[1], w[0], w[1], 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]);
    // Twelve lengths of differences in codes of four bits; of the rest only the end of a block, in one bit.
    let dc: Vec<u8> = [0, 0, 0, 0, 12].into_iter().chain([0; 12]).chain(0..12).collect();
    let ac: Vec<u8> = [0x10, 1].into_iter().chain([0; 16]).collect();
    segment(&mut file, 0xc4, &dc);
    segment(&mut file, 0xc4, &ac);
    segment(&mut file, 0xda, &[3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
    file.extend(scan());
    file.extend([0xff, 0xd9]);
    file.extend(tail);
    file
}

fn segment(file: &mut Vec<u8>, marker: u8, payload: &[u8]) {
    let len = u16::try_from(payload.len() + 2).expect("a segment holds 65,533 bytes");
    file.extend([0xff, marker]);
    file.extend(len.to_be_bytes());
    file.extend(payload);
}

/// The coded blocks: of each component the difference of its mean to the block before.
fn scan() -> Vec<u8> {
    let mut bits = String::new();
    let mut before = [0; 3];
    for (y, x) in (0..SIZE.1 / 8).flat_map(|y| (0..SIZE.0 / 8).map(move |x| (y, x))) {
        for (value, before) in ycc(colour(x * 8, y * 8)).into_iter().zip(&mut before) {
            let mean = 8 * (value - 128);
            let difference: i32 = mean - std::mem::replace(before, mean);
            let length = (32 - difference.unsigned_abs().leading_zeros()) as usize;
            let coded = if difference < 0 { difference - 1 } else { difference };
            bits += &format!("{length:04b}");
            bits.extend((0..length).rev().map(|b| if coded >> b & 1 == 1 { '1' } else { '0' }));
            bits.push('0');
        }
    }
    while !bits.len().is_multiple_of(8) {
        bits.push('1');
    }
    let bytes = bits.as_bytes().chunks(8).map(|b| b.iter().fold(0, |v, b| v << 1 | (b - b'0')));
    bytes.flat_map(|b| if b == 0xff { vec![0xff, 0] } else { vec![b] }).collect()
}

/// JFIF's YCbCr, in whole numbers.
fn ycc([r, g, b]: [u8; 3]) -> [i32; 3] {
    let [r, g, b] = [r, g, b].map(i32::from);
    let y = (299 * r + 587 * g + 114 * b) / 1000;
    [y, (128 + (b - y) * 564 / 1000).clamp(0, 255), (128 + (r - y) * 713 / 1000).clamp(0, 255)]
}

/// Rows of a PNG image, each with its filter byte.
pub fn png_rows() -> Vec<u8> {
    let row = |y| [0].into_iter().chain((0..SIZE.0).flat_map(move |x| colour(x, y)));
    (0..SIZE.1).flat_map(row).collect()
}

/// Pixels as they are stored in a TIFF strip.
pub fn rgb() -> Vec<u8> {
    (0..SIZE.1).flat_map(|y| (0..SIZE.0).flat_map(move |x| colour(x, y))).collect()
}

/// A zlib stream of stored blocks (RFC 1950, RFC 1951).
pub fn zlib(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let blocks = data.len().div_ceil(0xffff).max(1);
    for i in 0..blocks {
        let block = &data[i * 0xffff..data.len().min((i + 1) * 0xffff)];
        let len = block.len() as u16;
        out.push(u8::from(i + 1 == blocks));
        out.extend(len.to_le_bytes().into_iter().chain((!len).to_le_bytes()).chain(block.iter().copied()));
    }
    let (a, b) = data.iter().fold((1u32, 0u32), |(a, b), &v| ((a + u32::from(v)) % 65521, (a + b + u32::from(v)) % 65521));
    out.extend((b << 16 | a).to_be_bytes());
    out
}

/// A PNG chunk (PNG 3rd edition, 5.3).
pub fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body: Vec<u8> = name.iter().chain(data).copied().collect();
    let crc = body.iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |c, _| if c & 1 == 1 { c >> 1 ^ 0xedb8_8320 } else { c >> 1 })
    });
    [(data.len() as u32).to_be_bytes().to_vec(), body, (!crc).to_be_bytes().to_vec()].concat()
}

/// A PNG with these chunks before its pixels, and `tail` behind its end.
pub fn png(chunks: &[Vec<u8>], tail: &[u8]) -> Vec<u8> {
    let mut header: Vec<u8> = [SIZE.0, SIZE.1].iter().flat_map(|v| v.to_be_bytes()).collect();
    header.extend([8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    file.extend(chunk(b"IHDR", &header));
    file.extend(chunks.concat());
    file.extend(chunk(b"IDAT", &zlib(&png_rows())));
    file.extend(chunk(b"IEND", b""));
    file.extend(tail);
    file
}

/// A RIFF chunk, padded to an even length.
pub fn riff(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut out = [&name[..], &(data.len() as u32).to_le_bytes(), data].concat();
    out.resize(out.len().next_multiple_of(2), 0);
    out
}

/// A lossless WebP of one colour (WebP lossless bitstream: all five codes have one symbol), with these chunks behind it.
pub fn webp(before: &[Vec<u8>], after: &[Vec<u8>], flags: u8, tail: &[u8]) -> Vec<u8> {
    let mut bits: Vec<(u32, u32)> = vec![(SIZE.0 - 1, 14), (SIZE.1 - 1, 14), (0, 1), (0, 3), (0, 3)];
    for symbol in [120, 200, 160, 255, 0] {
        bits.extend([(1, 1), (0, 1), (1, 1), (symbol, 8)]);
    }
    let mut coded = vec![0x2f];
    coded.extend(little_bits(&bits));
    let [w, h] = [SIZE.0, SIZE.1].map(|v| (v - 1).to_le_bytes());
    let extended = [flags, 0, 0, 0, w[0], w[1], w[2], h[0], h[1], h[2]];
    let chunks = [riff(b"VP8X", &extended), before.concat(), riff(b"VP8L", &coded), after.concat()].concat();
    [riff(b"RIFF", &[b"WEBP", &chunks[..]].concat()), tail.to_vec()].concat()
}

/// Values of so many bits each, the lowest first.
fn little_bits(values: &[(u32, u32)]) -> Vec<u8> {
    let bits: Vec<u8> = values.iter().flat_map(|(v, n)| (0..*n).map(move |i| (v >> i & 1) as u8)).collect();
    bits.chunks(8).map(|b| b.iter().rev().fold(0, |v, b| v << 1 | b)).collect()
}

/// An animated GIF of two frames with these blocks before the first one, and `tail` behind its end.
pub fn gif(blocks: &[Vec<u8>], tail: &[u8]) -> Vec<u8> {
    let size: Vec<u8> = [SIZE.0, SIZE.1].iter().flat_map(|v| (*v as u16).to_le_bytes()).collect();
    let palette: Vec<u8> = (0..=255u8).flat_map(|i| [i, 255 - i, 160]).collect();
    let mut file = [b"GIF89a", &size[..], &[0xf7, 0, 0], &palette].concat();
    file.extend(application(b"NETSCAPE2.0", &sub_blocks(&[1, 0, 0])));
    file.extend(blocks.concat());
    for frame in 0..2 {
        file.extend([0x21, 0xf9, 4, 4, 10, 0, 0, 0]);
        file.extend([&[0x2c, 0, 0, 0, 0], &size[..], &[0, 8]].concat());
        file.extend(sub_blocks(&lzw(frame)));
    }
    file.push(0x3b);
    file.extend(tail);
    file
}

/// LZW codes of 9 bits; the table is cleared before it would need longer ones.
fn lzw(frame: u32) -> Vec<u8> {
    let pixels: Vec<u32> = (0..SIZE.0 * SIZE.1).map(|i| (i % SIZE.0 * 4 % 256) ^ (frame * 255)).collect();
    let coded = pixels.chunks(250).flat_map(|run| [256].into_iter().chain(run.iter().copied()));
    little_bits(&coded.chain([257]).map(|code| (code, 9)).collect::<Vec<_>>())
}

/// Data in sub-blocks of up to 255 bytes, and the empty one that ends them.
pub fn sub_blocks(data: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = data.chunks(255).flat_map(|c| [c.len() as u8].into_iter().chain(c.iter().copied())).collect();
    out.push(0);
    out
}

/// An application extension of a GIF.
pub fn application(name: &[u8; 11], data: &[u8]) -> Vec<u8> {
    [&[0x21, 0xff, 11], &name[..], data].concat()
}

/// An ISO base media box.
pub fn bmff(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    [&(data.len() as u32 + 8).to_be_bytes(), &name[..], data].concat()
}
