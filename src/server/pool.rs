//! Threads that decode: so many files at once, each with a deadline, panics contained.
//!
//! They are always the same. The runtime's own threads for blocking work are as many as there was ever work at once, and the
//! allocator keeps what decoding took for every thread that did it.

use super::{answer::Refusal, log, work::Failed};
use crate::{error::Code, input::Deadline};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{Semaphore, oneshot};

/// Decoders nest.
const STACK: usize = 8 * 1024 * 1024;

type Job = Box<dyn FnOnce() + Send>;

pub struct Pool {
    queue: crossbeam_channel::Sender<Job>,
    places: Arc<Semaphore>,
}

impl Pool {
    pub fn new(threads: usize) -> std::io::Result<Self> {
        let (queue, jobs) = crossbeam_channel::unbounded::<Job>();
        for _ in 0..threads {
            let jobs = jobs.clone();
            let decode = move || {
                for job in jobs {
                    // Whoever waits for it learns by the end of its channel; the panic itself is logged by its hook.
                    let _ = catch_unwind(AssertUnwindSafe(job));
                }
            };
            std::thread::Builder::new().name("decode".into()).stack_size(STACK).spawn(decode)?;
        }
        Ok(Pool { queue, places: Arc::new(Semaphore::new(threads)) })
    }

    /// Runs one job, for `budget` at most: every read looks at the deadline, and nobody waits much longer for what does not
    /// read. Its place is taken until it ends.
    pub async fn run<T: Send + 'static>(
        &self,
        budget: Duration,
        work: impl FnOnce(Instant) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, Refusal> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| Refusal::stopping())?;
        let (deadline, request) = (Instant::now() + budget, log::request());
        let (answer, done) = oneshot::channel();
        let job = move || {
            let _place = place;
            let _deadline = Deadline::hold(deadline);
            // Nobody waits any more for one that took too long.
            let _ = answer.send(log::working(request, || work(deadline)));
        };
        self.queue.send(Box::new(job)).map_err(|_| Refusal::internal())?;
        let too_long = || {
            log::event("error", "too_long", "a file took longer than --work-timeout");
            Err(Refusal::too_long(budget.as_secs_f64(), "--work-timeout"))
        };
        match tokio::time::timeout(budget + budget / 4, done).await {
            Ok(Ok(Ok(answer))) => Ok(answer),
            Ok(Ok(Err(Failed::Late))) => too_long(),
            // What was not read in time looks like damage.
            Ok(Ok(Err(Failed::Engine(e)))) if e.code == Code::Damaged && Instant::now() > deadline => too_long(),
            Ok(Ok(Err(failed))) => Err(failed.refusal()),
            // A panic of a decoder ends its own request.
            Ok(Err(_)) => Err(Refusal::internal()),
            Err(_) => too_long(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{error::Error, input::Input};

    const LONG: Duration = Duration::from_secs(60);

    /// Whatever one job does: the documented answer, and its place is free for the next.
    #[tokio::test]
    async fn a_panic_ends_its_own_request() {
        let pool = Pool::new(1).unwrap();
        for _ in 0..3 {
            let refusal = pool.run::<()>(LONG, |_| panic!("a decoder's")).await.unwrap_err();
            assert_eq!(refusal.status.as_u16(), 500);
            let body = refusal.envelope();
            assert_eq!(body["error"], "An error occurred while processing your request");
            assert_eq!(body["code"], "server_error");
            assert!(!body.to_string().contains("decoder"), "{body}");
        }
        assert_eq!(pool.run(LONG, |_| Ok(7)).await.ok(), Some(7));
    }

    #[tokio::test]
    async fn work_has_its_time() {
        let pool = Pool::new(1).unwrap();
        let short = Duration::from_millis(40);
        // It notices the deadline itself: by reading, by looking; or it does not.
        let reads = |deadline: Instant| -> Result<(), Failed> {
            let input = Input::from_bytes(vec![0; 9]);
            input.set_deadline(deadline);
            std::thread::sleep(deadline.saturating_duration_since(Instant::now()) + Duration::from_millis(1));
            input.read_at(0, &mut [0; 9])?;
            Ok(())
        };
        let (release, held) = std::sync::mpsc::channel::<()>();
        let refusals = [
            pool.run::<()>(short, reads).await.unwrap_err(),
            pool.run::<()>(short, |_| Err(Failed::Late)).await.unwrap_err(),
            pool.run(short, move |_| Ok(held.recv().is_ok())).await.unwrap_err(),
        ];
        for refusal in refusals {
            let body = refusal.envelope();
            assert_eq!((refusal.status.as_u16(), &body["code"]), (500, &"server_error".into()));
            assert!(body["detail"].as_str().unwrap().contains("0.04 s (--work-timeout)"), "{body}");
        }
        assert_eq!(pool.places.available_permits(), 0, "what still works has its place");
        drop(release);
        assert_eq!(pool.run(LONG, |_| Ok(7)).await.ok(), Some(7));
        // Damage is not lateness.
        let damaged = pool.run::<()>(LONG, |_| Err(Failed::Engine(Error::damaged("x")))).await.unwrap_err();
        assert_eq!(damaged.status.as_u16(), 400);
    }
}
