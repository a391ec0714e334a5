//! Faults by chance: probabilities per million and a seed. The draw is a hash of seed, endpoint, operation and attempt,
//! so the same seed and the same operations meet the same faults in whatever order they arrive.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fault::{self, Endpoint, Fault};

/// `GET` and `POST /settings`; a field left out gets its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// Of the draws.
    pub seed: u64,
    /// How late `late` is when nothing else is said, in milliseconds.
    pub late_ms: u64,
    /// Every new approve and cancel is answered "not attempted".
    pub maintenance: bool,
    /// Probability per million by fault name, at the approval.
    pub approve: BTreeMap<String, u32>,
    /// At a cancel.
    pub cancel: BTreeMap<String, u32>,
    /// At a net cancel.
    pub net_cancel: BTreeMap<String, u32>,
    /// At an inquiry.
    pub inquire: BTreeMap<String, u32>,
}

impl Default for Settings {
    fn default() -> Settings {
        let none = BTreeMap::new;
        let (approve, cancel, net_cancel, inquire) = (none(), none(), none(), none());
        Settings { seed: 0, late_ms: 3_000, maintenance: false, approve, cancel, net_cancel, inquire }
    }
}

impl Settings {
    /// Refuses names that are no fault and probabilities that sum to more than a million.
    pub fn check(&self) -> Result<(), String> {
        for faults in [&self.approve, &self.cancel, &self.net_cancel, &self.inquire] {
            if let Some(name) = faults.keys().find(|name| fault::parse(name).is_none()) {
                return Err(format!("{name} is no fault"));
            }
            if faults.values().map(|p| u64::from(*p)).sum::<u64>() > 1_000_000 {
                return Err("probabilities are per million and sum to more than that".into());
            }
        }
        Ok(())
    }

    fn of(&self, endpoint: Endpoint) -> &BTreeMap<String, u32> {
        match endpoint {
            Endpoint::Approve => &self.approve,
            Endpoint::Cancel => &self.cancel,
            Endpoint::NetCancel => &self.net_cancel,
            Endpoint::Inquire => &self.inquire,
        }
    }

    /// Whether any fault may be drawn at this endpoint.
    pub fn may_draw(&self, endpoint: Endpoint) -> bool {
        !self.of(endpoint).is_empty()
    }

    /// The fault that chance gives to this attempt (counted from 0) of this operation.
    pub fn draw(&self, endpoint: Endpoint, operation: &str, attempt: u32) -> Option<Fault> {
        let text = format!("{}|{endpoint:?}|{operation}|{attempt}", self.seed);
        let hash = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        let number = hash.as_ref().iter().take(8).fold(0u64, |n, byte| n << 8 | u64::from(*byte));
        let mut left = number % 1_000_000;
        for (name, probability) in self.of(endpoint) {
            let probability = u64::from(*probability);
            if left < probability {
                return fault::parse(name).map(|spec| spec.fault);
            }
            left -= probability;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(seed: u64, drop: u32, never: u32) -> Settings {
        let approve = BTreeMap::from([("drop".to_owned(), drop), ("never".to_owned(), never)]);
        Settings { seed, approve, ..Settings::default() }
    }

    #[test]
    fn the_same_seed_draws_the_same_faults_and_another_seed_others() {
        let draws = |seed| {
            let settings = settings(seed, 300_000, 300_000);
            (0..200).map(|n| settings.draw(Endpoint::Approve, &format!("op{n}"), 0)).collect::<Vec<_>>()
        };
        assert_eq!(draws(1), draws(1));
        assert_ne!(draws(1), draws(2));
    }

    #[test]
    fn probabilities_are_roughly_kept() {
        let settings = settings(9, 250_000, 0);
        let hit =
            (0..4_000).filter(|n| settings.draw(Endpoint::Approve, &n.to_string(), 0).is_some()).count();
        assert!((850..1_150).contains(&hit), "{hit} of 4000 at a quarter");
        assert_eq!(settings.draw(Endpoint::Cancel, "op", 0), None, "each endpoint has its own");
    }

    #[test]
    fn settings_that_make_no_sense_are_refused() {
        assert!(settings(0, 600_000, 600_000).check().is_err());
        let misspelt = Settings { cancel: BTreeMap::from([("dorp".to_owned(), 1)]), ..Settings::default() };
        assert!(misspelt.check().is_err());
    }
}
