//! What a model is, as data.

use atlas::prelude::*;

use crate::support::databases;

#[derive(Model, Debug)]
#[appends(initials)]
#[accessors(length)]
#[hidden(secret, notes)]
#[soft_deletes]
struct Writer {
    id: i64,
    #[unique]
    #[column("full_name")]
    #[serialize_as("name")]
    called: String,
    secret: Option<String>,
    deleted_at: Option<chrono::DateTime<chrono::Utc>>,
    #[skip]
    drafts_seen: Vec<String>,
    #[has_many(local_key = called, foreign_key = by)]
    notes: HasMany<Note>,
}

impl Writer {
    fn initials(&self) -> String {
        self.called.chars().take(1).collect()
    }

    fn length(&self) -> usize {
        self.called.len()
    }
}

#[derive(Model, Debug)]
struct Note {
    id: i64,
    by: String,
    #[belongs_to(foreign_key = by, owner_key = called)]
    writer: BelongsTo<Writer>,
}

// 004-44, 004-46, 004-48, 004-54, 004-55, 004-57, 004-58, 004-60, 004-61, 004-49
#[test]
fn columns_accessors_and_relations_are_data() {
    let meta = Writer::meta();
    assert_eq!((meta.name, meta.table, meta.key), ("Writer", "writers", &[0][..]));
    let fields: Vec<_> =
        meta.columns.iter().map(|column| (column.field, column.name, column.serialized)).collect();
    assert_eq!(
        fields,
        [
            ("id", "id", "id"),
            ("called", "full_name", "name"),
            ("secret", "secret", "secret"),
            ("deleted_at", "deleted_at", "deleted_at"),
        ]
    );
    assert_eq!(
        (meta.index_of("called"), meta.index_of("full_name"), meta.index_of("notes")),
        (Some(1), Some(1), None)
    );
    let secret = meta.column(2).unwrap();
    assert!(secret.nullable && secret.hidden && !secret.unique);
    assert!(meta.column(9).is_err());
    assert_eq!(meta.soft_deletes, Some(3));
    let accessors: Vec<_> =
        meta.accessors.iter().map(|accessor| (accessor.name, accessor.appended)).collect();
    assert_eq!(accessors, [("initials", true), ("length", false)]);
    let [notes] = meta.relations else { panic!("{:?}", meta.relations) };
    assert!(notes.name == "notes" && notes.hidden);
    let link = notes.link.expect("it leads to a model");
    assert_eq!(((link.target)().name, link.local(), link.foreign()), ("Note", vec![1], vec![1]));
    assert_eq!((Note::meta().relations[0].link.expect("a model").target)().name, "Writer");
}

// 004-53, B-294
#[tokio::test]
async fn fields_that_are_no_columns_are_neither_read_nor_written() {
    for db in databases().await {
        db.create_tables(models![Writer, Note]).await.unwrap();
        let mut ann = Writer::draft().called("Ann").save(&db).await.unwrap();
        assert!(ann.drafts_seen.is_empty());
        ann.drafts_seen.push("one".into());
        assert!(ann.is_clean(()) && ann.dirty().is_empty());
        ann.save(&db).await.unwrap();
        assert_eq!(ann.drafts_seen, ["one"], "a save leaves it alone");
        ann.refresh(&db).await.unwrap();
        assert!(ann.drafts_seen.is_empty(), "a record that is read anew begins anew");
        assert!(Writer::find_or_fail(&db, ann.id).await.unwrap().drafts_seen.is_empty());
        let json = serde_json::to_value(&ann).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"id": ann.id, "name": "Ann", "deleted_at": null, "initials": "A"})
        );

        // What a statement selects beside the columns is an extra, and no column.
        let text = "select id, full_name, secret, deleted_at, 2 as two from writers";
        let row = db.raw(text, ()).read_as::<Record<Writer>>().first_or_fail().await.unwrap();
        assert_eq!((row.called.as_str(), row.extra::<i64>("two").unwrap()), ("Ann", 2));
        assert!(row.is_clean(()) && row.attributes().iter().all(|(name, _)| *name != "two"));
    }
}
