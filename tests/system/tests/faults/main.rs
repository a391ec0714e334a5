//! What the running product does when something breaks: acquirers that do not answer, engines that are away, processes
//! that are killed under load. Each test has a stack of its own to break.

#![cfg(test)]

mod kills;
mod outages;
mod overload;
mod partitions;
mod paused;
mod power;
mod processes;
mod resting;
mod settlement;
mod snapshots;
mod stores;
mod tombstones;
mod torture;
mod unknowns;
