//! What finding a prepared statement costs: by its text, which has to be written first, and by its shape.

use std::{hash::Hash, hint::black_box};

use atlas_core::{
    statement::{
        ColumnRef, CompareOp, Expr, Join, JoinKind, OrderTerm, Projection, Select, Selected, Statement,
        TableRef,
    },
    value::{ColumnType, Value},
};
use atlas_sql::{Compiled, Shape, compile};
use atlas_sqlite::SqliteDialect;
use hashlink::LruCache;

use crate::{
    measure::{Side, alternate},
    report::duration,
};

const COLUMNS: &[&str] = &["id", "name", "email", "age", "seen", "active"];

fn column(table: &'static str, name: &'static str) -> Expr {
    Expr::Column(ColumnRef { table: Some(table.into()), name: name.into(), ty: Some(ColumnType::I64) })
}

fn equal(left: Expr, right: Expr) -> Expr {
    Expr::Compare(CompareOp::Eq, Box::new(left), Box::new(right))
}

fn statements() -> [(&'static str, Statement); 3] {
    let is = |name| equal(column("users", name), Expr::Value(Value::I64(3)));
    let find =
        Select { filter: Some(is("id")), limit: Some(1), ..Select::new(TableRef::new("users"), COLUMNS) };
    let by = |name, descending| OrderTerm { expr: column("users", name), descending, nulls: None };
    let filter = Select {
        filter: Some(Expr::And(vec![is("id"), is("age"), is("active")])),
        order: vec![by("name", false), by("id", true)],
        limit: Some(20),
        ..find.clone()
    };
    let posts = Expr::Columns("posts".into(), COLUMNS);
    let on = equal(column("posts", "user_id"), column("users", "id"));
    let join = Select {
        joins: vec![Join::new(JoinKind::Left, TableRef::new("posts"), on)],
        columns: Projection::NamesAnd(COLUMNS, vec![Selected::from(posts)]),
        ..filter.clone()
    };
    [("find by key", find.into()), ("three conditions, two orders", filter.into()), ("a join", join.into())]
}

/// Prints a table.
pub fn run(rounds: usize) {
    println!("| statement | by text | allocations | by shape | allocations |\n|---|---:|---:|---:|---:|");
    for (name, statement) in statements() {
        let (mut texts, mut shapes) = (Kept::default(), Kept::default());
        let (text, shape) = alternate(
            rounds,
            5_000,
            || by_text(&statement, &mut texts),
            || by_shape(&statement, &mut shapes),
        );
        let cells = |side: Side| format!("{} | {:.2}", duration(side.time), side.allocations);
        println!("| {name} | {} | {} |", cells(text), cells(shape));
    }
}

/// As a connection keeps it.
struct Kept<K: Eq + Hash> {
    prepared: LruCache<K, usize>,
    memory: Compiled<'static>,
}

impl<K: Eq + Hash> Default for Kept<K> {
    fn default() -> Self {
        Self { prepared: LruCache::new(64), memory: Compiled::default() }
    }
}

fn by_text(statement: &Statement, kept: &mut Kept<Box<str>>) {
    let mut compiled = std::mem::take(&mut kept.memory).recycle();
    compile(black_box(statement), &SqliteDialect, &mut compiled).unwrap();
    if kept.prepared.get(compiled.text.as_str()).is_none() {
        kept.prepared.insert(compiled.text.as_str().into(), 0);
    }
    black_box(&compiled.binds);
    kept.memory = compiled.recycle();
}

fn by_shape(statement: &Statement, kept: &mut Kept<Shape>) {
    let mut compiled = std::mem::take(&mut kept.memory).recycle();
    let shape = Shape::of(black_box(statement), &SqliteDialect, &mut compiled).unwrap();
    if kept.prepared.get(&shape).is_none() {
        kept.prepared.insert(shape, 0);
    }
    black_box(&compiled.binds);
    kept.memory = compiled.recycle();
}
