//! One run: nodes, clients, the simulated partition, and the truth, which is an unbroken reader of the whole log.

use super::super::model::{Answer, Node, Put, Store, Wishes};
use super::super::{Chaos, SimPartition};
use crate::fence::{FORMAT, Fence, Genesis, HashFunction, Mode};
use crate::sabotage::Sabotage;
use crate::{Hash, Output, PartitionId, Payload, Reader, Record, Verdict, Writer};
use std::collections::{HashMap, HashSet};

const NODES: usize = 3;
const DEPTH: u32 = 8;
/// Steps without chaos within which everything must be answered.
const SETTLE: u64 = 30_000;
/// Steps after the blow within which everyone who must stop has stopped.
const RUIN: u64 = 10_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scenario {
    /// Whatever the chaos brings.
    Plain,
    /// The same on a cluster, where watermarks may be old.
    Cluster,
    /// The log loses its last accepted records in the middle of the run.
    GoesBack,
    /// A record with the right predecessor and term but a wrong seq.
    PlantedSeq,
    /// A record with the right predecessor and seq but a wrong term.
    PlantedTerm,
    /// A record long accepted is replaced by other bytes.
    Damaged,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub seed: u64,
    pub steps: u64,
    pub scenario: Scenario,
    pub chaos: Chaos,
    pub sabotage: Option<Sabotage>,
}

#[derive(Debug)]
pub(super) struct Report {
    pub steps: u64,
    pub acknowledged: u64,
}

#[derive(Debug)]
pub(super) struct Violation {
    pub step: u64,
    pub what: String,
}

/// What an unbroken reader makes of the log.
struct Truth {
    reader: Reader,
    chain: Vec<Hash>,
    /// Command to (seq, step accepted).
    commands: HashMap<u64, (u64, u64)>,
    /// Key to the step from which it is taken.
    keys: HashMap<u32, u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Accepted,
    Taken,
    Failed,
}

struct Client {
    put: Put,
    told: Told,
}

struct World {
    run: Run,
    step: u64,
    partition: SimPartition,
    nodes: Vec<Node>,
    truth: Truth,
    clients: Vec<Client>,
    /// Reads under way: the key and the step they were asked at.
    gets: HashMap<u64, u64>,
    next_get: u64,
    incarnations: u64,
    acknowledged: u64,
    /// The blow has fallen: nobody has to be right any more, but these nodes must stop.
    must_stop: bool,
    doomed: [bool; NODES],
    /// Puts that a dead or stopped node took with it: their clients send them again.
    to_send: Vec<Put>,
}

type Check = Result<(), String>;

pub(super) fn simulate(run: &Run) -> Result<Report, Violation> {
    let mut world = World::new(*run);
    while world.step < run.steps {
        world.step += 1;
        world.turn().map_err(|what| world.violation(what))?;
    }
    let ended = match run.scenario {
        Scenario::Plain | Scenario::Cluster => world.settle(),
        Scenario::GoesBack | Scenario::PlantedSeq | Scenario::PlantedTerm | Scenario::Damaged => world.ruin(),
    };
    ended.map_err(|what| world.violation(what))?;
    Ok(Report { steps: world.step, acknowledged: world.acknowledged })
}

impl World {
    fn new(run: Run) -> World {
        let at = PartitionId::new("sim", 0);
        let mut partition = SimPartition::new(at.clone(), NODES, run.seed, run.chaos);
        partition.poison = Some(b"poison".to_vec());
        let reader = Reader::new(at, DEPTH);
        let truth = Truth { reader, chain: Vec::new(), commands: HashMap::new(), keys: HashMap::new() };
        let mut world = World {
            run,
            step: 0,
            partition,
            nodes: Vec::new(),
            truth,
            clients: Vec::new(),
            gets: HashMap::new(),
            next_get: 0,
            incarnations: 0,
            acknowledged: 0,
            must_stop: false,
            doomed: [false; NODES],
            to_send: Vec::new(),
        };
        for _ in 0..NODES {
            let node = world.start(Store::default());
            world.nodes.push(node);
        }
        if let Some(first) = world.nodes.first_mut() {
            first.writer.lead();
        }
        world
    }

    fn violation(&self, what: String) -> Violation {
        Violation { step: self.step, what }
    }

    /// A new process, on what its store kept.
    fn start(&mut self, store: Store) -> Node {
        self.incarnations += 1;
        let me = Fence { incarnation: format!("i{}", self.incarnations), address: "sim".to_owned() };
        let at = self.partition.at().clone();
        let mut reader = match store.cursor.clone() {
            Some(cursor) => Reader::at(at, DEPTH, cursor),
            None => Reader::new(at, DEPTH),
        };
        reader.sabotage = self.run.sabotage;
        let genesis = Genesis {
            ledger_id: "sim".to_owned(),
            mode: Mode::Test,
            format: FORMAT,
            hash: HashFunction::Sha256,
            depth: DEPTH,
            of: None,
            incarnation: me.incarnation.clone(),
            address: me.address.clone(),
        };
        let mut writer = Writer::new(reader, me);
        writer.set_genesis(genesis);
        if self.run.scenario == Scenario::Cluster {
            writer.confirm_by_mark();
        }
        writer.sabotage = self.run.sabotage;
        Node::new(writer, store, self.run.sabotage)
    }

    fn turn(&mut self) -> Check {
        if self.step == self.run.steps / 2 {
            self.strike();
        }
        self.clients_act();
        self.nodes_act()?;
        if let Some((node, completion)) = self.partition.step()
            && let Some(running) = self.nodes.get_mut(node)
        {
            running.writer.on(completion);
        }
        self.learn_truth()?;
        for node in 0..NODES {
            self.drain(node)?;
        }
        Ok(())
    }

    fn issued(&self) -> u32 {
        u32::try_from(self.clients.len()).unwrap_or(u32::MAX)
    }

    fn some_node(&mut self) -> usize {
        let leading: Vec<usize> = (0..NODES).filter(|n| self.nodes[*n].writer.term().is_some()).collect();
        match leading.first() {
            Some(leader) if self.partition.rng.u32(0..10) < 8 => *leader,
            _ => self.partition.rng.usize(0..NODES),
        }
    }

    fn clients_act(&mut self) {
        if self.partition.rng.u32(0..100) < 22 {
            let put = Put {
                command: u64::from(self.issued()),
                key: self.partition.rng.u32(0..(self.issued() * 2 / 3 + 6)),
                poison: self.partition.rng.u32(0..150) == 0,
            };
            self.clients.push(Client { put, told: Told::Nothing });
            self.to_send.push(put);
        }
        if self.partition.rng.u32(0..100) == 0 && !self.clients.is_empty() {
            let again = self.partition.rng.usize(0..self.clients.len());
            if self.clients[again].told == Told::Accepted {
                self.to_send.push(self.clients[again].put); // must be answered the same
            }
        }
        for put in std::mem::take(&mut self.to_send) {
            let node = self.some_node();
            self.nodes[node].submit(put);
        }
        if self.partition.rng.u32(0..100) < 6 {
            let recent = self.clients.len().saturating_sub(self.partition.rng.usize(1..10));
            let key = self.clients.get(recent).map_or(0, |client| client.put.key);
            let node = self.partition.rng.usize(0..NODES);
            self.next_get += 1;
            self.gets.insert(self.next_get, self.step);
            self.nodes[node].get(self.next_get, key);
        }
    }

    fn nodes_act(&mut self) -> Check {
        let leaderless = self.nodes.iter().all(|node| node.writer.term().is_none());
        if self.partition.rng.u32(0..1000) < if leaderless { 60 } else { 6 } {
            let node = self.partition.rng.usize(0..NODES);
            self.nodes[node].writer.lead();
        }
        if self.partition.rng.u32(0..1000) < 3 {
            let node = self.partition.rng.usize(0..NODES);
            self.crash(node)?;
        }
        Ok(())
    }

    /// A process dies and another starts in its place: with its store, or with nothing.
    fn crash(&mut self, node: usize) -> Check {
        self.partition.crash(node);
        self.to_send.extend(self.nodes[node].unanswered());
        let was_stopped = self.nodes[node].stopped;
        let store = match self.partition.rng.u32(0..3) {
            0 if !was_stopped && !self.must_stop => Store::default(),
            _ => self.nodes[node].store.clone(),
        };
        let at = self.partition.at().clone();
        let refused = store.cursor.as_ref().is_some_and(|cursor| {
            Reader::verify_cursor(&at, cursor, self.partition.raw(cursor.offset).as_ref()).is_err()
        });
        if refused && !self.must_stop {
            return Err("a cursor was refused though the log had not gone back".to_owned());
        }
        self.nodes[node] = self.start(store);
        self.nodes[node].stopped = refused || was_stopped;
        Ok(())
    }

    /// Lets the scenario's blow fall.
    fn strike(&mut self) {
        let Some(head) = self.truth.reader.cursor().cloned() else { return };
        let mut wrong =
            Record { seq: head.seq + 1, term: head.term, prev: head.hash, payload: Payload::default() };
        match self.run.scenario {
            Scenario::Plain | Scenario::Cluster => return,
            Scenario::GoesBack => {
                for node in 0..NODES {
                    let _ = self.drain(node);
                }
                let high = head.offset - 2;
                self.partition.go_back(high);
                let beyond =
                    |node: &Node| node.store.cursor.as_ref().is_some_and(|cursor| cursor.offset >= high);
                self.nodes.iter().zip(&mut self.doomed).for_each(|(node, doomed)| *doomed = beyond(node));
            }
            Scenario::PlantedSeq => wrong.seq += 1,
            Scenario::PlantedTerm => wrong.term = head.term.saturating_sub(1).max(1),
            Scenario::Damaged => {
                let chain: HashSet<Hash> = self.truth.chain.iter().copied().collect();
                let at = self.partition.at().clone();
                let accepted = |o: &i64| {
                    self.partition
                        .raw(*o)
                        .and_then(|raw| raw.parse())
                        .is_some_and(|r| chain.contains(&r.hash(&at)))
                };
                let early = (0..head.offset / 2).rev().find(accepted).unwrap_or(0);
                // Its duplicates go with it: an unharmed copy right behind it would do as well.
                let same = self.partition.raw(early).map(|raw| raw.value);
                for offset in 0..head.offset {
                    if self.partition.raw(offset).map(|raw| raw.value) == same {
                        self.partition.damage(offset);
                    }
                }
            }
        }
        if matches!(self.run.scenario, Scenario::PlantedSeq | Scenario::PlantedTerm) {
            self.doomed = [true; NODES];
            self.partition.store_raw(wrong.wire_headers(), wrong.payload.value.clone());
        }
        self.must_stop = true;
    }

    fn learn_truth(&mut self) -> Check {
        if self.must_stop {
            return Ok(());
        }
        while self.truth.reader.next_offset() < self.partition.high() {
            let offset = self.truth.reader.next_offset();
            let Some(raw) = self.partition.raw(offset) else {
                self.truth.reader.passed(offset + 1);
                continue;
            };
            match self.truth.reader.judge(raw) {
                Ok(Verdict::Accepted(accepted)) => self.truth_accepts(accepted.hash, &accepted.record)?,
                Ok(_) => {}
                Err(stop) => return Err(format!("an unbroken reader stops: {stop}")),
            }
        }
        Ok(())
    }

    fn truth_accepts(&mut self, hash: Hash, record: &Record) -> Check {
        self.truth.chain.push(hash);
        let Some(put) = Put::read(&record.payload) else { return Ok(()) };
        if self.truth.commands.insert(put.command, (record.seq, self.step)).is_some() {
            return Err(format!("command {} is in the ledger twice", put.command));
        }
        if self.truth.keys.insert(put.key, self.step).is_some() {
            return Err(format!("key {} was given away twice", put.key));
        }
        match self.clients.get(place_of(put.command)).map(|client| client.told) {
            Some(Told::Failed) => Err(format!("command {} was answered failed and appears", put.command)),
            Some(Told::Taken) => Err(format!("command {} was rejected and appears", put.command)),
            _ => Ok(()),
        }
    }

    /// Performs what a node asks for and checks all it says.
    fn drain(&mut self, node: usize) -> Check {
        let mut wishes = Wishes::default();
        self.nodes[node].decide(&mut wishes);
        while let Some(output) = self.nodes[node].writer.poll() {
            match output {
                Output::Do(action) => self.partition.perform(node, action),
                Output::Fate(fate) => self.nodes[node].learn(fate, &mut wishes),
            }
        }
        if let Some(stop) = wishes.stopped {
            let unanswered = self.nodes[node].unanswered();
            self.to_send.extend(unanswered);
            if !self.must_stop {
                return Err(format!("a writer stops: {stop}"));
            }
        }
        self.to_send.extend(wishes.passed_on);
        if self.must_stop {
            return Ok(());
        }
        if let Some(broken) = wishes.broken {
            return Err(broken);
        }
        self.learn_truth()?;
        for accepted in wishes.accepted {
            let place = usize::try_from(accepted.record.seq - 1).map_err(|e| e.to_string())?;
            if self.truth.chain.get(place) != Some(&accepted.hash) {
                return Err(format!("a node accepted another record than the readers at seq {}", place + 1));
            }
        }
        wishes.answers.into_iter().try_for_each(|answer| self.told(answer))
    }

    fn told(&mut self, answer: Answer) -> Check {
        match answer {
            Answer::Accepted { command, seq } => {
                self.acknowledged += 1;
                if self.truth.commands.get(&command).map(|(seq, _)| *seq) != Some(seq) {
                    return Err(format!("command {command} was acknowledged at seq {seq} and is not there"));
                }
                self.tell(command, Told::Accepted)
            }
            Answer::Taken { command, key } => {
                if !self.truth.keys.contains_key(&key) {
                    return Err(format!("key {key} was called taken and is not"));
                }
                self.tell(command, Told::Taken)
            }
            Answer::Failed { command } => {
                if self.truth.commands.contains_key(&command) {
                    return Err(format!("command {command} was answered failed and is in the ledger"));
                }
                self.tell(command, Told::Failed)
            }
            Answer::Read { get, key, present } => {
                let asked = self.gets.remove(&get).unwrap_or(0);
                match self.truth.keys.get(&key) {
                    None if present => Err(format!("key {key} was read and is not there")),
                    Some(since) if !present && *since < asked => {
                        Err(format!("key {key} was read as absent at step {asked}, taken since step {since}"))
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    fn tell(&mut self, command: u64, told: Told) -> Check {
        let Some(client) = self.clients.get_mut(place_of(command)) else {
            return Err(format!("command {command} was never sent"));
        };
        if client.told != Told::Nothing && client.told != told {
            return Err(format!("command {command} was told {:?}, then {told:?}", client.told));
        }
        client.told = told;
        Ok(())
    }

    /// Without further chaos everything is answered in the end.
    fn settle(&mut self) -> Check {
        self.partition.chaos = Chaos::CALM;
        let end = self.step + SETTLE;
        while self.step < end {
            self.step += 1;
            let leading = self.nodes.iter().any(|node| node.writer.term().is_some());
            if !leading && self.step.is_multiple_of(500) {
                let node = self.partition.rng.usize(0..NODES);
                self.nodes[node].writer.lead();
            }
            for put in std::mem::take(&mut self.to_send) {
                let node = self.some_node();
                self.nodes[node].submit(put);
            }
            if let Some((node, completion)) = self.partition.step() {
                self.nodes[node].writer.on(completion);
            }
            self.learn_truth()?;
            for node in 0..NODES {
                self.drain(node)?;
            }
            let busy = !self.to_send.is_empty() || self.nodes.iter().any(|node| node.waiting() > 0);
            if leading && !busy && self.partition.idle() {
                return self.final_check();
            }
        }
        let waiting: Vec<usize> = self.nodes.iter().map(Node::waiting).collect();
        Err(format!("stuck: {waiting:?} still wait {SETTLE} steps after the chaos ended"))
    }

    fn final_check(&self) -> Check {
        for client in &self.clients {
            let there = self.truth.commands.contains_key(&client.put.command);
            let right = match client.told {
                Told::Nothing => false,
                Told::Accepted => there,
                Told::Taken | Told::Failed => !there,
            };
            if !right {
                return Err(format!(
                    "command {}: told {:?}, in the ledger: {there}",
                    client.put.command, client.told
                ));
            }
        }
        Ok(())
    }

    /// After the blow: whoever had seen more, or reads the damage, must stop.
    fn ruin(&mut self) -> Check {
        if self.run.scenario == Scenario::Damaged {
            return self.read_from_the_beginning();
        }
        let end = self.step + RUIN;
        while self.step < end && self.going_on() > 0 {
            self.step += 1;
            let node = self.partition.rng.usize(0..NODES);
            self.clients_act();
            if self.step.is_multiple_of(50) && !self.nodes[node].stopped {
                self.nodes[node].get(0, 0);
                self.nodes[node].writer.lead();
            }
            if let Some((node, completion)) = self.partition.step() {
                self.nodes[node].writer.on(completion);
            }
            for node in 0..NODES {
                self.drain(node)?;
            }
        }
        match self.going_on() {
            0 => Ok(()),
            left => {
                Err(format!("{left} nodes go on in a log that went back or was planted with a wrong record"))
            }
        }
    }

    fn going_on(&self) -> usize {
        self.nodes.iter().zip(self.doomed).filter(|(node, doomed)| *doomed && !node.stopped).count()
    }

    fn read_from_the_beginning(&mut self) -> Check {
        let mut reader = Reader::new(self.partition.at().clone(), DEPTH);
        reader.sabotage = self.run.sabotage;
        for raw in (0..self.partition.high()).filter_map(|offset| self.partition.raw(offset)) {
            if reader.judge(raw).is_err() {
                return Ok(());
            }
        }
        Err(format!("a damaged log was read to its end; {} accepted", reader.head_seq()))
    }
}

fn place_of(command: u64) -> usize {
    usize::try_from(command).unwrap_or(usize::MAX)
}
