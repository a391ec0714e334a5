//! An entry reckoned again from contract and amount equals what was recorded, and a recorded number that is off by one won does not.

use ledger_domain::contract::FeeReturn;
use ledger_domain::explain::{Asked, Explanation, explain};
use ledger_domain::lines::{Node, Payee, VatMode};
use ledger_domain::money::Amount;
use ledger_domain::payment::PaymentEvent;

use crate::support::{Story, branch_id, merchant_id, paid, paid_of, sale_facts, won};

fn explained(event: &PaymentEvent, payee: Payee, before: Amount) -> Explanation {
    let facts = sale_facts();
    explain(&Asked {
        money: event.money().unwrap(),
        merchant_id: merchant_id(),
        payee,
        terms: &facts.terms,
        original: won(100_000),
        before,
        same_day: true,
    })
    .unwrap()
}

fn merchant() -> Payee {
    Payee::Merchant(merchant_id())
}

fn branch() -> Payee {
    Payee::Node(Node::Branch(branch_id()))
}

#[test]
fn a_sale_is_explained_to_its_merchant_and_to_whoever_earns_on_it() {
    let story = paid();
    let to_merchant = explained(story.last(), merchant(), won(100_000));
    assert!(to_merchant.agrees);
    assert_eq!(to_merchant.pay_out_amount.minor(), 96_700);
    assert_eq!(to_merchant.arithmetic, "100000 − (3300) = 96700");
    assert_eq!(
        to_merchant.lines[0].steps[0].arithmetic,
        "100000 × 0.03 = 3000 → 3000 (FLOOR); + 10 % VAT 300 = 3300"
    );
    let to_branch = explained(story.last(), branch(), won(100_000));
    assert_eq!((to_branch.agrees, to_branch.pay_out_amount.minor(), to_branch.lines.len()), (true, 550, 1));
}

#[test]
fn a_cancel_is_explained_by_what_was_left_before_and_after_it() {
    let story = paid().cancelled(1, Some(30_000)).cancelled(2, Some(50_000));
    let second = explained(story.last(), merchant(), won(70_000));
    assert!(second.agrees);
    assert_eq!(second.pay_out_amount.minor(), -50_000 + 1_650);
    let bases: Vec<i64> = second.lines[0].steps.iter().map(|step| step.base.minor()).collect();
    assert_eq!(bases, [70_000, 20_000]);
    assert!(explained(story.last(), branch(), won(70_000)).agrees);
}

#[test]
fn what_does_not_return_is_not_expected_to() {
    let mut facts = sale_facts();
    facts.terms.fee_return = FeeReturn::No;
    let story: Story = paid_of(100_000, facts.clone()).cancelled(1, Some(30_000));
    let asked = Asked {
        money: story.last().money().unwrap(),
        merchant_id: merchant_id(),
        payee: merchant(),
        terms: &facts.terms,
        original: won(100_000),
        before: won(100_000),
        same_day: true,
    };
    let explanation = explain(&asked).unwrap();
    assert_eq!((explanation.agrees, explanation.lines.len()), (true, 0));
    assert_eq!(explanation.pay_out_amount.minor(), -30_000);
    // Under terms that return fees, the recorded cancel lacks a line.
    let returning = sale_facts();
    assert_eq!(returning.terms.fee_return, FeeReturn::Yes);
    assert!(!explain(&Asked { terms: &returning.terms, ..asked }).unwrap().agrees);
}

#[test]
fn one_won_or_another_rule_is_noticed() {
    let PaymentEvent::Approved(mut data) = paid().last().clone() else { panic!() };
    data.money.lines[0].total = won(3_301);
    assert!(!explained(&PaymentEvent::Approved(data.clone()), merchant(), won(100_000)).agrees);
    let PaymentEvent::Approved(mut data) = paid().last().clone() else { panic!() };
    data.money.lines[0].vat_mode = VatMode::Included;
    assert!(!explained(&PaymentEvent::Approved(data.clone()), merchant(), won(100_000)).agrees);
    data.money.lines.remove(0);
    assert!(!explained(&PaymentEvent::Approved(data), merchant(), won(100_000)).agrees);
}
