//! Several rows in one value, and values of the rows around a row.

use atlas_core::{
    error::Result,
    statement::{Aggregate, Aggregation, Expr, Frame, Over},
    value::ColumnType,
};

use crate::{
    Beside,
    compiler::Compiler,
    expr::{Level, type_of},
};

impl<'s> Compiler<'_, 's> {
    pub(crate) fn aggregate(&mut self, all: &'s Aggregation, over: Option<&'s Over>) -> Result<()> {
        let function = match all.aggregate {
            Aggregate::Count => "COUNT",
            Aggregate::Sum => "SUM",
            Aggregate::Avg => "AVG",
            Aggregate::Min => "MIN",
            Aggregate::Max => "MAX",
            _ => return Err(self.unsupported("this aggregate", "update the driver")),
        };
        let ty = all.of.as_ref().and_then(type_of);
        let numeric = ty == Some(ColumnType::Numeric);
        if all.aggregate == Aggregate::Avg && numeric && self.dialect.rounds_averages() {
            return self.rounded_average(all, over);
        }
        let own = if numeric { self.dialect.numeric_aggregate(all.aggregate) } else { None };
        let [before, after] = self.dialect.around_aggregate(all.aggregate, ty).unwrap_or_default();
        self.push(before);
        self.folded(own.unwrap_or(function), all, "", over)?;
        self.push(after);
        Ok(())
    }

    /// A function of all rows, or of those that its filter leaves. `more` stands behind its argument.
    fn folded(
        &mut self,
        function: &str,
        all: &'s Aggregation,
        more: &str,
        over: Option<&'s Over>,
    ) -> Result<()> {
        let filter = all.filter.as_ref();
        let filters = self.dialect.filters_aggregates();
        self.push(function);
        self.push(if all.distinct { "(DISTINCT " } else { "(" });
        let case = filter.filter(|_| !filters);
        if let Some(filter) = case {
            self.push("CASE WHEN ");
            self.expr(filter)?;
            self.push(" THEN ");
        }
        match &all.of {
            None if case.is_some() => self.push("1"),
            None => self.push("*"),
            Some(of) if all.distinct || matches!(all.aggregate, Aggregate::Min | Aggregate::Max) => {
                self.ordered(of)?;
            }
            Some(of) if !more.is_empty() => self.operand(of, Beside::Nothing, Level::Sum)?,
            Some(of) => self.alone(of)?,
        }
        self.push(more);
        self.push(if case.is_some() { " END)" } else { ")" });
        if let Some(filter) = filter.filter(|_| filters) {
            self.push(" FILTER (WHERE ");
            self.expr(filter)?;
            self.push(")");
        }
        over.map_or(Ok(()), |over| self.window(over))
    }

    /// The average to 28 digits, before and after the point: the more stand before it, the fewer after it.
    fn rounded_average(&mut self, all: &'s Aggregation, over: Option<&'s Over>) -> Result<()> {
        self.push("ROUND(");
        self.folded("AVG", all, " + 0.0000000000000000000000000000", over)?;
        self.push(", GREATEST(0, 28 - LENGTH(TRUNC(ABS(");
        self.folded("AVG", all, "", over)?;
        self.push("))::text)))");
        Ok(())
    }

    pub(crate) fn over(&mut self, over: &'s Over) -> Result<()> {
        match &over.of {
            Expr::Aggregate(all) => self.aggregate(all, Some(over)),
            of => {
                self.expr(of)?;
                self.window(over)
            }
        }
    }

    fn window(&mut self, over: &'s Over) -> Result<()> {
        self.push(" OVER (");
        for (index, part) in over.partition.iter().enumerate() {
            self.push(if index > 0 { ", " } else { "PARTITION BY " });
            self.ordered(part)?;
        }
        self.order(&over.order)?;
        if let Some(Frame { before, after }) = over.frame {
            self.push(" ROWS BETWEEN ");
            self.bound(before, " PRECEDING", " FOLLOWING");
            self.push(" AND ");
            self.bound(after, " FOLLOWING", " PRECEDING");
        }
        self.push(")");
        Ok(())
    }

    /// A row of a frame: none is the last one on its side.
    fn bound(&mut self, rows: Option<i64>, side: &str, other: &str) {
        match rows {
            None => self.push("UNBOUNDED"),
            Some(0) => return self.push("CURRENT ROW"),
            Some(rows) => self.push(&rows.unsigned_abs().to_string()),
        }
        self.push(if rows.is_some_and(|rows| rows < 0) { other } else { side });
    }
}
