//! Programs of so many models, the same with each library: twelve columns and three relations a model, each of
//! which is created, changed, and queried with a relation.

use crate::command::root;

/// A library that programs are written with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Library {
    Atlas,
    SeaOrm,
    Diesel,
    Toasty,
}

pub(super) const LIBRARIES: [Library; 4] =
    [Library::Atlas, Library::SeaOrm, Library::Diesel, Library::Toasty];

impl Library {
    /// On the command line, and in the names of folders.
    pub(super) fn name(self) -> &'static str {
        match self {
            Library::Atlas => "atlas",
            Library::SeaOrm => "sea-orm",
            Library::Diesel => "diesel",
            Library::Toasty => "toasty",
        }
    }

    /// For people.
    pub(super) fn title(self) -> &'static str {
        match self {
            Library::Atlas => "Atlas",
            Library::SeaOrm => "SeaORM 2",
            Library::Diesel => "Diesel 2.3",
            Library::Toasty => "Toasty 0.8",
        }
    }

    pub(super) fn manifest(self, models: usize) -> String {
        let dependencies = match self {
            Library::Atlas => format!("atlas = {{ path = {:?} }}", root().display().to_string()),
            Library::SeaOrm => "sea-orm = { version = \"2.0.4\", default-features = false, features = [\"macros\", \"runtime-tokio\", \"sqlx-sqlite\"] }
tokio = { version = \"1\", features = [\"rt-multi-thread\"] }"
                .into(),
            Library::Diesel => "diesel = { version = \"2.3\", default-features = false, features = [\"sqlite\", \"returning_clauses_for_sqlite_3_35\"] }
libsqlite3-sys = { version = \"0.37\", features = [\"bundled\"] }"
                .into(),
            Library::Toasty => "toasty = { version = \"0.8\", features = [\"sqlite\"] }
tokio = { version = \"1\", features = [\"rt-multi-thread\"] }"
                .into(),
        };
        format!(
            "[workspace]\n\n[package]\nname = \"{}-{models}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}\n",
            self.name()
        )
    }

    /// `src/main.rs`.
    pub(super) fn main(self, models: usize) -> String {
        let modules: String = (0..models).map(|n| format!("mod m{n};\n")).collect();
        let await_it = if self == Library::Diesel { "" } else { ".await" };
        let runs: String = (0..models).map(|n| format!("    m{n}::run(db){await_it}?;\n")).collect();
        let uses: String = match self {
            Library::Toasty => (0..models).map(|n| format!("use m{n}::M{n};\n")).collect(),
            _ => String::new(),
        };
        let all: Vec<String> = (0..models).map(|n| format!("M{n}")).collect();
        let runtime = "tokio::runtime::Runtime::new()?.block_on";
        match self {
            Library::Atlas => format!(
                "{modules}\nuse atlas::prelude::*;\n\nasync fn all(db: &Db) -> Result<()> {{\n{runs}    Ok(())\n}}\n
fn main() -> Result<()> {{
    atlas::block_on(async {{ all(&Db::connect(\"sqlite::memory:\").await?).await }})
}}\n"
            ),
            Library::SeaOrm => format!(
                "{modules}\nuse sea_orm::{{Database, DatabaseConnection, DbErr}};\n
async fn all(db: &DatabaseConnection) -> Result<(), DbErr> {{\n{runs}    Ok(())\n}}\n
fn main() -> Result<(), Box<dyn std::error::Error>> {{
    {runtime}(async {{ all(&Database::connect(\"sqlite::memory:\").await?).await }})?;\n    Ok(())\n}}\n"
            ),
            Library::Diesel => format!(
                "{modules}mod schema;\n\nuse diesel::prelude::*;\n
fn all(db: &mut SqliteConnection) -> QueryResult<()> {{\n{runs}    Ok(())\n}}\n
fn main() -> Result<(), Box<dyn std::error::Error>> {{
    all(&mut SqliteConnection::establish(\":memory:\")?)?;\n    Ok(())\n}}\n"
            ),
            Library::Toasty => format!(
                "{modules}\n{uses}\nasync fn all(db: &mut toasty::Db) -> toasty::Result<()> {{\n{runs}    Ok(())\n}}\n
fn main() -> Result<(), Box<dyn std::error::Error>> {{
    {runtime}(async {{
        let mut builder = toasty::Db::builder();
        builder.models(toasty::models!({}));
        all(&mut builder.connect(\"sqlite::memory:\").await?).await
    }})?;\n    Ok(())\n}}\n",
                all.join(", ")
            ),
        }
    }

    /// `src/schema.rs`, where there is one.
    pub(super) fn schema(self, models: usize) -> Option<String> {
        (self == Library::Diesel).then(|| {
            (0..models)
                .map(|n| {
                    let (parent, other) = (before(n, 1, models), before(n, 2, models));
                    format!("{}\n", SCHEMA.replace("{n}", &n.to_string()))
                        + &format!("diesel::joinable!(m{n} -> m{parent} (parent_id));\n")
                        + &format!("diesel::joinable!(m{n} -> m{other} (other_id));\n\n")
                })
                .collect()
        })
    }

    /// `src/m{n}.rs`.
    pub(super) fn model(self, n: usize, models: usize) -> String {
        let text = match self {
            Library::Atlas => ATLAS,
            Library::SeaOrm => SEA_ORM,
            Library::Diesel => DIESEL,
            Library::Toasty => TOASTY,
        };
        text.replace("{n}", &n.to_string())
            .replace("{parent}", &before(n, 1, models).to_string())
            .replace("{other}", &before(n, 2, models).to_string())
            .replace("{child}", &((n + 1) % models).to_string())
    }
}

fn before(n: usize, steps: usize, models: usize) -> usize {
    (n + models - steps) % models
}

const ATLAS: &str = r#"use atlas::prelude::*;

use crate::{m{child}::M{child}, m{other}::M{other}, m{parent}::M{parent}};

#[derive(Model, Debug)]
pub struct M{n} {
    pub id: i64,
    pub name: String,
    pub email: String,
    pub title: String,
    pub note: Option<String>,
    pub age: Option<i32>,
    pub score: i64,
    pub views: i64,
    pub rating: f64,
    pub active: bool,
    #[index]
    pub parent_id: i64,
    #[index]
    pub other_id: i64,
    #[belongs_to]
    pub parent: BelongsTo<M{parent}>,
    #[belongs_to]
    pub other: BelongsTo<M{other}>,
    #[has_many(foreign_key = parent_id)]
    pub children: HasMany<M{child}>,
}

pub async fn run(db: &Db) -> Result<()> {
    let draft = M{n}::draft().name("Ann").email("ann@example.com").title("Dr").score(1).views(2).rating(0.5);
    let mut record = draft.active(true).parent_id(1).other_id(2).save(db).await?;
    record.score += 1;
    record.save(db).await?;
    let query = M{n}::query().where_eq(M{n}::name, "Ann").where_gt(M{n}::score, 0).order_by(M{n}::id.desc());
    for found in query.with(M{n}::children).limit(10).get(db).await? {
        println!("{}: {}", found.title, found.children.get()?.len());
    }
    Ok(())
}
"#;

const SEA_ORM: &str = r#"use sea_orm::{ActiveModelTrait, ActiveValue::Set, DatabaseConnection, DbErr, EntityLoaderTrait, IntoActiveModel, QueryOrder, entity::prelude::*};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "m{n}")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub email: String,
    pub title: String,
    pub note: Option<String>,
    pub age: Option<i32>,
    pub score: i64,
    pub views: i64,
    pub rating: f64,
    pub active: bool,
    pub parent_id: i64,
    pub other_id: i64,
    #[sea_orm(belongs_to, from = "parent_id", to = "id")]
    pub parent: HasOne<crate::m{parent}::Entity>,
    #[sea_orm(belongs_to, from = "other_id", to = "id")]
    pub other: HasOne<crate::m{other}::Entity>,
    #[sea_orm(has_many)]
    pub children: HasMany<crate::m{child}::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

pub async fn run(db: &DatabaseConnection) -> Result<(), DbErr> {
    let new = ActiveModel {
        name: Set("Ann".into()),
        email: Set("ann@example.com".into()),
        title: Set("Dr".into()),
        score: Set(1),
        views: Set(2),
        rating: Set(0.5),
        active: Set(true),
        parent_id: Set(1),
        other_id: Set(2),
        ..Default::default()
    };
    let record = new.insert(db).await?;
    let score = record.score + 1;
    let mut record = record.into_active_model();
    record.score = Set(score);
    record.update(db).await?;
    let query = Entity::load().filter(Column::Name.eq("Ann")).filter(Column::Score.gt(0)).order_by_desc(Column::Id);
    for found in query.with(crate::m{child}::Entity).paginate(db, 10).fetch().await? {
        println!("{}: {}", found.title, found.children.len());
    }
    Ok(())
}
"#;

const SCHEMA: &str = "diesel::table! {
    m{n} (id) {
        id -> BigInt,
        name -> Text,
        email -> Text,
        title -> Text,
        note -> Nullable<Text>,
        age -> Nullable<Integer>,
        score -> BigInt,
        views -> BigInt,
        rating -> Double,
        active -> Bool,
        parent_id -> BigInt,
        other_id -> BigInt,
    }
}
";

const DIESEL: &str = r#"use diesel::prelude::*;

use crate::{m{child}::M{child}, m{other}::M{other}, m{parent}::M{parent}, schema::m{n}};

#[derive(Debug, Queryable, Selectable, Identifiable, AsChangeset, Associations)]
#[diesel(table_name = m{n}, belongs_to(M{parent}, foreign_key = parent_id), belongs_to(M{other}, foreign_key = other_id))]
pub struct M{n} {
    pub id: i64,
    pub name: String,
    pub email: String,
    pub title: String,
    pub note: Option<String>,
    pub age: Option<i32>,
    pub score: i64,
    pub views: i64,
    pub rating: f64,
    pub active: bool,
    pub parent_id: i64,
    pub other_id: i64,
}

#[derive(Insertable)]
#[diesel(table_name = m{n})]
pub struct NewM{n} {
    pub name: String,
    pub email: String,
    pub title: String,
    pub note: Option<String>,
    pub age: Option<i32>,
    pub score: i64,
    pub views: i64,
    pub rating: f64,
    pub active: bool,
    pub parent_id: i64,
    pub other_id: i64,
}

pub fn run(db: &mut SqliteConnection) -> QueryResult<()> {
    let new = NewM{n} {
        name: "Ann".into(),
        email: "ann@example.com".into(),
        title: "Dr".into(),
        note: None,
        age: None,
        score: 1,
        views: 2,
        rating: 0.5,
        active: true,
        parent_id: 1,
        other_id: 2,
    };
    let insert = diesel::insert_into(m{n}::table).values(new);
    let mut record = insert.returning(M{n}::as_returning()).get_result(db)?;
    record.score += 1;
    diesel::update(&record).set(m{n}::score.eq(record.score)).execute(db)?;
    let query = m{n}::table.filter(m{n}::name.eq("Ann")).filter(m{n}::score.gt(0)).order(m{n}::id.desc());
    let all = query.limit(10).select(M{n}::as_select()).load(db)?;
    let children = M{child}::belonging_to(&all).select(M{child}::as_select()).load(db)?.grouped_by(&all);
    for (found, children) in all.iter().zip(children) {
        println!("{}: {}", found.title, children.len());
    }
    Ok(())
}
"#;

const TOASTY: &str = r#"use crate::{m{child}::M{child}, m{other}::M{other}, m{parent}::M{parent}};

#[derive(Debug, toasty::Model)]
pub struct M{n} {
    #[key]
    #[auto]
    pub id: i64,
    pub name: String,
    pub email: String,
    pub title: String,
    pub note: Option<String>,
    pub age: Option<i32>,
    pub score: i64,
    pub views: i64,
    pub rating: f64,
    pub active: bool,
    #[index]
    pub parent_id: i64,
    #[index]
    pub other_id: i64,
    #[belongs_to(key = parent_id, references = id)]
    pub parent: toasty::Deferred<M{parent}>,
    #[belongs_to(key = other_id, references = id)]
    pub other: toasty::Deferred<M{other}>,
    #[has_many(pair = parent)]
    pub children: toasty::Deferred<Vec<M{child}>>,
}

pub async fn run(db: &mut toasty::Db) -> toasty::Result<()> {
    let new = M{n}::create().name("Ann").email("ann@example.com").title("Dr").score(1).views(2).rating(0.5);
    let mut record = new.active(true).parent_id(1).other_id(2).exec(db).await?;
    let score = record.score + 1;
    record.update().score(score).exec(db).await?;
    let filter = M{n}::fields().name().eq("Ann").and(M{n}::fields().score().gt(0));
    let query = M{n}::filter(filter).order_by(M{n}::fields().id().desc());
    for found in query.include(M{n}::fields().children()).limit(10).exec(db).await? {
        println!("{}: {}", found.title, found.children.get().len());
    }
    Ok(())
}
"#;
