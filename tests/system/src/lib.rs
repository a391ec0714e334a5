//! End to end, faults, load, benchmarks: what a user of the whole product sees.
