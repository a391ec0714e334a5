//! A merchant's own keys on its payment: bounded, of no effect on anything else, and the first answer stays the first answer.

use std::collections::BTreeMap;

use ledger_domain::Rejection;
use ledger_domain::days::Moment;
use ledger_domain::ids::MerchantId;
use ledger_domain::payment::effects::{Timing, due, effects, open_calls};
use ledger_domain::payment::{Answer, ChangeMetadata, PaymentCommand, PaymentEvent, answer};

use crate::support::{
    Story, merchant_id, net_cancelling, paid, requested, sale_facts, unknown, unresolved, uuid,
};

pub fn note(set: &[(&str, &str)], removed: &[&str]) -> ChangeMetadata {
    ChangeMetadata {
        merchant_id: merchant_id(),
        set: set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        removed: removed.iter().map(|key| (*key).to_owned()).collect(),
        not_after: Moment::from_ms(i64::MAX),
    }
}

fn change(story: &mut Story, set: &[(&str, &str)], removed: &[&str]) -> Result<PaymentEvent, Rejection> {
    story.on(&PaymentCommand::ChangeMetadata(note(set, removed)))
}

fn code(story: &Story, wish: ChangeMetadata) -> &'static str {
    story.clone().on(&PaymentCommand::ChangeMetadata(wish)).unwrap_err().code()
}

fn noted(story: &Story) -> BTreeMap<String, String> {
    story.state.metadata().unwrap().entries.clone()
}

fn as_map(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn keys_are_put_replaced_and_removed_and_the_others_stay() {
    let mut story = paid();
    change(&mut story, &[("a", "1"), ("b", "2")], &[]).unwrap();
    change(&mut story, &[("b", "3"), ("c", "4")], &["a", "never-there"]).unwrap();
    assert_eq!(noted(&story), as_map(&[("b", "3"), ("c", "4")]));
    assert_eq!(story.view().state().metadata(), story.state.metadata());
}

#[test]
fn it_may_be_changed_in_every_state_and_changes_nothing_else() {
    let timing = Timing::default();
    let declined =
        requested().then(&PaymentCommand::RecordDecline { code: "1".into(), message: "no".into() });
    let canceled = paid().cancelled(1, None);
    for mut story in [requested(), unknown(), net_cancelling(), unresolved(), paid(), declined, canceled] {
        let before = story.clone();
        let event = change(&mut story, &[("k", "v")], &[]).unwrap();
        assert_eq!(story.status(), before.status());
        assert_eq!(open_calls(&story.state), open_calls(&before.state), "{}", story.status());
        assert_eq!(due(&story.state, &timing), due(&before.state, &timing), "{}", story.status());
        assert!(effects(&story.state, &event, &timing).is_empty());
        assert!(event.money().is_none());
        assert_eq!(noted(&story), as_map(&[("k", "v")]));
    }
}

#[test]
fn what_was_noted_before_the_end_is_still_there_after_it() {
    let mut story = requested();
    change(&mut story, &[("k", "v")], &[]).unwrap();
    let story = story.then(&PaymentCommand::RecordApproval(crate::support::approval())).cancelled(1, None);
    assert_eq!((story.status(), noted(&story)), ("CANCELED", as_map(&[("k", "v")])));
}

#[test]
fn its_event_is_the_whole_answer_and_no_other_commands_answer_moves() {
    let mut story = requested();
    change(&mut story, &[("k", "v")], &[]).unwrap();
    let story = story.then(&PaymentCommand::RecordApproval(crate::support::approval()));
    assert_eq!(answer(&story.events, 0), Some(Answer::Final { length: 3 }));
    assert_eq!(answer(&story.events, 1), Some(Answer::Final { length: 2 }));
}

#[test]
fn only_the_payments_own_merchant_may_and_only_in_time() {
    let stranger = ChangeMetadata { merchant_id: MerchantId::new(uuid(99)), ..note(&[("k", "v")], &[]) };
    assert_eq!(code(&paid(), stranger), "NOT_FOUND_PAYMENT");
    assert_eq!(code(&Story::new(sale_facts()), note(&[("k", "v")], &[])), "NOT_FOUND_PAYMENT");
    let late = ChangeMetadata { not_after: Moment::from_ms(1), ..note(&[("k", "v")], &[]) };
    assert_eq!(code(&paid(), late), "COMMAND_EXPIRED");
}

#[test]
fn keys_values_and_their_number_are_bounded() {
    let (long_key, long_value) = ("k".repeat(41), "v".repeat(501));
    for (set, removed, expected) in [
        (vec![], vec![], "NO_METADATA_CHANGE"),
        (vec![("", "v")], vec![], "INVALID_METADATA_KEY"),
        (vec![("a b", "v")], vec![], "INVALID_METADATA_KEY"),
        (vec![("열쇠", "v")], vec![], "INVALID_METADATA_KEY"),
        (vec![(long_key.as_str(), "v")], vec![], "INVALID_METADATA_KEY"),
        (vec![], vec!["a\n"], "INVALID_METADATA_KEY"),
        (vec![("a", "v")], vec!["a"], "INVALID_METADATA_KEY"),
        (vec![("a", "")], vec![], "INVALID_TEXT"),
        (vec![("a", "  ")], vec![], "INVALID_TEXT"),
        (vec![("a", "x\u{0}")], vec![], "INVALID_TEXT"),
        (vec![("a", long_value.as_str())], vec![], "INVALID_TEXT"),
    ] {
        assert_eq!(code(&paid(), note(&set, &removed)), expected, "{set:?} {removed:?}");
    }
    let (longest_key, longest_value) = ("k".repeat(40), "값".repeat(500));
    assert!(change(&mut paid(), &[(&longest_key, &longest_value)], &[]).is_ok());
}

#[test]
fn there_are_twenty_keys_at_most_and_one_may_take_anothers_place() {
    let names: Vec<String> = (0..21).map(|number| format!("key-{number}")).collect();
    let all: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "v")).collect();
    let mut story = paid();
    assert_eq!(code(&story, note(&all, &[])), "TOO_MANY_METADATA_KEYS");
    change(&mut story, &all[..20], &[]).unwrap();
    assert_eq!(code(&story, note(&all[20..], &[])), "TOO_MANY_METADATA_KEYS");
    change(&mut story, &all[20..], &["key-0"]).unwrap();
    change(&mut story, &[("key-20", "w")], &[]).unwrap();
    assert_eq!(noted(&story).len(), 20);
    let removed: Vec<String> = (0..41).map(|number| format!("gone-{number}")).collect();
    let removed: Vec<&str> = removed.iter().map(String::as_str).collect();
    assert_eq!(code(&story, note(&[], &removed)), "TOO_MANY_METADATA_KEYS");
}

#[test]
fn a_stream_does_not_grow_without_end() {
    let mut story = paid();
    for number in 0..500 {
        change(&mut story, &[("k", &number.to_string())], &[]).unwrap();
    }
    assert_eq!(code(&story, note(&[("k", "v")], &[])), "TOO_MANY_METADATA_CHANGES");
}

#[test]
fn a_history_that_could_not_be_is_refused() {
    let mut story = paid();
    let Ok(PaymentEvent::MetadataChanged(event)) = change(&mut story, &[("k", "v")], &[]) else {
        panic!("no event")
    };
    let mut both = event.clone();
    both.removed.insert("k".to_owned());
    assert!(story.forced(&PaymentEvent::MetadataChanged(both)).is_err());
    let mut more = event.clone();
    more.set = (0..21).map(|number| (format!("key-{number}"), "v".to_owned())).collect();
    assert!(story.forced(&PaymentEvent::MetadataChanged(more)).is_err());
    let nothing = Story::new(sale_facts());
    assert!(nothing.forced(&PaymentEvent::MetadataChanged(event)).is_err());
}
