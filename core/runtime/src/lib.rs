//! What every process needs and no ledger: configuration, telemetry, shutdown, and the one place that hands out MariaDB connections.
