//! `GET /v1/projections`: where every read model stands.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::app::App;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::transactions::reading;
use crate::queries::Queries;
use crate::queries::projections::ProjectionStatus;

/// All of them.
#[derive(Serialize, ToSchema)]
pub struct Projections {
    /// By name.
    projections: Vec<ProjectionStatus>,
}

/// Position, lag, version, last verified position and state of every read model.
#[utoipa::path(get, path = "/v1/projections", operation_id = "list_projections", tag = "system",
    responses((status = 200, description = "Every read model", body = Projections)),
    security(("apiKey" = [])))]
pub async fn handle(
    app: Data<App>,
    queries: Data<Queries>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    Query::of(&request, &[])?;
    let heads = app.ledger.readiness().partitions.into_iter().map(|at| (at.partition, at.seq)).collect();
    let projections = queries.projections(&heads).await.map_err(reading::problem)?;
    Ok(HttpResponse::Ok().json(Projections { projections }))
}
