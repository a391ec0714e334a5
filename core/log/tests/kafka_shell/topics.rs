use crate::support::Prefix;
use ledger_log::kafka::{KafkaError, Weakness, check_topics, ensure_topics, partitions};

fn weak(prefix: &Prefix) -> Vec<Weakness> {
    match check_topics(&prefix.settings) {
        Err(KafkaError::Weak(weak)) => weak,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn missing_topics_are_created_and_pass_the_check_again_and_again() {
    let prefix = Prefix::bare();
    ensure_topics(&prefix.settings, 3).unwrap();
    let names = prefix.settings.topics();
    let count = |topic: &str| partitions(&prefix.settings, topic).unwrap();
    assert_eq!((count(&names.directory), count(&names.payments), count(&names.keys)), (1, 3, 1));
    check_topics(&prefix.settings).unwrap();
    ensure_topics(&prefix.settings, 3).unwrap();
}

#[test]
fn a_missing_topic_is_named() {
    let prefix = Prefix::bare();
    let topic = prefix.settings.topics().directory;
    assert_eq!(check_topics(&prefix.settings), Err(KafkaError::Missing { topic: topic.clone() }));
    assert_eq!(partitions(&prefix.settings, &topic), Err(KafkaError::Missing { topic }));
}

#[test]
fn each_weakened_setting_of_the_ledger_is_refused_with_its_value_and_the_value_required() {
    let prefix = Prefix::ready();
    let topic = prefix.settings.topics().payments;
    let cases = [
        ("retention.ms", "604800000", "-1"),
        ("retention.bytes", "1073741824", "-1"),
        ("cleanup.policy", "compact", "delete"),
        ("unclean.leader.election.enable", "true", "false"),
        ("message.timestamp.type", "CreateTime", "LogAppendTime"),
        ("compression.type", "gzip", "producer"),
        ("flush.messages", "1000", "1"),
    ];
    for (setting, value, required) in cases {
        prefix.alter(&topic, setting, value);
        let text = check_topics(&prefix.settings).unwrap_err().to_string();
        assert_eq!(
            text,
            format!(
                "Kafka is not safe for the ledger: topic {topic} has {setting}={value}, required is {required}"
            )
        );
        prefix.alter(&topic, setting, required);
    }
    check_topics(&prefix.settings).unwrap();
}

#[test]
fn every_weakness_is_named_at_once_and_ensuring_refuses_them_too() {
    let prefix = Prefix::ready();
    let names = prefix.settings.topics();
    prefix.alter(&names.directory, "max.message.bytes", "1000");
    prefix.alter(&names.keys, "segment.ms", "604800000");
    let found: Vec<(String, String, String)> =
        weak(&prefix).into_iter().map(|weak| (weak.topic, weak.found, weak.required)).collect();
    let expected = [
        (names.directory, "1000".to_owned(), "1048588 or more".to_owned()),
        (names.keys, "604800000".to_owned(), "1 to 86400000".to_owned()),
    ];
    assert_eq!(found, expected);
    assert!(matches!(ensure_topics(&prefix.settings, 1), Err(KafkaError::Weak(weak)) if weak.len() == 2));
}

#[test]
fn partitions_are_added_and_never_removed() {
    let prefix = Prefix::ready();
    let payments = prefix.settings.topics().payments;
    ensure_topics(&prefix.settings, 2).unwrap();
    assert_eq!(prefix.metadata_of(&payments), Some(2));
    ensure_topics(&prefix.settings, 1).unwrap();
    assert_eq!(prefix.metadata_of(&payments), Some(2));
}

#[test]
fn a_directory_with_two_partitions_is_refused() {
    let prefix = Prefix::bare();
    let directory = prefix.settings.topics().directory;
    prefix.create(&directory, 2, &[]);
    let Err(KafkaError::Weak(weak)) = ensure_topics(&prefix.settings, 1) else { panic!("not refused") };
    assert!(
        weak.iter().any(|weak| (weak.setting.as_str(), weak.found.as_str()) == ("partitions", "2")),
        "{weak:?}"
    );
}

#[test]
fn topics_are_not_created_before_enough_brokers_are_there() {
    let mut prefix = Prefix::bare();
    prefix.settings.brokers_min = 3;
    let refused = ensure_topics(&prefix.settings, 1).unwrap_err();
    assert_eq!(refused.to_string(), "1 brokers answer where at least 3 are required");
    assert_eq!(prefix.metadata_of(&prefix.settings.topics().payments), None);
}

#[test]
fn only_security_settings_pass_through_to_the_client() {
    let mut prefix = Prefix::bare();
    prefix.settings.security.push(("acks".to_owned(), "0".to_owned()));
    let refused = check_topics(&prefix.settings).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "Kafka client setting acks: only security.*, ssl.* and sasl.* may be passed through"
    );
}
