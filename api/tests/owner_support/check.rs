//! What has to be true when the storm is over: clients, ledger, stores and acquirer tell the same story.

use super::process::{DEPTH, owner};
use super::wishes::{Body, fresh_cancel, fresh_payment};
use super::world::{Read, Told, World};
use ledger_api::ledger::{Answer, CommandResult};
use ledger_api::owner::{Found, Query};
use ledger_api::store::Memory;
use ledger_domain::ids::{CommandId, OperationId, PaymentId};
use ledger_domain::payment::{Payment, PaymentEvent, PaymentView};
use ledger_domain::{Event, Rejection, recorded};
use ledger_log::{Accepted, Fate, Reader, Verdict};
use std::collections::BTreeMap;

/// The ledger, read by nobody's code but the rule's.
pub struct Ledger {
    pub accepted: Vec<Accepted>,
    pub streams: BTreeMap<PaymentId, Vec<PaymentEvent>>,
    pub commands: BTreeMap<CommandId, (PaymentId, usize, Option<String>)>,
}

type Check = Result<(), String>;

impl Ledger {
    /// Whether something that only this request would make is recorded.
    fn has(&self, fresh: u128) -> bool {
        let cancel = fresh_cancel(fresh);
        let cancelled =
            |events: &Vec<PaymentEvent>| events.iter().any(|event| event.cancel_id() == Some(cancel));
        self.streams.contains_key(&fresh_payment(fresh)) || self.streams.values().any(cancelled)
    }
}

pub fn read(world: &World) -> Result<Ledger, String> {
    let mut reader = Reader::new(world.sim.at().clone(), DEPTH);
    let mut ledger = Ledger { accepted: Vec::new(), streams: BTreeMap::new(), commands: BTreeMap::new() };
    for offset in 0..world.sim.high() {
        let Some(raw) = world.sim.raw(offset) else { continue };
        if let Verdict::Accepted(accepted) = reader.judge(raw).map_err(|stop| stop.to_string())? {
            ledger.accepted.push(accepted);
        }
    }
    for accepted in &ledger.accepted {
        if accepted.record.is_fence() {
            continue;
        }
        let payload = &accepted.record.payload;
        let (event, meta) =
            recorded::read(&payload.headers, &payload.value).map_err(|why| why.to_string())?;
        let Event::Payment(event) = event else { return Err("not a payment's event".to_owned()) };
        let stream = ledger.streams.entry(event.payment_id()).or_default();
        let place = (event.payment_id(), stream.len(), meta.fingerprint);
        if ledger.commands.insert(meta.command, place).is_some() {
            return Err(format!("{} is in the ledger twice", meta.command));
        }
        stream.push(event);
    }
    Ok(ledger)
}

pub fn everything(world: &World) -> Check {
    let ledger = read(world)?;
    acquirer_agrees(world, &ledger)?;
    clients_were_told_the_truth(world, &ledger)?;
    for read in &world.reads {
        read_is_true(read, &ledger)?;
    }
    store_is_the_ledger(world, &ledger)
}

fn acquirer_agrees(world: &World, ledger: &Ledger) -> Check {
    for (payment, events) in &ledger.streams {
        let view = PaymentView::fold(events).map_err(|why| why.to_string())?.ok_or("an empty stream")?;
        let operation = OperationId::approval(*payment);
        let held = match view.state() {
            Payment::Done(paid) if paid.pending.is_empty() => view.balance_amount.minor(),
            Payment::Canceled(_) | Payment::Aborted(_) => 0,
            open => return Err(format!("{payment} is still open: {open:?}")),
        };
        let charged = world.network.memory.charged(&operation);
        if charged != held {
            return Err(format!(
                "{payment}: the acquirer charged {charged}, the ledger says {held}: {events:?}"
            ));
        }
    }
    for (operation, times) in &world.network.memory.approve_requests {
        let known = ledger.streams.keys().any(|payment| OperationId::approval(*payment) == *operation);
        if !known || *times > 1 {
            return Err(format!("{operation} was sent {times} times, intent in the ledger: {known}"));
        }
    }
    Ok(())
}

fn clients_were_told_the_truth(world: &World, ledger: &Ledger) -> Check {
    let mut by_wish: BTreeMap<usize, Vec<&Told>> = BTreeMap::new();
    world.told.iter().for_each(|told| by_wish.entry(told.wish).or_default().push(told));
    for (wish, all) in by_wish {
        let command = world.wishes[wish].command_id();
        let recorded = ledger.commands.get(&command);
        // The key may have gone to the other body that was tried under it.
        let fingerprint: String =
            world.wishes[wish].fingerprint().iter().map(|b| format!("{b:02x}")).collect();
        let reused = recorded.is_some_and(|(_, _, found)| found.as_ref() != Some(&fingerprint));
        let mut first = None;
        for told in &all {
            let why =
                || format!("wish {:?}: told {:?}, recorded {recorded:?}", world.wishes[wish], told.answer);
            let failed = matches!(
                told.answer,
                Answer::Rejected(_) | Answer::NotReady { .. } | Answer::Elsewhere { .. }
            );
            if failed && ledger.has(told.fresh) {
                return Err(format!("told a failure of what is recorded: {}", why()));
            }
            match &told.answer {
                Answer::Recorded { position, result: CommandResult::Payment(at), replayed } => {
                    let (payment, intent, _) = recorded.filter(|_| !reused).ok_or_else(why)?;
                    let events = &ledger.streams[payment];
                    let seq = usize::try_from(position.seq).unwrap();
                    let length = usize::try_from(at.version).unwrap();
                    let seen = PaymentView::fold(&events[..length]).map_err(|why| why.to_string())?;
                    if seen.as_ref() != Some(&at.view) || ledger.accepted.get(seq - 1).is_none() {
                        return Err(why());
                    }
                    let answer = ledger_domain::payment::answer(events, *intent);
                    if let Some(ledger_domain::payment::Answer::Final { length: last }) = answer {
                        if last != length {
                            return Err(format!("not the first answer: {}", why()));
                        }
                        if *replayed && first.is_some_and(|seen: &PaymentView| *seen != *at.view) {
                            return Err(format!("another answer than before: {}", why()));
                        }
                        first = Some(&at.view);
                    }
                }
                Answer::Recorded { .. } => return Err(why()),
                Answer::Rejected(rejection) => {
                    rejection_is_true(rejection, told, ledger).map_err(|e| e + &why())?
                }
                Answer::KeyReused if reused => {}
                Answer::KeyReused | Answer::CardProblem(_) => return Err(why()),
                Answer::StillRunning
                | Answer::NotReady { .. }
                | Answer::Elsewhere { .. }
                | Answer::Unknown => {}
            }
        }
    }
    Ok(())
}

fn rejection_is_true(rejection: &Rejection, told: &Told, ledger: &Ledger) -> Check {
    match rejection {
        Rejection::DuplicateOrderId { payment_id } if !ledger.streams.contains_key(payment_id) => {
            Err("a rejection names a payment that does not exist".to_owned())
        }
        Rejection::PaymentNotFound if !told.acknowledged_before.is_empty() => {
            Err("an acknowledged payment was not found".to_owned())
        }
        _ => Ok(()),
    }
}

fn read_is_true(read: &Read, ledger: &Ledger) -> Check {
    let why = |what: &str| Err(format!("{what}: {read:?}"));
    let Ok(found) = &read.found else { return Ok(()) };
    let seen = match (found, &read.query) {
        (Found::Payment(None), Query::Payment(payment, _)) => {
            return if read.acknowledged_before.contains_key(payment) { why("not found") } else { Ok(()) };
        }
        (Found::Payment(Some(at)), _) => vec![&**at],
        (Found::Order(Some(order)), _) => order.attempts.iter().collect(),
        (Found::Order(None), _) => Vec::new(),
        _ => return why("another question's answer"),
    };
    for at in seen {
        let payment = at.view.payment_id;
        let known = read.acknowledged_before.get(&payment).copied().unwrap_or(0);
        if at.view.version < known {
            return why("older than what was acknowledged");
        }
        let length = usize::try_from(at.version).unwrap();
        let events = ledger.streams.get(&payment).and_then(|events| events.get(..length));
        let Some(events) = events else { return why("more than the ledger has") };
        if PaymentView::fold(events).map_err(|why| why.to_string())?.as_ref() != Some(&at.view) {
            return why("not what the ledger says");
        }
    }
    Ok(())
}

/// A store that went through everything equals one that is built from the log alone.
fn store_is_the_ledger(world: &World, ledger: &Ledger) -> Check {
    let leader =
        world.processes.iter().find(|process| process.writer.term().is_some()).ok_or("nobody leads")?;
    let mut store = Memory::default();
    let mut fresh = owner(world.sim.at(), &store);
    for accepted in &ledger.accepted {
        let fate = Fate::Accepted { ticket: None, accepted: accepted.clone() };
        fresh.fate(fate, world.now_ms, &store).map_err(|why| why.to_string())?;
        store.apply(fresh.take_changes());
    }
    if store != leader.store {
        return Err("the leader's store is not what the log gives".to_owned());
    }
    Ok(())
}

impl World {
    /// For messages: what a wish was.
    pub fn is_cancel(&self, wish: usize) -> bool {
        matches!(self.wishes[wish].body, Body::Cancel { .. })
    }
}
