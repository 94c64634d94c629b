//! Parts of dates and times, and reckoning with them. All in UTC.

use crate::{
    model::{Alike, Base, Expr, Expression, Keeps, Made, Operand, Scalar},
    statement::{CompareOp, DatePart, Expr as Node, Function, TimeUnit},
    value::{Attribute, ColumnType, HasDate, HasTime, Moment, Value},
};

/// What is computed of a date, a time of day, or both, in UTC. The prelude brings its methods into scope.
#[allow(clippy::wrong_self_convention)]
pub trait DateExpression: Expression<Type: Keeps<Base<Self>>> {
    /// The date of a date and time.
    fn date(self) -> Scalar<Self::Scope, Alike<Self, <Base<Self> as HasDate>::Date>>
    where
        Base<Self>: HasDate,
    {
        match <Base<Self> as Attribute>::TYPE {
            ColumnType::Date => Scalar::new(self.into_node()),
            _ => Scalar::new(Node::function(Function::Date, [self.into_node()])),
        }
    }

    /// The time of day of a date and time.
    fn time(self) -> Scalar<Self::Scope, Alike<Self, <Base<Self> as HasTime>::Time>>
    where
        Base<Self>: HasTime,
    {
        match <Base<Self> as Attribute>::TYPE {
            ColumnType::Time => Scalar::new(self.into_node()),
            _ => Scalar::new(Node::function(Function::Time, [self.into_node()])),
        }
    }

    /// The year.
    fn year(self) -> Scalar<Self::Scope, Alike<Self, i32>>
    where
        Base<Self>: HasDate,
    {
        Scalar::new(Node::function(Function::Part(DatePart::Year), [self.into_node()]))
    }

    /// The month, from 1.
    fn month(self) -> Scalar<Self::Scope, Alike<Self, i32>>
    where
        Base<Self>: HasDate,
    {
        Scalar::new(Node::function(Function::Part(DatePart::Month), [self.into_node()]))
    }

    /// The day of the month, from 1.
    fn day(self) -> Scalar<Self::Scope, Alike<Self, i32>>
    where
        Base<Self>: HasDate,
    {
        Scalar::new(Node::function(Function::Part(DatePart::Day), [self.into_node()]))
    }

    /// The day of the week: 1 is Monday, 7 is Sunday.
    fn weekday(self) -> Scalar<Self::Scope, Alike<Self, i32>>
    where
        Base<Self>: HasDate,
    {
        Scalar::new(Node::function(Function::Part(DatePart::Weekday), [self.into_node()]))
    }

    /// The day of the year, from 1.
    fn day_of_year(self) -> Scalar<Self::Scope, Alike<Self, i32>>
    where
        Base<Self>: HasDate,
    {
        Scalar::new(Node::function(Function::Part(DatePart::DayOfYear), [self.into_node()]))
    }

    /// The hour, from 0.
    fn hour(self) -> Scalar<Self::Scope, Alike<Self, i32>>
    where
        Base<Self>: HasTime,
    {
        Scalar::new(Node::function(Function::Part(DatePart::Hour), [self.into_node()]))
    }

    /// The minute, from 0.
    fn minute(self) -> Scalar<Self::Scope, Alike<Self, i32>>
    where
        Base<Self>: HasTime,
    {
        Scalar::new(Node::function(Function::Part(DatePart::Minute), [self.into_node()]))
    }

    /// The second, from 0, without its fraction.
    fn second(self) -> Scalar<Self::Scope, Alike<Self, i32>>
    where
        Base<Self>: HasTime,
    {
        Scalar::new(Node::function(Function::Part(DatePart::Second), [self.into_node()]))
    }

    /// So many units later; earlier where the number is negative. A day that the month does not have is its
    /// last one.
    fn plus<V: Operand<i64, Self::Scope>>(
        self,
        number: V,
        unit: TimeUnit,
    ) -> Scalar<V::Scope, Made<Self::Type, V::Null, Base<Self>>>
    where
        Base<Self>: HasDate,
    {
        Scalar::new(in_unit(
            <Base<Self> as Attribute>::TYPE,
            Function::Plus(unit),
            unit,
            vec![self.into_node(), number.operand()],
        ))
    }

    /// The beginning of the unit in which it lies: `TimeUnit::Month` gives the first of the month.
    fn truncate(self, unit: TimeUnit) -> Scalar<Self::Scope, Self::Type>
    where
        Base<Self>: HasDate,
    {
        Scalar::new(in_unit(
            <Base<Self> as Attribute>::TYPE,
            Function::Truncate(unit),
            unit,
            vec![self.into_node()],
        ))
    }

    /// Whether it is before now. By the program's clock; of a date, as seen from today.
    fn is_past(self) -> Expr<Self::Scope>
    where
        Base<Self>: HasDate,
    {
        Expr::new(to_now(CompareOp::Lt, self.into_node(), <Base<Self> as Attribute>::TYPE))
    }

    /// Whether it is after now. By the program's clock; of a date, as seen from today.
    fn is_future(self) -> Expr<Self::Scope>
    where
        Base<Self>: HasDate,
    {
        Expr::new(to_now(CompareOp::Gt, self.into_node(), <Base<Self> as Attribute>::TYPE))
    }

    /// Whether it is now or before. By the program's clock; of a date, as seen from today.
    fn is_now_or_past(self) -> Expr<Self::Scope>
    where
        Base<Self>: HasDate,
    {
        Expr::new(to_now(CompareOp::Le, self.into_node(), <Base<Self> as Attribute>::TYPE))
    }

    /// Whether it is now or after. By the program's clock; of a date, as seen from today.
    fn is_now_or_future(self) -> Expr<Self::Scope>
    where
        Base<Self>: HasDate,
    {
        Expr::new(to_now(CompareOp::Ge, self.into_node(), <Base<Self> as Attribute>::TYPE))
    }

    /// Whether it is on this day. By the program's clock, in UTC.
    fn is_today(self) -> Expr<Self::Scope>
    where
        Base<Self>: HasDate,
    {
        let day = Node::function(Function::Date, [self.into_node()]);
        Expr::new(to_now(CompareOp::Eq, day, ColumnType::Date))
    }

    /// Whether it is on a day before this one. By the program's clock, in UTC.
    fn is_before_today(self) -> Expr<Self::Scope>
    where
        Base<Self>: HasDate,
    {
        let day = Node::function(Function::Date, [self.into_node()]);
        Expr::new(to_now(CompareOp::Lt, day, ColumnType::Date))
    }

    /// Whether it is on a day after this one. By the program's clock, in UTC.
    fn is_after_today(self) -> Expr<Self::Scope>
    where
        Base<Self>: HasDate,
    {
        let day = Node::function(Function::Date, [self.into_node()]);
        Expr::new(to_now(CompareOp::Gt, day, ColumnType::Date))
    }

    /// Whether it is on this day or before it. By the program's clock, in UTC.
    fn is_today_or_before(self) -> Expr<Self::Scope>
    where
        Base<Self>: HasDate,
    {
        let day = Node::function(Function::Date, [self.into_node()]);
        Expr::new(to_now(CompareOp::Le, day, ColumnType::Date))
    }

    /// Whether it is on this day or after it. By the program's clock, in UTC.
    fn is_today_or_after(self) -> Expr<Self::Scope>
    where
        Base<Self>: HasDate,
    {
        let day = Node::function(Function::Date, [self.into_node()]);
        Expr::new(to_now(CompareOp::Ge, day, ColumnType::Date))
    }

    /// How many seconds it is after another; negative where it is before it.
    fn seconds_since<V: Operand<Base<Self>, Self::Scope>>(
        self,
        other: V,
    ) -> Scalar<V::Scope, Made<Self::Type, V::Null, f64>>
    where
        Base<Self>: HasDate,
    {
        Scalar::new(Node::function(Function::SecondsSince, [self.into_node(), other.operand()]))
    }
}

impl<E: Expression<Type: Keeps<Base<E>>>> DateExpression for E {}

fn to_now(op: CompareOp, of: Node, ty: ColumnType) -> Node {
    let now = Moment::now();
    let now = match ty {
        ColumnType::Date => Value::Date(now.date()),
        ColumnType::DateTime => Value::DateTime(now),
        _ => Value::Timestamp(now),
    };
    Node::Compare(op, Box::new(of), Box::new(now.into()))
}

fn in_unit(ty: ColumnType, function: Function, unit: TimeUnit, of: Vec<Node>) -> Node {
    if ty == ColumnType::Date && matches!(unit, TimeUnit::Hour | TimeUnit::Minute | TimeUnit::Second) {
        return Node::Fault(format!(
            "a date has no time of day: count in days or more, and not in `TimeUnit::{unit:?}`"
        ));
    }
    Node::Function(function, of)
}

/// The moment at which the statement began, by the database's clock.
///
/// ```
/// # use atlas_tests::guide::*;
/// use atlas::now;
/// # run(async |db| {
/// assert_eq!(User::query().filter(now().gt(chrono::DateTime::UNIX_EPOCH)).count(&db).await?, 3);
/// # Ok(())
/// # });
/// ```
#[cfg(feature = "chrono")]
pub fn now() -> Scalar<crate::model::Anywhere, chrono::DateTime<chrono::Utc>> {
    Scalar::new(Node::function(Function::Now, []))
}
