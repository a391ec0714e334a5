//! `POST /v1/payees/{payeeId}/terms`: how a branch or agency is paid out from a date on; of a merchant its contract says so.

use actix_web::HttpResponse;
use ledger_domain::directory::{DirectoryCommand, DirectoryEvent, NodeTerms, NodeTermsSet, SetNodeTerms};
use ledger_domain::lines::Node;
use ledger_domain::settlement::PayeeTax;

use super::contract_body::{NodeTermsBody, NodeTermsRequest};
use super::pay_out;
use crate::catalogue::Code;
use crate::http::command::CommandRequest;
use crate::http::input::{Fault, Fields, raw};
use crate::http::problem::Problem;
use crate::ledger::ClientCommand;

/// Sets how a branch or agency is paid out.
#[utoipa::path(post, path = "/v1/payees/{payeeId}/terms", operation_id = "set_payee_terms", tag = "directory",
    params(("payeeId" = String, Path, description = "`brn_…` or `agn_…`"),
           ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    request_body = NodeTermsRequest,
    responses((status = 201, description = "Set", body = NodeTermsBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    let node: Option<Node> = request.segment("payeeId").parse().ok();
    let node = node.ok_or_else(|| Problem::new(Code::PayeeNotFound))?;
    let command = DirectoryCommand::SetNodeTerms(parse(node, &request.body)?);
    let recorded = request.submit(ClientCommand::Directory(command), None).await?;
    let DirectoryEvent::NodeTermsSet(event) = super::event(&recorded)? else {
        return Err(super::unexpected());
    };
    let location = match node {
        Node::Agency(id) => format!("/v1/agencies/{id}"),
        Node::Branch(id) => format!("/v1/branches/{id}"),
    };
    Ok(super::created(&recorded, &location, body(event)))
}

fn body(event: &NodeTermsSet) -> NodeTermsBody<'_> {
    NodeTermsBody {
        payee_id: event.node.to_string(),
        version: event.version,
        effective_from: crate::http::instant::seoul(event.effective_from),
        terms: &event.terms,
    }
}

fn parse(node: Node, body: &[u8]) -> Result<SetNodeTerms, Problem> {
    const TAXES: &[PayeeTax] = &[PayeeTax::Registered, PayeeTax::Person];
    let fields = Fields::of_body(body, &["effectiveFrom", "cycle", "minimumPayOut", "tax"])?;
    Ok(SetNodeTerms {
        node,
        effective_from: fields.optional("effectiveFrom", raw::moment)?,
        terms: NodeTerms {
            cycle: pay_out::cycle(&fields, "cycle")?.ok_or_else(|| Fault::Missing.at("cycle"))?,
            minimum_pay_out: fields.optional("minimumPayOut", raw::amount_or_zero)?.unwrap_or_default(),
            tax: fields.required("tax", |value| raw::word(value, &["REGISTERED", "PERSON"], TAXES))?,
        },
    })
}
