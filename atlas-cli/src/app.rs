use atlas_core::model::ModelMeta;
use atlas_migrate::{Embedded, Migrations, Seeders};

/// What the command knows of a program.
#[derive(Default)]
pub struct App {
    pub(crate) migrations: Migrations,
    pub(crate) embedded: Vec<Embedded>,
    pub(crate) seeders: Seeders,
    pub(crate) models: Vec<&'static ModelMeta>,
}

impl App {
    /// Nothing: migrations as SQL files in a folder are found nevertheless.
    pub fn new() -> Self {
        Self::default()
    }

    /// With migrations in Rust: `migrations![CreateUsers]`.
    #[must_use]
    pub fn migrations(mut self, migrations: Migrations) -> Self {
        self.migrations = migrations;
        self
    }

    /// With SQL files that are part of the program: `embed_migrations!("migrations")`. The folder is then not read.
    #[must_use]
    pub fn embedded(mut self, files: &[Embedded]) -> Self {
        self.embedded.extend_from_slice(files);
        self
    }

    /// With seeders, in the order in which they run: `seeders![UserSeeder]`.
    #[must_use]
    pub fn seeders(mut self, seeders: Seeders) -> Self {
        self.seeders = seeders;
        self
    }

    /// With models: `models![User, Post]`.
    #[must_use]
    pub fn models(mut self, models: impl IntoIterator<Item = &'static ModelMeta>) -> Self {
        self.models.extend(models);
        self
    }
}
