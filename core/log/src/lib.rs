//! The ledger's own rule over Kafka: record, chain, reader, writer, and the Kafka shell. Opaque headers and bytes: it knows no payment.
