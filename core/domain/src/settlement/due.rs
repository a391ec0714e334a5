//! What of a payee waits for a date, or for another owner. Derived from its state; a merchant's days to close come from its sums.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::command::SettlementCommand;
use super::state::Settlement;
use crate::days::{Day, Moment};
use crate::ids::IdError;
use crate::money::Net;

/// Something that is due. As text: `close/2026-11-23`, `pay-out/2026-11-25/3`, `reserve/7`, `deliver/7`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SettlementDue {
    /// A day is over.
    Close(Day),
    /// A pay-out day has come, for the pay-out of this number.
    PayOut(Day, u32),
    /// A reserve's day has come.
    Reserve(u32),
    /// A closing's commissions are to be delivered; due at once.
    Deliver(u32),
}

impl SettlementDue {
    /// What the ledger wants when it is due; none where something has to be sent first.
    pub const fn command(self) -> Option<SettlementCommand> {
        match self {
            Self::Close(day) => Some(SettlementCommand::Close(day)),
            Self::PayOut(day, number) => Some(SettlementCommand::PayOutDue(day, number)),
            Self::Reserve(closing) => Some(SettlementCommand::ReserveDue(closing)),
            Self::Deliver(_) => None,
        }
    }
}

impl fmt::Display for SettlementDue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Close(day) => write!(f, "close/{day}"),
            Self::PayOut(day, number) => write!(f, "pay-out/{day}/{number}"),
            Self::Reserve(closing) => write!(f, "reserve/{closing}"),
            Self::Deliver(closing) => write!(f, "deliver/{closing}"),
        }
    }
}

impl FromStr for SettlementDue {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let error = IdError { prefix: "close/, pay-out/, reserve/ or deliver/" };
        let (kind, rest) = text.split_once('/').ok_or(error)?;
        let day = || rest.parse().map_err(|_| error);
        let number = || rest.parse().map_err(|_| error);
        match kind {
            "close" => day().map(Self::Close),
            "pay-out" => {
                let (day, number) = rest.split_once('/').ok_or(error)?;
                let day = day.parse().map_err(|_| error)?;
                number.parse().map(|number| Self::PayOut(day, number)).map_err(|_| error)
            }
            "reserve" => number().map(Self::Reserve),
            "deliver" => number().map(Self::Deliver),
            _ => Err(error),
        }
    }
}

/// When a day can be closed: as soon as it is over in Asia/Seoul.
pub fn close_at(day: Day) -> Moment {
    day.next().begins()
}

/// All that is due, with when.
pub fn due(state: &Settlement) -> BTreeSet<(Moment, SettlementDue)> {
    let mut all = BTreeSet::new();
    for day in state.received.keys().chain(state.adjusted.keys()) {
        all.insert((close_at(*day), SettlementDue::Close(*day)));
    }
    for (closing, kept) in state.reserve.iter().filter(|_| !state.reserve_is_needed()) {
        all.insert((kept.until.begins(), SettlementDue::Reserve(*closing)));
    }
    for closing in state.undelivered.keys() {
        all.insert((Moment::from_ms(0), SettlementDue::Deliver(*closing)));
    }
    // Less than the smallest pay-out waits for more, and is paid on the first day on which it is enough.
    let mut sum = Net::ZERO;
    for (day, amount) in &state.payable {
        sum = sum.plus(*amount).unwrap_or(sum);
        if sum >= Net::from(state.minimum_pay_out) {
            all.insert((day.begins(), SettlementDue::PayOut(*day, state.next_pay_out())));
        }
    }
    all
}
