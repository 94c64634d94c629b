//! Changes of a table. SQLite adds and renames columns, and makes everything else of a table by making it anew.
//!
//! What a change leaves alone is written again as it was written: types, collations and conflict clauses that no
//! description of a table would hold stay what they are.

use std::mem;

use atlas_core::{
    error::{Error, Result},
    schema::{Alteration, Column, ColumnDefault, Name, Table},
};
use atlas_sql::{
    add_full_text, create_index, declare_check, declare_column, declare_foreign_key, drop_full_text,
    schema_statements,
};

use crate::{
    ddl::{self, Constraint, Declared, DeclaredColumn, Part, Rule},
    dialect::SqliteDialect,
};

/// What SQLite keeps of a table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    /// The text that made it.
    pub(crate) create: String,
    /// Its indexes: their names, and the texts that made them.
    pub(crate) indexes: Vec<(String, String)>,
    /// The texts of its triggers.
    pub(crate) triggers: Vec<String>,
}

/// One step of a change: statements that are run together.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) statements: Vec<String>,
    /// Whether the table is made anew.
    pub(crate) rebuilds: bool,
    /// The table afterwards.
    pub(crate) after: Table,
}

/// The next step of some changes, which it is taken from: those that SQLite makes by itself one by one, the others
/// together.
pub(crate) fn next_step(before: &Table, texts: &Texts, changes: &mut &[Alteration]) -> Result<Step> {
    let Some((first, rest)) = changes.split_first() else {
        return Ok(Step { statements: Vec::new(), rebuilds: false, after: before.clone() });
    };
    let mut after = before.clone();
    after.apply(first)?;
    if let Some(statements) = by_itself(before, &after, texts, first)? {
        *changes = rest;
        return Ok(Step { statements, rebuilds: false, after });
    }
    let mut anew = Anew::of(before, texts)?;
    while let Some((change, rest)) = changes.split_first() {
        let mut after = anew.table.clone();
        after.apply(change)?;
        if by_itself(&anew.table, &after, texts, change)?.is_some() {
            break;
        }
        anew.make(after, change)?;
        *changes = rest;
    }
    let after = anew.table.clone();
    Ok(Step { statements: anew.statements(before), rebuilds: true, after })
}

/// The statements of changes to a table that nobody has looked at: as if Atlas had made it.
pub(crate) fn planned(before: &Table, mut changes: &[Alteration]) -> Result<Vec<String>> {
    let mut table = before.clone();
    let mut statements = Vec::new();
    while !changes.is_empty() {
        let made =
            schema_statements(&atlas_core::schema::SchemaChange::CreateTable(table.clone()), &SqliteDialect)?;
        let mut made = made.into_iter();
        let create = made.next().unwrap_or_default();
        let indexes = table.indexes.iter().map(|index| index.name.to_string()).zip(made).collect();
        let step = next_step(&table, &Texts { create, indexes, triggers: Vec::new() }, &mut changes)?;
        statements.extend(step.statements);
        table = step.after;
    }
    Ok(statements)
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table's name, and that of its schema with the point.
fn split(name: &str) -> (String, &str) {
    match name.split_once('.') {
        Some((schema, bare)) => (format!("{}.", quote(schema)), bare),
        None => (String::new(), name),
    }
}

/// What SQLite does without a new table.
fn by_itself(
    before: &Table,
    after: &Table,
    texts: &Texts,
    change: &Alteration,
) -> Result<Option<Vec<String>>> {
    let (schema, bare) = split(&before.name);
    let of = format!("{schema}{}", quote(bare));
    let is_made = |name: &str| texts.indexes.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
    Ok(match change {
        Alteration::AddColumn(column, _) if can_be_added(after, column) => {
            let declared = declare_column(after, column, &SqliteDialect)?;
            Some(vec![format!("ALTER TABLE {of} ADD COLUMN {declared}")])
        }
        Alteration::RenameColumn { from, to } => {
            // A table of words reads its texts by the names of columns.
            let mut statements = Vec::new();
            for index in before.full_text.iter().filter(|index| index.columns.contains(from)) {
                statements.extend(drop_full_text(before, &index.name, &SqliteDialect));
            }
            statements.push(format!("ALTER TABLE {of} RENAME COLUMN {} TO {}", quote(from), quote(to)));
            for index in after.full_text.iter().filter(|index| index.columns.contains(to)) {
                statements.extend(add_full_text(after, index, &SqliteDialect)?);
            }
            Some(statements)
        }
        Alteration::AddIndex(index) => Some(vec![create_index(before, index, &SqliteDialect)?]),
        Alteration::AddFullText(index) => Some(add_full_text(before, index, &SqliteDialect)?),
        Alteration::DropFullText(name) => Some(drop_full_text(before, name, &SqliteDialect)),
        Alteration::DropIndex(name) if is_made(name) => {
            Some(vec![format!("DROP INDEX {schema}{}", quote(name))])
        }
        Alteration::RenameIndex { from, to } if is_made(from) => {
            let index = after.index(to).cloned().unwrap_or_default();
            Some(vec![
                format!("DROP INDEX {schema}{}", quote(from)),
                create_index(before, &index, &SqliteDialect)?,
            ])
        }
        Alteration::SetComment(_) => Some(Vec::new()),
        _ => None,
    })
}

/// Whether a column can be added to a table that has rows.
fn can_be_added(after: &Table, column: &Column) -> bool {
    let constant = match &column.default {
        None => column.nullable,
        Some(ColumnDefault::Value(value)) => column.nullable || *value != atlas_core::value::Value::Null,
        Some(_) => false,
    };
    constant
        && !column.generated
        && !after.primary_key.contains(&column.name)
        && !column.computed.as_ref().is_some_and(|computed| computed.stored)
}

/// A table that is being made anew.
struct Anew {
    table: Table,
    declared: Declared,
    indexes: Vec<(String, String)>,
    triggers: Vec<String>,
    /// Which columns get their rows from the table before.
    copied: Vec<String>,
    /// What is sent first.
    first: Vec<String>,
}

impl Anew {
    fn of(table: &Table, texts: &Texts) -> Result<Self> {
        let Some(declared) = Declared::parse(&texts.create) else {
            return Err(Error::config(format!(
                "the table `{}` cannot be changed: its declaration is not understood: {}",
                table.name, texts.create
            )));
        };
        let stored = |column: &&DeclaredColumn| {
            !column.constraints.iter().any(|own| matches!(own.rule, Rule::Computed(_)))
        };
        let copied = declared.columns().filter(stored).map(|column| column.name.clone()).collect();
        Ok(Self {
            table: table.clone(),
            declared,
            indexes: texts.indexes.clone(),
            triggers: texts.triggers.clone(),
            copied,
            first: Vec::new(),
        })
    }

    fn make(&mut self, after: Table, change: &Alteration) -> Result<()> {
        match change {
            Alteration::AddColumn(column, _) => {
                let declared = self.declare(&after, column)?;
                let last = self.declared.parts.iter().rposition(|part| matches!(part, Part::Column(_)));
                self.declared.parts.insert(last.map_or(0, |at| at + 1), Part::Column(declared));
            }
            Alteration::ChangeColumn(column) => {
                let mut declared = self.declare(&after, column)?;
                let counted =
                    declared.constraints.iter().any(|own| matches!(own.rule, Rule::PrimaryKey { .. }));
                if counted {
                    self.drop_constraints(|_, own| matches!(own.rule, Rule::PrimaryKey { .. }));
                }
                let was_computed = self.computed(&column.name);
                let name = column.name.clone();
                let Some(was) = self.column(&name) else { return Ok(()) };
                // Keys and indexes stay, also where they were written beside the column.
                let is_key = |own: &Constraint| {
                    matches!(own.rule, Rule::PrimaryKey { .. } | Rule::Unique(_) | Rule::ForeignKey(_))
                        || matches!(own.rule, Rule::Check(_)) && own.name.is_some()
                };
                // A key that is not counted any more is one all the same.
                let uncounted = |own: Constraint| match own.rule {
                    Rule::PrimaryKey { columns, counts: true } => Constraint {
                        rule: Rule::PrimaryKey { columns, counts: false },
                        text: "PRIMARY KEY".to_owned(),
                        ..own
                    },
                    _ => own,
                };
                let kept = mem::take(&mut was.constraints).into_iter().filter(is_key);
                declared.constraints.extend(kept.map(uncounted));
                *was = declared;
                match (was_computed, column.computed.is_some()) {
                    (false, true) => self.copied.retain(|own| *own != column.name),
                    (true, false) => self.copied.push(column.name.to_string()),
                    _ => {}
                }
            }
            Alteration::DropColumn(name) => {
                for index in self.table.full_text.iter().filter(|index| index.columns.contains(name)) {
                    self.first.extend(drop_full_text(&self.table, &index.name, &SqliteDialect));
                    self.triggers.retain(|text| !ddl::mentions(text, &index.name));
                }
                self.copied.retain(|own| own != name);
                self.declared.parts.retain_mut(|part| match part {
                    Part::Column(column) => column.name != *name,
                    Part::Constraint(own) => !is_of_column(&own.rule, name),
                });
                self.indexes.retain(|(_, text)| !mentioned_by_index(text, name));
            }
            Alteration::SetPrimaryKey(columns) => {
                self.drop_constraints(|_, own| matches!(own.rule, Rule::PrimaryKey { .. }));
                if !columns.is_empty() {
                    let columns: Vec<String> = columns.iter().map(|name| quote(name)).collect();
                    self.add(&format!("PRIMARY KEY ({})", columns.join(", ")));
                }
            }
            Alteration::DropIndex(name) => {
                let columns = self.table.index(name).map(|index| index.columns.clone()).unwrap_or_default();
                self.drop_constraints(|column, own| match &own.rule {
                    Rule::Unique(own) => is_over(column, own, &columns),
                    _ => false,
                });
            }
            Alteration::RenameIndex { from, to } => {
                let columns = self.table.index(from).map(|index| index.columns.clone()).unwrap_or_default();
                self.drop_constraints(|column, own| match &own.rule {
                    Rule::Unique(own) => is_over(column, own, &columns),
                    _ => false,
                });
                let columns: Vec<String> = columns.iter().map(|name| quote(name)).collect();
                self.add(&format!("CONSTRAINT {} UNIQUE ({})", quote(to), columns.join(", ")));
            }
            Alteration::AddForeignKey(key) => self.add(&declare_foreign_key(key, &SqliteDialect)?),
            Alteration::DropForeignKey(name) => {
                let key = self.table.foreign_keys.iter().find(|key| key.name.as_ref() == Some(name));
                let columns = key.map(|key| key.columns.clone()).unwrap_or_default();
                self.drop_constraints(|column, own| match &own.rule {
                    Rule::ForeignKey(key) => {
                        let named = own.name.as_ref().is_none_or(|own| own == name);
                        let own: Vec<String> = key.columns.iter().map(|name| name.to_string()).collect();
                        named && is_over(column, &own, &columns)
                    }
                    _ => false,
                });
            }
            Alteration::AddCheck(check) => self.add(&declare_check(check, &SqliteDialect)),
            Alteration::DropCheck(name) => self.drop_constraints(|_, own| {
                matches!(own.rule, Rule::Check(_)) && own.name.as_deref() == Some(name)
            }),
            _ => return Err(Error::config("this change of a table is not known: update the driver")),
        }
        self.table = after;
        Ok(())
    }

    fn declare(&self, after: &Table, column: &Column) -> Result<DeclaredColumn> {
        let text = declare_column(after, column, &SqliteDialect)?;
        DeclaredColumn::parse(&text).ok_or_else(|| {
            Error::config(format!("the column `{}` cannot be declared like this: {text}", column.name))
        })
    }

    fn column(&mut self, name: &str) -> Option<&mut DeclaredColumn> {
        self.declared.parts.iter_mut().find_map(|part| match part {
            Part::Column(column) if column.name == name => Some(column),
            _ => None,
        })
    }

    fn computed(&self, name: &str) -> bool {
        self.table.column(name).is_some_and(|column| column.computed.is_some())
    }

    fn add(&mut self, text: &str) {
        // It was written by ourselves: nobody looks at it again in this step but by its text.
        let declared = Declared::parse(&format!("CREATE TABLE t (c, {text})"));
        let part = declared.and_then(|mut declared| declared.parts.pop());
        self.declared.parts.extend(part);
    }

    fn drop_constraints(&mut self, is_it: impl Fn(Option<&str>, &Constraint) -> bool) {
        self.declared.parts.retain_mut(|part| match part {
            Part::Column(column) => {
                let name = column.name.clone();
                column.constraints.retain(|own| !is_it(Some(&name), own));
                true
            }
            Part::Constraint(own) => !is_it(None, own),
        });
    }

    fn statements(&self, before: &Table) -> Vec<String> {
        let (schema, bare) = split(&before.name);
        let old = format!("{schema}{}", quote(bare));
        let new = format!("{schema}{}", quote(&format!("_atlas_new_{bare}")));
        let columns: Vec<String> = self.copied.iter().map(|name| quote(name)).collect();
        let columns = columns.join(", ");
        let mut statements = self.first.clone();
        statements.push(self.declared.text(&new));
        if !columns.is_empty() {
            statements.push(format!("INSERT INTO {new} ({columns}) SELECT {columns} FROM {old}"));
        }
        if self.table.columns.iter().any(|column| column.generated)
            && before.columns.iter().any(|column| column.generated)
        {
            // Keys that were given are not given again.
            let (own, other) = (literal(bare), literal(&format!("_atlas_new_{bare}")));
            statements.push(format!("DELETE FROM {schema}sqlite_sequence WHERE name = {other}"));
            statements.push(format!(
                "INSERT INTO {schema}sqlite_sequence (name, seq) SELECT {other}, seq FROM {schema}sqlite_sequence WHERE name = {own}"
            ));
        }
        statements.push(format!("DROP TABLE {old}"));
        statements.push(format!("ALTER TABLE {new} RENAME TO {}", quote(bare)));
        statements.extend(self.indexes.iter().map(|(_, text)| text.clone()));
        statements.extend(self.triggers.iter().cloned());
        statements
    }
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Whether a constraint is over these columns.
fn is_over(at: Option<&str>, own: &[String], columns: &[Name]) -> bool {
    match at {
        Some(column) => matches!(columns, [only] if only == column),
        None => own.iter().map(String::as_str).eq(columns.iter().map(|name| &**name)),
    }
}

/// Whether a constraint of the table has to do with one of its columns. What a foreign key refers to is another's.
fn is_of_column(rule: &Rule, column: &str) -> bool {
    match rule {
        Rule::PrimaryKey { columns, .. } | Rule::Unique(columns) => {
            columns.iter().any(|own| own.eq_ignore_ascii_case(column))
        }
        Rule::ForeignKey(key) => key.columns.iter().any(|own| own.eq_ignore_ascii_case(column)),
        Rule::Check(condition) => ddl::mentions(condition, column),
        _ => false,
    }
}

/// Whether an index has to do with a column. Its own name and its table's do not count.
fn mentioned_by_index(text: &str, column: &str) -> bool {
    ddl::index(text).is_some_and(|index| {
        index.columns.iter().any(|own| own.eq_ignore_ascii_case(column))
            || index.expression.is_some_and(|own| ddl::mentions(&own, column))
            || index.filter.is_some_and(|own| ddl::mentions(&own, column))
    })
}
