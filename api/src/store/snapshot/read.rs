//! Reads a snapshot and believes nothing of it: every length has a bound before anything is reserved for it, and what was handed
//! out counts only when [`Reader::finish`] has come back, because the last digest is at the end.

use super::{
    Content, Copied, Counting, END, KEY_MAX, MAGIC, PARTITION, PARTITION_END, PARTITIONS_MAX, ROW,
    SnapshotError, Stated, TEXT_MAX, VALUE_MAX, VERSION, finished,
};
use crate::store::Row;
use ledger_log::PartitionId;
use ring::digest::{Context, SHA256, SHA256_OUTPUT_LEN};
use std::io::{BufReader, ErrorKind, Read};

/// What is read from the source at once, bytes.
const PIECE: usize = 64 * 1024;

/// A snapshot on its way in.
pub struct Reader<R> {
    input: BufReader<R>,
    all: Context,
    bytes: u64,
    rows: u64,
    /// The partition that is being read.
    current: Option<Current>,
    stated: Vec<Stated>,
    /// The digest at the end, once that was reached.
    end: Option<[u8; SHA256_OUTPUT_LEN]>,
}

struct Current {
    at: PartitionId,
    counting: Counting,
    last_key: Vec<u8>,
}

impl<R: Read> Reader<R> {
    /// Reads the head.
    ///
    /// # Errors
    /// It is no snapshot, or one of another form, another format of the store or another ledger.
    pub fn open(input: R, format: &str, ledger_id: &str) -> Result<Self, SnapshotError> {
        let mut reader = Self {
            input: BufReader::with_capacity(PIECE, input),
            all: Context::new(&SHA256),
            bytes: 0,
            rows: 0,
            current: None,
            stated: Vec::new(),
            end: None,
        };
        if &reader.array::<16>()? != MAGIC {
            return Err(SnapshotError::NotOne);
        }
        let version = reader.number()?;
        if version != VERSION {
            return Err(other("the snapshot's form", version.to_string(), &VERSION.to_string()));
        }
        let found = reader.text("the store's format")?;
        if found != format {
            return Err(other("the store's format", found, format));
        }
        let found = reader.text("the ledger's id")?;
        if found != ledger_id {
            return Err(SnapshotError::OtherLedger { found, wanted: ledger_id.to_owned() });
        }
        Ok(reader)
    }

    /// The next partition; None at the end, whose digest is right then. To be called when the rows of the one before are read.
    ///
    /// # Errors
    /// It is cut or damaged.
    pub fn partition(&mut self) -> Result<Option<PartitionId>, SnapshotError> {
        if self.current.is_some() {
            return Err(self.malformed("a partition's rows are not read to their end"));
        }
        match self.byte()? {
            PARTITION if self.stated.len() < PARTITIONS_MAX => self.begin_partition().map(Some),
            PARTITION => Err(self.malformed("more partitions than a ledger has")),
            END => self.read_end().map(|()| None),
            other => Err(self.malformed(format!("neither a partition nor the end begins with {other:#04x}"))),
        }
    }

    /// The next row of the partition begun last; None at its end, whose count and digest are right then.
    ///
    /// # Errors
    /// It is cut or damaged.
    pub fn row(&mut self) -> Result<Option<Row>, SnapshotError> {
        let Some(mut current) = self.current.take() else { return Ok(None) };
        match self.byte()? {
            ROW => {
                let key = self.bytes("a key", KEY_MAX)?;
                let value = self.bytes("a value", VALUE_MAX)?;
                if key <= current.last_key {
                    return Err(self.malformed("a key is not above the one before"));
                }
                current.counting.row(&key, &value);
                current.last_key.clone_from(&key);
                self.current = Some(current);
                Ok(Some((key, value)))
            }
            PARTITION_END => self.end_partition(current).map(|()| None),
            other => {
                Err(self.malformed(format!("neither a row nor a partition's end begins with {other:#04x}")))
            }
        }
    }

    /// What every partition read so far holds.
    pub fn stated(&self) -> &[Stated] {
        &self.stated
    }

    /// That it was read to its end, and that nothing follows.
    ///
    /// # Errors
    /// It was not, or something does.
    pub fn finish(mut self) -> Result<Copied, SnapshotError> {
        let Some(digest) = self.end else { return Err(self.malformed("it is not read to its end")) };
        let mut more = [0];
        if read_some(&mut self.input, &mut more)? > 0 {
            return Err(self.malformed("something follows the end"));
        }
        let (bytes, rows, partitions) = (self.bytes, self.rows, self.stated.len());
        Ok(Copied { bytes, rows, partitions, digest: hex::encode(digest) })
    }

    fn begin_partition(&mut self) -> Result<PartitionId, SnapshotError> {
        let topic = self.text("a topic's name")?;
        let is_topic = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if topic.is_empty() || !topic.bytes().all(is_topic) {
            return Err(self.malformed("no topic has such a name"));
        }
        let number = i32::from_be_bytes(self.array()?);
        let at = PartitionId::new(&topic, number);
        if number < 0 || self.stated.iter().any(|(known, _)| *known == at) {
            return Err(self.malformed(format!("there is no such partition, or it was there before: {at}")));
        }
        let current = Current { at: at.clone(), counting: Counting::default(), last_key: Vec::new() };
        self.current = Some(current);
        Ok(at)
    }

    fn end_partition(&mut self, current: Current) -> Result<(), SnapshotError> {
        let stated = Content { rows: u64::from_be_bytes(self.array()?), digest: self.array()? };
        let found = current.counting.content();
        found.must_be(&stated, format!("partition {}", current.at))?;
        self.rows = self.rows.saturating_add(found.rows);
        self.stated.push((current.at, found));
        Ok(())
    }

    fn read_end(&mut self) -> Result<(), SnapshotError> {
        let found = finished(self.all.clone());
        let stated = self.array()?;
        if found != stated {
            let (found, stated) = (hex::encode(found), hex::encode(stated));
            return Err(SnapshotError::Differs { of: "the whole snapshot".to_owned(), found, stated });
        }
        self.end = Some(found);
        Ok(())
    }

    fn text(&mut self, what: &str) -> Result<String, SnapshotError> {
        let bytes = self.bytes(what, TEXT_MAX)?;
        String::from_utf8(bytes).map_err(|_| self.malformed(format!("{what} is no text")))
    }

    /// So many bytes as are stated before them, where that is not more than `most`.
    fn bytes(&mut self, what: &str, most: usize) -> Result<Vec<u8>, SnapshotError> {
        let stated = self.number()?;
        let length = usize::try_from(stated).unwrap_or(usize::MAX);
        if length > most {
            return Err(self.malformed(format!("{what} of {stated} bytes; {most} are the most")));
        }
        // It grows with what comes: what is stated reserves no more than a piece.
        let mut bytes = Vec::with_capacity(length.min(PIECE));
        let read =
            (&mut self.input).take(stated.into()).read_to_end(&mut bytes).map_err(SnapshotError::Read)?;
        self.count(&bytes);
        if read < length { Err(self.cut()) } else { Ok(bytes) }
    }

    fn number(&mut self) -> Result<u32, SnapshotError> {
        self.array().map(u32::from_be_bytes)
    }

    fn byte(&mut self) -> Result<u8, SnapshotError> {
        self.array().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], SnapshotError> {
        let mut array = [0; N];
        match self.input.read_exact(&mut array) {
            Ok(()) => {
                self.count(&array);
                Ok(array)
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(self.cut()),
            Err(error) => Err(SnapshotError::Read(error)),
        }
    }

    fn count(&mut self, bytes: &[u8]) {
        self.all.update(bytes);
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    }

    const fn cut(&self) -> SnapshotError {
        SnapshotError::Cut { after: self.bytes }
    }

    fn malformed(&self, why: impl Into<String>) -> SnapshotError {
        SnapshotError::Malformed { at: self.bytes, why: why.into() }
    }
}

fn read_some(input: &mut impl Read, into: &mut [u8]) -> Result<usize, SnapshotError> {
    loop {
        match input.read(into) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read.map_err(SnapshotError::Read),
        }
    }
}

fn other(what: &'static str, found: String, wanted: &str) -> SnapshotError {
    SnapshotError::Other { what, found, wanted: wanted.to_owned() }
}
