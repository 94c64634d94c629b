//! Which texts a pattern matches.

use atlas_core::value::{ColumnType::Text, Value};

use crate::{
    case::{Verdict, cases},
    expect::same,
    expression::{Operators, Refine, ascending},
    subject::Subject,
    table::{Table, column, id},
};

cases! { wildcards, wildcards_taken_as_they_stand, case_matters, characters_of_other_languages, only_percent_and_underscore_are_special, nul_is_a_character_like_others, null_matches_nothing }

async fn stored(db: &Subject, texts: &[&str]) -> Verdict<Table> {
    let table = db.table([id(), column("s", Text).nullable()]).await?;
    let rows = (0i64..).zip(texts).map(|(id, text)| vec![id.into(), (*text).into()]);
    db.run(table.insert(&["id", "s"], rows)).await?;
    Ok(table)
}

/// Holds that a pattern matches these texts and no others.
async fn matches(db: &Subject, texts: &[&str], patterns: &[(&str, &[&str])]) -> Verdict {
    let table = stored(db, texts).await?;
    for (pattern, expected) in patterns {
        let like = || table.get("s").like(pattern);
        let read = |condition| table.select(&["s"]).filter(condition).order([ascending(table.get("id"))]);
        let found: Vec<String> = db.column(read(like())).await?;
        same(
            format!("the texts like {pattern:?}"),
            *expected,
            found.iter().map(String::as_str).collect::<Vec<_>>().as_slice(),
        )?;
        let others = db.rows(read(like().negated())).await?.len();
        same(format!("the number of texts not like {pattern:?}"), &(texts.len() - expected.len()), &others)?;
    }
    Ok(())
}

async fn wildcards(db: Subject) -> Verdict {
    let texts = ["", "a", "ab", "abc", "xabcx", "a\nc"];
    let patterns: [(_, &[&str]); 11] = [
        ("", &[""]),
        ("%", &texts),
        ("%%", &texts),
        ("_", &["a"]),
        ("__", &["ab"]),
        ("a%", &["a", "ab", "abc", "a\nc"]),
        ("%c", &["abc", "a\nc"]),
        ("%b%", &["ab", "abc", "xabcx"]),
        ("a_c", &["abc", "a\nc"]),
        ("a%c", &["abc", "a\nc"]),
        ("_%_", &["ab", "abc", "xabcx", "a\nc"]),
    ];
    matches(&db, &texts, &patterns).await
}

async fn wildcards_taken_as_they_stand(db: Subject) -> Verdict {
    let texts = ["50%", "50x", "a_b", "axb", "\\", "\\%", "a\\b", "%", "_", "\\\\"];
    let patterns: [(_, &[&str]); 11] = [
        ("50\\%", &["50%"]),
        ("50%", &["50%", "50x"]),
        ("a\\_b", &["a_b"]),
        ("a_b", &["a_b", "axb", "a\\b"]),
        ("\\\\", &["\\"]),
        ("\\\\\\%", &["\\%"]),
        ("\\\\%", &["\\", "\\%", "\\\\"]),
        ("a\\\\b", &["a\\b"]),
        ("\\%", &["%"]),
        ("\\_", &["_"]),
        ("%\\%", &["50%", "\\%", "%"]),
    ];
    matches(&db, &texts, &patterns).await
}

async fn case_matters(db: Subject) -> Verdict {
    let patterns: [(_, &[&str]); 4] =
        [("abc", &["abc"]), ("ABC", &["ABC"]), ("a%", &["abc", "aBC"]), ("%ÄÖ%", &["ÄÖ"])];
    matches(&db, &["abc", "ABC", "aBC", "äö", "ÄÖ"], &patterns).await
}

async fn characters_of_other_languages(db: Subject) -> Verdict {
    let patterns: [(_, &[&str]); 5] = [
        ("_n_", &["ünï"]),
        ("_", &["😀", "日"]),
        ("日%", &["日", "日本"]),
        ("__", &["日本"]),
        ("%ï", &["ünï"]),
    ];
    matches(&db, &["ünï", "😀", "日", "日本"], &patterns).await
}

/// What other pattern languages make special is not special here.
async fn only_percent_and_underscore_are_special(db: Subject) -> Verdict {
    let texts = ["[x]", "x", "*", "?", "(a|b)", "a", "^a$", "it's", "\"q\"", ".", "#", "!", "{1}"];
    let each: Vec<[&str; 1]> = texts.iter().map(|text| [*text]).collect();
    let patterns: Vec<(&str, &[&str])> = each.iter().map(|text| (text[0], text.as_slice())).collect();
    matches(&db, &texts, &patterns).await?;
    let patterns: [(_, &[&str]); 3] = [("[%", &["[x]"]), ("%'s", &["it's"]), ("(_|b)", &["(a|b)"])];
    matches(&db, &texts, &patterns).await
}

/// A text does not end at a NUL, and neither does a pattern. Some databases store none.
async fn nul_is_a_character_like_others(db: Subject) -> Verdict {
    let texts = ["", "a", "a\0b", "b", "\0", "a\0"];
    let patterns: [(_, &[&str]); 12] = [
        ("%\0nothing%", &[]),
        ("\0nothing%", &[]),
        ("%\0%", &["a\0b", "\0", "a\0"]),
        ("%b", &["a\0b", "b"]),
        ("a%", &["a", "a\0b", "a\0"]),
        ("%\0", &["\0", "a\0"]),
        ("\0%", &["\0"]),
        ("\0", &["\0"]),
        ("a", &["a"]),
        ("a_b", &["a\0b"]),
        ("a\0b", &["a\0b"]),
        ("\\\0", &["\0"]),
    ];
    matches(&db, &texts, &patterns).await
}

async fn null_matches_nothing(db: Subject) -> Verdict {
    let table = stored(&db, &["a"]).await?;
    db.run(table.insert(&["id", "s"], [vec![9.into(), Value::Null]])).await?;
    for (what, condition, expected) in [
        ("like '%'", table.get("s").like("%"), 1),
        ("not like 'a'", table.get("s").like("a").negated(), 0),
        ("not like 'b'", table.get("s").like("b").negated(), 1),
    ] {
        let found = db.rows(table.select(&["id"]).filter(condition)).await?.len();
        same(format!("the number of rows {what}"), &expected, &found)?;
    }
    Ok(())
}
