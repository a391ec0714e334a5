//! `POST /v1/branches`: registers a branch under an agency or under another branch.

use actix_web::HttpResponse;
use ledger_domain::directory::{DirectoryCommand, DirectoryEvent, RegisterBranch};
use ledger_domain::ids::BranchId;
use ledger_domain::lines::Node;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::BranchBody;
use crate::http::command::CommandRequest;
use crate::http::input::{Fault, Fields};
use crate::http::problem::Problem;
use crate::ledger::ClientCommand;

/// A new branch.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BranchRequest {
    /// The agency it hangs under; this or `parentBranchId`.
    agency_id: Option<String>,
    /// The branch it hangs under.
    parent_branch_id: Option<String>,
    /// Its business name, 1 to 100 characters.
    name: String,
}

/// Registers a branch.
#[utoipa::path(post, path = "/v1/branches", operation_id = "create_branch", tag = "directory",
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    request_body = BranchRequest,
    responses((status = 201, description = "Registered", body = BranchBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    let command = DirectoryCommand::RegisterBranch(parse(&request.body)?);
    let recorded = request.submit(ClientCommand::Directory(command), None).await?;
    let DirectoryEvent::BranchRegistered(event) = super::event(&recorded)? else {
        return Err(super::unexpected());
    };
    let location = format!("/v1/branches/{}", event.branch_id);
    Ok(super::created(&recorded, &location, BranchBody::from(event)))
}

fn parse(body: &[u8]) -> Result<RegisterBranch, Problem> {
    let fields = Fields::of_body(body, &["agencyId", "parentBranchId", "name"])?;
    let agency = super::id("`agn_` and 32 hexadecimal digits", "`agn_`와 16진수 32자리");
    let branch = super::id("`brn_` and 32 hexadecimal digits", "`brn_`와 16진수 32자리");
    let parent = match (fields.optional("agencyId", agency)?, fields.optional("parentBranchId", branch)?) {
        (Some(agency), None) => Node::Agency(agency),
        (None, Some(branch)) => Node::Branch(branch),
        (None, None) => return Err(Fault::Missing.at("agencyId")),
        (Some(_), Some(_)) => {
            let fault =
                Fault::Form { en: "absent beside `agencyId`", ko: "`agencyId`와 함께 쓸 수 없는 값" };
            return Err(fault.at("parentBranchId"));
        }
    };
    let name = fields.required("name", super::name)?;
    Ok(RegisterBranch { branch_id: BranchId::new(Uuid::now_v7()), parent, name })
}
