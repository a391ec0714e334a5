//! What a run was and what it found, for a person.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use ledger_domain::settlement::SettlementEvent;

use super::Plan;
use super::probes::Watched;
use crate::audit::Book;
use crate::honest::Ending;
use crate::linear::{Operation, PaymentModel, Seen, Step, check};
use crate::load::History;

/// One run.
#[derive(Debug, Default)]
pub struct Report {
    /// What was to be done.
    pub plan: Option<Plan>,
    /// How often each blow fell.
    pub blows: BTreeMap<String, u64>,
    /// Processes that ended though nobody had struck them.
    pub ended: BTreeMap<String, u64>,
    /// The last lines that they logged.
    pub last_words: Vec<String>,
    /// Requests of honest callers, answered or not.
    pub requests: u64,
    /// Commands that were answered with what came of them at once.
    pub acknowledged: u64,
    /// Commands whose callers were left without an answer at first.
    pub unknown: u64,
    /// Of those: how many got their final answer in the end.
    pub resolved: u64,
    /// Repeated requests.
    pub replays: u64,
    /// The longest a request waited for an answer or the end of its connection.
    pub slowest: Duration,
    /// Accepted records.
    pub records: u64,
    /// Messages that no reader accepts.
    pub voids: u64,
    /// Payments that were watched, operations on them, and how many planted stale answers were caught of how many.
    pub watched: (u64, u64),
    /// See `watched`.
    pub planted: (u64, u64),
    /// Days of merchants that were closed, and commissions that arrived.
    pub settled: (usize, usize),
    /// Answers of stores that were compared with the ledger.
    pub compared: u64,
    /// What `verify` said.
    pub verified: String,
    /// What is wrong.
    pub findings: Vec<String>,
    /// In all.
    pub took: Duration,
}

impl Report {
    /// Every kill there was.
    pub fn kills(&self) -> u64 {
        self.blows.iter().filter(|(name, _)| name.starts_with("kill")).map(|(_, count)| count).sum()
    }

    pub(super) fn find(&mut self, what: &str, findings: Vec<String>) {
        self.findings.extend(findings.into_iter().map(|finding| format!("{what}: {finding}")));
    }

    pub(super) fn closed(&mut self, book: &Book) {
        for (_, event) in &book.settlements {
            self.settled.0 += usize::from(matches!(event, SettlementEvent::MerchantClosed(_)));
            self.settled.1 += usize::from(matches!(event, SettlementEvent::CommissionReceived(_)));
        }
    }

    pub(super) fn callers(&mut self, history: &History) {
        for deed in &history.deeds {
            let told = &deed.told;
            let attempts = told.answers.iter().filter(|answer| !answer.starts_with("asked"));
            self.requests += u64::try_from(attempts.count()).unwrap_or_default();
            self.slowest = self.slowest.max(told.slowest);
            if told.answers.len() == 1 && told.ending != Ending::Open {
                self.acknowledged += 1;
            } else {
                self.unknown += 1;
                self.resolved += u64::from(told.ending != Ending::Open);
            }
        }
        self.replays = history.replays;
    }

    /// Puts every history to the checker; and each once more with an answer from before its end planted at its end.
    pub(super) fn watched(&mut self, all: &[Watched]) {
        for (order, operations) in all {
            self.watched.0 += 1;
            self.watched.1 += u64::try_from(operations.len()).unwrap_or_default();
            if let Err(explained) = check(&PaymentModel, operations) {
                let history: Vec<String> = operations.iter().map(in_words).collect();
                self.findings.push(format!(
                    "watched {order}: no order explains more than {explained} of {} operations: {}",
                    operations.len(),
                    history.join("; ")
                ));
            } else if let Some(planted) = plant(operations) {
                self.planted.1 += 1;
                self.planted.0 += u64::from(check(&PaymentModel, &planted).is_err());
            }
        }
        if self.planted.0 < self.planted.1 {
            self.findings
                .push(format!("{} of {} planted stale answers were caught", self.planted.0, self.planted.1));
        }
    }
}

/// With the first answer again after the last one, where they differ.
fn plant(operations: &[Operation<Step>]) -> Option<Vec<Operation<Step>>> {
    let end = operations.iter().filter_map(|operation| operation.answered).max()?;
    let is_read = |operation: &&Operation<Step>| matches!(&operation.step, Step::Read(seen) if *seen != Seen::default());
    let last = operations.iter().filter(is_read).max_by_key(|operation| operation.answered)?;
    let first = operations.iter().min_by_key(|operation| match operation.step {
        Step::Read(_) => operation.asked,
        Step::Pay | Step::Paid(_) | Step::Cancel(_) | Step::Cancelled(..) | Step::Refused(_) => u64::MAX,
    })?;
    let mut planted = operations.to_vec();
    let stale = Operation { step: first.step.clone(), asked: end + 1, answered: Some(end + 2) };
    (first.step != last.step && matches!(first.step, Step::Read(_))).then(|| {
        planted.push(stale);
        planted
    })
}

fn in_words(operation: &Operation<Step>) -> String {
    format!("{} to {:?}: {:?}", operation.asked, operation.answered, operation.step)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(plan) = &self.plan {
            let (seconds, seed, brokers) = (plan.span.as_secs(), plan.seed, plan.brokers);
            writeln!(
                f,
                "torture for {seconds} s, seed {seed}, {brokers} broker(s), {} s in all",
                self.took.as_secs()
            )?;
        }
        for (name, count) in &self.blows {
            writeln!(f, "  {count:>6} {name}")?;
        }
        for (name, count) in &self.ended {
            writeln!(f, "  {count:>6} {name} ended by itself and was started again")?;
        }
        writeln!(f, "  {:>6} kills in all", self.kills())?;
        for words in &self.last_words {
            writeln!(f, "last words of {words}")?;
        }
        writeln!(f, "requests {}, repeated on purpose {}", self.requests, self.replays)?;
        writeln!(
            f,
            "commands acknowledged at once {}, unknown at first {}, of those resolved {}",
            self.acknowledged, self.unknown, self.resolved
        )?;
        writeln!(f, "the slowest request took {} ms", self.slowest.as_millis())?;
        writeln!(f, "ledger: {} records accepted, {} void", self.records, self.voids)?;
        writeln!(
            f,
            "single payments watched {}, operations on them {}; planted stale answers caught {} of {}",
            self.watched.0, self.watched.1, self.planted.0, self.planted.1
        )?;
        let (days, commissions) = self.settled;
        writeln!(f, "days of merchants closed {days}, commissions brought to their payees {commissions}")?;
        writeln!(f, "answers of the stores compared with the ledger {}", self.compared)?;
        let count = |words: &[&str]| {
            self.findings.iter().filter(|finding| words.iter().any(|word| finding.contains(word))).count()
        };
        let lost = count(&["but not recorded", "but not approved", "no such cancel", "the acquirer"]);
        let doubled = count(&["twice", "more than once"]);
        writeln!(f, "lost {lost}, doubled {doubled}, findings {}", self.findings.len())?;
        write!(f, "{}", self.verified.trim_end())
    }
}
