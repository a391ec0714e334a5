//! `GET /v1/ledger/balances`: the trial balance at a day, by account, or by sub-ledger of one account.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use ledger_domain::days::{Day, Moment};
use ledger_domain::posting::Account;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::app::App;
use crate::http::input::Fault;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::transactions::reading;
use crate::queries::Queries;
use crate::queries::balances::{Balance, BalanceCursor, ListBalances, PROJECTION};

const PARAMETERS: &[&str] = &["date", "account", "limit", "cursor"];
const DAY: Fault = Fault::Form { en: "a day such as 2026-11-23", ko: "2026-11-23 형식의 날짜" };
const ACCOUNT: Fault = Fault::Form { en: "an account such as L10", ko: "L10 형식의 계정" };

/// A page of balances.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BalancePage {
    /// The last day that counts.
    #[schema(value_type = String, format = Date)]
    date: Day,
    /// All debits of the whole ledger up to that day.
    debit_amount: i64,
    /// All credits: the same.
    credit_amount: i64,
    /// In the order of accounts, or of the account's sub-ledgers.
    balances: Vec<Balance>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
    /// How far the table had got, a vector of positions.
    projected_through: String,
}

/// The trial balance: what stands in each account at the end of a day in Asia/Seoul, over all that was ever posted. With `account` that
/// account's sub-ledgers one by one.
#[utoipa::path(get, path = "/v1/ledger/balances", operation_id = "list_balances", tag = "ledger",
    params(
        ("date" = Option<String>, Query, description = "The last day that counts (Asia/Seoul); today if not given"),
        ("account" = Option<String>, Query, description = "By sub-ledger of this account: A10 to E30"),
        ("limit" = Option<u16>, Query, description = "1 to 1,000; 100 if not given", maximum = 1000),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before, with the same filters"),
        ("Ledger-Position" = Option<String>, Header, description = "Wait (2 s at most) until the table has reached it"),
    ),
    responses((status = 200, description = "A page of balances", body = BalancePage)),
    security(("apiKey" = [])))]
pub async fn handle(
    app: Data<App>,
    queries: Data<Queries>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let list = parse(&request, app.now_ms())?;
    reading::wait(&request, &queries, PROJECTION).await?;
    let date = list.date;
    let (page, totals) = queries.balances(list).await.map_err(reading::problem)?;
    let beside = [
        ("date", date.to_string().into()),
        ("debitAmount", totals.debit.into()),
        ("creditAmount", totals.credit.into()),
    ];
    Ok(reading::page_with("balances", &page, beside))
}

fn parse(request: &HttpRequest, now_ms: i64) -> Result<ListBalances, Problem> {
    let query = Query::of(request, PARAMETERS)?;
    let account = query.optional("account", account)?;
    let date = query.optional("date", |text| text.parse().map_err(|_| DAY))?;
    Ok(ListBalances {
        date: date.unwrap_or_else(|| Moment::from_ms(now_ms).seoul_day()),
        account,
        limit: reading::limit(&query)?,
        after: reading::cursor(&query, |text| BalanceCursor::parse(account, text))?,
    })
}

fn account(text: &str) -> Result<Account, Fault> {
    Account::ALL.iter().find(|account| account.code() == text).copied().ok_or(ACCOUNT)
}
