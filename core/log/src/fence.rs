//! The two records that the log itself writes: a fence, which opens a reign, and a genesis, the fence with seq 1.
//! Their bytes are part of `schemas/record.md`; nothing here decides acceptance.

use crate::hash::Hash;
use crate::record::{Headers, Payload};
use serde::{Deserialize, Serialize};

const FENCE_TYPE: &str = "ledger.fence.v1";
const GENESIS_TYPE: &str = "ledger.genesis.v1";
/// The version of the record format that this code reads and writes.
pub const FORMAT: u32 = 1;

/// Who took the partition: a process incarnation (new at every start) and where it can be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fence {
    /// Unique for every start of a process.
    pub incarnation: String,
    /// Where other processes reach it, for example `http://10.0.0.7:8080`.
    pub address: String,
}

/// Whether the money is real.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A ledger for tests: keys begin with `test_`.
    Test,
    /// A ledger of real payments.
    Live,
}

/// The first record of a partition. The directory's creates the ledger; every other one quotes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Genesis {
    /// Names the ledger for ever.
    pub ledger_id: String,
    /// Test or live.
    pub mode: Mode,
    /// The record format's version.
    pub format: u32,
    /// The chain's hash function.
    pub hash: HashFunction,
    /// The most records a writer may have in flight; more orphans linked to one another than this are damage.
    pub depth: u32,
    /// The hash of the directory's genesis; absent in the directory's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Who wrote it.
    pub incarnation: String,
    /// Where that process could be reached.
    pub address: String,
}

/// The chain's hash function; a closed set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HashFunction {
    /// SHA-256 (FIPS 180-4).
    #[serde(rename = "sha-256")]
    Sha256,
}

/// A fence's or genesis's bytes could not be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

impl Fence {
    /// The fence as a payload.
    pub fn payload(&self) -> Payload {
        payload(FENCE_TYPE, serde_json::to_vec(self).unwrap_or_default())
    }

    /// Who fenced, from an accepted fence or genesis.
    pub fn read(payload: &Payload) -> Result<Fence, Unreadable> {
        match ce_type(&payload.headers) {
            Some(FENCE_TYPE) => json(&payload.value),
            Some(GENESIS_TYPE) => {
                let genesis = Genesis::read(payload)?;
                Ok(Fence { incarnation: genesis.incarnation, address: genesis.address })
            }
            other => Err(Unreadable(format!("a fence of type {other:?}"))),
        }
    }
}

impl Genesis {
    /// The genesis as a payload.
    pub fn payload(&self) -> Payload {
        payload(GENESIS_TYPE, serde_json::to_vec(self).unwrap_or_default())
    }

    /// The genesis in an accepted record with seq 1.
    pub fn read(payload: &Payload) -> Result<Genesis, Unreadable> {
        if ce_type(&payload.headers) != Some(GENESIS_TYPE) {
            return Err(Unreadable("the partition does not begin with a genesis".to_owned()));
        }
        let genesis: Genesis = json(&payload.value)?;
        if genesis.format != FORMAT {
            return Err(Unreadable(format!("format {} where {FORMAT} is known", genesis.format)));
        }
        if let Some(of) = &genesis.of {
            of.parse::<Hash>().map_err(|e| Unreadable(format!("of: {e}")))?;
        }
        Ok(genesis)
    }
}

fn payload(ce_type: &str, value: Vec<u8>) -> Payload {
    let headers = [("ce_specversion", "1.0"), ("ce_type", ce_type), ("content-type", "application/json")];
    Payload { headers: headers.into_iter().collect(), value }
}

fn ce_type(headers: &Headers) -> Option<&str> {
    std::str::from_utf8(headers.get("ce_type")?).ok()
}

fn json<T: for<'a> Deserialize<'a>>(value: &[u8]) -> Result<T, Unreadable> {
    serde_json::from_slice(value).map_err(|e| Unreadable(e.to_string()))
}
