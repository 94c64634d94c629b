use atlas_core::{Error, Result};

/// Something that has another name now, so that it is not dropped and made anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rename {
    /// A table.
    Table {
        /// What it was called.
        from: String,
        /// What it is called.
        to: String,
    },
    /// A column.
    Column {
        /// What its table is called now.
        table: String,
        /// What it was called.
        from: String,
        /// What it is called.
        to: String,
    },
}

impl Rename {
    /// Reads `users:people` for a table, `people.name:full_name` for a column.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for anything else.
    pub fn parse(text: &str) -> Result<Self> {
        let unclear = || {
            Error::config(format!(
                "`{text}` is no rename: write `users:people` for a table, `people.name:full_name` for a column"
            ))
        };
        let (from, to) = text.split_once(':').ok_or_else(unclear)?;
        if from.is_empty() || to.is_empty() {
            return Err(unclear());
        }
        let owned = str::to_owned;
        let Some((table, from)) = from.rsplit_once('.') else {
            return Ok(Self::Table { from: owned(from), to: owned(to) });
        };
        // The table may be said twice.
        let to = to.rsplit_once('.').filter(|(again, _)| *again == table).map_or(to, |(_, to)| to);
        match table.is_empty() || from.is_empty() || to.is_empty() {
            true => Err(unclear()),
            false => Ok(Self::Column { table: owned(table), from: owned(from), to: owned(to) }),
        }
    }

    pub(crate) fn table(&self) -> Option<(&str, &str)> {
        match self {
            Self::Table { from, to } => Some((from, to)),
            Self::Column { .. } => None,
        }
    }

    pub(crate) fn column(&self) -> Option<(&str, &str, &str)> {
        match self {
            Self::Table { .. } => None,
            Self::Column { table, from, to } => Some((table, from, to)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Rename;

    #[test]
    fn renames_are_read() {
        let table = Rename::Table { from: "users".into(), to: "people".into() };
        assert_eq!(Rename::parse("users:people").unwrap(), table);
        let column = Rename::Column { table: "people".into(), from: "name".into(), to: "full_name".into() };
        assert_eq!(Rename::parse("people.name:full_name").unwrap(), column);
        assert_eq!(Rename::parse("people.name:people.full_name").unwrap(), column);
        for wrong in ["users", ":people", "users:", "people.:b", ".a:b"] {
            assert!(Rename::parse(wrong).unwrap_err().to_string().contains("is no rename"), "{wrong}");
        }
    }
}
