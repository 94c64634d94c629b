use atlas_core::{
    schema::Name,
    statement::{ColumnRef, TableRef},
    value::Value,
};

use crate::{Bind, Compiled, Dialect, schema::literal};

/// Writes one statement.
pub(crate) struct Compiler<'c, 's> {
    pub(crate) dialect: &'c dyn Dialect,
    pub(crate) out: &'c mut Compiled<'s>,
    /// Whether columns are written with their table: where a statement has several in scope.
    pub(crate) qualified: bool,
    pub(crate) quote: char,
    /// How many expressions this one stands in.
    pub(crate) depth: u32,
    /// Whether the statement changes or removes rows.
    pub(crate) writes: bool,
    /// Whether an `EXISTS` is to stand in an expression.
    pub(crate) guards_exists: bool,
    /// Whether there is a row that was to be written, beside one that is there.
    pub(crate) upserts: bool,
    /// The table of columns that name none, where that has to be said.
    pub(crate) own: Option<&'s Name>,
    /// Whether values are written into the text, which is then for reading alone, and which of them are not to be seen.
    pub(crate) shown: Option<&'c dyn Fn(&Value) -> bool>,
}

impl<'c, 's> Compiler<'c, 's> {
    pub(crate) fn new(dialect: &'c dyn Dialect, out: &'c mut Compiled<'s>) -> Self {
        Self {
            dialect,
            out,
            qualified: false,
            quote: dialect.quote(),
            depth: 0,
            writes: false,
            guards_exists: false,
            upserts: false,
            own: None,
            shown: None,
        }
    }

    pub(crate) fn push(&mut self, text: &str) {
        self.out.text.push_str(text);
    }

    pub(crate) fn name(&mut self, name: &str) {
        quote_name(self.quote, name, &mut self.out.text);
    }

    /// A name in which a dot separates a schema from what is in it.
    pub(crate) fn path(&mut self, path: &str) {
        quote_path(self.quote, path, &mut self.out.text);
    }

    pub(crate) fn table(&mut self, table: &TableRef) {
        self.path(&table.name);
        if let Some(alias) = &table.alias {
            self.push(" AS ");
            self.name(alias);
        }
    }

    pub(crate) fn column(&mut self, column: &ColumnRef) {
        if self.qualified
            && let Some(table) = column.table.as_ref().or(self.own)
        {
            self.path(table);
            self.push(".");
        }
        self.name_or_all(&column.name);
    }

    /// A column that is read, or all of them.
    fn name_or_all(&mut self, name: &str) {
        if name == "*" { self.push(name) } else { self.name(name) }
    }

    pub(crate) fn names(&mut self, names: &[Name]) {
        for (index, name) in names.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.name(name);
        }
    }

    pub(crate) fn returning(&mut self, names: &[Name]) {
        if !names.is_empty() {
            self.push(" RETURNING ");
            for (index, name) in names.iter().enumerate() {
                self.push(if index > 0 { ", " } else { "" });
                self.name_or_all(name);
            }
        }
    }

    pub(crate) fn value(&mut self, value: &'s Value) {
        self.bind(Bind::Value(value));
    }

    pub(crate) fn bind(&mut self, bind: Bind<'s>) {
        if let Some(hides) = self.shown {
            return self.show(&bind.to_value(), hides);
        }
        self.out.binds.push(bind);
        self.dialect.placeholder(self.out.binds.len(), &mut self.out.text);
    }

    #[cold]
    fn show(&mut self, value: &Value, hides: &dyn Fn(&Value) -> bool) {
        if hides(value) {
            return self.push("'[redacted]'");
        }
        // Beside a type (`-1::int8`) a sign would be an operator, which binds less.
        let start = self.out.text.len();
        match value {
            // A text beside a decimal makes floats of both in MySQL.
            Value::Numeric(number) if self.dialect.numeric_collation().is_none() => {
                self.push(&number.to_string())
            }
            other => literal(other, self.dialect, &mut self.out.text),
        }
        if self.out.text.get(start..).is_some_and(|written| written.starts_with('-')) {
            self.out.text.insert(start, '(');
            self.push(")");
        }
    }
}

/// Writes a name between quotes.
pub(crate) fn quote_name(quote: char, name: &str, out: &mut String) {
    out.reserve(name.len() + 2);
    push_quote(quote, out);
    // Quotes are ASCII: a byte of one is no part of another character.
    if u8::try_from(quote).is_ok_and(|quote| name.as_bytes().contains(&quote)) {
        for part in name.chars() {
            out.push(part);
            if part == quote {
                out.push(quote);
            }
        }
    } else {
        out.push_str(name);
    }
    push_quote(quote, out);
}

/// As a constant, a quote is one byte to write.
fn push_quote(quote: char, out: &mut String) {
    match quote {
        '"' => out.push('"'),
        '`' => out.push('`'),
        other => out.push(other),
    }
}

/// Writes a name in which a dot separates a schema from what is in it.
pub(crate) fn quote_path(quote: char, path: &str, out: &mut String) {
    for (index, part) in path.splitn(2, '.').enumerate() {
        if index > 0 {
            out.push('.');
        }
        quote_name(quote, part, out);
    }
}
