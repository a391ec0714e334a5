//! Rules over a whole partition: order ids, idempotency keys, running totals. They read the owner's store through a
//! view and give back changes, so that no payment needs to know more than itself. Nothing is stored here.

use crate::days::Day;
use crate::ids::{CommandId, MerchantId, PaymentId};
use crate::money::MoneyError;
use crate::payment::{Payment, PaymentEvent, PendingStage, RequestPayment};
use crate::rejection::Rejection;
use crate::settlement::Totals;

/// How often one order id may be tried.
pub const MAX_ATTEMPTS: u32 = 100;

/// What the store knows of an order id.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OrderEntry {
    /// The payment that holds it: one that is not ABORTED, EXPIRED or net-cancelled.
    pub live: Option<PaymentId>,
    /// How many payments have been requested under it.
    pub attempts: u32,
}

/// What the store knows of a command that was accepted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandEntry {
    /// The stream it went to (`ce_subject`).
    pub subject: String,
    /// Its event's place in the stream, from 0.
    pub index: u64,
    /// SHA-256 over the request, for client commands.
    pub fingerprint: Option<[u8; 32]>,
}

/// What rules over a partition read. Confirmed and in-flight records alike: the owner's store under its overlay.
pub trait PartitionView {
    /// An order id of a merchant; the default entry if it was never used.
    fn order(&self, merchant: MerchantId, order_id: &str) -> OrderEntry;
    /// A command.
    fn command(&self, id: CommandId) -> Option<CommandEntry>;
    /// A merchant's sums of a day that is not closed; zeros if there are none.
    fn totals(&self, merchant: MerchantId, sold_date: Day) -> Totals;
}

/// What an event changes in the store. Each is a whole new value: applying it twice is the same as once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// The order id's entry, and its attempt of this number (from 1), which keeps its place for ever.
    Order {
        /// Whose.
        merchant_id: MerchantId,
        /// Which.
        order_id: String,
        /// The new entry.
        entry: OrderEntry,
        /// The attempt that begins with this event, if one does: number and payment.
        attempt: Option<(u32, PaymentId)>,
    },
    /// A merchant's sums of a day.
    Totals {
        /// Whose.
        merchant_id: MerchantId,
        /// Which.
        sold_date: Day,
        /// The new sums.
        totals: Box<Totals>,
    },
    /// The outcome of a payment or of one of its cancels is open now, or is no longer.
    Open {
        /// Whose.
        merchant_id: MerchantId,
        /// Which payment.
        payment_id: PaymentId,
        /// Whether it is open.
        open: bool,
    },
}

/// What a command's idempotency key says about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeyCheck {
    /// Never seen: decide.
    New,
    /// The same request was recorded: repeat its answer.
    Repeat(CommandEntry),
    /// Another request was recorded under this key: 422.
    Reused,
}

/// Looks a client's command up by its id, which is computed from scope and key.
pub fn check_key(view: &impl PartitionView, id: CommandId, fingerprint: &[u8; 32]) -> KeyCheck {
    match view.command(id) {
        None => KeyCheck::New,
        Some(entry) if entry.fingerprint.as_ref() == Some(fingerprint) => KeyCheck::Repeat(entry),
        Some(_) => KeyCheck::Reused,
    }
}

/// Whether a payment may be requested under its order id. Call before `decide`.
pub fn admit(view: &impl PartitionView, request: &RequestPayment) -> Result<(), Rejection> {
    let order = view.order(request.merchant_id, &request.order_id);
    if let Some(payment_id) = order.live {
        return Err(Rejection::DuplicateOrderId { payment_id });
    }
    if order.attempts >= MAX_ATTEMPTS {
        return Err(Rejection::TooManyAttempts { limit: MAX_ATTEMPTS });
    }
    Ok(())
}

/// What an event recorded at `seq` changes in the store. Errors: a sum leaves its bounds, which nine thousand largest amounts would.
pub fn changes(
    view: &impl PartitionView,
    before: &Payment,
    event: &PaymentEvent,
    after: &Payment,
    seq: u64,
) -> Result<Vec<Change>, MoneyError> {
    let mut changes = Vec::new();
    let merchant_id = event.merchant_id();
    let held = (order_held(before), order_held(after));
    match held {
        (None, Some(order_id)) => {
            let earlier = view.order(merchant_id, order_id);
            let number = earlier.attempts.saturating_add(1);
            let entry = OrderEntry { live: Some(event.payment_id()), attempts: number };
            let (order_id, attempt) = (order_id.to_owned(), Some((number, event.payment_id())));
            changes.push(Change::Order { merchant_id, order_id, entry, attempt });
        }
        (Some(order_id), None) if !after_is_paid(after) => {
            let entry = OrderEntry { live: None, ..view.order(merchant_id, order_id) };
            changes.push(Change::Order { merchant_id, order_id: order_id.to_owned(), entry, attempt: None });
        }
        (None, None) | (Some(_), _) => {}
    }
    if let Some(money) = event.money() {
        let totals = Box::new(view.totals(merchant_id, money.sold_date).with(money, seq)?);
        changes.push(Change::Totals { merchant_id, sold_date: money.sold_date, totals });
    }
    let open = is_open(after);
    if is_open(before) != open {
        changes.push(Change::Open { merchant_id, payment_id: event.payment_id(), open });
    }
    Ok(changes)
}

/// The order id, while the payment's state still names it.
fn order_held(state: &Payment) -> Option<&str> {
    match state {
        Payment::InProgress(sale) => Some(&sale.order_id),
        Payment::Unknown(u) | Payment::NetCancelling(u) | Payment::Unresolved(u) => Some(&u.sale.order_id),
        Payment::Done(paid) => Some(&paid.sale.order_id),
        Payment::Ready | Payment::Canceled(_) | Payment::Aborted(_) => None,
    }
}

/// A payment that was paid and then cancelled keeps its order id for ever.
fn after_is_paid(after: &Payment) -> bool {
    matches!(after, Payment::Canceled(closed) if closed.was_paid)
}

/// Whether somebody still has to find out what became of the payment or of one of its cancels: a closing lists those.
fn is_open(state: &Payment) -> bool {
    match state {
        Payment::Unknown(_) | Payment::NetCancelling(_) | Payment::Unresolved(_) => true,
        Payment::Done(paid) => {
            let answered = |stage: &PendingStage| matches!(stage, PendingStage::Requested);
            paid.pending.values().any(|pending| !answered(&pending.stage))
        }
        Payment::Ready | Payment::InProgress(_) | Payment::Canceled(_) | Payment::Aborted(_) => false,
    }
}
