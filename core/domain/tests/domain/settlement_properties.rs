//! A payee's stream over random terms and random sequences of commands: the state and the postings tell the same.

use std::collections::{BTreeMap, BTreeSet};

use ledger_domain::Event;
use ledger_domain::days::Moment;
use ledger_domain::days::calendar::HolidayRule;
use ledger_domain::ids::CommandId;
use ledger_domain::lines::{Node, Payee};
use ledger_domain::money::Net;
use ledger_domain::posting::{Account, Holder, Side, post_settlement};
use ledger_domain::recorded::{Actor, Meta};
use ledger_domain::settlement::{
    BankWord, Deed, PayOutStage, PayeeTax, PayeeTerms, ReserveRule, Settlement, SettlementCommand,
    SettlementCycle, SettlementEvent, Wish, close_at, due, evolve,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::payees::{
    PayeeStory, bank_word, branch, by, confirm, delivery, merchant, net, proposal, proposal_id, send,
};
use crate::recorded::{read, write};
use crate::schemas::validators;
use crate::support::{agency_id, branch_id, merchant_id, won};

/// What may happen to a payee.
#[derive(Clone, Debug)]
enum Step {
    /// A sale, or a cancel: amount, fee, VAT on it, commissions of the agency and the branch.
    Moved { sale: bool, parts: [i64; 5] },
    /// So long nothing happens.
    Passed(i64),
    /// Another version of its terms.
    Terms(PayeeTerms),
    /// Everything that is due is done.
    DueDone,
    /// One thing that is due is done, whichever.
    OneDueDone(Index),
    /// A commission of a closing comes, or goes back.
    Received(u32, i64),
    /// An operator's deed; the pay-out, proposal or closing is one of those that are there.
    Done(u128, Index, Kind),
}

/// A deed whose object is not chosen yet.
#[derive(Clone, Debug)]
enum Kind {
    Propose,
    Approve,
    Reject,
    Send,
    Confirm,
    Fail,
    Return,
    Withhold(Option<i64>),
    Release(Option<i64>),
    Adjust(i64),
    WriteOff,
    ReleaseReserve,
    Agree,
}

fn a_cycle() -> impl Strategy<Value = SettlementCycle> {
    let holidays = || select(vec![HolidayRule::Before, HolidayRule::After, HolidayRule::Calendar]);
    prop_oneof![
        3 => (0_u8..4).prop_map(|business_days| SettlementCycle::Daily { business_days }),
        1 => (1_u8..=7, 0_u8..10, holidays())
            .prop_map(|(ends_on, lag_days, holidays)| SettlementCycle::Weekly { ends_on, lag_days, holidays }),
        1 => (1_u8..=31, 0_u8..20, holidays())
            .prop_map(|(ends_on, lag_days, holidays)| SettlementCycle::Monthly { ends_on, lag_days, holidays }),
    ]
}

fn a_reserve() -> impl Strategy<Value = ReserveRule> {
    (0_u32..=1_000_000, 1_u16..20, proptest::option::of(0_i64..200_000), any::<bool>()).prop_map(
        |(millionths, days, cap, usable_for_offset)| {
            let rate = if millionths == 1_000_000 { "1".to_owned() } else { format!("0.{millionths:06}") };
            ReserveRule { rate: rate.parse().unwrap(), days, cap: cap.map(won), usable_for_offset }
        },
    )
}

fn some_terms(payee: Payee) -> impl Strategy<Value = PayeeTerms> {
    let minimum = prop_oneof![Just(0_i64), 0_i64..300_000];
    let reserve = proptest::option::weighted(0.7, a_reserve());
    (0_u32..9, a_cycle(), reserve, minimum, any::<bool>()).prop_map(
        move |(version, cycle, reserve, minimum, person)| {
            let node = matches!(payee, Payee::Node(_));
            let tax = if node && person { PayeeTax::Person } else { PayeeTax::Registered };
            let reserve = reserve.filter(|_| !node);
            PayeeTerms { version, cycle, reserve, minimum_pay_out: won(minimum), tax }
        },
    )
}

fn a_deed() -> impl Strategy<Value = Kind> {
    let some = || proptest::option::of(0_i64..100_000);
    prop_oneof![
        2 => Just(Kind::Propose),
        8 => Just(Kind::Approve),
        1 => Just(Kind::Reject),
        8 => Just(Kind::Send),
        8 => Just(Kind::Confirm),
        1 => Just(Kind::Fail),
        2 => Just(Kind::Return),
        1 => some().prop_map(Kind::Withhold),
        1 => some().prop_map(Kind::Release),
        2 => (-200_000_i64..200_000).prop_map(Kind::Adjust),
        1 => Just(Kind::WriteOff),
        1 => Just(Kind::ReleaseReserve),
        8 => Just(Kind::Agree),
    ]
}

fn a_step(payee: Payee) -> impl Strategy<Value = Step> {
    let parts = (1_i64..1_000_000, 0_i64..30_000, 0_i64..3_000, 0_i64..5_000, 0_i64..5_000);
    let moved = (prop::bool::weighted(0.6), parts)
        .prop_map(|(sale, (a, b, c, d, e))| Step::Moved { sale, parts: [a, b, c, d, e] });
    let received = (1_u32..1_000, prop_oneof![-50_000_i64..0, 1_i64..100_000])
        .prop_map(|(closing, minor)| Step::Received(closing, minor));
    let (merchants, nodes) = match payee {
        Payee::Merchant(_) => (8, 0),
        Payee::Node(_) => (0, 8),
    };
    prop_oneof![
        merchants => moved,
        nodes => received,
        5 => (0_i64..200_000_000).prop_map(Step::Passed),
        1 => (20_i64..90).prop_map(|days| Step::Passed(days * 86_400_000)),
        1 => some_terms(payee).prop_map(Step::Terms),
        2 => Just(Step::DueDone),
        8 => any::<Index>().prop_map(Step::OneDueDone),
        20 => (1_u128..4, any::<Index>(), a_deed()).prop_map(|(key, of, kind)| Step::Done(key, of, kind)),
    ]
}

fn some_payee() -> impl Strategy<Value = (Payee, PayeeTerms, Vec<Step>)> {
    select(vec![merchant(), branch()]).prop_flat_map(|payee| {
        (Just(payee), some_terms(payee), proptest::collection::vec(a_step(payee), 0..100))
    })
}

/// A payee with the sums of its postings, credits above nothing.
struct World {
    story: PayeeStory,
    sums: BTreeMap<(Account, Holder), i64>,
    /// The ids of the ledger's own commands that are recorded.
    own: BTreeSet<String>,
    fresh: u128,
}

impl World {
    fn new(payee: Payee, terms: PayeeTerms) -> Self {
        let (sums, own) = (BTreeMap::new(), BTreeSet::new());
        Self { story: PayeeStory::new(payee, terms), sums, own, fresh: 0 }
    }

    fn sum(&self, account: Account) -> i64 {
        let of = self.sums.iter().filter(|((found, _), _)| *found == account);
        of.map(|(_, sum)| sum).sum()
    }

    /// Whether the command became an event; what is told of it holds afterwards.
    fn try_on(&mut self, command: &SettlementCommand) -> Result<bool, TestCaseError> {
        let Ok(event) = self.story.on(command) else { return Ok(false) };
        if let Some(key) = command.internal_key(self.story.payee) {
            prop_assert!(self.own.insert(key.clone()), "{key} is recorded already");
        }
        let mut balance = 0;
        for entry in post_settlement(&event).unwrap() {
            let signed =
                if entry.side == Side::Credit { entry.amount.minor() } else { -entry.amount.minor() };
            balance += signed;
            *self.sums.entry((entry.account, entry.holder)).or_default() += signed;
        }
        prop_assert_eq!(balance, 0, "{:?}", event);
        self.check()?;
        Ok(true)
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let (payee, state) = (self.story.payee, &self.story.state);
        let balances = self.story.balances();
        let node = matches!(payee, Payee::Node(_));
        let owed = if node { Account::L31 } else { Account::L11 };
        prop_assert_eq!(self.sum(owed), balances.payable.minor());
        prop_assert_eq!(self.sum(Account::L12), balances.withheld.minor());
        prop_assert_eq!(self.sum(Account::L13), balances.reserve.minor());
        prop_assert_eq!(-self.sum(Account::A30), balances.receivable.minor());
        // What is withheld of a pay-out stands in L41 from the day it is sent.
        let at_bank = state.pay_outs.values().filter(|pay_out| pay_out.stage == PayOutStage::Sent);
        let tax: i64 = at_bank.map(|pay_out| pay_out.withholding.total().unwrap().minor()).sum();
        prop_assert_eq!(self.sum(Account::L20) + tax, balances.in_transit.minor());
        prop_assert_eq!(self.sum(Account::L10), if node { 0 } else { self.unclosed() });
        for account in [Account::L11, Account::L12, Account::L13, Account::L20, Account::L41] {
            prop_assert!(self.sum(account) >= 0, "{:?}", account);
        }
        let open =
            state.received.values().map(|received| received.amount).chain(state.adjusted.values().copied());
        let open: i64 = open.map(Net::minor).sum();
        let least = if node { open } else { 0 };
        prop_assert!(balances.payable.minor() >= least);
        prop_assert!(balances.receivable >= Net::ZERO);
        let json = serde_json::to_string(state).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Settlement>(&json).unwrap(), state);
        Ok(())
    }

    /// What a merchant is owed by days that are not closed.
    fn unclosed(&self) -> i64 {
        let sold = self.story.totals.values().map(|totals| totals.net().unwrap());
        sold.chain(self.story.state.adjusted.values().copied()).map(Net::minor).sum()
    }

    fn moved(&mut self, sale: bool, [amount, supply, vat, agency, branch]: [i64; 5]) {
        let sign = if sale { 1 } else { -1 };
        let totals = self.story.totals.entry(self.story.open_day()).or_default();
        let (count, sum) = match sale {
            true => (&mut totals.sales, &mut totals.sales_amount),
            false => (&mut totals.cancels, &mut totals.cancels_amount),
        };
        *count += 1;
        *sum = sum.plus(net(amount)).unwrap();
        totals.fee_supply = totals.fee_supply.plus(net(sign * supply)).unwrap();
        totals.fee_vat = totals.fee_vat.plus(net(sign * vat)).unwrap();
        let mut post =
            |account, holder, minor| *self.sums.entry((account, holder)).or_default() += sign * minor;
        post(Account::L10, Holder::Merchant(merchant_id()), amount - supply - vat);
        for (node, minor) in [(Node::Agency(agency_id()), agency), (Node::Branch(branch_id()), branch)] {
            let earned = totals.commissions.entry(node).or_default();
            *earned = earned.plus(net(sign * minor)).unwrap();
            post(Account::L30, Holder::Commission(node, merchant_id()), minor);
        }
    }

    /// Commands for all that is due now, the sums of a merchant's days included.
    fn due(&self) -> Vec<SettlementCommand> {
        let now = Moment::from_ms(self.story.now);
        let over = self.story.totals.keys().filter(|day| close_at(**day) <= now);
        let mut all: Vec<_> = over.map(|day| SettlementCommand::Close(*day)).collect();
        let dated = due(&self.story.state).into_iter().filter(|(at, _)| *at <= now);
        all.extend(dated.filter_map(|(_, due)| due.command()));
        for (closing, left) in &self.story.state.undelivered {
            let of = |to: &Node| SettlementCommand::RecordDelivery {
                closing: *closing,
                to: *to,
                position: "ledger.payments/5:118".into(),
            };
            all.extend(left.commissions.keys().map(of));
        }
        all
    }

    /// Whatever is due is accepted, and in the end nothing is due any more.
    fn done_due(&mut self) -> Result<(), TestCaseError> {
        for _ in 0..1_000 {
            let Some(command) = self.due().into_iter().next() else { return Ok(()) };
            let refused = self.story.decided(&command).err();
            prop_assert_eq!(refused, None, "{:?} is due", command);
            self.try_on(&command)?;
        }
        Err(TestCaseError::fail("it is due for ever"))
    }

    fn deed(&mut self, of: Index, kind: Kind) -> Option<Deed> {
        self.fresh += 1;
        let state = &self.story.state;
        // Mostly one for which it can be done; where there is none, any one, to be refused.
        let pay_out = |stages: &[PayOutStage]| {
            let fit = state.pay_outs.iter().filter(|(_, pay_out)| stages.contains(&pay_out.stage));
            let fit: Vec<_> = fit.map(|(id, _)| *id).collect();
            let all: Vec<_> = state.pay_outs.keys().copied().collect();
            let of_these = if fit.is_empty() { all } else { fit };
            (!of_these.is_empty()).then(|| *of.get(&of_these))
        };
        let closing = |fit: Vec<u32>| if fit.is_empty() { state.closings } else { *of.get(&fit) };
        let (reason, paid_on) = ("민원 확인".to_owned(), Moment::from_ms(self.story.now).seoul_day());
        Some(match kind {
            Kind::Propose => Deed::ProposePayOut { pay_out_id: crate::payees::pay_out_id(self.fresh) },
            Kind::Approve => Deed::ApprovePayOut(pay_out(&[PayOutStage::Proposed])?),
            Kind::Reject => {
                Deed::RejectPayOut(pay_out(&[PayOutStage::Proposed, PayOutStage::Approved])?, reason)
            }
            Kind::Send => match send(1) {
                Deed::SendPayOut(_, batch) => Deed::SendPayOut(pay_out(&[PayOutStage::Approved])?, batch),
                other => other,
            },
            Kind::Confirm => match confirm(1, "2026-11-25") {
                Deed::ConfirmPayOut { bank_account, bank_reference, .. } => Deed::ConfirmPayOut {
                    pay_out_id: pay_out(&[PayOutStage::Sent])?,
                    bank_account,
                    bank_reference,
                    paid_on,
                },
                other => other,
            },
            Kind::Fail => Deed::FailPayOut(pay_out(&[PayOutStage::Sent])?, bank_word()),
            Kind::Return => Deed::ReturnPayOut(
                pay_out(&[PayOutStage::Confirmed])?,
                BankWord { code: String::new(), message: "해지 계좌".into() },
            ),
            Kind::Withhold(amount) => Deed::Withhold(amount.map(won), reason),
            Kind::Release(amount) => Deed::Release(amount.map(won), reason),
            Kind::Adjust(minor) => proposal(self.fresh, Wish::Adjustment { amount: net(minor) }),
            Kind::WriteOff => proposal(
                self.fresh,
                Wish::WriteOff { closing: closing(state.receivable.keys().copied().collect()) },
            ),
            Kind::ReleaseReserve => proposal(
                self.fresh,
                Wish::ReserveRelease { closing: closing(state.reserve.keys().copied().collect()) },
            ),
            Kind::Agree => {
                let all: Vec<_> = state.proposals.keys().copied().collect();
                Deed::Confirm(if all.is_empty() { proposal_id(0) } else { *of.get(&all) })
            }
        })
    }

    fn step(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Moved { sale, parts } => self.moved(sale, parts),
            Step::Passed(ms) => self.story.now += ms,
            Step::Terms(terms) => self.story.terms = terms,
            Step::DueDone => self.done_due()?,
            Step::OneDueDone(of) => {
                let due = self.due();
                if !due.is_empty() {
                    prop_assert!(self.try_on(of.get(&due))?, "it is due");
                }
            }
            Step::Received(closing, minor) => {
                self.try_on(&delivery(closing, minor))?;
            }
            Step::Done(key, of, kind) => {
                if let Some(deed) = self.deed(of, kind) {
                    self.try_on(&by(key, deed))?;
                }
            }
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn the_postings_of_a_payee_tell_what_its_state_tells((payee, terms, steps) in some_payee()) {
        let mut world = World::new(payee, terms);
        for step in steps {
            world.step(step)?;
        }
        let state = world.story.events.iter().try_fold(Settlement::default(), evolve).unwrap();
        prop_assert_eq!(&state, &world.story.state);
    }

    #[test]
    fn when_everything_is_closed_nothing_is_unclosed((payee, terms, steps) in some_payee()) {
        let mut world = World::new(payee, terms);
        for step in steps {
            world.step(step)?;
        }
        world.story.now += 2 * 86_400_000;
        world.done_due()?;
        prop_assert!(world.story.totals.is_empty() && world.story.state.adjusted.is_empty());
        prop_assert!(world.story.state.received.is_empty() && world.story.state.undelivered.is_empty());
        prop_assert_eq!((world.sum(Account::L10), world.sum(Account::L30)), (0, 0));
        prop_assert!(world.sum(Account::L31) >= 0);
    }

    #[test]
    fn every_event_of_a_payee_reads_back_is_valid_and_writes_out_byte_for_byte(
        (payee, terms, steps) in some_payee()
    ) {
        thread_local!(static VALIDATORS: BTreeMap<String, jsonschema::Validator> = validators());
        let mut world = World::new(payee, terms);
        for step in steps {
            world.step(step)?;
        }
        for event in &world.story.events {
            let event = Event::Settlement(SettlementEvent::clone(event));
            let meta = Meta {
                time_ms: event.at().ms(),
                actor: Actor::Timer,
                command: CommandId::from_digest([3; 32]),
                idempotency_key: None,
                fingerprint: None,
                request_id: None,
                cause: Some("timer/close/2026-11-23/1795446000000".into()),
                directory: Some("ledger.directory/0:7".into()),
                ledger_id: "l/1".into(),
            };
            let (headers, value) = write(&event, &meta);
            let (read_event, read_meta) = read(&headers, &value).unwrap();
            prop_assert_eq!((&read_event, &read_meta), (&event, &meta));
            prop_assert_eq!(write(&read_event, &read_meta), (headers, value.clone()));
            let json: serde_json::Value = serde_json::from_slice(&value).unwrap();
            let errors: Vec<_> = VALIDATORS.with(|all| {
                all[event.type_name()].iter_errors(&json).map(|error| error.to_string()).collect()
            });
            prop_assert!(errors.is_empty(), "{}: {:?}", event.type_name(), errors);
        }
    }
}
