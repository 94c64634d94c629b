//! What the text of a statement depends on, without the text.

use std::{
    hash::{BuildHasher, Hash, Hasher, RandomState},
    sync::LazyLock,
};

use atlas_core::{
    schema::Name,
    statement::{
        Aggregation, ColumnRef, Cte, Delete, Expr, Frame, From, FullText, IndexHint, Insert, Join,
        OnConflict, OrderTerm, Over, Projection, Raw, Scope, Select, Selected, SetOf, Statement, TableRef,
        Update,
    },
    value::Value,
};

use crate::{Bind, Compiled, Dialect, compile, select::LITERAL_LIMIT};

/// What stands for the text of a statement: those of one dialect that have the same shape have the same text.
///
/// It is all of the statement but the values, which only count where they change the text, in a hash of 128 bits
/// whose keys are made anew in each process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape(u64, u64);

impl Shape {
    /// What stands for a text that is not made of a statement.
    pub fn of_text(text: &str) -> Self {
        let mut parts = Parts::new();
        parts.text(text.as_bytes(), 0);
        parts.shape()
    }

    /// The shape of a statement, and what it binds in place of what `into` held: as [`compile`] without writing
    /// the text. `None` for what has to be compiled each time.
    ///
    /// ```
    /// # use atlas_core::{schema::Column, statement::{Select, TableRef}};
    /// # use atlas_sql::{Compiled, Dialect, Shape};
    /// # struct Plain;
    /// # impl Dialect for Plain {
    /// #     fn name(&self) -> &'static str { "plain" }
    /// #     fn placeholder(&self, _: usize, out: &mut String) { out.push('?') }
    /// #     fn column_type(&self, _: &Column, _: bool) -> atlas_core::Result<std::borrow::Cow<'static, str>> { Ok("TEXT".into()) }
    /// #     fn generated_key(&self, _: &Column) -> &'static str { "INTEGER PRIMARY KEY" }
    /// # }
    /// let page = |offset| {
    ///     let mut select = Select::new(TableRef::new("users"), &["id"]);
    ///     (select.limit, select.offset) = (Some(20), Some(offset));
    ///     select.into()
    /// };
    /// let (second, third) = (page(20), page(40));
    /// let (mut one, mut other) = (Compiled::default(), Compiled::default());
    /// assert_eq!(Shape::of(&second, &Plain, &mut one), Shape::of(&third, &Plain, &mut other));
    /// assert_ne!(one.binds, other.binds);
    /// ```
    pub fn of<'s>(statement: &'s Statement, dialect: &dyn Dialect, into: &mut Compiled<'s>) -> Option<Self> {
        into.clear();
        let mut walk = Walk { dialect, parts: Parts::new(), binds: &mut into.binds, depth: 0 };
        walk.statement(statement)?;
        Some(walk.parts.shape())
    }

    /// Compiles a statement that has just been [shaped](Self::of). `false` where its shape cannot stand for it,
    /// because the text has the values in another order.
    ///
    /// # Errors
    ///
    /// As [`compile`].
    pub fn compile<'s>(
        statement: &'s Statement,
        dialect: &dyn Dialect,
        into: &mut Compiled<'s>,
    ) -> atlas_core::error::Result<bool> {
        let shaped = std::mem::take(&mut into.binds);
        compile(statement, dialect, into)?;
        Ok(shaped.len() == into.binds.len()
            && shaped.iter().zip(&into.binds).all(|(one, other)| one.is_same(other)))
    }
}

/// How deep statements are looked into: deeper than what can be compiled.
const DEPTH: u32 = 320;

/// A way through a statement, in the order in which most of it is written.
struct Walk<'w, 's> {
    dialect: &'w dyn Dialect,
    parts: Parts,
    binds: &'w mut Vec<Bind<'s>>,
    depth: u32,
}

/// All parts of everything are named, so that a new one is not forgotten. What is `None` has to be compiled.
impl<'s> Walk<'_, 's> {
    fn statement(&mut self, statement: &'s Statement) -> Option<()> {
        self.mark(small(std::mem::discriminant(statement)), 0);
        match statement {
            Statement::Select(select) => self.select(select),
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(Update { table, set, scope, returning }) => {
                self.table(table, 0);
                self.set(set)?;
                self.scope(scope)?;
                self.names(returning);
                Some(())
            }
            Statement::Delete(Delete { table, scope, returning }) => {
                self.table(table, 0);
                self.scope(scope)?;
                self.names(returning);
                Some(())
            }
            Statement::Raw(raw) => self.raw(raw),
            _ => None,
        }
    }

    /// One row: of more, a driver compiles as many as it sends at once.
    fn insert(&mut self, insert: &'s Insert) -> Option<()> {
        let Insert { table, columns, rows: 1, values, on_conflict, returning, key: _ } = insert else {
            return None;
        };
        self.table(table, 0);
        self.mark(columns.len() as u64, small(std::mem::discriminant(on_conflict)));
        columns.iter().for_each(|column| self.name(&column.name, 0));
        self.binds.extend(values.iter().map(Bind::Value));
        if let OnConflict::Update { by, columns, set, same, filter } = on_conflict {
            if filter.is_some() {
                return None;
            }
            self.names(by);
            self.names(columns);
            self.set(set)?;
            self.names(same);
        }
        self.names(returning);
        Some(())
    }

    fn set(&mut self, set: &'s [(ColumnRef, Expr)]) -> Option<()> {
        self.mark(set.len() as u64, 0);
        for (column, expr) in set {
            self.name(&column.name, 0);
            self.expr(expr)?;
        }
        Some(())
    }

    fn scope(&mut self, scope: &'s Scope) -> Option<()> {
        let Scope { filter, one: _, order, limit, offset, key, found: None, time_limit: _ } = scope else {
            return None;
        };
        self.mark(order.len() as u64, filter.is_some().into());
        filter.iter().try_for_each(|filter| self.expr(filter))?;
        self.order(order)?;
        self.limit(*limit, *offset);
        self.names(key);
        Some(())
    }

    fn select(&mut self, select: &'s Select) -> Option<()> {
        let Select {
            with,
            from,
            joins,
            columns,
            distinct,
            filter,
            group,
            having,
            order,
            limit,
            offset,
            lock,
            kept: _,
            hints,
            straight,
            time_limit: _,
        } = select;
        let mut lengths = 0;
        for length in [with.len(), joins.len(), group.len(), order.len()] {
            lengths = lengths << 16 | u64::from(u16::try_from(length).ok()?);
        }
        self.mark(lengths, small((*distinct, *straight, filter.is_some(), having.is_some(), lock)));
        with.iter().try_for_each(|cte| self.cte(cte))?;
        self.projection(columns)?;
        self.from(from)?;
        if !hints.is_empty() {
            self.mark(hints.len() as u64, 4);
        }
        for IndexHint { kind, index } in hints {
            self.name(index, small(kind));
        }
        self.joins(joins)?;
        filter.iter().try_for_each(|filter| self.expr(filter))?;
        group.iter().try_for_each(|part| self.expr(part))?;
        having.iter().try_for_each(|having| self.expr(having))?;
        self.order(order)?;
        self.limit(*limit, *offset);
        Some(())
    }

    fn cte(&mut self, Cte { name, columns, rows, recursive, materialized }: &'s Cte) -> Option<()> {
        self.name(name, small((*recursive, *materialized)));
        self.names(columns);
        self.set_of(rows)
    }

    fn set_of(&mut self, SetOf { first, then }: &'s SetOf) -> Option<()> {
        self.mark(then.len() as u64, 0);
        self.select(first)?;
        for (operator, select) in then {
            self.mark(small(operator), 0);
            self.select(select)?;
        }
        Some(())
    }

    fn projection(&mut self, columns: &'s Projection) -> Option<()> {
        let selected = match columns {
            Projection::Names(names) => {
                self.columns(names, 1);
                return Some(());
            }
            Projection::NamesAnd(names, selected) => {
                self.columns(names, 2);
                selected
            }
            Projection::Expressions(selected) => selected,
        };
        self.mark(selected.len() as u64, 3);
        for Selected { expr, alias } in selected {
            self.expr(expr)?;
            self.maybe_name(alias.as_ref());
        }
        Some(())
    }

    fn from(&mut self, from: &'s From) -> Option<()> {
        match from {
            From::Table(table) => self.table(table, 1),
            From::Select(select, name) => {
                self.name(name, 2);
                self.select(select)?;
            }
            From::Lateral(select, name) => {
                self.name(name, 4);
                self.select(select)?;
            }
            From::Set(set, name) => {
                self.name(name, 3);
                self.set_of(set)?;
            }
            _ => return None,
        }
        Some(())
    }

    fn joins(&mut self, joins: &'s [Join]) -> Option<()> {
        for Join { kind, from, inner, on } in joins {
            self.mark(small(kind), inner.len() as u64);
            self.from(from)?;
            self.joins(inner)?;
            self.expr(on)?;
        }
        Some(())
    }

    fn order(&mut self, order: &'s [OrderTerm]) -> Option<()> {
        for OrderTerm { expr, descending, nulls } in order {
            self.mark(small((*descending, nulls)), 0);
            self.expr(expr)?;
        }
        Some(())
    }

    fn limit(&mut self, limit: Option<u64>, offset: Option<u64>) {
        let offset = offset.filter(|offset| *offset > 0);
        let written = limit.filter(|limit| *limit <= LITERAL_LIMIT);
        self.mark(written.unwrap_or_default(), small((limit.is_some(), written.is_some(), offset.is_some())));
        for bound in [limit.filter(|_| written.is_none()), offset].into_iter().flatten() {
            self.binds.push(Bind::number(bound));
        }
    }

    fn raw(&mut self, raw: &'s Raw) -> Option<()> {
        let Raw { text, binds, names, marked, fault: None, sensitive: _ } = raw else { return None };
        self.mark(binds.len() as u64, u64::from(*marked));
        self.name(text, 0);
        self.names(names);
        self.binds.extend(binds.iter().map(Bind::Value));
        Some(())
    }

    fn expr(&mut self, expr: &'s Expr) -> Option<()> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        let done = self.any_expr(expr);
        self.depth -= 1;
        done
    }

    fn exprs(&mut self, kind: u64, exprs: &'s [Expr]) -> Option<()> {
        self.mark(kind, exprs.len() as u64);
        exprs.iter().try_for_each(|expr| self.expr(expr))
    }

    fn any_expr(&mut self, expr: &'s Expr) -> Option<()> {
        let kind = small(std::mem::discriminant(expr));
        match expr {
            Expr::Column(ColumnRef { table, name, ty }) => {
                self.name(name, small((kind as u8 | u8::from(table.is_some()) << 7, ty)));
                table.iter().for_each(|table| self.name(table, 0));
            }
            Expr::Columns(table, names) => {
                self.name(table, kind);
                self.columns(names, 0);
            }
            Expr::Value(value) => self.value(kind, value),
            Expr::Compare(op, left, right) => self.two(small((kind as u8, op)), left, right)?,
            Expr::Arithmetic(op, left, right) => self.two(small((kind as u8, op)), left, right)?,
            Expr::And(parts) | Expr::Or(parts) | Expr::Coalesce(parts) => self.exprs(kind, parts)?,
            Expr::Not(of) | Expr::IsNull(of) => {
                self.mark(kind, 0);
                self.expr(of)?;
            }
            Expr::In(of, values) => {
                self.mark(kind, 0);
                self.expr(of)?;
                self.list(values);
            }
            Expr::Between(of, low, high) => {
                self.mark(kind, 0);
                self.expr(of)?;
                self.expr(low)?;
                self.expr(high)?;
            }
            Expr::Like(of, pattern) => {
                self.mark(kind, 0);
                self.expr(of)?;
                self.binds.push(Bind::Str(pattern));
            }
            Expr::Aggregate(all) => {
                let Aggregation { aggregate, of, distinct, filter } = &**all;
                self.mark(small((kind as u8, aggregate, *distinct, of.is_some(), filter.is_some())), 0);
                of.iter().chain(filter).try_for_each(|part| self.expr(part))?;
            }
            Expr::InSelect(of, select) => {
                self.exprs(kind, of)?;
                self.select(select)?;
            }
            Expr::Exists(select) | Expr::Select(select) => {
                self.mark(kind, 0);
                self.select(select)?;
            }
            Expr::Function(function, of) => self.exprs(small((kind as u8, function)), of)?,
            Expr::Case(cases, otherwise) => {
                self.mark(small((kind as u8, otherwise.is_some())), cases.len() as u64);
                for (condition, value) in cases {
                    self.expr(condition)?;
                    self.expr(value)?;
                }
                otherwise.iter().try_for_each(|otherwise| self.expr(otherwise))?;
            }
            Expr::Over(over) => {
                let Over { of, partition, order, frame } = &**over;
                self.mark(kind, order.len() as u64);
                self.expr(of)?;
                self.exprs(0, partition)?;
                self.order(order)?;
                let sides = frame.as_ref().map(|Frame { before, after }| (before, after));
                sides.hash(&mut self.parts);
            }
            Expr::FullText(search) => {
                let FullText { columns, index, language, terms, rank } = &**search;
                let asks = terms.iter().any(|term| !term.excluded);
                self.name(index, small((kind as u8, *rank, asks)));
                self.name(language, 0);
                self.exprs(0, columns)?;
                if asks {
                    self.binds.push(Bind::Text(self.dialect.full_text_query(terms)));
                }
            }
            Expr::Raw(raw) => {
                self.mark(kind, 0);
                self.raw(raw)?;
            }
            _ => return None,
        }
        Some(())
    }

    fn two(&mut self, kind: u64, left: &'s Expr, right: &'s Expr) -> Option<()> {
        self.mark(kind, 0);
        self.expr(left)?;
        self.expr(right)
    }

    fn list(&mut self, values: &'s [Value]) {
        let numeric = u64::from(matches!(values.first(), Some(Value::Numeric(_))));
        if values.is_empty() {
            self.mark(0, 0);
        } else if self.dialect.array_list(false).is_some() {
            self.mark(1, 0);
            self.binds.push(Bind::List(values));
        } else if values.len() > self.dialect.short_list()
            && let Some((text, list)) = self.dialect.list(values)
        {
            self.name(text, 2 + numeric);
            self.binds.push(Bind::Text(list));
        } else {
            let padded = self.dialect.padded_list(values.len()).max(values.len());
            self.mark(4 + numeric, padded as u64);
            self.binds.extend(values.iter().map(Bind::Value));
            if let Some(last) = values.last() {
                self.binds.extend((values.len()..padded).map(|_| Bind::Value(last)));
            }
        }
    }

    /// A value of an expression: its kind may decide about what is around it.
    fn value(&mut self, kind: u64, value: &'s Value) {
        let weight = match value {
            value if self.dialect.weighs_values() => weight(value),
            Value::Numeric(_) => 1,
            Value::F64(_) => 2,
            _ => 0,
        };
        self.mark(kind, weight);
        self.binds.push(Bind::Value(value));
    }

    fn table(&mut self, TableRef { name, alias, scoped: _ }: &'s TableRef, kind: u64) {
        self.name(name, kind << 1 | u64::from(alias.is_some()));
        alias.iter().for_each(|alias| self.name(alias, 0));
    }

    /// The columns of a model, which stay where they are.
    fn columns(&mut self, names: &'static [&'static str], kind: u64) {
        self.mark(names.as_ptr() as u64, (names.len() as u64) << 8 | kind);
    }

    fn names(&mut self, names: &'s [Name]) {
        self.mark(names.len() as u64, 0);
        names.iter().for_each(|name| self.name(name, 0));
    }

    fn maybe_name(&mut self, name: Option<&'s Name>) {
        match name {
            Some(name) => self.name(name, 1),
            None => self.mark(0, 2),
        }
    }

    fn name(&mut self, name: &str, kind: u64) {
        self.parts.text(name.as_bytes(), kind);
    }

    fn mark(&mut self, one: u64, other: u64) {
        self.parts.add(one, other, 0);
    }
}

/// Enums without fields and truth values, of which up to seven fit into a number.
fn small(parts: impl Hash) -> u64 {
    struct Small(u64);
    impl Hasher for Small {
        fn finish(&self) -> u64 {
            self.0
        }
        fn write(&mut self, bytes: &[u8]) {
            bytes.iter().for_each(|byte| self.write_u8(*byte));
        }
        fn write_u8(&mut self, number: u8) {
            self.0 = self.0 << 8 | u64::from(number);
        }
        fn write_isize(&mut self, number: isize) {
            self.write_u8(number as u8);
        }
    }
    // The first bit says how many there are.
    let mut small = Small(1);
    parts.hash(&mut small);
    small.0
}

/// What a dialect may look at of a value that it writes a type for.
fn weight(value: &Value) -> u64 {
    let weight = match value {
        Value::I64(0) => 0,
        Value::I64(number) if i16::try_from(*number).is_ok() => 1,
        Value::I64(number) if i32::try_from(*number).is_ok() => 2,
        Value::I64(_) => 3,
        Value::F64(number) => u64::from(*number == 0.0),
        Value::Numeric(number) => u64::from(number.unscaled() == 0),
        _ => 0,
    };
    small(std::mem::discriminant(value)) << 8 | weight
}

/// The parts of a statement so far, hashed.
///
/// Two states of 64 bits take each part by a multiplication whose halves are folded into each other. The keys are
/// secret, so that nobody can name a table in a way that makes the states forget what was before it.
struct Parts {
    one: u64,
    other: u64,
    keys: &'static [u64; 4],
}

static KEYS: LazyLock<[u64; 4]> = LazyLock::new(|| {
    let random = RandomState::new();
    [1_u64, 2, 3, 4].map(|key| random.hash_one(key))
});

impl Parts {
    fn new() -> Self {
        let [one, other, ..] = *KEYS;
        Self { one, other, keys: &KEYS }
    }

    #[inline]
    fn add(&mut self, low: u64, high: u64, length: u64) {
        let [.., one, other] = self.keys;
        self.one = folded(self.one ^ low, high ^ length ^ one);
        self.other = folded(self.other ^ high, low ^ length.rotate_left(32) ^ other);
    }

    /// A text of any length, which counts, so that none runs into the next.
    #[inline]
    fn text(&mut self, bytes: &[u8], kind: u64) {
        let mut rest = bytes;
        while let Some((sixteen, after)) = rest.split_first_chunk::<16>() {
            if after.is_empty() {
                break;
            }
            let both = u128::from_le_bytes(*sixteen);
            self.add(both as u64, (both >> 64) as u64, 0);
            rest = after;
        }
        // The ends of what is left meet or overlap.
        let (low, high) = match (rest.first_chunk::<8>(), rest.last_chunk::<8>()) {
            (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            _ => match (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
                (Some(first), Some(last)) => {
                    (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into())
                }
                _ => (rest.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)), 0),
            },
        };
        self.add(low, high, (kind << 32) ^ ((bytes.len() as u64) << 1 | 1));
    }

    fn shape(&self) -> Shape {
        let [one, other, ..] = self.keys;
        Shape(folded(self.one ^ other, self.other), folded(self.other ^ one, self.one))
    }
}

/// For what is rare: everything else packs its parts.
impl Hasher for Parts {
    fn finish(&self) -> u64 {
        self.shape().0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.text(bytes, 0);
    }
}

#[inline]
fn folded(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product as u64) ^ ((product >> 64) as u64)
}
