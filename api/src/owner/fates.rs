//! What the writer learns, turned into store rows, answers and decisions to take again. Void commands are decided again one by
//! one, in their old order; what nobody waits for any more is dropped there.

use super::questions::Held;
use super::replies::Stage;
use super::rows::CursorRow;
use super::{Fatal, InFlight, Owner, RETRY_AFTER_S, Standing, Task};
use crate::ledger::Answer;
use crate::store::Rows;
use ledger_log::{Accepted, Fate, Fence, Ticket};

impl Owner {
    /// Takes in one fate, in the order the writer gives them.
    ///
    /// # Errors
    /// When this process cannot serve the partition any further.
    pub fn fate(&mut self, fate: Fate, now_ms: i64, store: &dyn Rows) -> Result<(), Fatal> {
        match fate {
            Fate::Accepted { ticket, accepted } => self.accepted(ticket, accepted, now_ms, store)?,
            Fate::Void { ticket } => self.void(ticket)?,
            Fate::Refused { ticket } => self.refused(ticket, now_ms)?,
            Fate::Leading { .. } => self.leading(now_ms, store)?,
            Fate::Lost { to } => self.lost(to),
            Fate::Confirmed { question } => {
                self.held.confirm(question);
                self.reads.confirm(question);
            }
            Fate::Looked { .. } => {}
            Fate::Stopped(stop) => self.stop(&stop.to_string()),
        }
        Ok(())
    }

    fn accepted(
        &mut self,
        ticket: Option<Ticket>,
        accepted: Accepted,
        now_ms: i64,
        store: &dyn Rows,
    ) -> Result<(), Fatal> {
        let cursor = accepted.cursor();
        let flight = match ticket {
            Some(ticket) => Some(self.take_in_flight(ticket)?),
            // Whatever it is, it stands where the first in flight would have had to stand.
            None => {
                self.throw_guesses_away();
                None
            }
        };
        let event_time_ms = match flight {
            Some(flight) => self.accept_own(flight, accepted.record.seq, now_ms, store)?,
            None if accepted.record.is_fence() => self.accept_fence(&accepted)?,
            None => self.accept_foreign(&accepted, now_ms, store)?,
        };
        self.event_time_ms = self.event_time_ms.max(event_time_ms);
        let event_time_ms =
            self.cursor.as_ref().map_or(event_time_ms, |row| row.event_time_ms.max(event_time_ms));
        self.cursor = Some(CursorRow { cursor, event_time_ms });
        self.cursor_moved = true;
        Ok(())
    }

    fn void(&mut self, ticket: Ticket) -> Result<(), Fatal> {
        metrics::counter!("ledger_records_void_total").increment(1);
        let flight = self.take_in_flight(ticket)?;
        self.throw_guesses_away();
        // What was decided on top of it is decided again too.
        let depended = |held: &Held| held.after.is_some_and(|after| after >= ticket);
        for held in self.held.take(depended) {
            self.again.insert(held.pending.arrival, held.pending.task);
        }
        if let Task::Client(client) = &flight.task {
            self.replies.set_stage(client.reply, Stage::Open);
        }
        self.again.insert(flight.arrival, flight.task);
        Ok(())
    }

    fn refused(&mut self, ticket: Ticket, now_ms: i64) -> Result<(), Fatal> {
        let flight = self.take_in_flight(ticket)?;
        self.throw_guesses_away();
        match flight.task {
            Task::Client(client) => {
                let why = "the log refused this record, and refused it again alone".to_owned();
                self.answer(client.reply, Answer::NotReady { why, retry_after_s: RETRY_AFTER_S });
            }
            // Its work stays open and is tried again after its pause.
            Task::Own(own) => {
                tracing::error!(target: "owner", partition = %self.at, command = %own.command, "the log refused an outcome");
                self.try_again(own.work, now_ms);
            }
        }
        Ok(())
    }

    fn leading(&mut self, now_ms: i64, store: &dyn Rows) -> Result<(), Fatal> {
        let first = self.standing != Standing::Leading;
        self.standing = Standing::Leading;
        self.doubt = !self.in_flight.is_empty();
        if first {
            self.recover(now_ms, store)?;
        }
        Ok(())
    }

    /// The new owner does what is open; here everybody is told. Everything in flight came back void before this. Whoever waits for
    /// the outcome of a recorded command goes on waiting: it comes with what is read.
    fn lost(&mut self, to: Fence) {
        tracing::warn!(target: "owner", partition = %self.at, address = to.address, "another process owns the partition now");
        self.standing = Standing::Following;
        let elsewhere = Answer::Elsewhere { to: Some(to.address) };
        let again = std::mem::take(&mut self.again).into_values();
        let held = self.held.take(|_| true).into_iter().map(|held| held.pending.task);
        let clients = std::mem::take(&mut self.clients).into_iter().map(|pending| pending.task);
        let tasks: Vec<Task> = again.chain(held).chain(clients).collect();
        for task in tasks {
            if let Task::Client(client) = task {
                self.answer(client.reply, elsewhere.clone());
            }
        }
        self.own.clear();
        self.works.forget();
        self.deliveries.forget();
    }

    fn take_in_flight(&mut self, ticket: Ticket) -> Result<InFlight, Fatal> {
        let flight = self.in_flight.pop_front().filter(|flight| flight.ticket == ticket);
        let flight =
            flight.ok_or_else(|| Fatal::Disagree(format!("ticket {ticket} is not the oldest in flight")))?;
        if self.in_flight.is_empty() {
            self.doubt = false;
        }
        Ok(flight)
    }

    fn throw_guesses_away(&mut self) {
        self.layers.forget_guesses();
        self.rules.forget_guesses();
        self.doubt = !self.in_flight.is_empty();
    }
}
