//! HTTP in, events out: one operation a file, the partition's owner, the acquirers, and queries over the read models.
