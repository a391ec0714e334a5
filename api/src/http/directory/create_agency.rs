//! `POST /v1/agencies`: registers an agency (대리점 등록).

use actix_web::HttpResponse;
use ledger_domain::directory::{DirectoryCommand, DirectoryEvent, RegisterAgency};
use ledger_domain::ids::AgencyId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::AgencyBody;
use crate::http::command::CommandRequest;
use crate::http::input::Fields;
use crate::http::problem::Problem;
use crate::ledger::ClientCommand;

/// A new agency.
#[derive(Serialize, ToSchema)]
pub struct AgencyRequest {
    /// Its business name, 1 to 100 characters.
    name: String,
}

/// Registers an agency.
#[utoipa::path(post, path = "/v1/agencies", operation_id = "create_agency", tag = "directory",
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    request_body = AgencyRequest,
    responses((status = 201, description = "Registered", body = AgencyBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    let command = DirectoryCommand::RegisterAgency(parse(&request.body)?);
    let recorded = request.submit(ClientCommand::Directory(command), None).await?;
    let DirectoryEvent::AgencyRegistered(event) = super::event(&recorded)? else {
        return Err(super::unexpected());
    };
    let location = format!("/v1/agencies/{}", event.agency_id);
    Ok(super::created(&recorded, &location, AgencyBody::from(event)))
}

fn parse(body: &[u8]) -> Result<RegisterAgency, Problem> {
    let fields = Fields::of_body(body, &["name"])?;
    Ok(RegisterAgency {
        agency_id: AgencyId::new(Uuid::now_v7()),
        name: fields.required("name", super::name)?,
    })
}
