//! What is made of several tables at once, beside what plain SQL says.

use atlas::{count_all, prelude::*, rank, row_number, val};

use super::{
    Album, Artist, Chain, Customer, Employee, Genre, Invoice, InvoiceLine, Playlist, PlaylistTrack, Track,
};
use crate::{chinook::plain, support::sent};

struct Boss;
struct Other;

pub async fn rows_beside_rows(db: &Db) {
    // Two left joins: artists without albums and albums without tracks stay.
    let query = Artist::query()
        .left_join(Artist::albums)
        .left_join(Album::tracks.filter(Track::milliseconds.gt(300_000)))
        .order_by(Artist::artist_id)
        .order_by(Album::album_id.coalesce(0))
        .order_by(Track::track_id.coalesce(0));
    let (statements, rows) = sent(db, async || query.clone().get(db).await.unwrap()).await;
    assert_eq!(statements, 1);
    let rows: Vec<Vec<i64>> = rows
        .iter()
        .map(|(artist, album, track)| {
            let album = album.as_ref().map_or(-1, |album| album.album_id);
            vec![artist.artist_id, album, track.as_ref().map_or(-1, |track| track.track_id)]
        })
        .collect();
    let expected = "select Artist.ArtistId, Album.AlbumId, Track.TrackId from Artist
        left join Album on Album.ArtistId = Artist.ArtistId
        left join Track on Track.AlbumId = Album.AlbumId and Track.Milliseconds > 300000
        order by Artist.ArtistId, coalesce(Album.AlbumId, 0), coalesce(Track.TrackId, 0)";
    let expected = plain(db, expected).await;
    assert_eq!(rows, expected);
    assert_eq!(query.count(db).await.unwrap(), expected.len() as u64);

    // Whom customers turn to, and who leads those.
    let helped = Customer::query()
        .join(Customer::support_rep)
        .left_join_as(Boss, Employee::boss)
        .order_by(Customer::customer_id)
        .select((Customer::customer_id, Employee::employee_id, Employee::employee_id.of::<Boss>()));
    let rows: Vec<Vec<i64>> =
        helped.get(db).await.unwrap().into_iter().map(|(a, b, c)| vec![a, b, c.unwrap_or(-1)]).collect();
    let expected = "select c.CustomerId, e.EmployeeId, b.EmployeeId from Customer c
        join Employee e on e.EmployeeId = c.SupportRepId left join Employee b on b.EmployeeId = e.ReportsTo
        order by c.CustomerId";
    assert_eq!(rows, plain(db, expected).await);
}

pub async fn groups_and_what_they_add_up_to(db: &Db) {
    let sold = Genre::query()
        .join(Genre::tracks)
        .join(Track::lines)
        .group_by((Genre::genre_id, Genre::name))
        .having(count_all().gt(50).and(InvoiceLine::quantity.sum().ge(60)))
        .order_by(count_all().desc())
        .order_by(Genre::genre_id)
        .select((
            Genre::genre_id,
            count_all(),
            InvoiceLine::quantity.sum(),
            Track::track_id.count_distinct(),
        ));
    let rows = sold.clone().get(db).await.unwrap();
    let rows: Vec<Vec<i64>> =
        rows.into_iter().map(|(genre, lines, sum, tracks)| vec![genre, lines, sum, tracks]).collect();
    let expected = "select Genre.GenreId, count(*), sum(InvoiceLine.Quantity), count(distinct Track.TrackId)
        from Genre join Track on Track.GenreId = Genre.GenreId
        join InvoiceLine on InvoiceLine.TrackId = Track.TrackId
        group by Genre.GenreId, Genre.Name having count(*) > 50 and sum(InvoiceLine.Quantity) >= 60
        order by count(*) desc, Genre.GenreId";
    let expected = plain(db, expected).await;
    assert_eq!(rows, expected);
    assert_eq!(sold.count(db).await.unwrap(), expected.len() as u64);

    // Lists without a track have a count of zero.
    let lists = Playlist::query()
        .left_join_on(PlaylistTrack::query(), PlaylistTrack::playlist_id.eq(Playlist::playlist_id))
        .group_by(Playlist::playlist_id)
        .order_by(Playlist::playlist_id)
        .select((Playlist::playlist_id, PlaylistTrack::track_id.count()));
    let rows: Vec<Vec<i64>> =
        lists.get(db).await.unwrap().into_iter().map(|(list, tracks)| vec![list, tracks]).collect();
    let expected = "select p.PlaylistId, count(t.TrackId) from Playlist p
        left join PlaylistTrack t on t.PlaylistId = p.PlaylistId group by p.PlaylistId order by p.PlaylistId";
    assert_eq!(rows, plain(db, expected).await);
}

pub async fn places_within_windows(db: &Db) {
    let longest = row_number().over(|tracks| {
        tracks.partition_by(Track::album_id).order_by(Track::milliseconds.desc()).order_by(Track::track_id)
    });
    let of_genre = rank().over(|tracks| tracks.partition_by(Track::genre_id).order_by(Track::milliseconds));
    let so_far = Track::milliseconds
        .sum()
        .over(|tracks| tracks.partition_by(Track::album_id).order_by(Track::track_id).rows(..=0));
    let query = Track::query().order_by(Track::track_id).select((Track::track_id, longest, of_genre, so_far));
    let rows = query.get(db).await.unwrap();
    let rows: Vec<Vec<i64>> =
        rows.into_iter().map(|(track, place, rank, sum)| vec![track, place, rank, sum]).collect();
    let expected = "select TrackId,
        row_number() over (partition by AlbumId order by Milliseconds desc, TrackId),
        rank() over (partition by GenreId order by Milliseconds),
        sum(Milliseconds) over (partition by AlbumId order by TrackId rows unbounded preceding)
        from Track order by TrackId";
    assert_eq!(rows, plain(db, expected).await);
}

pub async fn the_way_up_a_tree(db: &Db) {
    let top = Employee::query().where_null(Employee::reports_to).select((
        Employee::employee_id,
        Employee::reports_to,
        val(0_i64),
    ));
    let below = Employee::query()
        .join_on(Chain::query(), Employee::reports_to.eq(Chain::employee_id))
        .select((Employee::employee_id, Employee::reports_to, Chain::depth + 1));
    let chain = Chain::query().recursive(top, below);
    let rows = chain.clone().order_by(Chain::employee_id).get(db).await.unwrap();
    let rows: Vec<Vec<i64>> =
        rows.iter().map(|row| vec![row.employee_id, row.reports_to.unwrap_or(-1), row.depth]).collect();
    let expected = "with recursive chain (id, boss, depth) as (
        select EmployeeId, ReportsTo, 0 from Employee where ReportsTo is null
        union select e.EmployeeId, e.ReportsTo, c.depth + 1 from Employee e join chain c on e.ReportsTo = c.id)
        select id, boss, depth from chain order by id";
    assert_eq!(rows, plain(db, expected).await);

    // What the customers of those at the bottom bought.
    let bought = Invoice::query()
        .with_query(chain)
        .join(Invoice::customer)
        .join_on(Chain::query().where_ge(Chain::depth, 2), Chain::employee_id.eq(Customer::support_rep_id))
        .group_by(Chain::employee_id)
        .order_by(Chain::employee_id)
        .select((Chain::employee_id, count_all()));
    let rows: Vec<Vec<i64>> =
        bought.get(db).await.unwrap().into_iter().map(|(who, n)| vec![who, n]).collect();
    let expected =
        "select c.SupportRepId, count(*) from Invoice i join Customer c on c.CustomerId = i.CustomerId
        join Employee e on e.EmployeeId = c.SupportRepId join Employee b on b.EmployeeId = e.ReportsTo
        where b.ReportsTo is not null group by c.SupportRepId order by c.SupportRepId";
    assert_eq!(rows, plain(db, expected).await);
}

pub async fn queries_in_queries(db: &Db) {
    // Tracks more than half as long as the longest of their genre, which nobody bought.
    let longest = Track::query().called(Other).outer::<Track>();
    let longest = longest
        .filter(Track::genre_id.of::<Other>().eq(Track::genre_id))
        .select(Track::milliseconds.of::<Other>().max());
    let sold = InvoiceLine::query().outer::<Track>().filter(InvoiceLine::track_id.eq(Track::track_id));
    let found = Track::query()
        .filter((Track::milliseconds * 2).gt(longest.scalar()))
        .where_not_exists(sold)
        .order_by(Track::track_id)
        .pluck(db, Track::track_id)
        .await
        .unwrap();
    let expected = "select t.TrackId from Track t
        where t.Milliseconds * 2 > (select max(o.Milliseconds) from Track o where o.GenreId = t.GenreId)
        and not exists (select 1 from InvoiceLine l where l.TrackId = t.TrackId) order by t.TrackId";
    assert_eq!(found, plain(db, expected).await.concat());

    // Who plays rock or jazz, but no metal.
    let with = |name: &str| {
        Artist::query()
            .join(Artist::tracks)
            .join(Track::genre.filter(Genre::name.eq(name)))
            .select(Artist::artist_id)
    };
    let both = with("Rock").union(with("Jazz")).except(with("Metal")).order_by(Artist::artist_id);
    let of = |name: &str| {
        format!(
            "select al.ArtistId from Album al join Track t on t.AlbumId = al.AlbumId
             join Genre g on g.GenreId = t.GenreId where lower(g.Name) = '{}'",
            name.to_lowercase()
        )
    };
    let expected = format!(
        "select ArtistId from Artist where (ArtistId in ({}) or ArtistId in ({})) and ArtistId not in ({})
         order by ArtistId",
        of("Rock"),
        of("Jazz"),
        of("Metal")
    );
    assert_eq!(both.get(db).await.unwrap(), plain(db, &expected).await.concat());
}
