//! Payments as the domain decides them: a merchant, its terms, and events that follow from commands.

use super::ledger::{LEDGER_ID, TestLedger};
use ledger_domain::Event;
use ledger_domain::contract::{
    AcquirerRoute, CommissionRule, ContractTerms, FeeReturn, FeeRule, Method, SaleFacts,
};
use ledger_domain::days::Moment;
use ledger_domain::ids::{AgencyId, BranchId, CancelId, CommandId, ContractId, KeyId, MerchantId, PaymentId};
use ledger_domain::lines::{Node, VatMode};
use ledger_domain::money::{Amount, Currency, Rounding};
use ledger_domain::payment::{
    AcquirerApproval, AcquirerCancel, Facts, Payment, PaymentCommand, PaymentEvent, RequestCancel,
    RequestPayment, decide, evolve,
};
use ledger_domain::recorded::{Actor, Meta, write};
use ledger_domain::vat::TaxType;
use ledger_log::{Headers, PartitionId};
use uuid::Uuid;

/// 2026-11-23T03:00:00Z: noon in Seoul, a Monday.
pub const MONDAY_MS: i64 = 1_795_402_800_000;

/// A merchant under a branch under an agency: fee 3 % plus VAT, branch 0.5 %, agency 0.2 %, both plus VAT.
#[derive(Clone)]
pub struct Shop {
    pub merchant: MerchantId,
    pub branch: BranchId,
    pub agency: AgencyId,
    pub facts: SaleFacts,
}

pub fn amount(minor: i64) -> Amount {
    Amount::new(minor).unwrap()
}

impl Shop {
    pub fn new() -> Shop {
        Shop::under(BranchId::new(Uuid::now_v7()), AgencyId::new(Uuid::now_v7()))
    }

    pub fn under(branch: BranchId, agency: AgencyId) -> Shop {
        let merchant = MerchantId::new(Uuid::now_v7());
        let commission = |payee: Node, rate: &str| CommissionRule {
            payee,
            rate: rate.parse().unwrap(),
            vat_mode: VatMode::Excluded,
            rounding: Rounding::Floor,
        };
        let terms = ContractTerms {
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
                commission(Node::Branch(branch), "0.005"),
                commission(Node::Agency(agency), "0.002"),
            ],
            settlement_cycle_days: 2,
            acquirer: AcquirerRoute { id: "sandbox".parse().unwrap(), cost_rate: "0.02".parse().unwrap() },
            minimum_amount: amount(100),
            fee_return: FeeReturn::Yes,
            settlement_cycle: None,
            reserve: None,
            minimum_pay_out: None,
        };
        let facts = SaleFacts {
            merchant_id: merchant,
            tax_type: TaxType::Taxable,
            branch_path: vec![Node::Agency(agency), Node::Branch(branch)],
            contract_id: ContractId::new(Uuid::now_v7()),
            contract_version: 1,
            terms,
            tombstones: true,
        };
        Shop { merchant, branch, agency, facts }
    }

    /// A payment that was asked for at this time.
    pub fn request(&self, order_id: &str, minor: i64, at_ms: i64) -> Story {
        let mut story = Story {
            id: PaymentId::new(Uuid::now_v7()),
            state: Payment::default(),
            events: Vec::new(),
            at_ms,
        };
        let command = PaymentCommand::Request(RequestPayment {
            payment_id: story.id,
            merchant_id: self.merchant,
            order_id: order_id.to_owned(),
            order_name: "커피 두 잔".to_owned(),
            method: Method::Card,
            currency: Currency::Krw,
            amount: amount(minor),
            tax_free: None,
            vat: None,
            installment_months: 0,
            card: "433012******1234".parse().unwrap(),
            not_after: Moment::from_ms(at_ms + 60_000),
        });
        story.tell(&command, &Facts::for_sale(self.facts.clone()));
        story
    }

    /// A payment that was approved one second after it was asked for.
    pub fn paid(&self, order_id: &str, minor: i64, at_ms: i64) -> Story {
        self.request(order_id, minor, at_ms).approved()
    }
}

/// One payment's events so far.
#[derive(Clone)]
pub struct Story {
    pub id: PaymentId,
    pub state: Payment,
    pub events: Vec<PaymentEvent>,
    pub at_ms: i64,
}

impl Story {
    fn tell(&mut self, command: &PaymentCommand, facts: &Facts) {
        let event = decide(&self.state, command, facts, self.at_ms).unwrap();
        self.state = evolve(std::mem::take(&mut self.state), &event).unwrap();
        self.events.push(event);
    }

    /// The next command, one second later.
    pub fn then(mut self, command: &PaymentCommand) -> Story {
        self.at_ms += 1_000;
        self.tell(command, &Facts::for_outcome());
        self
    }

    /// Lets time pass.
    pub fn later(mut self, ms: i64) -> Story {
        self.at_ms += ms;
        self
    }

    pub fn approval(&self) -> AcquirerApproval {
        AcquirerApproval {
            acquirer_transaction: format!("tx-{}", self.id),
            approve_no: "30012345".to_owned(),
            approved_at: Moment::from_ms(self.at_ms),
            issuer_code: None,
        }
    }

    pub fn approved(self) -> Story {
        let approval = self.approval();
        self.then(&PaymentCommand::RecordApproval(approval))
    }

    pub fn declined(self) -> Story {
        self.then(&PaymentCommand::RecordDecline {
            code: "51".to_owned(), message: "잔액 부족".to_owned()
        })
    }

    /// Asks for a cancel; None is all that is left.
    pub fn ask_cancel(self, minor: Option<i64>) -> (Story, CancelId) {
        let cancel_id = CancelId::new(Uuid::now_v7());
        let merchant_id = self.state.merchant_id().unwrap();
        let not_after = Moment::from_ms(self.at_ms + 60_000);
        let command = PaymentCommand::RequestCancel(RequestCancel {
            cancel_id,
            merchant_id,
            amount: minor.map(amount),
            tax_free: None,
            reason: "고객 변심".to_owned(),
            current_cancellable: None,
            not_after,
        });
        (self.then(&command), cancel_id)
    }

    pub fn cancelled(self, minor: Option<i64>) -> Story {
        let (story, cancel_id) = self.ask_cancel(minor);
        story.cancel_done(cancel_id)
    }

    pub fn cancel_done(self, cancel_id: CancelId) -> Story {
        let canceled_at = Moment::from_ms(self.at_ms);
        let acquirer_transaction = format!("tx-{cancel_id}");
        self.then(&PaymentCommand::RecordCancel(AcquirerCancel {
            cancel_id,
            acquirer_transaction,
            canceled_at,
        }))
    }

    /// Every event as a record's headers and value.
    pub fn records(&self) -> Vec<(Headers, Vec<u8>)> {
        self.events.iter().map(|event| recorded(Event::Payment(event.clone()))).collect()
    }

    /// Writes it all.
    pub fn append(&self, ledger: &TestLedger, at: &PartitionId) {
        ledger.append(at, self.records());
    }
}

/// An event as a record's headers and value, by a command of its own.
pub fn recorded(event: Event) -> (Headers, Vec<u8>) {
    let mut digest = [0; 32];
    digest.iter_mut().for_each(|byte| *byte = fastrand::u8(..));
    let meta = Meta {
        time_ms: event.at().ms(),
        actor: Actor::Key(KeyId::new(Uuid::now_v7())),
        command: CommandId::from_digest(digest),
        idempotency_key: Some("k-1".to_owned()),
        fingerprint: None,
        request_id: Some("req-1".to_owned()),
        cause: None,
        directory: None,
        ledger_id: LEDGER_ID.to_owned(),
    };
    let mut headers = Headers::new();
    let value = write(&event, &meta, |name, text| headers.push(name, text));
    (headers, value)
}
