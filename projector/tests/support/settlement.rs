//! Payees' streams as the domain decides them: what was sold is summed up as the owner does, days are closed, commissions delivered,
//! pay-outs proposed, and every event is appended where its payee's partition is.

use super::ledger::TestLedger;
use super::scenario::{MONDAY_MS, Shop, Story, amount, recorded};
use ledger_domain::Event;
use ledger_domain::days::calendar::Calendar;
use ledger_domain::days::{Day, Moment};
use ledger_domain::ids::{KeyId, PayOutId, ProposalId};
use ledger_domain::lines::{Node, Payee};
use ledger_domain::money::{Amount, Net};
use ledger_domain::settlement::{
    BankWord, Deed, Delivery, Operation, PayeeTax, PayeeTerms, ReserveRule, Settlement, SettlementCommand,
    SettlementCycle, SettlementEvent, SettlementFacts, Totals, Wish, close_at, decide, evolve,
};
use ledger_log::PartitionId;
use std::collections::BTreeMap;
use uuid::Uuid;

/// One person's key.
pub fn one() -> KeyId {
    KeyId::new(Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0001))
}

/// Another person's.
pub fn other() -> KeyId {
    KeyId::new(Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0002))
}

pub fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// Paid two business days later, 5 % kept back for 30 days, which may make good what the payee owes.
pub fn merchant_terms() -> PayeeTerms {
    let (rate, cap) = ("0.05".parse().unwrap(), None);
    PayeeTerms {
        version: 1,
        cycle: SettlementCycle::Daily { business_days: 2 },
        reserve: Some(ReserveRule { rate, days: 30, cap, usable_for_offset: true }),
        minimum_pay_out: Amount::ZERO,
        tax: PayeeTax::Registered,
    }
}

/// Paid two business days later.
pub fn node_terms(tax: PayeeTax) -> PayeeTerms {
    PayeeTerms { cycle: SettlementCycle::Daily { business_days: 2 }, tax, ..PayeeTerms::of_node() }
}

/// One payee's stream so far.
pub struct Stream<'a> {
    ledger: &'a TestLedger,
    at: PartitionId,
    pub payee: Payee,
    pub terms: PayeeTerms,
    pub state: Settlement,
    pub events: Vec<SettlementEvent>,
    /// Of a merchant: sums of the days that are not closed.
    totals: BTreeMap<Day, Totals>,
    /// Where its closings stand.
    closings: BTreeMap<u32, String>,
    pub at_ms: i64,
}

impl<'a> Stream<'a> {
    pub fn of(ledger: &'a TestLedger, partition: i32, payee: Payee, terms: PayeeTerms) -> Stream<'a> {
        Stream {
            ledger,
            at: ledger.payments(partition),
            payee,
            terms,
            state: Settlement::default(),
            events: Vec::new(),
            totals: BTreeMap::new(),
            closings: BTreeMap::new(),
            at_ms: MONDAY_MS,
        }
    }

    pub fn of_shop(ledger: &'a TestLedger, partition: i32, shop: &Shop) -> Stream<'a> {
        Stream::of(ledger, partition, Payee::Merchant(shop.merchant), merchant_terms())
    }

    pub fn of_node(ledger: &'a TestLedger, partition: i32, node: Node) -> Stream<'a> {
        Stream::of(ledger, partition, Payee::Node(node), node_terms(PayeeTax::Registered))
    }

    /// Appends a payment of this merchant and adds what it moved to its day.
    pub fn sold(&mut self, story: &Story) {
        let first = self.ledger.seq(&self.at) + 1;
        story.append(self.ledger, &self.at);
        for (seq, event) in (first..).zip(&story.events) {
            if let Some(money) = event.money() {
                let totals = self.totals.remove(&money.sold_date).unwrap_or_default();
                self.totals.insert(money.sold_date, totals.with(money, seq).unwrap());
            }
        }
        self.at_ms = self.at_ms.max(story.at_ms);
    }

    /// Not before the first instant of this day in Seoul.
    pub fn until(&mut self, date: &str) -> &mut Self {
        self.at_ms = self.at_ms.max(day(date).begins().ms());
        self
    }

    /// Decides a command, one second after what was before, and appends its event.
    pub fn tell(&mut self, command: &SettlementCommand) -> SettlementEvent {
        self.at_ms += 1_000;
        let totals = match command {
            SettlementCommand::Close(day) => self.totals.remove(day).unwrap_or_default(),
            _ => Totals::default(),
        };
        let facts = SettlementFacts {
            calendar: Calendar::current(),
            totals,
            open: (Vec::new(), 0),
            terms: self.terms,
            command: Uuid::now_v7(),
        };
        let event = decide(self.payee, &self.state, command, &facts, self.at_ms).unwrap();
        self.state = evolve(std::mem::take(&mut self.state), &event).unwrap();
        self.ledger.append(&self.at, vec![recorded(Event::Settlement(event.clone()))]);
        if let SettlementCommand::Close(_) = command {
            self.closings.insert(self.state.closings, self.position());
        }
        self.events.push(event.clone());
        event
    }

    /// Where the last record of its partition stands.
    pub fn position(&self) -> String {
        format!("{}:{}", self.at, self.ledger.seq(&self.at))
    }

    /// Closes a day when it is over.
    pub fn close(&mut self, date: &str) -> SettlementEvent {
        let over = day(date);
        self.at_ms = self.at_ms.max(close_at(over).ms());
        self.tell(&SettlementCommand::Close(over))
    }

    /// The commission of a closing arrives at its payee, which this stream's owner does not know yet. Gives where.
    pub fn send(&mut self, closing: u32, to: &mut Stream<'_>) -> String {
        let (Payee::Merchant(merchant_id), Payee::Node(node)) = (self.payee, to.payee) else {
            panic!("a merchant's commission for a node");
        };
        to.at_ms = to.at_ms.max(self.at_ms);
        to.tell(&SettlementCommand::Receive(Delivery {
            merchant_id,
            closing,
            closing_position: self.closings[&closing].clone(),
            to: node,
            amount: self.state.undelivered[&closing].commissions[&node],
        }));
        to.position()
    }

    /// The commission of a closing arrives at its payee, and this stream's owner hears of it.
    pub fn deliver(&mut self, closing: u32, to: &mut Stream<'_>) {
        let position = self.send(closing, to);
        self.delivered(closing, to, position);
    }

    /// This stream's owner hears that a commission has arrived.
    pub fn delivered(&mut self, closing: u32, to: &Stream<'_>, position: String) {
        let Payee::Node(to) = to.payee else { panic!("a commission is a node's") };
        self.tell(&SettlementCommand::RecordDelivery { closing, to, position });
    }

    pub fn operate(&mut self, by: KeyId, deed: Deed) -> SettlementEvent {
        let not_after = Moment::from_ms(i64::MAX);
        self.tell(&SettlementCommand::Operate(Operation { by, not_after, deed }))
    }

    /// Two people decide.
    pub fn decide_both(&mut self, wish: Wish) {
        let proposal_id = ProposalId::new(Uuid::now_v7());
        let (reason, document) = ("합의".to_owned(), "doc-1".to_owned());
        self.operate(one(), Deed::Propose { proposal_id, wish, reason, document });
        self.operate(other(), Deed::Confirm(proposal_id));
    }

    pub fn adjust(&mut self, minor: i64) {
        self.decide_both(Wish::Adjustment { amount: Net::new(minor).unwrap() });
    }

    pub fn withhold(&mut self, minor: i64) {
        self.operate(one(), Deed::Withhold(Some(amount(minor)), "분쟁".to_owned()));
    }

    pub fn release(&mut self, minor: i64) {
        self.operate(one(), Deed::Release(Some(amount(minor)), "분쟁 종료".to_owned()));
    }

    /// Somebody proposes what is due today.
    pub fn propose(&mut self) -> PayOutId {
        let pay_out_id = PayOutId::new(Uuid::now_v7());
        self.operate(one(), Deed::ProposePayOut { pay_out_id });
        pay_out_id
    }

    pub fn approve(&mut self, id: PayOutId) {
        self.operate(other(), Deed::ApprovePayOut(id));
    }

    pub fn reject(&mut self, id: PayOutId) {
        self.operate(one(), Deed::RejectPayOut(id, "계좌 확인".to_owned()));
    }

    pub fn release_to_bank(&mut self, id: PayOutId) {
        self.operate(one(), Deed::SendPayOut(id, "batch-1".to_owned()));
    }

    pub fn confirm(&mut self, id: PayOutId) {
        let (bank_account, bank_reference) = ("국민 110".to_owned(), "ref-1".to_owned());
        let paid_on = Moment::from_ms(self.at_ms).seoul_day();
        self.operate(one(), Deed::ConfirmPayOut { pay_out_id: id, bank_account, bank_reference, paid_on });
    }

    pub fn fail(&mut self, id: PayOutId) {
        self.operate(one(), Deed::FailPayOut(id, word()));
    }

    pub fn come_back(&mut self, id: PayOutId) {
        self.operate(one(), Deed::ReturnPayOut(id, word()));
    }

    /// Proposes what is due today and lets the bank have it.
    pub fn sent(&mut self) -> PayOutId {
        let id = self.propose();
        self.approve(id);
        self.release_to_bank(id);
        id
    }

    /// Proposes what is due today and lets the bank pay it.
    pub fn paid(&mut self) -> PayOutId {
        let id = self.sent();
        self.confirm(id);
        id
    }
}

fn word() -> BankWord {
    BankWord { code: "E12".to_owned(), message: "계좌 없음".to_owned() }
}
