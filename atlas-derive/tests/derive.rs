//! What the derives write, at work.
#![forbid(missing_docs, unsafe_code)]
#![deny(warnings, unreachable_pub, unused_qualifications)]

use atlas::prelude::*;

/// Fields whose names are those of methods, of the derive's own variables, or keywords.
#[derive(Model)]
#[rename_all = "PascalCase"]
struct Named {
    #[primary_key(manual)]
    key: i64,
    r#type: String,
    count: i32,
    first: i32,
    query: i32,
    draft: i32,
    value: i32,
    data: i32,
    row: i32,
    column: i32,
    start: i32,
    db: i32,
    a: i32,
    error: i32,
    model: i32,
    state: i32,
    into_data: i32,
    #[default(Self::most())]
    limit: i32,
    parent_id: Option<i64>,
    #[belongs_to(owner_key = key)]
    parent: BelongsTo<Self>,
    #[has_many(foreign_key = parent_id)]
    parts: HasMany<Self>,
}

impl Named {
    const fn most() -> i32 {
        7
    }
}

#[test]
fn fields_may_have_any_names() -> Result<()> {
    atlas::block_on(async {
        let db = Db::connect("sqlite::memory:").await?;
        db.create_tables(models![Named]).await?;
        let draft = <Named as Model>::draft().key(3).r#type("t").count(1).first(2).query(3).draft(4).value(5);
        let draft = draft.data(6).row(7).column(8).start(9).db(10).a(11).error(12).model(13).state(14);
        let saved = draft.into_data(15).parent_id(3).save(&db).await?;
        assert_eq!(
            (saved.limit, saved.into_data, Named::r#type.name, Named::into_data.name),
            (7, 15, "Type", "IntoData")
        );
        let read = <Named as Model>::query().with((Named::parent, Named::parts)).first_or_fail(&db).await?;
        assert_eq!(read.parts.get()?.len(), 1);
        assert_eq!(read.parent.get()?.map(|parent| parent.key), Some(3));
        Ok(())
    })
}

/// More columns than one function reads.
#[derive(Model)]
struct Wide {
    id: i64,
    c0: String,
    c1: Option<i32>,
    c2: Option<i32>,
    c3: String,
    c4: Option<i32>,
    c5: Option<i32>,
    c6: String,
    c7: Option<i32>,
    c8: Option<i32>,
    c9: String,
    c10: Option<i32>,
    c11: Option<i32>,
    c12: String,
    c13: Option<i32>,
    c14: Option<i32>,
    c15: String,
    c16: Option<i32>,
    c17: Option<i32>,
    c18: String,
    c19: Option<i32>,
    c20: Option<i32>,
    c21: String,
    c22: Option<i32>,
    c23: Option<i32>,
    c24: String,
    c25: Option<i32>,
    c26: Option<i32>,
    c27: String,
    c28: Option<i32>,
    c29: Option<i32>,
    c30: String,
    c31: Option<i32>,
    c32: Option<i32>,
    c33: String,
    c34: Option<i32>,
    c35: Option<i32>,
    c36: String,
    c37: Option<i32>,
}

#[test]
fn a_model_may_have_many_columns() -> Result<()> {
    atlas::block_on(async {
        let db = Db::connect("sqlite::memory:").await?;
        db.create_tables(models![Wide]).await?;
        let mut wide = Wide::draft()
            .c0("0")
            .c1(1)
            .c2(2)
            .c3("3")
            .c4(4)
            .c5(5)
            .c6("6")
            .c7(7)
            .c8(8)
            .c9("9")
            .c10(10)
            .c11(11)
            .c12("12")
            .c13(13)
            .c14(14)
            .c15("15")
            .c16(16)
            .c17(17)
            .c18("18")
            .c19(19)
            .c20(20)
            .c21("21")
            .c22(22)
            .c23(23)
            .c24("24")
            .c25(25)
            .c26(26)
            .c27("27")
            .c28(28)
            .c29(29)
            .c30("30")
            .c31(31)
            .c32(32)
            .c33("33")
            .c34(34)
            .c35(35)
            .c36("36")
            .c37(37)
            .save(&db)
            .await?;
        assert_eq!(
            (wide.c0.as_str(), wide.c16, wide.c31, wide.c36.as_str()),
            ("0", Some(16), Some(31), "36")
        );
        wide.c16 = None;
        wide.c36 = "x".into();
        wide.save(&db).await?;
        let read = Wide::find_or_fail(&db, wide.id).await?;
        assert_eq!(
            (read.c15.as_str(), read.c16, read.c17, read.c36.as_str(), read.c37),
            ("15", None, Some(17), "x", Some(37))
        );
        Ok(())
    })
}

mod inner {
    use atlas::prelude::*;

    #[derive(Attribute, Debug, PartialEq)]
    enum Kind {
        Plain,
        InReview,
    }

    /// A model with fields that only its module sees, of types that only its module sees.
    #[derive(Model)]
    pub(crate) struct Guarded {
        pub(crate) id: i64,
        kind: Kind,
    }

    impl Guarded {
        pub(crate) async fn make(db: &Db) -> Result<Record<Self>> {
            let made = Self::draft().kind(Kind::InReview).save(db).await?;
            assert_eq!(made.kind, Kind::InReview);
            Self::query().filter(Self::kind.ne(Kind::Plain)).sole(db).await
        }
    }
}

#[test]
fn columns_may_be_private() -> Result<()> {
    atlas::block_on(async {
        let db = Db::connect("sqlite::memory:").await?;
        db.create_tables(models![inner::Guarded]).await?;
        assert_eq!(inner::Guarded::make(&db).await?.id, 1);
        Ok(())
    })
}

#[derive(Attribute, Clone, Copy, Debug, PartialEq)]
#[attribute(integer)]
enum Rank {
    Low = -3,
    Middle,
    High = 9,
}

#[derive(Model)]
struct Ranked {
    id: i64,
    rank: Rank,
}

#[test]
fn enums_are_stored_by_discriminant_and_name_what_they_take() -> Result<()> {
    use atlas::Attribute as _;
    use atlas::value::{Value, ValueRef};

    for rank in [Rank::Low, Rank::Middle, Rank::High] {
        let value = rank.encode();
        assert_eq!(value, Value::I64(rank as i64));
        assert_eq!(Rank::decode(value.as_ref())?, rank);
    }
    let error = Rank::decode(ValueRef::I64(5)).unwrap_err().to_string();
    assert!(error.contains("one of `Rank`'s values: -3, -2, 9"), "{error}");
    let mut ranked = Ranked { id: 1, rank: Rank::Low };
    ranked.assign(1, ValueRef::I64(9))?;
    assert_eq!((ranked.key(), ranked.rank), (1, Rank::High));
    let error = ranked.assign(1, ValueRef::Null).unwrap_err().to_string();
    assert!(error.contains("`rank` of `Ranked` holds NULL"), "{error}");
    Ok(())
}

/// An integer by another name.
type Number = i64;

/// A model whose key the derive does not see to be an integer.
#[derive(Model)]
struct Numbered {
    #[primary_key(generated)]
    id: Number,
    #[mutator(doubled)]
    text: String,
}

fn doubled(text: String) -> String {
    text.repeat(2)
}

#[test]
fn a_key_by_another_name_may_be_generated() -> Result<()> {
    atlas::block_on(async {
        let db = Db::connect("sqlite::memory:").await?;
        db.create_tables(models![Numbered]).await?;
        let saved = Numbered::draft().text("a").save(&db).await?;
        assert_eq!((saved.id, &*saved.text), (1, "aa"));
        Ok(())
    })
}
