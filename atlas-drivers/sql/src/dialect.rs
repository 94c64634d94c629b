use atlas_core::{
    schema::Column,
    statement::{Aggregate, ArithmeticOp},
    value::Value,
};

/// What databases that speak SQL differ in.
pub trait Dialect: Send + Sync {
    /// The driver's name in messages.
    fn name(&self) -> &'static str;

    /// What stands around a name; doubled inside it.
    fn quote(&self) -> char {
        '"'
    }

    /// Writes the placeholder of the bound value `number`, from 1.
    fn placeholder(&self, number: usize, out: &mut String);

    /// What stands before a statement whose plan is asked for, with a space after it.
    fn explain(&self) -> &'static str {
        "EXPLAIN "
    }

    /// The limit that stands for none, where an offset cannot be given without a limit.
    fn no_limit(&self) -> Option<&'static str> {
        None
    }

    /// The function of a text and a pattern that is 1 where they match and 0 where they do not, where
    /// that is not what `LIKE` tells: with case, and with every character.
    fn like_function(&self) -> Option<&'static str> {
        None
    }

    /// The collation under which decimals compare by number, where they are stored as text.
    fn numeric_collation(&self) -> Option<&'static str> {
        None
    }

    /// The function for arithmetic on decimals, where they are stored as text.
    fn numeric_function(&self, _operator: ArithmeticOp) -> Option<&'static str> {
        None
    }

    /// The function that makes one decimal of several, where it is not the usual one.
    fn numeric_aggregate(&self, _aggregate: Aggregate) -> Option<&'static str> {
        None
    }

    /// The function for the remainder of two floats, where the operator `%` is one of integers alone.
    fn float_remainder(&self) -> Option<&'static str> {
        None
    }

    /// A long list as one value, and what stands after `IN` with one placeholder for it: the text of the
    /// statement is then the same for every length. `None` for values that cannot be put in one.
    fn list(&self, _values: &[Value]) -> Option<(&'static str, String)> {
        None
    }

    /// The operator that divides two integers and cuts the result towards zero.
    fn integer_division(&self) -> &'static str {
        "/"
    }

    /// The type of a column, as a schema declares it.
    fn column_type(&self, column: &Column) -> &'static str;

    /// How a column whose values the database counts up is declared after its name, with the primary
    /// key included; only asked for a table's single key column.
    fn generated_key(&self, column: &Column) -> &'static str;

    /// Writes, with a space before it, what refuses the values that the column's type in the database
    /// takes and its field does not: `CHECK (..)`.
    fn check(&self, _column: &Column, _out: &mut String) {}

    /// What stands after the last parenthesis of a new table, with a space before it.
    fn table_options(&self) -> &'static str {
        ""
    }

    /// Whether an index names its schema at its own name, and not at its table's.
    fn index_names_schema(&self) -> bool {
        false
    }

    /// Bytes as a literal: the default of a column.
    fn bytes_literal(&self, bytes: &[u8], out: &mut String) {
        out.push_str("X'");
        for byte in bytes {
            for nibble in [byte >> 4, byte & 15] {
                out.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
        out.push('\'');
    }

    /// A truth value as a literal: the default of a column.
    fn bool_literal(&self, truth: bool) -> &'static str {
        if truth { "TRUE" } else { "FALSE" }
    }
}
