//! The driver against a server: `ATLAS_TEST_MYSQL_URL` names it; without it nothing is tested.

mod conformance;
mod support;
