//! How records are serialized.

use std::collections::BTreeMap;

use syn::{Attribute, Ident, LitStr, Result, Token, ext::IdentExt};

use super::{not_empty, rename_rule_named};
use crate::{
    arguments,
    diagnostics::{Errors, did_you_mean, listed},
    model::{Accessor, Column, Embedded, Relation, Serialized},
    naming::RenameRule,
};

/// Attributes of the struct.
pub(super) const ATTRIBUTES: [&str; 5] = ["hidden", "visible", "appends", "accessors", "serialize"];

/// What these attributes say.
#[derive(Default)]
pub(super) struct Attributes {
    hidden: Vec<Ident>,
    visible: Option<(Attribute, Vec<Ident>)>,
    appends: Vec<Ident>,
    accessors: Vec<Ident>,
    rule: Option<RenameRule>,
}

/// `#[serialize_as("mail")]`
pub(super) fn name(attribute: &Attribute) -> Result<String> {
    Ok(not_empty(arguments::text(attribute, None, "#[serialize_as(\"name\")]")?)?.value())
}

impl Attributes {
    pub(super) fn take(&mut self, name: &str, attribute: &Attribute) -> Result<()> {
        match name {
            "hidden" => self.hidden = arguments::names(attribute, "#[hidden(password)]")?,
            "visible" => {
                let names = arguments::names(attribute, "#[visible(id, name)]")?;
                self.visible = Some((attribute.clone(), names));
            }
            "appends" => self.appends = methods(attribute, "#[appends(full_name)]")?,
            "accessors" => self.accessors = methods(attribute, "#[accessors(full_name)]")?,
            _ => arguments::options(attribute, &["rename_all"], |_, _, input| {
                input.parse::<Token![=]>()?;
                self.rule = Some(rename_rule_named(&input.parse::<LitStr>()?)?);
                Ok(())
            })?,
        }
        Ok(())
    }

    pub(super) fn case(&self) -> RenameRule {
        self.rule.unwrap_or(RenameRule::Snake)
    }

    /// Marks what is hidden, names what is called otherwise, and gives the methods that are read by their names.
    pub(super) fn resolve(
        &self,
        columns: &mut [Column],
        embedded: &mut [Embedded],
        relations: &mut [Relation],
        errors: &mut Errors,
    ) -> Vec<Accessor> {
        if let (Some((visible, _)), false) = (&self.visible, self.hidden.is_empty()) {
            errors.push(arguments::error(
                visible,
                "#[visible] and #[hidden] exclude each other: keep #[visible], which names what is serialized",
            ));
        }
        let fields: Vec<String> = columns
            .iter()
            .map(|column| column.field.clone())
            .chain(embedded.iter().map(|embedded| embedded.field.clone()))
            .chain(relations.iter().map(|relation| relation.name.clone()))
            .collect();
        let methods = self.appends.iter().chain(&self.accessors).map(|method| method.unraw().to_string());
        // Of a relation that is wrong, that alone is said.
        if errors.is_empty() {
            known("#[hidden]", &self.hidden, &fields, errors);
            let (visible, all) = (self.visible.iter().flat_map(|(_, names)| names), fields.iter().cloned());
            known("#[visible]", visible, &all.chain(methods).collect::<Vec<_>>(), errors);
        }
        for column in &mut *columns {
            let sensitive = column.sensitive && self.visible.is_none();
            self.mark(&mut column.serialized, &column.field, sensitive);
        }
        for embedded in embedded {
            embedded.hidden = self.hides(&embedded.field);
        }
        for relation in &mut *relations {
            self.mark(&mut relation.serialized, &relation.name, false);
        }
        let mut accessors: Vec<Accessor> = Vec::new();
        for (appended, ident) in self
            .appends
            .iter()
            .map(|ident| (true, ident))
            .chain(self.accessors.iter().map(|ident| (false, ident)))
        {
            if accessors.iter().any(|other| other.ident == *ident) {
                errors.at(ident, format_args!("the method `{ident}` is named twice: keep one"));
                continue;
            }
            let name = ident.unraw().to_string();
            let appended = appended && !self.hides(&name);
            accessors.push(Accessor { ident: ident.clone(), serialized: self.case().apply(&name), appended });
        }
        if errors.is_empty() {
            unlike(columns, relations, &accessors, errors);
        }
        accessors
    }

    fn hides(&self, name: &str) -> bool {
        match &self.visible {
            Some((_, visible)) => visible.iter().all(|ident| ident.unraw() != name),
            None => self.hidden.iter().any(|ident| ident.unraw() == name),
        }
    }

    fn mark(&self, serialized: &mut Serialized, field: &str, sensitive: bool) {
        serialized.hidden = sensitive || self.hides(field);
        let renamed = || Some(self.case().apply(field)).filter(|name| name != field);
        serialized.name = serialized.name.take().or_else(renamed);
    }
}

fn methods(attribute: &Attribute, example: &str) -> Result<Vec<Ident>> {
    let wrong = |_| arguments::error(attribute, format_args!("expected names of methods: `{example}`"));
    arguments::names(attribute, example).map_err(wrong)
}

fn known<'a>(
    attribute: &str,
    names: impl IntoIterator<Item = &'a Ident>,
    there: &[String],
    errors: &mut Errors,
) {
    for ident in names {
        let name = ident.unraw().to_string();
        if !there.contains(&name) {
            let (all, meant) = (listed(there), did_you_mean(&name, there));
            errors.at(ident, format_args!("{attribute} names no field `{name}`: there are {all}{meant}"));
        }
    }
}

/// Two parts of one name.
fn unlike(columns: &[Column], relations: &[Relation], accessors: &[Accessor], errors: &mut Errors) {
    let columns = columns.iter().map(|column| (&column.ident, &column.serialized.name, &column.field));
    let relations =
        relations.iter().map(|relation| (&relation.ident, &relation.serialized.name, &relation.name));
    let fields = columns.chain(relations).map(|(ident, name, field)| (ident, name.as_ref().unwrap_or(field)));
    let all = fields.chain(accessors.iter().map(|accessor| (&accessor.ident, &accessor.serialized)));
    let mut seen: BTreeMap<&String, &Ident> = BTreeMap::new();
    for (ident, name) in all {
        if let Some(other) = seen.insert(name, ident) {
            let message = format_args!(
                "`{other}` and `{ident}` are both serialized as `{name}`: rename one with #[serialize_as(\"..\")]"
            );
            errors.at(ident, message);
        }
    }
}
