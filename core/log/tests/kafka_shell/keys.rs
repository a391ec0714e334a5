use crate::support::Prefix;
use ledger_log::kafka::KeyTopic;
use std::collections::HashMap;

#[test]
fn keys_are_kept_replaced_and_deleted() {
    let prefix = Prefix::ready();
    let keys = KeyTopic::new(&prefix.settings);
    assert_eq!(keys.load_all(), Ok(HashMap::new()));
    keys.put("one", b"first").unwrap();
    keys.put("two", &[0, 255, 7]).unwrap();
    keys.put("one", b"second").unwrap();
    keys.put("gone", b"secret").unwrap();
    keys.tombstone("gone").unwrap();
    let expected =
        HashMap::from([("one".to_owned(), b"second".to_vec()), ("two".to_owned(), vec![0, 255, 7])]);
    assert_eq!(KeyTopic::new(&prefix.settings).load_all(), Ok(expected));
}

#[test]
fn a_key_without_an_id_or_without_a_broker_is_an_error() {
    let prefix = Prefix::bare();
    assert!(KeyTopic::new(&prefix.settings).put("", b"x").is_err());
    let keys = KeyTopic::new(&prefix.nowhere());
    let text = keys.put("one", b"secret").unwrap_err().to_string();
    assert!(text.contains("key one") && !text.contains("secret"), "{text}");
    assert!(keys.load_all().is_err());
}
