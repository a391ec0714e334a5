//! One payment as its merchant sees it, folded from the events that the tables hold: the same fold as the owner's, as far as the
//! tables have got. For the time in which no owner can be reached.

use super::row::{Columns, id};
use super::{PositionVector, Queries, QueryError, checkpoints};
use crate::ledger::{OrderView, PaymentAt};
use ledger_domain::ids::{MerchantId, PaymentId};
use ledger_domain::payment::{PaymentEvent, PaymentStatus, PaymentView};
use ledger_log::{PartitionId, Position};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, params};
use std::sync::Arc;

const EVENTS: &str = include_str!("events.sql");
const OF_ORDER: &str = include_str!("of_order.sql");
/// The projection that holds the events.
const PROJECTION: &str = "payment_events";

impl Queries {
    /// One payment of this merchant, and how far the tables had got. None says only that they do not have it yet.
    ///
    /// # Errors
    /// [`QueryError::Unavailable`] when MariaDB does not answer in time.
    pub async fn payment(
        &self,
        payment: PaymentId,
        merchant: MerchantId,
    ) -> Result<Option<(PaymentAt, PositionVector)>, QueryError> {
        let read = async move |conn: &mut Conn| one(conn, payment).await;
        let (found, through) = self.snapshot(PROJECTION, read).await?;
        Ok(found.filter(|found| found.view.merchant_id == merchant).map(|found| (found, through)))
    }

    /// What this merchant's order id stands for, and how far the tables had got. None says only that they do not have it yet.
    ///
    /// # Errors
    /// [`QueryError::Unavailable`] when MariaDB does not answer in time.
    pub async fn payments_of_order(
        &self,
        merchant: MerchantId,
        order_id: String,
    ) -> Result<Option<(OrderView, PositionVector)>, QueryError> {
        let read = async move |conn: &mut Conn| {
            let wanted = params! { "order_id" => order_id, "merchant_id" => id(merchant.as_bytes()) };
            let rows: Vec<Row> = conn.exec(OF_ORDER, wanted).await?;
            let mut attempts = Vec::new();
            for row in rows {
                attempts.extend(one(conn, Columns::of(row).payment()?).await?);
            }
            Ok(attempts)
        };
        let (attempts, through) = self.snapshot(PROJECTION, read).await?;
        if attempts.is_empty() {
            return Ok(None);
        }
        // At most one attempt of an order does not end without money (invariant of the partition's rules).
        let counts = |attempt: &&PaymentAt| attempt.view.status != PaymentStatus::Aborted;
        let live = attempts.iter().rev().find(counts).cloned();
        Ok(Some((OrderView { live, attempts }, through)))
    }
}

async fn one(conn: &mut Conn, payment: PaymentId) -> Result<Option<PaymentAt>, QueryError> {
    let topic = checkpoints(conn).await?.remove(PROJECTION).and_then(|through| through.payments_topic());
    let rows: Vec<Row> = conn.exec(EVENTS, params! { "payment_id" => id(payment.as_bytes()) }).await?;
    let (mut events, mut first_command, mut last) = (Vec::with_capacity(rows.len()), None, None);
    for row in rows {
        let mut columns = Columns::of(row);
        let (seq, partition, kind) = (columns.number()?, columns.small()?, columns.text()?);
        let (command, data) = (columns.command()?, columns.text()?);
        events.push(event(&kind, &data)?);
        first_command.get_or_insert(command);
        last = Some((partition, u64::try_from(seq).unwrap_or_default()));
    }
    let view = PaymentView::fold(&events).map_err(|why| broken(payment, &why.to_string()))?;
    let (Some(view), Some(command), Some((partition, seq))) = (view, first_command, last) else {
        return Ok(None);
    };
    let partition = PartitionId { topic: topic.unwrap_or_default().into(), partition };
    let version = u32::try_from(events.len()).unwrap_or(u32::MAX);
    let position = Position { partition, seq };
    Ok(Some(PaymentAt { view: Arc::new(view), position, version, command, cancel: None }))
}

/// The events of a payment with their numbers in the partition; for whoever has found that the caller may see it.
pub(super) async fn events_of(
    conn: &mut Conn,
    payment: PaymentId,
) -> Result<Vec<(i64, PaymentEvent)>, QueryError> {
    let rows: Vec<Row> = conn.exec(EVENTS, params! { "payment_id" => id(payment.as_bytes()) }).await?;
    let mut events = Vec::with_capacity(rows.len());
    for row in rows {
        let mut columns = Columns::of(row);
        let (seq, _, kind) = (columns.number()?, columns.small()?, columns.text()?);
        let (_, data) = (columns.command()?, columns.text()?);
        events.push((seq, event(&kind, &data)?));
    }
    Ok(events)
}

fn event(kind: &str, data: &str) -> Result<PaymentEvent, QueryError> {
    let read = PaymentEvent::from_json(kind, data.as_bytes());
    let known = read.ok_or_else(|| QueryError::Broken(format!("{kind} is no event of a payment")))?;
    known.map_err(|why| QueryError::Broken(format!("an event's data: {why}")))
}

fn broken(payment: PaymentId, why: &str) -> QueryError {
    QueryError::Broken(format!("the events of {payment}: {why}"))
}
