//! HTTP: one operation a file, every route in `routes.rs`. Handlers parse, execute, render; no rule of the ledger is here.

pub mod app;
pub mod body;
pub mod command;
pub mod csv;
pub mod gate;
pub mod input;
pub mod instant;
pub mod openapi;
pub mod outermost;
pub mod pass_on;
pub mod peers;
pub mod problem;
pub mod query;
pub mod route;
pub mod routes;
pub mod search;
pub mod server;
pub mod under_way;
pub mod waiting;

pub mod balances;
pub mod branches;
pub mod commands;
pub mod directory;
pub mod internal;
pub mod payees;
pub mod payments;
pub mod settlements;
pub mod system;
pub mod transactions;
