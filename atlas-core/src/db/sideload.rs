//! Values that records carry, of the program's own.

use std::{any::Any, sync::Arc};

use crate::db::Db;

/// A value, and what the handle had before it.
pub(crate) struct Sideloaded {
    value: Box<dyn Any + Send + Sync>,
    earlier: Option<Arc<Sideloaded>>,
}

impl Sideloaded {
    /// The last value of this type.
    pub(crate) fn get<T: 'static>(&self) -> Option<&T> {
        let earlier = || self.earlier.as_ref()?.get();
        self.value.downcast_ref().or_else(earlier)
    }
}

impl Db {
    /// The same handle, with a value that every record carries which is read through it, and every record that is loaded
    /// with it: the user who asks, a language, a clock. One value of each type; the last one counts.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// struct Reader(i64);
    ///
    /// # run(async |db| {
    /// let users = User::query().with(User::posts).get(&db.sideload(Reader(2))).await?;
    /// for post in users[0].posts.get()? {
    ///     let own = post.sideloaded::<Reader>().is_some_and(|reader| reader.0 == post.author_id);
    /// #   assert!(!own || post.author_id == 2);
    /// }
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// It is in memory alone: nothing of it is sent, stored or serialized.
    #[must_use]
    pub fn sideload<T: Send + Sync + 'static>(&self, value: T) -> Self {
        let sideloaded = Sideloaded { value: Box::new(value), earlier: self.sideloaded.clone() };
        Self { sideloaded: Some(Arc::new(sideloaded)), ..self.clone() }
    }

    /// The value of this type that [`sideload`](Self::sideload) put on the handle: for observers, which are given the
    /// handle.
    pub fn sideloaded<T: 'static>(&self) -> Option<&T> {
        self.sideloaded.as_ref()?.get()
    }

    /// What records carry that are read through this handle.
    pub(crate) fn carried(&self) -> Option<&Arc<Sideloaded>> {
        self.sideloaded.as_ref()
    }
}
