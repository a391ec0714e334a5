use super::*;
use crate::fence::{FORMAT, Fence, HashFunction, Mode};
use crate::record::{Headers, Payload};

const DEPTH: u32 = 3;

fn at() -> PartitionId {
    PartitionId::new("t", 0)
}

fn genesis() -> Record {
    let genesis = Genesis {
        ledger_id: "l".to_owned(),
        mode: Mode::Test,
        format: FORMAT,
        hash: HashFunction::Sha256,
        depth: DEPTH,
        of: None,
        incarnation: "i".to_owned(),
        address: "a".to_owned(),
    };
    Record { seq: 1, term: 1, prev: Hash::ZERO, payload: genesis.payload() }
}

/// A chain of records in one reign, genesis first.
fn chain(length: u64) -> Vec<Record> {
    let mut records = vec![genesis()];
    for seq in 2..=length {
        let prev = records.last().unwrap().hash(&at());
        let payload = Payload { headers: Headers::new(), value: seq.to_string().into_bytes() };
        records.push(Record { seq, term: 1, prev, payload });
    }
    records
}

fn judge(reader: &mut Reader, record: &Record) -> Result<Verdict, Stop> {
    let offset = reader.next_offset();
    let value = record.payload.value.clone();
    reader.judge(RawRecord { offset, timestamp_ms: 0, headers: record.wire_headers(), value })
}

fn read_all(records: &[Record]) -> Reader {
    let mut reader = Reader::new(at(), 1);
    for record in records {
        assert!(matches!(judge(&mut reader, record), Ok(Verdict::Accepted(_))));
    }
    reader
}

#[test]
fn a_chain_is_accepted_and_genesis_states_the_depth() {
    let reader = read_all(&chain(5));
    assert_eq!((reader.head_seq(), reader.depth()), (5, DEPTH));
}

#[test]
fn a_duplicate_is_stale() {
    let records = chain(5);
    let mut reader = read_all(&records);
    for record in &records {
        assert!(matches!(judge(&mut reader, record), Ok(Verdict::Stale { .. })));
    }
    assert_eq!(reader.head_seq(), 5);
}

#[test]
fn the_first_record_in_log_order_wins_and_the_other_is_stale() {
    let mut reader = read_all(&chain(2));
    let (seq, prev) = (3, reader.head_hash());
    let record = |value: &[u8]| Record {
        seq,
        term: 1,
        prev,
        payload: Payload { headers: Headers::new(), value: value.to_vec() },
    };
    assert!(matches!(judge(&mut reader, &record(b"a")), Ok(Verdict::Accepted(_))));
    assert!(matches!(judge(&mut reader, &record(b"b")), Ok(Verdict::Stale { .. })));
}

#[test]
fn after_a_fence_nothing_of_an_earlier_term_is_accepted() {
    let mut reader = read_all(&chain(2));
    let fence = Fence { incarnation: "j".to_owned(), address: "b".to_owned() };
    let prev = reader.head_hash();
    let old = Record { seq: 3, term: 1, prev, payload: Payload::default() };
    let opens = Record { seq: 3, term: 3, prev, payload: fence.payload() };
    assert!(matches!(judge(&mut reader, &opens), Ok(Verdict::Accepted(_))));
    assert!(matches!(judge(&mut reader, &old), Ok(Verdict::Stale { .. })));
    let next = Record { seq: 4, term: 3, prev: reader.head_hash(), payload: Payload::default() };
    assert!(matches!(judge(&mut reader, &next), Ok(Verdict::Accepted(_))));
}

#[test]
fn the_right_predecessor_with_a_wrong_seq_or_term_is_damage() {
    for (seq, term) in [(4, 1), (2, 1), (3, 2), (3, 4)] {
        let mut reader = read_all(&chain(2));
        let wrong = Record { seq, term, prev: reader.head_hash(), payload: Payload::default() };
        let stop = judge(&mut reader, &wrong).unwrap_err();
        assert!(matches!(stop, Stop::Damaged { .. }), "{seq} {term}: {stop}");
    }
}

#[test]
fn orphans_are_borne_up_to_the_depth_and_no_further() {
    let records = chain(8);
    let mut reader = read_all(&records[..2]);
    // Record 3 is lost: 4, 5 and 6 are orphans, 7 is one too many.
    for (record, depth) in records[3..6].iter().zip(1..) {
        assert!(matches!(judge(&mut reader, record), Ok(Verdict::Orphan { depth: d, .. }) if d == depth));
    }
    assert!(matches!(judge(&mut reader, &records[6]), Err(Stop::TooManyOrphans { head_seq: 2, .. })));
}

#[test]
fn foreign_bytes_are_void_and_occupy_their_offset() {
    let records = chain(3);
    let mut reader = read_all(&records[..2]);
    let raw = RawRecord { offset: 2, timestamp_ms: 0, headers: Headers::new(), value: b"?".to_vec() };
    assert_eq!(reader.judge(raw), Ok(Verdict::Foreign));
    assert!(matches!(judge(&mut reader, &records[2]), Ok(Verdict::Accepted(a)) if a.offset == 3));
}

#[test]
fn an_offset_given_again_means_that_the_log_went_back() {
    let records = chain(2);
    let mut reader = read_all(&records);
    let raw = RawRecord { offset: 1, timestamp_ms: 0, headers: Headers::new(), value: Vec::new() };
    assert!(matches!(reader.judge(raw), Err(Stop::WentBack { judged: 2, .. })));
}

#[test]
fn a_partition_that_does_not_begin_with_a_genesis_stops() {
    let mut reader = Reader::new(at(), DEPTH);
    let fence = Record { seq: 1, term: 1, prev: Hash::ZERO, payload: Payload::default() };
    assert!(matches!(judge(&mut reader, &fence), Err(Stop::Genesis { .. })));
}

#[test]
fn a_cursor_is_found_again_or_refused_with_both_hashes() {
    let records = chain(3);
    let cursor = read_all(&records).cursor().cloned().unwrap();
    let raw = |record: &Record, offset| RawRecord {
        offset,
        timestamp_ms: 0,
        headers: record.wire_headers(),
        value: record.payload.value.clone(),
    };
    assert_eq!(Reader::verify_cursor(&at(), &cursor, Some(&raw(&records[2], 2))), Ok(()));
    let differs = Reader::verify_cursor(&at(), &cursor, Some(&raw(&records[1], 2))).unwrap_err();
    let text = differs.to_string();
    assert!(
        text.contains(&records[1].hash(&at()).to_string()) && text.contains(&cursor.hash.to_string()),
        "{text}"
    );
    let missing = Reader::verify_cursor(&at(), &cursor, None).unwrap_err();
    assert!(matches!(missing, Stop::CursorMissing { offset: 2, .. }));
    assert!(Reader::verify_cursor(&at(), &cursor, Some(&raw(&records[2], 3))).is_err());
}
