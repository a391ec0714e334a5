//! `POST /internal/commissions`: another process brings a commission whose payee's partition this one leads.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use ledger_domain::ids::MerchantId;
use ledger_domain::lines::Node;
use ledger_domain::money::Net;
use ledger_domain::settlement::Delivery;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::catalogue::{self, Code};
use crate::http::app::App;
use crate::http::pass_on::Received;
use crate::http::problem::Problem;
use crate::ledger::{Answer, Submission};

/// A delivery as it travels.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommissionBody {
    merchant_id: MerchantId,
    closing: u32,
    closing_position: String,
    to: Node,
    amount: Net,
}

impl CommissionBody {
    /// Of a delivery.
    #[must_use]
    pub fn of(delivery: &Delivery) -> Self {
        let Delivery { merchant_id, closing, closing_position, to, amount } = delivery.clone();
        Self { merchant_id, closing, closing_position, to, amount }
    }

    /// As bytes, and their SHA-256 in hexadecimal digits: the seal binds the body through it.
    #[must_use]
    pub fn to_bytes(&self) -> (Vec<u8>, String) {
        // Text and integers always have a JSON form.
        let body = serde_json::to_vec(self).unwrap_or_default();
        let hash = hash(&body);
        (body, hash)
    }
}

fn hash(body: &[u8]) -> String {
    hex::encode(digest(&SHA256, body).as_ref())
}

/// Records it once, and says where.
///
/// # Errors
/// The body is not what was sealed, or it cannot be recorded here now.
pub async fn handle(app: Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let received = request.extensions().get::<Received>().cloned();
    let body = received.ok_or_else(|| Problem::new(Code::InternalError))?.body?;
    let sealed = request.headers().get("Idempotency-Key").and_then(|value| value.to_str().ok());
    if sealed != Some(hash(&body).as_str()) {
        return Err(Problem::new(Code::RouteNotFound));
    }
    let CommissionBody { merchant_id, closing, closing_position, to, amount } =
        serde_json::from_slice(&body).map_err(|_| Problem::new(Code::MalformedJson))?;
    let delivery = Delivery { merchant_id, closing, closing_position, to, amount };
    match app.ledger.submit(Submission::of_delivery(delivery, app.now_ms())).await {
        Answer::Recorded { position, .. } => Ok(HttpResponse::build(StatusCode::OK)
            .insert_header(("Ledger-Position", position.to_string()))
            .finish()),
        Answer::Elsewhere { to } => Err(Problem::new(Code::NotReady).retry_after_s(1).elsewhere(to)),
        Answer::Rejected(rejection) => Err(catalogue::rejection(&rejection)),
        Answer::KeyReused => Err(Problem::new(Code::IdempotencyKeyReused)),
        Answer::CardProblem(_) => Err(Problem::new(Code::InternalError)),
        Answer::NotReady { .. } | Answer::StillRunning | Answer::Unknown => {
            Err(Problem::new(Code::NotReady).retry_after_s(1))
        }
    }
}
