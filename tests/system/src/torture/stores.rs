//! What each process says of a payment, from its own store, against the ledger.

use super::APIS;
use crate::audit::Book;
use crate::failure::Done;
use crate::rig::{People, Rig};

/// So many payments are asked for at each process.
const ASKED: usize = 300;

/// How many answers were compared, and which differ.
pub async fn compare(rig: &Rig, people: &People, book: &Book) -> Done<(u64, Vec<String>)> {
    let (mut compared, mut findings) = (0, Vec::new());
    let every = book.payments.len().div_ceil(ASKED).max(1);
    for number in 0..APIS {
        let url = rig.stack.api_url(number);
        let mut clients: Vec<_> =
            people.merchants.iter().map(|merchant| (&merchant.id, merchant.client(&url))).collect();
        for (payment, account) in book.payments.iter().step_by(every) {
            let mine = clients.iter_mut().find(|(id, _)| **id == account.merchant);
            let Some((_, client)) = mine else { continue };
            let reply = client.get(&format!("/v1/payments/{payment}")).await?.ok()?;
            let charged = matches!(reply.text("status")?, "DONE" | "PARTIAL_CANCELED" | "CANCELED");
            let right = reply.number("version")? == i64::try_from(account.events.len())?
                && reply.number("balanceAmount")? == account.net()
                && charged == (account.approved > 0);
            compared += 1;
            if !right {
                findings.push(format!("{url} says {}; the ledger {:?}", reply.body, account.events));
            }
        }
    }
    Ok((compared, findings))
}
