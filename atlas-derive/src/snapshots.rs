//! What the derives write, for reading: run `cargo insta review` where it changes.

use proc_macro2::TokenStream;
use quote::quote;

use crate::{attribute, from_row, model, morph};

fn formatted(expansion: &TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(expansion.clone()).unwrap())
}

#[test]
fn small() {
    let expansion = model::derive(quote! {
        pub struct User {
            pub id: i64,
            pub name: String,
        }
    });
    insta::assert_snapshot!(formatted(&expansion));
}

#[test]
fn full() {
    let expansion = model::derive(quote! {
        #[table("people")]
        #[connection("reports")]
        #[rename_all = "camelCase"]
        #[fillable(email, settings)]
        #[timestamps(created_at = made)]
        #[index(email, age)]
        #[unique(email, team_id)]
        pub struct Person {
            #[primary_key(uuid)]
            pub id: Uuid,
            #[unique]
            #[mutator(normalized)]
            pub email: String,
            #[default("")]
            password_hash: String,
            #[default(-1)]
            #[index]
            pub age: Option<i32>,
            #[default(Self::theme())]
            pub theme: Theme,
            #[cast(json)]
            pub settings: Option<Settings>,
            #[cast(with = Seconds)]
            #[default]
            pub pause: Duration,
            #[column("kind")]
            pub r#type: String,
            pub made: DateTime<Utc>,
            #[default(sql = "CURRENT_TIMESTAMP")]
            pub seen_at: DateTime<Utc>,
            pub team_id: i64,
            #[belongs_to(on_delete = cascade, on_update = restrict)]
            pub team: BelongsTo<Team>,
            #[has_many(foreign_key = author_id)]
            pub posts: HasMany<Post>,
            #[has_one(local_key = email)]
            pub(crate) profile: HasOne<Profile>,
        }
    });
    insta::assert_snapshot!(formatted(&expansion));
}

#[test]
fn composite_key() {
    let expansion = model::derive(quote! {
        struct OrderLine {
            #[primary_key]
            order_id: i64,
            #[primary_key]
            line: i32,
            note: Option<String>,
        }
    });
    insta::assert_snapshot!(formatted(&expansion));
}

#[test]
fn faulty() {
    let expansion = model::derive(quote! {
        #[fillable(nmae)]
        pub struct User {
            pub id: i64,
            pub name: String,
        }
    });
    insta::assert_snapshot!(formatted(&expansion));
}

#[test]
fn enum_as_text() {
    let expansion = attribute::derive(&syn::parse_quote! {
        pub enum Status {
            Draft,
            InReview,
            #[attribute(rename = "out")]
            Published,
        }
    });
    insta::assert_snapshot!(formatted(&expansion));
}

#[test]
fn enum_as_integer() {
    let expansion = attribute::derive(&syn::parse_quote! {
        #[repr(i16)]
        pub enum Level {
            Low = -1,
            Middle,
            High = 10,
        }
    });
    insta::assert_snapshot!(formatted(&expansion));
}

/// A budget of the code per model: twelve columns and three relations.
#[test]
fn an_expansion_stays_small() {
    let expansion = model::derive(quote! {
        #[fillable(title, body)]
        #[timestamps]
        pub struct Post {
            pub id: i64,
            pub title: String,
            pub body: String,
            pub summary: Option<String>,
            #[unique]
            pub slug: String,
            #[default(0)]
            pub votes: i64,
            #[default(false)]
            pub published: bool,
            pub price: Option<f64>,
            pub author_id: i64,
            pub editor_id: Option<i64>,
            pub created_at: DateTime<Utc>,
            pub updated_at: DateTime<Utc>,
            #[belongs_to]
            pub author: BelongsTo<User>,
            #[belongs_to]
            pub editor: BelongsTo<User>,
            #[has_many]
            pub comments: HasMany<Comment>,
        }
    });
    let size = expansion.to_string().chars().filter(|character| !character.is_whitespace()).count();
    assert!(size < 13_700, "{size} characters without white space");
}

#[test]
fn relations() {
    let expansion = model::derive(quote! {
        pub struct User {
            pub id: i64,
            pub subject_type: String,
            pub subject_id: i64,
            #[belongs_to_many]
            pub roles: BelongsToMany<Role, RoleUser>,
            #[belongs_to_many(pivot = "user_badges")]
            pub badges: BelongsToMany<Badge>,
            #[has_many_through(through = Post)]
            pub comments: HasManyThrough<Comment>,
            #[has_one(latest = made_at)]
            #[eager]
            pub newest: HasOne<Post>,
            #[morph_to]
            pub subject: MorphTo<Subject>,
            #[morph_many(name = owner)]
            pub images: MorphMany<Image>,
            #[morph_to_many(name = taggable)]
            pub tags: MorphToMany<Tag, Tagging>,
            #[morphed_by_many(name = followable, pivot = "follows")]
            pub followed: MorphToMany<Band>,
            #[has_many(foreign_key = (first, second), local_key = (id, subject_id))]
            pub pairs: HasMany<Pair>,
        }
    });
    insta::assert_snapshot!(formatted(&expansion));
}

#[test]
fn morph_target() {
    let expansion = morph::derive(&syn::parse_quote! {
        pub enum Subject {
            Post(Record<Post>),
            #[morph("video")]
            Film(Record<media::Film>),
            #[morph(other)]
            Other { name: String, key: Value },
        }
    });
    insta::assert_snapshot!(formatted(&expansion));
}

#[test]
fn from_row() {
    let input = syn::parse_quote! {
        #[select(Post, Maybe<User>)]
        struct Line {
            title: String,
            #[select(User::name)]
            #[column("by")]
            author: Option<String>,
        }
    };
    insta::assert_snapshot!(formatted(&from_row::derive(&input)));
}
