//! What payees are told of their settlement: closings, receipts, pay-outs, what they are owed, how far an entry is; and the trial
//! balance. Told over a week in which everything happens.

use crate::http::{Served, heads, shop};
use crate::http_support::{
    AGENCY, BRANCH, MERCHANT, OPERATOR, OTHER_AGENCY, OTHER_BRANCH, OTHER_MERCHANT, agency, branch, merchant,
};
use crate::support::scenario::{MONDAY_MS, Shop};
use crate::support::settled::{Week, settled};
use crate::support::settlement::{Stream, day};
use crate::{Read, scopes};
use actix_web::test::TestRequest;
use ledger_api::access::Confinement;
use ledger_api::queries::balances::{Balance, BalanceCursor, ListBalances, Totals};
use ledger_api::queries::settlements::closings::{Closing, ListClosings};
use ledger_api::queries::settlements::pay_outs::{ListPayOuts, PayOut};
use ledger_api::queries::settlements::place::{CLOSINGS, PAY_OUTS, Place, RECEIPTS};
use ledger_api::queries::settlements::receipts::{ListReceipts, Receipt};
use ledger_api::queries::settlements::status::{ListStatus, PayeeStatus, StatusCursor};
use ledger_api::queries::settlements::{DateType, EntryStatus, ListEntries};
use ledger_domain::lines::{Node, Payee};
use ledger_domain::posting::Account;
use std::collections::BTreeMap;

const PERIOD: &str = "startDate=2026-11-01&endDate=2026-12-31";

/// The week of one shop, and a sale of another one.
fn week(read: &Read) -> (Shop, Week<'_>) {
    let shop = Shop::new();
    let week = settled(&read.fixture.ledger, &shop);
    Shop::new()
        .paid("other", 10_000, MONDAY_MS)
        .append(&read.fixture.ledger, &read.fixture.ledger.payments(1));
    read.fixture.project();
    (shop, week)
}

fn every_closing() -> ListClosings {
    ListClosings { from: day("2026-11-01"), to: day("2026-12-31"), payee: None, limit: 1_000, after: None }
}

fn every_pay_out() -> ListPayOuts {
    ListPayOuts {
        from: day("2026-11-01"),
        to: day("2026-12-31"),
        payee: None,
        state: None,
        limit: 1_000,
        after: None,
    }
}

fn every_receipt() -> ListReceipts {
    ListReceipts {
        from: day("2026-11-01"),
        to: day("2026-12-31"),
        payee: None,
        merchant_id: None,
        limit: 1_000,
        after: None,
    }
}

fn closings(read: &Read, to: Confinement, list: ListClosings) -> Vec<Closing> {
    read.ask(read.queries.closings(&to, list)).unwrap().rows
}

fn pay_outs(read: &Read, to: Confinement, list: ListPayOuts) -> Vec<PayOut> {
    read.ask(read.queries.pay_outs(&to, list)).unwrap().rows
}

fn receipts(read: &Read, to: Confinement, list: ListReceipts) -> Vec<Receipt> {
    read.ask(read.queries.receipts(&to, list)).unwrap().rows
}

fn status(read: &Read, to: Confinement, payee: Option<Payee>) -> Vec<PayeeStatus> {
    let list = ListStatus { payee, limit: 1_000, after: None };
    read.ask(read.queries.settlement_status(&to, list)).unwrap().rows
}

fn balances(read: &Read, date: &str, account: Option<Account>) -> (Vec<Balance>, Totals) {
    let list = ListBalances { date: day(date), account, limit: 1_000, after: None };
    let (page, totals) = read.ask(read.queries.balances(list)).unwrap();
    (page.rows, totals)
}

#[test]
fn a_closing_says_what_it_fixed_and_what_it_left() {
    let read = Read::new();
    let (shop, _) = week(&read);
    let found = closings(&read, Confinement::Merchant(shop.merchant), every_closing());
    let short: Vec<(i64, String, i64, i64)> = found
        .iter()
        .map(|one| (one.number, one.date.to_string(), one.net_amount, one.pay_out_amount))
        .collect();
    let row = |number, date: &str, net, payable| (number, date.to_owned(), net, payable);
    assert_eq!(
        short,
        [
            row(5, "2026-11-27", -48_350, 0),
            row(4, "2026-11-26", 38_680, 34_010),
            row(3, "2026-11-25", 59_020, 0),
            row(2, "2026-11-24", -67_690, 0),
            row(1, "2026-11-23", 116_040, 110_040),
        ]
    );
    let (third, first) = (&found[2], &found[4]);
    assert_eq!((third.adjustment_amount, third.offset_amount), (1_000, 59_020));
    assert_eq!(third.offset_from_reserve_amount, 6_000);
    assert_eq!((first.count, first.amount, first.cancel_count, first.cancel_amount), (2, 150_000, 1, 30_000));
    assert_eq!((first.fee_supply_amount, first.fee_vat, first.reserve_amount), (3_600, 360, 6_000));
    assert_eq!((first.reserve_until, first.pay_out_date), (Some(day("2026-12-23")), day("2026-11-25")));
    assert_eq!(
        (first.entry_count, first.terms_version, &first.terms["cycle"]["kind"]),
        (3, 1, &"DAILY".into())
    );
    assert_eq!(first.entries_hash.len(), 64);
    let place = read.fixture.ledger.payments(0).to_string();
    assert!(first.position.as_ref().unwrap().starts_with(&format!("{place}:")), "{first:?}");
}

#[test]
fn what_others_earn_on_a_merchants_closing_is_shown_to_operators_alone() {
    let read = Read::new();
    let (shop, _) = week(&read);
    let [all, agency, branch, merchant] = scopes(&shop);
    let found = closings(&read, all, every_closing());
    let first = found.iter().find(|one| one.payee_type == "MERCHANT" && one.number == 1).unwrap();
    let earned = first.commissions.as_ref().unwrap();
    let short: Vec<(&str, i64, bool)> = earned
        .iter()
        .map(|one| (one.payee_type.as_str(), one.amount, one.delivered_position.is_some()))
        .collect();
    assert_eq!(short, [("AGENCY", 264, false), ("BRANCH", 660, true)]);
    assert!(found.iter().filter(|one| one.payee_type != "MERCHANT").all(|one| one.commissions.is_none()));
    for to in [agency, branch, merchant] {
        let found = closings(&read, to, every_closing());
        assert!(!found.is_empty() && found.iter().all(|one| one.commissions.is_none()), "{to:?}");
    }
}

#[test]
fn each_payee_sees_its_own_settlement_and_nobody_the_one_below_or_above() {
    let read = Read::new();
    let (shop, _) = week(&read);
    let seen = |to: Confinement| {
        (
            closings(&read, to, every_closing()).len(),
            receipts(&read, to, every_receipt()).len(),
            pay_outs(&read, to, every_pay_out()).len(),
        )
    };
    let [all, agency, branch, merchant] = scopes(&shop);
    assert_eq!(seen(all), (10, 5, 7));
    assert_eq!(seen(agency), (2, 1, 1));
    assert_eq!(seen(branch), (3, 4, 1));
    assert_eq!(seen(merchant), (5, 0, 5));
    for to in [agency, branch, merchant] {
        assert_eq!(status(&read, to, None).len(), 1);
    }
    for to in scopes(&Shop::new()).into_iter().skip(1) {
        assert_eq!(seen(to), (0, 0, 0));
        assert_eq!(status(&read, to, None), []);
    }
    // Asking for another one by its id finds nothing either.
    let others = [
        Payee::Merchant(shop.merchant),
        Payee::Node(Node::Branch(shop.branch)),
        Payee::Node(Node::Agency(shop.agency)),
    ];
    for (to, own) in [(merchant, others[0]), (branch, others[1]), (agency, others[2])] {
        for payee in others.into_iter().filter(|payee| *payee != own) {
            let payee = Some(payee);
            assert_eq!(
                closings(&read, to, ListClosings { payee, ..every_closing() }),
                [],
                "{to:?} {payee:?}"
            );
            assert_eq!(
                receipts(&read, to, ListReceipts { payee, ..every_receipt() }),
                [],
                "{to:?} {payee:?}"
            );
            assert_eq!(pay_outs(&read, to, ListPayOuts { payee, ..every_pay_out() }), [], "{to:?} {payee:?}");
            assert_eq!(status(&read, to, payee), [], "{to:?} {payee:?}");
        }
    }
}

#[test]
fn a_receipt_names_the_closing_it_comes_from() {
    let read = Read::new();
    let (shop, _) = week(&read);
    let found = receipts(&read, Confinement::Branch(shop.branch), every_receipt());
    let short: Vec<(i64, i64, String)> =
        found.iter().map(|one| (one.closing, one.amount, one.date.to_string())).collect();
    let row = |closing, amount, date: &str| (closing, amount, date.to_owned());
    assert_eq!(
        short,
        [
            row(5, -275, "2026-11-28"),
            row(4, 220, "2026-11-27"),
            row(2, -385, "2026-11-25"),
            row(1, 660, "2026-11-24")
        ]
    );
    let all = closings(&read, Confinement::Everything, every_closing());
    for receipt in &found {
        let closed = |one: &&Closing| one.payee_type == "MERCHANT" && one.number == receipt.closing;
        let closing = all.iter().find(closed).unwrap();
        assert_eq!(closing.position.as_ref(), Some(&receipt.closing_position));
        assert_eq!(closing.payee_id, receipt.merchant_id.to_string());
    }
    let of_another = ListReceipts { merchant_id: Some(Shop::new().merchant), ..every_receipt() };
    assert_eq!(receipts(&read, Confinement::Everything, of_another), []);
}

#[test]
fn pay_outs_are_found_by_state_payee_and_day() {
    let read = Read::new();
    let (shop, _) = week(&read);
    let all = Confinement::Everything;
    let count = |list: ListPayOuts| pay_outs(&read, all, list).len();
    assert_eq!(count(ListPayOuts { state: Some("CONFIRMED"), ..every_pay_out() }), 2);
    assert_eq!(count(ListPayOuts { state: Some("SENT"), ..every_pay_out() }), 2);
    assert_eq!(count(ListPayOuts { state: Some("APPROVED"), ..every_pay_out() }), 0);
    assert_eq!(
        count(ListPayOuts { payee: Some(Payee::Node(Node::Agency(shop.agency))), ..every_pay_out() }),
        1
    );
    assert_eq!(count(ListPayOuts { from: day("2026-11-30"), ..every_pay_out() }), 4);
    assert_eq!(count(ListPayOuts { to: day("2026-11-25"), ..every_pay_out() }), 1);
    let taxed = pay_outs(&read, Confinement::Agency(shop.agency), every_pay_out()).remove(0);
    assert_eq!(
        (taxed.amount, taxed.income_tax, taxed.local_tax, taxed.transfer_amount),
        (100_264, 3_000, 300, 96_964)
    );
}

#[test]
fn who_handled_a_pay_out_is_told_to_operators_alone() {
    let read = Read::new();
    let (shop, _) = week(&read);
    let of = |to: Confinement, state| -> PayOut {
        let payee = Some(Payee::Merchant(shop.merchant));
        pay_outs(&read, to, ListPayOuts { state: Some(state), payee, ..every_pay_out() }).remove(0)
    };
    let (all, own) = (Confinement::Everything, Confinement::Merchant(shop.merchant));
    let handling = of(all, "REJECTED").handling.unwrap();
    assert_eq!(handling.rejected_reason.as_deref(), Some("계좌 확인"));
    assert!(handling.proposed_by.is_none() && handling.rejected_by.is_some());
    let handling = of(all, "CONFIRMED").handling.unwrap();
    assert_eq!(
        (handling.batch.as_deref(), handling.bank_account.as_deref()),
        (Some("batch-1"), Some("국민 110"))
    );
    assert_ne!(handling.approved_by, handling.released_by);
    let failed = of(own, "FAILED");
    assert_eq!(
        (failed.failure_code.as_deref(), failed.failure_message.as_deref()),
        (Some("E12"), Some("계좌 없음"))
    );
    for state in ["REJECTED", "CONFIRMED", "FAILED", "RETURNED", "SENT"] {
        let told = of(own, state);
        assert!(told.handling.is_none(), "{told:?}");
        let text = serde_json::to_string(&told).unwrap();
        assert!(!text.contains("key_") && !text.contains("계좌 확인") && !text.contains("batch"), "{text}");
    }
}

#[test]
fn the_status_of_a_payee_is_what_its_owner_knows() {
    let read = Read::new();
    let (shop, week) = week(&read);
    for (stream, to) in [
        (&week.merchant, Confinement::Merchant(shop.merchant)),
        (&week.branch, Confinement::Branch(shop.branch)),
        (&week.agency, Confinement::Agency(shop.agency)),
    ] {
        let told = status(&read, to, None).remove(0);
        let known = stream.state.balances(stream.payee).unwrap();
        assert_eq!(told.payee_id, stream.payee.to_string());
        // A node's own state counts what is not closed as payable.
        let unclosed = if told.payee_type == "MERCHANT" { 0 } else { told.unclosed_amount };
        assert_eq!(told.payable_amount + unclosed, known.payable.minor(), "{told:?}");
        assert_eq!(told.withheld_amount, known.withheld.minor(), "{told:?}");
        assert_eq!(told.reserve_amount, known.reserve.minor(), "{told:?}");
        assert_eq!(told.receivable_amount, known.receivable.minor(), "{told:?}");
        assert_eq!(told.waiting_amount, stream.state.waiting.minor(), "{told:?}");
        let due = stream.state.payable.first_key_value();
        assert_eq!(
            (told.next_pay_out_date, told.next_pay_out_amount),
            (due.map(|(day, _)| *day), due.map_or(0, |(_, amount)| amount.minor())),
            "{told:?}"
        );
    }
    let told = status(&read, Confinement::Everything, None);
    let ids: Vec<&str> = told.iter().map(|one| one.payee_id.as_str()).collect();
    assert!(ids.is_sorted() && ids.len() == 3 + 3, "{ids:?}");
    let of = |id: String| told.iter().find(|one| one.payee_id == id).unwrap();
    // The sale of Monday 30 less its fee, and the adjustment.
    let merchant = of(shop.merchant.to_string());
    assert_eq!((merchant.unclosed_amount, merchant.in_transit_amount), (19_340 - 500, 33_000));
    // Of Wednesday's, Thursday's and Friday's closings and of the open Monday, what has not arrived or is not closed.
    let branch = of(shop.branch.to_string());
    assert_eq!((branch.accrued_amount, branch.unclosed_amount, branch.receivable_amount), (110, -275, 165));
    assert_eq!(of(shop.agency.to_string()).in_transit_amount, 96_964);
}

#[test]
fn the_status_before_the_first_closing_and_between_two_pay_outs() {
    let read = Read::new();
    let shop = Shop::new();
    let mut merchant = Stream::of_shop(&read.fixture.ledger, 0, &shop);
    merchant.sold(&shop.paid("a", 100_000, MONDAY_MS));
    read.fixture.project();
    let own = Confinement::Merchant(shop.merchant);
    let told = status(&read, own, None).remove(0);
    assert_eq!((told.unclosed_amount, told.payable_amount, told.next_pay_out_date), (96_700, 0, None));
    let told = status(&read, Confinement::Branch(shop.branch), None).remove(0);
    assert_eq!((told.accrued_amount, told.unclosed_amount, told.payable_amount), (550, 0, 0));

    merchant.close("2026-11-23");
    merchant.withhold(1_700);
    merchant.until("2026-11-25").propose();
    merchant.sold(&shop.paid("b", 50_000, MONDAY_MS + 2 * 86_400_000));
    merchant.close("2026-11-25");
    merchant.release(700);
    read.fixture.project();
    let told = status(&read, own, None).remove(0);
    // 5 % kept back of each; the release is due on Friday, the second closing on Friday as well.
    assert_eq!(
        (told.payable_amount, told.proposed_amount, told.waiting_amount),
        (90_000 + 45_850 + 700, 90_000, 0)
    );
    assert_eq!((told.withheld_amount, told.reserve_amount), (1_000, 7_500));
    let due = merchant.state.payable.first_key_value().unwrap();
    assert_eq!((told.next_pay_out_date, told.next_pay_out_amount), (Some(*due.0), due.1.minor()));
}

#[test]
fn debits_are_credits_on_every_day_and_an_account_is_the_sum_of_its_holders() {
    let read = Read::new();
    let (shop, _) = week(&read);
    let mut last = 0;
    for date in ["2026-11-22", "2026-11-23", "2026-11-25", "2026-11-28", "2026-11-30", "2026-12-31"] {
        let (accounts, totals) = balances(&read, date, None);
        assert_eq!(totals.debit, totals.credit, "{date}");
        assert!(totals.debit >= last, "{date}");
        last = totals.debit;
        let sum = |side: &str| -> i64 {
            accounts.iter().filter(|one| one.side == side).map(|one| one.balance).sum()
        };
        assert_eq!(sum("DEBIT"), sum("CREDIT"), "{date}");
        for one in &accounts {
            let account = Account::ALL.iter().find(|account| account.code() == one.account).copied();
            let (holders, of_all) = balances(&read, date, account);
            assert_eq!(of_all, totals);
            let sums =
                holders.iter().fold((0, 0), |sum, one| (sum.0 + one.debit_amount, sum.1 + one.credit_amount));
            assert_eq!(sums, (one.debit_amount, one.credit_amount), "{date} {}", one.account);
        }
    }
    assert_eq!(balances(&read, "2026-11-22", None), (vec![], Totals::default()));
    // On Monday nothing is closed: 116,040 of the shop and 9,670 of the other one.
    let (accounts, _) = balances(&read, "2026-11-23", None);
    let payable = accounts.iter().find(|one| one.account == "L10").unwrap();
    assert_eq!((payable.balance, payable.side), (116_040 + 9_670, "CREDIT"));
    let (holders, _) = balances(&read, "2026-11-23", Some(Account::L10));
    let own = holders.iter().find(|one| one.holder == Some(shop.merchant.to_string())).unwrap();
    assert_eq!(own.balance, 116_040);
}

#[test]
fn an_entry_is_open_then_closed_then_paid() {
    let read = Read::new();
    let (shop, week) = week(&read);
    let list = ListEntries {
        by: DateType::Sold,
        from: day("2026-11-01"),
        to: day("2026-12-31"),
        payee: None,
        merchant_id: Some(shop.merchant),
        payment_id: None,
        limit: 1_000,
        after: None,
    };
    let rows = read.ask(read.queries.settlement_entries(&Confinement::Everything, list)).unwrap().rows;
    let mut found = BTreeMap::new();
    for row in rows {
        let date = row.pay_out_date.map(|day| day.to_string());
        let standing = (row.status, date, row.pay_out_id.is_some());
        let before = found.insert((row.payee_type.clone(), row.sold_date.to_string()), standing.clone());
        assert!(before.is_none_or(|before| before == standing), "{row:?}");
    }
    let of = |payee: &str, date: &str| found[&(payee.to_owned(), date.to_owned())].clone();
    let (open, closed, paid) = (EntryStatus::Open, EntryStatus::Closed, EntryStatus::Paid);
    let on = |date: &str| Some(date.to_owned());
    assert_eq!(of("MERCHANT", "2026-11-23"), (paid, on("2026-11-25"), true));
    // Nothing was left of them.
    assert_eq!(of("MERCHANT", "2026-11-24"), (closed, on("2026-11-26"), false));
    assert_eq!(of("MERCHANT", "2026-11-25"), (closed, on("2026-11-27"), false));
    // Rejected, paid and returned, failed; now with the bank.
    assert_eq!(of("MERCHANT", "2026-11-26"), (closed, on("2026-11-30"), true));
    assert_eq!(of("MERCHANT", "2026-11-30"), (open, None, false));
    // What the branch received on Tuesday was paid on Thursday; of Wednesday's closing nothing has arrived.
    assert_eq!(of("BRANCH", "2026-11-23"), (paid, on("2026-11-26"), true));
    assert_eq!(of("BRANCH", "2026-11-24"), (closed, on("2026-11-27"), false));
    assert_eq!(of("BRANCH", "2026-11-25"), (open, None, false));
    assert_eq!(of("BRANCH", "2026-11-27"), (open, None, false));
    assert_eq!(of("AGENCY", "2026-11-23"), (closed, on("2026-11-26"), true));
    let with_the_bank = week.merchant.state.pay_outs.iter().find(|(_, one)| one.number == 5).unwrap().0;
    let list = ListEntries {
        by: DateType::Sold,
        from: day("2026-11-26"),
        to: day("2026-11-26"),
        payee: Some(Payee::Merchant(shop.merchant)),
        merchant_id: None,
        payment_id: None,
        limit: 10,
        after: None,
    };
    let rows = read.ask(read.queries.settlement_entries(&Confinement::Everything, list)).unwrap().rows;
    assert_eq!(rows[0].pay_out_id.as_ref(), Some(with_the_bank));
}

#[test]
fn pages_of_closings_receipts_pay_outs_payees_and_holders_hold_everything_once() {
    let read = Read::new();
    week(&read);
    let all = Confinement::Everything;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let list = ListClosings { limit: 3, after, ..every_closing() };
        let page = read.ask(read.queries.closings(&all, list)).unwrap();
        seen.extend(page.rows);
        let Some(next) = page.next else { break };
        assert_eq!(Place::parse(RECEIPTS, &next), None);
        after = Some(Place::parse(CLOSINGS, &next).unwrap());
    }
    assert_eq!(seen, closings(&read, all, every_closing()));

    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = read.ask(read.queries.receipts(&all, ListReceipts { limit: 2, after, ..every_receipt() }));
        let page = page.unwrap();
        seen.extend(page.rows);
        let Some(next) = page.next else { break };
        after = Some(Place::parse(RECEIPTS, &next).unwrap());
    }
    assert_eq!(seen, receipts(&read, all, every_receipt()));

    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = read.ask(read.queries.pay_outs(&all, ListPayOuts { limit: 2, after, ..every_pay_out() }));
        let page = page.unwrap();
        seen.extend(page.rows);
        let Some(next) = page.next else { break };
        after = Some(Place::parse(PAY_OUTS, &next).unwrap());
    }
    assert_eq!(seen, pay_outs(&read, all, every_pay_out()));

    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let list = ListStatus { payee: None, limit: 1, after };
        let page = read.ask(read.queries.settlement_status(&all, list)).unwrap();
        seen.extend(page.rows);
        let Some(next) = page.next else { break };
        after = Some(StatusCursor::parse(&next).unwrap());
    }
    assert_eq!(seen, status(&read, all, None));

    for account in [None, Some(Account::L30)] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let list = ListBalances { date: day("2026-12-31"), account, limit: 2, after };
            let (page, totals) = read.ask(read.queries.balances(list)).unwrap();
            assert_eq!(totals, balances(&read, "2026-12-31", None).1);
            seen.extend(page.rows);
            let Some(next) = page.next else { break };
            after = Some(BalanceCursor::parse(account, &next).unwrap());
        }
        assert_eq!(seen, balances(&read, "2026-12-31", account).0);
        assert!(seen.len() > 2);
    }
}

/// The application over that week of merchant 1.
fn served() -> Served {
    Served::beside(|ledger| {
        settled(ledger, &shop(1));
    })
}

#[test]
fn every_list_of_settlement_shows_each_caller_its_own_over_http() {
    let served = served();
    let through = heads(&served.read.fixture);
    // Operator, agency, branch, merchant.
    let lists: [(String, &str, [usize; 4]); 4] = [
        (format!("/v1/settlements/closings?{PERIOD}"), "closings", [10, 2, 3, 5]),
        (format!("/v1/settlements/receipts?{PERIOD}"), "receipts", [5, 1, 4, 0]),
        (format!("/v1/settlements/pay-outs?{PERIOD}"), "payOuts", [7, 1, 1, 5]),
        ("/v1/settlements/status".to_owned(), "payees", [6, 1, 1, 1]),
    ];
    for (path, name, expected) in &lists {
        for (key, count) in [OPERATOR, AGENCY, BRANCH, MERCHANT].iter().zip(expected) {
            let reply = served.get(path, key);
            assert_eq!(reply.status, 200, "{path} {key}: {}", reply.body);
            assert_eq!(reply.body[*name].as_array().unwrap().len(), *count, "{path} {key}: {}", reply.body);
            assert_eq!(reply.body["projectedThrough"], through.as_str());
            assert_eq!(reply.header("ledger-position"), through);
        }
        for key in [OTHER_AGENCY, OTHER_BRANCH, OTHER_MERCHANT] {
            let text = served.get(path, key).body.to_string();
            let ours = [merchant(1).to_string(), branch(1).to_string(), agency(1).to_string()];
            assert!(!ours.iter().any(|id| text.contains(id)), "{path} {key}: {text}");
        }
    }
    // A merchant is told nothing of whoever earns on its sales.
    for (path, ..) in &lists {
        let text = served.get(path, MERCHANT).body.to_string();
        assert!(!text.contains("brn_") && !text.contains("agn_"), "{path}: {text}");
    }
}

#[test]
fn the_trial_balance_is_an_operators() {
    let served = served();
    for key in [AGENCY, BRANCH, MERCHANT] {
        let reply = served.get("/v1/ledger/balances", key);
        assert_eq!((reply.status, reply.code()), (403, "SCOPE_FORBIDDEN"));
    }
    let reply = served.get("/v1/ledger/balances?date=2026-11-30", OPERATOR);
    assert_eq!((reply.status, &reply.body["date"]), (200, &"2026-11-30".into()));
    assert_eq!(reply.body["debitAmount"], reply.body["creditAmount"]);
    assert!(reply.body["debitAmount"].as_i64() > Some(0));
    assert_eq!(reply.body["balances"][0]["account"], "A10");
    let reply = served.get("/v1/ledger/balances?account=L13&date=2026-11-30", OPERATOR);
    assert_eq!(reply.body["balances"][0]["holder"], merchant(1).to_string());
    // Without a day it is today: nothing is closed yet.
    let reply = served.get("/v1/ledger/balances?account=L11", OPERATOR);
    assert_eq!(reply.body["balances"], serde_json::json!([]));
}

fn file(served: &Served, query: &str, key: &str) -> (u16, BTreeMap<String, String>, String) {
    let request = TestRequest::get().uri(&format!("/v1/settlements/entries.csv?{query}"));
    let (status, headers, bytes) = served.bytes(&served.read.queries, request, key);
    (status, headers, String::from_utf8(bytes).unwrap())
}

#[test]
fn a_file_of_entries_holds_what_the_list_holds() {
    // Three pages and more.
    let served = Served::beside(|ledger| {
        settled(ledger, &shop(1));
        for order in 0..1_100 {
            shop(1)
                .paid(&format!("many-{order}"), 1_000 + order, MONDAY_MS)
                .append(ledger, &ledger.payments(0));
        }
    });
    let (status, headers, text) = file(&served, PERIOD, OPERATOR);
    assert_eq!((status, headers["content-type"].as_str()), (200, "text/csv; charset=utf-8"));
    assert!(headers["content-disposition"].contains("attachment"));
    assert_eq!(headers["ledger-position"], heads(&served.read.fixture));
    let rows: Vec<&str> = text.strip_prefix('\u{feff}').unwrap().split_terminator("\r\n").collect();
    assert!(rows[0].starts_with("payeeType,payeeId,type,merchantId,"), "{}", rows[0]);
    let (mut expected, mut cursor) = (Vec::new(), String::new());
    loop {
        let reply = served.get(&format!("/v1/settlements/entries?{PERIOD}&limit=1000{cursor}"), OPERATOR);
        expected.extend(reply.body["entries"].as_array().unwrap().clone());
        let Some(next) = reply.body["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(rows.len() - 1, expected.len());
    let columns: Vec<&str> = rows[0].split(',').collect();
    for (row, entry) in rows[1..].iter().zip(&expected) {
        for (column, cell) in columns.iter().zip(row.split(',')) {
            let told = match &entry[*column] {
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Null => String::new(),
                other => other.to_string(),
            };
            assert_eq!(told, cell, "{column} of {row}");
        }
    }
    let (_, _, own) = file(&served, PERIOD, MERCHANT);
    assert!(!own.contains("brn_x") && own.lines().skip(1).all(|row| row.starts_with("MERCHANT,")));
    let (_, _, others) = file(&served, PERIOD, OTHER_MERCHANT);
    assert_eq!(others.lines().count(), 2);
    let (_, _, nothing) = file(&served, "startDate=2020-01-01&endDate=2020-01-02", OPERATOR);
    assert_eq!(nothing.lines().count(), 1);
}

#[test]
fn an_order_that_looks_like_a_formula_is_text_in_the_file() {
    let served = Served::beside(|ledger| {
        for order in ["=1:1", "-5-1", "@home", "-17"] {
            shop(1).paid(order, 10_000, MONDAY_MS).append(ledger, &ledger.payments(0));
        }
    });
    let (_, _, text) = file(&served, "payeeId=&", OPERATOR);
    assert!(text.contains("INVALID_VALUE"), "{text}");
    let (_, _, text) = file(&served, &format!("payeeId={}", merchant(1)), OPERATOR);
    for cell in [",'=1:1,", ",'-5-1,", ",'@home,", ",-17,", ",-30000,"] {
        assert!(text.contains(cell), "{cell} in {text}");
    }
}
