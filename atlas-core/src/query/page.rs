//! Pages of rows.

use std::{fmt::Write, ops::RangeInclusive, vec};

use serde::ser::{Serialize, SerializeStruct, Serializer};

/// A page of rows, and how many there are in all: what [`Query::paginate`](crate::Query::paginate) gives.
///
/// It serializes as its fields, with `first_page_url`, `last_page_url`, `next_page_url` and `previous_page_url` once it
/// has a [`base_url`](Self::base_url).
///
/// ```
/// # use atlas_tests::guide::*;
/// # run(async |db| {
/// let page = Post::query().order_by(Post::votes.desc()).paginate(&db, 2, 2).await?;
/// assert_eq!((page.total, page.current_page, page.last_page), (3, 2, 2));
/// assert_eq!(page.data[0].votes, 0);
/// assert!(page.has_previous() && !page.has_next());
///
/// let titles = page.map(|post| post.title.clone()).base_url("/posts").query([("sort", "votes")]);
/// assert_eq!(titles.previous_page_url().as_deref(), Some("/posts?sort=votes&page=1"));
/// # Ok(())
/// # });
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The page's rows.
    pub data: Vec<T>,
    /// How many rows there are in all.
    pub total: u64,
    /// How many rows a page has at most.
    pub per_page: u64,
    /// Which page it is, from 1.
    pub current_page: u64,
    /// The last page that has rows; 1 where there are none.
    pub last_page: u64,
    links: Option<Links>,
}

/// Where pages are found.
#[derive(Clone, Debug, Default, PartialEq)]
struct Links {
    base: String,
    query: String,
    fragment: String,
}

/// A page's address, as [`Page::urls_for_range`] gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageUrl {
    /// Its number.
    pub page: u64,
    /// Its address.
    pub url: String,
    /// Whether it is this one.
    pub is_active: bool,
}

impl<T> Page<T> {
    pub(crate) fn new(data: Vec<T>, total: u64, per_page: u64, current_page: u64) -> Self {
        let last_page = total.div_ceil(per_page.max(1)).max(1);
        Self { data, total, per_page, current_page, last_page, links: None }
    }

    /// Whether there are rows behind this page.
    pub fn has_next(&self) -> bool {
        self.current_page < self.last_page
    }

    /// Whether there is a page before this one.
    pub fn has_previous(&self) -> bool {
        self.current_page > 1
    }

    /// Whether there is more than one page.
    pub fn has_pages(&self) -> bool {
        self.last_page > 1
    }

    /// Whether the page has no rows.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Which of all rows, from 1, the page's first one is; `None` of no rows.
    pub fn from(&self) -> Option<u64> {
        (!self.data.is_empty())
            .then(|| (self.current_page - 1).saturating_mul(self.per_page).saturating_add(1))
    }

    /// Which of all rows, from 1, the page's last one is; `None` of no rows.
    pub fn to(&self) -> Option<u64> {
        let behind = u64::try_from(self.data.len()).unwrap_or(u64::MAX);
        self.from().map(|from| from.saturating_add(behind.saturating_sub(1)))
    }

    /// The number of the next page.
    pub fn next_page(&self) -> Option<u64> {
        self.has_next().then(|| self.current_page + 1)
    }

    /// The number of the page before; behind the last page, of the last.
    pub fn previous_page(&self) -> Option<u64> {
        self.has_previous().then(|| (self.current_page - 1).min(self.last_page))
    }

    /// The same page of something else.
    pub fn map<U>(self, with: impl FnMut(T) -> U) -> Page<U> {
        Page {
            data: self.data.into_iter().map(with).collect(),
            total: self.total,
            per_page: self.per_page,
            current_page: self.current_page,
            last_page: self.last_page,
            links: self.links,
        }
    }

    /// Where the pages are found, as `/posts`: what [`url`](Self::url) puts `?page=..` behind.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        let url = url.into();
        let links = self.links.get_or_insert_default();
        let (url, fragment) = match url.split_once('#') {
            Some((url, fragment)) => (url.to_owned(), format!("#{fragment}")),
            None => (url, String::new()),
        };
        (links.base, links.fragment) = (url, fragment);
        self
    }

    /// Further parameters of every page's address, in their order; a name may come several times. They are
    /// encoded.
    #[must_use]
    pub fn query<N: AsRef<str>, V: ToString>(mut self, parameters: impl IntoIterator<Item = (N, V)>) -> Self {
        let links = self.links.get_or_insert_default();
        for (name, value) in parameters {
            encode(name.as_ref(), &mut links.query);
            links.query.push('=');
            encode(&value.to_string(), &mut links.query);
            links.query.push('&');
        }
        self
    }

    /// The address of a page; of the first or the last one where there is no such page.
    pub fn url(&self, page: u64) -> String {
        let page = page.clamp(1, self.last_page);
        let none = Links::default();
        let Links { base, query, fragment } = self.links.as_ref().unwrap_or(&none);
        let between = match base.split_once('?') {
            None => "?",
            Some((_, before)) if before.is_empty() || before.ends_with('&') => "",
            Some(_) => "&",
        };
        format!("{base}{between}{query}page={page}{fragment}")
    }

    /// The address of the next page.
    pub fn next_page_url(&self) -> Option<String> {
        self.next_page().map(|page| self.url(page))
    }

    /// The address of the page before.
    pub fn previous_page_url(&self) -> Option<String> {
        self.previous_page().map(|page| self.url(page))
    }

    /// The addresses of the pages of a range, as far as there are such pages.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let page = User::query().paginate(&db, 2, 1).await?.base_url("/users");
    /// let urls = page.urls_for_range(1..=9);
    /// assert_eq!(urls.len(), 3);
    /// assert!(urls[1].is_active && urls[1].url == "/users?page=2");
    /// # Ok(())
    /// # });
    /// ```
    pub fn urls_for_range(&self, pages: RangeInclusive<u64>) -> Vec<PageUrl> {
        let pages = (*pages.start()).max(1)..=(*pages.end()).min(self.last_page);
        pages
            .map(|page| PageUrl { page, url: self.url(page), is_active: page == self.current_page })
            .collect()
    }
}

/// Encodes a part of a query string.
fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            // Writing to a `String` cannot fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
}

impl<T: Serialize> Serialize for Page<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = if self.links.is_some() { 9 } else { 5 };
        let mut page = serializer.serialize_struct("Page", fields)?;
        page.serialize_field("data", &self.data)?;
        page.serialize_field("total", &self.total)?;
        page.serialize_field("per_page", &self.per_page)?;
        page.serialize_field("current_page", &self.current_page)?;
        page.serialize_field("last_page", &self.last_page)?;
        if self.links.is_some() {
            page.serialize_field("first_page_url", &self.url(1))?;
            page.serialize_field("last_page_url", &self.url(self.last_page))?;
            page.serialize_field("next_page_url", &self.next_page_url())?;
            page.serialize_field("previous_page_url", &self.previous_page_url())?;
        }
        page.end()
    }
}

/// A page of rows without their number: what [`Query::simple_paginate`](crate::Query::simple_paginate) gives.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SimplePage<T> {
    /// The page's rows.
    pub data: Vec<T>,
    /// How many rows a page has at most.
    pub per_page: u64,
    /// Which page it is, from 1.
    pub current_page: u64,
    /// Whether there are rows behind this page.
    pub has_next: bool,
}

impl<T> SimplePage<T> {
    /// Whether there is a page before this one.
    pub fn has_previous(&self) -> bool {
        self.current_page > 1
    }

    /// The same page of something else.
    pub fn map<U>(self, with: impl FnMut(T) -> U) -> SimplePage<U> {
        SimplePage {
            data: self.data.into_iter().map(with).collect(),
            per_page: self.per_page,
            current_page: self.current_page,
            has_next: self.has_next,
        }
    }
}

impl<T: Serialize> Serialize for SimplePage<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut page = serializer.serialize_struct("SimplePage", 4)?;
        page.serialize_field("data", &self.data)?;
        page.serialize_field("per_page", &self.per_page)?;
        page.serialize_field("current_page", &self.current_page)?;
        page.serialize_field("has_next", &self.has_next)?;
        page.end()
    }
}

/// A page of rows that is found by the values of the rows beside it: what
/// [`Query::cursor_paginate`](crate::Query::cursor_paginate) gives.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CursorPage<T> {
    /// The page's rows.
    pub data: Vec<T>,
    /// How many rows a page has at most.
    pub per_page: u64,
    /// The token of the page behind this one, where there are rows.
    pub next_cursor: Option<String>,
    /// The token of the page before this one, where there are rows.
    pub previous_cursor: Option<String>,
}

impl<T> CursorPage<T> {
    /// The same page of something else.
    pub fn map<U>(self, with: impl FnMut(T) -> U) -> CursorPage<U> {
        CursorPage {
            data: self.data.into_iter().map(with).collect(),
            per_page: self.per_page,
            next_cursor: self.next_cursor,
            previous_cursor: self.previous_cursor,
        }
    }
}

impl<T: Serialize> Serialize for CursorPage<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut page = serializer.serialize_struct("CursorPage", 4)?;
        page.serialize_field("data", &self.data)?;
        page.serialize_field("per_page", &self.per_page)?;
        page.serialize_field("next_cursor", &self.next_cursor)?;
        page.serialize_field("previous_cursor", &self.previous_cursor)?;
        page.end()
    }
}

macro_rules! rows {
    ($($page:ident)*) => { $(
        impl<T> IntoIterator for $page<T> {
            type Item = T;
            type IntoIter = vec::IntoIter<T>;

            fn into_iter(self) -> vec::IntoIter<T> {
                self.data.into_iter()
            }
        }

        impl<'a, T> IntoIterator for &'a $page<T> {
            type Item = &'a T;
            type IntoIter = std::slice::Iter<'a, T>;

            fn into_iter(self) -> std::slice::Iter<'a, T> {
                self.data.iter()
            }
        }
    )* };
}
rows!(Page SimplePage CursorPage);
