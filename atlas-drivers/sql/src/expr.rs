use atlas_core::{
    error::{Error, Result},
    statement::{ArithmeticOp, CompareOp, Expr, Select},
    value::{ColumnType, Value},
};

use crate::{Beside, Bind, compiler::Compiler};

/// How tightly an expression holds together. One that holds less than its place asks for is put in
/// parentheses. All that tests something is on one level, since databases order those differently.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(crate) enum Level {
    Or,
    And,
    Not,
    Test,
    Sum,
    Product,
    Atom,
}

/// How deep expressions may be nested: less deep than what makes this compiler, or a database's, run out of
/// stack.
const DEPTH: u32 = 300;

/// Conditions up to here are written in a row, more as a balanced tree.
const LONG_CHAIN: usize = 100;

impl<'s> Compiler<'_, 's> {
    pub(crate) fn expr(&mut self, expr: &'s Expr) -> Result<()> {
        if self.depth == DEPTH {
            return Err(self.too_deep());
        }
        self.depth += 1;
        let done = self.any_expr(expr);
        self.depth -= 1;
        done
    }

    #[cold]
    fn too_deep(&self) -> Error {
        self.unsupported(
            format!("conditions and calculations that are nested more than {DEPTH} deep"),
            "ask for a list in one `where_in` instead of many conditions, or ask in several queries",
        )
    }

    fn any_expr(&mut self, expr: &'s Expr) -> Result<()> {
        match expr {
            Expr::Column(column) => {
                self.column(column);
                Ok(())
            }
            Expr::Value(value) => {
                self.value(value);
                Ok(())
            }
            Expr::Compare(op, left, right) => self.compare(*op, left, right),
            Expr::Arithmetic(op, left, right) => self.arithmetic(*op, left, right),
            Expr::And(all) => self.chain(all, " AND ", "1 = 1", Level::Not),
            Expr::Or(any) => self.chain(any, " OR ", "1 = 0", Level::And),
            Expr::Not(negated) => self.not(negated),
            Expr::IsNull(of) => {
                self.operand(of, Beside::Nothing, Level::Sum)?;
                self.push(" IS NULL");
                Ok(())
            }
            Expr::In(of, values) => self.among(of, values, false),
            Expr::Between(of, low, high) => self.between(of, low, high, false),
            Expr::Like(of, pattern) => self.like(of, pattern, false),
            Expr::Aggregate(all) => self.aggregate(all, None),
            Expr::InSelect(of, select) => self.in_select(of, select, false),
            Expr::Exists(select) => {
                self.push(if self.guards_exists { "+EXISTS (" } else { "EXISTS (" });
                self.inner_select(select)?;
                self.push(")");
                Ok(())
            }
            Expr::Select(select) => {
                self.push("(");
                self.inner_select(select)?;
                self.push(")");
                Ok(())
            }
            Expr::Coalesce(parts) => {
                self.push("COALESCE(");
                for (index, part) in parts.iter().enumerate() {
                    self.push(if index > 0 { ", " } else { "" });
                    let others: Vec<&Expr> = parts.iter().collect();
                    self.operand(part, beside(&others), Level::Or)?;
                }
                self.push(")");
                Ok(())
            }
            Expr::Function(function, of) => self.function(*function, of),
            Expr::Case(cases, otherwise) => self.case(cases, otherwise.as_deref()),
            Expr::Over(over) => self.over(over),
            Expr::Json(json) => self.json(json),
            Expr::FullText(search) => self.full_text(search),
            Expr::JsonChange(json) => self.json_change(json),
            Expr::Excluded(column) => self.excluded(&column.name),
            Expr::Fault(message) => Err(Error::config(message.clone())),
            Expr::Raw(raw) => {
                self.push("(");
                self.raw(raw)?;
                self.push(")");
                Ok(())
            }
            _ => Err(self.unsupported("this kind of expression", "update the driver")),
        }
    }

    pub(crate) fn is_null(&mut self, of: &'s Expr) -> Result<()> {
        self.at(of, Level::Sum)?;
        self.push(" IS NULL");
        Ok(())
    }

    /// An expression by which rows are put in order.
    pub(crate) fn ordered(&mut self, expr: &'s Expr) -> Result<()> {
        self.collated(expr, self.collation(&[expr]), Beside::Nothing)
    }

    /// An expression that stands for itself: nothing beside it tells its type.
    pub(crate) fn alone(&mut self, expr: &'s Expr) -> Result<()> {
        self.operand(expr, Beside::Nothing, Level::Or)
    }

    /// An expression beside something that may tell its type, where it is a bare value.
    pub(crate) fn operand(&mut self, expr: &'s Expr, beside: Beside, at_least: Level) -> Result<()> {
        let Expr::Value(value) = expr else { return self.at(expr, at_least) };
        self.value(value);
        if let Some(ty) = self.dialect.value_type(value, beside) {
            self.push("::");
            self.push(ty);
        }
        Ok(())
    }

    pub(crate) fn at(&mut self, expr: &'s Expr, at_least: Level) -> Result<()> {
        if level(expr) >= at_least {
            return self.expr(expr);
        }
        self.push("(");
        self.expr(expr)?;
        self.push(")");
        Ok(())
    }

    fn chain(&mut self, parts: &'s [Expr], between: &str, of_none: &str, at_least: Level) -> Result<()> {
        match parts {
            [] => self.push(of_none),
            [only] => self.expr(only)?,
            // Left to the database, each part is a level of a tree whose depth has a limit.
            parts if parts.len() > LONG_CHAIN => {
                let (left, right) = parts.split_at(parts.len() / 2);
                self.push("(");
                self.chain(left, between, of_none, at_least)?;
                self.push(")");
                self.push(between);
                self.push("(");
                self.chain(right, between, of_none, at_least)?;
                self.push(")");
            }
            parts => {
                for (index, part) in parts.iter().enumerate() {
                    if index > 0 {
                        self.push(between);
                    }
                    self.at(part, at_least)?;
                }
            }
        }
        Ok(())
    }

    fn not(&mut self, negated: &'s Expr) -> Result<()> {
        match negated {
            Expr::IsNull(of) => {
                self.operand(of, Beside::Nothing, Level::Sum)?;
                self.push(" IS NOT NULL");
                Ok(())
            }
            Expr::In(of, values) => self.among(of, values, true),
            Expr::Between(of, low, high) => self.between(of, low, high, true),
            Expr::Like(of, pattern) => self.like(of, pattern, true),
            Expr::InSelect(of, select) => self.in_select(of, select, true),
            Expr::Exists(_) => {
                self.push("NOT ");
                self.expr(negated)
            }
            other => {
                self.push("NOT ");
                self.at(other, Level::Atom)
            }
        }
    }

    fn compare(&mut self, op: CompareOp, left: &'s Expr, right: &'s Expr) -> Result<()> {
        self.collated(left, self.collation(&[left, right]), beside(&[right]))?;
        self.push(match op {
            CompareOp::Eq => " = ",
            CompareOp::Ne => " <> ",
            CompareOp::Gt => " > ",
            CompareOp::Ge => " >= ",
            CompareOp::Lt => " < ",
            CompareOp::Le => " <= ",
        });
        self.operand(right, beside(&[left]), Level::Sum)
    }

    fn arithmetic(&mut self, op: ArithmeticOp, left: &'s Expr, right: &'s Expr) -> Result<()> {
        let types = [left, right].map(type_of);
        if types.contains(&Some(ColumnType::Numeric))
            && let Some(function) = self.dialect.numeric_function(op)
        {
            self.push(function);
            return self.call(["(", ", ", ")"], left, right);
        }
        if op == ArithmeticOp::Rem
            && types.iter().flatten().any(|ty| is_float(*ty))
            && let Some(around) = self.dialect.float_remainder()
        {
            return self.divide(around, left, right);
        }
        if op == ArithmeticOp::Div
            && types.contains(&Some(ColumnType::U64))
            && types.iter().flatten().all(|ty| ty.is_integer())
            && let Some(around) = self.dialect.u64_division()
        {
            return self.divide(around, left, right);
        }
        let own = match op {
            ArithmeticOp::Add | ArithmeticOp::Sub => Level::Sum,
            _ => Level::Product,
        };
        let tighter = if own == Level::Sum { Level::Product } else { Level::Atom };
        self.operand(left, beside(&[right]), own)?;
        let operator = match op {
            ArithmeticOp::Add => "+",
            ArithmeticOp::Sub => "-",
            ArithmeticOp::Mul => "*",
            ArithmeticOp::Div if types.iter().flatten().all(|ty| ty.is_integer()) => {
                self.dialect.integer_division()
            }
            ArithmeticOp::Div => "/",
            ArithmeticOp::Rem => "%",
        };
        self.push(" ");
        self.push(operator);
        self.push(" ");
        if matches!(op, ArithmeticOp::Div | ArithmeticOp::Rem) {
            return self.divisor(left, right, tighter);
        }
        self.operand(right, beside(&[left]), tighter)
    }

    /// What is divided by: NULL in place of zero, where that would be an error.
    fn divisor(&mut self, left: &'s Expr, right: &'s Expr, at_least: Level) -> Result<()> {
        let beside = beside(&[left]);
        if !self.dialect.division_fails() || is_not_zero(right) {
            return self.operand(right, beside, at_least);
        }
        self.push("NULLIF(");
        self.operand(right, beside, Level::Or)?;
        self.push(", 0)");
        Ok(())
    }

    fn call(&mut self, around: [&str; 3], left: &'s Expr, right: &'s Expr) -> Result<()> {
        let [before, between, after] = around;
        self.push(before);
        self.operand(left, beside(&[right]), Level::Or)?;
        self.push(between);
        self.operand(right, beside(&[left]), Level::Or)?;
        self.push(after);
        Ok(())
    }

    fn divide(&mut self, around: [&str; 3], left: &'s Expr, right: &'s Expr) -> Result<()> {
        let [before, between, after] = around;
        self.push(before);
        self.operand(left, beside(&[right]), Level::Or)?;
        self.push(between);
        self.divisor(left, right, Level::Or)?;
        self.push(after);
        Ok(())
    }

    fn among(&mut self, of: &'s Expr, values: &'s [Value], negated: bool) -> Result<()> {
        if values.is_empty() {
            self.push(if negated { "1 = 1" } else { "1 = 0" });
            return Ok(());
        }
        let written = self.shown.is_some();
        if let Some([between, after]) = self.dialect.array_list(negated).filter(|_| !written) {
            self.operand(of, Beside::Nothing, Level::Sum)?;
            self.push(between);
            self.bind(Bind::List(values));
            self.push(after);
            return Ok(());
        }
        let collation = match values.first() {
            Some(Value::Numeric(_)) => self.dialect.numeric_collation(),
            _ => self.collation(&[of]),
        };
        self.collated(of, collation, Beside::Nothing)?;
        self.push(if negated { " NOT IN " } else { " IN " });
        if values.len() > self.dialect.short_list()
            && !written
            && let Some((sql, list)) = self.dialect.list(values)
        {
            self.push(sql);
            self.out.binds.push(Bind::Text(list));
            return Ok(());
        }
        self.push("(");
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.value(value);
        }
        if let Some(last) = values.last().filter(|_| !written) {
            for _ in values.len()..self.dialect.padded_list(values.len()) {
                self.push(", ");
                self.value(last);
            }
        }
        self.push(")");
        Ok(())
    }

    fn between(&mut self, of: &'s Expr, low: &'s Expr, high: &'s Expr, negated: bool) -> Result<()> {
        self.collated(of, self.collation(&[of, low, high]), beside(&[low, high]))?;
        self.push(if negated { " NOT BETWEEN " } else { " BETWEEN " });
        self.operand(low, beside(&[of, high]), Level::Sum)?;
        self.push(" AND ");
        self.operand(high, beside(&[of, low]), Level::Sum)
    }

    fn like(&mut self, of: &'s Expr, pattern: &'s str, negated: bool) -> Result<()> {
        if let Some(function) = self.dialect.like_function() {
            self.push(function);
            self.push("(");
            self.expr(of)?;
            self.push(", ");
            self.bind(Bind::Str(pattern));
            self.push(if negated { ") = 0" } else { ")" });
            return Ok(());
        }
        self.operand(of, Beside::Nothing, Level::Sum)?;
        self.push(if negated { " NOT LIKE " } else { " LIKE " });
        self.bind(Bind::Str(pattern));
        Ok(())
    }

    fn in_select(&mut self, of: &'s [Expr], select: &'s Select, negated: bool) -> Result<()> {
        match of {
            [only] => self.at(only, Level::Sum)?,
            of => {
                self.push("(");
                for (index, part) in of.iter().enumerate() {
                    if index > 0 {
                        self.push(", ");
                    }
                    self.expr(part)?;
                }
                self.push(")");
            }
        }
        self.push(if negated { " NOT IN (" } else { " IN (" });
        let wraps = self.dialect.wraps_selects()
            && (self.writes || select.limit.is_some() || select.offset.is_some());
        if wraps {
            self.push("SELECT * FROM (");
        }
        self.inner_select(select)?;
        self.push(if wraps { ") AS wrapped)" } else { ")" });
        Ok(())
    }

    /// A select that stands in an expression, where both have tables in scope.
    fn inner_select(&mut self, select: &'s Select) -> Result<()> {
        let outer = std::mem::replace(&mut self.qualified, true);
        let done = self.select(select);
        self.qualified = outer;
        done
    }

    /// The collation that comparing these takes: decimals that are stored as text need one.
    fn collation(&self, sides: &[&'s Expr]) -> Option<&'static str> {
        let numeric = sides.iter().any(|side| type_of(side) == Some(ColumnType::Numeric));
        if numeric { self.dialect.numeric_collation() } else { None }
    }

    fn collated(&mut self, expr: &'s Expr, collation: Option<&'static str>, beside: Beside) -> Result<()> {
        let Some(collation) = collation else { return self.operand(expr, beside, Level::Sum) };
        self.at(expr, Level::Atom)?;
        self.push(" COLLATE ");
        self.push(collation);
        Ok(())
    }
}

/// What a value stands beside: the first of these that is more than a value.
pub(crate) fn beside(others: &[&Expr]) -> Beside {
    let typed = others.iter().find(|other| !matches!(other, Expr::Value(_)));
    typed.map_or(Beside::Nothing, |other| Beside::Column(type_of(other)))
}

/// The type of an expression as far as arithmetic and comparing are concerned.
pub(crate) fn type_of(expr: &Expr) -> Option<ColumnType> {
    match expr {
        Expr::Value(Value::Numeric(_)) => Some(ColumnType::Numeric),
        Expr::Value(Value::F64(_)) => Some(ColumnType::F64),
        Expr::Arithmetic(_, left, right) => match (type_of(left), type_of(right)) {
            (Some(ColumnType::Numeric), _) | (_, Some(ColumnType::Numeric)) => Some(ColumnType::Numeric),
            (_, Some(right)) if is_float(right) => Some(right),
            (left, right) => left.or(right),
        },
        other => other.ty(),
    }
}

/// Whether an expression is a number other than zero.
fn is_not_zero(expr: &Expr) -> bool {
    match expr {
        Expr::Value(Value::I64(number)) => *number != 0,
        Expr::Value(Value::F64(number)) => *number != 0.0,
        Expr::Value(Value::Numeric(number)) => number.unscaled() != 0,
        Expr::Value(Value::U64(_)) => true,
        _ => false,
    }
}

fn is_float(ty: ColumnType) -> bool {
    matches!(ty, ColumnType::F32 | ColumnType::F64)
}

fn level(expr: &Expr) -> Level {
    match expr {
        Expr::And(parts) | Expr::Or(parts) if parts.is_empty() => Level::Test,
        Expr::And(parts) | Expr::Or(parts) if parts.len() == 1 => parts.first().map_or(Level::Test, level),
        Expr::Or(_) => Level::Or,
        Expr::And(_) => Level::And,
        Expr::Not(negated) => match **negated {
            Expr::IsNull(_) | Expr::In(..) | Expr::Between(..) | Expr::Like(..) | Expr::InSelect(..) => {
                Level::Test
            }
            _ => Level::Not,
        },
        Expr::Compare(..) | Expr::IsNull(_) | Expr::In(..) | Expr::Between(..) | Expr::Like(..) => {
            Level::Test
        }
        Expr::InSelect(..) | Expr::Exists(_) => Level::Test,
        // Written as a function call where it is one of decimals in a dialect with functions for them:
        // the parentheses that this asks for are then not needed, and do no harm.
        Expr::Arithmetic(ArithmeticOp::Add | ArithmeticOp::Sub, ..) => Level::Sum,
        Expr::Arithmetic(..) => Level::Product,
        _ => Level::Atom,
    }
}
