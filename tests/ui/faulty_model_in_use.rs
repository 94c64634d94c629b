use atlas::prelude::*;

#[derive(Model)]
#[fillable(nmae)]
pub struct User {
    pub id: i64,
    pub name: String,
    #[has_many(foreign_key = author_id, local = id)]
    pub posts: HasMany<Post>,
}

#[derive(Model)]
pub struct Post {
    pub id: i64,
    #[cast(jsn)]
    pub body: Vec<String>,
    pub author_id: i64,
    #[belongs_to]
    pub author: BelongsTo<User>,
}

async fn run(db: &Db) -> Result<()> {
    let user = User::draft().name("x").save(db).await?;
    Post::draft().author_id(user.id).save(db).await?;
    Post::query().filter(Post::author_id.eq(user.id)).with(Post::author).get(db).await?;
    Ok(())
}

fn main() {}
