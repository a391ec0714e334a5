use super::*;
use crate::store::condemned::{Opening, beside};
use crate::store::taking::{holds_nothing, is_taken, take};
use crate::store::{Changes, Disk, DiskSettings, FORMAT, Row, Rows, Snapshots};
use std::io::Write as _;
use std::path::{Path, PathBuf};

const LEDGER: &str = "led_1";

/// A folder of this test's own, with room beside it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let parent = std::env::temp_dir().join(format!("ledger-snapshot-{:016x}", fastrand::u64(..)));
        std::fs::create_dir_all(&parent).unwrap();
        Self(parent.join("store"))
    }

    /// What lies where the store would be.
    fn left(&self) -> Vec<PathBuf> {
        let parent = self.0.parent().unwrap();
        std::fs::read_dir(parent).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

fn partitions() -> [PartitionId; 3] {
    [("a-b.directory", 0), ("a-b.payments", 0), ("a-b.payments", 1)]
        .map(|(topic, number)| PartitionId::new(topic, number))
}

fn commit(disk: &Disk, at: &PartitionId, batches: u32, rows: u32) {
    let partition = disk.partition(at).unwrap();
    for batch in 0..batches {
        let row = |number: u32| {
            let value = format!("{at} {batch} {number}").repeat(usize::try_from(number % 7).unwrap());
            (format!("k{number:06}").into_bytes(), Some(value.into_bytes()))
        };
        // Some go again, so that there is something to clean away.
        let gone = (format!("k{batch:06}").into_bytes(), None);
        partition.commit((1..=rows).map(row).chain([gone]).collect::<Changes>()).unwrap();
    }
}

/// A store with rows in two of three partitions.
fn filled(folder: &Folder, batches: u32, rows: u32) -> Disk {
    let disk = Disk::open_sound(&folder.0, DiskSettings::default()).unwrap();
    disk.belongs_to(LEDGER).unwrap();
    let [directory, payments, empty] = partitions();
    commit(&disk, &directory, 1, 2);
    commit(&disk, &payments, batches, rows);
    disk.partition(&empty).unwrap();
    disk
}

fn rows_of(disk: &Disk, at: &PartitionId) -> Vec<Row> {
    // The links are rows too.
    disk.partition(at).unwrap().range(&[], &[u8::MAX; 8], usize::MAX).unwrap()
}

fn snapshot(disk: &Disk) -> (Vec<u8>, Copied) {
    let mut bytes = Vec::new();
    let copied = disk.write_snapshot(&mut bytes).unwrap();
    (bytes, copied)
}

fn small() -> Vec<u8> {
    let folder = Folder::new();
    snapshot(&filled(&folder, 2, 3)).0
}

fn taken(folder: &Path, bytes: &[u8]) -> Result<Copied, SnapshotError> {
    take(folder, DiskSettings::default(), LEDGER, "a test", bytes)
}

/// It is refused, in words, and nothing is left.
#[track_caller]
fn refused(bytes: &[u8]) -> String {
    let folder = Folder::new();
    let why = taken(&folder.0, bytes).expect_err("a wrong snapshot was taken").to_string();
    assert!(folder.left().is_empty(), "{why}: {:?}", folder.left());
    assert!(why.len() > 20, "{why}");
    why
}

#[test]
fn what_is_taken_is_the_store_row_for_row_and_goes_on_like_it() {
    let (one, two) = (Folder::new(), Folder::new());
    let disk = filled(&one, 30, 4_000);
    let (bytes, written) = snapshot(&disk);
    assert_eq!(written.bytes, u64::try_from(bytes.len()).unwrap());
    assert_eq!(check(bytes.as_slice(), FORMAT, LEDGER).unwrap(), written);
    assert_eq!(taken(&two.0, &bytes).unwrap(), written);
    assert!(is_taken(&two.0) && !is_taken(&one.0));
    assert_eq!(two.left(), std::slice::from_ref(&two.0));
    // Twice: what is written after it was taken is read again, too.
    for round in 0..2 {
        let copy = Disk::open_sound(&two.0, DiskSettings::default()).unwrap();
        copy.belongs_to(LEDGER).unwrap();
        assert!(copy.belongs_to("led_2").is_err());
        for at in partitions() {
            let (there, here) = (rows_of(&disk, &at), rows_of(&copy, &at));
            assert_eq!(there.len(), here.len(), "{at}");
            assert!(there == here, "{at}, round {round}");
            commit(&disk, &at, 2, 50);
            commit(&copy, &at, 2, 50);
        }
        copy.sync().unwrap();
    }
}

#[test]
fn a_snapshot_is_of_one_instant_while_the_store_is_written() {
    let folder = Folder::new();
    let disk = filled(&folder, 1, 2_000);
    let at = partitions()[1].clone();
    let before = rows_of(&disk, &at);
    /// Commits a batch to the store whenever it is handed a piece.
    struct Meddling<'a>(&'a Disk, Vec<u8>);
    impl std::io::Write for Meddling<'_> {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            for at in partitions() {
                commit(self.0, &at, 1, 2_000);
            }
            self.1.write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut meddling = Meddling(&disk, Vec::new());
    disk.write_snapshot(&mut meddling).unwrap();
    let copy = Folder::new();
    taken(&copy.0, &meddling.1).unwrap();
    assert!(rows_of(&disk, &at) != before, "nothing was written meanwhile");
    let copied = rows_of(&Disk::open_sound(&copy.0, DiskSettings::default()).unwrap(), &at);
    assert!(copied == before);
}

#[test]
fn a_snapshot_with_any_bit_of_any_byte_turned_is_refused() {
    let bytes = small();
    assert!(bytes.len() < 2_000, "{} bytes: make it smaller", bytes.len());
    for place in 0..bytes.len() {
        let mut harmed = bytes.clone();
        harmed[place] ^= 1 << (place % 8);
        assert!(check(harmed.as_slice(), FORMAT, LEDGER).is_err(), "byte {place}");
        // What comes of it on disk is looked at for some: each is a store made and taken away.
        if place % 16 == 0 {
            refused(&harmed);
        }
    }
}

#[test]
fn a_snapshot_that_is_cut_anywhere_or_goes_on_behind_its_end_is_refused() {
    let bytes = small();
    for length in 0..bytes.len() {
        let why = check(&bytes[..length], FORMAT, LEDGER).unwrap_err();
        assert!(matches!(why, SnapshotError::Cut { after } if after <= length as u64), "{length}: {why}");
        if length % 16 == 0 {
            refused(&bytes[..length]);
        }
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(refused(&longer).contains("something follows the end"));
}

#[test]
fn a_snapshot_of_another_ledger_format_or_form_is_refused_in_words() {
    let bytes = small();
    let why = |format, ledger| check(bytes.as_slice(), format, ledger).unwrap_err().to_string();
    assert_eq!(why(FORMAT, "led_2"), "it is of ledger led_1, this is ledger led_2");
    assert_eq!(why("0", LEDGER), format!("the store's format is {FORMAT}, this program takes 0"));
    let mut newer = bytes.clone();
    newer[19] = 2;
    assert_eq!(refused(&newer), "the snapshot's form is 2, this program takes 1");
    assert_eq!(
        refused(b"<html>what a proxy says</html>"),
        "it does not begin like a snapshot of a ledger's store"
    );
}

/// A snapshot by hand, whose digests are right.
fn by_hand(topic: &str, rows: &[(&[u8], &[u8])], more: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::begin(&mut bytes, FORMAT, LEDGER).unwrap();
    writer.partition(&PartitionId::new(topic, 0)).unwrap();
    for (key, value) in rows {
        writer.row(key, value).unwrap();
    }
    writer.finish().unwrap();
    bytes.write_all(more).unwrap();
    bytes
}

#[test]
fn absurd_lengths_and_rows_that_no_store_takes_are_refused_before_anything_is_reserved() {
    let head = by_hand("t", &[], &[]);
    let head = &head[..16 + 4 + 4 + FORMAT.len() + 4 + LEDGER.len()];
    let with = |tail: &[u8]| [head, tail].concat();
    for (tail, words) in [
        (with(b"p\xff\xff\xff\xff"), "a topic's name of 4294967295 bytes; 244 are the most"),
        (with(b"p\0\0\0\x01t\0\0\0\0r\x80\0\0\0"), "a key of 2147483648 bytes; 65535 are the most"),
        (with(b"p\0\0\0\x01t\0\0\0\0r\0\0\0\x01k\x01\0\0\x01"), "a value of 16777217 bytes"),
        (with(b"p\0\0\0\x01t\0\0\0\0r\0\0\0\x01k\x01\0\0\0short"), "it is cut off after"),
        (with(b"p\0\0\0\x01/\0\0\0\0"), "no topic has such a name"),
        (with(b"p\0\0\0\x01t\xff\xff\xff\xff"), "there is no such partition"),
        (with(b"x"), "neither a partition nor the end begins with 0x78"),
        (by_hand("t", &[(b"", b"v")], &[]), "a key is not above the one before"),
        (by_hand("t", &[(b"b", b""), (b"a", b"")], &[]), "a key is not above the one before"),
        (by_hand("t", &[(b"a", b""), (b"a", b"")], &[]), "a key is not above the one before"),
        // Right in every byte, but with a batch missing.
        (by_hand("t", &[(b"z\0\0\0\0\0\0\0\x01", b""), (b"z\0\0\0\0\0\0\0\x02", b"")], &[]), "is damaged"),
    ] {
        let why = refused(&tail);
        assert!(why.contains(words), "{why:?} does not say {words:?}");
    }
}

#[test]
fn a_source_that_fails_leaves_nothing_and_neither_does_a_process_that_died() {
    struct Failing(std::io::Cursor<Vec<u8>>);
    impl std::io::Read for Failing {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(into)? {
                0 => Err(std::io::Error::other("the line is dead")),
                read => Ok(read),
            }
        }
    }
    let (bytes, folder) = (small(), Folder::new());
    let failing = Failing(std::io::Cursor::new(bytes[..bytes.len() / 2].to_vec()));
    let why = take(&folder.0, DiskSettings::default(), LEDGER, "a test", failing).unwrap_err().to_string();
    assert!(why.contains("the line is dead"), "{why}");
    assert!(folder.left().is_empty());
    // One death may have been a kill.
    let making = beside(&folder.0, "taking");
    let die = || {
        std::fs::create_dir_all(making.join("half")).unwrap();
        std::mem::forget(Opening::begin(&making));
    };
    die();
    taken(&folder.0, &bytes).unwrap();
    std::fs::remove_dir_all(&folder.0).unwrap();
    die();
    die();
    let why = taken(&folder.0, &bytes).unwrap_err().to_string();
    assert!(why.contains("died twice"), "{why}");
    assert!(folder.left().is_empty());
    taken(&folder.0, &bytes).unwrap();
}

#[test]
fn a_store_begins_with_a_snapshot_where_there_is_none_and_with_the_ledger_where_a_taken_one_was_damaged() {
    let (bytes, folder) = (small(), Folder::new());
    let open = |asked: &mut u32| {
        let mut begin = || {
            *asked += 1;
            assert!(holds_nothing(&folder.0));
            taken(&folder.0, &bytes).unwrap();
        };
        let disk = Disk::open_or_begin(&folder.0, DiskSettings::default(), &mut begin).unwrap();
        rows_of(&disk, &partitions()[1]).len()
    };
    let mut asked = 0;
    std::fs::create_dir_all(beside(&folder.0, "taking").join("left over")).unwrap();
    let rows = open(&mut asked);
    assert!(rows > 3 && asked == 1);
    assert!(!beside(&folder.0, "taking").exists());
    // It is there now.
    assert_eq!((open(&mut asked), asked), (rows, 1));
    Disk::mark_damaged(&folder.0, "a test says so");
    assert_eq!((open(&mut asked), asked), (0, 1), "what came along with a snapshot would come again");
    Disk::mark_damaged(&folder.0, "again");
    assert_eq!((open(&mut asked), asked), (rows, 2), "this one was damaged here");
    // Another program's: nothing says that a snapshot of this one is bad.
    std::fs::remove_file(folder.0.join("TAKEN")).unwrap();
    std::fs::write(folder.0.join("version"), b"?").unwrap();
    assert_eq!((open(&mut asked), asked), (rows, 3));
}

#[test]
fn one_snapshot_is_made_at_a_time() {
    let folder = Folder::new();
    let snapshots = Snapshots::of(filled(&folder, 1, 3));
    let turn = snapshots.begin().unwrap();
    assert!(snapshots.clone().begin().is_none());
    turn.write(Vec::new()).unwrap();
    drop(turn);
    assert!(snapshots.begin().is_some());
}
