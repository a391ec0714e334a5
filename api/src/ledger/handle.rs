//! The handle that HTTP holds: it puts requests into the engine's channel and waits for one answer each, never past the deadline.
//! Bounded: what is not admitted is answered at once. It decides nothing.

use super::admission::{Admission, Place};
use super::{Answer, CommandScope, CommandView, OrderView, PaymentAt, Readiness, Submission, Unavailable};
use crossbeam_channel::Sender;
use ledger_domain::directory::Directory;
use ledger_domain::ids::{CommandId, MerchantId, PaymentId};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::oneshot;

/// Reads are answered within this time or not at all.
pub const READ_WITHIN: Duration = Duration::from_secs(5);
/// The owner answers at the deadline itself; the handle waits this much longer before it speaks in its place.
const OWNER_IS_LATE: Duration = Duration::from_millis(500);

/// What the engine takes in from HTTP.
#[derive(Debug)]
pub enum Request {
    /// A command.
    Submit(Box<Submission>, Slot<Answer>),
    /// One payment.
    Payment(PaymentId, MerchantId, Slot<Read<Option<PaymentAt>>>),
    /// An order id's payments.
    Order(MerchantId, String, Slot<Read<Option<OrderView>>>),
    /// A command by its id.
    Command(CommandId, CommandScope, Slot<Read<CommandView>>),
    /// That the directory is as it was when the question came, or newer.
    Directory(Slot<Read<()>>),
}

/// The outcome of a read.
pub type Read<T> = Result<T, Unavailable>;

/// Where one answer goes; holds the request's place among those under way until it is dropped.
#[derive(Debug)]
pub struct Slot<T> {
    reply: oneshot::Sender<T>,
    _place: Place,
}

impl<T> Slot<T> {
    /// Answers. Nobody may be waiting any more; that changes nothing.
    pub fn answer(self, answer: T) {
        drop(self.reply.send(answer));
    }
}

/// What engine and handle share: the engine writes, HTTP reads.
#[derive(Debug)]
pub struct Port {
    directory: RwLock<Arc<Directory>>,
    readiness: RwLock<Readiness>,
    peers: RwLock<Arc<[String]>>,
    admission: Admission,
}

impl Port {
    /// A port that admits so many requests at a time.
    #[must_use]
    pub fn new(most_under_way: usize) -> Self {
        Self {
            directory: RwLock::default(),
            readiness: RwLock::default(),
            peers: RwLock::default(),
            admission: Admission::new(most_under_way),
        }
    }

    /// Shows HTTP another directory.
    pub fn publish_directory(&self, directory: Arc<Directory>) {
        *self.directory.write().unwrap_or_else(PoisonError::into_inner) = directory;
    }

    /// Shows HTTP another readiness.
    pub fn publish_readiness(&self, readiness: Readiness) {
        *self.readiness.write().unwrap_or_else(PoisonError::into_inner) = readiness;
    }

    /// Shows HTTP which other processes there are.
    pub fn publish_peers(&self, peers: Vec<String>) {
        *self.peers.write().unwrap_or_else(PoisonError::into_inner) = peers.into();
    }

    /// How many requests are under way.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.admission.taken()
    }
}

/// The write path's handle; cheap to clone.
#[derive(Clone, Debug)]
pub struct Ledger {
    requests: Sender<crate::engine::Input>,
    port: Arc<Port>,
}

impl Ledger {
    /// A handle on a running engine.
    #[must_use]
    pub fn new(requests: Sender<crate::engine::Input>, port: Arc<Port>) -> Self {
        Self { requests, port }
    }

    /// Submits a command and waits for its answer, at most until its deadline. Dropping the future changes nothing: what was
    /// accepted is finished.
    pub async fn submit(&self, submission: Submission) -> Answer {
        let left = submission.deadline_ms.saturating_sub(crate::engine::now_ms()).max(0);
        let wait = Duration::from_millis(left.unsigned_abs()) + OWNER_IS_LATE;
        let whose = submission.command.merchant();
        match self.ask(wait, whose, |slot| Request::Submit(Box::new(submission), slot)).await {
            Asked::Answered(answer) => answer,
            Asked::NotTaken(why) => Answer::NotReady { why: why.to_owned(), retry_after_s: 1 },
            Asked::NoAnswer => Answer::Unknown,
        }
    }

    /// One payment of the merchant, as it is now; none when there is no such payment of this merchant.
    ///
    /// # Errors
    /// When the owner cannot confirm it in time.
    pub async fn payment(&self, id: PaymentId, merchant: MerchantId) -> Read<Option<PaymentAt>> {
        self.read(Some(merchant), |slot| Request::Payment(id, merchant, slot)).await
    }

    /// What the merchant's order id stands for; none when it was never used.
    ///
    /// # Errors
    /// When the owner cannot confirm it in time.
    pub async fn payment_by_order(&self, merchant: MerchantId, order_id: String) -> Read<Option<OrderView>> {
        self.read(Some(merchant), |slot| Request::Order(merchant, order_id, slot)).await
    }

    /// What is known of a command. A command that the scope may not see is answered like one that does not exist.
    ///
    /// # Errors
    /// When an owner cannot confirm it in time.
    pub async fn command(&self, id: CommandId, scope: CommandScope) -> Read<CommandView> {
        let whose = match scope {
            CommandScope::Operator => None,
            CommandScope::Merchant(merchant) => Some(merchant),
        };
        self.read(whose, |slot| Request::Command(id, scope, slot)).await
    }

    /// The directory as of its last accepted event.
    #[must_use]
    pub fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.port.directory.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until the directory shown here is as it was when this was called, or newer: another process may lead it.
    ///
    /// # Errors
    /// When the log does not confirm it in time.
    pub async fn directory_is_current(&self) -> Read<()> {
        self.read(None, Request::Directory).await
    }

    /// Where other processes of this ledger can be reached that were heard lately.
    #[must_use]
    pub fn peers(&self) -> Arc<[String]> {
        Arc::clone(&self.port.peers.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether commands are taken, and if not, why not.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.port.readiness.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a request of this merchant, or of somebody else, would be admitted now.
    #[must_use]
    pub fn has_room(&self, whose: Option<MerchantId>) -> bool {
        self.port.admission.has_room(whose)
    }

    async fn read<T>(
        &self,
        whose: Option<MerchantId>,
        request: impl FnOnce(Slot<Read<T>>) -> Request,
    ) -> Read<T> {
        let why = match self.ask(READ_WITHIN + OWNER_IS_LATE, whose, request).await {
            Asked::Answered(answer) => return answer,
            Asked::NotTaken(why) => why,
            Asked::NoAnswer => "the ledger could not confirm this in time",
        };
        Err(Unavailable { why: why.to_owned(), retry_after_s: 1 })
    }

    async fn ask<T>(
        &self,
        wait: Duration,
        whose: Option<MerchantId>,
        request: impl FnOnce(Slot<T>) -> Request,
    ) -> Asked<T> {
        let Some(place) = self.port.admission.enter(whose) else {
            metrics::counter!("ledger_requests_not_admitted_total").increment(1);
            return Asked::NotTaken("too many requests are under way");
        };
        let (reply, answer) = oneshot::channel();
        let request = request(Slot { reply, _place: place });
        if self.requests.send(crate::engine::Input::Request(request)).is_err() {
            return Asked::NotTaken("the ledger is stopping");
        }
        match tokio::time::timeout(wait, answer).await {
            Ok(Ok(answer)) => Asked::Answered(answer),
            Ok(Err(_)) | Err(_) => Asked::NoAnswer,
        }
    }
}

enum Asked<T> {
    Answered(T),
    NotTaken(&'static str),
    NoAnswer,
}
