//! Responses made of records: structs of the program's own, and parts that a request asks for.

use atlas::{Fields, prelude::*};
use serde::Serialize;
use serde_json::json;

use crate::support::{Databases, databases};

#[derive(Model, Debug)]
struct Author {
    id: i64,
    name: String,
    email: String,
    age: Option<i32>,
    #[has_many]
    books: HasMany<Book>,
}

#[derive(Model, Debug)]
struct Book {
    id: i64,
    author_id: i64,
    title: String,
    #[belongs_to]
    author: BelongsTo<Author>,
}

/// What a client gets of an author.
#[derive(Serialize)]
struct AuthorResource {
    id: i64,
    name: String,
    /// For whoever may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age: Option<i32>,
    /// Where they are loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    books: Option<Vec<BookResource>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    books_count: Option<u64>,
}

#[derive(Serialize)]
struct BookResource {
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<Box<AuthorResource>>,
}

struct Admin(bool);

impl From<&Record<Author>> for AuthorResource {
    fn from(author: &Record<Author>) -> Self {
        let may_see = author.sideloaded::<Admin>().is_some_and(|admin| admin.0);
        Self {
            id: author.id,
            name: author.name.to_uppercase(),
            email: may_see.then(|| author.email.clone()),
            age: author.age,
            books: author.books.get().ok().map(|books| books.iter().map(BookResource::from).collect()),
            books_count: author.count_of(Author::books).ok(),
        }
    }
}

impl From<&Record<Book>> for BookResource {
    fn from(book: &Record<Book>) -> Self {
        let author = book.author.get().ok().flatten();
        Self { title: book.title.clone(), author: author.map(|author| Box::new(author.into())) }
    }
}

async fn library() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Author, Book]).await.unwrap();
        let books = || ["One", "Two"].map(|title| Book::draft().author_id(0).title(title));
        Author::draft().name("Ann").email("a@x.org").age(34).books(books()).save(db).await.unwrap();
        Author::draft().name("Bob").email("b@x.org").save(db).await.unwrap();
    }
    databases
}

// B-112, C-215: resources are structs that are made of records, and say what is there under which condition.
#[tokio::test]
async fn a_struct_is_made_of_a_record_and_of_what_it_has_loaded() {
    for db in library().await {
        let made = |author: &Record<Author>| serde_json::to_value(AuthorResource::from(author)).unwrap();
        let ann = Author::find_or_fail(&db, 1).await.unwrap();
        assert_eq!(made(&ann), json!({"id": 1, "name": "ANN", "age": 34}));
        let bob = Author::find_or_fail(&db.sideload(Admin(true)), 2).await.unwrap();
        assert_eq!(made(&bob), json!({"id": 2, "name": "BOB", "email": "b@x.org"}));

        let with = Author::query().with(Author::books).with_count(Author::books);
        let ann = with.clone().find_or_fail(&db, 1).await.unwrap();
        assert_eq!(
            made(&ann),
            json!({"id": 1, "name": "ANN", "age": 34, "books": [{"title": "One"}, {"title": "Two"}], "books_count": 2})
        );
        let book = Book::query().with(Book::author).first_or_fail(&db).await.unwrap();
        assert_eq!(
            serde_json::to_value(BookResource::from(&book)).unwrap(),
            json!({"title": "One", "author": {"id": 1, "name": "ANN", "age": 34}})
        );

        // One that is not there, several, and a page of them, which keeps its numbers and addresses.
        let none: Option<Record<Author>> = Author::find(&db, 99).await.unwrap();
        assert_eq!(serde_json::to_value(none.as_ref().map(AuthorResource::from)).unwrap(), json!(null));
        let page = with.order_by(Author::id).paginate(&db, 2, 1).await.unwrap();
        let page = page.map(|author| AuthorResource::from(&author)).base_url("/authors");
        let json = serde_json::to_value(&page).unwrap();
        assert_eq!(json["data"], json!([{"id": 2, "name": "BOB", "books": [], "books_count": 0}]));
        assert_eq!((&json["total"], &json["previous_page_url"]), (&json!(2), &json!("/authors?page=1")));
    }
}

/// A record as JSON:API has it, with the fields and relations that a request names.
fn document(author: &Record<Author>, fields: &[&str], include: &[&str]) -> Result<serde_json::Value> {
    let attributes = author.serialize_with(&Fields::pick(fields.iter().copied()))?;
    let mut document = json!({"type": "authors", "id": author.id.to_string(), "attributes": attributes});
    if include.contains(&"books") {
        let book = |book: &Record<Book>| json!({"type": "books", "id": book.id.to_string()});
        let books: Vec<_> = author.books.get()?.iter().map(book).collect();
        document["relationships"] = json!({"books": {"data": books}});
    }
    Ok(document)
}

// C-216: a document's form is the program's; the parts come of `Fields`, and wrong names are errors.
#[tokio::test]
async fn a_document_has_the_fields_that_a_request_names() {
    for db in library().await {
        let ann = Author::query().with(Author::books).find_or_fail(&db, 1).await.unwrap();
        assert_eq!(
            document(&ann, &["name", "age"], &["books"]).unwrap(),
            json!({
                "type": "authors", "id": "1", "attributes": {"name": "Ann", "age": 34},
                "relationships": {"books": {"data": [{"type": "books", "id": "1"}, {"type": "books", "id": "2"}]}},
            })
        );
        let error = document(&ann, &["name", "passwrod"], &[]).unwrap_err().to_string();
        assert!(error.contains("passwrod"), "{error}");
        let bare = Author::find_or_fail(&db, 1).await.unwrap();
        assert!(matches!(document(&bare, &["name"], &["books"]), Err(Error::RelationNotLoaded { .. })));
    }
}
