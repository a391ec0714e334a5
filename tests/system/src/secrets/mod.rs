//! Looks for a card number wherever it could have come to rest, in every spelling it could have taken. The same search
//! must find a planted canary, or it proves nothing.

mod places;

pub use places::{Place, files, kafka, mariadb, partitions, store};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use memchr::memmem;

/// One way to write a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelling {
    /// In words.
    pub name: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Every way to write these digits that is searched for.
pub fn spellings(digits: &str) -> Vec<Spelling> {
    let grouped = |by: &str| {
        let groups: Vec<String> =
            digits.as_bytes().chunks(4).map(|g| String::from_utf8_lossy(g).into_owned()).collect();
        groups.join(by)
    };
    let spelling = |name, bytes: Vec<u8>| Spelling { name, bytes };
    vec![
        spelling("plain", digits.as_bytes().to_vec()),
        spelling("spaced", grouped(" ").into_bytes()),
        spelling("hyphenated", grouped("-").into_bytes()),
        // Digits are 30 to 39 in hexadecimal: there are no letters to write large or small.
        spelling("hex", hex::encode(digits).into_bytes()),
        spelling("base64, aligned", base64_inside(digits, 0)),
        spelling("base64, one byte off", base64_inside(digits, 1)),
        spelling("base64, two bytes off", base64_inside(digits, 2)),
    ]
}

/// What base64 makes of the digits wherever they stand in a text: without the characters that depend on neighbours.
fn base64_inside(digits: &str, offset: usize) -> Vec<u8> {
    let padded = [vec![0; offset], digits.as_bytes().to_vec()].concat();
    let encoded = STANDARD_NO_PAD.encode(&padded);
    let before = (offset * 8).div_ceil(6);
    let after = padded.len() * 8 / 6;
    encoded.as_bytes().get(before..after).unwrap_or_default().to_vec()
}

/// Where which spelling was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The place.
    pub place: String,
    /// The spelling.
    pub spelling: &'static str,
}

/// Everything that is found.
pub fn search(places: &[Place], spellings: &[Spelling]) -> Vec<Found> {
    let mut found = Vec::new();
    for spelling in spellings {
        let finder = memmem::Finder::new(&spelling.bytes);
        let hits = places.iter().filter(|place| finder.find(&place.bytes).is_some());
        found.extend(hits.map(|place| Found { place: place.name.clone(), spelling: spelling.name }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_in_every_spelling_wherever_it_stands_in_a_base64_text() {
        let digits = "5105105105105100";
        let all = spellings(digits);
        for offset in 0..7 {
            let text = format!("{}{digits}tail", "x".repeat(offset));
            let encoded = base64::engine::general_purpose::STANDARD.encode(text);
            let place = Place { name: "here".to_owned(), bytes: encoded.into_bytes() };
            assert_eq!(search(&[place], &all).len(), 1, "offset {offset}");
        }
        let place = |text: &str| Place { name: "here".to_owned(), bytes: text.into() };
        assert_eq!(search(&[place("a 5105-1051-0510-5100 b")], &all)[0].spelling, "hyphenated");
        assert_eq!(search(&[place("a 5105 1051 0510 5100 b")], &all)[0].spelling, "spaced");
        assert_eq!(search(&[place("a 35313035313035313035313035313030 b")], &all)[0].spelling, "hex");
        assert!(search(&[place("510510******5100")], &all).is_empty());
    }
}
