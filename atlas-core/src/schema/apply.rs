use super::{Alteration, Name, Place, Table};
use crate::error::{Error, Result};

impl Table {
    /// Makes a change to this description: what the table is like once a database has made it.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a column, an index or a constraint that is not there, or is there already.
    pub fn apply(&mut self, change: &Alteration) -> Result<()> {
        match change {
            Alteration::AddColumn(column, place) => {
                self.no_column(&column.name)?;
                let at = match place {
                    Place::Last => self.columns.len(),
                    Place::First => 0,
                    Place::After(name) => self.place_of(name)? + 1,
                };
                self.columns.insert(at, column.clone());
                if column.generated && self.primary_key.is_empty() {
                    self.primary_key.push(column.name.clone());
                }
            }
            Alteration::ChangeColumn(column) => {
                let at = self.place_of(&column.name)?;
                if let Some(there) = self.columns.get_mut(at) {
                    *there = column.clone();
                }
            }
            Alteration::RenameColumn { from, to } => {
                let at = self.place_of(from)?;
                if from != to {
                    self.no_column(to)?;
                }
                if let Some(column) = self.columns.get_mut(at) {
                    column.name = to.clone();
                }
                self.rename_in_keys(from, to);
            }
            Alteration::DropColumn(name) => {
                let at = self.place_of(name)?;
                if self.columns.len() == 1 {
                    return Err(self.cannot(format!("has no column but `{name}`: drop the table instead")));
                }
                self.columns.remove(at);
                let over = |columns: &[Name]| columns.contains(name);
                if over(&self.primary_key) {
                    self.primary_key.clear();
                }
                self.indexes.retain(|index| !over(&index.columns));
                self.full_text.retain(|index| !over(&index.columns));
                self.foreign_keys.retain(|key| !over(&key.columns));
            }
            Alteration::SetPrimaryKey(columns) => {
                self.have_columns(columns)?;
                self.primary_key.clone_from(columns);
            }
            Alteration::AddIndex(index) => {
                self.have_columns(&index.columns)?;
                if self.index(&index.name).is_some() {
                    return Err(self.cannot(format!(
                        "has an index `{}` already: give this one another name",
                        index.name
                    )));
                }
                self.indexes.push(index.clone());
            }
            Alteration::AddFullText(index) => {
                self.have_columns(&index.columns)?;
                self.full_text.push(index.clone());
            }
            Alteration::DropFullText(name) => {
                let at = self.full_text.iter().position(|index| index.name == *name);
                let names = || self.full_text.iter().map(|index| &*index.name);
                let at = at.ok_or_else(|| self.no_such("full-text index", name, names()))?;
                self.full_text.remove(at);
            }
            Alteration::RenameIndex { from, to } => {
                if from != to && self.index(to).is_some() {
                    return Err(self.cannot(format!("has an index `{to}` already: choose another name")));
                }
                let missing = self.no_such("index", from, self.indexes.iter().map(|index| &*index.name));
                let found = self.indexes.iter_mut().find(|index| index.name == *from);
                found.ok_or(missing)?.name = to.clone();
            }
            Alteration::DropIndex(name) => {
                let at = self.indexes.iter().position(|index| index.name == *name);
                let names = || self.indexes.iter().map(|index| &*index.name);
                let at = at.ok_or_else(|| self.no_such("index", name, names()))?;
                self.indexes.remove(at);
            }
            Alteration::AddForeignKey(key) => {
                self.have_columns(&key.columns)?;
                if let Some(name) = &key.name
                    && self.foreign_keys.iter().any(|own| own.name.as_ref() == Some(name))
                {
                    return Err(self
                        .cannot(format!("has a foreign key `{name}` already: give this one another name")));
                }
                self.foreign_keys.push(key.clone());
            }
            Alteration::DropForeignKey(name) => {
                let at = self.foreign_keys.iter().position(|key| key.name.as_ref() == Some(name));
                let names = || self.foreign_keys.iter().filter_map(|key| key.name.as_deref());
                let at = at.ok_or_else(|| self.no_such("foreign key", name, names()))?;
                self.foreign_keys.remove(at);
            }
            Alteration::AddCheck(check) => {
                if let Some(name) = &check.name
                    && self.checks.iter().any(|own| own.name.as_ref() == Some(name))
                {
                    return Err(
                        self.cannot(format!("has a check `{name}` already: give this one another name"))
                    );
                }
                self.checks.push(check.clone());
            }
            Alteration::DropCheck(name) => {
                let at = self.checks.iter().position(|check| check.name.as_ref() == Some(name));
                let names = || self.checks.iter().filter_map(|check| check.name.as_deref());
                let at = at.ok_or_else(|| self.no_such("check", name, names()))?;
                self.checks.remove(at);
            }
            Alteration::SetComment(comment) => self.options.comment.clone_from(comment),
        }
        Ok(())
    }

    fn rename_in_keys(&mut self, from: &Name, to: &Name) {
        let own = self.indexes.iter_mut().map(|index| &mut index.columns);
        let of_words = self.full_text.iter_mut().map(|index| &mut index.columns);
        let of_keys = self.foreign_keys.iter_mut().map(|key| &mut key.columns);
        for columns in own.chain(of_words).chain(of_keys).chain([&mut self.primary_key]) {
            for column in columns.iter_mut().filter(|column| *column == from) {
                *column = to.clone();
            }
        }
        // A table may refer to itself.
        for key in self.foreign_keys.iter_mut().filter(|key| key.table == self.name) {
            for column in key.references.iter_mut().filter(|column| *column == from) {
                *column = to.clone();
            }
        }
    }

    fn place_of(&self, name: &str) -> Result<usize> {
        let found = self.columns.iter().position(|column| column.name == name);
        found.ok_or_else(|| self.no_such("column", name, self.columns.iter().map(|column| &*column.name)))
    }

    fn have_columns(&self, names: &[Name]) -> Result<()> {
        names.iter().try_for_each(|name| self.place_of(name).map(|_| ()))
    }

    fn no_column(&self, name: &str) -> Result<()> {
        match self.column(name) {
            None => Ok(()),
            Some(_) => Err(self.cannot(format!("has a column `{name}` already: use `change` to change it"))),
        }
    }

    #[cold]
    fn no_such<'a>(&self, what: &str, name: &str, there: impl Iterator<Item = &'a str>) -> Error {
        let there: Vec<String> = there.map(|name| format!("`{name}`")).collect();
        let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
        self.cannot(format!("has no {what} `{name}`: it has {there}"))
    }

    #[cold]
    fn cannot(&self, why: String) -> Error {
        Error::config(format!("the table `{}` cannot be changed: it {why}", self.name))
    }
}
