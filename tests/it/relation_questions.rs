//! Conditions on relations, and values of them beside each row.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use atlas::{Error, prelude::*};

use crate::support::{Databases, databases, sent};

#[derive(Model, Debug)]
pub struct Worker {
    pub id: i64,
    pub name: String,
    pub boss_id: Option<i64>,
    #[belongs_to]
    pub boss: BelongsTo<Worker>,
    #[has_many(foreign_key = boss_id)]
    pub team: HasMany<Worker>,
    #[has_many]
    pub tasks: HasMany<Task>,
}

#[derive(Model, Debug)]
#[table("worker_tasks")]
pub struct Task {
    pub id: i64,
    pub worker_id: i64,
    pub title: String,
    pub hours: i32,
    #[belongs_to]
    pub worker: BelongsTo<Worker>,
}

/// Ann leads Bob and Cid, and Bob leads Dee; Bob has two tasks, Dee one.
async fn firm() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Worker, Task]).await.unwrap();
        let workers = [("Ann", None), ("Bob", Some(1)), ("Cid", Some(1)), ("Dee", Some(2))];
        for (name, boss) in workers {
            Worker::draft().name(name).boss_id(boss).save(db).await.unwrap();
        }
        let tasks = [(2, "plan", 5), (2, "build", 20), (4, "build", 7)];
        Task::create_many(
            db,
            tasks.map(|(id, title, hours)| Task::draft().worker_id(id).title(title).hours(hours)),
        )
        .await
        .unwrap();
    }
    databases
}

async fn names(db: &Db, query: Query<Worker>) -> String {
    query.order_by(Worker::id).pluck(db, Worker::name).await.unwrap().join(" ")
}

// C-192, C-194, C-197, C-203, B-365, B-62
#[tokio::test]
async fn rows_by_what_they_are_related_to() {
    for db in firm().await {
        let q = Worker::query;
        for (query, expected) in [
            (q().has(Worker::tasks), "Bob Dee"),
            (q().where_has(Worker::tasks, |tasks| tasks.where_gt(Task::hours, 10)), "Bob"),
            (q().where_doesnt_have(Worker::tasks), "Ann Cid"),
            (q().where_doesnt_have(Worker::tasks.filter(Task::title.eq("plan"))), "Ann Cid Dee"),
            (q().where_eq(Worker::name, "Cid").or_where_has(Worker::tasks, |t| t), "Bob Cid Dee"),
            (q().where_eq(Worker::name, "Bob").or_where_doesnt_have(Worker::tasks), "Ann Bob Cid"),
            (q().where_has_count(Worker::tasks, ">=", 2), "Bob"),
            (q().where_has_count(Worker::tasks, "=", 0), "Ann Cid"),
            (q().where_has_count(Worker::tasks.filter(Task::title.eq("build")), "<>", 0), "Bob Dee"),
            // Of the same table.
            (q().has(Worker::boss), "Bob Cid Dee"),
            (q().has(Worker::team), "Ann Bob"),
            (q().where_has(Worker::boss, |boss| boss.where_eq(Worker::name, "Bob")), "Dee"),
            (q().where_has(Worker::boss, |boss| boss.has(Worker::boss)), "Dee"),
            (
                q().where_has(Worker::team, |team| team.where_has(Worker::team, |t| t.has(Worker::tasks))),
                "Ann",
            ),
            // There and back.
            (
                q().where_has(Worker::tasks, |tasks| {
                    tasks.where_has(Task::worker, |worker| worker.where_eq(Worker::name, "Dee"))
                }),
                "Dee",
            ),
            (
                q().where_has(Worker::team, |team| {
                    team.where_has(Worker::tasks, |tasks| {
                        tasks.where_has(Task::worker, |worker| {
                            worker.where_has(Worker::boss, |b| b.has(Worker::boss))
                        })
                    })
                }),
                "Bob",
            ),
        ] {
            let text = query.to_sql(&db).unwrap().text;
            assert_eq!(names(&db, query).await, expected, "{text}");
        }
        let bob = Worker::find_or_fail(&db, 2).await.unwrap();
        assert_eq!(Task::query().where_belongs_to(Task::worker, &bob).count(&db).await.unwrap(), 2);
        assert_eq!(names(&db, Worker::query().where_belongs_to(Worker::boss, &bob)).await, "Dee");
        let either = q().where_eq(Worker::name, "Ann").or_where_belongs_to(Worker::boss, &bob);
        assert_eq!(names(&db, either).await, "Ann Dee");
        let bosses = q().where_le(Worker::id, 2).get(&db).await.unwrap();
        assert_eq!(names(&db, q().where_belongs_to_any(Worker::boss, &bosses)).await, "Bob Cid Dee");
        assert_eq!(names(&db, q().where_belongs_to_any(Worker::boss, &[])).await, "");
        let wrong = Worker::query().where_has_count(Worker::tasks, "~", 1).get(&db).await.unwrap_err();
        assert!(
            matches!(&wrong, Error::Config { message } if message.contains("`~` compares nothing")),
            "{wrong:?}"
        );
    }
}

#[tokio::test]
async fn changes_reach_those_rows_alone() {
    for db in firm().await {
        let idle = Worker::query().where_doesnt_have(Worker::tasks).where_not_null(Worker::boss_id);
        assert_eq!(idle.delete(&db).await.unwrap(), 1);
        let busy = Task::query().where_has(Task::worker, |worker| worker.where_eq(Worker::name, "Bob"));
        assert_eq!(busy.increment(&db, Task::hours, 1).await.unwrap(), 2);
        assert_eq!(Task::query().order_by(Task::id).pluck(&db, Task::hours).await.unwrap(), [6, 21, 7]);
        assert_eq!(names(&db, Worker::query()).await, "Ann Bob Dee");
    }
}

// 004-72, C-198, B-63, Y-12
#[tokio::test]
async fn values_beside_the_rows() {
    for db in firm().await {
        let statements = Arc::new(AtomicU32::new(0));
        let count = statements.clone();
        let listening = db.listen(move |event| {
            count.fetch_add(u32::from(event.is_statement()), SeqCst);
        });
        let workers = Worker::query()
            .with_count(Worker::tasks)
            .with_count(Worker::team)
            .with_count_as("long", Worker::tasks.filter(Task::hours.ge(7)))
            .with_sum(Worker::tasks, Task::hours)
            .with_avg(Worker::tasks, Task::hours)
            .with_min(Worker::tasks, Task::hours)
            .with_max(Worker::tasks, Task::title)
            .with_exists(Worker::tasks)
            .order_by(Worker::id)
            .get(&db)
            .await
            .unwrap();
        assert_eq!(statements.load(SeqCst), 1);
        listening.stop();
        let counts: Vec<(u64, u64)> = workers
            .iter()
            .map(|worker| (worker.count_of(Worker::tasks).unwrap(), worker.count_of(Worker::team).unwrap()))
            .collect();
        assert_eq!(counts, [(0, 2), (2, 1), (0, 0), (1, 0)]);
        let bob = &workers[1];
        assert_eq!(bob.extra::<i64>("long").unwrap(), 1);
        assert_eq!(bob.extra::<Option<i64>>("tasks_sum_hours").unwrap(), Some(25));
        assert_eq!(bob.extra::<f64>("tasks_avg_hours").unwrap(), 12.5);
        assert_eq!(bob.extra::<i32>("tasks_min_hours").unwrap(), 5);
        assert_eq!(bob.extra::<String>("tasks_max_title").unwrap(), "plan");
        assert!(bob.extra::<bool>("tasks_exists").unwrap());
        let ann = &workers[0];
        assert_eq!(ann.extra::<Option<i64>>("tasks_sum_hours").unwrap(), None);
        assert!(!ann.extra::<bool>("tasks_exists").unwrap());
        let bare = Worker::find_or_fail(&db, 1).await.unwrap();
        assert!(bare.count_of(Worker::tasks).unwrap_err().to_string().contains("with_count"));

        // With relations of the rows, and of the related.
        let workers = Worker::query()
            .with_count(Worker::tasks)
            .with(Worker::team.apply(|team| team.with_count(Worker::tasks).order_by(Worker::id)))
            .order_by(Worker::id)
            .get(&db)
            .await
            .unwrap();
        let team = workers[0].team.get().unwrap();
        assert_eq!(team.iter().map(|w| w.count_of(Worker::tasks).unwrap()).collect::<Vec<_>>(), [2, 0]);
        assert_eq!(workers[1].count_of(Worker::tasks).unwrap(), 2);
        // Other terminals pass over them.
        assert_eq!(Worker::query().with_count(Worker::tasks).count(&db).await.unwrap(), 4);
        let first = Worker::query().with_count(Worker::tasks).find_or_fail(&db, 2).await.unwrap();
        assert_eq!(first.count_of(Worker::tasks).unwrap(), 2);
    }
}

// C-191, C-202, B-364, B-61
#[tokio::test]
async fn some_records_for_each_parent() {
    for db in firm().await {
        let longest = Worker::tasks.order_by(Task::hours.desc()).limit(1);
        let workers = Worker::query().with(longest).order_by(Worker::id).get(&db).await.unwrap();
        let titles: Vec<Vec<&str>> = workers
            .iter()
            .map(|worker| worker.tasks.get().unwrap().iter().map(|task| task.title.as_str()).collect())
            .collect();
        assert_eq!(titles, [vec![], vec!["build"], vec![], vec!["build"]]);
        let second = Worker::tasks.apply(|tasks| tasks.order_by(Task::hours.desc()).offset(1).limit(5));
        let workers = Worker::query().with(second).order_by(Worker::id).get(&db).await.unwrap();
        assert_eq!(workers[1].tasks.get().unwrap()[0].title, "plan");
        assert!(workers[3].tasks.get().unwrap().is_empty());
    }
}

// 000-33, C-120
#[tokio::test]
async fn a_loop_that_loads_sends_one_statement() {
    for db in firm().await {
        let many = (0..500).map(|n| Task::draft().worker_id(1 + n % 4).title(format!("t{n}")).hours(1));
        Task::insert(&db, many).await.unwrap();
        let (statements, ()) = sent(&db, async || {
            let mut loaded = 0;
            for mut task in Task::query().order_by(Task::id).get(&db).await.unwrap() {
                task.load(&db, Task::worker).await.unwrap();
                assert_eq!(task.worker.get().unwrap().unwrap().id, task.worker_id);
                loaded += 1;
            }
            assert_eq!(loaded, 503);
        })
        .await;
        assert_eq!(statements, 2, "the tasks, and the workers of all of them");

        let (statements, ()) = sent(&db, async || {
            for mut worker in Worker::all(&db).await.unwrap() {
                worker.load(&db, Worker::tasks.filter(Task::hours.gt(1))).await.unwrap();
                worker.load(&db, (Worker::boss, Worker::team)).await.unwrap();
            }
        })
        .await;
        assert_eq!(statements, 4);
    }
}

#[tokio::test]
async fn what_is_loaded_lazily_is_what_there_is_now() {
    for db in firm().await {
        // Something is written between: nobody gets what was there before.
        for mut worker in Worker::query().order_by(Worker::id).get(&db).await.unwrap() {
            let before = Task::query().where_eq(Task::worker_id, worker.id).count(&db).await.unwrap();
            Task::draft().worker_id(worker.id).title("new").hours(1).save(&db).await.unwrap();
            worker.load(&db, Worker::tasks).await.unwrap();
            assert_eq!(worker.tasks.get().unwrap().len() as u64, before + 1, "{}", worker.name);
        }
        // Asked again, it is read again.
        let mut workers = Worker::query().order_by(Worker::id).get(&db).await.unwrap();
        let (statements, ()) = sent(&db, async || {
            workers[0].load(&db, Worker::tasks).await.unwrap();
            workers[0].load(&db, Worker::tasks).await.unwrap();
        })
        .await;
        assert_eq!(statements, 2);
        // A key that was changed since leads where it leads now.
        let mut tasks = Task::query().order_by(Task::id).limit(2).get(&db).await.unwrap();
        tasks[0].worker_id = 4;
        tasks[0].load(&db, Task::worker).await.unwrap();
        assert_eq!(tasks[0].worker.get().unwrap().unwrap().name, "Dee");
        tasks[1].load(&db, Task::worker).await.unwrap();
        assert_eq!(tasks[1].worker.get().unwrap().unwrap().name, "Bob");
    }
}

#[tokio::test]
async fn records_are_loaded_together() {
    use atlas::Records;
    for db in firm().await {
        let mut workers = Worker::query().order_by(Worker::id).get(&db).await.unwrap();
        workers[1].load(&db, Worker::tasks).await.unwrap();
        assert!(workers[1].is_loaded(Worker::tasks) && !workers[0].is_loaded(Worker::tasks));
        workers[1].tasks.get_mut().unwrap_or(&mut []).iter_mut().for_each(|task| task.title = "kept".into());
        let (statements, ()) = sent(&db, async || {
            workers.load_missing(&db, (Worker::tasks, Worker::boss)).await.unwrap();
            workers.load_missing(&db, Worker::tasks).await.unwrap();
            workers.load_count(&db, Worker::tasks).await.unwrap();
        })
        .await;
        assert_eq!(statements, 3);
        let counts: Vec<u64> = workers.iter().map(|worker| worker.count_of(Worker::tasks).unwrap()).collect();
        assert_eq!(counts, [0, 2, 0, 1]);
        assert_eq!(workers[3].boss.get().unwrap().unwrap().name, "Bob");
        workers[0].unload(Worker::tasks);
        assert!(workers[0].tasks.get().is_err());
    }
}

#[tokio::test]
async fn lazy_loading_can_be_refused() {
    let db = Db::builder("sqlite::memory:").strict_loading(true).connect().await.unwrap();
    db.create_tables(models![Worker, Task]).await.unwrap();
    let mut ann = Worker::draft().name("Ann").save(&db).await.unwrap();
    let refused = ann.load(&db, Worker::tasks).await.unwrap_err();
    assert!(matches!(refused, Error::LazyLoad { model: "Worker", relation: "tasks" }), "{refused:?}");
    assert!(refused.to_string().contains("`.with(Worker::tasks)`"), "{refused}");
    assert_eq!(
        Worker::query().with(Worker::tasks).find_or_fail(&db, 1).await.unwrap().tasks.get().unwrap().len(),
        0
    );

    let db = Db::builder("sqlite::memory:").batch_lazy_loading(false).connect().await.unwrap();
    db.create_tables(models![Worker, Task]).await.unwrap();
    Worker::insert(&db, ["Ann", "Bob", "Cid"].map(|name| Worker::draft().name(name))).await.unwrap();
    let (statements, ()) = sent(&db, async || {
        for mut worker in Worker::all(&db).await.unwrap() {
            worker.load(&db, Worker::tasks).await.unwrap();
        }
    })
    .await;
    assert_eq!(statements, 4);
}

#[tokio::test]
async fn rows_that_have_some_are_passed_over() {
    for db in firm().await {
        let busy = || Worker::query().has(Worker::tasks).order_by(Worker::id);
        assert_eq!(busy().offset(1).pluck(&db, Worker::name).await.unwrap(), ["Dee"]);
        assert_eq!(busy().limit(5).offset(1).pluck(&db, Worker::name).await.unwrap(), ["Dee"]);
        let page = busy().paginate(&db, 2, 1).await.unwrap();
        assert_eq!((page.total, page.data[0].name.as_str()), (2, "Dee"));
    }
}
