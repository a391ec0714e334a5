//! Invariant 2, over random terms and random sequences of commands.

use std::collections::BTreeMap;

use ledger_domain::Event;
use ledger_domain::contract::{FeeReturn, SaleFacts};
use ledger_domain::days::Moment;
use ledger_domain::ids::CommandId;
use ledger_domain::lines::{LineType, VatMode};
use ledger_domain::money::{Amount, Rounding};
use ledger_domain::payment::effects::{Timing, due, effects, open_calls};
use ledger_domain::payment::{
    Movement, MovementKind, NotAttemptedCause, Payment, PaymentCommand, PaymentEvent, PaymentView,
    RequestCancel, Resolution, UnknownCause, replay,
};
use ledger_domain::posting::{Account, Holder, Side, post};
use ledger_domain::recorded::{Actor, Meta};
use ledger_domain::vat::TaxType;
use proptest::prelude::*;
use proptest::sample::select;

use crate::metadata::note;
use crate::recorded::{read, write};
use crate::schemas::validators;
use crate::support::{
    Story, acquirer_cancel, approval, cancel, cancel_id, merchant_id, request, resolve, sale_facts, won,
};

fn a_rate() -> impl Strategy<Value = String> {
    (0_u32..=200_000).prop_map(|millionths| format!("0.{millionths:06}"))
}

prop_compose! {
    fn some_facts()(
        tax_type in select(vec![TaxType::Taxable, TaxType::Exempt, TaxType::Mixed]),
        fee_return in select(vec![FeeReturn::Yes, FeeReturn::No, FeeReturn::SameDay]),
        vat_mode in select(vec![VatMode::Included, VatMode::Excluded, VatMode::Exempt]),
        rounding in select(vec![Rounding::Floor, Rounding::Nearest, Rounding::Ceil]),
        rates in [a_rate(), a_rate(), a_rate(), a_rate()],
        fixed in 0_i64..2_000,
        min in proptest::option::of(0_i64..5_000),
        room in proptest::option::of(0_i64..5_000),
        cycle in 0_u8..=60,
        tombstones: bool,
    ) -> SaleFacts {
        let mut facts = SaleFacts { tax_type, tombstones, ..sale_facts() };
        let fee = &mut facts.terms.fees[0];
        (fee.rate, fee.vat_mode, fee.rounding) = (rates[0].parse().unwrap(), vat_mode, rounding);
        (fee.fixed, fee.min) = (won(fixed), min.map(won));
        fee.max = room.map(|room| won(min.unwrap_or(0) + room));
        for (rule, rate) in facts.terms.commissions.iter_mut().zip(&rates[1..]) {
            (rule.rate, rule.rounding, rule.vat_mode) = (rate.parse().unwrap(), rounding, vat_mode);
        }
        facts.terms.acquirer.cost_rate = rates[3].parse().unwrap();
        (facts.terms.fee_return, facts.terms.settlement_cycle_days) = (fee_return, cycle);
        facts
    }
}

/// A request that is often, but not always, acceptable.
fn a_request() -> impl Strategy<Value = PaymentCommand> {
    let amounts = prop_oneof![0_i64..500, 1_000_i64..200_000, 9_999_999_990_i64..=10_000_000_000];
    let part = || proptest::option::weighted(0.3, 0_i64..150_000);
    (amounts, part(), part(), 0_u8..40).prop_map(|(amount, tax_free, vat, months)| {
        let mut wanted = request(amount);
        (wanted.tax_free, wanted.vat) = (tax_free.map(won), vat.map(won));
        wanted.installment_months = if months > 30 { months } else { 0 };
        PaymentCommand::Request(wanted)
    })
}

fn a_cancel() -> impl Strategy<Value = PaymentCommand> {
    let part = |p, range| proptest::option::weighted(p, range);
    (0_u128..6, part(0.8, 0_i64..120_000), part(0.3, 0_i64..60_000)).prop_map(|(n, amount, tax_free)| {
        PaymentCommand::RequestCancel(RequestCancel { tax_free: tax_free.map(won), ..cancel(n, amount) })
    })
}

fn a_command() -> impl Strategy<Value = PaymentCommand> {
    let id = || (0_u128..6).prop_map(cancel_id);
    let text = || "[a-z가-힣 \u{0}-\u{1f}]{0,80}";
    prop_oneof![
        2 => a_request(),
        3 => Just(PaymentCommand::RecordApproval(approval())),
        1 => (text(), text()).prop_map(|(code, message)| PaymentCommand::RecordDecline { code, message }),
        1 => Just(PaymentCommand::RecordNotAttempted(NotAttemptedCause::Unreachable)),
        2 => Just(PaymentCommand::RecordUnknown(UnknownCause::Timeout)),
        2 => Just(PaymentCommand::RequestNetCancel),
        1 => any::<bool>().prop_map(|had_approval| PaymentCommand::RecordNetCancel { had_approval }),
        2 => Just(PaymentCommand::GiveUp),
        8 => a_cancel(),
        8 => (0_u128..6).prop_map(|n| PaymentCommand::RecordCancel(acquirer_cancel(n))),
        1 => (id(), text(), text())
            .prop_map(|(cancel_id, code, message)| PaymentCommand::RecordCancelDecline { cancel_id, code, message }),
        1 => id().prop_map(|cancel_id| PaymentCommand::RecordCancelNotAttempted {
            cancel_id,
            cause: NotAttemptedCause::NotConfigured
        }),
        2 => id().prop_map(|cancel_id| PaymentCommand::RecordCancelUnknown { cancel_id, cause: UnknownCause::Restarted }),
        2 => id().prop_map(PaymentCommand::GiveUpCancel),
        2 => ("[a-c]{0,2}", "[a-z가-힣 \u{0}]{0,3}").prop_map(|(key, value)| {
            PaymentCommand::ChangeMetadata(note(&[(&key, &value)], &[&value]))
        }),
        4 => (1_u128..4, some_resolution()).prop_map(|(by, resolution)| resolve(by, resolution)),
    ]
}

fn some_resolution() -> impl Strategy<Value = Resolution> {
    prop_oneof![
        Just(Resolution::Paid { approval: approval() }),
        Just(Resolution::NotPaid {}),
        Just(Resolution::Reversed {}),
        (0_u128..6).prop_map(|n| Resolution::CancelDone { cancel: acquirer_cancel(n) }),
        (0_u128..6).prop_map(|n| Resolution::CancelNotDone { cancel_id: cancel_id(n) }),
    ]
}

/// A story that begins with a request more often than chance would have it, and then whatever comes.
fn a_story() -> impl Strategy<Value = Story> {
    let commands = proptest::collection::vec((a_command(), 0_i64..200_000_000), 0..40);
    (some_facts(), a_request(), commands).prop_map(|(facts, first, commands)| {
        let mut story = Story::new(facts);
        // `Story::on` panics where `evolve` refuses what `decide` emitted.
        let _ = story.on(&first);
        for (command, pause_ms) in commands {
            story.now += pause_ms;
            let _ = story.on(&command);
        }
        story
    })
}

/// A payment cancelled in random parts until nothing is left.
fn a_payment_cancelled_to_nothing() -> impl Strategy<Value = Story> {
    let wish = (1_000_i64..10_000_000, 0_u32..=100, proptest::option::weighted(0.3, 0_u32..=100));
    let parts = proptest::collection::vec((1_u32..=100, 0_u32..=100, any::<bool>()), 0..12);
    (some_facts(), wish, parts).prop_map(|(mut facts, (amount, tax_free, vat), parts)| {
        facts.tax_type = TaxType::Mixed;
        let of = |whole: i64, percent: u32| whole * i64::from(percent) / 100;
        let mut wanted = request(amount);
        wanted.tax_free = Some(won(of(amount, tax_free)));
        wanted.vat = vat.map(|percent| won(of(amount - of(amount, tax_free), percent)));
        let mut story = Story::new(facts)
            .then(&PaymentCommand::Request(wanted))
            .then(&PaymentCommand::RecordApproval(approval()));
        for (n, (taxable, tax_free, late)) in (0_u128..).zip(parts) {
            let Payment::Done(paid) = &story.state else { break };
            let left = paid.remaining;
            let tax_free = of(left.tax_free.minor(), tax_free);
            let amount = tax_free + of(left.taxable.minor(), taxable);
            story.now += if late { 86_400_000 } else { 0 };
            let one = RequestCancel { tax_free: Some(won(tax_free)), ..cancel(n, Some(amount)) };
            if story.on(&PaymentCommand::RequestCancel(one)).is_ok() {
                story = story.then(&PaymentCommand::RecordCancel(acquirer_cancel(n)));
            }
        }
        if matches!(story.state, Payment::Done(_)) {
            story = story.cancelled(1_000, None);
        }
        story
    })
}

fn sides(movements: &[&Movement], kind: MovementKind, what: impl Fn(&Movement) -> i64) -> i64 {
    movements.iter().filter(|m| m.posting_policy.kind() == kind).map(|m| what(m)).sum()
}

fn paid_and_back(story: &Story, what: impl Fn(&Movement) -> i64) -> (i64, i64) {
    let movements: Vec<_> = story.events.iter().filter_map(|event| event.money()).collect();
    (sides(&movements, MovementKind::Sale, &what), sides(&movements, MovementKind::Cancel, &what))
}

/// The properties below say something only about what the random stories reach.
#[test]
fn random_stories_reach_every_event_and_every_state() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..2_000 {
        let story = proptest::strategy::ValueTree::current(&a_story().new_tree(&mut runner).unwrap());
        seen.extend(story.events.iter().map(|event| event.type_name()));
        seen.insert(story.status());
    }
    let states =
        ["READY", "IN_PROGRESS", "DONE", "PARTIAL_CANCELED", "CANCELED", "ABORTED", "UNKNOWN", "UNRESOLVED"];
    let missed = PaymentEvent::TYPES.iter().chain(&states).filter(|name| !seen.contains(*name));
    assert_eq!(missed.collect::<Vec<_>>(), Vec::<&&str>::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Evolve accepts what decide emits (checked while the story is made), and a replay ends in the same state.
    #[test]
    fn a_replay_of_what_was_decided_ends_in_the_same_state(story in a_story()) {
        prop_assert_eq!(&replay(&story.events).unwrap(), &story.state);
        if let Some(view) = PaymentView::fold(&story.events).unwrap() {
            prop_assert_eq!(view.state(), &story.state);
            prop_assert_eq!(view.status, story.state.status());
            prop_assert_eq!(view.version, story.events.len() as u64);
        }
    }

    #[test]
    fn cancelled_never_exceeds_paid_and_what_is_reserved_never_what_is_left(story in a_story()) {
        let (paid, back) = paid_and_back(&story, |money| money.amount.minor());
        prop_assert!(back <= paid);
        if let Some(view) = PaymentView::fold(&story.events).unwrap() {
            prop_assert_eq!(view.balance_amount.minor(), paid - back);
        }
        if let Payment::Done(done) = &story.state {
            prop_assert_eq!(done.remaining.amount().unwrap().minor(), paid - back);
            prop_assert!(done.cancelable().is_ok());
        }
    }

    #[test]
    fn supply_vat_and_tax_free_part_make_up_the_amount_of_every_movement(story in a_story()) {
        for money in story.events.iter().filter_map(|event| event.money()) {
            prop_assert_eq!(money.split().amount().unwrap(), money.amount);
            for line in &money.lines {
                prop_assert_eq!(line.supply.plus(line.vat).unwrap(), line.total);
            }
            prop_assert!(money.expected_pay_out_date >= money.sold_date);
        }
    }

    #[test]
    fn the_postings_of_every_event_balance(story in a_story()) {
        for event in &story.events {
            let entries = post(event).unwrap();
            let sum = |side| entries.iter().filter(|e| e.side == side).map(|e| e.amount.minor()).sum::<i64>();
            prop_assert_eq!(sum(Side::Debit), sum(Side::Credit));
            prop_assert_eq!(entries.is_empty(), event.money().is_none());
            prop_assert!(entries.iter().all(|entry| entry.amount > Amount::ZERO));
        }
    }

    #[test]
    fn after_a_net_cancel_was_requested_only_people_can_make_a_payment_done(story in a_story()) {
        let requested = story.events.iter().position(|event| matches!(event, PaymentEvent::NetCancelRequested(_)));
        let approved = story.events.iter().position(|event| matches!(event, PaymentEvent::Approved(_)));
        if let (Some(requested), Some(approved)) = (requested, approved) {
            prop_assert!(approved < requested, "approved at {approved}, net cancel requested at {requested}");
        }
    }

    #[test]
    fn every_recorded_event_reads_back_is_valid_and_writes_out_byte_for_byte(story in a_story()) {
        thread_local!(static VALIDATORS: BTreeMap<String, jsonschema::Validator> = validators());
        for event in &story.events {
            let event = Event::Payment(event.clone());
            let meta = Meta {
                time_ms: event.at().ms(),
                actor: Actor::Timer,
                command: CommandId::from_digest([3; 32]),
                idempotency_key: Some("열쇠 \"1\"".into()),
                fingerprint: None,
                request_id: Some(String::new()),
                cause: None,
                directory: Some("ledger.directory/0:7".into()),
                ledger_id: "l/1".into(),
            };
            let (headers, value) = write(&event, &meta);
            let (read_event, read_meta) = read(&headers, &value).unwrap();
            prop_assert_eq!(&read_event, &event);
            prop_assert_eq!(&read_meta, &meta);
            prop_assert_eq!(write(&read_event, &read_meta), (headers, value.clone()));
            let json: serde_json::Value = serde_json::from_slice(&value).unwrap();
            let errors: Vec<_> = VALIDATORS.with(|all| {
                all[event.type_name()].iter_errors(&json).map(|error| error.to_string()).collect()
            });
            prop_assert!(errors.is_empty(), "{}: {:?}", event.type_name(), errors);
        }
    }

    #[test]
    fn whatever_is_open_is_either_due_or_waits_for_people(story in a_story()) {
        let timing = Timing::default();
        let (calls, entries) = (open_calls(&story.state), due(&story.state, &timing));
        prop_assert_eq!(calls.len(), entries.len());
        for entry in entries {
            prop_assert!(entry.at > Moment::from_ms(0));
            prop_assert!(story.clone().on(&entry.kind.command()).is_ok(), "{:?} is due but refused", entry);
        }
        if let Some(event) = story.events.last() {
            prop_assert!(effects(&story.state, event, &timing).len() <= 1);
        }
    }

    #[test]
    fn a_sequence_of_cancels_that_ends_at_nothing_ends_every_component_at_nothing(
        story in a_payment_cancelled_to_nothing()
    ) {
        prop_assert_eq!(story.status(), "CANCELED");
        let components: [fn(&Movement) -> i64; 4] = [
            |money| money.amount.minor(),
            |money| money.sale_supply.minor(),
            |money| money.sale_vat.minor(),
            |money| money.sale_tax_free.minor(),
        ];
        for component in components {
            let (paid, back) = paid_and_back(&story, component);
            prop_assert_eq!(paid, back);
        }
    }

    #[test]
    fn fees_end_at_nothing_where_they_return_and_stay_whole_where_they_do_not(
        story in a_payment_cancelled_to_nothing()
    ) {
        let facts = story.facts.sale.clone().unwrap();
        let total = |kind: LineType| {
            move |money: &Movement| money.lines.iter().filter(|l| l.kind == kind).map(|l| l.total.minor()).sum::<i64>()
        };
        let (cost, cost_back) = paid_and_back(&story, total(LineType::AcquirerCost));
        prop_assert_eq!(cost, cost_back);
        for kind in [LineType::Fee, LineType::Commission] {
            let (paid, back) = paid_and_back(&story, total(kind));
            match facts.terms.fee_return {
                FeeReturn::Yes => prop_assert_eq!(paid, back),
                FeeReturn::No => prop_assert_eq!(back, 0),
                FeeReturn::SameDay => prop_assert!(back <= paid),
            }
        }
    }

    #[test]
    fn a_payment_cancelled_to_nothing_leaves_every_account_at_nothing_where_fees_return(
        story in a_payment_cancelled_to_nothing()
    ) {
        if story.facts.sale.as_ref().map(|sale| sale.terms.fee_return) == Some(FeeReturn::Yes) {
            let mut sums = BTreeMap::<(Account, Holder), i64>::new();
            for entry in story.events.iter().flat_map(|event| post(event).unwrap()) {
                let signed = if entry.side == Side::Debit { entry.amount.minor() } else { -entry.amount.minor() };
                *sums.entry((entry.account, entry.holder)).or_default() += signed;
            }
            prop_assert!(sums.values().all(|sum| *sum == 0), "{sums:?}");
        }
    }

    #[test]
    fn only_the_payment_s_own_merchant_can_cancel_it(story in a_story(), other in 3_u128..1_000) {
        let stranger = ledger_domain::ids::MerchantId::new(crate::support::uuid(other));
        prop_assume!(stranger != merchant_id());
        let wish = RequestCancel { merchant_id: stranger, ..cancel(77, None) };
        let refused = story.clone().on(&PaymentCommand::RequestCancel(wish)).unwrap_err();
        prop_assert_eq!(refused.code(), "NOT_FOUND_PAYMENT");
    }
}
