//! Who does the work: this machine, or a service that speaks the documented API.

pub mod findings;
pub mod foreign;
pub mod leaks;
pub mod local;
pub mod place;
pub mod remote;
pub mod removal;
