//! Invariant 4: kill -9 of api, projector, Kafka and MariaDB, five times each, under load. Every acknowledged payment is in
//! the chain exactly once, nothing that was answered "failed" is, the acquirer agrees, every table equals a fresh replay.

use std::time::Duration;

use ledger_dev::Server;
use ledger_tests::audit::{against_acquirer, against_callers, nothing_found};
use ledger_tests::ensure;
use ledger_tests::failure::{Done, During};
use ledger_tests::load::{Load, Running};
use ledger_tests::rig::Rig;
use serde_json::json;

const ROUNDS: usize = 5;
const VICTIMS: [&str; 4] = ["api", "projector", "kafka", "mariadb"];
/// How many answers must come between two kills: the system must have come back each time.
const BETWEEN: u64 = 120;
/// Within this time a command is answered, with its URL as the last resort.
const PROMISED: Duration = Duration::from_secs(30);

#[test]
fn no_kill_under_load_loses_doubles_or_invents_a_payment() -> Done {
    let mut rig = Rig::start("kills")?;
    let people = rig.people()?;
    // Some answers of the acquirer are lost as well.
    rig.acquirer_faults(&json!({ "seed": 11, "approve": { "drop": 3_000, "drop-before": 2_000 }, "cancel": { "drop": 3_000 } }))?;
    let load = Load {
        urls: vec![rig.url()],
        merchants: people.merchants.clone(),
        clients: 24,
        operations: None,
        seed: 42,
        word: "kill".to_owned(),
        patience: Duration::from_secs(200),
    };
    let running = load.start(rig.handle())?;
    answers(&rig, &running, BETWEEN)?;
    for _ in 0..ROUNDS {
        for victim in VICTIMS {
            kill(&mut rig, victim).during(|| format!("kill {victim}"))?;
            answers(&rig, &running, BETWEEN).during(|| format!("after the kill of {victim}"))?;
        }
    }
    running.stop();
    let history = rig.block(running.finish())?;
    let book = rig.settled(Duration::from_secs(120))?;
    nothing_found("ledger and callers", &against_callers(&book, &history.deeds))?;
    nothing_found("replays", &history.wrong_replays)?;
    nothing_found("ledger and acquirer", &against_acquirer(&book, &rig.memory()?))?;
    ensure!(history.replays > 50, "only {} requests were repeated", history.replays);
    rig.projected(&book, Duration::from_secs(60))?;
    let said = rig.verify()?;
    let slowest = history.deeds.iter().map(|deed| deed.told.slowest).max().unwrap_or_default();
    ensure!(slowest <= PROMISED, "a request was answered only after {} ms", slowest.as_millis());
    let longest = history.deeds.iter().max_by_key(|deed| deed.told.took);
    let (longest, answers) =
        longest.map(|deed| (deed.told.took, deed.told.answers.clone())).unwrap_or_default();
    eprintln!(
        "{} commands, {} replays, {} records, {} void; the slowest request {:.1} s, the longest way to a final answer {:.1} s: {answers:?}\n{said}",
        history.deeds.len(),
        history.replays,
        book.records,
        book.voids,
        slowest.as_secs_f32(),
        longest.as_secs_f32()
    );
    Ok(())
}

fn answers(rig: &Rig, running: &Running, count: u64) -> Done {
    let goal = running.answered() + count;
    rig.until("answers come", Duration::from_secs(90), || Ok(running.answered() >= goal))
}

/// kill -9, and a new process on the same data and the same port.
fn kill(rig: &mut Rig, name: &str) -> Done {
    let server: &mut Server = match name {
        "api" => rig.api()?,
        "projector" => rig.projector()?,
        "kafka" => rig.broker()?,
        _ => &mut rig.stack.mariadb,
    };
    ensure!(server.is_running(), "{name} had ended by itself");
    server.kill()?;
    server.start()?;
    Ok(())
}
