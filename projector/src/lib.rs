//! Events in, rows out: follows the ledger into MariaDB, rebuilds, verifies, and replays for an auditor.
