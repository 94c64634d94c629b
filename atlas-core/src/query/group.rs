//! Rows that are taken together, and which of those groups.

use crate::{
    model::{Expr, In, Model},
    query::{Query, Selection},
    statement,
};

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// Takes rows together that have these values in common: columns, computed values, or a tuple of them.
    /// Called again, it adds to them.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use atlas::count_all;
    /// # run(async |db| {
    /// let busy = Post::query()
    ///     .join(Post::author)
    ///     .group_by(User::name)
    ///     .having(count_all().gt(1))
    ///     .select((User::name, count_all()));
    /// assert_eq!(busy.get(&db).await?, [("Ann".to_owned(), 2)]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn group_by<X: Selection<Scope, I>, I>(mut self, by: X) -> Self {
        let mut selected = Vec::new();
        by.selected(&mut selected);
        for part in selected {
            match part.expr {
                statement::Expr::Columns(table, names) => {
                    let columns = names.iter().map(|name| {
                        let (table, name) = (Some(table.clone()), (*name).into());
                        statement::Expr::Column(statement::ColumnRef { table, name, ty: None })
                    });
                    self.select.group.extend(columns);
                }
                expr => self.select.group.push(expr),
            }
        }
        self
    }

    /// Only groups for which this holds, and every `having` before it.
    pub fn having<X: In<Scope, I>, I>(mut self, condition: Expr<X>) -> Self {
        let condition = condition.into_node();
        self.select.having = Some(match self.select.having.take() {
            Some(standing) => standing.and(condition),
            None => condition,
        });
        self
    }

    /// Also groups for which this holds: an alternative to every `having` before it.
    pub fn or_having<X: In<Scope, I>, I>(mut self, condition: Expr<X>) -> Self {
        let condition = condition.into_node();
        self.select.having = Some(match self.select.having.take() {
            Some(standing) => standing.or(condition),
            None => condition,
        });
        self
    }
}
