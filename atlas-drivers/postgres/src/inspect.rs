//! What tables there are, and what they are like.

use atlas_core::{
    schema::{
        Action, Check, Column, ColumnDefault, Computed, Deferral, Entry, ForeignKey, FullTextIndex, Index,
        IndexKind, Name, Table,
    },
    value::Value,
};
use atlas_sql::{Dialect, read_default, takes_guard, without_parentheses};

use crate::{
    dialect::PostgresDialect,
    error::Failure,
    layout::quoted_path,
    session::{Session, literal},
};

/// What stands between the columns of an index or a key.
const BETWEEN: char = '\u{1}';

/// The tables and views that are found without the name of a schema.
pub(crate) async fn entries(session: &mut Session) -> Result<Vec<Entry>, Failure> {
    let text = "SELECT c.relname, c.relkind IN ('v', 'm') FROM pg_catalog.pg_class c \
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        WHERE c.relkind IN ('r', 'p', 'v', 'm') AND pg_catalog.pg_table_is_visible(c.oid) \
        AND n.nspname = ANY (pg_catalog.current_schemas(false)) \
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass \
            AND d.objid = c.oid AND d.deptype = 'e') ORDER BY c.relname";
    let rows = session.texts(text.to_owned()).await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| match <[String; 2]>::try_from(row) {
            Ok([name, view]) => Some(Entry { name: name.into(), view: view == "t" }),
            Err(_) => None,
        })
        .collect())
}

/// A table as it is; `None` where there is none.
pub(crate) async fn table(session: &mut Session, name: &str) -> Result<Option<Table>, Failure> {
    let mut place = String::from("pg_catalog.to_regclass(");
    literal(&quoted_path(name), &mut place);
    place.push(')');
    let text = format!(
        "SELECT c.oid, COALESCE(pg_catalog.obj_description(c.oid, 'pg_class'), '') FROM pg_catalog.pg_class c \
         WHERE c.oid = {place} AND c.relkind IN ('r', 'p')"
    );
    let found = session.texts(text).await?;
    let Some([oid, comment]) = found.first().map(Vec::as_slice) else { return Ok(None) };
    let mut table = Table::new(name.to_owned());
    table.options.comment = said(comment);
    table.columns = columns(session, oid).await?;
    indexes(session, oid, &mut table).await?;
    constraints(session, oid, &mut table).await?;
    Ok(Some(table))
}

async fn columns(session: &mut Session, oid: &str) -> Result<Vec<Column>, Failure> {
    let text = format!(
        "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, \
         a.attgenerated, pg_catalog.pg_get_expr(d.adbin, d.adrelid), \
         pg_catalog.col_description(a.attrelid, a.attnum), \
         CASE WHEN a.attcollation <> t.typcollation THEN o.collname END, s.seqstart \
         FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
         LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
         LEFT JOIN pg_catalog.pg_collation o ON o.oid = a.attcollation \
         LEFT JOIN pg_catalog.pg_depend p ON p.refclassid = 'pg_catalog.pg_class'::regclass \
             AND p.refobjid = a.attrelid AND p.refobjsubid = a.attnum AND p.deptype = 'i' \
             AND p.classid = 'pg_catalog.pg_class'::regclass \
         LEFT JOIN pg_catalog.pg_sequence s ON s.seqrelid = p.objid \
         WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
    );
    let rows = session.texts(text).await?;
    Ok(rows.into_iter().filter_map(|row| <[String; 9]>::try_from(row).ok().map(column)).collect())
}

fn column(row: [String; 9]) -> Column {
    let [name, ty, not_null, identity, generated, default, comment, collation, start] = row;
    let (ty, storage) = PostgresDialect.read_type(&ty);
    let mut column = Column { storage, ..Column::new(name, ty) };
    column.nullable = not_null != "t";
    column.comment = said(&comment);
    column.collation = said(&collation);
    if !identity.is_empty() {
        column.generated = true;
        column.starts_at = start.parse().ok().filter(|start| *start != 1);
    } else if !generated.is_empty() {
        let expression = without_parentheses(&default).to_owned().into();
        column.computed = Some(Computed { expression, stored: generated == "s" });
    } else if default.starts_with("nextval(") {
        column.generated = true;
    } else if !default.is_empty() {
        let default = read_default(&default, column.ty);
        column.default = Some(default).filter(|default| *default != ColumnDefault::Value(Value::Null));
    }
    column
}

async fn indexes(session: &mut Session, oid: &str, table: &mut Table) -> Result<(), Failure> {
    let text = format!(
        "SELECT i.relname, x.indisprimary, x.indisunique, m.amname, \
         pg_catalog.pg_get_expr(x.indpred, x.indrelid, true), \
         COALESCE(pg_catalog.to_jsonb(x)->>'indnullsnotdistinct', 'false'), \
         pg_catalog.bool_and(a.attname IS NOT NULL AND x.indoption[k.place - 1] = 0), \
         pg_catalog.string_agg(a.attname, U&'\\0001' ORDER BY k.place), \
         pg_catalog.string_agg(pg_catalog.pg_get_indexdef(x.indexrelid, k.place::int, true) \
             || CASE WHEN x.indoption[k.place - 1] & 1 = 1 THEN ' DESC' ELSE '' END, ', ' ORDER BY k.place) \
         FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid \
         JOIN pg_catalog.pg_am m ON m.oid = i.relam \
         CROSS JOIN LATERAL pg_catalog.unnest(x.indkey::int2[]) WITH ORDINALITY k(number, place) \
         LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number AND k.number > 0 \
         WHERE x.indrelid = {oid} AND k.place <= x.indnkeyatts \
         GROUP BY x.indexrelid, i.relname, x.indisprimary, x.indisunique, m.amname, x.indpred, x.indrelid, \
         pg_catalog.to_jsonb(x) ORDER BY i.relname"
    );
    for row in session.texts(text).await? {
        let Ok([name, primary, unique, method, filter, not_distinct, plain, columns, expressions]) =
            <[String; 9]>::try_from(row)
        else {
            continue;
        };
        let columns: Vec<Name> = columns
            .split(BETWEEN)
            .filter(|name| !name.is_empty())
            .map(|name| name.to_owned().into())
            .collect();
        if primary == "t" {
            table.primary_key = columns;
            continue;
        }
        let plain = plain == "t";
        if method == "gin"
            && !plain
            && let Some(index) = full_text(&name, &expressions)
        {
            table.full_text.push(index);
            continue;
        }
        table.indexes.push(Index {
            name: name.into(),
            columns: if plain { columns } else { Vec::new() },
            expression: (!plain).then(|| expressions.into()),
            kind: if unique == "t" { IndexKind::Unique } else { IndexKind::Plain },
            filter: said(without_parentheses(&filter)),
            method: (method != "btree").then(|| method.into()),
            nulls_not_distinct: not_distinct == "true",
            concurrently: false,
            where_null: None,
        });
    }
    Ok(())
}

/// An index of words, out of the expression that it is over; `None` for one that is not of Atlas's making.
fn full_text(name: &str, expression: &str) -> Option<FullTextIndex> {
    let (language, rest) =
        expression.strip_prefix("to_tsvector('")?.split_once("'::regconfig, regexp_replace(")?;
    let columns = rest.split("COALESCE(").skip(1).map(|after| {
        let (column, _) = after.split_once(", ''::")?;
        let quoted = column.strip_prefix('"').and_then(|own| own.strip_suffix('"'));
        Some(quoted.map_or_else(|| column.to_owned(), |own| own.replace("\"\"", "\"")).into())
    });
    let columns = columns.collect::<Option<Vec<Name>>>().filter(|columns| !columns.is_empty())?;
    Some(FullTextIndex { name: name.to_owned().into(), columns, language: language.to_owned().into() })
}

async fn constraints(session: &mut Session, oid: &str, table: &mut Table) -> Result<(), Failure> {
    let names = |of: &str, key: &str| {
        format!(
            "(SELECT pg_catalog.string_agg(a.attname, U&'\\0001' ORDER BY k.place) \
             FROM pg_catalog.unnest({key}) WITH ORDINALITY k(number, place) \
             JOIN pg_catalog.pg_attribute a ON a.attrelid = {of} AND a.attnum = k.number)"
        )
    };
    let text = format!(
        "SELECT c.contype, c.conname, {}, {}, \
         CASE WHEN pg_catalog.pg_table_is_visible(f.oid) THEN f.relname ELSE n.nspname || '.' || f.relname END, \
         c.confdeltype, c.confupdtype, c.condeferrable, c.condeferred, \
         pg_catalog.pg_get_expr(c.conbin, c.conrelid, true) \
         FROM pg_catalog.pg_constraint c LEFT JOIN pg_catalog.pg_class f ON f.oid = c.confrelid \
         LEFT JOIN pg_catalog.pg_namespace n ON n.oid = f.relnamespace \
         WHERE c.conrelid = {oid} AND c.contype IN ('f', 'c') ORDER BY c.conname",
        names("c.conrelid", "c.conkey"),
        names("c.confrelid", "c.confkey"),
    );
    let split = |names: &str| -> Vec<Name> {
        names.split(BETWEEN).filter(|name| !name.is_empty()).map(|name| name.to_owned().into()).collect()
    };
    for row in session.texts(text).await? {
        let Ok([kind, name, columns, references, other, on_delete, on_update, may_wait, waits, condition]) =
            <[String; 10]>::try_from(row)
        else {
            continue;
        };
        let columns = split(&columns);
        if kind == "f" {
            table.foreign_keys.push(ForeignKey {
                name: Some(name.into()),
                columns,
                table: other.into(),
                references: split(&references),
                on_delete: action(&on_delete),
                on_update: action(&on_update),
                deferral: match (may_wait.as_str(), waits.as_str()) {
                    ("t", "t") => Deferral::Always,
                    ("t", _) => Deferral::Possible,
                    _ => Deferral::Never,
                },
            });
            continue;
        }
        let own = match columns.as_slice() {
            [only] => table.columns.iter_mut().find(|column| column.name == *only),
            _ => None,
        };
        let is_guard = name.ends_with("_check") && own.is_some_and(|column| takes_guard(column, &condition));
        if !is_guard {
            let expression = without_parentheses(&condition).to_owned().into();
            table.checks.push(Check { name: Some(name.into()), expression });
        }
    }
    Ok(())
}

fn action(letter: &str) -> Action {
    match letter {
        "r" => Action::Restrict,
        "c" => Action::Cascade,
        "n" => Action::SetNull,
        "d" => Action::SetDefault,
        _ => Action::NoAction,
    }
}

fn said(text: &str) -> Option<Name> {
    (!text.is_empty()).then(|| text.to_owned().into())
}

/// The number of a lock. It has to be the same in every program.
pub(crate) fn lock_number(name: &str) -> i64 {
    let sum = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    i64::from_ne_bytes(sum.to_ne_bytes())
}
