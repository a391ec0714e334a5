//! One api process: the real partitions over stores in memory and simulated lines, with HTTP around them. It does in its rounds
//! what the engine does in its own, and it dies without a word.

use super::commissions::{Brought, Sender, Waiting};
use super::http::{Emit, Http, Request};
use super::line::{Line, Shared};
use super::sabotage::Sabotage;
use super::told::Said;
use crate::owner_support::process::{DEPTH, owner, payments};
use ledger_api::engine::{FirstKey, Membership, Partitions, Slot};
use ledger_api::http::search::Passed;
use ledger_api::owner::rows::{self, CursorRow};
use ledger_api::owner::{
    CallId, DeliveryId, DirectoryRules, DirectoryView, Gate, Out, Query, Returned, Rules, Standing,
};
use ledger_api::store::Memory;
use ledger_domain::directory::{Digest, Directory};
use ledger_domain::ids::{KeyId, MerchantId};
use ledger_domain::settlement::Delivery;
use ledger_log::kafka::Beat;
use ledger_log::{Completion, Fence, Genesis, Hash, Position, Reader, Writer};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;
use uuid::Uuid;

/// The hash of the key that the first operator holds.
pub const OPERATOR: Digest = Digest([9; 32]);

/// What all processes of a run have in common.
pub struct Common {
    /// The directory's is the first.
    pub partitions: Vec<Shared>,
    pub genesis: Genesis,
    pub genesis_hash: Hash,
    pub sabotage: Option<Sabotage>,
    /// When the run began, by both clocks.
    pub begun: (Instant, i64),
}

/// What comes in through the one channel.
pub enum Input {
    Log(usize, Completion),
    Returned(usize, CallId, Returned),
    Heard(Beat),
    Request(Request),
    Passed(u64, Passed<Said>),
    Read(usize, Query, MerchantId),
    Commission(Sender, Delivery),
    Delivered(usize, DeliveryId, Option<String>),
}

pub struct Process {
    pub number: usize,
    /// Rises with every start.
    pub life: u64,
    pub partitions: Partitions<Line, Memory>,
    /// What is left of an earlier life's payments partitions, until they are opened.
    stores: Vec<Memory>,
    pub common: Rc<Common>,
    pub sabotage: Option<Sabotage>,
    pub http: Http,
    pub commissions: Waiting,
    /// Makes ids that no other request has.
    pub fresh: u128,
    /// The directory that HTTP sees, and where it stood.
    pub published: Arc<Directory>,
    published_at: Option<Position>,
    standings: Vec<(Standing, bool)>,
    inbox: VecDeque<Input>,
    /// It stands still until then, Unix ms.
    pub paused_until_ms: i64,
    /// It wants to lead nothing any more, and will end.
    pub leaving: bool,
}

pub fn address(number: usize) -> String {
    format!("http://sim-{number}")
}

pub fn incarnation(number: usize, life: u64) -> String {
    format!("{number}-{life}")
}

impl Process {
    /// A new life on what an earlier one saved: the directory's store first, and as many others as there are.
    pub fn start(
        number: usize,
        life: u64,
        mut stores: Vec<Memory>,
        common: &Rc<Common>,
        now_ms: i64,
    ) -> Self {
        let me = Fence { incarnation: incarnation(number, life), address: address(number) };
        let membership = Membership::new(me.clone());
        // Of three processes one follows, and one rests until it is asked.
        let slots = Vec::new();
        let partitions = Partitions { me, membership, slots, retake_after_ms: 2_000, standbys: 1 };
        stores.resize(common.partitions.len(), Memory::default());
        let directory = stores.remove(0);
        let seed = u128::from(life) << 72 | u128::try_from(number).unwrap() << 68;
        let mut process = Self {
            number,
            life,
            partitions,
            stores,
            common: Rc::clone(common),
            sabotage: common.sabotage,
            http: Http::new(now_ms),
            commissions: Waiting::default(),
            fresh: seed,
            published: Arc::default(),
            published_at: None,
            standings: Vec::new(),
            inbox: VecDeque::new(),
            paused_until_ms: 0,
            leaving: false,
        };
        let at = common.partitions[0].borrow().sim.at().clone();
        let rules = DirectoryRules::load(&directory, &at).unwrap();
        process.open(directory, Rules::Directory(Box::new(rules)), None, now_ms);
        process
    }

    fn open(&mut self, store: Memory, rules: Rules, genesis: Option<Genesis>, now_ms: i64) {
        let place = self.partitions.slots.len();
        let partition = Rc::clone(&self.common.partitions[place]);
        let at = partition.borrow().sim.at().clone();
        let cursor = rows::read(&store, &rows::cursor_key(), CursorRow::decode).unwrap();
        let reader = match cursor.map(|row| row.cursor) {
            Some(cursor) => {
                let found = partition.borrow().sim.raw(cursor.offset);
                Reader::verify_cursor(&at, &cursor, found.as_ref()).unwrap();
                Reader::at(at.clone(), DEPTH, cursor)
            }
            None => Reader::new(at.clone(), DEPTH),
        };
        let mut writer = Writer::new(reader, self.partitions.me.clone());
        if let Some(genesis) = genesis {
            writer.set_genesis(genesis);
        }
        let confirms_at_once = match self.sabotage {
            Some(Sabotage::DirectoryUnread) => place == 0,
            Some(Sabotage::ConfirmedAtOnce) => place > 0,
            Some(
                Sabotage::PassedOnTwice
                | Sabotage::UncertainIsFailed
                | Sabotage::PassedOnFurther
                | Sabotage::FreshTime
                | Sabotage::KeyRefusedAtOnce
                | Sabotage::NeverInDoubt
                | Sabotage::OthersNotAsked,
            )
            | None => false,
        };
        let owner = owner(&at, &store, rules);
        let line = Line { partition, number: self.number, confirms_at_once };
        self.partitions.slots.push(Slot::open(writer, store, owner, line, now_ms));
    }

    fn open_payments(&mut self, now_ms: i64) {
        for store in std::mem::take(&mut self.stores) {
            let place = self.partitions.slots.len();
            let at = self.common.partitions[place].borrow().sim.at().clone();
            let Common { genesis, genesis_hash, .. } = &*self.common;
            let genesis = self.partitions.genesis_of(&at, genesis, genesis_hash);
            self.open(store, payments(), genesis, now_ms);
        }
    }

    /// What it saved, for its next life.
    pub fn into_stores(self) -> Vec<Memory> {
        self.partitions.slots.into_iter().map(|slot| slot.rows).chain(self.stores).collect()
    }

    pub fn put(&mut self, input: Input) {
        self.inbox.push_back(input);
    }

    /// One round of its engine, and of its HTTP, by its own clock.
    pub fn live(&mut self, now_ms: i64) -> Result<Vec<Emit>, String> {
        while let Some(input) = self.inbox.pop_front() {
            self.take(input, now_ms)?;
        }
        self.search_on(now_ms);
        self.round(now_ms);
        self.look_after(now_ms);
        for slot in &self.partitions.slots {
            if let Standing::Stopped(why) = slot.owner.standing() {
                return Err(format!("process {} stopped serving {}: {why}", self.number, slot.at));
            }
        }
        Ok(std::mem::take(&mut self.http.out))
    }

    fn take(&mut self, input: Input, now_ms: i64) -> Result<(), String> {
        match input {
            Input::Log(place, completion) => self.partitions.slots[place].feed(completion, now_ms),
            Input::Returned(place, call, returned) => {
                let slot = &mut self.partitions.slots[place];
                slot.owner.returned(call, returned, now_ms, &slot.rows).map_err(|why| why.to_string())?;
            }
            Input::Heard(beat) => {
                let now = self.instant(now_ms);
                self.partitions.membership.hear(beat, now);
            }
            Input::Request(request) => self.receive(request, now_ms),
            Input::Passed(search, passed) => self.passed(search, passed, now_ms),
            Input::Read(read, query, merchant) => self.read(read, query, merchant, now_ms),
            Input::Commission(from, delivery) => match self.bring(from, delivery, now_ms) {
                Brought::Here => {}
                Brought::Elsewhere(_) => self.http.out.push(Emit::Brought(from, None)),
            },
            Input::Delivered(place, id, position) => {
                if let Some(slot) = self.partitions.slots.get_mut(place) {
                    slot.owner.delivered(id, position, now_ms);
                }
            }
        }
        Ok(())
    }

    fn round(&mut self, now_ms: i64) {
        let Self { partitions, published, published_at, .. } = self;
        let mut show = |view: &DirectoryView| {
            if *published_at != view.position {
                published_at.clone_from(&view.position);
                published.clone_from(&view.directory);
            }
        };
        let mut outs = Vec::new();
        partitions.round(&Gate::default(), now_ms, &mut show, &mut |place, out| outs.push((place, out)));
        for (place, out) in outs {
            match out {
                Out::Answer(reply, answer) => match self.brought(reply, &answer) {
                    Some((from, position)) => self.http.out.push(Emit::Brought(from, position)),
                    None => self.answered(reply, answer, now_ms),
                },
                Out::Found(reply, found) => self.found(reply, found, now_ms),
                Out::Call(id, call) => self.http.out.push(Emit::Call(place, id, call)),
                Out::Deliver(id, delivery) => {
                    let from = (self.number, self.life, place, id);
                    match self.bring(from, delivery.clone(), now_ms) {
                        Brought::Here => {}
                        Brought::Elsewhere(Some(to)) => {
                            self.http.out.push(Emit::Bring { from, to, delivery })
                        }
                        Brought::Elsewhere(None) => self.http.out.push(Emit::Brought(from, None)),
                    }
                }
            }
        }
    }

    fn look_after(&mut self, now_ms: i64) {
        let stands =
            |slot: &Slot<Line, Memory>| (slot.owner.standing().clone(), slot.owner.genesis().is_some());
        let standings: Vec<(Standing, bool)> = self.partitions.slots.iter().map(stands).collect();
        if standings != self.standings {
            self.standings = standings;
            self.partitions.check_geneses(&self.common.genesis, &self.common.genesis_hash);
            self.chores();
        }
        if self.partitions.slots.len() == 1 && self.partitions.slots[0].is_fresh(now_ms) {
            self.open_payments(now_ms);
            self.chores();
        }
        self.partitions.take_what_is_ours(now_ms);
    }

    fn chores(&mut self) {
        let first = FirstKey { key_id: KeyId::new(Uuid::from_u128(3)), hash: OPERATOR };
        self.partitions.chores(Some(&first), &[("sandbox".parse().unwrap(), true)]);
    }
}
