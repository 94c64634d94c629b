//! As the scripts of SQLite and MySQL name things: `InvoiceLine`.

shop_models! {
    "PascalCase",
    artist = "Artist",
    album = "Album",
    track = "Track",
    genre = "Genre",
    media_type = "MediaType",
    playlist = "Playlist",
    playlist_track = "PlaylistTrack",
    employee = "Employee",
    customer = "Customer",
    invoice = "Invoice",
    invoice_line = "InvoiceLine",
}

#[path = "questions.rs"]
pub mod questions;
#[path = "relations.rs"]
pub mod relations;
#[path = "reports.rs"]
pub mod reports;
