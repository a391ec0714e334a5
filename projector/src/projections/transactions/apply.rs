//! Events to rows. Every event of a payment is named here: a new one must be thought about.

use super::TransactionsFold;
use super::row::{Money, TransactionRow};
use crate::entry::Entry;
use crate::projections::money::{Fees, Nodes, currency, signed};
use ledger_domain::ids::CancelId;
use ledger_domain::payment::{
    Approved, CancelRefusal, CancelRequested, Cancelled, Movement, NetCancelWish, NotAttemptedCause,
    PaymentEvent, Requested, Resolution, Resolved,
};

const APPROVAL: &str = "APPROVAL";
const CANCEL: &str = "CANCEL";
const PENDING: &str = "PENDING";
const DONE: &str = "DONE";
const FAILED: &str = "FAILED";
const UNKNOWN: &str = "UNKNOWN";
const UNRESOLVED: &str = "UNRESOLVED";
const NET_CANCELED: &str = "NET_CANCELED";

impl TransactionsFold {
    pub(super) fn event(&mut self, entry: &Entry, event: &PaymentEvent) -> Result<(), String> {
        let payment = *event.payment_id().as_bytes();
        match event {
            PaymentEvent::Requested(data) => self.requested(entry, data),
            PaymentEvent::Approved(data) => self.approved(entry, data),
            PaymentEvent::Declined(data) => {
                self.ended(entry, payment, FAILED, "ABORTED", Some((&data.code, &data.message)))
            }
            PaymentEvent::NotAttempted(data) => {
                self.ended(entry, payment, FAILED, "ABORTED", Some(("NOT_ATTEMPTED", cause(data.cause))))
            }
            PaymentEvent::ApprovalUnknown(_) => self.ended(entry, payment, UNKNOWN, "UNKNOWN", None),
            PaymentEvent::NetCancelRequested(data) => {
                self.ended(entry, payment, UNKNOWN, "UNKNOWN", None)?;
                self.row(payment)?.reason = match &data.wish {
                    NetCancelWish::Merchant { reason, .. } => Some(reason.clone()),
                    NetCancelWish::Deadline {} => None,
                };
                Ok(())
            }
            PaymentEvent::NetCancelled(data) => {
                let status = if data.had_approval { "CANCELED" } else { "ABORTED" };
                self.ended(entry, payment, NET_CANCELED, status, None)
            }
            PaymentEvent::Unresolved(_) => self.ended(entry, payment, UNRESOLVED, "UNRESOLVED", None),
            // Evidence, proposals and a merchant's notes change nothing that a list shows; the payment's events tell of them.
            PaymentEvent::LateApprovalSeen(_)
            | PaymentEvent::ResolutionProposed(_)
            | PaymentEvent::MetadataChanged(_) => self.row(payment).map(|_| ()),
            PaymentEvent::Resolved(data) => self.resolved(entry, payment, data),
            PaymentEvent::CancelRequested(data) => self.cancel_requested(entry, payment, data),
            PaymentEvent::Cancelled(data) => self.cancelled(entry, payment, data),
            PaymentEvent::CancelDeclined(data) => match &data.refusal {
                CancelRefusal::Acquirer { code, message } => {
                    self.cancel_ended(entry, payment, data.cancel_id, FAILED, Some((code, message)))
                }
                CancelRefusal::NotAttempted { cause: why } => {
                    let failure = Some(("NOT_ATTEMPTED", cause(*why)));
                    self.cancel_ended(entry, payment, data.cancel_id, FAILED, failure)
                }
            },
            PaymentEvent::CancelUnknown(data) => {
                self.cancel_ended(entry, payment, data.cancel_id, UNKNOWN, None)
            }
            PaymentEvent::CancelUnresolved(data) => {
                self.cancel_ended(entry, payment, data.cancel_id, UNRESOLVED, None)
            }
        }
    }

    fn requested(&mut self, entry: &Entry, data: &Requested) -> Result<(), String> {
        let nodes = Nodes::of(&data.terms.branch_path)?;
        let at = data.at.ms();
        self.put(TransactionRow {
            id: *data.payment_id.as_bytes(),
            kind: APPROVAL.to_owned(),
            payment_id: *data.payment_id.as_bytes(),
            partition: entry.at.partition,
            seq: entry.seq_number(),
            merchant_id: *data.merchant_id.as_bytes(),
            branch_id: nodes.branch,
            agency_id: nodes.agency,
            order_id: data.order_id.clone(),
            order_name: data.order_name.clone(),
            method: data.method.as_str().to_owned(),
            currency: currency(data.currency).to_owned(),
            status: "IN_PROGRESS".to_owned(),
            result: PENDING.to_owned(),
            requested_amount: data.amount.minor(),
            money: Money::default(),
            balance: 0,
            card_number: data.card.to_string(),
            installment: data.installment_months.into(),
            acquirer: data.terms.acquirer.to_string(),
            approve_no: None,
            reason: None,
            failure_code: None,
            failure_message: None,
            requested_at: at,
            occurred_at: at,
            approved_at: None,
            sold_date: None,
            pay_out_date: None,
        })
    }

    fn approved(&mut self, entry: &Entry, data: &Approved) -> Result<(), String> {
        let payment = *data.payment_id.as_bytes();
        self.paid(entry, payment, &data.money, &data.approval.approve_no, data.approval.approved_at.ms())
    }

    fn paid(
        &mut self,
        entry: &Entry,
        id: [u8; 16],
        money: &Movement,
        no: &str,
        at_ms: i64,
    ) -> Result<(), String> {
        self.ended(entry, id, DONE, "DONE", None)?;
        let row = self.row(id)?;
        row.moved(money)?;
        row.balance = row.money.amount;
        row.approve_no = Some(no.to_owned());
        row.approved_at = Some(at_ms);
        Ok(())
    }

    fn resolved(&mut self, entry: &Entry, payment: [u8; 16], data: &Resolved) -> Result<(), String> {
        match (&data.resolution, &data.money) {
            (Resolution::Paid { approval }, Some(money)) => {
                self.paid(entry, payment, money, &approval.approve_no, approval.approved_at.ms())
            }
            (Resolution::NotPaid {}, None) => {
                self.ended(entry, payment, FAILED, "ABORTED", Some(("NOT_PAID", "")))
            }
            (Resolution::Reversed {}, None) => self.ended(entry, payment, NET_CANCELED, "CANCELED", None),
            (Resolution::CancelDone { cancel }, Some(money)) => {
                self.cancel_done(entry, payment, cancel.cancel_id, money, cancel.canceled_at.ms())
            }
            (Resolution::CancelNotDone { cancel_id }, None) => {
                self.cancel_ended(entry, payment, *cancel_id, FAILED, Some(("NOT_CANCELED", "")))
            }
            (Resolution::Paid { .. } | Resolution::CancelDone { .. }, None)
            | (
                Resolution::NotPaid {} | Resolution::Reversed {} | Resolution::CancelNotDone { .. },
                Some(_),
            ) => Err("its resolution and its money contradict each other".to_owned()),
        }
    }

    fn cancel_requested(
        &mut self,
        entry: &Entry,
        payment: [u8; 16],
        data: &CancelRequested,
    ) -> Result<(), String> {
        let approval = self.row(payment)?.clone();
        let at = data.at.ms();
        self.put(TransactionRow {
            id: *data.cancel_id.as_bytes(),
            kind: CANCEL.to_owned(),
            seq: entry.seq_number(),
            status: approval.paid_status().to_owned(),
            result: PENDING.to_owned(),
            requested_amount: data.amount.minor(),
            money: Money::default(),
            approve_no: None,
            reason: Some(data.reason.clone()),
            requested_at: at,
            occurred_at: at,
            approved_at: None,
            sold_date: None,
            pay_out_date: None,
            ..approval
        })
    }

    fn cancelled(&mut self, entry: &Entry, payment: [u8; 16], data: &Cancelled) -> Result<(), String> {
        self.cancel_done(entry, payment, data.cancel.cancel_id, &data.money, data.cancel.canceled_at.ms())
    }

    fn cancel_done(
        &mut self,
        entry: &Entry,
        payment: [u8; 16],
        cancel: CancelId,
        money: &Movement,
        at_ms: i64,
    ) -> Result<(), String> {
        let approval = self.row(payment)?;
        approval.balance = approval
            .balance
            .checked_sub(money.amount.minor())
            .filter(|left| *left >= 0)
            .ok_or("more is cancelled than was left")?;
        approval.seq = entry.seq_number();
        self.cancel_ended(entry, payment, cancel, DONE, None)?;
        let row = self.row(*cancel.as_bytes())?;
        row.approved_at = Some(at_ms);
        row.moved(money)
    }

    fn cancel_ended(
        &mut self,
        entry: &Entry,
        payment: [u8; 16],
        cancel: CancelId,
        result: &str,
        failure: Option<(&str, &str)>,
    ) -> Result<(), String> {
        let approval = self.row(payment)?;
        let (status, balance) = (approval.paid_status(), approval.balance);
        self.ended(entry, *cancel.as_bytes(), result, status, failure)?;
        self.row(*cancel.as_bytes())?.balance = balance;
        Ok(())
    }

    fn ended(
        &mut self,
        entry: &Entry,
        id: [u8; 16],
        result: &str,
        status: &str,
        failure: Option<(&str, &str)>,
    ) -> Result<(), String> {
        let row = self.row(id)?;
        row.result = result.to_owned();
        row.status = status.to_owned();
        row.seq = entry.seq_number();
        row.occurred_at = entry.event.at().ms();
        row.failure_code = failure.map(|(code, _)| code.to_owned());
        row.failure_message = failure.map(|(_, message)| message.to_owned());
        Ok(())
    }

    /// The row to be changed.
    fn row(&mut self, id: [u8; 16]) -> Result<&mut TransactionRow, String> {
        self.changed.insert(id);
        self.rows.get_mut(&id).ok_or_else(|| "nothing was requested before it".to_owned())
    }

    fn put(&mut self, row: TransactionRow) -> Result<(), String> {
        let id = row.id;
        self.changed.insert(id);
        match self.rows.insert(id, row) {
            None => Ok(()),
            Some(_) => Err("the same was requested before".to_owned()),
        }
    }
}

impl TransactionRow {
    /// The state of a payment that was paid, from what is left of it.
    fn paid_status(&self) -> &'static str {
        match self.balance {
            0 => "CANCELED",
            left if left == self.money.amount => "DONE",
            _ => "PARTIAL_CANCELED",
        }
    }

    fn moved(&mut self, money: &Movement) -> Result<(), String> {
        let fees = Fees::of_merchant(money)?;
        self.money = Money {
            amount: signed(money, money.amount),
            supply: signed(money, money.sale_supply),
            vat: signed(money, money.sale_vat),
            tax_free: signed(money, money.sale_tax_free),
            fee_supply: fees.supply,
            fee_vat: fees.vat,
        };
        self.sold_date = Some(money.sold_date.date());
        self.pay_out_date = Some(money.expected_pay_out_date.date());
        Ok(())
    }
}

fn cause(cause: NotAttemptedCause) -> &'static str {
    match cause {
        NotAttemptedCause::Unreachable => "The acquirer could not be reached",
        NotAttemptedCause::SendBeforePassed => "It was too late to send it",
        NotAttemptedCause::NotConfigured => "The acquirer is not configured",
        NotAttemptedCause::AcquirerRefused => "The acquirer did not try",
    }
}
