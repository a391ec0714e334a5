//! What has to be true of payees when the storm is over and the days are closed: each closing is what its day's records say, what a
//! closing says was earned has arrived exactly once, and nothing is left between the partitions.

use super::ledger::{Check, Ledger};
use ledger_domain::days::Day;
use ledger_domain::ids::MerchantId;
use ledger_domain::lines::{Node, Payee};
use ledger_domain::money::Net;
use ledger_domain::payment::PaymentEvent;
use ledger_domain::posting::{Account, Side, post, post_settlement};
use ledger_domain::settlement::{self, MerchantClosed, Settlement, SettlementEvent, Totals};
use std::collections::{BTreeMap, BTreeSet};

/// What was found, for whoever wants to know whether it was much.
#[derive(Debug, Default)]
pub struct Found {
    pub closings: usize,
    pub commissions: usize,
}

#[derive(Default)]
struct Books {
    states: BTreeMap<Payee, Settlement>,
    days: BTreeMap<(MerchantId, Day), Totals>,
    /// By merchant, closing and payee.
    earned: BTreeMap<(Payee, u32, Node), Net>,
    received: BTreeMap<(Payee, u32, Node), (Net, String)>,
    delivered: BTreeMap<(Payee, u32, Node), String>,
    closings: usize,
    clearing: i64,
}

pub fn are_right(ledger: &Ledger) -> Result<Found, String> {
    let mut books = Books::default();
    for ((place, seq), event) in &ledger.money {
        books.sold(event, *seq).map_err(|why| format!("{place}:{seq}: {why}"))?;
    }
    for ((place, seq), (position, event)) in &ledger.settlements {
        books.take(position, event).map_err(|why| format!("{place}:{seq}: {why}: {event:?}"))?;
    }
    if let Some((of, _)) = books.days.first_key_value() {
        return Err(format!("{of:?} was never closed"));
    }
    if books.clearing != 0 {
        return Err(format!("{} is left between the partitions", books.clearing));
    }
    for (of, amount) in &books.earned {
        let (received, position) = books.received.get(of).ok_or_else(|| format!("{of:?} has not arrived"))?;
        if received != amount || books.delivered.get(of) != Some(position) {
            return Err(format!("{of:?} of {amount} arrived as {received} at {position}"));
        }
    }
    if books.received.len() != books.earned.len() || books.delivered.len() != books.earned.len() {
        return Err("something has arrived that nobody earned".to_owned());
    }
    Ok(Found { closings: books.closings, commissions: books.earned.len() })
}

impl Books {
    fn sold(&mut self, event: &PaymentEvent, seq: u64) -> Check {
        let Some(money) = event.money() else { return Ok(()) };
        let totals = self.days.entry((event.merchant_id(), money.sold_date)).or_default();
        *totals = std::mem::take(totals).with(money, seq).map_err(|why| why.to_string())?;
        let posted = post(event).map_err(|why| why.to_string())?;
        if posted.iter().any(|entry| entry.account == Account::L32) {
            return Err("a payment posts to the clearing".to_owned());
        }
        Ok(())
    }

    fn take(&mut self, position: &str, event: &SettlementEvent) -> Check {
        let payee = event.payee();
        let before = self.states.remove(&payee).unwrap_or_default();
        self.states.insert(payee, settlement::evolve(before, event).map_err(|why| why.to_string())?);
        for entry in post_settlement(event).map_err(|why| why.to_string())? {
            if entry.account == Account::L32 {
                let minor = entry.amount.minor();
                self.clearing += if entry.side == Side::Debit { minor } else { -minor };
            }
        }
        let twice = |there: bool| if there { Err("it is there twice".to_owned()) } else { Ok(()) };
        match event {
            SettlementEvent::MerchantClosed(data) => self.closed(payee, data),
            SettlementEvent::CommissionReceived(data) => {
                let Payee::Node(to) = payee else { return Err("a merchant earns no commission".to_owned()) };
                let of = (Payee::Merchant(data.merchant_id), data.closing, to);
                twice(self.received.insert(of, (data.amount, position.to_owned())).is_some())
            }
            SettlementEvent::CommissionDelivered(data) => {
                let of = (payee, data.closing, data.to);
                twice(self.delivered.insert(of, data.position.clone()).is_some())
            }
            _ => Ok(()),
        }
    }

    fn closed(&mut self, payee: Payee, data: &MerchantClosed) -> Check {
        let Payee::Merchant(merchant) = payee else { return Err("not a merchant".to_owned()) };
        let totals = self.days.remove(&(merchant, data.day)).ok_or("nothing was sold on that day")?;
        let is = (
            (data.sales, data.sales_amount, data.cancels, data.cancels_amount),
            (data.fee_supply, data.fee_vat, data.entries_hash, data.through),
        );
        let was = (
            (totals.sales, totals.sales_amount, totals.cancels, totals.cancels_amount),
            (totals.fee_supply, totals.fee_vat, totals.entries_hash, totals.through),
        );
        if is != was {
            return Err(format!("the records of the day say {totals:?}"));
        }
        let named: BTreeSet<Node> = data.commissions.iter().map(|one| one.payee).collect();
        let earned = totals.commissions.iter().filter(|(_, amount)| !amount.is_zero());
        if !earned.clone().map(|(node, _)| *node).eq(named.iter().copied()) {
            return Err(format!("commissions {:?}", totals.commissions));
        }
        for (node, amount) in earned {
            self.earned.insert((payee, data.number, *node), *amount);
        }
        self.closings += 1;
        Ok(())
    }
}
