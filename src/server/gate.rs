//! So many requests at once; some more may wait, the rest is told to come again.

use super::answer::Refusal;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

#[derive(Debug)]
pub struct Gate {
    places: Arc<Semaphore>,
    limit: usize,
    waiting: AtomicUsize,
    queue: usize,
}

/// One place in the queue.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Gate {
    pub fn new(limit: usize, queue: usize) -> Self {
        Gate { places: Arc::new(Semaphore::new(limit)), limit, waiting: AtomicUsize::new(0), queue }
    }

    /// Waits for a place, if there is room to wait.
    pub async fn enter(&self, patience: Duration) -> Result<OwnedSemaphorePermit, Refusal> {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(place);
        }
        let refusal = || Refusal::too_many(self.limit, "--max-requests, --queue");
        let before = self.waiting.fetch_add(1, Ordering::SeqCst);
        let _waiting = Waiting(&self.waiting);
        if before >= self.queue {
            return Err(refusal());
        }
        match tokio::time::timeout(patience, Arc::clone(&self.places).acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(refusal()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn a_bounded_queue() {
        let gate = Arc::new(Gate::new(1, 1));
        let short = Duration::from_millis(50);
        let place = gate.enter(short).await.unwrap();
        let second = tokio::spawn({
            let gate = Arc::clone(&gate);
            async move { gate.enter(Duration::from_secs(20)).await.is_ok() }
        });
        while gate.waiting.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let refusal = gate.enter(short).await.unwrap_err();
        assert_eq!((refusal.status.as_u16(), refusal.retry_after), (429, Some(1)));
        drop(place);
        assert!(second.await.unwrap(), "the one that waited");
        assert!(gate.enter(short).await.is_ok());
        let _place = gate.enter(short).await.unwrap();
        assert!(gate.enter(short).await.is_err(), "waiting has an end");
        assert_eq!(gate.waiting.load(Ordering::SeqCst), 0);
    }
}
