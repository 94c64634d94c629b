//! What a statement is for the database, to be looked at.

use crate::{
    db::{About, Db, Pending, sensitive},
    driver::{Driver, Rendered},
    error::Result,
    query::Lines,
    statement::{Select, Statement},
};

impl Db {
    /// A statement as this handle's database would get it.
    pub(crate) fn render(&self, statement: &Statement) -> Result<Rendered> {
        self.as_sent(statement, |driver, statement| driver.render(statement))
    }

    /// A statement with its values in its text, without secrets.
    pub(crate) fn render_raw(&self, statement: &Statement, about: Option<About>) -> Result<String> {
        self.as_sent(statement, |driver, statement| {
            let secrets = sensitive::values(statement, about);
            driver.show(statement, &|value| secrets.hide(value))
        })
    }

    /// Prints a statement's text and what is bound, without secrets, or why it cannot be compiled.
    pub(crate) fn dump(&self, statement: &Statement, about: Option<About>) {
        match self.show(statement, about) {
            Ok(shown) => eprintln!("{shown}"),
            Err(error) => eprintln!("{error}"),
        }
    }

    /// Prints a statement with its values in its text, without secrets, or why it cannot be compiled.
    pub(crate) fn dump_raw(&self, statement: &Statement, about: Option<About>) {
        match self.render_raw(statement, about) {
            Ok(text) => eprintln!("{text}"),
            Err(error) => eprintln!("{error}"),
        }
    }

    /// The plan of a select, a step a line.
    pub(crate) fn plan(&self, about: Option<About>, select: Select, analyze: bool) -> Pending<'_, String> {
        let statement = Statement::Explain { of: Box::new(select.into()), analyze };
        Pending::new(async move { Ok(self.fetch(about, &statement, Lines::default()).await?.0.0) })
    }

    fn show(&self, statement: &Statement, about: Option<About>) -> Result<String> {
        let sent = self.render(statement)?;
        let secrets = sensitive::values(statement, about);
        let shown = sent.binds.iter().map(|value| match secrets.hide(value) {
            true => "[redacted]".to_owned(),
            false => value.as_ref().to_string(),
        });
        let shown: Vec<String> = shown.collect();
        Ok(format!("{sent} [{}]", shown.join(", ")))
    }

    /// Does something with a statement as it would leave for the driver.
    fn as_sent<T>(
        &self,
        statement: &Statement,
        then: impl FnOnce(&dyn Driver, &Statement) -> Result<T>,
    ) -> Result<T> {
        let database = self.database()?;
        let owned = self.owned(statement)?;
        let statement = owned.as_deref().unwrap_or(statement);
        let sealed = database.sealed(statement)?;
        then(&*database.driver, sealed.as_deref().unwrap_or(statement))
    }
}
