use atlas::prelude::*;

#[derive(Model, Debug)]
pub struct Author {
    pub id: i64,
    pub name: String,
    #[has_many(filter = Book::title)]
    pub books: HasMany<Book>,
    #[has_many(order_by = Author::name)]
    pub ordered: HasMany<Book>,
}

#[derive(Model, Debug)]
pub struct Book {
    pub id: i64,
    pub title: String,
    pub author_id: i64,
}

fn main() {}
