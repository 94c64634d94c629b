//! Changes of the schema: all of one or nothing of it.

use atlas_core::{
    error::Error,
    schema::{SchemaChange, Table},
};
use atlas_sql::schema_statements;

use crate::{
    dialect::PostgresDialect,
    error::Failure,
    layout::quoted_path,
    session::{Session, Shared, literal},
};

/// Held while a table is created, so that several programs that start together do not do so at once.
const LOCK: &str = "SELECT pg_catalog.pg_advisory_xact_lock(7521962876149)";

/// Makes a change. A table that is there already stays as it is, with the indexes that it has.
pub(crate) async fn change(
    session: &mut Session,
    shared: &Shared,
    change: &SchemaChange,
) -> Result<(), Failure> {
    let own = !session.in_transaction;
    if change.is_apart() {
        if !own {
            return Err(Failure::Own(Error::config(
                "PostgreSQL makes an index concurrently, and databases, outside of a transaction alone: give the migration \
                 `const WITHIN_TRANSACTION: bool = false`, or its file the line `-- atlas: no transaction`",
            )));
        }
        let done = make(session, change).await;
        shared.schema_changed();
        return done;
    }
    if own {
        session.begin(shared, "").await?;
    } else {
        session.command("SAVEPOINT atlas_schema").await?;
    }
    let done = make(session, change).await;
    shared.schema_changed();
    match (&done, own) {
        (Err(Failure::Lost), _) => {}
        (Ok(()), true) => session.end(true).await?,
        (Err(_), true) => session.end(false).await?,
        (Ok(()), false) => session.command("RELEASE SAVEPOINT atlas_schema").await?,
        (Err(_), false) => {
            session.command("ROLLBACK TO SAVEPOINT atlas_schema; RELEASE SAVEPOINT atlas_schema").await?;
        }
    }
    match done {
        // The savepoint has saved the transaction.
        Err(Failure::Server(said)) if !own => Err(Failure::Own(said.into_own_error())),
        done => done,
    }
}

async fn make(session: &mut Session, change: &SchemaChange) -> Result<(), Failure> {
    let statements = schema_statements(change, &PostgresDialect)?;
    if let SchemaChange::CreateTable(table) = change {
        session.command(LOCK).await?;
        if let Some(there) = taken(session, &table.name).await? {
            if !there.is_index {
                return Ok(());
            }
            return Err(Failure::Own(Error::config(format!(
                "the table `{}` cannot be created: its name is that of an index of `{}`: rename one of them",
                table.name, there.table
            ))));
        }
        for (at, index) in table.indexes.iter().enumerate() {
            let name = match table.name.split_once('.') {
                Some((schema, _)) => format!("{schema}.{}", index.name),
                None => index.name.to_string(),
            };
            let twin = table.indexes.iter().take(at).any(|other| other.name == index.name);
            let of_this = || Taken { is_index: true, table: table.name.to_string() };
            let there = if twin { Some(of_this()) } else { in_schema(session, &name, table).await? };
            if let Some(there) = there {
                return Err(Failure::Own(index_is_taken(&index.name, table, &there)));
            }
        }
    }
    for statement in statements {
        session.command(statement).await?;
    }
    Ok(())
}

/// What has a name.
struct Taken {
    is_index: bool,
    /// The table that it is or belongs to.
    table: String,
}

async fn taken(session: &mut Session, name: &str) -> Result<Option<Taken>, Failure> {
    let mut place = String::from("pg_catalog.to_regclass(");
    literal(&quoted_path(name), &mut place);
    place.push(')');
    look(session, &format!("c.oid = {place}")).await
}

/// What has the name of an index, in the schema in which its table will be.
async fn in_schema(session: &mut Session, name: &str, table: &Table) -> Result<Option<Taken>, Failure> {
    if table.name.contains('.') {
        return taken(session, name).await;
    }
    let mut condition =
        String::from("c.relnamespace = pg_catalog.current_schema()::regnamespace AND c.relname = ");
    literal(name, &mut condition);
    condition.push_str("::name");
    look(session, &condition).await
}

async fn look(session: &mut Session, condition: &str) -> Result<Option<Taken>, Failure> {
    let text = format!(
        "SELECT c.relkind IN ('i', 'I'), COALESCE(t.relname, c.relname) FROM pg_catalog.pg_class c \
         LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_catalog.pg_class t ON t.oid = i.indrelid \
         WHERE {condition}"
    );
    let rows = session.texts(text).await?;
    Ok(match rows.first().map(Vec::as_slice) {
        Some([is_index, table]) => Some(Taken { is_index: is_index == "t", table: table.clone() }),
        _ => None,
    })
}

#[cold]
fn index_is_taken(index: &str, table: &Table, there: &Taken) -> Error {
    let columns = table.indexes.iter().find(|own| own.name == index);
    let columns = columns.map(|own| own.columns.join(", ")).unwrap_or_default();
    let has_it = match there.is_index {
        true => format!("an index of `{}` has", there.table),
        false => format!("`{}` has", there.table),
    };
    Error::config(format!(
        "the table `{}` cannot be created: its index `{index}` over ({columns}) has a name that {has_it} already, and a name stands once in a schema: rename a table or a column",
        table.name
    ))
}
