//! What the rows lead to, beside what plain SQL says, whatever the tables are called.

use atlas::{Records, prelude::*};
use rust_decimal::Decimal;

use super::{Album, Artist, Customer, Employee, Genre, Invoice, Playlist, PlaylistTrack, Track};
use crate::{chinook::plain, support::sent};

fn sorted(mut rows: Vec<Vec<i64>>) -> Vec<Vec<i64>> {
    rows.sort();
    rows
}

pub async fn from_artists_to_what_was_sold(db: &Db) {
    let tree = Artist::albums.with(Album::tracks.with(Track::lines));
    let (statements, artists) = sent(db, async || Artist::query().with(tree).get(db).await.unwrap()).await;
    assert_eq!((statements, artists.len()), (4, 275));
    let mut sold = Vec::new();
    for artist in &artists {
        for album in artist.albums.get().unwrap() {
            for track in album.tracks.get().unwrap() {
                for line in track.lines.get().unwrap() {
                    sold.push(vec![artist.artist_id, album.album_id, track.track_id, line.invoice_line_id]);
                }
            }
        }
    }
    let joined = "select Artist.ArtistId, Album.AlbumId, Track.TrackId, InvoiceLine.InvoiceLineId from Artist
        join Album on Album.ArtistId = Artist.ArtistId join Track on Track.AlbumId = Album.AlbumId
        join InvoiceLine on InvoiceLine.TrackId = Track.TrackId";
    assert_eq!(sorted(sold), sorted(plain(db, joined).await));
    let without = artists.iter().filter(|artist| artist.albums.get().unwrap().is_empty()).count();
    assert_eq!(without, 71);

    // The other way, and through the model between.
    let tracks = Track::query().with(Track::album.with(Album::artist));
    let (statements, tracks) = sent(db, async || tracks.get(db).await.unwrap()).await;
    assert_eq!((statements, tracks.len()), (3, 3503));
    let upwards = tracks.iter().map(|track| {
        let album = track.album.get().unwrap().unwrap();
        vec![album.artist.get().unwrap().unwrap().artist_id, track.track_id]
    });
    let joined =
        "select Album.ArtistId, Track.TrackId from Album join Track on Track.AlbumId = Album.AlbumId";
    let expected = sorted(plain(db, joined).await);
    assert_eq!(sorted(upwards.collect()), expected);
    let (statements, artists) =
        sent(db, async || Artist::query().with(Artist::tracks).get(db).await.unwrap()).await;
    assert_eq!(statements, 2);
    let through = artists.iter().flat_map(|artist| {
        artist.tracks.get().unwrap().iter().map(|track| vec![artist.artist_id, track.track_id])
    });
    assert_eq!(sorted(through.collect()), expected);

    // Two of the longest tracks of each album, and the longest.
    let longest =
        Album::tracks.order_by(Track::milliseconds.desc()).order_by(Track::track_id.desc()).limit(2);
    let albums = Album::query().with((longest, Album::longest));
    let (statements, albums) = sent(db, async || albums.get(db).await.unwrap()).await;
    assert_eq!(statements, 3);
    let two = albums.iter().flat_map(|album| {
        let tracks = album.tracks.get().unwrap();
        let longest = album.longest.get().unwrap().map(|track| track.track_id);
        assert_eq!(tracks.first().map(|track| track.track_id), longest);
        tracks.iter().map(|track| vec![album.album_id, track.track_id])
    });
    let ranked =
        "select AlbumId, TrackId from (select AlbumId, TrackId, row_number() over (partition by AlbumId
        order by Milliseconds desc, TrackId desc) as place from Track) ranked where place <= 2";
    assert_eq!(sorted(two.collect()), sorted(plain(db, ranked).await));
}

pub async fn lists_and_their_tracks(db: &Db) {
    let pairs = sorted(plain(db, "select PlaylistId, TrackId from PlaylistTrack").await);
    let (statements, lists) =
        sent(db, async || Playlist::query().with(Playlist::tracks).get(db).await.unwrap()).await;
    assert_eq!((statements, lists.len()), (2, 18));
    let found = lists.iter().flat_map(|list| {
        list.tracks.get().unwrap().iter().map(|track| {
            let pivot = track.pivot::<PlaylistTrack>().unwrap();
            assert_eq!((pivot.playlist_id, pivot.track_id), (list.playlist_id, track.track_id));
            vec![list.playlist_id, track.track_id]
        })
    });
    assert_eq!(sorted(found.collect()), pairs);
    let (statements, tracks) =
        sent(db, async || Track::query().with(Track::playlists).get(db).await.unwrap()).await;
    assert_eq!(statements, 2);
    let found = tracks.iter().flat_map(|track| {
        track.playlists.get().unwrap().iter().map(|list| vec![list.playlist_id, track.track_id])
    });
    assert_eq!(sorted(found.collect()), pairs);

    // Counted, with conditions, and lazily.
    let rock = Track::genre.filter(Genre::name.eq("Rock"));
    let query = Playlist::query()
        .with_count(Playlist::tracks)
        .with_count_as("rock", Playlist::tracks.apply(|tracks| tracks.has(rock)))
        .with_sum(Playlist::tracks, Track::milliseconds)
        .order_by(Playlist::playlist_id);
    let (statements, mut lists) = sent(db, async || query.get(db).await.unwrap()).await;
    assert_eq!(statements, 1);
    let counted = lists.iter().map(|list| {
        let sum: Option<i64> = list.extra("tracks_sum_milliseconds").unwrap();
        let count = |name| list.extra::<i64>(name).unwrap();
        vec![list.playlist_id, count("tracks_count"), count("rock"), sum.unwrap_or(-1)]
    });
    let grouped = "select Playlist.PlaylistId, count(Track.TrackId), count(case when Track.GenreId = 1 then 1 end),
        sum(Track.Milliseconds) from Playlist left join PlaylistTrack on PlaylistTrack.PlaylistId = Playlist.PlaylistId
        left join Track on Track.TrackId = PlaylistTrack.TrackId group by Playlist.PlaylistId
        order by Playlist.PlaylistId";
    assert_eq!(counted.collect::<Vec<_>>(), plain(db, grouped).await);
    let (statements, ()) = sent(db, async || {
        for list in &mut lists {
            list.load(db, Playlist::tracks).await.unwrap();
            assert_eq!(list.tracks.get().unwrap().len() as u64, list.count_of(Playlist::tracks).unwrap());
        }
    })
    .await;
    assert_eq!(statements, 1);
    let (statements, ()) = sent(db, async || lists.load_missing(db, Playlist::tracks).await.unwrap()).await;
    assert_eq!(statements, 0);
}

pub async fn who_reports_to_whom(db: &Db) {
    let tree = Employee::team.with(Employee::team.with(Employee::team));
    let top = Employee::query().where_null(Employee::reports_to).with(tree);
    let (statements, top) = sent(db, async || top.sole(db).await.unwrap()).await;
    assert_eq!(statements, 4);
    let mut pairs = vec![vec![-1, top.employee_id]];
    let mut rest = vec![&top];
    while let Some(boss) = rest.pop() {
        // Below the third level nothing was loaded, and there is nobody.
        for employee in boss.team.get().into_iter().flatten() {
            pairs.push(vec![boss.employee_id, employee.employee_id]);
            rest.push(employee);
        }
    }
    let expected = sorted(plain(db, "select ReportsTo, EmployeeId from Employee").await);
    assert_eq!(sorted(pairs), expected);
    let (statements, employees) =
        sent(db, async || Employee::query().with(Employee::boss).get(db).await.unwrap()).await;
    assert_eq!(statements, 2);
    let upwards = employees.iter().map(|employee| {
        let boss = employee.boss.get().unwrap().map_or(-1, |boss| boss.employee_id);
        vec![boss, employee.employee_id]
    });
    assert_eq!(sorted(upwards.collect()), expected);

    let leaders = Employee::query().has(Employee::team).order_by(Employee::employee_id);
    let expected = "select distinct ReportsTo from Employee where ReportsTo is not null order by ReportsTo";
    let leaders = leaders.pluck(db, Employee::employee_id).await.unwrap();
    assert_eq!(leaders, plain(db, expected).await.concat());
    let under = Employee::query()
        .where_has(Employee::boss, |boss| {
            boss.where_has(Employee::boss, |top| top.where_eq(Employee::first_name, "Andrew"))
        })
        .order_by(Employee::employee_id)
        .pluck(db, Employee::employee_id);
    let expected = "select e.EmployeeId from Employee e join Employee b on e.ReportsTo = b.EmployeeId
        join Employee t on b.ReportsTo = t.EmployeeId where t.EmployeeId = 1 order by e.EmployeeId";
    assert_eq!(under.await.unwrap(), plain(db, expected).await.concat());
}

pub async fn customers_and_who_helps_them(db: &Db) {
    let (statements, customers) =
        sent(db, async || Customer::query().with(Customer::support_rep).get(db).await.unwrap()).await;
    assert_eq!((statements, customers.len()), (2, 59));
    let pairs = customers
        .iter()
        .map(|customer| vec![customer.customer_id, customer.support_rep.get().unwrap().unwrap().employee_id]);
    assert_eq!(
        sorted(pairs.collect()),
        sorted(plain(db, "select CustomerId, SupportRepId from Customer").await)
    );

    let reps = Employee::query()
        .has(Employee::customers)
        .with_count(Employee::customers)
        .with_count(Employee::invoices)
        .with_sum(Employee::invoices, Invoice::total)
        .order_by(Employee::employee_id);
    let (statements, reps) = sent(db, async || reps.get(db).await.unwrap()).await;
    assert_eq!(statements, 1);
    let counted = reps.iter().map(|rep| {
        let cents = rep.extra::<Decimal>("invoices_sum_total").unwrap() * Decimal::from(100);
        let (customers, invoices) =
            (rep.count_of(Employee::customers).unwrap(), rep.count_of(Employee::invoices).unwrap());
        vec![rep.employee_id, customers as i64, invoices as i64, cents.round().try_into().unwrap()]
    });
    let grouped = "select SupportRepId, count(distinct Customer.CustomerId), count(*), cast(round(sum(Total) * 100) as
        decimal(12, 0)) from Customer join Invoice on Invoice.CustomerId = Customer.CustomerId group by SupportRepId
        order by SupportRepId";
    let grouped = if db.driver_name() == "sqlite" {
        grouped.replace("decimal(12, 0)", "integer")
    } else {
        grouped.into()
    };
    assert_eq!(counted.collect::<Vec<_>>(), plain(db, &grouped).await);

    let jane = Employee::query().where_eq(Employee::first_name, "Jane").sole(db).await.unwrap();
    let of_jane = Customer::query().where_belongs_to(Customer::support_rep, &jane);
    assert_eq!(of_jane.count(db).await.unwrap(), 21);
    assert_eq!(jane.related(Employee::customers).count(db).await.unwrap(), 21);
    let invoices = jane.related(Employee::invoices).query();
    assert_eq!(invoices.sum(db, Invoice::total).await.unwrap().to_string(), "833.04");

    // One invoice of each customer, and the rep of each invoice's customer, lazily.
    let (statements, customers) =
        sent(db, async || Customer::query().with(Customer::last_invoice).get(db).await.unwrap()).await;
    assert_eq!(statements, 2);
    let last = customers
        .iter()
        .map(|customer| vec![customer.customer_id, customer.last_invoice.get().unwrap().unwrap().invoice_id]);
    let expected = "select CustomerId, max(InvoiceId) from Invoice group by CustomerId";
    assert_eq!(sorted(last.collect()), sorted(plain(db, expected).await));
    let mut invoices = Invoice::query().get(db).await.unwrap();
    let (statements, ()) = sent(db, async || {
        for invoice in &mut invoices {
            invoice.load(db, Invoice::customer).await.unwrap();
        }
    })
    .await;
    assert_eq!((statements, invoices.len()), (1, 412));
    let pairs = invoices
        .iter()
        .map(|invoice| vec![invoice.invoice_id, invoice.customer.get().unwrap().unwrap().customer_id]);
    assert_eq!(sorted(pairs.collect()), sorted(plain(db, "select InvoiceId, CustomerId from Invoice").await));
}

pub async fn rows_by_what_they_lead_to(db: &Db) {
    let artists = async |query: Query<Artist>| {
        let keys = query.order_by(Artist::artist_id).pluck(db, Artist::artist_id);
        let (statements, keys) = sent(db, async || keys.await.unwrap()).await;
        assert_eq!(statements, 1);
        keys
    };
    let q = Artist::query;
    let jazz = |tracks: Query<Track>| tracks.where_has(Track::genre, |g| g.where_eq(Genre::name, "Jazz"));
    let of_jazz =
        "in (select Album.ArtistId from Album join Track on Track.AlbumId = Album.AlbumId where GenreId = 2)";
    let count = "(select count(*) from Album where Album.ArtistId = Artist.ArtistId)";
    for (query, condition) in [
        (
            q().where_has(Artist::albums, |albums| albums.where_has(Album::tracks, jazz)),
            format!("ArtistId {of_jazz}"),
        ),
        (q().where_has(Artist::tracks, jazz), format!("ArtistId {of_jazz}")),
        (q().where_doesnt_have(Artist::tracks.apply(jazz)), format!("ArtistId not {of_jazz}")),
        (q().where_doesnt_have(Artist::albums), format!("{count} = 0")),
        (q().where_has_count(Artist::albums, ">=", 5), format!("{count} >= 5")),
        (q().where_has_count(Artist::albums, "<", 2), format!("{count} < 2")),
        (
            q().where_eq(Artist::name, "AC/DC").or_where_has(Artist::tracks, jazz),
            format!("ArtistId = 1 or ArtistId {of_jazz}"),
        ),
    ] {
        let expected =
            plain(db, &format!("select ArtistId from Artist where {condition} order by ArtistId")).await;
        assert!(!expected.is_empty(), "{condition}");
        assert_eq!(artists(query).await, expected.concat(), "{condition}");
    }

    let canada = Track::query()
        .where_has(Track::invoices, |i| i.where_eq(Invoice::billing_country, "Canada"))
        .order_by(Track::track_id);
    let expected = "select distinct InvoiceLine.TrackId from InvoiceLine
        join Invoice on Invoice.InvoiceId = InvoiceLine.InvoiceId where lower(BillingCountry) = 'canada'
        order by InvoiceLine.TrackId";
    let canada = canada.pluck(db, Track::track_id).await.unwrap();
    assert_eq!(canada, plain(db, expected).await.concat());

    let query = Customer::query()
        .with_exists(Customer::invoices)
        .with_max(Customer::invoices, Invoice::invoice_id)
        .with_min(Customer::invoices, Invoice::invoice_id)
        .with_avg(Customer::invoices, Invoice::invoice_id)
        .order_by(Customer::customer_id);
    let (statements, customers) = sent(db, async || query.get(db).await.unwrap()).await;
    assert_eq!(statements, 1);
    let found = customers.iter().map(|customer| {
        assert!(customer.extra::<bool>("invoices_exists").unwrap());
        let number = |name| customer.extra::<i64>(name).unwrap();
        let average: f64 = customer.extra("invoices_avg_invoice_id").unwrap();
        let (max, min) = (number("invoices_max_invoice_id"), number("invoices_min_invoice_id"));
        vec![customer.customer_id, max, min, average.floor() as i64]
    });
    let grouped = "select CustomerId, max(InvoiceId), min(InvoiceId), sum(InvoiceId) from Invoice
        group by CustomerId order by CustomerId";
    let counts =
        plain(db, "select count(*) from Invoice group by CustomerId order by CustomerId").await.concat();
    let expected = plain(db, grouped).await.into_iter().zip(counts);
    let expected = expected.map(|(row, count)| vec![row[0], row[1], row[2], row[3] / count]);
    assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

pub async fn lists_are_changed(db: &Db) {
    let list = Playlist::find_or_fail(db, 18).await.unwrap();
    let tracks = || list.related(Playlist::tracks);
    let there =
        async || sorted(plain(db, "select TrackId from PlaylistTrack where PlaylistId = 18").await).concat();
    assert_eq!(there().await, [597]);
    assert_eq!(tracks().attach(db, [1, 2]).await.unwrap(), 2);
    let changes = tracks().sync(db, [2, 3]).await.unwrap();
    assert_eq!((changes.attached.len(), changes.detached.len(), changes.updated.len()), (1, 2, 0));
    assert_eq!(there().await, [2, 3]);
    tracks().toggle(db, [3, 597]).await.unwrap();
    assert_eq!(tracks().detach(db, [2]).await.unwrap(), 1);
    assert_eq!(there().await, [597]);
    assert!(tracks().attach(db, [77_777]).await.is_err());

    // A list with new tracks on a new album of a new artist: each table in one statement.
    let artist = Artist::draft().artist_id(999).name("Atlas");
    let track = |id: i64| {
        Track::draft().track_id(id).name("t").media_type_id(1).milliseconds(1).unit_price(1).album_id(999)
    };
    let album =
        Album::draft().album_id(999).title("Graphs").artist(artist).tracks([track(9_001), track(9_002)]);
    let (statements, album) = sent(db, async || album.save(db).await.unwrap()).await;
    assert_eq!((statements, album.artist_id), (3, 999));
    let more = Playlist::draft().playlist_id(99).name("new").tracks([track(9_003), track(9_004)]);
    let (statements, _) = sent(db, async || more.save(db).await.unwrap()).await;
    assert_eq!(statements, 3);
    let new = plain(db, "select TrackId from PlaylistTrack where PlaylistId = 99").await;
    assert_eq!(sorted(new).concat(), [9_003, 9_004]);
    let joined =
        "select count(*) from Track join Album on Album.AlbumId = Track.AlbumId where ArtistId = 999";
    assert_eq!(plain(db, joined).await.concat(), [4]);
}
