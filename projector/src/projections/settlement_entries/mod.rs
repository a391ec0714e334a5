//! What is owed to whom: for every event that moved money one entry for the merchant and one for each node of the tree
//! that earned on it or gave back. Entries are only added; a cancel is an entry of its own.

use super::cells::{bytes, day, instant, text};
use super::money::{Fees, Nodes, currency, earners, signed, transaction_id};
use super::{Cells, Fold, Projection, Statement};
use crate::entry::{CannotProject, Entry};
use ledger_domain::lines::{Line, LineType, Node, Party, Payee};
use ledger_domain::payment::{Movement, MovementKind, PaymentEvent};
use mysql_async::Value;
use std::collections::BTreeMap;

/// See the module.
pub const PROJECTION: Projection = Projection {
    name: "settlement_entries",
    mapping: 1,
    columns: &[
        "partition_no",
        "seq",
        "entry_no",
        "payee_kind",
        "payee_id",
        "kind",
        "merchant_id",
        "branch_id",
        "agency_id",
        "payment_id",
        "transaction_id",
        "order_id",
        "method",
        "currency",
        "amount",
        "sale_supply",
        "sale_vat",
        "sale_tax_free",
        "fee_supply",
        "fee_vat",
        "pay_out_amount",
        "fees",
        "contract_version",
        "posting_policy",
        "sold_date",
        "pay_out_date",
        "occurred_at",
    ],
    key: 3,
    select: include_str!("select.sql"),
    load: None,
    fold: || Box::new(SettlementFold::default()),
};

/// The entries of one batch, by seq and number within the event.
#[derive(Debug, Default)]
struct SettlementFold {
    entries: BTreeMap<(u64, i64), Cells>,
}

/// One payee's part of an event.
struct Part<'a> {
    payee: Payee,
    kind: &'static str,
    /// Sale supply, VAT and tax-free part; nothing for a commission.
    split: [i64; 3],
    fees: Fees,
    pay_out: i64,
    lines: Vec<&'a Line>,
}

impl Fold for SettlementFold {
    fn apply(&mut self, entry: &Entry) -> Result<(), CannotProject> {
        let Some((event, money)) = entry.moved() else { return Ok(()) };
        let cells = entries(entry, event, money).map_err(|why| entry.cannot(&why))?;
        self.entries.extend(cells.into_iter().zip(0..).map(|(cells, no)| ((entry.seq, no), cells)));
        Ok(())
    }

    fn statements(&self) -> Vec<Statement> {
        vec![Statement { sql: include_str!("insert.sql"), rows: self.rows().collect() }]
    }

    fn rows(&self) -> Box<dyn Iterator<Item = Cells> + '_> {
        Box::new(self.entries.values().cloned())
    }
}

fn entries(entry: &Entry, event: &PaymentEvent, money: &Movement) -> Result<Vec<Cells>, String> {
    let mut parts = vec![merchant(event, money)?];
    for node in earners(money) {
        parts.push(commission(money, node)?);
    }
    parts.iter().zip(0..).map(|(part, no)| cells(entry, event, money, part, no)).collect()
}

fn merchant<'a>(event: &PaymentEvent, money: &'a Movement) -> Result<Part<'a>, String> {
    let fees = Fees::of_merchant(money)?;
    let kind = match money.posting_policy.kind() {
        MovementKind::Sale => "SALE",
        MovementKind::Cancel => "CANCEL",
    };
    Ok(Part {
        payee: Payee::Merchant(event.merchant_id()),
        kind,
        split: [money.sale_supply, money.sale_vat, money.sale_tax_free].map(|part| signed(money, part)),
        fees,
        pay_out: signed(money, money.amount).checked_sub(fees.total).ok_or("its pay-out does not fit")?,
        lines: money.lines.iter().filter(|line| line.kind == LineType::Fee).collect(),
    })
}

fn commission(money: &Movement, node: Node) -> Result<Part<'_>, String> {
    let earned = |line: &&Line| line.kind == LineType::Commission && line.payee == Party::Node(node);
    let lines: Vec<&Line> = money.lines.iter().filter(earned).collect();
    let fees = Fees::of_node(money, node)?;
    let kind = match money.posting_policy.kind() {
        MovementKind::Sale => "COMMISSION",
        MovementKind::Cancel => "COMMISSION_RETURN",
    };
    Ok(Part { payee: Payee::Node(node), kind, split: [0; 3], fees, pay_out: fees.total, lines })
}

fn cells(
    entry: &Entry,
    event: &PaymentEvent,
    money: &Movement,
    part: &Part<'_>,
    no: i64,
) -> Result<Cells, String> {
    let nodes = Nodes::of(&money.branch_path)?;
    let payment = event.payment_id();
    let fees = serde_json::to_string(&part.lines).map_err(|e| e.to_string())?;
    let [sale_supply, sale_vat, sale_tax_free] = part.split;
    Ok(vec![
        Value::Int(entry.at.partition.into()),
        Value::Int(entry.seq_number()),
        Value::Int(no),
        text(part.payee.kind()),
        bytes(part.payee.as_bytes()),
        text(part.kind),
        bytes(event.merchant_id().as_bytes()),
        bytes(&nodes.branch),
        bytes(&nodes.agency),
        bytes(payment.as_bytes()),
        bytes(&transaction_id(event)),
        text(&money.order_id),
        text(money.method.as_str()),
        text(currency(money.currency)),
        Value::Int(signed(money, money.amount)),
        Value::Int(sale_supply),
        Value::Int(sale_vat),
        Value::Int(sale_tax_free),
        Value::Int(part.fees.supply),
        Value::Int(part.fees.vat),
        Value::Int(part.pay_out),
        text(&fees),
        Value::Int(money.contract_version.into()),
        text(policy(money)?.as_str()),
        day(money.sold_date.date()),
        day(money.expected_pay_out_date.date()),
        instant(event.at().ms()),
    ])
}

/// The policy's published name, as the event spells it.
fn policy(money: &Movement) -> Result<String, String> {
    match serde_json::to_value(money.posting_policy) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        other => Err(format!("its posting policy has no name: {other:?}")),
    }
}
