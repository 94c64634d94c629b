//! What has to be changed of the rows of a table between, so that they lead to these records.

use crate::{
    db::Db,
    error::Result,
    model::{Key, Model},
    relation::{
        Attaching, Changed, PivotData,
        between::{Between, Row},
        groups::Groups,
    },
    schema::Name,
    value::Value,
};

/// A key and values.
pub(super) type Gathered = (Vec<Value>, Result<PivotData>);

pub(super) fn gathered<N: Model, P, I, X: Attaching<N, P, I>>(
    records: impl IntoIterator<Item = X>,
) -> Vec<Gathered> {
    let one = |record: X| {
        let (key, values) = record.attaching();
        (key.values(), values)
    };
    records.into_iter().map(one).collect()
}

/// Each record once; the values that came last.
pub(super) fn once_each(rows: Vec<Row>) -> Vec<Row> {
    let mut groups = Groups::default();
    let mut once: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows {
        match groups.expect(row.far.clone()) {
            Some(place) if place < once.len() => once.splice(place..=place, [row]).for_each(drop),
            _ => once.push(row),
        }
    }
    once
}

/// What was changed: the columns that lead to each record.
#[derive(Default)]
pub(super) struct Changes {
    attached: Vec<Vec<Value>>,
    detached: Vec<Vec<Value>>,
    updated: Vec<Vec<Value>>,
}

impl Changes {
    /// The keys of the records, of those that are there.
    pub(super) async fn into_keys<N: Model>(self, db: &Db, between: &Between) -> Result<Changed<N::Key>> {
        let Self { attached, detached, updated } = self;
        let (detaching, updating) = (attached.len(), attached.len() + detached.len());
        let all = attached.into_iter().chain(detached).chain(updated).collect();
        let mut changed = Changed::nothing();
        for (place, key) in between.keys_of(db, all).await?.into_iter().enumerate() {
            let Some(key) = key else { continue };
            let keys = match place {
                place if place >= updating => &mut changed.updated,
                place if place >= detaching => &mut changed.detached,
                _ => &mut changed.attached,
            };
            keys.push(N::Key::from_values(&key)?);
        }
        Ok(changed)
    }
}

pub(super) async fn sync(db: &Db, between: &Between, rows: Vec<Row>, detaching: bool) -> Result<Changes> {
    let mut further: Vec<Name> = Vec::new();
    for (name, _) in rows.iter().flat_map(|row| &row.given) {
        if !further.contains(name) {
            further.push(name.clone());
        }
    }
    let present = between.present(db, if detaching { None } else { Some(&rows) }, &further).await?;
    let mut wanted = Groups::default();
    for row in &rows {
        wanted.expect(row.far.clone());
    }
    let mut changes = Changes::default();
    let (kept, gone): (Vec<Row>, Vec<Row>) =
        present.into_iter().partition(|row| wanted.of(&row.far.clone().into()).is_some());
    if detaching && !gone.is_empty() {
        let gone = once_each(gone);
        between.detach(db, Some(&gone)).await?;
        changes.detached = gone.into_iter().map(|row| row.far).collect();
    }
    let mut there = Groups::default();
    for row in &kept {
        there.expect(row.far.clone());
    }
    let (standing, missing): (Vec<Row>, Vec<Row>) =
        rows.into_iter().partition(|row| there.of(&row.far.clone().into()).is_some());
    changes.attached = missing.iter().map(|row| row.far.clone()).collect();
    between.attach(db, missing).await?;
    for row in standing {
        let differs = |there: &&Row| there.far == row.far && between.differs(there, &row.given);
        if kept.iter().any(|there| differs(&there)) {
            changes.updated.push(row.far.clone());
            between.update(db, row).await?;
        }
    }
    Ok(changes)
}

pub(super) async fn toggle(db: &Db, between: &Between, rows: Vec<Row>) -> Result<Changes> {
    let mut there = Groups::default();
    for row in between.present(db, Some(&rows), &[]).await? {
        there.expect(row.far);
    }
    let (present, missing): (Vec<Row>, Vec<Row>) =
        rows.into_iter().partition(|row| there.of(&row.far.clone().into()).is_some());
    let far = |rows: &[Row]| rows.iter().map(|row| row.far.clone()).collect();
    let changes = Changes { attached: far(&missing), detached: far(&present), updated: Vec::new() };
    between.detach(db, Some(&present)).await?;
    between.attach(db, missing).await?;
    Ok(changes)
}
