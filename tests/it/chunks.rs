//! Rows in parts.

use std::ops::ControlFlow;

use atlas::{Error, prelude::*};

use crate::support::{Databases, Person, databases, people, sent};

#[derive(Model, Debug)]
#[table("tickets")]
pub struct Ticket {
    pub id: i64,
    pub number: i32,
    pub open: bool,
}

#[derive(Model, Debug)]
#[table("seats")]
pub struct Seat {
    #[primary_key]
    pub line: String,
    #[primary_key]
    pub number: i32,
    pub taken: bool,
}

/// Tickets 1 to 25, all open, whose numbers count down from 25.
async fn tickets() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Ticket, Seat]).await.unwrap();
        Ticket::insert(db, (1..=25).rev().map(|number| Ticket::draft().number(number).open(true)))
            .await
            .unwrap();
        let seats = ["a", "b", "ä", "c"]
            .into_iter()
            .flat_map(|line| (1..=5).map(move |number| Seat::draft().line(line).number(number).taken(false)));
        Seat::insert(db, seats).await.unwrap();
    }
    databases
}

// 000-87, B-67, B-68, C-60
#[tokio::test]
async fn chunks_are_parts_of_the_query_in_its_order() {
    for db in tickets().await {
        let (statements, numbers) = sent(&db, async || {
            let mut numbers = Vec::new();
            let all = Ticket::query()
                .order_by(Ticket::number.asc())
                .chunk(&db, 10, |tickets| {
                    numbers.push(tickets.iter().map(|ticket| ticket.number).collect::<Vec<_>>());
                    async { Ok(()) }
                })
                .await
                .unwrap();
            assert!(all);
            numbers
        })
        .await;
        assert_eq!(statements, 3);
        assert_eq!(numbers.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 5]);
        assert!(numbers.into_iter().flatten().eq(1..=25));

        // Limit and offset are the query's, and not the part's.
        let within = |limit, offset, size| {
            let query = Ticket::query().order_by(Ticket::number.asc()).limit(limit).offset(offset);
            query.chunk_map(&db, size, |tickets| async move {
                Ok(tickets.iter().map(|ticket| ticket.number).collect::<Vec<_>>())
            })
        };
        assert_eq!(within(5, 3, 2).await.unwrap(), [vec![4, 5], vec![6, 7], vec![8]]);
        assert_eq!(within(4, 0, 4).await.unwrap(), [vec![1, 2, 3, 4]]);
        assert_eq!(within(0, 0, 4).await.unwrap(), Vec::<Vec<i32>>::new());
        assert_eq!(within(9, 24, 4).await.unwrap(), [vec![25]]);
        assert_eq!(within(9, u64::MAX, 4).await.unwrap(), Vec::<Vec<i32>>::new());

        // Rows that the order leaves equal are put in the order of the key.
        let mut keys = Vec::new();
        Ticket::query()
            .order_by(Ticket::open.asc())
            .chunk(&db, 3, |tickets| {
                keys.extend(tickets.iter().map(|ticket| ticket.id));
                async { Ok(()) }
            })
            .await
            .unwrap();
        assert!(keys.into_iter().eq(1..=25));
    }
}

// C-60, C-62
#[tokio::test]
async fn a_closure_stops_or_fails() {
    for db in tickets().await {
        let mut parts = 0;
        let all = Ticket::query()
            .chunk(&db, 10, |tickets| {
                parts += 1;
                let stop = tickets[0].id > 10;
                async move { Ok(if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }) }
            })
            .await
            .unwrap();
        assert_eq!((all, parts), (false, 2));

        let failed = Ticket::query()
            .chunk_by_id(&db, 10, |tickets| {
                let db = &db;
                async move {
                    Ticket::find_or_fail(db, tickets[0].id + 1_000).await?;
                    Ok(())
                }
            })
            .await;
        assert!(matches!(failed, Err(Error::NotFound { model: "Ticket", .. })));

        let mut seen = 0;
        let all = Ticket::query()
            .for_each(&db, |_| {
                seen += 1;
                let flow = if seen == 7 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
                async move { Ok(flow) }
            })
            .await
            .unwrap();
        assert_eq!((all, seen), (false, 7));
    }
}

#[tokio::test]
async fn parts_of_nothing_and_orders_that_cannot_be_are_errors() {
    for db in people().await {
        let go = |_: Vec<Record<Person>>| async { Ok(()) };
        for failed in [
            Person::query().chunk(&db, 0, go).await,
            Person::query().chunk_by_id(&db, 0, go).await,
            Person::query().chunk_by(&db, 0, Person::name, go).await,
            Person::query().order_by(Person::name.asc()).chunk_by_id(&db, 3, go).await,
        ] {
            assert!(matches!(&failed, Err(Error::Config { .. })), "{failed:?}");
        }
        let mapped = Person::query().chunk_map(&db, 0, |people| async move { Ok(people.len()) }).await;
        assert!(matches!(mapped, Err(Error::Config { message }) if message.contains("at least 1")));
        let mut cursor = Person::query().order_by(Person::name.asc()).cursor_by_id(&db, 3);
        let error = cursor.try_next().await.unwrap_err();
        assert!(error.to_string().contains("leave out `order_by`"), "{error}");
        assert!(cursor.try_next().await.unwrap().is_none());
    }
}

// C-61
#[tokio::test]
async fn rows_that_change_while_they_are_read_by_key_are_seen_once() {
    for db in tickets().await {
        let mut seen = Vec::new();
        Ticket::query()
            .where_eq(Ticket::open, true)
            .chunk_by_id(&db, 4, |tickets| {
                seen.extend(tickets.iter().map(|ticket| ticket.id));
                let db = &db;
                async move {
                    for (index, mut ticket) in tickets.into_iter().enumerate() {
                        if index == 0 {
                            ticket.delete(db).await?;
                        } else {
                            ticket.open = false;
                            ticket.save(db).await?;
                        }
                    }
                    // What comes behind is seen, too.
                    if Ticket::query().where_eq(Ticket::number, 99).doesnt_exist(db).await? {
                        Ticket::draft().number(99).open(true).save(db).await?;
                    }
                    Ok(())
                }
            })
            .await
            .unwrap();
        assert!(seen.into_iter().eq(1..=26));
        assert_eq!(Ticket::query().where_eq(Ticket::open, true).count(&db).await.unwrap(), 0);
    }
}

// C-61, C-63
#[tokio::test]
async fn parts_by_key_go_by_any_column_in_any_direction() {
    for db in tickets().await {
        let by = async |order: atlas::Order<Ticket>, limit: Option<u64>| {
            let mut keys = Vec::new();
            let query = match limit {
                Some(limit) => Ticket::query().limit(limit).offset(2),
                None => Ticket::query(),
            };
            let (statements, ()) = sent(&db, async || {
                query
                    .chunk_by(&db, 4, order, |tickets| {
                        assert!(tickets.len() <= 4);
                        keys.extend(tickets.iter().map(|ticket| ticket.id));
                        async { Ok(()) }
                    })
                    .await
                    .unwrap();
            })
            .await;
            (statements, keys)
        };
        assert_eq!(by(Ticket::id.desc(), None).await, (7, (1..=25).rev().collect()));
        assert_eq!(by(Ticket::number.asc(), None).await, (7, (1..=25).rev().collect()));
        assert_eq!(by(Ticket::open.desc(), None).await, (7, (1..=25).collect()));
        assert_eq!(by(Ticket::id.asc(), Some(6)).await, (2, (3..=8).collect()));
        assert_eq!(by(Ticket::id.asc(), Some(8)).await, (2, (3..=10).collect()));

        let mut keys = Vec::new();
        let mut cursor = Ticket::query().where_gt(Ticket::id, 3).cursor_by_id(&db, 5);
        while let Some(ticket) = cursor.try_next().await.unwrap() {
            keys.push(ticket.id);
        }
        assert!(keys.into_iter().eq(4..=25));

        // A key of two columns, one of them text.
        let mut seats = Vec::new();
        let mut cursor = Seat::query().cursor_by_id(&db, 3);
        while let Some(seat) = cursor.try_next().await.unwrap() {
            seats.push((seat.line.clone(), seat.number));
        }
        let mut all = Seat::query().order_by(Seat::line.asc()).order_by(Seat::number.asc()).cursor(&db);
        for seat in &seats {
            let other = all.try_next().await.unwrap().unwrap();
            assert_eq!(*seat, (other.line.clone(), other.number));
        }
        assert_eq!(seats.len(), 20);
    }
}

#[tokio::test]
async fn a_stream_by_key_writes_in_a_transaction() {
    for db in tickets().await {
        let (statements, ()) = sent(&db, async || {
            db.transaction(async |tx| {
                let mut cursor = Ticket::query().where_eq(Ticket::open, true).cursor_by_id(&tx, 10);
                while let Some(mut ticket) = cursor.try_next().await? {
                    ticket.open = ticket.id % 5 != 0;
                    ticket.save(&tx).await?;
                }
                Ok(())
            })
            .await
            .unwrap();
        })
        .await;
        assert_eq!(statements, 3 + 5);
        assert_eq!(Ticket::query().where_eq(Ticket::open, false).count(&db).await.unwrap(), 5);
    }
}
