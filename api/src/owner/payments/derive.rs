//! What an event changes in the store: its record, its stream with its timers, its command, and the rules' own rows. The same
//! function for what is in flight, what was accepted, and what is read again from the log.

use super::view::RuleView;
use super::{Payments, Stream};
use crate::owner::payees;
use crate::owner::rows::{self, CommandRow, Due, OrderRow, RecordRow, StreamRow};
use crate::owner::{Decided, Fatal, meta};
use crate::store::{Changes, Rows};
use ledger_domain::ids::CancelId;
use ledger_domain::partition::{self, Change};
use ledger_domain::payment::effects::{self, DueKind};
use ledger_domain::payment::{Payment, PaymentEvent};
use ledger_domain::settlement::{SettlementDue, close_at};
use ledger_log::Position;
use std::sync::Arc;

impl Payments {
    /// The rows that change when `event` stands at `at`. Memory moves on with it.
    pub(in crate::owner) fn derive(
        &mut self,
        decided: &Decided,
        event: &PaymentEvent,
        at: &Position,
        rows: &dyn Rows,
    ) -> Result<Changes, Fatal> {
        let payment = event.payment_id();
        let name = payment.to_string();
        let impossible = |why: String| Fatal::Impossible { at: at.clone(), why };
        let (known, old) = self.take(payment, &name, rows)?;
        let (nothing, before) = (Payment::Ready, known.as_ref().map(|stream| Arc::clone(stream.newest())));
        let before = before.as_ref().map_or(&nothing, |view| view.state());
        let value = decided.payload.value.as_slice();
        let stream = match known {
            Some(mut stream) => stream.push(event, value, at.seq).map(|()| stream),
            None => Stream::begin(event, value, at.seq, &decided.meta),
        };
        let stream = stream.map_err(|why| impossible(why.to_string()))?;
        let after = stream.state();
        let view = RuleView::new(rows);
        let by_rules = partition::changes(&view, before, event, after, at.seq)
            .map_err(|why| impossible(why.to_string()))?;
        view.finish()?;
        let version = old.version.saturating_add(1);
        let dues: Vec<Due> = effects::due(after, &self.timing).iter().map(due_row).collect();
        let mut changes = Changes::new();
        let record = RecordRow { seq: at.seq, payload: decided.payload.clone() };
        changes.insert(rows::record_key(&name, version), Some(record.encode()));
        let fingerprint = meta::fingerprint(&decided.meta);
        let command = CommandRow { stream: name.clone(), version, fingerprint };
        changes.insert(rows::command_key(&decided.meta.command), Some(command.encode()));
        for gone in old.dues.iter().filter(|due| !dues.contains(due)) {
            changes.insert(rows::due_key(&name, gone), None);
        }
        for come in dues.iter().filter(|due| !old.dues.contains(due)) {
            changes.insert(rows::due_key(&name, come), Some(Vec::new()));
        }
        changes.insert(rows::stream_key(&name), Some(StreamRow { version, dues }.encode()));
        self.keep(payment, stream);
        by_rules.into_iter().for_each(|change| put(&mut changes, change));
        Ok(changes)
    }
}

fn put(changes: &mut Changes, change: Change) {
    match change {
        Change::Order { merchant_id, order_id, entry, attempt } => {
            changes.insert(rows::order_key(&merchant_id, &order_id), Some(OrderRow(entry).encode()));
            if let Some((number, payment)) = attempt {
                let key = rows::attempt_key(&merchant_id, &order_id, number);
                changes.insert(key, Some(payment.to_string().into_bytes()));
            }
        }
        Change::Totals { merchant_id, sold_date, totals } => {
            let key = rows::totals_key(&merchant_id, &sold_date.to_string());
            changes.insert(key, Some(rows::encode_totals(&totals)));
            if totals.entries() == 1 {
                let stream = merchant_id.to_string();
                let due = payees::due_row((close_at(sold_date), SettlementDue::Close(sold_date)));
                changes.insert(rows::due_key(&stream, &due), Some(Vec::new()));
            }
        }
        Change::Open { merchant_id, payment_id, open } => {
            changes.insert(rows::open_key(&merchant_id, &payment_id), open.then(Vec::new));
        }
    }
}

fn due_row(due: &effects::Due) -> Due {
    Due { due_ms: due.at.ms(), tag: tag(due.kind) }
}

const APPROVAL_ANSWER: &str = "approval-answer";
const INQUIRY: &str = "inquiry";
const NET_CANCEL: &str = "net-cancel";
const CANCEL_ANSWER: &str = "cancel-answer/";
const CANCEL_RETRY: &str = "cancel-retry/";

fn tag(kind: DueKind) -> String {
    match kind {
        DueKind::ApprovalAnswer => APPROVAL_ANSWER.to_owned(),
        DueKind::Inquiry => INQUIRY.to_owned(),
        DueKind::NetCancel => NET_CANCEL.to_owned(),
        DueKind::CancelAnswer(cancel) => format!("{CANCEL_ANSWER}{cancel}"),
        DueKind::CancelRetry(cancel) => format!("{CANCEL_RETRY}{cancel}"),
    }
}

/// What a timer's tag stands for; None when it is none.
pub(in crate::owner) fn kind_of(tag: &str) -> Option<DueKind> {
    let cancel = |prefix: &str| tag.strip_prefix(prefix)?.parse::<CancelId>().ok();
    match tag {
        APPROVAL_ANSWER => Some(DueKind::ApprovalAnswer),
        INQUIRY => Some(DueKind::Inquiry),
        NET_CANCEL => Some(DueKind::NetCancel),
        _ => cancel(CANCEL_ANSWER)
            .map(DueKind::CancelAnswer)
            .or_else(|| cancel(CANCEL_RETRY).map(DueKind::CancelRetry)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_timers_tag_reads_back_as_its_kind() {
        let cancel = CancelId::new(Uuid::from_u128(9));
        for kind in [
            DueKind::ApprovalAnswer,
            DueKind::Inquiry,
            DueKind::NetCancel,
            DueKind::CancelAnswer(cancel),
            DueKind::CancelRetry(cancel),
        ] {
            assert_eq!(kind_of(&tag(kind)), Some(kind));
        }
        assert_eq!(kind_of("cancel-answer/pay_1"), None);
    }
}
