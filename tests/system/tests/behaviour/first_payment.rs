//! The README's first payment, seen everywhere it must be seen, to the won. The numbers are the example of the money
//! rules: 100,000 won, fee 3 % and VAT on top, branch 0.5 %, agency 0.2 %, fees returned with a cancel.

use ledger_tests::client::Client;
use ledger_tests::ensure;
use ledger_tests::failure::{Done, During};
use ledger_tests::rig::{People, Rig};
use ledger_tests::town::{Order, cancel};
use serde_json::{Value, json};

#[test]
fn a_first_payment_is_approved_partly_cancelled_and_seen_by_everyone_to_the_won() -> Done {
    let rig = Rig::start("first_payment")?;
    let people = rig.people()?;
    rig.block(walk(&rig, &people))
}

async fn walk(rig: &Rig, people: &People) -> Done {
    let url = rig.url();
    let merchant = people.merchant(0)?;
    let mut client = merchant.client(&url);
    let paid = merchant.pay(&mut client, &Order::new("first", 100_000)).await?.ok()?;
    let payment = paid.text("paymentId")?.to_owned();
    expect(
        &paid.body,
        &json!({
            "status": "DONE", "totalAmount": 100_000, "balanceAmount": 100_000, "supplyAmount": 90_909, "vat": 9_091,
            "taxFreeAmount": 0, "currency": "KRW", "method": "CARD", "orderId": "first", "merchantId": merchant.id,
        }),
    )?;
    ensure!(paid.text("/card/number")? == "411111******1111", "the card is shown masked: {}", paid.body);
    ensure!(
        paid.position().is_some_and(|at| at.starts_with("ledger.payments/")),
        "a write says its position"
    );

    let undone = cancel(&mut client, &payment, "first-cancel", Some(50_000)).await?.ok()?;
    expect(
        &undone.body,
        &json!({
            "status": "PARTIAL_CANCELED", "balanceAmount": 50_000, "supplyAmount": 45_455, "vat": 4_545,
        }),
    )?;
    expect(
        undone.list("cancels")?.first().during(|| "no cancel".to_owned())?,
        &json!({
            "cancelAmount": 50_000, "cancelStatus": "DONE", "cancelReason": "고객 변심",
        }),
    )?;
    let position = undone.position().during(|| "a cancel says its position".to_owned())?.to_owned();

    // Readable at once after its write, without waiting for any table.
    let read = client.get(&format!("/v1/payments/{payment}")).await?.ok()?;
    ensure!(read.body == undone.body, "the payment reads otherwise than it was told: {}", read.body);
    let by_order = client.get("/v1/payments/orders/first").await?.ok()?;
    ensure!(by_order.text("/live/paymentId")? == payment, "by its order: {}", by_order.body);

    transactions(&mut client, &position, &payment).await?;
    sales(&mut Client::new(&url, &people.branch.api_key), &position, people).await?;
    settlement(&mut rig.operator(), &position, people).await?;
    entries(&mut client, &position, &payment).await
}

async fn transactions(client: &mut Client, position: &str, payment: &str) -> Done {
    let list = client.get_after("/v1/transactions", position).await?;
    let rows = list.list("transactions")?;
    ensure!(rows.len() == 2, "an approval and a cancel: {}", list.body);
    ensure!(
        list.text("projectedThrough")?.contains("ledger.payments/"),
        "a read says how far: {}",
        list.body
    );
    let of = |kind: &str| rows.iter().find(|row| row["type"] == kind).during(|| format!("no {kind}"));
    expect(
        of("APPROVAL")?,
        &json!({
            "transactionId": payment, "amount": 100_000, "vat": 9_091, "feeSupplyAmount": 3_000, "feeVat": 300,
            "result": "DONE",
        }),
    )?;
    expect(
        of("CANCEL")?,
        &json!({
            "paymentId": payment, "amount": -50_000, "vat": -4_546, "supplyAmount": -45_454, "feeSupplyAmount": -1_500,
            "feeVat": -150, "result": "DONE",
        }),
    )?;
    let one = client.get_after(&format!("/v1/transactions/{payment}"), position).await?;
    let types: Vec<&str> = one.list("events")?.iter().filter_map(|event| event["type"].as_str()).collect();
    let expected = ["requested", "approved", "cancel-requested", "cancelled"];
    ensure!(
        types.len() == 4 && types.iter().zip(expected).all(|(found, word)| found.contains(word)),
        "everything known of it, with its events: {types:?}"
    );
    Ok(())
}

async fn sales(client: &mut Client, position: &str, people: &People) -> Done {
    let list = client.get_after("/v1/branches/sales", position).await?;
    let rows = list.list("sales")?;
    ensure!(rows.len() == 1, "one branch: {}", list.body);
    let sold = json!({
        "approvalCount": 1, "approvalAmount": 100_000, "cancelCount": 1, "cancelAmount": 50_000, "netAmount": 50_000,
        "feeSupplyAmount": 1_500, "feeVat": 150, "commission": 275, "commissionBelow": 0,
    });
    let row = rows.first().during(|| "no row".to_owned())?;
    expect(row, &json!({ "branchId": people.branch.id }))?;
    expect(row, &sold)?;
    let path = format!("/v1/branches/{}/sales", people.branch.id);
    for period in ["HOUR", "DAY", "WEEK", "MONTH", "TOTAL"] {
        let list = client.get_after(&format!("{path}?period={period}"), position).await?;
        let rows = list.list("sales")?;
        ensure!(rows.len() == 1, "one {period}: {}", list.body);
        expect(rows.first().during(|| "no row".to_owned())?, &sold)?;
    }
    let behind = client.get_after(&format!("{path}/transactions"), position).await?;
    ensure!(behind.list("transactions")?.len() == 2, "a sale and a cancel: {}", behind.body);
    expect(behind.list("sums")?.first().during(|| "no sum".to_owned())?, &sold)
}

async fn settlement(operator: &mut Client, position: &str, people: &People) -> Done {
    let list = operator.get_after("/v1/settlements", position).await?;
    let rows = list.list("settlements")?;
    let of = |id: &str| rows.iter().find(|row| row["payeeId"] == id).during(|| format!("nothing for {id}"));
    let merchant = people.merchant(0)?;
    expect(
        of(&merchant.id)?,
        &json!({
            "payeeType": "MERCHANT", "amount": 100_000, "cancelAmount": 50_000, "saleSupplyAmount": 45_455,
            "saleVat": 4_545, "feeSupplyAmount": 1_500, "feeVat": 150, "payOutAmount": 48_350,
        }),
    )?;
    expect(of(&people.branch.id)?, &json!({ "payeeType": "BRANCH", "payOutAmount": 275 }))?;
    expect(of(&people.agency.id)?, &json!({ "payeeType": "AGENCY", "payOutAmount": 110 }))?;
    ensure!(rows.len() == 3, "nobody else is owed anything: {}", list.body);
    Ok(())
}

async fn entries(client: &mut Client, position: &str, payment: &str) -> Done {
    let path = format!("/v1/settlements/entries?paymentId={payment}");
    let list = client.get_after(&path, position).await?;
    let rows = list.list("entries")?;
    let pay_outs: Vec<i64> = rows.iter().filter_map(|row| row["payOutAmount"].as_i64()).collect();
    ensure!(
        pay_outs.len() == 2 && pay_outs.contains(&96_700) && pay_outs.contains(&-48_350),
        "{}",
        list.body
    );
    Ok(())
}

/// Every member of `expected` stands in `found` with that value.
fn expect(found: &Value, expected: &Value) -> Done {
    for (name, value) in expected.as_object().into_iter().flatten() {
        ensure!(found.get(name) == Some(value), "{name} is not {value}: {found}");
    }
    Ok(())
}
