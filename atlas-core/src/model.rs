//! Models: what `#[derive(Model)]` fills in, and what is typed by it.

mod aggregate;
mod arrays;
mod case;
mod casts;
mod column;
mod dates;
mod deferred;
mod draft;
mod dynamic;
mod embed;
mod expr;
mod expression;
mod fill;
mod full_text;
mod functions;
mod graph;
mod guards;
mod json;
mod key;
mod known;
mod meta;
mod null;
mod operand;
mod reader;
mod row;
mod scalar;
mod scope;
mod serial;
mod soft;
mod tables;
mod tenant;
mod upsert;
mod window;

pub use aggregate::{Aggregated, count_all};
pub use arrays::{ArrayExpression, ArrayValue, IsArray};
pub use case::{Case, Choice, case_when};
pub use casts::CastsTo;
pub use column::{Always, AlwaysRead, Assignment, Assignments, Column, Columns, Deferrable, DeferredColumns};
pub use dates::DateExpression;
#[cfg(feature = "chrono")]
pub use dates::now;
pub use deferred::Deferred;
pub(crate) use deferred::LEFT_OUT;
pub use draft::{Complete, DraftData, Missing, Set};
pub use dynamic::Found;
pub use embed::{Embed, names_of, prefixed, prefixed_length, prefixed_text, with_embedded};
pub use expr::{Expr, IntoOrder, Order};
pub(crate) use expr::{compare, like};
pub use expression::{Base, Expression, Subquery, Text};
pub use fill::Fill;
pub(crate) use fill::given;
pub use full_text::{FullTextColumns, Search, full_text};
pub use functions::{Integer, NumberExpression, TextExpression};
pub(crate) use graph::{After, Before, Brought, Graph, InsertGraphs, InsertReferred, PutReferred, Referred};
pub use json::{JsonDocument, JsonExpression, JsonPath};
pub use key::{IntoKey, Key};
pub use known::Known;
pub(crate) use known::{relation_of_model, relation_of_table};
pub use meta::{ColumnMeta, DefaultMeta, FullTextMeta, IndexMeta, KeyKind, ModelMeta};
pub use null::{Alike, Keeps, Made, NotNull, Null, OrNull};
pub use operand::Operand;
pub use reader::{Reader, locate};
pub use row::{RowOperand, RowParts, RowValue, row};
pub use scalar::{Plain, Scalar, Term, val};
pub(crate) use scope::alias_of;
pub use scope::{Anywhere, Append, As, Both, In, Maybe, Named, Outer};
pub use serial::{Accessor, NameCase, Read, read, written};
pub use soft::SoftDeletes;
pub use tables::tables_of;
pub use tenant::Tenanted;
pub use upsert::{Changes, Excluded, Upserts, excluded};

pub use window::{
    Window, WindowExpression, Windowed, cume_dist, dense_rank, ntile, percent_rank, rank, row_number,
};

use crate::{
    db::{Db, Pending},
    driver::Row,
    error::Result,
    query::{self, Loader, Query, Returned, Returning, Takes},
    record::Record,
    relation::{Between, NthLoaded, NthSlot},
    schema::Truncate,
    statement::OnConflict,
    value::{Value, ValueRef},
};

/// For generated drafts: inserts one.
pub fn create<M: Model>(db: &Db, draft: DraftData) -> Pending<'_, Record<M>> {
    query::create(db, draft)
}

/// A struct that is a table. Derive it: `#[derive(Model)]`.
///
/// The required items are data and thin functions that the derive writes; the provided ones are where
/// programs start: `User::query()`, `User::find(&db, 1)`, `User::create(&db, draft)`.
///
/// ```
/// # use atlas_tests::guide::*;
/// # run(async |db| {
/// let ann = User::find_or_fail(&db, 1).await?;
/// let adults = User::query().filter(User::age.ge(18)).get(&db).await?;
/// let dee = User::draft().name("Dee").email("dee@example.com").save(&db).await?;
/// # assert!(ann.is(&adults[0]) && dee.id == 4);
/// # Ok(())
/// # });
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "add #[derive(Model)] to `{Self}`"
)]
pub trait Model: Sized + Send + Sync + 'static {
    /// The type of the primary key: the field's, or a tuple of them.
    type Key: Key;
    /// What [`Model::draft`] gives: a builder with a setter per column.
    type Draft;
    /// A draft in which every required column is set.
    type CompleteDraft: Complete<Self> + Send + 'static;
    /// What mass assignment takes: deserialized, only the fillable columns.
    type Fill;

    /// The table as one between two others.
    #[doc(hidden)]
    const BETWEEN: Between = Between::of::<Self>();

    /// The table, its columns and relations, as data.
    fn meta() -> &'static ModelMeta;

    /// Reads the model's columns from a row, where they start at `start`.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode), naming model and column.
    fn decode(row: &dyn Row, start: usize) -> Result<Self>;

    /// The value of a column, by its index in [`ModelMeta::columns`]; NULL where there is none.
    fn encode(&self, column: usize) -> Value;

    /// Sets a column, by its index in [`ModelMeta::columns`].
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode), naming model and column.
    fn assign(&mut self, column: usize, value: ValueRef<'_>) -> Result<()>;

    /// Whether a query left out this column, by its index in [`ModelMeta::columns`], and it was not set since.
    #[doc(hidden)]
    fn is_left_out(&self, _column: usize) -> bool {
        false
    }

    /// The primary key.
    fn key(&self) -> Self::Key;

    /// A new row, to be filled in and saved.
    fn draft() -> Self::Draft;

    /// A draft of values, of which all that are required are there.
    #[doc(hidden)]
    fn complete(data: DraftData) -> Self::CompleteDraft;

    /// What every query loads: the relations marked `#[eager]`.
    #[doc(hidden)]
    fn eager() -> Vec<Loader<Record<Self>>> {
        Vec::new()
    }

    /// The field of a relation, by its index in [`ModelMeta::relations`].
    #[doc(hidden)]
    fn slot(&mut self, _relation: usize) -> NthSlot<'_> {
        None
    }

    /// What was loaded of a relation, by its index in [`ModelMeta::relations`].
    #[doc(hidden)]
    fn loaded(&self, _relation: usize) -> NthLoaded<'_> {
        None
    }

    /// The column of this name, which somebody outside of the program may have chosen.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let by = Post::column("votes")?;
    /// assert_eq!(Post::query().order_by(by.desc()).pluck(&db, Post::id).await?, [1, 2, 3]);
    /// let error = Post::column("1; drop table posts").err().expect("no column").to_string();
    /// assert!(error.contains("there are `id`, `author_id`, `title`, `votes`"));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) where no column has the name, or one that is `#[sensitive]`.
    fn column(name: &str) -> Result<Found<Self>> {
        Found::new(name)
    }

    /// All rows, to be narrowed.
    fn query() -> Query<Self> {
        Query::new()
    }

    /// Every record, the newest key first.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let users = User::all(&db).await?;
    /// assert_eq!(users[0].name, "Cid");
    /// # Ok(())
    /// # });
    /// ```
    fn all(db: &Db) -> Pending<'_, Vec<Record<Self>>> {
        Self::query().all(db)
    }

    /// The record of a key.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(User::find(&db, 1).await?.map(|user| user.into_inner().name).as_deref(), Some("Ann"));
    /// assert!(User::find(&db, 99).await?.is_none());
    /// # Ok(())
    /// # });
    /// ```
    fn find(db: &Db, key: impl IntoKey<Self::Key>) -> Pending<'_, Option<Record<Self>>> {
        Self::query().find(db, key)
    }

    /// The record of a key, or [`Error::NotFound`](crate::Error::NotFound).
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let error = User::find_or_fail(&db, 99).await.unwrap_err();
    /// assert!(matches!(error, Error::NotFound { model: "User", .. }));
    /// # Ok(())
    /// # });
    /// ```
    fn find_or_fail(db: &Db, key: impl IntoKey<Self::Key>) -> Pending<'_, Record<Self>> {
        Self::query().find_or_fail(db, key)
    }

    /// The records of several keys, the newest key first; keys without a row are passed over.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let users = User::find_many(&db, [1, 99, 2]).await?;
    /// assert_eq!([&users[0].name, &users[1].name], ["Bob", "Ann"]);
    /// # Ok(())
    /// # });
    /// ```
    fn find_many<K: IntoKey<Self::Key>>(
        db: &Db,
        keys: impl IntoIterator<Item = K>,
    ) -> Pending<'_, Vec<Record<Self>>> {
        Self::query().find_many(db, keys)
    }

    /// Inserts a draft.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let post = Post::create(&db, Post::draft().author_id(3).title("Hello")).await?;
    /// assert!(post.was_recently_created() && post.votes == 0);
    /// # Ok(())
    /// # });
    /// ```
    fn create(db: &Db, draft: impl Complete<Self>) -> Pending<'_, Record<Self>> {
        query::create(db, draft.into_data())
    }

    /// Inserts many drafts in one transaction, with as few statements as the database takes. The
    /// records come back in the order of the drafts. Drafts of other models that these bring are inserted with one
    /// statement for each relation and level.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let titles = ["One", "Two", "Three"];
    /// let posts = Post::create_many(&db, titles.map(|title| Post::draft().author_id(3).title(title))).await?;
    /// assert_eq!((posts[2].id, posts[2].title.as_str()), (6, "Three"));
    /// # Ok(())
    /// # });
    /// ```
    fn create_many<'a, D: Complete<Self> + 'a>(
        db: &'a Db,
        drafts: impl IntoIterator<Item = D, IntoIter: Send> + 'a,
    ) -> Pending<'a, Vec<Record<Self>>> {
        query::create_many(db, Box::new(drafts.into_iter().map(Complete::into_data)))
    }

    /// Inserts drafts, all or none, without giving their records back: how many were written.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let drafts = ["One", "Two"].map(|text| Comment::draft().post_id(1).text(text));
    /// assert_eq!(Comment::insert(&db, drafts).await?, 2);
    /// # Ok(())
    /// # });
    /// ```
    fn insert<'a, D: Complete<Self> + 'a>(
        db: &'a Db,
        drafts: impl IntoIterator<Item = D, IntoIter: Send> + 'a,
    ) -> Pending<'a, u64> {
        let drafts = Box::new(drafts.into_iter().map(Complete::into_data));
        query::insert(db, Self::meta(), drafts, OnConflict::Fail)
    }

    /// Inserts drafts, leaving out those whose unique columns are taken. How many were written.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let drafts = ["Ann", "Dee"].map(|name| User::draft().name(name).email(format!("{name}@example.com")));
    /// assert_eq!(User::insert_or_ignore(&db, drafts).await?, 1);
    /// # Ok(())
    /// # });
    /// ```
    fn insert_or_ignore<'a, D: Complete<Self> + 'a>(
        db: &'a Db,
        drafts: impl IntoIterator<Item = D, IntoIter: Send> + 'a,
    ) -> Pending<'a, u64> {
        let drafts = Box::new(drafts.into_iter().map(Complete::into_data));
        query::insert(db, Self::meta(), drafts, OnConflict::Ignore)
    }

    /// Inserts the rows of a query, which never leave the database: how many there were. The columns take what the query
    /// selects, in its order and of the same types. The time goes into the columns of `#[timestamps]` that are not among
    /// them, and a tenant's handle gives its tenant; other columns get what the database has for them.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let praised = Post::query().where_gt(Post::votes, 2).select((Post::id, Post::title));
    /// assert_eq!(Comment::insert_using(&db, (Comment::post_id, Comment::text), praised).await?, 2);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// What the database reports, where a column that is left out has no default, or a value is taken.
    fn insert_using<N: Model, Out, S>(
        db: &Db,
        columns: impl Takes<Self, Out>,
        query: Query<N, Out, S>,
    ) -> Pending<'_, u64> {
        let (columns, select) = (columns.places(), query.into_select());
        Pending::new(async move {
            let ran = query::insert_using(db, Self::meta(), columns, select, false, Vec::new(), Box::new(()));
            Ok(ran.await?.1.affected)
        })
    }

    /// As [`insert_using`](Self::insert_using), leaving out the rows whose unique columns are taken.
    fn insert_or_ignore_using<N: Model, Out, S>(
        db: &Db,
        columns: impl Takes<Self, Out>,
        query: Query<N, Out, S>,
    ) -> Pending<'_, u64> {
        let (columns, select) = (columns.places(), query.into_select());
        Pending::new(async move {
            let ran = query::insert_using(db, Self::meta(), columns, select, true, Vec::new(), Box::new(()));
            Ok(ran.await?.1.affected)
        })
    }

    /// Removes all rows of the table at once, also those that queries leave out.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use atlas::Truncate;
    /// # run(async |db| {
    /// Comment::truncate(&db, Truncate { restart_identity: true, ..Truncate::default() }).await?;
    /// let first = Comment::draft().post_id(1).text("First!").save(&db).await?;
    /// assert_eq!(first.id, 1);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Constraint`](crate::Error::Constraint) of a foreign key where other tables refer to it and `cascade` is
    /// not set, [`Error::Unsupported`](crate::Error::Unsupported) inside of a transaction of MySQL's, which it would
    /// commit, and [`Error::Config`](crate::Error::Config) through a tenant's handle, since the rows of others would be
    /// removed: `db.without_tenant()` says that this is meant.
    fn truncate(db: &Db, how: Truncate) -> Pending<'_, ()> {
        query::truncate(db, Self::meta(), how)
    }

    /// Lets an insert give back what it has written of each row: a column, a tuple of them, or the whole record.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let drafts = ["One", "Two"].map(|text| Comment::draft().post_id(1).text(text));
    /// let ids: Vec<i64> = Comment::returning(Comment::id).insert(&db, drafts).await?;
    /// assert_eq!(ids, [3, 4]);
    /// # Ok(())
    /// # });
    /// ```
    fn returning<R: Returned<Self>>(what: R) -> Returning<Self, R::Out> {
        Returning::new(&what)
    }

    /// Inserts drafts; where the unique columns `by` are taken, sets the columns `update` of the row
    /// that is there instead (and `updated_at`): to the draft's values, or to what an assignment says, which may be of
    /// the row that is there and of the draft ([`excluded`]). How many rows were written or changed.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let drafts = [("Anna", "Ann@example.com"), ("Dee", "Dee@example.com")]
    ///     .map(|(name, email)| User::draft().name(name).email(email));
    /// User::upsert(&db, drafts, User::email, (User::name, User::active)).await?;
    /// assert_eq!(User::find_or_fail(&db, 1).await?.name, "Anna");
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) where `by` is empty or no unique index has its columns.
    fn upsert<'a, D: Complete<Self> + 'a, I>(
        db: &'a Db,
        drafts: impl IntoIterator<Item = D, IntoIter: Send> + 'a,
        by: impl Columns<Self>,
        update: impl Upserts<Self, I>,
    ) -> Pending<'a, u64> {
        let drafts = Box::new(drafts.into_iter().map(Complete::into_data));
        let mut changes = Changes::default();
        update.changes(&mut changes);
        query::upsert(db, Self::meta(), drafts, by.columns(), changes, None)
    }

    /// As [`upsert`](Self::upsert), but changes only those of the rows that are there for which the condition holds. The
    /// others stay, and their drafts count as not written.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use atlas::excluded;
    /// # run(async |db| {
    /// let draft = |age: i32| [User::draft().name("Ann").email("Ann@example.com").age(age)];
    /// let older = || User::age.lt(excluded(User::age));
    /// assert_eq!(User::upsert_where(&db, draft(20), User::email, User::age, older()).await?, 0);
    /// assert_eq!(User::upsert_where(&db, draft(40), User::email, User::age, older()).await?, 1);
    /// assert_eq!(User::find_or_fail(&db, 1).await?.age, Some(40));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`upsert`](Self::upsert).
    fn upsert_where<'a, D: Complete<Self> + 'a, I, X: In<(Self, Excluded<Self>), J>, J>(
        db: &'a Db,
        drafts: impl IntoIterator<Item = D, IntoIter: Send> + 'a,
        by: impl Columns<Self>,
        update: impl Upserts<Self, I>,
        condition: Expr<X>,
    ) -> Pending<'a, u64> {
        let drafts = Box::new(drafts.into_iter().map(Complete::into_data));
        let mut changes = Changes::default();
        update.changes(&mut changes);
        query::upsert(db, Self::meta(), drafts, by.columns(), changes, Some(condition.into_node()))
    }

    /// The first record that matches, or a new one of the draft, not saved: [`Record::exists`] tells. What the condition
    /// says of a column with `eq`, the new one has too, unless the draft says something else.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let draft = User::draft().name("Dee").email("dee@example.com");
    /// let mut dee = User::first_or_new(&db, User::name.eq("Dee"), draft).await?;
    /// assert!(!dee.exists());
    /// dee.age = Some(40);
    /// dee.save(&db).await?;
    /// # Ok(())
    /// # });
    /// ```
    fn first_or_new<X: In<Self, I>, I>(
        db: &Db,
        by: Expr<X>,
        draft: impl Complete<Self>,
    ) -> Pending<'_, Record<Self>> {
        query::first_or_new(db, by.scoped(), draft.into_data())
    }

    /// The first record that matches, or a new one of the draft, saved. What the condition says of a column with `eq`,
    /// the new one has too, unless the draft says something else. Where somebody else inserts it in between, theirs.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let draft = || User::draft().name("Dee").email("dee@example.com");
    /// let dee = User::first_or_create(&db, User::email.eq("dee@example.com"), draft()).await?;
    /// let again = User::first_or_create(&db, User::email.eq("dee@example.com"), draft()).await?;
    /// assert!(dee.was_recently_created() && again.is(&dee));
    /// # Ok(())
    /// # });
    /// ```
    fn first_or_create<X: In<Self, I>, I>(
        db: &Db,
        by: Expr<X>,
        draft: impl Complete<Self>,
    ) -> Pending<'_, Record<Self>> {
        query::first_or_create(db, by.scoped(), draft.into_data())
    }

    /// Sets the draft's columns on the first record that matches, or inserts the draft. The row is locked in between,
    /// and until the end of a transaction that the handle is in; where somebody else inserts it in between, theirs is
    /// updated.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let draft = User::draft().name("Anna").email("Ann@example.com");
    /// let anna = User::update_or_create(&db, User::email.eq("Ann@example.com"), draft).await?;
    /// assert_eq!((anna.id, anna.name.as_str(), anna.age), (1, "Anna", Some(34)));
    /// # Ok(())
    /// # });
    /// ```
    fn update_or_create<X: In<Self, I>, I>(
        db: &Db,
        by: Expr<X>,
        draft: impl Complete<Self>,
    ) -> Pending<'_, Record<Self>> {
        query::update_or_create(db, by.scoped(), draft.into_data())
    }

    /// Changes the first record that matches and saves it, or inserts the draft: for counters, and whatever else is
    /// reckoned from the row that is there. It is locked before `change` gets it, which is called again with the row as
    /// it is then where the database ended the transaction for another's sake.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let draft = || Post::draft().author_id(1).title("Counted").votes(1);
    /// for _ in 0..3 {
    ///     Post::update_or_create_with(&db, Post::title.eq("Counted"), draft(), |post| post.votes += 1).await?;
    /// }
    /// assert_eq!(Post::query().where_eq(Post::title, "Counted").sole(&db).await?.votes, 3);
    /// # Ok(())
    /// # });
    /// ```
    fn update_or_create_with<'a, X: In<Self, I>, I>(
        db: &'a Db,
        by: Expr<X>,
        draft: impl Complete<Self>,
        mut change: impl FnMut(&mut Record<Self>) + Send + 'a,
    ) -> Pending<'a, Record<Self>> {
        let change = move |record: &mut Record<Self>| {
            change(record);
            Ok(())
        };
        query::update_or_create_with(db, by.scoped(), draft.into_data(), change)
    }

    /// For each draft the record that has its values in the columns `by`, or a new one, not saved, in the drafts' order:
    /// [`Record::exists`] tells. It takes one select.
    ///
    /// Drafts of the same row that is not there give a new record each.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let drafts = ["Ann", "Dee"].map(|name| User::draft().name(name).email(format!("{name}@example.com")));
    /// let users = User::fetch_or_new_many(&db, User::email, drafts).await?;
    /// assert!(users[0].exists() && users[0].age == Some(34) && !users[1].exists());
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) where `by` is empty, or a draft has no value for one of its columns.
    fn fetch_or_new_many<'a, D: Complete<Self>>(
        db: &'a Db,
        by: impl Columns<Self>,
        drafts: impl IntoIterator<Item = D>,
    ) -> Pending<'a, Vec<Record<Self>>> {
        let drafts = drafts.into_iter().map(Complete::into_data).collect();
        query::fetch_or_new_many(db, by.columns(), drafts)
    }

    /// For each draft the record that has its values in the columns `by`, or a new one, saved, in the drafts' order:
    /// [`Record::was_recently_created`] tells. It takes one select, and an insert for those that are not there. Where
    /// somebody else inserts one in between, theirs.
    ///
    /// Of several drafts of the same row that is not there, the first is inserted.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let drafts = ["Ann", "Dee"].map(|name| User::draft().name(name).email(format!("{name}@example.com")));
    /// let users = User::fetch_or_create_many(&db, User::email, drafts).await?;
    /// assert!(!users[0].was_recently_created() && users[1].was_recently_created());
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`fetch_or_new_many`](Self::fetch_or_new_many), and what [`create_many`](Self::create_many) gives: nothing
    /// is inserted then.
    fn fetch_or_create_many<'a, D: Complete<Self>>(
        db: &'a Db,
        by: impl Columns<Self>,
        drafts: impl IntoIterator<Item = D>,
    ) -> Pending<'a, Vec<Record<Self>>> {
        let drafts = drafts.into_iter().map(Complete::into_data).collect();
        query::fetch_or_create_many(db, by.columns(), None, drafts)
    }

    /// Sets each draft's columns on the record that has its values in the columns `by`, or inserts it, all or none:
    /// the records in the drafts' order. It takes one select, which locks the rows that are there, an update for
    /// each of them that differs, and an insert for the others.
    ///
    /// Several drafts of the same row are written one after the other.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let drafts = ["Ann", "Dee"].map(|name| User::draft().name(name).email(format!("{name}@example.com")).age(50));
    /// let users = User::update_or_create_many(&db, User::email, drafts).await?;
    /// assert_eq!((users[0].id, users[0].age, users[1].age), (1, Some(50), Some(50)));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`fetch_or_create_many`](Self::fetch_or_create_many): nothing is written then.
    fn update_or_create_many<'a, D: Complete<Self>>(
        db: &'a Db,
        by: impl Columns<Self>,
        drafts: impl IntoIterator<Item = D>,
    ) -> Pending<'a, Vec<Record<Self>>> {
        let drafts = drafts.into_iter().map(Complete::into_data).collect();
        query::update_or_create_many(db, by.columns(), None, drafts)
    }

    /// The first record that matches, brought back where it was deleted softly, or a new one of the draft.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// Note::query().delete(&db).await?;
    /// let draft = Note::draft().user_id(1).text("buy milk");
    /// let note = Note::restore_or_create(&db, Note::text.eq("buy milk"), draft).await?;
    /// assert!(note.id == 1 && !note.trashed());
    /// # Ok(())
    /// # });
    /// ```
    fn restore_or_create<X: In<Self, I>, I>(
        db: &Db,
        by: Expr<X>,
        draft: impl Complete<Self>,
    ) -> Pending<'_, Record<Self>>
    where
        Self: SoftDeletes,
    {
        query::restore_or_create(db, by.scoped(), draft.into_data())
    }
}
