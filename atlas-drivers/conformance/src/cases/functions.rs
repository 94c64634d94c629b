//! What is computed of values: the same everywhere.

use atlas_core::{
    Attribute,
    schema::{FullTextIndex, Name},
    statement::{
        DatePart, Expr, From, FullText, FullTextTerm, Function, HintKind, IndexHint, Join, JoinKind, JsonAt,
        JsonQuestion, JsonStep, Over, Projection, Select, TimeUnit,
    },
    value::{ColumnType, Value},
};
use chrono::{NaiveDate, NaiveTime};

use crate::{
    case::{Failure, Verdict, cases},
    expect::{ensure, same},
    expression::{Operators, Refine, ascending, descending, value},
    subject::Subject,
    table::{Table, column, id},
};

cases! {
    of_texts,
    of_numbers,
    of_bits,
    of_dates,
    casts,
    an_order_of_a_seed,
    windows,
    questions_to_json,
    words_in_texts,
    index_hints,
    lateral_joins,
}

async fn stored<T: Attribute>(db: &Subject, values: impl IntoIterator<Item = T>) -> Verdict<Table> {
    let table = db.table([id(), column("v", T::TYPE).nullable()]).await?;
    let rows = (1i64..).zip(values).map(|(id, value)| vec![id.into(), value.encode()]);
    db.run(table.insert(&["id", "v"], rows)).await?;
    Ok(table)
}

async fn gives<T>(db: &Subject, table: &Table, of: (Function, Vec<Expr>), expected: &T) -> Verdict
where
    T: Attribute + PartialEq + std::fmt::Debug,
{
    let (function, of) = of;
    let shown = format!("{function:?}");
    let found = db.one::<T>(table.read([Expr::Function(function, of)]).limit(1)).await?;
    same(shown, expected, &found)
}

fn text(text: &str) -> Expr {
    value(text)
}

async fn of_texts(db: Subject) -> Verdict {
    let t = stored(&db, ["Rust é".to_owned()]).await?;
    let v = || t.get("v");
    for (function, of, expected) in [
        (Function::Lower, vec![v()], "rust é"),
        (Function::Upper, vec![v()], "RUST É"),
        (Function::Concat, vec![v(), text("!")], "Rust é!"),
        (Function::Substring, vec![v(), value(2), value(3)], "ust"),
        (Function::Replace, vec![v(), text("u"), text("o")], "Rost é"),
        (Function::Left, vec![v(), value(2)], "Ru"),
        (Function::Right, vec![v(), value(1)], "é"),
        (Function::PadStart, vec![v(), value(8), text("ab")], "abRust é"),
        (Function::PadEnd, vec![v(), value(4), text("ab")], "Rust"),
        (Function::Reverse, vec![v()], "é tsuR"),
        (Function::Repeat, vec![text("ab"), value(2)], "abab"),
        (Function::Trim, vec![text("  x ")], "x"),
    ] {
        gives(&db, &t, (function, of), &expected.to_owned()).await?;
    }
    gives(&db, &t, (Function::Length, vec![v()]), &6_i64).await?;
    gives(&db, &t, (Function::Position, vec![v(), text("é")]), &6_i64).await
}

async fn of_numbers(db: Subject) -> Verdict {
    let t = stored(&db, [-2.5f64]).await?;
    let v = || t.get("v");
    gives(&db, &t, (Function::Abs, vec![v()]), &2.5).await?;
    gives(&db, &t, (Function::Round, vec![v(), value(0)]), &-3.0).await?;
    gives(&db, &t, (Function::Ceil, vec![v()]), &-2.0).await?;
    gives(&db, &t, (Function::Floor, vec![v()]), &-3.0).await?;
    gives(&db, &t, (Function::Power, vec![v(), value(2.0)]), &6.25).await?;
    gives(&db, &t, (Function::Sqrt, vec![v()]), &None::<f64>).await?;
    gives(&db, &t, (Function::Sign, vec![v()]), &-1_i32).await?;
    gives(&db, &t, (Function::ToInteger, vec![v()]), &-2_i64).await
}

async fn of_bits(db: Subject) -> Verdict {
    let t = stored(&db, [-8i64]).await?;
    let v = || t.get("v");
    gives(&db, &t, (Function::BitAnd, vec![v(), value(12)]), &8_i64).await?;
    gives(&db, &t, (Function::BitOr, vec![v(), value(1)]), &-7_i64).await?;
    gives(&db, &t, (Function::BitXor, vec![v(), value(-1)]), &7_i64).await?;
    gives(&db, &t, (Function::BitNot, vec![v()]), &7_i64).await?;
    gives(&db, &t, (Function::ShiftLeft, vec![v(), value(2)]), &-32_i64).await?;
    gives(&db, &t, (Function::ShiftRight, vec![v(), value(1)]), &-4_i64).await?;
    gives(&db, &t, (Function::ShiftRight, vec![v(), value(63)]), &-1_i64).await
}

async fn of_dates(db: Subject) -> Verdict {
    let date = |text: &str| text.parse::<NaiveDate>().map_err(Failure::broken);
    let t = stored(&db, [date("2024-01-31")?]).await?;
    let v = || t.get("v");
    for (part, expected) in [
        (DatePart::Year, 2024),
        (DatePart::Month, 1),
        (DatePart::Day, 31),
        (DatePart::Weekday, 3),
        (DatePart::DayOfYear, 31),
    ] {
        gives(&db, &t, (Function::Part(part), vec![v()]), &expected).await?;
    }
    let later = |unit, number: i64| (Function::Plus(unit), vec![v(), value(number)]);
    gives(&db, &t, later(TimeUnit::Month, 1), &date("2024-02-29")?).await?;
    gives(&db, &t, later(TimeUnit::Year, -1), &date("2023-01-31")?).await?;
    gives(&db, &t, (Function::Truncate(TimeUnit::Week), vec![v()]), &date("2024-01-29")?).await
}

async fn casts(db: Subject) -> Verdict {
    let t = stored(&db, ["12".to_owned(), "12x".into(), "2024-02-30".into(), "07:30".into()]).await?;
    let cast =
        |ty| t.read([Expr::function(Function::Cast(ty), [t.get("v")])]).order([ascending(t.get("id"))]);
    let integers = db.column::<Option<i64>>(cast(ColumnType::I64)).await?;
    same("texts as integers", &vec![Some(12), None, None, None], &integers)?;
    let floats = db.column::<Option<f64>>(cast(ColumnType::F64)).await?;
    same("texts as floats", &vec![Some(12.0), None, None, None], &floats)?;
    let dates = db.column::<Option<NaiveDate>>(cast(ColumnType::Date)).await?;
    same("texts as dates", &vec![None; 4], &dates)?;
    let times = db.column::<Option<NaiveTime>>(cast(ColumnType::Time)).await?;
    same("texts as times", &vec![None, None, None, NaiveTime::from_hms_opt(7, 30, 0)], &times)
}

async fn an_order_of_a_seed(db: Subject) -> Verdict {
    let t = stored(&db, 0..50_i64).await?;
    let mut orders = Vec::new();
    for seed in [1, 1, 2] {
        let order = ascending(Expr::function(Function::Shuffle, [value(seed), t.get("id")]));
        orders.push(db.column::<i64>(t.read([t.get("id")]).order([order])).await?);
    }
    same("the order of the same seed", &orders.first(), &orders.get(1))?;
    ensure(orders.first() != orders.get(2), || "two seeds give one order".to_owned())?;
    let mut rows = orders.pop().unwrap_or_default();
    rows.sort_unstable();
    same("the rows", &(1..=50_i64).collect::<Vec<_>>(), &rows)
}

async fn windows(db: Subject) -> Verdict {
    let t = stored(&db, [5i64, 7, 5]).await?;
    let over = |function, of: Vec<Expr>| {
        let order = vec![descending(t.get("v"))];
        Expr::Over(Box::new(Over {
            of: Expr::Function(function, of),
            partition: Vec::new(),
            order,
            frame: None,
        }))
    };
    let ranks = t.read([over(Function::Rank, vec![])]).order([ascending(t.get("id"))]);
    same("ranks", &vec![2, 1, 2], &db.column::<i64>(ranks).await?)?;
    let dense = t.read([over(Function::DenseRank, vec![])]).order([ascending(t.get("id"))]);
    same("dense ranks", &vec![2, 1, 2], &db.column::<i64>(dense).await?)?;
    let first = t.read([over(Function::FirstValue, vec![t.get("v")])]).order([ascending(t.get("id"))]);
    same("first values", &vec![7, 7, 7], &db.column::<i64>(first).await?)
}

async fn questions_to_json(db: Subject) -> Verdict {
    let document = r#"{"a": {"b.c": [1, "x", true, null]}, "n": 2.5}"#;
    let t = db.table([id(), column("v", ColumnType::Json)]).await?;
    db.run(t.insert(&["id", "v"], [vec![1i64.into(), Value::Json(document.to_owned())]])).await?;
    let at = |question, path: &[JsonStep], with: Option<&str>| {
        let (of, path, with) = (t.get("v"), path.to_vec(), with.map(str::to_owned));
        t.read([Expr::Json(Box::new(JsonAt { question, of, path, with }))])
    };
    let list = [JsonStep::Key("a".into()), JsonStep::Key("b.c".into())];
    let element = |index| [&list[..], &[JsonStep::Index(index)]].concat();
    let text = db.one::<Option<String>>(at(JsonQuestion::Text, &element(1), None)).await?;
    same("a text", &Some("x".to_owned()), &text)?;
    same("no text", &None, &db.one::<Option<String>>(at(JsonQuestion::Text, &element(0), None)).await?)?;
    let number = [JsonStep::Key("n".into())];
    same("a number", &Some(2.5), &db.one::<Option<f64>>(at(JsonQuestion::Float, &number, None)).await?)?;
    same("cut", &Some(2), &db.one::<Option<i64>>(at(JsonQuestion::Integer, &number, None)).await?)?;
    same("a length", &Some(4), &db.one::<Option<i64>>(at(JsonQuestion::Length, &list, None)).await?)?;
    let has = |with| db.one::<Option<bool>>(at(JsonQuestion::Contains, &list, Some(with)));
    same("contains", &Some(true), &has("\"x\"").await?)?;
    same("does not contain", &Some(false), &has("\"y\"").await?)
}

async fn words_in_texts(db: Subject) -> Verdict {
    let mut plan = db.plan([id(), column("v", ColumnType::Text).nullable()]);
    let index = FullTextIndex {
        name: Name::Owned(format!("{}_words", plan.schema.name)),
        columns: vec!["v".into()],
        language: "simple".into(),
    };
    plan.schema.full_text.push(index.clone());
    let t = db.create(plan).await?;
    let texts = [Some("Rust in anger"), Some("Go, and rust: rust!"), None];
    let rows = (1i64..)
        .zip(texts)
        .map(|(id, text)| vec![id.into(), text.map_or(Value::Null, |text| Value::Text(text.to_owned()))]);
    db.run(t.insert(&["id", "v"], rows)).await?;
    let mut own = t.column("v");
    own.table = Some(t.table().name);
    let search = |words: &[&str], excluded: &[&str], rank| {
        let term =
            |excluded| move |word: &&str| FullTextTerm { any: vec![vec![(*word).to_owned()]], excluded };
        Expr::FullText(Box::new(FullText {
            columns: vec![Expr::Column(own.clone())],
            index: index.name.clone(),
            language: "simple",
            terms: words.iter().map(term(false)).chain(excluded.iter().map(term(true))).collect(),
            rank,
        }))
    };
    for (words, excluded, expected) in [
        (&["rust"][..], &[][..], vec![1, 2]),
        (&["rust", "anger"], &[], vec![1]),
        (&["rust"], &["anger"], vec![2]),
        (&["nowhere"], &[], vec![]),
        (&[], &["rust"], vec![]),
    ] {
        let found =
            t.read([t.get("id")]).filter(search(words, excluded, false)).order([ascending(t.get("id"))]);
        same(format!("{words:?} without {excluded:?}"), &expected, &db.column::<i64>(found).await?)?;
    }
    let best = t.read([t.get("id")]).order([descending(search(&["rust"], &[], true))]).limit(1);
    same("the best", &2, &db.one::<i64>(best).await?)?;
    db.run(t.delete().filter(t.get("id").is(2i64))).await?;
    let left = t.read([t.get("id")]).filter(search(&["rust"], &[], false));
    same("what is left", &vec![1], &db.column::<i64>(left).await?)
}

async fn index_hints(db: Subject) -> Verdict {
    let t = db.create(db.plan([id(), column("v", ColumnType::I64)]).index(&["v"], false)).await?;
    db.run(t.insert(&["id", "v"], (1..=3i64).map(|id| vec![id.into(), (id * 2).into()]))).await?;
    let Some(index) = t.schema.indexes.first().map(|index| index.name.clone()) else { return Ok(()) };
    for kind in [HintKind::Use, HintKind::Force, HintKind::Ignore] {
        let mut select = t.read([t.get("id")]).filter(t.get("v").is(4i64));
        select.hints.push(IndexHint { kind, index: index.clone() });
        same(format!("{kind:?}"), &vec![2], &db.column::<i64>(select).await?)?;
    }
    Ok(())
}

async fn lateral_joins(db: Subject) -> Verdict {
    let t = stored(&db, [1i64, 2, 3]).await?;
    let named = |table: &Name, name: &'static str| {
        let mut column = t.column(name);
        column.table = Some(table.clone());
        Expr::Column(column)
    };
    let (own, inner, next) = (t.table().name, Name::Borrowed("inner_t"), Name::Borrowed("next_t"));
    let below = named(&inner, "v").compare(atlas_core::statement::CompareOp::Lt, named(&own, "v"));
    let from = From::Table(t.table().called(inner.clone()));
    let mut largest = Select::of(from, Projection::Expressions(vec![named(&inner, "v").into()]));
    largest.filter = Some(below);
    largest.order = vec![descending(named(&inner, "v"))];
    largest.limit = Some(1);
    let from = From::Lateral(Box::new(largest), next.clone());
    let mut select = t.read([named(&next, "v")]).order([ascending(named(&own, "id"))]);
    select.joins.push(Join { kind: JoinKind::Left, from, inner: Vec::new(), on: Expr::And(Vec::new()) });
    same("the next smaller", &vec![None, Some(1), Some(2)], &db.column::<Option<i64>>(select).await?)
}
