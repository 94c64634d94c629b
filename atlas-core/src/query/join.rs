//! Rows of other models beside each row.

use std::marker::PhantomData;

use crate::{
    model::{Append, As, Expr, In, Maybe, Model, alias_of},
    query::{FromRow, Inner, Query, Root, Rooted},
    record::Record,
    relation::Asked,
    schema::Name,
    statement::{self, From, Join, JoinKind, Projection, Select, Selected},
};

/// The rows of a query, with a record of `N` beside them.
type Beside<Out, N> = <Out as Append<Record<N>>>::Out;
/// The rows of a query, with a record of `N` beside those that have one.
type MaybeBeside<Out, N> = <Out as Append<Option<Record<N>>>>::Out;

/// A scope with one thing more.
type Wider<Scope, A> = <Scope as Append<A>>::Out;
/// The scope of a query after a left join under another name.
type MaybeAs<Scope, N, Tag> = Wider<Scope, Maybe<As<N, Tag>>>;

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// Puts the records of a relation beside each row: a row for each of them, and none where there is
    /// none. Rows become tuples; conditions, orders and selections may mention the model.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let rows = Post::query()
    ///     .join(Post::author)
    ///     .filter(User::name.eq("Ann"))
    ///     .order_by(Post::votes.desc())
    ///     .get(&db)
    ///     .await?;
    /// let (post, author) = &rows[0];
    /// assert_eq!((post.votes, author.name.as_str()), (7, "Ann"));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// The relation may be of any model of the query, and have conditions: `.join(Post::comments.filter(..))`.
    /// To load each record's relations into the record, without repeating it, use [`with`](Self::with).
    pub fn join<A, N, I>(self, relation: impl Asked<A, N>) -> Query<M, Beside<Out, N>, Wider<Scope, N>>
    where
        A: Model + In<Scope, I>,
        N: Model,
        Out: Append<Record<N>, Out: Rooted<M>>,
        Scope: Append<N>,
    {
        let join = relation.asked().join(A::meta(), JoinKind::Inner, None);
        self.beside_of::<N, _, _>(join, Rooted::root)
    }

    /// Puts the records of a relation beside each row, which stays where there is none: an `Option` beside it.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let users = User::query().left_join(User::posts).order_by(User::id).order_by(Post::id).get(&db).await?;
    /// let titles = users.iter().map(|(user, post)| (&*user.name, post.as_ref().map(|post| post.votes)));
    /// assert_eq!(titles.collect::<Vec<_>>(), [("Ann", Some(7)), ("Ann", Some(3)), ("Bob", Some(0)), ("Cid", None)]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn left_join<A, N, I>(
        self,
        relation: impl Asked<A, N>,
    ) -> Query<M, MaybeBeside<Out, N>, Wider<Scope, Maybe<N>>>
    where
        A: Model + In<Scope, I>,
        N: Model,
        Out: Append<Option<Record<N>>, Out: Rooted<M>>,
        Scope: Append<Maybe<N>>,
    {
        let join = relation.asked().join(A::meta(), JoinKind::Left, None);
        self.beside_of::<N, _, _>(join, Rooted::root)
    }

    /// As [`join`](Self::join), with the model under another name: where it is in the query already, as in a
    /// relation to itself. The name is that of a type of yours; columns of it are `User::name.of::<Boss>()`.
    pub fn join_as<Tag, A, N, I>(
        self,
        _name: Tag,
        relation: impl Asked<A, N>,
    ) -> Query<M, Beside<Out, N>, Wider<Scope, As<N, Tag>>>
    where
        A: Model + In<Scope, I>,
        N: Model,
        Out: Append<Record<N>, Out: Rooted<M>>,
        Scope: Append<As<N, Tag>>,
    {
        let join = relation.asked().join(A::meta(), JoinKind::Inner, Some(alias_of::<Tag>()));
        self.beside_of::<N, _, _>(join, Rooted::root)
    }

    /// As [`left_join`](Self::left_join), with the model under another name.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// struct Author;
    /// # run(async |db| {
    /// let posts = Post::query()
    ///     .left_join_as(Author, Post::author)
    ///     .order_by(Post::id)
    ///     .select((Post::votes, User::name.of::<Author>()));
    /// assert_eq!(posts.first(&db).await?, Some((7, Some("Ann".to_owned()))));
    /// # Ok(())
    /// # });
    /// ```
    pub fn left_join_as<Tag, A, N, I>(
        self,
        _name: Tag,
        relation: impl Asked<A, N>,
    ) -> Query<M, MaybeBeside<Out, N>, MaybeAs<Scope, N, Tag>>
    where
        A: Model + In<Scope, I>,
        N: Model,
        Out: Append<Option<Record<N>>, Out: Rooted<M>>,
        Scope: Append<Maybe<As<N, Tag>>>,
    {
        let join = relation.asked().join(A::meta(), JoinKind::Left, Some(alias_of::<Tag>()));
        self.beside_of::<N, _, _>(join, Rooted::root)
    }

    /// Puts the records of another query beside each row, those for which a condition holds.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let rows = Comment::query()
    ///     .join_on(Post::query().where_gt(Post::votes, 0), Comment::post_id.eq(Post::id))
    ///     .get(&db)
    ///     .await?;
    /// assert!(rows.iter().all(|(comment, post)| comment.post_id == post.id));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// A query with a limit, an order or groups is read first, as a table of its own.
    pub fn join_on<N, X, I>(
        self,
        others: Query<N>,
        condition: Expr<X>,
    ) -> Query<M, Beside<Out, N>, Wider<Scope, N>>
    where
        N: Model,
        Out: Append<Record<N>, Out: Rooted<M>>,
        Scope: Append<N>,
        X: In<Wider<Scope, N>, I>,
    {
        let join = on(others, JoinKind::Inner, condition.into_node());
        self.beside_of::<N, _, _>(join, Rooted::root)
    }

    /// As [`join_on`](Self::join_on); a row without others stays, with `None` beside it.
    pub fn left_join_on<N, X, I>(
        self,
        others: Query<N>,
        condition: Expr<X>,
    ) -> Query<M, MaybeBeside<Out, N>, Wider<Scope, Maybe<N>>>
    where
        N: Model,
        Out: Append<Option<Record<N>>, Out: Rooted<M>>,
        Scope: Append<Maybe<N>>,
        X: In<Wider<Scope, Maybe<N>>, I>,
    {
        let join = on(others, JoinKind::Left, condition.into_node());
        self.beside_of::<N, _, _>(join, Rooted::root)
    }

    /// Puts the records of another query beside each row, which is read anew for each: it may mention the models before
    /// it, with [`outer`](Self::outer), and have an order and a limit.
    ///
    /// ```no_run
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let newest = Comment::query().outer::<Post>().filter(Comment::post_id.eq(Post::id));
    /// let newest = newest.order_by(Comment::id.desc()).limit(1);
    /// let rows = Post::query().join_lateral(newest).get(&db).await?;
    /// assert!(rows.iter().all(|(post, comment)| comment.post_id == post.id));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`](crate::Error::Unsupported) where the database has none: SQLite and MariaDB. A join along a
    /// relation with a limit, `.join(Post::comments.order_by(..).limit(1))`, works there too.
    pub fn join_lateral<N, S, I>(
        self,
        others: Query<N, Record<N>, S>,
    ) -> Query<M, Beside<Out, N>, Wider<Scope, N>>
    where
        N: Model,
        S: Inner<Needs: In<Scope, I>>,
        Out: Append<Record<N>, Out: Rooted<M>>,
        Scope: Append<N>,
    {
        self.beside_of::<N, _, _>(lateral(others, JoinKind::Inner), Rooted::root)
    }

    /// As [`join_lateral`](Self::join_lateral); a row without others stays, with `None` beside it.
    pub fn left_join_lateral<N, S, I>(
        self,
        others: Query<N, Record<N>, S>,
    ) -> Query<M, MaybeBeside<Out, N>, Wider<Scope, Maybe<N>>>
    where
        N: Model,
        S: Inner<Needs: In<Scope, I>>,
        Out: Append<Option<Record<N>>, Out: Rooted<M>>,
        Scope: Append<Maybe<N>>,
    {
        self.beside_of::<N, _, _>(lateral(others, JoinKind::Left), Rooted::root)
    }

    /// Puts every record of another query beside every row.
    pub fn cross_join<N>(self, others: Query<N>) -> Query<M, Beside<Out, N>, Wider<Scope, N>>
    where
        N: Model,
        Out: Append<Record<N>, Out: Rooted<M>>,
        Scope: Append<N>,
    {
        let join = on(others, JoinKind::Inner, statement::Expr::And(Vec::new()));
        self.beside_of::<N, _, _>(join, Rooted::root)
    }

    fn beside_of<N: Model, Beside: FromRow, Joined>(
        self,
        join: Join,
        root: Root<M, Beside>,
    ) -> Query<M, Beside, Joined> {
        let mut select = self.select;
        add(&mut select, join, M::meta().names, N::meta().names);
        Query { select, loaders: self.loaders, root: Some(root), of: PhantomData }
    }
}

/// Adds a join, and what is read of it behind what is read of the records before it.
fn add(select: &mut Select, join: Join, own: &'static [&'static str], names: &'static [&'static str]) {
    let name = join.from.qualifier().clone();
    if *select.from.qualifier() == name || select.joins.iter().any(|other| other.brings(&name)) {
        select.and_where(statement::Expr::Fault(format!(
            "`{name}` would be in the query twice: join it under another name, `.join_as(..)`"
        )));
    }
    let columns = Selected::from(statement::Expr::Columns(name, names));
    match &mut select.columns {
        Projection::NamesAnd(_, beside) => {
            let records = beside.iter().take_while(|one| matches!(one.expr, statement::Expr::Columns(..)));
            beside.insert(records.count(), columns);
        }
        Projection::Names(_) => select.columns = Projection::NamesAnd(own, vec![columns]),
        Projection::Expressions(_) => select.and_where(statement::Expr::Fault(
            "a query joins before it selects: call `.select(..)` after the joins".to_owned(),
        )),
    }
    select.joins.push(join);
}

/// The records of another query, as rows to be joined.
fn on<N: Model>(others: Query<N>, kind: JoinKind, condition: statement::Expr) -> Join {
    let meta = N::meta();
    let mut select = others.into_parts().0;
    if select.is_filtered_table() {
        let on = select.filter.into_iter().fold(condition, |on, filter| on.and(filter));
        return Join { kind, from: select.from, inner: Vec::new(), on };
    }
    if matches!(select.columns, Projection::NamesAnd(..)) {
        select.columns = Projection::Names(meta.names);
    }
    let name = Name::from(meta.table);
    Join { kind, from: From::Select(Box::new(select), name), inner: Vec::new(), on: condition }
}

/// The records of another query, as rows that are read anew beside each row.
fn lateral<N: Model, S>(others: Query<N, Record<N>, S>, kind: JoinKind) -> Join {
    let meta = N::meta();
    let mut select = others.into_parts().0;
    if matches!(select.columns, Projection::NamesAnd(..)) {
        select.columns = Projection::Names(meta.names);
    }
    let from = From::Lateral(Box::new(select), Name::from(meta.table));
    Join { kind, from, inner: Vec::new(), on: statement::Expr::And(Vec::new()) }
}
