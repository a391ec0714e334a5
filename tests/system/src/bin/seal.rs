//! `cargo dev seal`: makes a card's envelope in a shell, as a merchant's program would. Prints JSON and nothing else.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use ledger_tests::envelope::{Bound, Card, CardKey, GOOD_CARD, now_ms, seal};
use ledger_tests::failure::Done;
use serde_json::{Value, json};

/// Seals a card for one order and one idempotency key. The keys come from the environment (`target/dev/env`).
#[derive(Parser)]
#[command(name = "seal")]
struct Options {
    /// The order the envelope is for
    #[arg(long)]
    order_id: String,
    /// The Idempotency-Key header it will be sent with
    #[arg(long)]
    idempotency_key: String,
    /// The card's number
    #[arg(long, default_value = GOOD_CARD)]
    card: String,
    /// The card's expiry
    #[arg(long, default_value = "35/12", value_name = "YY/MM")]
    expiry: String,
    /// The holder's birth date (YYMMDD) or business number
    #[arg(long)]
    identity: Option<String>,
    /// The first two digits of the card's password
    #[arg(long)]
    password: Option<String>,
    /// Print the whole body of a key-in over so many won, instead of the envelope alone
    #[arg(long, value_name = "WON")]
    amount: Option<i64>,
    /// What is bought, in that body
    #[arg(long, default_value = "Coffee")]
    order_name: String,
    /// The merchant's id (`mer_…`)
    #[arg(long, env = "LEDGER_MERCHANT_ID")]
    merchant: String,
    /// The id of the merchant's card key (`cky_…`)
    #[arg(long, env = "LEDGER_CARD_KEY_ID")]
    card_key_id: String,
    /// That key, 32 bytes in base64
    #[arg(long, env = "LEDGER_CARD_KEY", hide_env_values = true)]
    card_key: String,
}

fn main() -> ExitCode {
    let printed = made(&Options::parse()).and_then(|value| Ok(writeln!(std::io::stdout(), "{value}")?));
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn made(options: &Options) -> Done<Value> {
    let key = CardKey::new(&options.card_key_id, &options.card_key)?;
    let (year, month) = options.expiry.split_once('/').unwrap_or((&options.expiry, ""));
    let card = Card {
        number: options.card.clone(),
        year: year.to_owned(),
        month: month.to_owned(),
        identity: options.identity.clone(),
        password: options.password.clone(),
    };
    let (merchant, order_id) = (options.merchant.as_str(), options.order_id.as_str());
    let bound = Bound { merchant, order_id, idempotency_key: &options.idempotency_key };
    let card = seal(&key, &card, bound, now_ms())?;
    let name = &options.order_name;
    Ok(match options.amount {
        Some(amount) => json!({ "orderId": order_id, "orderName": name, "amount": amount, "card": card }),
        None => card,
    })
}
