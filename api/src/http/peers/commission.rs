//! A commission brought to its payee's owner in another process.

use std::time::Duration;

use actix_web::web::Bytes;
use ledger_domain::settlement::Delivery;

use super::{IDEMPOTENCY_KEY, Outgoing, PASSED_ON, Peers, seal, text_to_seal};
use crate::http::internal::COMMISSIONS;
use crate::http::internal::post_commission::CommissionBody;
use crate::http::search::Passed;
use crate::keys::Pepper;

/// It is sent again otherwise.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

impl Peers {
    /// Brings it to the process at this address (`http://host:port`), and comes back with the position of its record; none where it
    /// is not known to be recorded. `now_ms` (Unix ms) goes into the seal.
    pub async fn bring(&self, to: &str, delivery: &Delivery, pepper: &Pepper, now_ms: i64) -> Option<String> {
        let (body, digest) = CommissionBody::of(delivery).to_bytes();
        let text = text_to_seal("POST", COMMISSIONS, b"", digest.as_bytes(), now_ms);
        let headers = vec![
            ("content-type".to_owned(), b"application/json".to_vec()),
            (IDEMPOTENCY_KEY.to_string(), digest.into_bytes()),
            (PASSED_ON.to_string(), seal(&text, now_ms, pepper)),
        ];
        let target = COMMISSIONS.to_owned();
        let outgoing = Outgoing { method: "POST".to_owned(), target, headers, body: Bytes::from(body) };
        match self.pass(to, outgoing, ANSWERED_WITHIN).await {
            Passed::Reply(reply) if reply.status == 200 => {
                let position = reply.headers.into_iter().find(|(name, _)| *name == "ledger-position")?.1;
                String::from_utf8(position).ok()
            }
            Passed::Reply(_) | Passed::Elsewhere(_) | Passed::NotReached | Passed::Uncertain => None,
        }
    }
}
