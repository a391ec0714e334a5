//! One round: whatever may be decided is decided in order and handed to the log; questions are asked; what is confirmed is told.
//! The order of checks is the key, the card, the facts, the rule (architecture, section 4).

use super::meta;
use super::questions::Held;
use super::replies::Stage;
use super::rows::{self, CommandRow};
use super::works::WorkKey;
use super::{
    Client, Ctx, Decided, Fatal, InFlight, Out, Own, Owner, Pending, Rules, Standing, Task, Verdict,
    not_ready,
};
use crate::ledger::Answer;
use crate::store::Rows;
use ledger_log::Position;

/// No two clocks that decide anything are further apart than this, ms.
const CLOCKS_APART_MS: i64 = 4_000;

/// What a decision stands on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ground {
    /// What is in flight is taken for accepted.
    Newest,
    /// Accepted records alone.
    Accepted,
}

impl Owner {
    /// Does everything that can be done now.
    ///
    /// # Errors
    /// When this process cannot serve the partition any further.
    pub fn run(&mut self, ctx: &mut Ctx<'_>) -> Result<(), Fatal> {
        self.speak_late(ctx.now_ms);
        if matches!(self.standing, Standing::Stopped(_)) {
            return Ok(());
        }
        if self.standing == Standing::Leading && !ctx.gate.timers_stopped {
            self.fire_timers(ctx)?;
            self.make_calls(ctx)?;
            self.send_deliveries(ctx.now_ms);
        }
        self.decide_all(ctx)?;
        self.ask_log(ctx);
        self.tell_confirmed(ctx)
    }

    fn decide_all(&mut self, ctx: &mut Ctx<'_>) -> Result<(), Fatal> {
        while !self.doubt && ctx.log.room() > 0 && self.in_flight.len() < self.rules.most_in_flight() {
            let Some(pending) = self.next() else { return Ok(()) };
            self.decide_one(pending, ctx)?;
        }
        Ok(())
    }

    fn next(&mut self) -> Option<Pending> {
        let again = self.again.pop_first().map(|(arrival, task)| Pending { arrival, task });
        again.or_else(|| self.own.pop_front()).or_else(|| self.clients.pop_front())
    }

    fn decide_one(&mut self, pending: Pending, ctx: &mut Ctx<'_>) -> Result<(), Fatal> {
        let event_time_ms = ctx.now_ms.max(self.event_time_ms);
        let verdict = match &pending.task {
            Task::Client(client) if !self.replies.is_waiting(client.reply) => Verdict::Drop,
            Task::Client(client) => match ctx.gate.closed_to(&client.submission.command) {
                Some(why) => self.behind_the_gate(client, why, ctx.store)?,
                None => self.decide_client(client, event_time_ms, ctx, Ground::Newest)?,
            },
            Task::Own(own) => self.decide_own(own, event_time_ms, ctx)?,
        };
        match (verdict, &pending.task) {
            (Verdict::Record(decided), _) => return self.hand_over(pending, *decided, event_time_ms, ctx),
            (Verdict::Hold(answer), Task::Client(_)) => self.hold(pending, &answer, ctx),
            (Verdict::Tell(answer), Task::Client(client)) => {
                let reply = client.reply;
                self.answer(reply, answer);
            }
            (Verdict::Hold(_) | Verdict::Tell(_) | Verdict::Drop, Task::Own(own)) => {
                tracing::debug!(target: "owner", command = %own.command, "an own command is dealt with already");
                self.try_again(own.work, ctx.now_ms);
            }
            (Verdict::Drop, Task::Client(_)) => {}
        }
        Ok(())
    }

    /// A rejection waits until everything it rests on is accepted, confirmed and, where it rests on the directory, read.
    fn hold(&mut self, pending: Pending, answer: &Answer, ctx: &Ctx<'_>) {
        let after = self.in_flight.back().map(|flight| flight.ticket);
        let rests = matches!(answer, Answer::Rejected(rejection) if rejection.rests_on_directory());
        // A question of this very millisecond may have been put before.
        let directory_ms = rests.then(|| ctx.now_ms.saturating_add(1));
        self.held.push(Held { pending, after, directory_ms });
    }

    /// The intent's call came back with something that is not recorded now: if it is open still, it is asked about again.
    pub(super) fn try_again(&mut self, work: Option<WorkKey>, now_ms: i64) {
        if let Some(key) = work {
            self.works.again(key, now_ms);
        }
    }

    fn decide_client(
        &mut self,
        client: &Client,
        event_time_ms: i64,
        ctx: &Ctx<'_>,
        ground: Ground,
    ) -> Result<Verdict, Fatal> {
        if let Some(verdict) = self.look_up_key(client, ctx.store)? {
            return Ok(verdict);
        }
        if let Some(Err(problem)) = &client.submission.card {
            return Ok(Verdict::Hold(Answer::CardProblem(*problem)));
        }
        let view = self.layers.over(ctx.store, ground == Ground::Newest);
        let meta = meta::of_client(&client.submission, &self.ledger_id, ctx.directory, event_time_ms);
        match &mut self.rules {
            Rules::Payments(rules) => rules.decide_client(client, &view, ctx.directory, meta, event_time_ms),
            Rules::Directory(rules) => rules.decide_client(client, meta, event_time_ms),
        }
    }

    fn decide_own(&mut self, own: &Own, event_time_ms: i64, ctx: &Ctx<'_>) -> Result<Verdict, Fatal> {
        let view = self.layers.over(ctx.store, true);
        if rows::read(&view, &rows::command_key(&own.command), CommandRow::decode)?.is_some() {
            return Ok(Verdict::Drop);
        }
        let meta = meta::of_own(own, &self.ledger_id, ctx.directory, event_time_ms);
        match &mut self.rules {
            Rules::Payments(rules) => rules.decide_own(own, &view, ctx.directory, meta, event_time_ms),
            Rules::Directory(rules) => rules.decide_own(own, meta, event_time_ms),
        }
    }

    /// Nothing is recorded behind a closed gate, but what an earlier life of this command led to stands in the store.
    fn behind_the_gate(&mut self, client: &Client, why: &str, store: &dyn Rows) -> Result<Verdict, Fatal> {
        match self.look_up_key(client, store)? {
            Some(Verdict::Tell(answer)) => Ok(Verdict::Tell(answer)),
            Some(_) | None => Ok(Verdict::Tell(not_ready(why))),
        }
    }

    /// The idempotency key: none, or what is to be said of it.
    fn look_up_key(&mut self, client: &Client, store: &dyn Rows) -> Result<Option<Verdict>, Fatal> {
        let key = rows::command_key(&client.submission.command_id);
        let Some(row) = rows::read(&self.layers.over(store, true), &key, CommandRow::decode)? else {
            return Ok(None);
        };
        if row.fingerprint != Some(client.submission.fingerprint) {
            return Ok(Some(Verdict::Hold(Answer::KeyReused)));
        }
        let accepted = self.layers.over(store, false);
        if accepted.get(&key)?.is_none() {
            return Ok(Some(Verdict::Tell(Answer::StillRunning)));
        }
        let answer = self.rules.progress(&row, &accepted, &self.at)?.answer(true);
        Ok(Some(Verdict::Tell(answer.unwrap_or(Answer::StillRunning))))
    }

    fn hand_over(
        &mut self,
        pending: Pending,
        decided: Decided,
        event_time_ms: i64,
        ctx: &mut Ctx<'_>,
    ) -> Result<(), Fatal> {
        let seq = self.in_flight.back().map_or_else(|| self.seq(), |flight| flight.seq).saturating_add(1);
        let view = self.layers.over(ctx.store, true);
        let at = Position { partition: self.at.clone(), seq };
        let changes = self.rules.derive(&decided, &at, &view)?;
        let Some((ticket, appended)) = ctx.log.append(decided.payload.clone()) else {
            self.again.insert(pending.arrival, pending.task);
            self.rules.forget_guesses();
            return Ok(());
        };
        if appended != seq {
            return Err(Fatal::Disagree(format!(
                "the writer appends at {appended}, the owner stands at {seq}"
            )));
        }
        self.layers.guess(ticket, &changes);
        self.event_time_ms = self.event_time_ms.max(event_time_ms);
        if let Task::Client(client) = &pending.task {
            self.replies.set_stage(client.reply, Stage::Handed);
        }
        let Pending { arrival, task } = pending;
        let appended_ms = ctx.now_ms;
        self.in_flight.push_back(InFlight { ticket, seq, arrival, task, decided, changes, appended_ms });
        Ok(())
    }

    fn ask_log(&mut self, ctx: &mut Ctx<'_>) {
        if self.held.unasked() || self.reads.unasked() {
            let question = ctx.log.confirm();
            self.held.ask(question);
            self.reads.ask(question);
        }
    }

    fn tell_confirmed(&mut self, ctx: &Ctx<'_>) -> Result<(), Fatal> {
        let oldest = self.in_flight.front().map(|flight| flight.ticket);
        let as_of_ms = ctx.directory.as_of_ms;
        // Somebody whose clock is ahead may have recorded what takes effect "now": by this clock in a moment.
        let ahead_ms = ctx.directory.decided_ms.saturating_sub(ctx.now_ms.max(self.event_time_ms));
        let in_effect = !(1..=CLOCKS_APART_MS).contains(&ahead_ms);
        let accepted = |held: &Held| {
            let is_read = held.directory_ms.is_none_or(|needed_ms| needed_ms <= as_of_ms && in_effect);
            is_read && held.after.zip(oldest).is_none_or(|(after, oldest)| after < oldest)
        };
        for held in self.held.take_confirmed(accepted) {
            let Task::Client(client) = &held.pending.task else { continue };
            if !self.replies.is_waiting(client.reply) {
                continue;
            }
            // By now more may be accepted than it was decided on: it is told only if it still holds of all that is.
            match self.decide_client(client, ctx.now_ms.max(self.event_time_ms), ctx, Ground::Accepted)? {
                Verdict::Hold(Answer::Rejected(rejection))
                    if rejection.rests_on_directory() && held.directory_ms.is_none() =>
                {
                    self.hold(held.pending, &Answer::Rejected(rejection), ctx);
                }
                Verdict::Hold(answer) | Verdict::Tell(answer) => {
                    let reply = client.reply;
                    self.answer(reply, answer);
                }
                Verdict::Record(_) => drop(self.again.insert(held.pending.arrival, held.pending.task)),
                Verdict::Drop => {}
            }
        }
        let view = self.layers.over(ctx.store, false);
        for asked in self.reads.take_confirmed(|_| true) {
            let found = self.rules.find(&asked.query, &view, &self.at)?;
            self.out.push_back(Out::Found(asked.reply, Ok(found)));
        }
        Ok(())
    }
}
