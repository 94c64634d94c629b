//! Questions to what is inside of JSON columns.

use atlas::{Expr, prelude::*, types::serde_json};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::support::databases;

#[derive(Serialize, Deserialize, Debug, Clone)]
struct Settings {
    theme: String,
    tabs: Vec<i32>,
}

#[derive(Model, Debug)]
#[table("sites")]
struct Site {
    id: i64,
    meta: serde_json::Value,
    #[cast(json)]
    settings: Option<Settings>,
}

// B-41, B-42, B-43, C-33, C-34, Y-13
#[tokio::test]
async fn paths_lead_to_values() {
    let meta = || Site::meta.document();
    let hostile = r#"a.b["c"]\ '; drop table sites; -- ü $ {0}"#;
    let all = "1";
    let cases: Vec<(&str, Expr<Site>)> = vec![
        (all, Site::meta.path("theme").eq("dark")),
        ("", Site::meta.path("theme").eq("Dark")),
        ("2 4", Site::meta.path("theme").ne("dark")),
        ("1 2", Site::meta.path("theme").is_in(["light", "dark"])),
        ("3 4", Site::meta.path("theme").is_null()),
        ("3 4", Site::meta.path("theme").eq(None::<String>)),
        ("1 2", Site::meta.path("theme").is_not_null()),
        (all, Site::meta.path("mail").path("days").at(1).eq(5)),
        (all, Site::meta.path("mail").path("days").at(1).eq(5.0)),
        ("", Site::meta.path("mail").path("days").at(9).eq(5)),
        (all, Site::meta.path("mail").path("days").eq([1, 5])),
        ("", Site::meta.path("mail").path("days").eq([5, 1])),
        (all, Site::meta.path("mail").eq(json!({ "on": true, "days": [1, 5] }))),
        (all, Site::meta.path("mail").path("on").eq(true)),
        ("", Site::meta.path("mail").path("on").eq(1)),
        ("", Site::meta.path("mail").path("on").eq("true")),
        (all, Site::meta.path(hostile).eq(hostile)),
        ("", Site::meta.path("a").path("b").eq(hostile)),
        (all, Site::meta.path("tags").contains("rust")),
        ("", Site::meta.path("tags").contains("ru")),
        (all, Site::meta.path("tags").contains(["orm", "rust"])),
        ("2", Site::meta.path("tags").doesnt_contain("rust")),
        ("1 2", Site::meta.path("tags").overlaps(["go", "rust"])),
        ("2", Site::meta.path("tags").doesnt_overlap(["rust", "zig"])),
        (all, Site::meta.path("mail").contains(json!({ "on": true }))),
        (all, meta().contains_key("mail")),
        ("1 2 4", meta().contains_key("theme")),
        (all, meta().contains_key(hostile)),
        ("2 3 4", meta().doesnt_contain_key("mail")),
        (all, Site::meta.path("tags").length().eq(2)),
        ("3", meta().length().eq(3)),
        ("3", Site::meta.at(2).eq("x")),
        (all, Site::meta.path("theme").text().upper().eq("DARK")),
        ("", Site::meta.path("theme").text().eq("DARK")),
        (all, Site::meta.path("size").integer().eq(12)),
        (all, Site::meta.path("size").float().gt(12.4)),
        (all, Site::meta.path("size").text().is_null().and(meta().contains_key("size")).scoped()),
        (all, Site::meta.path("mail").path("on").boolean().eq(true)),
        (all, Site::meta.path("theme").integer().is_null().and(meta().contains_key("mail")).scoped()),
        (all, Site::settings.path("theme").eq("blue")),
        (all, Site::settings.path("tabs").contains(3)),
        ("", Site::settings.path("theme").ne("blue")),
        ("2 3 4", Site::settings.path("theme").is_null()),
    ];
    for db in databases().await {
        db.create_tables(models![Site]).await.unwrap();
        let rich = json!({
            "theme": "dark", "size": 12.5, "mail": { "on": true, "days": [1, 5] }, "tags": ["rust", "orm"],
            (hostile): hostile,
        });
        let others =
            [json!({ "theme": "light", "tags": ["go"] }), json!([1, 2, "x"]), json!({ "theme": null })];
        let settings = Settings { theme: "blue".into(), tabs: vec![1, 3] };
        Site::draft().meta(rich).settings(settings).save(&db).await.unwrap();
        for other in others {
            Site::draft().meta(other).settings(None).save(&db).await.unwrap();
        }
        let mut wrong = Vec::new();
        for (index, (expected, case)) in cases.iter().enumerate() {
            let query = Site::query().filter(case.clone()).order_by(Site::id);
            let text = query.to_sql(&db).unwrap().text;
            let found = query.pluck(&db, Site::id).await.map_err(|error| error.to_string());
            let found = found.map(|ids| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
            if found.as_deref() != Ok(expected) {
                wrong.push(format!("case {index}: {found:?}, not {expected}: {text}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        let by_size = Site::query()
            .order_by(Site::meta.path("size").float().desc().nulls_last())
            .order_by(Site::id.desc());
        assert_eq!(by_size.pluck(&db, Site::id).await.unwrap(), [1, 4, 3, 2]);
        let themes =
            Site::query().order_by(Site::id).select(Site::meta.path("theme").text()).get(&db).await.unwrap();
        assert_eq!(themes, [Some("dark".to_owned()), Some("light".to_owned()), None, None]);
    }
}
