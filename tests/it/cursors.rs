//! Rows as streams.

use atlas::{Cursor, Error, prelude::*};

use crate::{
    pages::{Buyer, Sale, sales},
    support::{Databases, Folder, Person, databases, people, places, sent},
};

/// A table of numbers.
#[derive(Model, Debug)]
#[table("numbers")]
pub struct Number {
    pub id: i64,
    pub value: i64,
}

async fn numbers(count: i64) -> Databases {
    let databases = databases().await;
    for db in &databases {
        fill(db, count).await;
    }
    databases
}

async fn fill(db: &Db, count: i64) {
    db.create_tables(models![Number]).await.unwrap();
    Number::insert(db, (1..=count).map(|value| Number::draft().value(value))).await.unwrap();
}

fn in_order() -> Query<Number> {
    Number::query().order_by(Number::id.asc())
}

// 000-88, B-86, C-64, X-20, B-85
#[tokio::test]
async fn a_cursor_gives_every_row_of_one_statement() {
    for db in numbers(1_000).await {
        let (statements, values) = sent(&db, async || {
            let mut values = Vec::new();
            let mut cursor = in_order().cursor(&db);
            while let Some(number) = cursor.try_next().await.unwrap() {
                values.push(number.value);
            }
            assert!(cursor.try_next().await.unwrap().is_none(), "an ended cursor stays ended");
            values
        })
        .await;
        assert_eq!(statements, 1);
        assert!(values.into_iter().eq(1..=1_000));

        let mut none = Number::query().where_eq(Number::value, 0).cursor(&db);
        assert!(none.try_next().await.unwrap().is_none());
        let mut few = in_order().limit(2).offset(5).cursor(&db);
        assert_eq!(few.try_next().await.unwrap().unwrap().value, 6);
        assert_eq!(few.try_next().await.unwrap().unwrap().value, 7);
        assert!(few.try_next().await.unwrap().is_none());
    }
}

// C-64
#[tokio::test]
async fn nothing_is_sent_before_the_first_row_is_asked_for() {
    for db in numbers(3).await {
        let (statements, ()) = sent(&db, async || drop(in_order().cursor(&db))).await;
        assert_eq!(statements, 0);
    }
}

#[tokio::test]
async fn a_cursor_goes_to_another_task_and_owns_its_handle() {
    fn is_a_stream<S: futures_core::Stream<Item = atlas::Result<Record<Number>>> + Send + Unpin + 'static>(
        stream: S,
    ) -> S {
        stream
    }
    for db in numbers(300).await {
        let mut cursor = is_a_stream(in_order().cursor(&db.clone()));
        let seen = tokio::spawn(async move {
            let mut seen = 0;
            while let Some(number) = cursor.try_next().await.unwrap() {
                seen += 1;
                assert_eq!(number.value, seen);
                tokio::task::yield_now().await;
            }
            seen
        });
        assert_eq!(seen.await.unwrap(), 300);
    }
}

#[tokio::test]
async fn statements_run_beside_a_cursor() {
    for db in numbers(500).await {
        let mut seen = 0;
        let mut cursor = in_order().cursor(&db);
        while let Some(mut number) = cursor.try_next().await.unwrap() {
            seen += 1;
            if seen % 100 == 1 {
                number.value = -number.value;
                number.save(&db).await.unwrap();
                assert_eq!(Number::query().count(&db).await.unwrap(), 500);
            }
        }
        assert_eq!(seen, 500);
        assert_eq!(Number::query().where_lt(Number::value, 0).count(&db).await.unwrap(), 5);
    }
}

#[tokio::test]
async fn a_dropped_cursor_leaves_nothing_behind() {
    for place in places("cursors-dropped").await {
        let db = place.connect("max_connections=2").await;
        fill(&db, 20_000).await;
        for taken in [0, 1, 2, 63, 64, 65, 1_000] {
            for _ in 0..5 {
                let mut cursor = in_order().cursor(&db);
                for row in 1..=taken {
                    assert_eq!(cursor.try_next().await.unwrap().unwrap().value, row);
                }
                drop(cursor);
            }
            // More connections than there are would be lost by now.
            assert_eq!(Number::query().count(&db).await.unwrap(), 20_000);
        }
        db.transaction(async |tx| {
            for taken in [0, 1, 64, 65] {
                let mut cursor = in_order().cursor(&tx);
                for row in 1..=taken {
                    assert_eq!(cursor.try_next().await?.unwrap().value, row);
                }
                drop(cursor);
                Number::query().where_eq(Number::id, 1).increment(&tx, Number::value, 0).await?;
            }
            // One that is dropped last.
            let mut cursor = in_order().cursor(&tx);
            cursor.try_next().await?;
            drop(cursor);
            Ok(())
        })
        .await
        .unwrap();
        assert_eq!(Number::query().count(&db).await.unwrap(), 20_000);
    }
}

#[tokio::test]
async fn in_a_transaction_the_loop_reads_and_writes_through_the_same_handle() {
    for db in numbers(2_000).await {
        db.transaction(async |tx| {
            let mut seen = 0;
            let mut cursor = in_order().cursor(&tx);
            while let Some(mut number) = cursor.try_next().await? {
                seen += 1;
                assert_eq!(number.value, seen);
                if seen % 500 == 10 {
                    number.value = 0;
                    number.save(&tx).await?;
                    // Of what the loop writes the cursor sees nothing.
                    Number::query().where_gt(Number::id, seen).increment(&tx, Number::value, 10_000).await?;
                    assert_eq!(
                        Number::query().where_eq(Number::id, seen).value(&tx, Number::value).await?,
                        Some(0)
                    );
                    tx.transaction(async |sp| Number::query().count(&sp).await).await?;
                }
            }
            assert_eq!(seen, 2_000);
            Ok(())
        })
        .await
        .unwrap();
        assert_eq!(Number::query().where_eq(Number::value, 0).count(&db).await.unwrap(), 4);
    }
}

#[tokio::test]
async fn cursors_nest_in_a_transaction() {
    for db in numbers(200).await {
        let tx = db.begin().await.unwrap();
        let mut pairs = 0;
        let mut outer = in_order().limit(150).cursor(&tx);
        while let Some(one) = outer.try_next().await.unwrap() {
            let mut inner = in_order().where_le(Number::id, 2).cursor(&tx);
            while let Some(other) = inner.try_next().await.unwrap() {
                pairs += i64::from(one.id > 0 && other.id > 0);
            }
        }
        assert_eq!(pairs, 300);
        // Two at the same time, by turns.
        let (mut one, mut other) = (in_order().cursor(&tx), in_order().cursor(&tx));
        for value in 1..=200 {
            assert_eq!(one.try_next().await.unwrap().unwrap().value, value);
            assert_eq!(other.try_next().await.unwrap().unwrap().value, value);
        }
        drop((one, other, outer));
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_cursor_ends_with_its_transaction() {
    for db in numbers(5_000).await {
        let tx = db.begin().await.unwrap();
        let mut cursor = in_order().cursor(&tx);
        assert_eq!(cursor.try_next().await.unwrap().unwrap().value, 1);
        tx.commit().await.unwrap();
        let ended = drain(&mut cursor).await;
        assert!(matches!(ended, Err(Error::Closed { .. })), "{ended:?}");

        let tx = db.begin().await.unwrap();
        let mut cursor = in_order().cursor(&tx);
        cursor.try_next().await.unwrap();
        drop(tx);
        let ended = drain(&mut cursor).await;
        assert!(matches!(ended, Err(Error::Closed { .. })), "{ended:?}");
        drop(cursor);
        assert_eq!(Number::query().count(&db).await.unwrap(), 5_000);
    }
}

async fn drain<T: Send>(cursor: &mut Cursor<T>) -> atlas::Result<usize> {
    let mut rows = 0;
    while cursor.try_next().await?.is_some() {
        rows += 1;
    }
    Ok(rows)
}

#[tokio::test]
async fn two_tasks_share_a_transaction_with_a_cursor() {
    for db in numbers(3_000).await {
        let tx = db.begin().await.unwrap();
        let (reads, writes) = ((*tx).clone(), (*tx).clone());
        let reading = tokio::spawn(async move {
            let mut cursor = in_order().cursor(&reads);
            let mut seen = 0;
            while cursor.try_next().await.unwrap().is_some() {
                seen += 1;
                if seen % 64 == 0 {
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
            }
            seen
        });
        let writing = tokio::spawn(async move {
            for _ in 0..20 {
                Number::query().where_eq(Number::id, 1).increment(&writes, Number::value, 1).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        assert_eq!(reading.await.unwrap(), 3_000);
        writing.await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            Number::query().where_eq(Number::id, 1).value(&db, Number::value).await.unwrap(),
            Some(21)
        );
    }
}

#[tokio::test]
async fn an_error_in_the_middle_comes_once() {
    for db in people().await {
        // A name that the model has no room for.
        #[derive(Model, Debug)]
        #[table("people")]
        struct Strict {
            #[allow(dead_code)]
            id: i64,
            #[allow(dead_code)]
            age: i32,
        }
        let mut cursor = Strict::query().order_by(Strict::id.asc()).cursor(&db);
        assert_eq!(cursor.try_next().await.unwrap().unwrap().id, 1);
        assert_eq!(cursor.try_next().await.unwrap().unwrap().id, 2);
        let error = cursor.try_next().await.unwrap_err();
        assert!(matches!(error, Error::Decode { model: "Strict", column: "age", .. }), "{error:?}");
        assert!(cursor.try_next().await.unwrap().is_none());
        let mut missing = db.table("no_such_table").cursor();
        assert!(matches!(missing.try_next().await, Err(Error::MissingTable { .. })));
        assert!(missing.try_next().await.unwrap().is_none());
        assert_eq!(Person::query().count(&db).await.unwrap(), 5);
    }
}

#[tokio::test]
async fn tables_and_raw_statements_have_cursors() {
    for db in numbers(200).await {
        let mut rows = db.table("numbers").order_by("id").cursor();
        let mut sum = 0;
        while let Some(row) = rows.try_next().await.unwrap() {
            sum += row.get::<i64>("value").unwrap();
        }
        assert_eq!(sum, 20_100);
        let mut rows = db.raw("select value from numbers where id > ? order by id", [150]).cursor();
        assert_eq!(rows.try_next().await.unwrap().unwrap().get::<i64>("value").unwrap(), 151);
        assert_eq!(drain(&mut rows).await.unwrap(), 49);
    }
}

#[tokio::test]
async fn relations_come_for_some_hundred_rows_at_once() {
    for db in sales().await {
        Buyer::insert(&db, (0..1_100).map(|number| Buyer::draft().name(number.to_string()))).await.unwrap();
        let read = async |db: &Db| {
            let mut sales = Vec::new();
            let mut cursor = Buyer::query().with(Buyer::sales).order_by(Buyer::id).cursor(db);
            while let Some(buyer) = cursor.try_next().await.unwrap() {
                sales.push(buyer.sales.get().unwrap().len());
            }
            sales
        };
        let expected: Vec<usize> = [20; 3].into_iter().chain([0; 1_100]).collect();
        let (statements, found) = sent(&db, async || read(&db).await).await;
        // Three loads, and the cursor itself, of which listeners may hear after its last row was taken.
        assert!((3..=4).contains(&statements), "{statements} statements");
        assert_eq!(found, expected);
        let tx = db.begin().await.unwrap();
        assert_eq!(read(&tx).await, expected);
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn joined_rows_and_selections_have_cursors() {
    for db in sales().await {
        let mut rows = Buyer::query().join(Buyer::sales).order_by(Sale::id).cursor(&db);
        for id in 1..=60 {
            let (buyer, sale) = rows.try_next().await.unwrap().unwrap();
            assert_eq!((sale.id, sale.buyer_id), (id, buyer.id));
        }
        assert!(rows.try_next().await.unwrap().is_none());
        let mut rows = Sale::query().select((Sale::id, Sale::large)).order_by(Sale::id.desc()).cursor(&db);
        assert_eq!(rows.try_next().await.unwrap(), Some((60, false)));
        assert_eq!(drain(&mut rows).await.unwrap(), 59);
    }
}

/// How many kilobytes of memory the process has.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Two hundred thousand rows of some hundred bytes, or as many as are asked for, which no table holds.
fn many_rows(driver: &str) -> (u64, String) {
    let count = std::env::var("ATLAS_TEST_STREAMED_ROWS").map_or(200_000, |count| count.parse().unwrap());
    let counted =
        format!("with recursive n(id) as (select 1 union all select id + 1 from n where id < {count})");
    let wide =
        "a text of a hundred letters or so, which is the same in each row of this result, whatever it is";
    let statement = match driver {
        "mysql" => format!("select seq as id, concat('{wide}', seq) as wide from seq_1_to_{count}"),
        "postgres" => format!("select id, '{wide}' || id as wide from generate_series(1, {count}) as n(id)"),
        _ => format!("{counted} select id, '{wide}' || id as wide from n"),
    };
    (count, statement)
}

#[tokio::test]
async fn a_long_result_takes_no_more_memory_than_a_short_one() {
    for place in places("cursors-memory").await {
        let db = place.connect("").await;
        let (count, statement) = many_rows(place.driver);
        let mut rows = db.raw(statement, ()).cursor();
        let mut seen = 0u64;
        let mut least = u64::MAX;
        let mut most = 0;
        while let Some(row) = rows.try_next().await.unwrap() {
            seen += 1;
            assert_eq!(row.get::<i64>("id").unwrap(), i64::try_from(seen).unwrap());
            if seen.is_multiple_of(20_000) {
                least = least.min(resident());
                most = most.max(resident());
            }
        }
        assert_eq!(seen, count);
        println!("{seen} rows: between {least} and {most} kB");
        // All at once they would take more than 30 MB.
        assert!(most - least < 12_000, "on {}: between {least} and {most} kB", place.driver);
    }
}

#[test]
fn cursors_of_a_file_hold_no_threads_and_keep_no_writer_waiting() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let folder = Folder::new("cursors-threads");
        let url = format!("{}?max_readers=64&execution=threaded", folder.url("numbers.db"));
        let db = Db::connect(&url).await.unwrap();
        fill(&db, 2_000).await;
        let mut cursors: Vec<_> = (0..50).map(|_| in_order().cursor(&db)).collect();
        for value in 1..=200 {
            for cursor in &mut cursors {
                assert_eq!(cursor.try_next().await.unwrap().unwrap().value, value);
            }
        }
        Number::draft().value(0).save(&db).await.unwrap();
        for mut cursor in cursors {
            assert_eq!(drain(&mut cursor).await.unwrap(), 1_800);
        }
    });
}
