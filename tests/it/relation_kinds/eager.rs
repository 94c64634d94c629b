//! Relations that every query loads, in a ring.

use atlas::prelude::*;

use super::counted;
use crate::support::databases;

#[derive(MorphTarget, Debug)]
pub enum Owner {
    Shelf(Record<Shelf>),
}

#[derive(Model, Debug)]
pub struct Shelf {
    pub id: i64,
    pub parent_id: Option<i64>,
    #[belongs_to]
    #[eager]
    pub parent: BelongsTo<Shelf>,
    #[eager]
    #[has_many]
    pub volumes: HasMany<Volume>,
    #[has_many(foreign_key = parent_id)]
    pub children: HasMany<Shelf>,
    #[eager]
    #[morph_one(name = owner)]
    pub plate: MorphOne<Plate>,
}

#[derive(Model, Debug)]
pub struct Volume {
    pub id: i64,
    pub shelf_id: i64,
    #[belongs_to]
    #[eager]
    pub shelf: BelongsTo<Shelf>,
}

#[derive(Model, Debug)]
pub struct Plate {
    pub id: i64,
    pub owner_type: String,
    pub owner_id: i64,
    #[morph_to]
    #[eager]
    pub owner: MorphTo<Owner>,
}

// C-117
#[tokio::test]
async fn relations_that_every_query_loads() {
    for db in databases().await {
        db.create_tables(models![Shelf, Volume, Plate]).await.unwrap();
        let top = Shelf::draft().save(&db).await.unwrap();
        let shelf = Shelf::draft().parent_id(top.id).save(&db).await.unwrap();
        Volume::draft().shelf_id(shelf.id).save(&db).await.unwrap();
        Plate::draft().owner_type("Shelf").owner_id(shelf.id).save(&db).await.unwrap();

        let (found, statements) = counted(&db, Shelf::find_or_fail(&db, shelf.id)).await;
        assert_eq!(statements, 6);
        let [volume] = found.volumes.get().unwrap() else { panic!("one volume") };
        let again = volume.shelf.get().unwrap().unwrap();
        assert_eq!(again.id, shelf.id);
        assert!(!again.volumes.is_loaded(), "the ring ends where it began");
        assert!(!found.parent.get().unwrap().unwrap().parent.is_loaded());
        let plate = found.plate.get().unwrap().unwrap();
        let Some(Owner::Shelf(owner)) = plate.owner.get().unwrap() else { panic!("its shelf") };
        assert!(!owner.plate.is_loaded());
        assert!(!found.children.is_loaded());

        let query = Shelf::query().without((Shelf::volumes, Shelf::plate));
        let (found, statements) = counted(&db, query.find_or_fail(&db, shelf.id)).await;
        assert_eq!(statements, 2);
        assert!(found.parent.is_loaded() && !found.volumes.is_loaded());
        let query =
            Shelf::query().with_only(Shelf::children.apply(|children| children.with_only(Shelf::parent)));
        let (found, statements) = counted(&db, query.find_or_fail(&db, top.id)).await;
        assert_eq!(statements, 5, "the children's parent is loaded with what every query loads");
        assert!(found.children.is_loaded() && !found.parent.is_loaded());
        assert!(!found.children.get().unwrap()[0].volumes.is_loaded());
    }
}
