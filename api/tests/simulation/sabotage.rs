//! Deliberate breaks of what surrounds the owners: the checks must catch each.

/// One way to do it wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// A command whose receipt is uncertain is passed on once more, as another command.
    PassedOnTwice,
    /// A caller whose command's receipt is uncertain is told that nobody took it.
    UncertainIsFailed,
    /// What was passed on once is passed on again.
    PassedOnFurther,
    /// The time of a command that was passed on counts from its arrival at the second process.
    FreshTime,
    /// A key that is not known here is refused without a look at the directory.
    KeyRefusedAtOnce,
    /// The directory counts as read, whatever was read of it.
    DirectoryUnread,
    /// Payments partitions confirm every question at once.
    ConfirmedAtOnce,
    /// What the owner has not recorded counts as never to be recorded.
    NeverInDoubt,
    /// The other processes are not asked whether they may still bring a command.
    OthersNotAsked,
}
