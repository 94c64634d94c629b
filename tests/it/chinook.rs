//! The Chinook database: a music shop whose tables were not made by Atlas.

use std::path::PathBuf;

use atlas::prelude::*;
use chrono::NaiveDateTime;
use rust_decimal::Decimal;

use crate::support::Folder;

#[derive(Model, Debug)]
#[table("Artist")]
#[rename_all = "PascalCase"]
struct Artist {
    #[primary_key]
    artist_id: i64,
    name: Option<String>,
    #[has_many(local_key = artist_id)]
    albums: HasMany<Album>,
}

#[derive(Model, Debug)]
#[table("Album")]
#[rename_all = "PascalCase"]
struct Album {
    #[primary_key]
    album_id: i64,
    title: String,
    artist_id: i64,
    #[belongs_to(owner_key = artist_id)]
    artist: BelongsTo<Artist>,
}

#[derive(Model, Debug)]
#[table("Track")]
#[rename_all = "PascalCase"]
struct Track {
    #[primary_key]
    track_id: i64,
    name: String,
    album_id: Option<i64>,
    media_type_id: i64,
    genre_id: Option<i64>,
    composer: Option<String>,
    milliseconds: i32,
    bytes: Option<i32>,
    unit_price: Decimal,
}

#[derive(Model, Debug)]
#[table("Genre")]
#[rename_all = "PascalCase"]
struct Genre {
    #[primary_key]
    genre_id: i64,
    name: Option<String>,
    #[has_many]
    tracks: HasMany<Track>,
}

#[derive(Model, Debug)]
#[table("MediaType")]
#[rename_all = "PascalCase"]
struct MediaType {
    #[primary_key]
    media_type_id: i64,
    name: Option<String>,
}

#[derive(Model, Debug)]
#[table("Playlist")]
#[rename_all = "PascalCase"]
struct Playlist {
    #[primary_key]
    playlist_id: i64,
    name: Option<String>,
}

#[derive(Model, Debug)]
#[table("PlaylistTrack")]
#[rename_all = "PascalCase"]
struct PlaylistTrack {
    #[primary_key]
    playlist_id: i64,
    #[primary_key]
    track_id: i64,
}

#[derive(Model, Debug)]
#[table("Employee")]
#[rename_all = "PascalCase"]
struct Employee {
    #[primary_key]
    employee_id: i64,
    last_name: String,
    first_name: String,
    title: Option<String>,
    reports_to: Option<i64>,
    birth_date: Option<NaiveDateTime>,
    hire_date: Option<NaiveDateTime>,
    email: Option<String>,
    #[belongs_to(foreign_key = reports_to, owner_key = employee_id)]
    boss: BelongsTo<Employee>,
    #[has_many(foreign_key = reports_to)]
    team: HasMany<Employee>,
}

#[derive(Model, Debug)]
#[table("Customer")]
#[rename_all = "PascalCase"]
struct Customer {
    #[primary_key]
    customer_id: i64,
    first_name: String,
    last_name: String,
    company: Option<String>,
    country: Option<String>,
    email: String,
    support_rep_id: Option<i64>,
    #[belongs_to(foreign_key = support_rep_id, owner_key = employee_id)]
    support_rep: BelongsTo<Employee>,
}

#[derive(Model, Debug)]
#[table("Invoice")]
#[rename_all = "PascalCase"]
struct Invoice {
    #[primary_key]
    invoice_id: i64,
    customer_id: i64,
    invoice_date: NaiveDateTime,
    billing_city: Option<String>,
    billing_country: Option<String>,
    total: Decimal,
    #[has_many]
    lines: HasMany<InvoiceLine>,
}

#[derive(Model, Debug)]
#[table("InvoiceLine")]
#[rename_all = "PascalCase"]
struct InvoiceLine {
    #[primary_key]
    invoice_line_id: i64,
    invoice_id: i64,
    track_id: i64,
    unit_price: Decimal,
    quantity: i32,
}

/// A copy of the database, to be changed at will; `None`, said plainly, where it is not on this machine.
async fn shop(test: &str) -> Option<(Db, Folder)> {
    let folder = std::env::var_os("ATLAS_CHINOOK").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/chinook"),
        PathBuf::from,
    );
    let file = folder.join("chinook.sqlite");
    if !file.exists() {
        println!("skipped: no Chinook database at {}; set ATLAS_CHINOOK to its folder", file.display());
        return None;
    }
    let copy = Folder::new(test);
    std::fs::write(copy.path("chinook.db"), std::fs::read(&file).unwrap()).unwrap();
    Some((Db::connect(&copy.url("chinook.db")).await.unwrap(), copy))
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[tokio::test]
async fn known_answers() {
    let Some((db, _folder)) = shop("chinook-answers").await else { return };
    assert_eq!(Track::query().where_null(Track::composer).count(&db).await.unwrap(), 977);
    assert_eq!(Track::query().where_gt(Track::unit_price, decimal("0.99")).count(&db).await.unwrap(), 213);
    assert_eq!(Track::query().where_eq(Track::unit_price, decimal("0.99")).count(&db).await.unwrap(), 3_290);

    let mut genres: Vec<(String, usize)> = Genre::query()
        .with(Genre::tracks)
        .get(&db)
        .await
        .unwrap()
        .iter()
        .map(|genre| (genre.name.clone().unwrap(), genre.tracks.get().unwrap().len()))
        .collect();
    genres.sort_by_key(|(_, tracks)| std::cmp::Reverse(*tracks));
    let most: Vec<_> = genres.iter().take(3).map(|(name, tracks)| (name.as_str(), *tracks)).collect();
    assert_eq!(most, [("Rock", 1297), ("Latin", 579), ("Metal", 374)]);

    let usa = || Invoice::query().where_eq(Invoice::billing_country, "USA");
    assert_eq!(usa().sum(&db, Invoice::total).await.unwrap(), decimal("523.06"));
    assert_eq!(usa().count(&db).await.unwrap(), 91);
    let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap().and_hms_opt(0, 0, 0).unwrap();
    assert_eq!(Invoice::query().min(&db, Invoice::invoice_date).await.unwrap(), Some(day("2021-01-01")));
    assert_eq!(Invoice::query().max(&db, Invoice::invoice_date).await.unwrap(), Some(day("2025-12-22")));
    let of_2022 = Invoice::query().filter(Invoice::invoice_date.within(day("2022-01-01")..day("2023-01-01")));
    assert_eq!(of_2022.count(&db).await.unwrap(), 83);
}

#[tokio::test]
async fn every_table_is_read() {
    let Some((db, _folder)) = shop("chinook-tables").await else { return };
    let read = [
        Artist::query().get(&db).await.unwrap().len(),
        Album::query().get(&db).await.unwrap().len(),
        Track::query().get(&db).await.unwrap().len(),
        Genre::query().get(&db).await.unwrap().len(),
        MediaType::query().get(&db).await.unwrap().len(),
        Playlist::query().get(&db).await.unwrap().len(),
        PlaylistTrack::query().get(&db).await.unwrap().len(),
        Employee::query().get(&db).await.unwrap().len(),
        Customer::query().get(&db).await.unwrap().len(),
        Invoice::query().get(&db).await.unwrap().len(),
        InvoiceLine::query().get(&db).await.unwrap().len(),
    ];
    assert_eq!(read, [275, 347, 3503, 25, 5, 18, 8715, 8, 59, 412, 2240]);
    assert!(PlaylistTrack::find(&db, (1, 3402)).await.unwrap().is_some());
    assert!(PlaylistTrack::find(&db, (2, 1)).await.unwrap().is_none());

    let boss =
        Employee::query().where_null(Employee::reports_to).with(Employee::team).sole(&db).await.unwrap();
    assert_eq!((boss.first_name.as_str(), boss.team.get().unwrap().len()), ("Andrew", 2));
    assert_eq!(boss.hire_date.unwrap().to_string(), "2002-08-14 00:00:00");
    let jane = Employee::query()
        .where_eq(Employee::first_name, "Jane")
        .with(Employee::boss)
        .sole(&db)
        .await
        .unwrap();
    assert_eq!(jane.boss.get().unwrap().unwrap().first_name, "Nancy");
    let acdc = Artist::query().where_eq(Artist::name, "AC/DC").with(Artist::albums).sole(&db).await.unwrap();
    assert_eq!(acdc.albums.get().unwrap().len(), 2);
    let customer = Customer::query().with(Customer::support_rep).order_by(Customer::customer_id.asc());
    let customer = customer.first_or_fail(&db).await.unwrap();
    assert_eq!(customer.support_rep.get().unwrap().unwrap().first_name, "Jane");
}

#[tokio::test]
async fn an_invoice_is_written_changed_and_deleted() {
    let Some((db, _folder)) = shop("chinook-invoice").await else { return };
    let id = db
        .transaction(|tx| async move {
            let mut invoice = Invoice::draft()
                .customer_id(1)
                .invoice_date("2026-01-31T10:00:00".parse::<NaiveDateTime>().unwrap())
                .billing_country("Norway")
                .total(0)
                .save(&tx)
                .await?;
            let lines = [(1_i64, "0.99", 2), (2, "1.99", 1)].map(|(track, price, quantity)| {
                InvoiceLine::draft()
                    .invoice_id(invoice.invoice_id)
                    .track_id(track)
                    .unit_price(decimal(price))
                    .quantity(quantity)
            });
            let lines = InvoiceLine::create_many(&tx, lines).await?;
            invoice.total = lines.iter().map(|line| line.unit_price * Decimal::from(line.quantity)).sum();
            invoice.save(&tx).await?;
            Ok(invoice.invoice_id)
        })
        .await
        .unwrap();
    let mut invoice = Invoice::query().with(Invoice::lines).find_or_fail(&db, id).await.unwrap();
    assert_eq!((invoice.total, invoice.lines.get().unwrap().len()), (decimal("3.97"), 2));
    assert_eq!(Invoice::query().where_eq(Invoice::total, decimal("3.97")).count(&db).await.unwrap(), 1);
    invoice.billing_city = Some("Oslo".into());
    invoice.save(&db).await.unwrap();
    assert_eq!(invoice.fresh(&db).await.unwrap().unwrap().billing_city.as_deref(), Some("Oslo"));

    let refused = invoice.delete(&db).await.unwrap_err();
    assert!(matches!(refused, Error::Constraint { .. }), "its lines refer to it: {refused}");
    assert_eq!(InvoiceLine::query().where_eq(InvoiceLine::invoice_id, id).delete(&db).await.unwrap(), 2);
    invoice.delete(&db).await.unwrap();
    assert_eq!(Invoice::query().count(&db).await.unwrap(), 412);
    assert_eq!(InvoiceLine::query().count(&db).await.unwrap(), 2_240);
}
