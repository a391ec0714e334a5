//! A small world for the tests: one agency, one branch, merchants on given terms, and a payment that is told what
//! happens to it. Hides the API from the tests, so that they read as sentences.

use ledger_domain::card::MaskedCard;
use ledger_domain::contract::{
    AcquirerRoute, CommissionRule, ContractTerms, FeeReturn, FeeRule, Method, SaleFacts,
};
use ledger_domain::days::Moment;
use ledger_domain::ids::{AgencyId, BranchId, CancelId, ContractId, KeyId, MerchantId, PaymentId};
use ledger_domain::lines::{Node, VatMode};
use ledger_domain::money::{Amount, Currency, Rounding};
use ledger_domain::payment::{
    AcquirerApproval, AcquirerCancel, Evidence, EvidenceKind, Facts, Payment, PaymentCommand, PaymentEvent,
    PaymentView, RequestCancel, RequestPayment, Resolution, Resolve, decide, evolve,
};
use ledger_domain::vat::TaxType;
use ledger_domain::{Impossible, Rejection};
use uuid::Uuid;

/// 2026-11-23 10:00 in Seoul, a Monday.
pub const NOW: i64 = 1_795_395_600_000;

pub fn uuid(n: u128) -> Uuid {
    // Version 7 and its variant, so that ids look as they do in life.
    Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0000 | n)
}

pub fn won(minor: i64) -> Amount {
    Amount::new(minor).unwrap()
}

pub fn payment_id() -> PaymentId {
    PaymentId::new(uuid(1))
}

pub fn merchant_id() -> MerchantId {
    MerchantId::new(uuid(2))
}

pub fn branch_id() -> BranchId {
    BranchId::new(uuid(3))
}

pub fn agency_id() -> AgencyId {
    AgencyId::new(uuid(4))
}

pub fn cancel_id(n: u128) -> CancelId {
    CancelId::new(uuid(0x1000 + n))
}

pub fn key_id(n: u128) -> KeyId {
    KeyId::new(uuid(0x2000 + n))
}

/// The terms of the example in money.md 5.
pub fn terms() -> ContractTerms {
    let commission = |payee, rate: &str| CommissionRule {
        payee,
        rate: rate.parse().unwrap(),
        vat_mode: VatMode::Excluded,
        rounding: Rounding::Floor,
    };
    ContractTerms {
        fees: vec![FeeRule {
            method: Method::Card,
            rate: "0.03".parse().unwrap(),
            fixed: Amount::ZERO,
            min: None,
            max: None,
            vat_mode: VatMode::Excluded,
            rounding: Rounding::Floor,
        }],
        commissions: vec![
            commission(Node::Branch(branch_id()), "0.005"),
            commission(Node::Agency(agency_id()), "0.002"),
        ],
        settlement_cycle_days: 2,
        acquirer: AcquirerRoute { id: "sandbox".parse().unwrap(), cost_rate: "0.02".parse().unwrap() },
        minimum_amount: won(100),
        fee_return: FeeReturn::Yes,
        settlement_cycle: None,
        reserve: None,
        minimum_pay_out: None,
    }
}

pub fn sale_facts() -> SaleFacts {
    SaleFacts {
        merchant_id: merchant_id(),
        tax_type: TaxType::Mixed,
        branch_path: vec![Node::Agency(agency_id()), Node::Branch(branch_id())],
        contract_id: ContractId::new(uuid(5)),
        contract_version: 1,
        terms: terms(),
        tombstones: true,
    }
}

pub fn request(amount: i64) -> RequestPayment {
    RequestPayment {
        payment_id: payment_id(),
        merchant_id: merchant_id(),
        order_id: "order-1".into(),
        order_name: "티셔츠 외 2건".into(),
        method: Method::Card,
        currency: Currency::Krw,
        amount: won(amount),
        tax_free: None,
        vat: None,
        installment_months: 0,
        card: "411111******1111".parse::<MaskedCard>().unwrap(),
        not_after: Moment::from_ms(NOW + 30_000),
    }
}

pub fn approval() -> AcquirerApproval {
    AcquirerApproval {
        acquirer_transaction: "tx-1".into(),
        approve_no: "00012345".into(),
        approved_at: Moment::from_ms(NOW + 100),
        issuer_code: Some("61".into()),
    }
}

pub fn acquirer_cancel(n: u128) -> AcquirerCancel {
    AcquirerCancel {
        cancel_id: cancel_id(n),
        acquirer_transaction: format!("ctx-{n}"),
        canceled_at: Moment::from_ms(NOW + 200),
    }
}

pub fn cancel(n: u128, amount: Option<i64>) -> RequestCancel {
    RequestCancel {
        cancel_id: cancel_id(n),
        merchant_id: merchant_id(),
        amount: amount.map(won),
        tax_free: None,
        reason: "고객 변심".into(),
        current_cancellable: None,
        not_after: Moment::from_ms(i64::MAX),
    }
}

pub fn resolve(by: u128, resolution: Resolution) -> PaymentCommand {
    PaymentCommand::Resolve(Resolve {
        by: key_id(by),
        resolution,
        evidence: Evidence {
            kind: EvidenceKind::SettlementFile,
            reference: format!("2026-11-23.csv row {by}"),
        },
        not_after: Moment::from_ms(i64::MAX),
    })
}

/// A payment, everything that happened to it, and the time, which goes on by a second with each event.
#[derive(Clone, Debug)]
pub struct Story {
    pub events: Vec<PaymentEvent>,
    pub state: Payment,
    pub facts: Facts,
    pub now: i64,
}

impl Story {
    pub fn new(facts: SaleFacts) -> Self {
        Self { events: Vec::new(), state: Payment::Ready, facts: Facts::for_sale(facts), now: NOW }
    }

    /// Decides, and if it becomes an event takes it in. Panics if `evolve` refuses what `decide` emitted.
    pub fn on(&mut self, command: &PaymentCommand) -> Result<PaymentEvent, Rejection> {
        let event = decide(&self.state, command, &self.facts, self.now)?;
        self.state =
            evolve(std::mem::take(&mut self.state), &event).expect("evolve accepts what decide emits");
        self.events.push(event.clone());
        self.now += 1_000;
        Ok(event)
    }

    /// The same, for what must succeed.
    pub fn then(mut self, command: &PaymentCommand) -> Self {
        self.on(command).expect("the command becomes an event");
        self
    }

    /// What `evolve` says of an event that `decide` would not emit here.
    pub fn forced(&self, event: &PaymentEvent) -> Result<Payment, Impossible> {
        evolve(self.state.clone(), event)
    }

    pub fn last(&self) -> &PaymentEvent {
        self.events.last().unwrap()
    }

    pub fn status(&self) -> &'static str {
        self.state.status().as_str()
    }

    pub fn view(&self) -> PaymentView {
        PaymentView::fold(&self.events).unwrap().unwrap()
    }

    pub fn cancelled(mut self, n: u128, amount: Option<i64>) -> Self {
        self = self.then(&PaymentCommand::RequestCancel(cancel(n, amount)));
        self.then(&PaymentCommand::RecordCancel(acquirer_cancel(n)))
    }
}

pub fn requested() -> Story {
    requested_of(100_000, sale_facts())
}

pub fn requested_of(amount: i64, facts: SaleFacts) -> Story {
    Story::new(facts).then(&PaymentCommand::Request(request(amount)))
}

pub fn paid() -> Story {
    requested().then(&PaymentCommand::RecordApproval(approval()))
}

pub fn paid_of(amount: i64, facts: SaleFacts) -> Story {
    requested_of(amount, facts).then(&PaymentCommand::RecordApproval(approval()))
}

pub fn unknown() -> Story {
    requested().then(&PaymentCommand::RecordUnknown(ledger_domain::payment::UnknownCause::Timeout))
}

pub fn net_cancelling() -> Story {
    unknown().then(&PaymentCommand::RequestNetCancel)
}

pub fn unresolved() -> Story {
    net_cancelling().then(&PaymentCommand::GiveUp)
}
