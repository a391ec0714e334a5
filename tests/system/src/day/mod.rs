//! A day of business, played through the public API: an agency, two branches, three merchants on different terms, some two
//! hundred payments. Every idempotency key is fixed, so that playing it again changes nothing and shows the same.

mod cast;
mod report;
mod script;
mod table;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::client::Client;
use crate::failure::{Done, During};
use crate::honest::{self, Ending, Told};
use crate::town::{Merchant, Registrar};
use crate::{Failure, ensure, envelope};

pub use cast::{Cast, register};
pub use report::report;
use script::{Act, Cancel};

/// Where the stack is and with which key to begin.
#[derive(Clone, Debug)]
pub struct Stage {
    /// `LEDGER_API_URL`
    pub api_url: String,
    /// `LEDGER_OPERATOR_KEY`
    pub operator_key: String,
}

/// What was played, by how it ended.
#[derive(Debug, Default)]
pub struct Played {
    /// Payments by the state their caller last saw.
    pub payments: BTreeMap<String, u32>,
    /// Cancels that were done.
    pub cancels: u32,
    /// Cancels that were declined.
    pub cancels_declined: u32,
    /// The position of the last write of each partition.
    pub positions: BTreeMap<String, String>,
}

/// How long one payment may stay unknown: inquiries, then the net cancel.
const PATIENCE: Duration = Duration::from_secs(90);
/// Callers of each merchant at once.
const TILLS: usize = 3;

/// Registers everybody.
///
/// # Errors
/// The API refuses something.
pub async fn prepare(stage: &Stage) -> Done<Cast> {
    register(&mut Registrar::new(&stage.api_url, &stage.operator_key, "day")).await
}

/// Plays the day; `say` is told of progress.
///
/// # Errors
/// Something ended otherwise than the script has it.
pub async fn play(stage: &Stage, cast: &Cast, say: impl Fn(&str)) -> Done<Played> {
    let mut tills = tokio::task::JoinSet::new();
    for (merchant, acts) in script::acts(cast) {
        for till in 0..TILLS {
            let own: Vec<Act> = acts.iter().skip(till).step_by(TILLS).cloned().collect();
            let (url, merchant) = (stage.api_url.clone(), merchant.clone());
            tills.spawn(async move { work(&url, &merchant, own).await });
        }
    }
    let mut played = Played::default();
    while let Some(till) = tills.join_next().await {
        played.add(till??);
        say(&format!("{} payments, {} cancels", played.payments.values().sum::<u32>(), played.cancels));
    }
    Ok(played)
}

/// Returns when every table has reached the end of the day.
///
/// # Errors
/// One does not.
pub async fn reached(stage: &Stage, played: &Played) -> Done {
    let mut client = Client::new(&stage.api_url, &stage.operator_key);
    let at = played.vector();
    for path in ["/v1/transactions?limit=1", "/v1/branches/sales", "/v1/settlements"] {
        client.get_after(path, &at).await?;
    }
    Ok(())
}

impl Played {
    fn add(&mut self, other: Played) {
        for (state, count) in other.payments {
            *self.payments.entry(state).or_default() += count;
        }
        self.cancels += other.cancels;
        self.cancels_declined += other.cancels_declined;
        for position in other.positions.values() {
            self.reached(position);
        }
    }

    fn reached(&mut self, position: &str) {
        let Some((partition, seq)) = position.rsplit_once(':') else { return };
        let number =
            |text: &str| text.rsplit(':').next().and_then(|seq| seq.parse::<u64>().ok()).unwrap_or(0);
        let known = self.positions.entry(partition.to_owned()).or_default();
        if number(known) < number(seq) {
            position.clone_into(known);
        }
    }

    fn note(&mut self, told: &Told) {
        if let Some(position) = told.last.as_ref().and_then(|reply| reply.position()) {
            self.reached(position);
        }
    }

    /// All positions as one vector, for a read that must show all of the day.
    pub fn vector(&self) -> String {
        self.positions.values().cloned().collect::<Vec<_>>().join(",")
    }
}

async fn work(url: &str, merchant: &Merchant, acts: Vec<Act>) -> Done<Played> {
    let mut client = merchant.client(url);
    let mut played = Played::default();
    for act in acts {
        let body = merchant.key_in(&act.order, &act.order.id)?;
        let told =
            honest::command(&mut client, &merchant.id, envelope::PATH, &act.order.id, &body, PATIENCE).await;
        played.note(&told);
        let state = end_of(&told).during(|| format!("order {}", act.order.id))?;
        ensure!(
            state == act.ends,
            "order {} ended {state}, not {}: {:?}",
            act.order.id,
            act.ends,
            told.answers
        );
        *played.payments.entry(state).or_default() += 1;
        for (number, cancel) in act.cancels.iter().enumerate() {
            let payment = told.last.as_ref().during(|| "no answer".to_owned())?.text("paymentId")?.to_owned();
            undo(&mut client, merchant, &act, &payment, number, cancel, &mut played).await?;
        }
    }
    Ok(played)
}

async fn undo(
    client: &mut Client,
    merchant: &Merchant,
    act: &Act,
    payment: &str,
    number: usize,
    cancel: &Cancel,
    played: &mut Played,
) -> Done {
    let key = format!("{}/cancel-{number}", act.order.id);
    let path = format!("/v1/payments/{payment}/cancel");
    let told = honest::command(client, &merchant.id, &path, &key, &cancel.body(), PATIENCE).await;
    played.note(&told);
    let expected = if cancel.declined { Ending::Failed } else { Ending::Done };
    ensure!(told.ending == expected, "{key} ended {:?}: {:?} {:?}", told.ending, told.answers, told.last);
    if cancel.declined {
        played.cancels_declined += 1;
    } else {
        played.cancels += 1;
    }
    Ok(())
}

/// The payment's state, or the code of why there is none.
fn end_of(told: &Told) -> Done<String> {
    let reply = told.last.as_ref().ok_or_else(|| Failure::new(format!("no answer: {:?}", told.answers)))?;
    match told.ending {
        Ending::Done => Ok(reply.text("status")?.to_owned()),
        Ending::Failed => Ok(reply.code().to_owned()),
        Ending::Refused | Ending::Open => Err(reply.unexpected("a final answer")),
    }
}

/// What `cargo dev` puts into `target/dev/env`, as lines to source.
///
/// # Errors
/// The file cannot be written.
pub fn write_env(file: &Path, cast: &Cast) -> Done {
    let mocha = &cast.mocha;
    let lines = [
        ("LEDGER_MERCHANT_ID", mocha.id.clone()),
        ("LEDGER_MERCHANT_KEY", mocha.api_key.clone()),
        ("LEDGER_BRANCH_KEY", cast.gangnam.api_key.clone()),
        ("LEDGER_CARD_KEY_ID", mocha.card_key.id.clone()),
        ("LEDGER_CARD_KEY", mocha.card_key.base64()),
    ];
    let text: String = lines.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    private_file(file, &text).during(|| format!("write {}", file.display()))
}

/// Keys are nobody else's to read.
fn private_file(file: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600).open(file)?.write_all(text.as_bytes())
}
