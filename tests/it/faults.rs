//! What goes wrong in production: servers that die, futures that are dropped, deadlocks, statements that take
//! too long, poolers and certificates. On every configured database, through the public API.

mod abandoned;
mod asking;
mod conflicts;
mod encryption;
mod instance;
mod ledger;
mod limits;
mod outage;
mod pooler;
mod random;

use atlas::prelude::*;

/// An account, for tests that move money.
#[derive(Model, Debug)]
#[table("accounts")]
pub struct Account {
    pub id: i64,
    pub cents: i64,
}

/// Opens so many accounts with so much money each.
pub async fn accounts(db: &Db, count: i64, cents: i64) {
    db.create_tables(models![Account]).await.unwrap();
    Account::create_many(db, (1..=count).map(|id| Account::draft().id(id).cents(cents))).await.unwrap();
}

/// What is in the accounts, in their order.
pub async fn balances(db: &Db) -> Vec<i64> {
    Account::query().order_by(Account::id).pluck(db, Account::cents).await.unwrap()
}
