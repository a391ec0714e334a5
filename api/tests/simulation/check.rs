//! What has to be true when the storm is over: clients, ledger, stores and acquirer tell the same story.

use super::ledger::{Check, Command, Ledger, What, read, stores_are_the_ledger};
use super::payees::{self, Found as Payees};
use super::told::{About, Attempt, Became, Read, Said, Want};
use super::world::World;
use ledger_api::ledger::{Answer, CommandResult, PaymentAt};
use ledger_api::owner::{Found, Query};
use ledger_domain::Rejection;
use ledger_domain::ids::OperationId;
use ledger_domain::payment::{self, Payment, PaymentEvent, PaymentView};
use ledger_log::Position;

pub fn everything(world: &World) -> Result<Payees, String> {
    let ledger = read(world)?;
    let found = payees::are_right(&ledger)?;
    acquirer_agrees(world, &ledger)?;
    for (number, attempt) in world.clients.attempts.iter().enumerate() {
        let failed = attempt.told.as_ref().is_some_and(Said::is_failure);
        if failed && ledger.attempts.contains(&number) {
            return Err(format!("a failure was told of what is recorded: {}", about(world, attempt)));
        }
    }
    for (number, want) in world.clients.wants.iter().enumerate() {
        clients_were_told_the_truth(world, &ledger, number, want)?;
    }
    for question in &world.clients.questions {
        question_was_answered_truly(world, question, &ledger)?;
    }
    for one in &world.clients.reads {
        read_is_true(world, one, &ledger)?;
    }
    stores_are_the_ledger(world, &ledger)?;
    Ok(found)
}

fn about(world: &World, attempt: &Attempt) -> String {
    format!("{:?}: {attempt:?}", world.clients.wants[attempt.want].wish)
}

fn fold(events: &[PaymentEvent]) -> Result<Option<PaymentView>, String> {
    PaymentView::fold(events).map_err(|why| why.to_string())
}

fn acquirer_agrees(world: &World, ledger: &Ledger) -> Check {
    for (payment, events) in &ledger.streams {
        let view = fold(events)?.ok_or("an empty stream")?;
        let held = match view.state() {
            Payment::Done(paid) if paid.pending.is_empty() => view.balance_amount.minor(),
            Payment::Canceled(_) | Payment::Aborted(_) => 0,
            open => return Err(format!("{payment} is still open: {open:?}")),
        };
        let charged = world.network.memory.charged(&OperationId::approval(*payment));
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

/// All that was told under one key, by whichever process: one answer, and its replays.
fn clients_were_told_the_truth(world: &World, ledger: &Ledger, number: usize, want: &Want) -> Check {
    let recorded = ledger.commands.get(&want.wish.command_id());
    // The key may have gone to the other body that was tried under it.
    let fingerprint: String = want.wish.fingerprint().iter().map(|b| format!("{b:02x}")).collect();
    let reused = recorded.is_some_and(|command| command.fingerprint.as_ref() != Some(&fingerprint));
    let (mut first, mut firsts, mut is_known) = (None, 0, want.is_poison());
    let all = world.clients.attempts.iter().filter(|attempt| attempt.want == number && attempt.as_wanted);
    for attempt in all {
        let Some(Said::Answer(told)) = &attempt.told else { continue };
        is_known |= attempt.told.as_ref().is_some_and(Said::is_final);
        let why = || format!("{}, recorded {recorded:?}", about(world, attempt));
        match told {
            Answer::Recorded { position, result, replayed } => {
                let command = recorded.filter(|_| !reused).ok_or_else(why)?;
                firsts += u32::from(!replayed);
                if firsts > 1 {
                    return Err(format!("a second first answer: {}", why()));
                }
                match (result, &command.what) {
                    (CommandResult::Payment(at), What::Payment(..)) => {
                        let is_final = payment_is_true(at, position, command, ledger)
                            .map_err(|what| format!("{what}: {}", why()))?;
                        if is_final && first.replace(&at.view).is_some_and(|first| *first != at.view) {
                            return Err(format!("another answer than before: {}", why()));
                        }
                    }
                    (CommandResult::Directory(event), What::Directory(there)) if event == there => {}
                    (
                        CommandResult::Payment(_)
                        | CommandResult::Directory(_)
                        | CommandResult::Settlement(_),
                        _,
                    ) => return Err(why()),
                }
            }
            Answer::Rejected(rejection) => {
                rejection_is_true(world, rejection, attempt, ledger)
                    .map_err(|what| format!("{what}: {}", why()))?;
            }
            Answer::KeyReused if reused => {}
            Answer::KeyReused | Answer::CardProblem(_) | Answer::Elsewhere { .. } => return Err(why()),
            Answer::StillRunning | Answer::NotReady { .. } | Answer::Unknown => {}
        }
    }
    if is_known { Ok(()) } else { Err(format!("a client never learns what became of {:?}", want.wish)) }
}

/// A payment as it was told is the payment as it was; gives back whether that was the command's final answer.
fn payment_is_true(
    at: &PaymentAt,
    position: &Position,
    command: &Command,
    ledger: &Ledger,
) -> Result<bool, String> {
    let What::Payment(payment, intent) = &command.what else { return Err("no payment's command".to_owned()) };
    let events = &ledger.streams[payment];
    let length = usize::try_from(at.version).unwrap();
    let place = usize::try_from(position.seq).unwrap() - 1;
    let seen = events.get(..length).map(fold).transpose()?.flatten();
    if seen.as_ref() != Some(&at.view) || ledger.accepted[command.place].get(place).is_none() {
        return Err("not what the ledger says".to_owned());
    }
    match payment::answer(events, *intent) {
        Some(payment::Answer::Final { length: last }) if last != length => {
            Err("not the first answer".to_owned())
        }
        Some(payment::Answer::Final { .. }) => Ok(true),
        Some(payment::Answer::Open | payment::Answer::Unknown | payment::Answer::Since) | None => Ok(false),
    }
}

/// What was said of a command: of one that was told as recorded that it is, and of one of which nothing would be recorded that
/// nothing was that had been sent before the question.
fn question_was_answered_truly(world: &World, question: &About, ledger: &Ledger) -> Check {
    let Some(Said::Became(became)) = &question.told else { return Ok(()) };
    let recorded = ledger.commands.get(&world.clients.wants[question.want].wish.command_id());
    let attempts = world.clients.attempts.iter().enumerate();
    let mut before = attempts.filter(|(_, one)| one.want == question.want && one.asked < question.asked);
    let is_true = match became {
        Became::Done(position) | Became::Running(position) => recorded.is_some_and(|command| {
            let at = world.common.partitions[command.place].borrow().sim.at().clone();
            let place = usize::try_from(position.seq).unwrap() - 1;
            position.partition == at && ledger.accepted[command.place].get(place).is_some()
        }),
        Became::NotYetKnown => true,
        Became::NothingEver => before.all(|(number, _)| !ledger.attempts.contains(&number)),
    };
    let why =
        || format!("{question:?} about {:?}, recorded {recorded:?}", world.clients.wants[question.want]);
    if is_true { Ok(()) } else { Err(format!("not what became of it: {}", why())) }
}

/// Nobody asks about what nobody was told of, so nothing may be denied that was there when the question was put.
fn rejection_is_true(world: &World, rejection: &Rejection, attempt: &Attempt, ledger: &Ledger) -> Check {
    if let Rejection::DuplicateOrderId { payment_id } = rejection
        && !ledger.streams.contains_key(payment_id)
    {
        return Err("a rejection names a payment that does not exist".to_owned());
    }
    let denied = matches!(
        rejection,
        Rejection::PaymentNotFound
            | Rejection::MerchantNotFound
            | Rejection::BranchNotFound
            | Rejection::AgencyNotFound
            | Rejection::AcquirerNotFound
            | Rejection::NoPartition
    );
    if denied {
        return Err("what was told of was not found".to_owned());
    }
    let shop = world.shops.of(world.clients.wants[attempt.want].wish.merchant);
    let contract = shop.and_then(|shop| shop.contract);
    if rejection == &Rejection::NoContract && contract.is_some_and(|told| told < attempt.asked) {
        return Err("a contract was denied that was told of".to_owned());
    }
    Ok(())
}

fn read_is_true(world: &World, read: &Read, ledger: &Ledger) -> Check {
    let why = |what: &str| Err(format!("{what}: {read:?}"));
    let Some(Ok(found)) = &read.found else { return Ok(()) };
    let seen = match (found, &read.query) {
        (Found::Payment(None), Query::Payment(payment, _)) => {
            let known = world.clients.known(payment, read.asked);
            return if known.is_some() { why("not found") } else { Ok(()) };
        }
        (Found::Payment(Some(at)), _) => vec![&**at],
        (Found::Order(Some(order)), _) => order.attempts.iter().collect(),
        (Found::Order(None), _) => Vec::new(),
        (Found::Payment(None) | Found::Command(_) | Found::Nothing, _) => {
            return why("another question's answer");
        }
    };
    for at in seen {
        let payment = at.view.payment_id;
        if world.clients.known(&payment, read.asked).is_some_and(|known| at.view.version < known) {
            return why("older than what was told");
        }
        let length = usize::try_from(at.version).unwrap();
        let events = ledger.streams.get(&payment).and_then(|events| events.get(..length));
        let Some(events) = events else { return why("more than the ledger has") };
        if fold(events)?.as_ref() != Some(&at.view) {
            return why("not what the ledger says");
        }
    }
    Ok(())
}
