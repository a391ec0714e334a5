//! What a command or a question is answered with, computed from the stream's events: the first answer again, however late.

use super::Payments;
use super::stream::{Route, Stream};
use crate::ledger::{Answer, CommandResult, CommandScope, CommandView, OrderView, PaymentAt};
use crate::owner::calls;
use crate::owner::payees;
use crate::owner::rows::{self, CommandRow, OrderRow};
use crate::owner::works::{Step, WorkKey};
use crate::owner::{Fatal, Found, Query};
use crate::store::Rows;
use ledger_domain::Impossible;
use ledger_domain::ids::{CommandId, MerchantId, PaymentId};
use ledger_domain::lines::Payee;
use ledger_domain::partition::MAX_ATTEMPTS;
use ledger_domain::payment::{self, Payment, PaymentEvent, PaymentView, effects};
use ledger_log::{PartitionId, Position};
use std::sync::Arc;

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
        let told = |stream: &Stream| {
            told(stream, seen.length(), intent, at).map_err(|why| super::impossible(payment, why))
        };
        if let Some(progress) = told(seen.stream())? {
            return Ok(progress);
        }
        // The command is older than what is kept.
        let version = u32::try_from(seen.length()).unwrap_or(u32::MAX);
        let whole = Stream::load(&row.stream, version, rows)?.ok_or_else(missing)?;
        told(&whole)?.ok_or_else(missing)
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
        if row.stream.parse::<Payee>().is_ok() {
            return payees::command(&row, scope, rows, at);
        }
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

    /// The payment as far as `rows` shows it; none when there is no such payment.
    pub(in crate::owner) fn accepted_view(
        &self,
        payment: PaymentId,
        rows: &dyn Rows,
    ) -> Result<Option<Arc<PaymentView>>, Fatal> {
        let Some(seen) = self.seen(payment, rows)? else { return Ok(None) };
        seen.view().map_err(|why| super::impossible(payment, why))
    }

    /// The acquirer that the payment was routed to, also when nothing is open about it any more.
    pub(in crate::owner) fn route(
        &self,
        payment: PaymentId,
        rows: &dyn Rows,
    ) -> Result<Option<Route>, Fatal> {
        let Some(seen) = self.seen(payment, rows)? else { return Ok(None) };
        Ok(seen.stream().route().cloned())
    }

    /// What is open outside in this state.
    pub(in crate::owner) fn steps(state: &Payment) -> Vec<(WorkKey, Step)> {
        let open = effects::open_calls(state);
        open.iter().filter_map(|effect| calls::key_of(effect).zip(calls::step_of(effect))).collect()
    }
}

/// How far a stream shows the command behind the event `intent`; none where it does not hold that event any more.
fn told(
    stream: &Stream,
    length: usize,
    intent: usize,
    at: &PartitionId,
) -> Result<Option<Progress>, Impossible> {
    let length = match stream.answer(intent, length) {
        None => return Ok(None),
        Some(payment::Answer::Open) => return Ok(Some(Progress::Open)),
        Some(payment::Answer::Unknown) => return Ok(Some(Progress::Unknown)),
        Some(payment::Answer::Final { length }) => length,
        Some(payment::Answer::Since) => length,
    };
    Ok(stream.at(length, at)?.map(|mut found| {
        found.cancel = stream.event(intent).and_then(PaymentEvent::cancel_id);
        Progress::Done { position: found.position.clone(), result: CommandResult::Payment(Box::new(found)) }
    }))
}

fn at_length(
    seen: &super::stream::Seen<'_>,
    length: usize,
    at: &PartitionId,
) -> Result<Option<PaymentAt>, Fatal> {
    let impossible = |why: Impossible| Fatal::Store(rows::unreadable(b"", why));
    seen.stream().at(length, at).map_err(impossible)
}
