//! Of rows that have something in common the first.

use crate::{
    statement::{ColumnRef, CompareOp, Expr, From, Function, Over, Projection, Select, Selected},
    value::{ColumnType, Value},
};

/// What a select calls the place of a row among those that have something in common.
const PLACE: &str = "atlas_place";

/// The first of the rows that have these in common, in the order of the select, which is the order of what is left, too.
pub(super) fn first_of_each(mut select: Select, firsts: Vec<Expr>) -> Select {
    if !select.joins.is_empty() || !select.group.is_empty() || select.distinct {
        select.and_where(Expr::Fault(
            "`distinct_on` is for the rows of one model, that are in no groups: number the rows of a query that joins \
             with `row_number().over(..)`, and take the first of each in a query around it"
                .to_owned(),
        ));
        return select;
    }
    let (from, name) = (select.from.clone(), select.from.qualifier().clone());
    let place = Over {
        of: Expr::function(Function::RowNumber, []),
        partition: firsts,
        order: select.order.clone(),
        frame: None,
    };
    let place = Selected { expr: Expr::Over(Box::new(place)), alias: Some(PLACE.into()) };
    let all = ColumnRef { table: Some(name.clone()), name: "*".into(), ty: None };
    let inner = Select {
        filter: select.filter.take(),
        hints: std::mem::take(&mut select.hints),
        ..Select::of(from, Projection::Expressions(vec![Expr::Column(all).into(), place]))
    };
    let place = ColumnRef { table: Some(name.clone()), name: PLACE.into(), ty: Some(ColumnType::I64) };
    let first =
        Expr::Compare(CompareOp::Eq, Box::new(Expr::Column(place)), Box::new(Expr::Value(Value::I64(1))));
    Select { from: From::Select(Box::new(inner), name), filter: Some(first), ..select }
}
