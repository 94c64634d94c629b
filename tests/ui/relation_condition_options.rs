use atlas::prelude::*;

#[derive(Model, Debug)]
pub struct Book {
    pub id: i64,
    pub title: String,
    pub author_id: i64,
    #[belongs_to(order_by = Author::name)]
    pub author: BelongsTo<Author>,
}

#[derive(Model, Debug)]
pub struct Author {
    pub id: i64,
    pub name: String,
    #[has_many(filter)]
    pub books: HasMany<Book>,
}

fn main() {}
