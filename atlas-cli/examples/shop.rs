//! A program's own command: `cargo run -p atlas-cli --example shop -- --database sqlite://shop.db migrate --seed`.

use std::process::ExitCode;

use atlas::{
    Complete, Result,
    factory::{Factory, Making},
    migrate::{Migration, Schema, Seeder, migrations, seeders},
    prelude::*,
};
use atlas_cli::App;

#[derive(Model, Debug)]
pub struct Product {
    pub id: i64,
    #[unique]
    pub name: String,
    #[default(0)]
    pub stock: i32,
    #[has_many]
    pub orders: HasMany<Order>,
}

#[derive(Model, Debug)]
pub struct Order {
    pub id: i64,
    pub product_id: i64,
    #[belongs_to(on_delete = cascade)]
    pub product: BelongsTo<Product>,
}

impl Factory for Product {
    fn definition(making: &mut Making) -> impl Complete<Product> {
        Product::draft().name(format!("product {}", making.index())).stock(making.fake::<i32>(1..10))
    }
}

impl Factory for Order {
    fn definition(making: &mut Making) -> impl Complete<Order> {
        Order::draft().product(making.draft(Product::factory()))
    }
}

struct CreateProducts;

impl Migration for CreateProducts {
    const NAME: &'static str = "2026_01_31_120000_create_products";

    async fn up(&self, db: &Db) -> Result<()> {
        Schema::create(db, "products", |t| {
            t.id();
            t.string("name").unique();
            t.integer("stock").default(0);
        })
        .await
    }

    async fn down(&self, db: &Db) -> Result<()> {
        Schema::drop(db, "products").await
    }
}

struct CreateOrders;

impl Migration for CreateOrders {
    const NAME: &'static str = "2026_02_01_120000_create_orders";

    async fn up(&self, db: &Db) -> Result<()> {
        Schema::create(db, "orders", |t| {
            t.id();
            t.foreign_id("product_id").constrained("products").cascade_on_delete();
        })
        .await
    }

    async fn down(&self, db: &Db) -> Result<()> {
        Schema::drop(db, "orders").await
    }
}

struct ProductSeeder;

impl Seeder for ProductSeeder {
    async fn run(&self, db: &Db) -> Result<()> {
        Product::factory()
            .count(3)
            .has(Product::orders, Order::factory().count(2))
            .create(db)
            .await
            .map(|_| ())
    }

    async fn should_run(&self, db: &Db) -> Result<bool> {
        Product::query().doesnt_exist(db).await
    }
}

/// Fails where the products are there already.
struct CarelessSeeder;

impl Seeder for CarelessSeeder {
    const ENVIRONMENTS: &'static [&'static str] = &["testing"];

    async fn run(&self, db: &Db) -> Result<()> {
        Product::factory().create_one(db).await.map(|_| ())
    }
}

fn main() -> ExitCode {
    atlas_cli::run(
        App::new()
            .migrations(migrations![CreateProducts, CreateOrders])
            .seeders(seeders![ProductSeeder, CarelessSeeder])
            .models(models![Product, Order]),
    )
}
