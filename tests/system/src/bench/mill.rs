//! Makes the records of payments as the owner would: decided, evolved and written out, one after the other. Of ten
//! payments three are cancelled in part, so that all four records of the ordinary course are there.

use std::collections::VecDeque;

use ledger_domain::Event;
use ledger_domain::contract::{
    AcquirerRoute, CommissionRule, ContractTerms, FeeReturn, FeeRule, Method, SaleFacts,
};
use ledger_domain::days::Moment;
use ledger_domain::ids::{AgencyId, BranchId, CancelId, CommandId, ContractId, KeyId, MerchantId, PaymentId};
use ledger_domain::lines::{Node, VatMode};
use ledger_domain::money::{Amount, Currency, Rounding};
use ledger_domain::payment::{
    AcquirerApproval, AcquirerCancel, Facts, Payment, PaymentCommand, RequestCancel, RequestPayment, decide,
    evolve,
};
use ledger_domain::recorded::{self, Actor, Meta};
use ledger_domain::vat::TaxType;
use ledger_log::{Headers, Payload};
use uuid::Uuid;

use crate::envelope::now_ms;
use crate::failure::{Done, During};

const PARTS: u128 = 0x0190_0000_0000_7000_8000_0000_0000_0000;

/// Keeps the ids of cancels apart from those of payments.
const CANCELS: u64 = 1 << 30;

/// Makes records without end.
pub struct Mill {
    facts: Facts,
    merchants: Vec<MerchantId>,
    made: u64,
    waiting: VecDeque<Payload>,
    at_ms: i64,
}

impl Mill {
    /// Of four merchants on the example's terms.
    ///
    /// # Errors
    /// The terms are none.
    pub fn new() -> Done<Mill> {
        let merchants: Vec<MerchantId> = (1..=4).map(|n| MerchantId::new(id(n))).collect();
        let merchant_id = merchants.first().copied().during(|| "no merchant".to_owned())?;
        let (agency, branch) = (Node::Agency(AgencyId::new(id(8))), Node::Branch(BranchId::new(id(9))));
        let sale = SaleFacts {
            merchant_id,
            tax_type: TaxType::Taxable,
            branch_path: vec![agency, branch],
            contract_id: ContractId::new(id(10)),
            contract_version: 1,
            terms: terms(agency, branch)?,
            tombstones: true,
        };
        let facts = Facts::for_sale(sale);
        Ok(Mill { facts, merchants, made: 0, waiting: VecDeque::new(), at_ms: now_ms() })
    }

    /// The next record.
    ///
    /// # Errors
    /// A decision that should not be refused was.
    pub fn next(&mut self) -> Done<Payload> {
        if self.waiting.is_empty() {
            self.payment()?;
        }
        self.waiting.pop_front().during(|| "the mill made nothing".to_owned())
    }

    /// Asked for, approved, and perhaps cancelled in part.
    fn payment(&mut self) -> Done {
        self.made += 1;
        let at = usize::try_from(self.made).unwrap_or(0) % self.merchants.len();
        let merchant_id = self.merchants.get(at).copied().during(|| "no merchant".to_owned())?;
        if let Some(sale) = &mut self.facts.sale {
            sale.merchant_id = merchant_id;
        }
        let request = PaymentCommand::Request(self.request(merchant_id)?);
        let approval = PaymentCommand::RecordApproval(AcquirerApproval {
            acquirer_transaction: format!("txn-{:012}", self.made),
            approve_no: format!("{:08}", self.made),
            approved_at: Moment::from_ms(self.at_ms),
            issuer_code: Some("11".to_owned()),
        });
        let state = self.record(Payment::default(), &request)?;
        let state = self.record(state, &approval)?;
        if self.made % 10 < 3 {
            let cancel_id = CancelId::new(fresh(self.made + CANCELS));
            let wish = PaymentCommand::RequestCancel(cancel(cancel_id, merchant_id, self.at_ms)?);
            let answer = AcquirerCancel {
                cancel_id,
                acquirer_transaction: format!("can-{:012}", self.made),
                canceled_at: Moment::from_ms(self.at_ms),
            };
            let state = self.record(state, &wish)?;
            self.record(state, &PaymentCommand::RecordCancel(answer))?;
        }
        Ok(())
    }

    fn request(&self, merchant_id: MerchantId) -> Done<RequestPayment> {
        Ok(RequestPayment {
            payment_id: PaymentId::new(fresh(self.made)),
            merchant_id,
            order_id: format!("order-{:012}", self.made),
            order_name: "아메리카노 외 2건".to_owned(),
            method: Method::Card,
            currency: Currency::Krw,
            amount: Amount::new(10_000 + i64::try_from(self.made % 1_000)? * 100)?,
            tax_free: None,
            vat: None,
            installment_months: 0,
            card: "411111******1111".parse()?,
            not_after: Moment::from_ms(self.at_ms + 10_000),
        })
    }

    fn record(&mut self, state: Payment, command: &PaymentCommand) -> Done<Payment> {
        let decided = decide(&state, command, &self.facts, self.at_ms);
        let event = decided.map_err(|no| crate::Failure::new(format!("refused: {no}")))?;
        let state = evolve(state, &event)?;
        let mut headers = Headers::new();
        let put = |name: &str, text: &[u8]| headers.push(name, text);
        let value = recorded::write(&Event::Payment(event), &self.meta(), put);
        self.waiting.push_back(Payload { headers, value });
        Ok(state)
    }

    fn meta(&self) -> Meta {
        let number = self.made * 4 + u64::try_from(self.waiting.len()).unwrap_or(0);
        Meta {
            time_ms: self.at_ms,
            actor: Actor::Key(KeyId::new(id(11))),
            command: CommandId::new(id(0x0008_0000_0000_0000_0000 + u128::from(number))),
            idempotency_key: Some(format!("key-{number:016}")),
            fingerprint: Some(format!("{number:064x}")),
            request_id: Some(format!("req_{number:032x}")),
            cause: None,
            directory: Some("ledger.directory/0:34".to_owned()),
            ledger_id: "01900000000070008000000000000000".to_owned(),
        }
    }
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(PARTS + number)
}

/// In the order of their making, as UUIDv7 are.
fn fresh(number: u64) -> Uuid {
    Uuid::from_u128(PARTS + (u128::from(number) << 80))
}

fn cancel(cancel_id: CancelId, merchant_id: MerchantId, at_ms: i64) -> Done<RequestCancel> {
    Ok(RequestCancel {
        cancel_id,
        merchant_id,
        amount: Some(Amount::new(5_000)?),
        tax_free: None,
        reason: "고객 변심".to_owned(),
        current_cancellable: None,
        not_after: Moment::from_ms(at_ms + 10_000),
    })
}

fn terms(agency: Node, branch: Node) -> Done<ContractTerms> {
    let share = |payee, rate: &str| -> Done<CommissionRule> {
        let (vat_mode, rounding) = (VatMode::Excluded, Rounding::Floor);
        Ok(CommissionRule { payee, rate: rate.parse()?, vat_mode, rounding })
    };
    let fee = FeeRule {
        method: Method::Card,
        rate: "0.03".parse()?,
        fixed: Amount::ZERO,
        min: None,
        max: None,
        vat_mode: VatMode::Excluded,
        rounding: Rounding::Floor,
    };
    Ok(ContractTerms {
        fees: vec![fee],
        commissions: vec![share(branch, "0.005")?, share(agency, "0.002")?],
        settlement_cycle_days: 2,
        acquirer: AcquirerRoute { id: "sandbox".parse()?, cost_rate: "0.02".parse()? },
        minimum_amount: Amount::new(100)?,
        fee_return: FeeReturn::Yes,
        settlement_cycle: None,
        reserve: None,
        minimum_pay_out: None,
    })
}
