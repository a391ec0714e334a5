//! Payees' streams in the rules of a payments partition: the state is a row of its own, so that nothing is folded again, however long
//! a payee's life was. Decides nothing itself: the domain does.

use super::payments::Progress;
use super::rows::{self, CommandRow, Due, RecordRow, StreamRow};
use super::{Decided, DirectoryView, Fatal, Verdict, meta};
use crate::ledger::{Answer, CommandResult, CommandScope, CommandView};
use crate::store::{Changes, Rows};
use ledger_domain::Event;
use ledger_domain::Rejection;
use ledger_domain::days::calendar::Calendar;
use ledger_domain::days::{Day, Moment};
use ledger_domain::lines::{Node, Payee};
use ledger_domain::money::Net;
use ledger_domain::recorded::{self, Meta};
use ledger_domain::settlement::{
    self, PayeeTerms, Settlement, SettlementCommand, SettlementDue, SettlementEvent, SettlementFacts, Totals,
    close_at,
};
use ledger_log::{PartitionId, Position};

/// So many open payments are named in a closing; how many there are is said beside.
const NAMED: usize = 100;

/// Decides a command on the newest state, guesses included.
pub(super) fn decide(
    (payee, command): (Payee, &SettlementCommand),
    rows: &dyn Rows,
    directory: &DirectoryView,
    meta: Meta,
    time_ms: i64,
) -> Result<Verdict, Fatal> {
    let facts = match facts((payee, command), rows, directory, &meta)? {
        Ok(facts) => facts,
        Err(rejection) => return Ok(Verdict::Hold(Answer::Rejected(rejection))),
    };
    match settlement::decide(payee, &state(payee, rows)?, command, &facts, time_ms) {
        Ok(event) => Ok(Verdict::Record(Box::new(Decided::new(Event::Settlement(event), meta)))),
        Err(rejection) => Ok(Verdict::Hold(Answer::Rejected(rejection))),
    }
}

fn facts(
    (payee, command): (Payee, &SettlementCommand),
    rows: &dyn Rows,
    directory: &DirectoryView,
    meta: &Meta,
) -> Result<Result<SettlementFacts, Rejection>, Fatal> {
    if directory.directory.partition_of_payee(payee).is_none() {
        return Ok(Err(Rejection::PayeeNotFound));
    }
    let mut facts = SettlementFacts {
        calendar: Calendar::current(),
        totals: Totals::default(),
        open: (Vec::new(), 0),
        terms: PayeeTerms::of_node(),
        command: meta.command.uuid(),
    };
    if let SettlementCommand::Close(day) = command {
        if let Payee::Merchant(merchant) = payee {
            let key = rows::totals_key(&merchant, &day.to_string());
            facts.totals = rows::read(rows, &key, rows::decode_totals)?.unwrap_or_default();
            let mut open = rows::open(rows, &merchant)?;
            let count = u32::try_from(open.len()).unwrap_or(u32::MAX);
            open.truncate(NAMED);
            facts.open = (open, count);
        }
        let last_instant = Moment::from_ms(close_at(*day).ms().saturating_sub(1));
        match directory.directory.payee_terms(payee, last_instant) {
            Ok(terms) => facts.terms = terms,
            Err(rejection) => return Ok(Err(rejection)),
        }
    }
    Ok(Ok(facts))
}

/// The payee's settlement as far as `rows` shows it.
fn state(payee: Payee, rows: &dyn Rows) -> Result<Settlement, Fatal> {
    Ok(rows::read(rows, &rows::settlement_key(&payee), rows::decode_settlement)?.unwrap_or_default())
}

/// The rows that change when `event` stands at `at`.
pub(super) fn derive(
    decided: &Decided,
    event: &SettlementEvent,
    at: &Position,
    rows: &dyn Rows,
) -> Result<Changes, Fatal> {
    let payee = event.payee();
    let name = payee.to_string();
    let before = state(payee, rows)?;
    let dues_before = settlement::due(&before);
    let after = settlement::evolve(before, event)
        .map_err(|why| Fatal::Impossible { at: at.clone(), why: why.to_string() })?;
    let version = version(&name, rows)?.saturating_add(1);
    let record = RecordRow { seq: at.seq, payload: decided.payload.clone() };
    let command = CommandRow { stream: name.clone(), version, fingerprint: meta::fingerprint(&decided.meta) };
    let mut changes = Changes::from([
        (rows::record_key(&name, version), Some(record.encode())),
        (rows::command_key(&decided.meta.command), Some(command.encode())),
        (rows::stream_key(&name), Some(StreamRow { version, dues: Vec::new() }.encode())),
        (rows::settlement_key(&payee), Some(rows::encode_settlement(&after))),
    ]);
    let dues_after = settlement::due(&after);
    for gone in dues_before.difference(&dues_after) {
        changes.insert(rows::due_key(&name, &due_row(*gone)), None);
    }
    for come in dues_after.difference(&dues_before) {
        changes.insert(rows::due_key(&name, &due_row(*come)), Some(Vec::new()));
    }
    match event {
        SettlementEvent::MerchantClosed(data) => {
            closed(&mut changes, payee, data.day, after.last_closed);
            if after.undelivered.contains_key(&data.number) {
                let key = rows::closing_key(&payee, data.number);
                changes.insert(key, Some(at.to_string().into_bytes()));
            }
        }
        SettlementEvent::CommissionDelivered(data) if !after.undelivered.contains_key(&data.closing) => {
            changes.insert(rows::closing_key(&payee, data.closing), None);
        }
        SettlementEvent::CommissionDelivered(_)
        | SettlementEvent::CommissionReceived(_)
        | SettlementEvent::NodeClosed(_)
        | SettlementEvent::PayOutProposed(_)
        | SettlementEvent::PayOutApproved(_)
        | SettlementEvent::PayOutRejected(_)
        | SettlementEvent::PayOutSent(_)
        | SettlementEvent::PayOutConfirmed(_)
        | SettlementEvent::PayOutFailed(_)
        | SettlementEvent::PayOutReturned(_)
        | SettlementEvent::Withheld(_)
        | SettlementEvent::Released(_)
        | SettlementEvent::ReserveReleased(_)
        | SettlementEvent::DecisionProposed(_)
        | SettlementEvent::Adjusted(_)
        | SettlementEvent::WrittenOff(_) => {}
    }
    Ok(changes)
}

/// The sums of a closed day are in its event; the day is not due any more.
fn closed(changes: &mut Changes, payee: Payee, day: Day, last_closed: Option<Day>) {
    let Payee::Merchant(merchant) = payee else { return };
    changes.insert(rows::totals_key(&merchant, &day.to_string()), None);
    let due = due_row((close_at(day), SettlementDue::Close(day)));
    changes.insert(rows::due_key(&payee.to_string(), &due), None);
    if let Some(last) = last_closed {
        changes.insert(rows::last_closed_key(&merchant), Some(rows::encode_day(last)));
    }
}

/// A timer of a payee.
pub(super) fn due_row((at, due): (Moment, SettlementDue)) -> Due {
    Due { due_ms: at.ms(), tag: due.to_string() }
}

fn version(name: &str, rows: &dyn Rows) -> Result<u32, Fatal> {
    let row = rows::read(rows, &rows::stream_key(name), StreamRow::decode)?;
    Ok(row.map_or(0, |row| row.version))
}

/// What a closing has not delivered yet.
pub(super) fn undelivered(payee: Payee, closing: u32, rows: &dyn Rows) -> Result<Vec<(Node, Net)>, Fatal> {
    let state = state(payee, rows)?;
    let left = state.undelivered.get(&closing).map(|left| left.commissions.iter());
    Ok(left.into_iter().flatten().map(|(node, amount)| (*node, *amount)).collect())
}

/// The position of a closing of which something is undelivered.
pub(super) fn closing_position(payee: Payee, closing: u32, rows: &dyn Rows) -> Result<Option<String>, Fatal> {
    let key = rows::closing_key(&payee, closing);
    let text = rows.get(&key)?.map(String::from_utf8).transpose();
    Ok(text.map_err(|why| rows::unreadable(&key, why))?)
}

/// What the command behind `row` led to: a settlement's command is complete with its one record.
pub(super) fn progress(row: &CommandRow, rows: &dyn Rows, at: &PartitionId) -> Result<Progress, Fatal> {
    let found = rows::records(rows, &row.stream, row.version, row.version)?;
    let wrong = |why: &str| Fatal::Store(rows::unreadable(row.stream.as_bytes(), why));
    let record = found.first().ok_or_else(|| wrong("a command without its event"))?;
    let position = Position { partition: at.clone(), seq: record.seq };
    match recorded::read(&record.payload.headers, &record.payload.value) {
        Ok((Event::Settlement(event), _)) => {
            Ok(Progress::Done { position, result: CommandResult::Settlement(Box::new(event)) })
        }
        Ok((Event::Payment(_) | Event::Directory(_), _)) => Err(wrong("another event in a payee's stream")),
        Err(why) => Err(Fatal::Unreadable { at: position, why: why.to_string() }),
    }
}

/// What is known of a command: operators' alone, and what the owner itself wanted is nobody's to ask for.
pub(super) fn command(
    row: &CommandRow,
    scope: &CommandScope,
    rows: &dyn Rows,
    at: &PartitionId,
) -> Result<CommandView, Fatal> {
    match (scope, row.fingerprint, progress(row, rows, at)?) {
        (CommandScope::Operator, Some(_), Progress::Done { position, result }) => {
            Ok(CommandView::Done { position, result })
        }
        (CommandScope::Operator | CommandScope::Merchant(_), _, _) => Ok(CommandView::NothingRecorded),
    }
}
