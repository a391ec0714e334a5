//! What a payee (merchant, branch, agency) is owed and paid: one stream a payee, in the partition of its id (money.md 4).

mod close;
mod command;
mod decide;
mod decisions;
mod due;
mod event;
mod evolve;
mod pay_out;
mod state;
mod sums;
mod terms;

pub(crate) use close::taken;
pub use command::{BankWord, Deed, Delivery, Operation, SettlementCommand};
pub use decide::{SettlementFacts, decide};
pub use due::{SettlementDue, close_at, due};
pub use event::{
    Adjusted, ClosedCommission, ClosingResult, CommissionDelivered, CommissionReceived, DecisionProposed,
    MerchantClosed, NodeClosed, Offset, OffsetSource, PayOutApproved, PayOutConfirmed, PayOutFailed,
    PayOutProposed, PayOutRejected, PayOutReturned, PayOutSent, Released, ReserveReleased, SettlementEvent,
    SettlementPolicy, TwoKeys, Wish, Withheld, WrittenOff,
};
pub use evolve::evolve;
pub use state::{
    Balances, Kept, MAX_PROPOSALS, PayOut, PayOutStage, Proposed, RETURN_DAYS, Settlement, Undelivered,
};
pub use sums::{Received, Totals, chain};
pub use terms::{PayeeTax, PayeeTerms, ReserveRule, SettlementCycle, Withholding};
