//! Timers are rows of the store, ordered by when they are due. A due one becomes a command whose id is computed from the row, so
//! that the event comes exactly once, whoever owns the partition then. At the start of a reign the same rows show what is open.

use super::meta;
use super::payments::{self, Payments};
use super::{Ctx, Fatal, Owner, Rules, rows};
use crate::store::{Changes, Rows, StoreError};
use ledger_domain::ids::PaymentId;
use ledger_domain::lines::Payee;
use ledger_domain::recorded::Actor;
use ledger_domain::settlement::SettlementDue;
use std::collections::{BTreeMap, BTreeSet};

/// So many timers become commands in one round at most; the next round takes the rest.
const AT_ONCE: usize = 1_000;
/// A timer whose command led to nothing, because the log refused it or the directory was not read far enough, comes again after this
/// time, ms.
const AGAIN_AFTER_MS: i64 = 60_000;

/// The timers of everything that is open, as accepted. The store's rows, held in memory: it is asked many times a second what is
/// due, and a store would look through all that was ever due and is gone.
#[derive(Debug, Default)]
pub struct Timers {
    rows: BTreeSet<Vec<u8>>,
    /// Those that were turned into commands already, and when: what was dropped or refused is tried again after a while.
    fired: BTreeMap<Vec<u8>, i64>,
    next_look_ms: i64,
}

impl Timers {
    /// As the store has them.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(store: &dyn Rows) -> Result<Self, StoreError> {
        Ok(Self { rows: rows::due_keys(store)?.into_iter().collect(), ..Self::default() })
    }

    /// Takes in what was accepted.
    pub fn accept(&mut self, changes: &Changes) {
        for (key, value) in changes.iter().filter(|(key, _)| rows::is_due_key(key)) {
            match value {
                Some(_) => _ = self.rows.insert(key.clone()),
                None => {
                    self.rows.remove(key);
                    self.fired.remove(key);
                }
            }
        }
    }

    /// All of them, the earliest first.
    pub fn all(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.rows.iter()
    }

    /// Those that are due and were not taken before.
    fn take_due(&mut self, now_ms: i64) -> Vec<Vec<u8>> {
        let again_ms = now_ms.saturating_sub(AGAIN_AFTER_MS);
        let waits = |key: &Vec<u8>| self.fired.get(key).is_some_and(|fired_ms| *fired_ms > again_ms);
        let due = self.rows.range(..rows::due_after(now_ms)).filter(|key| !waits(key));
        let due: Vec<Vec<u8>> = due.take(AT_ONCE).cloned().collect();
        self.fired.extend(due.iter().map(|key| (key.clone(), now_ms)));
        due
    }

    /// What was taken before may be taken again.
    fn begin(&mut self) {
        self.fired.clear();
        self.next_look_ms = 0;
    }
}

impl Owner {
    /// Turns what is due into commands.
    pub(super) fn fire_timers(&mut self, ctx: &Ctx<'_>) -> Result<(), Fatal> {
        if ctx.now_ms < self.timers.next_look_ms {
            return Ok(());
        }
        self.timers.next_look_ms = ctx.now_ms.saturating_add(self.settings.timers_every_ms);
        for key in self.timers.take_due(ctx.now_ms) {
            let (stream, entry) = rows::read_due_key(&key)?;
            let cause = format!("timer/{}/{}", entry.tag, entry.due_ms);
            let unknown = || rows::unreadable(&key, "an unknown timer");
            let own = match stream.parse::<Payee>() {
                Ok(payee) => {
                    let due: SettlementDue = entry.tag.parse().map_err(|_| unknown())?;
                    if let SettlementDue::Deliver(closing) = due {
                        self.deliver(payee, closing, ctx)?;
                    }
                    due.command()
                        .and_then(|command| meta::own_settlement(payee, command, Actor::Timer, cause))
                }
                Err(_) => {
                    let payment = rows::payment_id(&key, stream.as_bytes())?;
                    let kind = payments::kind_of(&entry.tag).ok_or_else(unknown)?;
                    meta::own(payment, kind.command(), Actor::Timer, cause)
                }
            };
            if let Some(own) = own {
                self.want(own);
            }
        }
        Ok(())
    }

    /// A reign begins: everything that is open is found by its timers and taken up, without the cards, so by asking.
    pub(super) fn recover(&mut self, now_ms: i64, store: &dyn Rows) -> Result<(), Fatal> {
        self.timers.begin();
        let Rules::Payments(rules) = &self.rules else { return Ok(()) };
        let view = self.layers.over(store, false);
        let mut last: Option<PaymentId> = None;
        for key in self.timers.all() {
            let (stream, _) = rows::read_due_key(key)?;
            // A payee's timers are looked at when they are due.
            if stream.parse::<Payee>().is_ok() {
                continue;
            }
            let payment = rows::payment_id(key, stream.as_bytes())?;
            if last != Some(payment) {
                if let Some(open) = rules.accepted_view(payment, &view)? {
                    self.works.plan(payment, &Payments::steps(open.state()), 1, now_ms);
                }
                last = Some(payment);
            }
        }
        if self.works.len() > 0 {
            tracing::info!(target: "owner", partition = %self.at, open = self.works.len(), "took up what was open");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owner::rows::Due;
    use crate::store::Memory;

    fn row(due_ms: i64, there: bool) -> Changes {
        let key = rows::due_key("pay_1", &Due { due_ms, tag: "inquiry".to_owned() });
        [(key, there.then(Vec::new))].into()
    }

    #[test]
    fn a_timer_is_taken_once_when_it_is_due_and_again_in_the_next_reign() {
        let mut store = Memory::default();
        store.apply(row(5, true));
        let mut timers = Timers::read(&store).unwrap();
        timers.accept(&row(7, true));
        assert_eq!(timers.take_due(4), Vec::<Vec<u8>>::new());
        assert_eq!(timers.take_due(5).len(), 1);
        assert_eq!(timers.take_due(7).len(), 1);
        assert_eq!(timers.take_due(9).len(), 0);
        timers.begin();
        timers.accept(&row(5, false));
        assert_eq!(timers.take_due(9), row(7, true).into_keys().collect::<Vec<_>>());
    }

    #[test]
    fn what_is_taken_in_is_what_a_store_gives_back() {
        let (mut store, mut timers) = (Memory::default(), Timers::default());
        for (due_ms, there) in [(5, true), (9, true), (5, false), (7, true)] {
            timers.accept(&row(due_ms, there));
            store.apply(row(due_ms, there));
        }
        assert_eq!(timers.rows, Timers::read(&store).unwrap().rows);
        assert_eq!(timers.rows.len(), 2);
    }
}
