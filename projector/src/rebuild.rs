//! Fills a projection anew beside the live table, from the ledger alone, and swaps it in when every partition is at or
//! past the live position. The live table serves reads, and is projected into, until the swap.

use crate::checkpoint::{self, Checkpoint};
use crate::context::{Context, Trouble};
use crate::db::{self, DbError};
use crate::entry::Decoded;
use crate::follow::{Until, read};
use crate::lane::Lane;
use crate::projections::{Projection, for_table};
use crate::swap;
use crate::write::{WriteError, write};
use ledger_log::Cursor;
use ledger_log::kafka::{Batch, Follower, read_genesis};
use mysql_async::Conn;
use std::time::{Duration, Instant};

/// A partition that is this close behind is caught up under the swap's lock.
const CLOSE: u64 = 500;
/// How long to wait for records that are known to be there.
const WAIT: Duration = Duration::from_millis(250);
/// How long one partition may stand still while it is caught up.
const SILENCE: Duration = Duration::from_secs(30);
/// The most records of one transaction.
const BATCH: usize = 2_000;

/// What a rebuild did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// The version that was live.
    pub old: u32,
    /// The version that is live now.
    pub new: u32,
    /// How many records were read for it.
    pub records: u64,
}

/// Rebuilds one projection. At most `per_second` records a second are read, so that the live table keeps its share.
///
/// # Errors
/// When another rebuild of it runs, when nothing is projected yet, or as [`Trouble`] says. The live table is then as
/// it was.
pub fn rebuild(
    context: &Context,
    projection: &'static Projection,
    per_second: u32,
) -> Result<Rebuilt, Trouble> {
    let mut conn = context.connect()?;
    let name = projection.name;
    if !context.wait_for(swap::lock(&mut conn, name))? {
        return Err(Trouble::Lost(format!("another rebuild of {name} is running")));
    }
    let mut rebuild = Rebuild { context, projection, conn, pace: Pace::new(per_second), records: 0 };
    let outcome = rebuild.run();
    if outcome.is_err() {
        rebuild.abandon();
    }
    outcome
}

struct Rebuild<'a> {
    context: &'a Context,
    projection: &'static Projection,
    conn: Conn,
    pace: Pace,
    records: u64,
}

impl Rebuild<'_> {
    fn run(&mut self) -> Result<Rebuilt, Trouble> {
        let (name, context) = (self.projection.name, self.context);
        let live = self.live()?;
        let old = live
            .first()
            .ok_or_else(|| Trouble::Lost(format!("{name} is not projected yet: nothing to rebuild")))?
            .clone();
        let new = old.version.saturating_add(1);
        let keys =
            context.wait_for(prepare(&mut self.conn, name, new, self.projection.mapping == old.mapping))?;
        let mut lanes = self.begin(&live, new)?;
        for lane in &mut lanes {
            self.fill(lane)?;
        }
        context.wait_for(keys.put_back(&mut self.conn, &swap::beside(name, new)))?;
        self.come_close(&mut lanes)?;
        context.wait_for(swap::retire(&mut self.conn, &old, true))?;
        // Nobody writes the old version any more: where it stands now is where the new one must stand at least.
        let last = self.live()?;
        self.catch_up(&mut lanes, &last, 0)?;
        // Whoever reads for long must not make every later reader wait behind this.
        context.wait_for(swap::be_impatient(&mut self.conn))?;
        context.wait_for(swap::rename(&mut self.conn, name, old.version, new))?;
        context.wait_for(swap::finish(&mut self.conn, name, old.version))?;
        Ok(Rebuilt { old: old.version, new, records: self.records })
    }

    fn live(&mut self) -> Result<Vec<Checkpoint>, Trouble> {
        let all = self.context.wait_for(checkpoint::all(&mut self.conn, self.projection.name))?;
        Ok(checkpoint::live(all))
    }

    /// A checkpoint at the beginning for every partition that the live version knows.
    fn begin(&mut self, live: &[Checkpoint], version: u32) -> Result<Vec<Lane>, Trouble> {
        let (projection, context) = (self.projection, self.context);
        let mut lanes = Vec::new();
        for checkpoint in live {
            let fresh = Checkpoint {
                version,
                mapping: projection.mapping,
                retired: false,
                cursor: None,
                ..checkpoint.clone()
            };
            context.wait_for(checkpoint::begin(&mut self.conn, &fresh))?;
            let table = swap::beside(projection.name, version);
            lanes.push(Lane { projection, table, checkpoint: fresh, stopped: None });
        }
        Ok(lanes)
    }

    /// From the beginning to the end as it is now.
    fn fill(&mut self, lane: &mut Lane) -> Result<(), Trouble> {
        let (context, at) = (self.context, lane.checkpoint.at.clone());
        read(context, &at, Until::End, |batch| self.take(lane, batch))
    }

    fn take(&mut self, lane: &mut Lane, batch: Batch) -> Result<(), Trouble> {
        let at = lane.checkpoint.at.clone();
        for part in batch.accepted.chunks(BATCH) {
            let decoded: Vec<Decoded> = part.iter().map(|accepted| Decoded::of(&at, accepted)).collect();
            self.write(lane, &decoded)?;
            self.records = self.records.saturating_add(count(decoded.len()));
            self.context.wait(self.pace.after(decoded.len()));
        }
        Ok(())
    }

    fn write(&mut self, lane: &mut Lane, decoded: &[Decoded]) -> Result<(), Trouble> {
        let context = self.context;
        let mut loaded = Vec::new();
        if let Some(sql) = lane.projection.load {
            let wanted = (lane.projection.fold)().wanted(decoded);
            let sql = for_table(sql, lane.projection.name, &lane.table);
            loaded = context.wait_for(db::load_by_id(&mut self.conn, &sql, &wanted))?;
        }
        let step = lane.step(decoded, &loaded)?;
        if let Some(why) = lane.stopped.clone() {
            return Err(why.into());
        }
        let Some(step) = step else { return Ok(()) };
        context.wait_for(write(&mut self.conn, &mut [(lane, step)])).map_err(|e| match e {
            WriteError::Lost { .. } => Trouble::Lost(e.to_string()),
            WriteError::Db(e) => e.into(),
        })
    }

    /// Runs after the live version until every partition is close behind it.
    fn come_close(&mut self, lanes: &mut [Lane]) -> Result<(), Trouble> {
        loop {
            let live = self.live()?;
            let behind = |lane: &Lane| wanted(&live, lane).saturating_sub(lane.checkpoint.seq());
            if lanes.iter().all(|lane| behind(lane) <= CLOSE) {
                return Ok(());
            }
            self.catch_up(lanes, &live, CLOSE)?;
        }
    }

    /// Up to at least where the live version stood, but for `left` records.
    fn catch_up(&mut self, lanes: &mut [Lane], live: &[Checkpoint], left: u64) -> Result<(), Trouble> {
        for lane in lanes {
            let wanted = wanted(live, lane);
            if lane.checkpoint.seq().saturating_add(left) >= wanted {
                continue;
            }
            let Some(mut follower) = self.follow(lane)? else { continue };
            let mut heard = Instant::now();
            while lane.checkpoint.seq() < wanted {
                let batch = follower.next(BATCH, WAIT)?;
                if !batch.accepted.is_empty() {
                    heard = Instant::now();
                }
                self.take(lane, batch)?;
                if heard.elapsed() > SILENCE {
                    return Err(Trouble::Lost(format!("{} does not reach seq {wanted}", lane.checkpoint.at)));
                }
            }
        }
        Ok(())
    }

    fn follow(&self, lane: &Lane) -> Result<Option<Follower>, Trouble> {
        let (kafka, at) = (&self.context.kafka, &lane.checkpoint.at);
        let Some((genesis, _)) = read_genesis(kafka, at)? else { return Ok(None) };
        let cursor: Option<Cursor> = lane.checkpoint.cursor.clone();
        Ok(Some(Follower::open(kafka, at.clone(), genesis.depth, cursor)?))
    }

    /// Lets the live version's writers in again, unless the swap took place.
    fn abandon(&mut self) {
        let (context, name) = (self.context, self.projection.name);
        // On a connection of its own: the one at hand may be why it failed. Its lock goes with it.
        let undone = context.connect().map_err(Trouble::from).and_then(|mut conn| {
            context.wait_for(swap::unlock(&mut self.conn, name)).ok();
            Ok(context.wait_for(swap::settle(&mut conn, name))?)
        });
        if let Err(e) = undone {
            tracing::warn!(error = %e, "the rebuild could not be undone now; the projector does it when it opens the table");
        }
    }
}

fn wanted(live: &[Checkpoint], lane: &Lane) -> u64 {
    live.iter().find(|checkpoint| checkpoint.at == lane.checkpoint.at).map_or(0, Checkpoint::seq)
}

fn count(records: usize) -> u64 {
    u64::try_from(records).unwrap_or(u64::MAX)
}

async fn prepare(conn: &mut Conn, name: &str, version: u32, same: bool) -> Result<swap::Keys, DbError> {
    swap::forget(conn, name, version).await?;
    swap::empty_beside(conn, name, &swap::beside(name, version), same).await
}

/// Holds a rate by waiting after each batch.
struct Pace {
    per_second: u32,
    since: Instant,
    records: u64,
}

impl Pace {
    fn new(per_second: u32) -> Pace {
        Pace { per_second: per_second.max(1), since: Instant::now(), records: 0 }
    }

    /// How long to wait so that the rate is held since the beginning.
    fn after(&mut self, records: usize) -> Duration {
        self.records = self.records.saturating_add(count(records));
        let due_ms = self.records.saturating_mul(1_000) / u64::from(self.per_second);
        Duration::from_millis(due_ms).saturating_sub(self.since.elapsed())
    }
}
