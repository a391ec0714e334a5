//! What every handler shares. The write path is behind a small trait so that parsing and status mapping can be tested
//! without a ledger; the product has exactly one implementation of it, `Ledger`.

use std::sync::Arc;

use actix_web::web;
use futures::future::BoxFuture;
use ledger_domain::directory::Directory;
use ledger_domain::ids::{CommandId, MerchantId, PaymentId};
use ledger_log::Mode;
use zeroize::Zeroizing;

use super::command::{Recent, unavailable};
use super::peers::Peers;
use super::problem::Problem;
use super::under_way::UnderWay;
use crate::access::Authenticator;
use crate::keys::KeyVault;
use crate::ledger::{
    Answer, CommandScope, CommandView, Ledger, OrderView, PaymentAt, Readiness, Submission, Unavailable,
};
use crate::store::Snapshots;

/// Unix milliseconds, now.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The ledger as HTTP uses it.
pub trait WritePath: Send + Sync {
    /// Submits a command.
    fn submit(&self, submission: Submission) -> BoxFuture<'_, Answer>;
    /// Reads one payment of a merchant.
    fn payment(
        &self,
        id: PaymentId,
        merchant: MerchantId,
    ) -> BoxFuture<'_, Result<Option<PaymentAt>, Unavailable>>;
    /// Reads what an order id stands for.
    fn payment_by_order(
        &self,
        merchant: MerchantId,
        order_id: String,
    ) -> BoxFuture<'_, Result<Option<OrderView>, Unavailable>>;
    /// Reads what is known of a command.
    fn command(&self, id: CommandId, scope: CommandScope) -> BoxFuture<'_, Result<CommandView, Unavailable>>;
    /// Waits until the directory is as it was when this was called, or newer.
    fn directory_is_current(&self) -> BoxFuture<'_, Result<(), Unavailable>>;
    /// Whether a request of this merchant, or of somebody else, would be admitted now.
    fn has_room(&self, whose: Option<MerchantId>) -> bool;
    /// Where other processes can be reached that were heard lately.
    fn peers(&self) -> Arc<[String]>;
    /// The directory as of its last accepted event.
    fn directory(&self) -> Arc<Directory>;
    /// Whether commands are taken.
    fn readiness(&self) -> Readiness;
}

impl WritePath for Ledger {
    fn submit(&self, submission: Submission) -> BoxFuture<'_, Answer> {
        Box::pin(Self::submit(self, submission))
    }

    fn payment(
        &self,
        id: PaymentId,
        merchant: MerchantId,
    ) -> BoxFuture<'_, Result<Option<PaymentAt>, Unavailable>> {
        Box::pin(Self::payment(self, id, merchant))
    }

    fn payment_by_order(
        &self,
        merchant: MerchantId,
        order_id: String,
    ) -> BoxFuture<'_, Result<Option<OrderView>, Unavailable>> {
        Box::pin(Self::payment_by_order(self, merchant, order_id))
    }

    fn command(&self, id: CommandId, scope: CommandScope) -> BoxFuture<'_, Result<CommandView, Unavailable>> {
        Box::pin(Self::command(self, id, scope))
    }

    fn directory_is_current(&self) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(Self::directory_is_current(self))
    }

    fn has_room(&self, whose: Option<MerchantId>) -> bool {
        Self::has_room(self, whose)
    }

    fn peers(&self) -> Arc<[String]> {
        Self::peers(self)
    }

    fn directory(&self) -> Arc<Directory> {
        Self::directory(self)
    }

    fn readiness(&self) -> Readiness {
        Self::readiness(self)
    }
}

/// The application's state, one for all workers.
pub struct App {
    /// The write path.
    pub ledger: Arc<dyn WritePath>,
    /// Who asks.
    pub authenticator: Authenticator,
    /// Card keys.
    pub vault: Arc<KeyVault>,
    /// Requests under way.
    pub under_way: UnderWay,
    /// Commands that may still arrive.
    pub recent: Recent,
    /// The way to other processes; none in tests of one.
    pub peers: Option<Peers>,
    /// The store, for a process that has none; none in tests without one.
    pub snapshots: Option<Snapshots>,
    /// The time.
    pub clock: Clock,
    /// What `/metrics` shows.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
}

impl App {
    /// Unix milliseconds, now.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    /// The directory as it was when this was called, or newer, whichever process leads it.
    ///
    /// # Errors
    /// The log does not confirm it in time.
    pub async fn current_directory(&self) -> Result<Arc<Directory>, Problem> {
        self.ledger.directory_is_current().await.map_err(|error| unavailable(&error))?;
        Ok(self.ledger.directory())
    }

    /// A key that another process may have made since this one read the topic. Reading it blocks, so a thread for
    /// blocking work does it; nothing is found when the topic does not answer.
    pub async fn find_key_in_topic(&self, key_id: String) -> Option<Arc<Zeroizing<Vec<u8>>>> {
        let vault = Arc::clone(&self.vault);
        let reloaded = web::block(move || vault.reload().map(|()| vault.get(&key_id))).await;
        match reloaded {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => {
                tracing::error!(%error, "the key topic could not be read again");
                None
            }
            Err(_) => None,
        }
    }

    /// True in a test system, where errors may be forced.
    #[must_use]
    pub fn is_test(&self) -> bool {
        matches!(self.authenticator.mode(), Mode::Test)
    }
}
