use atlas::{
    Db, Result,
    migrate::{Migration, Schema},
};

pub struct ChangeEverything;

impl Migration for ChangeEverything {
    const NAME: &'static str = "2026_01_31_120000_change_everything";

    async fn up(&self, db: &Db) -> Result<()> {
        Schema::rename(db, "counts", "more").await?;
        Schema::table(db, "things", |t| {
            t.drop_check("small_is_small");
            t.drop_full_text("things_text_fulltext");
            t.drop_index("things_int_small_index");
            t.rename_index("one_string", "only_string");
            t.rename_column("text", "body");
            t.text("added").default("new");
            t.drop_column("char");
            t.integer("small").nullable().change();
            t.index(["added"]);
            t.full_text(["body"], "simple").name("things_body_fulltext");
        })
        .await?;
        Schema::table(db, "parts", |t| {
            t.drop_foreign("parts_thing_id_foreign");
            t.drop_primary();
            t.id();
            t.foreign(["thing_id"]).references(["id"]).on("things");
        })
        .await?;
        Schema::create(db, "words", |t| {
            t.text("word");
            t.primary(["word"]);
        })
        .await?;
        Ok(())
    }

    async fn down(&self, db: &Db) -> Result<()> {
        Schema::rename(db, "more", "counts").await?;
        Schema::drop(db, "words").await?;
        Schema::table(db, "things", |t| {
            t.drop_full_text("things_body_fulltext");
            t.drop_index("things_added_index");
            t.rename_index("only_string", "one_string");
            t.rename_column("body", "text");
            t.char("char", 4).nullable();
            t.drop_column("added");
            t.small_integer("small").change();
            t.index(["int", "small"]);
            t.full_text(["text"], "simple").name("things_text_fulltext");
            t.check("small_is_small", "small < 100");
        })
        .await?;
        Schema::table(db, "parts", |t| {
            t.drop_foreign("parts_thing_id_foreign");
            t.big_integer("id").change();
            t.drop_primary();
            t.drop_column("id");
            t.primary(["thing_id", "place"]);
            t.foreign(["thing_id"]).references(["id"]).on("things").cascade_on_delete();
        })
        .await?;
        Ok(())
    }
}
