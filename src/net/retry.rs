//! Trying again: what may be tried again, and how long to wait before.

use crate::error::{Code, Error, Result};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The first wait; it doubles with every try.
const FIRST: Duration = Duration::from_millis(500);
/// The longest wait of our own choice.
const LONGEST: Duration = Duration::from_secs(20);
/// The longest wait that the other side may ask for: a user sits there.
const PATIENCE: Duration = Duration::from_secs(300);

/// Why a try came to nothing.
#[derive(Debug)]
pub enum Trouble {
    /// Nothing was done on the other side: not reached, or too busy. It may say when to come again.
    Refused { error: Error, after: Option<Duration> },
    /// The connection broke when so many bytes of the request had gone out, and not all: nothing was done.
    Cut { error: Error, at: u64 },
    /// The request went out, its answer did not come in: the work may have been done.
    Lost(Error),
    /// Trying again would not help.
    Final(Error),
}

/// What came of one try.
pub type Try<T> = std::result::Result<T, Trouble>;

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Trouble::Final(error)
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused { error, .. } | Trouble::Cut { error, .. } | Trouble::Lost(error) | Trouble::Final(error) => error,
        }
    }
}

/// Tries up to `retries` times more. `lost_too`: doing the work twice does no harm.
pub fn retrying<T>(retries: u32, lost_too: bool, mut once: impl FnMut() -> Try<T>) -> Result<T> {
    let mut tried = 0;
    loop {
        let trouble = match once() {
            Ok(done) => return Ok(done),
            Err(trouble) => trouble,
        };
        let wait = match &trouble {
            Trouble::Refused { after, .. } => after.unwrap_or_else(|| back_off(tried)),
            Trouble::Cut { .. } => back_off(tried),
            Trouble::Lost(_) if lost_too => back_off(tried),
            _ => return Err(trouble.into()),
        };
        if wait > PATIENCE {
            let error = Error::from(trouble);
            return Err(Error::new(error.code, format!("{error} (it asks to come again in {} s)", wait.as_secs())));
        }
        if tried >= retries || crate::interrupt::requested() {
            return Err(trouble.into());
        }
        tried += 1;
        std::thread::sleep(wait);
    }
}

/// Twice as long every time, and not the same for all who wait.
fn back_off(tried: u32) -> Duration {
    let full = FIRST.saturating_mul(1 << tried.min(10)).min(LONGEST);
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.subsec_nanos());
    full / 2 + full.mul_f64(f64::from(nanos % 1000) / 2000.0)
}

/// `Retry-After`: seconds, or a date (RFC 9110, section 10.2.3).
pub fn retry_after(header: &str) -> Option<Duration> {
    let header = header.trim();
    if !header.is_empty() && header.bytes().all(|b| b.is_ascii_digit()) {
        // More seconds than can be counted are too many, not none.
        return Some(Duration::from_secs(header.parse().unwrap_or(u64::MAX)));
    }
    Some(httpdate::parse_http_date(header).ok()?.duration_since(SystemTime::now()).unwrap_or_default())
}

/// An error of the way there and back.
pub fn network(message: String) -> Error {
    Error::new(Code::Network, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy() -> Trouble {
        Trouble::Refused { error: network("busy".into()), after: Some(Duration::ZERO) }
    }

    #[test]
    fn what_is_tried_again() {
        let tries = |lost_too: bool, trouble: fn() -> Trouble| {
            let mut tries = 0;
            let result = retrying(2, lost_too, || {
                tries += 1;
                Err::<(), Trouble>(trouble())
            });
            assert!(result.is_err());
            tries
        };
        assert_eq!(tries(false, busy), 3);
        assert_eq!(tries(false, || Trouble::Cut { error: network("cut".into()), at: 5 }), 3);
        assert_eq!(tries(false, || Trouble::Lost(network("lost".into()))), 1);
        assert_eq!(tries(true, || Trouble::Lost(network("lost".into()))), 3);
        assert_eq!(tries(true, || Trouble::Final(network("final".into()))), 1);
        let hour = || Trouble::Refused { error: network("busy".into()), after: Some(Duration::from_secs(3600)) };
        assert_eq!(tries(true, hour), 1, "nobody waits that long");
    }

    #[test]
    fn waits() {
        assert!(back_off(0) >= FIRST / 2 && back_off(0) <= FIRST);
        assert!(back_off(40) <= LONGEST);
        assert_eq!(retry_after(" 3 "), Some(Duration::from_secs(3)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(30));
        assert!(retry_after(&soon).is_some_and(|d| d > Duration::from_secs(25) && d <= Duration::from_secs(30)));
        assert_eq!(retry_after("99999999999999999999"), Some(Duration::from_secs(u64::MAX)));
        for nonsense in ["soon", "", "-1", "+1"] {
            assert_eq!(retry_after(nonsense), None, "{nonsense}");
        }
    }
}
