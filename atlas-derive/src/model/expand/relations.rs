//! `User::posts`: the constant beside each relation's field, and its metadata.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Expr, Ident, Type, spanned::Spanned};

use super::located;
use crate::model::{Between, Fixed, Foreign, Model, Morph, Path, Pick, Relation, Side};

pub(super) fn constants(model: &Model) -> TokenStream {
    let (span, owner) = (Span::mixed_site(), &model.ident);
    let constants = model.relations.iter().map(|relation| {
        let Relation { ident, vis, name, target, .. } = relation;
        let ty = relation.ty(owner);
        let doc = format!("The relation `{name}`, which leads to `{}`.", quote::quote!(#target));
        let by_default = absent(relation);
        let made = relation.made(owner);
        quote_spanned! {span=>
            #[doc = #doc]
            #vis const #ident: #ty = {
                #by_default
                #made
            };
        }
    });
    constants.collect()
}

impl Relation {
    /// The constant's type.
    fn ty(&self, owner: &Ident) -> TokenStream {
        let (span, target) = (Span::mixed_site(), &self.target);
        let kind = Ident::new(self.kind.slot(), span);
        let of = match &self.pivot {
            Some(pivot) => Some(quote_spanned!(span=> <#pivot>)),
            None => self.optional.then(|| quote_spanned!(span=> <::atlas::kind::Optional>)),
        };
        quote_spanned!(span=> ::atlas::Relation<#owner, #target, ::atlas::kind::#kind #of>)
    }

    /// What makes it.
    fn made(&self, owner: &Ident) -> TokenStream {
        let span = Span::mixed_site();
        let Self { ident, name, target, .. } = self;
        // What is wrong with the target is reported at the field's type, and a column that the user named
        // where it is named.
        let meta = quote_spanned!(located(target)=> <#target as ::atlas::Model>::meta);
        let slot = quote_spanned!(span=> |model| &mut model.#ident);
        // Where a method is called on what is made, the compiler has to know its type before.
        let chained = self.pick.is_some()
            || !self.fixed.is_none()
            || matches!(&self.path, Path::Via { morph: Some(_), .. });
        let call = |constructor: &str| {
            let constructor = Ident::new(constructor, target.span());
            if chained {
                let ty = self.ty(owner);
                quote_spanned!(target.span()=> <#ty>::#constructor)
            } else {
                quote_spanned!(target.span()=> ::atlas::Relation::#constructor)
            }
        };
        let made = match &self.path {
            Path::Direct(pairs) => match &**pairs {
                [(local, foreign)] => {
                    let (call, foreign) = (call("keyed"), foreign.column());
                    quote_spanned!(span=> #call(#name, #meta, #owner::#local, #foreign, #slot))
                }
                pairs => {
                    let call = call("paired");
                    let pairs = pairs.iter().map(|(local, foreign)| {
                        let (pair, foreign) = (helper("pair", target), foreign.column());
                        quote_spanned!(span=> #pair(#owner::#local, #foreign))
                    });
                    quote_spanned!(span=> #call(#name, #meta, const { &[#(#pairs),*] }, #slot))
                }
            },
            Path::Via { between, near, far, beyond, morph } => {
                let call = call("via");
                let near = near.iter().map(|(local, side)| match side {
                    Side::Column(column) => {
                        let (near, column) = (helper("near", &column.of), column.between());
                        quote_spanned!(span=> #near(#owner::#local, #column))
                    }
                    Side::Named(column) => quote_spanned!(span=> (#owner::#local.index, #column)),
                    Side::Back { pivot, back } => {
                        let near = helper("morph_near", pivot);
                        quote_spanned!(span=> #near(#owner::#local, <#pivot>::#back))
                    }
                });
                let far = far.iter().map(|(side, foreign)| match side {
                    Side::Column(column) => {
                        let far = if *beyond { "beyond" } else { "far" };
                        let (far, column) = (helper(far, &column.of), column.between());
                        let foreign = foreign.column();
                        if *beyond {
                            quote_spanned!(span=> #far(#column, #foreign))
                        } else {
                            quote_spanned!(span=> #far(#foreign, #column))
                        }
                    }
                    Side::Named(column) => {
                        let foreign = foreign.column();
                        quote_spanned!(span=> (#column, #foreign.index))
                    }
                    Side::Back { pivot, back } => {
                        let (far, foreign) = (helper("morph_far", pivot), foreign.column());
                        quote_spanned!(span=> #far(#foreign, <#pivot>::#back))
                    }
                });
                let between = match between {
                    Between::Table(table) => {
                        quote_spanned!(span=> ::atlas::__private::Between::Named(#table))
                    }
                    Between::Model(pivot) => {
                        quote_spanned!(located(pivot)=> <#pivot as ::atlas::Model>::BETWEEN)
                    }
                };
                let named = morph.as_ref().map(|morph| match morph {
                    Morph::Named { column, key, name } => quote_spanned! {span=>
                        .named(::atlas::__private::Morph { column: #column, key: #key, name: #name })
                    },
                    Morph::Back { pivot, back, model } => {
                        let morph = helper("named", model);
                        quote_spanned!(span=> .named(#morph::<#model, _, _, _>(<#pivot>::#back)))
                    }
                });
                quote_spanned! {span=>
                    #call(#name, #meta, #between, const { &[#(#near),*] }, const { &[#(#far),*] }, #slot) #named
                }
            }
            Path::MorphTo { type_column, key_column } => {
                let call = call("morph_to");
                let [type_column, key_column] = [type_column, key_column].map(|column| {
                    let mut there = owner.clone();
                    there.set_span(column.span());
                    quote_spanned!(column.span()=> #there::#column)
                });
                quote_spanned! {span=>
                    #call(#name, <#owner as ::atlas::Model>::meta, #type_column, #key_column, #slot)
                }
            }
            Path::MorphFrom { local, back } => {
                let call = call("morph_from");
                let back = quote_spanned!(back.span()=> <#target>::#back);
                quote_spanned!(span=> #call(#name, #owner::#local, #back, #slot))
            }
        };
        let picked = self.pick.as_ref().map(|Pick { column, greatest }| match column {
            Some(column) => quote_spanned!(column.span()=> .picking(<#target>::#column, #greatest)),
            None => quote_spanned!(span=> .picking_key(#greatest)),
        });
        let fixed = self.fixed.tokens(target);
        quote_spanned!(span=> #made #picked #fixed)
    }
}

impl Fixed {
    fn is_none(&self) -> bool {
        let Self { filter, order, attributes, default } = self;
        [filter, attributes, default].into_iter().all(Option::is_none) && order.is_empty()
    }

    /// What is called on a relation to this model. Each check stands where the expression stands that it
    /// checks.
    fn tokens(&self, target: &Type) -> TokenStream {
        let span = Span::mixed_site();
        let check = |[of, method]: [&str; 2], expression: &Expr| {
            let at = expression.span();
            let (of, method) = (Ident::new(of, at), Ident::new(method, at));
            let inferred = (of != "Complete").then(|| quote_spanned!(at=> , _));
            quote_spanned!(at=> ::atlas::bounds::#of::<#target #inferred>::#method(#expression))
        };
        let call = |method: &str, expression: &Option<Expr>, checked: [&str; 2]| {
            let (method, made) = (Ident::new(method, span), check(checked, expression.as_ref()?));
            Some(quote_spanned!(span=> .#method(|| #made)))
        };
        let filter = call("filtered", &self.filter, ["FilterOf", "filter"]);
        let attributes = call("giving", &self.attributes, ["AttributesOf", "attributes"]);
        let default = call("or_default", &self.default, ["Complete", "into_data"]);
        let order = (!self.order.is_empty()).then(|| {
            let terms = self.order.iter().map(|order| check(["OrderOf", "order"], order));
            quote_spanned!(span=> .ordered(|| ::std::vec![#(#terms),*]))
        });
        quote_spanned!(span=> #filter #order #attributes #default)
    }
}

/// A function of the core's, called where the type stands that it checks.
fn helper(name: &str, at: &impl Spanned) -> TokenStream {
    let name = Ident::new(name, at.span());
    quote_spanned!(at.span()=> ::atlas::__private::Link::#name)
}

impl Foreign {
    /// The same for a column of a table between: what is wrong with its model is said once, so that it has
    /// to be at the same place.
    fn between(&self) -> TokenStream {
        let (of, span) = (&self.of, self.of.span());
        let ident = Ident::new(&self.ident.to_string(), span);
        if self.by_default { quote_spanned!(span=> <#of>::#ident) } else { self.column() }
    }

    fn column(&self) -> TokenStream {
        let Self { of, ident, by_default } = self;
        let span = if *by_default { located(of) } else { ident.span() };
        quote_spanned!(span=> <#of>::#ident)
    }
}

/// Constants of the columns' names on every type, for columns that the user did not name. Where the model has
/// the column, its own comes first; where it has not, this one is of a type whose error says so.
fn absent(relation: &Relation) -> Option<TokenStream> {
    let span = Span::mixed_site();
    let foreign: Vec<&Foreign> = match &relation.path {
        Path::Direct(pairs) => pairs.iter().map(|(_, foreign)| foreign).collect(),
        Path::Via { near, far, .. } => {
            let sides = near.iter().map(|(_, side)| side).chain(far.iter().map(|(side, _)| side));
            let between = sides.filter_map(|side| match side {
                Side::Column(column) => Some(column),
                _ => None,
            });
            between.chain(far.iter().map(|(_, foreign)| foreign)).collect()
        }
        _ => Vec::new(),
    };
    let names: BTreeSet<String> = foreign
        .iter()
        .filter(|foreign| foreign.by_default)
        .map(|foreign| foreign.ident.to_string())
        .collect();
    if names.is_empty() {
        return None;
    }
    let names: Vec<Ident> = names.iter().map(|name| Ident::new(name, span)).collect();
    Some(quote_spanned! {span=>
        #(
            enum #names {}
            impl<T> ::atlas::__private::SameKey<T> for #names {}
        )*
        trait Absent: Sized {
            #(const #names: ::atlas::Column<Self, #names> = ::atlas::Column::new("", 0);)*
        }
        impl<T> Absent for T {}
    })
}

/// The elements of `ModelMeta::relations`.
pub(super) fn meta(model: &Model) -> TokenStream {
    let (span, owner) = (Span::mixed_site(), &model.ident);
    let relations = model.relations.iter().map(|relation| {
        let (ident, kind) = (&relation.ident, Ident::new(relation.kind.slot(), span));
        let action = |method: &str, action: Option<&'static str>| {
            let (method, action) = (Ident::new(method, span), Ident::new(action?, span));
            Some(quote_spanned!(span=> .#method(__a::Action::#action)))
        };
        let on_delete = action("on_delete", relation.on_delete);
        let on_update = action("on_update", relation.on_update);
        let touching = relation.touched.as_ref().map(|at| {
            let target = &relation.target;
            let touched = quote_spanned!(at.span()=> <#target as ::atlas::bounds::Touched>::touched);
            quote_spanned!(span=> .touching(#touched))
        });
        let serialized = super::meta::serialized(&relation.serialized);
        quote_spanned! {span=>
            #owner::#ident.meta(__a::RelationKind::#kind) #on_delete #on_update #touching #serialized,
        }
    });
    relations.collect()
}

/// `Model::slot` and `Model::loaded`, where there are relations.
pub(super) fn slot(model: &Model) -> Option<TokenStream> {
    let span = Span::mixed_site();
    let fields: Vec<&Ident> = model.relations.iter().map(|relation| &relation.ident).collect();
    let body = model.body(quote_spanned!(span=> __a::nth_slot([#(&mut self.#fields),*], nth)));
    let loaded = model.body(quote_spanned!(span=> __a::nth_loaded([#(&self.#fields),*], nth)));
    (!model.relations.is_empty()).then(|| {
        quote_spanned! {span=>
            fn slot(&mut self, nth: usize) -> __a::NthSlot<'_> {
                #body
            }

            fn loaded(&self, nth: usize) -> __a::NthLoaded<'_> {
                #loaded
            }
        }
    })
}

/// `Model::eager`, where relations are marked so.
pub(super) fn eager(model: &Model) -> Option<TokenStream> {
    let (span, owner) = (Span::mixed_site(), &model.ident);
    let eager: Vec<&Ident> =
        model.relations.iter().filter(|relation| relation.eager).map(|relation| &relation.ident).collect();
    if eager.is_empty() {
        return None;
    }
    let body = model.body(quote_spanned! {span=>
        __a::eager::<#owner>(|loaders| {
            #(loaders.extend(__a::IntoLoad::<#owner>::into_loaders(#owner::#eager));)*
        })
    });
    Some(quote_spanned! {span=>
        fn eager() -> ::std::vec::Vec<__a::Loader<__a::Record<Self>>> {
            #body
        }
    })
}
