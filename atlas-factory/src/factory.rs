use atlas_core::{Model, model::Complete};

use crate::{FactoryBuilder, Making};

/// What a row of a model is like, where nothing else is said of it.
///
/// ```
/// # use atlas::prelude::*;
/// use atlas::{Complete, factory::{Factory, Making, fake::faker::name::en::Name}};
/// # #[derive(Model, Debug)]
/// # pub struct User { pub id: i64, pub name: String, pub email: String, pub age: Option<i32>, #[default(true)] pub active: bool }
///
/// impl Factory for User {
///     fn definition(making: &mut Making) -> impl Complete<User> {
///         User::draft()
///             .name(making.fake::<String>(Name()))
///             .email(format!("user{}@example.com", making.number()))
///             .age(making.fake::<i32>(18..80))
///     }
/// }
///
/// # atlas::block_on(async {
/// # let db = Db::connect("sqlite::memory:").await?;
/// # db.create_tables(models![User]).await?;
/// let users = User::factory().count(3).state(|user| user.active(false)).create(&db).await?;
/// assert!(users.len() == 3 && users.iter().all(|user| user.exists() && !user.active));
/// # Ok::<(), Error>(())
/// # }).unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no factory",
    label = "write `impl Factory for {Self}`, which says what a row of it is like"
)]
pub trait Factory: Model {
    /// A draft with every required column. It is called once for each row.
    fn definition(making: &mut Making) -> impl Complete<Self>;

    /// What holds of everything that is made by the definition: hooks, rows of other models.
    #[must_use]
    fn configure(factory: FactoryBuilder<Self>) -> FactoryBuilder<Self> {
        factory
    }

    /// One row by the definition; what is called on it says more.
    fn factory() -> FactoryBuilder<Self> {
        Self::configure(FactoryBuilder::new())
    }
}
