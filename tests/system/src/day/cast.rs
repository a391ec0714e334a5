//! Who plays: one agency, two branches, three merchants whose terms differ in everything a contract can say.

use crate::failure::Done;
use crate::town::{Member, Merchant, Registrar, Terms, contract};

/// Everybody.
pub struct Cast {
    /// 한빛대리점
    pub agency: Member,
    /// 강남영업점
    pub gangnam: Member,
    /// 해운대영업점
    pub haeundae: Member,
    /// Coffee: taxable, D+2, 3 % and VAT on top, fees returned with a cancel.
    pub mocha: Merchant,
    /// Books and stationery: partly tax-free, D+5, 2.2 % and 100 won with VAT in it, fees kept.
    pub books: Merchant,
    /// Fish: exempt, D+1, 1.5 % without VAT, fees returned on the day of the sale.
    pub fish: Merchant,
}

const MOCHA: Terms<'static> = Terms {
    fee: "0.03",
    fee_vat: "EXCLUDED",
    fixed: 0,
    branch_rate: "0.005",
    agency_rate: "0.002",
    cycle_days: 2,
    cost: "0.02",
    minimum: 100,
    fee_return: "YES",
};

const BOOKS: Terms<'static> = Terms {
    fee: "0.022",
    fee_vat: "INCLUDED",
    fixed: 100,
    branch_rate: "0.003",
    agency_rate: "0.001",
    cycle_days: 5,
    cost: "0.015",
    minimum: 1_000,
    fee_return: "NO",
};

const FISH: Terms<'static> = Terms {
    fee: "0.015",
    fee_vat: "EXEMPT",
    fixed: 0,
    branch_rate: "0.002",
    agency_rate: "0.0005",
    cycle_days: 1,
    cost: "0.012",
    minimum: 10_000,
    fee_return: "SAME_DAY",
};

/// Registers them, or finds them again.
///
/// # Errors
/// The API refuses something.
pub async fn register(registrar: &mut Registrar) -> Done<Cast> {
    let agency = registrar.agency("agency", "한빛대리점").await?;
    let gangnam = registrar.branch("gangnam", "강남영업점", &agency).await?;
    let haeundae = registrar.branch("haeundae", "해운대영업점", &agency).await?;
    let terms = contract(&MOCHA, &gangnam, &agency);
    let mocha = registrar.merchant("mocha", "모카커피", &gangnam, "TAXABLE", &terms).await?;
    let terms = contract(&BOOKS, &gangnam, &agency);
    let books = registrar.merchant("books", "새벽서점", &gangnam, "MIXED", &terms).await?;
    let terms = contract(&FISH, &haeundae, &agency);
    let fish = registrar.merchant("fish", "바다수산", &haeundae, "EXEMPT", &terms).await?;
    Ok(Cast { agency, gangnam, haeundae, mocha, books, fish })
}

impl Cast {
    /// The name behind an id, for a person.
    pub fn name<'a>(&'a self, id: &'a str) -> &'a str {
        let members = [&self.agency, &self.gangnam, &self.haeundae].map(|member| (&member.id, &member.name));
        let merchants = self.merchants().map(|merchant| (&merchant.id, &merchant.name));
        let mut known = members.into_iter().chain(merchants);
        known.find(|(known, _)| known.as_str() == id).map_or(id, |(_, name)| name)
    }

    /// The three.
    pub fn merchants(&self) -> [&Merchant; 3] {
        [&self.mocha, &self.books, &self.fish]
    }
}
