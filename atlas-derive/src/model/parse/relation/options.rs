//! The options of the relations' attributes.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Error, Expr, Ident, LitStr, Result, Token, Type, parse::ParseStream};

use crate::{
    arguments,
    diagnostics::{did_you_mean, listed},
    model::{Between, Fixed, Pick, RelationKind},
};

/// What may be written, and the variant of `Action` that it is.
const ACTIONS: [(&str, &str); 5] = [
    ("cascade", "Cascade"),
    ("restrict", "Restrict"),
    ("set_null", "SetNull"),
    ("set_default", "SetDefault"),
    ("no_action", "NoAction"),
];

/// What an attribute says.
#[derive(Default)]
pub(super) struct Options {
    pub(super) keys: Vec<Keys>,
    pub(super) name: Option<Ident>,
    pub(super) type_name: Option<LitStr>,
    pub(super) through: Option<Type>,
    /// The option itself, and what it says.
    pub(super) pivot: Option<(Ident, Between)>,
    pub(super) pick: Option<Pick>,
    pub(super) fixed: Fixed,
    pub(super) on_delete: Option<Reaction>,
    pub(super) on_update: Option<Reaction>,
}

/// An option that names columns.
pub(super) struct Keys {
    pub(super) option: String,
    pub(super) names: Vec<Ident>,
    /// Where they are written.
    pub(super) at: TokenStream,
}

/// What `on_delete` or `on_update` says.
pub(super) struct Reaction {
    pub(super) option: Ident,
    pub(super) written: Ident,
    /// The variant of `Action`.
    pub(super) action: &'static str,
}

impl RelationKind {
    /// The options that its attribute takes.
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::BelongsTo => &["foreign_key", "owner_key", "on_delete", "on_update", "filter", "default"],
            Self::HasMany => &["foreign_key", "local_key", "filter", "order_by", "with_attributes"],
            Self::HasOne => {
                &["foreign_key", "local_key", "latest", "oldest", "filter", "with_attributes", "default"]
            }
            Self::BelongsToMany => &[
                "pivot",
                "foreign_key",
                "related_key",
                "local_key",
                "target_key",
                "filter",
                "order_by",
                "with_attributes",
            ],
            Self::HasManyThrough => &[
                "through",
                "foreign_key",
                "through_foreign_key",
                "local_key",
                "through_local_key",
                "filter",
                "order_by",
            ],
            Self::HasOneThrough => &[
                "through",
                "foreign_key",
                "through_foreign_key",
                "local_key",
                "through_local_key",
                "latest",
                "oldest",
                "filter",
                "default",
            ],
            Self::MorphTo => &["type_column", "key_column"],
            Self::MorphMany => &["name", "local_key", "filter", "order_by", "with_attributes"],
            Self::MorphOne => {
                &["name", "local_key", "latest", "oldest", "filter", "with_attributes", "default"]
            }
            Self::MorphToMany => &[
                "name",
                "pivot",
                "related_key",
                "local_key",
                "target_key",
                "type_name",
                "filter",
                "order_by",
                "with_attributes",
            ],
            Self::MorphedByMany => &[
                "name",
                "pivot",
                "foreign_key",
                "local_key",
                "target_key",
                "type_name",
                "filter",
                "order_by",
                "with_attributes",
            ],
        }
    }

    /// Whether a key of it is one column.
    fn is_morph(self) -> bool {
        matches!(self, Self::MorphTo | Self::MorphMany | Self::MorphOne)
    }
}

impl Options {
    pub(super) fn read(kind: RelationKind, attribute: &Attribute) -> Result<Self> {
        let mut options = Self::default();
        arguments::options(attribute, kind.options(), |option, name, input| {
            match name {
                "name" => options.name = Some(arguments::name_value(option, input)?),
                "type_name" => options.type_name = Some(text(option, input)?),
                "through" => options.through = Some(model(option, input)?),
                "pivot" => options.pivot = Some((option.clone(), pivot(option, input)?)),
                "latest" | "oldest" => {
                    if options.pick.is_some() {
                        let message = "`latest` and `oldest` exclude each other: keep one";
                        return Err(Error::new(option.span(), message));
                    }
                    let named = input.peek(Token![=]);
                    let column = named.then(|| arguments::name_value(option, input)).transpose()?;
                    options.pick = Some(Pick { column, greatest: name == "latest" });
                }
                "filter" => {
                    let example = "filter = Post::published.eq(true)";
                    options.fixed.filter = Some(expression(option, input, example)?);
                }
                "order_by" => {
                    let orders = expression(option, input, "order_by = Post::votes.desc()")?;
                    options.fixed.order = match orders {
                        Expr::Tuple(orders) => orders.elems.into_iter().collect(),
                        order => vec![order],
                    };
                }
                "with_attributes" => {
                    let example = "with_attributes = Post::published.set(true)";
                    options.fixed.attributes = Some(expression(option, input, example)?);
                }
                "default" => {
                    let example = "default = User::draft().name(\"Guest\")";
                    options.fixed.default = Some(expression(option, input, example)?);
                }
                "on_delete" => options.on_delete = Some(reaction(option, input)?),
                "on_update" => options.on_update = Some(reaction(option, input)?),
                _ => options.keys.push(keys(kind, option, name, input)?),
            }
            Ok(())
        })?;
        Ok(options)
    }
}

/// `= column` or `= (column, column)`
fn keys(kind: RelationKind, option: &Ident, name: &str, input: ParseStream<'_>) -> Result<Keys> {
    let ahead = input.fork();
    ahead.parse::<Option<Token![=]>>()?;
    if !ahead.peek(syn::token::Paren) {
        let column = arguments::name_value(option, input)?;
        return Ok(Keys { option: name.to_owned(), at: column.to_token_stream(), names: vec![column] });
    }
    input.parse::<Token![=]>()?;
    let at: proc_macro2::TokenTree = input.parse()?;
    let names = arguments::tuple(&at, option)?;
    if kind.is_morph() && names.len() > 1 {
        return Err(Error::new_spanned(at, "a #[morph_to] keeps a key of one column: name one"));
    }
    Ok(Keys { option: name.to_owned(), names, at: at.into_token_stream() })
}

/// `= "text"`
fn text(option: &Ident, input: ParseStream<'_>) -> Result<LitStr> {
    let wrong = |_| Error::new(option.span(), format_args!("expected text: `{option} = \"..\"`"));
    input.parse::<Token![=]>().map_err(wrong)?;
    let text: LitStr = input.parse().map_err(wrong)?;
    super::super::not_empty(text)
}

/// `= expression`
fn expression(option: &Ident, input: ParseStream<'_>, example: &str) -> Result<Expr> {
    let wrong = |_| Error::new(option.span(), format_args!("expected an expression: `{example}`"));
    input.parse::<Token![=]>().map_err(wrong)?;
    input.parse().map_err(wrong)
}

/// `= Model`
fn model(option: &Ident, input: ParseStream<'_>) -> Result<Type> {
    let wrong = |_| Error::new(option.span(), format_args!("expected a model: `{option} = ..`"));
    input.parse::<Token![=]>().map_err(wrong)?;
    input.parse().map_err(wrong)
}

/// `= Model` or `= "table"`
fn pivot(option: &Ident, input: ParseStream<'_>) -> Result<Between> {
    let ahead = input.fork();
    ahead.parse::<Option<Token![=]>>()?;
    if ahead.peek(LitStr) {
        return Ok(Between::Table(text(option, input)?.value()));
    }
    let wrong = "expected a model or the name of a table: `pivot = RoleUser`, `pivot = \"role_user\"`";
    model(option, input)
        .map(|model| Between::Model(Box::new(model)))
        .map_err(|_| Error::new(option.span(), wrong))
}

fn reaction(option: &Ident, input: ParseStream<'_>) -> Result<Reaction> {
    let written = arguments::name_value(option, input)?;
    let Some((_, action)) = ACTIONS.iter().find(|(name, _)| written == name) else {
        let names = ACTIONS.map(|(name, _)| name);
        let (known, meant) = (listed(&names), did_you_mean(&written.to_string(), &names));
        let message = format_args!("`{option}` is one of {known}, not `{written}`{meant}");
        return Err(Error::new(written.span(), message));
    };
    Ok(Reaction { option: option.clone(), written, action })
}
