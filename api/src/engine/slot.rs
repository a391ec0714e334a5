//! One partition in the engine: its writer, its shell, its owner and its rows, and the one order in which they are served. What
//! carries the writer's actions and what keeps the rows are given: Kafka and a disk, or the simulation's.

use super::opening::StartError;
use super::pulse::Pulse;
use super::shell::Shell;
use crate::owner::{Ctx, DirectoryView, Fatal, Gate, Out, Owner, Standing, rows};
use crate::store::{Keep, Rows};
use ledger_log::kafka::{KafkaSettings, PartitionIo, read_at};
use ledger_log::{Completion, Delivery, Fate, Genesis, PartitionId, Reader, Writer};
use std::time::{Duration, Instant};

/// A log that has owed a fate or an answer for this long (ms) takes nothing: what comes now is refused at once.
const LOG_SILENT_MS: i64 = 3_000;

/// A row that changes several times within this time (ms) is written once, and a timer that comes and goes not at all.
const SAVE_EVERY_MS: u64 = 50;
/// So many rows are written at once, however little time has passed: bounds memory while a log is read.
const SAVE_ROWS: usize = 4_096;

/// Holds until genesis states it.
const FIRST_DEPTH: u32 = 20_000;

/// One partition.
pub struct Slot<I, S> {
    /// Its name.
    pub at: PartitionId,
    /// Its owner.
    pub owner: Owner,
    /// What its owner has saved.
    pub rows: S,
    writer: Writer,
    io: I,
    fates: Vec<Fate>,
    /// When it was asked to lead, Unix ms.
    led_ms: i64,
    /// When another process was last seen to have taken it, Unix ms.
    lost_ms: Option<i64>,
    told_progress: (u64, Instant),
    saved_ms: i64,
    damage: Option<String>,
    pulse: Pulse,
}

/// A reader that stands where the store stands, after the log was found to agree.
pub fn reader(kafka: &KafkaSettings, at: &PartitionId, store: &dyn Rows) -> Result<Reader, StartError> {
    let cursor = rows::read(store, &rows::cursor_key(), rows::CursorRow::decode)?;
    let Some(cursor) = cursor.map(|row| row.cursor) else {
        tracing::info!(target: "engine", partition = %at, "the store is empty: it is built from the log");
        return Ok(Reader::new(at.clone(), FIRST_DEPTH));
    };
    let found = read_at(kafka, at, cursor.offset)?;
    Reader::verify_cursor(at, &cursor, found.as_ref())?;
    let genesis = rows::read(store, &rows::genesis_key(), rows::GenesisRow::decode)?;
    let depth =
        genesis.and_then(|row| Genesis::read(&row.payload).ok()).map_or(FIRST_DEPTH, |genesis| genesis.depth);
    Ok(Reader::at(at.clone(), depth, cursor))
}

impl<I: Shell, S: Keep> Slot<I, S> {
    /// Puts a partition together and follows it.
    pub fn open(writer: Writer, rows: S, mut owner: Owner, io: I, now_ms: i64) -> Self {
        let at = writer.reader().partition().clone();
        let told_progress = (owner.seq(), Instant::now());
        let fates = Vec::new();
        owner.follow();
        Self {
            at,
            owner,
            rows,
            writer,
            io,
            fates,
            led_ms: now_ms,
            lost_ms: None,
            told_progress,
            saved_ms: now_ms,
            damage: None,
            pulse: Pulse::default(),
        }
    }

    /// Wishes to lead, again or for the first time.
    pub fn lead(&mut self, now_ms: i64) {
        self.led_ms = now_ms;
        self.lost_ms = None;
        self.owner.catch_up();
        self.writer.lead();
        self.io.drain(&mut self.writer, &mut self.fates);
    }

    /// Looks whether the log still holds what was accepted.
    pub fn check(&mut self) {
        self.writer.check();
        self.io.drain(&mut self.writer, &mut self.fates);
    }

    /// See [`Pulse::rest`].
    pub const fn rest(&mut self, enough_others: bool) {
        self.pulse.rest(enough_others);
    }

    /// See [`Pulse::wake`].
    pub const fn wake(&mut self, now_ms: i64) {
        self.pulse.wake(now_ms);
    }

    /// Whether others follow it and this process does not.
    pub fn is_resting(&self, now_ms: i64) -> bool {
        self.pulse.is_resting(self.owner.standing(), now_ms)
    }

    /// Looks whether the log still answers and how far it has got, where that is due; and asks for a confirmation that everything
    /// recorded before `wanted_ms` (Unix ms) has been read, where somebody waits for that.
    pub fn pulse(&mut self, now_ms: i64, wanted_ms: Option<i64>) {
        if self.pulse.beat(&mut self.writer, self.owner.standing(), now_ms, wanted_ms) {
            self.io.drain(&mut self.writer, &mut self.fates);
        }
    }

    /// Everything that was recorded before this instant (Unix ms) has been read, and that is confirmed. It moves on when somebody
    /// wants it to ([`Slot::pulse`]).
    pub fn as_of_ms(&self) -> i64 {
        self.pulse.as_of_ms()
    }

    /// Whether all that others have recorded up to a moment ago has been read.
    pub fn is_fresh(&self, now_ms: i64) -> bool {
        self.pulse.is_fresh(self.owner.standing(), now_ms)
    }

    /// Since when it has been asked to lead, Unix ms.
    pub const fn led_ms(&self) -> i64 {
        self.led_ms
    }

    /// Whether it was lost to another process no longer than this (ms) ago.
    pub fn was_lost_within(&self, ms: u64, now_ms: i64) -> bool {
        self.lost_ms.is_some_and(|lost_ms| now_ms.abs_diff(lost_ms) <= ms)
    }

    /// Whether the log owes an answer for so long, a record's fate or the pulse's, that nothing more is expected of it.
    pub fn is_silent(&self, now_ms: i64) -> bool {
        let since =
            [self.owner.oldest_in_flight_ms(), self.pulse.waits_since_ms()].into_iter().flatten().min();
        since.is_some_and(|since_ms| now_ms.saturating_sub(since_ms) > LOG_SILENT_MS)
    }

    /// Where a report says when the broker stamped a record: that, and when the record was handed over at the earliest, Unix ms.
    pub fn stamp(&self, completion: &Completion) -> Option<(i64, i64)> {
        match completion {
            Completion::Delivered { delivery: Delivery::At { timestamp_ms, .. }, .. } => {
                Some((*timestamp_ms, self.owner.oldest_in_flight_ms().unwrap_or(self.led_ms)))
            }
            Completion::Delivered { delivery: Delivery::Unknown { .. }, .. }
            | Completion::Fetched { .. }
            | Completion::ReadFailed { .. }
            | Completion::Watermark { .. }
            | Completion::Marked { .. }
            | Completion::WatermarkFailed { .. }
            | Completion::Waited { .. } => None,
        }
    }

    /// Takes in what the shell reports.
    pub fn feed(&mut self, completion: Completion, now_ms: i64) {
        self.io.feed(&mut self.writer, completion, &mut self.fates);
        self.learn(now_ms);
    }

    /// Lets the owner do all it can do now.
    pub fn run(&mut self, directory: &DirectoryView, gate: &Gate, now_ms: i64) {
        // Appending gives work to the shell, which may report at once and make room again; one further look is enough.
        for _ in 0..2 {
            let mut ctx = Ctx { now_ms, log: &mut self.writer, store: &self.rows, directory, gate };
            if let Err(fatal) = self.owner.run(&mut ctx) {
                self.stop(&fatal);
            }
            self.io.drain(&mut self.writer, &mut self.fates);
            if self.fates.is_empty() {
                return;
            }
            self.learn(now_ms);
        }
    }

    /// Writes to the store what was accepted, where enough of it has come together or enough time has passed. Until then it is
    /// read from memory, and a process that dies reads it from the log again.
    pub fn save_when_due(&mut self, now_ms: i64) {
        if now_ms.abs_diff(self.saved_ms) >= SAVE_EVERY_MS || self.owner.unsaved() >= SAVE_ROWS {
            self.saved_ms = now_ms;
            self.save();
        }
    }

    /// Writes to the store what was accepted.
    pub fn save(&mut self) {
        let changes = self.owner.take_changes();
        if changes.is_empty() {
            return;
        }
        if let Err(why) = self.rows.commit(changes) {
            self.stop(&Fatal::Store(why));
        }
        let (told, at) = self.told_progress;
        let building = match self.owner.standing() {
            Standing::CatchingUp => true,
            Standing::Following => !self.pulse.has_answered(),
            Standing::Leading | Standing::Stopped(_) => false,
        };
        if building && at.elapsed().as_secs() >= 2 && self.owner.seq() > told {
            tracing::info!(target: "engine", partition = %self.at, seq = self.owner.seq(), "reading the log");
            self.told_progress = (self.owner.seq(), Instant::now());
        }
    }

    /// The next thing the owner gives out.
    pub fn poll(&mut self) -> Option<Out> {
        self.owner.poll()
    }

    /// This process serves the partition no further, and says why.
    pub fn stop(&mut self, fatal: &Fatal) {
        tracing::error!(target: "engine", partition = %self.at, why = %fatal, "stopped serving");
        if let Fatal::Store(why) = fatal
            && why.is_damage()
        {
            self.damage = Some(why.to_string());
        }
        self.owner.stop(&fatal.to_string());
    }

    /// What was found to be wrong with the store.
    pub const fn damage(&self) -> Option<&String> {
        self.damage.as_ref()
    }

    fn learn(&mut self, now_ms: i64) {
        for fate in std::mem::take(&mut self.fates) {
            self.pulse.learn(&fate);
            match &fate {
                Fate::Stopped(stop) => {
                    tracing::error!(target: "engine", partition = %self.at, why = %stop, "stopped serving");
                }
                Fate::Lost { .. } => self.lost_ms = Some(now_ms),
                Fate::Accepted { .. }
                | Fate::Void { .. }
                | Fate::Refused { .. }
                | Fate::Leading { .. }
                | Fate::Confirmed { .. }
                | Fate::Looked { .. } => {}
            }
            if let Err(fatal) = self.owner.fate(fate, now_ms, &self.rows) {
                self.stop(&fatal);
            }
        }
    }
}

impl<S> Slot<PartitionIo, S> {
    /// Ends the Kafka shell.
    pub fn close(self, deadline: Duration) {
        if !self.io.stop(deadline) {
            tracing::warn!(target: "engine", partition = %self.at, "something of the Kafka shell did not end in time");
        }
    }
}
