/// What a statement is about, where it is about a model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About {
    /// The model's name.
    pub(crate) model: &'static str,
    /// Its table.
    pub(crate) table: &'static str,
    /// The named connection that it lives on.
    pub(crate) connection: Option<&'static str>,
    /// Its columns whose values are not shown.
    pub(crate) sensitive: &'static [&'static str],
}
