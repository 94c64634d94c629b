//! `embed_migrations!`: files that become part of a program.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use proc_macro2::TokenStream;
use quote::quote;

pub(crate) fn expand(folder: &syn::LitStr) -> TokenStream {
    let root = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let mut files = Vec::new();
    let found = gather(&root.join(folder.value()), &mut files);
    files.sort();
    if let Err(reason) = found {
        let message = format!(
            "migrations cannot be read from `{}`: {reason}: name a folder beside this crate's Cargo.toml",
            folder.value()
        );
        return syn::Error::new(folder.span(), message).into_compile_error();
    }
    let files = files.iter().map(|(name, path)| quote!((#name, include_str!(#path))));
    quote! { &[#(#files),*] as &[(&str, &str)] }
}

/// The names and paths of the files.
fn gather(folder: &Path, files: &mut Vec<(String, String)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            gather(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, path.to_string_lossy().into_owned()));
        }
    }
    Ok(())
}
