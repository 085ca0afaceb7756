//! Who does the work: this machine, or a service that speaks the documented API.

pub mod local;
