//! Terminals that give pages.

use crate::{
    db::{Db, Pending},
    error::{Error, Result},
    model::Model,
    query::{
        CursorPage, FromRow, Page, Query, SimplePage,
        aggregate::{counted, value},
        keyset::{Keyset, break_ties, has_key},
        source::{Part, Source, check_size, window},
        token::{Token, foreign},
    },
    record::Read,
    statement::Expr,
    value::{Attribute, Value},
};

impl<M: Model, Out: FromRow, Scope> Query<M, Out, Scope> {
    /// A page of the rows, and how many there are in all: one statement, and another one for a page behind the
    /// last. Pages are counted from 1; page 0 is the first one too. A page behind the last has no rows.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let page = Post::query().order_by(Post::votes.desc()).paginate(&db, 1, 2).await?;
    /// assert_eq!((page.data.len(), page.total, page.last_page), (2, 3, 2));
    /// assert!(page.has_next());
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// The key is put behind the query's order, so that pages do not overlap. Limit and offset of the query
    /// hold: pages are pages of those rows.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where `per_page` is 0.
    pub fn paginate(self, db: &Db, page: u64, per_page: u64) -> Pending<'_, Page<Out>> {
        let source = self.observed(db, Read::Paginate).and_then(|query| query.source(db));
        Pending::new(async move {
            check_size("pages", per_page)?;
            let source = source?;
            let page = page.max(1);
            let skip = (page - 1).saturating_mul(per_page);
            let count = counted(source.select.clone());
            let part = match window(&in_order(&source), skip, per_page) {
                Some(select) => {
                    let total = Expr::Select(Box::new(count.clone()));
                    source.rows_and(db, select, vec![total], per_page).await?
                }
                None => Part::default(),
            };
            let total = match part.first.first() {
                Some(total) => u64::decode(total.as_ref())?,
                None if skip == 0 => 0,
                None => value(db, source.about(), count, (source.meta.name, "count")).await?.unwrap_or(0),
            };
            let mut page = Page::new(part.rows, total, per_page, page);
            if let Some(hooks) = db.hooks(M::meta()) {
                hooks.after_page(db, &mut page).await?;
            }
            Ok(page)
        })
    }

    /// A page of the rows, without counting them: it reads one row more, to tell whether there is another page.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let page = Post::query().simple_paginate(&db, 2, 2).await?;
    /// assert_eq!(page.data.len(), 1);
    /// assert!(!page.has_next && page.has_previous());
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// Otherwise as [`paginate`](Self::paginate).
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where `per_page` is 0.
    pub fn simple_paginate(self, db: &Db, page: u64, per_page: u64) -> Pending<'_, SimplePage<Out>> {
        let source = self.source(db);
        Pending::new(async move {
            check_size("pages", per_page)?;
            let source = source?;
            let current_page = page.max(1);
            let skip = (current_page - 1).saturating_mul(per_page);
            let part = match window(&in_order(&source), skip, per_page.saturating_add(1)) {
                Some(select) => source.rows_and(db, select, Vec::new(), per_page).await?,
                None => Part::default(),
            };
            Ok(SimplePage { data: part.rows, per_page, current_page, has_next: part.more })
        })
    }

    /// A page of the rows that begins beside a row of another page: the first page without a token, then
    /// those whose tokens a page gives. Rows that come or go in other pages do not move it, and the last page
    /// takes no longer than the first.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let posts = Post::query().order_by(Post::votes.desc());
    /// let first = posts.clone().cursor_paginate(&db, 2, None).await?;
    /// let second = posts.clone().cursor_paginate(&db, 2, first.next_cursor.as_deref()).await?;
    /// assert_eq!((second.data[0].votes, second.next_cursor.as_deref()), (0, None));
    ///
    /// let back = posts.cursor_paginate(&db, 2, second.previous_cursor.as_deref()).await?;
    /// assert_eq!((back.data[0].id, back.data[1].id), (first.data[0].id, first.data[1].id));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// The keys of the row's records are put behind the query's order, so that no two rows are in one place;
    /// where a join without its record in the row makes several rows of one, order by something that tells
    /// them apart. NULL comes before all values, unless the order says otherwise. A token holds the values of a
    /// row in the order's columns, and is not secret.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where the token is none of this query and order, `per_page` is 0, the query has a limit or
    /// an offset, or its rows are groups or distinct selections.
    pub fn cursor_paginate<'a>(
        self,
        db: &'a Db,
        per_page: u64,
        token: Option<&str>,
    ) -> Pending<'a, CursorPage<Out>> {
        let source = self.source(db);
        let place = source.and_then(|source| Ok((Place::of(&source, per_page, token)?, source)));
        Pending::new(async move {
            let (Place { keyset, signature, token }, source) = place?;
            let backwards = token.as_ref().is_some_and(|token| token.backwards);
            let forwards_order = keyset.expressions();
            let keyset = if backwards { keyset.reversed() } else { keyset };
            let mut select = source.select.clone();
            select.order = keyset.order();
            select.limit = Some(per_page.saturating_add(1));
            if let Some(token) = &token {
                select.and_where(keyset.after(&token.values));
            }
            let mut part = source.rows_and(db, select, forwards_order, per_page).await?;
            if backwards {
                part.rows.reverse();
                std::mem::swap(&mut part.first, &mut part.last);
            }
            let encode = |backwards: bool, values: Vec<Value>| {
                (!values.is_empty()).then(|| Token { backwards, values }.encode(&signature))
            };
            let (before, behind) = match token {
                None => (false, part.more),
                Some(_) if backwards => (part.more, true),
                Some(_) => (true, part.more),
            };
            Ok(CursorPage {
                data: part.rows,
                per_page,
                next_cursor: behind.then(|| encode(false, part.last)).flatten(),
                previous_cursor: before.then(|| encode(true, part.first)).flatten(),
            })
        })
    }
}

/// A source's select, with the keys behind its order where it has them.
fn in_order<T>(source: &Source<T>) -> crate::statement::Select {
    let mut select = source.select.clone();
    if has_key(&select) {
        break_ties(&source.keys, &mut select.order);
    }
    select
}

/// Where a page lies.
struct Place {
    keyset: Keyset,
    signature: String,
    token: Option<Token>,
}

impl Place {
    fn of<T>(source: &Source<T>, per_page: u64, token: Option<&str>) -> Result<Self> {
        check_size("pages", per_page)?;
        let select = &source.select;
        if select.limit.is_some() || select.offset.is_some() {
            return Err(Error::config(
                "a page by cursor is as long as `per_page` says and begins where its token says: leave out `limit` and `offset`",
            ));
        }
        let keyset = Keyset::of(source.meta, select, &source.keys, "pages by cursor")?;
        let signature = keyset.signature(source.meta.table);
        let token = match token {
            Some(text) => Some(
                Token::decode(text, &signature)
                    .filter(|token| keyset.fits(&token.values))
                    .ok_or_else(foreign)?,
            ),
            None => None,
        };
        Ok(Self { keyset, signature, token })
    }
}
