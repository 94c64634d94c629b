//! Queries inside of queries, beside each other, and as tables.

use atlas::{count_all, exists, prelude::*, val};

use crate::support::{Databases, databases};

#[derive(Model, Debug)]
#[table("sub_staff")]
pub struct Staff {
    pub id: i64,
    pub name: String,
    pub boss_id: Option<i64>,
    pub pay: i32,
    #[has_many(foreign_key = staff_id)]
    pub duties: HasMany<Duty>,
}

#[derive(Model, Debug)]
#[table("sub_duties")]
pub struct Duty {
    pub id: i64,
    pub staff_id: i64,
    pub name: String,
}

/// No table: the rows of a query.
#[derive(Model, Debug)]
#[table("sub_tree")]
pub struct Tree {
    #[primary_key(manual)]
    pub id: i64,
    pub name: String,
    pub depth: i32,
}

#[derive(Model, Debug)]
#[table("sub_load")]
pub struct Load {
    #[primary_key(manual)]
    pub staff_id: i64,
    pub duties: i64,
}

/// Ann leads Bob and Cid, Bob leads Dee, Dee leads Eve.
async fn firm() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Staff, Duty]).await.unwrap();
        let staff = [
            ("Ann", None, 90),
            ("Bob", Some(1), 50),
            ("Cid", Some(1), 60),
            ("Dee", Some(2), 50),
            ("Eve", Some(4), 10),
        ];
        for (name, boss, pay) in staff {
            Staff::draft().name(name).boss_id(boss).pay(pay).save(db).await.unwrap();
        }
        let duties = [(2, "plan"), (2, "build"), (4, "build"), (4, "test"), (4, "ship"), (5, "rest")];
        Duty::insert(db, duties.map(|(staff, name)| Duty::draft().staff_id(staff).name(name))).await.unwrap();
    }
    databases
}

async fn names(db: &Db, query: Query<Staff>) -> String {
    query.order_by(Staff::id).pluck(db, Staff::name).await.unwrap().join(" ")
}

struct Other;

// C-22, C-30, C-31
#[tokio::test]
async fn conditions() {
    for db in firm().await {
        let q = Staff::query;
        let builders = Duty::query().where_eq(Duty::name, "build").select(Duty::staff_id);
        assert_eq!(names(&db, q().filter(Staff::id.in_query(builders.clone()))).await, "Bob Dee");
        assert_eq!(names(&db, q().filter(Staff::id.not_in_query(builders.clone()))).await, "Ann Cid Eve");
        // Limited, which MySQL takes only in a table of its own.
        let last = Duty::query().order_by(Duty::id.desc()).limit(1).select(Duty::staff_id);
        assert_eq!(names(&db, q().filter(Staff::id.in_query(last))).await, "Eve");

        let own = || Duty::query().outer::<Staff>().filter(Duty::staff_id.eq(Staff::id));
        assert_eq!(names(&db, q().filter(exists(own()))).await, "Bob Dee Eve");
        assert_eq!(
            names(&db, q().where_not_exists(own()).or_filter(Staff::name.eq("Eve"))).await,
            "Ann Cid Eve"
        );
        let named = own().filter(Duty::name.eq("ship"));
        assert_eq!(names(&db, q().where_gt(Staff::pay, 20).where_exists(named)).await, "Dee");

        // At least as much as all but one, and the same pay as another.
        let most = Staff::query().where_ne(Staff::name, "Ann").select(Staff::pay.max()).scalar();
        assert_eq!(names(&db, q().filter(Staff::pay.ge(most))).await, "Ann Cid");
        let same = Staff::query().called(Other).outer::<Staff>();
        let same =
            same.filter(Staff::pay.of::<Other>().eq(Staff::pay).and(Staff::id.of::<Other>().ne(Staff::id)));
        assert_eq!(names(&db, q().where_exists(same)).await, "Bob Dee");

        // Writes take them too.
        let changed = q().filter(Staff::id.in_query(builders)).update(&db, Staff::pay.set(55)).await.unwrap();
        assert_eq!(changed, 2);
        let idle = Staff::query().select(Staff::id.max());
        assert_eq!(q().filter(Staff::id.in_query(idle)).delete(&db).await.unwrap(), 1);
        assert_eq!(names(&db, q()).await, "Ann Bob Cid Dee");
    }
}

// C-01, C-42
#[tokio::test]
async fn values() {
    for db in firm().await {
        let own = Duty::query().outer::<Staff>().filter(Duty::staff_id.eq(Staff::id));
        let rows: Vec<(String, Option<i64>)> = Staff::query()
            .order_by(own.clone().select(count_all()).scalar().desc())
            .order_by(Staff::id)
            .limit(2)
            .select((Staff::name, own.select(count_all()).scalar()))
            .get(&db)
            .await
            .unwrap();
        assert_eq!(rows, [("Dee".into(), Some(3)), ("Bob".into(), Some(2))]);
    }
}

// C-08
#[tokio::test]
async fn sets() {
    for db in firm().await {
        let q = Staff::query;
        let low = || q().where_le(Staff::pay, 50);
        let led = || q().where_not_null(Staff::boss_id);
        assert_eq!(names(&db, low().union(q().where_eq(Staff::name, "Ann"))).await, "Ann Bob Dee Eve");
        assert_eq!(low().union_all(led()).count(&db).await.unwrap(), 7);
        assert_eq!(names(&db, led().intersect(q().where_ge(Staff::pay, 50))).await, "Bob Cid Dee");
        assert_eq!(names(&db, led().except(low())).await, "Cid");
        assert_eq!(
            names(&db, led().except(low()).union(low()).except(q().where_lt(Staff::pay, 20))).await,
            "Bob Cid Dee"
        );

        // An order, a limit and conditions are of the whole; those of a part stay its own.
        let poorest = q().order_by(Staff::pay).order_by(Staff::id).limit(1);
        let richest = q().order_by(Staff::pay.desc()).limit(1);
        let ends = poorest.union(richest);
        assert_eq!(names(&db, ends.clone()).await, "Ann Eve");
        let first = ends.clone().order_by(Staff::pay.desc()).limit(1).get(&db).await.unwrap();
        assert_eq!(first[0].name, "Ann");
        assert_eq!(ends.where_lt(Staff::pay, 50).sole(&db).await.unwrap().name, "Eve");

        // Relations and extras come with the records.
        let with = low().union(led()).with(Staff::duties).with_count(Staff::duties).order_by(Staff::id);
        let with = with.get(&db).await.unwrap();
        assert_eq!((with[2].duties.get().unwrap().len(), with[2].count_of(Staff::duties).unwrap()), (3, 3));

        let words =
            Duty::query().distinct().select(Duty::name).union(q().where_eq(Staff::id, 1).select(Staff::name));
        let words = words.order_by(Duty::name.desc()).limit(2);
        assert_eq!(words.clone().count(&db).await.unwrap(), 6);
        let words = words.get(&db).await.unwrap();
        assert_eq!(words, ["test", "ship"]);
        let pairs = q()
            .select((Staff::pay + 1, Staff::name))
            .union_all(Duty::query().select((val(0_i32), Duty::name)));
        assert_eq!(pairs.get(&db).await.unwrap().len(), 11);
    }
}

// C-03, C-09, C-12
#[tokio::test]
async fn queries_as_tables() {
    for db in firm().await {
        let richest = Staff::query().order_by(Staff::pay.desc()).limit(2);
        let of_those = Staff::query().from_query(richest).filter(Staff::name.ne("Ann"));
        assert_eq!(of_those.sole(&db).await.unwrap().name, "Cid");

        let load = Duty::query().group_by(Duty::staff_id).select((Duty::staff_id, count_all()));
        let busy = Load::query().from_query(load.clone()).where_ge(Load::duties, 2).order_by(Load::staff_id);
        assert_eq!(busy.pluck(&db, Load::staff_id).await.unwrap(), [2, 4]);

        let staff = Staff::query()
            .with_query(Load::query().from_query(load))
            .left_join_on(Load::query(), Load::staff_id.eq(Staff::id))
            .order_by(Staff::id)
            .select((Staff::name, Load::duties));
        let rows = staff.get(&db).await.unwrap();
        assert_eq!(
            rows.into_iter().map(|(_, duties)| duties).collect::<Vec<_>>(),
            [None, Some(2), None, Some(3), Some(1)]
        );
    }
}

// C-09
#[tokio::test]
async fn trees() {
    for db in firm().await {
        let top = Staff::query().where_null(Staff::boss_id).select((Staff::id, Staff::name, val(0)));
        let below = Staff::query().join_on(Tree::query(), Staff::boss_id.eq(Tree::id)).select((
            Staff::id,
            Staff::name,
            Tree::depth + 1,
        ));
        let tree = Tree::query().recursive(top, below);
        let rows = tree.clone().order_by(Tree::id).get(&db).await.unwrap();
        let rows: Vec<_> = rows.iter().map(|row| (&*row.name, row.depth)).collect();
        assert_eq!(rows, [("Ann", 0), ("Bob", 1), ("Cid", 1), ("Dee", 2), ("Eve", 3)]);
        assert_eq!(tree.clone().max(&db, Tree::depth).await.unwrap(), Some(3));

        // Beside other models.
        let deep = Duty::query()
            .with_query(tree.clone())
            .join_on(Tree::query().where_ge(Tree::depth, 2), Tree::id.eq(Duty::staff_id))
            .order_by(Duty::id)
            .select((Tree::name, Duty::name));
        assert_eq!(deep.clone().first(&db).await.unwrap(), Some(("Dee".into(), "build".into())));
        assert_eq!(deep.count(&db).await.unwrap(), 4);
        // A query that makes its rows itself is joined as it is.
        let beside = Duty::query().join_on(tree.clone(), Tree::id.eq(Duty::staff_id));
        assert_eq!(beside.count(&db).await.unwrap(), 6);
        let narrowed = Duty::query()
            .with_query(tree.where_eq(Tree::depth, 3))
            .materialized(true)
            .join_on(Tree::query(), Tree::id.eq(Duty::staff_id));
        assert_eq!(narrowed.pluck(&db, Duty::name).await.unwrap(), ["rest"]);

        // A circle ends.
        Staff::query().where_eq(Staff::name, "Ann").update(&db, Staff::boss_id.set(5)).await.unwrap();
        let ring = Staff::query().where_eq(Staff::id, 1).select((Staff::id, Staff::name, val(0)));
        let round = Staff::query().join_on(Tree::query(), Staff::boss_id.eq(Tree::id)).select((
            Staff::id,
            Staff::name,
            val(0),
        ));
        assert_eq!(Tree::query().recursive(ring, round).count(&db).await.unwrap(), 5);
    }
}
