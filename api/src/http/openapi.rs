//! The OpenAPI document of this build. `schemas/openapi.json` is its snapshot; a test fails when the two part.

use serde::Serialize;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi, ToSchema};

use super::{balances, branches, commands, directory, payees, payments, settlements, system, transactions};

/// Where the document describes an error.
const PROBLEM: &str = "#/components/schemas/Problem";

/// An error (RFC 9457), whatever its status.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Where the error is described.
    r#type: String,
    /// One sentence, Korean or English by `Accept-Language`.
    title: String,
    status: u16,
    /// What is particular to this case.
    detail: String,
    /// A code of `GET /v1/errors`: stable, one meaning each.
    code: String,
    /// The field, header or parameter at fault.
    param: Option<String>,
    /// Whether the very same request may succeed later.
    retryable: bool,
    /// What to do, one of the words of `GET /v1/errors`.
    recommended_action: String,
    acquirer_code: Option<String>,
    acquirer_message: Option<String>,
    request_id: String,
}

#[derive(OpenApi)]
#[openapi(
    info(title = "ledger", description = "An event-sourced payment ledger."),
    paths(
        payments::key_in_payment::handle,
        payments::cancel_payment::handle,
        payments::resolve_payment::handle,
        payments::change_metadata::handle,
        payments::get_payment::handle,
        payments::get_order::handle,
        commands::get_command::handle,
        commands::find_command::handle,
        directory::create_agency::handle,
        directory::get_agency::handle,
        directory::create_branch::handle,
        directory::get_branch::handle,
        directory::create_merchant::handle,
        directory::get_merchant::handle,
        directory::create_contract::handle,
        directory::create_card_key::handle,
        directory::create_key::handle,
        directory::revoke_key::handle,
        directory::set_node_terms::handle,
        payees::propose_pay_out::handle,
        payees::approve_pay_out::handle,
        payees::reject_pay_out::handle,
        payees::send_pay_out::handle,
        payees::confirm_pay_out::handle,
        payees::fail_pay_out::handle,
        payees::return_pay_out::handle,
        payees::withhold::handle,
        payees::release::handle,
        payees::propose_decision::handle,
        payees::confirm_decision::handle,
        transactions::list_transactions::handle,
        transactions::get_transaction::handle,
        branches::list_branch_sales::handle,
        branches::list_sales_of_branch::handle,
        branches::list_transactions_of_branch::handle,
        settlements::list_settlements::handle,
        settlements::list_entries::handle,
        settlements::export_entries::handle,
        settlements::list_status::handle,
        settlements::list_closings::handle,
        settlements::list_receipts::handle,
        settlements::list_pay_outs::handle,
        balances::list_balances::handle,
        settlements::explain::handle,
        system::list_projections::handle,
        system::get_errors::handle,
        system::get_live::handle,
        system::get_ready::handle,
        system::get_metrics::handle,
        system::get_openapi::handle,
    ),
    components(schemas(ProblemBody)),
    modifiers(&ApiKeyScheme, &Problems)
)]
struct Document;

struct ApiKeyScheme;

impl Modify for ApiKeyScheme {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("`test_<op|agn|brn|mer>_<secret>`, or `live_…`"))
            .build();
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("apiKey", SecurityScheme::Http(scheme));
    }
}

/// Every operation may answer any error of the catalogue, and every error is problem+json.
struct Problems;

impl Modify for Problems {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for path in document.paths.paths.values_mut() {
            for operation in
                [path.get.as_mut(), path.post.as_mut(), path.patch.as_mut()].into_iter().flatten()
            {
                let responses = &mut operation.responses.responses;
                responses.values_mut().for_each(as_problem);
                responses.insert("default".to_owned(), any_problem().into());
            }
        }
    }
}

fn as_problem(response: &mut RefOr<Response>) {
    let RefOr::T(response) = response else { return };
    let is_problem = |content: &RefOr<Content>| match content {
        RefOr::T(content) => {
            matches!(&content.schema, Some(RefOr::Ref(schema)) if schema.ref_location == PROBLEM)
        }
        RefOr::Ref(_) => false,
    };
    if response.content.get("application/json").is_some_and(is_problem)
        && let Some(content) = response.content.shift_remove("application/json")
    {
        response.content.insert("application/problem+json".to_owned(), content);
    }
}

fn any_problem() -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::new(PROBLEM))).build();
    let said = "Any error of `GET /v1/errors`";
    ResponseBuilder::new().description(said).content("application/problem+json", content).build()
}

/// The whole document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
