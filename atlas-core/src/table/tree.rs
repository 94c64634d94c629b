use crate::schema::Name;

/// Names of relations that are loaded with rows, each with those of its own: see [`Table::with`](super::Table::with).
///
/// ```
/// # use atlas::relations;
/// use atlas::table::Relations;
///
/// let tree = relations! { posts: { comments: { author }, tags: true }, profile };
/// let read: Relations = ["posts.comments.author", "posts.tags", "profile"].into();
/// assert_eq!(tree, read);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relations(Vec<Vec<Name>>);

/// [`Relations`](crate::table::Relations), written shortly: `relations! { posts: { comments: { author } }, profile }`.
/// `profile: true` is `profile`.
#[macro_export]
macro_rules! relations {
    (@of $tree:expr;) => { $tree };
    (@of $tree:expr; $name:ident : { $($nested:tt)* } $(, $($rest:tt)*)?) => {
        $crate::relations!(@of
            $tree.and(::core::stringify!($name), $crate::relations! { $($nested)* });
            $($($rest)*)?
        )
    };
    (@of $tree:expr; $name:ident : true $(, $($rest:tt)*)?) => {
        $crate::relations!(@of $tree.and(::core::stringify!($name), $crate::table::Relations::new()); $($($rest)*)?)
    };
    (@of $tree:expr; $name:ident $(, $($rest:tt)*)?) => {
        $crate::relations!(@of $tree.and(::core::stringify!($name), $crate::table::Relations::new()); $($($rest)*)?)
    };
    ($($tree:tt)*) => { $crate::relations!(@of $crate::table::Relations::new(); $($tree)*) };
}

impl Relations {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a relation, with those of its own.
    #[must_use]
    pub fn and(mut self, name: impl Into<Name>, nested: impl Into<Relations>) -> Self {
        let name = name.into();
        let Relations(nested) = nested.into();
        if nested.is_empty() {
            self.0.push(vec![name]);
        } else {
            let under = |path: Vec<Name>| [name.clone()].into_iter().chain(path).collect();
            self.0.extend(nested.into_iter().map(under));
        }
        self
    }

    /// Adds what another one names.
    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The relations of the first level, each once, with those of its own.
    pub(super) fn first_level(&self) -> Vec<(&Name, Relations)> {
        let mut level: Vec<(&Name, Relations)> = Vec::new();
        for path in &self.0 {
            let Some((name, rest)) = path.split_first() else { continue };
            let place = level.iter().position(|(other, _)| *other == name).unwrap_or_else(|| {
                level.push((name, Relations::new()));
                level.len() - 1
            });
            if let (Some((_, nested)), [_, ..]) = (level.get_mut(place), rest) {
                nested.0.push(rest.to_vec());
            }
        }
        level
    }

    /// How many levels there are.
    pub(super) fn depth(&self) -> usize {
        self.0.iter().map(Vec::len).max().unwrap_or(0)
    }
}

/// A path: the names with dots between.
impl From<&str> for Relations {
    fn from(path: &str) -> Self {
        Self(vec![path.split('.').map(|name| Name::from(name.trim().to_owned())).collect()])
    }
}

/// Paths.
impl<P: AsRef<str>> FromIterator<P> for Relations {
    fn from_iter<I: IntoIterator<Item = P>>(paths: I) -> Self {
        Self(paths.into_iter().flat_map(|path| Self::from(path.as_ref()).0).collect())
    }
}

/// Paths.
impl<P: AsRef<str>, const N: usize> From<[P; N]> for Relations {
    fn from(paths: [P; N]) -> Self {
        paths.into_iter().collect()
    }
}
