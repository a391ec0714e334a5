//! `GET /v1/commands?idempotencyKey=`: the same by the key, within the caller's own scope.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::body;
use crate::access::Caller;
use crate::http::app::App;
use crate::http::command::{check_key, identity};
use crate::http::input::Fault;
use crate::http::problem::Problem;
use crate::http::query::Query;

const FORM: Fault =
    Fault::Form { en: "1 to 255 visible ASCII characters", ko: "표시 가능한 ASCII 1~255자" };

/// What is known of the command with this idempotency key.
#[utoipa::path(get, path = "/v1/commands", operation_id = "find_command", tag = "commands",
    params(("idempotencyKey" = String, Query, description = "As it was sent")),
    responses((status = 200, description = "DONE, RUNNING, NOT_YET_KNOWN or NOT_RECORDED", body = body::CommandBody)),
    security(("apiKey" = [])))]
pub async fn handle(app: Data<App>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = Query::of(&request, &["idempotencyKey"])?;
    let key = query.required("idempotencyKey", |text| check_key(text.as_bytes()).ok_or(FORM))?;
    body::answer(&app, caller, identity::command_id(&caller.scope_text(), &key), &request).await
}
