//! The built program's page and its API in a real browser.

mod driver;
mod origins;
mod page;

use driver::Browser;
