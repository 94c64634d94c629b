use crate::{
    error::{Error, Result},
    model::ModelMeta,
    relation::RelationMeta,
};

/// A model of the program's that has relations or secrets: the derive submits each, so that they can be found by the
/// name of its table.
pub struct Known(pub &'static ModelMeta);

inventory::collect!(Known);

/// The relation of a table's rows that has this name: which model has it, and where it leads.
///
/// # Errors
///
/// [`Error::Config`] where no model of the table has it, or several models of the table mean different ones.
pub(crate) fn relation_of_table(
    table: &str,
    name: &str,
) -> Result<(&'static ModelMeta, &'static RelationMeta)> {
    let models = || inventory::iter::<Known>().map(|known| known.0).filter(|meta| meta.table == table);
    let mut found = models().filter_map(|meta| Some((meta, relation_named(meta, name)?)));
    let Some(first) = found.next() else {
        let mut models: Vec<_> = models().collect();
        models.sort_by_key(|meta| meta.name);
        return Err(no_relation(table, name, &models));
    };
    match found.find(|other| !alike(first, *other)) {
        None => Ok(first),
        Some((other, _)) => Err(Error::config(format!(
            "`{}` and `{}` are both of `{table}` and mean different relations by `{name}`: load it with a query of \
             the model",
            first.0.name, other.name
        ))),
    }
}

/// The relation of a model that has this name.
///
/// # Errors
///
/// [`Error::Config`] where there is none.
pub(crate) fn relation_of_model(meta: &'static ModelMeta, name: &str) -> Result<&'static RelationMeta> {
    relation_named(meta, name).ok_or_else(|| no_relation(meta.table, name, &[meta]))
}

fn relation_named(meta: &'static ModelMeta, name: &str) -> Option<&'static RelationMeta> {
    meta.relations.iter().find(|relation| relation.name == name)
}

/// Whether two models mean the same by relations of one name.
fn alike(one: (&ModelMeta, &RelationMeta), other: (&ModelMeta, &RelationMeta)) -> bool {
    let shown = |(meta, relation): (&ModelMeta, &RelationMeta)| {
        let names = |meta: &ModelMeta, columns: Vec<usize>| -> Vec<&'static str> {
            columns.into_iter().filter_map(|column| meta.names.get(column).copied()).collect()
        };
        relation.link.map(|link| {
            let target = (link.target)();
            let morph = link.morph.map(|morph| (morph.column, morph.name));
            (target.table, names(meta, link.local()), names(target, link.foreign()), morph)
        })
    };
    one.1.kind.leads_to_many() == other.1.kind.leads_to_many() && shown(one) == shown(other)
}

#[cold]
fn no_relation(table: &str, name: &str, models: &[&ModelMeta]) -> Error {
    let names: Vec<String> = models.iter().map(|meta| format!("`{}`", meta.name)).collect();
    let mut there: Vec<String> = models
        .iter()
        .flat_map(|meta| meta.relations)
        .map(|relation| format!("`{}`", relation.name))
        .collect();
    there.sort();
    there.dedup();
    let names = names.join(", ");
    Error::config(match (models, &*there) {
        ([], _) => format!(
            "`{table}` has no relation `{name}`: relations are those of its models, and no model of this table that the \
             program has declares any"
        ),
        (_, []) => format!("{names} has no relation `{name}`, nor any other"),
        (_, there) => format!("{names} has no relation `{name}`: there are {}", there.join(", ")),
    })
}
