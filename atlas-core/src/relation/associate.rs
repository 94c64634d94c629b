//! Making a record refer to another, or to none.

use crate::{
    error::{Error, Result},
    model::Model,
    record::Record,
    relation::{
        MorphVariant, Path, Relation,
        kind::{self, Optional},
    },
    value::{Value, ValueRef},
};

/// Kinds by which a record itself refers to another.
#[diagnostic::on_unimplemented(
    message = "`associate` sets this model's own foreign key: it is for belongs_to and morph_to",
    label = "this is not a belongs_to relation",
    note = "for a has_many, call `related(..).save(&db, &mut child)`"
)]
pub trait RefersToOne {}
#[diagnostic::do_not_recommend]
impl<R> RefersToOne for kind::BelongsTo<R> {}
#[diagnostic::do_not_recommend]
impl<R> RefersToOne for kind::MorphTo<R> {}

/// Kinds by which a relation to `T` leads to a record of `N`.
#[diagnostic::on_unimplemented(
    message = "this relation does not lead to a `{N}`",
    label = "a record of another model"
)]
pub trait LeadsTo<T, N> {
    /// What a column says that names the model.
    const NAME: Option<&'static str> = None;
}
macro_rules! leads_to_its_target {
    ($($kind:ident $(<$between:ident>)?)*) => { $(
        #[diagnostic::do_not_recommend]
        impl<N $(, $between)?> LeadsTo<N, N> for kind::$kind $(<$between>)? {}
    )* };
}
leads_to_its_target!(BelongsTo<R> HasMany HasOne BelongsToMany<P> HasManyThrough HasOneThrough MorphMany MorphOne MorphToMany<P>);
#[diagnostic::do_not_recommend]
impl<E: MorphVariant<N>, N, R> LeadsTo<E, N> for kind::MorphTo<R> {
    const NAME: Option<&'static str> = Some(E::NAME);
}

/// Kinds by which a record may refer to none.
#[diagnostic::on_unimplemented(
    message = "a record always refers to one by this relation: its foreign key is no `Option`",
    label = "the foreign key is never NULL",
    note = "make the field of the key an `Option`, or `associate` another record"
)]
pub trait Dissociates {}
#[diagnostic::do_not_recommend]
impl Dissociates for kind::BelongsTo<Optional> {}
#[diagnostic::do_not_recommend]
impl Dissociates for kind::MorphTo<Optional> {}

impl<M: Model, T, K> Relation<M, T, K> {
    /// The columns by which a record of `M` refers to this one, by index, and their values.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where the other is not saved, or has a key of several columns, of which a `#[morph_to]` keeps one.
    pub fn references<N: Model>(&self, to: &Record<N>) -> Result<Vec<(usize, Value)>>
    where
        K: RefersToOne + LeadsTo<T, N>,
    {
        let (model, name, other) = (M::meta().name, self.name, N::meta().name);
        if !to.exists() {
            return Err(Error::config(format!(
                "this `{model}` cannot refer by `{name}` to a `{other}` that is not saved: save it first"
            )));
        }
        self.references_row(&|column| to.encode(column))
    }

    /// The columns by which a record of `M` refers to a row of `N`, by index, and their values.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where the row has a key of several columns, of which a `#[morph_to]` keeps one.
    pub fn references_row<N: Model>(&self, row: &dyn Fn(usize) -> Value) -> Result<Vec<(usize, Value)>>
    where
        K: RefersToOne + LeadsTo<T, N>,
    {
        let pairs = columns(self);
        let Some(says) = K::NAME else {
            return Ok(pairs.into_iter().map(|(local, foreign)| (local, row(foreign))).collect());
        };
        let (Some((named, key)), [target]) = (pairs.first(), N::meta().key) else {
            let (name, other) = (self.name, N::meta().name);
            return Err(Error::config(format!(
                "`{other}` has a key of several columns, and the #[morph_to] `{name}` keeps one"
            )));
        };
        Ok(vec![(*named, Value::Text(says.to_owned())), (*key, row(*target))])
    }
}

impl<M: Model> Record<M> {
    /// Makes this record refer to another: sets the columns of a `#[belongs_to]` or a `#[morph_to]`. What was
    /// loaded of the relation is forgotten. [`save`](Self::save) writes it.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let cid = User::find_or_fail(&db, 3).await?;
    /// let mut post = Post::find_or_fail(&db, 1).await?;
    /// post.associate(Post::author, &cid).save(&db).await?;
    /// assert_eq!(post.author_id, 3);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// Where the other is not saved, `save` is [`Error::Config`].
    pub fn associate<N: Model, T, K>(&mut self, relation: Relation<M, T, K>, to: &Record<N>) -> &mut Self
    where
        K: RefersToOne + LeadsTo<T, N>,
    {
        let columns = match relation.references(to) {
            Ok(columns) => columns,
            Err(error) => return self.refuse(relation.name, Some(error.to_string())),
        };
        self.refuse(relation.name, None);
        for (column, value) in columns {
            self.refer(relation.name, column, &value);
        }
        (relation.slot)(self.untracked()).clear();
        self
    }

    /// Makes this record refer to none: sets the columns of a `#[belongs_to]` or a `#[morph_to]` to NULL, where
    /// they are optional. What was loaded of the relation is forgotten. [`save`](Self::save) writes it.
    ///
    /// ```no_run
    /// # use atlas::prelude::*;
    /// # #[derive(Model, Debug)]
    /// # pub struct User { pub id: i64 }
    /// #[derive(Model, Debug)]
    /// pub struct Task {
    ///     pub id: i64,
    ///     pub user_id: Option<i64>,
    ///     #[belongs_to]
    ///     pub user: BelongsTo<User>,
    /// }
    /// # async fn release(db: &Db, task: &mut Record<Task>) -> Result<()> {
    /// task.dissociate(Task::user).save(db).await?; // UPDATE "tasks" SET "user_id" = NULL …
    /// # Ok(())
    /// # }
    /// ```
    pub fn dissociate<T, K: Dissociates>(&mut self, relation: Relation<M, T, K>) -> &mut Self {
        self.refuse(relation.name, None);
        let of_morph = relation.link.morph.is_some();
        for (local, other) in columns(&relation) {
            for column in std::iter::once(local).chain(of_morph.then_some(other)) {
                if M::meta().columns.get(column).is_some_and(|column| column.nullable) {
                    self.refer(relation.name, column, &Value::Null);
                }
            }
        }
        (relation.slot)(self.untracked()).clear();
        self
    }

    /// Sets a column that refers to another record.
    fn refer(&mut self, relation: &'static str, column: usize, value: &Value) {
        if self.encode(column) == *value {
            return;
        }
        let value = if value.is_null() { ValueRef::Null } else { value.as_ref() };
        if let Err(error) = self.assign(column, value) {
            self.refuse(relation, Some(error.to_string()));
        }
    }
}

/// The pairs of columns of a relation; of one that names the model, the columns of the name and the key.
fn columns<M, T, K>(relation: &Relation<M, T, K>) -> Vec<(usize, usize)> {
    match &relation.link.path {
        Path::Direct(pairs) => pairs.as_slice().iter().map(|[local, foreign]| (*local, *foreign)).collect(),
        Path::Via { .. } => Vec::new(),
    }
}
