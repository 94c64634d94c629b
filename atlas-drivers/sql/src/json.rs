//! Questions to JSON documents, and changes of them.

use atlas_core::{
    error::Result,
    statement::{Expr, JsonAt, JsonChange, JsonStep},
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
        self.of_json(template, &json.of, &json.path, json.with.as_deref())
    }

    pub(crate) fn json_change(&mut self, json: &'s JsonChange) -> Result<()> {
        let Some(template) = self.dialect.json_change(json.to.is_some(), &json.path) else {
            return Err(self.unsupported(
                "a change inside of a JSON document",
                "read the column, change it in the program, and set it as a whole",
            ));
        };
        self.of_json(template, &json.of, &json.path, json.to.as_deref())
    }

    fn of_json(
        &mut self,
        template: &'static str,
        of: &'s Expr,
        path: &'s [JsonStep],
        with: Option<&'s str>,
    ) -> Result<()> {
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            self.push(before);
            let Some((what, after)) = after.split_once('}') else { break };
            match what {
                "path" => self.bind(Bind::Text(self.dialect.json_path(path))),
                "with" => self.bind(Bind::Str(with.unwrap_or("null"))),
                "fits" => {
                    for (place, step) in path.iter().enumerate() {
                        self.push(if place > 0 { " AND " } else { "" });
                        let way = path.get(..place).unwrap_or_default();
                        self.of_json(self.dialect.json_container(step), of, way, None)?;
                    }
                }
                _ => self.operand(of, Beside::Nothing, Level::Or)?,
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
                    match character {
                        '"' | '\\' => path.extend(['\\', character]),
                        '\0'..' ' => path.push_str(&format!("\\u{:04x}", u32::from(character))),
                        _ => path.push(character),
                    }
                }
                path.push('"');
            }
            JsonStep::Index(index) => path.push_str(&format!("[{index}]")),
        }
    }
    path
}
