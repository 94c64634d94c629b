use atlas::prelude::*;

#[derive(Model)]
pub struct Account {
    #[primary_key]
    pub org_id: i64,
    #[primary_key]
    pub number: i32,
    #[has_many(foreign_key = (org_id, account_number))]
    pub invoices: HasMany<Invoice>,
}

#[derive(Model)]
pub struct Invoice {
    pub id: i64,
    pub org_id: i64,
    pub account_number: i64,
}

fn main() {}
