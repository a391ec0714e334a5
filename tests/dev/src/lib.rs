//! The local stack: cargo dev. Pulls in no crate with C code, because it must run before a C library is installed.
