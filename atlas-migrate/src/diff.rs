//! What makes one schema another: changes, in an order in which a database takes them.
//!
//! Foreign keys that are in the way go first and come back last. In between tables are dropped, changed, and made.
//! `table` is what is done to one table, `alike` says when two things are the same, `rename` what became of names.

mod alike;
mod rename;
mod table;

use atlas_core::{
    Error, Result,
    schema::{Alteration, ForeignKey, Name, SchemaChange, Table},
};

pub(crate) use alike::{columns_alike, keys_alike, narrows, resembles, retypes};
pub use rename::Rename;

/// The changes that make the tables `from` those of `to`.
///
/// # Errors
///
/// [`Error::Config`] for names that are there twice, and for renames of what is not there.
pub fn diff(from: &[Table], to: &[Table], renames: &[Rename]) -> Result<Vec<SchemaChange>> {
    only_once(from)?;
    only_once(to)?;
    let mut work = Work { now: from.to_vec(), to, renames, changes: Vec::new(), settled: Vec::new() };
    work.rename_tables()?;
    work.check_columns()?;
    work.drop_keys_in_the_way()?;
    work.drop_tables()?;
    work.alter()?;
    work.create();
    work.add_keys()?;
    Ok(work.changes)
}

fn only_once(tables: &[Table]) -> Result<()> {
    for (at, table) in tables.iter().enumerate() {
        if tables.iter().take(at).any(|other| other.name == table.name) {
            return Err(Error::config(format!("there are two tables `{}`: rename one of them", table.name)));
        }
    }
    Ok(())
}

/// The table of a name.
pub(crate) fn of<'t>(tables: &'t [Table], name: &str) -> Option<&'t Table> {
    tables.iter().find(|table| table.name == name)
}

struct Work<'t> {
    /// The schema after the changes so far.
    now: Vec<Table>,
    to: &'t [Table],
    renames: &'t [Rename],
    changes: Vec<SchemaChange>,
    /// The tables whose columns and keys do not change any more.
    settled: Vec<Name>,
}

impl Work<'_> {
    fn rename_tables(&mut self) -> Result<()> {
        for (from, to) in self.renames.iter().filter_map(Rename::table) {
            let Some(before) = of(&self.now, from).cloned() else {
                return Err(Error::config(format!("there is no table `{from}` that could be called `{to}`")));
            };
            if of(&self.now, to).is_some() || of(self.to, from).is_some() || of(self.to, to).is_none() {
                return Err(Error::config(format!(
                    "the table `{from}` cannot be called `{to}` now: the first has to be gone, and the second new"
                )));
            }
            let name = Name::from(to.to_owned());
            for table in &mut self.now {
                for key in table.foreign_keys.iter_mut().filter(|key| key.table == from) {
                    key.table.clone_from(&name);
                }
                if table.name == from {
                    table.name.clone_from(&name);
                }
            }
            self.changes.push(SchemaChange::RenameTable { before, to: name });
        }
        Ok(())
    }

    /// Renames of columns have to be of columns that are there, to names that are new.
    fn check_columns(&self) -> Result<()> {
        for (table, from, to) in self.renames.iter().filter_map(Rename::column) {
            let pair = of(&self.now, table).zip(of(self.to, table));
            let fits = pair.is_some_and(|(now, then)| {
                now.column(from).is_some()
                    && now.column(to).is_none()
                    && then.column(from).is_none()
                    && then.column(to).is_some()
            });
            if !fits {
                return Err(Error::config(format!(
                    "the column `{from}` of `{table}` cannot be called `{to}` now: the first has to be gone, and the second new"
                )));
            }
        }
        Ok(())
    }

    /// What a column will be called.
    fn renamed<'n>(&'n self, table: &str, column: &'n str) -> &'n str {
        let mut columns = self.renames.iter().filter_map(Rename::column);
        columns.find(|(of, from, _)| *of == table && *from == column).map_or(column, |(_, _, to)| to)
    }

    /// The foreign key as it will be, if it stays.
    fn kept(&self, table: &Table, key: &ForeignKey) -> bool {
        let Some(then) = of(self.to, &table.name) else { return false };
        let named = |table: &str, columns: &[Name]| -> Vec<Name> {
            columns.iter().map(|name| self.renamed(table, name).to_owned().into()).collect()
        };
        let will = ForeignKey {
            columns: named(&table.name, &key.columns),
            references: named(&key.table, &key.references),
            ..key.clone()
        };
        then.foreign_keys.iter().any(|own| keys_alike(own, &will))
    }

    /// Whether a key over these columns has to go for what will happen to their table.
    fn disturbs(&self, table: &str, columns: &[Name]) -> bool {
        let (Some(now), then) = (of(&self.now, table), of(self.to, table)) else { return false };
        let Some(then) = then else { return true };
        let columns = if columns.is_empty() { &now.primary_key } else { columns };
        let becomes = |name: &Name| {
            let was = now.column(name);
            let is = then.column(self.renamed(table, name));
            was.zip(is).is_none_or(|(was, is)| {
                !columns_alike(was, &atlas_core::schema::Column { name: was.name.clone(), ..is.clone() })
            })
        };
        let stays = |own: &[Name], then: &[Name]| {
            own.iter().map(|name| self.renamed(table, name)).eq(then.iter().map(|name| &**name))
        };
        let gone = |index: &&atlas_core::schema::Index| {
            index.columns.starts_with(columns)
                && !then.indexes.iter().any(|own| {
                    own.kind == index.kind
                        && own.filter == index.filter
                        && own.where_null == index.where_null
                        && stays(&index.columns, &own.columns)
                })
        };
        columns.iter().any(becomes)
            || (now.primary_key.starts_with(columns) && !stays(&now.primary_key, &then.primary_key))
            || now.indexes.iter().any(|index| gone(&index))
    }

    /// Foreign keys that keep other tables from being dropped or changed.
    fn drop_keys_in_the_way(&mut self) -> Result<()> {
        let mut dropped: Vec<(Name, Vec<Alteration>)> = Vec::new();
        for table in &self.now {
            let stays = of(self.to, &table.name).is_some();
            let mut drops = Vec::new();
            for key in &table.foreign_keys {
                let Some(name) = &key.name else { continue };
                let target_goes = of(self.to, &key.table).is_none();
                let other = key.table != table.name;
                let in_the_way = match stays {
                    true => other && (target_goes || self.disturbs(&key.table, &key.references)),
                    // Of two tables that go, one may be in the other's way.
                    false => other && target_goes && self.refers_back(&key.table, &table.name),
                };
                if in_the_way {
                    drops.push(Alteration::DropForeignKey(name.clone()));
                }
            }
            dropped.push((table.name.clone(), drops));
        }
        dropped.into_iter().try_for_each(|(table, drops)| self.push(&table, drops))
    }

    /// Whether a table refers to another one, on whatever ways.
    fn refers_back(&self, from: &str, to: &str) -> bool {
        let mut seen = vec![from];
        let mut at = 0;
        while let Some(name) = seen.get(at).copied() {
            at += 1;
            for key in of(&self.now, name).into_iter().flat_map(|table| &table.foreign_keys) {
                if key.table == to {
                    return true;
                }
                if !seen.contains(&&*key.table) {
                    seen.push(&key.table);
                }
            }
        }
        false
    }

    fn drop_tables(&mut self) -> Result<()> {
        while let Some(name) = self.next_to_drop() {
            self.now.retain(|table| table.name != name);
            self.changes.push(SchemaChange::DropTable(name));
        }
        Ok(())
    }

    /// A table that goes, and that no other one refers to.
    fn next_to_drop(&self) -> Option<Name> {
        let goes = |table: &&Table| of(self.to, &table.name).is_none();
        let is_referred_to = |name: &str| {
            let others = self.now.iter().filter(|other| other.name != name);
            others.flat_map(|other| &other.foreign_keys).any(|key| key.table == name)
        };
        let mut going = self.now.iter().filter(goes);
        let first = going.clone().next();
        going.find(|table| !is_referred_to(&table.name)).or(first).map(|table| table.name.clone())
    }

    /// Changes the tables that stay; those that others refer to first.
    fn alter(&mut self) -> Result<()> {
        for then in in_order_of_references(self.to) {
            let Some(now) = of(&self.now, &then.name) else { continue };
            let disturbed: Vec<Name> = now
                .foreign_keys
                .iter()
                .filter(|key| {
                    !self.kept(now, key)
                        || self.disturbs(&now.name, &key.columns)
                        || (key.table == now.name && self.disturbs(&now.name, &key.references))
                })
                .filter_map(|key| key.name.clone())
                .collect();
            let ready = |key: &ForeignKey| key.table == then.name || self.settled.contains(&key.table);
            let columns: Vec<(&str, &str)> = self
                .renames
                .iter()
                .filter_map(Rename::column)
                .filter(|(table, ..)| *table == then.name)
                .map(|(_, from, to)| (from, to))
                .collect();
            let changes = table::alterations(now, then, &columns, &disturbed, &ready)?;
            let name = then.name.clone();
            self.push(&name, changes)?;
            self.settled.push(name);
        }
        Ok(())
    }

    fn create(&mut self) {
        for then in in_order_of_references(self.to) {
            if of(&self.now, &then.name).is_some() {
                continue;
            }
            let mut made = then.clone();
            made.foreign_keys.retain(|key| key.table == made.name || of(&self.now, &key.table).is_some());
            self.now.push(made.clone());
            self.changes.push(SchemaChange::CreateTable(made));
        }
    }

    /// Foreign keys that had to wait for what they refer to.
    fn add_keys(&mut self) -> Result<()> {
        for then in self.to {
            let Some(now) = of(&self.now, &then.name) else { continue };
            let is_there = |key: &&ForeignKey| now.foreign_keys.iter().any(|own| keys_alike(own, key));
            let missing = then.foreign_keys.iter().filter(|key| !is_there(key));
            let adds = missing.cloned().map(Alteration::AddForeignKey).collect();
            self.push(&then.name, adds)?;
        }
        Ok(())
    }

    /// Makes changes to a table, if there are any.
    fn push(&mut self, table: &str, changes: Vec<Alteration>) -> Result<()> {
        let Some(at) = self.now.iter().position(|own| own.name == table) else { return Ok(()) };
        if changes.is_empty() {
            return Ok(());
        }
        let before = self.now.get(at).cloned().unwrap_or_default();
        let mut after = before.clone();
        for change in &changes {
            after.apply(change)?;
            let Alteration::RenameColumn { from, to } = change else { continue };
            // Those that refer to it follow by themselves.
            let others = self.now.iter_mut().filter(|other| other.name != table);
            for key in others.flat_map(|other| &mut other.foreign_keys).filter(|key| key.table == table) {
                key.references.iter_mut().filter(|own| *own == from).for_each(|own| own.clone_from(to));
            }
        }
        if let Some(own) = self.now.get_mut(at) {
            *own = after;
        }
        self.changes.push(SchemaChange::AlterTable { before, changes });
        Ok(())
    }
}

/// Tables after those that they refer to, where that can be. Where they refer to each other, the first comes first.
pub(crate) fn in_order_of_references(tables: &[Table]) -> Vec<&Table> {
    fn visit<'t>(
        table: &'t Table,
        tables: &'t [Table],
        seen: &mut Vec<&'t str>,
        ordered: &mut Vec<&'t Table>,
    ) {
        if seen.contains(&&*table.name) {
            return;
        }
        seen.push(&table.name);
        for key in &table.foreign_keys {
            if let Some(target) = of(tables, &key.table) {
                visit(target, tables, seen, ordered);
            }
        }
        ordered.push(table);
    }
    let (mut seen, mut ordered) = (Vec::new(), Vec::with_capacity(tables.len()));
    for table in tables {
        visit(table, tables, &mut seen, &mut ordered);
    }
    ordered
}
