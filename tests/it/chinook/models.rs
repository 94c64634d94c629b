//! The models. Each database's script has its own spelling of tables and columns.

macro_rules! shop_models {
    (
        $case:literal,
        artist = $artist:literal,
        album = $album:literal,
        track = $track:literal,
        genre = $genre:literal,
        media_type = $media_type:literal,
        playlist = $playlist:literal,
        playlist_track = $playlist_track:literal,
        employee = $employee:literal,
        customer = $customer:literal,
        invoice = $invoice:literal,
        invoice_line = $invoice_line:literal,
    ) => {
        use atlas::prelude::*;
        use chrono::NaiveDateTime;
        use rust_decimal::Decimal;

        #[derive(Model, Debug)]
        #[table($artist)]
        #[rename_all = $case]
        pub struct Artist {
            #[primary_key(manual)]
            pub artist_id: i64,
            pub name: Option<String>,
            #[has_many(local_key = artist_id)]
            pub albums: HasMany<Album>,
            #[has_many_through(through = Album, through_local_key = album_id)]
            pub tracks: HasManyThrough<Track>,
        }

        #[derive(Model, Debug)]
        #[table($album)]
        #[rename_all = $case]
        pub struct Album {
            #[primary_key(manual)]
            pub album_id: i64,
            pub title: String,
            pub artist_id: i64,
            #[belongs_to(owner_key = artist_id)]
            pub artist: BelongsTo<Artist>,
            #[has_many]
            pub tracks: HasMany<Track>,
            #[has_one(latest = milliseconds)]
            pub longest: HasOne<Track>,
        }

        #[derive(Model, Debug)]
        #[table($track)]
        #[rename_all = $case]
        pub struct Track {
            #[primary_key(manual)]
            pub track_id: i64,
            pub name: String,
            pub album_id: Option<i64>,
            pub media_type_id: i64,
            pub genre_id: Option<i64>,
            pub composer: Option<String>,
            pub milliseconds: i32,
            pub bytes: Option<i32>,
            pub unit_price: Decimal,
            #[belongs_to(owner_key = album_id)]
            pub album: BelongsTo<Album>,
            #[belongs_to(owner_key = genre_id)]
            pub genre: BelongsTo<Genre>,
            #[has_many]
            pub lines: HasMany<InvoiceLine>,
            #[belongs_to_many(target_key = playlist_id)]
            pub playlists: BelongsToMany<Playlist, PlaylistTrack>,
            #[has_many_through(
                        through = InvoiceLine,
                        through_local_key = invoice_id,
                        through_foreign_key = invoice_id,
                    )]
            pub invoices: HasManyThrough<Invoice>,
        }

        #[derive(Model, Debug)]
        #[table($genre)]
        #[rename_all = $case]
        pub struct Genre {
            #[primary_key(manual)]
            pub genre_id: i64,
            pub name: Option<String>,
            #[has_many]
            pub tracks: HasMany<Track>,
        }

        #[derive(Model, Debug)]
        #[table($media_type)]
        #[rename_all = $case]
        pub struct MediaType {
            #[primary_key(manual)]
            pub media_type_id: i64,
            pub name: Option<String>,
        }

        #[derive(Model, Debug)]
        #[table($playlist)]
        #[rename_all = $case]
        pub struct Playlist {
            #[primary_key(manual)]
            pub playlist_id: i64,
            pub name: Option<String>,
            #[belongs_to_many(target_key = track_id)]
            pub tracks: BelongsToMany<Track, PlaylistTrack>,
        }

        #[derive(Model, Debug)]
        #[table($playlist_track)]
        #[rename_all = $case]
        pub struct PlaylistTrack {
            #[primary_key(manual)]
            pub playlist_id: i64,
            #[primary_key(manual)]
            pub track_id: i64,
        }

        #[derive(Model, Debug)]
        #[table($employee)]
        #[rename_all = $case]
        pub struct Employee {
            #[primary_key(manual)]
            pub employee_id: i64,
            pub last_name: String,
            pub first_name: String,
            pub title: Option<String>,
            pub reports_to: Option<i64>,
            pub birth_date: Option<NaiveDateTime>,
            pub hire_date: Option<NaiveDateTime>,
            pub email: Option<String>,
            #[belongs_to(foreign_key = reports_to, owner_key = employee_id)]
            pub boss: BelongsTo<Employee>,
            #[has_many(foreign_key = reports_to)]
            pub team: HasMany<Employee>,
            #[has_many(foreign_key = support_rep_id)]
            pub customers: HasMany<Customer>,
            #[has_many_through(through = Customer, foreign_key = support_rep_id, through_local_key = customer_id)]
            pub invoices: HasManyThrough<Invoice>,
        }

        #[derive(Model, Debug)]
        #[table($customer)]
        #[rename_all = $case]
        pub struct Customer {
            #[primary_key(manual)]
            pub customer_id: i64,
            pub first_name: String,
            pub last_name: String,
            pub company: Option<String>,
            pub country: Option<String>,
            pub email: String,
            pub support_rep_id: Option<i64>,
            #[belongs_to(foreign_key = support_rep_id, owner_key = employee_id)]
            pub support_rep: BelongsTo<Employee>,
            #[has_many]
            pub invoices: HasMany<Invoice>,
            #[has_one(latest)]
            pub last_invoice: HasOne<Invoice>,
        }

        #[derive(Model, Debug)]
        #[table($invoice)]
        #[rename_all = $case]
        pub struct Invoice {
            #[primary_key(manual)]
            pub invoice_id: i64,
            pub customer_id: i64,
            pub invoice_date: NaiveDateTime,
            pub billing_city: Option<String>,
            pub billing_country: Option<String>,
            pub total: Decimal,
            #[has_many]
            pub lines: HasMany<InvoiceLine>,
            #[belongs_to(owner_key = customer_id)]
            pub customer: BelongsTo<Customer>,
        }

        #[derive(Model, Debug)]
        #[table($invoice_line)]
        #[rename_all = $case]
        pub struct InvoiceLine {
            #[primary_key(manual)]
            pub invoice_line_id: i64,
            pub invoice_id: i64,
            pub track_id: i64,
            pub unit_price: Decimal,
            pub quantity: i32,
            #[belongs_to(owner_key = track_id)]
            pub track: BelongsTo<Track>,
        }

        /// No table: employees, each with how many are above.
        #[derive(Model, Debug)]
        #[table("chain")]
        #[rename_all = $case]
        pub struct Chain {
            #[primary_key(manual)]
            pub employee_id: i64,
            pub reports_to: Option<i64>,
            pub depth: i64,
        }
    };
}
