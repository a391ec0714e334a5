//! What a payment is: money, events, decide and evolve, fees, postings. No clock, no network, no database, no async, no Kafka.
