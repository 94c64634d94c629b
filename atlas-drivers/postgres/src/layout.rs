//! What a table's columns are in the database: for inserts of many rows.

use std::{collections::HashMap, sync::Arc};

use crate::{
    error::Failure,
    kind::Kind,
    session::{Session, Shared, literal},
};

/// A table as the database has it.
#[derive(Debug)]
pub(crate) struct Layout {
    columns: HashMap<String, Column>,
    /// Whether COPY does what an insert does.
    pub(crate) takes_copy: bool,
}

/// A column of a table.
#[derive(Debug)]
pub(crate) struct Column {
    /// Its type, as SQL spells it.
    pub(crate) ty: String,
    /// How its values are written; `None` where only the server knows.
    pub(crate) kind: Option<Kind>,
    /// Whether an array of its values can be taken apart again.
    pub(crate) unnests: bool,
}

impl Layout {
    /// The columns of these names, in their order. `None` where one is not there.
    pub(crate) fn columns<'l>(&'l self, names: impl Iterator<Item = &'l str>) -> Option<Vec<&'l Column>> {
        names.map(|name| self.columns.get(name)).collect()
    }
}

/// How a table is laid out. It is asked for once.
pub(crate) async fn layout(
    session: &mut Session,
    shared: &Shared,
    table: &str,
) -> Result<Arc<Layout>, Failure> {
    if let Some(layout) = shared.layouts().get(table) {
        return Ok(Arc::clone(layout));
    }
    let mut text = String::from(
        "SELECT a.attname, pg_catalog.format_type(a.atttypid, NULL), \
         CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END, t.typtype, t.typcategory, t.typname, \
         c.relkind IN ('r', 'p') AND NOT c.relrowsecurity AND NOT c.relhasrules \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid \
         JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
         WHERE a.attnum > 0 AND NOT a.attisdropped AND c.oid = pg_catalog.to_regclass(",
    );
    literal(&quoted_path(table), &mut text);
    text.push(')');
    let rows = session.texts(text).await?;
    let mut layout = Layout { columns: HashMap::with_capacity(rows.len()), takes_copy: !rows.is_empty() };
    for row in rows {
        let [name, ty, base, class, category, type_name, takes_copy] = row.as_slice() else { continue };
        layout.takes_copy &= takes_copy == "t";
        let kind = match class.as_str() {
            "e" => Some(Kind::Text),
            _ => base.parse().ok().and_then(Kind::of_oid).or_else(|| match Kind::of_name(type_name) {
                Kind::Other(_) => None,
                kind => Some(kind),
            }),
        };
        // `character[]` would be of one character each, and so would be bits.
        let ty = if ty == "character" { "bpchar" } else { ty };
        let unnests = category != "A" && category != "V";
        layout.columns.insert(name.clone(), Column { ty: ty.to_owned(), kind, unnests });
    }
    let layout = Arc::new(layout);
    if !layout.columns.is_empty() {
        shared.layouts().insert(table.to_owned(), Arc::clone(&layout));
    }
    Ok(layout)
}

/// A name in which a dot separates a schema from what is in it, between quotes.
pub(crate) fn quoted_path(path: &str) -> String {
    let parts: Vec<String> =
        path.splitn(2, '.').map(|part| format!("\"{}\"", part.replace('"', "\"\""))).collect();
    parts.join(".")
}
