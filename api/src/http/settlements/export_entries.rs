//! `GET /v1/settlements/entries.csv`: all entries of a period as a file, row by row while they are read.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures::stream;

use super::list_entries::{FILTERS, parse};
use crate::access::{Caller, Confinement};
use crate::http::app::App;
use crate::http::csv::{self, BYTE_ORDER_MARK};
use crate::http::instant;
use crate::http::problem::Problem;
use crate::http::transactions::reading::{self, LEDGER_POSITION, MAX_LIMIT};
use crate::queries::settlements::{
    ENTRY_PROJECTIONS, EntryCursor, EntryStatus, ListEntries, SettlementEntry,
};
use crate::queries::{Page, PositionVector, Queries, QueryError};

const HEADINGS: [&str; 26] = [
    "payeeType",
    "payeeId",
    "type",
    "merchantId",
    "branchId",
    "agencyId",
    "paymentId",
    "transactionId",
    "orderId",
    "method",
    "currency",
    "amount",
    "saleSupplyAmount",
    "saleVat",
    "saleTaxFreeAmount",
    "feeSupplyAmount",
    "feeVat",
    "payOutAmount",
    "contractVersion",
    "postingPolicy",
    "soldDate",
    "expectedPayOutDate",
    "status",
    "payOutDate",
    "payOutId",
    "occurredAt",
];

/// Entries as a file: UTF-8 with a byte-order mark, comma-separated, CRLF. The columns are the members of an entry but for its fee lines.
/// It holds what the tables held up to the position in the header `Ledger-Position`; one that ends early, as it does when a table cannot
/// be read on, breaks the connection off.
#[utoipa::path(get, path = "/v1/settlements/entries.csv", operation_id = "export_settlement_entries", tag = "settlements",
    params(
        ("dateType" = Option<String>, Query, description = "soldDate (if not given) or paidOutDate: the day expected at the sale"),
        ("startDate" = Option<String>, Query, description = "First day (Asia/Seoul), inclusive"),
        ("endDate" = Option<String>, Query, description = "Last day (Asia/Seoul), inclusive; today if not given"),
        ("payeeId" = Option<String>, Query, description = "Only what this merchant, branch or agency is paid"),
        ("merchantId" = Option<String>, Query, description = "Only this merchant's sales"),
        ("paymentId" = Option<String>, Query, description = "Only this payment"),
        ("Ledger-Position" = Option<String>, Header, description = "Wait (2 s at most) until the table has reached it"),
    ),
    responses((status = 200, description = "All entries of the period", body = String, content_type = "text/csv")),
    security(("apiKey" = [])))]
pub async fn handle(
    app: Data<App>,
    queries: Data<Queries>,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let list = ListEntries { limit: MAX_LIMIT, ..parse(&request, FILTERS, app.now_ms())? };
    reading::wait_for(&request, &queries, ENTRY_PROJECTIONS).await?;
    let to = caller.confinement();
    // The first page is read before anything is answered: what goes wrong there is a problem like any other.
    let page = queries.settlement_entries(&to, list.clone()).await.map_err(reading::problem)?;
    let through = page.through.clone();
    let export = Export { queries: queries.get_ref().clone(), to, list, through: through.clone() };
    let first = Some((format!("{BYTE_ORDER_MARK}{}", heading()), Next::Write(page)));
    let parts = stream::unfold(first, move |state| {
        let export = export.clone();
        async move {
            let (text, next) = state?;
            let (part, next) = export.part(text, next).await;
            Some((part, next))
        }
    });
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("Content-Disposition", "attachment; filename=\"settlement-entries.csv\""))
        .insert_header((LEDGER_POSITION, through.to_string()))
        .streaming(parts))
}

/// What the file is made of.
#[derive(Clone)]
struct Export {
    queries: Queries,
    to: Confinement,
    list: ListEntries,
    /// What is recorded later is in no part of it.
    through: PositionVector,
}

/// What comes next in it.
enum Next {
    /// A page that was read.
    Write(Page<SettlementEntry>),
    /// The page behind this one.
    Read(EntryCursor),
}

/// Text that stands before what comes next; none at the end.
type State = Option<(String, Next)>;

impl Export {
    async fn part(&self, mut text: String, next: Next) -> (Result<Bytes, QueryError>, State) {
        let page = match next {
            Next::Write(page) => page,
            Next::Read(after) => {
                let list = ListEntries { after: Some(after), ..self.list.clone() };
                match self.queries.settlement_entries(&self.to, list).await {
                    Ok(page) => page,
                    Err(error) => {
                        tracing::warn!(%error, "a file of entries was broken off");
                        return (Err(error), None);
                    }
                }
            }
        };
        for entry in page.rows.iter().filter(|entry| self.through.holds(entry.place.0, entry.place.1)) {
            csv::line(&mut text, cells(entry).iter().map(String::as_str));
        }
        let after = page.next.and_then(|next| EntryCursor::parse(self.list.by, &next));
        (Ok(Bytes::from(text)), after.map(|after| (String::new(), Next::Read(after))))
    }
}

fn heading() -> String {
    let mut text = String::new();
    csv::line(&mut text, HEADINGS);
    text
}

fn cells(entry: &SettlementEntry) -> [String; HEADINGS.len()] {
    let status = match entry.status {
        EntryStatus::Open => "OPEN",
        EntryStatus::Closed => "CLOSED",
        EntryStatus::Paid => "PAID",
    };
    [
        entry.payee_type.clone(),
        entry.payee_id.clone(),
        entry.kind.clone(),
        entry.merchant_id.to_string(),
        entry.branch_id.to_string(),
        entry.agency_id.to_string(),
        entry.payment_id.to_string(),
        entry.transaction_id.clone(),
        entry.order_id.clone(),
        entry.method.clone(),
        entry.currency.clone(),
        entry.amount.to_string(),
        entry.sale_supply_amount.to_string(),
        entry.sale_vat.to_string(),
        entry.sale_tax_free_amount.to_string(),
        entry.fee_supply_amount.to_string(),
        entry.fee_vat.to_string(),
        entry.pay_out_amount.to_string(),
        entry.contract_version.to_string(),
        entry.posting_policy.clone(),
        entry.sold_date.to_string(),
        entry.expected_pay_out_date.to_string(),
        status.to_owned(),
        entry.pay_out_date.map(|day| day.to_string()).unwrap_or_default(),
        entry.pay_out_id.map(|id| id.to_string()).unwrap_or_default(),
        instant::seoul(entry.occurred_at),
    ]
}
