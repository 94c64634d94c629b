//! How a handle writes records.

use crate::{db::Db, value::Moment};

/// What happens by itself where records are written through a handle.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    /// Whether what a record belongs to is touched.
    pub(crate) touches: bool,
    /// Whether observers are told.
    pub(crate) events: bool,
    /// Whether `created_at` and `updated_at` are set.
    pub(crate) timestamps: bool,
}

impl Manner {
    /// Everything.
    pub(super) const FULL: Self = Self { touches: true, events: true, timestamps: true };
}

impl Db {
    /// The same handle, through which nothing is touched that a record belongs to: `#[touches(..)]` of its model is
    /// passed over.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut comment = Comment::find_or_fail(&db, 1).await?;
    /// comment.text = "Silently".into();
    /// comment.save(&db.without_touching()).await?;
    /// # Ok(())
    /// # });
    /// ```
    #[must_use]
    pub fn without_touching(&self) -> Self {
        self.in_manner(Manner { touches: false, ..self.manner })
    }

    /// The same handle, through which no observer is told of anything: neither those of a model nor those of
    /// [`observe`](Self::observe). Other handles tell them.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// db.on::<Post, _>(ModelEvent::Saving, |_, _| Box::pin(async { Err(Error::aborted("read only")) }));
    /// let mut post = Post::find_or_fail(&db, 1).await?;
    /// post.votes += 1;
    /// assert!(post.save(&db).await.is_err());
    /// post.save(&db.without_events()).await?;
    /// # Ok(())
    /// # });
    /// ```
    #[must_use]
    pub fn without_events(&self) -> Self {
        self.in_manner(Manner { events: false, ..self.manner })
    }

    /// The same handle, through which `created_at` and `updated_at` stay what they are, for imports and silent
    /// corrections. A draft that is inserted through it says itself what they are, where they are no `Option`.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut post = Post::find_or_fail(&db, 1).await?;
    /// post.title = "Rust, in anger".into();
    /// post.save(&db.without_timestamps()).await?;
    /// # Ok(())
    /// # });
    /// ```
    #[must_use]
    pub fn without_timestamps(&self) -> Self {
        self.in_manner(Manner { timestamps: false, ..self.manner })
    }

    /// What happens by itself where records are written through this handle.
    pub(crate) fn manner(&self) -> Manner {
        self.manner
    }

    /// When what is written now says that it was written; `None` where the handle leaves timestamps alone.
    pub(crate) fn now(&self) -> Option<Moment> {
        self.manner.timestamps.then(Moment::now)
    }

    fn in_manner(&self, manner: Manner) -> Self {
        Self { manner, ..self.clone() }
    }
}
