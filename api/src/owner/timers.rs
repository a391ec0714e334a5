//! Timers are rows of the store, ordered by when they are due. A due one becomes a command whose id is computed from the row, so
//! that the event comes exactly once, whoever owns the partition then. At the start of a reign the same rows show what is open.

use super::meta;
use super::payments::{self, Payments};
use super::{Ctx, Fatal, Owner, Rules, rows};
use crate::store::Rows;
use ledger_domain::ids::PaymentId;
use ledger_domain::recorded::Actor;

/// So many timers become commands in one round at most; the next round takes the rest.
const AT_ONCE: usize = 1_000;

impl Owner {
    /// Turns what is due into commands.
    pub(super) fn fire_timers(&mut self, ctx: &Ctx<'_>) -> Result<(), Fatal> {
        let Rules::Payments(_) = &self.rules else { return Ok(()) };
        if ctx.now_ms < self.timers_from_ms {
            return Ok(());
        }
        let view = self.layers.over(ctx.store, false);
        let due = rows::due_until(&view, ctx.now_ms, AT_ONCE.saturating_add(self.fired.len()))?;
        let current: std::collections::BTreeSet<Vec<u8>> =
            due.iter().map(|(stream, due)| rows::due_key(stream, due)).collect();
        // A row that is gone will not come again; one that stayed was refused and needs a person.
        self.fired.retain(|key| current.contains(key));
        for (stream, entry) in due {
            let key = rows::due_key(&stream, &entry);
            if !self.fired.insert(key.clone()) {
                continue;
            }
            let payment = rows::payment_id(&key, stream.as_bytes())?;
            let kind =
                payments::kind_of(&entry.tag).ok_or_else(|| rows::unreadable(&key, "an unknown timer"))?;
            let cause = format!("timer/{}/{}", entry.tag, entry.due_ms);
            if let Some(own) = meta::own(payment, kind.command(), Actor::Timer, cause) {
                self.want(own);
            }
        }
        self.timers_from_ms = ctx.now_ms.saturating_add(self.settings.timers_every_ms);
        Ok(())
    }

    /// A reign begins: everything that is open is found in the due table and taken up, without the cards, so by asking.
    pub(super) fn recover(&mut self, now_ms: i64, store: &dyn Rows) -> Result<(), Fatal> {
        self.fired.clear();
        self.timers_from_ms = 0;
        let Rules::Payments(rules) = &self.rules else { return Ok(()) };
        let view = self.layers.over(store, false);
        let mut last: Option<PaymentId> = None;
        for (stream, _) in rows::due_until(&view, i64::MAX - 1, usize::MAX)? {
            let payment = rows::payment_id(stream.as_bytes(), stream.as_bytes())?;
            if last != Some(payment) {
                let state = rules.accepted_state(payment, &view)?;
                self.works.plan(payment, &Payments::steps(&state), 1, now_ms);
                last = Some(payment);
            }
        }
        if self.works.len() > 0 {
            tracing::info!(target: "owner", partition = %self.at, open = self.works.len(), "took up what was open");
        }
        Ok(())
    }
}
