//! Follows one partition into all tables, on a thread of its own. It writes only from where the checkpoints stand, and
//! stops for good where the ledger is damaged or says what no projection can understand; everything else it waits out. What only
//! one projection cannot go on with stops that one alone.

use crate::checkpoint;
use crate::context::{Context, Trouble};
use crate::db::{self, Backoff, Remedy};
use crate::entry::Decoded;
use crate::lane::{Lane, Standstill, Step};
use crate::projections::{self, Projection, for_table};
use crate::swap;
use crate::told;
use crate::write::{WriteError, write};
use ledger_log::kafka::{Follower, read_genesis};
use ledger_log::{Cursor, PartitionId};
use mysql_async::Conn;
use std::time::{Duration, Instant};

/// The most records of one transaction.
const BATCH: usize = 2_000;
/// What comes within this time after a small batch is the next one: a transaction costs much, whatever is in it.
const GATHER: Duration = Duration::from_millis(20);
/// A batch of so many records is not small.
const GATHERED: usize = 256;
/// How long to wait for the first record of a batch; a stop is noticed this often.
const WAIT: Duration = Duration::from_millis(250);
/// How often to look whether a projection that stands still has been rebuilt.
const LOOK: Duration = Duration::from_secs(2);

/// One partition's projector.
pub struct Worker<'a> {
    context: &'a Context,
    at: PartitionId,
    conn: Option<Conn>,
    backoff: Backoff,
    looked: Instant,
}

impl<'a> Worker<'a> {
    /// Nothing is opened yet.
    pub fn new(context: &'a Context, at: PartitionId) -> Worker<'a> {
        Worker { context, at, conn: None, backoff: Backoff::new(), looked: Instant::now() }
    }

    /// Projects until the process is asked to stop.
    ///
    /// # Errors
    /// [`Trouble`] that no waiting can end, with where and why.
    pub fn run(mut self) -> Result<(), Trouble> {
        while !self.context.stopping() {
            match self.session() {
                Ok(()) => return Ok(()),
                Err(trouble) if trouble.passes() => {
                    tracing::warn!(partition = %self.at, "{trouble}; trying again");
                    self.conn = None;
                    self.context.wait(self.backoff.wait());
                }
                Err(trouble) => {
                    self.tell_stopped(&trouble);
                    return Err(trouble);
                }
            }
        }
        Ok(())
    }

    /// Every projection of this partition stops: said to whoever asks the api, as far as it has not said so in words of its own. Best
    /// effort.
    fn tell_stopped(&mut self, trouble: &Trouble) {
        // Asked to end, it only repeats what one of them has said.
        if self.context.stopping() {
            return;
        }
        for projection in &projections::ALL {
            if let Err(error) = self.tell_stop(projection.name, &trouble.to_string()) {
                tracing::warn!(partition = %self.at, %error, "that it stopped could not be written down");
                return;
            }
        }
    }

    fn tell_stop(&mut self, projection: &str, why: &str) -> Result<(), Trouble> {
        let (context, at) = (self.context, self.at.clone());
        let conn = self.connection()?;
        Ok(context.wait_for(told::stopped(conn, projection, &at, why))?)
    }

    /// From the checkpoints as they are now to the first trouble.
    fn session(&mut self) -> Result<(), Trouble> {
        let mut lanes = self.lanes()?;
        let (context, at) = (self.context, self.at.clone());
        context.wait_for(told::begun(self.connection()?, &at))?;
        self.tell_standing(&lanes)?;
        let Some(lowest) =
            lanes.iter().filter(|lane| lane.stopped.is_none()).min_by_key(|lane| lane.checkpoint.seq())
        else {
            return self.wait_for_a_rebuild(&lanes);
        };
        let (seq, from) = (lowest.checkpoint.seq(), lowest.checkpoint.cursor.clone());
        let Some(mut follower) = self.follow(&lanes, from)? else { return Ok(()) };
        tracing::info!(partition = %self.at, seq, "projecting");
        while !self.context.stopping() {
            self.look_for_rebuilds(&lanes)?;
            let batch = follower.next(BATCH, WAIT)?;
            self.backoff.reset();
            if batch.accepted.is_empty() {
                continue;
            }
            let begun = Instant::now();
            let batch: Vec<Decoded> =
                batch.accepted.iter().map(|accepted| Decoded::of(&self.at, accepted)).collect();
            self.project(&mut lanes, &batch)?;
            if batch.len() < GATHERED {
                self.context.wait(GATHER.saturating_sub(begun.elapsed()));
            }
        }
        // Others of this partition went on to the end, but not all was well.
        first_stop(&lanes)
    }

    /// Says of what stands still from the beginning that and why it does.
    fn tell_standing(&mut self, lanes: &[Lane]) -> Result<(), Trouble> {
        for lane in lanes {
            let Some(why) = &lane.stopped else { continue };
            tracing::error!(partition = %self.at, projection = lane.projection.name, "stopped: {why}");
            self.tell_stop(lane.projection.name, &why.to_string())?;
        }
        self.context.report(lanes);
        Ok(())
    }

    /// Until the process is asked to stop: no projection goes on as it is.
    fn wait_for_a_rebuild(&mut self, lanes: &[Lane]) -> Result<(), Trouble> {
        while !self.context.stopping() {
            self.look_for_rebuilds(lanes)?;
            self.context.wait(WAIT);
        }
        first_stop(lanes)
    }

    /// What stands still goes on once a rebuild with this program's mapping has taken its table's place.
    fn look_for_rebuilds(&mut self, lanes: &[Lane]) -> Result<(), Trouble> {
        if self.looked.elapsed() < LOOK {
            return Ok(());
        }
        self.looked = Instant::now();
        for lane in lanes.iter().filter(|lane| lane.stopped.is_some()) {
            let (name, now) = (lane.projection.name, self.settled(lane.projection)?);
            let is_another = now.version != lane.checkpoint.version && !now.retired;
            if is_another && now.mapping == lane.projection.mapping {
                let (at, version) = (&self.at, now.version);
                return Err(Trouble::Lost(format!("{name} of {at} was rebuilt as version {version}")));
            }
        }
        Ok(())
    }

    /// Where every projection stands in this partition.
    fn lanes(&mut self) -> Result<Vec<Lane>, Trouble> {
        let mut lanes = Vec::new();
        for projection in &projections::ALL {
            let lane = Lane::live(projection, self.settled(projection)?);
            if lane.checkpoint.retired && lane.stopped.is_none() {
                let why = format!("{} is being replaced by a rebuild", projection.name);
                return Err(Trouble::Lost(why));
            }
            lanes.push(lane);
        }
        Ok(lanes)
    }

    /// As [`Worker::open`], after whatever a rebuild left half done.
    fn settled(&mut self, projection: &Projection) -> Result<checkpoint::Checkpoint, Trouble> {
        let context = self.context;
        context.wait_for(swap::settle(self.connection()?, projection.name))?;
        self.open(projection)
    }

    /// The live version's checkpoint here, made where there is none.
    fn open(&mut self, projection: &Projection) -> Result<checkpoint::Checkpoint, Trouble> {
        let (context, at, name) = (self.context, self.at.clone(), projection.name);
        let opened = checkpoint::open(self.connection()?, name, projection.mapping, &at);
        let swapped = || Trouble::Lost(format!("{name} of {at} got another version while it was opened"));
        context.wait_for(opened)?.ok_or_else(swapped)
    }

    /// Opens the log there, after re-reading the record of every lane's checkpoint. None when the process was asked to stop before
    /// the partition had a genesis.
    fn follow(&self, lanes: &[Lane], from: Option<Cursor>) -> Result<Option<Follower>, Trouble> {
        let settings = &self.context.kafka;
        let depth = loop {
            if let Some((genesis, _)) = read_genesis(settings, &self.at)? {
                break genesis.depth;
            }
            self.context.wait(WAIT);
            if self.context.stopping() {
                return Ok(None);
            }
        };
        for cursor in lanes.iter().filter_map(|lane| lane.checkpoint.cursor.as_ref()) {
            self.context.verify_cursor(&self.at, cursor)?;
        }
        Ok(Some(Follower::open(settings, self.at.clone(), depth, from)?))
    }

    /// Writes one batch into every lane that is behind it, and remembers which lanes stopped.
    fn project(&mut self, lanes: &mut [Lane], batch: &[Decoded]) -> Result<(), Trouble> {
        for lane in lanes.iter() {
            lane.check_passing(batch)?;
        }
        let stopped_before: Vec<bool> = lanes.iter().map(|lane| lane.stopped.is_some()).collect();
        loop {
            match self.attempt(lanes, batch) {
                Err(Trouble::Db(e)) if e.remedy() == Remedy::Reconnect && !self.context.stopping() => {
                    tracing::warn!(partition = %self.at, error = %e, "MariaDB is away; waiting");
                    self.conn = None;
                    self.context.wait(self.backoff.wait());
                    self.reread(lanes, batch)?;
                }
                outcome => break outcome?,
            }
        }
        self.backoff.reset();
        self.context.report(lanes);
        for (lane, before) in lanes.iter().zip(stopped_before) {
            if let (false, Some(why)) = (before, &lane.stopped) {
                self.tell_stop(lane.projection.name, &why.to_string())?;
            }
        }
        let is_over = |lane: &Lane| lane.stopped.as_ref().is_some_and(Standstill::is_for_good);
        if lanes.iter().all(is_over) { first_stop(lanes) } else { Ok(()) }
    }

    fn attempt(&mut self, lanes: &mut [Lane], batch: &[Decoded]) -> Result<(), Trouble> {
        let mut steps: Vec<(&mut Lane, Step)> = Vec::new();
        for lane in lanes {
            let new = lane.new_in(batch);
            let loaded = self.load(lane, new)?;
            let stopped_before = lane.stopped.is_some();
            let step = lane.step(new, &loaded)?;
            if let (false, Some(why)) = (stopped_before, &lane.stopped) {
                tracing::error!(projection = lane.projection.name, "stopped: {why}");
            }
            if let Some(step) = step {
                steps.push((lane, step));
            }
        }
        if steps.is_empty() {
            return Ok(());
        }
        self.context.count(&steps);
        let context = self.context;
        let conn = self.connection()?;
        context.wait_for(write(conn, &mut steps)).map_err(|e| match e {
            WriteError::Lost { .. } => Trouble::Lost(e.to_string()),
            WriteError::Db(e) => Trouble::Db(e),
        })
    }

    fn load(&mut self, lane: &Lane, new: &[Decoded]) -> Result<Vec<projections::Cells>, Trouble> {
        let Some(sql) = lane.projection.load else { return Ok(Vec::new()) };
        let wanted = (lane.projection.fold)().wanted(new);
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let sql = for_table(sql, lane.projection.name, &lane.table);
        let context = self.context;
        let conn = self.connection()?;
        Ok(context.wait_for(db::load_by_id(conn, &sql, &wanted))?)
    }

    /// After a lost connection: did the transaction take place? Every lane of it moved, or none did.
    fn reread(&mut self, lanes: &mut [Lane], batch: &[Decoded]) -> Result<(), Trouble> {
        for lane in lanes.iter_mut().filter(|lane| !lane.new_in(batch).is_empty()) {
            let now = self.open(lane.projection)?;
            let ours = batch.iter().any(|decoded| now.cursor.as_ref() == Some(&decoded.cursor));
            if now.version != lane.checkpoint.version || (now.cursor != lane.checkpoint.cursor && !ours) {
                let name = lane.projection.name;
                return Err(Trouble::Lost(format!("{name} of {} moved while MariaDB was away", self.at)));
            }
            lane.checkpoint = now;
        }
        Ok(())
    }

    fn connection(&mut self) -> Result<&mut Conn, Trouble> {
        if self.conn.is_none() {
            self.conn = Some(self.context.connect()?);
        }
        self.conn.as_mut().ok_or_else(|| Trouble::Lost("no connection right after connecting".to_owned()))
    }
}

fn first_stop(lanes: &[Lane]) -> Result<(), Trouble> {
    lanes.iter().find_map(|lane| lane.stopped.clone()).map_or(Ok(()), |why| Err(why.into()))
}
