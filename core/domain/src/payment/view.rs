//! A payment as its merchant sees it: a second fold over the same events, for answers. It decides nothing.
//! Because it is a fold, every earlier answer can be computed again: fold fewer events.

use serde::Serialize;

use super::event::{CancelRefusal, CancelRequested, NetCancelWish, PaymentEvent, Requested, Resolved};
use super::evolve::evolve;
use super::movement::Movement;
use super::resolve::Resolution;
use super::state::{Payment, PaymentStatus};
use crate::card::MaskedCard;
use crate::contract::Method;
use crate::days::{Day, Moment};
use crate::event::Impossible;
use crate::ids::{CancelId, MerchantId, PaymentId};
use crate::money::{Amount, Currency};
use crate::vat::SaleSplit;

/// A payment as its merchant sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaymentView {
    /// The payment.
    pub payment_id: PaymentId,
    /// Who sells.
    pub merchant_id: MerchantId,
    /// The merchant's order id.
    pub order_id: String,
    /// What is sold.
    pub order_name: String,
    /// Where it stands.
    pub status: PaymentStatus,
    /// How it is paid.
    pub method: Method,
    /// In what.
    pub currency: Currency,
    /// What was asked for.
    pub total_amount: Amount,
    /// What is not cancelled: nothing unless it was paid.
    pub balance_amount: Amount,
    /// How what is left splits; before an approval, how the whole would.
    pub split: SaleSplit,
    /// First six and last four digits.
    pub card_number: MaskedCard,
    /// 0 or 2 to 36.
    pub installment_months: u8,
    /// Approval number.
    pub approve_no: Option<String>,
    /// The card's issuer.
    pub issuer_code: Option<String>,
    /// The acquirer's id of it.
    pub acquirer_transaction: Option<String>,
    /// When it was requested.
    pub requested_at: Moment,
    /// When the acquirer approved.
    pub approved_at: Option<Moment>,
    /// Its settlement day.
    pub sold_date: Option<Day>,
    /// Whether an approval was seen that does not count.
    pub late_approval: bool,
    /// All cancels, in the order they were asked for.
    pub cancels: Vec<CancelView>,
    /// Why nothing was paid, if so.
    pub failure: Option<Failure>,
    /// Number of events folded.
    pub version: u64,
    state: Payment,
}

/// A cancel as its merchant sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CancelView {
    /// The cancel.
    pub cancel_id: CancelId,
    /// How much.
    pub amount: Amount,
    /// How much of it tax-free.
    pub tax_free: Amount,
    /// Why.
    pub reason: String,
    /// Where it stands.
    pub status: CancelStatus,
    /// When it was asked for.
    pub requested_at: Moment,
    /// When the acquirer cancelled.
    pub canceled_at: Option<Moment>,
    /// The acquirer's id of it.
    pub acquirer_transaction: Option<String>,
    /// Why it did not take place, if so.
    pub failure: Option<Failure>,
}

/// Where a cancel stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CancelStatus {
    /// Under way.
    InProgress,
    /// It took place.
    Done,
    /// It did not.
    Aborted,
    /// No answer yet.
    Unknown,
    /// Waits for two people or the settlement file.
    Unresolved,
}

impl CancelStatus {
    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Done => "DONE",
            Self::Aborted => "ABORTED",
            Self::Unknown => "UNKNOWN",
            Self::Unresolved => "UNRESOLVED",
        }
    }
}

/// Why something did not take place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The acquirer said no.
    Declined {
        /// The acquirer's code.
        code: String,
        /// The acquirer's message.
        message: String,
    },
    /// Nothing was tried: the acquirer was not asked, or said that it did not and will not try.
    NotAttempted,
    /// Undone, or found to have never been, after no answer came.
    NetCancelled,
    /// Two people found that it had not taken place.
    ResolvedAsNotDone,
}

impl PaymentView {
    /// The view after all of a stream's events; `None` of none. Errors: [`Impossible`].
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a PaymentEvent>) -> Result<Option<Self>, Impossible> {
        let mut view: Option<Self> = None;
        for event in events {
            match &mut view {
                Some(view) => view.apply(event)?,
                None => view = Some(Self::first(event)?),
            }
        }
        Ok(view)
    }

    /// The state that decisions are made on.
    pub fn state(&self) -> &Payment {
        &self.state
    }

    fn first(event: &PaymentEvent) -> Result<Self, Impossible> {
        let state = evolve(Payment::Ready, event)?;
        let PaymentEvent::Requested(data) = event else {
            return Err(Impossible {
                state: "READY",
                event: event.type_name(),
                why: "a stream begins with its request",
            });
        };
        Ok(Self::requested(data, state))
    }

    fn requested(data: &Requested, state: Payment) -> Self {
        Self {
            payment_id: data.payment_id,
            merchant_id: data.merchant_id,
            order_id: data.order_id.clone(),
            order_name: data.order_name.clone(),
            status: state.status(),
            method: data.method,
            currency: data.currency,
            total_amount: data.amount,
            balance_amount: Amount::ZERO,
            split: SaleSplit { supply: data.sale_supply, vat: data.sale_vat, tax_free: data.sale_tax_free },
            card_number: data.card.clone(),
            installment_months: data.installment_months,
            approve_no: None,
            issuer_code: None,
            acquirer_transaction: None,
            requested_at: data.at,
            approved_at: None,
            sold_date: None,
            late_approval: false,
            cancels: Vec::new(),
            failure: None,
            version: 1,
            state,
        }
    }

    /// Takes one more event in. Errors: [`Impossible`]; the view is then of no use.
    pub fn apply(&mut self, event: &PaymentEvent) -> Result<(), Impossible> {
        self.state = evolve(std::mem::take(&mut self.state), event)?;
        self.version += 1;
        self.status = self.state.status();
        match event {
            PaymentEvent::Approved(data) => self.paid(&data.approval, &data.money),
            PaymentEvent::Declined(data) => {
                let (code, message) = (data.code.clone(), data.message.clone());
                self.failed(Failure::Declined { code, message });
            }
            PaymentEvent::NotAttempted(_) => self.failed(Failure::NotAttempted),
            PaymentEvent::NetCancelRequested(data) => {
                if let NetCancelWish::Merchant { cancel_id, reason } = &data.wish {
                    self.wished(*cancel_id, reason, data.at);
                }
            }
            PaymentEvent::NetCancelled(data) => self.net_cancelled(data.had_approval, data.at),
            PaymentEvent::LateApprovalSeen(_) => self.late_approval = true,
            PaymentEvent::Unresolved(_) => self.each_wish(|wish| wish.status = CancelStatus::Unresolved),
            PaymentEvent::Resolved(data) => self.resolved(data),
            PaymentEvent::CancelRequested(data) => self.cancels.push(cancel_view(data)),
            PaymentEvent::Cancelled(data) => self.cancelled(&data.cancel, &data.money),
            PaymentEvent::CancelDeclined(data) => {
                let failure = match &data.refusal {
                    CancelRefusal::Acquirer { code, message } => {
                        Failure::Declined { code: code.clone(), message: message.clone() }
                    }
                    CancelRefusal::NotAttempted { .. } => Failure::NotAttempted,
                };
                self.cancel_failed(data.cancel_id, failure);
            }
            PaymentEvent::CancelUnknown(data) => {
                self.each_cancel(data.cancel_id, |cancel| cancel.status = CancelStatus::Unknown);
            }
            PaymentEvent::CancelUnresolved(data) => {
                self.each_cancel(data.cancel_id, |cancel| cancel.status = CancelStatus::Unresolved);
            }
            // The state holds what a merchant notes.
            PaymentEvent::Requested(_)
            | PaymentEvent::ApprovalUnknown(_)
            | PaymentEvent::ResolutionProposed(_)
            | PaymentEvent::MetadataChanged(_) => {}
        }
        Ok(())
    }

    fn paid(&mut self, approval: &super::AcquirerApproval, money: &Movement) {
        self.approve_no = Some(approval.approve_no.clone());
        self.issuer_code.clone_from(&approval.issuer_code);
        self.acquirer_transaction = Some(approval.acquirer_transaction.clone());
        self.approved_at = Some(approval.approved_at);
        self.sold_date = Some(money.sold_date);
        self.balance_amount = self.total_amount;
        self.each_wish(|wish| {
            wish.status = CancelStatus::Aborted;
            wish.failure = Some(Failure::ResolvedAsNotDone);
        });
    }

    /// Nothing was paid; a merchant's wish to undo it has come true all the same.
    fn failed(&mut self, failure: Failure) {
        self.failure = Some(failure);
        self.each_wish(|wish| wish.status = CancelStatus::Done);
    }

    fn net_cancelled(&mut self, had_approval: bool, at: Moment) {
        self.failure = Some(Failure::NetCancelled);
        if had_approval {
            self.split = SaleSplit::default();
        }
        self.each_wish(|wish| {
            wish.status = CancelStatus::Done;
            wish.canceled_at = had_approval.then_some(at);
        });
    }

    fn resolved(&mut self, data: &Resolved) {
        match (&data.resolution, &data.money) {
            (Resolution::Paid { approval }, Some(money)) => self.paid(approval, money),
            (Resolution::CancelDone { cancel }, Some(money)) => self.cancelled(cancel, money),
            (Resolution::NotPaid {}, _) => self.failed(Failure::ResolvedAsNotDone),
            (Resolution::Reversed {}, _) => self.net_cancelled(true, data.at),
            (Resolution::CancelNotDone { cancel_id }, _) => {
                self.cancel_failed(*cancel_id, Failure::ResolvedAsNotDone);
            }
            // `evolve` has refused these already.
            (Resolution::Paid { .. } | Resolution::CancelDone { .. }, None) => {}
        }
    }

    fn wished(&mut self, cancel_id: CancelId, reason: &str, at: Moment) {
        self.cancels.push(CancelView {
            cancel_id,
            amount: self.total_amount,
            tax_free: self.split.tax_free,
            reason: reason.to_owned(),
            status: CancelStatus::InProgress,
            requested_at: at,
            canceled_at: None,
            acquirer_transaction: None,
            failure: None,
        });
    }

    fn cancelled(&mut self, cancel: &super::AcquirerCancel, money: &Movement) {
        // `evolve` has checked these differences already: they cannot fall below nothing.
        let less = |from: Amount, by: Amount| from.minus(by).unwrap_or_default();
        self.balance_amount = less(self.balance_amount, money.amount);
        self.split = SaleSplit {
            supply: less(self.split.supply, money.sale_supply),
            vat: less(self.split.vat, money.sale_vat),
            tax_free: less(self.split.tax_free, money.sale_tax_free),
        };
        self.each_cancel(cancel.cancel_id, |view| {
            view.status = CancelStatus::Done;
            view.canceled_at = Some(cancel.canceled_at);
            view.acquirer_transaction = Some(cancel.acquirer_transaction.clone());
        });
    }

    fn cancel_failed(&mut self, cancel_id: CancelId, failure: Failure) {
        self.each_cancel(cancel_id, |cancel| {
            cancel.status = CancelStatus::Aborted;
            cancel.failure = Some(failure.clone());
        });
    }

    fn each_cancel(&mut self, cancel_id: CancelId, change: impl Fn(&mut CancelView)) {
        self.cancels.iter_mut().filter(|cancel| cancel.cancel_id == cancel_id).for_each(change);
    }

    /// Before a payment is DONE the only cancel there can be is the wish for its net cancel.
    fn each_wish(&mut self, change: impl Fn(&mut CancelView)) {
        self.cancels.iter_mut().for_each(change);
    }
}

fn cancel_view(data: &CancelRequested) -> CancelView {
    CancelView {
        cancel_id: data.cancel_id,
        amount: data.amount,
        tax_free: data.tax_free,
        reason: data.reason.clone(),
        status: CancelStatus::InProgress,
        requested_at: data.at,
        canceled_at: None,
        acquirer_transaction: None,
        failure: None,
    }
}
