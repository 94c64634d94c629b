//! The data mapper's way to say the same: calls on a handle that take a table's name, and conditions as
//! values.

use crate::{
    db::{Db, Pending},
    error::{Error, Result},
    schema::Name,
    table::{DynRow, Relations, Table, Values},
    value::IntoValue,
};

impl Db {
    /// The row of a table whose `id` this is, if there is one.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// use atlas::values;
    ///
    /// let ann = db.find_by_id("users", 1).await?.expect("she is there");
    /// assert_eq!(ann.get::<String>("name")?, "Ann");
    ///
    /// let changed = db.update("users", values! { id: 1 }, values! { name: "Anne" }).await?;
    /// assert_eq!(changed[0].get::<String>("name")?, "Anne");
    /// # Ok(())
    /// # });
    /// ```
    pub fn find_by_id(&self, table: impl Into<Name>, id: impl IntoValue) -> Pending<'_, Option<DynRow>> {
        self.table(table).find(id)
    }

    /// The first row of a table whose columns have these values, if there is one.
    pub fn find_one(&self, table: impl Into<Name>, filter: impl Into<Values>) -> Pending<'_, Option<DynRow>> {
        self.table(table).where_all(filter).first()
    }

    /// Every row of a table whose columns have these values; every row where none are given.
    pub fn find_all(&self, table: impl Into<Name>, filter: impl Into<Values>) -> Pending<'_, Vec<DynRow>> {
        self.table(table).where_all(filter).get()
    }

    /// The row of a table whose `id` this is, if there is one, with relations by name: see [`Table::with`].
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// use atlas::relations;
    ///
    /// let tree = relations! { posts: { comments: { post } } };
    /// let ann = db.find_by_id_with("users", 1, tree).await?.expect("she is there");
    /// let comment = &ann.related("posts")?[0].related("comments")?[0];
    /// assert_eq!(comment.related("post")?[0].get::<String>("title")?, "Rust in anger");
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where a name is no relation's.
    pub fn find_by_id_with(
        &self,
        table: impl Into<Name>,
        id: impl IntoValue,
        relations: impl Into<Relations>,
    ) -> Pending<'_, Option<DynRow>> {
        self.table(table).with(relations).find(id)
    }

    /// The first row of a table whose columns have these values, if there is one, with relations by name.
    ///
    /// # Errors
    ///
    /// As [`find_by_id_with`](Self::find_by_id_with).
    pub fn find_one_with(
        &self,
        table: impl Into<Name>,
        filter: impl Into<Values>,
        relations: impl Into<Relations>,
    ) -> Pending<'_, Option<DynRow>> {
        self.table(table).where_all(filter).with(relations).first()
    }

    /// Every row of a table whose columns have these values, with relations by name: for an order or a limit,
    /// `db.table(..)` has [`with`](Table::with).
    ///
    /// # Errors
    ///
    /// As [`find_by_id_with`](Self::find_by_id_with).
    pub fn find_all_with(
        &self,
        table: impl Into<Name>,
        filter: impl Into<Values>,
        relations: impl Into<Relations>,
    ) -> Pending<'_, Vec<DynRow>> {
        self.table(table).where_all(filter).with(relations).get()
    }

    /// Inserts a row, and gives it back with what the database filled in.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub fn insert(&self, table: impl Into<Name>, row: impl Into<Values>) -> Pending<'_, DynRow> {
        self.table(table).insert(row)
    }

    /// Inserts rows, all or none, and gives them back in their order.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub fn bulk_insert<V: Into<Values>>(
        &self,
        table: impl Into<Name>,
        rows: impl IntoIterator<Item = V>,
    ) -> Pending<'_, Vec<DynRow>> {
        self.table(table).insert_many(rows)
    }

    /// Sets columns of every row whose columns have the values of `filter`, and gives the rows back as they
    /// are then.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where `filter` or `values` is empty, and what the database reports.
    pub fn update(
        &self,
        table: impl Into<Name>,
        filter: impl Into<Values>,
        values: impl Into<Values>,
    ) -> Pending<'_, Vec<DynRow>> {
        let filtered = filtered(self.table(table), filter.into(), "update");
        let values = values.into();
        Pending::new(async move { filtered?.update_returning(values).await })
    }

    /// Removes every row whose columns have the values of `filter`: how many there were.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where `filter` is empty, and what the database reports.
    pub fn delete(&self, table: impl Into<Name>, filter: impl Into<Values>) -> Pending<'_, u64> {
        let filtered = filtered(self.table(table), filter.into(), "delete");
        Pending::new(async move { filtered?.delete().await })
    }

    /// Several updates, each of a filter and values, all or none: the changed rows, update after update.
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update).
    pub fn bulk_update<F: Into<Values>, V: Into<Values>>(
        &self,
        table: impl Into<Name>,
        updates: impl IntoIterator<Item = (F, V)>,
    ) -> Pending<'_, Vec<DynRow>> {
        let table = table.into();
        let updates: Vec<(Values, Values)> =
            updates.into_iter().map(|(filter, values)| (filter.into(), values.into())).collect();
        Pending::new(async move {
            let tx = self.begin_own().await?;
            let mut changed = Vec::new();
            for (filter, values) in updates {
                changed.extend(tx.update(table.clone(), filter, values).await?);
            }
            tx.commit().await?;
            Ok(changed)
        })
    }

    /// Several deletes, each by a filter, all or none: how many rows there were.
    ///
    /// # Errors
    ///
    /// As [`delete`](Self::delete).
    pub fn bulk_delete<F: Into<Values>>(
        &self,
        table: impl Into<Name>,
        filters: impl IntoIterator<Item = F>,
    ) -> Pending<'_, u64> {
        let table = table.into();
        let filters: Vec<Values> = filters.into_iter().map(Into::into).collect();
        Pending::new(async move {
            let tx = self.begin_own().await?;
            let mut removed = 0;
            for filter in filters {
                removed += tx.delete(table.clone(), filter).await?;
            }
            tx.commit().await?;
            Ok(removed)
        })
    }
}

/// The rows that a filter names. One that names none would reach them all.
fn filtered<'a>(table: Table<'a>, filter: Values, what: &str) -> Result<Table<'a>> {
    if filter.is_empty() {
        return Err(Error::config(format!(
            "an empty filter would {what} every row of `{name}`: give it a column, or say so with `db.table(\"{name}\").{what}(..)`",
            name = table.name
        )));
    }
    Ok(table.where_all(filter))
}
