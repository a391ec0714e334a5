//! One partition in the engine: its writer, its Kafka shell, its owner and its rows, and the one order in which they are served.

use super::clock::BrokerClock;
use super::opening::StartError;
use crate::owner::{Ctx, DirectoryView, Fatal, Gate, Out, Owner, Standing, rows};
use crate::store::{PartitionRows, Rows};
use ledger_log::kafka::{KafkaSettings, PartitionIo, read_at};
use ledger_log::{Completion, Delivery, Fate, Genesis, PartitionId, Reader, Writer};
use std::time::{Duration, Instant};

/// How often a leader asks whether its log still answers, ms: so that it knows before the next command does.
const PULSE_EVERY_MS: i64 = 1_000;
/// How often a follower reads on, ms: a takeover costs what came since.
const FOLLOW_EVERY_MS: i64 = 100;
/// A partition that rests here is followed for so long (ms) after somebody asked about it.
const AWAKE_MS: i64 = 60_000;
/// What was read within this time (ms) is fresh.
const FRESH_MS: i64 = 3_000;

/// A log that has owed a fate or an answer for this long (ms) takes nothing: what comes now is refused at once.
const LOG_SILENT_MS: i64 = 3_000;

/// A row that changes several times within this time is written once, and a timer that comes and goes not at all.
const SAVE_EVERY: Duration = Duration::from_millis(50);
/// So many rows are written at once, however little time has passed: bounds memory while a log is read.
const SAVE_ROWS: usize = 4_096;

/// Holds until genesis states it.
const FIRST_DEPTH: u32 = 20_000;

/// One partition.
pub struct Slot {
    pub at: PartitionId,
    pub owner: Owner,
    pub rows: PartitionRows,
    writer: Writer,
    io: PartitionIo,
    fates: Vec<Fate>,
    /// When it was asked to lead, Unix ms.
    led_ms: i64,
    pub lost_at: Option<Instant>,
    told_progress: (u64, Instant),
    saved: Instant,
    damage: Option<String>,
    pulse: Pulse,
    rests: bool,
    /// Until when it is followed although it could rest, Unix ms.
    awake_until_ms: i64,
}

/// Whether the log answers while nothing is recorded, and how far what was read reaches.
#[derive(Default)]
struct Pulse {
    /// The look or the question under way, and since when, Unix ms.
    asked: Option<Asked>,
    /// When the next look is due, Unix ms.
    due_ms: i64,
    /// When the last one was put that has been answered, Unix ms.
    answered_ms: Option<i64>,
    /// When the last question was put that has been confirmed, Unix ms.
    confirmed_ms: Option<i64>,
}

#[derive(Clone, Copy)]
struct Asked {
    number: u64,
    at_ms: i64,
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

impl Slot {
    /// Puts a partition together and follows it.
    pub fn open(writer: Writer, rows: PartitionRows, mut owner: Owner, io: PartitionIo, now_ms: i64) -> Self {
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
            lost_at: None,
            told_progress,
            saved: Instant::now(),
            damage: None,
            pulse: Pulse::default(),
            rests: false,
            awake_until_ms: i64::MIN,
        }
    }

    /// Whether enough others stand by: then it is not followed, and what has been recorded meanwhile is read when somebody asks
    /// about it here, or when this process comes closer to leading it.
    pub fn rest(&mut self, enough_others: bool) {
        self.rests = enough_others;
    }

    /// Follows a resting partition for a while: somebody asks about it.
    pub fn wake(&mut self, now_ms: i64) {
        self.awake_until_ms = now_ms.saturating_add(AWAKE_MS);
    }

    /// Whether others follow it and this process does not.
    pub fn is_resting(&self, now_ms: i64) -> bool {
        self.rests && self.owner.standing() == &Standing::Following && now_ms >= self.awake_until_ms
    }

    /// Wishes to lead, again or for the first time.
    pub fn lead(&mut self, now_ms: i64) {
        self.led_ms = now_ms;
        self.lost_at = None;
        self.owner.catch_up();
        self.writer.lead();
        self.io.drain(&mut self.writer, &mut self.fates);
    }

    /// Looks whether the log still holds what was accepted.
    pub fn check(&mut self) {
        self.writer.check();
        self.io.drain(&mut self.writer, &mut self.fates);
    }

    /// Looks whether the log still answers and how far it has got, where that is due; and asks for a confirmation that everything
    /// recorded before `wanted_ms` (Unix ms) has been read, where somebody waits for that.
    pub fn pulse(&mut self, now_ms: i64, wanted_ms: Option<i64>) {
        if self.is_resting(now_ms) {
            // A look that is under way is given up: resting owes no answer, and none is expected.
            self.pulse.asked = None;
            return;
        }
        let every_ms = match self.owner.standing() {
            Standing::Leading => PULSE_EVERY_MS,
            Standing::Following => FOLLOW_EVERY_MS,
            // It reads by itself, or nothing any more.
            Standing::CatchingUp | Standing::Stopped(_) => {
                self.pulse.asked = None;
                return;
            }
        };
        let wanted = wanted_ms.is_some_and(|wanted_ms| wanted_ms <= now_ms && self.as_of_ms() < wanted_ms);
        if self.pulse.asked.is_some() || (now_ms < self.pulse.due_ms && !wanted) {
            return;
        }
        let number = if wanted { self.writer.confirm() } else { self.writer.look() };
        self.pulse.asked = Some(Asked { number, at_ms: now_ms });
        self.pulse.due_ms = now_ms.saturating_add(every_ms);
        self.io.drain(&mut self.writer, &mut self.fates);
    }

    /// Everything that was recorded before this instant (Unix ms) has been read, and that is confirmed. It moves on when somebody
    /// wants it to ([`Slot::pulse`]).
    pub fn as_of_ms(&self) -> i64 {
        self.pulse.confirmed_ms.unwrap_or(i64::MIN)
    }

    /// Whether all that others have recorded up to a moment ago has been read.
    pub fn is_fresh(&self, now_ms: i64) -> bool {
        match self.owner.standing() {
            Standing::Leading => true,
            // Whoever takes it over has followed it until a moment ago.
            Standing::Following | Standing::CatchingUp => {
                self.pulse.answered_ms.is_some_and(|at_ms| now_ms.saturating_sub(at_ms) < FRESH_MS)
            }
            Standing::Stopped(_) => false,
        }
    }

    /// Since when it has been asked to lead, Unix ms.
    pub const fn led_ms(&self) -> i64 {
        self.led_ms
    }

    /// Whether the log owes an answer for so long, a record's fate or the pulse's, that nothing more is expected of it.
    pub fn is_silent(&self, now_ms: i64) -> bool {
        let pulse = self.pulse.asked.map(|asked| asked.at_ms);
        let since = [self.owner.oldest_in_flight_ms(), pulse].into_iter().flatten().min();
        since.is_some_and(|since_ms| now_ms.saturating_sub(since_ms) > LOG_SILENT_MS)
    }

    /// Takes in what Kafka reports.
    pub fn feed(&mut self, completion: Completion, clock: &mut BrokerClock, now_ms: i64) {
        if let Completion::Delivered { delivery: Delivery::At { timestamp_ms, .. }, .. } = &completion {
            clock.measure(*timestamp_ms, self.owner.oldest_in_flight_ms().unwrap_or(self.led_ms), now_ms);
        }
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
    pub fn save_when_due(&mut self) {
        if self.saved.elapsed() >= SAVE_EVERY || self.owner.unsaved() >= SAVE_ROWS {
            self.save();
        }
    }

    /// Writes to the store what was accepted.
    pub fn save(&mut self) {
        self.saved = Instant::now();
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
            Standing::Following => self.pulse.answered_ms.is_none(),
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

    /// Ends the Kafka shell.
    pub fn close(self, deadline: Duration) {
        if !self.io.stop(deadline) {
            tracing::warn!(target: "engine", partition = %self.at, "something of the Kafka shell did not end in time");
        }
    }

    fn learn(&mut self, now_ms: i64) {
        for fate in std::mem::take(&mut self.fates) {
            match &fate {
                Fate::Stopped(stop) => {
                    tracing::error!(target: "engine", partition = %self.at, why = %stop, "stopped serving");
                }
                // A confirmation is as good as the look that was put before it.
                Fate::Confirmed { question: number } => {
                    if let Some(asked) = self.pulse.asked.take_if(|asked| asked.number <= *number) {
                        self.pulse.answered_ms = Some(asked.at_ms);
                        self.pulse.confirmed_ms = Some(asked.at_ms);
                    }
                }
                Fate::Looked { look } => {
                    if let Some(asked) = self.pulse.asked.take_if(|asked| asked.number == *look) {
                        self.pulse.answered_ms = Some(asked.at_ms);
                    }
                }
                Fate::Lost { .. } => self.lost_at = Some(Instant::now()),
                Fate::Accepted { .. } | Fate::Void { .. } | Fate::Refused { .. } | Fate::Leading { .. } => {}
            }
            if let Err(fatal) = self.owner.fate(fate, now_ms, &self.rows) {
                self.stop(&fatal);
            }
        }
    }
}
