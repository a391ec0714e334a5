//! What tests and people ask the sandbox beside its business: memory, settings, delivery of what is held back. Never faulty.

use actix_web::web::{Bytes, Data, Path, Query};
use actix_web::{HttpResponse, Responder};
use serde::{Deserialize, Serialize};

use super::bank::Bank;
use super::report;
use super::settings::Settings;
use super::wire::Answer;

const PAGE: usize = 1_000;
const LARGEST_PAGE: usize = 10_000;

/// `?after=OPERATION&limit=N`
#[derive(Deserialize)]
pub struct PageQuery {
    after: Option<String>,
    limit: Option<usize>,
}

/// A page of the memory.
pub async fn memory(bank: Data<Bank>, query: Query<PageQuery>) -> impl Responder {
    let limit = query.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    told(&bank, bank.read(|memory| report::page(memory, query.after.as_deref(), limit))).await
}

/// Sums over the memory.
pub async fn totals(bank: Data<Bank>) -> impl Responder {
    told(&bank, bank.read(report::totals)).await
}

async fn told<T: Serialize>(bank: &Bank, (value, lines): (T, u64)) -> HttpResponse {
    match bank.on_disk_at(lines).await {
        Ok(()) => HttpResponse::Ok().json(value),
        Err(closed) => error("JOURNAL_FAILED", &closed.to_string()),
    }
}

/// Delivers what is held back of an operation.
pub async fn deliver(bank: Data<Bank>, operation: Path<String>) -> impl Responder {
    HttpResponse::Ok().json(serde_json::json!({ "delivered": bank.deliver(&operation) }))
}

/// The settings as they are.
pub async fn settings(bank: Data<Bank>) -> impl Responder {
    HttpResponse::Ok().json(bank.settings())
}

/// Replaces all settings.
pub async fn set(bank: Data<Bank>, body: Bytes) -> impl Responder {
    let set = serde_json::from_slice::<Settings>(&body).map_err(|error| error.to_string());
    match set.and_then(|settings| bank.set(settings)) {
        Ok(()) => HttpResponse::Ok().json(bank.settings()),
        Err(why) => error("INVALID_REQUEST", &why),
    }
}

/// Alive, in which mode, and how many lines since the start shared how many syncs.
pub async fn health(bank: Data<Bank>) -> impl Responder {
    let written = bank.written();
    let (lines, syncs) = (written.lines, written.syncs);
    HttpResponse::Ok()
        .json(serde_json::json!({ "tombstones": bank.tombstones(), "lines": lines, "syncs": syncs }))
}

fn error(code: &str, why: &str) -> HttpResponse {
    super::perform::render(None, &Answer::error(code, why))
}
