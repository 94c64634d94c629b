//! What is computed of values.

use atlas_core::{
    error::Result,
    statement::{Expr, Function},
    value::ColumnType,
};

use crate::{
    Beside,
    compiler::Compiler,
    expr::{Level, beside},
};

impl<'s> Compiler<'_, 's> {
    /// A function by its template, in which `{0}` stands for the first of what it is computed of.
    pub(crate) fn function(&mut self, function: Function, of: &'s [Expr]) -> Result<()> {
        let ty = of.first().and_then(Expr::value_ty);
        let Some(template) = self.dialect.function(function, ty) else {
            return Err(self.unsupported(
                format!("the function {function:?}"),
                "compute it in the program, or in a raw statement",
            ));
        };
        let beside = match ty {
            // What it is asked for is of its own type.
            Some(ColumnType::Array(_)) => Beside::Column(ty),
            _ => Beside::Nothing,
        };
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            self.push(before);
            let Some((index, after)) = after.split_once('}') else { break };
            match index.parse().ok().and_then(|index: usize| of.get(index)) {
                Some(part) => self.operand(part, beside, Level::Or)?,
                // Of a regular expression.
                None => {
                    self.push("{");
                    self.push(index);
                    self.push("}");
                }
            }
            rest = after;
        }
        self.push(rest);
        Ok(())
    }

    pub(crate) fn case(&mut self, cases: &'s [(Expr, Expr)], otherwise: Option<&'s Expr>) -> Result<()> {
        let values: Vec<&Expr> = cases.iter().map(|(_, value)| value).chain(otherwise).collect();
        let beside = beside(&values);
        self.push("CASE");
        for (condition, value) in cases {
            self.push(" WHEN ");
            self.expr(condition)?;
            self.push(" THEN ");
            self.operand(value, beside, Level::Or)?;
        }
        if let Some(otherwise) = otherwise {
            self.push(" ELSE ");
            self.operand(otherwise, beside, Level::Or)?;
        }
        self.push(" END");
        Ok(())
    }
}

/// How functions are written that databases agree on.
pub fn common(function: Function, of: Option<ColumnType>) -> Option<&'static str> {
    Some(match function {
        Function::Lower => "LOWER({0})",
        Function::Upper => "UPPER({0})",
        Function::Trim => "TRIM({0})",
        Function::TrimStart => "LTRIM({0})",
        Function::TrimEnd => "RTRIM({0})",
        Function::Length => "CHAR_LENGTH({0})",
        Function::Concat => "CONCAT({0}, {1})",
        Function::Substring => "SUBSTRING({0}, {1}, {2})",
        Function::Replace => "REPLACE({0}, {1}, {2})",
        Function::Left => "LEFT({0}, {1})",
        Function::Right => "RIGHT({0}, {1})",
        Function::PadStart => "LPAD({0}, {1}, {2})",
        Function::PadEnd => "RPAD({0}, {1}, {2})",
        Function::Reverse => "REVERSE({0})",
        Function::Repeat => "REPEAT({0}, {1})",
        Function::Abs => "ABS({0})",
        Function::Round | Function::Ceil | Function::Floor if of.is_some_and(ColumnType::is_integer) => {
            "({0})"
        }
        Function::Round => "ROUND({0}, {1})",
        Function::Ceil => "CEIL({0})",
        Function::Floor => "FLOOR({0})",
        Function::Power => "POWER({0}, {1})",
        Function::Sqrt => "SQRT({0})",
        Function::Sign => "SIGN({0})",
        Function::Random => "RANDOM()",
        Function::RowNumber => "ROW_NUMBER()",
        Function::Rank => "RANK()",
        Function::DenseRank => "DENSE_RANK()",
        Function::PercentRank => "PERCENT_RANK()",
        Function::CumeDist => "CUME_DIST()",
        Function::Ntile => "NTILE({0})",
        Function::Lag => "LAG({0}, {1})",
        Function::Lead => "LEAD({0}, {1})",
        Function::FirstValue => "FIRST_VALUE({0})",
        Function::LastValue => "LAST_VALUE({0})",
        Function::NthValue => "NTH_VALUE({0}, {1})",
        _ => return None,
    })
}
