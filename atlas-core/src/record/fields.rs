/// Which parts of a record are serialized, and of its relations: for
/// [`Record::serialize_with`](crate::Record::serialize_with).
///
/// Names are those of the serialized form: of columns, accessors, relations and extras. What is hidden stays hidden,
/// whether it is picked or not, and a name that a record has not is an error.
///
/// ```
/// # use atlas_tests::guide::*;
/// use atlas::Fields;
/// # run(async |db| {
/// let ann = User::query().with(User::posts).find_or_fail(&db, 1).await?;
/// let fields = Fields::omit(["email", "active"]).relation("posts", Fields::pick(["title"]));
/// let expected = atlas::types::serde_json::json!({
///     "id": 1, "name": "Ann", "age": 34, "posts": [{"title": "Rust in anger"}, {"title": "Rust in peace"}]
/// });
/// assert_eq!(ann.serialize_with(&fields)?, expected);
/// # Ok(())
/// # });
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    picked: Option<Vec<String>>,
    omitted: Vec<String>,
    relations: Vec<(String, Fields)>,
}

impl Fields {
    pub(super) const ALL: &Self = &Self::all();

    /// Everything that is not hidden.
    #[must_use]
    pub const fn all() -> Self {
        Self { picked: None, omitted: Vec::new(), relations: Vec::new() }
    }

    /// These alone, and the relations that [`relation`](Self::relation) names.
    #[must_use]
    pub fn pick<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        Self { picked: Some(names.into_iter().map(Into::into).collect()), ..Self::all() }
    }

    /// Everything but these.
    #[must_use]
    pub fn omit<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        Self::all().without(names)
    }

    /// Not these either, also where they were picked.
    #[must_use]
    pub fn without<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.omitted.extend(names.into_iter().map(Into::into));
        self
    }

    /// Which parts of the records of a relation.
    #[must_use]
    pub fn relation(mut self, name: impl Into<String>, fields: Self) -> Self {
        let name = name.into();
        self.relations.retain(|(other, _)| *other != name);
        self.relations.push((name, fields));
        self
    }

    /// Whether a part of this name is serialized.
    pub(super) fn take(&self, name: &str) -> bool {
        let named = |names: &[String]| names.iter().any(|other| other == name);
        let picked = self.picked.as_deref().is_none_or(named);
        !named(&self.omitted) && (picked || self.of(name).is_some())
    }

    /// Which parts of a relation's records.
    pub(super) fn within(&self, relation: &str) -> &Self {
        self.of(relation).unwrap_or(Self::ALL)
    }

    /// Every name that is in it.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let relations = self.relations.iter().map(|(name, _)| name);
        self.picked.iter().flatten().chain(&self.omitted).chain(relations).map(String::as_str)
    }

    fn of(&self, relation: &str) -> Option<&Self> {
        self.relations.iter().find(|(name, _)| name == relation).map(|(_, fields)| fields)
    }
}
