//! What one record shows otherwise than its model says.

use std::borrow::Cow;

use crate::{
    error::{Error, Result},
    model::{Column, Model},
    record::{AnyRecord, Record},
    relation::Relation,
};

type Name = Cow<'static, str>;

/// By field, accessor, relation or extra.
#[derive(Clone, Default)]
pub(crate) struct Shown {
    visible: Vec<Name>,
    hidden: Vec<Name>,
    /// Nothing but these, and what is visible besides.
    only: Option<Vec<Name>>,
}

impl Shown {
    /// Whether something is shown that the model shows, or not, by default.
    pub(super) fn shows(&self, name: &str, by_default: bool) -> bool {
        let named = |names: &[Name]| names.iter().any(|other| other == name);
        match &self.only {
            _ if named(&self.hidden) => false,
            _ if named(&self.visible) => true,
            Some(only) => named(only),
            None => by_default,
        }
    }
}

/// Names of what a record of `M` is serialized with: a column, a relation, the name of either, of an accessor or of an
/// extra as a text; or several of them, as an array, a `Vec` or a tuple.
#[diagnostic::on_unimplemented(
    message = "`{Self}` names nothing that a record of `{M}` is serialized with",
    label = "expected `{M}::field`, a text, or several of them"
)]
pub trait FieldNames<M> {
    /// The names.
    fn names(self) -> Vec<Cow<'static, str>>;
}

#[diagnostic::do_not_recommend]
impl<M: Model, T> FieldNames<M> for Column<M, T> {
    fn names(self) -> Vec<Name> {
        M::meta().columns.get(self.index).map(|column| column.field.into()).into_iter().collect()
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, N, K> FieldNames<M> for Relation<M, N, K> {
    fn names(self) -> Vec<Name> {
        vec![self.name.into()]
    }
}

#[diagnostic::do_not_recommend]
impl<M> FieldNames<M> for &str {
    fn names(self) -> Vec<Name> {
        vec![self.to_owned().into()]
    }
}

#[diagnostic::do_not_recommend]
impl<M> FieldNames<M> for String {
    fn names(self) -> Vec<Name> {
        vec![self.into()]
    }
}

#[diagnostic::do_not_recommend]
impl<M, T: FieldNames<M>, const N: usize> FieldNames<M> for [T; N] {
    fn names(self) -> Vec<Name> {
        self.into_iter().flat_map(FieldNames::names).collect()
    }
}

#[diagnostic::do_not_recommend]
impl<M, T: FieldNames<M>> FieldNames<M> for Vec<T> {
    fn names(self) -> Vec<Name> {
        self.into_iter().flat_map(FieldNames::names).collect()
    }
}

macro_rules! tuples {
    ($($part:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<M, $($part: FieldNames<M>),*> FieldNames<M> for ($($part,)*) {
            #[allow(non_snake_case)]
            fn names(self) -> Vec<Name> {
                let ($($part,)*) = self;
                let mut names = Vec::new();
                $(names.extend($part.names());)*
                names
            }
        }
    };
}
tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);

impl<M: Model> Record<M> {
    /// Serializes this record with these too, although its model hides them, or does not append them.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut ann = User::find_or_fail(&db, 1).await?;
    /// ann.make_hidden((User::email, User::age))?.make_visible(User::age)?;
    /// assert_eq!(ann.to_json()?, r#"{"id":1,"name":"Ann","age":34,"active":true}"#);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where a text names nothing of the record.
    pub fn make_visible(&mut self, names: impl FieldNames<M>) -> Result<&mut Self> {
        self.erased_mut().make_visible(names.names())?;
        Ok(self)
    }

    /// Serializes this record without these. An extra is hidden by its name.
    ///
    /// # Errors
    ///
    /// As [`make_visible`](Self::make_visible).
    pub fn make_hidden(&mut self, names: impl FieldNames<M>) -> Result<&mut Self> {
        self.erased_mut().make_hidden(names.names())?;
        Ok(self)
    }

    /// Serializes this record with these alone, whatever its model says.
    ///
    /// # Errors
    ///
    /// As [`make_visible`](Self::make_visible).
    pub fn set_visible(&mut self, names: impl FieldNames<M>) -> Result<&mut Self> {
        self.erased_mut().set_visible(names.names())?;
        Ok(self)
    }

    /// Serializes this record with these accessors too, which `#[accessors(..)]` names.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where the model has no accessor of such a name.
    pub fn append(&mut self, accessors: impl FieldNames<M>) -> Result<&mut Self> {
        let names = accessors.names();
        for name in &names {
            if M::meta().accessors.iter().all(|accessor| accessor.name != *name) {
                return Err(no_accessor::<M>(name));
            }
        }
        self.make_visible(names.into_iter().map(Cow::into_owned).collect::<Vec<_>>())
    }
}

impl dyn AnyRecord + '_ {
    pub(crate) fn make_visible(&mut self, names: Vec<Name>) -> Result<()> {
        self.check(&names)?;
        let shown = self.state_mut().shown_mut();
        shown.hidden.retain(|name| !names.contains(name));
        shown.visible.extend(names);
        Ok(())
    }

    pub(crate) fn make_hidden(&mut self, names: Vec<Name>) -> Result<()> {
        self.check(&names)?;
        let shown = self.state_mut().shown_mut();
        shown.visible.retain(|name| !names.contains(name));
        shown.hidden.extend(names);
        Ok(())
    }

    pub(crate) fn set_visible(&mut self, names: Vec<Name>) -> Result<()> {
        self.check(&names)?;
        *self.state_mut().shown_mut() = Shown { only: Some(names), ..Shown::default() };
        Ok(())
    }

    /// What is hidden under a wrong name would be sent.
    pub(super) fn check(&self, names: &[Name]) -> Result<()> {
        let meta = self.meta();
        for name in names {
            let known = meta.columns.iter().any(|column| column.field == *name)
                || meta.relations.iter().any(|relation| relation.name == *name)
                || meta.accessors.iter().any(|accessor| accessor.name == *name)
                || self.state().extra(name).is_some()
                || (*name == "pivot" && self.state().pivot().is_some());
            if !known {
                return Err(unknown(self, name));
            }
        }
        Ok(())
    }
}

#[cold]
fn unknown(record: &dyn AnyRecord, name: &str) -> Error {
    let meta = record.meta();
    let columns = meta.columns.iter().map(|column| column.field);
    let relations = meta.relations.iter().map(|relation| relation.name);
    let accessors = meta.accessors.iter().map(|accessor| accessor.name);
    let extras = record.state().extras().map(|(name, _)| name);
    let names = columns.chain(relations).chain(accessors).chain(extras);
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    Error::config(format!("a record of `{}` has no `{name}`: there are {}", meta.name, names.join(", ")))
}

#[cold]
fn no_accessor<M: Model>(name: &str) -> Error {
    Error::config(format!(
        "`{0}` has no accessor `{name}` that can be appended: add #[accessors({name})] to it, where it is a method of `{0}`",
        M::meta().name
    ))
}
