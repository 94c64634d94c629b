// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.
#![allow(missing_docs, clippy::all)]

mod album {
// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.
#![allow(unused_imports)]

use atlas::prelude::*;

use super::*;

#[derive(Model, Debug)]
#[table("Album")]
pub struct Album {
    #[primary_key]
    #[column("AlbumId")]
    pub album_id: i64,
    #[column("Title")]
    pub title: String,
    #[column("ArtistId")]
    #[index]
    pub artist_id: i64,
    #[belongs_to(foreign_key = artist_id, owner_key = artist_id)]
    pub artist: BelongsTo<Artist>,
    #[has_many(foreign_key = album_id, local_key = album_id)]
    pub tracks: HasMany<Track>,
}
}
mod artist {
// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.
#![allow(unused_imports)]

use atlas::prelude::*;

use super::*;

#[derive(Model, Debug)]
#[table("Artist")]
pub struct Artist {
    #[primary_key]
    #[column("ArtistId")]
    pub artist_id: i64,
    #[column("Name")]
    pub name: Option<String>,
    #[has_many(foreign_key = artist_id, local_key = artist_id)]
    pub albums: HasMany<Album>,
}
}
mod customer {
// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.
#![allow(unused_imports)]

use atlas::prelude::*;

use super::*;

#[derive(Model, Debug)]
#[table("Customer")]
pub struct Customer {
    #[primary_key]
    #[column("CustomerId")]
    pub customer_id: i64,
    #[column("FirstName")]
    pub first_name: String,
    #[column("LastName")]
    pub last_name: String,
    #[column("Company")]
    pub company: Option<String>,
    #[column("Address")]
    pub address: Option<String>,
    #[column("City")]
    pub city: Option<String>,
    #[column("State")]
    pub state: Option<String>,
    #[column("Country")]
    pub country: Option<String>,
    #[column("PostalCode")]
    pub postal_code: Option<String>,
    #[column("Phone")]
    pub phone: Option<String>,
    #[column("Fax")]
    pub fax: Option<String>,
    #[column("Email")]
    pub email: String,
    #[column("SupportRepId")]
    #[index]
    pub support_rep_id: Option<i64>,
    #[belongs_to(foreign_key = support_rep_id, owner_key = employee_id)]
    pub support_rep: BelongsTo<Employee>,
    #[has_many(foreign_key = customer_id, local_key = customer_id)]
    pub invoices: HasMany<Invoice>,
}
}
mod employee {
// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.
#![allow(unused_imports)]

use atlas::prelude::*;

use super::*;

#[derive(Model, Debug)]
#[table("Employee")]
pub struct Employee {
    #[primary_key]
    #[column("EmployeeId")]
    pub employee_id: i64,
    #[column("LastName")]
    pub last_name: String,
    #[column("FirstName")]
    pub first_name: String,
    #[column("Title")]
    pub title: Option<String>,
    #[column("ReportsTo")]
    #[index]
    pub reports_to: Option<i64>,
    #[column("BirthDate")]
    pub birth_date: Option<atlas::types::chrono::NaiveDateTime>,
    #[column("HireDate")]
    pub hire_date: Option<atlas::types::chrono::NaiveDateTime>,
    #[column("Address")]
    pub address: Option<String>,
    #[column("City")]
    pub city: Option<String>,
    #[column("State")]
    pub state: Option<String>,
    #[column("Country")]
    pub country: Option<String>,
    #[column("PostalCode")]
    pub postal_code: Option<String>,
    #[column("Phone")]
    pub phone: Option<String>,
    #[column("Fax")]
    pub fax: Option<String>,
    #[column("Email")]
    pub email: Option<String>,
    #[belongs_to(foreign_key = reports_to, owner_key = employee_id)]
    pub employee: BelongsTo<Employee>,
    #[has_many(foreign_key = support_rep_id, local_key = employee_id)]
    pub customers: HasMany<Customer>,
    #[has_many(foreign_key = reports_to, local_key = employee_id)]
    pub employees_by_employee: HasMany<Employee>,
}
}
mod genre {
// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.
#![allow(unused_imports)]

use atlas::prelude::*;

use super::*;

#[derive(Model, Debug)]
#[table("Genre")]
pub struct Genre {
    #[primary_key]
    #[column("GenreId")]
    pub genre_id: i64,
    #[column("Name")]
    pub name: Option<String>,
    #[has_many(foreign_key = genre_id, local_key = genre_id)]
    pub tracks: HasMany<Track>,
}
}
mod invoice {
// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.
#![allow(unused_imports)]

use atlas::prelude::*;

use super::*;

#[derive(Model, Debug)]
#[table("Invoice")]
pub struct Invoice {
    #[primary_key]
    #[column("InvoiceId")]
    pub invoice_id: i64,
    #[column("CustomerId")]
    #[index]
    pub customer_id: i64,
    #[column("InvoiceDate")]
    pub invoice_date: atlas::types::chrono::NaiveDateTime,
    #[column("BillingAddress")]
    pub billing_address: Option<String>,
    #[column("BillingCity")]
    pub billing_city: Option<String>,
    #[column("BillingState")]
    pub billing_state: Option<String>,
    #[column("BillingCountry")]
    pub billing_country: Option<String>,
    #[column("BillingPostalCode")]
    pub billing_postal_code: Option<String>,
    #[column("Total")]
    pub total: atlas::types::rust_decimal::Decimal,
    #[belongs_to(foreign_key = customer_id, owner_key = customer_id)]
    pub customer: BelongsTo<Customer>,
    #[has_many(foreign_key = invoice_id, local_key = invoice_id)]
    pub invoice_lines: HasMany<InvoiceLine>,
}
}
mod invoice_line {
// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.
#![allow(unused_imports)]

use atlas::prelude::*;

use super::*;

#[derive(Model, Debug)]
#[table("InvoiceLine")]
pub struct InvoiceLine {
    #[primary_key]
    #[column("InvoiceLineId")]
    pub invoice_line_id: i64,
    #[column("InvoiceId")]
    #[index]
    pub invoice_id: i64,
    #[column("TrackId")]
    #[index]
    pub track_id: i64,
    #[column("UnitPrice")]
    pub unit_price: atlas::types::rust_decimal::Decimal,
    #[column("Quantity")]
    pub quantity: i64,
    #[belongs_to(foreign_key = invoice_id, owner_key = invoice_id)]
    pub invoice: BelongsTo<Invoice>,
    #[belongs_to(foreign_key = track_id, owner_key = track_id)]
    pub track: BelongsTo<Track>,
}
}
mod media_type {
// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.
#![allow(unused_imports)]

use atlas::prelude::*;

use super::*;

#[derive(Model, Debug)]
#[table("MediaType")]
pub struct MediaType {
    #[primary_key]
    #[column("MediaTypeId")]
    pub media_type_id: i64,
    #[column("Name")]
    pub name: Option<String>,
    #[has_many(foreign_key = media_type_id, local_key = media_type_id)]
    pub tracks: HasMany<Track>,
}
}
mod playlist {
// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.
#![allow(unused_imports)]

use atlas::prelude::*;

use super::*;

#[derive(Model, Debug)]
#[table("Playlist")]
pub struct Playlist {
    #[primary_key]
    #[column("PlaylistId")]
    pub playlist_id: i64,
    #[column("Name")]
    pub name: Option<String>,
    #[has_many(foreign_key = playlist_id, local_key = playlist_id)]
    pub playlist_tracks: HasMany<PlaylistTrack>,
    #[belongs_to_many(foreign_key = playlist_id, related_key = track_id, local_key = playlist_id, target_key = track_id)]
    pub tracks: BelongsToMany<Track, PlaylistTrack>,
}
}
mod playlist_track {
// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.
#![allow(unused_imports)]

use atlas::prelude::*;

use super::*;

#[derive(Model, Debug)]
#[table("PlaylistTrack")]
pub struct PlaylistTrack {
    #[primary_key]
    #[column("PlaylistId")]
    #[index]
    pub playlist_id: i64,
    #[primary_key]
    #[column("TrackId")]
    #[index]
    pub track_id: i64,
    #[belongs_to(foreign_key = playlist_id, owner_key = playlist_id)]
    pub playlist: BelongsTo<Playlist>,
    #[belongs_to(foreign_key = track_id, owner_key = track_id)]
    pub track: BelongsTo<Track>,
}
}
mod track {
// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.
#![allow(unused_imports)]

use atlas::prelude::*;

use super::*;

#[derive(Model, Debug)]
#[table("Track")]
pub struct Track {
    #[primary_key]
    #[column("TrackId")]
    pub track_id: i64,
    #[column("Name")]
    pub name: String,
    #[column("AlbumId")]
    #[index]
    pub album_id: Option<i64>,
    #[column("MediaTypeId")]
    #[index]
    pub media_type_id: i64,
    #[column("GenreId")]
    #[index]
    pub genre_id: Option<i64>,
    #[column("Composer")]
    pub composer: Option<String>,
    #[column("Milliseconds")]
    pub milliseconds: i64,
    #[column("Bytes")]
    pub bytes: Option<i64>,
    #[column("UnitPrice")]
    pub unit_price: atlas::types::rust_decimal::Decimal,
    #[belongs_to(foreign_key = album_id, owner_key = album_id)]
    pub album: BelongsTo<Album>,
    #[belongs_to(foreign_key = genre_id, owner_key = genre_id)]
    pub genre: BelongsTo<Genre>,
    #[belongs_to(foreign_key = media_type_id, owner_key = media_type_id)]
    pub media_type: BelongsTo<MediaType>,
    #[has_many(foreign_key = track_id, local_key = track_id)]
    pub invoice_lines: HasMany<InvoiceLine>,
    #[has_many(foreign_key = track_id, local_key = track_id)]
    pub playlist_tracks: HasMany<PlaylistTrack>,
    #[belongs_to_many(foreign_key = track_id, related_key = playlist_id, local_key = track_id, target_key = playlist_id)]
    pub playlists: BelongsToMany<Playlist, PlaylistTrack>,
}
}

pub use album::*;
pub use artist::*;
pub use customer::*;
pub use employee::*;
pub use genre::*;
pub use invoice::*;
pub use invoice_line::*;
pub use media_type::*;
pub use playlist::*;
pub use playlist_track::*;
pub use track::*;

/// The metadata of all models, for snapshots and `create_tables`.
pub fn all() -> Vec<&'static atlas::migrate::ModelMeta> {
    atlas::models![
        Album,
        Artist,
        Customer,
        Employee,
        Genre,
        Invoice,
        InvoiceLine,
        MediaType,
        Playlist,
        PlaylistTrack,
        Track,
    ]
    .to_vec()
}
