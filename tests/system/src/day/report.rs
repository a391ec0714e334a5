//! What a merchant, a branch, finance and an auditor see after the day: the public reads with each one's own key, and
//! the auditor's commands.

use serde_json::Value;

use super::table::{lines, won};
use super::{Cast, Played, Stage};
use crate::client::{Client, Reply};
use crate::failure::Done;

/// All of it, as lines for a terminal. The auditor's part is what the projector's commands said.
///
/// # Errors
/// A read is refused or does not answer.
pub async fn report(stage: &Stage, cast: &Cast, played: &Played, auditor: &[String]) -> Done<Vec<String>> {
    let at = played.vector();
    let mut all = vec![heading(cast, played)];
    all.extend(merchant(stage, cast, &at).await?);
    all.extend(branch(stage, cast, &at).await?);
    all.extend(finance(stage, cast, &at).await?);
    all.push("\n  Auditor (감사)  ledger-projector replay · ledger-projector verify".to_owned());
    all.extend(auditor.iter().map(|line| format!("    {line}")));
    Ok(all)
}

fn heading(cast: &Cast, played: &Played) -> String {
    let states: Vec<String> = played.payments.iter().map(|(state, n)| format!("{n} {state}")).collect();
    format!(
        "A day of business (하루 영업): {} · {} · {}\n  payments (승인): {}\n  cancels (취소): {} done, {} declined",
        cast.agency.name,
        cast.gangnam.name,
        cast.haeundae.name,
        states.join(", "),
        played.cancels,
        played.cancels_declined,
    )
}

async fn merchant(stage: &Stage, cast: &Cast, at: &str) -> Done<Vec<String>> {
    let merchant = &cast.mocha;
    let mut client = merchant.client(&stage.api_url);
    let list = client.get_after("/v1/transactions?limit=6", at).await?;
    let mut rows =
        vec![row(&["order 주문번호", "type 구분", "status 상태", "amount 금액", "VAT 부가세", "fee 수수료"])];
    for item in list.list("transactions")? {
        rows.push(vec![
            text(item, "orderId"),
            text(item, "type"),
            text(item, "status"),
            won(number(item, "amount")),
            won(number(item, "vat")),
            won(number(item, "feeSupplyAmount") + number(item, "feeVat")),
        ]);
    }
    let mut all = title("Merchant (가맹점)", &merchant.name, "GET /v1/transactions, the last six");
    all.extend(lines(&rows));
    let totals = client.get_after("/v1/settlements", at).await?;
    all.push("    GET /v1/settlements (정산)".to_owned());
    all.extend(settlements(cast, &totals)?);
    Ok(all)
}

async fn branch(stage: &Stage, cast: &Cast, at: &str) -> Done<Vec<String>> {
    let branch = &cast.gangnam;
    let mut client = Client::new(&stage.api_url, &branch.api_key);
    let sales = client.get_after("/v1/branches/sales?period=DAY", at).await?;
    let mut rows = vec![row(&[
        "day 매출일",
        "approvals 승인",
        "amount 승인금액",
        "cancels 취소",
        "amount 취소금액",
        "net 순매출",
        "commission 수수료",
    ])];
    for item in sales.list("sales")? {
        rows.push(vec![
            text(item, "since"),
            won(number(item, "approvalCount")),
            won(number(item, "approvalAmount")),
            won(number(item, "cancelCount")),
            won(number(item, "cancelAmount")),
            won(number(item, "netAmount")),
            won(number(item, "commission")),
        ]);
    }
    let mut all = title("Branch (영업점)", &branch.name, "GET /v1/branches/sales");
    all.extend(lines(&rows));
    Ok(all)
}

async fn finance(stage: &Stage, cast: &Cast, at: &str) -> Done<Vec<String>> {
    let mut client = Client::new(&stage.api_url, &stage.operator_key);
    let totals = client.get_after(&format!("/v1/settlements?dateType=paidOutDate&{}", ahead()?), at).await?;
    let mut all = title("Finance (재무)", "every payee", "GET /v1/settlements?dateType=paidOutDate");
    all.extend(settlements(cast, &totals)?);
    Ok(all)
}

/// From yesterday to a month ahead: pay-outs lie in the future.
fn ahead() -> Done<String> {
    let today = time::OffsetDateTime::now_utc().date();
    let (from, to) = (today - time::Duration::days(2), today + time::Duration::days(40));
    Ok(format!("startDate={from}&endDate={to}"))
}

fn settlements(cast: &Cast, totals: &Reply) -> Done<Vec<String>> {
    let mut rows = vec![row(&[
        "day 일자",
        "payee 지급처",
        "sales 매출",
        "cancels 취소",
        "fee 수수료",
        "VAT",
        "pay-out 지급액",
    ])];
    let mut sum = 0;
    for item in totals.list("settlements")? {
        sum += number(item, "payOutAmount");
        rows.push(vec![
            text(item, "date"),
            cast.name(&text(item, "payeeId")).to_owned(),
            won(number(item, "amount")),
            won(number(item, "cancelAmount")),
            won(number(item, "feeSupplyAmount")),
            won(number(item, "feeVat")),
            won(number(item, "payOutAmount")),
        ]);
    }
    let mut all = lines(&rows);
    all.push(format!("    together (합계) {}", won(sum)));
    Ok(all)
}

fn title(who: &str, name: &str, read: &str) -> Vec<String> {
    vec![format!("\n  {who} {name}  {read}")]
}

fn row(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn text(item: &Value, name: &str) -> String {
    item.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(item: &Value, name: &str) -> i64 {
    item.get(name).and_then(Value::as_i64).unwrap_or_default()
}
