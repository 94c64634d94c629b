//! `#[atlas::main]`: a `main` that may await.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Error, ItemFn};

pub(crate) fn expand(mut function: ItemFn) -> TokenStream {
    let signature = &mut function.sig;
    let mistake = if signature.asyncness.take().is_none() {
        Some("`#[atlas::main]` is for an `async fn`")
    } else if !signature.inputs.is_empty() {
        Some("`#[atlas::main]` is for a function without parameters")
    } else {
        None
    };
    if let Some(mistake) = mistake {
        return Error::new_spanned(signature, mistake).to_compile_error();
    }
    let body = function.block;
    function.block = syn::parse_quote!({ ::atlas::block_on(async #body) });
    function.into_token_stream()
}
