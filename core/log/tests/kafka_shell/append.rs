use crate::support::{DEPTH, Hand, Prefix, payload, unknown};
use ledger_log::kafka::watermarks;
use ledger_log::{Action, Completion, Fate};
use std::time::Duration;

#[test]
fn what_is_appended_is_accepted_in_order_with_the_brokers_time() {
    let prefix = Prefix::ready();
    let at = prefix.payments();
    let mut hand = Hand::leading(&prefix, &at, "first");
    let values: Vec<Vec<u8>> = (0..300).map(|n| format!("value {n}").into_bytes()).collect();
    let tickets: Vec<u64> = values.iter().map(|value| hand.append(payload(value))).collect();
    hand.settle(&tickets);
    assert_eq!(hand.own_values(), values);
    let dated = |fate: &Fate| match fate {
        Fate::Accepted { accepted, .. } => accepted.timestamp_ms > 1_700_000_000_000,
        _ => true,
    };
    assert!(hand.fates.iter().all(dated), "{:?}", hand.fates);
    let (chain, voids) = prefix.chain(&at);
    assert_eq!((chain.len(), voids), (301, 0));
    assert_eq!(chain.last().map(|last| last.hash), hand.writer.head().map(|head| head.hash));
    assert!(chain.last().is_some_and(|last| last.timestamp_ms > 1_700_000_000_000));
    assert!(hand.io.stop(Duration::from_secs(20)), "something was left behind");
}

#[test]
fn a_producer_replaced_in_full_flight_leaves_one_chain_and_a_final_fate_for_each() {
    let prefix = Prefix::ready();
    let at = prefix.payments();
    let mut hand = Hand::leading(&prefix, &at, "first");
    let mut tickets = Vec::new();
    for round in 0..5 {
        for n in 0..DEPTH {
            tickets.push(hand.append(payload(format!("{round} {n}").as_bytes())));
        }
        // The next sending's fate is lost, with up to a pipeline of others still on its way.
        while hand.writer.room() == 0 {
            let completion = hand.completions.recv_timeout(Duration::from_secs(20)).unwrap();
            hand.feed(completion);
        }
        let (ticket, _) = hand.writer.append(payload(format!("{round} lost").as_bytes())).unwrap();
        tickets.push(ticket);
        let mut lost = None;
        while let Some(output) = hand.writer.poll() {
            match output {
                ledger_log::Output::Do(action) => {
                    lost = matches!(action, Action::Send { .. }).then(|| unknown(&action)).or(lost);
                    hand.io.perform(action);
                }
                ledger_log::Output::Fate(fate) => hand.fates.push(fate),
            }
        }
        hand.feed(lost.unwrap());
    }
    hand.settle(&tickets);
    let (chain, _) = prefix.chain(&at);
    let stored: Vec<Vec<u8>> = chain
        .into_iter()
        .filter(|accepted| !accepted.record.is_fence())
        .map(|accepted| accepted.record.payload.value)
        .collect();
    assert_eq!(stored, hand.own_values());
    // Every lost fate costs a reign, the last one too.
    let reigns = |fates: &[Fate]| fates.iter().filter(|fate| matches!(fate, Fate::Leading { .. })).count();
    hand.until("the sixth reign", |fates| reigns(fates) == 6);
}

#[test]
fn a_record_that_the_broker_refuses_is_refused_alone_and_its_neighbours_go_on() {
    let prefix = Prefix::ready();
    let at = prefix.payments();
    prefix.alter(&at.topic, "max.message.bytes", "4000");
    let mut hand = Hand::leading(&prefix, &at, "first");
    let big = hand.append(payload(&[7; 8_000]));
    let small = hand.append(payload(b"small"));
    hand.settle(&[big, small]);
    // Both were in one pipeline, so neither fate is blamed on the record itself.
    assert_eq!(
        (hand.fate(big), hand.fate(small)),
        (&Fate::Void { ticket: big }, &Fate::Void { ticket: small })
    );
    let big = hand.append(payload(&[7; 8_000]));
    hand.settle(&[big]);
    assert_eq!(hand.fate(big), &Fate::Refused { ticket: big });
    let small = hand.append(payload(b"small"));
    hand.settle(&[small]);
    assert!(hand.is_accepted(small));
}

#[test]
fn a_record_too_large_for_the_client_is_refused_too() {
    let prefix = Prefix::ready();
    let mut hand = Hand::leading(&prefix, &prefix.payments(), "first");
    let big = hand.append(payload(&vec![7; ledger_log::kafka::MAX_RECORD_BYTES + 1]));
    hand.settle(&[big]);
    assert_eq!(hand.fate(big), &Fate::Refused { ticket: big });
}

#[test]
fn a_second_writer_takes_the_partition_and_the_first_learns_it() {
    let prefix = Prefix::ready();
    let at = prefix.payments();
    let mut first = Hand::leading(&prefix, &at, "first");
    let kept = first.append(payload(b"kept"));
    first.settle(&[kept]);
    let mut second = Hand::leading(&prefix, &at, "second");
    let void = first.append(payload(b"too late"));
    first.settle(&[void]);
    assert_eq!(first.fate(void), &Fate::Void { ticket: void });
    first.until("the news", |fates| {
        fates.iter().any(|fate| matches!(fate, Fate::Lost { to } if to.incarnation == "second"))
    });
    let ticket = second.append(payload(b"of the second"));
    second.settle(&[ticket]);
    let (chain, voids) = prefix.chain(&at);
    let values: Vec<&[u8]> = chain.iter().map(|accepted| accepted.record.payload.value.as_slice()).collect();
    assert_eq!(values.last(), Some(&b"of the second".as_slice()));
    assert!(!values.contains(&b"too late".as_slice()));
    assert_eq!(voids, 1);
}

#[test]
fn an_idle_leader_confirms_by_the_watermark() {
    let prefix = Prefix::ready();
    let mut hand = Hand::leading(&prefix, &prefix.payments(), "first");
    let asked = hand.writer.confirm();
    hand.drain();
    hand.until("a confirmation", |fates| fates.contains(&Fate::Confirmed { question: asked }));
}

/// As on a cluster. A mark is no record: it takes no seq, and every reader passes it.
#[test]
fn marks_confirm_for_leaders_and_followers_and_are_nothing_to_readers() {
    let prefix = Prefix::ready();
    let at = prefix.payments();
    let mut leader = Hand::leading(&prefix, &at, "first");
    let mut follower = Hand::new(&prefix, &at, "second");
    for (number, hand) in [&mut leader, &mut follower].into_iter().enumerate() {
        hand.writer.confirm_by_mark();
        let asked = hand.writer.confirm();
        hand.drain();
        hand.until("a confirmation", |fates| fates.contains(&Fate::Confirmed { question: asked }));
        assert_eq!(watermarks(&prefix.settings, &at).unwrap().1, 2 + i64::try_from(number).unwrap());
        assert_eq!(hand.writer.reader().head_seq(), 1, "everything before the mark was judged");
    }
    // Put while nothing was on its way, and while something was: the next record will do.
    let first = leader.append(payload(b"on its way"));
    let asked = leader.writer.confirm();
    let second = leader.append(payload(b"confirms"));
    leader.settle(&[first, second]);
    let place = |wanted: &Fate| leader.fates.iter().position(|fate| fate == wanted).unwrap();
    let confirmed = leader.fates.contains(&Fate::Confirmed { question: asked });
    assert!(confirmed && place(&Fate::Confirmed { question: asked }) > place(leader.fate(second)));
    // A look stores nothing.
    let look = follower.writer.look();
    follower.drain();
    follower.until("the look", |fates| fates.contains(&Fate::Looked { look }));
    assert_eq!(follower.writer.reader().head_seq(), 3);
    let (chain, voids) = prefix.chain(&at);
    assert_eq!((chain.len(), voids), (3, 2));
}

#[test]
fn a_sending_for_a_producer_that_is_gone_is_unknown() {
    let prefix = Prefix::ready();
    let hand = Hand::leading(&prefix, &prefix.payments(), "first");
    hand.io.perform(Action::ReplaceProducer { epoch: 1_000 });
    let record = ledger_log::Record { seq: 9, term: 9, prev: ledger_log::Hash::ZERO, payload: payload(b"x") };
    let late = Action::Send { epoch: 999, send: 5, record };
    hand.io.perform(late.clone());
    let reported =
        hand.completions.iter().find(|found| matches!(found, Completion::Delivered { send: 5, .. }));
    assert_eq!(reported, Some(unknown(&late)));
}

#[test]
fn pauses_end_in_the_order_they_are_due() {
    let prefix = Prefix::ready();
    let hand = Hand::new(&prefix, &prefix.payments(), "first");
    hand.io.perform(Action::Wait { wait: 1, ms: 60 });
    hand.io.perform(Action::Wait { wait: 2, ms: 5 });
    let order: Vec<Completion> = hand.completions.iter().take(2).collect();
    assert_eq!(order, [Completion::Waited { wait: 2 }, Completion::Waited { wait: 1 }]);
}

#[test]
fn without_a_broker_fates_are_unknown_and_the_end_is_prompt() {
    let prefix = Prefix::bare();
    let hand = Hand::with(&prefix.nowhere(), &prefix.payments(), "first");
    let record = ledger_log::Record { seq: 1, term: 1, prev: ledger_log::Hash::ZERO, payload: payload(b"x") };
    let sent = Action::Send { epoch: 0, send: 5, record };
    hand.io.perform(sent.clone());
    hand.io.perform(Action::AskWatermark { request: 6 });
    hand.io.perform(Action::Mark { request: 8 });
    hand.io.perform(Action::Read { read: 7, from: 0, to: 10 });
    let mut found: Vec<Completion> = hand.completions.iter().take(4).collect();
    let failed = found
        .iter()
        .position(|one| matches!(one, Completion::ReadFailed { read: 7, out_of_range: false, .. }));
    found.remove(failed.unwrap());
    assert!(found.contains(&unknown(&sent)), "{found:?}");
    assert!(found.contains(&Completion::WatermarkFailed { request: 6 }), "{found:?}");
    assert!(found.contains(&Completion::WatermarkFailed { request: 8 }), "{found:?}");
    assert!(hand.io.stop(Duration::from_secs(20)), "something was left behind");
}
