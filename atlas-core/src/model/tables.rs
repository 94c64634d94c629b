//! Tables out of models.

use crate::{
    db::{Db, Pending},
    error::{Error, Result},
    model::{ColumnMeta, DefaultMeta, FullTextMeta, KeyKind, ModelMeta},
    relation::{Link, RelationKind, RelationMeta},
    schema::{
        Column, ColumnDefault, ForeignKey, FullTextIndex, Index, IndexKind, Name, SchemaChange, Table,
        default_name,
    },
    statement::Statement,
};

/// The metadata of models, for [`Db::create_tables`]: `models![User, Post]`.
#[macro_export]
macro_rules! models {
    ($($model:ty),* $(,)?) => {
        [$(<$model as $crate::Model>::meta()),*]
    };
}

impl Db {
    /// Creates the tables of models that are not there yet, with keys, unique constraints, indexes,
    /// defaults and foreign keys; a table comes after those that it refers to. Tables that are there stay
    /// as they are: to change them is a migration's work.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # atlas::block_on(async {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// db.create_tables(models![User, Post, Comment]).await?;
    /// assert_eq!(User::query().count(&db).await?, 0);
    /// # Ok::<(), Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// What the database reports. Where it can undo changes of its schema, all tables are made or none.
    pub fn create_tables(&self, models: impl IntoIterator<Item = &'static ModelMeta>) -> Pending<'_, ()> {
        let tables = tables_of(models);
        Pending::new(async move {
            let tables = tables?;
            if self.capabilities().transactional_schema {
                let tx = self.begin_own().await?;
                create(&tx, tables).await?;
                tx.commit().await
            } else {
                create(self, tables).await
            }
        })
    }
}

/// The tables of models, each after those that it refers to. Models of one table are one table, with the columns of
/// all of them.
///
/// # Errors
///
/// [`Error::Config`] where two models of a table say different things of a column.
pub fn tables_of(models: impl IntoIterator<Item = &'static ModelMeta>) -> Result<Vec<Table>> {
    let models: Vec<_> = models.into_iter().collect();
    let tables = in_order_of_references(models.clone()).into_iter().map(|first| {
        let mut whole = table(first);
        let others =
            models.iter().filter(|other| other.table == first.table && !std::ptr::eq(**other, first));
        others.into_iter().try_for_each(|other| merge(&mut whole, first, other))?;
        Ok(whole)
    });
    tables.collect()
}

/// Adds to a table what another of its models says.
fn merge(whole: &mut Table, first: &'static ModelMeta, other: &'static ModelMeta) -> Result<()> {
    let own = table(other);
    for column in own.columns {
        match whole.column(&column.name) {
            None => whole.columns.push(column),
            Some(there) if there.ty == column.ty && there.nullable == column.nullable => {}
            Some(_) => {
                return Err(Error::config(format!(
                    "`{}` and `{}` are both of `{}` and mean different columns by `{}`: give their fields the same type",
                    first.name, other.name, first.table, column.name
                )));
            }
        }
    }
    for index in own.indexes {
        if whole.index(&index.name).is_none() {
            whole.indexes.push(index);
        }
    }
    for key in own.foreign_keys {
        if !whole.foreign_keys.iter().any(|there| there.columns == key.columns) {
            whole.foreign_keys.push(key);
        }
    }
    for index in own.full_text {
        if !whole.full_text.iter().any(|there| there.name == index.name) {
            whole.full_text.push(index);
        }
    }
    Ok(())
}

async fn create(db: &Db, tables: Vec<Table>) -> Result<()> {
    for table in tables {
        db.run(None, &Statement::Schema(SchemaChange::CreateTable(table)), Box::new(())).await?;
    }
    Ok(())
}

/// Each model after those that it refers to. Where models refer to each other in a ring, the first given
/// comes first.
fn in_order_of_references(models: Vec<&'static ModelMeta>) -> Vec<&'static ModelMeta> {
    fn visit(
        model: &'static ModelMeta,
        models: &[&'static ModelMeta],
        seen: &mut Vec<&'static str>,
        ordered: &mut Vec<&'static ModelMeta>,
    ) {
        if seen.contains(&model.table) {
            return;
        }
        seen.push(model.table);
        for target in references(model) {
            if let Some(target) = models.iter().find(|other| other.table == target.table) {
                visit(target, models, seen, ordered);
            }
        }
        ordered.push(model);
    }

    let mut seen = Vec::new();
    let mut ordered = Vec::with_capacity(models.len());
    for model in &models {
        visit(model, &models, &mut seen, &mut ordered);
    }
    ordered
}

fn references(model: &'static ModelMeta) -> impl Iterator<Item = &'static ModelMeta> {
    belongs_to(model).map(|(_, link)| (link.target)())
}

/// The relations whose keys are in this model's table.
fn belongs_to(model: &'static ModelMeta) -> impl Iterator<Item = (&'static RelationMeta, Link)> {
    let belongs = model.relations.iter().filter(|relation| relation.kind == RelationKind::BelongsTo);
    belongs.filter_map(|relation| Some((relation, relation.link?)))
}

/// A model's table.
fn table(model: &'static ModelMeta) -> Table {
    let name = |index: &usize| model.names.get(*index).map(|name| Name::from(*name));
    let names = |indexes: &[usize]| indexes.iter().filter_map(name).collect::<Vec<Name>>();
    let own = model.columns.iter().filter(|column| column.unique || column.indexed);
    let own = own.map(|column| index(model, vec![column.name.into()], column.unique, column.without_trashed));
    let several =
        model.indexes.iter().map(|meta| index(model, names(meta.columns), meta.unique, meta.without_trashed));
    Table {
        name: model.table.into(),
        columns: model.columns.iter().enumerate().map(|(index, meta)| column(model, index, meta)).collect(),
        primary_key: names(model.key),
        indexes: own.chain(several).collect(),
        foreign_keys: belongs_to(model)
            .map(|(relation, link)| {
                let target = (link.target)();
                let referred = |index: &usize| target.names.get(*index).map(|name| Name::from(*name));
                let references = link.foreign().iter().filter_map(referred).collect();
                ForeignKey {
                    on_delete: relation.on_delete,
                    on_update: relation.on_update,
                    ..ForeignKey::new(model.table, names(&link.local()), target.table, references)
                }
            })
            .collect(),
        full_text: model.full_text.iter().map(|meta| full_text(model, meta)).collect(),
        ..Table::default()
    }
}

/// An index of words, named as other indexes are: `posts_title_body_fulltext`.
pub(super) fn full_text(model: &'static ModelMeta, meta: &FullTextMeta) -> FullTextIndex {
    let names = meta.columns.iter().filter_map(|index| model.names.get(*index));
    let columns: Vec<Name> = names.map(|name| Name::from(*name)).collect();
    FullTextIndex {
        name: default_name(model.table, &columns, "fulltext"),
        columns,
        language: meta.language.into(),
    }
}

fn column(model: &'static ModelMeta, index: usize, meta: &ColumnMeta) -> Column {
    Column {
        nullable: meta.nullable,
        generated: model.key_kind == KeyKind::Generated && model.key == [index],
        default: match meta.default {
            Some(DefaultMeta::Constant(make)) => Some(ColumnDefault::Value(make())),
            Some(DefaultMeta::Database { sql, .. }) => Some(ColumnDefault::Expression(sql.into())),
            Some(DefaultMeta::Computed(_)) | None => None,
        },
        ..Column::new(meta.name, meta.ty)
    }
}

fn index(model: &'static ModelMeta, columns: Vec<Name>, unique: bool, without_trashed: bool) -> Index {
    let kind = if unique { IndexKind::Unique } else { IndexKind::Plain };
    let deleted = model.soft_deletes.filter(|_| without_trashed).and_then(|index| model.names.get(index));
    Index { where_null: deleted.map(|name| (*name).into()), ..Index::new(model.table, columns, kind) }
}
