//! Columns that are encrypted, and passwords that are hashed.

use std::sync::{Arc, Mutex};

use atlas::{Error, Fill, Hashed, new_encryption_key, prelude::*, value::Value};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::support::{databases, places, sent};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Card {
    number: String,
    cvc: u16,
}

#[derive(Model, Debug)]
#[fillable(name, ssn, pin, card)]
struct Patient {
    id: i64,
    name: String,
    #[cast(encrypted)]
    ssn: String,
    #[cast(encrypted)]
    pin: Option<i32>,
    #[cast(encrypted, json)]
    card: Option<Card>,
    #[cast(encrypted)]
    seen_at: Option<DateTime<Utc>>,
}

/// The same rows, without keys.
#[derive(Model, Debug)]
#[table("patients")]
struct Stored {
    id: i64,
    ssn: String,
    pin: Option<String>,
    card: Option<String>,
}

#[derive(Model, Debug)]
struct Doctor {
    id: i64,
    #[cast(encrypted)]
    ssn: String,
}

fn card() -> Card {
    Card { number: "4111".into(), cvc: 123 }
}

// C-205, C-206, C-210
#[tokio::test]
async fn an_encrypted_column_is_plain_in_the_program_alone() {
    for place in places("encrypted").await {
        let key = new_encryption_key().unwrap();
        let db = Db::builder(&place.url).encryption_key(&key).connect().await.unwrap();
        db.create_tables(models![Patient, Doctor]).await.unwrap();
        let events = Arc::new(Mutex::new(Vec::new()));
        let log = events.clone();
        db.listen(move |event| log.lock().unwrap().push(format!("{event:?}")));

        let at: DateTime<Utc> = "2026-01-31T12:00:00Z".parse().unwrap();
        let draft = || Patient::draft().name("Ann").ssn("078-05-1120").pin(1234).card(card()).seen_at(at);
        let ann = draft().save(&db).await.unwrap();
        assert_eq!((ann.ssn.as_str(), ann.pin), ("078-05-1120", Some(1234)));
        Patient::insert(&db, [draft(), draft()]).await.unwrap();
        let mut read = Patient::find_or_fail(&db, ann.id).await.unwrap();
        assert_eq!(
            (read.ssn.as_str(), read.pin, &read.card, read.seen_at),
            ("078-05-1120", Some(1234), &Some(card()), Some(at))
        );

        // Neither the row nor what is shown of the record or told of the statements says what it is.
        let rows = Stored::query().order_by(Stored::id).get(&db).await.unwrap();
        assert!(
            rows.iter().all(|row| row.ssn.starts_with("atlas1:") && row.pin.is_some() && row.card.is_some())
        );
        assert_ne!(rows[0].ssn, rows[1].ssn, "each is encrypted with a nonce of its own");
        let shown = format!("{rows:?} {read:?} {:?} {}", events.lock().unwrap(), read.to_json().unwrap());
        assert!(!shown.contains("078-05") && !shown.contains("1234") && !shown.contains("4111"), "{shown}");
        read.make_visible(Patient::ssn).unwrap();
        assert_eq!(read.serialize().unwrap(), json!({"id": 1, "name": "Ann", "ssn": "078-05-1120"}));

        // What was not changed is not written again, though it would be another text.
        read.ssn = "078-05-1120".to_owned();
        read.card = Some(card());
        assert!(read.is_clean(()));
        read.name = "Anna".into();
        assert_eq!(read.dirty(), [("name", Value::from("Anna"))]);
        read.save(&db).await.unwrap();
        let row = Stored::find_or_fail(&db, 1).await.unwrap();
        assert_eq!((&row.ssn, &row.card), (&rows[0].ssn, &rows[0].card));
        read.ssn = "219-09-9999".into();
        read.pin = None;
        assert!(
            read.is_dirty(Patient::ssn)
                && read.original(Patient::pin).unwrap().is_some_and(|pin| pin.0 == 1234)
        );
        assert!(!format!("{:?}", read.dirty()).contains("219"));
        read.save(&db).await.unwrap();
        let row = Stored::find_or_fail(&db, 1).await.unwrap();
        assert!(row.ssn != rows[0].ssn && row.pin.is_none(), "NULL is never encrypted");

        // By query, and by input.
        Patient::query()
            .where_eq(Patient::id, 2)
            .update(&db, Patient::ssn.set("000-00-0000".to_owned()))
            .await
            .unwrap();
        let ssn = Patient::query().order_by(Patient::id).pluck(&db, Patient::ssn).await.unwrap();
        let ssn: Vec<&str> = ssn.iter().map(|ssn| ssn.0.as_str()).collect();
        assert_eq!(ssn, ["219-09-9999", "000-00-0000", "078-05-1120"]);
        let input = json!({"name": "Bob", "ssn": "1", "pin": 7, "card": {"number": "5", "cvc": 1}});
        let fill: Fill<Patient> = serde_json::from_value(input).unwrap();
        let bob = Patient::draft().fill(fill).save(&db).await.unwrap();
        let bob = Patient::find_or_fail(&db, bob.id).await.unwrap();
        assert_eq!((bob.ssn.as_str(), bob.pin, bob.card.as_ref().unwrap().cvc), ("1", Some(7), 1));
        let copy = bob.replicate(&db).await.unwrap();
        assert_eq!(copy.ssn, "1");
        let wrong =
            serde_json::from_value::<Fill<Patient>>(json!({"pin": "geheim"})).unwrap_err().to_string();
        assert!(wrong.contains("pin") && !wrong.contains("geheim"), "{wrong}");

        for error in [
            Patient::query().filter(Patient::ssn.eq(With::new("1".to_owned()))).get(&db).await.err(),
            Patient::query().filter(Patient::ssn.is_in([With::new("1".to_owned())])).count(&db).await.err(),
        ] {
            let error = error.expect("an encrypted column cannot be compared").to_string();
            assert!(error.contains("`ssn` of `Patient` is encrypted") && error.contains("hash"), "{error}");
        }
        assert_eq!(Patient::query().where_null(Patient::pin).count(&db).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_wrong_key_or_a_changed_text_is_told_without_the_content() {
    for place in places("wrong_key").await {
        let key = new_encryption_key().unwrap();
        let db = Db::builder(&place.url).encryption_key(&key).connect().await.unwrap();
        db.create_tables(models![Patient, Doctor]).await.unwrap();
        Patient::draft().name("Ann").ssn("078-05-1120").save(&db).await.unwrap();
        let text = Stored::find_or_fail(&db, 1).await.unwrap().ssn.clone();

        let message = async || Patient::find(&db, 1).await.unwrap_err().to_string();
        let put = async |ssn: &str| {
            db.execute("update patients set ssn = ? where id = 1", [ssn]).await.unwrap();
        };
        let mut changed = text.clone().into_bytes();
        let last = changed.len() - 6;
        changed[last] = if changed[last] == b'A' { b'B' } else { b'A' };
        put(&String::from_utf8(changed).unwrap()).await;
        let error = message().await;
        assert!(
            error.contains("`ssn` of `Patient` cannot be decrypted") && error.contains("changed since"),
            "{error}"
        );
        put("078-05-1120").await;
        let error = message().await;
        assert!(error.contains("was never encrypted") && !error.contains("078"), "{error}");
        put(&text[..text.len() - 8]).await;
        assert!(message().await.contains("cannot be decrypted"));

        // What was encrypted for one column is nothing in another.
        db.execute("insert into doctors (ssn) values (?)", [text.as_str()]).await.unwrap();
        let error = Doctor::find(&db, 1).await.unwrap_err().to_string();
        assert!(error.contains("another table or column"), "{error}");

        // A text of a key that the program was never given.
        let foreign = format!("atlas1:AAAA{}", &text["atlas1:AAAA".len()..]);
        put(&foreign).await;
        let error = message().await;
        assert!(error.contains("the key 000000") && error.contains("previous_encryption_key"), "{error}");

        let without = Db::connect(&place.url).await.unwrap();
        let error = Doctor::draft().ssn("078").save(&without).await.unwrap_err();
        assert!(matches!(error, Error::Config { .. }), "{error:?}");
        assert!(error.to_string().contains("this database has no key") && !error.to_string().contains("078"));
        let wrong = Db::builder(&place.url).encryption_key("geheim").connect().await.unwrap_err().to_string();
        assert!(wrong.contains("32 bytes as base64") && !wrong.contains("geheim"), "{wrong}");
    }
}

// C-210
#[tokio::test]
async fn keys_are_changed_for_others() {
    for place in places("rotation").await {
        let (old, new) = (new_encryption_key().unwrap(), new_encryption_key().unwrap());
        let db = Db::builder(&place.url).encryption_key(format!("base64:{old}")).connect().await.unwrap();
        db.create_tables(models![Patient]).await.unwrap();
        Patient::draft().name("Ann").ssn("078").save(&db).await.unwrap();
        let before = Stored::find_or_fail(&db, 1).await.unwrap().ssn.clone();

        let db = Db::builder(&place.url)
            .encryption_key(&new)
            .previous_encryption_key(&old)
            .connect()
            .await
            .unwrap();
        let ann = Patient::find_or_fail(&db, 1).await.unwrap();
        assert_eq!(ann.ssn, "078");
        let bob = Patient::draft().name("Bob").ssn("079").save(&db).await.unwrap();
        let key = |text: &str| text[.."atlas1:".len() + 4].to_owned();
        assert_ne!(key(&before), key(&Stored::find_or_fail(&db, bob.id).await.unwrap().ssn));
        let again = Patient::ssn.set(ann.ssn.clone());
        Patient::query().where_eq(Patient::id, 1).update(&db, again).await.unwrap();
        let after = Stored::find_or_fail(&db, 1).await.unwrap().ssn.clone();
        assert!(key(&after) != key(&before) && Patient::find_or_fail(&db, 1).await.unwrap().ssn == "078");
    }
}

#[derive(Model, Debug)]
#[fillable(name, password)]
struct Login {
    id: i64,
    name: String,
    password: Hashed,
    recovery: Option<Hashed>,
}

// C-205, C-206
#[tokio::test]
async fn a_password_is_hashed_once() {
    for db in databases().await {
        db.create_tables(models![Login]).await.unwrap();
        let draft = Login::draft().name("ann").password("hunter2");
        let mut ann = draft.save(&db).await.unwrap();
        assert!(ann.password.verify("hunter2") && !ann.password.verify("Hunter2") && ann.recovery.is_none());
        assert!(ann.password.as_str().starts_with("$argon2id$v=19$") && !ann.password.needs_rehash());
        let hash = ann.password.as_str().to_owned();

        ann.name = "anna".into();
        ann.save(&db).await.unwrap();
        let mut read = Login::find_or_fail(&db, 1).await.unwrap();
        assert_eq!(read.password.as_str(), hash, "it is not hashed again");
        let copy = read.replicate(&db).await.unwrap().password.clone();
        assert_eq!(copy.as_str(), hash);

        // What comes from outside is a password, whatever it looks like.
        let fill: Fill<Login> = serde_json::from_value(json!({"name": "anna", "password": hash})).unwrap();
        read.merge(fill).unwrap().save(&db).await.unwrap();
        assert!(read.password.verify(&hash) && !read.password.verify("hunter2"));

        read.recovery = Some("phrase".into());
        let (statements, done) = sent(&db, async || read.save(&db).await).await;
        done.unwrap();
        assert_eq!(statements, 1);
        let read = Login::find_or_fail(&db, 1).await.unwrap();
        assert!(read.recovery.as_ref().unwrap().verify("phrase"));
        let shown = format!("{read:?} {}", read.to_json().unwrap());
        assert!(!shown.contains("argon2"), "{shown}");

        db.execute("update logins set password = ?", ["hunter2"]).await.unwrap();
        let error = Login::find(&db, 1).await.unwrap_err().to_string();
        assert!(error.contains("`password` of `Login`") && !error.contains("hunter2"), "{error}");
        let old = Hashed::from_hash("$2b$12$abcdefghijklmnopqrstuv").unwrap();
        assert!(!old.verify("x") && old.needs_rehash());
        assert!(Hashed::from_hash("hunter2").is_err());
    }
}
