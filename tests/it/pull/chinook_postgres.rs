// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.
#![allow(missing_docs, clippy::all)]

mod album {
// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.
#![allow(unused_imports)]

use atlas::prelude::*;

use super::*;

#[derive(Model, Debug)]
#[table("album")]
pub struct Album {
    #[primary_key(manual)]
    pub album_id: i32,
    pub title: String,
    #[index]
    pub artist_id: i32,
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
#[table("artist")]
pub struct Artist {
    #[primary_key(manual)]
    pub artist_id: i32,
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
#[table("customer")]
pub struct Customer {
    #[primary_key(manual)]
    pub customer_id: i32,
    pub first_name: String,
    pub last_name: String,
    pub company: Option<String>,
    pub address: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub country: Option<String>,
    pub postal_code: Option<String>,
    pub phone: Option<String>,
    pub fax: Option<String>,
    pub email: String,
    #[index]
    pub support_rep_id: Option<i32>,
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
#[table("employee")]
pub struct Employee {
    #[primary_key(manual)]
    pub employee_id: i32,
    pub last_name: String,
    pub first_name: String,
    pub title: Option<String>,
    #[index]
    pub reports_to: Option<i32>,
    pub birth_date: Option<atlas::types::chrono::NaiveDateTime>,
    pub hire_date: Option<atlas::types::chrono::NaiveDateTime>,
    pub address: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub country: Option<String>,
    pub postal_code: Option<String>,
    pub phone: Option<String>,
    pub fax: Option<String>,
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
#[table("genre")]
pub struct Genre {
    #[primary_key(manual)]
    pub genre_id: i32,
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
#[table("invoice")]
pub struct Invoice {
    #[primary_key(manual)]
    pub invoice_id: i32,
    #[index]
    pub customer_id: i32,
    pub invoice_date: atlas::types::chrono::NaiveDateTime,
    pub billing_address: Option<String>,
    pub billing_city: Option<String>,
    pub billing_state: Option<String>,
    pub billing_country: Option<String>,
    pub billing_postal_code: Option<String>,
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
#[table("invoice_line")]
pub struct InvoiceLine {
    #[primary_key(manual)]
    pub invoice_line_id: i32,
    #[index]
    pub invoice_id: i32,
    #[index]
    pub track_id: i32,
    pub unit_price: atlas::types::rust_decimal::Decimal,
    pub quantity: i32,
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
#[table("media_type")]
pub struct MediaType {
    #[primary_key(manual)]
    pub media_type_id: i32,
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
#[table("playlist")]
pub struct Playlist {
    #[primary_key(manual)]
    pub playlist_id: i32,
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
#[table("playlist_track")]
pub struct PlaylistTrack {
    #[primary_key]
    #[index]
    pub playlist_id: i32,
    #[primary_key]
    #[index]
    pub track_id: i32,
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
#[table("track")]
pub struct Track {
    #[primary_key(manual)]
    pub track_id: i32,
    pub name: String,
    #[index]
    pub album_id: Option<i32>,
    #[index]
    pub media_type_id: i32,
    #[index]
    pub genre_id: Option<i32>,
    pub composer: Option<String>,
    pub milliseconds: i32,
    pub bytes: Option<i32>,
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
