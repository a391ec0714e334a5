//! The write path as HTTP sees it: submit a command, read one thing with a confirmation, know whether the ledger is ready.
//! Nothing here knows Kafka, the store or the owner's rules; dropping a future of this module changes nothing.

mod admission;
mod handle;

pub use handle::{Ledger, Port, READ_WITHIN, Read, Request, Slot};

use crate::envelope::CardProblem;
use crate::owner::own_command_id;
use ledger_domain::Rejection;
use ledger_domain::card::CardCompanion;
use ledger_domain::directory::{DirectoryCommand, DirectoryEvent};
use ledger_domain::ids::{CancelId, CommandId, MerchantId, PaymentId};
use ledger_domain::lines::Payee;
use ledger_domain::money::{Amount, Currency};
use ledger_domain::payment::{ChangeMetadata, PaymentView, RequestCancel, Resolve};
use ledger_domain::recorded::Actor;
use ledger_domain::settlement::{Delivery, SettlementCommand, SettlementEvent};
use ledger_log::Position;
use ring::digest::{Context, SHA256};
use std::sync::Arc;

/// A client's command with everything that decides about its key, its time and its caller.
#[derive(Debug)]
pub struct Submission {
    /// From scope and idempotency key (architecture, section 4).
    pub command_id: CommandId,
    /// Who asks: becomes the event's actor.
    pub caller: Actor,
    /// The caller's key as it was sent.
    pub idempotency_key: String,
    /// SHA-256 over method, path and the canonical body without the card envelope.
    pub fingerprint: [u8; 32],
    /// Taken in or made by HTTP.
    pub request_id: String,
    /// Not decided after this instant, Unix ms.
    pub not_after_ms: i64,
    /// Answered by this instant, Unix ms, with [`Answer::Unknown`] or [`Answer::NotReady`] as the last resort.
    pub deadline_ms: i64,
    /// What is wanted.
    pub command: ClientCommand,
    /// The opened card, or what was wrong with its envelope. In memory only.
    pub card: Option<Result<CardCompanion, CardProblem>>,
}

/// SHA-256 over the parts, one behind the other.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    parts.iter().for_each(|part| context.update(part));
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    bytes
}

/// A delivery is answered within this time or tried again, ms.
const DELIVERED_WITHIN_MS: i64 = 10_000;

impl Submission {
    /// The delivery of a commission to its payee's owner. Its id follows from what it is about, so it is recorded once, and whoever
    /// sends it again hears where. It has no `notAfter`: it is owed whenever it comes.
    #[must_use]
    pub fn of_delivery(delivery: Delivery, now_ms: i64) -> Self {
        let key = delivery.key();
        let text = format!("{key}\n{}\n{}", delivery.amount, delivery.closing_position);
        Self {
            command_id: own_command_id(&key),
            caller: Actor::System,
            fingerprint: sha256(&[text.as_bytes()]),
            request_id: delivery.closing_position.clone(),
            idempotency_key: key,
            not_after_ms: i64::MAX / 2,
            deadline_ms: now_ms.saturating_add(DELIVERED_WITHIN_MS),
            command: ClientCommand::Settlement(
                Payee::Node(delivery.to),
                Box::new(SettlementCommand::Receive(delivery)),
            ),
            card: None,
        }
    }
}

/// What a client may want. Ids in it are the caller's to make, fresh for every request: a retry with the same idempotency key
/// finds the ones that were recorded. A `not_after` inside is replaced by the submission's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientCommand {
    /// Approve a card payment.
    KeyIn(KeyIn),
    /// Cancel all or part of one.
    Cancel(PaymentId, RequestCancel),
    /// An operator proposes or confirms what became of something unresolved.
    Resolve(PaymentId, Resolve),
    /// A merchant changes its own keys on a payment.
    Metadata(PaymentId, ChangeMetadata),
    /// An operator changes the directory.
    Directory(DirectoryCommand),
    /// An operator does something about a payee's settlement, or another partition's owner delivers a commission.
    Settlement(Payee, Box<SettlementCommand>),
}

impl ClientCommand {
    /// Whose it is; none for an operator's.
    #[must_use]
    pub const fn merchant(&self) -> Option<MerchantId> {
        match self {
            Self::KeyIn(wish) => Some(wish.merchant_id),
            Self::Cancel(_, wish) => Some(wish.merchant_id),
            Self::Metadata(_, wish) => Some(wish.merchant_id),
            Self::Resolve(..) | Self::Directory(_) | Self::Settlement(..) => None,
        }
    }

    /// One word for metrics.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::KeyIn(_) => "key_in",
            Self::Cancel(..) => "cancel",
            Self::Resolve(..) => "resolve",
            Self::Metadata(..) => "metadata",
            Self::Directory(_) => "directory",
            Self::Settlement(..) => "settlement",
        }
    }
}

/// A card payment without authentication (비인증): the domain's request without the card, which comes as a companion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyIn {
    /// The payment that will be.
    pub payment_id: PaymentId,
    /// Whose payment it is.
    pub merchant_id: MerchantId,
    /// The merchant's own name for it, unique among the live ones.
    pub order_id: String,
    /// What was bought.
    pub order_name: String,
    /// All of it.
    pub amount: Amount,
    /// Its currency.
    pub currency: Currency,
    /// The part that bears no VAT.
    pub tax_free: Option<Amount>,
    /// The VAT where the caller states it.
    pub vat: Option<Amount>,
    /// 0 for a single payment.
    pub installment_months: u8,
}

/// What became of a submission.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It is in the ledger for ever.
    Recorded {
        /// Of the record that completed it.
        position: Position,
        /// The first answer to the same key, told again.
        replayed: bool,
        /// What it led to.
        result: CommandResult,
    },
    /// A rule forbids it; nothing was recorded, the key is free.
    Rejected(Rejection),
    /// The key belongs to another request.
    KeyReused,
    /// The first request with this key has not been answered yet.
    StillRunning,
    /// The card envelope is at fault; nothing was recorded, the key is free.
    CardProblem(CardProblem),
    /// Nothing was recorded, and nothing of this submission ever will be.
    NotReady {
        /// For a person.
        why: String,
        /// When to try again, seconds.
        retry_after_s: u32,
    },
    /// This process does not lead the partition: nothing was recorded, and nothing of this submission ever will be unless
    /// somebody passes it on.
    Elsewhere {
        /// Where the process that leads can be reached, as far as is known.
        to: Option<String>,
    },
    /// It may or may not be or come into the ledger: ask for the command later, never charge again.
    Unknown,
}

impl Answer {
    /// One word for metrics.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Recorded { replayed: false, .. } => "recorded",
            Self::Recorded { replayed: true, .. } => "replayed",
            Self::Rejected(_) => "rejected",
            Self::KeyReused => "key_reused",
            Self::StillRunning => "still_running",
            Self::CardProblem(_) => "card_problem",
            Self::NotReady { .. } => "not_ready",
            Self::Elsewhere { .. } => "elsewhere",
            Self::Unknown => "unknown",
        }
    }
}

/// What a recorded command led to.
#[derive(Clone, Debug, PartialEq)]
pub enum CommandResult {
    /// The payment as it was when the command was complete: approved, declined, not attempted, net-cancelled, cancelled ...
    Payment(Box<PaymentAt>),
    /// The directory's event; its ids are those the first request made.
    Directory(Box<DirectoryEvent>),
    /// The event of the payee's stream.
    Settlement(Box<SettlementEvent>),
}

/// A payment after one of its events.
#[derive(Clone, Debug, PartialEq)]
pub struct PaymentAt {
    /// The payment.
    pub view: Arc<PaymentView>,
    /// Of that event.
    pub position: Position,
    /// That event's number in the payment's stream, from 1.
    pub version: u32,
    /// The command that asked for the payment.
    pub command: CommandId,
    /// The cancel this is the answer to, where it answers a cancel.
    pub cancel: Option<CancelId>,
}

/// What a merchant's order id stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderView {
    /// The live payment; none when every attempt ended without money.
    pub live: Option<PaymentAt>,
    /// Every payment that ever had this order id, oldest first.
    pub attempts: Vec<PaymentAt>,
}

/// What is known of a command by its id.
#[derive(Clone, Debug, PartialEq)]
pub enum CommandView {
    /// Complete: as its first answer.
    Done {
        /// Of the record that completed it.
        position: Position,
        /// What it led to.
        result: CommandResult,
    },
    /// Recorded, its outcome is not known yet.
    Running {
        /// Of its first record.
        position: Position,
        /// The payment as it is now.
        payment: Box<PaymentAt>,
    },
    /// Nothing is recorded, and the owner has confirmed it. Final only once the command's own `notAfter` plus twice the clock
    /// bound has passed, which only the caller knows.
    NothingRecorded,
}

/// Who may see a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandScope {
    /// Everything.
    Operator,
    /// Commands on this merchant's payments.
    Merchant(MerchantId),
}

/// A read could not be confirmed in time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Unavailable {
    /// For a person.
    pub why: String,
    /// When to try again, seconds.
    pub retry_after_s: u32,
}

/// Whether commands are taken, and if not, why not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// The ledger's id, once known.
    pub ledger_id: Option<String>,
    /// One entry a partition: its name and where it stands.
    pub partitions: Vec<PartitionReadiness>,
    /// Reasons that hold for all of them (topic settings, clock, store, stopping).
    pub problems: Vec<String>,
}

impl Readiness {
    /// True when every partition takes client commands.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.problems.is_empty() && !self.partitions.is_empty() && self.partitions.iter().all(|p| p.ready)
    }
}

/// Where one partition stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionReadiness {
    /// `topic/partition`.
    pub partition: String,
    /// Leading, caught up, and the log answers.
    pub ready: bool,
    /// For a person: catching up, leading, lost to another process, stopped; and why.
    pub state: String,
    /// The last accepted record.
    pub seq: u64,
}
