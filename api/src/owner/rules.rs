//! Which rules hold in the partition, in one place: everything else of the owner is the same for both topics.

use super::directory::DirectoryRules;
use super::payees;
use super::payments::{Payments, Progress};
use super::rows::CommandRow;
use super::{Decided, Fatal, Found, Query};
use crate::store::{Changes, Rows};
use ledger_domain::Event;
use ledger_domain::lines::Payee;
use ledger_log::{PartitionId, Position};

/// The rules of the partition's topic; a closed set.
#[derive(Debug)]
pub enum Rules {
    /// `ledger.payments`
    Payments(Box<Payments>),
    /// `ledger.directory`
    Directory(Box<DirectoryRules>),
}

impl Rules {
    pub(super) const fn most_in_flight(&self) -> usize {
        match self {
            Self::Payments(_) => usize::MAX,
            Self::Directory(_) => 1,
        }
    }

    /// The rows that change when the decision stands at `at`.
    pub(super) fn derive(
        &mut self,
        decided: &Decided,
        at: &Position,
        rows: &dyn Rows,
    ) -> Result<Changes, Fatal> {
        match (self, &decided.event) {
            (Self::Payments(rules), Event::Payment(event)) => rules.derive(decided, event, at, rows),
            (Self::Payments(_), Event::Settlement(event)) => payees::derive(decided, event, at, rows),
            (Self::Directory(_), Event::Directory(_)) => Ok(DirectoryRules::derive(decided, at)),
            (Self::Payments(_), Event::Directory(_))
            | (Self::Directory(_), Event::Payment(_) | Event::Settlement(_)) => {
                let why = format!("a {} in this topic", decided.event.type_name());
                Err(Fatal::Unreadable { at: at.clone(), why })
            }
        }
    }

    pub(super) fn progress(
        &self,
        row: &CommandRow,
        rows: &dyn Rows,
        at: &PartitionId,
    ) -> Result<Progress, Fatal> {
        match self {
            Self::Payments(rules) => match row.stream.parse::<Payee>() {
                Ok(_) => payees::progress(row, rows, at),
                Err(_) => rules.progress(row, rows, at),
            },
            Self::Directory(_) => DirectoryRules::progress(row, rows, at),
        }
    }

    pub(super) fn find(&self, query: &Query, rows: &dyn Rows, at: &PartitionId) -> Result<Found, Fatal> {
        match self {
            Self::Payments(rules) => rules.find(query, rows, at),
            Self::Directory(_) => DirectoryRules::find(query, rows, at),
        }
    }

    pub(super) fn forget_guesses(&mut self) {
        match self {
            Self::Payments(rules) => rules.forget(),
            Self::Directory(_) => {}
        }
    }
}
