//! Relations of many records: the number of statements stays what it is.

use atlas::prelude::*;

use crate::support::{databases, sent};

#[derive(Model)]
#[table("scale_users")]
pub struct User {
    pub id: i64,
    pub name: String,
    #[has_many]
    pub posts: HasMany<Post>,
}

#[derive(Model)]
#[table("scale_posts")]
pub struct Post {
    pub id: i64,
    #[index]
    pub user_id: i64,
    pub title: String,
    #[belongs_to]
    pub user: BelongsTo<User>,
    #[has_many]
    pub comments: HasMany<Comment>,
}

#[derive(Model)]
#[table("scale_comments")]
pub struct Comment {
    pub id: i64,
    #[index]
    pub post_id: i64,
    pub text: String,
    #[belongs_to]
    pub post: BelongsTo<Post>,
}

async fn fill(db: &Db, users: i64, posts: i64, comments: i64) {
    db.create_tables(models![User, Post, Comment]).await.unwrap();
    User::insert(db, (1..=users).map(|n| User::draft().id(n).name(format!("u{n}")))).await.unwrap();
    let drafts = (0..users * posts).map(|n| Post::draft().id(n + 1).user_id(1 + n / posts).title("t"));
    Post::insert(db, drafts).await.unwrap();
    let drafts = (0..users * posts * comments).map(|n| Comment::draft().post_id(1 + n / comments).text("c"));
    Comment::insert(db, drafts).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_users_with_all_that_they_wrote() {
    for db in databases().await {
        fill(&db, 1_000, 20, 5).await;
        let (statements, users) =
            sent(&db, async || User::query().with(User::posts.with(Post::comments)).get(&db).await.unwrap())
                .await;
        assert_eq!((statements, users.len()), (3, 1_000));
        for user in &users {
            let posts = user.posts.get().unwrap();
            assert_eq!(posts.len(), 20);
            for post in posts {
                assert_eq!(post.user_id, user.id);
                let comments = post.comments.get().unwrap();
                assert!(comments.len() == 5 && comments.iter().all(|comment| comment.post_id == post.id));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_parents_than_any_database_takes_values() {
    const PARENTS: i64 = 70_000;
    for db in databases().await {
        fill(&db, PARENTS, 1, 0).await;
        let (statements, users) =
            sent(&db, async || User::query().with(User::posts).get(&db).await.unwrap()).await;
        assert!(statements <= 3, "{statements}");
        assert_eq!(users.len() as i64, PARENTS);
        assert!(users.iter().all(|user| user.posts.get().unwrap()[0].user_id == user.id));
        let (statements, posts) =
            sent(&db, async || Post::query().with(Post::user).get(&db).await.unwrap()).await;
        assert!(statements <= 3, "{statements}");
        assert!(posts.iter().all(|post| post.user.get().unwrap().unwrap().id == post.user_id));
    }
}
