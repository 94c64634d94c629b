/// Where something was read: through which database and transaction, and how much had been written there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) database: usize,
    pub(crate) level: usize,
    pub(crate) writes: u64,
}
