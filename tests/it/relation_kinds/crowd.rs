//! More parents than a statement takes values.

use atlas::prelude::*;

use super::counted;
use crate::support::databases;

#[derive(MorphTarget, Debug)]
pub enum Holder {
    Member(Record<Member>),
}

#[derive(Model, Debug)]
pub struct Member {
    pub id: i64,
    pub place: i64,
    #[belongs_to_many(pivot = "joinings", related_key = club_id)]
    pub clubs: BelongsToMany<Club>,
    #[has_many_through(through = Joining, through_local_key = club_id, through_foreign_key = id)]
    pub same_clubs: HasManyThrough<Club>,
    #[morph_many(name = holder)]
    pub cards: MorphMany<Card>,
    #[has_many(foreign_key = (holder_id, place), local_key = (id, place))]
    pub placed: HasMany<Card>,
    #[has_one(foreign_key = holder_id)]
    pub card: HasOne<Card>,
    #[has_one(foreign_key = holder_id, latest)]
    pub last_card: HasOne<Card>,
    #[morph_one(name = holder)]
    pub held_card: MorphOne<Card>,
    #[has_one_through(through = Joining, through_local_key = club_id, through_foreign_key = id)]
    pub club: HasOneThrough<Club>,
    #[belongs_to_many(pivot = Joining)]
    pub joined: BelongsToMany<Club, Joining>,
    #[morph_to_many(name = holder, pivot = Card, related_key = club_id)]
    pub carded: MorphToMany<Club, Card>,
    #[morphed_by_many(name = holder, pivot = Card, foreign_key = place)]
    pub at_place: MorphToMany<Member, Card>,
}

#[derive(Model, Debug)]
pub struct Joining {
    pub id: i64,
    #[index]
    pub member_id: i64,
    pub club_id: i64,
}

#[derive(Model, Debug)]
pub struct Club {
    pub id: i64,
}

#[derive(Model, Debug)]
pub struct Card {
    pub id: i64,
    #[index]
    pub place: i64,
    pub club_id: i64,
    pub holder_type: String,
    #[index]
    pub holder_id: i64,
    #[morph_to]
    pub holder: MorphTo<Holder>,
}

#[tokio::test]
async fn more_parents_than_a_statement_takes_values() {
    const MEMBERS: i64 = 70_000;
    databases()
        .await
        .at_once(async |db| {
            db.create_tables(models![Member, Joining, Club, Card]).await.unwrap();
            Member::insert(&db, (1..=MEMBERS).map(|place| Member::draft().place(place))).await.unwrap();
            Club::insert(&db, [Club::draft(), Club::draft()]).await.unwrap();
            let some = || (1..=MEMBERS).step_by(100);
            Joining::insert(&db, some().map(|id| Joining::draft().member_id(id).club_id(1 + id % 2)))
                .await
                .unwrap();
            let cards = some().map(|id| Card::draft().place(id).holder_type("Member").holder_id(id));
            let cards = cards.map(|card| card.club_id(2));
            Card::insert(&db, cards).await.unwrap();

            let relations = (Member::clubs, Member::same_clubs, Member::cards.with(Card::holder));
            let query = Member::query().with(relations).order_by(Member::id.asc());
            let (members, statements) = counted(&db, query.get(&db)).await;
            assert_eq!(statements, 9, "keys come in two halves, and the cards' holders with each half");
            let with = members.iter().filter(|member| {
                let (clubs, same) = (member.clubs.get().unwrap(), member.same_clubs.get().unwrap());
                assert_eq!(clubs.len(), same.len());
                let cards = member.cards.get().unwrap();
                assert_eq!(clubs.len(), cards.len());
                for card in cards {
                    let Some(Holder::Member(holder)) = card.holder.get().unwrap() else { panic!("a member") };
                    assert_eq!(holder.id, member.id);
                }
                clubs.len() == 1
            });
            assert_eq!(with.count(), 700);

            let ones = (Member::card, Member::last_card, Member::held_card, Member::club);
            let many = (Member::joined, Member::carded, Member::at_place);
            let query = Member::query().with(ones).with(many).order_by(Member::id.asc());
            let (members, statements) = counted(&db, query.get(&db)).await;
            assert_eq!((statements, members.len()), (15, MEMBERS as usize), "the keys of each in two halves");
            for member in &members {
                let cards = [&member.card, &member.last_card].map(|card| card.get().unwrap());
                let cards = [cards[0], cards[1], member.held_card.get().unwrap()];
                let club = member.club.get().unwrap().map(|club| club.id);
                let joined: Vec<_> = member.joined.get().unwrap().iter().map(|club| club.id).collect();
                let carded: Vec<_> = member.carded.get().unwrap().iter().map(|club| club.id).collect();
                let there: Vec<_> = member.at_place.get().unwrap().iter().map(|other| other.id).collect();
                if member.id % 100 == 1 {
                    assert!(cards.iter().all(|card| card.unwrap().holder_id == member.id));
                    assert_eq!((club, &*joined), (Some(1 + member.id % 2), &[1 + member.id % 2][..]));
                    assert_eq!((&*carded, &*there), (&[2][..], &[member.id][..]));
                    let joining = member.joined.get().unwrap()[0].pivot::<Joining>().unwrap();
                    assert_eq!(joining.member_id, member.id);
                } else {
                    assert!(cards.iter().all(Option::is_none) && club.is_none());
                    assert!(joined.is_empty() && carded.is_empty() && there.is_empty());
                }
            }

            let placed = Member::query().where_le(Member::id, 12_000).with(Member::placed);
            let (placed, statements) = counted(&db, placed.get(&db)).await;
            assert_eq!(statements, 4, "a key of two columns is a condition of its own");
            assert_eq!(placed.iter().map(|member| member.placed.get().unwrap().len()).sum::<usize>(), 120);
        })
        .await;
}
