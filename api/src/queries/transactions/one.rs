//! One payment with its cancels and its events. What others earn on it is left out of the events: each caller sees the
//! lines that concern it or those below it.

use super::row::Transaction;
use crate::access::Confinement;
use crate::queries::confine::{Rows, confine};
use crate::queries::row::{Columns, id};
use crate::queries::{PositionVector, Queries, QueryError, checkpoints};
use ledger_domain::days::Moment;
use ledger_domain::ids::{CommandId, PaymentId};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, params};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

const ONE: &str = include_str!("one.sql");
const EVENTS: &str = include_str!("events.sql");
const EVENTS_PROJECTION: &str = "payment_events";

/// A payment: its rows, and its events in order.
#[derive(Clone, Debug, PartialEq)]
pub struct OneTransaction {
    /// The approval's row, then its cancels'.
    pub rows: Vec<Transaction>,
    /// Its events.
    pub events: Vec<TransactionEvent>,
    /// How far the transactions had got.
    pub through: PositionVector,
}

/// An event as the ledger holds it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransactionEvent {
    /// Its place in the ledger, `topic/partition:seq`.
    pub position: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its own time.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "crate::queries::seoul")]
    pub occurred_at: Moment,
    /// Who: `key/…`, `acquirer/…`, `timer`, `system`.
    pub actor: String,
    /// The command that became this event.
    #[schema(value_type = String)]
    pub command_id: CommandId,
    /// The request that brought the command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// SHA-256 of its record in the chain, over the whole of it.
    pub hash: String,
    /// What it says. Lines about what others earn are left out.
    #[schema(value_type = Object)]
    pub data: Value,
}

impl Queries {
    /// One payment by its id, or by the id of one of its cancels. None when there is none that the caller may see.
    ///
    /// # Errors
    /// [`QueryError::Unavailable`] when MariaDB does not answer in time.
    pub async fn transaction(
        &self,
        to: &Confinement,
        of: [u8; 16],
    ) -> Result<Option<OneTransaction>, QueryError> {
        let confined = confine(ONE, Rows::OfMerchants, to)?;
        let params = params! { "id" => id(&of), "scope" => confined.scope };
        let to = *to;
        let (found, through) = self
            .snapshot(super::PROJECTION, async move |conn| {
                let rows: Vec<Row> = conn.exec(confined.sql.as_str(), params).await?;
                let rows = rows.into_iter().map(Transaction::read).collect::<Result<Vec<_>, _>>()?;
                let Some(first) = rows.first() else { return Ok(None) };
                let events = events(conn, first.payment_id, to).await?;
                Ok(Some((rows, events)))
            })
            .await?;
        Ok(found.map(|(rows, events)| OneTransaction { rows, events, through }))
    }
}

async fn events(
    conn: &mut Conn,
    of: PaymentId,
    to: Confinement,
) -> Result<Vec<TransactionEvent>, QueryError> {
    let topic =
        checkpoints(conn).await?.remove(EVENTS_PROJECTION).and_then(|through| through.payments_topic());
    let topic = topic.unwrap_or_default();
    let rows: Vec<Row> = conn.exec(EVENTS, params! { "payment_id" => id(of.as_bytes()) }).await?;
    rows.into_iter().map(|row| TransactionEvent::read(row, &topic, to)).collect()
}

impl TransactionEvent {
    fn read(row: Row, topic: &str, to: Confinement) -> Result<TransactionEvent, QueryError> {
        let mut c = Columns::of(row);
        let (seq, partition) = (c.number()?, c.small()?);
        Ok(TransactionEvent {
            position: format!("{topic}/{partition}:{seq}"),
            kind: c.text()?,
            occurred_at: c.instant()?,
            actor: c.text()?,
            command_id: c.command()?,
            request_id: c.maybe_text()?,
            hash: hex::encode(c.bytes()?),
            data: visible(&c.text()?, to)?,
        })
    }
}

/// An event's data without the lines that are none of the caller's business. Lines lie in `money` and in `terms`.
fn visible(data: &str, to: Confinement) -> Result<Value, QueryError> {
    let mut data: Value = serde_json::from_str(data)
        .map_err(|e| QueryError::Broken(format!("an event's data is no JSON: {e}")))?;
    for part in ["money", "terms"] {
        if let Some(Value::Array(lines)) = data.get_mut(part).and_then(|part| part.get_mut("lines")) {
            lines.retain(|line| concerns(line, to));
        }
    }
    Ok(data)
}

fn concerns(line: &Value, to: Confinement) -> bool {
    let is = |name: &str, prefix: &str| {
        line.get(name).and_then(Value::as_str).is_some_and(|party| party.starts_with(prefix))
    };
    let of_merchant = is("payer", "mer_") || is("payee", "mer_");
    match to {
        Confinement::Everything => true,
        Confinement::Agency(_) => of_merchant || is("payee", "agn_") || is("payee", "brn_"),
        Confinement::Branch(_) => of_merchant || is("payee", "brn_"),
        Confinement::Merchant(_) => of_merchant,
    }
}

#[cfg(test)]
mod tests {
    use super::visible;
    use crate::access::Confinement;
    use ledger_domain::ids::{AgencyId, BranchId, MerchantId};
    use uuid::Uuid;

    #[test]
    fn a_merchant_does_not_see_what_others_earn_on_its_sale() {
        let data = r#"{"money":{"lines":[
            {"type":"FEE","payer":"mer_1","payee":"operator"},
            {"type":"COMMISSION","payer":"operator","payee":"brn_1"},
            {"type":"COMMISSION","payer":"operator","payee":"agn_1"},
            {"type":"ACQUIRER_COST","payer":"operator","payee":"acquirer/x"}]}}"#;
        let seen = |to| visible(data, to).unwrap()["money"]["lines"].as_array().unwrap().len();
        let id = Uuid::now_v7();
        assert_eq!(seen(Confinement::Everything), 4);
        assert_eq!(seen(Confinement::Agency(AgencyId::new(id))), 3);
        assert_eq!(seen(Confinement::Branch(BranchId::new(id))), 2);
        assert_eq!(seen(Confinement::Merchant(MerchantId::new(id))), 1);
    }
}
