//! Secrets of the local stack: made at random on the first start, kept in files only the owner can read.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::DevError;

fn random<const N: usize>() -> Result<[u8; N], DevError> {
    let mut bytes = [0; N];
    let source = Path::new("/dev/urandom");
    File::open(source).and_then(|mut f| f.read_exact(&mut bytes)).map_err(DevError::at("read", source))?;
    Ok(bytes)
}

/// A number for choosing ports.
pub fn random_u16() -> Result<u16, DevError> {
    random().map(u16::from_be_bytes)
}

/// 16 random bytes in base64url: a Kafka cluster's id, a database password, the tail of a unique name.
pub fn random_id() -> Result<String, DevError> {
    // Kafka's tools take an id that begins with a dash for an option.
    random::<16>().map(|b| URL_SAFE_NO_PAD.encode(b)).map(|id| id.replace('-', "x"))
}

/// The master key of a development ledger: 32 bytes in base64.
pub fn master_key() -> Result<String, DevError> {
    random::<32>().map(|b| STANDARD.encode(b))
}

/// The first operator's key of a test ledger: `test_op_` and 32 bytes in base64url.
pub fn operator_key() -> Result<String, DevError> {
    random::<32>().map(|b| format!("test_op_{}", URL_SAFE_NO_PAD.encode(b)))
}

/// The secret in that file; made now if there is none.
pub fn kept(file: &Path, make: impl FnOnce() -> Result<String, DevError>) -> Result<String, DevError> {
    if let Ok(text) = std::fs::read_to_string(file) {
        return Ok(text.trim_end().to_owned());
    }
    let secret = make()?;
    write_private(file, &format!("{secret}\n"))?;
    Ok(secret)
}

/// Writes a file with mode 0600 and puts it in place whole.
pub fn write_private(file: &Path, text: &str) -> Result<(), DevError> {
    let new = file.with_extension("new");
    // A leftover of another mode would keep its mode.
    let _ = std::fs::remove_file(&new);
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut f| f.write_all(text.as_bytes()))
        .and_then(|()| std::fs::rename(&new, file))
        .map_err(DevError::at("write", file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_made_once_and_only_its_owner_reads_it() {
        let folder = crate::testing::folder("secret");
        let file = folder.join("operator.key");
        let made = kept(&file, operator_key).unwrap();
        assert_eq!(kept(&file, operator_key).unwrap(), made);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(made.len(), "test_op_".len() + 43);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_master_key_is_32_bytes_of_base64() {
        assert_eq!(STANDARD.decode(master_key().unwrap()).unwrap().len(), 32);
    }
}
