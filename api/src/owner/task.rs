//! What the owner is asked to do, what it learns from outside, and what it gives back. Values only.

use super::deliveries::DeliveryId;
use super::replies::ReplyId;
use super::works::{CallId, WorkKey};
use crate::acquirers::{
    ApproveOrder, ApproveOutcome, CancelOrder, CancelOutcome, Inquiry, NetCancelOrder, NetCancelOutcome,
};
use crate::ledger::{Answer, CommandScope, CommandView, OrderView, PaymentAt, Submission, Unavailable};
use crate::store::StoreError;
use ledger_domain::directory::DirectoryCommand;
use ledger_domain::ids::{CommandId, MerchantId, OperationId, PaymentId};
use ledger_domain::lines::Payee;
use ledger_domain::payment::PaymentCommand;
use ledger_domain::recorded::{self, Actor, Meta};
use ledger_domain::settlement::{Delivery, SettlementCommand};
use ledger_log::{Headers, Payload, Position};

/// One thing to decide, with its place in the order of arrival.
#[derive(Debug)]
pub struct Pending {
    /// Rises with every arrival; what is decided again keeps its place.
    pub arrival: u64,
    /// What to decide.
    pub task: Task,
}

/// What to decide.
#[derive(Debug)]
pub enum Task {
    /// A client's command and who waits for it.
    Client(Box<Client>),
    /// The owner's own: outcomes, timers, what the shell found. Carries no `notAfter`; nobody waits.
    Own(Box<Own>),
}

/// A client's command.
#[derive(Debug)]
pub struct Client {
    /// Who waits.
    pub reply: ReplyId,
    /// What was submitted.
    pub submission: Submission,
}

/// A command of the owner itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Own {
    /// Computed from what it is about, so that a second one is recognised.
    pub command: CommandId,
    /// The acquirer, a timer, the system.
    pub actor: Actor,
    /// What led to it.
    pub cause: Option<String>,
    /// What is wanted.
    pub what: OwnCommand,
    /// The intent whose call came back with this; the next try waits for this command's end.
    pub work: Option<WorkKey>,
}

/// What the owner wants of itself.
#[derive(Clone, Debug, PartialEq)]
pub enum OwnCommand {
    /// On one payment.
    Payment(PaymentId, PaymentCommand),
    /// On the directory.
    Directory(DirectoryCommand),
    /// On a payee's settlement.
    Settlement(Payee, SettlementCommand),
}

/// What is read.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// One payment of a merchant.
    Payment(PaymentId, MerchantId),
    /// An order id of a merchant.
    Order(MerchantId, String),
    /// A command by its id.
    Command(CommandId, CommandScope),
    /// Nothing but that everything before the question has been read.
    Nothing,
}

/// What a query found.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// For [`Query::Payment`].
    Payment(Option<Box<PaymentAt>>),
    /// For [`Query::Order`].
    Order(Option<Box<OrderView>>),
    /// For [`Query::Command`].
    Command(CommandView),
    /// For [`Query::Nothing`].
    Nothing,
}

/// What the owner gives to the shell.
#[derive(Debug)]
pub enum Out {
    /// Tell this caller.
    Answer(ReplyId, Answer),
    /// Tell this reader.
    Found(ReplyId, Result<Found, Unavailable>),
    /// Ask the outside, and come back with [`Returned`].
    Call(CallId, Call),
    /// Bring a commission to its payee's owner, and come back with its position.
    Deliver(DeliveryId, Delivery),
}

/// A call to an acquirer, by its id.
#[derive(Debug)]
pub enum Call {
    /// With the card from memory.
    Approve(String, Box<ApproveOrder>),
    /// What became of an operation.
    Inquire(String, OperationId),
    /// 망취소.
    NetCancel(String, NetCancelOrder),
    /// A cancel.
    Cancel(String, CancelOrder),
}

/// What a call came back with.
#[derive(Clone, Debug, PartialEq)]
pub enum Returned {
    /// For [`Call::Approve`].
    Approve(ApproveOutcome),
    /// For [`Call::Inquire`].
    Inquire(Inquiry),
    /// For [`Call::NetCancel`].
    NetCancel(NetCancelOutcome),
    /// For [`Call::Cancel`].
    Cancel(CancelOutcome),
}

/// What deciding one task led to.
#[derive(Debug)]
pub enum Verdict {
    /// Hand it to the log.
    Record(Box<Decided>),
    /// Tell this once everything it rests on is accepted and confirmed.
    Hold(Answer),
    /// Tell this now: it rests on accepted records, or on nothing.
    Tell(Answer),
    /// An own command whose event is there already, or that nothing waits for any more.
    Drop,
}

/// A decision on its way to the log.
#[derive(Debug)]
pub struct Decided {
    /// What was decided.
    pub event: ledger_domain::Event,
    /// Who and why.
    pub meta: Meta,
    /// Both as bytes.
    pub payload: Payload,
}

impl Decided {
    /// A decision with its bytes.
    #[must_use]
    pub fn new(event: ledger_domain::Event, meta: Meta) -> Self {
        let mut headers = Headers::new();
        let value = recorded::write(&event, &meta, |name, text| headers.push(name, text));
        Self { event, meta, payload: Payload { headers, value } }
    }
}

/// The partition cannot be served any further by this process; the ledger itself is not harmed.
#[derive(Debug, thiserror::Error)]
pub enum Fatal {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An accepted record cannot be understood: it is never skipped.
    #[error("{at} cannot be read: {why}")]
    Unreadable {
        /// Where.
        at: Position,
        /// What is wrong with it.
        why: String,
    },
    /// An accepted record contradicts the state before it.
    #[error("{at} cannot follow: {why}")]
    Impossible {
        /// Where.
        at: Position,
        /// The state and the event.
        why: String,
    },
    /// Writer and owner disagree; a defect of this program.
    #[error("writer and owner disagree: {0}")]
    Disagree(String),
}
