use std::sync::{Arc, PoisonError, RwLock};

use crate::{
    driver::{BoxFuture, ConnectOptions, Driver},
    error::{Error, Result},
};

/// What opens a database from its URL.
///
/// The drivers that Atlas brings submit theirs to [`inventory`] under their schemes, so that a program
/// that links them can name them in a URL; others are added by [`register_driver`].
#[derive(Clone, Copy)]
pub struct DriverFactory {
    /// The URL schemes that it answers to, without the colon.
    pub schemes: &'static [&'static str],
    /// Opens the database.
    pub open: fn(&ConnectOptions) -> Opening<'_>,
}

/// A database that is being opened.
pub type Opening<'a> = BoxFuture<'a, Result<Arc<dyn Driver>>>;

inventory::collect!(DriverFactory);

static REGISTERED: RwLock<Vec<(String, DriverFactory)>> = RwLock::new(Vec::new());

/// Puts a driver in front of all others for a URL scheme.
pub fn register_driver(scheme: impl Into<String>, factory: DriverFactory) {
    REGISTERED.write().unwrap_or_else(PoisonError::into_inner).push((scheme.into(), factory));
}

/// Opens the database that a URL names, with the driver that was registered last for its scheme.
pub(crate) async fn open(options: &ConnectOptions) -> Result<Arc<dyn Driver>> {
    let scheme = options.scheme();
    let factory = {
        let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
        registered.iter().rev().find(|(name, _)| name == scheme).map(|(_, factory)| *factory)
    };
    let built_in =
        || inventory::iter::<DriverFactory>().find(|factory| factory.schemes.contains(&scheme)).copied();
    match factory.or_else(built_in) {
        Some(factory) => (factory.open)(options).await,
        None => Err(Error::config(format!(
            "no driver answers to `{scheme}:`: there are {}; turn the driver's feature on, or call `register_driver`",
            schemes().join(", ")
        ))),
    }
}

fn schemes() -> Vec<String> {
    let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    let mut schemes: Vec<String> = registered
        .iter()
        .map(|(scheme, _)| scheme.clone())
        .chain(
            inventory::iter::<DriverFactory>().flat_map(|factory| factory.schemes).map(|s| (*s).to_owned()),
        )
        .map(|scheme| format!("`{scheme}:`"))
        .collect();
    schemes.sort();
    schemes.dedup();
    schemes
}
