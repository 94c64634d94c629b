//! Relations of rows without a model, by their names.

use atlas::{DynRow, Error, prelude::*, relations, table::Relations, types::uuid::Uuid, values};

use crate::{
    relation_conditions::blog as fixed,
    relation_kinds::{blog, media, tenants},
    support::{databases, sent},
};

/// The values of a column, in the order of the rows.
fn column(rows: &[DynRow], name: &str) -> String {
    let mut values: Vec<String> = rows.iter().map(|row| row.get(name).unwrap()).collect();
    values.sort();
    values.join(" ")
}

/// The column of what a relation leads to.
fn of(row: &DynRow, relation: &str, name: &str) -> String {
    column(row.related(relation).unwrap(), name)
}

// 000-109, 000-112, 000-114
#[tokio::test]
async fn a_row_with_what_its_relations_lead_to() {
    for db in blog::filled().await {
        let tree = relations! {
            roles: true,
            badges,
            posts: { comments: true, user: { mentor } },
            newest,
            comments,
            last_comment,
            mentor,
            pupils: { pupils },
            friends,
            grandpupils,
        };
        let find = async || db.find_by_id_with("kind_users", 1, tree).await.unwrap().unwrap();
        let (statements, ann) = sent(&db, find).await;
        // Nobody is Ann's mentor: two statements fewer.
        assert_eq!(statements, 13);
        assert_eq!(ann.get::<String>("name").unwrap(), "Ann");
        for (relation, name, expected) in [
            ("roles", "name", "admin editor"),
            ("badges", "name", "gold silver"),
            ("posts", "title", "a1 a2 a3"),
            ("newest", "title", "a3"),
            ("comments", "text", "c1 c2 c3"),
            ("last_comment", "text", "c3"),
            ("mentor", "name", ""),
            ("pupils", "name", "Bob"),
            ("friends", "name", "Bob Cid"),
            ("grandpupils", "name", "Cid"),
        ] {
            assert_eq!(of(&ann, relation, name), expected, "{relation}");
        }
        assert_eq!(of(&ann.related("pupils").unwrap()[0], "pupils", "name"), "Cid");
        for post in ann.related("posts").unwrap() {
            let comments = if post.get::<String>("title").unwrap() == "a3" { "c2 c3" } else { "" };
            if post.get::<String>("title").unwrap() != "a1" {
                assert_eq!(of(post, "comments", "text"), comments);
            }
            assert_eq!(of(post, "user", "name"), "Ann");
            // Columns of the target alone, none of what the statement needed beside them.
            assert_eq!(post.columns().collect::<Vec<_>>(), ["id", "title", "votes", "user_id"]);
        }
        assert_eq!(ann.related("roles").unwrap()[0].columns().collect::<Vec<_>>(), ["id", "name"]);

        assert!(db.find_by_id_with("kind_users", 99, "posts").await.unwrap().is_none());
    }
}

// 000-110, 000-111
#[tokio::test]
async fn rows_by_a_filter_with_what_they_lead_to() {
    for db in blog::filled().await {
        let bob = db.find_one_with("kind_users", values! { name: "Bob" }, ["mentor", "posts.comments"]);
        let (statements, bob) = sent(&db, async || bob.await.unwrap().unwrap()).await;
        assert_eq!((statements, of(&bob, "mentor", "name")), (4, "Ann".into()));
        let shown = serde_json(&bob);
        let expected =
            r#"{"id":2,"name":"Bob","mentor_id":1,"mentor":{"id":1,"name":"Ann","mentor_id":null},"#;
        assert!(shown.starts_with(expected), "{shown}");
        let expected = r#""posts":[{"id":4,"title":"b1","votes":0,"user_id":2,"comments":[{"id":4,"text":"c4","post_id":4}]}]}"#;
        assert!(shown.ends_with(expected), "{shown}");
        let ann = db.find_by_id_with("kind_users", 1, "mentor").await.unwrap().unwrap();
        assert!(serde_json(&ann).ends_with(r#""mentor":null}"#));

        // As many statements for all rows as for one.
        let all = async || db.find_all_with("kind_users", values! {}, "posts.comments").await.unwrap();
        let (statements, users) = sent(&db, all).await;
        assert_eq!((statements, users.len()), (3, 3));
        let minors =
            db.find_all_with("kind_users", values! { mentor_id: None::<i64> }, "pupils").await.unwrap();
        assert_eq!(column(&minors, "name"), "Ann");

        // No rows: nothing to ask for.
        let none = async || db.find_all_with("kind_users", values! { name: "?" }, "posts").await.unwrap();
        assert_eq!(sent(&db, none).await, (1, vec![]));

        // The builder says the same, with an order and a limit.
        let two =
            db.table("kind_users").order_by_desc("id").limit(2).with("posts").with(["mentor", "posts.user"]);
        let (statements, two) = sent(&db, async || two.get().await.unwrap()).await;
        assert_eq!((statements, column(&two, "name")), (4, "Bob Cid".into()));
        assert_eq!(of(&two[1].related("posts").unwrap()[0], "user", "name"), "Bob");
        // What reads no rows loads nothing.
        let with = || db.table("kind_users").with("posts");
        let plain = async || {
            let names = with().pluck::<String>("name").await.unwrap();
            (names.len(), with().count().await.unwrap(), with().exists().await.unwrap())
        };
        assert_eq!(sent(&db, plain).await, (3, (3, 3, true)));
    }
}

fn serde_json(row: &DynRow) -> String {
    atlas::types::serde_json::to_string(row).unwrap()
}

#[tokio::test]
async fn by_name_and_key_and_by_several_columns() {
    for db in media::filled().await {
        let tree = ["remarks", "last_remark", "worst_remark", "tags", "plain_tags"];
        let article = db.find_by_id_with("articles", 1, tree).await.unwrap().unwrap();
        for (relation, name, expected) in [
            ("remarks", "text", "on a1 on a1 too"),
            ("last_remark", "text", "on a1 too"),
            ("worst_remark", "text", "on a1 too"),
            ("tags", "name", "calm rust"),
            ("plain_tags", "name", "calm rust"),
        ] {
            assert_eq!(of(&article, relation, name), expected, "{relation}");
        }
        let film = db.find_by_id_with("films", 1, "tags.films").await.unwrap().unwrap();
        assert_eq!(of(&film.related("tags").unwrap()[0], "films", "title"), "f1");
        let several = db.find_by_id_with("remarks", 1, "commentable").await.unwrap_err().to_string();
        assert!(several.contains("`commentable` of `Remark` leads to several models"), "{several}");
    }
    use tenants::*;
    for db in databases().await {
        db.create_tables(models![Account, Invoice, Line, Label, AccountLabel]).await.unwrap();
        let account = |org: i64, number: i32, invoices: usize| {
            let invoices = (0..invoices).map(|_| Invoice::draft());
            Account::draft().org_id(org).number(number).name(format!("{org}/{number}")).invoices(invoices)
        };
        Account::create_many(&db, [account(1, 1, 2), account(1, 2, 0), account(2, 1, 1)]).await.unwrap();
        let find =
            async || db.find_all_with("accounts", values! {}, ["invoices.account", "labels"]).await.unwrap();
        let (statements, accounts) = sent(&db, find).await;
        assert_eq!(statements, 4);
        for account in &accounts {
            let name: String = account.get("name").unwrap();
            let invoices = account.related("invoices").unwrap();
            let expected = if name == "1/1" { 2 } else { usize::from(name == "2/1") };
            assert_eq!(invoices.len(), expected);
            assert!(invoices.iter().all(|invoice| of(invoice, "account", "name") == name));
            assert!(account.related("labels").unwrap().is_empty());
        }
    }
}

// What a relation's declaration says of its records holds here too.
#[tokio::test]
async fn which_records_and_in_which_order() {
    for db in fixed::filled().await {
        let expected = [
            ("published", "title", "a9 a3"),
            ("sketches", "title", "a0"),
            ("best", "title", "a3"),
            ("pupils", "name", "Cid"),
            ("remarks", "text", "r2 r1"),
            ("last_remark", "text", "r2"),
            ("topics", "name", "rust go"),
            ("unread", "text", "n3 n1"),
            ("labels", "name", "new"),
        ];
        let names = expected.map(|(relation, ..)| relation);
        let find = async || db.find_by_id_with("fixed_authors", 1, names).await.unwrap().unwrap();
        let (statements, ann) = sent(&db, find).await;
        assert_eq!(statements, 10);
        for (relation, name, expected) in expected {
            let rows = ann.related(relation).unwrap();
            let found: Vec<String> = rows.iter().map(|row| row.get(name).unwrap()).collect();
            assert_eq!(found.join(" "), expected, "{relation}");
        }
    }
}

/// Keys that some databases give as text, and two models of one table.
mod keys {
    use super::*;

    #[derive(Model, Debug)]
    #[table("name_folders")]
    pub struct Folder {
        #[primary_key(uuid)]
        pub id: Uuid,
        pub parent_id: Option<Uuid>,
        pub label: String,
        #[belongs_to]
        pub parent: BelongsTo<Folder>,
        #[has_many(foreign_key = parent_id)]
        pub inner: HasMany<Folder>,
    }

    #[derive(Model, Debug)]
    #[table("name_folders")]
    pub struct Leaf {
        pub id: Uuid,
        pub parent_id: Option<Uuid>,
        #[belongs_to]
        pub parent: BelongsTo<Folder>,
        #[has_many(foreign_key = id, local_key = parent_id)]
        pub inner: HasMany<Folder>,
    }
}

#[tokio::test]
async fn keys_of_any_type() {
    use keys::*;
    for db in databases().await {
        db.create_tables(models![Folder]).await.unwrap();
        let folder = |label: &str| Folder::draft().label(label);
        let root = folder("root").inner([folder("a"), folder("b")]).save(&db).await.unwrap();
        // Both models of the table mean the same by it.
        let find = db.find_all_with("name_folders", values! { parent_id: root.id }, "parent.inner");
        let error = find.await.unwrap();
        assert_eq!(column(&error, "label"), "a b");
        for folder in &error {
            assert_eq!(of(&folder.related("parent").unwrap()[0], "inner", "label"), "a b");
        }
        let two = db.find_all_with("name_folders", values! {}, "inner").await.unwrap_err().to_string();
        assert!(two.contains("`Folder`") && two.contains("`Leaf`") && two.contains("`inner`"), "{two}");
    }
}

#[tokio::test]
async fn names_that_are_no_relations() {
    for db in blog::filled().await {
        let failed = async |table: &'static str, tree: Relations| {
            let find = async || db.find_all_with(table, values! {}, tree).await.unwrap_err();
            let (statements, error) = sent(&db, find).await;
            assert_eq!(statements, 0, "names are looked up before anything is sent");
            assert!(matches!(error, Error::Config { .. }), "{error:?}");
            error.to_string()
        };
        let error = failed("kind_users", "postz".into()).await;
        assert!(
            error.contains("`User` has no relation `postz`: there are `badges`, `comments`, "),
            "{error}"
        );
        let error = failed("kind_users", "posts.authors".into()).await;
        assert!(error.contains("`Post` has no relation `authors`: there are `comments`, `user`"), "{error}");
        let error = failed("kind_users", "posts.comments.post".into()).await;
        assert!(error.contains("`Comment` has no relation `post`, nor any other"), "{error}");
        let error = failed("nobodys_table", "posts".into()).await;
        assert!(error.contains("`nobodys_table`") && error.contains("no model"), "{error}");
        assert!(failed("kind_users", "".into()).await.contains("no relation ``"));
        let deep = vec!["mentor"; 5_000].join(".");
        let error = failed("kind_users", deep.as_str().into()).await;
        assert!(error.contains("5000 levels deep: 32"), "{error}");

        let ann = db.find_by_id_with("kind_users", 1, "roles").await.unwrap().unwrap();
        let error = ann.related("posts").unwrap_err().to_string();
        assert!(error.contains("`posts` was not loaded") && error.contains("`roles`"), "{error}");
        let lacking =
            db.table("kind_users").select(["name"]).with("posts").get().await.unwrap_err().to_string();
        assert!(lacking.contains("without `id`") && lacking.contains("`posts` of `User`"), "{lacking}");
        // Written rows are given back without relations.
        let rows = db.table("kind_users").where_eq("id", 1).with("posts");
        let changed = rows.update_returning(values! { name: "Anne" }).await.unwrap();
        assert!(changed[0].related("posts").is_err());
    }
}
