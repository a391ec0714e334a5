//! Reads one partition from its beginning to a place, or to its end: what rebuild, verify and replay have in common.

use crate::context::{Context, Trouble};
use ledger_log::PartitionId;
use ledger_log::kafka::{Batch, Follower, KafkaError, read_genesis};
use std::time::{Duration, Instant};

/// The most records handed over at once.
const BATCH: usize = 4_000;
/// How long to wait for more before asking again.
const WAIT: Duration = Duration::from_millis(250);
/// How long Kafka may give no sign of life before reading is given up.
const SILENCE: Duration = Duration::from_secs(30);

/// How far to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Exactly this record, and not beyond.
    Seq(u64),
    /// What is there when the end is reached for the first time.
    End,
}

/// Reads from the beginning, judging every message, and hands each batch over. With [`Until::Seq`] the last batch ends
/// with that record.
///
/// # Errors
/// When the ledger is damaged, ends before that record, or does not answer; or the error of `take`.
pub fn read<E: From<Trouble>>(
    context: &Context,
    at: &PartitionId,
    until: Until,
    mut take: impl FnMut(Batch) -> Result<(), E>,
) -> Result<(), E> {
    if until == Until::Seq(0) {
        return Ok(());
    }
    let Some((genesis, _)) = read_genesis(&context.kafka, at).map_err(Trouble::from)? else {
        return if until == Until::End { Ok(()) } else { Err(ended(at, until, 0).into()) };
    };
    let mut follower =
        Follower::open(&context.kafka, at.clone(), genesis.depth, None).map_err(Trouble::from)?;
    let (mut heard, mut seq) = (Instant::now(), 0);
    loop {
        let mut batch = follower.next(BATCH, WAIT).map_err(Trouble::from)?;
        if let Until::Seq(last) = until {
            batch.accepted.retain(|accepted| accepted.record.seq <= last);
        }
        seq = batch.accepted.last().map_or(seq, |accepted| accepted.record.seq);
        let (at_end, quiet) = (batch.at_end, batch.accepted.is_empty() && batch.voids == 0);
        take(batch)?;
        if until == Until::Seq(seq) || (at_end && until == Until::End) {
            return Ok(());
        }
        if at_end && quiet {
            return Err(ended(at, until, seq).into());
        }
        if !quiet {
            heard = Instant::now();
        } else if heard.elapsed() > SILENCE || context.stopping() {
            return Err(silent(at, seq).into());
        }
    }
}

fn ended(at: &PartitionId, until: Until, seq: u64) -> Trouble {
    let wanted = match until {
        Until::Seq(wanted) => wanted,
        Until::End => seq,
    };
    Trouble::Lost(format!("{at} ends at seq {seq}; the tables were filled up to seq {wanted}"))
}

fn silent(at: &PartitionId, seq: u64) -> Trouble {
    let (doing, why) = (format!("reading {at} after seq {seq}"), "Kafka gave no sign of life".to_owned());
    Trouble::Kafka(KafkaError::Failed { doing, why })
}
