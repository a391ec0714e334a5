//! One week of a merchant, its branch and its agency in which everything happens that can happen to a payee.

use super::ledger::TestLedger;
use super::scenario::{MONDAY_MS, Shop};
use super::settlement::{Stream, day, node_terms};
use ledger_domain::lines::{Node, Payee};
use ledger_domain::settlement::{PayeeTax, SettlementCommand, Wish};

const DAY_MS: i64 = 86_400_000;

/// The streams at the end of the week.
pub struct Week<'a> {
    pub merchant: Stream<'a>,
    pub branch: Stream<'a>,
    /// Its agency is a person: tax is withheld of what it is paid.
    pub agency: Stream<'a>,
}

/// The merchant's partition is 0, the branch's and the agency's is 1. Closings of the merchant:
///
/// | number | day | net | |
/// | --- | --- | --- | --- |
/// | 1 | Monday 23 | 116,040 | 6,000 kept back, 110,040 paid on Wednesday |
/// | 2 | Tuesday 24 | −67,690 | owed by the merchant |
/// | 3 | Wednesday 25 | 59,020 | with an adjustment of 1,000; makes good a part, the reserve 6,000 of the rest |
/// | 4 | Thursday 26 | 38,680 | makes good the last 2,670; 2,000 kept back, 34,010 payable on Monday 30 |
/// | 5 | Friday 27 | −48,350 | owed by the merchant, and given up |
///
/// Monday 30 is open, with a sale of 20,000 and an adjustment of −500.
pub fn settled<'a>(ledger: &'a TestLedger, shop: &Shop) -> Week<'a> {
    let mut merchant = Stream::of_shop(ledger, 0, shop);
    let mut branch = Stream::of_node(ledger, 1, Node::Branch(shop.branch));
    let terms = node_terms(PayeeTax::Person);
    let mut agency = Stream::of(ledger, 1, Payee::Node(Node::Agency(shop.agency)), terms);

    let first = shop.paid("a", 100_000, MONDAY_MS).cancelled(Some(30_000));
    merchant.sold(&first);
    let second = shop.paid("b", 50_000, MONDAY_MS + 60_000);
    merchant.sold(&second);
    merchant.close("2026-11-23");
    merchant.deliver(1, &mut branch);
    // It has arrived, but the merchant's owner was not told.
    merchant.send(1, &mut agency);

    merchant.sold(&rest_of(first, MONDAY_MS + DAY_MS));
    merchant.close("2026-11-24");
    branch.close("2026-11-24");
    agency.close("2026-11-24");
    merchant.deliver(2, &mut branch);

    merchant.until("2026-11-25").paid();
    merchant.sold(&shop.paid("c", 60_000, MONDAY_MS + 2 * DAY_MS));
    merchant.adjust(1_000);
    agency.until("2026-11-25").adjust(100_000);
    merchant.close("2026-11-25");
    branch.close("2026-11-25");
    agency.close("2026-11-25");
    branch.until("2026-11-26").paid();

    let fourth = shop.paid("d", 40_000, MONDAY_MS + 3 * DAY_MS);
    merchant.sold(&fourth);
    merchant.close("2026-11-26");
    merchant.deliver(4, &mut branch);
    agency.until("2026-11-27").sent();

    merchant.withhold(4_010);
    merchant.release(1_000);
    merchant.decide_both(Wish::ReserveRelease { closing: 4 });
    merchant.sold(&rest_of(second, MONDAY_MS + 4 * DAY_MS));
    merchant.close("2026-11-27");
    branch.close("2026-11-27");
    merchant.deliver(5, &mut branch);
    merchant.decide_both(Wish::WriteOff { closing: 5 });

    let number = merchant.state.pay_out_count + 1;
    merchant.until("2026-11-30").tell(&SettlementCommand::PayOutDue(day("2026-11-30"), number));
    let due = *merchant.state.pay_outs.keys().last().unwrap();
    merchant.reject(due);
    let paid = merchant.paid();
    merchant.come_back(paid);
    let sent = merchant.sent();
    merchant.fail(sent);
    merchant.sent();
    merchant.sold(&shop.paid("e", 20_000, MONDAY_MS + 7 * DAY_MS));
    merchant.adjust(-500);
    Week { merchant, branch, agency }
}

/// The cancel of all that is left of a payment, as a story of its own.
fn rest_of(story: super::scenario::Story, at_ms: i64) -> super::scenario::Story {
    let told = story.events.len();
    let mut rest = super::scenario::Story { at_ms, ..story }.cancelled(None);
    rest.events.drain(..told);
    rest
}
