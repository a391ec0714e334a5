//! `GET /v1/settlements/explain`: why an entry, or a total, is what it is. Every entry's charges are reckoned again from the contract
//! and the amounts paid and cancelled, and laid beside what is recorded.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use ledger_domain::directory::Directory;
use ledger_domain::explain::{Asked, Explanation, explain};
use ledger_domain::money::{Amount, MoneyError};
use ledger_domain::payment::{MovementKind, PaymentEvent};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::list_entries;
use crate::access::Caller;
use crate::http::app::App;
use crate::http::problem::Problem;
use crate::http::transactions::reading;
use crate::queries::settlements::{EXPLAINED_PROJECTIONS, EntryWithEvents, SettlementEntry};
use crate::queries::{Page, Queries};

/// A page of explanations.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExplanationPage {
    /// Newest day first.
    explanations: Vec<ExplainedEntry>,
    /// How many entries this page has.
    entries: usize,
    /// What is recorded of them, together.
    pay_out_amount: i64,
    /// What they are as reckoned, together.
    reckoned_amount: i64,
    /// Whether every one of them agrees.
    agrees: bool,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
    /// How far the table had got, a vector of positions.
    projected_through: String,
}

/// An entry and why it is what it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedEntry {
    entry: SettlementEntry,
    /// The events it rests on, in order: type, time and number in its partition.
    events: Vec<Behind>,
    /// The contract: id, version, since when.
    #[schema(value_type = Object)]
    contract: Value,
    /// Reckoned again: amount, lines with their rule and arithmetic, pay-out, and whether the recorded entry agrees.
    #[schema(value_type = Object)]
    explanation: Value,
    /// Whether the recorded entry is what was reckoned.
    agrees: bool,
    #[serde(skip)]
    reckoned: i64,
}

/// An event behind an entry.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EventBehind)]
pub struct Behind {
    /// Its number in the partition.
    seq: i64,
    /// Such as `ledger.payment.approved.v1`.
    r#type: &'static str,
    /// RFC 3339, Asia/Seoul.
    occurred_at: String,
    /// What it moved, below nothing for a cancel.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
}

/// Explains entries, and so the total of those it lists. The filters are those of the entries: one payment's with `paymentId` and
/// `payeeId`, a day's total with `payeeId` and one day.
#[utoipa::path(get, path = "/v1/settlements/explain", operation_id = "explain_settlements", tag = "settlements",
    params(
        ("dateType" = Option<String>, Query, description = "soldDate (if not given) or paidOutDate"),
        ("startDate" = Option<String>, Query, description = "First day (Asia/Seoul), inclusive"),
        ("endDate" = Option<String>, Query, description = "Last day (Asia/Seoul), inclusive; today if not given"),
        ("payeeId" = Option<String>, Query, description = "Only what this merchant, branch or agency is paid"),
        ("merchantId" = Option<String>, Query, description = "Only this merchant's sales"),
        ("paymentId" = Option<String>, Query, description = "Only this payment"),
        ("limit" = Option<u16>, Query, description = "1 to 1,000; 100 if not given", maximum = 1000),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before, with the same filters"),
        ("Ledger-Position" = Option<String>, Header, description = "Wait (2 s at most) until the table has reached it"),
    ),
    responses((status = 200, description = "A page of explanations", body = ExplanationPage)),
    security(("apiKey" = [])))]
pub async fn handle(
    app: Data<App>,
    queries: Data<Queries>,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let list = list_entries::parse(&request, list_entries::PARAMETERS, app.now_ms())?;
    reading::wait_for(&request, &queries, EXPLAINED_PROJECTIONS).await?;
    let page = queries.entries_with_events(&caller.confinement(), list).await.map_err(reading::problem)?;
    let directory = app.ledger.directory();
    let rows = page.rows.iter().map(|row| explained(row, &directory)).collect::<Result<Vec<_>, _>>()?;
    let sums = [
        ("entries", json!(rows.len())),
        ("payOutAmount", json!(rows.iter().map(|row| row.entry.pay_out_amount).sum::<i64>())),
        ("reckonedAmount", json!(rows.iter().map(|row| row.reckoned).sum::<i64>())),
        ("agrees", json!(rows.iter().all(|row| row.agrees))),
    ];
    let page = Page { rows, next: page.next, through: page.through };
    Ok(reading::page_with("explanations", &page, sums))
}

fn explained(row: &EntryWithEvents, directory: &Directory) -> Result<ExplainedEntry, Problem> {
    let entry = row.entry.clone();
    let broken = |why: &str| {
        tracing::error!(payment = %entry.payment_id, why, "an entry cannot be explained");
        Problem::new(crate::catalogue::Code::InternalError)
    };
    let (_, seq, _) = entry.place;
    let behind = row.events.iter().take_while(|(number, _)| *number <= seq);
    let events: Vec<Behind> = behind.clone().map(|(seq, event)| behind_it(*seq, event)).collect();
    let (_, last) =
        behind.clone().last().filter(|(number, _)| *number == seq).ok_or_else(|| broken("no event"))?;
    let money = last.money().ok_or_else(|| broken("its event moves nothing"))?;
    let contract = directory.contract(entry.merchant_id).ok_or_else(|| broken("no contract"))?;
    let place = usize::try_from(money.contract_version).unwrap_or(0).checked_sub(1);
    let version = place.and_then(|place| contract.versions.get(place));
    let version = version.ok_or_else(|| broken("no such version of its contract"))?;
    let paid = behind.clone().filter_map(|(_, event)| event.money());
    let sale = paid.clone().find(|paid| paid.posting_policy.kind() == MovementKind::Sale);
    let sale = sale.ok_or_else(|| broken("no sale"))?;
    let earlier = behind.clone().filter(|(number, _)| *number < seq).filter_map(|(_, event)| event.money());
    let mut cancels = earlier.filter(|paid| paid.posting_policy.kind() == MovementKind::Cancel);
    let before = cancels.try_fold(sale.amount, |left, cancel| left.minus(cancel.amount));
    let asked = |before: Amount| Asked {
        money,
        merchant_id: entry.merchant_id,
        payee: entry.payee,
        terms: &version.terms,
        original: sale.amount,
        before,
        same_day: money.sold_date == sale.sold_date,
    };
    let reckoned: Result<Explanation, MoneyError> = before.and_then(|before| explain(&asked(before)));
    let explanation = reckoned.map_err(|why| broken(&why.to_string()))?;
    let agrees = explanation.agrees && explanation.pay_out_amount.minor() == entry.pay_out_amount;
    Ok(ExplainedEntry {
        events,
        contract: json!({
            "contractId": contract.contract_id,
            "version": money.contract_version,
            "effectiveFrom": crate::http::instant::seoul(version.effective_from),
        }),
        reckoned: explanation.pay_out_amount.minor(),
        explanation: serde_json::to_value(&explanation).map_err(|why| broken(&why.to_string()))?,
        agrees,
        entry,
    })
}

fn behind_it(seq: i64, event: &PaymentEvent) -> Behind {
    let amount = event.money().map(|money| match money.posting_policy.kind() {
        MovementKind::Sale => money.amount.minor(),
        MovementKind::Cancel => -money.amount.minor(),
    });
    Behind { seq, r#type: event.type_name(), occurred_at: crate::http::instant::seoul(event.at()), amount }
}
