//! What is asked, whatever the tables are called.

use atlas::{ConstraintKind, Error, prelude::*};
use chrono::NaiveDateTime;
use rust_decimal::Decimal;

use super::{
    Album, Artist, Customer, Employee, Genre, Invoice, InvoiceLine, MediaType, Playlist, PlaylistTrack, Track,
};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub async fn known_answers(db: &Db) {
    assert_eq!(Track::query().where_null(Track::composer).count(db).await.unwrap(), 977);
    assert_eq!(Track::query().where_gt(Track::unit_price, decimal("0.99")).count(db).await.unwrap(), 213);
    assert_eq!(Track::query().where_eq(Track::unit_price, decimal("0.99")).count(db).await.unwrap(), 3_290);

    let mut genres: Vec<(String, usize)> = Genre::query()
        .with(Genre::tracks)
        .get(db)
        .await
        .unwrap()
        .iter()
        .map(|genre| (genre.name.clone().unwrap(), genre.tracks.get().unwrap().len()))
        .collect();
    genres.sort_by_key(|(_, tracks)| std::cmp::Reverse(*tracks));
    let most: Vec<_> = genres.iter().take(3).map(|(name, tracks)| (name.as_str(), *tracks)).collect();
    assert_eq!(most, [("Rock", 1297), ("Latin", 579), ("Metal", 374)]);

    let usa = || Invoice::query().where_eq(Invoice::billing_country, "USA");
    assert_eq!(usa().sum(db, Invoice::total).await.unwrap(), decimal("523.06"));
    assert_eq!(usa().count(db).await.unwrap(), 91);
    let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap().and_hms_opt(0, 0, 0).unwrap();
    assert_eq!(Invoice::query().min(db, Invoice::invoice_date).await.unwrap(), Some(day("2021-01-01")));
    assert_eq!(Invoice::query().max(db, Invoice::invoice_date).await.unwrap(), Some(day("2025-12-22")));
    let of_2022 = Invoice::query().filter(Invoice::invoice_date.within(day("2022-01-01")..day("2023-01-01")));
    assert_eq!(of_2022.count(db).await.unwrap(), 83);
}

pub async fn every_table_is_read(db: &Db) {
    let read = [
        Artist::query().get(db).await.unwrap().len(),
        Album::query().get(db).await.unwrap().len(),
        Track::query().get(db).await.unwrap().len(),
        Genre::query().get(db).await.unwrap().len(),
        MediaType::query().get(db).await.unwrap().len(),
        Playlist::query().get(db).await.unwrap().len(),
        PlaylistTrack::query().get(db).await.unwrap().len(),
        Employee::query().get(db).await.unwrap().len(),
        Customer::query().get(db).await.unwrap().len(),
        Invoice::query().get(db).await.unwrap().len(),
        InvoiceLine::query().get(db).await.unwrap().len(),
    ];
    assert_eq!(read, [275, 347, 3503, 25, 5, 18, 8715, 8, 59, 412, 2240]);
    assert!(PlaylistTrack::find(db, (1, 3402)).await.unwrap().is_some());
    assert!(PlaylistTrack::find(db, (2, 1)).await.unwrap().is_none());

    let boss =
        Employee::query().where_null(Employee::reports_to).with(Employee::team).sole(db).await.unwrap();
    assert_eq!((boss.first_name.as_str(), boss.team.get().unwrap().len()), ("Andrew", 2));
    assert_eq!(boss.hire_date.unwrap().to_string(), "2002-08-14 00:00:00");
    let jane =
        Employee::query().where_eq(Employee::first_name, "Jane").with(Employee::boss).sole(db).await.unwrap();
    assert_eq!(jane.boss.get().unwrap().unwrap().first_name, "Nancy");
    let acdc = Artist::query().where_eq(Artist::name, "AC/DC").with(Artist::albums).sole(db).await.unwrap();
    assert_eq!(acdc.albums.get().unwrap().len(), 2);
    let customer = Customer::query().with(Customer::support_rep).order_by(Customer::customer_id.asc());
    let customer = customer.first_or_fail(db).await.unwrap();
    assert_eq!(customer.support_rep.get().unwrap().unwrap().first_name, "Jane");
}

pub async fn text_is_found_and_ordered(db: &Db) {
    let containing = |text: &str| Track::query().filter(Track::name.contains(text)).count(db);
    let named = |name: &str| Artist::query().where_eq(Artist::name, name).count(db);
    assert_eq!(containing("100%").await.unwrap(), 1);
    assert_eq!(named("AC/DC").await.unwrap(), 1);
    assert_eq!(Artist::query().filter(Artist::name.starts_with("AC/")).count(db).await.unwrap(), 1);
    // A table that is there already compares as its own collation does: here without case and accents.
    let alike = db.driver_name() == "mysql";
    assert_eq!(containing("Love").await.unwrap(), if alike { 114 } else { 111 });
    assert_eq!(containing("LOVE").await.unwrap(), if alike { 114 } else { 0 });
    assert_eq!(containing("ção").await.unwrap(), if alike { 31 } else { 27 });
    assert_eq!(named("ac/dc").await.unwrap(), u64::from(alike));

    let composers = |order| Track::query().order_by(order).order_by(Track::track_id).limit(1);
    let first = composers(Track::composer.desc().nulls_first()).value(db, Track::composer).await.unwrap();
    assert_eq!(first, Some(None));
    let longest = Track::query().order_by(Track::milliseconds.desc()).limit(3).pluck(db, Track::track_id);
    assert_eq!(longest.await.unwrap(), [2820, 3224, 3244]);
    let page =
        Track::query().where_in(Track::genre_id, [1, 3]).order_by(Track::track_id).offset(100).limit(2);
    assert_eq!(page.pluck(db, Track::track_id).await.unwrap(), [147, 148]);
}

pub async fn numbers_are_summed(db: &Db) {
    assert_eq!(Invoice::query().sum(db, Invoice::total).await.unwrap(), decimal("2328.60"));
    let lines = InvoiceLine::query();
    assert_eq!(lines.clone().sum(db, InvoiceLine::quantity).await.unwrap(), 2_240);
    assert_eq!(
        lines.avg(db, InvoiceLine::unit_price).await.unwrap().map(|price| price.round_dp(4)),
        Some(decimal("1.0396"))
    );
    assert_eq!(Track::query().sum(db, Track::milliseconds).await.unwrap(), 1_378_778_040);
    assert_eq!(Track::query().max(db, Track::bytes).await.unwrap(), Some(1_059_546_140));
    let of_three_minutes = Track::query().filter((Track::milliseconds / 60_000).eq(3)).count(db);
    assert_eq!(of_three_minutes.await.unwrap(), 982);
}

pub async fn an_invoice_is_written_changed_and_deleted(db: &Db) {
    let mut invoice = Invoice::draft()
        .invoice_id(413)
        .customer_id(1)
        .invoice_date("2026-01-31T10:00:00".parse::<NaiveDateTime>().unwrap())
        .billing_country("Norway")
        .total(0)
        .save(db)
        .await
        .unwrap();
    let lines = [(2_241, 1, "0.99", 2), (2_242, 2, "1.99", 1)].map(|(id, track, price, quantity)| {
        InvoiceLine::draft()
            .invoice_line_id(id)
            .invoice_id(413)
            .track_id(track)
            .unit_price(decimal(price))
            .quantity(quantity)
    });
    let lines = InvoiceLine::create_many(db, lines).await.unwrap();
    invoice.total = lines.iter().map(|line| line.unit_price * Decimal::from(line.quantity)).sum();
    invoice.save(db).await.unwrap();

    let mut invoice = Invoice::query().with(Invoice::lines).find_or_fail(db, 413).await.unwrap();
    assert_eq!((invoice.total, invoice.lines.get().unwrap().len()), (decimal("3.97"), 2));
    assert_eq!(Invoice::query().where_eq(Invoice::total, decimal("3.97")).count(db).await.unwrap(), 1);
    invoice.billing_city = Some("Oslo".into());
    invoice.save(db).await.unwrap();
    assert_eq!(invoice.fresh(db).await.unwrap().unwrap().billing_city.as_deref(), Some("Oslo"));

    let twice = InvoiceLine::draft().invoice_line_id(1).invoice_id(1).track_id(1).unit_price(1).quantity(1);
    let Error::Constraint { kind, table, columns, .. } = twice.save(db).await.unwrap_err() else { panic!() };
    assert_eq!(kind, ConstraintKind::Unique);
    assert_eq!(table.as_deref(), Some(<InvoiceLine as Model>::meta().table));
    assert_eq!(columns, [<InvoiceLine as Model>::meta().names[0]]);

    let orphan = InvoiceLine::draft().invoice_line_id(9_999).invoice_id(413).track_id(77_777).unit_price(1);
    let refused = orphan.quantity(1).save(db).await.unwrap_err();
    assert!(matches!(refused, Error::Constraint { kind: ConstraintKind::ForeignKey, .. }), "{refused:?}");
    let refused = invoice.delete(db).await.unwrap_err();
    assert!(
        matches!(refused, Error::Constraint { kind: ConstraintKind::ForeignKey, .. }),
        "its lines refer to it: {refused:?}"
    );
    assert_eq!(InvoiceLine::query().where_eq(InvoiceLine::invoice_id, 413).delete(db).await.unwrap(), 2);
    invoice.delete(db).await.unwrap();
    assert_eq!(Invoice::query().count(db).await.unwrap(), 412);
    assert_eq!(InvoiceLine::query().count(db).await.unwrap(), 2_240);
}
