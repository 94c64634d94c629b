//! Records as JSON.

use atlas::{Fields, prelude::*};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::databases;

// No model here is `Serialize`: records are.

#[derive(Model)]
#[hidden(pin, secret_notes)]
#[appends(full_name)]
#[accessors(initials)]
struct Writer {
    id: i64,
    first: String,
    last: String,
    #[sensitive]
    password: String,
    pin: Option<i32>,
    #[serialize_as("mail")]
    email: String,
    #[has_many]
    articles: HasMany<Article>,
    #[has_many(foreign_key = about_id)]
    secret_notes: HasMany<Jotting>,
    #[has_one(latest)]
    #[serialize_as("newest")]
    newest_article: HasOne<Article>,
}

impl Writer {
    fn full_name(&self) -> String {
        format!("{} {}", self.first, self.last)
    }

    fn initials(&self) -> [char; 2] {
        [&self.first, &self.last].map(|name| name.chars().next().unwrap_or('?'))
    }
}

#[derive(Model)]
#[table("serial_articles")]
struct Article {
    id: i64,
    writer_id: Option<i64>,
    title: String,
    #[belongs_to]
    writer: BelongsTo<Writer>,
    #[belongs_to_many]
    topics: BelongsToMany<Topic, ArticleTopic>,
    #[morph_many(name = about)]
    remarks: MorphMany<Remark>,
}

#[derive(Model)]
struct Jotting {
    id: i64,
    about_id: i64,
    #[belongs_to(foreign_key = about_id)]
    about: BelongsTo<Writer>,
}

#[derive(Model)]
struct Topic {
    id: i64,
    name: String,
}

#[derive(Model)]
struct ArticleTopic {
    #[primary_key]
    article_id: i64,
    #[primary_key]
    topic_id: i64,
    #[default(1)]
    weight: i32,
}

#[derive(MorphTarget)]
enum About {
    Article(Record<Article>),
    Topic(Record<Topic>),
    #[morph(other)]
    Gone,
}

#[derive(Model)]
struct Remark {
    id: i64,
    about_type: String,
    about_id: i64,
    #[morph_to]
    about: MorphTo<About>,
}

async fn writers() -> crate::support::Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Writer, Article, Jotting, Topic, ArticleTopic, Remark]).await.unwrap();
        let writer = |first: &str, last: &str| {
            Writer::draft()
                .first(first)
                .last(last)
                .password("geheim")
                .pin(1234)
                .email(format!("{first}@x.org"))
        };
        Writer::create_many(db, [writer("Ann", "Lee"), writer("Bob", "Ray")]).await.unwrap();
        let article = |title: &str| Article::draft().title(title).writer_id(1);
        Article::create_many(db, [article("One"), article("Two")]).await.unwrap();
        Article::draft().title("Nobody's").save(db).await.unwrap();
        Topic::create_many(db, ["rust", "sql"].map(|name| Topic::draft().name(name))).await.unwrap();
        ArticleTopic::draft().article_id(1).topic_id(2).weight(7).save(db).await.unwrap();
        Jotting::draft().about_id(1).save(db).await.unwrap();
        for (name, id) in [("Article", 1), ("Topic", 2), ("Podcast", 3), ("Article", 99)] {
            Remark::draft().about_type(name).about_id(id).save(db).await.unwrap();
        }
    }
    databases
}

// 000-145, B-110, B-111, B-263, X-16, C-211, 004-47, 004-101, 004-104, 004-114, B-224, B-291
#[tokio::test]
async fn a_record_is_its_columns_relations_and_accessors() {
    for db in writers().await {
        let ann = Writer::find_or_fail(&db, 1).await.unwrap();
        let plain =
            json!({"id": 1, "first": "Ann", "last": "Lee", "mail": "Ann@x.org", "full_name": "Ann Lee"});
        assert_eq!(serde_json::to_value(&ann).unwrap(), plain);
        assert_eq!(ann.serialize().unwrap(), plain);
        let text = r#"{"id":1,"first":"Ann","last":"Lee","mail":"Ann@x.org","full_name":"Ann Lee"}"#;
        assert_eq!(
            (ann.to_json().unwrap().as_str(), serde_json::to_string(&[&ann]).unwrap()),
            (text, format!("[{text}]"))
        );
        assert!(ann.to_json_pretty().unwrap().starts_with("{\n  \"id\": 1,\n"));

        let with =
            (Writer::articles.order_by(Article::id.asc()), Writer::secret_notes, Writer::newest_article);
        let ann = Writer::query().with(with).with_count(Writer::articles).find_or_fail(&db, 1).await.unwrap();
        let articles =
            json!([{"id": 1, "writer_id": 1, "title": "One"}, {"id": 2, "writer_id": 1, "title": "Two"}]);
        let mut expected = plain;
        expected["articles"] = articles;
        expected["newest"] = json!({"id": 2, "writer_id": 1, "title": "Two"});
        expected["articles_count"] = json!(2);
        assert_eq!(ann.serialize().unwrap(), expected);

        let bob = Writer::query()
            .with((Writer::articles, Writer::newest_article))
            .find_or_fail(&db, 2)
            .await
            .unwrap();
        let bob = bob.serialize().unwrap();
        assert_eq!((&bob["articles"], &bob["newest"]), (&json!([]), &Value::Null));
    }
}

// X-09
#[tokio::test]
async fn pivots_parents_and_pages_are_serialized() {
    for db in writers().await {
        let with = (Article::topics, Article::writer.with(Writer::newest_article));
        let page = Article::query().with(with).order_by(Article::id).paginate(&db, 1, 1).await.unwrap();
        let writer = json!({
            "id": 1, "first": "Ann", "last": "Lee", "mail": "Ann@x.org", "full_name": "Ann Lee",
            "newest": {"id": 2, "writer_id": 1, "title": "Two"},
        });
        let pivot = json!({"article_id": 1, "topic_id": 2, "weight": 7});
        let topics = json!([{"id": 2, "name": "sql", "pivot": pivot}]);
        assert_eq!(
            serde_json::to_value(&page).unwrap(),
            json!({
                "data": [{"id": 1, "writer_id": 1, "title": "One", "writer": writer, "topics": topics}],
                "total": 3, "per_page": 1, "current_page": 1, "last_page": 3,
            })
        );

        let remarks = Remark::query().with(Remark::about).order_by(Remark::id).get(&db).await.unwrap();
        let about: Vec<Value> =
            remarks.iter().map(|remark| remark.serialize().unwrap()["about"].clone()).collect();
        let article = json!({"id": 1, "writer_id": 1, "title": "One"});
        assert_eq!(about, [article, json!({"id": 2, "name": "sql"}), Value::Null, Value::Null]);
        let bare = Remark::find_or_fail(&db, 1).await.unwrap().serialize().unwrap();
        assert_eq!(bare, json!({"id": 1, "about_type": "Article", "about_id": 1}));
    }
}

// C-212, C-213
#[tokio::test]
async fn a_record_may_show_more_or_less_than_its_model() {
    for db in writers().await {
        let mut ann = Writer::query().with(Writer::articles).find_or_fail(&db, 1).await.unwrap();
        ann.make_visible((Writer::password, "pin")).unwrap().make_hidden(Writer::articles).unwrap();
        ann.append("initials").unwrap();
        let shown = ann.serialize().unwrap();
        assert_eq!(
            (&shown["password"], &shown["pin"], &shown["initials"]),
            (&json!("geheim"), &json!(1234), &json!(["A", "L"]))
        );
        assert!(shown.get("articles").is_none());

        ann.make_hidden(["password", "full_name"]).unwrap();
        let shown = ann.serialize().unwrap();
        assert!(shown.get("password").is_none() && shown.get("full_name").is_none() && shown["pin"] == 1234);
        assert!(ann.is_clean(()), "what is shown is no change of the row");

        ann.set_visible((Writer::id, "full_name")).unwrap();
        assert_eq!(ann.serialize().unwrap(), json!({"id": 1, "full_name": "Ann Lee"}));
        ann.make_visible(Writer::first).unwrap().make_hidden(Writer::id).unwrap();
        assert_eq!(ann.serialize().unwrap(), json!({"first": "Ann", "full_name": "Ann Lee"}));

        let error = ann.make_hidden("pasword").unwrap_err().to_string();
        assert!(error.contains("`Writer` has no `pasword`") && error.contains("`password`"), "{error}");
        let error = ann.append("first").unwrap_err().to_string();
        assert!(error.contains("`Writer` has no accessor `first`"), "{error}");
        let other = Writer::find_or_fail(&db, 1).await.unwrap();
        assert!(other.serialize().unwrap().get("pin").is_none(), "another record is as its model says");
    }
}

// 004-102, 004-103, 004-105, 004-106, 004-107, 004-100, B-292, B-293
#[tokio::test]
async fn parts_are_picked_and_omitted_at_every_level() {
    for db in writers().await {
        let with = Writer::articles.order_by(Article::id.asc()).with(Article::topics);
        let mut ann =
            Writer::query().with(with).with_count(Writer::articles).find_or_fail(&db, 1).await.unwrap();
        let topics = Fields::pick(["name"]);
        let fields = Fields::omit(["mail", "first", "last", "articles_count"])
            .relation("articles", Fields::pick(["id"]).relation("topics", topics));
        let articles = json!([{"id": 1, "topics": [{"name": "sql"}]}, {"id": 2, "topics": []}]);
        assert_eq!(
            ann.serialize_with(&fields).unwrap(),
            json!({"id": 1, "full_name": "Ann Lee", "articles": articles})
        );
        // Omitting comes before picking, and hiding before both.
        let fields = Fields::pick(["id", "mail", "password", "articles_count"]).without(["id"]);
        assert_eq!(ann.serialize_with(&fields).unwrap(), json!({"mail": "Ann@x.org", "articles_count": 2}));
        let fields =
            Fields::pick(["id", "articles"]).relation("articles", Fields::omit(["writer_id", "topics"]));
        let articles = json!([{"id": 1, "title": "One"}, {"id": 2, "title": "Two"}]);
        assert_eq!(ann.serialize_with(&fields).unwrap(), json!({"id": 1, "articles": articles}));

        for wrong in [
            Fields::pick(["email"]),
            Fields::omit(["pasword"]),
            Fields::all().relation("posts", Fields::all()),
        ] {
            let error = ann.serialize_with(&wrong).unwrap_err().to_string();
            assert!(error.contains("`Writer` is serialized without a"), "{error}");
        }
        let deep = Fields::all().relation("articles", Fields::pick(["nmae"]));
        let error = ann.serialize_with(&deep).unwrap_err().to_string();
        assert!(error.contains("`Article` is serialized without a `nmae`"), "{error}");

        let all = Fields::all();
        let attributes = json!({"id": 1, "first": "Ann", "last": "Lee", "mail": "Ann@x.org"});
        assert_eq!(ann.serialize_attributes(&all).unwrap(), attributes);
        assert_eq!(ann.serialize_computed(&all).unwrap(), json!({"full_name": "Ann Lee"}));
        assert_eq!(ann.serialize_attributes(&Fields::pick(["id"])).unwrap(), json!({"id": 1}));
        let none = Fields::all().relation("articles", Fields::pick(["id"]));
        assert_eq!(ann.serialize_relations(&none).unwrap(), json!({"articles": [{"id": 1}, {"id": 2}]}));

        ann.set_extra("rank", 3);
        let object = ann.to_object().unwrap();
        assert_eq!(
            (&object["email"], &object["password"], &object["rank"]),
            (&json!("Ann@x.org"), &json!("geheim"), &json!(3))
        );
        assert_eq!((&object["articles"][0]["id"], &object["initials"]), (&json!(1), &json!(["A", "L"])));
    }
}

#[derive(Model)]
#[table("shipments")]
#[visible(id, label, total_weight, boxes)]
#[appends(total_weight, secret_route)]
struct Shipment {
    id: i64,
    label: String,
    #[sensitive]
    route: String,
    #[has_many]
    boxes: HasMany<Crate>,
    #[has_one(latest, foreign_key = shipment_id)]
    last_box: HasOne<Crate>,
}

impl Shipment {
    fn total_weight(&self) -> Option<i32> {
        Some(self.boxes.get().ok()?.iter().map(|one| one.weight).sum())
    }

    fn secret_route(&self) -> &str {
        &self.route
    }
}

#[derive(Model)]
struct Crate {
    id: i64,
    shipment_id: i64,
    weight: i32,
}

// B-110
#[tokio::test]
async fn what_is_visible_is_a_list_of_all_there_is() {
    for db in databases().await {
        db.create_tables(models![Shipment, Crate]).await.unwrap();
        let boxes = [3, 4].map(|weight| Crate::draft().weight(weight).shipment_id(0));
        Shipment::draft().label("A").route("via X").boxes(boxes).save(&db).await.unwrap();
        let with = (Shipment::boxes, Shipment::last_box);
        let mut one =
            Shipment::query().with(with).with_count(Shipment::boxes).first_or_fail(&db).await.unwrap();
        let shown = one.serialize_with(&Fields::omit(["boxes"])).unwrap();
        assert_eq!(shown, json!({"id": 1, "label": "A", "total_weight": 7, "boxes_count": 2}));
        one.make_visible((Shipment::route, "secret_route"))
            .unwrap()
            .make_hidden(["boxes_count", "boxes"])
            .unwrap();
        let shown =
            json!({"id": 1, "label": "A", "route": "via X", "total_weight": 7, "secret_route": "via X"});
        assert_eq!(one.serialize().unwrap(), shown);
    }
}

#[derive(Model)]
#[serialize(rename_all = "camelCase")]
#[appends(shown_price)]
#[timestamps]
struct PriceTag {
    id: i64,
    unit_price: Decimal,
    #[serialize_with(short)]
    valid_on: NaiveDate,
    valid_at: NaiveTime,
    seen_at: chrono::NaiveDateTime,
    raw_bytes: Vec<u8>,
    extra_data: serde_json::Value,
    #[cast(json)]
    #[serialize_as("labels")]
    label_list: Vec<String>,
    external_key: Uuid,
    how_many: Option<u64>,
    share: f64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

fn short(date: &NaiveDate) -> String {
    date.format("%d.%m.%Y").to_string()
}

impl PriceTag {
    fn shown_price(&self) -> String {
        format!("{} €", self.unit_price)
    }
}

// X-16, B-255, C-214, B-260
#[tokio::test]
async fn values_have_a_form_that_mass_assignment_reads() {
    for db in databases().await {
        db.create_tables(models![PriceTag]).await.unwrap();
        let at: DateTime<Utc> = "2026-01-31T12:30:05.123456Z".parse().unwrap();
        let tag = PriceTag::draft()
            .unit_price("12.75".parse::<Decimal>().unwrap())
            .valid_on(NaiveDate::from_ymd_opt(2026, 2, 28).unwrap())
            .valid_at(NaiveTime::from_hms_opt(23, 5, 0).unwrap())
            .seen_at(at.naive_utc())
            .raw_bytes(vec![0, 255])
            .extra_data(json!({"a": [1, null]}))
            .label_list(vec!["x".to_owned()])
            .external_key(Uuid::from_u128(0x42))
            .share(0.5)
            .created_at(at)
            .updated_at("2026-01-31T12:30:05Z".parse::<DateTime<Utc>>().unwrap());
        let id = tag.save(&db).await.unwrap().id;
        let mut tag = PriceTag::find_or_fail(&db, id).await.unwrap();
        tag.set_extra("seen_by_us", true);
        assert_eq!(
            tag.serialize().unwrap(),
            json!({
                "id": 1, "unitPrice": "12.75", "validOn": "28.02.2026", "validAt": "23:05:00",
                "seenAt": "2026-01-31T12:30:05.123456", "rawBytes": [0, 255], "extraData": {"a": [1, null]},
                "labels": ["x"], "externalKey": "00000000-0000-0000-0000-000000000042", "howMany": null, "share": 0.5,
                "createdAt": "2026-01-31T12:30:05.123456Z", "updatedAt": "2026-01-31T12:30:05Z",
                "shownPrice": "12.75 €", "seenByUs": true,
            })
        );
        let created: DateTime<Utc> = tag.serialize().unwrap()["createdAt"].as_str().unwrap().parse().unwrap();
        assert_eq!(created, at);
        assert_eq!(
            tag.serialize_with(&Fields::pick(["validOn", "seenByUs"])).unwrap(),
            json!({"validOn": "28.02.2026", "seenByUs": true})
        );
        tag.make_hidden("seen_by_us").unwrap();
        assert_eq!(tag.serialize_with(&Fields::pick(["validOn"])).unwrap(), json!({"validOn": "28.02.2026"}));
    }
}
