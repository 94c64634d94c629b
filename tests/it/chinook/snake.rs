//! As PostgreSQL's script names things: `invoice_line`.

shop_models! {
    "snake_case",
    artist = "artist",
    album = "album",
    track = "track",
    genre = "genre",
    media_type = "media_type",
    playlist = "playlist",
    playlist_track = "playlist_track",
    employee = "employee",
    customer = "customer",
    invoice = "invoice",
    invoice_line = "invoice_line",
}

#[path = "questions.rs"]
pub mod questions;
#[path = "relations.rs"]
pub mod relations;
#[path = "reports.rs"]
pub mod reports;
