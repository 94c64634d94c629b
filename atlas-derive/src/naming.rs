//! Names of tables, columns and keys, made from the names of structs and fields.

use inflector::cases::snakecase::to_snake_case;

/// `PostComment` as `post_comment`. Digits stay with the letters before them: `Sha256` is `sha256`.
pub(crate) fn snake(name: &str) -> String {
    if name.contains('_') {
        return name.to_lowercase();
    }
    let mut snake = String::new();
    for character in to_snake_case(name).chars() {
        if character.is_ascii_digit() && snake.ends_with('_') {
            snake.pop();
        }
        snake.push(character);
    }
    snake
}

/// The table of a struct: its name in snake case, the last word in the plural.
pub(crate) fn table(name: &str) -> String {
    let snake = snake(name);
    let (prefix, last) = snake.rsplit_once('_').map_or(("", &*snake), |(prefix, last)| (prefix, last));
    let last = plural(last);
    if prefix.is_empty() { last } else { format!("{prefix}_{last}") }
}

/// Words whose plural no ending tells.
const IRREGULAR: &[(&str, &str)] = &[
    ("analysis", "analyses"),
    ("appendix", "appendices"),
    ("axis", "axes"),
    ("basis", "bases"),
    ("calf", "calves"),
    ("child", "children"),
    ("crisis", "crises"),
    ("criterion", "criteria"),
    ("datum", "data"),
    ("diagnosis", "diagnoses"),
    ("die", "dice"),
    ("echo", "echoes"),
    ("foot", "feet"),
    ("goose", "geese"),
    ("half", "halves"),
    ("hero", "heroes"),
    ("index", "indices"),
    ("knife", "knives"),
    ("leaf", "leaves"),
    ("life", "lives"),
    ("loaf", "loaves"),
    ("louse", "lice"),
    ("man", "men"),
    ("matrix", "matrices"),
    ("mouse", "mice"),
    ("movie", "movies"),
    ("ox", "oxen"),
    ("person", "people"),
    ("phenomenon", "phenomena"),
    ("potato", "potatoes"),
    ("quiz", "quizzes"),
    ("self", "selves"),
    ("shelf", "shelves"),
    ("thesis", "theses"),
    ("thief", "thieves"),
    ("tomato", "tomatoes"),
    ("tooth", "teeth"),
    ("vertex", "vertices"),
    ("wife", "wives"),
    ("wolf", "wolves"),
    ("woman", "women"),
];

/// Words that are their own plural.
const UNCHANGED: &[&str] = &[
    "aircraft",
    "cattle",
    "data",
    "deer",
    "equipment",
    "feedback",
    "fish",
    "hardware",
    "information",
    "jeans",
    "metadata",
    "money",
    "moose",
    "news",
    "people",
    "police",
    "rice",
    "salmon",
    "series",
    "sheep",
    "shrimp",
    "software",
    "species",
    "staff",
    "swine",
    "trout",
];

/// The plural of an English word in lower case. Inflector's own would bring `regex` into every build
/// (five seconds of it), and says `personople`.
fn plural(word: &str) -> String {
    if UNCHANGED.contains(&word) {
        return word.to_owned();
    }
    if let Some((_, plural)) = IRREGULAR.iter().find(|(singular, _)| *singular == word) {
        return (*plural).to_owned();
    }
    if IRREGULAR.iter().any(|(_, plural)| *plural == word) {
        return word.to_owned();
    }
    let before_last = word.chars().rev().nth(1);
    match word {
        _ if word.ends_with('y') && !matches!(before_last, None | Some('a' | 'e' | 'i' | 'o' | 'u')) => {
            format!("{}ies", word.strip_suffix('y').unwrap_or(word))
        }
        _ if ["s", "x", "z", "ch", "sh"].iter().any(|end| word.ends_with(end)) => format!("{word}es"),
        _ => format!("{word}s"),
    }
}

/// How columns (or an enum's values) are named after fields (or variants): serde's names.
#[derive(Clone, Copy)]
pub(crate) enum RenameRule {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl RenameRule {
    const ALL: [(&'static str, Self); 8] = [
        ("lowercase", Self::Lower),
        ("UPPERCASE", Self::Upper),
        ("PascalCase", Self::Pascal),
        ("camelCase", Self::Camel),
        ("snake_case", Self::Snake),
        ("SCREAMING_SNAKE_CASE", Self::ScreamingSnake),
        ("kebab-case", Self::Kebab),
        ("SCREAMING-KEBAB-CASE", Self::ScreamingKebab),
    ];

    /// What the rules are called.
    pub(crate) fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(|(name, _)| *name).collect()
    }

    /// The rule of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(rule, _)| *rule == name).map(|(_, rule)| *rule)
    }

    /// The variant of the core's `NameCase`; none for the one that changes nothing.
    pub(crate) fn variant(self) -> Option<&'static str> {
        Some(match self {
            Self::Lower => "Lower",
            Self::Upper => "Upper",
            Self::Pascal => "Pascal",
            Self::Camel => "Camel",
            Self::Snake => return None,
            Self::ScreamingSnake => "ScreamingSnake",
            Self::Kebab => "Kebab",
            Self::ScreamingKebab => "ScreamingKebab",
        })
    }

    /// The name that the rule makes of one in snake case.
    pub(crate) fn apply(self, snake: &str) -> String {
        match self {
            Self::Lower => snake.replace('_', ""),
            Self::Upper => snake.replace('_', "").to_uppercase(),
            Self::Pascal => snake.split('_').map(capitalized).collect(),
            Self::Camel => {
                let mut words = snake.split('_').filter(|word| !word.is_empty());
                let first = words.next().unwrap_or_default().to_owned();
                words.map(capitalized).fold(first, |name, word| name + &word)
            }
            Self::Snake => snake.to_owned(),
            Self::ScreamingSnake => snake.to_uppercase(),
            Self::Kebab => snake.replace('_', "-"),
            Self::ScreamingKebab => snake.replace('_', "-").to_uppercase(),
        }
    }
}

fn capitalized(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::{RenameRule, snake, table};

    #[test]
    fn tables_are_plural_and_snake_case() {
        for (name, expected) in [
            ("User", "users"),
            ("PostComment", "post_comments"),
            ("Person", "people"),
            ("SalesPerson", "sales_people"),
            ("Category", "categories"),
            ("Day", "days"),
            ("Status", "statuses"),
            ("Address", "addresses"),
            ("Box", "boxes"),
            ("Match", "matches"),
            ("Child", "children"),
            ("News", "news"),
            ("Data", "data"),
            ("MediaType", "media_types"),
            ("Movie", "movies"),
            ("Photo", "photos"),
            ("Roof", "roofs"),
            ("Human", "humans"),
            ("Mouse", "mice"),
            ("HTTPRequest", "http_requests"),
            ("Oauth2Client", "oauth2_clients"),
            ("Sha256", "sha256s"),
            ("X", "xes"),
            ("Y", "ys"),
        ] {
            assert_eq!(table(name), expected, "{name}");
        }
        assert_eq!(snake("InvoiceLine"), "invoice_line");
    }

    #[test]
    fn columns_are_renamed_as_serde_does() {
        for (rule, expected) in [
            ("lowercase", "mediatypeid2"),
            ("UPPERCASE", "MEDIATYPEID2"),
            ("PascalCase", "MediaTypeId2"),
            ("camelCase", "mediaTypeId2"),
            ("snake_case", "media_type_id2"),
            ("SCREAMING_SNAKE_CASE", "MEDIA_TYPE_ID2"),
            ("kebab-case", "media-type-id2"),
            ("SCREAMING-KEBAB-CASE", "MEDIA-TYPE-ID2"),
        ] {
            assert_eq!(
                RenameRule::named(rule).map(|rule| rule.apply("media_type_id2")).as_deref(),
                Some(expected)
            );
        }
    }
}
