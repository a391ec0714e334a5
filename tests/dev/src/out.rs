//! Words for the person at the terminal. A terminal that is gone (`… | head`, a closed window) must not end the
//! supervisor, as `println!` would: what cannot be said is not said.

use std::fmt::Display;
use std::io::Write;

/// A line of what was asked for.
pub fn say(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A line about what is going on.
pub fn note(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
