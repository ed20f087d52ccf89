//! The built page in a real browser, used as a person uses it.
//!
//! ```no_run
//! use fivexx_e2e::{Browser, Site, button, css};
//!
//! let site = Site::serve("/");
//! let page = Browser::open(&site, "");
//! page.click(&button("Send"));
//! page.wait_text(&css("[data-status]"), "502");
//! page.assert_clean();
//! ```
//!
//! Everything here is for tests: calls block, wait by themselves until the page is ready for them (up to
//! [`Browser::PATIENCE`]), and panic with what they looked for and what the page said instead. The panic points at the
//! line of the test. There are no sleeps to tune: say what should be seen with [`Browser::wait_text`],
//! [`Browser::wait_for`] or [`Browser::wait_until`].
//!
//! Elements are named as people and screen readers know them, by role and name ([`button`], [`link`], [`role`]), or by
//! CSS ([`css`]) where they have neither. A target that fits two visible elements is an error, never a guess.
//!
//! Run by `cargo xtask test e2e`, which builds the page and says where it and the browser are:
//!
//! | variable | meaning |
//! |---|---|
//! | `FIVEXX_DIST` | the folder of the built page |
//! | `CHROMEDRIVER` | the driver; otherwise `chromedriver` on PATH |
//! | `FIVEXX_CHROMIUM` | the browser; otherwise the driver's own choice |

mod browser;
mod driver;
mod site;
mod target;

pub use browser::{Browser, Scheme};
pub use fantoccini::key::Key;
pub use site::{POLICY, Site};
pub use target::{Target, button, checkbox, combobox, css, heading, link, radio, role, slider, tab, textbox};
