//! Maker notes: whose they are, and where their offsets count from.
