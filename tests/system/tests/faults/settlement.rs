//! Days end on real processes: two of them, whose clocks are put forward, close what was sold, deliver commissions between their
//! partitions and propose what is due, killed in between; people approve, release, confirm and take back. Nothing is closed, delivered
//! or proposed twice, and nothing is left between the partitions.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ledger_domain::days::Day;
use ledger_domain::lines::Payee;
use ledger_domain::settlement::{PayOutStage, SettlementEvent};
use ledger_tests::audit::{Book, against_acquirer, nothing_found, payees};
use ledger_tests::client::Client;
use ledger_tests::ensure;
use ledger_tests::failure::{Done, During};
use ledger_tests::rig::{People, Rig};
use ledger_tests::town::{Order, cancel};
use serde_json::{Value, json};

const PROCESSES: usize = 2;
const PATIENCE: Duration = Duration::from_secs(60);
/// Far enough for every weekend and holiday, and for a month's pay-out.
const DAYS: [u64; 5] = [1, 2, 8, 15, 50];

#[test]
fn days_end_and_everybody_is_paid_once_whoever_is_killed() -> Done {
    let mut rig = Rig::start_with("settlement", |options| options.apis(PROCESSES))?;
    let people = rig.people()?;
    let mut sold: BTreeMap<String, i64> = BTreeMap::new();
    for (number, merchant) in people.merchants.iter().enumerate() {
        let mut client = merchant.client(&rig.url());
        for order in 0..4_i64 {
            let amount = 50_000 + 1_110 * order;
            let paid = rig
                .block(merchant.pay(&mut client, &Order::new(&format!("s-{number}-{order}"), amount)))?
                .ok()?;
            *sold.entry(merchant.id.clone()).or_default() += amount;
            if order == 0 {
                let payment = paid.text("paymentId")?.to_owned();
                rig.block(async { cancel(&mut client, &payment, "undo", Some(10_000)).await })?.ok()?;
                *sold.entry(merchant.id.clone()).or_default() -= 10_000;
            }
        }
    }
    rig.settled(PATIENCE)?;
    let second =
        rig.block(rig.operator().post("/v1/keys", "second", &json!({ "scope": "OPERATOR" })))?.ok()?;
    let second = second.text("key")?.to_owned();
    for days in DAYS {
        put_forward(&mut rig, days)?;
        // Whoever leads dies in the middle of it.
        for number in 0..PROCESSES {
            std::thread::sleep(Duration::from_millis(400));
            rig.api_number(number)?.kill()?;
            rig.api_number(number)?.start()?;
        }
        let book = everything_due_is_done(&rig)?;
        pay_out(&rig, &book, &second)?;
    }
    let book = everything_due_is_done(&rig)?;
    nothing_found("ledger and acquirer", &against_acquirer(&book, &rig.memory()?))?;
    ensure!(book.doubled.is_empty(), "doubled: {:?}", book.doubled);
    closings_are_what_was_sold(&book, &sold)?;
    for (payee, state) in &book.payees {
        let balances = state.balances(*payee)?;
        ensure!(
            balances == Default::default() && state.undelivered.is_empty(),
            "{payee} is left with {state:?}"
        );
    }
    nothing_found("payees", &payees(&book))?;
    rig.projected(&book, PATIENCE)?;
    rig.verify()?;
    everything_is_explained(&rig, &book, &people)
}

/// Every entry is what contract and amounts make of it, also as each payee asks.
fn everything_is_explained(rig: &Rig, book: &Book, people: &People) -> Done {
    let mut all = 0;
    let days: BTreeSet<Day> = book
        .settlements
        .iter()
        .filter_map(|(_, event)| match event {
            SettlementEvent::MerchantClosed(data) => Some(data.day),
            _ => None,
        })
        .collect();
    let (first, last) = days.first().zip(days.last()).during(|| "nothing was closed".to_owned())?;
    let path = format!("/v1/settlements/explain?limit=1000&startDate={first}&endDate={last}");
    let everything = rig.block(rig.operator().get(&path))?.ok()?;
    for row in everything.list("explanations")? {
        ensure!(row["agrees"] == true, "not explained: {row}");
        ensure!(row["entry"]["payOutAmount"] == row["explanation"]["payOutAmount"], "not the same: {row}");
        all += 1;
    }
    let said = |name: &str| everything.body[name].clone();
    ensure!(said("entries") == all && said("agrees") == true, "{}", everything.body);
    ensure!(said("payOutAmount") == said("reckonedAmount"), "{}", everything.body);
    // A sale is three entries: its merchant's, its branch's, its agency's; so is a cancel.
    ensure!(all == people.merchants.len() * 5 * 3, "{all} entries");
    let merchant = people.merchant(0)?;
    let own = rig.block(merchant.client(&rig.url()).get(&path))?.ok()?;
    ensure!(own.number("entries")? == 5, "{}", own.body);
    ensure!(
        !own.body.to_string().contains("commission/"),
        "a merchant is shown what others earn: {}",
        own.body
    );
    Ok(())
}

/// Both processes go on with clocks so many days ahead.
fn put_forward(rig: &mut Rig, days: u64) -> Done {
    let seconds = (days * 86_400).to_string();
    for number in 0..PROCESSES {
        rig.api_number(number)?.kill()?;
        rig.api_number(number)?.set_env("LEDGER_TEST_CLOCK_AHEAD", &seconds);
    }
    for number in 0..PROCESSES {
        rig.api_number(number)?.start()?;
    }
    Ok(())
}

/// Waits until nothing happens by itself any more: nothing is undelivered, and the ledger has stopped growing.
fn everything_due_is_done(rig: &Rig) -> Done<Book> {
    let (mut last, mut quiet) = (0, 0);
    rig.until("everything that is due is done", PATIENCE, || {
        let book = rig.book()?;
        let count = book.settlements.len();
        let delivered = book.payees.values().all(|state| state.undelivered.is_empty());
        quiet = if delivered && count == last && count > 0 { quiet + 1 } else { 0 };
        last = count;
        std::thread::sleep(Duration::from_millis(400));
        Ok(quiet > 3 && rig.is_ready())
    })?;
    rig.book()
}

/// One approves, another releases, the bank pays; the first merchant's first pay-out fails, and its second comes back.
fn pay_out(rig: &Rig, book: &Book, second: &str) -> Done {
    let mut one = rig.operator();
    let mut other = Client::new(&rig.stack.api_url(1), second);
    for (payee, state) in &book.payees {
        let proposed = state.pay_outs.iter().filter(|(_, pay_out)| pay_out.stage == PayOutStage::Proposed);
        for (id, pay_out) in proposed {
            let fails = matches!(payee, Payee::Merchant(_)) && pay_out.number == 1;
            let path = format!("/v1/payees/{payee}/pay-outs");
            rig.block(one.post(&format!("{path}/{id}/approve"), &format!("approve-{id}"), &json!({})))?
                .ok()?;
            let send = json!({ "batch": "file-1" });
            let same = rig.block(one.post(&format!("{path}/{id}/send"), &format!("same-{id}"), &send))?;
            same.refused(403, "NEEDS_ANOTHER_KEY")?;
            rig.block(other.post(&format!("{path}/{id}/send"), &format!("send-{id}"), &send))?.ok()?;
            if fails {
                let word = json!({ "code": "B14", "message": "no such account" });
                rig.block(one.post(&format!("{path}/{id}/fail"), &format!("fail-{id}"), &word))?.ok()?;
                // Somebody has put the account right.
                let again = rig.block(one.post(&path, &format!("again-{id}"), &json!({})))?.ok()?;
                let amount = again.body["event"]["amount"].as_i64();
                ensure!(amount == Some(pay_out.amount.minor()), "proposed again: {}", again.body);
                let again = again.body["event"]["payOutId"].as_str().unwrap_or_default().to_owned();
                paid(rig, (&mut one, &mut other), &path, &again)?;
            } else {
                confirm(rig, &mut one, &path, &id.to_string())?;
            }
        }
    }
    Ok(())
}

fn paid(rig: &Rig, (one, other): (&mut Client, &mut Client), path: &str, id: &str) -> Done {
    let approve = format!("{path}/{id}/approve");
    let own = rig.block(one.post(&approve, &format!("own-{id}"), &json!({})))?;
    own.refused(403, "NEEDS_ANOTHER_KEY")?;
    rig.block(other.post(&approve, &format!("approve-{id}"), &json!({})))?.ok()?;
    let send = json!({ "batch": "file-2" });
    rig.block(one.post(&format!("{path}/{id}/send"), &format!("send-{id}"), &send))?.ok()?;
    confirm(rig, one, path, id)
}

fn confirm(rig: &Rig, one: &mut Client, path: &str, id: &str) -> Done {
    let said = json!({ "bankAccount": "main", "bankReference": format!("r-{id}"), "paidOn": "2026-12-01" });
    let key = format!("confirm-{id}");
    let first = rig.block(one.post(&format!("{path}/{id}/confirm"), &key, &said))?.ok()?;
    let again = rig.block(one.post(&format!("{path}/{id}/confirm"), &key, &said))?.ok()?;
    ensure!(again.is_replayed() && again.body == first.body, "told again: {}", again.body);
    let more: Value = json!({ "bankAccount": "main", "bankReference": "other", "paidOn": "2026-12-01" });
    let refused = rig.block(one.post(&format!("{path}/{id}/confirm"), &format!("more-{id}"), &more))?;
    refused.refused(409, "PAY_OUT_NOT_IN_STAGE").map(|_| ())
}

/// Each merchant was closed once for its one day, with what it sold.
fn closings_are_what_was_sold(book: &Book, sold: &BTreeMap<String, i64>) -> Done {
    let mut closed = BTreeMap::new();
    let mut days = BTreeSet::new();
    for (position, event) in &book.settlements {
        if let SettlementEvent::MerchantClosed(data) = event {
            ensure!(days.insert((data.payee, data.day)), "{position} closes a day again");
            let net = data.sales_amount.minor() - data.cancels_amount.minor();
            *closed.entry(data.payee.to_string()).or_default() += net;
        }
    }
    ensure!(closed == *sold, "closed {closed:?}, sold {sold:?}");
    let received =
        book.settlements.iter().filter(|(_, event)| matches!(event, SettlementEvent::CommissionReceived(_)));
    ensure!(received.count() == 2 * days.len(), "commissions of {} closings", days.len());
    Ok(())
}
