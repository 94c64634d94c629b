//! `#[derive(Model)]` and its siblings for the Atlas ORM. Use them through the facade, the crate
//! `atlas`.
#![forbid(unsafe_code)]

mod arguments;
mod attribute;
mod diagnostics;
mod embed_migrations;
mod from_row;
mod main_function;
mod model;
mod morph;
mod naming;
#[cfg(test)]
mod snapshots;
mod sql;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct with named fields a model: a table whose columns are its fields.
///
/// ```
/// use atlas::prelude::*;
///
/// #[derive(Model)]
/// #[fillable(name, email)]
/// #[unique(name, team_id)]
/// pub struct User {
///     pub id: i64,
///     pub name: String,
///     #[unique]
///     #[mutator(trimmed)]
///     pub email: String,
///     #[default(true)]
///     pub active: bool,
///     pub age: Option<i32>,
///     #[cast(json)]
///     pub tags: Vec<String>,
///     pub team_id: i64,
///     #[belongs_to(on_delete = cascade)]
///     pub team: BelongsTo<Team>,
/// }
///
/// #[derive(Model)]
/// pub struct Team {
///     pub id: i64,
///     pub name: String,
///     #[has_many]
///     pub users: HasMany<User>,
/// }
///
/// fn trimmed(email: String) -> String {
///     email.trim().to_lowercase()
/// }
///
/// # fn main() -> Result<()> {
/// # atlas::block_on(async {
/// let db = Db::connect("sqlite::memory:").await?;
/// db.create_tables(models![Team, User]).await?;
/// let team = Team::draft().name("Core").save(&db).await?;
/// let user = User::draft().name("Ann").email(" ANN@example.com").tags(Vec::new()).team_id(team.id);
/// assert_eq!(user.save(&db).await?.email, "ann@example.com");
/// # Ok(())
/// # })
/// # }
/// ```
///
/// `save`, `delete` and what else writes a row are methods of `Record<User>`, which queries and drafts give;
/// the struct itself has none but yours, so `User { .. }` is saved as `User::draft()..save(&db)`.
///
/// Beside each field stands a constant of its name: `User::email` is a `Column`, `Team::users` a
/// `Relation`. They are as visible as the field, and so is the draft's setter. Where a method of
/// `Model` has a column's name, `<User as Model>::draft()` is the method.
///
/// # Attributes of the struct
///
/// | attribute | meaning |
/// |---|---|
/// | `#[table("users")]` | the table's name; without it, the struct's in snake case and in the plural |
/// | `#[connection("reports")]` | the named connection that it lives on |
/// | `#[rename_all = "PascalCase"]` | how columns are named after fields; serde's cases |
/// | `#[fillable(a, b)]` | the columns that mass assignment reaches |
/// | `#[strict]` | mass assignment refuses keys that it does not reach, rather than to pass them over |
/// | `#[guarded(a, b)]` | it reaches all but these and the key. Without either attribute, none |
/// | `#[timestamps]` | `created_at` and `updated_at`, or the one that is there, are maintained |
/// | `#[timestamps(created_at = made, updated_at = changed)]` | the same for other fields |
/// | `#[soft_deletes]`, `#[soft_deletes(removed_at)]` | rows that are deleted stay, with the time in `deleted_at` or that field, an `Option`, and are left out wherever the model is read |
/// | `#[tenant(org_id)]` | the column that says whose a row is: the model is read and written through `db.for_tenant(..)`, and that tenant's rows alone |
/// | `#[touches(post)]` | the relations, `#[belongs_to]` or `#[morph_to]`, whose records' `updated_at` is set when this one is created, changed or deleted |
/// | `#[hidden(a, b)]` | the columns and relations that are not serialized |
/// | `#[visible(a, b)]` | the columns, relations and accessors that are, and no others |
/// | `#[appends(full_name)]` | the methods that are serialized with every record; what they give is `Serialize` |
/// | `#[accessors(initials)]` | the methods that are read by their names, and serialized where a record appends them |
/// | `#[serialize(rename_all = "camelCase")]` | how columns, relations, methods and extras are called where records are serialized; serde's cases |
/// | `#[global_scope(published)]` | a scope of the model, `fn(Query<Self>) -> Query<Self>`, that holds wherever the model enters a statement, unless a query is `without_scope` it; repeatable |
/// | `#[observed_by(Audit)]` | who is told of what happens to its records, before those that `db.observe` adds; repeatable |
/// | `#[index(a, b)]`, `#[unique(a, b)]` | an index over several columns; repeatable |
///
/// # Attributes of a column
///
/// | attribute | meaning |
/// |---|---|
/// | `#[primary_key]` | the key: counted up by the database where it is an integer, set by the program otherwise. On several fields, a composite key. Without it, the field `id` |
/// | `#[primary_key(generated)]` | counted up by the database, whatever the integer's type is called |
/// | `#[primary_key(manual)]` | set by the program |
/// | `#[primary_key(uuid)]`, `#[primary_key(ulid)]` | made by Atlas: a UUID of version 7 in a `Uuid`, a ULID in a `String` |
/// | `#[column("name")]` | the column's name |
/// | `#[default(18)]` | what a draft without it gets; a literal is the table's default too |
/// | `#[default(Utc::now())]` | any expression, evaluated for each row |
/// | `#[default]` | the type's `Default` |
/// | `#[default(sql = "CURRENT_TIMESTAMP")]` | what the database fills in |
/// | `#[unique]`, `#[index]` | an index over this column |
/// | `#[unique(without_trashed)]` | the same of rows that were not deleted softly; on the struct `#[unique(a, b, without_trashed)]`. Not on MySQL |
/// | `#[cast(json)]` | stored as JSON, through serde |
/// | `#[cast(encrypted)]`, `#[cast(encrypted, json)]`, `#[cast(encrypted, with = Type)]` | encrypted where it is stored, after the other cast, with the key of the database; `#[sensitive]` too |
/// | `#[cast(with = Type)]` | stored as `Type` says, which implements `Cast` |
/// | `#[sensitive]` | its values are not shown: in the record's `Debug`, to listeners, in logs; it is hidden where the record is serialized, unless `#[visible]` names it. A column of the type `Hashed` is so without it |
/// | `#[serialize_as("mail")]` | what it is called where a record is serialized; also of a relation |
/// | `#[serialize_with(function)]` | a `fn(&T) -> U`, whose result is serialized in place of the value |
/// | `#[version]` | an integer that counts the changes of the row: who saves or deletes one that somebody else has changed meanwhile gets `Error::Stale` |
/// | `#[skip]` | the field is no column: a record that is read has its type's `Default` in it, and nothing writes it |
/// | `#[mutator(function)]` | a `fn(T) -> T` that values pass in drafts and in mass assignment |
/// | `#[embed]`, `#[embed(prefix = "billing_")]` | a struct that is several columns, by its fields' names behind the prefix: see [`Embed`](derive@Embed) |
///
/// The compiler keeps `#[default]` for itself where `Default` is derived too: implement `Default` by hand
/// for such a model.
///
/// The derive reads names of types, and does not see through an alias: with `type UserId = i64`, write
/// `#[primary_key(generated)]` over `id: UserId`, which is the program's to set without it; an alias of an
/// `Option` is required of a draft as any column is.
///
/// An `Option` field is a column that takes NULL. A draft must set the columns that have no default, take
/// no NULL and are no generated key, timestamp, tenant, foreign key of a `#[belongs_to]` or column of a `#[morph_to]`;
/// leaving one out is a compile error that names it.
///
/// # Relations
///
/// | attribute | type | options |
/// |---|---|---|
/// | `#[has_many]` | `HasMany<T>` | `foreign_key`: a column of `T`, `user_id` in `User`; `local_key`: the key |
/// | `#[has_one]` | `HasOne<T>` | the same; `latest`, `latest = column`, `oldest`, `oldest = column`: which one of many, by the key or that column |
/// | `#[belongs_to]` | `BelongsTo<T>` | `foreign_key`: a column here, `team_id` for a field `team`; `owner_key`: a column of `T`, `id`; `on_delete`, `on_update`: `cascade`, `restrict`, `set_null`, `set_default` or `no_action` |
/// | `#[belongs_to_many]` | `BelongsToMany<T>`, `BelongsToMany<T, Pivot>` | `pivot`: the table between, `"role_user"`, or its model; `foreign_key`: its column for this model, `user_id`; `related_key`: its column for `T`, `role_id`; `local_key`: the key; `target_key`: a column of `T`, `id` |
/// | `#[has_many_through]` | `HasManyThrough<T>` | `through`: the model between, say `Post`; `foreign_key`: its column for this model, `user_id`; `through_foreign_key`: the column of `T` for it, `post_id`; `local_key`: the key; `through_local_key`: a column of the model between, `id` |
/// | `#[has_one_through]` | `HasOneThrough<T>` | the same, and `latest` and `oldest` |
/// | `#[morph_to]` | `MorphTo<Enum>` | the enum derives [`MorphTarget`]; `type_column`, `key_column`: columns here, `subject_type` and `subject_id` for a field `subject` |
/// | `#[morph_many]` | `MorphMany<T>` | `name`: the `#[morph_to]` of `T`; `local_key`: the key |
/// | `#[morph_one]` | `MorphOne<T>` | the same, and `latest` and `oldest` |
/// | `#[morph_to_many]` | `MorphToMany<T>`, `MorphToMany<T, Pivot>` | `name`: the `#[morph_to]` of the pivot; `pivot`: its model or the table, `taggables` for the name `taggable`; `related_key`, `local_key`, `target_key`; `type_name`: what the column `taggable_type` of a table without a model says, this model's name |
/// | `#[morphed_by_many]` | `MorphToMany<T>`, `MorphToMany<T, Pivot>` | the other side of it, with `foreign_key` in place of `related_key`; `type_name`: the name of `T` |
///
/// A key of several columns is a tuple, in every option that names columns: `foreign_key = (org_id, number)`.
///
/// All but `#[morph_to]` take `filter = Post::published.eq(true)`, a condition on `T`. Those that lead to many take
/// `order_by = Post::votes.desc()`, or a tuple of orders. Those that create take
/// `with_attributes = Post::published.set(true)`, or a tuple: only records whose columns have these values, which
/// new records get.
///
/// Those that lead to one, and not `#[morph_to]`, take `default = User::draft().name("Guest")`: what stands in the slot
/// where no record was found.
///
/// `#[eager]` beside one of them loads the relation with every query of the model.
#[proc_macro_derive(
    Model,
    attributes(
        table,
        fillable,
        guarded,
        rename_all,
        timestamps,
        soft_deletes,
        tenant,
        touches,
        strict,
        hidden,
        visible,
        appends,
        accessors,
        serialize,
        observed_by,
        global_scope,
        connection,
        index,
        unique,
        full_text,
        primary_key,
        column,
        default,
        cast,
        mutator,
        sensitive,
        serialize_as,
        serialize_with,
        version,
        embed,
        skip,
        has_many,
        has_one,
        belongs_to,
        belongs_to_many,
        has_many_through,
        has_one_through,
        morph_to,
        morph_many,
        morph_one,
        morph_to_many,
        morphed_by_many,
        eager
    )
)]
pub fn derive_model(input: TokenStream) -> TokenStream {
    model::derive(input.into()).into()
}

/// Makes an enum without data a column type, stored as text or as an integer.
///
/// ```
/// use atlas::prelude::*;
///
/// /// Stored as "draft", "in_review", "out".
/// #[derive(Attribute)]
/// pub enum Status {
///     Draft,
///     InReview,
///     #[attribute(rename = "out")]
///     Published,
/// }
///
/// /// Stored as 1, 2, 10, in a column of 16 bits.
/// #[derive(Attribute)]
/// #[repr(i16)]
/// pub enum Level {
///     Low = 1,
///     High,
///     Top = 10,
/// }
/// ```
///
/// Names are the variants' in snake case. `#[attribute(rename_all = "PascalCase")]` names them
/// otherwise, in serde's cases. `#[attribute(integer)]`, or a `#[repr]` of an integer, stores the
/// discriminants; `#[attribute(text)]` names in spite of a `#[repr]`.
///
/// A row with another value is `Error::Decode`, which lists those that there are.
#[proc_macro_derive(Attribute, attributes(attribute))]
pub fn derive_attribute(input: TokenStream) -> TokenStream {
    attribute::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct several columns of the models that it is a field of: a value object.
///
/// ```
/// use atlas::prelude::*;
///
/// #[derive(Embed, Debug, Clone, PartialEq)]
/// pub struct Address {
///     pub street: String,
///     pub city: String,
///     pub zip: Option<String>,
/// }
///
/// #[derive(Model, Debug)]
/// pub struct Customer {
///     pub id: i64,
///     pub name: String,
///     #[embed]
///     pub address: Address,
///     #[embed(prefix = "billing_")]
///     pub billing: Address,
/// }
///
/// # fn main() -> Result<()> {
/// # atlas::block_on(async {
/// # let db = Db::connect("sqlite::memory:").await?;
/// # db.create_tables(models![Customer]).await?;
/// let home = Address { street: "Main St 1".into(), city: "Oslo".into(), zip: None };
/// let mut ann = Customer::draft().name("Ann").address(home.clone()).billing(home).save(&db).await?;
///
/// ann.billing.city = "Bergen".into();
/// ann.save(&db).await?; // UPDATE customers SET billing_city = ? WHERE id = ?
/// assert_eq!(Customer::query().where_eq(Customer::billing.city, "Bergen").count(&db).await?, 1);
/// # Ok(())
/// # })
/// # }
/// ```
///
/// `Customer::billing.city` is a column of `Customer` like any other. It is called `billing_city` in the table, in mass
/// assignment, and where a record is serialized. What `#[fillable]`, `#[guarded]`, `#[hidden]` and `#[visible]` say of the
/// field `billing` holds for all of its columns. A draft sets the struct as a whole, and has to.
///
/// Over the struct, `#[rename_all = "PascalCase"]` says how columns are named after fields. A field takes `#[column("name")]`,
/// `#[cast(..)]` but `encrypted`, `#[default(..)]`, `#[unique]`, `#[index]` and `#[serialize_as("name")]`, as those of models do.
#[proc_macro_derive(Embed, attributes(rename_all, column, cast, default, unique, index, serialize_as))]
pub fn derive_embed(input: TokenStream) -> TokenStream {
    model::derive_embed(input.into()).into()
}

/// Makes an enum the target of a `#[morph_to]`: a variant for each model that rows may refer to.
///
/// ```
/// use atlas::prelude::*;
///
/// #[derive(MorphTarget, Debug)]
/// pub enum Commentable {
///     Post(Record<Post>),
///     #[morph("video")]
///     Film(Record<Film>),
/// }
///
/// #[derive(Model, Debug)]
/// pub struct Comment {
///     pub id: i64,
///     pub text: String,
///     pub commentable_type: String,
///     pub commentable_id: i64,
///     #[morph_to]
///     pub commentable: MorphTo<Commentable>,
/// }
///
/// #[derive(Model, Debug)]
/// pub struct Post {
///     pub id: i64,
///     #[morph_many(name = commentable)]
///     pub comments: MorphMany<Comment>,
/// }
///
/// #[derive(Model, Debug)]
/// pub struct Film {
///     pub id: i64,
///     #[morph_many(name = commentable)]
///     pub comments: MorphMany<Comment>,
/// }
///
/// # fn main() -> Result<()> {
/// # atlas::block_on(async {
/// # let db = Db::connect("sqlite::memory:").await?;
/// # db.create_tables(models![Comment, Post, Film]).await?;
/// # let film = Film::draft().save(&db).await?;
/// # Comment::draft().text("!").commentable_type("video").commentable_id(film.id).save(&db).await?;
/// for comment in Comment::query().with(Comment::commentable).get(&db).await? {
///     match comment.commentable.get()? {
///         Some(Commentable::Post(post)) => println!("{} on post {}", comment.text, post.id),
///         Some(Commentable::Film(film)) => println!("{} on film {}", comment.text, film.id),
///         None => println!("{}, and what it is on is gone", comment.text),
///     }
/// }
/// # Ok(())
/// # })
/// # }
/// ```
///
/// The type column says the model's name, `Post`, or what `#[morph("video")]` says instead. Another name in
/// it is an error that says which; with a variant for all others, it leads there: `#[morph(other)]` on
/// `Other(String, atlas::value::Value)`, which gets the name and the key, on `Other(String)` or on `Other`.
#[proc_macro_derive(MorphTarget, attributes(morph))]
pub fn derive_morph_target(input: TokenStream) -> TokenStream {
    morph::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct with named fields what rows are read as.
///
/// ```
/// use atlas::{FromRow, bounds::Maybe, prelude::*};
///
/// #[derive(FromRow)]
/// #[select(Book, Maybe<Author>)]
/// struct Line {
///     title: String,
///     #[select(Author::name)]
///     author: Option<String>,
///     #[select(Book::pages / 2)]
///     sheets: Option<i32>,
/// }
///
/// #[derive(Model)]
/// struct Book {
///     id: i64,
///     title: String,
///     pages: i32,
///     author_id: Option<i64>,
///     #[belongs_to]
///     author: BelongsTo<Author>,
/// }
///
/// #[derive(Model)]
/// struct Author {
///     id: i64,
///     name: String,
/// }
///
/// # fn main() -> Result<()> {
/// # atlas::block_on(async {
/// # let db = Db::connect("sqlite::memory:").await?;
/// # db.create_tables(models![Author, Book]).await?;
/// # Book::draft().title("Anon").pages(100).save(&db).await?;
/// let lines = Book::query().left_join(Book::author).select_as::<Line>().get(&db).await?;
/// assert_eq!((lines[0].title.as_str(), &lines[0].author, lines[0].sheets), ("Anon", &None, Some(50)));
///
/// let text = "select title, 'Ann' as author, 1 as sheets from books";
/// let line = db.raw(text, ()).read_as::<Line>().first_or_fail().await?;
/// assert_eq!((line.author.as_deref(), line.sheets), (Some("Ann"), Some(1)));
/// # Ok(())
/// # })
/// # }
/// ```
///
/// `#[select(..)]` over the struct names the models of the query that fills it, in the order in which they are joined, with
/// `Maybe` around those that come of a left join. A field is the column of its name of the first model;
/// `#[select(..)]` over it names anything else that a query can select. What is selected must have the field's type.
///
/// A raw statement fills the fields by the names of its columns; `#[column("name")]` is for a column that is called
/// otherwise. Without `#[select(..)]`, only raw statements fill the struct.
#[proc_macro_derive(FromRow, attributes(select, column))]
pub fn derive_from_row(input: TokenStream) -> TokenStream {
    from_row::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// A text in the database's own language: a whole statement, or a piece of one. What stands in braces is bound, and
/// never becomes a part of the text.
///
/// ```
/// use atlas::sql;
///
/// let (name, ids, table) = ("O'Hara", vec![1, 2], "users");
/// let whole = sql!("select * from {table:ident} where name = {name} or id in ({ids:list})");
/// let piece = sql!("length(name) > {name.len() as i64} and ({whole})");
/// # let _ = piece;
/// ```
///
/// | in braces | what it becomes |
/// |---|---|
/// | `{name}`, `{user.age + 1}` | a value that is bound: any type of a column, by reference |
/// | `{ids:list}` | the values of a list, each bound, with commas between. An empty list is an error |
/// | `{table:ident}` | a name, quoted; a dot separates a schema from what is in it |
/// | `{piece}` | another `sql!` |
/// | `{{` and `}}` | braces |
///
/// The text is a literal. A question mark in it is a question mark. A place in quotes, `'%{name}%'`, is an error: bind
/// the whole of it, `{format!("%{name}%")}` as a variable.
///
/// The result is an `atlas::Sql`: `db.sql(..)` runs it; `condition()` and `of::<T>()` make it a condition or a value
/// of a query, and `order_by` takes it as it is.
#[proc_macro]
pub fn sql(text: TokenStream) -> TokenStream {
    sql::expand(text.into()).into()
}

/// Makes the SQL files of a folder part of the program, for `Migrator::embedded`: `embed_migrations!("migrations")`. The
/// folder is beside the `Cargo.toml` of the crate; folders inside it count too.
///
/// A file that is changed is compiled in anew. For one that is added, the crate has to be compiled for another reason: a
/// build script with `cargo:rerun-if-changed=migrations` sees to it.
#[proc_macro]
pub fn embed_migrations(folder: TokenStream) -> TokenStream {
    embed_migrations::expand(&parse_macro_input!(folder as syn::LitStr)).into()
}

/// Lets `main` await: runs its body on a runtime made for it. For programs that have no runtime of their
/// own; inside tokio, use `#[tokio::main]`.
#[proc_macro_attribute]
pub fn main(_: TokenStream, function: TokenStream) -> TokenStream {
    main_function::expand(parse_macro_input!(function as syn::ItemFn)).into()
}
