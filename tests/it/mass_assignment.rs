use atlas::{Fill, prelude::*};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::support::databases;

fn trimmed(text: String) -> String {
    text.trim().to_owned()
}

#[derive(Model, Debug)]
#[table("members")]
#[fillable(name, born, balance, tags, photo, nickname)]
struct Member {
    id: i64,
    #[mutator(trimmed)]
    name: String,
    born: Option<DateTime<Utc>>,
    #[default(Decimal::ZERO)]
    balance: Decimal,
    #[cast(json)]
    #[default(Vec::new())]
    tags: Vec<String>,
    #[default(Vec::new())]
    photo: Vec<u8>,
    nickname: Option<String>,
    #[default(false)]
    admin: bool,
}

#[derive(Model, Debug)]
#[guarded(id, admin)]
struct Guest {
    id: i64,
    name: String,
    #[default(false)]
    admin: bool,
}

#[derive(Model, Debug)]
struct Closed {
    id: i64,
    #[default("nobody")]
    name: String,
}

// 000-65, C-148
#[tokio::test]
async fn only_what_may_be_filled_is() {
    for db in databases().await {
        db.create_tables(models![Member, Guest, Closed]).await.unwrap();
        let input = r#"{"name": " Ann ", "born": "2000-02-29T12:00:00Z", "balance": "12.50", "tags": ["a"],
            "photo": [1, 2], "nickname": null, "admin": true, "id": 99, "unknown": {"x": 1}}"#;
        let fill: <Member as Model>::Fill = serde_json::from_str(input).unwrap();
        let mut ann = Member::draft().fill(fill).save(&db).await.unwrap();
        assert_eq!((ann.id, ann.name.as_str(), ann.admin), (1, "Ann", false));
        assert_eq!(ann.balance.to_string(), "12.50");
        assert_eq!(ann.born, Some("2000-02-29T12:00:00Z".parse().unwrap()));
        assert_eq!((ann.tags.as_slice(), ann.photo.as_slice()), (&["a".to_owned()][..], &[1, 2][..]));

        let fill: Fill<Member> =
            serde_json::from_str(r#"{"balance": 3, "nickname": "A", "admin": true}"#).unwrap();
        ann.merge(fill).unwrap().save(&db).await.unwrap();
        let ann = Member::find_or_fail(&db, 1).await.unwrap();
        assert_eq!((ann.balance, ann.nickname.as_deref(), ann.admin), (Decimal::from(3), Some("A"), false));

        let guest: Fill<Guest> = serde_json::from_str(r#"{"id": 5, "name": "Gus", "admin": true}"#).unwrap();
        let guest = Guest::draft().fill(guest).save(&db).await.unwrap();
        assert_eq!((guest.id, guest.name.as_str(), guest.admin), (1, "Gus", false));

        let closed: Fill<Closed> = serde_json::from_str(r#"{"name": "x"}"#).unwrap();
        assert!(closed.is_empty());
        assert_eq!(Closed::draft().fill(closed).save(&db).await.unwrap().name, "nobody");
    }
}

#[tokio::test]
async fn what_is_filled_is_checked() {
    for db in databases().await {
        db.create_tables(models![Member]).await.unwrap();
        for (input, named) in [
            (r#"{"name": 7}"#, "name"),
            (r#"{"name": null}"#, "name"),
            (r#"{"born": "soon"}"#, "born"),
            (r#"{"balance": "much"}"#, "balance"),
            (r#"{"tags": [1]}"#, "tags"),
            (r#"{"photo": [256]}"#, "photo"),
        ] {
            let error = serde_json::from_str::<Fill<Member>>(input).unwrap_err().to_string();
            assert!(error.contains(named) && error.contains("Member"), "{input}: {error}");
        }
        assert!(serde_json::from_str::<Fill<Member>>("[]").unwrap_err().to_string().contains("Member"));

        let empty: Fill<Member> = serde_json::from_str("{}").unwrap();
        let error = Member::draft().fill(empty).save(&db).await.unwrap_err();
        assert!(matches!(error, Error::MissingAttribute { model: "Member", column: "name" }), "{error}");
        assert!(Member::query().doesnt_exist(&db).await.unwrap());
    }
}

#[tokio::test]
async fn each_type_is_filled_from_its_own_form() {
    for input in [
        r#"{"name": {"a": ["$ne"]}}"#,
        r#"{"name": ["x"]}"#,
        r#"{"name": true}"#,
        r#"{"born": 5}"#,
        r#"{"born": true}"#,
        r#"{"balance": 12345678901234567.89}"#,
        r#"{"balance": [1]}"#,
        r#"{"photo": "text"}"#,
    ] {
        let error = serde_json::from_str::<Fill<Member>>(input).unwrap_err().to_string();
        assert!(error.contains("Member"), "{input}: {error}");
    }
    for input in
        [r#"{"balance": 0.1}"#, r#"{"balance": 1234567890.12345}"#, r#"{"balance": 100000000000000000000}"#]
    {
        let read = serde_json::from_str::<Fill<Member>>(input);
        assert!(read.is_ok(), "{input}: {read:?}");
    }
}

#[tokio::test]
async fn what_is_filled_reaches_the_database_whatever_its_value() {
    #[derive(Model, Debug)]
    #[fillable(flag)]
    struct Switch {
        id: i64,
        #[default(sql = "1 = 1")]
        flag: bool,
    }
    for db in databases().await {
        db.create_tables(models![Switch]).await.unwrap();
        let mut switch = Record::new(Switch::draft()).unwrap();
        switch.fill(serde_json::from_str(r#"{"flag": false}"#).unwrap()).unwrap();
        switch.save(&db).await.unwrap();
        assert!(!switch.flag && !Switch::find_or_fail(&db, 1).await.unwrap().flag);
    }
}
