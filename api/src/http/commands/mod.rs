//! What became of a command, for a caller who got no answer: by its id, or by the idempotency key it was sent with.

pub mod body;
pub mod doubt;
pub mod find_command;
pub mod get_command;
