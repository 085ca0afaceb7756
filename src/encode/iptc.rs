//! Fresh IPTC IIM data, in the image resource that carries it, of the datasets that are kept.

use crate::format::{Keep, Kept, Selection};

/// The kept datasets of a run of IIM data, and the names of what is in them; `None` if there are none. The character set
/// of the texts (1:90) stays with them.
pub fn reduce(iim: &[u8], selection: &Selection) -> Option<(Vec<u8>, Vec<Kept>)> {
    let mut charset = None;
    let mut kept = Vec::new();
    let mut fresh = Vec::new();
    let mut rest = iim;
    while let Some((record, dataset, value, after)) = next(rest) {
        let whole = &rest[..rest.len() - after.len()];
        if (record, dataset) == (1, 90) && value.len() <= 32 {
            charset = Some(whole);
        } else if let Some(name) = keeps(record, dataset, selection) {
            fresh.extend_from_slice(whole);
            if !kept.contains(&name) {
                kept.push(name);
            }
        }
        rest = after;
    }
    if fresh.is_empty() {
        return None;
    }
    Some(([charset.unwrap_or(b""), &fresh].concat(), kept))
}

/// The image resource (Photoshop file formats specification, "Image resource blocks") of IIM data: 0x0404, no name, even length.
pub fn resource(iim: &[u8]) -> Vec<u8> {
    let length = u32::try_from(iim.len()).unwrap_or(u32::MAX);
    let padding = &[0][..iim.len() % 2];
    [b"8BIM\x04\x04\0\0", &length.to_be_bytes()[..], iim, padding].concat()
}

/// The IIM data among image resources.
pub fn find_in_resources(resources: &[u8]) -> Option<&[u8]> {
    find_resource(resources, 0x0404)
}

/// The data of one image resource.
pub fn find_resource(mut resources: &[u8], id: u16) -> Option<&[u8]> {
    loop {
        let (head, rest) = resources.split_at_checked(6)?;
        if &head[..4] != b"8BIM" {
            return None;
        }
        let name = usize::from(*rest.first()?) + 1;
        let rest = rest.get(name + name % 2..)?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes(*length) as usize;
        let data = rest.get(..length)?;
        if head[4..] == id.to_be_bytes() {
            return Some(data);
        }
        resources = rest.get(length + length % 2..)?;
    }
}

/// The first dataset of a run (IIM 4.2, 1.6): record, number, value, and what follows. Extended lengths are not taken.
fn next(run: &[u8]) -> Option<(u8, u8, &[u8], &[u8])> {
    let (&[0x1c, record, dataset, high, low], rest) = run.split_first_chunk::<5>()? else { return None };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let (value, after) = rest.split_at_checked(length).filter(|_| length < 0x8000)?;
    Some((record, dataset, value, after))
}

fn keeps(record: u8, dataset: u8, selection: &Selection) -> Option<Kept> {
    // By-line and its title, credit, copyright notice; dates and times of creation; object name, headline, caption.
    let by_name = match (record, dataset) {
        (2, 80 | 85 | 110 | 116) => Some((Keep::Copyright, "copyright")),
        (2, 55 | 60 | 62 | 63) => Some((Keep::Dates, "dates")),
        (2, 5 | 105 | 120) => Some((Keep::Title, "title")),
        _ => None,
    };
    if let Some((_, name)) = by_name.filter(|(keep, _)| selection.keeps(*keep)) {
        return Some(name);
    }
    let documented = match (record, dataset) {
        (2, 80) => "Creator",
        (2, 116) => "Copyright",
        _ => "",
    };
    let asked = |name: &str| selection.asks(&["iptc", "IPTC"], name);
    let mut rows = crate::decode::iptc::table(record)?.rows_of(dataset);
    (asked(documented) || rows.any(|row| asked(row.name))).then_some("tags")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Pattern;

    #[test]
    fn only_what_is_asked_for_is_kept() {
        let by_line = b"\x1c\x02\x50\0\x04Name";
        let city = b"\x1c\x02\x5a\0\x05Paris";
        let iim = [&b"\x1c\x01\x5a\0\x03\x1b%G"[..], city, by_line].concat();
        let selection = Selection { keep: [Keep::Copyright].into(), ..Selection::none() };
        let (fresh, kept) = reduce(&iim, &selection).unwrap();
        assert_eq!(fresh, [&b"\x1c\x01\x5a\0\x03\x1b%G"[..], by_line].concat());
        assert_eq!(kept, ["copyright"]);
        assert_eq!(reduce(&iim, &Selection::default()), None);
        for name in ["City", "IPTC:C*y", "iptc:city"] {
            let selection = Selection { tags: vec![Pattern::new(name)], ..Selection::none() };
            let (fresh, kept) = reduce(&iim, &selection).unwrap();
            assert_eq!((&fresh[8..], &kept[..]), (&city[..], &["tags"][..]), "{name}");
        }
        assert_eq!(find_in_resources(&resource(&fresh)), Some(&fresh[..]));
        let other = [&b"8BIM\x03\xed\x03abc\0\0\0\x01x\0"[..], &resource(b"odd")].concat();
        assert_eq!(find_in_resources(&other), Some(&b"odd"[..]));
    }
}
