//! What a command or a question is answered with, computed from the stream's events: the first answer again, however late.

use super::Payments;
use crate::ledger::{Answer, CommandResult, CommandScope, CommandView, OrderView, PaymentAt};
use crate::owner::calls;
use crate::owner::rows::{self, CommandRow, OrderRow};
use crate::owner::works::{Step, WorkKey};
use crate::owner::{Fatal, Found, Query};
use crate::store::Rows;
use ledger_domain::Impossible;
use ledger_domain::ids::{CommandId, MerchantId, PaymentId};
use ledger_domain::lines::AcquirerId;
use ledger_domain::partition::MAX_ATTEMPTS;
use ledger_domain::payment::{self, Payment, PaymentEvent, effects};
use ledger_log::{PartitionId, Position};

/// How far a recorded command has come.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::owner) enum Progress {
    /// No outcome yet, and nobody was told so.
    Open,
    /// No outcome, and the first caller was told so.
    Unknown,
    /// Answered.
    Done {
        /// Of the record that completed it.
        position: Position,
        /// What it led to.
        result: CommandResult,
    },
}

/// Whom a payment was routed to, as its first event says.
pub(in crate::owner) struct Route {
    /// The acquirer.
    pub(in crate::owner) acquirer: AcquirerId,
    /// Whether it keeps tombstones.
    pub(in crate::owner) tombstones: bool,
}

impl Progress {
    /// The answer to the command, where there is one to give.
    pub(in crate::owner) fn answer(self, replayed: bool) -> Option<Answer> {
        match self {
            Self::Open => None,
            Self::Unknown => Some(Answer::Unknown),
            Self::Done { position, result } => Some(Answer::Recorded { position, replayed, result }),
        }
    }
}

impl Payments {
    /// How far the command behind `row` has come as far as `rows` shows.
    pub(in crate::owner) fn progress(
        &self,
        row: &CommandRow,
        rows: &dyn Rows,
        at: &PartitionId,
    ) -> Result<Progress, Fatal> {
        let payment = rows::payment_id(row.stream.as_bytes(), row.stream.as_bytes())?;
        let missing =
            || Fatal::Store(rows::unreadable(row.stream.as_bytes(), "a command without its events"));
        let seen = self.seen(payment, rows)?.ok_or_else(missing)?;
        let intent = usize::try_from(row.version).unwrap_or(usize::MAX).saturating_sub(1);
        let length = match payment::answer(seen.events(), intent).ok_or_else(missing)? {
            payment::Answer::Open => return Ok(Progress::Open),
            payment::Answer::Unknown => return Ok(Progress::Unknown),
            payment::Answer::Final { length } => length,
            payment::Answer::Since => seen.length(),
        };
        let mut found = at_length(&seen, length, at)?.ok_or_else(missing)?;
        found.cancel = seen.events().get(intent).and_then(PaymentEvent::cancel_id);
        let position = found.position.clone();
        Ok(Progress::Done { position, result: CommandResult::Payment(Box::new(found)) })
    }

    /// Answers a question as far as `rows` shows.
    pub(in crate::owner) fn find(
        &self,
        query: &Query,
        rows: &dyn Rows,
        at: &PartitionId,
    ) -> Result<Found, Fatal> {
        match query {
            Query::Payment(payment, merchant) => {
                Ok(Found::Payment(self.payment_of(*payment, *merchant, rows, at)?.map(Box::new)))
            }
            Query::Order(merchant, order_id) => {
                Ok(Found::Order(self.order(*merchant, order_id, rows, at)?.map(Box::new)))
            }
            Query::Command(command, scope) => Ok(Found::Command(self.command(command, scope, rows, at)?)),
            Query::Nothing => Ok(Found::Nothing),
        }
    }

    fn payment_of(
        &self,
        payment: PaymentId,
        merchant: MerchantId,
        rows: &dyn Rows,
        at: &PartitionId,
    ) -> Result<Option<PaymentAt>, Fatal> {
        let Some(seen) = self.seen(payment, rows)? else { return Ok(None) };
        Ok(at_length(&seen, seen.length(), at)?.filter(|found| found.view.merchant_id == merchant))
    }

    fn order(
        &self,
        merchant: MerchantId,
        order_id: &str,
        rows: &dyn Rows,
        at: &PartitionId,
    ) -> Result<Option<OrderView>, Fatal> {
        let Some(row) = rows::read(rows, &rows::order_key(&merchant, order_id), OrderRow::decode)? else {
            return Ok(None);
        };
        let limit = usize::try_from(MAX_ATTEMPTS).unwrap_or(usize::MAX);
        let mut attempts = Vec::new();
        for payment in rows::attempts(rows, &merchant, order_id, limit)? {
            attempts.extend(self.payment_of(payment, merchant, rows, at)?);
        }
        let live =
            row.0.live.and_then(|live| attempts.iter().find(|one| one.view.payment_id == live).cloned());
        Ok(Some(OrderView { live, attempts }))
    }

    fn command(
        &self,
        command: &CommandId,
        scope: &CommandScope,
        rows: &dyn Rows,
        at: &PartitionId,
    ) -> Result<CommandView, Fatal> {
        let Some(row) = rows::read(rows, &rows::command_key(command), CommandRow::decode)? else {
            return Ok(CommandView::NothingRecorded);
        };
        let payment = rows::payment_id(row.stream.as_bytes(), row.stream.as_bytes())?;
        let Some(seen) = self.seen(payment, rows)? else { return Ok(CommandView::NothingRecorded) };
        let now = at_length(&seen, seen.length(), at)?.filter(|now| match scope {
            CommandScope::Operator => true,
            CommandScope::Merchant(merchant) => now.view.merchant_id == *merchant,
        });
        // The owner's own commands are nobody's to ask for.
        let (Some(now), Some(_)) = (now, row.fingerprint) else { return Ok(CommandView::NothingRecorded) };
        Ok(match self.progress(&row, rows, at)? {
            Progress::Open | Progress::Unknown => {
                CommandView::Running { position: now.position.clone(), payment: Box::new(now) }
            }
            Progress::Done { position, result } => CommandView::Done { position, result },
        })
    }

    /// The state as far as `rows` shows.
    pub(in crate::owner) fn accepted_state(
        &self,
        payment: PaymentId,
        rows: &dyn Rows,
    ) -> Result<Payment, Fatal> {
        let Some(seen) = self.seen(payment, rows)? else { return Ok(Payment::Ready) };
        let impossible = |why| Fatal::Store(rows::unreadable(payment.to_string().as_bytes(), why));
        seen.stream().state_at(seen.length()).map_err(|why: Impossible| impossible(why.to_string()))
    }

    /// The acquirer that the payment was routed to, also when nothing is open about it any more.
    pub(in crate::owner) fn route(
        &self,
        payment: PaymentId,
        rows: &dyn Rows,
    ) -> Result<Option<Route>, Fatal> {
        let Some(seen) = self.seen(payment, rows)? else { return Ok(None) };
        let Some(PaymentEvent::Requested(data)) = seen.events().first() else { return Ok(None) };
        let (acquirer, tombstones) = (data.terms.acquirer.clone(), data.terms.tombstones);
        Ok(Some(Route { acquirer, tombstones }))
    }

    /// What is open outside in this state.
    pub(in crate::owner) fn steps(state: &Payment) -> Vec<(WorkKey, Step)> {
        let open = effects::open_calls(state);
        open.iter().filter_map(|effect| calls::key_of(effect).zip(calls::step_of(effect))).collect()
    }

    /// Forgets the stream in memory once nothing about it is open and nothing of it is in flight.
    pub(in crate::owner) fn let_go_if_settled(
        &mut self,
        payment: PaymentId,
        rows: &dyn Rows,
    ) -> Result<(), Fatal> {
        let Some(row) = super::stream::stream_row(&payment.to_string(), rows)? else { return Ok(()) };
        if row.dues.is_empty() {
            self.let_go(payment, row.version);
        }
        Ok(())
    }
}

fn at_length(
    seen: &super::stream::Seen<'_>,
    length: usize,
    at: &PartitionId,
) -> Result<Option<PaymentAt>, Fatal> {
    let impossible = |why: ledger_domain::Impossible| Fatal::Store(rows::unreadable(b"", why));
    seen.stream().at(length, at).map_err(impossible)
}
