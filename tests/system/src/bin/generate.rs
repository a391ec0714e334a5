//! `cargo dev generate`: a history of payments, made by the product's own engine with a clock of its own.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use ledger_log::kafka::KafkaSettings;
use ledger_tests::bench::figures::per_second;
use ledger_tests::failure::Done;
use ledger_tests::generate::{Wish, generate};

/// Makes a history in the ledger that `LEDGER_KAFKA_BOOTSTRAP` and `LEDGER_TOPIC_PREFIX` name.
#[derive(Parser)]
#[command(name = "generate")]
struct Options {
    #[arg(long, env = "LEDGER_KAFKA_BOOTSTRAP", hide = true)]
    kafka: String,
    #[arg(long, env = "LEDGER_TOPIC_PREFIX", default_value = "ledger", hide = true)]
    prefix: String,
    #[arg(long, env = "LEDGER_STORE_DIR", hide = true)]
    store: PathBuf,
    /// Payments, approved or not
    #[arg(long, default_value_t = 10_000)]
    payments: u64,
    /// Over so many days, the last of which is yesterday
    #[arg(long, default_value_t = 30)]
    days: u32,
    /// The same seed on an empty ledger makes the same payments
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Merchants
    #[arg(long, default_value_t = 1_000)]
    merchants: usize,
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
    let kafka = KafkaSettings::new(&options.kafka, &options.prefix);
    let Options { payments, days, seed, merchants, .. } = *options;
    let (begun, mut said) = (Instant::now(), Instant::now());
    let made = generate(&kafka, &options.store, Wish { payments, days, seed, merchants }, |done| {
        if said.elapsed() > Duration::from_secs(5) {
            said = Instant::now();
            println!("{done} of {payments} payments, {}/s", per_second(done, begun.elapsed()));
        }
    })?;
    println!(
        "{} approved, {} not, {} cancels, {} answers lost on the way, {} refused; {} s, {} payments/s",
        made.approved,
        made.declined,
        made.cancelled,
        made.lost,
        made.refused,
        made.took.as_secs(),
        per_second(payments, made.took)
    );
    println!(
        "{} days closed, {} of them negative; {} cancels after the pay-out; {} contracts changed, {} adjustments",
        made.closed, made.negative, made.after_pay_out, made.changed, made.adjusted
    );
    println!(
        "{} pay-outs paid, {} of them sent back, {} not paid",
        made.paid_out, made.returned, made.failed
    );
    Ok(())
}
