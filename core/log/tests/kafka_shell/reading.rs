use crate::support::{Hand, Prefix, forge, forge_record, payload, transaction};
use ledger_log::kafka::{read_at, watermarks};
use ledger_log::{Action, Completion, Headers, RawRecord};
use std::time::Duration;

/// All parts of one read.
fn read(hand: &mut Hand, from: i64, to: i64) -> (Vec<RawRecord>, i64, usize) {
    hand.io.perform(Action::Read { read: 77, from, to });
    let (mut all, mut parts) = (Vec::new(), 0);
    loop {
        let completion = hand.completions.recv_timeout(Duration::from_secs(20)).unwrap();
        hand.feed(completion.clone());
        match completion {
            Completion::Fetched { read: 77, records, through, done } => {
                all.extend(records);
                parts += 1;
                if done {
                    return (all, through, parts);
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_range_ends_on_its_end_although_control_records_are_never_delivered() {
    let prefix = Prefix::ready();
    let at = prefix.payments();
    transaction(&prefix, &at, 2, false);
    transaction(&prefix, &at, 1, true);
    // Kafka answers a commit before it has written the control record.
    let high = prefix.until("both control records", || {
        watermarks(&prefix.settings, &at).ok().map(|(_, high)| high).filter(|high| *high == 5)
    });
    let mut hand = Hand::new(&prefix, &at, "first");
    let offsets = |records: &[RawRecord]| records.iter().map(|raw| raw.offset).collect::<Vec<i64>>();
    let (records, through, _) = read(&mut hand, 0, high);
    // Aborted messages are delivered (read_uncommitted); the control records at 2 and 4 are not.
    assert_eq!((offsets(&records), through), (vec![0, 1, 3], 5));
    let (records, through, _) = read(&mut hand, 1, 3);
    assert_eq!((offsets(&records), through), (vec![1], 3));
    let (records, through, _) = read(&mut hand, 4, 5);
    assert_eq!((offsets(&records), through), (vec![], 5));
    assert_eq!(read_at(&prefix.settings, &at, 4).unwrap(), None);
    assert_eq!(
        read_at(&prefix.settings, &at, 3).unwrap().map(|raw| raw.value),
        Some(b"of a transaction".to_vec())
    );
}

#[test]
fn a_writer_leads_over_aborted_transactions_and_foreign_bytes() {
    let prefix = Prefix::ready();
    let at = prefix.payments();
    transaction(&prefix, &at, 3, false);
    forge(&prefix, &at, &Headers::new(), b"foreign");
    let mut hand = Hand::leading(&prefix, &at, "first");
    let before = hand.append(payload(b"before"));
    hand.settle(&[before]);
    transaction(&prefix, &at, 2, false);
    let after = hand.append(payload(b"after"));
    hand.settle(&[after]);
    assert!(hand.is_accepted(before) && hand.is_accepted(after));
    let (chain, voids) = prefix.chain(&at);
    assert_eq!((chain.len(), voids), (3, 6));
}

#[test]
fn a_range_beyond_the_log_ends_with_it_and_one_that_begins_there_is_out_of_range() {
    let prefix = Prefix::ready();
    let at = prefix.payments();
    forge(&prefix, &at, &Headers::new(), b"one");
    let mut hand = Hand::new(&prefix, &at, "first");
    let (records, through, _) = read(&mut hand, 0, 1_000);
    assert_eq!((records.len(), through), (1, 1));
    let (records, through, _) = read(&mut hand, 1, 1_000);
    assert_eq!((records.len(), through), (0, 1));
    hand.io.perform(Action::Read { read: 78, from: 2, to: 3 });
    let failed = hand.completions.recv_timeout(Duration::from_secs(20)).unwrap();
    let Completion::ReadFailed { read: 78, out_of_range: true, why } = failed else { panic!("{failed:?}") };
    assert_eq!(why, format!("{at}: offset 2 is out of range; the log holds 0 to 1"));
    assert_eq!(read_at(&prefix.settings, &at, 2).unwrap(), None);
}

#[test]
fn a_long_read_comes_in_parts_and_no_further_than_is_taken() {
    let prefix = Prefix::ready();
    let at = prefix.payments();
    let mut writer = Hand::leading(&prefix, &at, "first");
    let tickets: Vec<u64> = (0..30).map(|n| writer.append(payload(&vec![n; 700_000]))).collect();
    writer.settle(&tickets);
    let mut hand = Hand::new(&prefix, &at, "second");
    hand.io.perform(Action::Read { read: 76, from: 0, to: 31 });
    // Eight parts come by themselves, and not one more until one of them was fed.
    let ahead: Vec<Completion> = hand.completions.iter().take(8).collect();
    let quiet = hand.completions.recv_timeout(Duration::from_millis(300));
    assert!(quiet.is_err(), "{quiet:?}");
    let mut fetched = 0;
    let mut count = |completion: &Completion| match completion {
        Completion::Fetched { records, done, through, .. } => {
            fetched += records.len();
            assert!(records.len() <= 3, "a part holds about a megabyte: {}", records.len());
            assert_eq!(*done, *through == 31);
            *done
        }
        other => panic!("{other:?}"),
    };
    for completion in ahead {
        assert!(!count(&completion));
        hand.feed(completion);
    }
    loop {
        let completion = hand.completions.recv_timeout(Duration::from_secs(20)).unwrap();
        let done = count(&completion);
        hand.feed(completion);
        if done {
            break;
        }
    }
    assert_eq!(fetched, 31);
}

#[test]
fn a_foreign_header_name_that_is_no_text_stops_nobody() {
    let prefix = Prefix::ready();
    let at = prefix.payments();
    #[expect(
        unsafe_code,
        reason = "rdkafka takes names as text; only this way can a test write what others may"
    )]
    // SAFETY: the name only passes through to C as pointer and length.
    let name = unsafe { String::from_utf8_unchecked(vec![b'x', 0xff, 0xfe]) };
    forge(&prefix, &at, [(name.as_str(), b"v".as_slice())], b"foreign");
    let found = read_at(&prefix.settings, &at, 0).unwrap().unwrap();
    assert_eq!(found.headers, [("x\u{fffd}\u{fffd}", b"v")].into_iter().collect());
    let hand = Hand::leading(&prefix, &at, "first");
    assert_eq!(hand.writer.head().map(|head| head.seq), Some(1));
}

#[test]
fn what_is_written_reads_back_the_same() {
    let prefix = Prefix::ready();
    let at = prefix.payments();
    let mut said = payload(b"");
    said.headers.push("empty", b"");
    said.headers.push("twice", &[0, 255]);
    said.headers.push("twice", b"again");
    let record = ledger_log::Record { seq: 5, term: 3, prev: ledger_log::Hash::of(b"p"), payload: said };
    forge_record(&prefix, &at, &record);
    let found = read_at(&prefix.settings, &at, 0).unwrap().unwrap();
    assert_eq!(found.parse(), Some(record));
}
