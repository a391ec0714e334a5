//! Everything at once, on real processes: three apis, two projectors, Kafka, MariaDB and the acquirer are killed, paused,
//! restarted and misled at random while honest callers go on. What every caller was told is then held against the ledger, the
//! acquirer, the stores and the tables. A seed gives the same blows; what they hit is never quite the same.

mod blows;
mod chaos;
mod probes;
mod report;
mod stores;

pub use report::Report;

use std::time::{Duration, Instant};

use serde_json::json;

use ledger_domain::days::Moment;
use ledger_domain::settlement::close_at;

use crate::audit::{against_acquirer, against_callers, nothing_found, payees};
use crate::envelope::now_ms;
use crate::failure::{Done, During};
use crate::load::{Load, Running};
use crate::rig::{People, Rig};
use chaos::Chaos;
use probes::Probes;

/// How many processes there are.
const APIS: usize = 3;
const PROJECTORS: usize = 2;
/// How long a caller asks for the outcome of one command.
const PATIENCE: Duration = Duration::from_secs(240);
/// How long everything may take to come to rest when nobody strikes any more.
const REST: Duration = Duration::from_secs(120);

/// What to do.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How long blows fall.
    pub span: Duration,
    /// For what is random.
    pub seed: u64,
    /// Kafka's nodes: 1 or 3.
    pub brokers: usize,
    /// Honest callers beside those that watch single payments.
    pub clients: usize,
    /// Payments that are watched at a time.
    pub watched: usize,
}

/// Does it. What is found is in the report; an error means that the run itself could not go on.
///
/// # Errors
/// Something does not come to rest, or cannot be compared.
pub fn run(plan: &Plan) -> Done<Report> {
    let begun = Instant::now();
    let ahead = to_midnight(plan.span / 2);
    // A store that is lost comes from another process, however small the ledger is.
    let size = |options: ledger_dev::StackOptions| {
        let options = options.apis(APIS).projectors(PROJECTORS).brokers(plan.brokers);
        let options = options.env("LEDGER_SNAPSHOT_MIN_RECORDS", "1");
        options.env("LEDGER_TEST_CLOCK_AHEAD", &ahead.as_secs().to_string())
    };
    let mut rig = Rig::start_with("torture", size)?;
    let people = rig.people_ahead(ahead)?;
    let urls = rig.stack.site.api_urls();
    let load = Load {
        urls: urls.clone(),
        merchants: people.merchants.clone(),
        clients: plan.clients,
        operations: None,
        seed: plan.seed,
        word: "torture".to_owned(),
        patience: PATIENCE,
    };
    let running = load.start(rig.handle())?;
    let probes = Probes::start(&rig, &people, &urls, plan.watched, PATIENCE);
    let mut chaos = Chaos::new(plan.seed, plan.brokers);
    let struck = chaos.go_on(&mut rig, plan.span, &running);
    let healed = chaos.heal(&mut rig);
    running.stop();
    probes.stop();
    struck?;
    healed?;
    let mut report = Report {
        plan: Some(*plan),
        blows: chaos.counts,
        ended: chaos.ended,
        last_words: chaos.last_words,
        ..Report::default()
    };
    audit(&rig, &people, running, probes, &mut report)?;
    report.took = begun.elapsed();
    Ok(report)
}

/// So far the clock is put forward that it is midnight in Seoul, where days are closed, after this time and the half minute that a
/// stack takes to start.
fn to_midnight(after: Duration) -> Duration {
    const DAY_MS: i64 = 86_400_000;
    let now_ms = now_ms();
    let after_ms = i64::try_from(after.as_millis()).unwrap_or(0) + 30_000;
    let left_ms = close_at(Moment::from_ms(now_ms).seoul_day()).ms() - now_ms;
    Duration::from_millis((left_ms - after_ms).rem_euclid(DAY_MS).unsigned_abs())
}

fn audit(rig: &Rig, people: &People, load: Running, probes: Probes, report: &mut Report) -> Done {
    let history = rig.block(load.finish()).during(|| "the callers end".to_owned())?;
    let watched = rig.block(probes.finish())?;
    let book = rig.settled(REST)?;
    report.callers(&history);
    report.watched(&watched);
    report.records = book.records;
    report.voids = book.voids;
    report.find("ledger and callers", against_callers(&book, &history.deeds));
    report.find("replays", history.wrong_replays);
    report.find("ledger and acquirer", against_acquirer(&book, &rig.memory()?));
    report.closed(&book);
    report.find("payees", payees(&book));
    let (compared, findings) = rig.block(stores::compare(rig, people, &book))?;
    report.compared = compared;
    report.find("stores", findings);
    rig.projected(&book, REST)?;
    report.verified = rig.verify()?;
    Ok(())
}

/// Fails with what was found, if anything was.
///
/// # Errors
/// There are findings.
pub fn nothing_wrong(report: &Report) -> Done {
    nothing_found("torture", &report.findings)
}

/// What the acquirer is told when it may misbehave no longer.
fn faultless() -> serde_json::Value {
    json!({})
}
