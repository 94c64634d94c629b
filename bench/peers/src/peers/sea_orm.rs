//! SeaORM, with its dense entities and its entity loader.

use futures_util::TryStreamExt;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection,
    EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, Set, TransactionTrait,
};

use super::{Peer, keys, nested, pairs};
use crate::work::{Work, hair_color, name, next_color, next_key};

pub mod user {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "peer_users")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub name: String,
        pub hair_color: Option<String>,
        #[sea_orm(has_many)]
        pub posts: HasMany<super::post::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod post {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "peer_posts")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub user_id: i64,
        pub title: String,
        pub body: Option<String>,
        #[sea_orm(belongs_to, from = "user_id", to = "id")]
        pub user: HasOne<super::user::Entity>,
        #[sea_orm(has_many)]
        pub comments: HasMany<super::comment::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod comment {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "peer_comments")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub post_id: i64,
        pub text: String,
        #[sea_orm(belongs_to, from = "post_id", to = "id")]
        pub post: HasOne<super::post::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(Clone)]
pub struct SeaOrm {
    pub db: DatabaseConnection,
    user: Option<user::Model>,
    turn: u64,
}

/// Connects, to so many connections at most, without statement logging.
pub async fn connect(url: &str, connections: u32) -> SeaOrm {
    let url = match url.split_once("://") {
        Some(("postgres", _)) => format!("{url}?sslmode=disable"),
        Some(("mysql", _)) => format!("{url}?ssl-mode=disabled"),
        _ => url.to_owned(),
    };
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).min_connections(1).sqlx_logging(false);
    SeaOrm { db: Database::connect(options).await.unwrap(), user: None, turn: 0 }
}

/// How many rows a statement of a bulk insert has.
const CHUNK: u32 = 10_000;

async fn insert(db: &impl ConnectionTrait, rows: std::ops::Range<u32>) -> u64 {
    let count = rows.len();
    let users = rows.map(|n| user::ActiveModel {
        name: Set(name(n)),
        hair_color: Set(Some(hair_color(n))),
        ..Default::default()
    });
    user::Entity::insert_many(users).exec(db).await.unwrap();
    count as u64
}

impl Peer for SeaOrm {
    async fn execute(&mut self, sql: &str) {
        self.db.execute_unprepared(sql).await.unwrap();
    }

    async fn once(&mut self, work: Work) -> Option<u64> {
        let db = &self.db;
        Some(match work {
            Work::Trivial(_) => {
                let users = user::Entity::find().all(db).await.unwrap();
                keys(users.iter().map(|user| user.id))
            }
            Work::Medium(_) => {
                let rows = user::Entity::find()
                    .find_also_related(post::Entity)
                    .filter(user::Column::HairColor.eq("black"))
                    .order_by_desc(user::Column::Name)
                    .all(db)
                    .await
                    .unwrap();
                pairs(rows.iter().map(|(user, post)| (user.id, post.as_ref().map(|post| post.id))))
            }
            Work::Insert(rows) => insert(db, 0..rows).await,
            Work::Bulk(rows) => {
                let tx = db.begin().await.unwrap();
                let mut count = 0;
                for from in (0..rows).step_by(CHUNK as usize) {
                    count += insert(&tx, from..from + CHUNK).await;
                }
                tx.commit().await.unwrap();
                count
            }
            Work::Associations => {
                let load = user::Entity::load().with((post::Entity, comment::Entity));
                let users = load.all(db).await.unwrap();
                nested(users.iter().flat_map(|user| {
                    user.posts
                        .iter()
                        .flat_map(|post| post.comments.iter().map(|comment| (user.id, post.id, comment.id)))
                }))
            }
            Work::Find => {
                let find = user::Entity::find_by_id(next_key(&mut self.turn));
                find.one(db).await.unwrap().unwrap().id as u64
            }
            Work::Update => {
                let user = match self.user.take() {
                    Some(user) => user,
                    None => user::Entity::find_by_id(6).one(db).await.unwrap()?,
                };
                let mut user = user.into_active_model();
                user.hair_color = Set(Some(next_color(&mut self.turn).to_owned()));
                self.user = Some(user.update(db).await.unwrap());
                1
            }
            Work::Page => {
                let pages = user::Entity::find().order_by_asc(user::Column::Id).paginate(db, 20);
                let total = pages.num_items().await.unwrap();
                total + keys(pages.fetch_page(2).await.unwrap().iter().map(|user| user.id))
            }
            Work::Cursor(_) => {
                let users = user::Entity::find().stream(db).await.unwrap();
                users.try_fold(0, async |sum, user| Ok(sum + user.id as u64)).await.unwrap()
            }
        })
    }
}
