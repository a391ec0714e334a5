use crate::support::{DEPTH, Hand, Prefix, forge_record, genesis, payload};
use ledger_log::kafka::{FollowError, Follower, ensure_topics, read_genesis};
use ledger_log::{Cursor, Fate, Hash, PartitionId, Record, Stop};
use std::time::{Duration, Instant};

const WAIT: Duration = Duration::from_secs(20);

/// A partition with a genesis and so many records, and the writer that made them.
fn filled(prefix: &Prefix, records: u64) -> (PartitionId, Hand) {
    let at = prefix.payments();
    let mut hand = Hand::leading(prefix, &at, "first");
    let tickets: Vec<u64> = (0..records).map(|n| hand.append(payload(n.to_string().as_bytes()))).collect();
    hand.settle(&tickets);
    (at, hand)
}

fn head(hand: &Hand) -> Cursor {
    hand.writer.head().unwrap().clone()
}

#[test]
fn a_follower_sees_what_comes_later_without_being_asked_again() {
    let prefix = Prefix::ready();
    let (at, mut hand) = filled(&prefix, 10);
    let mut follower = Follower::open(&prefix.settings, at, DEPTH, None).unwrap();
    let mut seen = 0;
    while seen < 11 {
        seen += follower.next(4, WAIT).unwrap().accepted.len();
    }
    assert_eq!(follower.cursor(), Some(&head(&hand)));
    assert_eq!(follower.high_watermark(), Ok(11));
    let nothing =
        prefix.until("the end", || Some(follower.next(4, WAIT).unwrap()).filter(|batch| batch.at_end));
    assert_eq!((nothing.accepted.len(), nothing.next_offset), (0, 11));
    let ticket = hand.append(payload(b"later"));
    hand.settle(&[ticket]);
    let asked = Instant::now();
    let batch = follower.next(4, WAIT).unwrap();
    assert_eq!(batch.accepted[0].record.payload.value, b"later");
    assert!(asked.elapsed() < WAIT / 4, "a record that is there is not waited for: {:?}", asked.elapsed());
}

#[test]
fn a_follower_goes_on_behind_its_cursor() {
    let prefix = Prefix::ready();
    let (at, mut hand) = filled(&prefix, 5);
    let cursor = head(&hand);
    let ticket = hand.append(payload(b"next"));
    hand.settle(&[ticket]);
    let mut follower = Follower::open(&prefix.settings, at, DEPTH, Some(cursor.clone())).unwrap();
    let batch = follower.next(10, WAIT).unwrap();
    assert_eq!(batch.accepted.len(), 1);
    assert_eq!(batch.accepted[0].record.seq, cursor.seq + 1);
}

#[test]
fn a_cursor_whose_record_differs_is_refused_with_both_hashes() {
    let prefix = Prefix::ready();
    let (at, hand) = filled(&prefix, 5);
    let cursor = Cursor { hash: Hash::of(b"another ledger"), ..head(&hand) };
    let refused = Follower::open(&prefix.settings, at, DEPTH, Some(cursor.clone())).err().unwrap();
    assert!(matches!(refused, FollowError::Stop(Stop::CursorDiffers { .. })), "{refused}");
    let text = refused.to_string();
    assert!(
        text.contains(&cursor.hash.to_string()) && text.contains(&head(&hand).hash.to_string()),
        "{text}"
    );
}

#[test]
fn a_log_that_lost_the_cursors_record_is_refused() {
    let prefix = Prefix::ready();
    let (at, hand) = filled(&prefix, 5);
    let cursor = head(&hand);
    prefix.delete(&at.topic);
    ensure_topics(&prefix.settings, 1).unwrap();
    let refused = Follower::open(&prefix.settings, at, DEPTH, Some(cursor)).err().unwrap();
    assert!(matches!(refused, FollowError::Stop(Stop::CursorMissing { .. })), "{refused}");
}

#[test]
fn a_log_that_lost_its_beginning_is_not_read_from_there_on() {
    let prefix = Prefix::ready();
    let (at, hand) = filled(&prefix, 5);
    let cursor = head(&hand);
    prefix.cut(&at, 3);
    let refused = Follower::open(&prefix.settings, at.clone(), DEPTH, None).err().unwrap();
    let FollowError::Stop(Stop::WentBack { why, .. }) = &refused else { panic!("{refused}") };
    assert_eq!(why, &format!("{at}: offset 0 is out of range; the log holds 3 to 6"));
    // What this process has seen already is still there.
    assert!(Follower::open(&prefix.settings, at.clone(), DEPTH, Some(cursor)).is_ok());
    let mut late = Hand::new(&prefix, &at, "late");
    late.writer.catch_up(6);
    late.drain();
    late.until("a stop", |fates| {
        fates.iter().any(|fate| matches!(fate, Fate::Stopped(Stop::WentBack { .. })))
    });
}

#[test]
fn a_follower_stops_on_damage_for_good() {
    let prefix = Prefix::ready();
    let (at, hand) = filled(&prefix, 5);
    let head = head(&hand);
    let forged = Record { seq: head.seq + 7, term: head.term, prev: head.hash, payload: payload(b"forged") };
    forge_record(&prefix, &at, &forged);
    let mut follower = Follower::open(&prefix.settings, at, DEPTH, None).unwrap();
    // What comes before the damage is handed over, though it arrives together with it.
    let mut before = 0;
    let stopped = prefix.until("the damage", || match follower.next(100, WAIT) {
        Ok(batch) => {
            before += batch.accepted.len();
            None
        }
        Err(stop) => Some(stop),
    });
    assert_eq!(before, 6);
    assert!(matches!(stopped, FollowError::Stop(Stop::Damaged { .. })), "{stopped}");
    assert_eq!(follower.cursor(), Some(&head));
    assert_eq!(follower.next(100, WAIT), Err(stopped));
}

#[test]
fn stale_records_are_void_and_counted() {
    let prefix = Prefix::ready();
    let (at, hand) = filled(&prefix, 5);
    let stale = Record { seq: 2, term: 1, prev: Hash::of(b"elsewhere"), payload: payload(b"stale") };
    forge_record(&prefix, &at, &stale);
    let (chain, voids) = prefix.chain(&at);
    assert_eq!((chain.len(), voids), (6, 1));
    assert_eq!(chain.last().map(|last| last.hash), Some(head(&hand).hash));
}

#[test]
fn the_genesis_is_found_and_an_empty_partition_has_none() {
    let prefix = Prefix::ready();
    let at = prefix.payments();
    assert_eq!(read_genesis(&prefix.settings, &at), Ok(None));
    let hand = Hand::leading(&prefix, &at, "first");
    assert_eq!(read_genesis(&prefix.settings, &at), Ok(Some((genesis(), head(&hand).hash))));
}
