//! From the owner's answer to what the caller sees. Every failure becomes a problem here; only a record gets through.

use actix_web::HttpResponseBuilder;
use ledger_domain::ids::CommandId;
use ledger_log::Position;

use crate::catalogue::{self, Code};
use crate::http::problem::Problem;
use crate::ledger::{Answer, CommandResult, Unavailable};

/// A command that is in the ledger; whether it led to what was wanted, the operation says.
#[derive(Debug)]
pub struct Recorded {
    /// The command.
    pub command_id: CommandId,
    /// Of the record that completed it.
    pub position: Position,
    /// The first answer, told again.
    pub replayed: bool,
    /// What it led to.
    pub result: CommandResult,
}

impl Recorded {
    /// Adds the headers of every recorded command.
    pub fn head(&self, response: &mut HttpResponseBuilder) {
        response.insert_header(("Ledger-Position", self.position.to_string()));
        if self.replayed {
            response.insert_header(("Idempotent-Replayed", "true"));
        }
    }

    /// The same headers on a failure that was recorded.
    #[must_use]
    pub fn on(&self, problem: Problem) -> Problem {
        let problem = problem
            .header("Ledger-Position", self.position.to_string())
            .member("commandId", self.command_id.to_string());
        if self.replayed { problem.header("Idempotent-Replayed", "true".to_owned()) } else { problem }
    }
}

/// Sorts records from failures.
pub fn outcome(answer: Answer, command_id: CommandId) -> Result<Recorded, Problem> {
    match answer {
        Answer::Recorded { position, replayed, result } => {
            Ok(Recorded { command_id, position, replayed, result })
        }
        Answer::Rejected(rejection) => Err(catalogue::rejection(&rejection)),
        Answer::KeyReused => Err(Problem::new(Code::IdempotencyKeyReused).param("Idempotency-Key")),
        Answer::StillRunning => {
            Err(with_url(Problem::new(Code::RequestInProgress).retry_after_s(1), command_id))
        }
        Answer::CardProblem(problem) => Err(catalogue::card_problem(problem)),
        Answer::NotReady { why, retry_after_s } => {
            tracing::warn!(%command_id, why, "a command was not taken");
            Err(Problem::new(Code::NotReady).retry_after_s(retry_after_s))
        }
        Answer::Elsewhere { to } => Err(Problem::new(Code::NotReady).retry_after_s(1).elsewhere(to)),
        Answer::Unknown => Err(unknown(command_id)),
    }
}

/// The last resort: 504 with the command's URL.
#[must_use]
pub fn unknown(command_id: CommandId) -> Problem {
    with_url(Problem::new(Code::ResultUnknown).retry_after_s(2), command_id)
}

fn with_url(problem: Problem, command_id: CommandId) -> Problem {
    let url = format!("/v1/commands/{command_id}");
    problem
        .header("Location", url.clone())
        .member("commandId", command_id.to_string())
        .member("commandUrl", url)
}

/// A read that could not be confirmed.
#[must_use]
pub fn unavailable(unavailable: &Unavailable) -> Problem {
    tracing::warn!(why = unavailable.why, "a read was not answered");
    Problem::new(Code::ReadUnavailable).retry_after_s(unavailable.retry_after_s)
}
