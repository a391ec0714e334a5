//! A payee that is told what happens to it: its stream, its sums of the days that are open, and the time. Hides the API from the tests
//! of settlement, so that they read as sentences.

use std::collections::BTreeMap;

use ledger_domain::Rejection;
use ledger_domain::days::calendar::{Calendar, HolidayRule, sold_date};
use ledger_domain::days::{Day, Moment};
use ledger_domain::ids::{CommandId, PayOutId, PaymentId, ProposalId};
use ledger_domain::lines::{Node, Payee};
use ledger_domain::money::{Amount, Net};
use ledger_domain::payment::{PaymentCommand, PaymentEvent, RequestPayment};
use ledger_domain::settlement::{
    Balances, BankWord, ClosingResult, Deed, Delivery, Operation, PayeeTax, PayeeTerms, ReserveRule,
    Settlement, SettlementCommand, SettlementCycle, SettlementEvent, SettlementFacts, Totals, Wish, decide,
    due, evolve,
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::support::{
    NOW, Story, acquirer_cancel, approval, branch_id, cancel, key_id, merchant_id, request, sale_facts, uuid,
    won,
};

pub fn day(text: &str) -> Day {
    text.parse().unwrap()
}

pub fn net(minor: i64) -> Net {
    Net::new(minor).unwrap()
}

pub fn pay_out_id(n: u128) -> PayOutId {
    PayOutId::new(uuid(0x3000 + n))
}

pub fn proposal_id(n: u128) -> ProposalId {
    ProposalId::new(uuid(0x4000 + n))
}

pub fn merchant() -> Payee {
    Payee::Merchant(merchant_id())
}

pub fn branch() -> Payee {
    Payee::Node(Node::Branch(branch_id()))
}

/// Of a merchant: D+2, nothing kept back.
pub fn daily() -> PayeeTerms {
    PayeeTerms {
        version: 1,
        cycle: SettlementCycle::Daily { business_days: 2 },
        reserve: None,
        minimum_pay_out: Amount::ZERO,
        tax: PayeeTax::Registered,
    }
}

/// The example's reserve of money.md 5: 5 % for 90 days.
pub fn reserved() -> PayeeTerms {
    PayeeTerms { reserve: Some(reserve(None)), ..daily() }
}

pub fn reserve(cap: Option<i64>) -> ReserveRule {
    ReserveRule { rate: "0.05".parse().unwrap(), days: 90, cap: cap.map(won), usable_for_offset: true }
}

/// Of a branch that is a person without registration, paid on the tenth of the next month.
pub fn person() -> PayeeTerms {
    let cycle = SettlementCycle::Monthly { ends_on: 31, lag_days: 10, holidays: HolidayRule::After };
    PayeeTerms { cycle, tax: PayeeTax::Person, ..daily() }
}

/// A deed of the key with this number.
pub fn by(key: u128, deed: Deed) -> SettlementCommand {
    let not_after = Moment::from_ms(i64::MAX);
    SettlementCommand::Operate(Operation { by: key_id(key), not_after, deed })
}

pub fn proposal(n: u128, wish: Wish) -> Deed {
    let (reason, document) = ("단말기 대여료".to_owned(), "2026-11/adjustment-17.pdf".to_owned());
    Deed::Propose { proposal_id: proposal_id(n), wish, reason, document }
}

pub fn adjustment(minor: i64) -> Wish {
    Wish::Adjustment { amount: net(minor) }
}

pub fn bank_word() -> BankWord {
    BankWord { code: "B14".into(), message: "예금주 불일치".into() }
}

pub fn delivery(closing: u32, minor: i64) -> SettlementCommand {
    SettlementCommand::Receive(Delivery {
        merchant_id: merchant_id(),
        closing,
        closing_position: format!("ledger.payments/3:{}", 60 + closing),
        to: Node::Branch(branch_id()),
        amount: net(minor),
    })
}

/// A payee, everything that happened to it, its terms, and the time, which goes on by a second with each event.
#[derive(Clone, Debug)]
pub struct PayeeStory {
    pub payee: Payee,
    pub events: Vec<SettlementEvent>,
    pub state: Settlement,
    pub terms: PayeeTerms,
    /// A merchant's sums of the days that are open.
    pub totals: BTreeMap<Day, Totals>,
    /// Payments whose outcome is open, the first of them and how many.
    pub open: (Vec<PaymentId>, u32),
    pub now: i64,
    payment: Option<Story>,
    seq: u64,
}

impl PayeeStory {
    pub fn new(payee: Payee, terms: PayeeTerms) -> Self {
        Self {
            payee,
            events: Vec::new(),
            state: Settlement::default(),
            terms,
            totals: BTreeMap::new(),
            open: (Vec::new(), 0),
            now: NOW,
            payment: None,
            seq: 0,
        }
    }

    pub fn merchant(terms: PayeeTerms) -> Self {
        Self::new(merchant(), terms)
    }

    pub fn branch(terms: PayeeTerms) -> Self {
        Self::new(branch(), terms)
    }

    /// The time is not before the beginning of this day any more.
    pub fn to(mut self, text: &str) -> Self {
        self.now = self.now.max(day(text).begins().ms());
        self
    }

    pub fn facts(&self, command: &SettlementCommand) -> SettlementFacts {
        let of = |day: &Day| self.totals.get(day).cloned().unwrap_or_default();
        let totals = match command {
            SettlementCommand::Close(day) => of(day),
            SettlementCommand::PayOutDue(..)
            | SettlementCommand::ReserveDue(_)
            | SettlementCommand::RecordDelivery { .. }
            | SettlementCommand::Receive(_)
            | SettlementCommand::Operate(_) => Totals::default(),
        };
        let command = command.internal_key(self.payee).map_or(uuid(0), |key| command_id(&key));
        SettlementFacts {
            calendar: Calendar::current(),
            totals,
            open: self.open.clone(),
            terms: self.terms,
            command,
        }
    }

    pub fn decided(&self, command: &SettlementCommand) -> Result<SettlementEvent, Rejection> {
        decide(self.payee, &self.state, command, &self.facts(command), self.now)
    }

    /// Decides, and if it becomes an event takes it in. Panics if `evolve` refuses what `decide` emitted.
    pub fn on(&mut self, command: &SettlementCommand) -> Result<SettlementEvent, Rejection> {
        let event = self.decided(command)?;
        self.state =
            evolve(std::mem::take(&mut self.state), &event).expect("evolve accepts what decide emits");
        if let SettlementEvent::MerchantClosed(data) = &event {
            self.totals.remove(&data.day);
        }
        self.events.push(event.clone());
        self.now += 1_000;
        Ok(event)
    }

    /// The same, for what must succeed.
    pub fn then(mut self, command: &SettlementCommand) -> Self {
        self.on(command).expect("the command becomes an event");
        self
    }

    /// The code of the rejection, for what must not.
    pub fn refused(&self, command: &SettlementCommand) -> &'static str {
        self.decided(command).expect_err("the command is rejected").code()
    }

    pub fn last(&self) -> &SettlementEvent {
        self.events.last().unwrap()
    }

    /// What the last closing left.
    pub fn result(&self) -> &ClosingResult {
        match self.last() {
            SettlementEvent::MerchantClosed(data) => &data.result,
            SettlementEvent::NodeClosed(data) => &data.result,
            other => panic!("not a closing: {other:?}"),
        }
    }

    pub fn balances(&self) -> Balances {
        self.state.balances(self.payee).unwrap()
    }

    /// The day that what is sold now belongs to.
    pub fn open_day(&self) -> Day {
        sold_date(Moment::from_ms(self.now), self.state.last_closed.map(Day::next))
    }

    /// A sale of the example's merchant: 3 % and VAT.
    pub fn sold(mut self, amount: i64) -> Self {
        let mut story = Story::new(sale_facts());
        story.now = self.now;
        story.facts.earliest_sold_date = Some(self.open_day());
        let wish = RequestPayment { not_after: Moment::from_ms(i64::MAX), ..request(amount) };
        story = story.then(&PaymentCommand::Request(wish)).then(&PaymentCommand::RecordApproval(approval()));
        self.take(story.last());
        self.payment = Some(story);
        self
    }

    /// So much of the last sale goes back.
    pub fn cancelled(mut self, amount: i64) -> Self {
        let mut story = self.payment.take().expect("something was sold");
        story.now = self.now;
        story.facts.earliest_sold_date = Some(self.open_day());
        let n = u128::from(self.seq);
        story = story
            .then(&PaymentCommand::RequestCancel(cancel(n, Some(amount))))
            .then(&PaymentCommand::RecordCancel(acquirer_cancel(n)));
        self.take(story.last());
        self.payment = Some(story);
        self
    }

    fn take(&mut self, event: &PaymentEvent) {
        let money = event.money().expect("money moves");
        self.seq += 1;
        let totals = self.totals.entry(money.sold_date).or_default();
        *totals = std::mem::take(totals).with(money, self.seq).unwrap();
    }

    /// The day is over, and closed at once.
    pub fn closed(self, text: &str) -> Self {
        let next = day(text).next().to_string();
        self.to(&next).then(&SettlementCommand::Close(day(text)))
    }

    /// Two people want it.
    pub fn agreed(self, n: u128, wish: Wish) -> Self {
        self.then(&by(1, proposal(n, wish))).then(&by(2, Deed::Confirm(proposal_id(n))))
    }
}

/// The id of the ledger's own command: the same key always gives the same.
fn command_id(key: &str) -> Uuid {
    CommandId::from_digest(Sha256::digest(key).into()).uuid()
}

/// 100,000 sold on Monday 23 November, half of it cancelled, closed: 48,350 are owed.
pub fn closed(terms: PayeeTerms) -> PayeeStory {
    PayeeStory::merchant(terms).sold(100_000).cancelled(50_000).closed("2026-11-23")
}

/// The other half is cancelled on the Thursday, after it was paid out: 48,350 are owed by the merchant.
pub fn owing(terms: PayeeTerms) -> PayeeStory {
    closed(terms).to("2026-11-26").cancelled(50_000).closed("2026-11-26")
}

pub fn propose(n: u128) -> Deed {
    Deed::ProposePayOut { pay_out_id: pay_out_id(n) }
}

pub fn send(n: u128) -> Deed {
    Deed::SendPayOut(pay_out_id(n), "pay-out-20261125-1".into())
}

pub fn confirm(n: u128, paid_on: &str) -> Deed {
    let (bank_account, bank_reference) = ("settlement-1".to_owned(), "20261125-000123".to_owned());
    Deed::ConfirmPayOut { pay_out_id: pay_out_id(n), bank_account, bank_reference, paid_on: day(paid_on) }
}

/// The Monday's closing, proposed by key 1 on its pay-out day.
pub fn proposed() -> PayeeStory {
    closed(daily()).to("2026-11-25").then(&by(1, propose(1)))
}

pub fn approved() -> PayeeStory {
    proposed().then(&by(2, Deed::ApprovePayOut(pay_out_id(1))))
}

pub fn sent() -> PayeeStory {
    approved().then(&by(3, send(1)))
}

pub fn confirmed() -> PayeeStory {
    sent().then(&by(3, confirm(1, "2026-11-25")))
}

/// What is due, with its day in Seoul.
pub fn due_now(story: &PayeeStory) -> Vec<String> {
    due(&story.state).into_iter().map(|(at, what)| format!("{} {what}", at.seoul_day())).collect()
}
