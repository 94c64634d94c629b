use atlas::{
    Db, Result,
    migrate::{Migration, Schema},
};

pub struct CreateEverything;

impl Migration for CreateEverything {
    const NAME: &'static str = "2026_01_31_110000_create_everything";

    async fn up(&self, db: &Db) -> Result<()> {
        Schema::create(db, "counts", |t| {
            t.increments("number");
            t.text("what");
        })
        .await?;
        Schema::create(db, "things", |t| {
            t.id();
            t.boolean("yes").default(true);
            t.tiny_integer("tiny").default(-1);
            t.small_integer("small");
            t.integer("int").default(7);
            t.big_integer("big").default(9223372036854775807_i64);
            t.unsigned_tiny_integer("utiny");
            t.unsigned_small_integer("usmall");
            t.unsigned_integer("uint");
            t.unsigned_big_integer("ubig");
            t.float("float");
            t.double("double").default(0.5);
            t.numeric("number").default("1.50");
            t.decimal("price", 8, 2);
            t.text("text");
            t.string("string").default("it's; \\ \"x\"");
            t.string_of("short", 20).nullable();
            t.char("char", 4).nullable();
            t.enumeration("state", ["draft", "it's, done"]).default("draft");
            t.binary("bytes").nullable();
            t.uuid("uuid").nullable();
            t.date("date").default("2026-01-31");
            t.time("time");
            t.date_time("date_time").nullable();
            t.date_time("seconds").precision(0);
            t.timestamp("timestamp").use_current();
            t.json("json").nullable();
            t.array("list", atlas::migrate::ItemType::I64).nullable();
            t.index(["int", "small"]);
            t.unique(["string"]).name("one_string");
            t.full_text(["text"], "simple").name("things_text_fulltext");
            t.check("small_is_small", "small < 100");
        })
        .await?;
        Schema::create(db, "parts", |t| {
            t.big_integer("thing_id");
            t.integer("place");
            t.big_integer("other_id").nullable();
            t.primary(["thing_id", "place"]);
            t.foreign(["thing_id"]).references(["id"]).on("things").cascade_on_delete();
            t.foreign(["other_id"]).references(["id"]).on("things").null_on_delete();
        })
        .await?;
        Ok(())
    }

    async fn down(&self, db: &Db) -> Result<()> {
        Schema::drop(db, "counts").await?;
        Schema::drop(db, "parts").await?;
        Schema::drop(db, "things").await?;
        Ok(())
    }
}
