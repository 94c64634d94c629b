use atlas::prelude::*;

#[derive(Model, Debug)]
pub struct Author {
    pub id: i64,
    pub name: String,
    #[has_many(filter = Book::title.eq("A").and(Author::name.eq("Ann")))]
    pub books: HasMany<Book>,
}

#[derive(Model, Debug)]
pub struct Book {
    pub id: i64,
    pub title: String,
    pub author_id: i64,
}

fn main() {}
