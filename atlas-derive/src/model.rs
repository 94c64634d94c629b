//! `#[derive(Model)]`: what was written ([`parse`]) as a description, and the code for it ([`expand`]).

mod expand;
mod parse;

pub(crate) use parse::{generic_argument, last_segment, rename_rule_named};

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::quote;
use syn::{DeriveInput, Expr, Ident, LitStr, Type, Visibility};

use crate::{diagnostics::Errors, naming::RenameRule};

/// The code for a struct, or the errors in it.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let parsed = errors.take(read(input)).and_then(|input| parse::model(&input, &mut errors));
    let expansion = parsed.map(|model| expand::model(&model));
    let errors = errors.into_tokens();
    quote!(#expansion #errors)
}

/// The code for a struct that models embed, or the errors in it.
pub(crate) fn derive_embed(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let parsed = errors.take(read(input)).and_then(|input| parse::embed(&input, &mut errors));
    let expansion = parsed.map(|embed| expand::embed(&embed));
    let errors = errors.into_tokens();
    quote!(#expansion #errors)
}

/// The struct, in which `Self` is its name: types and expressions of fields also stand in statics, where
/// `Self` means nothing.
fn read(input: TokenStream) -> syn::Result<DeriveInput> {
    let parsed: DeriveInput = syn::parse2(input.clone())?;
    syn::parse2(named_self(input, &parsed.ident))
}

fn named_self(tokens: TokenStream, ident: &Ident) -> TokenStream {
    let named = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(own) if own == "Self" => {
            let mut named = ident.clone();
            named.set_span(own.span());
            TokenTree::Ident(named)
        }
        TokenTree::Group(group) => {
            let mut named = Group::new(group.delimiter(), named_self(group.stream(), ident));
            named.set_span(group.span());
            TokenTree::Group(named)
        }
        other => other,
    });
    named.collect()
}

/// A model as its struct describes it.
struct Model {
    /// Whether there are errors in it. It is expanded then too, with the same types and empty functions,
    /// so that an error in a struct does not bring one for each use of the struct.
    faulty: bool,
    ident: Ident,
    name: String,
    table: String,
    connection: Option<String>,
    /// Its own, without those of what is embedded, which come behind them.
    columns: Vec<Column>,
    embedded: Vec<Embedded>,
    /// Fields that are no columns, with their types.
    skipped: Vec<(Ident, Type)>,
    /// By index of the column.
    key: Vec<usize>,
    key_kind: KeyKind,
    /// Whether only the compiler can tell if the key's type is of that kind.
    key_asserted: bool,
    indexes: Vec<Index>,
    full_text: Vec<FullText>,
    created_at: Option<usize>,
    updated_at: Option<usize>,
    soft_deletes: Option<usize>,
    version: Option<usize>,
    tenant: Option<usize>,
    /// Who is told of what happens to records.
    observers: Vec<Expr>,
    /// What holds of every row: functions, of the model where they are named alone.
    scopes: Vec<syn::Path>,
    relations: Vec<Relation>,
    accessors: Vec<Accessor>,
    /// How extras are called where a record is serialized.
    case: RenameRule,
    /// Whether mass assignment refuses what it does not reach.
    strict: bool,
}

/// A field that is several columns.
struct Embedded {
    ident: Ident,
    /// The field's name, without `r#`.
    field: String,
    vis: Visibility,
    ty: Type,
    /// What stands before its columns' names.
    prefix: String,
    fillable: bool,
    hidden: bool,
}

/// A struct that is such a field.
struct Embed {
    ident: Ident,
    name: String,
    columns: Vec<Column>,
}

struct Column {
    ident: Ident,
    /// The field's name, without `r#`.
    field: String,
    name: String,
    vis: Visibility,
    ty: Type,
    /// The `T` of an `Option<T>`.
    optional: Option<Type>,
    /// The field's own type, a `Deferred<T>` of this `T`: queries may leave the column out.
    deferred: Option<Type>,
    cast: Option<Cast>,
    unique: bool,
    /// Whether that holds of rows alone that were not deleted softly.
    without_trashed: bool,
    indexed: bool,
    fillable: bool,
    /// Whether it is encrypted where it is stored.
    encrypted: bool,
    /// Its values are not shown.
    sensitive: bool,
    /// What it is called where a record is serialized, and whether it is left out there.
    serialized: Serialized,
    /// What is serialized in place of its value.
    shown: Option<TokenStream>,
    /// It counts how often the row was changed.
    version: bool,
    default: Option<Default>,
    mutator: Option<TokenStream>,
    /// Whether a draft is incomplete without it.
    required: bool,
}

/// How something is serialized with a record.
#[derive(std::default::Default)]
struct Serialized {
    /// What it is called there, where that is not its own name.
    name: Option<String>,
    hidden: bool,
}

/// A method that is read by its name.
struct Accessor {
    ident: Ident,
    serialized: String,
    appended: bool,
}

/// How a field whose type is no column type is stored.
enum Cast {
    Json,
    With(Box<Type>),
    /// Encrypted, after a cast or none: a [`With`](Self::With) once the column's place is known.
    Encrypted(Option<Box<Cast>>),
    /// One that could not be read.
    Faulty,
}

enum Default {
    /// `#[default(18)]`: the table has it too.
    Constant(TokenStream),
    /// `#[default(Utc::now())]`
    Computed(TokenStream),
    /// `#[default(sql = "CURRENT_TIMESTAMP")]`
    Database(LitStr),
    /// `#[default]`
    Standard,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyKind {
    Generated,
    Manual,
    Uuid,
    Ulid,
}

struct Index {
    columns: Vec<usize>,
    unique: bool,
    without_trashed: bool,
}

/// An index by which words are found in texts.
struct FullText {
    columns: Vec<usize>,
    language: String,
}

/// The attributes that make relations.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RelationKind {
    HasMany,
    HasOne,
    BelongsTo,
    BelongsToMany,
    HasManyThrough,
    HasOneThrough,
    MorphTo,
    MorphMany,
    MorphOne,
    MorphToMany,
    MorphedByMany,
}

impl RelationKind {
    const ALL: [Self; 11] = [
        Self::HasMany,
        Self::HasOne,
        Self::BelongsTo,
        Self::BelongsToMany,
        Self::HasManyThrough,
        Self::HasOneThrough,
        Self::MorphTo,
        Self::MorphMany,
        Self::MorphOne,
        Self::MorphToMany,
        Self::MorphedByMany,
    ];

    const fn attribute(self) -> &'static str {
        match self {
            Self::HasMany => "has_many",
            Self::HasOne => "has_one",
            Self::BelongsTo => "belongs_to",
            Self::BelongsToMany => "belongs_to_many",
            Self::HasManyThrough => "has_many_through",
            Self::HasOneThrough => "has_one_through",
            Self::MorphTo => "morph_to",
            Self::MorphMany => "morph_many",
            Self::MorphOne => "morph_one",
            Self::MorphToMany => "morph_to_many",
            Self::MorphedByMany => "morphed_by_many",
        }
    }

    /// The type of its fields, which is also what the core calls the kind.
    const fn slot(self) -> &'static str {
        match self {
            Self::HasMany => "HasMany",
            Self::HasOne => "HasOne",
            Self::BelongsTo => "BelongsTo",
            Self::BelongsToMany => "BelongsToMany",
            Self::HasManyThrough => "HasManyThrough",
            Self::HasOneThrough => "HasOneThrough",
            Self::MorphTo => "MorphTo",
            Self::MorphMany => "MorphMany",
            Self::MorphOne => "MorphOne",
            Self::MorphToMany | Self::MorphedByMany => "MorphToMany",
        }
    }
}

struct Relation {
    ident: Ident,
    /// The field's name, without `r#`.
    name: String,
    vis: Visibility,
    kind: RelationKind,
    /// The field's type.
    slot: Type,
    /// Its second parameter: the model of the table between.
    pivot: Option<Type>,
    target: Type,
    path: Path,
    pick: Option<Pick>,
    fixed: Fixed,
    /// Whether a key of this model leads there that may be NULL.
    optional: bool,
    /// Whether every query loads it.
    eager: bool,
    serialized: Serialized,
    /// Where it is said that what it leads to is touched.
    touched: Option<Ident>,
    /// The variant of `Action`.
    on_delete: Option<&'static str>,
    /// The variant of `Action`.
    on_update: Option<&'static str>,
}

/// Which columns have to be equal. Those of this model are fields' names.
enum Path {
    /// Columns here and of the target.
    Direct(Vec<(Ident, Foreign)>),
    /// Columns here, of a table between, and of the target.
    Via {
        between: Between,
        near: Vec<(Ident, Side)>,
        far: Vec<(Side, Foreign)>,
        /// Whether the target refers to the table between, and not that to the target.
        beyond: bool,
        morph: Option<Morph>,
    },
    /// Each row says to which model it leads.
    MorphTo { type_column: Ident, key_column: Ident },
    /// The target's `#[morph_to]` leads back.
    MorphFrom { local: Ident, back: Ident },
}

/// A column of another model, as the constant's name.
struct Foreign {
    of: Box<Type>,
    ident: Ident,
    /// Whether the user did not name it, and its absence is to be worded.
    by_default: bool,
}

/// A table between two models.
#[derive(Clone)]
enum Between {
    Model(Box<Type>),
    Table(String),
}

/// A column of a table between.
enum Side {
    /// One of its model.
    Column(Foreign),
    /// One without a model.
    Named(String),
    /// The key of its model's `#[morph_to]`.
    Back { pivot: Box<Type>, back: Ident },
}

/// Which rows of a table between are meant: those that name a model.
enum Morph {
    /// As its model's `#[morph_to]` does.
    Back {
        pivot: Box<Type>,
        back: Ident,
        model: Box<Type>,
    },
    Named {
        column: String,
        key: String,
        name: String,
    },
}

/// Which one of several rows it is.
struct Pick {
    /// The target's column, or its key.
    column: Option<Ident>,
    greatest: bool,
}

/// What holds for all records of a relation, as expressions.
#[derive(std::default::Default)]
struct Fixed {
    filter: Option<Expr>,
    order: Vec<Expr>,
    attributes: Option<Expr>,
    default: Option<Expr>,
}

impl Relation {
    /// The columns of this model by which the others are found.
    fn local(&self) -> Vec<&Ident> {
        match &self.path {
            Path::Direct(pairs) => pairs.iter().map(|(local, _)| local).collect(),
            Path::Via { near, .. } => near.iter().map(|(local, _)| local).collect(),
            Path::MorphTo { type_column, key_column } => vec![type_column, key_column],
            Path::MorphFrom { local, .. } => vec![local],
        }
    }

    /// The columns that a draft may lack, since the relation sets them.
    fn owned(&self) -> Vec<&Ident> {
        match &self.path {
            Path::Direct(pairs) if self.kind == RelationKind::BelongsTo => {
                pairs.iter().map(|(local, _)| local).collect()
            }
            Path::MorphTo { type_column, key_column } => vec![type_column, key_column],
            _ => Vec::new(),
        }
    }
}
