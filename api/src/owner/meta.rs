//! Who and why, for every record: actor, command, key, request, cause, and the directory position it was decided with.

use super::{DirectoryView, Own, OwnCommand};
use crate::ledger::{Submission, sha256};
use ledger_domain::ids::{CommandId, PaymentId};
use ledger_domain::lines::Payee;
use ledger_domain::payment::PaymentCommand;
use ledger_domain::recorded::{Actor, Meta};
use ledger_domain::settlement::SettlementCommand;

/// Of a client's command.
pub fn of_client(submission: &Submission, ledger_id: &str, directory: &DirectoryView, time_ms: i64) -> Meta {
    Meta {
        time_ms,
        actor: submission.caller.clone(),
        command: submission.command_id,
        idempotency_key: Some(submission.idempotency_key.clone()),
        fingerprint: Some(hex::encode(submission.fingerprint)),
        request_id: Some(submission.request_id.clone()),
        cause: None,
        directory: directory.position_text(),
        ledger_id: ledger_id.to_owned(),
    }
}

/// Of the owner's own command.
pub fn of_own(own: &Own, ledger_id: &str, directory: &DirectoryView, time_ms: i64) -> Meta {
    Meta {
        time_ms,
        actor: own.actor.clone(),
        command: own.command,
        idempotency_key: None,
        fingerprint: None,
        request_id: None,
        cause: own.cause.clone(),
        directory: directory.position_text(),
        ledger_id: ledger_id.to_owned(),
    }
}

/// The owner's own command on a payment; None for what only a client may want.
#[must_use]
pub fn own(payment: PaymentId, command: PaymentCommand, actor: Actor, cause: String) -> Option<Own> {
    let id = own_command_id(&command.internal_key(payment)?);
    Some(Own {
        command: id,
        actor,
        cause: Some(cause),
        what: OwnCommand::Payment(payment, command),
        work: None,
    })
}

/// The owner's own command on a payee's settlement; None for what only others may want.
#[must_use]
pub fn own_settlement(payee: Payee, command: SettlementCommand, actor: Actor, cause: String) -> Option<Own> {
    let id = own_command_id(&command.internal_key(payee)?);
    let what = OwnCommand::Settlement(payee, command);
    Some(Own { command: id, actor, cause: Some(cause), what, work: None })
}

/// The id of an own command, computed from what it is about: the same entry or outcome always gives the same id. Own
/// commands have a scope of their own, so no caller's key can meet them.
#[must_use]
pub fn own_command_id(about: &str) -> CommandId {
    CommandId::from_digest(sha256(&[b"ledger-own-command/1\n", about.as_bytes()]))
}

/// The fingerprint in a record's headers, where it has one.
#[must_use]
pub fn fingerprint(meta: &Meta) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(meta.fingerprint.as_ref()?, &mut bytes).ok()?;
    Some(bytes)
}
