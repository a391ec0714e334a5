//! The posting policies of a payee's stream, version 1: the lower half of the table of money.md 5.

use super::account::Account;
use super::book::{Book, Entry, Holder};
use crate::lines::Payee;
use crate::money::{Amount, MoneyError, Net};
use crate::settlement::{ClosingResult, OffsetSource, SettlementEvent, SettlementPolicy, Withholding, taken};

/// The balanced entries of an event; none if it moves no money. Errors: an amount out of bounds, which `decide` never emits.
pub fn post_settlement(event: &SettlementEvent) -> Result<Vec<Entry>, MoneyError> {
    let mut book = Book::default();
    let payee = event.payee();
    let owed = owed(payee);
    match event {
        SettlementEvent::MerchantClosed(data) => match data.posting_policy {
            SettlementPolicy::Settlement1 => {
                closed(&mut book, payee, &data.result)?;
                for commission in &data.commissions {
                    if let Payee::Merchant(merchant) = payee {
                        let accrued = (Account::L30, Holder::Commission(commission.payee, merchant));
                        book.moves(accrued, (Account::L32, Holder::None), commission.amount);
                    }
                }
            }
        },
        SettlementEvent::CommissionReceived(data) => match data.posting_policy {
            SettlementPolicy::Settlement1 => book.moves((Account::L32, Holder::None), owed, data.amount),
        },
        SettlementEvent::NodeClosed(data) => match data.posting_policy {
            SettlementPolicy::Settlement1 => closed(&mut book, payee, &data.result)?,
        },
        SettlementEvent::PayOutSent(data) => match data.posting_policy {
            SettlementPolicy::Settlement1 => {
                let sent = (data.amount, data.withholding, data.transfer);
                pay_out(&mut book, owed, (Account::L20, Holder::Payee(payee)), sent, Net::from)?;
            }
        },
        SettlementEvent::PayOutConfirmed(data) => match data.posting_policy {
            SettlementPolicy::Settlement1 => {
                let bank = (Account::A20, Holder::Bank(data.bank_account.clone()));
                book.moves((Account::L20, Holder::Payee(payee)), bank, data.transfer.into());
            }
        },
        SettlementEvent::PayOutFailed(data) => match data.posting_policy {
            SettlementPolicy::Settlement1 => {
                let back = (data.amount, data.withholding, data.transfer);
                let transit = (Account::L20, Holder::Payee(payee));
                pay_out(&mut book, owed, transit, back, |amount| Net::from(amount).negated())?;
            }
        },
        SettlementEvent::PayOutReturned(data) => match data.posting_policy {
            SettlementPolicy::Settlement1 => {
                let back = (data.amount, data.withholding, data.transfer);
                let bank = (Account::A20, Holder::Bank(data.bank_account.clone()));
                pay_out(&mut book, owed, bank, back, |amount| Net::from(amount).negated())?;
            }
        },
        SettlementEvent::Withheld(data) => match data.posting_policy {
            SettlementPolicy::Settlement1 => {
                book.moves(owed, (Account::L12, Holder::Payee(payee)), data.amount.into());
            }
        },
        SettlementEvent::Released(data) => match data.posting_policy {
            SettlementPolicy::Settlement1 => {
                book.moves((Account::L12, Holder::Payee(payee)), owed, data.amount.into());
            }
        },
        SettlementEvent::ReserveReleased(data) => match data.posting_policy {
            SettlementPolicy::Settlement1 => {
                book.moves((Account::L13, Holder::Payee(payee)), owed, data.amount.into());
            }
        },
        SettlementEvent::Adjusted(data) => match data.posting_policy {
            SettlementPolicy::Settlement1 => {
                let unclosed = unclosed(payee);
                if data.amount > Net::ZERO {
                    book.moves((Account::E30, Holder::None), unclosed, data.amount);
                } else {
                    book.moves(unclosed, (Account::R10, Holder::Adjustment), data.amount.negated());
                }
            }
        },
        SettlementEvent::WrittenOff(data) => match data.posting_policy {
            SettlementPolicy::Settlement1 => {
                let receivable = (Account::A30, Holder::Payee(payee));
                book.moves((Account::E30, Holder::None), receivable, data.amount.into());
            }
        },
        SettlementEvent::CommissionDelivered(_)
        | SettlementEvent::PayOutProposed(_)
        | SettlementEvent::PayOutApproved(_)
        | SettlementEvent::PayOutRejected(_)
        | SettlementEvent::DecisionProposed(_) => {}
    }
    book.entries()
}

type Place = (Account, Holder);

/// Where what is closed and payable stands.
fn owed(payee: Payee) -> Place {
    match payee {
        Payee::Merchant(_) => (Account::L11, Holder::Payee(payee)),
        Payee::Node(_) => (Account::L31, Holder::Payee(payee)),
    }
}

/// Where what is not closed stands; of a branch or agency it is the same account.
fn unclosed(payee: Payee) -> Place {
    match payee {
        Payee::Merchant(merchant) => (Account::L10, Holder::Merchant(merchant)),
        Payee::Node(_) => owed(payee),
    }
}

fn closed(book: &mut Book, payee: Payee, result: &ClosingResult) -> Result<(), MoneyError> {
    let unclosed = unclosed(payee);
    let (receivable, reserve) = ((Account::A30, Holder::Payee(payee)), (Account::L13, Holder::Payee(payee)));
    book.moves(receivable.clone(), unclosed.clone(), result.receivable.into());
    book.moves(unclosed.clone(), receivable.clone(), taken(&result.offsets, OffsetSource::Closing)?);
    book.moves(reserve.clone(), receivable, taken(&result.offsets, OffsetSource::Reserve)?);
    book.moves(unclosed.clone(), reserve, result.reserve_held.into());
    book.moves(unclosed, owed(payee), result.payable.into());
    Ok(())
}

/// What is owed becomes a transfer and the tax withheld of it; or back again.
fn pay_out(
    book: &mut Book,
    owed: Place,
    to: Place,
    (amount, withholding, transfer): (Amount, Withholding, Amount),
    signed: impl Fn(Amount) -> Net,
) -> Result<(), MoneyError> {
    debug_assert_eq!(transfer.plus(withholding.total()?)?, amount);
    book.moves(owed.clone(), to, signed(transfer));
    book.moves(owed, (Account::L41, Holder::None), signed(withholding.total()?));
    Ok(())
}
