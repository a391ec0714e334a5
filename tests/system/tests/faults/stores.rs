//! The api's store is only a copy of the ledger: it may be deleted, damaged or old, and nobody is told anything else for it.

use std::path::Path;
use std::time::Duration;

use ledger_tests::audit::{against_acquirer, against_callers, nothing_found};
use ledger_tests::ensure;
use ledger_tests::failure::{Done, During};
use ledger_tests::load::Load;
use ledger_tests::rig::{People, Rig};
use ledger_tests::town::Order;

const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Harm {
    Copy,
    Delete,
    Damage,
    PutOldBack,
}

#[test]
fn a_store_that_is_gone_damaged_or_old_changes_no_answer() -> Done {
    let mut rig = Rig::start("stores")?;
    let people = rig.people()?;
    let store = rig.stack.site.store_dir(0);
    let (old, aside) = (store.with_extension("old"), store.with_extension("damaged"));
    let first = rig.block(pay(&rig, &people))?;
    for (round, harm) in [Harm::Copy, Harm::Delete, Harm::Damage, Harm::PutOldBack].into_iter().enumerate() {
        let load = Load {
            urls: vec![rig.url()],
            merchants: people.merchants.clone(),
            clients: 8,
            operations: Some(200),
            seed: u64::try_from(round)?,
            word: format!("store-{round}"),
            patience: PATIENCE,
        };
        let history = rig.block(load.start(rig.handle())?.finish())?;
        rig.settled(PATIENCE)?;
        rig.api()?.stop()?;
        match harm {
            Harm::Copy => copy(&store, &old)?,
            Harm::Delete => std::fs::remove_dir_all(&store)?,
            Harm::Damage => damage(&store)?,
            Harm::PutOldBack => {
                std::fs::remove_dir_all(&store)?;
                copy(&old, &store)?;
            }
        }
        rig.api()?.start()?;
        rig.ready_again(PATIENCE)?;
        let damaged = [Harm::Damage, Harm::PutOldBack].contains(&harm);
        ensure!(aside.exists() == damaged, "round {round}: set aside is {}", aside.exists());
        // The first key gets its first answer again.
        let again = rig.block(pay(&rig, &people))?;
        ensure!(again == first, "round {round}: {again} after {first}");
        let book = rig.settled(PATIENCE)?;
        nothing_found("ledger and callers", &against_callers(&book, &history.deeds))?;
        nothing_found("ledger and acquirer", &against_acquirer(&book, &rig.memory()?))?;
    }
    Ok(())
}

/// One payment under one key: its id, whenever it is asked for.
async fn pay(rig: &Rig, people: &People) -> Done<String> {
    let merchant = people.merchant(0)?;
    let order = Order::new("the-first", 20_000);
    let reply = merchant.pay(&mut merchant.client(&rig.url()), &order).await?.ok()?;
    Ok(reply.text("paymentId")?.to_owned())
}

fn copy(from: &Path, to: &Path) -> Done {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).during(|| format!("read {}", from.display()))? {
        let (from, to) = (entry?.path(), to.to_path_buf());
        let to = to.join(from.file_name().during(|| "a name".to_owned())?);
        if from.is_dir() { copy(&from, &to)? } else { _ = std::fs::copy(&from, &to)? }
    }
    Ok(())
}

/// Turns a byte over in every 512 of every file.
fn damage(folder: &Path) -> Done {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            damage(&path)?;
            continue;
        }
        let mut bytes = std::fs::read(&path)?;
        bytes.iter_mut().step_by(512).for_each(|byte| *byte ^= 0x55);
        std::fs::write(&path, bytes)?;
    }
    Ok(())
}
