use super::*;
use std::fs;

const ROWS: u32 = 3_000;

/// A folder of this test's own.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("ledger-store-{:016x}", fastrand::u64(..)));
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        for path in [&self.0, &condemned::aside(&self.0)] {
            let _ = fs::remove_dir_all(path);
        }
        let _ = fs::remove_file(self.0.with_extension("opening"));
    }
}

fn at() -> PartitionId {
    PartitionId::new("t.payments", 0)
}

fn row(number: u32) -> (Vec<u8>, Vec<u8>) {
    (number.to_be_bytes().to_vec(), format!("row {number} ").repeat(8).into_bytes())
}

/// Half of the rows are in tables on disk, half in the journal.
fn filled(path: &Path) {
    let disk = Disk::open_sound(path, DiskSettings::default()).unwrap();
    disk.belongs_to("led_1").unwrap();
    let rows = disk.partition(&at()).unwrap();
    for half in [0..ROWS / 2, ROWS / 2..ROWS] {
        for numbers in half.collect::<Vec<u32>>().chunks(100) {
            let changes = numbers.iter().map(|number| row(*number)).map(|(key, value)| (key, Some(value)));
            rows.commit(changes.collect()).unwrap();
        }
        if rows.get(&row(ROWS - 1).0).unwrap().is_none() {
            rows.rows.rotate_memtable_and_wait().unwrap();
        }
    }
    disk.sync().unwrap();
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let place = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::copy(&file, &place).unwrap();
    }
}

/// How many rows there are: a first part of what was written, each as it was. An error is as good.
fn served(path: &Path) -> Result<u32, StoreError> {
    let disk = Disk::open_sound(path, DiskSettings::default())?;
    let rows = disk.partition(&at())?;
    let found = rows.range(&[], &ROWS.to_be_bytes(), usize::MAX)?;
    for (number, found) in (0..).zip(&found) {
        assert_eq!(found, &row(number), "a row that was never written");
        assert_eq!(rows.get(&found.0)?.as_ref(), Some(&found.1));
    }
    Ok(u32::try_from(found.len()).unwrap())
}

/// What a process of its own says of the store in a folder: this test again, told by a variable to be that process. Bytes have
/// been seen with which fjall panics while it holds a lock, and panics again when it lets go of it: that ends the process, and
/// nothing can be done about it from within.
const VICTIM: &str = "LEDGER_TEST_STORE";

#[derive(Debug, PartialEq, Eq)]
enum Said {
    Rows(u32),
    Damaged,
    Died,
}

fn be_the_process(folder: &Path) {
    let said = match served(folder) {
        Ok(rows) => rows.to_string(),
        Err(why) => {
            assert!(why.is_damage(), "{why}");
            "damaged".to_owned()
        }
    };
    fs::write(answer(folder), said).unwrap();
}

fn answer(folder: &Path) -> PathBuf {
    folder.with_extension("said")
}

fn served_by_a_process(folder: &Path) -> Said {
    let test = "store::disk::tests::whatever_is_done_to_its_files_no_row_is_served_that_was_not_written";
    let mut process = std::process::Command::new(std::env::current_exe().unwrap());
    let process = process.args([test, "--exact", "--nocapture"]).env(VICTIM, folder);
    let ended = process.output().unwrap();
    let output = || String::from_utf8_lossy(&ended.stderr).into_owned();
    if std::os::unix::process::ExitStatusExt::signal(&ended.status).is_some() {
        return Said::Died;
    }
    assert!(ended.status.success(), "{}", output());
    let said = fs::read_to_string(answer(folder)).unwrap();
    fs::remove_file(answer(folder)).unwrap();
    said.parse().map_or(Said::Damaged, Said::Rows)
}

/// One that kills whoever opens it does so twice, and no third time.
fn served_in_the_end(folder: &Path) -> (u32, Said) {
    let mut deaths = 0;
    loop {
        match served_by_a_process(folder) {
            Said::Died => deaths += 1,
            said => return (deaths, said),
        }
        assert!(deaths <= 2, "the process died {deaths} times of the same store");
    }
}

#[test]
fn whatever_is_done_to_its_files_no_row_is_served_that_was_not_written() {
    if let Some(folder) = std::env::var_os(VICTIM) {
        return be_the_process(Path::new(&folder));
    }
    let original = Folder::new();
    filled(&original.0);
    assert_eq!(served_by_a_process(&original.0), Said::Rows(ROWS));
    let mut told = 0;
    for file in files(&original.0) {
        for harm in 0..12 {
            let copied = Folder::new();
            copy(&original.0, &copied.0);
            let victim = copied.0.join(file.strip_prefix(&original.0).unwrap());
            let mut bytes = fs::read(&victim).unwrap();
            match harm {
                0 => fs::remove_file(&victim).unwrap(),
                1 | 2 => fs::write(&victim, &bytes[..bytes.len() / (2 * harm)]).unwrap(),
                _ if bytes.is_empty() => continue,
                _ => {
                    let place = fastrand::usize(..bytes.len());
                    bytes[place] ^= 1 << fastrand::u8(..8);
                    fs::write(&victim, bytes).unwrap();
                }
            }
            match served_in_the_end(&copied.0) {
                (0, Said::Rows(rows)) => told += u32::from(rows < ROWS),
                (0, _) => told += 1,
                (_, said) => assert_eq!(said, Said::Rows(0), "after deaths a new store begins"),
            }
        }
    }
    assert!(told > 0, "nothing that was done to the store was noticed");
}

/// fjall asserts that a keyspace's manifest speaks of seven levels, with a lock in its hand.
#[test]
fn a_store_that_kills_whoever_opens_it_is_set_aside_at_the_third_start() {
    const LEVELS: u8 = 7;
    let original = Folder::new();
    filled(&original.0);
    let is_manifest = |path: &&PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.strip_prefix('v').is_some_and(|number| number.parse::<u32>().is_ok())
    };
    let mut killers = 0;
    for manifest in files(&original.0).iter().filter(is_manifest) {
        let bytes = fs::read(manifest).unwrap();
        for place in (0..bytes.len()).filter(|place| bytes[*place] == LEVELS) {
            let copied = Folder::new();
            copy(&original.0, &copied.0);
            let mut harmed = bytes.clone();
            harmed[place] ^= 1;
            fs::write(copied.0.join(manifest.strip_prefix(&original.0).unwrap()), harmed).unwrap();
            let (deaths, said) = served_in_the_end(&copied.0);
            if deaths == 0 {
                continue;
            }
            killers += 1;
            assert_eq!(said, Said::Rows(0));
            assert!(condemned::aside(&copied.0).exists());
            // The new one is not blamed for the old one's deaths.
            filled(&copied.0);
            assert_eq!(served(&copied.0).unwrap(), ROWS);
        }
    }
    assert!(killers > 0, "no manifest kills a process any more: is `Opening` still needed?");
}

#[test]
fn a_kill_while_a_store_is_opened_condemns_nothing() {
    let folder = Folder::new();
    filled(&folder.0);
    std::mem::forget(Opening::begin(&folder.0));
    assert_eq!(served(&folder.0).unwrap(), ROWS);
    // The one that lived took the line away with it.
    std::mem::forget(Opening::begin(&folder.0));
    assert_eq!(served(&folder.0).unwrap(), ROWS);
}

#[test]
fn a_condemned_store_is_set_aside_once_and_the_next_begins_empty() {
    let folder = Folder::new();
    filled(&folder.0);
    Disk::mark_damaged(&folder.0, "a test says so");
    assert_eq!(served(&folder.0).unwrap(), 0);
    assert!(condemned::reason(&condemned::aside(&folder.0)).is_some_and(|why| why == "a test says so"));
    filled(&folder.0);
    assert_eq!(served(&folder.0).unwrap(), ROWS);
    Disk::mark_damaged(&folder.0, "again");
    assert_eq!(served(&folder.0).unwrap(), 0);
}
