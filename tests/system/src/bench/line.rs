//! One partition with one writer, driven on one thread as the engine drives it: one blocking channel, nothing spins.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, unbounded};
use ledger_dev::testing::unique;
use ledger_log::kafka::{KafkaSettings, PartitionIo, ensure_topics};
use ledger_log::{
    Completion, Fate, Fence, Genesis, HashFunction, Mode, PartitionId, Payload, Reader, Writer,
};

use crate::ensure;
use crate::failure::{Done, During};

/// As many as the product allows.
pub const DEPTH: u32 = 20_000;

/// A partition that is led.
pub struct Line {
    at: PartitionId,
    io: PartitionIo,
    writer: Writer,
    completions: Receiver<Completion>,
}

/// Settings with a prefix of their own, its topics made with one partition of payments.
///
/// # Errors
/// Kafka does not answer or refuses.
pub fn topics(bootstrap: &str, word: &str) -> Done<(KafkaSettings, PartitionId)> {
    let settings = KafkaSettings::new(bootstrap, &unique(word));
    ensure_topics(&settings, 1)?;
    let at = PartitionId { topic: Arc::from(settings.topics().payments.as_str()), partition: 0 };
    Ok((settings, at))
}

impl Line {
    /// Takes a new partition.
    ///
    /// # Errors
    /// It cannot be led.
    pub fn lead(settings: &KafkaSettings, at: PartitionId) -> Done<Line> {
        let (send, completions) = unbounded();
        let sink = move |completion| {
            // Nobody listens any more only after the end.
            let _ = send.send(completion);
        };
        let io = PartitionIo::start(settings, at.clone(), Arc::new(sink))?;
        let me = Fence { incarnation: unique("bench"), address: "http://127.0.0.1:0".to_owned() };
        let mut writer = Writer::new(Reader::new(at.clone(), DEPTH), me.clone());
        writer.set_genesis(Genesis {
            ledger_id: "01900000000070008000000000000000".to_owned(),
            mode: Mode::Test,
            format: 1,
            hash: HashFunction::Sha256,
            depth: DEPTH,
            of: Some("0".repeat(64)),
            incarnation: me.incarnation,
            address: me.address,
        });
        writer.lead();
        let mut line = Line { at, io, writer, completions };
        let mut fates = Vec::new();
        line.io.drain(&mut line.writer, &mut fates);
        while !fates.iter().any(|fate| matches!(fate, Fate::Leading { .. })) {
            line.wait(&mut fates)?;
        }
        Ok(line)
    }

    fn wait(&mut self, fates: &mut Vec<Fate>) -> Done {
        let first = self.completions.recv_timeout(Duration::from_secs(20));
        let first = first.during(|| format!("{} says nothing more", self.at))?;
        self.io.feed(&mut self.writer, first, fates);
        for more in self.completions.try_iter() {
            self.io.feed(&mut self.writer, more, fates);
        }
        Ok(())
    }

    /// Appends so many records and returns when every one is accepted: how long that took.
    ///
    /// # Errors
    /// A record did not become part of the chain.
    pub fn append(&mut self, count: u64, mut next: impl FnMut() -> Done<Payload>) -> Done<Duration> {
        let begun = Instant::now();
        let (mut appended, mut accepted) = (0, 0);
        let mut fates = Vec::new();
        while accepted < count {
            while appended < count && self.writer.room() > 0 {
                self.writer.append(next()?).during(|| "the writer has no room".to_owned())?;
                appended += 1;
                self.io.drain(&mut self.writer, &mut fates);
            }
            self.wait(&mut fates)?;
            for fate in fates.drain(..) {
                match fate {
                    Fate::Accepted { ticket, .. } => accepted += u64::from(ticket.is_some()),
                    Fate::Confirmed { .. } | Fate::Leading { .. } => {}
                    other => ensure!(false, "a record was not accepted: {other:?}"),
                }
            }
        }
        Ok(begun.elapsed())
    }

    /// Ends it.
    pub fn stop(self) {
        // What is left behind ends with this process.
        let _ = self.io.stop(Duration::from_secs(5));
    }
}
