//! What the engine itself wants of the directory: opened partitions, the configured acquirers, the first operator's key. All go
//! the way of every command; a second time the directory refuses them.

use super::FirstKey;
use super::partitions::Partitions;
use super::shell::Shell;
use super::slot::Slot;
use crate::owner::{DirectoryView, Fatal, Own, OwnCommand, Standing, own_command_id};
use crate::store::Keep;
use ledger_domain::directory::{
    Digest, DirectoryCommand, IssueKey, OpenPartition, PartitionRef, RegisterAcquirer, Scope,
};
use ledger_domain::lines::AcquirerId;
use ledger_domain::recorded::Actor;
use ledger_log::{Genesis, Hash, PartitionId, Position};

impl<I: Shell, S: Keep> Partitions<I, S> {
    /// Asks the directory for what is missing in it, where this process leads it. To be called when its reign begins and whenever a
    /// partition begins, whoever leads that. The acquirers come with whether they keep tombstones.
    pub fn chores(&mut self, first_operator_key: Option<&FirstKey>, acquirers: &[(AcquirerId, bool)]) {
        let leads = |slot: &Slot<I, S>| slot.owner.standing() == &Standing::Leading;
        if !self.slots.first().is_some_and(leads) {
            return;
        }
        let view = self.directory();
        let mut wanted = Vec::new();
        if let Some(first) = first_operator_key.filter(|_| view.directory.has_no_keys()) {
            let (key_id, hash) = (first.key_id, first.hash);
            let issue = IssueKey { key_id, scope: Scope::Operator, hash };
            wanted.push((format!("first-key/{key_id}"), DirectoryCommand::IssueKey(issue)));
        }
        for (acquirer, tombstones) in acquirers {
            if view.directory.acquirer(acquirer).is_none_or(|known| known.tombstones != *tombstones) {
                // A promise may be changed back: then it is another command, after another position.
                let after = view.position.as_ref().map_or_else(String::new, Position::to_string);
                let command = RegisterAcquirer { acquirer: acquirer.clone(), tombstones: *tombstones };
                let about = format!("acquirer/{acquirer}/{tombstones}/{after}");
                wanted.push((about, DirectoryCommand::RegisterAcquirer(command)));
            }
        }
        wanted.extend(self.slots.iter().skip(1).filter_map(|slot| opening(slot, &view)));
        let Some(directory) = self.slots.first_mut() else { return };
        for (about, command) in wanted {
            directory.owner.want(Own {
                command: own_command_id(&about),
                actor: Actor::System,
                cause: None,
                what: OwnCommand::Directory(command),
                work: None,
            });
        }
    }

    /// What a payments partition begins with where it is empty: a genesis that quotes the directory's. None for one that was opened
    /// once: if that is empty it is a loss, never a new beginning.
    pub fn genesis_of(
        &self,
        at: &PartitionId,
        directory: &Genesis,
        directory_hash: &Hash,
    ) -> Option<Genesis> {
        let new = || Genesis {
            of: Some(directory_hash.to_string()),
            incarnation: self.me.incarnation.clone(),
            address: self.me.address.clone(),
            ..directory.clone()
        };
        self.opened(at).is_none().then(new)
    }

    /// Holds every payments partition against the directory, whose genesis and its hash these are. One that differs from what was
    /// opened stops all of them.
    pub fn check_geneses(&mut self, directory: &Genesis, directory_hash: &Hash) {
        let mut wrong = None;
        for slot in self.slots.iter().skip(1) {
            let Some(row) = slot.owner.genesis() else {
                if matches!(slot.owner.standing(), Standing::Stopped(_)) && self.opened(&slot.at).is_some() {
                    wrong = Some(format!(
                        "{} was opened once, and now it cannot be read from its beginning",
                        slot.at
                    ));
                }
                continue;
            };
            let quotes = Genesis::read(&row.payload).ok().is_some_and(|genesis| {
                genesis.ledger_id == directory.ledger_id && genesis.of == Some(directory_hash.to_string())
            });
            let opened = self.opened(&slot.at);
            if !quotes || opened.is_some_and(|opened| opened != Digest(row.hash.0)) {
                let opened = opened.map_or_else(|| "nothing".to_owned(), |hash| hash.to_string());
                wrong = Some(format!("{} has genesis {}, the directory says {opened}", slot.at, row.hash));
            }
        }
        if let Some(why) = wrong {
            self.slots.iter_mut().for_each(|slot| slot.stop(&Fatal::Disagree(why.clone())));
        }
    }
}

/// The command that opens a partition in the directory, if it is not: its genesis is accepted and was read.
fn opening<I: Shell, S: Keep>(slot: &Slot<I, S>, view: &DirectoryView) -> Option<(String, DirectoryCommand)> {
    let row = slot.owner.genesis().filter(|_| !matches!(slot.owner.standing(), Standing::Stopped(_)))?;
    let partition = PartitionRef { topic: slot.at.topic.to_string(), partition: slot.at.partition };
    if view.directory.partitions().any(|(known, _)| *known == partition) {
        return None;
    }
    let genesis_hash = Digest(row.hash.0);
    let about = format!("open/{}/{genesis_hash}", slot.at);
    Some((about, DirectoryCommand::OpenPartition(OpenPartition { partition, genesis_hash })))
}
