//! The ledger when the storm is over, read by nobody's code but the rule's, and what has to be true of it alone: one chain for every
//! reader, every command once, every merchant's payments in one partition, nothing recorded after its time.

use super::world::World;
use crate::owner_support::process::{DEPTH, owner, payments};
use ledger_api::http::command::NOT_AFTER_MS;
use ledger_api::owner::Rules;
use ledger_api::store::Memory;
use ledger_domain::Event;
use ledger_domain::directory::{self, Directory, DirectoryEvent, PartitionRef};
use ledger_domain::ids::{CommandId, PaymentId};
use ledger_domain::payment::PaymentEvent;
use ledger_domain::recorded::{self, Actor, Meta};
use ledger_domain::settlement::SettlementEvent;
use ledger_log::{Accepted, Fate, Position, Reader, Verdict};
use std::collections::{BTreeMap, BTreeSet};

pub type Check = Result<(), String>;

/// Where a client's or an owner's command is.
#[derive(Debug)]
pub struct Command {
    pub place: usize,
    pub fingerprint: Option<String>,
    pub what: What,
}

#[derive(Debug)]
pub enum What {
    /// The payment, and the event's number in its stream from 0.
    Payment(PaymentId, usize),
    Directory(Box<DirectoryEvent>),
    Settlement(Box<SettlementEvent>),
}

#[derive(Default)]
pub struct Ledger {
    /// Of each partition.
    pub accepted: Vec<Vec<Accepted>>,
    pub streams: BTreeMap<PaymentId, Vec<PaymentEvent>>,
    /// Payments' events by place and seq.
    pub money: BTreeMap<(usize, u64), PaymentEvent>,
    /// Payees' events by place and seq, with their positions.
    pub settlements: BTreeMap<(usize, u64), (String, SettlementEvent)>,
    pub commands: BTreeMap<CommandId, Command>,
    /// The requests that led to a record.
    pub attempts: BTreeSet<usize>,
    pub directory: Directory,
    keys: BTreeSet<String>,
}

pub fn read(world: &World) -> Result<Ledger, String> {
    let mut ledger = Ledger::default();
    for partition in &world.common.partitions {
        let partition = partition.borrow();
        let mut reader = Reader::new(partition.sim.at().clone(), DEPTH);
        let mut accepted = Vec::new();
        for raw in (0..partition.sim.high()).filter_map(|offset| partition.sim.raw(offset)) {
            if let Verdict::Accepted(one) = reader.judge(raw).map_err(|stop| stop.to_string())? {
                accepted.push(one);
            }
        }
        if !accepted.iter().map(|one| one.hash).eq(partition.chain.iter().copied()) {
            return Err(format!(
                "{} is another chain to who reads it from the beginning",
                partition.sim.at()
            ));
        }
        ledger.accepted.push(accepted);
    }
    for place in 0..ledger.accepted.len() {
        for accepted in ledger.accepted[place].clone() {
            if !accepted.record.is_fence() {
                ledger.take(world, place, &accepted)?;
            }
        }
    }
    ledger.payments_are_where_their_merchants_are(world)?;
    Ok(ledger)
}

impl Ledger {
    fn take(&mut self, world: &World, place: usize, accepted: &Accepted) -> Check {
        let payload = &accepted.record.payload;
        let (event, meta) =
            recorded::read(&payload.headers, &payload.value).map_err(|why| why.to_string())?;
        // A commission comes from another owner, not from a client.
        if meta.idempotency_key.is_some() && meta.actor != Actor::System {
            self.was_asked_for(world, &meta)?;
        }
        let what = match event {
            Event::Payment(event) if place > 0 => {
                let payment = event.payment_id();
                self.money.insert((place, accepted.record.seq), event.clone());
                let stream = self.streams.entry(payment).or_default();
                stream.push(event);
                What::Payment(payment, stream.len() - 1)
            }
            Event::Directory(event) if place == 0 => {
                let before = std::mem::take(&mut self.directory);
                self.directory = directory::evolve(before, &event).map_err(|why| why.to_string())?;
                What::Directory(Box::new(event))
            }
            Event::Settlement(event) if place > 0 => {
                let at = world.common.partitions[place].borrow().sim.at().clone();
                let position = Position { partition: at, seq: accepted.record.seq }.to_string();
                self.settlements.insert((place, accepted.record.seq), (position, event.clone()));
                What::Settlement(Box::new(event))
            }
            Event::Payment(_) | Event::Directory(_) | Event::Settlement(_) => {
                return Err("an event in another topic".to_owned());
            }
        };
        let command = Command { place, fingerprint: meta.fingerprint, what };
        match self.commands.insert(meta.command, command) {
            Some(_) => Err(format!("{} is in the ledger twice", meta.command)),
            None => Ok(()),
        }
    }

    /// A client's record belongs to one request of one client, and was decided within that request's time.
    fn was_asked_for(&mut self, world: &World, meta: &Meta) -> Check {
        let request = meta.request_id.as_ref().and_then(|id| id.strip_prefix("req-")?.parse::<usize>().ok());
        let attempt = request.and_then(|request| world.clients.attempts.get(request));
        let (request, attempt) = request.zip(attempt).ok_or("a record of no request")?;
        let want = &world.clients.wants[attempt.want];
        if want.wish.command_id() != meta.command {
            return Err(format!("{:?} was recorded as another command", want.wish));
        }
        let key = meta.idempotency_key.clone().unwrap_or_default();
        if !self.keys.insert(key) || !self.attempts.insert(request) {
            return Err(format!("{:?} was recorded twice", want.wish));
        }
        if meta.time_ms > attempt.received_ms + NOT_AFTER_MS {
            let late_ms = meta.time_ms - attempt.received_ms;
            return Err(format!("{:?} was recorded {late_ms} ms after it was received", want.wish));
        }
        Ok(())
    }

    fn payments_are_where_their_merchants_are(&self, world: &World) -> Check {
        for (id, command) in &self.commands {
            let What::Payment(payment, 0) = command.what else { continue };
            let PaymentEvent::Requested(request) = &self.streams[&payment][0] else {
                return Err(format!("{payment} begins without its request"));
            };
            let at = world.common.partitions[command.place].borrow().sim.at().clone();
            let is = PartitionRef { topic: at.topic.to_string(), partition: at.partition };
            if self.directory.partition_of(request.merchant_id) != Some(&is) {
                return Err(format!("{id} is in {at}, and its merchant is elsewhere"));
            }
        }
        Ok(())
    }
}

/// Every process's stores went through everything, and equal those that are built from the log alone; and so does the directory that
/// it shows.
pub fn stores_are_the_ledger(world: &World, ledger: &Ledger) -> Check {
    for (place, accepted) in ledger.accepted.iter().enumerate() {
        let at = world.common.partitions[place].borrow().sim.at().clone();
        let mut store = Memory::default();
        let rules = match place {
            0 => Rules::Directory(Box::default()),
            _ => payments(),
        };
        let mut fresh = owner(&at, &store, rules);
        for accepted in accepted {
            let fate = Fate::Accepted { ticket: None, accepted: accepted.clone() };
            fresh.fate(fate, world.now_ms, &store).map_err(|why| why.to_string())?;
            store.apply(fresh.take_changes());
        }
        for process in world.processes() {
            if process.partitions.slots[place].rows != store {
                let number = process.number;
                return Err(format!("process {number}'s store of {at} is not what the log gives"));
            }
        }
    }
    match world.processes().find(|process| *process.published != ledger.directory) {
        Some(process) => Err(format!("process {} shows another directory", process.number)),
        None => Ok(()),
    }
}
