//! The workspace's tests, one suite a package: built once with one set of features, run binary by binary.
//! (`cargo test -p` package by package would build shared crates again for each package's features.)

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::process::in_words;
use crate::sys::{self, PidFd};
use crate::test_run::TestRun;
use crate::{DevError, Paths, builds, out, spawner};

/// A binary that takes longer hangs: the longest, of the faults, takes 13 to 16 minutes on two cores.
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// How many tests passed, failed, were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// They did what they say.
    pub passed: u64,
    /// They did not, or their process died.
    pub failed: u64,
    /// Not run on purpose.
    pub skipped: u64,
}

impl std::ops::Add for Counts {
    type Output = Counts;
    fn add(self, other: Counts) -> Counts {
        Counts {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 { write!(f, ", {} skipped", self.skipped) } else { Ok(()) }
    }
}

/// One package's tests.
#[derive(Debug)]
pub struct Suite {
    /// The package, or `doctests`.
    pub name: String,
    folder: PathBuf,
    /// The test binaries with a word for each; none for the doctests, which cargo runs.
    binaries: Vec<(String, PathBuf)>,
    selection: Vec<String>,
}

fn select(wanted: Option<&str>) -> Vec<String> {
    let package =
        |name: &str| if name.starts_with("ledger-") { name.to_owned() } else { format!("ledger-{name}") };
    wanted.map_or_else(|| vec!["--workspace".to_owned()], |name| vec!["-p".to_owned(), package(name)])
}

/// Builds the tests of the workspace, or of one package.
pub fn build(paths: &Paths, wanted: Option<&str>) -> Result<Vec<Suite>, DevError> {
    let selection = select(wanted);
    let mut command = builds::cargo(paths);
    command.args(["test", "--no-run", "--message-format=json-render-diagnostics"]).args(&selection);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = spawner::spawn(command).map_err(DevError::io("start cargo"))?;
    let mut suites: BTreeMap<String, Suite> = BTreeMap::new();
    let output = child.stdout.take().map(BufReader::new);
    for line in output.into_iter().flat_map(|o| o.lines().map_while(Result::ok)) {
        let Some((package, folder, target, binary)) = test_binary(&line) else { continue };
        let suite = suites.entry(package.clone()).or_insert_with(|| Suite {
            name: package,
            folder,
            binaries: Vec::new(),
            selection: Vec::new(),
        });
        suite.binaries.push((target, binary));
    }
    let status = child.wait().map_err(DevError::io("wait for cargo"))?;
    if !status.success() {
        let what = "cargo test --no-run".to_owned();
        return Err(DevError::Step { what, status: in_words(status), tail: String::new() });
    }
    let doctests =
        Suite { name: "doctests".to_owned(), folder: paths.root.clone(), binaries: Vec::new(), selection };
    Ok(suites.into_values().chain([doctests]).collect())
}

/// Package, its folder, the target's name and the binary, if this line of cargo's tells of a test binary.
fn test_binary(line: &str) -> Option<(String, PathBuf, String, PathBuf)> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    let is_test = message.get("reason")? == "compiler-artifact" && message.pointer("/profile/test")? == true;
    let binary = message.get("executable")?.as_str().filter(|_| is_test)?;
    let folder = PathBuf::from(message.get("manifest_path")?.as_str()?).parent()?.to_path_buf();
    // `path+file:///…/api#ledger-api@0.1.0`, or `…/name#0.1.0` when the folder has the package's name.
    let id = message.get("package_id")?.as_str()?;
    let tail = id.rsplit('#').next()?;
    let name = match tail.split_once('@') {
        Some((name, _)) => name.to_owned(),
        None => folder.file_name()?.to_string_lossy().into_owned(),
    };
    let target = message.pointer("/target/name")?.as_str()?.to_owned();
    Some((name, folder, target, PathBuf::from(binary)))
}

impl Suite {
    /// Runs its tests one binary after the other.
    pub fn run(
        &self,
        paths: &Paths,
        servers: &TestRun,
        verbose: bool,
        rest: &[String],
    ) -> Result<Counts, DevError> {
        let mut commands: Vec<(String, Command)> = Vec::new();
        for (target, binary) in &self.binaries {
            let mut command = Command::new(binary);
            // As cargo would start it.
            command.current_dir(&self.folder).args(rest);
            command.env("CARGO_MANIFEST_DIR", &self.folder).env("CARGO_PKG_NAME", &self.name);
            commands.push((format!("{} {target}", self.name), command));
        }
        if self.binaries.is_empty() {
            let mut command = builds::cargo(paths);
            command.args(["test", "--quiet", "--doc"]).args(&self.selection);
            commands.push((self.name.clone(), command));
        }
        let mut total = Counts::default();
        for (name, mut command) in commands {
            servers.tell(&mut command);
            total = total + run_binary(&name, command, verbose, &|line| out::say(line))?;
        }
        Ok(total)
    }
}

/// Runs one binary, shows what is worth showing, and counts. One that dies or hangs counts as a failed test.
fn run_binary(
    name: &str,
    mut command: Command,
    verbose: bool,
    show: &dyn Fn(&str),
) -> Result<Counts, DevError> {
    let (read, write) = std::io::pipe().map_err(DevError::io("make a pipe"))?;
    let second = write.try_clone().map_err(DevError::io("copy a pipe"))?;
    command.stdin(Stdio::null()).stdout(write).stderr(second);
    let mut child = spawner::spawn(command).map_err(DevError::io(format!("start {name}")))?;
    let handle = PidFd::open(child.id()).map_err(DevError::io(format!("watch {name}")))?;
    let (send, lines) = channel();
    std::thread::spawn(move || {
        let all = BufReader::new(read).split(b'\n').map_while(Result::ok);
        all.for_each(|line| drop(send.send(String::from_utf8_lossy(&line).into_owned())));
    });
    let begun = Instant::now();
    let mut counts = Counts::default();
    loop {
        match lines.recv_timeout(Duration::from_millis(500)) {
            Ok(line) => {
                counts = counts + result_line(&line).unwrap_or_default();
                if verbose || worth_showing(&line) {
                    show(&line);
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) if begun.elapsed() > LIMIT => {
                show(&format!(
                    "{name} has run for {} minutes: it hangs, and is killed",
                    LIMIT.as_secs() / 60
                ));
                handle.signal(libc::SIGKILL).map_err(DevError::io("kill it"))?;
                break;
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
    let status = child.wait().map_err(DevError::io(format!("wait for {name}")))?;
    if sys::interrupted() {
        return Err(DevError::Interrupted);
    }
    if !status.success() && counts.failed == 0 {
        show(&format!("{name} ended with {}", in_words(status)));
        counts.failed = 1;
    }
    Ok(counts)
}

/// Passing tests are counted, not shown.
fn worth_showing(line: &str) -> bool {
    let passing =
        line.starts_with("test ") && (line.ends_with(" ... ok") || line.starts_with("test result: ok"));
    let heading = line.starts_with("running ") && (line.ends_with(" tests") || line.ends_with(" test"));
    !passing && !heading && !line.trim().is_empty() && !line.chars().all(|c| c == '.')
}

/// `test result: ok. 5 passed; 0 failed; 1 ignored; …`
fn result_line(line: &str) -> Option<Counts> {
    let (_, said) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut counts = Counts::default();
    for part in said.split("; ") {
        let (number, word) = part.split_once(' ')?;
        let Ok(number) = number.parse() else { continue };
        match word {
            "passed" => counts.passed = number,
            "failed" => counts.failed = number,
            "ignored" => counts.skipped = number,
            _ => {}
        }
    }
    Some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Counts {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        run_binary("a script", command, false, &|_| ()).unwrap()
    }

    #[test]
    fn the_harness_result_line_is_counted() {
        let line = "test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.01s";
        assert_eq!(result_line(line), Some(Counts { passed: 3, failed: 2, skipped: 1 }));
        assert_eq!(result_line("test a ... ok"), None);
    }

    #[test]
    fn a_binary_that_dies_without_a_result_is_a_failure() {
        assert_eq!(shell("kill -SEGV $$"), Counts { passed: 0, failed: 1, skipped: 0 });
        assert_eq!(
            shell("echo 'test result: ok. 2 passed; 0 failed; 0 ignored'"),
            Counts { passed: 2, ..Counts::default() }
        );
        let after = "echo 'test result: ok. 2 passed; 0 failed; 0 ignored'; exit 1";
        assert_eq!(shell(after), Counts { passed: 2, failed: 1, skipped: 0 });
    }

    #[test]
    fn only_test_binaries_are_taken_from_what_cargo_says() {
        let line = |test: &str, executable: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","package_id":"path+file:///x/api#ledger-api@0.1.0",
                "manifest_path":"/x/api/Cargo.toml","target":{{"name":"ledger_api"}},
                "profile":{{"test":{test}}},"executable":{executable}}}"#
            )
        };
        let found = test_binary(&line("true", "\"/t/ledger_api-1\"")).unwrap();
        assert_eq!(
            found,
            ("ledger-api".into(), "/x/api".into(), "ledger_api".into(), "/t/ledger_api-1".into())
        );
        assert_eq!(test_binary(&line("false", "\"/t/ledger-api\"")), None);
        assert_eq!(test_binary(&line("true", "null")), None);
    }

    #[test]
    fn passing_tests_are_not_shown_and_failing_ones_are() {
        assert!(!worth_showing("test money::adds ... ok"));
        assert!(!worth_showing("running 12 tests"));
        assert!(worth_showing("test money::adds ... FAILED"));
        assert!(worth_showing("assertion `left == right` failed"));
    }
}
