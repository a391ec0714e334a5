//! Ten thousand payments and cancels by 64 clients over HTTP; then the tables against the ledger, against one another, and
//! against SQL that was written from the money rules without a look at the projector. `LEDGER_TEST_OPERATIONS` scales it.

#![cfg(test)]

use std::time::{Duration, Instant};

use ledger_tests::audit::{Account, Book, against_acquirer, against_callers, nothing_found};
use ledger_tests::ensure;
use ledger_tests::failure::Done;
use ledger_tests::honest::Ending;
use ledger_tests::load::{Deed, Load, What};
use ledger_tests::rig::Rig;
use ledger_tests::sql::Database;

const OPERATIONS: i64 = 10_000;

#[test]
fn ten_thousand_operations_by_64_clients_agree_to_the_won_everywhere() -> Done {
    let rig = Rig::start("volume")?;
    let people = rig.people()?;
    let operations = operations()?;
    let load = Load {
        urls: vec![rig.url()],
        merchants: people.merchants.clone(),
        clients: 64,
        operations: Some(operations),
        seed: 10_000,
        word: "volume".to_owned(),
        patience: Duration::from_secs(120),
    };
    let begun = Instant::now();
    let history = rig.block(load.start(rig.handle())?.finish())?;
    let took = begun.elapsed();
    ensure!(i64::try_from(history.deeds.len())? == operations, "only {} commands", history.deeds.len());
    let book = rig.settled(Duration::from_secs(60))?;
    rig.projected(&book, Duration::from_secs(120))?;
    let lag = begun.elapsed() - took;
    nothing_found("replays", &history.wrong_replays)?;
    nothing_found("ledger and callers", &against_callers(&book, &history.deeds))?;
    nothing_found("ledger and acquirer", &against_acquirer(&book, &rig.memory()?))?;
    let said = rig.verify()?;
    let database = rig.database()?;
    rig.block(sums_agree(&database, &book, &history.deeds))?;
    rig.block(every_payment_follows_the_rules(&database, &book))?;
    eprintln!(
        "{} commands and {} repeated ones in {:.1} s; tables at the end {:.1} s later\n{said}",
        history.deeds.len(),
        history.replays,
        took.as_secs_f32(),
        lag.as_secs_f32()
    );
    Ok(())
}

fn operations() -> Done<i64> {
    Ok(std::env::var("LEDGER_TEST_OPERATIONS").map_or(Ok(OPERATIONS), |text| text.parse())?)
}

/// What callers were told, the ledger, and each of three tables, summed in four different ways.
async fn sums_agree(database: &Database, book: &Book, deeds: &[Deed]) -> Done {
    let told = |pay: bool| -> i64 {
        let done = deeds.iter().filter(|deed| deed.told.ending == Ending::Done);
        done.map(|deed| match deed.what {
            What::Pay { amount, .. } if pay => amount,
            What::Cancel { amount, .. } if !pay => amount,
            What::Pay { .. } | What::Cancel { .. } => 0,
        })
        .sum()
    };
    let ledger = |of: fn(&Account) -> i64| book.payments.values().map(of).sum::<i64>();
    let expected = (ledger(|account| account.approved), ledger(|account| account.cancelled));
    ensure!(expected.0 > 0 && expected.1 > 0, "nothing was paid or nothing cancelled");
    ensure!((told(true), told(false)) == expected, "callers were told {:?}", (told(true), told(false)));
    for sql in [
        "SELECT CAST(SUM(IF(amount > 0, amount, 0)) AS SIGNED), CAST(-SUM(IF(amount < 0, amount, 0)) AS SIGNED)
         FROM transactions",
        "SELECT CAST(SUM(approval_amount) AS SIGNED), CAST(SUM(cancel_amount) AS SIGNED)
         FROM branch_sales_by_day WHERE is_top = 1",
        "SELECT CAST(SUM(IF(kind = 'SALE', amount, 0)) AS SIGNED), CAST(-SUM(IF(kind = 'CANCEL', amount, 0)) AS SIGNED)
         FROM settlement_entries WHERE payee_kind = 'MERCHANT'",
    ] {
        let found: (i64, i64) = database.row(sql).await?;
        ensure!(found == expected, "{sql} gives {found:?}, the ledger {expected:?}");
    }
    let (owed, kept): (i64, i64) = database
        .row(
            "SELECT CAST(SUM(pay_out_amount) AS SIGNED),
                    CAST((SELECT SUM(amount) - SUM(fee_supply) - SUM(fee_vat) FROM transactions) AS SIGNED)
             FROM settlement_entries WHERE payee_kind = 'MERCHANT'",
        )
        .await?;
    ensure!(owed == kept, "merchants are owed {owed}, sales less fees are {kept}");
    Ok(())
}

/// For each payment, whatever its cancels were: VAT, fee and commissions are exactly those of what is left of it.
/// 3 % and VAT on top, branch 0.5 % and agency 0.2 % likewise, each rounded down; sale's VAT the nearest of an eleventh.
async fn every_payment_follows_the_rules(database: &Database, book: &Book) -> Done {
    let paid = book.payments.values().filter(|account| account.approved > 0).count();
    let (checked, wrong): (i64, i64) = database
        .row(
            "SELECT COUNT(*), CAST(SUM(vat <> (2 * rest + 11) DIV 22
                 OR fee_supply <> rest * 3 DIV 100 OR fee_vat <> rest * 3 DIV 100 DIV 10
                 OR supply + vat <> rest OR tax_free <> 0) AS SIGNED)
             FROM (SELECT SUM(amount) rest, SUM(vat) vat, SUM(supply) supply, SUM(tax_free) tax_free,
                          SUM(fee_supply) fee_supply, SUM(fee_vat) fee_vat
                   FROM transactions GROUP BY payment_id HAVING SUM(amount > 0) > 0) payment",
        )
        .await?;
    ensure!(usize::try_from(checked).is_ok_and(|checked| checked == paid), "{checked} of {paid} payments");
    ensure!(wrong == 0, "{wrong} payments break the rules of VAT and fees");
    for (kind, per_mille) in [("BRANCH", 5), ("AGENCY", 2)] {
        let sql = format!(
            "SELECT COUNT(*), CAST(SUM(owed <> rest * {per_mille} DIV 1000 + rest * {per_mille} DIV 1000 DIV 10) AS SIGNED)
             FROM (SELECT payment_id, SUM(pay_out_amount) owed FROM settlement_entries
                   WHERE payee_kind = '{kind}' GROUP BY payment_id) commission
             JOIN (SELECT payment_id, SUM(amount) rest FROM transactions GROUP BY payment_id) payment
                  USING (payment_id)"
        );
        let (checked, wrong): (i64, i64) = database.row(&sql).await?;
        ensure!(usize::try_from(checked).is_ok_and(|checked| checked == paid), "{kind}: {checked} of {paid}");
        ensure!(wrong == 0, "{wrong} commissions of {kind} break the rules");
    }
    Ok(())
}
