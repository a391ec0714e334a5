//! How many requests are under way, and whether the process is ending: an orderly stop waits for this to fall to nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

/// Counts requests; clones share the count.
#[derive(Clone, Debug)]
pub struct UnderWay {
    count: watch::Sender<usize>,
    ending: Arc<AtomicBool>,
}

/// One request under way, until dropped.
#[derive(Debug)]
pub struct Place(watch::Sender<usize>);

impl Default for UnderWay {
    fn default() -> Self {
        Self { count: watch::Sender::new(0), ending: Arc::default() }
    }
}

impl UnderWay {
    /// One more.
    #[must_use]
    pub fn enter(&self) -> Place {
        self.count.send_modify(|count| *count += 1);
        Place(self.count.clone())
    }

    /// Whether answers should ask clients to close their connections.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    /// Says that the process is ending and waits until no request is under way.
    pub async fn drained(&self) {
        self.ending.store(true, Ordering::Relaxed);
        // An error would mean that the sender is gone, and `self` holds it.
        drop(self.count.subscribe().wait_for(|count| *count == 0).await);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_waits_for_the_last_request() {
        let under_way = UnderWay::default();
        let (one, two) = (under_way.enter(), under_way.enter());
        let waiting = tokio::spawn({
            let under_way = under_way.clone();
            async move { under_way.drained().await }
        });
        drop(one);
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(two);
        waiting.await.unwrap();
        assert!(under_way.is_ending());
    }
}
