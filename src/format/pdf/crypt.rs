//! The standard security handler with an empty user password: ISO 32000-2, 7.6.
//!
//! RC4 and MD5 are what old documents are encrypted with; they are here to be read, not to protect anything.

use crate::decode::pdf::syntax::{Dict, Object};
use aes::{
    Aes128, Aes256,
    cipher::{BlockDecrypt, BlockEncrypt, KeyInit, generic_array::GenericArray},
};
use md5::{Digest, Md5};
use sha2::{Sha256, Sha384, Sha512};

/// 7.6.4.3.2: fills up short passwords.
const PADDING: [u8; 32] = [
    0x28, 0xbf, 0x4e, 0x5e, 0x4e, 0x75, 0x8a, 0x41, 0x64, 0x00, 0x4e, 0x56, 0xff, 0xfa, 0x01, 0x08, 0x2e, 0x2e, 0x00, 0xb6, 0xd0,
    0x68, 0x3e, 0x80, 0x2f, 0x0c, 0xa9, 0xfe, 0x64, 0x53, 0x69, 0x7a,
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Method {
    Identity,
    Rc4,
    AesV2,
    AesV3,
}

/// Decrypts the strings and streams of a document.
#[derive(Debug)]
pub struct Crypt {
    key: Vec<u8>,
    strings: Method,
    streams: Method,
    metadata: bool,
}

/// Why nothing can be decrypted.
#[derive(Debug, PartialEq)]
pub enum Locked {
    /// The empty password does not open it.
    Password,
    /// Not a handler that we know.
    Unknown,
}

impl Crypt {
    /// `dict` is the encryption dictionary, `id` the first part of the file's identifier.
    pub fn new(dict: &Dict, id: &[u8]) -> Result<Crypt, Locked> {
        if dict.name(b"Filter") != Some(b"Standard") {
            return Err(Locked::Unknown);
        }
        let version = dict.int(b"V").unwrap_or(0);
        let revision = dict.int(b"R").unwrap_or(0);
        let metadata = dict.get(b"EncryptMetadata").is_none_or(|m| *m != Object::Bare("false".into()));
        let (strings, streams) = match version {
            1..=3 => (Method::Rc4, Method::Rc4),
            4 | 5 => (method(dict, b"StrF"), method(dict, b"StmF")),
            _ => return Err(Locked::Unknown),
        };
        let key = match (version, revision) {
            (5, 5 | 6) => key_aes256(dict, revision)?,
            (1..=4, 2..=4) => key_md5(dict, id, version, revision, metadata)?,
            _ => return Err(Locked::Unknown),
        };
        Ok(Crypt { key, strings, streams, metadata })
    }

    /// Decrypts the strings inside an object.
    pub fn strings(&self, object: &mut Object, number: u32, generation: u16) {
        match object {
            Object::String(s) => *s = self.apply(self.strings, s, number, generation),
            Object::Array(a) => a.iter_mut().for_each(|o| self.strings(o, number, generation)),
            Object::Dict(d) => d.0.iter_mut().for_each(|(_, o)| self.strings(o, number, generation)),
            _ => {}
        }
    }

    /// Decrypts the data of a stream.
    pub fn stream(&self, dict: &Dict, data: Vec<u8>, number: u32, generation: u16) -> Vec<u8> {
        let plain = match dict.name(b"Type") {
            Some(b"XRef") => true,
            Some(b"Metadata") => !self.metadata,
            _ => false,
        };
        if plain || has_identity(dict) { data } else { self.apply(self.streams, &data, number, generation) }
    }

    fn apply(&self, method: Method, data: &[u8], number: u32, generation: u16) -> Vec<u8> {
        match method {
            Method::Identity => data.to_vec(),
            Method::Rc4 => rc4(&self.object_key(number, generation, false), data),
            Method::AesV2 => aes_cbc(&self.object_key(number, generation, true), data),
            Method::AesV3 => aes_cbc(&self.key, data),
        }
    }

    /// Algorithm 1: the key of one object.
    fn object_key(&self, number: u32, generation: u16, aes: bool) -> Vec<u8> {
        let mut hash = Md5::new();
        hash.update(&self.key);
        hash.update(&number.to_le_bytes()[..3]);
        hash.update(generation.to_le_bytes());
        if aes {
            hash.update(b"sAlT");
        }
        let len = (self.key.len() + 5).min(16);
        hash.finalize()[..len].to_vec()
    }
}

/// A stream of its own crypt filter: only `Identity` is met.
fn has_identity(dict: &Dict) -> bool {
    let first = |key: &[u8]| dict.get(key).and_then(|o| o.elements().first());
    if first(b"Filter").and_then(Object::as_name) != Some(b"Crypt") {
        return false;
    }
    let name = first(b"DecodeParms").and_then(Object::as_dict).and_then(|p| p.name(b"Name"));
    name.is_none_or(|n| n == b"Identity")
}

/// The method of the crypt filter that `which` names: 7.6.6.
fn method(dict: &Dict, which: &[u8]) -> Method {
    let name = dict.name(which).unwrap_or(b"Identity");
    let filter = dict.get(b"CF").and_then(Object::as_dict).and_then(|f| f.get(name)).and_then(Object::as_dict);
    match filter.and_then(|f| f.name(b"CFM")) {
        Some(b"V2") => Method::Rc4,
        Some(b"AESV2") => Method::AesV2,
        Some(b"AESV3") => Method::AesV3,
        _ => Method::Identity,
    }
}

/// Algorithms 2, 4 and 5: the file's key of the empty password, and whether it is right.
fn key_md5(dict: &Dict, id: &[u8], version: i64, revision: i64, metadata: bool) -> Result<Vec<u8>, Locked> {
    let entry = |key: &[u8]| dict.get(key).and_then(Object::as_bytes).and_then(|b| b.get(..32)).ok_or(Locked::Unknown);
    let (owner, user) = (entry(b"O")?, entry(b"U")?);
    let len = match (version, dict.int(b"Length")) {
        (1, _) => 5,
        (4, None) => 16,
        (_, None) => 5,
        // Some count bytes.
        (_, Some(n @ 5..=16)) => n as usize,
        (_, Some(n)) => (n / 8).clamp(5, 16) as usize,
    };
    let mut hash = Md5::new();
    hash.update(PADDING);
    hash.update(owner);
    hash.update((dict.int(b"P").unwrap_or(0) as u32).to_le_bytes());
    hash.update(id);
    if revision >= 4 && !metadata {
        hash.update([0xff; 4]);
    }
    let mut digest = hash.finalize();
    if revision >= 3 {
        for _ in 0..50 {
            digest = Md5::digest(&digest[..len]);
        }
    }
    let key = digest[..len].to_vec();
    let right = if revision == 2 { rc4(&key, &PADDING) == user } else { user_of(&key, id)[..] == user[..16] };
    if right { Ok(key) } else { Err(Locked::Password) }
}

fn user_of(key: &[u8], id: &[u8]) -> Vec<u8> {
    let mut hash = Md5::new();
    hash.update(PADDING);
    hash.update(id);
    let mut value = hash.finalize().to_vec();
    for i in 0..20u8 {
        let turned: Vec<u8> = key.iter().map(|b| b ^ i).collect();
        value = rc4(&turned, &value);
    }
    value
}

/// Algorithm 2.A.
fn key_aes256(dict: &Dict, revision: i64) -> Result<Vec<u8>, Locked> {
    let entry =
        |key: &[u8], len| dict.get(key).and_then(Object::as_bytes).and_then(|b: &[u8]| b.get(..len)).ok_or(Locked::Unknown);
    let (user, wrapped) = (entry(b"U", 48)?, entry(b"UE", 32)?);
    let hash = |salt: &[u8]| if revision == 5 { Sha256::digest(salt).to_vec() } else { hash_r6(salt) };
    if hash(&user[32..40]) != user[..32] {
        return Err(Locked::Password);
    }
    Ok(cbc_decrypt(&hash(&user[40..48]), [0; 16], wrapped))
}

/// Algorithm 2.B for the empty password.
fn hash_r6(salt: &[u8]) -> Vec<u8> {
    let mut k = Sha256::digest(salt).to_vec();
    // At most 64 + 255 rounds, since a byte ends them.
    for round in 0..320u32 {
        let mut e: Vec<u8> = k.repeat(64);
        let Some((key, iv)) = k.get(..32).map(|k| k.split_at(16)) else { break };
        cbc_encrypt(key, iv, &mut e);
        let remainder = e[..16].iter().map(|&b| u32::from(b)).sum::<u32>() % 3;
        k = match remainder {
            0 => Sha256::digest(&e).to_vec(),
            1 => Sha384::digest(&e).to_vec(),
            _ => Sha512::digest(&e).to_vec(),
        };
        if round >= 63 && u32::from(e.last().copied().unwrap_or(0)) <= round - 31 {
            break;
        }
    }
    k.truncate(32);
    k
}

fn rc4(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut s: [u8; 256] = std::array::from_fn(|i| i as u8);
    let mut j = 0u8;
    for i in 0..256 {
        j = j.wrapping_add(s[i]).wrapping_add(key[i % key.len()]);
        s.swap(i, usize::from(j));
    }
    let (mut i, mut j) = (0u8, 0u8);
    let next = |b: &u8| {
        i = i.wrapping_add(1);
        j = j.wrapping_add(s[usize::from(i)]);
        s.swap(usize::from(i), usize::from(j));
        b ^ s[usize::from(s[usize::from(i)].wrapping_add(s[usize::from(j)]))]
    };
    data.iter().map(next).collect()
}

/// 7.6.3.1: the first block is the initialisation vector, the last byte counts the padding.
fn aes_cbc(key: &[u8], data: &[u8]) -> Vec<u8> {
    let Some((iv, data)) = data.split_first_chunk::<16>() else { return Vec::new() };
    let mut plain = cbc_decrypt(key, *iv, data);
    if let Some(&pad @ 1..=16) = plain.last() {
        plain.truncate(plain.len() - usize::from(pad));
    }
    plain
}

/// Whole blocks; a rest is dropped.
fn cbc_decrypt(key: &[u8], iv: [u8; 16], data: &[u8]) -> Vec<u8> {
    match (Aes128::new_from_slice(key), Aes256::new_from_slice(key)) {
        (Ok(aes), _) => cbc(|b| aes.decrypt_block(b.into()), iv, data),
        (_, Ok(aes)) => cbc(|b| aes.decrypt_block(b.into()), iv, data),
        _ => Vec::new(),
    }
}

fn cbc(decrypt: impl Fn(&mut [u8; 16]), iv: [u8; 16], data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let mut before = iv;
    for block in data.as_chunks::<16>().0 {
        let mut plain = *block;
        decrypt(&mut plain);
        out.extend(plain.iter().zip(before).map(|(p, b)| p ^ b));
        before = *block;
    }
    out
}

fn cbc_encrypt(key: &[u8], iv: &[u8], data: &mut [u8]) {
    let Ok(aes) = Aes128::new_from_slice(key) else { return };
    let mut before = GenericArray::clone_from_slice(iv);
    for block in data.as_chunks_mut::<16>().0 {
        block.iter_mut().zip(before).for_each(|(b, p)| *b ^= p);
        let mut coded = GenericArray::from(*block);
        aes.encrypt_block(&mut coded);
        block.copy_from_slice(&coded);
        before = coded;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::pdf::syntax::Lexer;

    #[test]
    fn rc4_of_the_known_vectors() {
        assert_eq!(rc4(b"Key", b"Plaintext"), [0xbb, 0xf3, 0x16, 0xe8, 0xd9, 0x40, 0xaf, 0x0a, 0xd3]);
        assert_eq!(rc4(b"Wiki", b"pedia"), [0x10, 0x21, 0xbf, 0x04, 0x20]);
    }

    #[test]
    fn cbc_both_ways() {
        let mut data = b"sixteen bytes...another sixteen.".to_vec();
        cbc_encrypt(&[7; 16], &[9; 16], &mut data);
        assert_eq!(cbc_decrypt(&[7; 16], [9; 16], &data), b"sixteen bytes...another sixteen.");
    }

    /// Encryption dictionaries, identifiers and a title of documents that qpdf has encrypted, object 2.
    #[test]
    fn documents_open_with_the_empty_password() {
        let cases = [
            (
                "<</Filter/Standard/Length 40/V 1/R 2/P -4\
                 /O<c92422687facee686e373f10b5c7d04738053152f7e2ee30e11c69ec442576ab>\
                 /U<a072e5f60ebaed4b80905dbbcf7ad9d377f45cafe9ef132322600e7d17c88db4>>>",
                "<dabddd28d69247b27b8d8c09c42ffd4c>",
                None,
            ),
            (
                "<</Filter/Standard/Length 128/V 2/R 3/P -4\
                 /O<566fa873ee33c797cd3b904fdadf814afa34df9a38f6ed41b984e2c6da2aa6f5>\
                 /U<39928cbcd4b5f129273132b7f17892f40122456a91bae5134273a6db134c87c4>>>",
                "<2f6d1f39b4e8ed25cf717720eb22942f>",
                Some("<9f>"),
            ),
            (
                "<</CF<</StdCF<</CFM/AESV2/Length 16>>>>/Filter/Standard/Length 128/V 4/R 4/P -4/StmF/StdCF/StrF/StdCF\
                 /O<566fa873ee33c797cd3b904fdadf814afa34df9a38f6ed41b984e2c6da2aa6f5>\
                 /U<cbc07e593a4395596417d6fb4f37f6200122456a91bae5134273a6db134c87c4>>>",
                "<4e98d9186b05b88d11978c8aff587ea2>",
                Some("<6f49c014e402f394037ceed394758071f84869e7fd4811d558281e24aeef1aa0>"),
            ),
            (
                "<</CF<</StdCF<</CFM/AESV3/Length 32>>>>/Filter/Standard/Length 256/V 5/R 5/P -4/StmF/StdCF/StrF/StdCF\
                 /U<6653d3979d95d691ed940622c5d46b36ba71aa9bc23f873f3d72a312f797aefc20c2641acb46b0ca2b21aca0bd37c18b>\
                 /UE<5f729aca15a19ef2d5ddb671aee2abcae6b4cd3797b06f261b922339464c0b6d>>>",
                "<00>",
                Some("<87f517da1412436926086d31d0f1871691e2dfd0c3b3444feff30fd8a2446f80>"),
            ),
            (
                "<</CF<</StdCF<</CFM/AESV3/Length 32>>>>/Filter/Standard/Length 256/V 5/R 6/P -4/StmF/StdCF/StrF/StdCF\
                 /U<9f9577d6419b395dc51aeaf560713586cbb8f076c79b31b1f3cb193cd66bb44f64f99ccf703026bf7e9a4072fd9d9fad>\
                 /UE<c19644fc6195575c193b392e725d776c7bff3b0098a76c888b10642e758ed4e7>>>",
                "<00>",
                Some("<a005413e2b6e83791ecd0aeda3592be2db0245ab5c428d94cad6bc040adbf006>"),
            ),
        ];
        for (dict, id, title) in cases {
            let object = |text: &str| Lexer::new(text.as_bytes(), 0).object().unwrap();
            let (Object::Dict(dict), Object::String(id)) = (object(dict), object(id)) else { panic!() };
            let crypt = Crypt::new(&dict, &id).unwrap();
            let Some(title) = title else { continue };
            let mut title = object(title);
            crypt.strings(&mut title, 2, 0);
            assert_eq!(title, Object::String(b"x".to_vec()), "{dict:?}");
        }
    }

    #[test]
    fn the_empty_password_is_tried() {
        let dict = |u: Vec<u8>| {
            let entries: Vec<(&[u8], Object)> = vec![
                (b"Filter", Object::Name(b"Standard".to_vec())),
                (b"V", Object::Bare("1".into())),
                (b"R", Object::Bare("2".into())),
                (b"P", Object::Bare("-4".into())),
                (b"O", Object::String(vec![1; 32])),
                (b"U", Object::String(u)),
            ];
            Dict(entries.into_iter().map(|(k, v)| (k.to_vec(), v)).collect())
        };
        assert_eq!(Crypt::new(&dict(vec![0; 32]), b"id").unwrap_err(), Locked::Password);
        assert_eq!(Crypt::new(&dict(vec![0; 3]), b"id").unwrap_err(), Locked::Unknown);
        let mut hash = Md5::new();
        hash.update(PADDING);
        hash.update([1; 32]);
        hash.update((-4i32).to_le_bytes());
        hash.update(b"id");
        let user = rc4(&hash.finalize()[..5], &PADDING);
        assert_eq!(Crypt::new(&dict(user), b"id").unwrap().key.len(), 5);
    }
}
