//! A small owner for the simulation: a register of unique keys, decided in memory ahead of the log, as the real
//! owner decides payments. Tests only; what it breaks on purpose is named by the sabotage.

use crate::record::Payload;
use crate::sabotage::{Sabotage, sabotage};
use crate::{Accepted, Cursor, Fate, Ticket, Writer};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Take a key under a command id that is used once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Put {
    pub command: u64,
    pub key: u32,
    pub poison: bool,
}

/// What a client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Accepted { command: u64, seq: u64 },
    Taken { command: u64, key: u32 },
    Failed { command: u64 },
    Read { get: u64, key: u32, present: bool },
}

/// What one node wants from the world around it.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    pub answers: Vec<Answer>,
    pub passed_on: Vec<Put>,
    pub accepted: Vec<Accepted>,
    pub stopped: Option<crate::Stop>,
    pub broken: Option<String>,
}

/// What outlives a crash, when it is kept: only accepted records.
#[derive(Debug, Clone, Default)]
pub(super) struct Store {
    pub cursor: Option<Cursor>,
    by_command: HashMap<u64, u64>,
    by_key: HashMap<u32, u64>,
}

/// A rejection that waits for its confirmation.
#[derive(Debug)]
struct Held {
    put: Put,
    question: u64,
    depends: Option<Ticket>,
    confirmed: bool,
}

/// One process: the real writer and the model owner.
pub(super) struct Node {
    pub writer: Writer,
    pub store: Store,
    pub stopped: bool,
    inbox: VecDeque<Put>,
    overlay: HashMap<u32, Ticket>,
    overlay_commands: HashMap<u64, Ticket>,
    pending: BTreeMap<Ticket, Put>,
    held: Vec<Held>,
    gets: HashMap<u64, (u64, u32)>,
    sabotage: Option<Sabotage>,
}

impl Put {
    pub fn payload(self) -> Payload {
        let poison = if self.poison { " poison" } else { "" };
        let value = format!("{} {}{poison}", self.command, self.key).into_bytes();
        Payload { headers: [("ce_type", "put")].into_iter().collect(), value }
    }

    pub fn read(payload: &Payload) -> Option<Put> {
        let text = std::str::from_utf8(&payload.value).ok()?;
        let mut words = text.split(' ');
        let (command, key) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Put { command, key, poison: words.next().is_some() })
    }
}

impl Node {
    pub fn new(writer: Writer, store: Store, sabotage: Option<Sabotage>) -> Node {
        Node {
            writer,
            store,
            stopped: false,
            inbox: VecDeque::new(),
            overlay: HashMap::new(),
            overlay_commands: HashMap::new(),
            pending: BTreeMap::new(),
            held: Vec::new(),
            gets: HashMap::new(),
            sabotage,
        }
    }

    pub fn submit(&mut self, put: Put) {
        self.inbox.push_back(put);
    }

    pub fn get(&mut self, get: u64, key: u32) {
        let question = self.writer.confirm();
        self.gets.insert(question, (get, key));
    }

    /// Everything a crash takes from the clients: they have to send it again.
    pub fn unanswered(&self) -> Vec<Put> {
        let held = self.held.iter().map(|held| held.put);
        self.inbox.iter().copied().chain(self.pending.values().copied()).chain(held).collect()
    }

    pub fn waiting(&self) -> usize {
        self.inbox.len() + self.pending.len() + self.held.len() + self.gets.len()
    }

    /// Decides what has arrived, as far as there is room; a node that does not lead passes it on.
    pub fn decide(&mut self, wishes: &mut Wishes) {
        if self.writer.term().is_none() {
            wishes.passed_on.extend(self.inbox.drain(..));
            return;
        }
        while self.writer.room() > 0 {
            let Some(put) = self.inbox.pop_front() else { return };
            self.decide_one(put, wishes);
        }
    }

    fn decide_one(&mut self, put: Put, wishes: &mut Wishes) {
        if let Some(seq) = self.store.by_command.get(&put.command) {
            return wishes.answers.push(Answer::Accepted { command: put.command, seq: *seq });
        }
        if self.overlay_commands.contains_key(&put.command) {
            return; // its first copy will be answered
        }
        if self.store.by_key.contains_key(&put.key) || self.overlay.contains_key(&put.key) {
            if sabotage!(self, EarlyRejection) {
                return wishes.answers.push(Answer::Taken { command: put.command, key: put.key });
            }
            let question = self.writer.confirm();
            let depends = self.overlay.get(&put.key).copied();
            self.held.push(Held { put, question, depends, confirmed: false });
            return;
        }
        match self.writer.append(put.payload()) {
            Some((ticket, seq)) => {
                self.overlay.insert(put.key, ticket);
                self.overlay_commands.insert(put.command, ticket);
                self.pending.insert(ticket, put);
                if sabotage!(self, AcknowledgeOnSend) {
                    wishes.answers.push(Answer::Accepted { command: put.command, seq });
                }
            }
            None => self.inbox.push_front(put),
        }
    }

    pub fn learn(&mut self, fate: Fate, wishes: &mut Wishes) {
        match fate {
            Fate::Accepted { ticket, accepted } => self.accepted(ticket, accepted, wishes),
            Fate::Void { ticket } => self.void(ticket),
            Fate::Refused { ticket } => {
                if let Some(put) = self.pending.remove(&ticket) {
                    self.drop_overlay();
                    wishes.answers.push(Answer::Failed { command: put.command });
                }
            }
            Fate::Leading { .. } => {}
            Fate::Lost { .. } => {
                if sabotage!(self, PassOnAndAnswer) {
                    let failed = self.inbox.iter().map(|put| Answer::Failed { command: put.command });
                    wishes.answers.extend(failed);
                }
                wishes.passed_on.extend(self.inbox.drain(..));
            }
            Fate::Confirmed { question } => self.confirmed(question, wishes),
            Fate::Looked { .. } => {}
            Fate::Stopped(stop) => {
                self.stopped = true;
                wishes.stopped = Some(stop);
            }
        }
        self.answer_held(wishes);
    }

    fn accepted(&mut self, ticket: Option<Ticket>, accepted: Accepted, wishes: &mut Wishes) {
        if let Some(put) = Put::read(&accepted.record.payload) {
            self.store.by_command.insert(put.command, accepted.record.seq);
            self.store.by_key.insert(put.key, put.command);
            if let Some(own) = ticket.and_then(|ticket| self.pending.remove(&ticket)) {
                self.overlay.remove(&own.key);
                self.overlay_commands.remove(&own.command);
                if !sabotage!(self, AcknowledgeOnSend) {
                    let seq = accepted.record.seq;
                    wishes.answers.push(Answer::Accepted { command: own.command, seq });
                }
            }
        }
        let before = self.store.cursor.as_ref().map_or(0, |cursor| cursor.seq);
        if accepted.record.seq != before + 1 {
            wishes.broken = Some(format!("a node accepted seq {} after seq {before}", accepted.record.seq));
        }
        self.store.cursor = Some(accepted.cursor());
        wishes.accepted.push(accepted);
    }

    /// What was decided on top of a void record goes with it; the command is decided again, in order.
    fn void(&mut self, ticket: Ticket) {
        if let Some(put) = self.pending.remove(&ticket) {
            let place = self.inbox.iter().take_while(|waiting| waiting.command < put.command).count();
            self.inbox.insert(place.min(self.inbox.len()), put);
            self.drop_overlay();
        }
    }

    fn drop_overlay(&mut self) {
        if !sabotage!(self, KeepOverlay) {
            let pending = &self.pending;
            self.overlay.retain(|_, ticket| pending.contains_key(ticket));
        }
        self.overlay_commands.retain(|_, ticket| self.pending.contains_key(ticket));
    }

    /// A confirmation confirms every earlier question too, as the real owner takes it.
    fn confirmed(&mut self, question: u64, wishes: &mut Wishes) {
        let gets = self.gets.extract_if(|asked, _| *asked <= question).collect::<Vec<_>>();
        for (_, (get, key)) in gets {
            let present = self.store.by_key.contains_key(&key);
            wishes.answers.push(Answer::Read { get, key, present });
        }
        for held in self.held.iter_mut().filter(|held| held.question <= question) {
            held.confirmed = true;
        }
    }

    /// A rejection is answered when it is confirmed and everything it depended on is accepted.
    fn answer_held(&mut self, wishes: &mut Wishes) {
        let ready = |held: &Held, pending: &BTreeMap<Ticket, Put>| {
            held.confirmed && held.depends.is_none_or(|ticket| !pending.contains_key(&ticket))
        };
        let (done, kept) =
            std::mem::take(&mut self.held).into_iter().partition(|held| ready(held, &self.pending));
        self.held = kept;
        let done: Vec<Held> = done;
        for held in done {
            let Put { command, key, .. } = held.put;
            // The same command may have been accepted from another process meanwhile: it holds the key itself.
            if let Some(seq) = self.store.by_command.get(&command) {
                wishes.answers.push(Answer::Accepted { command, seq: *seq });
            } else if self.store.by_key.contains_key(&key)
                || (sabotage!(self, KeepOverlay) && self.overlay.contains_key(&key))
            {
                wishes.answers.push(Answer::Taken { command, key });
            } else {
                self.inbox.push_back(held.put); // what it depended on was void
            }
        }
    }
}
