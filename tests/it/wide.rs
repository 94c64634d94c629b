//! A model of many columns.

use atlas::prelude::*;

use crate::support::databases;

macro_rules! wide {
    ($($required:ident $optional:ident)*) => {
        #[derive(Model, Debug)]
        struct Wide {
            id: i64,
            $($required: i32, $optional: Option<String>,)*
        }

        fn filled() -> impl Fn(&Db) -> atlas::Pending<'_, Record<Wide>> {
            |db| Wide::draft()$(.$required(7))*.save(db)
        }
    };
}
wide!(a0 b0 a1 b1 a2 b2 a3 b3 a4 b4 a5 b5 a6 b6 a7 b7 a8 b8 a9 b9 c0 d0 c1 d1 c2 d2 c3 d3 c4 d4 c5 d5 c6 d6 c7 d7
    c8 d8 c9 d9 e0 f0 e1 f1 e2 f2 e3 f3 e4 f4 e5 f5 e6 f6 e7 f7 e8 f8 e9 f9);

#[tokio::test]
async fn there_is_no_limit_to_columns() {
    for db in databases().await {
        db.create_tables(models![Wide]).await.unwrap();
        let mut wide = filled()(&db).await.unwrap();
        wide.f9 = Some("last".into());
        wide.save(&db).await.unwrap();
        let read = Wide::find_or_fail(&db, 1).await.unwrap();
        assert_eq!((read.a0, read.e9, read.f9.as_deref(), read.b0.as_deref()), (7, 7, Some("last"), None));
    }
}
