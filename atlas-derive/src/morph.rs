//! `#[derive(MorphTarget)]`: an enum of the models that a `#[morph_to]` leads to.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Data, DeriveInput, Fields, Ident, LitStr, Result, Type, Variant, ext::IdentExt, spanned::Spanned};

use crate::{
    arguments,
    diagnostics::Errors,
    model::{generic_argument, last_segment},
};

/// The code for an enum, or the errors in it.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let expansion = read(input, &mut errors).map(|target| target.expand());
    if errors.is_empty() { expansion.unwrap_or_default() } else { errors.into_tokens() }
}

struct Target<'a> {
    ident: &'a Ident,
    models: Vec<Model<'a>>,
    other: Option<&'a Variant>,
}

/// A variant that holds a model's record.
struct Model<'a> {
    variant: &'a Ident,
    model: &'a Type,
    /// What the type column says.
    name: String,
}

/// What `#[morph(..)]` says.
enum Marker {
    Named(LitStr),
    Other,
}

const INSTEAD: &str = "a variant holds the record of its model, as in `Post(Record<Post>)`; \
                       the one for all other names is marked #[morph(other)]";

fn read<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Option<Target<'a>> {
    let Data::Enum(data) = &input.data else {
        let message = "#[derive(MorphTarget)] is for enums: one variant for each model, `Post(Record<Post>)`";
        errors.at(&input.ident, message);
        return None;
    };
    if let Some(parameter) = input.generics.params.first() {
        errors.at(parameter, "an enum of models has no parameters");
        return None;
    }
    let mut target = Target { ident: &input.ident, models: Vec::new(), other: None };
    for variant in &data.variants {
        let marker = errors.take(marker(variant)).flatten();
        if let Some(Marker::Other) = marker {
            if target.other.is_some() {
                errors.at(&variant.ident, "one variant is for all other names: keep one #[morph(other)]");
            }
            if variant.fields.len() > 2 {
                let message = "such a variant carries the name and the key: `Other(String, atlas::value::Value)`, \
                               `Other(String)` or `Other`";
                errors.at(&variant.fields, message);
            }
            target.other = Some(variant);
            continue;
        }
        let Fields::Unnamed(fields) = &variant.fields else {
            errors.at(variant, INSTEAD);
            continue;
        };
        let model = fields.unnamed.first().filter(|_| fields.unnamed.len() == 1);
        let Some(model) = model.and_then(|field| generic_argument(&field.ty, "Record")) else {
            errors.at(fields, INSTEAD);
            continue;
        };
        let name = match marker {
            Some(Marker::Named(name)) => name.value(),
            _ => last_segment(model).map(|segment| segment.ident.unraw().to_string()).unwrap_or_default(),
        };
        target.add(Model { variant: &variant.ident, model, name }, errors);
    }
    Some(target)
}

/// What `#[morph("name")]` or `#[morph(other)]` says.
fn marker(variant: &Variant) -> Result<Option<Marker>> {
    let mut ours = variant.attrs.iter().filter(|attribute| attribute.path().is_ident("morph"));
    let Some(attribute) = ours.next() else { return Ok(None) };
    if let Some(second) = ours.next() {
        return Err(arguments::error(second, "`#[morph]` is given twice: keep one"));
    }
    let tokens = arguments::tokens(attribute).unwrap_or_default();
    if syn::parse2::<Ident>(tokens.clone()).is_ok_and(|ident| ident == "other") {
        return Ok(Some(Marker::Other));
    }
    match syn::parse2::<LitStr>(tokens) {
        Ok(name) if !name.value().is_empty() => Ok(Some(Marker::Named(name))),
        _ => Err(arguments::error(attribute, "expected `#[morph(\"name\")]` or `#[morph(other)]`")),
    }
}

impl<'a> Target<'a> {
    fn add(&mut self, model: Model<'a>, errors: &mut Errors) {
        let text = |ty: &Type| ty.to_token_stream().to_string();
        for earlier in &self.models {
            if text(earlier.model) == text(model.model) {
                let (first, second, of) = (earlier.variant, model.variant, text(model.model));
                let message =
                    format_args!("`{first}` and `{second}` are both for the model `{of}`: keep one");
                errors.at(model.variant, message);
            } else if earlier.name == model.name {
                let (first, second, name) = (earlier.variant, model.variant, &model.name);
                let message = format_args!(
                    "`{first}` and `{second}` are both called \"{name}\": rename one with #[morph(\"..\")]"
                );
                errors.at(model.variant, message);
            }
        }
        self.models.push(model);
    }

    fn expand(&self) -> TokenStream {
        let (span, ident) = (Span::mixed_site(), self.ident);
        let names = self.models.iter().map(|model| &model.name);
        let loads = self.models.iter().map(|Model { variant, model, name }| {
            let load =
                quote_spanned!(span.located_at(model.span())=> __a::MorphTo::<Self>::load_variant::<#model>);
            quote_spanned!(span=> #name => #load(wanted, Self::#variant),)
        });
        let pushes = self.models.iter().map(|Model { variant, .. }| {
            quote_spanned!(span=> Self::#variant(record) => __a::push_variant(record, db),)
        });
        let [no_push, no_record] = [
            quote_spanned!(span=> _ => __a::nothing_to_push(),),
            quote_spanned!(span=> _ => ::core::option::Option::None,),
        ]
        .map(|none| (self.other.is_some() || self.models.is_empty()).then_some(none));
        let loaded = self.models.iter().map(|Model { variant, .. }| {
            quote_spanned!(span=> Self::#variant(ref record) => __a::show_variant(record),)
        });
        let metas = self.models.iter().map(|Model { model, name, .. }| {
            let meta = quote_spanned!(span.located_at(model.span())=> <#model as __a::Model>::meta);
            quote_spanned!(span=> #name => ::core::option::Option::Some(#meta()),)
        });
        // The lifetime lets the conditions stand which do not hold.
        let touched = self
            .models
            .iter()
            .map(|Model { model, .. }| quote_spanned!(span=> for<'touched> #model: __a::Touched));
        let variants = self.models.iter().map(|Model { model, name, .. }| {
            quote_spanned! {span=>
                #[automatically_derived]
                impl __a::MorphVariant<#model> for #ident {
                    const NAME: &'static str = #name;
                }
            }
        });
        let key = match self.models.first() {
            Some(Model { model, .. }) => quote_spanned!(span=> <#model as __a::Model>::Key),
            None => quote_spanned!(span=> i64),
        };
        let other = self.other.map(|variant| {
            let name = &variant.ident;
            let values = [
                quote_spanned!(span=> ::core::convert::From::from(name)),
                quote_spanned!(span=> ::core::convert::From::from(::core::clone::Clone::clone(key))),
            ];
            let fields = variant.fields.iter().zip(values).enumerate().map(|(index, (field, value))| {
                // A field called `key` holds the key wherever it stands.
                let value = match &field.ident {
                    Some(name) if name == "key" => {
                        quote_spanned!(span=> ::core::convert::From::from(::core::clone::Clone::clone(key)))
                    }
                    Some(_) => quote_spanned!(span=> ::core::convert::From::from(name)),
                    None => value,
                };
                let index = syn::Index::from(index);
                let member =
                    field.ident.as_ref().map_or_else(|| index.to_token_stream(), Ident::to_token_stream);
                quote_spanned!(span=> #member: #value)
            });
            quote_spanned! {span=>
                fn other(name: &str, key: &__a::Value) -> ::core::option::Option<Self> {
                    ::core::option::Option::Some(Self::#name { #(#fields),* })
                }
            }
        });
        quote_spanned! {span=>
            const _: () = {
                use ::atlas::__private as __a;

                #[automatically_derived]
                impl __a::MorphTarget for #ident {
                    type Key = #key;
                    const NAMES: &'static [&'static str] = &[#(#names),*];

                    fn load(
                        wanted: __a::Wanted<'_>,
                    ) -> __a::BoxFuture<'_, __a::Result<::std::vec::Vec<(__a::Value, Self)>>> {
                        match wanted.name() {
                            #(#loads)*
                            _ => __a::no_variant(),
                        }
                    }

                    fn push<'a>(&'a mut self, db: &'a __a::Db) -> __a::BoxFuture<'a, __a::Result<()>> {
                        match self {
                            #(#pushes)*
                            #no_push
                        }
                    }

                    fn loaded(&self) -> ::core::option::Option<__a::Loaded<'_>> {
                        match *self {
                            #(#loaded)*
                            #no_record
                        }
                    }

                    #other
                }

                #(#variants)*

                #[automatically_derived]
                impl __a::Touched for #ident
                where
                    #(#touched),*
                {
                    fn touched(name: &str) -> ::core::option::Option<&'static __a::ModelMeta> {
                        match name {
                            #(#metas)*
                            _ => ::core::option::Option::None,
                        }
                    }
                }
            };
        }
    }
}
