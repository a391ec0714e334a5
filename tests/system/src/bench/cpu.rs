//! Who used the processors: what every server and the load generator itself spent between two looks, for each request. A rate
//! alone says as much about the neighbours of a machine as about us.

use crate::rig::Rig;

/// Ticks that the kernel counts CPU time in, a second (`sysconf(_SC_CLK_TCK)` is 100 on every Linux there is).
const TICKS_PER_SECOND: u64 = 100;

/// What each process has used since it began.
pub struct Look(Vec<(String, u64)>);

impl Look {
    /// Now.
    pub fn now(rig: &Rig) -> Look {
        let stack = &rig.stack;
        let apis = stack.apis.iter().chain(&stack.acquirer).chain(&stack.projectors);
        let servers = apis.chain(&stack.brokers).chain([&stack.mariadb]);
        let ids = servers.filter_map(|server| server.pid().map(|pid| (server.name().to_owned(), pid)));
        let all = ids.chain([("load generator".to_owned(), std::process::id())]);
        Look(all.filter_map(|(name, pid)| used(pid).map(|ticks| (name, ticks))).collect())
    }

    /// The microseconds of each that `count` requests have taken since, for a person.
    pub fn since(&self, rig: &Rig, count: u64) -> String {
        let Look(now) = Look::now(rig);
        let each = now.iter().filter_map(|(name, ticks)| {
            let (_, before) = self.0.iter().find(|(other, _)| other == name)?;
            let micros = ticks.saturating_sub(*before) * (1_000_000 / TICKS_PER_SECOND) / count.max(1);
            (micros > 0).then(|| format!("{name} {micros}"))
        });
        each.collect::<Vec<_>>().join(", ")
    }
}

/// User and system time of a process and its threads, in ticks.
fn used(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold anything; the fields after it are counted from 3.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    Some(times.next()?.ok()? + times.next()?.ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_used_some_time_and_nobody_none() {
        let begun = std::time::Instant::now();
        while begun.elapsed() < std::time::Duration::from_millis(50) {}
        assert!(used(std::process::id()).is_some_and(|ticks| ticks > 0));
        assert_eq!(used(u32::MAX), None);
    }
}
