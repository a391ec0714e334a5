//! The rows of money.md 5 that apply to a card payment, to the won.

use ledger_domain::contract::{FeeReturn, SaleFacts};
use ledger_domain::lines::{Node, Party, VatMode};
use ledger_domain::payment::PaymentEvent;
use ledger_domain::posting::{Account, Entry, Holder, PostingError, Side, post};

use crate::support::{
    Story, agency_id, branch_id, merchant_id, net_cancelling, paid, paid_of, requested, resolve, sale_facts,
    unknown, unresolved, won,
};

type Amounts = Vec<(&'static str, i64)>;

/// Entries as in the table: `(account, amount)` of each side, in the order of the chart.
fn table(event: &PaymentEvent) -> (Amounts, Amounts) {
    let entries = post(event).unwrap();
    let side = |side| {
        let of_side = entries.iter().filter(move |entry: &&Entry| entry.side == side);
        of_side.map(|entry| (entry.account.code(), entry.amount.minor())).collect()
    };
    (side(Side::Debit), side(Side::Credit))
}

fn kept() -> SaleFacts {
    let mut facts = sale_facts();
    facts.terms.fee_return = FeeReturn::No;
    facts
}

#[test]
fn approve_and_its_commission() {
    let (debit, credit) = table(paid().last());
    assert_eq!(debit, [("A10", 98_000), ("A40", 70), ("E10", 2_000), ("E20", 700)]);
    assert_eq!(credit, [("L10", 96_700), ("L30", 220), ("L30", 550), ("L40", 300), ("R10", 3_000)]);
}

#[test]
fn partial_cancel_with_fees_returned_and_its_commission() {
    let (debit, credit) = table(paid().cancelled(1, Some(50_000)).last());
    assert_eq!(debit, [("L10", 48_350), ("L30", 110), ("L30", 275), ("L40", 150), ("R10", 1_500)]);
    assert_eq!(credit, [("A10", 49_000), ("A40", 35), ("E10", 1_000), ("E20", 350)]);
}

#[test]
fn partial_cancel_with_the_fee_kept() {
    let (debit, credit) = table(paid_of(100_000, kept()).cancelled(1, Some(50_000)).last());
    assert_eq!(debit, [("L10", 50_000)]);
    assert_eq!(credit, [("A10", 49_000), ("E10", 1_000)]);
}

#[test]
fn the_cancel_of_the_other_half_undoes_the_rest() {
    let story = paid().cancelled(1, Some(50_000)).cancelled(2, None);
    let mut sums = std::collections::BTreeMap::<(Account, Holder), i64>::new();
    for entry in story.events.iter().flat_map(|event| post(event).unwrap()) {
        let signed = if entry.side == Side::Debit { entry.amount.minor() } else { -entry.amount.minor() };
        *sums.entry((entry.account, entry.holder)).or_default() += signed;
    }
    assert!(sums.len() >= 9 && sums.values().all(|sum| *sum == 0), "{sums:?}");
}

#[test]
fn requested_unknown_declined_and_all_that_moves_no_money_post_nothing() {
    let declined =
        ledger_domain::payment::PaymentCommand::RecordDecline { code: "1".into(), message: "no".into() };
    let stories: [Story; 5] =
        [requested(), requested().then(&declined), unknown(), net_cancelling(), unresolved()];
    for story in stories {
        assert!(story.events.iter().all(|event| post(event).unwrap().is_empty()));
    }
}

#[test]
fn a_payment_resolved_as_paid_posts_like_an_approval() {
    let as_paid = ledger_domain::payment::Resolution::Paid { approval: crate::support::approval() };
    let story = unresolved().then(&resolve(1, as_paid.clone())).then(&resolve(2, as_paid));
    assert_eq!(post(story.last()).unwrap(), post(paid().last()).unwrap());
}

#[test]
fn a_fee_above_the_amount_leaves_the_merchant_owing() {
    let mut facts = sale_facts();
    facts.terms.fees[0].min = Some(won(500));
    facts.terms.commissions.clear();
    let (debit, credit) = table(paid_of(100, facts).last());
    assert_eq!(debit, [("A10", 98), ("L10", 450), ("E10", 2)]);
    assert_eq!(credit, [("L40", 50), ("R10", 500)]);
}

#[test]
fn vat_inside_the_fee_or_none_changes_income_and_output_vat_only() {
    let with = |mode| {
        let mut facts = sale_facts();
        facts.terms.fees[0].vat_mode = mode;
        facts.terms.commissions.clear();
        table(paid_of(100_000, facts).last()).1
    };
    assert_eq!(with(VatMode::Included), [("L10", 97_000), ("L40", 273), ("R10", 2_727)]);
    assert_eq!(with(VatMode::Exempt), [("L10", 97_000), ("R10", 3_000)]);
}

#[test]
fn each_sub_ledger_entry_names_its_holder() {
    let holders: Vec<_> =
        post(paid().last()).unwrap().into_iter().map(|entry| (entry.account, entry.holder)).collect();
    for expected in [
        (Account::A10, Holder::Acquirer("sandbox".parse().unwrap())),
        (Account::L10, Holder::Merchant(merchant_id())),
        (Account::L30, Holder::Commission(Node::Branch(branch_id()), merchant_id())),
        (Account::L30, Holder::Commission(Node::Agency(agency_id()), merchant_id())),
    ] {
        assert!(holders.contains(&expected), "{expected:?}");
    }
}

#[test]
fn a_line_between_the_wrong_parties_is_not_posted() {
    let PaymentEvent::Approved(mut data) = paid().last().clone() else { panic!() };
    data.money.lines[0].payee = Party::Merchant(merchant_id());
    let refused = post(&PaymentEvent::Approved(data)).unwrap_err();
    assert_eq!(refused, PostingError::Parties { rule_id: "fee/CARD".into() });
}

#[test]
fn the_chart_has_every_account_once_on_the_side_where_it_grows() {
    let codes: Vec<_> = Account::ALL.iter().map(|account| account.code()).collect();
    let mut sorted = codes.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), 21);
    for account in Account::ALL {
        let debit = account.code().starts_with(['A', 'E']);
        assert_eq!(account.normal_side() == Side::Debit, debit, "{account:?}");
        assert!(!account.title().is_empty());
    }
}
