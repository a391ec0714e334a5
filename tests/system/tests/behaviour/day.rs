//! The day of business that the first `cargo dev up` plays.

use ledger_tests::ensure;
use ledger_tests::failure::Done;
use ledger_tests::rig::Rig;

#[test]
fn the_day_of_business_plays_and_changes_nothing_when_played_again() -> Done {
    let rig = Rig::start("day")?;
    let first = day(&rig)?;
    for word in ["Merchant (가맹점)", "Branch (영업점)", "Finance (재무)", "Auditor (감사)", "no difference"]
    {
        ensure!(first.contains(word), "{word} is missing in\n{first}");
    }
    let records = rig.settled(std::time::Duration::from_secs(30))?.records;
    let again = day(&rig)?;
    ensure!(rig.book()?.records == records, "a second run wrote records");
    ensure!(first == again, "a second run shows something else:\n{first}\n{again}");
    let env = std::fs::read_to_string(env_file(&rig))?;
    for name in ["MERCHANT_ID", "MERCHANT_KEY", "BRANCH_KEY", "CARD_KEY_ID", "CARD_KEY"] {
        ensure!(env.contains(&format!("LEDGER_{name}=")), "LEDGER_{name} is missing in\n{env}");
    }
    Ok(())
}

fn env_file(rig: &Rig) -> std::path::PathBuf {
    rig.stack.folder().join("env.day")
}

fn day(rig: &Rig) -> Done<String> {
    let file = env_file(rig).to_string_lossy().into_owned();
    let mut command = rig.stack.site.tool("day", &["--env-file", &file]);
    let output = command.envs(rig.stack.site.client_env()).output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "day: {}: {said}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
