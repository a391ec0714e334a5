//! Deliberate breaks of the rule, compiled only for this crate's own tests: the simulation must catch each.
//! Outside tests `sabotage!` is the constant false and no branch remains.

/// One way to break the rule.
#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sabotage {
    SkipPrev,
    SkipSeq,
    SkipTerm,
    AcceptTwice,
    NoOrphanBound,
    AcceptByOffsetAlone,
    UnknownIsFailed,
    RefusalIsFinal,
    SuccessWithoutOffsetIsAccepted,
    NoFence,
    FenceWithoutItsGap,
    ConfirmByOldWatermark,
    ConfirmUnjudged,
    ConfirmByWatermark,
    IgnoreLogWentBack,
    AcknowledgeOnSend,
    KeepOverlay,
    EarlyRejection,
    DecideAgainAfterForeignFence,
    PassOnAndAnswer,
}

#[cfg(test)]
macro_rules! sabotage {
    ($who:expr, $kind:ident) => {
        $who.sabotage == Some($crate::sabotage::Sabotage::$kind)
    };
}

#[cfg(not(test))]
macro_rules! sabotage {
    ($who:expr, $kind:ident) => {
        $crate::sabotage::never()
    };
}

/// A function where a literal would do, because the lints rightly simplify conditions with literals in them.
#[cfg(not(test))]
#[inline(always)]
pub(crate) const fn never() -> bool {
    false
}

pub(crate) use sabotage;
