//! The engine's one loop: take everything that waits in the channel, let every owner do what it can, carry what they give out,
//! write the store once, wait. A new batch begins when the last one ends; no command waits for a timer.

use super::clock::BrokerClock;
use super::disk_watch::DiskWatch;
use super::opening::{Core, StartError};
use super::routing::Replies;
use super::{Input, ahead_ms, now_ms, slot};
use crate::ledger::{PartitionReadiness, Port, Readiness};
use crate::owner::{DirectoryView, Gate, Out, Standing};
use crate::store::{Disk, PartitionRows};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use ledger_log::Position;
use ledger_log::kafka::PartitionIo;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// The longest the engine sleeps: timers and deadlines are looked at this often.
const LONGEST_WAIT: Duration = Duration::from_millis(100);
/// The most that is taken in before the owners get their turn.
const MOST_AT_ONCE: usize = 4_096;
/// How long to wait before partitions that could not be opened are tried again.
const OPEN_AGAIN: Duration = Duration::from_secs(2);

type Slot = slot::Slot<PartitionIo, PartitionRows>;

/// What the loop remembers beside the partitions.
struct Life {
    core: Core,
    replies: Replies,
    clock: BrokerClock,
    weak_topics: Option<String>,
    full_disk: Option<String>,
    /// Looks at the disk as long as the engine lives.
    _disk_watch: Option<DiskWatch>,
    not_open: Option<(String, Instant)>,
    stop_by: Option<Instant>,
    /// Told why this process cannot go on; None once told.
    broken: Option<oneshot::Sender<String>>,
    /// Whoever waits until the partitions are others'.
    leaving: Option<Sender<bool>>,
    checked: Instant,
    /// Of each partition: where it stands, and whether it has begun.
    standings: Vec<(Standing, bool)>,
    readiness: Readiness,
    readiness_told: Instant,
    /// Where the directory stood that HTTP sees.
    published: Option<Position>,
    /// The processes that HTTP sees.
    peers: Vec<String>,
}

/// Lives until it is told to stop.
pub fn live(
    (core, disk_watch): (Core, Option<DiskWatch>),
    inputs: &Receiver<Input>,
    broken: oneshot::Sender<String>,
) {
    let clock = BrokerClock::new(core.settings.clock_bound_ms);
    let mut life = Life {
        core,
        replies: Replies::default(),
        clock,
        weak_topics: None,
        full_disk: None,
        _disk_watch: disk_watch,
        not_open: None,
        stop_by: None,
        broken: Some(broken),
        leaving: None,
        checked: Instant::now(),
        standings: Vec::new(),
        readiness: Readiness::default(),
        readiness_told: Instant::now(),
        published: None,
        peers: Vec::new(),
    };
    publish(&life.core.partitions.directory(), &mut life.published, &life.core.port);
    loop {
        match inputs.recv_timeout(life.wait()) {
            Ok(input) => life.take(input),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        for input in inputs.try_iter().take(MOST_AT_ONCE) {
            life.take(input);
        }
        life.round();
        if life.may_end() {
            break;
        }
    }
    life.end();
}

impl Life {
    fn wait(&self) -> Duration {
        let next = self.core.partitions.slots.iter().filter_map(|slot| slot.owner.next_ms());
        let now = now_ms();
        let wanted = self.core.partitions.directory_wanted_ms().filter(|wanted_ms| *wanted_ms > now);
        let next = next.chain(wanted).min();
        let until = next.map_or(LONGEST_WAIT, |at_ms| {
            Duration::from_millis(at_ms.saturating_sub(now).max(1).unsigned_abs())
        });
        until.min(LONGEST_WAIT)
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Request(request) => self.core.route(request, &mut self.replies),
            Input::Log(place, completion) => {
                if let Some(slot) = self.core.partitions.slots.get_mut(place) {
                    let now = now_ms();
                    if let Some((stamp_ms, sent_ms)) = slot.stamp(&completion) {
                        // The broker's clock is not put forward; no stamp is below zero.
                        let ahead_ms = if stamp_ms < 0 { 0 } else { ahead_ms() };
                        self.clock.measure(stamp_ms.saturating_add(ahead_ms), sent_ms, now);
                    }
                    slot.feed(completion, now);
                }
            }
            Input::Returned(place, call, returned) => {
                if let Some(slot) = self.core.partitions.slots.get_mut(place)
                    && let Err(fatal) = slot.owner.returned(call, returned, now_ms(), &slot.rows)
                {
                    slot.stop(&fatal);
                }
            }
            Input::Delivered(place, id, position) => {
                if let Some(slot) = self.core.partitions.slots.get_mut(place) {
                    slot.owner.delivered(id, position, now_ms());
                }
            }
            Input::Topics(finding) => self.topics(finding),
            Input::Partitions(count) => {
                let open = self.core.partitions.slots.len().saturating_sub(1);
                if open > 0 && usize::try_from(count).is_ok_and(|count| count > open) {
                    tracing::info!(target: "engine", from = open, to = count, "payments partitions were added");
                    self.open_payments();
                    self.chores();
                }
            }
            Input::Disk(finding) => self.full_disk = finding,
            Input::Heard(beat) => self.core.partitions.membership.hear(beat, Instant::now()),
            Input::Leave(left) => {
                self.core.members.leave();
                self.leaving = Some(left);
            }
            Input::Stop(deadline) => {
                self.core.members.leave();
                self.stop_by = Some(Instant::now() + deadline);
            }
        }
    }

    fn topics(&mut self, finding: Option<String>) {
        if let Some(why) = finding.as_ref().filter(|_| self.weak_topics.is_none()) {
            tracing::error!(target: "engine", why, "no new commands are taken");
        }
        self.weak_topics = finding;
    }

    fn round(&mut self) {
        let now = now_ms();
        let common = Gate {
            closed: self.common_trouble(now),
            closed_to_new: self.full_disk.clone(),
            timers_stopped: self.clock.trouble(now).is_some(),
        };
        let Self { core, replies, published, .. } = self;
        let Core { partitions, effects, port, .. } = core;
        let mut show = |directory: &DirectoryView| publish(directory, published, port);
        let mut carry = |place, out| match out {
            Out::Call(id, call) => effects.start(place, id, call),
            Out::Deliver(id, delivery) => effects.deliver(place, id, delivery),
            out @ (Out::Answer(..) | Out::Found(..)) => replies.give(out),
        };
        partitions.round(&common, now, &mut show, &mut carry);
        let changed = self.look_after(now);
        if changed || self.readiness_told.elapsed() > LONGEST_WAIT {
            self.publish_readiness();
        }
    }

    /// What holds for every partition alike.
    fn common_trouble(&self, now: i64) -> Option<String> {
        let stopping = self.stop_by.map(|_| "the ledger is stopping".to_owned());
        stopping.or_else(|| self.weak_topics.clone()).or_else(|| self.clock.trouble(now))
    }

    fn chores(&mut self) {
        let Core { partitions, settings, .. } = &mut self.core;
        partitions.chores(settings.first_operator_key.as_ref(), &settings.acquirers);
    }

    /// What changes with the partitions' standing, and what is looked at now and then.
    fn look_after(&mut self, now: i64) -> bool {
        let stands = |slot: &Slot| (slot.owner.standing().clone(), slot.owner.genesis().is_some());
        let standings: Vec<(Standing, bool)> = self.core.partitions.slots.iter().map(stands).collect();
        let changed = standings != self.standings;
        if changed {
            self.standings = standings;
            self.not_open = None;
            let Core { partitions, genesis, genesis_hash, .. } = &mut self.core;
            partitions.check_geneses(genesis, genesis_hash);
            self.chores();
        }
        let is_known = self.core.partitions.slots.first().is_some_and(|directory| directory.is_fresh(now));
        if is_known && self.core.partitions.slots.len() == 1 && self.not_open.is_none() {
            self.open_payments();
            self.chores();
        } else if self.not_open.as_ref().is_some_and(|(_, tried)| tried.elapsed() > OPEN_AGAIN) {
            self.open_payments();
        }
        if let Some(damage) = self.core.partitions.slots.iter().find_map(Slot::damage).cloned() {
            self.give_up_a_damaged_store(&damage);
        }
        self.core.partitions.take_what_is_ours(now);
        self.let_go();
        if self.checked.elapsed() > self.core.settings.recheck_every {
            self.checked = Instant::now();
            self.core.partitions.slots.iter_mut().for_each(Slot::check);
        }
        changed
    }

    /// Says that the partitions are others', once they are or nobody else is there.
    fn let_go(&mut self) {
        let leads = |slot: &Slot| slot.owner.standing() == &Standing::Leading;
        let has_others = self.core.partitions.membership.has_others();
        let done = !has_others || !self.core.partitions.slots.iter().any(leads);
        if let Some(left) = self.leaving.take_if(|_| done) {
            let _ = left.send(has_others);
        }
    }

    fn publish_peers(&mut self) {
        let peers = self.core.partitions.membership.lately(Instant::now());
        if peers != self.peers {
            self.peers.clone_from(&peers);
            self.core.port.publish_peers(peers);
        }
    }

    /// A damaged store is never served: it is marked, so that whoever starts next sets it aside, and the process ends.
    fn give_up_a_damaged_store(&mut self, why: &str) {
        if let Some(broken) = self.broken.take() {
            Disk::mark_damaged(&self.core.settings.store_dir, why);
            let _ = broken.send(why.to_owned());
        }
    }

    fn open_payments(&mut self) {
        let opened: Result<(), StartError> = self.core.open_payments();
        if let Some(damage) = opened.as_ref().err().and_then(StartError::damage) {
            self.give_up_a_damaged_store(&damage);
        }
        self.not_open = opened.err().map(|why| {
            tracing::error!(target: "engine", %why, "a payments partition could not be opened");
            (why.to_string(), Instant::now())
        });
    }

    fn publish_readiness(&mut self) {
        self.readiness_told = Instant::now();
        self.publish_peers();
        let now = now_ms();
        let places = self.core.partitions.slots.iter().enumerate();
        let not_open = self.not_open.as_ref().map(|(why, _)| why.clone());
        let readiness = Readiness {
            ledger_id: Some(self.core.genesis.ledger_id.clone()),
            partitions: places
                .map(|(place, slot)| {
                    readiness(slot, self.core.partitions.own_trouble(place, now), self.led_by(slot, now), now)
                })
                .collect(),
            problems: (self.common_trouble(now).into_iter())
                .chain(not_open)
                .chain(self.not_opened_yet())
                .collect(),
        };
        if readiness != self.readiness {
            self.readiness = readiness.clone();
            self.core.port.publish_readiness(readiness);
        }
        let (mut in_flight, mut waiting, mut open) = (0, 0, 0);
        for slot in &self.core.partitions.slots {
            let load = slot.owner.load();
            in_flight += load.0;
            waiting += load.1;
            open += load.2;
        }
        metrics::gauge!("ledger_records_in_flight").set(gauge(in_flight));
        metrics::gauge!("ledger_callers_waiting").set(gauge(waiting));
        metrics::gauge!("ledger_open_intents").set(gauge(open));
    }

    /// Who leads a partition that is followed here; an error for a person when nobody does.
    fn led_by(&self, slot: &Slot, now: i64) -> Result<String, &'static str> {
        let Core { partitions, .. } = &self.core;
        let to = partitions.leader_of(slot).filter(|to| *to != partitions.me.address);
        match to {
            Some(to) if slot.is_fresh(now) || slot.is_resting(now) => Ok(to),
            Some(_) => Err("what others have recorded is being read"),
            None => Err("nobody leads"),
        }
    }

    /// Nobody can be registered before the directory has opened every partition there is.
    fn not_opened_yet(&self) -> Option<String> {
        let Core { partitions, .. } = &self.core;
        let payments = || partitions.slots.iter().skip(1);
        let (all, opened) =
            (payments().count(), payments().filter(|slot| partitions.opened(&slot.at).is_some()).count());
        (all == 0 || opened < all).then(|| format!("{opened} of {all} payments partitions are opened"))
    }

    fn may_end(&self) -> bool {
        let quiet = || self.core.partitions.slots.iter().all(|slot| slot.owner.is_quiet());
        self.stop_by.is_some_and(|by| Instant::now() >= by || quiet())
    }

    fn end(mut self) {
        for slot in &mut self.core.partitions.slots {
            slot.owner.stop("the ledger is stopping");
            while let Some(out) = slot.poll() {
                self.replies.give(out);
            }
            slot.save();
        }
        if let Err(why) = self.core.disk.sync() {
            tracing::warn!(target: "engine", %why, "the store was not written out; it is read on from where it stands");
        }
        for slot in std::mem::take(&mut self.core.partitions.slots) {
            slot.close(Duration::from_secs(2));
        }
    }
}

/// Shows HTTP the directory, where it has moved on.
fn publish(view: &DirectoryView, published: &mut Option<Position>, port: &Port) {
    if *published != view.position {
        published.clone_from(&view.position);
        port.publish_directory(Arc::clone(&view.directory));
    }
}

fn readiness(
    slot: &Slot,
    trouble: Option<String>,
    led_by: Result<String, &'static str>,
    now: i64,
) -> PartitionReadiness {
    let (ready, state) = match slot.owner.standing() {
        Standing::CatchingUp => (false, "catching up".to_owned()),
        Standing::Following => match (trouble, led_by) {
            (Some(why), _) => (false, format!("following, but {why}")),
            (None, Ok(to)) if slot.is_resting(now) => (true, format!("resting behind the process at {to}")),
            (None, Ok(to)) => (true, format!("following the process at {to}")),
            (None, Err(why)) => (false, format!("following, but {why}")),
        },
        Standing::Leading => (
            trouble.is_none(),
            trouble.map_or_else(|| "leading".to_owned(), |why| format!("leading, but {why}")),
        ),
        Standing::Stopped(why) => (false, format!("stopped: {why}")),
    };
    PartitionReadiness { partition: slot.at.to_string(), ready, state, seq: slot.owner.seq() }
}

#[expect(clippy::cast_precision_loss, reason = "a metric")]
fn gauge(number: usize) -> f64 {
    number as f64
}
