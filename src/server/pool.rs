//! So many files at once, each with a deadline: a thread for each, and a process that decodes for it.

use super::{answer::Refusal, log, work::Failed, worker::Worker};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{Semaphore, oneshot};

type Job = Box<dyn FnOnce(&mut Worker) + Send>;

pub struct Pool {
    queue: crossbeam_channel::Sender<Job>,
    places: Arc<Semaphore>,
}

impl Pool {
    /// Processes that were without work for `idle` end.
    pub fn new(threads: usize, memory: u64, idle: Duration) -> std::io::Result<Self> {
        let (queue, jobs) = crossbeam_channel::unbounded::<Job>();
        for _ in 0..threads {
            let jobs = jobs.clone();
            std::thread::Builder::new().name("decode".into()).spawn(move || serve(&jobs, Worker::new(memory), idle))?;
        }
        Ok(Pool { queue, places: Arc::new(Semaphore::new(threads)) })
    }

    /// Runs one job, for `budget` at most; nobody waits much longer for one that does not look at its time. Its place is taken
    /// until it ends.
    pub async fn run<T: Send + 'static>(
        &self,
        budget: Duration,
        work: impl FnOnce(&mut Worker) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, Refusal> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| Refusal::stopping())?;
        let request = log::request();
        let (answer, done) = oneshot::channel();
        let job = move |worker: &mut Worker| {
            let _place = place;
            // Nobody waits any more for one that took too long.
            let _ = answer.send(log::working(request, || work(worker)));
        };
        self.queue.send(Box::new(job)).map_err(|_| Refusal::internal())?;
        let too_long = || {
            log::event("error", "too_long", "a file took longer than --work-timeout");
            Err(Refusal::too_long(budget.as_secs_f64(), "--work-timeout"))
        };
        // A little later than the process is given up.
        match tokio::time::timeout(budget + budget / 3, done).await {
            Ok(Ok(Ok(answer))) => Ok(answer),
            Ok(Ok(Err(Failed::Late))) => too_long(),
            Ok(Ok(Err(failed))) => Err(failed.refusal()),
            // A panic ends its own request.
            Ok(Err(_)) => Err(Refusal::internal()),
            Err(_) => too_long(),
        }
    }
}

fn serve(jobs: &Receiver<Job>, mut worker: Worker, idle: Duration) {
    loop {
        let job = match jobs.recv_timeout(idle) {
            Err(RecvTimeoutError::Timeout) => {
                worker.rest();
                jobs.recv().ok()
            }
            result => result.ok(),
        };
        let Some(job) = job else { return };
        // Whoever waits for it learns by the end of its channel; the panic itself is logged by its hook.
        let _ = catch_unwind(AssertUnwindSafe(|| job(&mut worker)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn pool() -> Pool {
        Pool::new(1, 1 << 30, LONG).unwrap()
    }

    const LONG: Duration = Duration::from_secs(60);

    /// Whatever one job does: the documented answer, and its place is free for the next.
    #[tokio::test]
    async fn a_panic_ends_its_own_request() {
        let pool = pool();
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
        let pool = pool();
        let short = Duration::from_millis(40);
        // It is noticed over there; or it is not.
        let (release, held) = std::sync::mpsc::channel::<()>();
        let refusals = [
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
