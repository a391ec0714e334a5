//! Rules over a whole partition, against a store that is a map.

use std::collections::{BTreeMap, BTreeSet};

use ledger_domain::days::Day;
use ledger_domain::directory::Digest;
use ledger_domain::ids::{CommandId, MerchantId, PaymentId};
use ledger_domain::lines::Node;
use ledger_domain::money::Net;
use ledger_domain::partition::{
    Change, CommandEntry, KeyCheck, MAX_ATTEMPTS, OrderEntry, PartitionView, admit, changes, check_key,
};
use ledger_domain::payment::{Payment, PaymentCommand, UnknownCause, evolve};
use ledger_domain::settlement::{Totals, chain};

use crate::support::{
    Story, agency_id, approval, branch_id, merchant_id, net_cancelling, paid, payment_id, request, requested,
    resolve, unresolved,
};

#[derive(Default)]
struct Store {
    orders: BTreeMap<(MerchantId, String), OrderEntry>,
    attempts: Vec<(u32, PaymentId)>,
    commands: BTreeMap<CommandId, CommandEntry>,
    totals: BTreeMap<(MerchantId, Day), Totals>,
    open: BTreeSet<PaymentId>,
    taken: u64,
}

impl PartitionView for Store {
    fn order(&self, merchant: MerchantId, order_id: &str) -> OrderEntry {
        self.orders.get(&(merchant, order_id.to_owned())).copied().unwrap_or_default()
    }
    fn command(&self, id: CommandId) -> Option<CommandEntry> {
        self.commands.get(&id).cloned()
    }
    fn totals(&self, merchant: MerchantId, sold_date: Day) -> Totals {
        self.totals.get(&(merchant, sold_date)).cloned().unwrap_or_default()
    }
}

impl Store {
    /// Takes a whole story in, event by event.
    fn after(story: &Story) -> Self {
        let mut store = Self::default();
        store.take(story);
        store
    }

    fn take(&mut self, story: &Story) {
        let mut state = Payment::Ready;
        for event in &story.events {
            let after = evolve(state.clone(), event).unwrap();
            self.taken += 1;
            for change in changes(self, &state, event, &after, self.taken).unwrap() {
                match change {
                    Change::Order { merchant_id, order_id, entry, attempt } => {
                        self.orders.insert((merchant_id, order_id), entry);
                        self.attempts.extend(attempt);
                    }
                    Change::Totals { merchant_id, sold_date, totals } => {
                        self.totals.insert((merchant_id, sold_date), *totals);
                    }
                    Change::Open { payment_id, open: true, .. } => assert!(self.open.insert(payment_id)),
                    Change::Open { payment_id, open: false, .. } => assert!(self.open.remove(&payment_id)),
                }
            }
            state = after;
        }
    }

    fn admits(&self) -> Option<&'static str> {
        admit(self, &request(100_000)).err().map(|rejection| rejection.code())
    }
}

fn declined() -> Story {
    requested().then(&PaymentCommand::RecordDecline { code: "1".into(), message: "no".into() })
}

#[test]
fn an_order_id_is_held_while_its_payment_lives_and_after_it_was_paid() {
    const TAKEN: Option<&str> = Some("DUPLICATED_ORDER_ID");
    let not_paid = ledger_domain::payment::Resolution::NotPaid {};
    for (name, story, expected) in [
        ("requested", requested(), TAKEN),
        ("paid", paid(), TAKEN),
        ("paid and cancelled", paid().cancelled(1, None), TAKEN),
        ("partly cancelled", paid().cancelled(1, Some(1_000)), TAKEN),
        ("unresolved", unresolved(), TAKEN),
        ("net cancelling", net_cancelling(), TAKEN),
        ("declined", declined(), None),
        (
            "net-cancelled",
            net_cancelling().then(&PaymentCommand::RecordNetCancel { had_approval: true }),
            None,
        ),
        (
            "nothing to undo",
            net_cancelling().then(&PaymentCommand::RecordNetCancel { had_approval: false }),
            None,
        ),
        (
            "resolved as not paid",
            unresolved().then(&resolve(1, not_paid.clone())).then(&resolve(2, not_paid)),
            None,
        ),
    ] {
        assert_eq!(Store::after(&story).admits(), expected, "{name}");
    }
}

#[test]
fn the_rejection_names_the_payment_that_holds_the_order() {
    let rejection = admit(&Store::after(&paid()), &request(1_000)).unwrap_err();
    assert_eq!(rejection, ledger_domain::Rejection::DuplicateOrderId { payment_id: payment_id() });
}

#[test]
fn attempts_under_one_order_id_are_numbered_and_bounded() {
    let mut store = Store::default();
    for _ in 0..MAX_ATTEMPTS {
        assert_eq!(store.admits(), None);
        store.take(&declined());
    }
    let numbers: Vec<_> = store.attempts.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=MAX_ATTEMPTS).collect::<Vec<_>>());
    assert_eq!(store.admits(), Some("TOO_MANY_ATTEMPTS"));
}

#[test]
fn totals_of_a_day_are_the_sums_of_what_moved_on_it() {
    let store = Store::after(&paid().cancelled(1, Some(40_000)));
    let day: Day = "2026-11-23".parse().unwrap();
    let net = |minor| Net::new(minor).unwrap();
    let approved = chain(Digest([0; 32]), 2, net(96_700));
    let commissions =
        [(Node::Branch(branch_id()), net(550 - 220)), (Node::Agency(agency_id()), net(220 - 88))];
    let expected = Totals {
        sales: 1,
        sales_amount: net(100_000),
        cancels: 1,
        cancels_amount: net(40_000),
        fee_supply: net(3_000 - 1_200),
        fee_vat: net(300 - 120),
        commissions: commissions.into(),
        entries_hash: chain(approved, 4, net(-40_000 + 1_320)),
        through: 4,
    };
    assert_eq!(store.totals(merchant_id(), day), expected);
    assert!(Store::after(&unresolved()).totals.is_empty());
}

#[test]
fn what_is_open_is_known_until_its_outcome_is() {
    let open = |story: &Story| Store::after(story).open.len();
    for (story, expected) in [(requested(), 0), (paid(), 0), (net_cancelling(), 1), (unresolved(), 1)] {
        assert_eq!(open(&story), expected);
    }
    let done = net_cancelling().then(&PaymentCommand::RecordNetCancel { had_approval: true });
    assert_eq!(open(&done), 0);
}

#[test]
fn a_sum_that_would_overflow_is_an_error() {
    let mut store = Store::default();
    let day: Day = "2026-11-23".parse().unwrap();
    store.totals.insert(
        (merchant_id(), day),
        Totals { sales_amount: Net::new(Net::MAX_MINOR).unwrap(), ..Totals::default() },
    );
    let story = paid();
    let before = requested().state;
    assert!(changes(&store, &before, story.last(), &story.state, 1).is_err());
}

#[test]
fn a_key_is_new_repeated_or_reused() {
    let mut store = Store::default();
    let id = CommandId::from_digest([7; 32]);
    assert_eq!(check_key(&store, id, &[1; 32]), KeyCheck::New);
    let entry = CommandEntry { subject: payment_id().to_string(), index: 0, fingerprint: Some([1; 32]) };
    store.commands.insert(id, entry.clone());
    assert_eq!(check_key(&store, id, &[1; 32]), KeyCheck::Repeat(entry));
    assert_eq!(check_key(&store, id, &[2; 32]), KeyCheck::Reused);
    let internal = CommandEntry { subject: String::new(), index: 0, fingerprint: None };
    store.commands.insert(id, internal);
    assert_eq!(check_key(&store, id, &[1; 32]), KeyCheck::Reused, "no client repeats an internal command");
}

#[test]
fn an_event_gives_back_only_what_it_changes_in_the_partition() {
    let before = requested();
    let after = before.clone().then(&PaymentCommand::RecordUnknown(UnknownCause::Timeout));
    let kinds = changes(&Store::default(), &before.state, after.last(), &after.state, 1).unwrap();
    assert!(matches!(kinds[..], [Change::Open { open: true, .. }]));
    let approved = before.clone().then(&PaymentCommand::RecordApproval(approval()));
    let kinds = changes(&Store::default(), &before.state, approved.last(), &approved.state, 1).unwrap();
    assert!(matches!(kinds[..], [Change::Totals { .. }]));
}
