//! Questions to JSON documents.

use atlas_core::{
    error::Result,
    statement::{JsonAt, JsonStep},
};

use crate::{Beside, Bind, compiler::Compiler, expr::Level};

impl<'s> Compiler<'_, 's> {
    pub(crate) fn json(&mut self, json: &'s JsonAt) -> Result<()> {
        let Some(template) = self.dialect.json(json.question) else {
            return Err(self.unsupported(
                format!("the question {:?} to JSON", json.question),
                "read the column and ask in the program",
            ));
        };
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            self.push(before);
            let Some((what, after)) = after.split_once('}') else { break };
            match what {
                "path" => self.bind(Bind::Text(self.dialect.json_path(&json.path))),
                "with" => self.bind(Bind::Str(json.with.as_deref().unwrap_or("null"))),
                _ => self.operand(&json.of, Beside::Nothing, Level::Or)?,
            }
            rest = after;
        }
        self.push(rest);
        Ok(())
    }
}

/// The path as most databases read it: `$."key"[0]`.
pub(crate) fn dollar_path(steps: &[JsonStep]) -> String {
    let mut path = "$".to_owned();
    for step in steps {
        match step {
            JsonStep::Key(key) => {
                path.push_str(".\"");
                for character in key.chars() {
                    if matches!(character, '"' | '\\') {
                        path.push('\\');
                    }
                    path.push(character);
                }
                path.push('"');
            }
            JsonStep::Index(index) => path.push_str(&format!("[{index}]")),
        }
    }
    path
}
