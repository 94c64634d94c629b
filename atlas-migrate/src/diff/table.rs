//! What makes one table another.

use atlas_core::{
    Result,
    schema::{Alteration, Check, Column, ForeignKey, FullTextIndex, Index, Name, Place, Table},
    value::ColumnType,
};

use super::alike::{checks_alike, columns_alike, converts, indexes_alike, keys_alike, mentions};

/// The changes of a table. `disturbed` are foreign keys that have to be away while it changes, `ready` says which can
/// be added already.
pub(super) fn alterations(
    now: &Table,
    then: &Table,
    renames: &[(&str, &str)],
    disturbed: &[Name],
    ready: &dyn Fn(&ForeignKey) -> bool,
) -> Result<Vec<Alteration>> {
    let mut steps = Steps { table: now.clone(), then, made: Vec::new() };
    let touched = touched(now, then, renames);
    steps.drop_what_is_over(&touched, renames)?;
    for key in disturbed {
        steps.make(Alteration::DropForeignKey(key.clone()))?;
    }
    steps.rename(renames)?;
    steps.let_go_of_the_key()?;
    steps.columns()?;
    steps.take_the_key()?;
    steps.add(ready)?;
    Ok(steps.made)
}

/// The columns that are renamed, changed or dropped, by their old names.
fn touched(now: &Table, then: &Table, renames: &[(&str, &str)]) -> Vec<Name> {
    let changes = |column: &&Column| {
        let renamed = renames.iter().any(|(from, _)| *from == column.name);
        renamed || then.column(&column.name).is_none_or(|then| !columns_alike(column, then))
    };
    now.columns.iter().filter(changes).map(|column| column.name.clone()).collect()
}

/// Whether a column is dropped and made anew, since no value of it could be kept.
fn is_replaced(now: &Column, then: &Column) -> bool {
    let computed = match (&now.computed, &then.computed) {
        (None, None) => false,
        (Some(now), None) => !now.stored,
        _ => !columns_alike(now, &Column { computed: then.computed.clone(), ..now.clone() }),
    };
    computed || !converts(now, then)
}

/// What stands in a table while all of its own columns are made anew.
const BETWEEN: &str = "atlas_between";

struct Steps<'t> {
    /// The table after the changes so far.
    table: Table,
    then: &'t Table,
    made: Vec<Alteration>,
}

impl Steps<'_> {
    fn make(&mut self, change: Alteration) -> Result<()> {
        self.table.apply(&change)?;
        self.made.push(change);
        Ok(())
    }

    fn make_all(&mut self, changes: Vec<Alteration>) -> Result<()> {
        changes.into_iter().try_for_each(|change| self.make(change))
    }

    /// Checks and indexes that go, or are in the way of a change of their columns.
    fn drop_what_is_over(&mut self, touched: &[Name], renames: &[(&str, &str)]) -> Result<()> {
        let says = |text: &str| touched.iter().any(|column| mentions(text, column));
        let renamed = |columns: &[Name]| -> Vec<Name> {
            let of = |name: &Name| {
                renames.iter().find(|(from, _)| from == name).map(|(_, to)| (*to).to_owned().into())
            };
            columns.iter().map(|name| of(name).unwrap_or_else(|| name.clone())).collect()
        };
        let mut drops = Vec::new();
        let stays = |check: &Check| self.then.checks.iter().any(|own| checks_alike(own, check));
        for check in self.table.checks.iter().filter(|check| !stays(check) || says(&check.expression)) {
            drops.extend(check.name.clone().map(Alteration::DropCheck));
        }
        for index in &self.table.full_text {
            let same = self.then.full_text.contains(index);
            if !same || index.columns.iter().any(|name| touched.contains(name)) {
                drops.push(Alteration::DropFullText(index.name.clone()));
            }
        }
        for index in &self.table.indexes {
            let will = Index { columns: renamed(&index.columns), ..index.clone() };
            let is_same = |own: &&Index| {
                let is_new = own.name == will.name || self.table.index(&own.name).is_none();
                is_new && indexes_alike(&Index { name: will.name.clone(), ..(*own).clone() }, &will)
            };
            let same = self.then.indexes.iter().find(is_same);
            let texts = index.expression.iter().chain(&index.filter);
            let over_replaced = index.columns.iter().any(|name| self.goes(name, renames));
            let Some(same) = same.filter(|_| !texts.into_iter().any(|text| says(text)) && !over_replaced)
            else {
                drops.push(Alteration::DropIndex(index.name.clone()));
                continue;
            };
            let taken = self.then.index(&index.name).is_some();
            match same.name == index.name {
                true => {}
                false if taken => drops.push(Alteration::DropIndex(index.name.clone())),
                false => {
                    drops.push(Alteration::RenameIndex { from: index.name.clone(), to: same.name.clone() })
                }
            }
        }
        self.make_all(drops)
    }

    /// Whether a column is dropped, perhaps to be made anew.
    fn goes(&self, name: &str, renames: &[(&str, &str)]) -> bool {
        let then = renames.iter().find(|(from, _)| *from == name).map_or(name, |(_, to)| to);
        let pair = self.table.column(name).zip(self.then.column(then));
        pair.is_none_or(|(now, then)| is_replaced(now, then))
    }

    fn rename(&mut self, renames: &[(&str, &str)]) -> Result<()> {
        let owned = |name: &str| Name::from(name.to_owned());
        let all =
            renames.iter().map(|(from, to)| Alteration::RenameColumn { from: owned(from), to: owned(to) });
        self.make_all(all.collect())
    }

    /// A primary key that becomes another one is no key while its columns change; what is counted has to be one.
    fn let_go_of_the_key(&mut self) -> Result<()> {
        let replaced = |name: &Name| {
            let pair = self.table.column(name).zip(self.then.column(name));
            pair.is_none_or(|(now, then)| is_replaced(now, then))
        };
        let anew = self.table.primary_key.iter().any(replaced);
        if self.table.primary_key == self.then.primary_key && !anew {
            return Ok(());
        }
        let counted = self.table.columns.iter().filter(|column| column.generated);
        let counted: Vec<_> = counted
            .map(|column| {
                Alteration::ChangeColumn(Column { generated: false, starts_at: None, ..column.clone() })
            })
            .collect();
        self.make_all(counted)?;
        match self.table.primary_key.is_empty() {
            true => Ok(()),
            false => self.make(Alteration::SetPrimaryKey(Vec::new())),
        }
    }

    /// Columns are added, dropped, made anew and changed. What is to be counted is so once it is the key.
    fn columns(&mut self) -> Result<()> {
        let key = self.table.primary_key.clone();
        let waits = |column: &Column| column.generated && key != self.then.primary_key;
        let calm = |column: &Column| match waits(column) {
            true => Column { generated: false, starts_at: None, ..column.clone() },
            false => column.clone(),
        };
        let mut adds = Vec::new();
        let (mut anew, mut changes) = (Vec::new(), Vec::new());
        for column in &self.then.columns {
            match self.table.column(&column.name) {
                // A table without a key gets it with the column, also where it has rows.
                None if column.generated
                    && key.is_empty()
                    && self.then.primary_key == [column.name.clone()] =>
                {
                    adds.push(Alteration::AddColumn(column.clone(), Place::Last));
                }
                None => adds.push(Alteration::AddColumn(calm(column), Place::Last)),
                Some(now) if columns_alike(now, &calm(column)) => {}
                Some(now) if is_replaced(now, column) => {
                    anew.push(Alteration::DropColumn(column.name.clone()));
                    anew.push(Alteration::AddColumn(calm(column), Place::Last));
                }
                Some(_) => changes.push(Alteration::ChangeColumn(calm(column))),
            }
        }
        let gone = self.table.columns.iter().filter(|column| self.then.column(&column.name).is_none());
        // What is computed is made of others.
        let (computed, plain): (Vec<&Column>, Vec<&Column>) =
            gone.partition(|column| column.computed.is_some());
        let drops: Vec<_> =
            computed.iter().chain(&plain).map(|column| Alteration::DropColumn(column.name.clone())).collect();
        // A table has at least one column at any time.
        let between = adds.is_empty() && drops.len() + anew.len() / 2 == self.table.columns.len();
        if between {
            let column = Column { nullable: true, ..Column::new(BETWEEN, ColumnType::I32) };
            adds.push(Alteration::AddColumn(column, Place::Last));
        }
        self.make_all(adds)?;
        self.make_all(drops)?;
        self.make_all(anew)?;
        self.make_all(changes)?;
        if between { self.make(Alteration::DropColumn(BETWEEN.into())) } else { Ok(()) }
    }

    fn take_the_key(&mut self) -> Result<()> {
        if self.table.primary_key != self.then.primary_key {
            self.make(Alteration::SetPrimaryKey(self.then.primary_key.clone()))?;
        }
        let waited: Vec<_> = self
            .then
            .columns
            .iter()
            .filter(|column| self.table.column(&column.name).is_some_and(|now| !columns_alike(now, column)))
            .map(|column| Alteration::ChangeColumn(column.clone()))
            .collect();
        self.make_all(waited)
    }

    /// Indexes, keys and checks that are new, or were in the way.
    fn add(&mut self, ready: &dyn Fn(&ForeignKey) -> bool) -> Result<()> {
        let then = self.then;
        let indexes: Vec<&Index> =
            then.indexes.iter().filter(|index| self.table.index(&index.name).is_none()).collect();
        let words: Vec<&FullTextIndex> =
            then.full_text.iter().filter(|index| !self.table.full_text.contains(index)).collect();
        let is_there = |key: &ForeignKey| self.table.foreign_keys.iter().any(|own| keys_alike(own, key));
        let keys: Vec<&ForeignKey> =
            then.foreign_keys.iter().filter(|key| !is_there(key) && ready(key)).collect();
        let has = |check: &Check| self.table.checks.iter().any(|own| checks_alike(own, check));
        let checks: Vec<&Check> = then.checks.iter().filter(|check| !has(check)).collect();
        let mut adds: Vec<Alteration> = indexes.into_iter().cloned().map(Alteration::AddIndex).collect();
        adds.extend(words.into_iter().cloned().map(Alteration::AddFullText));
        adds.extend(checks.into_iter().cloned().map(Alteration::AddCheck));
        adds.extend(keys.into_iter().cloned().map(Alteration::AddForeignKey));
        if self.table.options.comment != then.options.comment {
            adds.push(Alteration::SetComment(then.options.comment.clone()));
        }
        self.make_all(adds)
    }
}
