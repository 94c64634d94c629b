//! Inserts of many rows by COPY, in its binary form.

use atlas_core::statement::Insert;

use crate::{
    encode::encode_with_length,
    error::Failure,
    kind::Kind,
    layout::{Column, quoted_path},
    session::Session,
};

/// What a copy in binary form begins with: its signature, no flags, no further header.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with.
const TRAILER: [u8; 2] = [0xff, 0xff];
/// How many bytes are sent at once: each part may wait for the server to have got the one before.
const PART: usize = 8 << 20;

/// How the values of the columns are written, where all are known.
pub(crate) fn kinds(columns: &[&Column]) -> Option<Vec<Kind>> {
    columns
        .iter()
        .map(|column| column.kind.clone())
        .collect::<Option<Vec<Kind>>>()
        .filter(|all| !all.is_empty())
}

/// Copies rows into a table, all or none. Dropped in the middle, the connection is lost.
pub(crate) async fn copy(session: &mut Session, insert: &Insert, kinds: &[Kind]) -> Result<u64, Failure> {
    let columns: Vec<String> =
        insert.columns.iter().map(|column| format!("\"{}\"", column.name.replace('"', "\"\""))).collect();
    let text = format!(
        "COPY {} ({}) FROM STDIN (FORMAT binary)",
        quoted_path(&insert.table.name),
        columns.join(", ")
    );
    session.copying = true;
    let mut copy = session.connection.copy_in_raw(&text).await.inspect_err(|_| session.copying = false)?;
    let mut part = Vec::new();
    part.extend(HEADER);
    let width = i16::try_from(kinds.len()).unwrap_or(i16::MAX).to_be_bytes();
    let mut misfit = None;
    'rows: for row in insert.values.chunks_exact(kinds.len()).take(insert.rows) {
        part.extend(width);
        for (at, (value, kind)) in row.iter().zip(kinds).enumerate() {
            if let Err(found) = encode_with_length(value.as_ref(), kind, &mut part) {
                misfit = Some(Failure::Misfit(found, Some(at)));
                break 'rows;
            }
        }
        if part.len() >= PART {
            copy.send(&part[..]).await?;
            part.clear();
        }
    }
    if let Some(misfit) = misfit {
        copy.abort("a value does not fit its column").await?;
        session.copying = false;
        return Err(misfit);
    }
    part.extend(TRAILER);
    copy.send(&part[..]).await?;
    let copied = copy.finish().await;
    session.copying = false;
    Ok(copied?)
}
