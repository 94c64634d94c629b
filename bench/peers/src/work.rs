//! What is measured: the work of Diesel's own benchmark, and what programs do beside it.

use std::fmt;

use Work::*;

/// A piece of work, the same for everybody.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Work {
    /// So many users into structs.
    Trivial(u32),
    /// Users left join posts, a filter and an order, of so many users.
    Medium(u32),
    /// So many users in one statement.
    Insert(u32),
    /// Users, ten posts of each, ten comments on each post, nested.
    Associations,
    /// One user by key.
    Find,
    /// One column of a user that was read before.
    Update,
    /// Twenty users, and how many there are.
    Page,
    /// So many users at once, in whatever way is best.
    Bulk(u32),
    /// So many users, one after the other.
    Cursor(u32),
}

/// What is in the tables before.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Rows {
    /// So many users, half of each hair colour, every third with a post.
    Users(u32),
    /// Users with ten posts each, with ten comments each.
    Nested,
    Nothing,
}

/// How many rows `Find`, `Update` and `Page` have before them.
pub const MANY: u32 = 10_000;

/// What runs in turns.
pub const IN_TURNS: [Work; 20] = [
    Trivial(1),
    Trivial(10),
    Trivial(100),
    Trivial(1_000),
    Trivial(10_000),
    Medium(1),
    Medium(10),
    Medium(100),
    Medium(1_000),
    Medium(10_000),
    Insert(1),
    Insert(10),
    Insert(25),
    Insert(50),
    Insert(100),
    Associations,
    Find,
    Update,
    Page,
    Bulk(10_000),
];

impl Work {
    pub fn rows(self) -> Rows {
        match self {
            Trivial(n) | Medium(n) | Cursor(n) => Rows::Users(n),
            Insert(_) | Bulk(_) => Rows::Nothing,
            Associations => Rows::Nested,
            Find | Update | Page => Rows::Users(MANY),
        }
    }

    /// Whether the tables are made new before each round.
    pub fn grows(self) -> bool {
        matches!(self, Insert(_) | Bulk(_))
    }

    /// How many rows an operation reads or writes.
    pub fn size(self, users: u32) -> u32 {
        match self {
            Trivial(n) | Insert(n) | Bulk(n) | Cursor(n) => n,
            Medium(n) => n.div_ceil(2),
            Associations => users * 111,
            Find | Update => 1,
            Page => 20,
        }
    }

    /// A statement or two, whose cost is all there is.
    pub fn is_small(self) -> bool {
        matches!(self, Trivial(1) | Medium(1) | Insert(1) | Find | Update | Page)
    }

    /// By its name on a command line.
    pub fn parse(name: &str) -> Option<Self> {
        let (name, number) = name.split_once('-').unwrap_or((name, "0"));
        let n = number.parse().ok()?;
        Some(match name {
            "trivial" => Trivial(n),
            "medium" => Medium(n),
            "insert" => Insert(n),
            "associations" => Associations,
            "find" => Find,
            "update" => Update,
            "page" => Page,
            "bulk" => Bulk(n),
            "cursor" => Cursor(n),
            _ => return None,
        })
    }

    /// Its name on a command line.
    pub fn name(self) -> String {
        match self {
            Trivial(n) => format!("trivial-{n}"),
            Medium(n) => format!("medium-{n}"),
            Insert(n) => format!("insert-{n}"),
            Bulk(n) => format!("bulk-{n}"),
            Cursor(n) => format!("cursor-{n}"),
            Associations => "associations".into(),
            Find => "find".into(),
            Update => "update".into(),
            Page => "page".into(),
        }
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Trivial(n) => write!(f, "trivial query, {}", number(n)),
            Medium(n) => write!(f, "medium complex query, {}", number(n)),
            Insert(n) => write!(f, "insert, {}", number(n)),
            Associations => f.write_str("loading associations"),
            Find => f.write_str("find by key"),
            Update => f.write_str("update of one column"),
            Page => f.write_str("page of 20 with total"),
            Bulk(n) => write!(f, "bulk insert, {}", number(n)),
            Cursor(n) => write!(f, "cursor, {}", number(n)),
        }
    }
}

/// `10000` as `10,000`.
pub fn number(n: u32) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The name of the user of a number.
pub fn name(n: u32) -> String {
    format!("User {n}")
}

/// The hair colour of the user of a number.
pub fn hair_color(n: u32) -> String {
    String::from(if n % 2 == 0 { "black" } else { "brown" })
}

/// The colour that the next update writes: never the one that is there, in a row that is the peer's own.
pub fn next_color(turn: &mut u64) -> &'static str {
    *turn += 1;
    if *turn % 2 == 0 { "grey" } else { "white" }
}

/// The key that the next look-up asks for.
pub fn next_key(turn: &mut u64) -> i64 {
    *turn = (*turn + 7_919) % u64::from(MANY);
    *turn as i64 + 1
}
