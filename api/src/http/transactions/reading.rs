//! What every read over the tables does alike: waits for `Ledger-Position`, reads the page's bounds, and answers with
//! how far the tables had got.

use actix_web::{HttpRequest, HttpResponse};
use ledger_domain::lines::Payee;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::catalogue::Code;
use crate::http::input::Fault;
use crate::http::problem::{Detail, Problem};
use crate::http::query::Query;
use crate::queries::{Page, PositionVector, Queries, QueryError};

/// Carries a position of the ledger, in requests and answers.
pub const LEDGER_POSITION: &str = "Ledger-Position";
/// How long to wait before reading again, in seconds.
const RETRY_AFTER_S: u32 = 1;
/// The most rows of one page.
pub const MAX_LIMIT: u16 = 1_000;
const DEFAULT_LIMIT: u16 = 100;

const LIMIT: Fault = Fault::Range { min: 1, max: 1_000 };
const PAYEE: Fault = Fault::Form {
    en: "the id of a merchant, branch or agency",
    ko: "가맹점, 영업점 또는 대리점의 ID",
};

/// Waits until the projection has reached the position that the request carries, if it carries one.
///
/// # Errors
/// Not a position, one of another ledger, or not reached within two seconds.
pub async fn wait(request: &HttpRequest, queries: &Queries, projection: &'static str) -> Result<(), Problem> {
    wait_for(request, queries, &[projection]).await
}

/// Waits until every one of these projections has reached it.
///
/// # Errors
/// As [`wait`].
pub async fn wait_for(
    request: &HttpRequest,
    queries: &Queries,
    projections: &[&'static str],
) -> Result<(), Problem> {
    let Some(header) = request.headers().get(LEDGER_POSITION) else { return Ok(()) };
    let wanted: Option<PositionVector> = header.to_str().ok().and_then(|text| text.parse().ok());
    let wanted = wanted.ok_or_else(|| Problem::new(Code::InvalidPosition).param(LEDGER_POSITION))?;
    for projection in projections {
        queries.reached(projection, &wanted).await.map_err(problem)?;
    }
    Ok(())
}

/// `limit`, 100 if not given.
///
/// # Errors
/// Not a number from 1 to 1,000.
pub fn limit(query: &Query) -> Result<u16, Problem> {
    let read = |text: &str| text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit)).ok_or(LIMIT);
    Ok(query.optional("limit", read)?.unwrap_or(DEFAULT_LIMIT))
}

/// `cursor`, as this list reads it.
///
/// # Errors
/// It does not belong to this list.
pub fn cursor<K>(query: &Query, parse: impl FnOnce(&str) -> Option<K>) -> Result<Option<K>, Problem> {
    let Some(text) = query.optional("cursor", |text| Ok(text.to_owned()))? else { return Ok(None) };
    parse(&text).map(Some).ok_or_else(|| Problem::new(Code::InvalidCursor).param("cursor"))
}

/// The id of whoever is paid.
///
/// # Errors
/// Not such an id.
pub fn payee(text: &str) -> Result<Payee, Fault> {
    text.parse().map_err(|_| PAYEE)
}

/// A page under this name, with the next cursor and how far the table had got.
pub fn page<T: Serialize>(name: &str, page: &Page<T>) -> HttpResponse {
    page_with(name, page, [])
}

/// A page with something beside its rows.
pub fn page_with<T: Serialize, const N: usize>(
    name: &str,
    page: &Page<T>,
    beside: [(&str, Value); N],
) -> HttpResponse {
    let mut body: Map<String, Value> =
        beside.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    body.insert(name.to_owned(), serde_json::to_value(&page.rows).unwrap_or_default());
    body.insert("nextCursor".to_owned(), page.next.clone().map_or(Value::Null, Value::String));
    answer(body, &page.through)
}

/// A body with how far the table had got, in it and in a header.
pub fn answer(mut body: Map<String, Value>, through: &PositionVector) -> HttpResponse {
    body.insert("projectedThrough".to_owned(), through.to_string().into());
    HttpResponse::Ok().insert_header((LEDGER_POSITION, through.to_string())).json(Value::Object(body))
}

/// What the caller is told when a read fails.
pub fn problem(error: QueryError) -> Problem {
    match error {
        QueryError::Unavailable(error) => {
            tracing::warn!(%error, "a read failed");
            Problem::new(Code::ReadUnavailable).retry_after_s(RETRY_AFTER_S)
        }
        QueryError::Behind { through } => {
            let detail = Detail {
                en: "The tables did not reach the position within two seconds.".to_owned(),
                ko: "2초 안에 요청한 위치까지 집계되지 않았습니다.".to_owned(),
            };
            let behind = Problem::new(Code::ProjectionBehind).param(LEDGER_POSITION).detail(detail);
            behind.member("projectedThrough", through.to_string()).retry_after_s(RETRY_AFTER_S)
        }
        QueryError::ForeignPosition => Problem::new(Code::InvalidPosition).param(LEDGER_POSITION),
        QueryError::Broken(why) => {
            tracing::error!(why, "a read went wrong on our side");
            Problem::new(Code::InternalError)
        }
    }
}
