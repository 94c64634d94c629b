//! On PostgreSQL, beside sqlx by hand and Diesel's own way to load associations.

use std::{cell::RefCell, collections::HashMap, hint::black_box, pin::Pin};

use atlas::prelude::*;
use diesel::prelude::*;
use sqlx::{Executor as _, Row as _};

use super::{ASSOCIATIONS, BareAuthor, BareComment, BarePost, EACH, Nested, fill, found, found_bare, load};
use crate::{
    measure::turns,
    postgres::{Measured, Work, next},
};

diesel::table! {
    atlas_bench_authors (id) { id -> Int8, name -> Text, hair_color -> Nullable<Text>, }
}
diesel::table! {
    atlas_bench_posts (id) { id -> Int8, author_id -> Int8, title -> Text, body -> Nullable<Text>, }
}
diesel::table! {
    atlas_bench_comments (id) { id -> Int8, post_id -> Int8, text -> Text, }
}

/// As many as in Diesel's benchmark.
const AUTHORS: i64 = 100;

pub async fn associations(
    rounds: usize,
    db: &Db,
    sqlx: &RefCell<sqlx::PgConnection>,
    diesel: &RefCell<diesel::PgConnection>,
) -> Measured {
    let tables = ["atlas_bench_comments", "atlas_bench_posts", "atlas_bench_authors"];
    for table in tables {
        db.execute(format!("DROP TABLE IF EXISTS {table}"), ()).await.unwrap();
    }
    fill(db, AUTHORS).await;
    for table in tables {
        db.execute(format!("VACUUM ANALYZE {table}"), ()).await.unwrap();
    }
    let of_atlas = found(&load(db).await);
    assert_eq!(of_atlas.0 as i64, AUTHORS * EACH * EACH);
    assert_eq!(found_bare(&of_sqlx(&mut *sqlx.borrow_mut()).await), of_atlas);
    assert_eq!(found_bare(&of_diesel(&mut diesel.borrow_mut())), of_atlas);
    let works: Vec<Work<'_>> = vec![
        (
            "Atlas",
            Box::new(move || {
                Box::pin(async move {
                    black_box(load(db).await);
                })
            }),
        ),
        (
            "sqlx, one connection",
            Box::new(move || {
                Box::pin(async move {
                    black_box(of_sqlx(&mut *sqlx.borrow_mut()).await);
                })
            }),
        ),
        (
            "Diesel",
            Box::new(move || {
                Box::pin(async move {
                    black_box(of_diesel(&mut diesel.borrow_mut()));
                })
            }),
        ),
    ];
    let rows = (AUTHORS * (1 + EACH + EACH * EACH)) as u32;
    let sides = turns(rounds, 4, works).await;
    for table in tables {
        db.execute(format!("DROP TABLE {table}"), ()).await.unwrap();
    }
    Measured { work: ASSOCIATIONS, rows, sides }
}

async fn of_sqlx(connection: &mut sqlx::PgConnection) -> Nested {
    let mut authors: Nested = Vec::new();
    let mut keys: Vec<i64> = Vec::new();
    let mut reply: Pin<Box<_>> =
        connection.fetch(sqlx::query("SELECT id, name, hair_color FROM atlas_bench_authors"));
    while let Some(row) = next(&mut reply).await {
        let row = row.unwrap();
        let author = BareAuthor { id: row.get(0), name: row.get(1), hair_color: row.get(2) };
        keys.push(author.id);
        authors.push((author, Vec::new()));
    }
    drop(reply);
    let places: HashMap<i64, usize> = keys.iter().copied().zip(0..).collect();
    let (mut posts, mut post_keys) = (HashMap::new(), Vec::new());
    let query = "SELECT id, author_id, title, body FROM atlas_bench_posts WHERE author_id = ANY($1)";
    let mut reply = connection.fetch(sqlx::query(query).bind(&keys));
    while let Some(row) = next(&mut reply).await {
        let row = row.unwrap();
        let post = BarePost { id: row.get(0), author_id: row.get(1), title: row.get(2), body: row.get(3) };
        let place = places[&post.author_id];
        let of_author = &mut authors[place].1;
        posts.insert(post.id, (place, of_author.len()));
        post_keys.push(post.id);
        of_author.push((post, Vec::new()));
    }
    drop(reply);
    let query = "SELECT id, post_id, text FROM atlas_bench_comments WHERE post_id = ANY($1)";
    let mut reply = connection.fetch(sqlx::query(query).bind(&post_keys));
    while let Some(row) = next(&mut reply).await {
        let row = row.unwrap();
        let comment = BareComment { id: row.get(0), post_id: row.get(1), text: row.get(2) };
        let (author, post) = posts[&comment.post_id];
        authors[author].1[post].1.push(comment);
    }
    authors
}

/// As Diesel's own benchmark does it, with maps in place of `grouped_by`, which does the same.
fn of_diesel(connection: &mut diesel::PgConnection) -> Nested {
    let authors: Vec<BareAuthor> = atlas_bench_authors::table.load(connection).unwrap();
    let keys: Vec<i64> = authors.iter().map(|author| author.id).collect();
    let posts: Vec<BarePost> =
        atlas_bench_posts::table.filter(atlas_bench_posts::author_id.eq_any(&keys)).load(connection).unwrap();
    let post_keys: Vec<i64> = posts.iter().map(|post| post.id).collect();
    let comments: Vec<BareComment> = atlas_bench_comments::table
        .filter(atlas_bench_comments::post_id.eq_any(&post_keys))
        .load(connection)
        .unwrap();
    let places: HashMap<i64, usize> = post_keys.iter().copied().zip(0..).collect();
    let mut posts: Vec<(BarePost, Vec<BareComment>)> =
        posts.into_iter().map(|post| (post, Vec::new())).collect();
    for comment in comments {
        posts[places[&comment.post_id]].1.push(comment);
    }
    let places: HashMap<i64, usize> = keys.iter().copied().zip(0..).collect();
    let mut nested: Nested = authors.into_iter().map(|author| (author, Vec::new())).collect();
    for post in posts {
        nested[places[&post.0.author_id]].1.push(post);
    }
    nested
}
