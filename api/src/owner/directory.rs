//! The rules of the directory's partition, and the directory as the others see it. One decision at a time: operators are few,
//! and so nothing is ever decided on a directory that could still turn out void.

use super::payments::Progress;
use super::rows::{self, CommandRow, RecordRow};
use super::{Client, Decided, Fatal, Found, Own, OwnCommand, Query, Verdict, meta, not_ready};
use crate::ledger::{Answer, ClientCommand, CommandResult, CommandScope, CommandView};
use crate::store::{Changes, Rows, after_prefix};
use ledger_domain::Event;
use ledger_domain::days::Moment;
use ledger_domain::directory::{Directory, DirectoryCommand, DirectoryEvent, decide, evolve};
use ledger_domain::recorded::{self, Meta};
use ledger_log::{PartitionId, Position};
use std::sync::Arc;

/// The directory as of a position.
#[derive(Clone, Debug, Default)]
pub struct DirectoryView {
    /// What it holds.
    pub directory: Arc<Directory>,
    /// Of its last event; none before the first.
    pub position: Option<Position>,
    /// It holds everything that was recorded before this instant, Unix ms.
    pub as_of_ms: i64,
    /// When the latest of its events was decided, by the clock of whoever led it then, Unix ms.
    pub decided_ms: i64,
}

impl DirectoryView {
    pub(super) fn position_text(&self) -> Option<String> {
        self.position.as_ref().map(Position::to_string)
    }
}

/// The directory's rules.
#[derive(Debug, Default)]
pub struct DirectoryRules {
    view: DirectoryView,
}

impl DirectoryRules {
    /// Replays the directory from its store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn load(rows: &dyn Rows, at: &PartitionId) -> Result<Self, Fatal> {
        let mut rules = Self::default();
        let mut from = rows::directory_key(0);
        let end = after_prefix(&from[..1]);
        loop {
            let some = rows.range(&from, &end, 1_000)?;
            let Some((last, _)) = some.last() else { return Ok(rules) };
            from = [last.as_slice(), &[0]].concat();
            for (key, value) in &some {
                let row = RecordRow::decode(key, value)?;
                let event = directory_event(&row, at)?;
                rules.apply(&event, &Position { partition: at.clone(), seq: row.seq })?;
            }
        }
    }

    /// The directory as far as it is accepted.
    #[must_use]
    pub const fn view(&self) -> &DirectoryView {
        &self.view
    }

    pub(super) fn decide_client(&self, client: &Client, meta: Meta, time_ms: i64) -> Result<Verdict, Fatal> {
        let ClientCommand::Directory(command) = &client.submission.command else {
            return Ok(Verdict::Tell(not_ready("a payment's command came to the directory")));
        };
        let not_after = Moment::from_ms(client.submission.not_after_ms);
        Ok(self.decide(command, Some(not_after), meta, time_ms))
    }

    pub(super) fn decide_own(&self, own: &Own, meta: Meta, time_ms: i64) -> Result<Verdict, Fatal> {
        match &own.what {
            OwnCommand::Directory(command) => Ok(self.decide(command, None, meta, time_ms)),
            OwnCommand::Payment(..) | OwnCommand::Settlement(..) => Ok(Verdict::Drop),
        }
    }

    fn decide(
        &self,
        command: &DirectoryCommand,
        not_after: Option<Moment>,
        meta: Meta,
        time_ms: i64,
    ) -> Verdict {
        match decide(&self.view.directory, command, not_after, time_ms) {
            Ok(event) => Verdict::Record(Box::new(Decided::new(Event::Directory(event), meta))),
            Err(rejection) => Verdict::Hold(Answer::Rejected(rejection)),
        }
    }

    /// The rows that change when the record stands at `at`.
    pub(super) fn derive(decided: &Decided, at: &Position) -> Changes {
        let record = RecordRow { seq: at.seq, payload: decided.payload.clone() };
        let fingerprint = meta::fingerprint(&decided.meta);
        let command = CommandRow { stream: at.seq.to_string(), version: 1, fingerprint };
        Changes::from([
            (rows::directory_key(at.seq), Some(record.encode())),
            (rows::command_key(&decided.meta.command), Some(command.encode())),
        ])
    }

    /// An event was accepted.
    pub(super) fn apply(&mut self, event: &DirectoryEvent, at: &Position) -> Result<(), Fatal> {
        let directory = Arc::make_mut(&mut self.view.directory);
        *directory = evolve(std::mem::take(directory), event)
            .map_err(|why| Fatal::Impossible { at: at.clone(), why: why.to_string() })?;
        self.view.position = Some(at.clone());
        self.view.decided_ms = self.view.decided_ms.max(event.at().ms());
        Ok(())
    }

    /// What the command behind `row` led to: a directory's command is complete with its one record.
    pub(super) fn progress(row: &CommandRow, rows: &dyn Rows, at: &PartitionId) -> Result<Progress, Fatal> {
        let wrong = |why: &str| Fatal::Store(rows::unreadable(row.stream.as_bytes(), why));
        let seq: u64 = row.stream.parse().map_err(|_| wrong("not a seq"))?;
        let key = rows::directory_key(seq);
        let record =
            rows::read(rows, &key, RecordRow::decode)?.ok_or_else(|| wrong("a command without its event"))?;
        let event = directory_event(&record, at)?;
        let position = Position { partition: at.clone(), seq };
        Ok(Progress::Done { position, result: CommandResult::Directory(Box::new(event)) })
    }

    pub(super) fn find(query: &Query, rows: &dyn Rows, at: &PartitionId) -> Result<Found, Fatal> {
        match query {
            Query::Payment(..) => Ok(Found::Payment(None)),
            Query::Order(..) => Ok(Found::Order(None)),
            Query::Nothing => Ok(Found::Nothing),
            Query::Command(_, CommandScope::Merchant(_)) => Ok(Found::Command(CommandView::NothingRecorded)),
            Query::Command(command, CommandScope::Operator) => {
                let row = rows::read(rows, &rows::command_key(command), CommandRow::decode)?;
                let Some(row) = row.filter(|row| row.fingerprint.is_some()) else {
                    return Ok(Found::Command(CommandView::NothingRecorded));
                };
                Ok(Found::Command(match Self::progress(&row, rows, at)? {
                    Progress::Done { position, result } => CommandView::Done { position, result },
                    Progress::Open | Progress::Unknown => CommandView::NothingRecorded,
                }))
            }
        }
    }
}

fn directory_event(row: &RecordRow, at: &PartitionId) -> Result<DirectoryEvent, Fatal> {
    let at = Position { partition: at.clone(), seq: row.seq };
    match recorded::read(&row.payload.headers, &row.payload.value) {
        Ok((Event::Directory(event), _)) => Ok(event),
        Ok((event @ (Event::Payment(_) | Event::Settlement(_)), _)) => {
            Err(Fatal::Unreadable { at, why: format!("a {} in the directory", event.type_name()) })
        }
        Err(why) => Err(Fatal::Unreadable { at, why: why.to_string() }),
    }
}
