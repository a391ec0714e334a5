//! What the operations of this folder read alike.

use ledger_domain::days::Day;
use ledger_domain::lines::Node;

use crate::access::{Caller, Confinement};
use crate::catalogue::Code;
use crate::http::app::App;
use crate::http::input::Fault;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::transactions::period;
use crate::queries::branch_sales::Bucket;

const PERIODS: &[&str] = &["HOUR", "DAY", "WEEK", "MONTH", "TOTAL"];
const METHODS: &[&str] = &["CARD"];
/// The longest period of one request by the hour, in days.
pub const MAX_DAYS_BY_HOUR: i64 = 31;

/// What the caller is confined to.
///
/// # Errors
/// A merchant has nothing below it.
pub fn confinement(caller: &Caller) -> Result<Confinement, Problem> {
    let to = caller.confinement();
    match to {
        Confinement::Merchant(_) => Err(Problem::new(Code::ScopeForbidden)),
        Confinement::Everything | Confinement::Agency(_) | Confinement::Branch(_) => Ok(to),
    }
}

/// The branch or agency in the path, where the caller may see it.
///
/// # Errors
/// There is none, or it is not the caller's to see.
pub async fn node(app: &App, caller: &Caller, text: &str) -> Result<Node, Problem> {
    let directory = app.current_directory().await?;
    let node = text.parse::<Node>().ok().filter(|node| caller.sees_node(&directory, *node));
    node.ok_or_else(|| Problem::new(Code::BranchNotFound))
}

/// `period`, `startDate` and `endDate`.
///
/// # Errors
/// Not words or days, in the wrong order, or too long a period.
pub fn buckets(query: &Query, now_ms: i64, default: Bucket) -> Result<(Bucket, Day, Day), Problem> {
    let bucket = query.optional("period", bucket)?.unwrap_or(default);
    let most = match bucket {
        Bucket::Hour => MAX_DAYS_BY_HOUR,
        Bucket::Day | Bucket::Week | Bucket::Month | Bucket::Total => period::MAX_DAYS,
    };
    let (from, to) = period::days_at_most(query, now_ms, most)?;
    Ok((bucket, from, to))
}

fn bucket(text: &str) -> Result<Bucket, Fault> {
    match text {
        "HOUR" => Ok(Bucket::Hour),
        "DAY" => Ok(Bucket::Day),
        "WEEK" => Ok(Bucket::Week),
        "MONTH" => Ok(Bucket::Month),
        "TOTAL" => Ok(Bucket::Total),
        _ => Err(Fault::OneOf(PERIODS)),
    }
}

/// `method`.
///
/// # Errors
/// None that there is.
pub fn method(query: &Query) -> Result<Option<String>, Problem> {
    let read =
        |text: &str| if METHODS.contains(&text) { Ok(text.to_owned()) } else { Err(Fault::OneOf(METHODS)) };
    query.optional("method", read)
}
