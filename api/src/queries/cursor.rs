//! Cursors of lists: where the next page begins, as text a caller hands back unread. A cursor holds only a place in an
//! order, never a scope: whoever sends it is confined anew.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The cursor's text: the list it belongs to, and the key of the last row given.
pub fn encode<K: Serialize>(list: &str, key: &K) -> String {
    let text = serde_json::to_vec(&(list, key)).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(text)
}

/// The key in a cursor of that list; None for anything else.
pub fn decode<K: DeserializeOwned>(list: &str, text: &str) -> Option<K> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (of, key): (String, K) = serde_json::from_slice(&bytes).ok()?;
    (of == list).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn a_cursor_of_one_list_is_refused_by_another() {
        let text = encode("transactions", &(17_i64, "ab"));
        assert_eq!(decode::<(i64, String)>("transactions", &text), Some((17, "ab".to_owned())));
        assert_eq!(decode::<(i64, String)>("entries", &text), None);
        assert_eq!(decode::<(i64, String)>("transactions", "not a cursor"), None);
    }
}
