//! Load on a running stack by honest clients: payments, cancels, declines and repeated requests, and what became of them.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use ledger_tests::bench::figures::{ms, per_second, percentile};
use ledger_tests::ensure;
use ledger_tests::failure::Done;
use ledger_tests::load::{History, Load};
use ledger_tests::rig::register;
use ledger_tests::town::Registrar;

/// Puts load on the stack of `target/dev/env`.
#[derive(Parser)]
#[command(name = "load")]
struct Options {
    /// The api
    #[arg(long, env = "LEDGER_API_URL")]
    api_url: String,
    /// An operator's key, to register four merchants with
    #[arg(long, env = "LEDGER_OPERATOR_KEY", hide_env_values = true)]
    operator_key: String,
    /// Connections, each a closed loop
    #[arg(long, default_value_t = 16)]
    clients: usize,
    /// Payments and cancels in all
    #[arg(long, default_value_t = 1_000)]
    operations: i64,
    /// The same seed asks for the same; a ledger takes each seed once
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Done {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut registrar = Registrar::new(&options.api_url, &options.operator_key, "load");
    let people = runtime.block_on(register(&mut registrar))?;
    let load = Load {
        urls: vec![options.api_url.clone()],
        merchants: people.merchants,
        clients: options.clients,
        operations: Some(options.operations),
        seed: options.seed,
        word: format!("load-{}", options.seed),
        patience: Duration::from_secs(120),
    };
    let begun = Instant::now();
    let history = runtime.block_on(load.start(runtime.handle())?.finish())?;
    tell(&history, begun.elapsed());
    ensure!(history.wrong_replays.is_empty(), "wrong replays: {}", history.wrong_replays.join("\n"));
    Ok(())
}

fn tell(history: &History, took: Duration) {
    let mut endings: BTreeMap<String, u32> = BTreeMap::new();
    for deed in &history.deeds {
        *endings.entry(format!("{:?}", deed.told.ending)).or_default() += 1;
    }
    let mut waits: Vec<Duration> = history.deeds.iter().map(|deed| deed.told.took).collect();
    waits.sort_unstable();
    let rate = per_second(history.deeds.len() as u64, took);
    println!("{} commands, {rate}/s: {endings:?}; {} repeated", history.deeds.len(), history.replays);
    let (half, most) = (ms(percentile(&waits, 50)), ms(percentile(&waits, 99)));
    println!("p50 {half}, p99 {most}, longest {}", ms(waits.last().copied().unwrap_or_default()));
}
