//! What is answered about one payment while no owner can be reached: what the tables say, marked with how far they had got. Not
//! finding it there says nothing, and is not answered as if it did.

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::command::unavailable;
use crate::http::problem::Problem;
use crate::ledger::Unavailable;
use crate::queries::{PositionVector, QueryError};

/// Says that an answer comes from the tables and may be older than the last write.
const SOURCE: (&str, &str) = ("Ledger-Source", "tables");

/// An answer of the owner, or of the tables.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sourced<T: Serialize> {
    #[serde(flatten)]
    body: T,
    /// Only where the owner could not be reached and the tables answered: how far they had got, a vector of positions.
    #[serde(skip_serializing_if = "Option::is_none")]
    projected_through: Option<String>,
}

impl<T: Serialize> Sourced<T> {
    /// Confirmed by the owner.
    pub const fn owner(body: T) -> Self {
        Self { body, projected_through: None }
    }
}

/// What the tables said in the owner's place, after `trouble`.
///
/// # Errors
/// The owner's trouble, where the tables have no answer either.
pub fn answer<B: Serialize>(
    trouble: &Unavailable,
    found: Result<Option<(B, PositionVector)>, QueryError>,
) -> Result<HttpResponse, Problem> {
    match found {
        Ok(Some((body, through))) => {
            metrics::counter!("ledger_reads_from_tables_total").increment(1);
            let through = through.to_string();
            let mut response = HttpResponse::Ok();
            response.insert_header(SOURCE).insert_header(("Ledger-Position", through.clone()));
            Ok(response.json(Sourced { body, projected_through: Some(through) }))
        }
        Ok(None) => Err(unavailable(trouble)),
        Err(error) => {
            tracing::warn!(%error, "the tables could not be read in the owner's place");
            Err(unavailable(trouble))
        }
    }
}
