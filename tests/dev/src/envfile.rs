//! `KEY=VALUE` files: plain enough for a shell to source, for Docker and for a script to parse.
//! No value here needs quoting; one that would is refused instead of written wrongly.

use std::collections::BTreeMap;
use std::path::Path;

use crate::{DevError, secrets};

/// Variables by name.
pub type Variables = BTreeMap<String, String>;

/// Reads a file; lines that are empty or begin with `#` say nothing.
pub fn read(file: &Path) -> Result<Variables, DevError> {
    let text = std::fs::read_to_string(file).map_err(DevError::at("read", file))?;
    parse(&text).map_err(|line| DevError::Said(format!("{}: not KEY=VALUE: {line}", file.display())))
}

fn parse(text: &str) -> Result<Variables, String> {
    let said = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    said.map(|line| {
        let (key, value) = line.split_once('=').ok_or(line)?;
        Ok((key.trim_start_matches("export ").to_owned(), value.trim_matches(['"', '\'']).to_owned()))
    })
    .collect()
}

/// Writes a file of mode 0600, after a comment that says what it is.
pub fn write(file: &Path, comment: &str, variables: &Variables) -> Result<(), DevError> {
    let mut text = format!("# {comment}\n");
    for (key, value) in variables {
        if !value.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:/@+=,%".contains(c)) {
            return Err(DevError::Said(format!("{key} holds a character that a shell would take amiss")));
        }
        text.push_str(&format!("{key}={value}\n"));
    }
    secrets::write_private(file, &text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn variables() -> Variables {
        let pairs =
            [("LEDGER_CARD_KEY", "ab+/cd=="), ("LEDGER_MARIADB_URL", "mysql://u:p@127.0.0.1:1/ledger")];
        pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).into()
    }

    #[test]
    fn what_is_written_reads_back_and_only_its_owner_reads_it() {
        let folder = crate::testing::folder("envfile");
        let file = folder.join("env");
        write(&file, "the keys", &variables()).unwrap();
        assert_eq!(read(&file).unwrap(), variables());
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_shell_that_sources_it_sees_the_same_values() {
        let folder = crate::testing::folder("envfile-shell");
        let file = folder.join("env");
        write(&file, "the keys", &variables()).unwrap();
        let script = ". \"$0\"; printf '%s %s' \"$LEDGER_CARD_KEY\" \"$LEDGER_MARIADB_URL\"";
        let shell = std::process::Command::new("sh").arg("-c").arg(script).arg(&file).output().unwrap();
        assert_eq!(String::from_utf8(shell.stdout).unwrap(), "ab+/cd== mysql://u:p@127.0.0.1:1/ledger");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_value_that_a_shell_would_change_is_refused() {
        let folder = crate::testing::folder("envfile-refusal");
        let bad = Variables::from([("A".to_owned(), "$(id)".to_owned())]);
        assert!(write(&folder.join("env"), "", &bad).unwrap_err().to_string().starts_with("A holds"));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        assert_eq!(parse("A=1\n\n# b\nnonsense\n"), Err("nonsense".to_owned()));
    }
}
