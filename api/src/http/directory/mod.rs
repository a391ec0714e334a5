//! The directory's operations: operators create, everybody reads what the scope lets them see. Ids are made here, fresh
//! for every request; answers show the ids that were recorded.

pub mod body;
pub mod contract_body;
pub mod create_agency;
pub mod create_branch;
pub mod create_card_key;
pub mod create_contract;
pub mod create_key;
pub mod create_merchant;
pub mod get_agency;
pub mod get_branch;
pub mod get_merchant;
mod pay_out;
pub mod revoke_key;
pub mod set_node_terms;

use actix_web::HttpResponse;
use ledger_domain::directory::DirectoryEvent;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::catalogue::Code;
use crate::http::command::Recorded;
use crate::http::input::{Fault, raw};
use crate::http::problem::Problem;
use crate::ledger::CommandResult;

/// The event that was recorded.
fn event(recorded: &Recorded) -> Result<&DirectoryEvent, Problem> {
    match &recorded.result {
        CommandResult::Directory(event) => Ok(event),
        CommandResult::Payment(_) | CommandResult::Settlement(_) => Err(unexpected()),
    }
}

/// Another event than the operation's own cannot come back; if it does, it is our fault.
fn unexpected() -> Problem {
    Problem::new(Code::InternalError)
}

/// 201, where to read it, and what was made.
fn created(recorded: &Recorded, location: &str, body: impl Serialize) -> HttpResponse {
    let mut response = HttpResponse::Created();
    recorded.head(&mut response);
    response.insert_header(("Location", location)).json(body)
}

/// A reader of ids with a prefix, for a complaint that names the prefix.
fn id<T: std::str::FromStr>(
    en: &'static str,
    ko: &'static str,
) -> impl FnOnce(&RawValue) -> Result<T, Fault> {
    move |value| raw::string(value)?.parse().map_err(|_| Fault::Form { en, ko })
}

/// The name of a business.
fn name(value: &RawValue) -> Result<String, Fault> {
    raw::text(value, 1, 100)
}
