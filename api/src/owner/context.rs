//! What the owner works with: the log, its bounds, the time and the store of one round, and where it stands.

use super::DirectoryView;
use super::works::Backoff;
use crate::ledger::ClientCommand;
use crate::store::Rows;
use ledger_log::{Payload, Ticket, Writer};

/// The log as the owner uses it: the writer, and nothing else in the product.
pub trait Log {
    /// How many payloads may be appended now.
    fn room(&self) -> usize;
    /// Chains a payload; its fate comes later. None when there is no room.
    fn append(&mut self, payload: Payload) -> Option<(Ticket, u64)>;
    /// Asks for a confirmation; its number comes back as a fate.
    fn confirm(&mut self) -> u64;
}

impl Log for Writer {
    fn room(&self) -> usize {
        Self::room(self)
    }

    fn append(&mut self, payload: Payload) -> Option<(Ticket, u64)> {
        Self::append(self, payload)
    }

    fn confirm(&mut self) -> u64 {
        Self::confirm(self)
    }
}

/// Bounds of an owner; all times in ms.
#[derive(Clone, Debug)]
pub struct OwnerSettings {
    /// A client's command that could not be handed to the log within this time is told so.
    pub patience_ms: i64,
    /// A call to an acquirer is sent within this time after it was made, or not at all.
    pub send_within_ms: i64,
    /// Pauses between tries of inquiries, net cancels and cancels.
    pub backoff: Backoff,
    /// How often the due table is looked at.
    pub timers_every_ms: i64,
}

impl Default for OwnerSettings {
    fn default() -> Self {
        Self {
            patience_ms: 5_000,
            send_within_ms: 5_000,
            backoff: Backoff { first_ms: 1_000, longest_ms: 300_000 },
            timers_every_ms: 250,
        }
    }
}

/// Why client commands are not taken at this moment although the partition is led, and whether timers run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    /// For a person; client commands are answered with it.
    pub closed: Option<String>,
    /// The same for what can wait: new payments and notes on old ones. What ends something that was begun is still taken.
    pub closed_to_new: Option<String>,
    /// Timers and calls wait.
    pub timers_stopped: bool,
}

impl Gate {
    /// Why this command is not taken.
    #[must_use]
    pub fn closed_to(&self, command: &ClientCommand) -> Option<&str> {
        let to_new = match command {
            ClientCommand::KeyIn(_) | ClientCommand::Metadata(..) => self.closed_to_new.as_deref(),
            ClientCommand::Cancel(..)
            | ClientCommand::Resolve(..)
            | ClientCommand::Directory(_)
            | ClientCommand::Settlement(..) => None,
        };
        self.closed.as_deref().or(to_new)
    }
}

/// What one round of the owner works with.
pub struct Ctx<'a> {
    /// Unix ms.
    pub now_ms: i64,
    /// The partition's writer.
    pub log: &'a mut dyn Log,
    /// The store beneath.
    pub store: &'a dyn Rows,
    /// The directory as far as it is accepted.
    pub directory: &'a DirectoryView,
    /// Whether clients are served.
    pub gate: &'a Gate,
}

/// Where the owner stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Reads what others write.
    Following,
    /// Reads what is there and wishes to lead.
    CatchingUp,
    /// Own reign.
    Leading,
    /// For good, and why.
    Stopped(String),
}
