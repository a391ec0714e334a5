//! `logs`: what the servers have said; with `-f`, as they say it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::{DevError, Paths};

/// What to show.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Only this one, for example `api`
    name: Option<String>,
    /// Go on as more comes
    #[arg(short, long)]
    follow: bool,
    /// How many lines of what is there
    #[arg(short = 'n', long, default_value_t = 40)]
    lines: usize,
}

/// Prints them; with `follow` it never ends by itself.
pub fn run(paths: &Paths, args: &Args) -> Result<(), DevError> {
    let logs = chosen(&paths.logs(), args.name.as_deref())?;
    let mut seen = BTreeMap::new();
    for (name, file) in &logs {
        let bytes = std::fs::read(file).map_err(DevError::at("read", file))?;
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        let last = lines.get(lines.len().saturating_sub(args.lines)..).unwrap_or_default();
        show(name, args.name.is_none(), &last.join("\n"))?;
        seen.insert(name.clone(), length(bytes.len()));
    }
    if args.follow { follow(paths, args, seen) } else { Ok(()) }
}

/// Shows what is added, for ever. Files say nothing when they grow; five looks a second are enough for a person.
fn follow(paths: &Paths, args: &Args, mut seen: BTreeMap<String, u64>) -> Result<(), DevError> {
    loop {
        std::thread::sleep(Duration::from_millis(200));
        for (name, file) in chosen(&paths.logs(), args.name.as_deref())? {
            let from = seen.entry(name.clone()).or_insert(0);
            let text = more(&file, from).map_err(DevError::at("read", &file))?;
            show(&name, args.name.is_none(), &text)?;
        }
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// What has been added since `from`; a file that began anew is read from its beginning.
fn more(file: &Path, from: &mut u64) -> std::io::Result<String> {
    let mut open = File::open(file)?;
    if open.metadata()?.len() < *from {
        *from = 0;
    }
    open.seek(SeekFrom::Start(*from))?;
    let mut bytes = Vec::new();
    open.read_to_end(&mut bytes)?;
    // A line that is still being written is shown when it is whole.
    let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    bytes.truncate(whole);
    *from += length(whole);
    Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
}

fn chosen(folder: &Path, wanted: Option<&str>) -> Result<Vec<(String, PathBuf)>, DevError> {
    let entries = std::fs::read_dir(folder).map_err(DevError::at("no logs yet:", folder))?;
    let files = entries.filter_map(Result::ok).map(|entry| entry.path());
    let logs = files.filter(|file| file.extension().is_some_and(|e| e == "log"));
    let mut named: Vec<(String, PathBuf)> = logs
        .filter_map(|file| Some((file.file_stem()?.to_string_lossy().into_owned(), file)))
        .filter(|(name, _)| wanted.is_none_or(|w| w == name))
        .collect();
    named.sort();
    match (named.is_empty(), wanted) {
        (true, Some(name)) => Err(DevError::Said(format!("no log {name} in {}", folder.display()))),
        _ => Ok(named),
    }
}

fn show(name: &str, many: bool, text: &str) -> Result<(), DevError> {
    let mut out = std::io::stdout().lock();
    for line in text.lines() {
        let written = if many { writeln!(out, "{name:<10} {line}") } else { writeln!(out, "{line}") };
        written.map_err(DevError::io("write to the terminal"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn following_shows_whole_lines_once_and_starts_over_with_a_new_file() {
        let folder = crate::testing::folder("follow");
        let file = folder.join("api.log");
        let mut at = 0;
        std::fs::write(&file, "one\ntw").unwrap();
        assert_eq!(more(&file, &mut at).unwrap(), "one");
        std::fs::write(&file, "one\ntwo\n").unwrap();
        assert_eq!(more(&file, &mut at).unwrap(), "two");
        std::fs::write(&file, "new\n").unwrap();
        assert_eq!(more(&file, &mut at).unwrap(), "new");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_log_that_is_not_there_is_named() {
        let folder = crate::testing::folder("no-log");
        let error = chosen(&folder, Some("api")).unwrap_err();
        assert!(error.to_string().starts_with("no log api in"));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
