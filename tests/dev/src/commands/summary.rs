//! What a person sees when the stack serves: addresses, keys, and a first request to paste.

use crate::{DevError, Paths, envfile, logfile, out};

/// Prints it, after what the day of business had to say if it was played in this run of the stack.
pub fn print(paths: &Paths) -> Result<(), DevError> {
    let env = envfile::read(&paths.env())?;
    let report = paths.report();
    let played = logfile::whole(&report);
    if !played.is_empty() {
        out::say(format_args!("\n{}", played.trim_end()));
        // Said once: the next start plays nothing.
        let _ = std::fs::rename(&report, paths.data().join("first-day.txt"));
    }
    out::say("\nIt serves.");
    for (name, value) in &env {
        out::say(format_args!("  {name}={value}"));
    }
    let file = paths.env();
    let file = file.strip_prefix(&paths.root).unwrap_or(&file).display();
    out::say("\nA first payment, to paste (the same is in the README, with a cancel and the reads):\n");
    out::say(format_args!("{}", FIRST_PAYMENT.replace("ENV_FILE", &file.to_string())));
    Ok(())
}

const FIRST_PAYMENT: &str = r#"  set -a; . ENV_FILE; set +a
  ORDER=order-$(date +%s)
  curl -s "$LEDGER_API_URL/v1/payments/key-in" \
    -H "Authorization: Bearer $LEDGER_MERCHANT_KEY" -H "Idempotency-Key: pay-$ORDER" -H 'Content-Type: application/json' \
    -d "$(cargo dev seal --order-id $ORDER --idempotency-key pay-$ORDER --amount 11000)"; echo
"#;
