//! On SQLite, beside rusqlite by hand: three cached statements, rows by position, a map of the keys.

use std::{collections::HashMap, future::ready, hint::black_box};

use atlas::prelude::*;
use rusqlite::{Connection, Row, params_from_iter};

use super::{ASSOCIATIONS, BareAuthor, BareComment, BarePost, EACH, Nested, fill, found, found_bare, load};
use crate::measure::{Comparison, Target, compare};

/// As many as in Diesel's benchmark.
const AUTHORS: i64 = 9;

/// Both sides read the same file, so that both find the same.
pub async fn associations(rounds: usize) -> Comparison {
    let folder = std::env::temp_dir().join(format!("atlas-bench-associations-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("associations.db");
    let db = Db::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    fill(&db, AUTHORS).await;
    let bare = Connection::open(&path).unwrap();
    let both = (found(&load(&db).await), found_bare(&by_hand(&bare)));
    assert_eq!(both.0, both.1);
    assert_eq!(both.0.0 as i64, AUTHORS * EACH * EACH);
    let (atlas, bare) = compare(
        rounds,
        50,
        || async {
            black_box(load(&db).await);
        },
        || {
            black_box(by_hand(&bare));
            ready(())
        },
    )
    .await;
    db.close().await.unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let rows = (AUTHORS * (1 + EACH + EACH * EACH)) as u32;
    Comparison { work: ASSOCIATIONS, rows, target: Target::Ratio(1.25), atlas, bare }
}

fn by_hand(bare: &Connection) -> Nested {
    let rows = |text: &str, keys: &[i64], read: &mut dyn FnMut(&Row<'_>)| {
        let mut statement = bare.prepare_cached(text).unwrap();
        let mut rows = statement.query(params_from_iter(keys)).unwrap();
        while let Some(row) = rows.next().unwrap() {
            read(row);
        }
    };
    let mut authors: Nested = Vec::new();
    let mut keys: Vec<i64> = Vec::new();
    rows("SELECT id, name, hair_color FROM atlas_bench_authors", &[], &mut |row| {
        let author = BareAuthor {
            id: row.get(0).unwrap(),
            name: row.get(1).unwrap(),
            hair_color: row.get(2).unwrap(),
        };
        keys.push(author.id);
        authors.push((author, Vec::new()));
    });
    let places: HashMap<i64, usize> = keys.iter().copied().zip(0..).collect();
    let text = format!(
        "SELECT id, author_id, title, body FROM atlas_bench_posts WHERE author_id IN ({})",
        marks(keys.len())
    );
    let (mut posts, mut post_keys) = (HashMap::new(), Vec::new());
    rows(&text, &keys, &mut |row| {
        let post = BarePost {
            id: row.get(0).unwrap(),
            author_id: row.get(1).unwrap(),
            title: row.get(2).unwrap(),
            body: row.get(3).unwrap(),
        };
        let place = places[&post.author_id];
        let of_author = &mut authors[place].1;
        posts.insert(post.id, (place, of_author.len()));
        post_keys.push(post.id);
        of_author.push((post, Vec::new()));
    });
    let text = format!(
        "SELECT id, post_id, text FROM atlas_bench_comments WHERE post_id IN ({})",
        marks(post_keys.len())
    );
    rows(&text, &post_keys, &mut |row| {
        let comment =
            BareComment { id: row.get(0).unwrap(), post_id: row.get(1).unwrap(), text: row.get(2).unwrap() };
        let (author, post) = posts[&comment.post_id];
        authors[author].1[post].1.push(comment);
    });
    authors
}

/// `?, ?, ?`
fn marks(count: usize) -> String {
    let mut text = "?,".repeat(count);
    text.pop();
    text
}
