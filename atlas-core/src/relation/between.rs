//! The rows of a table between that belong to one record.

use crate::{
    db::{About, Db},
    error::{Error, Result},
    model::{DraftData, Model, ModelMeta},
    query::column_ref,
    record::{self, Record, Values, not_found},
    relation::{
        Between as Table, Link, Path, PivotWriter, Related,
        groups::{Groups, equal},
    },
    schema::Name,
    statement::{
        ColumnRef, Delete, Expr, From, Insert, Lock, LockStrength, LockWait, OnConflict, Projection, Scope,
        Select, Statement, TableRef, Update,
    },
    value::{Moment, Plain, Value},
};

/// Columns of a table between and their values.
pub(super) type Given = Vec<(Name, Value)>;

/// A row of a table between: what it refers to beside the record, and what else it says.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) far: Vec<Value>,
    pub(super) given: Given,
}

/// The rows of a table between that belong to one record.
pub(super) struct Between {
    relation: &'static str,
    table: &'static str,
    /// The table's model, where it has one.
    meta: Option<&'static ModelMeta>,
    /// What writes the table's rows as records, where it has a model.
    writer: Option<PivotWriter>,
    /// The record's model, and the columns by which the rows refer to it, by index.
    owner: &'static ModelMeta,
    local: Vec<usize>,
    target: &'static ModelMeta,
    /// The columns that refer to the record, and that name its model, with their values.
    near: Vec<(ColumnRef, Value)>,
    /// The columns that refer to the others, and what they refer to, by index.
    far: Vec<(ColumnRef, usize)>,
    /// Which rows.
    conditions: Vec<Expr>,
    /// What every row that is written gets.
    written: Given,
}

impl<M: Model, N: Model, K> Related<M, N, K> {
    /// The rows of the table between that belong to the record.
    pub(super) fn rows_between(&self) -> Result<Between> {
        let key = self.present_key()?;
        let Link { path, morph, .. } = &self.relation.link;
        let Path::Via { between, near, far } = path else {
            let (model, name) = (M::meta().name, self.relation.name);
            return Err(Error::config(format!("`{name}` of `{model}` has no table between")));
        };
        let (owner, target) = (M::meta(), N::meta());
        let column = |name: &'static str, ty| ColumnRef { table: None, name: name.into(), ty };
        let named = morph.map(|morph| (column(morph.column, None), Value::Text(morph.name.to_owned())));
        let near = near.iter().map(|(local, name)| column(name, column_ref(owner, *local).ty));
        let near = near.zip(key.iter().cloned()).chain(named).collect();
        let far = far.iter().map(|(name, of)| (column(name, column_ref(target, *of).ty), *of)).collect();
        let (meta, writer) = match between {
            Table::Model { meta, writer } => (Some(meta()), Some(*writer)),
            Table::Named(_) => (None, None),
        };
        Ok(Between {
            relation: self.relation.name,
            table: between.table(),
            meta,
            writer,
            owner,
            local: self.relation.link.local(),
            target,
            near,
            far,
            conditions: self.between.clone(),
            written: self.written.clone(),
        })
    }
}

impl Between {
    /// The row that leads to a record.
    pub(super) fn row<N: Model>(&self, record: &Record<N>) -> Result<Row> {
        Ok(Row { far: self.far.iter().map(|(_, of)| record.encode(*of)).collect(), given: Vec::new() })
    }

    /// What the rows refer to of the records with these keys, in their order; `None` for one that is not there.
    /// Sends a statement where that is not the key itself.
    pub(super) async fn of_keys(&self, db: &Db, keys: Vec<Vec<Value>>) -> Result<Vec<Option<Vec<Value>>>> {
        self.exchanged(db, self.target.key, &self.referred_to(), keys).await
    }

    /// The keys of the records that the rows refer to by these, as [`of_keys`](Self::of_keys) does.
    pub(super) async fn keys_of(&self, db: &Db, far: Vec<Vec<Value>>) -> Result<Vec<Option<Vec<Value>>>> {
        self.exchanged(db, &self.referred_to(), self.target.key, far).await
    }

    /// The columns of the target that the rows refer to, by index.
    fn referred_to(&self) -> Vec<usize> {
        self.far.iter().map(|(_, of)| *of).collect()
    }

    /// What columns of the target hold where others hold these values.
    async fn exchanged(
        &self,
        db: &Db,
        from: &[usize],
        to: &[usize],
        given: Vec<Vec<Value>>,
    ) -> Result<Vec<Option<Vec<Value>>>> {
        let places: Option<Vec<usize>> =
            to.iter().map(|column| from.iter().position(|other| other == column)).collect();
        if let Some(places) = places {
            let one = |values: Vec<Value>| places.iter().map(|place| values.get(*place).cloned()).collect();
            return Ok(given.into_iter().map(one).collect());
        }
        let mut groups = Groups::default();
        for values in &given {
            groups.expect(values.clone());
        }
        let columns: Vec<_> = from.iter().map(|column| column_ref(self.target, *column)).collect();
        let read: Vec<usize> = from.iter().chain(to).copied().collect();
        let mut found: Vec<Option<Vec<Value>>> = vec![None; groups.len()];
        let db = &*db.of(self.target.about())?;
        for condition in groups.conditions(&columns) {
            let read_columns =
                read.iter().map(|column| Expr::Column(column_ref(self.target, *column)).into());
            let table = From::Table(TableRef::new(self.target.table));
            let mut select = Select::of(table, Projection::Expressions(read_columns.collect()));
            select.and_where(condition);
            self.target.owned(&self.target.table.into()).into_iter().for_each(|own| select.and_where(own));
            let (rows, _) = db.fetch(Some(self.target.about()), &select.into(), Values::default()).await?;
            for row in rows.values.chunks(read.len().max(1)) {
                let cast = |(column, value): (&usize, &Value)| self.cast(*column, value);
                let mut values = read.iter().zip(row).map(cast).collect::<Result<Vec<_>>>()?;
                let wanted = values.split_off(from.len());
                if let Some(place) = groups.of(&values.into()).and_then(|place| found.get_mut(place)) {
                    *place = Some(wanted);
                }
            }
        }
        let one = |values: Vec<Value>| found.get(groups.of(&values.into())?)?.clone();
        Ok(given.into_iter().map(one).collect())
    }

    /// A value as the target has it, since a database may give a UUID as text.
    fn cast(&self, column: usize, value: &Value) -> Result<Value> {
        if value.is_null() { Ok(Value::Null) } else { (self.target.column(column)?.cast)(value.as_ref()) }
    }

    /// The rows that lead to the records of these keys, with what else they say.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where a record is not there, which the keys alone do not tell, and
    /// [`Error::Config`] where it has nothing that a row could refer to.
    pub(super) async fn rows(&self, db: &Db, given: Vec<(Vec<Value>, Given)>) -> Result<Vec<Row>> {
        let (keys, given): (Vec<_>, Vec<_>) = given.into_iter().unzip();
        let far = self.of_keys(db, keys.clone()).await?;
        let row = |((far, key), given): ((Option<Vec<Value>>, Vec<Value>), Given)| {
            let far = far.ok_or_else(|| not_found(self.target, &key))?;
            match far.iter().position(Value::is_null) {
                None => Ok(Row { far, given }),
                Some(place) => Err(self.refers_to_nothing(place, &key)),
            }
        };
        far.into_iter().zip(keys).zip(given).map(row).collect()
    }

    #[cold]
    fn refers_to_nothing(&self, place: usize, key: &[Value]) -> Error {
        let column = self.far.get(place).map(|(_, of)| column_ref(self.target, *of).name);
        let (relation, target, column) = (self.relation, self.target.name, column.unwrap_or_default());
        let key: Vec<_> = key.iter().map(|value| format!("{:?}", Plain(value))).collect();
        Error::config(format!(
            "the `{target}` {} has no `{column}`, to which a row of `{}` between `{relation}` would refer: set it first",
            key.join(", "),
            self.table
        ))
    }

    /// The table, of whose rows its model's scopes hold.
    fn table_ref(&self) -> TableRef {
        self.meta.map_or_else(|| TableRef::new(self.table), ModelMeta::table_ref)
    }

    /// What statements of the table are about.
    fn about(&self) -> About {
        match self.meta {
            Some(meta) => meta.about(),
            None => About { table: self.table, sensitive: &[], ..self.target.about() },
        }
    }

    /// A transaction on the table's connection, in which nobody else changes what the record leads to: its row is
    /// locked, which a database passes over that lets one transaction write at a time.
    pub(super) async fn begin(&self, db: &Db) -> Result<crate::Transaction> {
        self.begin_for(db, true).await
    }

    /// The same, where somebody else could lead to these: not to what is new.
    pub(super) async fn begin_for(&self, db: &Db, existing: bool) -> Result<crate::Transaction> {
        let tx = db.of(self.about())?.begin_own().await?;
        if existing && self.owner.about().connection == self.about().connection {
            let columns: Vec<_> = self.local.iter().map(|column| column_ref(self.owner, *column)).collect();
            let values: Vec<_> =
                self.near.iter().map(|(_, value)| value.clone()).take(columns.len()).collect();
            let table = From::Table(TableRef::new(self.owner.table));
            let read = columns.iter().cloned().map(|column| Expr::Column(column).into()).collect();
            let mut select = Select::of(table, Projection::Expressions(read));
            select.and_where(equal(&columns, &values));
            select.lock = Some(Lock { strength: LockStrength::Update, wait: LockWait::Wait });
            tx.run(Some(self.owner.about()), &select.into(), Box::new(())).await?;
        }
        Ok(tx)
    }

    /// Inserts rows, with one statement where they give the same columns: how many.
    pub(super) async fn attach(&self, db: &Db, rows: Vec<Row>) -> Result<u64> {
        Self::attach_all(db, rows.into_iter().map(|row| (self, row)).collect()).await
    }

    /// Inserts rows that belong to several records of a relation, as [`attach`](Self::attach) does.
    pub(super) async fn attach_all(db: &Db, rows: Vec<(&Self, Row)>) -> Result<u64> {
        let Some((first, _)) = rows.first() else { return Ok(0) };
        let db = &*db.of(first.about())?;
        match first.meta {
            Some(meta) => {
                let writer = first.observed(db);
                let drafts = rows.into_iter().map(|(between, row)| between.draft(meta, row));
                let drafts = drafts.collect::<Result<Vec<_>>>()?;
                let Some(writer) = writer else {
                    let (drafts, sink) = (Box::new(drafts.into_iter()), Box::new(()));
                    let inserted =
                        record::insert_all(db, meta, drafts, OnConflict::Fail, Vec::new(), sink).await?;
                    return Ok(inserted.1.affected);
                };
                let (tx, rows) = (db.begin_own().await?, drafts.len());
                for draft in drafts {
                    (writer.insert)(&tx, draft).await?;
                }
                tx.commit().await?;
                Ok(rows as u64)
            }
            None => first.insert(db, rows.into_iter().map(|(between, row)| between.columns(row))).await,
        }
    }

    /// What writes the rows, where somebody observes them.
    fn observed(&self, db: &Db) -> Option<PivotWriter> {
        self.writer.filter(|_| self.meta.is_some_and(|meta| db.hooks(meta).is_some()))
    }

    /// A row as a draft of the table's model.
    fn draft(&self, meta: &'static ModelMeta, row: Row) -> Result<DraftData> {
        let mut draft = DraftData::new(meta);
        for (name, value) in self.columns(row) {
            let (column, value) = self.stored(meta, &name.name, value)?;
            draft.put_value(column, value);
        }
        Ok(draft)
    }

    /// A column of the table's model, and the value as it is stored.
    fn stored(&self, meta: &'static ModelMeta, name: &str, value: Value) -> Result<(usize, Value)> {
        let Some(index) = meta.names.iter().position(|other| *other == name).or_else(|| meta.index_of(name))
        else {
            return Err(Error::config(format!("`{}` has no column `{name}`", meta.name)));
        };
        if value.is_null() {
            return Ok((index, value));
        }
        let column = meta.column(index)?;
        let value = (column.cast)(value.as_ref()).map_err(|error| error.at(meta.name, column.name))?;
        Ok((index, value))
    }

    /// All that a row gives; what comes later wins.
    fn columns(&self, row: Row) -> Vec<(ColumnRef, Value)> {
        let column = |(name, value): (Name, Value)| (ColumnRef { table: None, name, ty: None }, value);
        let far = self.far.iter().map(|(column, _)| column.clone()).zip(row.far);
        let given = self.written.iter().cloned().chain(row.given).map(column);
        let mut columns: Vec<(ColumnRef, Value)> = Vec::new();
        for (column, value) in given.chain(self.near.iter().cloned()).chain(far) {
            columns.retain(|(other, _)| other.name != column.name);
            columns.push((column, value));
        }
        columns
    }

    /// Inserts rows into a table without a model.
    async fn insert(&self, db: &Db, rows: impl Iterator<Item = Vec<(ColumnRef, Value)>>) -> Result<u64> {
        let mut inserts: Vec<Insert> = Vec::new();
        for row in rows {
            let (columns, values): (Vec<ColumnRef>, Vec<Value>) = row.into_iter().unzip();
            match inserts.last_mut().filter(|insert| insert.columns == columns) {
                Some(insert) => {
                    insert.rows += 1;
                    insert.values.extend(values);
                }
                None => inserts.push(Insert {
                    table: TableRef::new(self.table),
                    columns,
                    rows: 1,
                    values,
                    on_conflict: OnConflict::Fail,
                    returning: Vec::new(),
                    key: Vec::new(),
                }),
            }
        }
        let together = if inserts.len() > 1 { Some(db.begin_own().await?) } else { None };
        let mut affected = 0;
        for insert in inserts {
            let db = together.as_deref().unwrap_or(db);
            affected += db.run(Some(self.about()), &insert.into(), Box::new(())).await?.1.affected;
        }
        if let Some(tx) = together {
            tx.commit().await?;
        }
        Ok(affected)
    }

    /// The rows that are there, of those that lead to these records or of all, with these further columns.
    pub(super) async fn present(&self, db: &Db, of: Option<&[Row]>, further: &[Name]) -> Result<Vec<Row>> {
        let names = self.far.iter().map(|(column, _)| column.clone());
        let names =
            names.chain(further.iter().map(|name| ColumnRef { table: None, name: name.clone(), ty: None }));
        let columns: Vec<_> = names.map(|column| Expr::Column(column).into()).collect();
        let mut found = Vec::new();
        for condition in self.scopes(of) {
            let table = From::Table(self.table_ref());
            let mut select = Select::of(table, Projection::Expressions(columns.clone()));
            select.and_where(condition);
            let (read, _) = db.fetch(Some(self.about()), &select.into(), Values::default()).await?;
            for values in read.values.chunks(columns.len().max(1)) {
                found.push(self.read(values, further)?);
            }
        }
        Ok(found)
    }

    /// A row that was read: its values as the models have them, since a database may give a UUID as text.
    fn read(&self, values: &[Value], further: &[Name]) -> Result<Row> {
        let far = self.far.iter().zip(values).map(|((_, of), value)| self.cast(*of, value));
        let far = far.collect::<Result<_>>()?;
        let further = further.iter().zip(values.iter().skip(self.far.len()));
        let given = further.map(|(name, value)| {
            Ok(match self.meta {
                Some(meta) => (name.clone(), self.stored(meta, name, value.clone())?.1),
                None => (name.clone(), value.clone()),
            })
        });
        Ok(Row { far, given: given.collect::<Result<_>>()? })
    }

    /// The rows of the record, of those that lead to these records or of all: a condition for each statement.
    fn scopes(&self, of: Option<&[Row]>) -> Vec<Expr> {
        let (columns, values): (Vec<_>, Vec<_>) = self.near.iter().cloned().unzip();
        let guards = self.meta.and_then(|meta| meta.guards(&self.table.into(), false));
        let conditions = self.conditions.iter().cloned().chain(guards);
        let mine = conditions.fold(equal(&columns, &values), Expr::and);
        let Some(rows) = of else { return vec![mine] };
        let mut groups = Groups::default();
        for row in rows {
            groups.expect(row.far.clone());
        }
        let far: Vec<ColumnRef> = self.far.iter().map(|(column, _)| column.clone()).collect();
        groups.conditions(&far).into_iter().map(|those| mine.clone().and(those)).collect()
    }

    /// Which rows there are, in a query of the table's model, which leaves out by itself what it does.
    pub(super) fn all(&self) -> Expr {
        let table = |column: ColumnRef| ColumnRef { table: Some(self.table.into()), ..column };
        let (columns, values): (Vec<_>, Vec<_>) =
            self.near.iter().cloned().map(|(column, value)| (table(column), value)).unzip();
        self.conditions.iter().cloned().fold(equal(&columns, &values), Expr::and)
    }

    /// Removes the rows that lead to these records, or all: how many there were.
    pub(super) async fn detach(&self, db: &Db, of: Option<&[Row]>) -> Result<u64> {
        let scopes = self.scopes(of);
        let db = &*db.of(self.about())?;
        let writer = self.observed(db);
        let several = scopes.len() > 1 || writer.is_some();
        let together = if several { Some(db.begin_own().await?) } else { None };
        let mut affected = 0;
        for filter in scopes {
            let db = together.as_deref().unwrap_or(db);
            if let Some(writer) = writer {
                affected += (writer.delete)(db, filter).await?;
                continue;
            }
            affected +=
                db.run(Some(self.about()), &self.removal(db, filter)?, Box::new(())).await?.1.affected;
        }
        if let Some(tx) = together {
            tx.commit().await?;
        }
        Ok(affected)
    }

    /// What removes rows: for good, or softly where the table's model does so.
    fn removal(&self, db: &Db, filter: Expr) -> Result<Statement> {
        let (table, scope) = (self.table_ref(), Scope { filter: Some(filter), ..Scope::default() });
        let Some((meta, column)) = self.meta.and_then(|meta| Some((meta, meta.soft_deletes?))) else {
            return Ok(Delete { table, scope, returning: Vec::new() }.into());
        };
        let mut set =
            vec![(meta.column(column)?.target(), meta.deletion(column, Some(Moment::now()))?.into())];
        meta.maintain(&mut set, db.now())?;
        Ok(Update { table, set, scope, returning: Vec::new() }.into())
    }

    /// Sets columns of the rows that lead to a record: how many there were.
    pub(super) async fn update(&self, db: &Db, row: Row) -> Result<u64> {
        let scopes = self.scopes(Some(std::slice::from_ref(&row)));
        let (Some(filter), false) = (scopes.into_iter().next(), row.given.is_empty()) else {
            let (table, relation) = (self.table, self.relation);
            return Err(Error::config(format!(
                "an update of `{table}` between `{relation}` sets no column: name at least one"
            )));
        };
        if let (Some(writer), Some(meta)) = (self.observed(db), self.meta) {
            let stored = |(name, value): (Name, Value)| self.stored(meta, &name, value);
            let set = row.given.into_iter().map(stored).collect::<Result<_>>()?;
            let tx = db.of(self.about())?.begin_own().await?;
            let affected = (writer.update)(&tx, filter, set).await?;
            tx.commit().await?;
            return Ok(affected);
        }
        let mut set = Vec::with_capacity(row.given.len() + 1);
        for (name, value) in row.given {
            set.push(match self.meta {
                Some(meta) => {
                    let (index, value) = self.stored(meta, &name, value)?;
                    db.keep_tenant(meta, index, Some(&value))?;
                    (meta.column(index)?.target(), Expr::Value(value))
                }
                None => (ColumnRef { table: None, name, ty: None }, Expr::Value(value)),
            });
        }
        if let Some(meta) = self.meta {
            meta.maintain(&mut set, db.now())?;
        }
        let scope = Scope { filter: Some(filter), ..Scope::default() };
        let update = Update { table: self.table_ref(), set, scope, returning: Vec::new() };
        Ok(db.run(Some(self.about()), &update.into(), Box::new(())).await?.1.affected)
    }

    /// Whether a row that is there has other values than those that are given.
    pub(super) fn differs(&self, there: &Row, given: &[(Name, Value)]) -> bool {
        given.iter().any(|(name, value)| {
            let old = there.given.iter().find(|(other, _)| other == name).map(|(_, value)| value);
            let stored = self.meta.and_then(|meta| self.stored(meta, name, value.clone()).ok());
            let new = stored.map_or_else(|| value.clone(), |(_, value)| value);
            old.is_none_or(|old| !alike(old, &new))
        })
    }
}

/// Whether two values are the same to a database: one has no booleans, another gives decimals as text.
fn alike(one: &Value, other: &Value) -> bool {
    let shown = |value: &Value| match value {
        Value::Bool(truth) => u8::from(*truth).to_string(),
        Value::Text(text) => text.clone(),
        Value::Numeric(number) => number.normalized().to_string(),
        value => format!("{:?}", Plain(value)),
    };
    one == other || (!one.is_null() && !other.is_null() && shown(one) == shown(other))
}
