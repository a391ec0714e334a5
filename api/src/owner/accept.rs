//! A record is accepted: its rows move towards the store, whoever waited for it is told, and what follows outside is planned.

use super::payments::Payments;
use super::rows::{self, CommandRow, GenesisRow};
use super::{AwaitsOutcome, Decided, Fatal, InFlight, Out, Owner, Rules, Standing, Task};
use crate::store::Rows;
use ledger_domain::payment::effects::{self, Alarm, Effect};
use ledger_domain::payment::{Payment, PaymentEvent};
use ledger_domain::{Event, recorded};
use ledger_log::{Accepted, Fence, Genesis, Position};

impl Owner {
    /// A decision of this owner came true. Gives back its event's time, Unix ms.
    pub(super) fn accept_own(
        &mut self,
        flight: InFlight,
        seq: u64,
        now_ms: i64,
        store: &dyn Rows,
    ) -> Result<i64, Fatal> {
        let InFlight { ticket, task, decided, changes, appended_ms, .. } = flight;
        if flight.seq != seq {
            return Err(Fatal::Disagree(format!("accepted at {seq} what was decided for {}", flight.seq)));
        }
        metrics::histogram!("ledger_append_ms").record(as_f64(now_ms.saturating_sub(appended_ms)));
        self.timers.accept(&changes);
        self.layers.came_true(ticket, changes);
        self.after(&decided, seq, Some(task), now_ms, store)?;
        Ok(decided.meta.time_ms)
    }

    /// A record of another writer, or of an earlier life.
    pub(super) fn accept_foreign(
        &mut self,
        accepted: &Accepted,
        now_ms: i64,
        store: &dyn Rows,
    ) -> Result<i64, Fatal> {
        let at = self.position(accepted.record.seq);
        let payload = accepted.record.payload.clone();
        let (event, meta) = recorded::read(&payload.headers, &payload.value)
            .map_err(|why| Fatal::Unreadable { at: at.clone(), why: why.to_string() })?;
        let decided = Decided { event, meta, payload };
        let changes = self.rules.derive(&decided, &at, &self.layers.over(store, false))?;
        self.timers.accept(&changes);
        self.layers.accept(changes);
        self.after(&decided, at.seq, None, now_ms, store)?;
        Ok(decided.meta.time_ms)
    }

    /// A fence opens a reign; the first one is the partition's genesis.
    pub(super) fn accept_fence(&mut self, accepted: &Accepted) -> Result<i64, Fatal> {
        if accepted.record.seq == 1 {
            let payload = &accepted.record.payload;
            let at = self.position(1);
            Genesis::read(payload).map_err(|why| Fatal::Unreadable { at, why: why.to_string() })?;
            let row = GenesisRow { hash: accepted.hash, payload: payload.clone() };
            self.layers.accept([(rows::genesis_key(), Some(row.encode()))].into());
            self.genesis = Some(row);
        }
        // The writer has read it too, and stops at one it does not understand.
        self.leader = Fence::read(&accepted.record.payload).ok().or(self.leader.take());
        Ok(0)
    }

    fn after(
        &mut self,
        decided: &Decided,
        seq: u64,
        task: Option<Task>,
        now_ms: i64,
        store: &dyn Rows,
    ) -> Result<(), Fatal> {
        match &decided.event {
            Event::Directory(event) => {
                let at = self.position(seq);
                if let Rules::Directory(rules) = &mut self.rules {
                    rules.apply(event, &at)?;
                }
                self.wait_for_outcome(decided, task.as_ref());
                self.tell_waiting(&seq.to_string(), store)
            }
            Event::Settlement(event) => {
                self.wait_for_outcome(decided, task.as_ref());
                self.tell_waiting(&event.payee().to_string(), store)
            }
            Event::Payment(event) => {
                self.wait_for_outcome(decided, task.as_ref());
                if let Rules::Payments(rules) = &mut self.rules
                    && let Some(view) = rules.accepted(event.payment_id(), &self.layers.over(store, false))?
                {
                    self.plan(event, view.state(), task, now_ms);
                }
                self.tell_waiting(&event.payment_id().to_string(), store)
            }
        }
    }

    /// The client whose record this is waits for the outcome, which may be this very record.
    fn wait_for_outcome(&mut self, decided: &Decided, task: Option<&Task>) {
        let Some(Task::Client(client)) = task else { return };
        let stream = match &decided.event {
            Event::Payment(_) | Event::Settlement(_) => decided.event.subject(),
            Event::Directory(_) => self.next_seq().to_string(),
        };
        let one = AwaitsOutcome { command: decided.meta.command, reply: client.reply };
        self.outcomes.entry(stream).or_default().push(one);
    }

    fn tell_waiting(&mut self, stream: &str, store: &dyn Rows) -> Result<(), Fatal> {
        let Some(waiting) = self.outcomes.remove(stream) else { return Ok(()) };
        let mut still = Vec::new();
        for one in waiting {
            let rows = self.layers.over(store, false);
            let row = rows::read(&rows, &rows::command_key(&one.command), CommandRow::decode)?;
            let row =
                row.ok_or_else(|| Fatal::Disagree(format!("{} waits without a record", one.command)))?;
            match self.rules.progress(&row, &rows, &self.at)?.answer(false) {
                Some(answer) => self.answer(one.reply, answer),
                None => still.push(one),
            }
        }
        if !still.is_empty() {
            self.outcomes.insert(stream.to_owned(), still);
        }
        Ok(())
    }

    /// What follows outside. Only a leader acts; what others left open is found when the reign begins.
    fn plan(&mut self, event: &PaymentEvent, state: &Payment, task: Option<Task>, now_ms: i64) {
        let Rules::Payments(rules) = &self.rules else { return };
        if self.standing != Standing::Leading {
            return;
        }
        let payment = event.payment_id();
        if let Some(Task::Own(own)) = &task
            && let Some(key) = own.work
        {
            self.works.recorded(key);
        }
        for effect in effects::effects(state, event, &rules.timing) {
            match effect {
                Effect::Approve(call) => {
                    if let Some(Task::Client(client)) = task.as_ref()
                        && client.submission.card.as_ref().is_some_and(Result::is_ok)
                    {
                        continue_with_card(call, task, &mut self.works, &mut self.out, now_ms);
                        break;
                    }
                }
                Effect::Alarm(alarm) => raise(&alarm),
                Effect::Inquire(_) | Effect::NetCancel(_) | Effect::Cancel(_) => {}
            }
        }
        let steps = Payments::steps(state);
        self.works.plan(payment, &steps, 0, now_ms);
    }

    pub(super) fn position(&self, seq: u64) -> Position {
        Position { partition: self.at.clone(), seq }
    }
}

/// The one approve call of a payment, with the card that only this task has.
fn continue_with_card(
    call: effects::ApproveCall,
    task: Option<Task>,
    works: &mut super::works::Works,
    out: &mut std::collections::VecDeque<Out>,
    now_ms: i64,
) {
    if let Some(Task::Client(client)) = task
        && let Some(Ok(card)) = client.submission.card
    {
        let id = works.start_approve(call.head.payment_id, now_ms);
        out.push_back(Out::Call(id, super::calls::approve(call, card)));
    }
}

fn raise(alarm: &Alarm) {
    metrics::counter!("ledger_alarms_total").increment(1);
    match alarm {
        Alarm::Unresolved { payment_id, cancel_id } => {
            tracing::error!(target: "owner", %payment_id, ?cancel_id, "unresolved: two people or the settlement file must close it");
        }
        Alarm::LateApproval { payment_id } => {
            tracing::error!(target: "owner", %payment_id, "the acquirer approved after the net cancel was requested");
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a metric")]
fn as_f64(ms: i64) -> f64 {
    ms as f64
}
