//! The models, as files.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{
    MARK,
    names::written,
    plan::{Enum, Model, Plan},
};

/// The file beside the generated ones.
pub(super) const OWN: &str = "//! The models. What the database says is in `generated`, and written again by `atlas db:pull`; what is yours goes here,\n\
    //! or into files beside this one: `impl Album { .. }`.\n\nmod generated;\n\npub use generated::*;\n";

pub(super) fn files(plan: &Plan) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> =
        plan.models.iter().map(|own| (format!("{}.rs", own.file), model(own))).collect();
    files.insert("mod.rs".to_owned(), list(plan));
    files
}

fn list(plan: &Plan) -> String {
    let mut files: Vec<&Model> = plan.models.iter().collect();
    files.sort_by(|one, other| one.file.cmp(&other.file));
    let (mut modules, mut uses, mut all) = (String::new(), String::new(), String::new());
    for own in files {
        let _ = writeln!(modules, "mod {};", written(&own.file));
        let _ = writeln!(uses, "pub use {}::*;", written(&own.file));
        let _ = writeln!(all, "        {},", own.name);
    }
    let notes: String = plan.notes.iter().map(|note| format!("// {note}\n")).collect();
    format!(
        "{MARK}{notes}#![allow(missing_docs, clippy::all)]\n\n{modules}\n{uses}\n\
         /// The metadata of all models, for snapshots and `create_tables`.\n\
         pub fn all() -> Vec<&'static atlas::migrate::ModelMeta> {{\n    atlas::models![\n{all}    ]\n    .to_vec()\n}}\n"
    )
}

fn model(model: &Model) -> String {
    let mut text = format!("{MARK}#![allow(unused_imports)]\n\nuse atlas::prelude::*;\n\nuse super::*;\n");
    for own in &model.enums {
        text.push('\n');
        enumeration(own, &mut text);
    }
    text.push('\n');
    comment(model.comment.as_deref(), "", &mut text);
    text.push_str("#[derive(Model, Debug)]\n");
    let _ = writeln!(text, "#[table({:?})]", model.table);
    for (fields, unique) in &model.indexes {
        let _ = writeln!(text, "#[{}({})]", if *unique { "unique" } else { "index" }, list_of(fields));
    }
    for (fields, language) in &model.full_text {
        let _ = writeln!(text, "#[full_text({}, language = {language:?})]", list_of(fields));
    }
    let _ = writeln!(text, "pub struct {} {{", model.name);
    for field in &model.fields {
        comment(field.comment.as_deref(), "    ", &mut text);
        for attribute in &field.attributes {
            let _ = writeln!(text, "    #[{attribute}]");
        }
        let ty = if field.optional { format!("Option<{}>", field.ty) } else { field.ty.clone() };
        let _ = writeln!(text, "    pub {}: {ty},", written(&field.name));
    }
    for relation in &model.relations {
        let _ = writeln!(
            text,
            "    #[{}]\n    pub {}: {},",
            relation.attribute,
            written(&relation.name),
            relation.ty
        );
    }
    text.push_str("}\n");
    text
}

fn list_of(fields: &[String]) -> String {
    let fields: Vec<String> = fields.iter().map(|field| written(field)).collect();
    fields.join(", ")
}

/// A comment of the database's is the documentation of what it is about.
fn comment(said: Option<&str>, before: &str, text: &mut String) {
    for line in said.into_iter().flat_map(str::lines) {
        let _ = writeln!(text, "{before}/// {}", line.trim());
    }
}

fn enumeration(own: &Enum, text: &mut String) {
    text.push_str("#[derive(Attribute, Clone, Copy, Debug, Default, PartialEq, Eq)]\n");
    let _ = writeln!(text, "pub enum {} {{", own.name);
    for (at, (name, said)) in own.variants.iter().enumerate() {
        if at == 0 {
            text.push_str("    #[default]\n");
        }
        let _ = writeln!(text, "    #[attribute(rename = {said:?})]\n    {name},");
    }
    text.push_str("}\n");
}
