//! What a person must know to make the sandbox decline or fail: written from the tables themselves, so it cannot be wrong.

use std::fmt::Write;

use super::fault::NAMES;
use super::magic::{
    APPROVE_DECLINES, APPROVE_MAINTENANCE, CANCEL_DECLINES, CANCEL_MAINTENANCE, MAINTENANCE_CARD,
};

const FAULTS: &str = "
Faults. One word asks for one; `before` means before the work, which is then not done (for late-before: done when the
time is over, whether or not the caller still waits):";

const HOW: &str = "
  hold: the approval is held back; an inquiry finds nothing; it is delivered right after the net cancel of its operation,
  or by POST /operations/ID/deliver.

Four ways to ask, the first that says something wins:
  header    sandbox-fault: drop-before, late_3000 (milliseconds)
  order id  sbx-TARGET_FAULT[_MS][_xN|_always]-...-ANYTHING with TARGET approve, cancel, netcancel or inquire, several in a
            row: sbx-approve_never-cancel_dropbefore_x2-order7. N: strikes the first N requests of an operation; 1 if not said
  amount    ends in 55nn at approval, 56nn at a cancel of that amount, 57nn at net cancel, 58nn at inquiry; first request only
  chance    POST /settings {\"seed\":7,\"lateMs\":3000,\"maintenance\":false,\"approve\":{\"drop\":10000},\"cancel\":{},
            \"netCancel\":{},\"inquire\":{}}: probabilities per million; a field left out goes back to its default

Also: GET /operations/ID, GET /memory?after=ID&limit=N, GET /memory/totals, GET /settings, GET /health.
";

/// The whole guide, for `--help`.
pub fn guide() -> String {
    let mut text =
        String::from("Approvals that are declined, by the amount's last four digits or by card:\n");
    for decline in &APPROVE_DECLINES {
        line(&mut text, format_args!("{}  {}  {}", decline.amount, decline.card, decline.code));
    }
    line(&mut text, format_args!("{APPROVE_MAINTENANCE}  {MAINTENANCE_CARD}  not attempted (maintenance)"));
    text.push_str("\nCancels that are declined, by their own amount's last four digits:\n");
    for (amount, code, _) in &CANCEL_DECLINES {
        line(&mut text, format_args!("{amount}  {code}"));
    }
    line(&mut text, format_args!("{CANCEL_MAINTENANCE}  not attempted (maintenance)"));
    text.push_str("\nAn amount that ends in 0 never means anything.\n");
    text.push_str(FAULTS);
    text.push('\n');
    for (name, ending, _) in &NAMES {
        line(&mut text, format_args!("{ending:02}  {name}"));
    }
    text.push_str(HOW);
    text
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "  {content}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_names_every_decline_and_every_fault_with_its_digits() {
        let text = guide();
        for decline in &APPROVE_DECLINES {
            assert!(text.contains(&format!("{}  {}  {}\n", decline.amount, decline.card, decline.code)));
        }
        for (amount, code, _) in &CANCEL_DECLINES {
            assert!(text.contains(&format!("{amount}  {code}\n")));
        }
        for (name, ending, _) in &NAMES {
            assert!(text.contains(&format!("{ending:02}  {name}\n")));
        }
    }
}
